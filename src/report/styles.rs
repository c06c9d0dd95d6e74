//! Colours: one value, colourless by default.

use crate::event::{CriterionVerdict, Status};
use owo_colors::{OwoColorize as _, Style};

/// How words are coloured. [`Styles::default`] colours nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Styles {
    /// Headings.
    pub heading: Style,
    /// Names of steps.
    pub name: Style,
    /// What matters less.
    pub dim: Style,
    /// What a person must look at.
    pub ask: Style,
    good: Style,
    bad: Style,
    doubt: Style,
}

impl Styles {
    /// Colours for a terminal.
    pub fn coloured() -> Self {
        Self {
            heading: Style::new().bold().underline(),
            name: Style::new().bold(),
            dim: Style::new().dimmed(),
            ask: Style::new().bold().yellow(),
            good: Style::new().green(),
            bad: Style::new().bold().red(),
            doubt: Style::new().bold().magenta(),
        }
    }

    /// The colour of a step's status.
    pub fn status(&self, status: Status) -> Style {
        match status {
            Status::Passed | Status::Satisfied => self.good,
            Status::Failed => self.bad,
            Status::InDoubt => self.doubt,
            Status::Skipped | Status::Suspended | Status::Running => self.ask,
            Status::NotRun => self.dim,
        }
    }

    /// The colour of a criterion's verdict.
    pub fn criterion(&self, verdict: CriterionVerdict) -> Style {
        match verdict {
            CriterionVerdict::Proved => self.good,
            CriterionVerdict::Refuted => self.bad,
            CriterionVerdict::Open => self.ask,
        }
    }

    /// The colour of what holds or does not.
    pub fn holds(&self, holds: bool) -> Style {
        if holds { self.good } else { self.bad }
    }
}

/// `text` in `style`.
pub fn paint(text: &str, style: Style) -> String {
    text.style(style).to_string()
}
