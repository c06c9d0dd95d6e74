//! What makes no difference when lines are compared: CR before LF, ANSI escapes, trailing blanks.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// CSI, OSC (ended by BEL or ST), and the two-character escapes.
static ANSI: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])").expect("a constant")
});

/// A line as it is compared.
pub fn normalize(line: &str) -> Cow<'_, str> {
    let line = line.trim_end_matches(['\r', ' ', '\t']);
    if !line.contains('\x1b') {
        return Cow::Borrowed(line);
    }
    let plain = ANSI.replace_all(line, "");
    Cow::Owned(plain.trim_end_matches(['\r', ' ', '\t']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_titles_carriage_returns_and_trailing_blanks_do_not_count() {
        assert_eq!(normalize("\x1b[1;31mred\x1b[0m \x1b]0;t\x07x\x1b(B \t\r"), "red x");
        assert_eq!(normalize("  two  blanks stay"), "  two  blanks stay");
    }
}
