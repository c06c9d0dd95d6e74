//! All forms of a value together.

use super::super::windows::{BASE64, HEX};
use super::found::Forms;
use super::pieces::pieces;
use super::{SHORT, base64, hex, html, json, percent, python, shell};
use std::collections::BTreeSet;

/// A longer value hides no credentials for a registry, and its base64 of base64 has too many windows.
const TWICE: usize = 4 << 10;

/// All that is looked for of a value.
///
/// A long form is given in pieces: where all of it stands, its pieces stand side by side, and each of them by itself
/// gives away a part of the secret.
pub fn forms(value: &str) -> Forms {
    let mut all = Forms::default();
    let spellings = spellings(value);
    // Spellings of a long text have most pieces in common.
    let quoted: BTreeSet<&str> = spellings.iter().flat_map(|spelling| pieces(spelling)).collect();
    quoted.iter().for_each(|piece| add_quoted(piece, &mut all));
    for spelling in &spellings {
        whole(spelling, &mut all);
        coded(spelling, &mut all);
    }
    // What a shell makes of a variable outside quotes.
    let joined = value.split_whitespace().collect::<Vec<_>>().join(" ");
    add(&joined, &mut all);
    coded(&joined, &mut all);
    for line in lines(value).flat_map(|line| [line, line.trim()]).collect::<BTreeSet<_>>() {
        match line.len() {
            0..SHORT if line.contains(char::is_alphanumeric) => add(line, &mut all),
            0..SHORT => {}
            _ => line_of(line, &mut all),
        }
    }
    all.tidy();
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
pub fn spellings(value: &str) -> BTreeSet<String> {
    let plain = value.replace("\r\n", "\n");
    let spellings = [value.to_owned(), plain.replace('\n', "\r\n"), plain];
    spellings.into_iter().flat_map(|text| [text.trim().to_owned(), text]).filter(|text| !text.is_empty()).collect()
}

/// Encodings that change where the text begins elsewhere, of a text that is a single piece: of a longer one each letter
/// is in a window.
fn whole(text: &str, all: &mut Forms) {
    if pieces(text).nth(1).is_none() {
        let forms = base64::forms(text.as_bytes()).into_iter().filter(|form| form.len() >= SHORT);
        forms.chain(hex::forms(text.as_bytes())).for_each(|form| add(&form, all));
    }
}

/// One of several lines: where its letters make up windows, those of the whole value hold all but the last ones.
fn line_of(text: &str, all: &mut Forms) {
    pieces(text).for_each(|piece| add_quoted(piece, all));
    match text.len() < HEX.length / 2 {
        true => whole(text, all),
        false => {
            let wholes = base64::whole_letters(text.as_bytes());
            wholes.iter().for_each(|letters| all.letters.add_inner(&BASE64, letters));
        }
    }
}

/// These encode a text by encoding its parts, and parts without anything special look alike in all of them.
fn add_quoted(piece: &str, all: &mut Forms) {
    all.texts.extend([piece.as_bytes().to_vec(), shell::byte_by_byte(piece)]);
    all.texts.extend(spelled(piece).map(String::into_bytes));
}

/// As programs quote a text.
pub fn spelled(text: &str) -> impl Iterator<Item = String> {
    let found = percent::forms(text).into_iter().chain(shell::forms(text)).chain(json::forms(text));
    found.chain(html::forms(text)).chain(python::forms(text))
}

/// The windows of its encodings.
fn coded(text: &str, all: &mut Forms) {
    let bytes = text.as_bytes();
    base64::letters(bytes).iter().for_each(|letters| all.letters.add(&BASE64, letters));
    all.digits.add(&HEX, &hex::digits(bytes));
    if bytes.len() <= TWICE {
        base64::twice(bytes).iter().for_each(|letters| all.letters.add_inner(&BASE64, letters));
    }
}

fn add(form: &str, all: &mut Forms) {
    all.texts.extend(pieces(form).map(|piece| piece.as_bytes().to_vec()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, form: &str) -> bool {
        forms(value).texts.contains(form.as_bytes())
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
        let forms = forms(&value).texts;
        assert!(forms.iter().all(|form| form.len() <= 8 << 10), "{:?}", forms.iter().map(Vec::len).max());
    }
}
