//! Whoever looks later at what a step did: a wrong output that the step itself lets pass may be noticed there.

use super::super::held::{Ended, Ground, texts};
use super::super::player::{Judged, Stage};
use super::super::recording::Act;
use crate::event::Status;
use crate::expect::{Evaluator, Text, WHOLE, references};
use crate::judge::Compiled;
use crate::plan::{Expressions, PlannedExpectation, ShellAction};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the expectations of a step look at that others did.
#[derive(Debug, Default)]
pub struct Interests {
    /// Steps, each with the fields that are used of it.
    steps: BTreeMap<String, BTreeSet<String>>,
    /// Captured variables.
    variables: BTreeSet<String>,
}

impl Interests {
    /// Those of a step.
    pub fn of(stage: &Stage<'_>) -> Self {
        let mut all = Self::default();
        match stage.judged {
            Judged::Assertion(expressions) => all.add(expressions),
            Judged::Script(action, _) => action.expectations.iter().for_each(|expectation| match expectation {
                PlannedExpectation::Assert(expressions) => all.add(expressions),
                PlannedExpectation::Output { lines, .. } => {
                    all.variables.extend(lines.iter().flat_map(|line| references(line)).map(str::to_owned));
                }
            }),
        }
        all
    }

    fn add(&mut self, expressions: &Expressions) {
        for found in expressions.parsed.iter().map(crate::expect::Assertion::references) {
            self.variables.extend(found.vars);
            for (step, fields) in found.steps {
                self.steps.entry(step).or_default().extend(fields);
            }
        }
    }

    fn any(&self, steps: &BTreeSet<&str>, variables: &BTreeSet<String>) -> bool {
        self.steps.keys().any(|name| steps.contains(name.as_str())) || !self.variables.is_disjoint(variables)
    }
}

/// A later step that looks at what one did, or captured.
#[derive(Debug)]
pub struct Witness<'s, 'p> {
    stage: &'s Stage<'p>,
    interests: &'s Interests,
}

/// Those of `later` that look at what `of` did, and of which it can be told what they would say: what a script that names
/// another value would do, and whoever looks at that, nobody knows.
pub fn witnesses<'s, 'p>(
    of: &Stage<'p>,
    action: &ShellAction,
    later: impl Iterator<Item = (&'s Stage<'p>, &'s Interests)>,
) -> Vec<Witness<'s, 'p>> {
    let captured: BTreeSet<String> = action.captures().into_iter().collect();
    let step = BTreeSet::from([of.step.name.as_str()]);
    let (mut led_steps, mut led_variables) = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    for (stage, interests) in later {
        match stage.judged {
            Judged::Script(script, _) if captured.iter().chain(&led_variables).any(|name| script.names(name)) => {
                led_steps.insert(stage.step.name.as_str());
                led_variables.extend(script.captures());
            }
            _ if interests.any(&led_steps, &led_variables) => {}
            _ if interests.any(&step, &captured) => found.push(Witness { stage, interests }),
            _ => {}
        }
    }
    found
}

/// A wrong output that its own step lets pass.
#[derive(Debug)]
pub struct Changed<'a> {
    step: &'a str,
    exit_code: Option<i32>,
    stdout: Arc<Text>,
    stderr: Arc<Text>,
    /// Each captured variable, as it was and as it would be.
    captured: Vec<(String, String, String)>,
}

impl<'a> Changed<'a> {
    /// `act` as it would have `ended`.
    pub fn new(step: &'a str, act: &Act, ended: Ended<'_>, captured: BTreeMap<String, String>) -> Self {
        let (stdout, stderr) = texts(ended.streams);
        let was = |name: &String| act.captured.get(name).cloned().unwrap_or_default();
        let captured = captured.into_iter().map(|(name, is)| (was(&name), is, name));
        let captured = captured.filter(|(was, is, _)| was != is).map(|(was, is, name)| (name, was, is)).collect();
        Self { step, exit_code: ended.exit_code, stdout, stderr, captured }
    }

    /// What would have been known behind it.
    fn ground(&self, known: &Ground) -> Ground {
        let mut ground = known.clone();
        if let Some(facts) = ground.facts.steps.get_mut(self.step) {
            facts.exit_code = self.exit_code.map(i64::from);
            facts.stdout = Some(Arc::clone(&self.stdout));
            facts.stderr = Some(Arc::clone(&self.stderr));
        }
        for (name, was, is) in &self.captured {
            for variables in [&mut ground.variables, &mut ground.facts.vars] {
                // Another step may have captured it again.
                variables
                    .get_mut(name)
                    .filter(|value| *value == was)
                    .into_iter()
                    .for_each(|value| value.clone_from(is));
            }
        }
        ground
    }
}

impl Witness<'_, '_> {
    /// Whether it would have been reached, and would not have held.
    pub async fn notices(&self, changed: &Changed<'_>, evaluator: &mut Evaluator) -> bool {
        let ground = changed.ground(&self.stage.ground);
        if let Some(when) = &self.stage.step.when
            && evaluator.condition(when.parsed.clone(), ground.facts.clone()).await.is_ok_and(|wanted| !wanted)
        {
            return false;
        }
        match self.stage.judged {
            Judged::Assertion(expressions) => {
                let outcomes = evaluator.judge(expressions.parsed.clone(), ground.facts).await;
                outcomes.iter().any(|outcome| !outcome.holds)
            }
            Judged::Script(action, act) => {
                let Some(streams) = &act.streams else { return false };
                let compiled = Compiled::new(action, &ground.variables);
                let ended = Ended { streams, exit_code: act.exit_code };
                ground.hold(action, &compiled, act, ended, evaluator).await.judgement.status != Status::Passed
            }
        }
    }

    /// Whether it looks at what `of` printed on standard output, and on standard error.
    pub fn looks_at(&self, of: &Stage<'_>, action: &ShellAction) -> (bool, bool) {
        let captured = action.capture.as_ref().is_some_and(|name| self.interests.variables.contains(name));
        let fields = self.interests.steps.get(&of.step.name).into_iter().flatten();
        fields.fold((captured, false), |looked, field| look(looked, field))
    }
}

/// Adds what a name of an expression looks at to whether standard output, and standard error, are looked at.
pub fn look((stdout, stderr): (bool, bool), name: &str) -> (bool, bool) {
    let both = name == WHOLE;
    (stdout || both || matches!(name, "stdout" | "lines" | "json"), stderr || both || name == "stderr")
}
