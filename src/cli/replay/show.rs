//! What `verify` found, for people and programs.

use super::super::list::age;
use super::verify::Verified;
use crate::diagnostic::{JsonDiagnostic, render_json};
use crate::replay::{RecordingHead, Replayed, Verdict};
use crate::text::count;
use jiff::Timestamp;
use serde::Serialize;

/// A runbook's row of the table.
pub fn rows(one: &Verified, now: Timestamp) -> Vec<String> {
    let dash = || "-".to_owned();
    let head = one.head.as_ref();
    let judged = one.steps.iter().filter(|step| step.verdict == Verdict::Holds).count();
    vec![
        one.source.name.clone(),
        word(one).to_owned(),
        head.map_or_else(dash, |_| format!("{judged} of {}", one.steps.len())),
        head.map_or_else(dash, |head| head.run.clone()),
        head.map_or_else(dash, |head| age(head.finished, now)),
        head.map_or_else(dash, |head| head.operator.clone()),
    ]
}

/// The verdict, or that there can be none.
fn word(one: &Verified) -> &'static str {
    one.verdict.map_or("error", Verdict::as_str)
}

/// How many runbooks stand how.
pub fn summary(all: &[Verified]) -> String {
    let words = ["holds", "broken", "stale", "expired", "unrecorded", "error"];
    let number = |wanted: &str| all.iter().filter(|one| word(one) == wanted).count();
    let parts = words.iter().map(|wanted| (number(wanted), wanted)).filter(|(number, _)| *number > 0);
    let parts: Vec<_> = parts.map(|(number, word)| format!("{number} {word}")).collect();
    format!("{} verified: {}", count(all.len(), "runbook"), parts.join(", "))
}

/// One runbook as a record with stable keys.
#[derive(Serialize)]
pub struct VerifyJson<'v> {
    runbook: &'v str,
    verdict: Option<Verdict>,
    recording: Option<&'v RecordingHead>,
    steps: &'v [Replayed],
    found: Vec<JsonDiagnostic<'v>>,
}

impl<'v> VerifyJson<'v> {
    /// The record.
    pub fn of(one: &'v Verified) -> Self {
        let found = one.found.iter().map(|found| render_json(found, &one.source)).collect();
        let Verified { source, verdict, head, steps, .. } = one;
        Self { runbook: &source.name, verdict: *verdict, recording: head.as_ref(), steps, found }
    }
}
