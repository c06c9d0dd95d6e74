//! Text from outside, made safe to show: the one place that decides what a terminal may see.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

/// Characters that could drive a terminal or reorder what a reader sees: controls (C0 and C1), bidirectional
/// and invisible format characters. Newline and tab count too; callers that allow them say so.
pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{3164}' | '\u{ffa0}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
            | '\u{e0100}'..='\u{e01ef}')
}

/// One line of foreign text as it may be shown: every dangerous character as a visible escape.
pub fn escape_line(text: &str) -> Cow<'_, str> {
    escape_where(text, |c| c != '\t' && is_dangerous(c))
}

/// Foreign text of several lines: newlines and tabs stay, all else that is dangerous becomes visible.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_where(text, |c| c != '\n' && c != '\t' && is_dangerous(c))
}

/// JSON text in which no character can drive a terminal: what JSON itself lets stand, such as C1 controls, as `\\u…`,
/// which means the same. Such characters occur inside strings only; newlines between the tokens stay.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let bad = |c: char| !matches!(c, '\n' | '\t') && is_dangerous(c);
    if !json.chars().any(bad) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match bad(c) {
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(out, "\\u{unit:04x}")),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
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

/// A word as a shell reads it back: in single quotes if it needs any, in `$'…'` if it could drive a terminal.
pub fn quote_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:@%+,".contains(c);
    match () {
        () if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        () if word.chars().any(is_dangerous) => format!("$'{}'", word.chars().map(quote_char).collect::<String>()),
        () => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// A character inside `$'…'`.
fn quote_char(c: char) -> String {
    match c {
        '\'' | '\\' => format!("\\{c}"),
        c if is_dangerous(c) => c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
        c => c.to_string(),
    }
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
    fn json_means_the_same_and_drives_no_terminal() {
        let value = "a\u{9b}\u{7f}\u{202e}\u{e0041}é\n\u{1b}\\";
        let json = serde_json::to_string_pretty(&[value]).unwrap();
        let escaped = escape_json(&json);
        assert!(!escaped.chars().any(|c| c != '\n' && is_dangerous(c)), "{escaped}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped).unwrap(), [value]);
        assert!(escaped.contains("\\u009b\\u007f\\u202e\\udb40\\udc41é"), "{escaped}");
    }

    #[test]
    fn words_that_a_shell_would_split_are_quoted() {
        assert_eq!((quote_word("a/b.md"), quote_word("it's $x")), ("a/b.md".into(), "'it'\\''s $x'".into()));
        assert_eq!(quote_word("a\n\u{9b}'\\é"), "$'a\\x0a\\xc2\\x9b\\'\\\\é'");
    }

    #[test]
    fn controls_and_bidi_marks_become_visible() {
        assert_eq!(escape_line("a\x1b[31m\u{9b}\u{202e}\r\nb"), "a\\x1b[31m\\x9b\\u{202e}\\r\\nb");
        assert_eq!(escape("tab\t\nline é"), "tab\t\nline é");
    }
}
