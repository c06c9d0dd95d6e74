//! Journals for tests.

use super::chain::Mark;
use crate::event::{Event, RunResumed, RunStarted, RunVerdict};
use jiff::Timestamp;
use std::time::Duration;

/// The lines of a journal, and where it stood behind each.
#[derive(Clone, Default)]
pub struct Lines {
    pub text: String,
    pub marks: Vec<Mark>,
    end: Mark,
}

impl Lines {
    /// A run of so many steps, `s0` and on, that has begun.
    pub fn started(steps: usize) -> Self {
        let mut lines = Self::default();
        lines.add(Event::RunStarted(Box::new(header("one", steps))));
        lines
    }

    /// Adds an event.
    pub fn add(&mut self, event: Event) {
        let since = Duration::from_millis(self.end.records);
        self.text.push_str(&self.end.append(event, Timestamp::UNIX_EPOCH + since, since).1);
        self.marks.push(self.end);
    }

    /// Closes the run.
    pub fn seal(&mut self, verdict: RunVerdict) {
        self.add(Event::Closing);
        self.add(Event::LeftRunning { processes: Vec::new() });
        let Mark { records, head } = self.end;
        self.add(Event::Sealed { verdict, records, head });
    }
}

/// The head of a run of so many steps.
pub fn header(run: &str, steps: usize) -> RunStarted {
    let hash = "0".repeat(64);
    let step = |step| {
        serde_json::json!({
            "name": format!("s{step}"), "kind": "shell", "target": "local", "gate": "none", "satisfies": [],
            "always": false, "probe": false,
        })
    };
    let header = serde_json::json!({
        "format": crate::event::JOURNAL_FORMAT, "stepgate": "0", "run": run, "runbook": "r.md",
        "runbook_path": "/r.md", "runbook_sha256": hash, "plan": hash, "title": "R", "profile": null,
        "operator": "a@b", "directory": "/", "overrides": [], "selection": null, "params": {}, "secrets": {},
        "targets": {}, "acceptance": [], "steps": (0..steps).map(step).collect::<Vec<_>>(),
    });
    serde_json::from_value(header).unwrap()
}

/// The head of a later part.
pub fn resumed(part: u32) -> RunResumed {
    let resumed = serde_json::json!({
        "part": part, "stepgate": "0", "operator": "a@b", "boot": "", "gap_ms": 0, "overrides": [], "secrets": {},
        "accepted": [], "revision": null,
    });
    serde_json::from_value(resumed).unwrap()
}
