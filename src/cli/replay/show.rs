//! What `verify` found, for people and programs.

use super::super::findings;
use super::super::list::age;
use super::args;
use super::verify::Verified;
use crate::diagnostic::{Code, Diagnostic, JsonDiagnostic, render_json};
use crate::event::ExpectationKind;
use crate::replay::{NoChange, RecordingHead, Replayed, Strength, Verdict};
use crate::report::{Replay, verify_junit};
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

/// What was found as JUnit XML. It fails where the command does.
pub fn junit(all: &[Verified], options: &args::Verify) -> String {
    let replays: Vec<_> = all.iter().map(|one| replay(one, options)).collect();
    verify_junit(&replays)
}

fn replay<'v>(one: &'v Verified, options: &args::Verify) -> Replay<'v> {
    let Verified { source, steps, strengths, found, .. } = one;
    let fails = |found: &&Diagnostic| found.severity <= findings::worst(&options.shown);
    // What is said of a step stands at its own case.
    let lines: Vec<usize> = steps.iter().map(|step| step.line).collect();
    let of_step = |found: &Diagnostic| {
        let line = source.line(found.span.start);
        found.code == Code::Weak || found.code == Code::Broken || lines.contains(&line)
    };
    let (own, whole): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        found.iter().filter(fails).partition(|found| of_step(found));
    let least = usize::from(options.strength.unwrap_or(0));
    let weak = strengths.iter().filter(|strength| strength.percent() < least);
    let weak = weak
        .map(|strength| (strength.step.as_str(), format!("it notices {} % of the wrong outputs", strength.percent())));
    let denied = own.iter().filter(|found| found.code == Code::Unrecorded);
    let denied = denied.filter_map(|found| {
        let step = steps.iter().find(|step| step.line == source.line(found.span.start))?;
        Some((step.name.as_str(), found.message.clone()))
    });
    let wrong = whole.into_iter().map(|found| found.message.clone()).collect();
    let said = found.iter().find(|found| found.code == Code::Unrecorded && steps.is_empty());
    let skipped = said.map(|found| found.message.clone());
    Replay { runbook: &source.name, steps, wrong, skipped, failed: weak.chain(denied).collect() }
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
