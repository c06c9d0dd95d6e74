//! Where each step stands by a journal's records, by the rules of `docs/format.md`, section "effects".

use crate::reader::Record;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub struct Step {
    pub effect: String,
    pub always: bool,
    /// How often its intent was recorded.
    pub intents: usize,
    /// It has its result.
    pub done: bool,
    /// Its outcome says that it passed.
    pub passed: bool,
    /// It was begun, and how it ended is not known.
    pub doubt: bool,
    /// It failed after its script was sent.
    pub failed: bool,
}

impl Step {
    pub fn may_repeat(&self) -> bool {
        matches!(self.effect.as_str(), "read" | "idempotent" | "")
    }

    /// Nobody may run it again or pass it over without a decision.
    pub fn is_undecided(&self) -> bool {
        self.doubt || (self.failed && !self.may_repeat())
    }
}

#[derive(Clone, Debug, Default)]
pub struct Run {
    pub steps: BTreeMap<String, Step>,
    /// The verdict of the seal, if the last record is one.
    pub sealed: Option<String>,
}

impl Run {
    pub fn passed(&self) -> bool {
        self.sealed.as_deref() == Some("passed")
    }

    pub fn step(&self, name: &str) -> Step {
        self.steps.get(name).cloned().unwrap_or_default()
    }
}

pub fn fold(records: &[Record]) -> Run {
    let mut run = Run::default();
    for record in records {
        match record.kind() {
            "run-started" => begin(&mut run, record),
            "run-resumed" => reopen(&mut run),
            "sealed" => run.sealed = Some(record.word("verdict").to_owned()),
            _ => apply(&mut run, record),
        }
    }
    run
}

fn begin(run: &mut Run, record: &Record) {
    for step in record.event["steps"].as_array().into_iter().flatten() {
        let known = Step {
            effect: step["effect"].as_str().unwrap_or_default().to_owned(),
            always: step["always"] == true,
            ..Step::default()
        };
        run.steps.insert(step["name"].as_str().unwrap_or_default().to_owned(), known);
    }
}

/// Each close has its own run of the `always` steps.
fn reopen(run: &mut Run) {
    if run.sealed.take().is_some() {
        for step in run.steps.values_mut().filter(|step| step.always) {
            (step.done, step.passed, step.failed, step.doubt) = (false, false, false, false);
        }
    }
}

fn apply(run: &mut Run, record: &Record) {
    let Some(step) = run.steps.get_mut(record.step()) else { return };
    match (record.kind(), record.word("answer")) {
        ("step-started", _) => {
            step.intents += 1;
            (step.doubt, step.failed, step.done, step.passed) = (true, false, false, false);
        }
        ("step-finished", _) => {
            let status = record.word("status");
            step.doubt = status == "in-doubt";
            step.passed = status == "passed";
            step.failed = status == "failed" && record.word("reason") != "transport";
            step.done = step.passed;
        }
        ("step-satisfied" | "step-skipped", _) | ("gate-answered" | "failure-answered", "skip") => settle(step, true),
        ("manual-answered", "done" | "skipped") => settle(step, true),
        ("decision-made", _) => settle(step, record.word("decision") == "happened"),
        _ => {}
    }
}

fn settle(step: &mut Step, done: bool) {
    (step.done, step.doubt, step.failed) = (done, false, false);
}
