//! What `verify` found, for people and programs.

use super::super::list::age;
use super::verify::Verified;
use crate::diagnostic::{JsonDiagnostic, render_json};
use crate::event::ExpectationKind;
use crate::replay::{NoChange, RecordingHead, Replayed, Strength, Verdict};
use crate::text::{count, escape_line};
use jiff::Timestamp;
use serde::Serialize;

/// So much of what a step lets pass is shown.
const SHOWN: usize = 3;

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

/// What of a step no change of its `output` blocks can mend.
pub fn for_a_person(step: &Replayed) -> Vec<NoChange> {
    let no = |line: usize, why: String| NoChange { step: step.name.clone(), line, why };
    let asserts = step.expectations.iter().filter(|one| !one.holds && one.kind == ExpectationKind::Assert);
    let mut found: Vec<_> =
        asserts.map(|one| no(one.line, one.detail.clone().unwrap_or_else(|| "it is not true".to_owned()))).collect();
    let output = step.expectations.iter().any(|one| !one.holds && one.kind == ExpectationKind::Output);
    if found.is_empty() && !output && matches!(step.verdict, Verdict::Broken | Verdict::Stale) {
        let why = match step.verdict {
            Verdict::Stale => "it was changed since that run, or looks at what was: run it again".to_owned(),
            _ => step.why.clone().unwrap_or_default(),
        };
        found.push(no(step.line, why));
    }
    found
}

/// How many runbooks stand how.
pub fn summary(all: &[Verified]) -> String {
    let words = ["holds", "broken", "stale", "expired", "unrecorded", "error"];
    let number = |wanted: &str| all.iter().filter(|one| word(one) == wanted).count();
    let parts = words.iter().map(|wanted| (number(wanted), wanted)).filter(|(number, _)| *number > 0);
    let parts: Vec<_> = parts.map(|(number, word)| format!("{number} {word}")).collect();
    let steps = || all.iter().flat_map(|one| &one.strengths);
    let (tried, noticed) = (steps().map(|step| step.tried).sum(), steps().map(|step| step.noticed).sum::<usize>());
    let strength = match tried {
        0 => String::new(),
        tried => format!("; {} tried, {noticed} noticed", count(tried, "wrong output")),
    };
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("{} verified{parts}{strength}", count(all.len(), "runbook"))
}

/// Steps of which nothing could be judged, and why.
pub fn unjudged(all: &[Verified]) -> String {
    let steps = all.iter().flat_map(|one| one.steps.iter().map(move |step| (one, step)));
    let unrecorded = steps.filter(|(_, step)| step.verdict == Verdict::Unrecorded);
    let lines: String = unrecorded
        .map(|(one, step)| {
            let why = step.why.as_deref().unwrap_or_default();
            format!("{} · {} is not judged: {}\n", one.source.name, step.name, escape_line(why))
        })
        .collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// How much the steps assert, the weakest first, each with the worst that it lets pass.
pub fn strengths(all: &[Verified]) -> String {
    let mut steps: Vec<_> = all.iter().flat_map(|one| one.strengths.iter().map(move |step| (one, step))).collect();
    steps.sort_by_key(|(_, step)| step.percent());
    let line = |(one, step): &(&Verified, &Strength)| {
        let Strength { step: name, tried, noticed, missed } = step;
        let head =
            format!("{} · {name} notices {} % ({noticed} of {tried} wrong outputs)", one.source.name, step.percent());
        let passes = missed.iter().take(SHOWN).map(|missed| format!("\n    lets pass: {}", missed.what));
        format!("{head}{}\n", passes.collect::<String>())
    };
    let lines: String = steps.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// One runbook as a record with stable keys.
#[derive(Serialize)]
pub struct VerifyJson<'v> {
    runbook: &'v str,
    verdict: Option<Verdict>,
    recording: Option<&'v RecordingHead>,
    steps: &'v [Replayed],
    strengths: &'v [Strength],
    found: Vec<JsonDiagnostic<'v>>,
}

impl<'v> VerifyJson<'v> {
    /// The record.
    pub fn of(one: &'v Verified) -> Self {
        let found = one.found.iter().map(|found| render_json(found, &one.source)).collect();
        let Verified { source, verdict, head, steps, strengths, .. } = one;
        Self { runbook: &source.name, verdict: *verdict, recording: head.as_ref(), steps, strengths, found }
    }
}
