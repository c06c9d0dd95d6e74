//! How steps, criteria and runs end.

use serde::{Deserialize, Serialize};

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was not reached, or not chosen.
    NotRun,
    /// Its intent is recorded, its outcome is not.
    Running,
    /// Exit code and expectations are as wanted; a manual step was done.
    Passed,
    /// They are not.
    Failed,
    /// A person left it out, for a reason, or its `when` is false.
    Skipped,
    /// It was not needed: its probe passed before it.
    Satisfied,
    /// Nobody knows whether it happened.
    InDoubt,
    /// It waits for a person.
    Suspended,
}

impl Status {
    /// Whether what the step is there for is true.
    pub fn is_good(self) -> bool {
        matches!(self, Status::Passed | Status::Satisfied)
    }

    /// The word in records and views.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::NotRun => "not-run",
            Status::Running => "running",
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
            Status::Satisfied => "satisfied",
            Status::InDoubt => "in-doubt",
            Status::Suspended => "suspended",
        }
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunVerdict {
    /// It is under way, or its record just ends.
    Running,
    /// Every step passed or was skipped for a reason.
    Passed,
    /// A step failed.
    Failed,
    /// Nothing failed, but not everything was chosen: no evidence.
    Partial,
    /// It waits for a person.
    Suspended,
    /// A signal or a person stopped it.
    Interrupted,
    /// A step is in doubt: a decision is needed.
    InDoubt,
}

impl RunVerdict {
    /// The word in records and views.
    pub fn as_str(self) -> &'static str {
        match self {
            RunVerdict::Running => "running",
            RunVerdict::Passed => "passed",
            RunVerdict::Failed => "failed",
            RunVerdict::Partial => "partial",
            RunVerdict::Suspended => "suspended",
            RunVerdict::Interrupted => "interrupted",
            RunVerdict::InDoubt => "in-doubt",
        }
    }
}

/// What a run says of an acceptance criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CriterionVerdict {
    /// Every step and item that names it passed.
    Proved,
    /// One of them failed.
    Refuted,
    /// Neither.
    Open,
}

impl CriterionVerdict {
    /// The word in records and views.
    pub fn as_str(self) -> &'static str {
        match self {
            CriterionVerdict::Proved => "proved",
            CriterionVerdict::Refuted => "refuted",
            CriterionVerdict::Open => "open",
        }
    }
}
