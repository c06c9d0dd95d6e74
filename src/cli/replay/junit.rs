//! What `verify` found as JUnit XML. It fails where the command does.

use super::super::findings::worst;
use super::args;
use super::verify::Verified;
use crate::diagnostic::{Code, Diagnostic};
use crate::replay::{Replayed, Strength};
use crate::report::{Replay, verify_junit};

/// The report.
pub fn junit(all: &[Verified], options: &args::Verify) -> String {
    let replays: Vec<_> = all.iter().map(|one| replay(one, options)).collect();
    verify_junit(&replays)
}

fn replay<'v>(one: &'v Verified, options: &args::Verify) -> Replay<'v> {
    let fails = |found: &&Diagnostic| found.severity <= worst(&options.shown);
    let (own, whole): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        one.found.iter().filter(fails).partition(|found| step_of(one, found).is_some());
    let least = usize::from(options.strength.unwrap_or(0));
    let weak = one.strengths.iter().filter(|strength| strength.percent() < least).map(too_weak);
    let denied = own.into_iter().filter(|found| found.code == Code::Unrecorded);
    let denied = denied.filter_map(|found| Some((step_of(one, found)?.name.as_str(), found.message.clone())));
    let unrecorded = one.found.iter().find(|found| found.code == Code::Unrecorded && one.steps.is_empty());
    Replay {
        runbook: &one.source.name,
        steps: &one.steps,
        wrong: whole.into_iter().map(|found| found.message.clone()).collect(),
        skipped: unrecorded.map(|found| found.message.clone()),
        failed: weak.chain(denied).collect(),
    }
}

/// The step that a finding is about: what is said of a step stands at its own case.
fn step_of<'v>(one: &'v Verified, found: &Diagnostic) -> Option<&'v Replayed> {
    let line = one.source.line(found.span.start);
    match found.code {
        // It points at the expectation, which stands behind its step.
        Code::Broken => one.steps.iter().filter(|step| step.line <= line).max_by_key(|step| step.line),
        _ => one.steps.iter().find(|step| step.line == line),
    }
}

fn too_weak(strength: &Strength) -> (&str, String) {
    (&strength.step, format!("it notices {} % of the wrong outputs that were tried", strength.percent()))
}
