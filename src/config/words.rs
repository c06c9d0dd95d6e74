//! Commands that are started without a shell: words, as a POSIX shell splits them.

use super::table::Entry;
use crate::diagnostic::Diagnostic;

/// The words of a command that is started without a shell, split as a POSIX shell splits.
pub fn words(entry: &Entry<'_>) -> Result<Vec<String>, Diagnostic> {
    let text = entry.value.text(&entry.name)?;
    let refused = |why: &str| entry.value.wrong(format!("`{text}` is no command: {why}"));
    let words =
        shlex::split(text).ok_or_else(|| refused("a quote in it is never closed, or it ends in a backslash"))?;
    // A word behind it is swallowed by a comment.
    let behind = shlex::split(&format!("{text} .")).unwrap_or_default();
    match words.first().map(String::as_str) {
        None | Some("") => Err(refused("it names no program")),
        Some(_) if behind.len() != words.len() + 1 => Err(refused("a word in it starts with `#`: put it in quotes")),
        Some(_) => Ok(words),
    }
}
