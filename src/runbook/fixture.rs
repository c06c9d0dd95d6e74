//! What the tests of this room share: runbooks in a line, and findings as text.

use super::model::{Item, Runbook, Step};
use crate::diagnostic::{Diagnostic, Severity, Source};

/// A step that is always right.
pub const STEP: &str = "```bash {name=step effect=read}\nls\n```\n";

/// Reads a whole file.
pub fn read(text: &str) -> Result<(Runbook, Vec<Diagnostic>), Vec<Diagnostic>> {
    super::read(Source::new("t.md", text)).map_err(|refused| refused.found)
}

/// A file of this front matter and body.
pub fn file(front: &str, body: &str) -> String {
    format!("---\nstepgate: 1\n{front}\n---\n{body}")
}

/// A runbook of this front matter and one step; it must be right.
pub fn with_front(front: &str) -> Runbook {
    read(&file(front, STEP)).unwrap_or_else(|found| panic!("{front}: {found:#?}")).0
}

/// A runbook of this body; it must be right.
pub fn with_body(body: &str) -> Runbook {
    read(&file("", body)).unwrap_or_else(|found| panic!("{body}: {found:#?}")).0
}

/// Every finding on a file: its code, and the text that its caret stands under. Notes and warnings say so.
pub fn findings(text: &str) -> Vec<String> {
    let found = match read(text) {
        Ok((_, found)) | Err(found) => found,
    };
    assert!(found.is_sorted_by_key(|finding| finding.span.start), "{found:#?}");
    found.iter().map(|finding| shown(finding, text)).collect()
}

fn shown(finding: &Diagnostic, text: &str) -> String {
    let message = &finding.message;
    assert!(message.starts_with(|c: char| !c.is_uppercase()) && !message.ends_with('.'), "{message}");
    assert!(finding.help.is_some(), "{message}");
    let at = &text[finding.span.start..finding.span.end];
    let word = if finding.severity == Severity::Error { "" } else { "?" };
    format!("{}{word} {at}", finding.code.as_str())
}

/// Findings on front matter, before one step.
pub fn front_findings(front: &str) -> Vec<String> {
    findings(&file(front, STEP))
}

/// Findings on a body.
pub fn body_findings(body: &str) -> Vec<String> {
    findings(&file("", body))
}

/// The step called so.
pub fn step<'r>(runbook: &'r Runbook, name: &str) -> &'r Step {
    let item = runbook.items.iter().find(|item| item.name() == name);
    match item {
        Some(Item::Step(step)) => step,
        other => panic!("{name}: {other:?}"),
    }
}
