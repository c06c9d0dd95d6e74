//! A passed run as it is kept beside its runbook.

use crate::event::{Moment, Status};
use crate::hash::Hash256;
use crate::runbook::ExpectedStream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The version of the format (`docs/recordings.md`).
pub const RECORDING_FORMAT: u32 = 1;

/// What a recording's file is called: the runbook's name with this in place of its extension.
pub const SUFFIX: &str = ".recording.jsonl";

/// A passed run.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Of what, when, by whom.
    pub head: RecordingHead,
    /// Every step that the run went through, in the plan's order.
    pub steps: Vec<RecordedStep>,
}

/// Of what, when, by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingHead {
    /// [`RECORDING_FORMAT`].
    pub format: u32,
    /// The runbook's file name.
    pub runbook: String,
    /// The identity of the plan that was run.
    pub plan: Hash256,
    /// The hash of the runbook's bytes then.
    pub runbook_sha256: Hash256,
    /// The run's id.
    pub run: String,
    /// When it began.
    pub started: Timestamp,
    /// When it closed.
    pub finished: Timestamp,
    /// Who closed it, as `user@host`.
    pub operator: String,
    /// The version of stepgate.
    pub stepgate: String,
    /// The profile, if one was chosen.
    pub profile: Option<String>,
    /// Values of the parameters, `[secret]` for a secret one.
    pub params: BTreeMap<String, String>,
}

/// How one step went.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedStep {
    /// Its name.
    pub name: String,
    /// `passed`, `skipped` or `satisfied`.
    pub status: Status,
    /// What its script did; none of what ran no script.
    pub act: Option<Act>,
    /// What its probe did, each time that it ran.
    pub probes: Vec<ProbeAct>,
}

/// What a probe did.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeAct {
    /// Before or after its step.
    pub moment: Moment,
    /// Whether it passed.
    pub passed: bool,
    /// What it did.
    pub act: Act,
}

/// What one script did.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// What was done, see [`deed`](super::deed::deed).
    pub deed: Hash256,
    /// Its exit code; none if its connection went away, as it was to.
    pub exit_code: Option<i32>,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// What it captured.
    pub captured: BTreeMap<String, String>,
    /// What it printed; none if that is secret.
    pub streams: Option<Streams>,
    /// When it was sent.
    pub started: Timestamp,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a script printed, secrets masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    /// Standard output; both if they were combined.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Act {
    /// When it ended.
    pub fn finished(&self) -> Timestamp {
        self.started.checked_add(self.elapsed).unwrap_or(self.started)
    }
}

impl Streams {
    /// The bytes that an `output` block of this stream is held against.
    pub fn of(&self, stream: ExpectedStream) -> &[u8] {
        if stream == ExpectedStream::Stderr { &self.stderr } else { &self.stdout }
    }
}

impl RecordedStep {
    /// What it and its probe did, in the order of the file.
    pub(super) fn acts(&self) -> impl Iterator<Item = &Act> {
        self.probes.iter().map(|probe| &probe.act).chain(&self.act)
    }
}
