//! The plan: what the canonical bytes hold is what the hash vouches for; places and prose are for views only.

use super::expressions::Expressions;
use super::parameters::PlannedParameter;
use crate::hash::{Hash256, sha256_of_json};
use crate::runbook::{Effect, ExitRule, ExpectedStream, Gate, Target};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

/// A runbook with everything resolved.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The version of the canonical form.
    pub format: u32,
    /// The runbook's title.
    pub title: String,
    /// The profile, if one was chosen.
    pub profile: Option<String>,
    /// The acceptance criteria, in the author's order.
    pub acceptance: Vec<Criterion>,
    /// The parameters, in the author's order.
    pub parameters: Vec<PlannedParameter>,
    /// The targets that steps run on, by name.
    pub targets: BTreeMap<String, Target>,
    /// What is set on every target.
    pub env: BTreeMap<String, String>,
    /// The names that steps capture, sorted: until one is captured it is unset, whatever the environment holds.
    pub variables: Vec<String>,
    /// The names of parameters and captures whose values are shown and written nowhere.
    pub secrets: BTreeSet<String>,
    /// Steps, assertions and manual steps in order; those with `always` and probes stand where their author wrote them.
    pub steps: Vec<PlannedStep>,
    /// Its identity, once somebody has asked for it: a plan that is made is changed no more.
    #[serde(skip)]
    pub(super) identity: OnceLock<Hash256>,
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
    /// Skipped if this is false.
    pub when: Option<Expressions>,
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
    /// A script, in a session's shell or of a program that is run inside it.
    Shell(Box<ShellAction>),
    /// Expressions over earlier steps; nothing is run.
    Assert {
        /// All must be true.
        expressions: Expressions,
    },
    /// Something a person does.
    Manual {
        /// The item's text.
        text: String,
    },
}

/// A script in a session.
#[derive(Clone, Debug, Serialize)]
pub struct ShellAction {
    /// The name of the target that it runs on; `local` is this machine.
    pub target: String,
    /// Which of the target's sessions: `main`, a name, or `none` for a fresh one.
    pub session: String,
    /// The program whose script it is; `None` for the session's own shell.
    pub interpreter: Option<Interpreter>,
    /// What it may do to the world.
    pub effect: Effect,
    /// What must happen before it runs.
    pub gate: Gate,
    /// What must be typed at `gate=type`; empty otherwise.
    pub phrase: String,
    /// The wall-clock bound of one attempt, or of the whole polling.
    #[serde(serialize_with = "millis")]
    pub timeout: Duration,
    /// The pause between two attempts, in milliseconds in the canonical form.
    #[serde(serialize_with = "optional_millis")]
    pub poll: Option<Duration>,
    /// Accepted exit codes.
    pub exit: ExitRule,
    /// Runs when the run closes, and only then.
    pub always: bool,
    /// Whether it is a probe of other steps, out of the normal order.
    pub probe: bool,
    /// The probe that says whether it is needed.
    pub unless: Option<String>,
    /// The variable that gets the trimmed standard output.
    pub capture: Option<String>,
    /// What it captures is secret, and its output is not kept.
    pub secret: bool,
    /// What it gets on standard input.
    pub stdin: Option<Data>,
    /// The script with LF line ends.
    pub script: String,
    /// What its output must look like.
    pub expectations: Vec<PlannedExpectation>,
}

/// A program that steps are written for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interpreter {
    /// The word behind the fence.
    pub name: String,
    /// The words of its command.
    pub words: Vec<String>,
}

/// A data block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Data {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub text: String,
}

/// What a step's output must look like.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlannedExpectation {
    /// An `output` block.
    Output {
        /// Which stream it checks.
        stream: ExpectedStream,
        /// Its lines as written.
        lines: Vec<String>,
        /// The runbook's line that its first line stands on.
        #[serde(skip)]
        line: usize,
    },
    /// An `assert` block.
    Assert(Expressions),
}

impl Plan {
    /// The identity of the plan: the hash of its canonical form, one JSON text, its keys in one fixed order.
    pub fn hash(&self) -> Hash256 {
        *self.identity.get_or_init(|| sha256_of_json(self))
    }

    /// The identity of what its parameters are, whatever their values.
    pub fn declared(&self) -> Hash256 {
        let blank = |parameter: &PlannedParameter| PlannedParameter { value: None, ..parameter.clone() };
        let declared: Vec<_> = self.parameters.iter().map(blank).collect();
        sha256_of_json(&declared)
    }

    /// The step called so.
    pub fn step(&self, name: &str) -> Option<&PlannedStep> {
        self.steps.iter().find(|step| step.name == name)
    }
}

impl PlannedStep {
    /// The identity of all that the plan says of it.
    pub fn identity(&self) -> Hash256 {
        sha256_of_json(self)
    }

    /// Whether it runs when the run closes, and only then.
    pub fn always(&self) -> bool {
        self.shell().is_some_and(|shell| shell.always)
    }

    /// Whether it is a probe of other steps.
    pub fn probe(&self) -> bool {
        self.shell().is_some_and(|shell| shell.probe)
    }

    /// Whether a probe says whether it is needed.
    pub fn has_probe(&self) -> bool {
        self.shell().is_some_and(|shell| shell.unless.is_some())
    }

    /// The script, if it is one.
    pub fn shell(&self) -> Option<&ShellAction> {
        match &self.action {
            Action::Shell(shell) => Some(shell),
            Action::Assert { .. } | Action::Manual { .. } => None,
        }
    }

    /// Every expression of the step.
    pub fn expressions(&self) -> impl Iterator<Item = &Expressions> {
        self.when.iter().chain(self.expectations())
    }

    /// Those that say what must be true behind it.
    pub fn expectations(&self) -> impl Iterator<Item = &Expressions> {
        let own = match &self.action {
            Action::Assert { expressions } => Some(expressions),
            Action::Shell(_) | Action::Manual { .. } => None,
        };
        let expected = self.shell().into_iter().flat_map(|shell| &shell.expectations);
        let asserted = expected.filter_map(|expectation| match expectation {
            PlannedExpectation::Assert(expressions) => Some(expressions),
            PlannedExpectation::Output { .. } => None,
        });
        own.into_iter().chain(asserted)
    }
}

impl ShellAction {
    /// Whether standard output and error share one pipe, in exact order.
    pub fn combined(&self) -> bool {
        let combined = |expectation: &PlannedExpectation| {
            matches!(expectation, PlannedExpectation::Output { stream: ExpectedStream::Combined, .. })
        };
        self.expectations.iter().any(combined)
    }
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u128(duration.as_millis())
}

fn optional_millis<S: serde::Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => millis(duration, serializer),
        None => serializer.serialize_none(),
    }
}
