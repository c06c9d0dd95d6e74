//! The escapes of an `(esc)` line.

use std::ops::Range;

/// An escape that is none: its bytes in the text, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct BadEscape {
    pub place: Range<usize>,
    pub message: String,
}

/// The escapes, for hints.
pub const KNOWN: &str = "the escapes are \\t, \\r, \\e, \\\\, \\xHH (a byte of UTF-8) and \\u{…} (a code point)";

/// Decodes `\t`, `\r`, `\e`, `\\`, `\xHH` (a byte; a run of them is UTF-8) and `\u{…}` (a code point).
///
/// # Errors
///
/// Any other `\…`, bytes that are not UTF-8, and a line end, which is in no line.
pub fn decode(text: &str) -> Result<String, BadEscape> {
    let mut out = Vec::with_capacity(text.len());
    // Where each decoded byte comes from, as far as escapes were read: an error about bytes stands at its escape.
    let mut escaped: Vec<(usize, Range<usize>)> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let Some(next) = text[at..].find('\\').map(|found| at + found) else { break };
        out.extend_from_slice(&text.as_bytes()[at..next]);
        let (bytes, length) = escape(text, next)?;
        escaped.push((out.len(), next..next + length));
        out.extend_from_slice(&bytes);
        at = next + length;
    }
    out.extend_from_slice(&text.as_bytes()[at..]);
    String::from_utf8(out).map_err(|error| {
        let wrong = error.utf8_error().valid_up_to();
        let place = escaped.iter().rev().find(|(start, _)| *start <= wrong).map_or(0..text.len(), |(_, at)| at.clone());
        let message = format!("`{}` alone is no UTF-8: such a byte is matched as `\\u{{fffd}}`", &text[place.clone()]);
        BadEscape { place, message }
    })
}

/// The bytes that the escape at `start` stands for, and its length.
fn escape(text: &str, start: usize) -> Result<(Vec<u8>, usize), BadEscape> {
    let rest = &text[start + 1..];
    let bad = |length: usize, message: String| BadEscape { place: start..start + length, message };
    let (bytes, length) = match rest.chars().next() {
        Some('t') => (vec![b'\t'], 2),
        Some('r') => (vec![b'\r'], 2),
        Some('e') => (vec![0x1b], 2),
        Some('\\') => (vec![b'\\'], 2),
        Some('n') => (vec![b'\n'], 2),
        Some('x') => match rest.get(1..3).and_then(hexadecimal) {
            Some(byte) => (vec![byte as u8], 4),
            None => return Err(bad(2, "`\\x` wants two hexadecimal digits".to_owned())),
        },
        Some('u') => code_point(rest).ok_or_else(|| bad(2, "`\\u` wants a code point: `\\u{a0}`".to_owned()))?,
        Some(c) => return Err(bad(1 + c.len_utf8(), format!("`\\{c}` is no escape"))),
        None => return Err(bad(1, "a `\\` at the end is no escape".to_owned())),
    };
    match bytes == b"\n" {
        true => Err(bad(length, format!("`{}` ends a line, and is in none", &text[start..start + length]))),
        false => Ok((bytes, length)),
    }
}

/// `u{…}` with one to six digits: its UTF-8, and the length of the whole escape.
fn code_point(rest: &str) -> Option<(Vec<u8>, usize)> {
    let digits = rest.strip_prefix("u{")?;
    let digits = &digits[..digits.bytes().take(7).position(|byte| byte == b'}')?];
    let c = char::from_u32(hexadecimal(digits)?)?;
    Some((c.to_string().into_bytes(), digits.len() + 4))
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_stand_for_their_characters() {
        assert_eq!(decode(r"a\tb\\t\r\e[0m\x41\u{e9}\u{1F600}é").unwrap(), "a\tb\\t\r\x1b[0mAé😀é");
        assert_eq!(decode(r"caf\xc3\xa9").unwrap(), "café");
    }

    #[test]
    fn a_wrong_escape_is_an_error_at_its_place() {
        for (text, place) in [
            (r"a\q", 1..3),
            (r"aé\é", 3..6),
            (r"ab\", 2..3),
            (r"a\x4", 1..3),
            (r"a\x+1", 1..3),
            (r"a\xé", 1..3),
            (r"a\u{}", 1..3),
            (r"a\u{110000}", 1..3),
            (r"a\u{d800}", 1..3),
            (r"a\u{0000041}", 1..3),
            (r"a\u41", 1..3),
            (r"a\n", 1..3),
            (r"a\x0ab", 1..5),
            (r"a\u{a}b", 1..6),
            (r"\tcaf\xe9 \t", 5..9),
        ] {
            assert_eq!(decode(text).unwrap_err().place, place, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_escaped_comes_back(text in "[^\n]{0,12}") {
            let points: String = text.chars().map(|c| format!("\\u{{{:x}}}", c as u32)).collect();
            let bytes: String = text.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
            prop_assert_eq!(decode(&points).unwrap(), text.as_str());
            prop_assert_eq!(decode(&bytes).unwrap(), text.as_str());
        }
    }
}
