//! How many changed outputs a step's expectations notice.

use super::super::held::Ended;
use super::super::player::Stage;
use super::mutate::{Kind, Which, mutations};
use crate::event::Status;
use crate::expect::Evaluator;
use crate::judge::Compiled;
use crate::plan::{PlannedExpectation, ShellAction};
use crate::runbook::ExpectedStream;
use serde::Serialize;

/// How much a step's expectations assert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Strength {
    /// The step.
    pub step: String,
    /// How many changed outputs were tried.
    pub tried: usize,
    /// How many of them would not pass.
    pub noticed: usize,
    /// The others, the worst first.
    pub missed: Vec<Missed>,
}

/// A changed output that would pass.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Missed {
    /// In which way it was changed.
    pub kind: Kind,
    /// What was changed, in plain words.
    pub what: String,
}

impl Strength {
    /// Of a hundred changed outputs so many would be noticed, rounded down.
    pub fn percent(&self) -> usize {
        (100 * self.noticed).checked_div(self.tried).unwrap_or(100)
    }
}

/// Changes what a step printed and judges it again. `None` of a step that does not pass anyway, or expects nothing of its
/// output: its exit code is all that it asserts.
pub async fn strength(stage: &Stage<'_>, seed: u64, evaluator: &mut Evaluator) -> Option<Strength> {
    let Stage { step, action, act, ground, passes } = stage;
    let streams = act.streams.as_ref().filter(|_| *passes && !action.expectations.is_empty())?;
    let compiled = Compiled::new(action, &ground.variables);
    let (mut tried, mut missed) = (0, Vec::new());
    for mutation in mutations(streams, act.exit_code, &looked_at(action), seed) {
        let ended = Ended { streams: &mutation.streams, exit_code: mutation.exit_code };
        let held = ground.hold(action, &compiled, act, ended, evaluator).await;
        tried += 1;
        if held.judgement.status == Status::Passed {
            missed.push(Missed { kind: mutation.kind, what: mutation.what });
        }
    }
    missed.sort();
    Some(Strength { step: step.name.clone(), tried, noticed: tried - missed.len(), missed })
}

/// The streams that some expectation looks at: of another one nothing is to be noticed.
fn looked_at(action: &ShellAction) -> Vec<Which> {
    let (mut stdout, mut stderr) = (false, false);
    for expectation in &action.expectations {
        match expectation {
            PlannedExpectation::Output { stream: ExpectedStream::Stderr, .. } => stderr = true,
            PlannedExpectation::Output { .. } => stdout = true,
            PlannedExpectation::Assert(expressions) => {
                for root in expressions.parsed.iter().flat_map(|assertion| assertion.references().roots) {
                    stdout |= matches!(root.as_str(), "stdout" | "lines" | "json");
                    stderr |= root == "stderr";
                }
            }
        }
    }
    let all = [(stdout || !stderr, Which::Stdout), (stderr, Which::Stderr)];
    all.into_iter().filter(|(looked, _)| *looked).map(|(_, which)| which).collect()
}
