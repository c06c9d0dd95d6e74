//! Foreign text in Markdown: whatever it holds, it stays text.

use crate::event::{Piece, shown_lines, ticked as pieces};
use crate::text::escape_line;

/// Text inside a paragraph or a table's cell.
pub fn inline(text: &str) -> String {
    let text = escape_line(text).replace('\t', " ");
    let mut out = String::new();
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        // An underscore inside a word is no emphasis, and step names are full of them.
        let inside = c == '_' && before.is_alphanumeric() && letters.peek().is_some_and(|next| next.is_alphanumeric());
        if c.is_ascii_punctuation() && !HARMLESS.contains(c) && !inside {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    // An autolink needs no punctuation that is escaped above.
    out.replace("://", ":\\//").replace("www.", "www\\.")
}

/// Punctuation that means nothing to Markdown inside a line.
const HARMLESS: &str = ".,:;/-=%'\"@?()";

/// A code span.
pub fn code(text: &str) -> String {
    let text = escape_line(text).replace("{{#", "\\{{#");
    let longest = longest_run(&text);
    let ticks = "`".repeat(longest + 1);
    let pad = if longest > 0 || text.starts_with(' ') || text.is_empty() { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A sentence; whatever is in it stays text.
pub fn words(sentence: &[Piece]) -> String {
    let show = |piece: &Piece| match piece {
        // Smart punctuation would make one dash of two.
        Piece::Text(text) => inline(text).replace("--", "\\-\\-"),
        Piece::Code(text) => code(text),
        Piece::Strong(text) => format!("**{}**", inline(text)),
    };
    sentence.iter().map(show).collect()
}

/// A sentence of stepgate's own in which code stands between backticks.
pub fn ticked(text: &str) -> String {
    words(&pieces(text))
}

/// A fenced block with its language; the fence is longer than any run of backticks inside.
pub fn fence(language: &str, text: &str) -> Vec<String> {
    let ticks = "`".repeat(longest_run(text).max(2) + 1);
    let mut lines = vec![format!("{ticks}{language}")];
    // mdBook would expand it, wherever it stands.
    lines.extend(shown_lines(text).map(|line| line.replace("{{#", "\\{{#")));
    lines.push(ticks);
    lines
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_becomes_markdown() {
        assert_eq!(
            inline("<b> *x* [a](b) | `c` {{#include x}}"),
            "\\<b\\> \\*x\\* \\[a\\](b) \\| \\`c\\` \\{\\{\\#include x\\}\\}"
        );
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(
            fence("text", "```\n````x\n{{#include /etc/passwd}}\x1b[2J"),
            ["`````text", "```", "````x", "\\{{#include /etc/passwd}}\\x1b[2J", "`````"]
        );
    }
}
