//! What a recording does not tell any more: what steps that were changed since would print and capture today; and what it
//! never told, since it is secret.

use super::verdict::Verdict;
use crate::expect::{Assertion, References, WHOLE, references};
use crate::plan::{Plan, PlannedExpectation, PlannedStep, ShellAction};
use std::collections::{BTreeMap, BTreeSet};

/// What an expression may ask of a step that is part of what it printed.
const PRINTED: &[&str] = &["stdout", "stderr", "lines", "json", WHOLE];

/// Steps and variables of which nobody knows what they would be.
#[derive(Debug)]
pub struct Unknown<'p> {
    plan: &'p Plan,
    /// Each with what it came to itself.
    steps: BTreeMap<&'p str, Verdict>,
    /// Steps that printed a secret, of which the recording has the mask.
    masked: Vec<&'p str>,
    /// Each with the step that captures it.
    variables: BTreeMap<String, (&'p str, Verdict)>,
}

/// What a step comes to, and why.
pub type Said = (Verdict, Option<String>);

impl<'p> Unknown<'p> {
    /// Everything is known.
    pub fn new(plan: &'p Plan) -> Self {
        Self { plan, steps: BTreeMap::new(), masked: Vec::new(), variables: BTreeMap::new() }
    }

    /// Nothing is known of a step that came to this.
    pub fn add(&mut self, step: &'p PlannedStep, verdict: Verdict) {
        self.steps.insert(&step.name, verdict);
        let captures = step.shell().into_iter().flat_map(ShellAction::captures);
        captures.for_each(|name| self.add_variable(step, name, verdict));
    }

    /// A step would capture something else today than when it was recorded.
    pub fn add_captures(
        &mut self,
        step: &'p PlannedStep,
        then: &BTreeMap<String, String>,
        now: &BTreeMap<String, String>,
    ) {
        let names = then.keys().chain(now.keys()).filter(|name| then.get(*name) != now.get(*name));
        names.for_each(|name| self.add_variable(step, name.clone(), Verdict::Stale));
    }

    /// A step printed a secret.
    pub fn add_masked(&mut self, step: &'p PlannedStep) {
        self.masked.push(&step.name);
    }

    fn add_variable(&mut self, step: &'p PlannedStep, name: String, verdict: Verdict) {
        // A secret is its mask, wherever it stands.
        if !self.plan.secrets.contains(&name) {
            self.variables.insert(name, (&step.name, verdict));
        }
    }

    /// What a step comes to if its script or an expected line names a variable that is not known.
    pub fn named_by(&self, step: &PlannedStep) -> Option<Said> {
        let script = step.shell().and_then(|shell| self.variables.keys().find(|name| shell.names(name)));
        let lines = step.shell().into_iter().flat_map(|shell| &shell.expectations);
        let lines = lines.flat_map(|expectation| match expectation {
            PlannedExpectation::Output { lines, .. } => lines.as_slice(),
            PlannedExpectation::Assert(_) => &[],
        });
        let mut named = script.map(String::as_str).into_iter().chain(lines.flat_map(|line| references(line)));
        named.find_map(|name| self.variable(name))
    }

    fn variable(&self, name: &str) -> Option<Said> {
        let (by, verdict) = self.variables.get(name)?;
        Some((
            *verdict,
            Some(format!("it looks at `{name}`, which `{by}` captures, and what that is today nobody knows")),
        ))
    }

    /// What is to be said of an expression that looks at something that is not known. `masked` says whether its own step printed a
    /// secret.
    pub fn asked_by(&self, assertion: &Assertion, masked: bool) -> Option<Said> {
        let references = assertion.references();
        let variable = || references.vars.iter().find_map(|name| self.variable(name));
        self.step(&references).or_else(variable).or_else(|| {
            let what = self.secret(&references, masked)?;
            Some((Verdict::Unrecorded, Some(format!("an expression looks at {what}"))))
        })
    }

    fn step(&self, references: &References) -> Option<Said> {
        // How a step that was left out stands is known.
        let only_status = |fields: &BTreeSet<String>| fields.iter().all(|field| field == "status");
        let unknown = |(name, fields): (&String, &BTreeSet<String>)| {
            let verdict = *self.steps.get(name.as_str())?;
            (verdict == Verdict::Stale || !only_status(fields)).then_some((name.clone(), verdict))
        };
        let (name, verdict) = references.steps.iter().find_map(unknown)?;
        Some((verdict, Some(format!("it looks at `{name}`, of which nothing is known"))))
    }

    fn secret(&self, references: &References, masked: bool) -> Option<String> {
        let mut names = references.params.iter().chain(&references.vars);
        let by_name = names.find(|name| self.plan.secrets.contains(*name)).map(|name| format!("the secret `{name}`"));
        let printed = |fields: &BTreeSet<String>| fields.iter().any(|field| PRINTED.contains(&field.as_str()));
        let masks =
            |(name, fields): &(&String, &BTreeSet<String>)| self.masked.contains(&name.as_str()) && printed(fields);
        let by_step = || {
            references
                .steps
                .iter()
                .find(masks)
                .map(|(name, _)| format!("what `{name}` printed, and that holds a secret"))
        };
        let own = || (masked && references.own_result()).then(|| "what it printed, and that holds a secret".to_owned());
        by_name.or_else(by_step).or_else(own)
    }
}
