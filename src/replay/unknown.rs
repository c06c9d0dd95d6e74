//! What a recording does not tell any more: what steps that were changed since would print and capture today.

use super::verdict::Verdict;
use crate::expect::{Assertion, References, references};
use crate::plan::{Plan, PlannedExpectation, PlannedStep, ShellAction};
use std::collections::BTreeMap;

/// Steps whose results nobody knows, and what they would capture.
#[derive(Debug)]
pub struct Unknown<'p> {
    plan: &'p Plan,
    steps: Vec<&'p str>,
    /// Each with the step that captures it.
    variables: BTreeMap<String, &'p str>,
}

impl<'p> Unknown<'p> {
    /// Everything is known.
    pub fn new(plan: &'p Plan) -> Self {
        Self { plan, steps: Vec::new(), variables: BTreeMap::new() }
    }

    /// Nothing is known of a step.
    pub fn add(&mut self, step: &'p PlannedStep) {
        self.steps.push(&step.name);
        let captures = step.shell().into_iter().flat_map(ShellAction::captures);
        self.variables.extend(captures.map(|name| (name, step.name.as_str())));
    }

    /// What a step comes to if its expectations look at something that is not known.
    pub fn asked_by(&self, step: &PlannedStep) -> Option<(Verdict, Option<String>)> {
        let lines = step.shell().into_iter().flat_map(|shell| &shell.expectations);
        let lines = lines.flat_map(|expectation| match expectation {
            PlannedExpectation::Output { lines, .. } => lines.as_slice(),
            PlannedExpectation::Assert(_) => &[],
        });
        let named = lines.flat_map(|line| references(line)).find_map(|name| self.variable(name));
        let asked = step.expectations().flat_map(|expressions| expressions.parsed.iter());
        let asked: Vec<References> = asked.map(Assertion::references).collect();
        let stale = named.or_else(|| asked.iter().find_map(|references| self.stale(references)));
        let secret = || asked.iter().find_map(|references| self.secret(references));
        let stale = stale.map(|why| (Verdict::Stale, Some(why)));
        stale.or_else(|| secret().map(|why| (Verdict::Unrecorded, Some(why))))
    }

    fn variable(&self, name: &str) -> Option<String> {
        let by = self.variables.get(name)?;
        Some(format!("it looks at `{name}`, which `{by}` captures, and of that nothing is known"))
    }

    fn stale(&self, references: &References) -> Option<String> {
        let step = references.steps.keys().find(|name| self.steps.contains(&name.as_str()));
        let step = step.map(|name| format!("it looks at `{name}`, of which nothing is known"));
        step.or_else(|| references.vars.iter().find_map(|name| self.variable(name)))
    }

    /// Of a secret the recording has the mask only, and an expression would compute with that.
    fn secret(&self, references: &References) -> Option<String> {
        let name = references.params.iter().chain(&references.vars).find(|name| self.plan.secrets.contains(*name));
        name.map(|name| format!("it looks at the secret `{name}`"))
    }
}
