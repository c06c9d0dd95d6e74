//! New expected lines in the author's text: everything outside the changed lines stays, byte for byte.

use crate::diagnostic::{Span, Splices};
use crate::expect::Edit;
use crate::replay::BlockChange;
use crate::runbook::{Expectation, Item, Runbook};

/// The runbook's text with the changes made.
pub fn accepted(runbook: &Runbook, changes: &[BlockChange]) -> String {
    let mut splices = Splices::default();
    for change in changes {
        if let Some(block) = block_of(runbook, change) {
            splice(runbook, block, change, &mut splices);
        }
    }
    splices.apply(&runbook.source.text)
}

/// The lines of a changed block, as they are and as they will be.
pub fn before_and_after(runbook: &Runbook, change: &BlockChange) -> (String, String) {
    let Some(block) = block_of(runbook, change) else { return Default::default() };
    let before = block.lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect();
    let mut after = String::new();
    for at in 0..=block.lines.len() {
        for line in inserted(change, at) {
            after.extend([line, "\n"]);
        }
        let Some(line) = block.lines.get(at) else { break };
        match changed(change, at) {
            None => after.extend([line.text.as_str(), "\n"]),
            Some(Edit::Replace(_, new)) => after.extend([change.lines[new].as_str(), "\n"]),
            Some(_) => {}
        }
    }
    (before, after)
}

/// The block that is changed.
pub fn block_of<'r>(runbook: &'r Runbook, change: &BlockChange) -> Option<&'r Expectation> {
    let step = runbook.items.iter().find_map(|item| match item {
        Item::Step(step) if step.name == change.step => Some(step),
        _ => None,
    });
    step?.expectations.get(change.block)
}

fn inserted(change: &BlockChange, at: usize) -> impl Iterator<Item = &str> {
    change.edits.iter().filter_map(move |edit| match edit {
        Edit::Insert(before, line) if *before == at => Some(change.lines[*line].as_str()),
        _ => None,
    })
}

fn changed(change: &BlockChange, at: usize) -> Option<Edit> {
    change.edits.iter().copied().find(|edit| matches!(edit, Edit::Drop(of) | Edit::Replace(of, _) if *of == at))
}

fn splice(runbook: &Runbook, block: &Expectation, change: &BlockChange, splices: &mut Splices) {
    let text = &runbook.source.text;
    // The whole lines of the block, without those of its fence.
    let opening = line_end(text, block.span.start);
    let line_end_of = |at: usize| if at >= 2 && &text[at - 2..at] == "\r\n" { "\r\n" } else { "\n" };
    let (end, indent) = (line_end_of(opening), indent(text, block));
    let mut start = opening;
    for at in 0..=block.lines.len() {
        let new: String = inserted(change, at).flat_map(|line| [indent, line, end]).collect();
        if !new.is_empty() {
            splices.replace(Span::new(start, start), new);
        }
        let Some(line) = block.lines.get(at) else { break };
        let behind = line_end(text, start);
        match changed(change, at) {
            None => {}
            Some(Edit::Replace(_, new)) => {
                // With its indentation: a line that had less than its fence would lose blanks of its own.
                let old = text[start..behind].trim_end_matches(['\n', '\r']).len();
                let same = text[start..].starts_with(indent) && line.span.start == start + indent.len();
                let from = if same { line.span.start } else { start };
                let new = &change.lines[new];
                let new = if same { new.clone() } else { format!("{indent}{new}") };
                splices.replace(Span::new(from, start + old), new);
            }
            Some(_) => splices.replace(Span::new(start, behind), ""),
        }
        start = behind;
    }
}

/// The byte behind the end of the line that holds byte `at`.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |length| at + length + 1)
}

/// What stands before the fence on its line: its lines begin alike.
fn indent<'t>(text: &'t str, block: &Expectation) -> &'t str {
    let start = text[..block.span.start].rfind('\n').map_or(0, |at| at + 1);
    &text[start..block.span.start]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::expect::{compile, edits, literal_line};
    use crate::runbook::{self, ExpectedStream};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// A runbook with one step and one block, somewhere in a document of somebody else's making.
    fn text(expected: &[String], indent: usize, fence: usize, end: &str, last: bool) -> String {
        let fence = "`".repeat(fence);
        let block: String = expected.iter().map(|line| format!("{line}\n")).collect();
        let marked = format!("{fence}bash {{name=a effect=read}}\necho x\n{fence}\n\n{fence}output\n{block}{fence}\n");
        let indented: String = marked.lines().map(|line| format!("{}{line}\n", " ".repeat(2 * indent))).collect();
        let list: String = (0..indent).map(|depth| format!("{}- item\n\n", " ".repeat(2 * depth))).collect();
        let tail = if last { "" } else { "\nProse  with trailing blanks  \n\n```text\n...\n```\n\tx" };
        let all = format!("---\nstepgate: 1\n---\n# R\n\n{list}{indented}{tail}");
        let all = if last { all.trim_end_matches('\n').to_owned() } else { all };
        all.replace('\n', end)
    }

    /// The text without the lines of the block.
    fn outside(runbook: &Runbook) -> String {
        let Item::Step(step) = &runbook.items[0] else { panic!("a step") };
        let block = &step.expectations[0];
        let (text, mut start) = (&runbook.source.text, line_end(&runbook.source.text, block.span.start));
        let first = start;
        for _ in &block.lines {
            start = line_end(text, start);
        }
        format!("{}|{}", &text[..first], &text[start..])
    }

    fn line() -> impl Strategy<Value = String> {
        prop::sample::select(vec![
            "a",
            "b",
            "",
            "a (re)",
            "...",
            "{{X}}",
            "```",
            "~~~~",
            "é\u{202e}",
            "- [ ] x",
            "> q",
            "  in",
        ])
        .prop_map(str::to_owned)
    }

    fn expected() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["a", "b", "...", "[ab] (re)", "a (*)", "c (?)", "z"]).prop_map(str::to_owned)
    }

    proptest! {
        #[test]
        fn only_the_block_changes_and_it_says_what_was_shown(
            block in prop::collection::vec(expected(), 0..6),
            output in prop::collection::vec(line(), 0..7),
            (indent, fence, windows, last) in (0..3usize, 3..6usize, any::<bool>(), any::<bool>()),
        ) {
            let text = text(&block, indent, fence, if windows { "\r\n" } else { "\n" }, last);
            let (old, _) = runbook::read(Source::new("r.md", text)).unwrap();
            let nothing = BTreeMap::new();
            let pattern = compile(block.iter().map(|line| (line.as_str(), Span::default())), &nothing).unwrap();
            let change = BlockChange {
                step: "a".to_owned(),
                block: 0,
                stream: ExpectedStream::Stdout,
                edits: edits(&pattern, &output).unwrap(),
                lines: output.iter().map(|line| literal_line(line, &nothing)).collect(),
            };
            let (_, after) = before_and_after(&old, &change);
            let (new, _) = runbook::read(Source::new("r.md", accepted(&old, std::slice::from_ref(&change)))).unwrap();
            prop_assert_eq!(outside(&new), outside(&old));
            let ends = new.source.text.matches('\n').count();
            prop_assert_eq!(new.source.text.matches("\r\n").count(), if windows { ends } else { 0 });
            let Item::Step(step) = &new.items[0] else { panic!("a step") };
            let lines: String = step.expectations[0].lines.iter().map(|line| format!("{}\n", line.text)).collect();
            prop_assert_eq!(lines, after);
        }
    }
}
