//! Base64, also inside a longer text.

use super::SHORT;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Widths at which tools break lines: PEM and MIME.
const WIDTHS: [usize; 2] = [64, 76];

/// In either alphabet: by itself, with a newline behind it (`echo`), and the letters that the value alone decides at
/// each of the three places where it may stand in a longer text (`user:password` of a header).
pub fn forms(value: &[u8]) -> Vec<String> {
    let line = [value, b"\n"].concat();
    let mut found = Vec::new();
    for engine in [STANDARD, URL_SAFE] {
        for whole in [engine.encode(value), engine.encode(&line)] {
            found.extend(WIDTHS.into_iter().filter(|width| whole.len() > *width).map(|width| wrapped(&whole, width)));
            found.push(whole.trim_end_matches('=').to_owned());
            found.push(whole);
        }
        for before in 0..3 {
            let bytes = [vec![0; before], value.to_vec()].concat();
            found.push(certain(&engine.encode(&bytes), before, bytes.len()).to_owned());
        }
    }
    found.retain(|form| form.len() >= SHORT);
    found
}

/// A letter holds six bits: the first ones hold bits of what stands before, the last one of what stands behind.
fn certain(text: &str, before: usize, end: usize) -> &str {
    text.get((before * 8).div_ceil(6)..end * 8 / 6).unwrap_or_default()
}

fn wrapped(text: &str, width: usize) -> String {
    let lines: Vec<_> = text.as_bytes().chunks(width).map(String::from_utf8_lossy).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_wrapped_as_tools_wrap_it() {
        let text = certain(&STANDARD.encode([7; 100]), 0, 100).to_owned();
        assert!(forms(&[7; 100]).iter().any(|form| form.starts_with(&format!("{}\n", &text[..76]))));
    }

    proptest! {
        #[test]
        fn all_letters_that_the_value_alone_decides_are_found_wherever_it_stands(
            before in prop::collection::vec(any::<u8>(), 0..7),
            value in prop::collection::vec(any::<u8>(), 4..40),
            after in prop::collection::vec(any::<u8>(), 0..4),
        ) {
            let (first, end) = ((before.len() * 8).div_ceil(6), (before.len() + value.len()) * 8 / 6);
            for engine in [STANDARD, URL_SAFE] {
                let text = engine.encode([before.clone(), value.clone(), after.clone()].concat());
                prop_assert!(forms(&value).iter().any(|form| *form == text[first..end]), "{text}");
            }
        }
    }
}
