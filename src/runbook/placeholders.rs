//! Open placeholders such as `<name>` in a script: to a shell they are redirections.

use super::model::Line;
use crate::diagnostic::{Code, Diagnostic};

/// Findings on placeholders outside quotes, comments and here-documents.
pub fn placeholders(script: &[Line]) -> Vec<Diagnostic> {
    let mut reader = Reader::default();
    let mut found = Vec::new();
    for line in script {
        for (start, end) in reader.line(&line.text) {
            let word = &line.text[start..end];
            found.push(
                Diagnostic::error(Code::Placeholder, line.part(start..end), format!("`{word}` reads like a placeholder, and is a redirection"))
                    .help("declare a parameter and write \"$NAME\"; if the redirection is meant, put a blank behind `<`, or write the flag `literal`"),
            );
        }
    }
    found
}

/// What is open at the end of a line.
#[derive(Default)]
struct Reader {
    quote: Option<u8>,
    /// The words that end here-documents that were announced, each with whether tabs before it count for nothing.
    documents: Vec<(String, bool)>,
}

impl Reader {
    /// The placeholders of a line, by their bytes.
    fn line(&mut self, text: &str) -> Vec<(usize, usize)> {
        if self.quote.is_none()
            && let Some((end, tabs)) = self.documents.first()
        {
            let line = if *tabs { text.trim_start_matches('\t') } else { text };
            if line == end {
                self.documents.remove(0);
            }
            return Vec::new();
        }
        let bytes = text.as_bytes();
        let (mut at, mut found) = (0, Vec::new());
        while at < bytes.len() {
            at = match (self.quote, bytes[at]) {
                (Some(b'"'), b'\\') | (None, b'\\') => at + 2,
                (Some(quote), byte) => {
                    self.quote = Some(quote).filter(|quote| *quote != byte);
                    at + 1
                }
                (None, byte @ (b'"' | b'\'')) => {
                    self.quote = Some(byte);
                    at + 1
                }
                (None, b'#') if at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b';' | b'(') => return found,
                (None, b'<') if bytes[at..].starts_with(b"<<<") => at + 3,
                (None, b'<') if bytes[at..].starts_with(b"<<") => self.document(text, at + 2),
                (None, b'<') => match placeholder(text, at) {
                    Some(end) => {
                        found.push((at, end));
                        end
                    }
                    None => at + 1,
                },
                (None, _) => at + 1,
            };
        }
        found
    }

    /// Takes the word behind `<<`.
    fn document(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let tabs = rest.starts_with('-');
        let rest = rest.trim_start_matches('-').trim_start();
        let end = rest.find(|c: char| c.is_whitespace() || ";|&()<>".contains(c)).unwrap_or(rest.len());
        let word: String = rest[..end].chars().filter(|c| !"'\"\\".contains(*c)).collect();
        if !word.is_empty() {
            self.documents.push((word, tabs));
        }
        text.len() - rest.len() + end
    }
}

/// The end of `<word>` at `at`, if what follows it ends a word.
fn placeholder(text: &str, at: usize) -> Option<usize> {
    let inside = &text[at + 1..];
    let length = inside.find('>')?;
    let word = &inside[..length];
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '/' | ':');
    let starts = word.starts_with(|c: char| c.is_alphabetic());
    let end = at + 1 + length + 1;
    let after = text[end..].chars().next();
    let closed = after.is_none_or(|c| matches!(c, ' ' | '\t' | ';' | '|' | '&' | ')'));
    (starts && word.chars().all(plain) && !word.ends_with(' ') && closed).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use proptest::prelude::*;

    fn found(script: &str) -> usize {
        let lines: Vec<_> =
            script.lines().map(|text| Line { text: text.to_owned(), span: Span::new(0, text.len()) }).collect();
        placeholders(&lines).len()
    }

    #[test]
    fn placeholders_are_found_where_a_shell_would_redirect() {
        for bad in ["ssh <host>", "ssh <host>; ls", "a <your-name> b", "x|y <z>", "(cat <file>)", "rm <a> <b>"] {
            assert!(found(bad) > 0, "{bad}");
        }
        for good in [
            "echo '<host>'",
            "echo \"<host>\"",
            "# <host>",
            "cat <file",
            "cat < in > out",
            "cat <in >out",
            "cat <<EOF\n<host>\nEOF",
            "cat <<-'EOF' | x\n<host>\n\tEOF",
            "cat <<<\"$x\"",
            "diff <(a) <(b)",
            "echo \\<host\\>",
            "[ a \\< b ]",
            "echo 'a\n<host> b'",
            "x <a>b",
        ] {
            assert_eq!(found(good), 0, "{good}");
        }
        assert_eq!(found("cat <<A <<B\n<x>\nA\n<x>\nB\nls <x>"), 1);
    }

    proptest! {
        #[test]
        fn no_script_makes_it_panic(script in "([a-z<>'\"\\\\#$() -]{0,20}\n){0,6}\\PC{0,20}") {
            _ = found(&script);
        }
    }
}
