//! The mark at a line's end, such as ` (re)` or ` (glob*)`: which it is, and what only looks like one.

use crate::diagnostic::nearest;
use std::borrow::Cow;
use std::ops::Range;

/// How a line's text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As it stands.
    Plain,
    /// `(re)`: a regex.
    Regex,
    /// `(glob)`: with `*` and `?`.
    Glob,
    /// `(esc)`: with `\t`, `\x1b`, `\u{…}`.
    Escaped,
}

/// How many lines in a row one pattern line takes, as many as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// One.
    Once,
    /// `?`: one or none.
    Optional,
    /// `*`: any number, also none.
    Any,
    /// `+`: one or more.
    Some,
}

impl Repeat {
    /// Whether it may take no line.
    pub fn is_optional(self) -> bool {
        matches!(self, Repeat::Optional | Repeat::Any)
    }

    /// Whether it may take another line behind one.
    pub fn is_open(self) -> bool {
        matches!(self, Repeat::Any | Repeat::Some)
    }
}

/// A line without its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked<'a> {
    pub kind: Kind,
    pub repeat: Repeat,
    /// What stands before the mark, less one blank.
    pub text: &'a str,
}

/// Why a line end is no mark: the bytes, what is wrong, what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct BadMark {
    pub place: Range<usize>,
    pub message: String,
    pub help: String,
}

/// Every mark, for suggestions.
const MARKS: &[&str] = &["re", "re?", "re*", "re+", "glob", "glob?", "glob*", "glob+", "esc", "esc?", "esc*", "esc+"];

/// Takes the mark off a normalized line.
///
/// # Errors
///
/// A line end that looks like a mark and is none, and marks that contradict each other.
pub fn read(line: &str) -> Result<Marked<'_>, BadMark> {
    let plain = Marked { kind: Kind::Plain, repeat: Repeat::Once, text: line };
    let Some((text, inside)) = split(line) else { return Ok(plain) };
    let place = line.len() - inside.len() - 2..line.len();
    let Some((kind, repeat)) = known(inside) else { return Err(unknown(inside, place)) };
    if kind == Kind::Plain && text.trim_end() == "..." {
        let message = format!("`...` takes no mark `({inside})`");
        let help = format!("`...` alone is any number of lines; for the line itself write `\\... ({inside})`");
        return Err(BadMark { place, message, help });
    }
    match split(text.trim_end()).filter(|_| kind == Kind::Plain) {
        Some((_, inner)) => {
            let message = format!("`({inner}) ({inside})` looks like a line mark and is none");
            let help = format!("{}for a text that ends so write `\\({inner}) ({inside})`", {
                let joined = format!("{inner}{inside}");
                if known(&joined).is_some() { format!("did you mean `({joined})`? ") } else { String::new() }
            });
            Err(BadMark { place, message, help })
        }
        None => Ok(Marked { kind, repeat, text }),
    }
}

/// The text of a plain line: `\...` is the literal `...`, and `text \(re)` the literal `text (re)`.
pub fn unescape(text: &str) -> Cow<'_, str> {
    if text.trim_start_matches('\\') == "..." && text.starts_with('\\') {
        return Cow::Borrowed(&text[1..]);
    }
    let Some((before, inside)) = text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) else {
        return Cow::Borrowed(text);
    };
    let bare = before.trim_end_matches('\\');
    if bare.len() == before.len() || !stands_apart(bare) || !looks_like_one(inside) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}({inside})", &before[..before.len() - 1]))
}

/// What stands before a `(…)` that reads like a mark, and what is in it.
fn split(line: &str) -> Option<(&str, &str)> {
    let (text, inside) = line.strip_suffix(')')?.rsplit_once('(')?;
    let text_before = text.strip_suffix([' ', '\t']).unwrap_or(text);
    (looks_like_one(inside) && stands_apart(text)).then_some((text_before, inside))
}

fn stands_apart(text: &str) -> bool {
    text.is_empty() || text.ends_with([' ', '\t'])
}

fn known(inside: &str) -> Option<(Kind, Repeat)> {
    let (word, repeat) = match inside.as_bytes().last()? {
        b'?' => (&inside[..inside.len() - 1], Repeat::Optional),
        b'*' => (&inside[..inside.len() - 1], Repeat::Any),
        b'+' => (&inside[..inside.len() - 1], Repeat::Some),
        _ => (inside, Repeat::Once),
    };
    match word {
        "" if repeat != Repeat::Once => Some((Kind::Plain, repeat)),
        "re" => Some((Kind::Regex, repeat)),
        "glob" => Some((Kind::Glob, repeat)),
        "esc" => Some((Kind::Escaped, repeat)),
        _ => None,
    }
}

/// A mark, and what looks like an attempt at one: `re**`, `re{2}`, `RE`, `re `, `*re`, `regex`. Not `rest` or `re x`.
fn looks_like_one(inside: &str) -> bool {
    let trimmed = inside.trim().trim_start_matches(['?', '*', '+']);
    let end = trimmed.find(|c: char| !c.is_alphanumeric()).unwrap_or(trimmed.len());
    let (word, rest) = trimmed.split_at(end);
    match word.to_ascii_lowercase().as_str() {
        "re" | "glob" | "esc" => !rest.starts_with(' '),
        "regex" | "regexp" | "globs" | "escape" | "escaped" => rest.chars().all(|c| "?*+".contains(c)),
        _ => known(inside).is_some(),
    }
}

fn unknown(inside: &str, place: Range<usize>) -> BadMark {
    let word = inside.trim().to_ascii_lowercase();
    let near = match word.as_str() {
        "regex" | "regexp" => Some("re"),
        "escape" | "escaped" => Some("esc"),
        word => nearest(word, MARKS.iter().copied()),
    };
    let meant = match near {
        Some(near) => format!("did you mean `({near})`? "),
        None => "the marks are (re), (glob), (esc), each also with ?, * or +, and (?), (*), (+); ".to_owned(),
    };
    BadMark {
        place,
        message: format!("`({inside})` looks like a line mark and is none"),
        help: format!("{meant}for a line that ends so write `\\({inside})`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_known_with_every_repetition() {
        for (word, kind) in [("", Kind::Plain), ("re", Kind::Regex), ("glob", Kind::Glob), ("esc", Kind::Escaped)] {
            for (sign, repeat) in [("", Repeat::Once), ("?", Repeat::Optional), ("*", Repeat::Any), ("+", Repeat::Some)]
            {
                let marked = |text| Marked { kind, repeat, text };
                if !(word.is_empty() && sign.is_empty()) {
                    assert_eq!(read(&format!("a  b ({word}{sign})")), Ok(marked("a  b")));
                    assert_eq!(read(&format!("a\t({word}{sign})")), Ok(marked("a")));
                    assert_eq!(read(&format!("({word}{sign})")), Ok(marked("")));
                }
            }
        }
    }

    #[test]
    fn text_in_parentheses_is_text() {
        for text in
            ["f(re)", "a (rest)", "a (note)", "a (re x)", "(regex engine)", "a ()", "a (**)", "a (1+)", "(re) x", "x)"]
        {
            let plain = Marked { kind: Kind::Plain, repeat: Repeat::Once, text };
            assert_eq!((read(text), unescape(text)), (Ok(plain), Cow::Borrowed(text)));
        }
    }

    #[test]
    fn what_looks_like_a_mark_is_an_error_with_a_suggestion() {
        for (inside, meant) in [
            ("re**", "`(re*)`"),
            ("re?*", "`(re"),
            ("re{2}", "the marks are"),
            ("RE", "`(re)`"),
            ("re ", "`(re)`"),
            ("*re", "`(re"),
            ("regex", "`(re)`"),
            ("globs", "`(glob)`"),
            ("Glob*", "`(glob*)`"),
            ("glob!", "`(glob"),
            ("esc-", "`(esc"),
            ("escape", "`(esc)`"),
        ] {
            let bad = read(&format!("é ({inside})")).unwrap_err();
            assert_eq!(bad.place, 3..5 + inside.len(), "{inside}");
            assert_eq!(bad.message, format!("`({inside})` looks like a line mark and is none"));
            assert!(bad.help.contains(meant), "{inside}: {}", bad.help);
            assert!(bad.help.contains(&format!("write `\\({inside})`")), "{}", bad.help);
        }
    }

    #[test]
    fn two_marks_and_marked_dots_are_errors() {
        let bad = read("x (re) (?)").unwrap_err();
        assert_eq!((bad.place, bad.help.contains("did you mean `(re?)`? ")), (7..10, true));
        assert!(read("x \\(re) (?)").is_ok() && read("x (re) (re)").is_ok() && read("x (re) (glob)").is_ok());
        assert!(read("... (*)").unwrap_err().message.contains("`...` takes no mark"));
        assert!(read("\\... (*)").is_ok() && read("... (re)").is_ok());
    }

    #[test]
    fn one_backslash_makes_dots_and_marks_literal() {
        for (text, literal) in [
            ("\\...", "..."),
            ("\\\\...", "\\..."),
            ("x \\(re)", "x (re)"),
            ("x \\\\(re)", "x \\(re)"),
            ("\\(glob**)", "(glob**)"),
            ("call \\(*)", "call (*)"),
            ("f\\(re)", "f\\(re)"),
            ("\\(note)", "\\(note)"),
            ("\\....", "\\...."),
        ] {
            assert_eq!(unescape(text), literal);
        }
    }
}
