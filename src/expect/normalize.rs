//! What makes no difference when lines are compared: CR before LF, ANSI escapes, trailing blanks.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// CSI, OSC (ended by BEL or ST), the other strings of a terminal (ended by ST), the two-character escapes, and an ESC
/// that begins none: what is left has no ESC, so that nothing new can come together where something was taken out.
static ANSI: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x07\x1b]*\x1b\\|[ -/]*[0-~])?")
        .expect("a constant")
});

/// A line as it is compared. What is normalized stays as it is when it is normalized again.
pub fn normalize(line: &str) -> Cow<'_, str> {
    let line = line.trim_end_matches(['\r', ' ', '\t']);
    match strip_ansi(line) {
        Cow::Borrowed(line) => Cow::Borrowed(line),
        Cow::Owned(plain) => Cow::Owned(plain.trim_end_matches(['\r', ' ', '\t']).to_owned()),
    }
}

/// A piece of a line without escapes; its blanks stay.
pub fn strip_ansi(text: &str) -> Cow<'_, str> {
    if text.contains('\x1b') { ANSI.replace_all(text, "") } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colours_titles_carriage_returns_and_trailing_blanks_do_not_count() {
        assert_eq!(normalize("\x1b[1;31mred\x1b[0m \x1b]0;t\x07x\x1b(B \t\r"), "red x");
        assert_eq!(normalize("a\x1bPq#0;sixel\x1b\\b\x1b[K\x1b"), "ab");
        assert_eq!(normalize("  two  blanks stay"), "  two  blanks stay");
    }

    #[test]
    fn an_escape_inside_an_escape_does_not_leave_one_behind() {
        assert_eq!(normalize("\x1b\x1b[0m[31mred"), "[31mred");
    }

    proptest! {
        #[test]
        fn a_second_time_changes_nothing(line in "[\x1b\\[\\]0-9;mPX^_\\\\\x07 a(\r\té]{0,24}") {
            let once = normalize(&line).into_owned();
            prop_assert_eq!(normalize(&once), once.as_str());
            prop_assert!(!once.contains('\x1b'));
        }
    }
}
