//! A recording played back: each step's expectations of today, held against what it printed then.

use super::deed::deed;
use super::held::{Ended, Ground, Held, texts};
use super::masked::{is_masked, may_accept};
use super::recording::{Act, RecordedStep, Recording};
use super::unknown::{Said, Unknown};
use super::verdict::{Replayed, Verdict};
use super::words;
use crate::event::{ExpectationRecord, MASK, Moment, Reason, Status};
use crate::expect::{Evaluator, Facts, StepFacts};
use crate::judge::{self, Compiled, assert_records};
use crate::plan::{Action, Expressions, Plan, PlannedExpectation, PlannedStep, ShellAction, TOOLS_STEP};
use crate::runbook::STEP_VARIABLES;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A step that was judged, with everything that it was held against.
#[derive(Debug)]
pub struct Stage<'p> {
    /// The step.
    pub step: &'p PlannedStep,
    /// What was judged.
    pub judged: Judged<'p>,
    /// What was known then.
    pub ground: Ground,
    /// Whether it holds.
    pub holds: bool,
}

/// What was judged of a step.
#[derive(Clone, Copy, Debug)]
pub enum Judged<'p> {
    /// Its script, and what that did.
    Script(&'p ShellAction, &'p Act),
    /// Expressions alone.
    Assertion(&'p Expressions),
}

/// Holds `plan` against a recording: every step that a run goes through, in that order. Each one that is judged goes to
/// `stage`, too.
pub async fn replay<'p>(
    plan: &'p Plan,
    recording: &'p Recording,
    evaluator: &mut Evaluator,
    stage: &mut dyn FnMut(Stage<'p>),
) -> Vec<Replayed> {
    let mut player = Player::new(plan, recording, evaluator, stage);
    let mut replayed = Vec::new();
    for closing in [false, true] {
        for step in plan.steps.iter().filter(|step| !step.probe() && step.always() == closing) {
            replayed.extend(player.step(step).await);
        }
    }
    replayed
}

/// What is to be said of expectations some of which cannot be judged: nothing, if one of those that can does not hold, or if the
/// script failed for another reason than they `told`. What was changed since comes before what is secret.
fn said_of(records: &[ExpectationRecord], doubts: &[Option<Said>], told: bool) -> Option<Said> {
    let worst = doubts.iter().flatten().max_by_key(|(verdict, _)| *verdict)?;
    let fails = records.iter().zip(doubts).any(|(record, doubt)| !record.holds && doubt.is_none());
    (worst.0 == Verdict::Stale || (told && !fails)).then(|| worst.clone())
}

/// The records that can be believed.
fn certain(records: Vec<ExpectationRecord>, doubts: &[Option<Said>]) -> Vec<ExpectationRecord> {
    records.into_iter().zip(doubts).filter(|(_, doubt)| doubt.is_none()).map(|(record, _)| record).collect()
}

/// What of the recorded run as a whole is no longer so: steps that are gone, and another order. What one step leaves in its
/// session is there for the next.
pub fn rearranged(plan: &Plan, recording: &Recording) -> Vec<String> {
    let places: HashMap<&str, usize> =
        plan.steps.iter().enumerate().map(|(at, step)| (step.name.as_str(), at)).collect();
    let mut found: Vec<String> = Vec::new();
    let mut last = 0;
    // What only a person does leaves nothing in a session, nor does whatever looks for programs.
    let ran = |step: &&RecordedStep| step.acts().next().is_some() && !step.name.starts_with(TOOLS_STEP);
    for step in recording.steps.iter().filter(ran) {
        match places.get(step.name.as_str()) {
            None => found.push(format!("`{}` is in the recording and no longer in the runbook", step.name)),
            Some(at) if *at < last => {
                found.push(format!("`{}` runs in another order than when it was recorded", step.name));
            }
            Some(at) => last = *at,
        }
    }
    found
}

struct Player<'p, 'e> {
    plan: &'p Plan,
    recording: &'p Recording,
    recorded: HashMap<&'p str, &'p RecordedStep>,
    evaluator: &'e mut Evaluator,
    stage: &'e mut dyn FnMut(Stage<'p>),
    /// Steps that some expression names.
    named: BTreeSet<String>,
    variables: BTreeMap<String, String>,
    steps: BTreeMap<String, StepFacts>,
    unknown: Unknown<'p>,
    now: Timestamp,
}

impl<'p, 'e> Player<'p, 'e> {
    fn new(
        plan: &'p Plan,
        recording: &'p Recording,
        evaluator: &'e mut Evaluator,
        stage: &'e mut dyn FnMut(Stage<'p>),
    ) -> Self {
        // A secret stands in the recording as its mask, and so it does wherever it was printed.
        let secret = plan.secrets.iter().map(|name| (name.clone(), MASK.to_owned()));
        let given = plan.parameters.iter().filter_map(|given| Some((given.name.clone(), given.value.clone()?)));
        let recorded = recording.head.params.clone();
        Self {
            plan,
            recording,
            recorded: recording.steps.iter().map(|step| (step.name.as_str(), step)).collect(),
            evaluator,
            stage,
            named: judge::named_steps(plan),
            variables: secret.chain(given).chain(recorded).collect(),
            steps: BTreeMap::new(),
            unknown: Unknown::new(plan),
            now: recording.head.started,
        }
    }

    /// One step; none if it is a person's.
    async fn step(&mut self, step: &'p PlannedStep) -> Option<Replayed> {
        let recorded = self.recorded.get(step.name.as_str()).copied();
        let mut replayed = Replayed {
            name: step.name.clone(),
            line: step.line,
            verdict: Verdict::Holds,
            why: None,
            new: recorded.is_none(),
            expectations: Vec::new(),
        };
        let (verdict, why) = match (&step.action, recorded) {
            (Action::Manual { .. }, _) => {
                self.remember(step, recorded);
                return None;
            }
            (_, None) => (Verdict::Unrecorded, Some("it was not there when the run was recorded".to_owned())),
            (_, Some(RecordedStep { status: Status::Skipped, .. })) => {
                // It would run today: that is news.
                replayed.new = self.is_wanted(step).await == Some(true);
                (Verdict::Unrecorded, Some("its `when` left it out of the recorded run".to_owned()))
            }
            (_, Some(_)) if self.is_wanted(step).await == Some(false) => {
                (Verdict::Stale, Some("its `when` would leave it out now".to_owned()))
            }
            (Action::Assert { expressions }, Some(_)) => self.assertion(step, expressions, &mut replayed).await,
            (Action::Shell(action), Some(recorded)) => self.script(step, action, recorded, &mut replayed).await,
        };
        if matches!(verdict, Verdict::Unrecorded | Verdict::Stale) {
            self.unknown.add(step, verdict);
        }
        self.remember(step, recorded);
        Some(Replayed { verdict, why, ..replayed })
    }

    /// Whether a step's `when` is true now, if anybody can tell.
    async fn is_wanted(&mut self, step: &PlannedStep) -> Option<bool> {
        let Some(when) = &step.when else { return Some(true) };
        if when.parsed.iter().any(|assertion| self.unknown.asked_by(assertion, false).is_some()) {
            return None;
        }
        let facts = self.facts();
        self.evaluator.condition(when.parsed.clone(), facts).await.ok()
    }

    /// What later expressions may ask of it.
    fn remember(&mut self, step: &PlannedStep, recorded: Option<&RecordedStep>) {
        let Some(recorded) = recorded.filter(|_| self.named.contains(&step.name)) else { return };
        let act = recorded.act.as_ref();
        let streams = act.and_then(|act| act.streams.as_ref()).map(texts);
        let (stdout, stderr) = streams.unzip();
        let facts = StepFacts {
            status: recorded.status.as_str().to_owned(),
            exit_code: act.and_then(|act| act.exit_code).map(i64::from),
            stdout,
            stderr,
            started: act.map(|act| act.started),
            finished: act.map(Act::finished),
            elapsed: act.map(|act| act.elapsed),
        };
        self.steps.insert(step.name.clone(), facts);
    }

    fn facts(&self) -> Facts {
        let (plan, variables) = (self.plan, &self.variables);
        let (params, vars) = (judge::params(plan, variables), judge::vars(plan, variables));
        Facts { result: None, params, vars, now: self.now, steps: self.steps.clone() }
    }

    async fn assertion(
        &mut self,
        step: &'p PlannedStep,
        expressions: &'p Expressions,
        replayed: &mut Replayed,
    ) -> Said {
        let doubts: Vec<_> =
            expressions.parsed.iter().map(|assertion| self.unknown.asked_by(assertion, false)).collect();
        let ground = Ground { variables: BTreeMap::new(), facts: self.facts() };
        let outcomes = self.evaluator.judge(expressions.parsed.clone(), ground.facts.clone()).await;
        let records = assert_records(expressions, outcomes);
        let said = said_of(&records, &doubts, true);
        replayed.expectations = certain(records, &doubts);
        let holds = said.is_none() && replayed.expectations.iter().all(|expectation| expectation.holds);
        (self.stage)(Stage { step, judged: Judged::Assertion(expressions), ground, holds });
        match said {
            Some(said) => said,
            None if holds => (Verdict::Holds, None),
            None => (Verdict::Broken, Some(words::EXPECTATION.to_owned())),
        }
    }

    async fn script(
        &mut self,
        step: &'p PlannedStep,
        action: &'p ShellAction,
        recorded: &'p RecordedStep,
        replayed: &mut Replayed,
    ) -> Said {
        let before = self.probes(action, recorded, Moment::Before).await;
        let own = match &recorded.act {
            Some(act) => self.act(step, action, act, replayed).await,
            None if recorded.status == Status::Satisfied && action.unless.is_some() => (Verdict::Holds, None),
            None => (Verdict::Unrecorded, Some("its script was not run when the run was recorded".to_owned())),
        };
        let after = self.probes(action, recorded, Moment::After).await;
        let worst = [own, before, after].into_iter().max_by_key(|(verdict, _)| *verdict);
        worst.expect("there are three")
    }

    /// What a step's own script comes to.
    async fn act(
        &mut self,
        step: &'p PlannedStep,
        action: &'p ShellAction,
        act: &'p Act,
        replayed: &mut Replayed,
    ) -> Said {
        self.now = act.finished();
        if act.deed != deed(self.plan, action) {
            self.take(act.captured.clone());
            return (Verdict::Stale, Some(words::CHANGED.to_owned()));
        }
        let masked = !self.plan.secrets.is_empty() && act.streams.as_ref().is_some_and(is_masked);
        if masked {
            self.unknown.add_masked(step);
        }
        let named = self.unknown.named_by(step);
        if named.is_some() || act.streams.is_none() {
            self.take(act.captured.clone());
            let secret = || (Verdict::Unrecorded, Some("what it printed is secret".to_owned()));
            return named.unwrap_or_else(secret);
        }
        let (ground, held) = self.hold(step, action, act).await;
        let passes = held.judgement.status == Status::Passed;
        if passes {
            self.unknown.add_captures(step, &act.captured, &held.captured);
        }
        self.take(if passes { held.captured } else { act.captured.clone() });
        let doubts = self.doubts(action, act, &ground, &held.expectations, masked);
        let told = passes || held.judgement.reason == Some(Reason::Expectation);
        let said = said_of(&held.expectations, &doubts, told);
        replayed.expectations = certain(held.expectations, &doubts);
        (self.stage)(Stage { step, judged: Judged::Script(action, act), ground, holds: passes && said.is_none() });
        match said {
            Some(said) => said,
            None if passes => (Verdict::Holds, None),
            None => (Verdict::Broken, Some(words::of(&held.judgement, action, act.exit_code))),
        }
    }

    /// For each record of a script's expectations what stands in the way of believing it.
    fn doubts(
        &self,
        action: &ShellAction,
        act: &Act,
        ground: &Ground,
        records: &[ExpectationRecord],
        masked: bool,
    ) -> Vec<Option<Said>> {
        let mut doubts = Vec::with_capacity(records.len());
        for expectation in &action.expectations {
            match expectation {
                PlannedExpectation::Assert(expressions) => {
                    doubts.extend(expressions.parsed.iter().map(|assertion| self.unknown.asked_by(assertion, masked)));
                }
                PlannedExpectation::Output { stream, lines, .. } => {
                    let fails = records.get(doubts.len()).is_some_and(|record| !record.holds);
                    let printed = act.streams.as_ref().filter(|_| masked && fails);
                    let printed = printed.map(|streams| streams.of(*stream));
                    let may = printed.is_some_and(|printed| may_accept(lines, printed, &ground.variables));
                    doubts.push(may.then(|| (Verdict::Unrecorded, Some(words::MASKED.to_owned()))));
                }
            }
        }
        doubts
    }

    async fn hold(&mut self, step: &PlannedStep, action: &'p ShellAction, act: &'p Act) -> (Ground, Held) {
        let own = [&self.recording.head.run, &step.name, &action.target];
        let own = STEP_VARIABLES.into_iter().zip(own).map(|(name, value)| (name.to_owned(), value.clone()));
        let variables = self.variables.clone().into_iter().chain(own).collect();
        let ground = Ground { variables, facts: self.facts() };
        let compiled = Compiled::new(action, &ground.variables);
        let nothing = super::recording::Streams::default();
        let ended = Ended { streams: act.streams.as_ref().unwrap_or(&nothing), exit_code: act.exit_code };
        let held = ground.hold(action, &compiled, act, ended, self.evaluator).await;
        drop(compiled);
        (ground, held)
    }

    /// Only what is no secret's mask may be looked at by others.
    fn take(&mut self, captured: BTreeMap<String, String>) {
        self.variables.extend(captured.into_iter().filter(|(name, _)| !self.plan.secrets.contains(name)));
    }

    /// What a step's probe comes to: it must say again what it said then.
    async fn probes(&mut self, action: &'p ShellAction, recorded: &'p RecordedStep, moment: Moment) -> Said {
        let Some(name) = &action.unless else { return (Verdict::Holds, None) };
        let probe = self.plan.step(name).and_then(|probe| Some((probe, probe.shell()?)));
        let Some((probe, shell)) = probe else { return (Verdict::Holds, None) };
        let mut runs = recorded.probes.iter().filter(|run| run.moment == moment);
        let said = |verdict, why: &str| (verdict, Some(format!("its probe `{name}` {why}")));
        if recorded.probes.is_empty() {
            return said(Verdict::Stale, "was not asked when the run was recorded");
        }
        let Some(run) = runs.next_back() else { return (Verdict::Holds, None) };
        if run.act.deed != deed(self.plan, shell) {
            return said(Verdict::Stale, "was changed since");
        }
        if run.act.streams.is_none() {
            return said(Verdict::Unrecorded, "prints what is secret");
        }
        if let Some((verdict, _)) = self.unknown.named_by(probe) {
            return said(verdict, "looks at what is not known");
        }
        self.now = run.act.finished();
        let (ground, held) = self.hold(probe, shell, &run.act).await;
        let masked = !self.plan.secrets.is_empty() && run.act.streams.as_ref().is_some_and(is_masked);
        let doubts = self.doubts(shell, &run.act, &ground, &held.expectations, masked);
        if let Some((verdict, _)) = said_of(&held.expectations, &doubts, true) {
            return said(verdict, "looks at what is not known");
        }
        let passes = held.judgement.status == Status::Passed;
        if passes {
            self.take(held.captured);
        }
        match (run.passed, passes) {
            (true, false) => said(Verdict::Broken, "passed, and would not any more"),
            (false, true) => said(Verdict::Broken, "would say that it is not needed, and it was"),
            _ => (Verdict::Holds, None),
        }
    }
}
