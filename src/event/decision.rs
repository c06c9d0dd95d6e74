//! What a person, a probe or the effect decides about a step that did not simply pass.

use serde::{Deserialize, Serialize};

/// What became of a step whose end the record does not tell, or that failed and may have changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It happened: it counts as done, and is not run again.
    Happened,
    /// It did not happen: it is run, as if it never had been begun.
    NotHappened,
    /// Whatever happened, it is run again.
    Rerun,
    /// The run is given up.
    Abort,
}

impl Decision {
    /// Every decision, in the order in which they are offered.
    pub const ALL: [Decision; 4] = [Decision::Happened, Decision::NotHappened, Decision::Rerun, Decision::Abort];

    /// The word in records and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Happened => "happened",
            Decision::NotHappened => "not-happened",
            Decision::Rerun => "rerun",
            Decision::Abort => "abort",
        }
    }

    /// The decision that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.as_str() == word)
    }
}

/// What is done about a step that failed while somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureAnswer {
    /// It is run again.
    Retry,
    /// The run goes on without it.
    Skip,
    /// The run is left, to be resumed.
    Leave,
    /// The run is given up.
    Quit,
}

impl FailureAnswer {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            FailureAnswer::Retry => "retry",
            FailureAnswer::Skip => "skip",
            FailureAnswer::Leave => "leave",
            FailureAnswer::Quit => "quit",
        }
    }
}
