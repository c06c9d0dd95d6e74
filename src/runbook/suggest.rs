//! "Did you mean …?", in bounded time.

use crate::diagnostic::{Diagnostic, nearest};

/// So many findings of one kind get a suggestion; whoever has more has another problem than spelling.
const MAX_SUGGESTED: usize = 50;

/// The nearest of `known`, if one is near. What is far longer or shorter is not compared: a value may have a megabyte.
pub fn near<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let length = word.chars().count();
    nearest(word, known.into_iter().filter(|known| known.chars().count().abs_diff(length) <= 1 + known.len() / 4))
}

/// A hint with the nearest of `known`, else `otherwise`.
pub fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>, otherwise: impl Into<String>) -> String {
    match near(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.into(),
    }
}

/// The finding with a hint: the nearest of `known`, which is also what `check --fix` writes there, else `otherwise`. It is for
/// words of the format, of which there are few: a name that an author chose may be meant for another one.
pub fn suggest<'k>(
    found: Diagnostic,
    word: &str,
    known: impl IntoIterator<Item = &'k str>,
    otherwise: impl Into<String>,
) -> Diagnostic {
    let span = found.span;
    match near(word, known) {
        Some(near) => found.help(format!("did you mean `{near}`?")).fix(span, near),
        None => found.help(otherwise),
    }
}

/// Names of a runbook that others may be mistaken for: there can be thousands of both.
pub struct Suggestions<'k> {
    known: Vec<&'k str>,
    left: usize,
}

impl<'k> Suggestions<'k> {
    pub fn new(known: impl IntoIterator<Item = &'k str>) -> Self {
        Self { known: known.into_iter().collect(), left: MAX_SUGGESTED }
    }

    /// As [`did_you_mean`], for the first few words only.
    pub fn did_you_mean(&mut self, word: &str, otherwise: impl Into<String>) -> String {
        self.left = self.left.saturating_sub(1);
        let known = if self.left > 0 { self.known.as_slice() } else { &[] };
        did_you_mean(word, known.iter().copied(), otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("nmae", ["name", "on"], "-"), "did you mean `name`?");
        assert_eq!(did_you_mean("xyz", ["name", "on"], "-"), "-");
        assert_eq!(near(&"x".repeat(1 << 20), ["name", "on"]), None);
        let mut many = Suggestions::new(["name"]);
        let hints: Vec<_> = (0..100).map(|_| many.did_you_mean("nmae", "-")).collect();
        assert!(hints[0].contains("`name`") && hints[99] == "-");
    }
}
