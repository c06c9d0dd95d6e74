//! Text from outside, made safe to show: the one place that decides what a terminal may see.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

/// Characters that could drive a terminal or reorder what a reader sees: controls (C0 and C1), bidirectional
/// and invisible format characters. Newline and tab count too; callers that allow them say so.
pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line of foreign text as it may be shown: every dangerous character as a visible escape.
pub fn escape_line(text: &str) -> Cow<'_, str> {
    escape_where(text, |c| c != '\t' && is_dangerous(c))
}

/// Foreign text of several lines: newlines and tabs stay, all else that is dangerous becomes visible.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_where(text, |c| c != '\n' && c != '\t' && is_dangerous(c))
}

fn escape_where(text: &str, bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&bad) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\r' if bad(c) => out.push_str("\\r"),
            '\n' if bad(c) => out.push_str("\\n"),
            c if bad(c) && (c as u32) < 0x100 => _ = write!(out, "\\x{:02x}", c as u32),
            c if bad(c) => _ = write!(out, "\\u{{{:x}}}", c as u32),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// `1 step`, `2 steps`: a count with its noun.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A duration as people read it: `7 ms`, `0.3 s`, `47 s`, `2 min 5 s`.
pub fn took(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.as_millis());
    match seconds {
        0 if millis < 100 => format!("{millis} ms"),
        0..10 => format!("{}.{} s", (millis + 50) / 1000, (millis + 50) % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The first line of `text`, cut to `width` characters with an ellipsis.
pub fn shorten(text: &str, width: usize) -> String {
    shorten_line(text.lines().next().unwrap_or_default(), width)
}

/// `line`, cut to `width` characters with an ellipsis.
pub fn shorten_line(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_bidi_marks_become_visible() {
        assert_eq!(escape_line("a\x1b[31m\u{9b}\u{202e}\r\nb"), "a\\x1b[31m\\x9b\\u{202e}\\r\\nb");
        assert_eq!(escape("tab\t\nline é"), "tab\t\nline é");
    }
}
