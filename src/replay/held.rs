//! What one script did, held against what is expected of it.

use super::recording::{Act, Streams};
use crate::event::{ExpectationRecord, Instance, Status, StepFinished};
use crate::expect::{Evaluator, Facts, Text};
use crate::judge::{self, Compiled, Head, Judgement, capture_stdout, check_captured};
use crate::plan::ShellAction;
use crate::redact::Redactor;
use crate::runbook::ExpectedStream;
use crate::shell::How;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was known when a script had ended, but for what it did itself.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The values that expected lines may name.
    pub variables: BTreeMap<String, String>,
    /// What expressions may look at.
    pub facts: Facts,
}

/// What is to be said of one script.
#[derive(Debug)]
pub struct Held {
    /// Whether it passes.
    pub judgement: Judgement,
    /// Each expectation.
    pub expectations: Vec<ExpectationRecord>,
    /// What it captures.
    pub captured: BTreeMap<String, String>,
}

/// How a script ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// What it printed.
    pub streams: &'a Streams,
    /// Its exit code; none if its connection went away.
    pub exit_code: Option<i32>,
}

impl Ground {
    /// Holds `compiled`, the expectations of `action`, against how the script of `act` ended.
    pub async fn hold(
        &self,
        action: &ShellAction,
        compiled: &Compiled<'_>,
        act: &Act,
        ended: Ended<'_>,
        evaluator: &mut Evaluator,
    ) -> Held {
        let Ended { streams, exit_code } = ended;
        let how = exit_code.map_or_else(|| How::Disconnected("its connection went away".to_owned()), How::Exited);
        let (stdout, stderr) = (head(&streams.stdout), head(&streams.stderr));
        let named = capture_stdout(action, &stdout);
        let mut matchers = compiled.matchers(&Redactor::default());
        for (stream, matcher) in matchers.iter_mut().flatten() {
            let printed = if *stream == ExpectedStream::Stderr { &streams.stderr } else { &streams.stdout };
            matcher.feed(printed);
        }
        let mut matched = compiled.finish(matchers, (&stdout, &stderr));
        let mut captured = std::mem::take(&mut matched.captured);
        let (stdout, stderr) = (judge::text_of(stdout), judge::text_of(stderr));
        let mut outcomes = Vec::new();
        for expressions in compiled.asserts() {
            let mut facts = self.facts.clone();
            facts.vars.extend(captured.clone());
            facts.result = Some(judge::result(&outcome(act, exit_code), Arc::clone(&stdout), Arc::clone(&stderr)));
            outcomes.push(evaluator.judge(Arc::clone(&expressions.parsed), facts).await);
        }
        let expectations = matched.with_asserts(compiled, outcomes);
        let holds = expectations.iter().all(|expectation| expectation.holds);
        let mut judgement = judge::judge(action, &how, holds);
        let checked = captured.iter().try_for_each(|(name, value)| check_captured(name, value));
        match named.and_then(|value| checked.map(|()| value)) {
            Ok(value) => captured.extend(action.capture.clone().zip(value)),
            Err(why) if judgement.status == Status::Passed => {
                judgement = Judgement::failed(crate::event::Reason::Expectation, why);
            }
            Err(_) => {}
        }
        Held { judgement, expectations, captured }
    }
}

fn head(bytes: &[u8]) -> Head {
    let mut head = Head::new(judge::ASSERTABLE);
    head.feed(bytes);
    head
}

/// As much of an outcome as expressions see.
fn outcome(act: &Act, exit_code: Option<i32>) -> StepFinished {
    let elapsed_ms = u64::try_from(act.elapsed.as_millis()).unwrap_or(u64::MAX);
    let blank = StepFinished::nothing_ran(Instance::first(""), Status::Passed, act.started);
    StepFinished { exit_code, attempt: act.attempt, elapsed_ms, ..blank }
}

/// What an act printed, as expressions of other steps see it.
pub fn texts(streams: &Streams) -> (Arc<Text>, Arc<Text>) {
    (judge::text_of(head(&streams.stdout)), judge::text_of(head(&streams.stderr)))
}
