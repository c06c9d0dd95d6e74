//! What is wrong, where, and what to do about it.
//!
//! In: byte spans of a source file and plain words. Out: one [`Diagnostic`], rendered as text with a
//! caret or as JSON. It must never know what a runbook is.

mod code;
mod render;
mod source;
mod splices;

pub use code::Code;
pub use render::{JsonDiagnostic, render_json, render_text};
pub use source::{Position, Source, Span};
pub use splices::Splices;

use serde::Serialize;

/// How bad a finding is. Errors stop planning; notes never change an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing runs while this stands.
    Error,
    /// Probably not what the author meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// One finding in one source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, explained in `docs/diagnostics/`.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The bytes that the caret stands under.
    pub span: Span,
    /// What happened: lower case, no final period.
    pub message: String,
    /// What the caret says, if it says more than the message.
    pub label: Option<Box<str>>,
    /// Other places that take part, such as the first of two equal names.
    pub related: Vec<(Span, String)>,
    /// What to do next.
    pub help: Option<String>,
    /// What `check --fix` does about it, where only one thing can have been meant.
    pub fix: Option<Box<Fix>>,
}

/// Other text for some bytes of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The bytes.
    pub span: Span,
    /// What stands there instead.
    pub text: String,
}

impl Diagnostic {
    /// An error at `span`. Until [`Diagnostic::help`] says more, its hint is where its code is explained.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message).help(format!("`stepgate explain {code}` says more"))
    }

    /// A warning at `span`: probably not what the author meant.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    /// A note at `span`.
    pub fn note(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, span, message)
    }

    fn new(severity: Severity, code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity, span, message: message.into(), label: None, related: Vec::new(), help: None, fix: None }
    }

    /// Adds what to do next.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what `check --fix` does about it.
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Box::new(Fix { span, text: text.into() }));
        self
    }

    /// Adds words at the caret.
    pub fn label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds another place that takes part.
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }
}

/// A source that cannot be used, and why: at least one of the findings is an error.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The source as far as it could be read.
    pub source: Source,
    /// What was found, by place.
    pub found: Vec<Diagnostic>,
}

impl Refused {
    /// Refuses `source` for these findings.
    pub fn new(source: Source, found: Vec<Diagnostic>) -> Box<Self> {
        Box::new(Self { source, found })
    }
}

/// "`x` is unknown" wants a suggestion: the nearest of `known`, if one is near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
