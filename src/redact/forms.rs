//! The forms in which a value occurs: as it is, encoded, quoted, line by line.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A line or a piece of base64 that is shorter would mask half of any text.
pub const SHORTEST_PART: usize = 4;

/// What RFC 3986 leaves as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What JavaScript's `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
/// What Python's `quote` leaves as it is: a slash, too.
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// Every form of a value, each once; none is empty.
pub fn forms(value: &str) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    forms_of(value, &mut all);
    for line in lines(value).filter(|line| line.len() >= SHORTEST_PART) {
        forms_of(line, &mut all);
    }
    all.retain(|form| !form.is_empty());
    all
}

/// The lines of a value that has several.
pub fn lines(value: &str) -> impl Iterator<Item = &str> {
    let several = value.contains(['\n', '\r']);
    value.split(['\n', '\r']).filter(move |line| several && !line.is_empty())
}

fn forms_of(value: &str, all: &mut BTreeSet<Vec<u8>>) {
    let mut add = |form: String| _ = all.insert(form.into_bytes());
    add(value.to_owned());
    add(value.trim().to_owned());
    add(value.replace('\n', "\r\n"));
    percent(value).into_iter().for_each(&mut add);
    shell(value).into_iter().for_each(&mut add);
    json(value).into_iter().for_each(&mut add);
    let hex: String = value.bytes().fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    });
    if value.len() >= SHORTEST_PART {
        add(hex.to_uppercase());
        add(hex);
    }
    base64(value.as_bytes()).into_iter().for_each(&mut add);
}

/// In either alphabet, at each of the three places where it may stand in a longer text: the letters that the value
/// alone decides.
fn base64(value: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for before in 0..3 {
        let bytes = [vec![0; before], value.to_vec()].concat();
        // A letter holds six bits; the first ones hold bits of what stands before, the last one of what stands behind.
        let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            let part = text.get(first..end).unwrap_or_default();
            if part.len() >= SHORTEST_PART {
                found.push(part.to_owned());
            }
            if before == 0 && text.len() >= SHORTEST_PART {
                found.push(text);
            }
        }
    }
    found
}

fn percent(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    for set in [NON_ALPHANUMERIC, UNRESERVED, COMPONENT, PATH] {
        let upper = percent_encode(value.as_bytes(), set).to_string();
        let lower = lower_hex(&upper);
        found.extend([upper.replace("%20", "+"), lower.replace("%20", "+"), upper, lower]);
    }
    found
}

/// `%2F` as `%2f`.
fn lower_hex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut left = 0u8;
    for c in text.chars() {
        left = if c == '%' { 3 } else { left };
        out.push(if left > 0 { c.to_ascii_lowercase() } else { c });
        left = left.saturating_sub(1);
    }
    out
}

/// As a shell writes it: in single quotes, with backslashes, in double quotes, in `$'…'`.
fn shell(value: &str) -> Vec<String> {
    let single = value.replace('\'', "'\\''");
    let other = value.replace('\'', "'\"'\"'");
    let double: String = value.chars().flat_map(|c| escaped(c, "$`\"\\")).collect();
    let plain = |c: char| c.is_alphanumeric() || "_-./=:@%+,".contains(c);
    let backslashed: String = value.chars().flat_map(|c| [(!plain(c)).then_some('\\'), Some(c)]).flatten().collect();
    // bash leaves `~` and `#` alone where they mean nothing.
    let sparing: String = value.chars().flat_map(|c| escaped(c, " \t!\"$&'()*,;<>?[\\]^`{|}")).collect();
    vec![single, other, double, backslashed, sparing, ansi_c(value, false), ansi_c(value, true)]
}

fn escaped(c: char, special: &str) -> impl Iterator<Item = char> {
    special.contains(c).then_some('\\').into_iter().chain([c])
}

/// Inside `$'…'`; `bytes` writes what is not ASCII byte by byte, as bash does without a UTF-8 locale.
fn ansi_c(value: &str, bytes: bool) -> String {
    let mut out = String::new();
    for c in value.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\E"),
            '\'' | '\\' => out.extend(['\\', c]),
            c if c.is_ascii_control() || (bytes && !c.is_ascii()) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    _ = write!(out, "\\{byte:03o}");
                }
            }
            c => out.push(c),
        }
    }
    out
}

fn json(value: &str) -> Vec<String> {
    let inside = |text: &str| text.get(1..text.len().saturating_sub(1)).unwrap_or_default().to_owned();
    let Ok(plain) = serde_json::to_string(value) else { return Vec::new() };
    let safe = crate::text::escape_json(&plain).into_owned();
    let ascii: String = plain.chars().map(ascii_json).collect();
    let slashes = plain.replace('/', "\\/");
    [plain, safe, ascii, slashes].iter().map(|text| inside(text)).collect()
}

fn ascii_json(c: char) -> String {
    match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, form: &str) -> bool {
        forms(value).contains(form.as_bytes())
    }

    #[test]
    fn the_usual_forms_are_known() {
        let value = "p@ss w/ord'$x";
        for form in [
            "p@ss w/ord'$x",
            "p%40ss%20w%2Ford%27%24x",
            "p%40ss+w%2ford%27%24x",
            "p@ss w/ord'\\''$x",
            "p@ss w/ord'\\$x",
            "p@ss\\ w/ord\\'\\$x",
            "cEBzcyB3L29yZCckeA",
            "7040737320772f6f7264272478",
        ] {
            assert!(has(value, form), "{form}");
        }
        assert!(has("a\nbcde", "a\\nbcde") && has("a\nbcde", "bcde") && !has("a\nbcde", "a"));
        assert!(has("tööt", "t\\u00f6\\u00f6t") && has("tööt", "t\\303\\266\\303\\266t"));
    }

    #[test]
    fn base64_is_known_wherever_it_stands_in_a_longer_text() {
        for before in ["", "u", "us", "user:"] {
            for after in ["", "x", "xy"] {
                let text = STANDARD_NO_PAD.encode(format!("{before}hunter22{after}"));
                let found = forms("hunter22").iter().any(|form| text.contains(std::str::from_utf8(form).unwrap()));
                assert!(found, "{before} {after} {text}");
            }
        }
    }
}
