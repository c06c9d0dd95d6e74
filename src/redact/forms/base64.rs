//! Base64, also inside a longer text, and base64 of base64.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE};

const ENGINES: [GeneralPurpose; 2] = [STANDARD, URL_SAFE];

/// In either alphabet: by itself, with a newline behind it (`echo`), and the letters that the value alone decides at
/// each of the three places where it may stand in a longer text (`user:password` of a header).
pub fn forms(value: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for engine in &ENGINES {
        for whole in wholes(value, engine) {
            found.push(whole.trim_end_matches('=').to_owned());
            found.push(whole);
        }
        found.extend(inside(value, engine));
    }
    found
}

/// The letters that occur, in one of the alphabets, each time with all that decides them: nothing but the value.
pub fn letters(value: &[u8]) -> Vec<String> {
    let wholes = whole_letters(value);
    wholes.into_iter().chain(inside(value, &STANDARD)).collect()
}

/// The letters of a text that begins with the value and ends with it.
pub fn whole_letters(value: &[u8]) -> Vec<String> {
    wholes(value, &STANDARD).into_iter().map(|whole| whole.trim_end_matches('=').to_owned()).collect()
}

/// The letters of base64 of a text that holds base64 of the value (a `.dockerconfigjson` in a Kubernetes secret).
pub fn twice(value: &[u8]) -> Vec<String> {
    let once = ENGINES.iter().flat_map(|engine| wholes(value, engine).into_iter().chain(inside(value, engine)));
    once.flat_map(|once| inside(once.as_bytes(), &STANDARD)).collect()
}

fn wholes(value: &[u8], engine: &GeneralPurpose) -> [String; 2] {
    [engine.encode(value), engine.encode([value, b"\n"].concat())]
}

fn inside(value: &[u8], engine: &GeneralPurpose) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let bytes = [vec![0; before], value.to_vec()].concat();
        certain(&engine.encode(&bytes), before, bytes.len()).to_owned()
    })
}

/// A letter holds six bits: the first ones hold bits of what stands before, the last one of what stands behind.
fn certain(text: &str, before: usize, end: usize) -> &str {
    text.get((before * 8).div_ceil(6)..end * 8 / 6).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_letters_that_the_value_alone_decides_are_found_wherever_it_stands(
            before in prop::collection::vec(any::<u8>(), 0..7),
            value in prop::collection::vec(any::<u8>(), 4..40),
            after in prop::collection::vec(any::<u8>(), 0..4),
        ) {
            let (first, end) = ((before.len() * 8).div_ceil(6), (before.len() + value.len()) * 8 / 6);
            for engine in ENGINES {
                let text = engine.encode([before.clone(), value.clone(), after.clone()].concat());
                prop_assert!(forms(&value).iter().any(|form| *form == text[first..end]), "{text}");
            }
        }
    }
}
