//! Two digits a byte.

use std::fmt::Write as _;

/// In upper and in lower case; the digits of a single byte stand everywhere.
pub fn forms(value: &[u8]) -> Vec<String> {
    match value.len() {
        0..2 => Vec::new(),
        _ => [digits(value).to_uppercase(), digits(value)].into(),
    }
}

/// In lower case.
pub fn digits(value: &[u8]) -> String {
    value.iter().fold(String::with_capacity(2 * value.len()), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}
