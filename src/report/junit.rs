//! Runs and replays as JUnit XML, which every CI shows as tests: one case a step.

use crate::event::{RunState, Status, StepState, headline, result_words};
use crate::replay::{Replayed, Verdict};
use crate::text::escape;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// A run: one suite.
pub fn run_junit(state: &RunState) -> String {
    let header = state.header.as_deref();
    let mut suite = TestSuite::new(header.map_or("", |header| &header.runbook));
    for (name, value) in
        header.into_iter().flat_map(|header| [("run", header.run.clone()), ("plan", header.plan.to_string())])
    {
        suite.add_property((name, value.as_str()));
    }
    let (words, after) = headline(state);
    suite.add_property(("result", escape(&format!("{words}{after}")).as_ref()));
    for step in state.steps().filter(|step| !step.header.probe) {
        suite.add_test_case(run_case(step, &suite.name));
    }
    finish("stepgate run", [suite])
}

fn run_case(step: &StepState, runbook: &str) -> TestCase {
    let outcome = step.outcome.as_ref();
    let words = result_words(step);
    let status = match step.status {
        Status::Passed | Status::Satisfied => TestCaseStatus::success(),
        Status::Failed => wrong(NonSuccessKind::Failure, "failed", &words, &details(step)),
        Status::InDoubt | Status::Running | Status::Suspended => {
            wrong(NonSuccessKind::Error, step.status.as_str(), &words, &details(step))
        }
        Status::Skipped | Status::NotRun => skipped(&words),
    };
    let mut case = TestCase::new(step.instance.to_string(), status);
    case.set_classname(runbook).set_time(step.took().unwrap_or(Duration::ZERO));
    if let Some(outcome) = outcome {
        let text = |text: &Option<String>| text.as_deref().map(|text| escape(text).into_owned());
        text(&outcome.stdout.text).filter(|text| !text.is_empty()).map(|text| case.set_system_out(text));
        text(&outcome.stderr.text).filter(|text| !text.is_empty()).map(|text| case.set_system_err(text));
    }
    case
}

/// Why a step did not pass, at length.
fn details(step: &StepState) -> String {
    let outcome = step.outcome.as_ref();
    let own = outcome.and_then(|outcome| outcome.detail.clone());
    let expected = outcome.into_iter().flat_map(|outcome| &outcome.expectations).filter(|one| !one.holds);
    let expected =
        expected.map(|one| format!("line {}: {}", one.line, one.detail.as_deref().unwrap_or("it does not hold")));
    own.into_iter().chain(expected).collect::<Vec<_>>().join("\n")
}

/// What a replay says of one runbook.
pub struct Replay<'r> {
    /// The runbook's path.
    pub runbook: &'r str,
    /// Each step.
    pub steps: &'r [Replayed],
    /// What is wrong with runbook or recording as a whole.
    pub wrong: Vec<String>,
    /// Why there is nothing to hold it against, if nothing fails for that.
    pub skipped: Option<String>,
    /// Steps that fail for another reason than their verdict, and why.
    pub failed: Vec<(&'r str, String)>,
}

/// Replays: a suite for each runbook. What is wrong with a recording as a whole is a case of its own, `(recording)`.
pub fn verify_junit(all: &[Replay<'_>]) -> String {
    finish("stepgate verify", all.iter().map(replay_suite))
}

fn replay_suite(replay: &Replay<'_>) -> TestSuite {
    let mut suite = TestSuite::new(replay.runbook);
    let whole = match (replay.wrong.first(), &replay.skipped) {
        (Some(first), _) => wrong(NonSuccessKind::Failure, "recording", first, &replay.wrong.join("\n")),
        (None, Some(why)) => skipped(why),
        (None, None) => TestCaseStatus::success(),
    };
    let cases = replay.steps.iter().map(|step| {
        let failed = replay.failed.iter().find(|(name, _)| *name == step.name);
        let status = match (failed, step.verdict) {
            (Some((_, why)), Verdict::Holds | Verdict::Unrecorded) => wrong(NonSuccessKind::Failure, "verify", why, ""),
            _ => replay_status(step),
        };
        (step.name.as_str(), status)
    });
    for (name, status) in std::iter::once(("(recording)", whole)).chain(cases) {
        let mut case = TestCase::new(name, status);
        case.set_classname(replay.runbook);
        suite.add_test_case(case);
    }
    suite
}

fn replay_status(step: &Replayed) -> TestCaseStatus {
    let why = step.why.as_deref().unwrap_or_default();
    match step.verdict {
        Verdict::Holds => TestCaseStatus::success(),
        Verdict::Unrecorded => skipped(why),
        verdict => {
            let failed = step.expectations.iter().filter(|one| !one.holds);
            let lines: Vec<_> =
                failed.map(|one| format!("line {}: {}", one.line, one.detail.as_deref().unwrap_or_default())).collect();
            wrong(NonSuccessKind::Failure, verdict.as_str(), why, &lines.join("\n"))
        }
    }
}

fn wrong(kind: NonSuccessKind, what: &str, message: &str, details: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(what).set_message(escape(message).into_owned());
    if !details.is_empty() {
        status.set_description(escape(details).into_owned());
    }
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(escape(why).into_owned());
    status
}

fn finish(name: &str, suites: impl IntoIterator<Item = TestSuite>) -> String {
    let mut report = Report::new(name);
    report.add_test_suites(suites);
    report.to_string().expect("XML is written into memory")
}
