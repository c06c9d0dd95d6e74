//! All forms of a value together.

use super::pieces::pieces;
use super::{SHORT, base64, html, json, percent, python, shell};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Every form of a value, each once, none of them empty.
///
/// A long form is given in pieces: where all of it stands, its pieces stand side by side, and each of them by itself
/// gives away a part of the secret.
pub fn forms(value: &str) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    for spelling in spellings(value) {
        encoded(&spelling, &mut all);
    }
    // What a shell makes of a variable outside quotes.
    add(&value.split_whitespace().collect::<Vec<_>>().join(" "), &mut all);
    for line in lines(value).flat_map(|line| [line, line.trim()]) {
        match line.len() {
            0..SHORT if line.contains(char::is_alphanumeric) => add(line, &mut all),
            0..SHORT => {}
            _ => encoded(line, &mut all),
        }
    }
    all.retain(|form| !form.is_empty());
    all
}

/// The lines of a value that has several; none for a value of one line.
pub fn lines(value: &str) -> impl Iterator<Item = &str> {
    let several = value.trim_end_matches(['\n', '\r']).contains(['\n', '\r']);
    value.split(['\n', '\r']).filter(move |line| several && !line.is_empty())
}

/// Whether one of several lines is so short that masking it does harm.
pub fn has_short_line(value: &str) -> bool {
    lines(value).any(|line| line.trim().len() < SHORT)
}

/// The value with the line ends that a terminal or another system makes of its own, and as `$(…)` leaves it.
fn spellings(value: &str) -> BTreeSet<String> {
    let plain = value.replace("\r\n", "\n");
    let spellings = [value.to_owned(), plain.replace('\n', "\r\n"), plain];
    spellings.into_iter().flat_map(|text| [text.trim().to_owned(), text]).filter(|text| !text.is_empty()).collect()
}

fn encoded(text: &str, all: &mut BTreeSet<Vec<u8>>) {
    // These encode a text by encoding its parts, and parts without anything special look alike in all of them.
    for piece in pieces(text) {
        all.extend([piece.as_bytes().to_vec(), shell::byte_by_byte(piece)]);
        let found = percent::forms(piece).into_iter().chain(shell::forms(piece)).chain(json::forms(piece));
        let found = found.chain(html::forms(piece)).chain(python::forms(piece));
        all.extend(found.chain(hex(piece)).map(String::into_bytes));
    }
    base64::forms(text.as_bytes()).iter().for_each(|form| add(form, all));
}

fn add(form: &str, all: &mut BTreeSet<Vec<u8>>) {
    all.extend(pieces(form).map(|piece| piece.as_bytes().to_vec()));
}

/// Two digits a byte; those of a single byte stand everywhere.
fn hex(text: &str) -> Vec<String> {
    if text.len() < 2 {
        return Vec::new();
    }
    let lower = text.bytes().fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    });
    vec![lower.to_uppercase(), lower]
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
            "p@ss w\\/ord'$x",
            "cEBzcyB3L29yZCckeA==",
            "cEBzcyB3L29yZCckeAo=",
            "7040737320772f6f7264272478",
            "7040737320772F6F7264272478",
        ] {
            assert!(has(value, form), "{form}");
        }
        assert!(has("tööt", "t\\u00f6\\u00f6t") && has("tööt", "t\\303\\266\\303\\266t"));
    }

    #[test]
    fn every_line_of_several_is_a_form_unless_it_is_short_and_says_nothing() {
        let value = "{\n  key: hunter2,\n  ab\n}\n";
        for form in
            ["  key: hunter2,", "key: hunter2,", "ab", "{ key: hunter2, ab }", "{\r\n  key: hunter2,\r\n  ab\r\n}"]
        {
            assert!(has(value, form), "{form:?}");
        }
        assert!(!has(value, "{") && !has(value, "}") && !has(value, ""));
        assert_eq!((lines("one\n").count(), lines("one\ntwo").count()), (0, 2));
        assert!(has_short_line(value) && !has_short_line("ab") && !has_short_line("abcd\nefgh"));
    }

    #[test]
    fn a_line_end_may_be_written_in_either_way() {
        assert!(has("four\r\nfive\r\n", "four\nfive") && has("four\nfive", "four\r\nfive"));
    }

    #[test]
    fn a_value_of_128_kib_has_forms_of_a_bounded_length() {
        let value: String = ('!'..='~').cycle().take(128 << 10).collect();
        let forms = forms(&value);
        assert!(forms.iter().all(|form| form.len() <= 8 << 10), "{:?}", forms.iter().map(Vec::len).max());
    }
}
