//! Front matter that cannot be read: why, where, and what was left open.

use super::yaml::bytes;
use crate::diagnostic::{Code, Diagnostic, Span};

/// What the YAML crate says, in the words of this project.
pub fn yaml_error(text: &str, yaml: Span, error: &serde_saphyr::Error) -> Diagnostic {
    let span = error.location().map_or(yaml, |location| bytes(text, yaml.start, &location));
    let message = error.to_string();
    // The place stands beside the caret, counted in the file and not in the front matter.
    let message = message.lines().next().unwrap_or_default();
    let message = message.rsplit_once(" at line ").map_or(message, |(words, _)| words);
    let message = match message.strip_prefix("budget breached: ") {
        Some(budget) if budget.starts_with("Anchors") || budget.starts_with("Aliases") => "an anchor or an alias",
        Some(budget) if budget.starts_with("Depth") => "it is nested too deep",
        Some(_) => "it holds too much",
        None if message.contains("duplicate") => "a key stands twice",
        None if matches!(error, serde_saphyr::Error::MergeKeyNotAllowed { .. }) => "a merge key (`<<`)",
        None => message,
    };
    let (code, help) = advice(message);
    let found = Diagnostic::error(code, span, format!("the front matter cannot be read: {message}")).help(help);
    // Beside a budget that was breached or a key that stands twice nothing of this kind is the cause.
    match left_open(text).filter(|_| help == GENERAL) {
        Some(at) => found.related(Span::new(yaml.start + at, yaml.start + at + 1), "never closed: it opens here"),
        None => found,
    }
}

const GENERAL: &str = "see docs/format.md §8 for the keys; text with `: ` or `#` in it needs quotes";

fn advice(message: &str) -> (Code, &'static str) {
    match () {
        () if message.contains("twice") => (Code::UnknownKey, "keep one of them"),
        () if message.contains("merge key") => (Code::FrontMatter, "write the keys out"),
        () if message.contains("anchor") || message.contains("alias") => {
            (Code::FrontMatter, "anchors and aliases are not allowed; write the value out")
        }
        () if message.contains("escape") => {
            (Code::FrontMatter, "in double quotes a backslash begins an escape; write the text in single quotes")
        }
        () => (Code::FrontMatter, GENERAL),
    }
}

/// The first byte of a quote or a bracket that nothing closes, as far as it can be told without reading YAML: comments and
/// block scalars are left out, and a quote counts only where a value may begin.
fn left_open(text: &str) -> Option<usize> {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0, open: Vec::new(), fresh: true };
    while reader.at < reader.bytes.len() {
        if let Some(open) = reader.step() {
            return Some(open);
        }
    }
    reader.open.pop()
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    /// The brackets that are open.
    open: Vec<usize>,
    /// Whether a value may begin here.
    fresh: bool,
}

impl Reader<'_> {
    /// Reads on; returns what turns out to be open.
    fn step(&mut self) -> Option<usize> {
        let at = self.at;
        let blank_before = at == 0 || self.bytes[at - 1].is_ascii_whitespace();
        self.at += 1;
        match self.bytes[at] {
            b'\n' => self.fresh = true,
            b' ' | b'\t' | b'\r' => {}
            b'#' if blank_before => self.at = self.line_end(at),
            quote @ (b'\'' | b'"') if self.fresh => {
                self.fresh = false;
                match self.closing(quote) {
                    Some(behind) => self.at = behind,
                    None => return Some(at),
                }
            }
            b'[' | b'{' if self.fresh => self.open.push(at),
            close @ (b']' | b'}') if !self.open.is_empty() => {
                self.fresh = false;
                let open = self.open.pop()?;
                if (self.bytes[open] == b'[') != (close == b']') {
                    return Some(open);
                }
            }
            b',' => self.fresh = !self.open.is_empty(),
            b'|' | b'>' if self.fresh && self.open.is_empty() => self.skip_block(at),
            b':' | b'-' | b'?' if self.bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace) => self.fresh = true,
            _ => self.fresh = false,
        }
        None
    }

    fn line_end(&self, at: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length)
    }

    /// Goes behind the lines of a block scalar: those that are indented deeper than the line that announces it.
    fn skip_block(&mut self, at: usize) {
        let start = memchr::memrchr(b'\n', &self.bytes[..at]).map_or(0, |before| before + 1);
        let indentation = |from: usize| self.bytes[from..].iter().take_while(|byte| **byte == b' ').count();
        let outer = indentation(start);
        let mut next = self.line_end(at);
        while next < self.bytes.len() {
            let line = next + 1;
            let end = self.line_end(line.min(self.bytes.len()));
            let empty = self.bytes[line.min(end)..end].iter().all(u8::is_ascii_whitespace);
            if !empty && indentation(line) <= outer {
                break;
            }
            next = end;
        }
        self.at = next;
    }

    /// Behind the quote that closes the one before here.
    fn closing(&self, quote: u8) -> Option<usize> {
        let mut at = self.at;
        loop {
            match *self.bytes.get(at)? {
                b'\\' if quote == b'"' => at += 2,
                byte if byte == quote && quote == b'\'' && self.bytes.get(at + 1) == Some(&quote) => at += 2,
                byte if byte == quote => return Some(at + 1),
                _ => at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::left_open;
    use proptest::prelude::*;

    #[test]
    fn what_is_left_open_is_found_and_nothing_else() {
        for (text, wanted) in [
            ("a: { b: c\nd: e\n", Some(3)),
            ("a: { b: [x }\n", Some(8)),
            ("a: 'x\nb: y\n", Some(3)),
            ("a: \"x\\\" y\n", Some(3)),
            ("a: [1, 'x]\n", Some(7)),
            ("a: { b: c }\nd: 'it''s'\n# { '\ne: it's {\nf: |\n  { '\n\n  [\ng: [x]\n", None),
            ("a: x[1\nb: y}\n", None),
        ] {
            assert_eq!(left_open(text), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_always_ends_at_a_byte_of_the_text(text in "[a-c:'\"\\\\{}\\[\\],#|> \n-]{0,60}") {
            prop_assert!(left_open(&text).is_none_or(|at| text.is_char_boundary(at) && at < text.len()));
        }
    }
}
