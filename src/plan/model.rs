//! The plan: what the canonical bytes hold is what the hash vouches for; places and prose are for views only.

use crate::hash::{Sha256Hex, sha256};
use crate::runbook::{Effect, ExitRule, ExpectedStream, Gate};
use serde::Serialize;
use std::time::Duration;

/// A runbook with everything resolved.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The version of the canonical form.
    pub format: u32,
    /// The runbook's title.
    pub title: String,
    /// The acceptance criteria, in the author's order.
    pub acceptance: Vec<Criterion>,
    /// The names that steps capture, sorted: until one is captured it is unset, whatever the environment holds.
    pub variables: Vec<String>,
    /// Steps and manual steps in order; those with `always` stand where their author wrote them.
    pub steps: Vec<PlannedStep>,
}

/// An acceptance criterion.
#[derive(Clone, Debug, Serialize)]
pub struct Criterion {
    /// Its id.
    pub id: String,
    /// What must be true.
    pub text: String,
}

/// One step of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedStep {
    /// Unique in the plan.
    pub name: String,
    /// The criteria that it proves.
    pub satisfies: Vec<String>,
    /// What is done.
    pub action: Action,
    /// The heading that it stands under; empty before the first.
    #[serde(skip)]
    pub section: String,
    /// Index of that section, which tells two headings of one text apart.
    #[serde(skip)]
    pub section_index: usize,
    /// The author's prose before it, as written, paragraph by paragraph.
    #[serde(skip)]
    pub prose: Vec<String>,
    /// The runbook's line that it opens on.
    #[serde(skip)]
    pub line: usize,
}

/// What a step does.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Action {
    /// A script in a session's shell.
    Shell(ShellAction),
    /// Something a person does.
    Manual {
        /// The item's text.
        text: String,
    },
}

/// A script in a session's shell.
#[derive(Clone, Debug, Serialize)]
pub struct ShellAction {
    /// Where it runs; `local` is this machine.
    pub target: String,
    /// What it may do to the world.
    pub effect: Effect,
    /// What must happen before it runs.
    pub gate: Gate,
    /// What must be typed at `gate=type`; empty otherwise.
    pub phrase: String,
    /// The wall-clock bound of one attempt.
    #[serde(serialize_with = "millis")]
    pub timeout: Duration,
    /// Accepted exit codes.
    pub exit: ExitRule,
    /// Runs when the run closes, and only then.
    pub always: bool,
    /// The variable that gets the trimmed standard output.
    pub capture: Option<String>,
    /// The script with LF line ends.
    pub script: String,
    /// What its output must look like.
    pub expectations: Vec<PlannedExpectation>,
}

/// An `output` block.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedExpectation {
    /// Which stream it checks.
    pub stream: ExpectedStream,
    /// Its lines as written.
    pub lines: Vec<String>,
    /// The runbook's line that its first line stands on.
    #[serde(skip)]
    pub line: usize,
}

impl Plan {
    /// The bytes that identify the plan: one JSON text, its keys in one fixed order.
    pub fn canonical(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plan holds nothing that JSON lacks")
    }

    /// The identity of the plan.
    pub fn hash(&self) -> Sha256Hex {
        sha256(&self.canonical())
    }
}

impl PlannedStep {
    /// Whether it runs when the run closes, and only then.
    pub fn always(&self) -> bool {
        self.shell().is_some_and(|shell| shell.always)
    }

    /// The script, if it is one.
    pub fn shell(&self) -> Option<&ShellAction> {
        match &self.action {
            Action::Shell(shell) => Some(shell),
            Action::Manual { .. } => None,
        }
    }
}

impl ShellAction {
    /// Whether standard output and error share one pipe, in exact order.
    pub fn combined(&self) -> bool {
        self.expectations.iter().any(|expectation| expectation.stream == ExpectedStream::Combined)
    }
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u128(duration.as_millis())
}
