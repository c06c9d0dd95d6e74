//! The model of a runbook: what the author wants, with the place of every word (grammar: docs/format.md).

use crate::diagnostic::{Source, Span};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A whole runbook.
#[derive(Clone, Debug)]
pub struct Runbook {
    /// The file it was read from.
    pub source: Source,
    /// `title` of the front matter, else the first heading, else the file's name.
    pub title: String,
    /// `description` of the front matter.
    pub description: Option<String>,
    /// `owner` of the front matter.
    pub owner: Option<String>,
    /// `defaults` of the front matter.
    pub defaults: Defaults,
    /// `acceptance` of the front matter, in its order.
    pub acceptance: Vec<Criterion>,
    /// The headings in document order; the first is the file's own if steps stand before any heading.
    pub sections: Vec<Section>,
    /// Steps and manual steps in document order.
    pub items: Vec<Item>,
    /// Where the body starts, in bytes.
    pub body_start: usize,
}

/// `defaults` of the front matter.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// The wall-clock bound of a step that names none.
    pub timeout: Option<Duration>,
}

/// One acceptance criterion.
#[derive(Clone, Debug)]
pub struct Criterion {
    /// Its id, such as `AC4`.
    pub id: String,
    /// What must be true.
    pub text: String,
}

/// A heading and what belongs to it.
#[derive(Clone, Debug)]
pub struct Section {
    /// The heading's text, without Markdown.
    pub title: String,
    /// 1 to 6, or 0 for what stands before the first heading.
    pub level: u8,
    /// The heading's bytes.
    pub span: Span,
}

/// What a run goes through, in document order.
#[derive(Clone, Debug)]
pub enum Item {
    /// A marked block.
    Step(Box<Step>),
    /// A task item.
    Manual(ManualStep),
}

impl Item {
    /// The name in records and options.
    pub fn name(&self) -> &str {
        match self {
            Item::Step(step) => &step.name,
            Item::Manual(manual) => &manual.name,
        }
    }
}

/// A marked block: a script to run and what to expect of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Unique; given or made from the heading.
    pub name: String,
    /// The name where it is written, else the attribute block.
    pub name_span: Span,
    /// The whole fence.
    pub span: Span,
    /// Index into [`Runbook::sections`].
    pub section: usize,
    /// What it may do to the world.
    pub effect: Effect,
    /// `gate`, if written.
    pub gate: Option<Gate>,
    /// `phrase`, if written.
    pub phrase: Option<String>,
    /// `timeout`, if written.
    pub timeout: Option<Duration>,
    /// Accepted exit codes.
    pub exit: ExitRule,
    /// Runs when the run closes.
    pub always: bool,
    /// The variable that gets the trimmed standard output.
    pub capture: Option<(String, Span)>,
    /// The criteria that it proves.
    pub satisfies: Vec<String>,
    /// The script's lines.
    pub script: Vec<Line>,
    /// What its output must look like.
    pub expectations: Vec<Expectation>,
    /// The author's prose since the item before: paragraphs, tables, plain blocks.
    pub prose: Vec<Span>,
}

impl Step {
    /// The script as the shell gets it: LF line ends, none at the end.
    pub fn script_text(&self) -> String {
        let lines: Vec<_> = self.script.iter().map(|line| line.text.as_str()).collect();
        lines.join("\n")
    }
}

/// A task item: something a person does.
#[derive(Clone, Debug)]
pub struct ManualStep {
    /// The slug of its text.
    pub name: String,
    /// Its text without Markdown.
    pub text: String,
    /// The whole list item.
    pub span: Span,
    /// The three bytes `[ ]`.
    pub checkbox: Span,
    /// Index into [`Runbook::sections`].
    pub section: usize,
    /// The criteria that it proves.
    pub satisfies: Vec<String>,
    /// The author's prose since the item before.
    pub prose: Vec<Span>,
}

/// An `output` block.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Which stream it checks.
    pub stream: ExpectedStream,
    /// The block's lines, without line ends.
    pub lines: Vec<Line>,
    /// The whole fence.
    pub span: Span,
}

/// One line inside a fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its text.
    pub text: String,
    /// Its bytes.
    pub span: Span,
}

impl Line {
    /// The bytes in the file of a part of the text. Indentation that the Markdown parser made of a tab has none.
    pub fn part(&self, part: std::ops::Range<usize>) -> Span {
        let made = self.text.len().saturating_sub(self.span.end - self.span.start);
        let place = |at: usize| (self.span.start + at.saturating_sub(made)).min(self.span.end);
        Span::new(place(part.start), place(part.end))
    }
}

/// The stream that an `output` block checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpectedStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Both, in exact order.
    Combined,
}

/// What a step may do to the world; it decides what may be repeated (docs/format.md §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Looks only.
    Read,
    /// May be done again without harm.
    Idempotent,
    /// Changes something.
    Change,
    /// Takes something away for good.
    Destroy,
}

impl Effect {
    /// Whether a step of this effect may simply run again.
    pub fn may_repeat(self) -> bool {
        matches!(self, Effect::Read | Effect::Idempotent)
    }

    /// The gate of a step that names none.
    pub fn default_gate(self) -> Gate {
        match self {
            Effect::Read | Effect::Idempotent => Gate::None,
            Effect::Change => Gate::Confirm,
            Effect::Destroy => Gate::Type,
        }
    }

    /// The word in runbooks and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Read => "read",
            Effect::Idempotent => "idempotent",
            Effect::Change => "change",
            Effect::Destroy => "destroy",
        }
    }
}

/// What must happen before a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// Nothing.
    None,
    /// Yes or no.
    Confirm,
    /// A phrase must be typed.
    Type,
}

impl Gate {
    /// The word in runbooks and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Gate::None => "none",
            Gate::Confirm => "confirm",
            Gate::Type => "type",
        }
    }
}

/// Which exit codes a step may end with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExitRule {
    /// Exactly these.
    Codes(Vec<u8>),
    /// Anything but 0, less 126, 127 and death by signal.
    Nonzero,
    /// Anything, less 126, 127 and death by signal.
    Any,
}

impl Default for ExitRule {
    fn default() -> Self {
        ExitRule::Codes(vec![0])
    }
}

impl ExitRule {
    /// Whether `code` is accepted. 126, 127 and death by signal (128 + signal) only count if listed by number.
    pub fn accepts(&self, code: i32) -> bool {
        let ordinary = (0..126).contains(&code) || code == 128 || code > 192;
        match self {
            ExitRule::Codes(codes) => u8::try_from(code).is_ok_and(|code| codes.contains(&code)),
            ExitRule::Nonzero => code != 0 && ordinary,
            ExitRule::Any => ordinary,
        }
    }
}

impl std::fmt::Display for ExitRule {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ExitRule::Codes(codes) => {
                let codes: Vec<_> = codes.iter().map(u8::to_string).collect();
                out.write_str(&codes.join(","))
            }
            ExitRule::Nonzero => out.write_str("nonzero"),
            ExitRule::Any => out.write_str("any"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_found_and_signals_are_accepted_by_number_only() {
        for code in [126, 127, 137, 143] {
            assert!(!ExitRule::Any.accepts(code) && !ExitRule::Nonzero.accepts(code), "{code}");
            assert!(ExitRule::Codes(vec![code as u8]).accepts(code), "{code}");
        }
        assert!(ExitRule::Any.accepts(0) && ExitRule::Any.accepts(3) && ExitRule::Nonzero.accepts(255));
        assert!(!ExitRule::Nonzero.accepts(0) && !ExitRule::default().accepts(256));
    }
}
