//! Lines of output, and words and amounts in them.

use crate::expect::normalize;
use std::ops::Range;

/// The lines as they are matched.
pub fn lines_of(printed: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(printed);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if printed.is_empty() {
        return Vec::new();
    }
    text.split('\n').map(|line| normalize(line).into_owned()).collect()
}

/// Letters, digits, `_` and `-` that stand together.
pub fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    runs(text, |c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Digits that stand together and count something: `1024`, `5s`, `1.5GiB`. A clock's time, a date, an id or a name such as
/// `node-1` is another one in every run, and rightly so.
pub fn amounts(text: &str) -> impl Iterator<Item = Range<usize>> {
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '+');
    runs(text, belongs).flat_map(|place| {
        let word = &text[place.clone()];
        let inner = word.trim_start_matches([':', '.', '-', '+']);
        let start = place.start + word.len() - inner.len();
        let inner = inner.trim_end_matches([':', '.', '-', '+']);
        let unit = inner.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let counts = unit.len() <= 5 && unit.chars().all(char::is_alphabetic) && unit.len() < inner.len();
        let numbers = runs(inner, |c| c.is_ascii_digit()).filter(move |_| counts);
        numbers.map(move |number| start + number.start..start + number.end)
    })
}

fn runs(text: &str, belongs: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(&belongs)?;
        let length = text[start..].find(|c| !belongs(c)).unwrap_or(text.len() - start);
        at = start + length;
        Some(start..at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_something_is_an_amount_and_what_only_has_digits_is_none() {
        for (text, found) in [
            ("1024 bytes, 5s, 1.5GiB", "1024 5 1 5"),
            ("{\"size\":20,\"ok\":true} replicas=3 (7)", "20 3 7"),
            ("-5 +6 42. 3/4 80%", "5 6 42 3 4 80"),
            ("12:03 2026-11-26T04:50:02Z node-1 v1.33.4+k3s1 a3f9 20261126-045002-bcin", ""),
            ("é 7 ü", "7"),
            ("", ""),
        ] {
            let amounts: Vec<_> = amounts(text).map(|place| &text[place]).collect();
            assert_eq!(amounts.join(" "), found, "{text}");
        }
    }
}
