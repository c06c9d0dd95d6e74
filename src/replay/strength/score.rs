//! How many changed outputs a step's expectations notice.

use super::super::held::{Ended, Held};
use super::super::player::{Judged, Stage};
use super::super::recording::{Act, Streams};
use super::mutate::{Kind, Which, mutations};
use super::witness::{Changed, Interests, Witness, look, witnesses};
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

/// Changes what each script that holds printed, and judges again whoever looks at it: the step itself, and those that come later.
pub async fn strengths(stages: &[Stage<'_>], seed: u64, evaluator: &mut Evaluator) -> Vec<Strength> {
    let stages: Vec<_> = stages.iter().filter(|stage| stage.holds).collect();
    let interests: Vec<_> = stages.iter().copied().map(Interests::of).collect();
    let mut all = Vec::new();
    for (at, stage) in stages.iter().copied().enumerate() {
        let Judged::Script(action, act) = stage.judged else { continue };
        let Some(streams) = &act.streams else { continue };
        let later = stages[at + 1..].iter().copied().zip(&interests[at + 1..]);
        let scored = Scored { stage, action, act, witnesses: witnesses(stage, action, later) };
        all.push(scored.strength(streams, seed, evaluator).await);
    }
    all
}

/// A script whose strength is asked for.
struct Scored<'s, 'p> {
    stage: &'s Stage<'p>,
    action: &'p ShellAction,
    act: &'p Act,
    witnesses: Vec<Witness<'s, 'p>>,
}

impl Scored<'_, '_> {
    async fn strength(&self, streams: &Streams, seed: u64, evaluator: &mut Evaluator) -> Strength {
        let Stage { step, ground, .. } = self.stage;
        let compiled = Compiled::new(self.action, &ground.variables);
        let (mut tried, mut missed) = (0, Vec::new());
        for mutation in mutations(streams, self.act.exit_code, &self.looked_at(streams), seed) {
            let ended = Ended { streams: &mutation.streams, exit_code: mutation.exit_code };
            let held = ground.hold(self.action, &compiled, self.act, ended, evaluator).await;
            tried += 1;
            if held.judgement.status == Status::Passed && !self.is_noticed_later(ended, held, evaluator).await {
                missed.push(Missed { kind: mutation.kind, what: mutation.what });
            }
        }
        missed.sort();
        Strength { step: step.name.clone(), tried, noticed: tried - missed.len(), missed }
    }

    async fn is_noticed_later(&self, ended: Ended<'_>, held: Held, evaluator: &mut Evaluator) -> bool {
        if self.witnesses.is_empty() {
            return false;
        }
        let changed = Changed::new(&self.stage.step.name, self.act, ended, held.captured);
        for witness in &self.witnesses {
            if witness.notices(&changed, evaluator).await {
                return true;
            }
        }
        false
    }

    /// The streams that somebody looks at: of another one nothing is to be noticed. If nobody looks at any, whatever was printed.
    fn looked_at(&self, streams: &Streams) -> Vec<Which> {
        let own = self.action.expectations.iter().map(looks_at);
        let later = self.witnesses.iter().map(|witness| witness.looks_at(self.stage, self.action));
        let any = |(stdout, stderr), (out, err)| (stdout || out, stderr || err);
        let looked = own.chain(later).fold((false, false), any);
        let (stdout, stderr) = match looked {
            (false, false) => (!streams.stdout.is_empty(), !streams.stderr.is_empty()),
            some => some,
        };
        let all = [(stdout, Which::Stdout), (stderr, Which::Stderr)];
        all.into_iter().filter(|(looked, _)| *looked).map(|(_, which)| which).collect()
    }
}

/// Whether an expectation looks at standard output, and at standard error.
fn looks_at(expectation: &PlannedExpectation) -> (bool, bool) {
    match expectation {
        PlannedExpectation::Output { stream: ExpectedStream::Stderr, .. } => (false, true),
        PlannedExpectation::Output { .. } => (true, false),
        PlannedExpectation::Assert(expressions) => {
            let roots = expressions.parsed.iter().flat_map(|assertion| assertion.references().roots);
            roots.fold((false, false), |looked, root| look(looked, &root))
        }
    }
}
