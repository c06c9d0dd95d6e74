//! Here-documents that nothing closes: the shell only warns, takes the rest of the script for text, and passes.

use super::model::Line;
use super::shell_words::{OpenDocument, open_document};
use crate::diagnostic::{Code, Diagnostic};

/// The finding on the first here-document that takes the rest of a script.
pub fn unclosed(script: &[Line]) -> Option<Diagnostic> {
    // Looked for first: most scripts have none, and reading one takes time.
    if !script.iter().any(|line| line.text.contains("<<")) {
        return None;
    }
    let OpenDocument { word, span, tabs, almost } = open_document(script)?;
    let shown = crate::text::shorten(&word, 80);
    let message = format!("its here-document `{shown}` is never closed: the rest of the script is text and is not run");
    let found = Diagnostic::error(Code::Script, span, message);
    let Some(line) = almost else { return Some(found.help(format!("write a line `{shown}` behind its text"))) };
    let help = match tabs {
        true => "write it with nothing but tabs before it and nothing behind it: `<<-` takes off tabs, and no blanks",
        false => "write it without blanks before and behind it; `<<-` would take off tabs, and no blanks",
    };
    Some(found.related(line, "this line differs only by blanks").help(help))
}
