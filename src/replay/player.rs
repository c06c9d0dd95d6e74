//! A recording played back: each step's expectations of today, held against what it printed then.

use super::deed::deed;
use super::held::{Ended, Ground, Held, texts};
use super::recording::{Act, RecordedStep, Recording};
use super::unknown::{Said, Unknown, is_masked, unmasked};
use super::verdict::{Replayed, Verdict};
use super::words;
use crate::event::{MASK, Moment, Reason, Status};
use crate::expect::{Evaluator, Facts, StepFacts};
use crate::judge::{self, Compiled, assert_records};
use crate::plan::{Action, Expressions, Plan, PlannedStep, ShellAction, TOOLS_STEP};
use crate::runbook::STEP_VARIABLES;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A script that was judged, with everything that its expectations were held against.
#[derive(Debug)]
pub struct Stage<'p> {
    /// The step.
    pub step: &'p PlannedStep,
    /// Its script.
    pub action: &'p ShellAction,
    /// What it did.
    pub act: &'p Act,
    /// What was known then.
    pub ground: Ground,
    /// Whether it passes.
    pub passes: bool,
}

/// Holds `plan` against a recording: every step that a run goes through, in that order. Each script that is judged goes
/// to `stage`, too.
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

/// What secrets look like: a word, a password, base64, hex, a number.
const STAND_INS: &[&str] = &["x", "Stand-in_4711", "c3RhbmQtaW4=", "0123456789abcdef0123456789abcdef", "47114711"];

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
                replayed.new = self.is_wanted(step).await;
                (Verdict::Unrecorded, Some("its `when` left it out of the recorded run".to_owned()))
            }
            (_, Some(_)) if !self.is_wanted(step).await => {
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

    /// Whether a step's `when` is true; also where nobody can tell.
    async fn is_wanted(&mut self, step: &PlannedStep) -> bool {
        let Some(when) = &step.when else { return true };
        let facts = self.facts();
        self.evaluator.condition(when.parsed.clone(), facts).await.unwrap_or(true)
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

    async fn assertion(&mut self, step: &'p PlannedStep, expressions: &Expressions, replayed: &mut Replayed) -> Said {
        if let Some(said) = self.unknown.asked_by(step, None) {
            return said;
        }
        let facts = self.facts();
        let outcomes = self.evaluator.judge(expressions.parsed.clone(), facts).await;
        replayed.expectations = assert_records(expressions, outcomes);
        match replayed.expectations.iter().all(|expectation| expectation.holds) {
            true => (Verdict::Holds, None),
            false => (Verdict::Broken, Some(words::EXPECTATION.to_owned())),
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
        if act.streams.as_ref().is_some_and(is_masked) {
            self.unknown.add_masked(step);
        }
        let said = self.unknown.asked_by(step, act.streams.as_ref());
        if said.is_some() || act.streams.is_none() {
            self.take(act.captured.clone());
            let secret = || (Verdict::Unrecorded, Some("what it printed is secret".to_owned()));
            return said.unwrap_or_else(secret);
        }
        let (ground, held) = self.hold(step, action, act).await;
        replayed.expectations = held.expectations;
        let passes = held.judgement.status == Status::Passed;
        if passes {
            self.unknown.add_captures(step, &act.captured, &held.captured);
        }
        self.take(if passes { held.captured } else { act.captured.clone() });
        let judged = !passes && held.judgement.reason == Some(Reason::Expectation);
        let masked = judged && self.may_pass(action, act, &ground).await;
        (self.stage)(Stage { step, action, act, ground, passes });
        match (passes, masked) {
            (true, _) => (Verdict::Holds, None),
            (false, true) => {
                replayed.expectations.clear();
                (Verdict::Unrecorded, Some(words::MASKED.to_owned()))
            }
            (false, false) => (Verdict::Broken, Some(words::of(&held.judgement, action, act.exit_code))),
        }
    }

    /// Whether a step that printed a secret, of which the mask is not accepted, might accept the secret itself: it accepts
    /// something else in its place.
    async fn may_pass(&mut self, action: &'p ShellAction, act: &'p Act, ground: &Ground) -> bool {
        let Some(streams) = act.streams.as_ref().filter(|streams| is_masked(streams)) else { return false };
        for stand_in in STAND_INS {
            let mut ground = ground.clone();
            for name in &self.plan.secrets {
                ground.variables.insert(name.clone(), (*stand_in).to_owned());
            }
            let streams = unmasked(streams, stand_in);
            let compiled = Compiled::new(action, &ground.variables);
            let ended = Ended { streams: &streams, exit_code: act.exit_code };
            let held = ground.hold(action, &compiled, act, ended, self.evaluator).await;
            if held.judgement.status == Status::Passed {
                return true;
            }
        }
        false
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
        if let Some((verdict, _)) = self.unknown.asked_by(probe, run.act.streams.as_ref()) {
            return said(verdict, "looks at what is not known");
        }
        self.now = run.act.finished();
        let (_, held) = self.hold(probe, shell, &run.act).await;
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
