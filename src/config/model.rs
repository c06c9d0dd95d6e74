//! The settings, typed.

use super::secret_source::SecretSource;
use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::runbook::{Gate, Target};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What `stepgate.toml` says. The default is what holds without one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The file, if there is one.
    pub path: Option<PathBuf>,
    /// `[targets]`.
    pub targets: BTreeMap<String, Target>,
    /// `[interpreter.NAME]`.
    pub interpreters: BTreeMap<String, Interpreter>,
    /// `[secrets]`.
    pub secrets: BTreeMap<String, SecretSource>,
    /// `[limits]`.
    pub limits: Limits,
    /// `[lint]`.
    pub lint: Vec<LintLevel>,
    /// `[sign]`.
    pub sign: Sign,
    /// `[profile.NAME]`.
    pub profiles: BTreeMap<String, Profile>,
}

/// `[sign]`: paths as they are written, from the file's folder or from home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sign {
    /// The SSH key, or the public one of a key that an agent holds, with which runs are signed when they close.
    pub key: Option<String>,
    /// Whose keys count, as ssh-keygen(1) describes under "ALLOWED SIGNERS".
    pub allowed: Option<String>,
}

/// `[interpreter.NAME]`: a program that steps may be written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The words of its command; the script is put behind them as a file.
    pub words: Vec<String>,
}

/// `[limits]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a step may take to obey TERM before it gets KILL.
    pub grace: Duration,
    /// How long the output of a killed step is waited for.
    pub drain: Duration,
    /// How many bytes of one stream of a step are kept.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { grace: Duration::from_secs(5), drain: Duration::from_secs(2), output: 64 << 20 }
    }
}

/// One line of `[lint]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LintLevel {
    /// The finding.
    pub code: Code,
    /// How bad it is from now on.
    pub level: Level,
    /// Where `stepgate.toml` says so.
    pub span: Span,
}

/// How bad a lint's finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing runs while it stands.
    Error,
    /// It is said.
    Warning,
    /// It is not looked for.
    Off,
}

impl Level {
    /// The severity of a finding of this level; `None` if it is dropped.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Level::Error => Some(Severity::Error),
            Level::Warning => Some(Severity::Warning),
            Level::Off => None,
        }
    }
}

/// `[profile.NAME]`: what is different in another place, such as a lab.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Values of parameters.
    pub params: BTreeMap<String, String>,
    /// Commands of targets.
    pub targets: BTreeMap<String, Target>,
    /// Gates of steps.
    pub gates: BTreeMap<String, Gate>,
    /// Where secrets come from.
    pub secrets: BTreeMap<String, SecretSource>,
}

impl Config {
    /// The finding, as bad as `[lint]` says; none if that switches it off.
    pub fn levelled(&self, found: Diagnostic) -> Option<Diagnostic> {
        match self.lint.iter().find(|changed| changed.code == found.code) {
            Some(changed) => Some(Diagnostic { severity: changed.level.severity()?, ..found }),
            None => Some(found),
        }
    }
}
