//! What a replay says.

use crate::event::ExpectationRecord;
use serde::Serialize;

/// What is known of a step, or of a runbook, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It would accept what really happened.
    Holds,
    /// Nothing is recorded of it.
    Unrecorded,
    /// What is recorded is older than `max-age`.
    Expired,
    /// It was changed since, so nothing is known.
    Stale,
    /// It would no longer accept what really happened.
    Broken,
}

impl Verdict {
    /// The word in views.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Unrecorded => "unrecorded",
            Verdict::Expired => "expired",
            Verdict::Stale => "stale",
            Verdict::Broken => "broken",
        }
    }
}

/// One step, judged again.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// Its name.
    pub name: String,
    /// The runbook's line that it opens on.
    pub line: usize,
    /// What is known of it.
    pub verdict: Verdict,
    /// Why, in plain words; none if it holds.
    pub why: Option<String>,
    /// Whether the step is new since the recording. One whose output is secret, or that was left out, is unrecorded by its
    /// nature, and nobody can mend that.
    #[serde(skip)]
    pub new: bool,
    /// Each expectation, with what it says of the recorded output.
    pub expectations: Vec<ExpectationRecord>,
}

/// What is known of a runbook, by its steps.
pub fn overall(steps: &[Replayed]) -> Verdict {
    let counts = |step: &&Replayed| step.verdict != Verdict::Unrecorded || step.new;
    steps.iter().filter(counts).map(|step| step.verdict).max().unwrap_or(Verdict::Unrecorded)
}
