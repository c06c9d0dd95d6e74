//! A long text in pieces, so that no form of a secret is longer than a filter may hold back.

/// The length of a piece, in bytes, roughly; the last one may be twice as long.
const PIECE: usize = 256;
/// From here on a piece ends where its line ends: it is then found together with the line by itself.
const LINE: usize = 16;

/// The text, cut where an encoder could not tell. Texts that begin alike are cut alike.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, behind) = rest.split_at(if rest.len() > 2 * PIECE { cut(rest) } else { rest.len() });
        rest = behind;
        Some(piece)
    })
}

/// Some shells quote a run of quotes as a whole.
fn cut(text: &str) -> usize {
    let bytes = text.as_bytes();
    if let Some(at) = bytes[LINE..PIECE].iter().position(|byte| *byte == b'\n') {
        return LINE + at + 1;
    }
    let mut at = text.floor_char_boundary(PIECE);
    while at < bytes.len() && bytes[at] == b'\'' && bytes[at - 1] == b'\'' {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::pieces;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_are_the_whole_text_and_no_run_of_quotes_is_cut(text in "([ö']{0,9}x?\n?){0,300}") {
            let all: Vec<&str> = pieces(&text).collect();
            prop_assert_eq!(all.concat(), text.clone());
            for pair in all.windows(2) {
                prop_assert!(!(pair[0].ends_with('\'') && pair[1].starts_with('\'')));
            }
            prop_assert!(all.iter().all(|piece| !piece.is_empty() && piece.len() <= 600));
        }
    }
}
