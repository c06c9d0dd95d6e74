//! The model of a runbook: what the author wants, with the place of every word (grammar: docs/format.md).

use super::target::{Shell, Target};
use crate::diagnostic::{Source, Span};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The wall-clock bound of a step when nobody names one.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

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
    /// `params` of the front matter, in its order.
    pub params: Vec<Parameter>,
    /// `secrets` of the front matter: variables whose values are shown nowhere.
    pub secrets: Vec<Named>,
    /// `targets` of the front matter, in its order.
    pub targets: Vec<NamedTarget>,
    /// `env` of the front matter: set on every target.
    pub env: Vec<(String, String)>,
    /// `tools` of the front matter: programs that must be there.
    pub tools: Vec<Tool>,
    /// `max-age` of the front matter: how old the newest passing run may be.
    pub max_age: Option<Duration>,
    /// `defaults` of the front matter.
    pub defaults: Defaults,
    /// `acceptance` of the front matter, in its order.
    pub acceptance: Vec<Criterion>,
    /// The headings in document order; the first is the file's own if steps stand before any heading.
    pub sections: Vec<Section>,
    /// Steps, assertions and manual steps in document order.
    pub items: Vec<Item>,
    /// The data blocks in document order.
    pub data: Vec<DataBlock>,
    /// Where the body starts, in bytes.
    pub body_start: usize,
}

/// `defaults` of the front matter.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// The target of a step that names none.
    pub on: Option<Named>,
    /// The pause between two attempts of a `read` or `idempotent` step that names none.
    pub poll: Option<Duration>,
    /// The wall-clock bound of a step that names none.
    pub timeout: Option<Duration>,
}

/// A name where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Its bytes.
    pub span: Span,
}

/// A CEL expression where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its text.
    pub text: String,
    /// Its bytes, without quotes.
    pub span: Span,
}

/// A parameter as it is declared (docs/format.md §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name: also the environment variable that it reaches a step as.
    pub name: String,
    /// The name's bytes.
    pub span: Span,
    /// What its value must be.
    pub kind: ParameterKind,
    /// Its value if nobody gives one, as typed.
    pub default: Option<(String, Span)>,
    /// A regex that the whole value must match.
    pub pattern: Option<(String, Span)>,
    /// What may be chosen.
    pub values: Choices,
    /// What it is, for whoever is asked.
    pub help: Option<String>,
    /// The step after which it is asked for.
    pub after: Option<Named>,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// Any text.
    #[default]
    String,
    /// A whole number of 64 bits.
    Int,
    /// `true` or `false`.
    Bool,
    /// A path: not empty, without control characters.
    Path,
    /// A duration such as `1h 30m`.
    Duration,
    /// A number with a unit such as `50Mi`.
    Quantity,
    /// One of `values`.
    Enum,
    /// Text that is shown and written nowhere.
    Secret,
}

impl ParameterKind {
    /// Every type.
    pub const ALL: [Self; 8] =
        [Self::String, Self::Int, Self::Bool, Self::Path, Self::Duration, Self::Quantity, Self::Enum, Self::Secret];

    /// The word in runbooks and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Path => "path",
            Self::Duration => "duration",
            Self::Quantity => "quantity",
            Self::Enum => "enum",
            Self::Secret => "secret",
        }
    }
}

/// What may be chosen for a parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choices {
    /// Whatever its type allows.
    #[default]
    Any,
    /// One of these.
    List(Vec<String>),
    /// One of what this expression over earlier steps says, when the time comes.
    Computed(Condition),
}

/// A target as it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTarget {
    /// Its name.
    pub name: String,
    /// The name's bytes.
    pub span: Span,
    /// How it is reached.
    pub target: Target,
}

/// A program that must be there before the first step (docs/format.md §8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The program.
    pub name: String,
    /// The name's bytes.
    pub span: Span,
    /// The target that must have it; the default one if none is named.
    pub on: Option<Named>,
    /// A range such as `>=3.5` or `>=1.33 <2`.
    pub version: Option<(String, Span)>,
    /// The command that prints the version; `NAME --version` if none is named.
    pub ask: Option<String>,
}

/// Bytes for a step's standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataBlock {
    /// Its name.
    pub name: String,
    /// The name's bytes.
    pub name_span: Span,
    /// The language behind the fence, for views.
    pub language: String,
    /// Its lines; nothing is substituted in them.
    pub lines: Vec<Line>,
    /// The whole fence.
    pub span: Span,
}

impl DataBlock {
    /// The bytes that a step gets: every line with LF behind it.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
    }
}

/// One acceptance criterion.
#[derive(Clone, Debug)]
pub struct Criterion {
    /// Its id, such as `AC4`.
    pub id: String,
    /// What must be true.
    pub text: String,
    /// The id's bytes.
    pub span: Span,
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
    /// A named `assert` block: a step that runs nothing.
    Assert(Box<AssertStep>),
    /// A task item.
    Manual(ManualStep),
}

impl Item {
    /// The whole fence or list item.
    pub fn span(&self) -> Span {
        match self {
            Item::Step(step) => step.span,
            Item::Assert(assert) => assert.span,
            Item::Manual(manual) => manual.span,
        }
    }

    /// The name in records and options.
    pub fn name(&self) -> &str {
        match self {
            Item::Step(step) => &step.name,
            Item::Assert(assert) => &assert.name,
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
    /// What its script is written in.
    pub language: Language,
    /// The word behind the fence.
    pub language_span: Span,
    /// What it may do to the world.
    pub effect: Effect,
    /// `on`, if written.
    pub on: Option<Named>,
    /// Which of the target's sessions it shares.
    pub session: SessionName,
    /// `poll`, if written.
    pub poll: Option<Duration>,
    /// Skipped if this is false.
    pub when: Option<Condition>,
    /// The step that says whether this one is needed.
    pub unless: Option<Named>,
    /// The data block that is its standard input.
    pub stdin: Option<Named>,
    /// What it captures is secret, and its output is not kept.
    pub secret: bool,
    /// Whether placeholders in its script are meant.
    pub literal: bool,
    /// `gate`, if written.
    pub gate: Option<Gate>,
    /// `phrase`, if written, and its bytes with the quotes.
    pub phrase: Option<(String, Span)>,
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

/// A named `assert` block: preconditions, time windows, comparisons of earlier steps.
#[derive(Clone, Debug)]
pub struct AssertStep {
    /// Unique.
    pub name: String,
    /// The name where it is written.
    pub name_span: Span,
    /// The whole fence.
    pub span: Span,
    /// Index into [`Runbook::sections`].
    pub section: usize,
    /// Skipped if this is false.
    pub when: Option<Condition>,
    /// The criteria that it proves.
    pub satisfies: Vec<String>,
    /// Its expressions.
    pub lines: Vec<Line>,
    /// The author's prose since the item before.
    pub prose: Vec<Span>,
}

/// What a script is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Language {
    /// `bash` or `sh`: the session's own shell.
    Shell(Shell),
    /// A program that is run inside the session: `python`, or what `stepgate.toml` declares.
    Interpreter(String),
}

/// Which of a target's sessions a step shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SessionName {
    /// The one that every step shares which names none.
    #[default]
    Main,
    /// A fresh one, which leaves nothing behind.
    None,
    /// One of its own.
    Named(String),
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

/// An `output` or `assert` block that belongs to a step.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// What it checks.
    pub check: Check,
    /// The block's lines, without line ends.
    pub lines: Vec<Line>,
    /// The whole fence.
    pub span: Span,
}

/// What an expectation checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The lines of a stream.
    Output(ExpectedStream),
    /// One CEL expression a line.
    Assert,
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
    /// The connection goes away, as in a reboot.
    Disconnect,
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
            ExitRule::Disconnect => false,
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
            ExitRule::Disconnect => out.write_str("disconnect"),
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
