//! What a recording does not tell any more: what steps that were changed since would print and capture today; and what it
//! never told, since it is secret.

use super::recording::Streams;
use super::verdict::Verdict;
use crate::event::MASK;
use crate::expect::{Assertion, References, references};
use crate::plan::{Plan, PlannedExpectation, PlannedStep, ShellAction};
use std::collections::BTreeMap;

/// What an expression may ask of a step that is part of what it printed.
const PRINTED: &[&str] = &["stdout", "stderr", "lines", "json", "*"];

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

    /// What a step comes to if its script or its expectations look at something that is not known. `streams` is what it printed.
    pub fn asked_by(&self, step: &PlannedStep, streams: Option<&Streams>) -> Option<Said> {
        let script = step.shell().and_then(|shell| self.variables.keys().find(|name| shell.names(name)));
        let lines = step.shell().into_iter().flat_map(|shell| &shell.expectations);
        let lines = lines.flat_map(|expectation| match expectation {
            PlannedExpectation::Output { lines, .. } => lines.as_slice(),
            PlannedExpectation::Assert(_) => &[],
        });
        let mut named = script.map(String::as_str).into_iter().chain(lines.flat_map(|line| references(line)));
        let asked = step.expectations().flat_map(|expressions| expressions.parsed.iter());
        let asked: Vec<References> = asked.map(Assertion::references).collect();
        let masked = streams.is_some_and(is_masked);
        let by_name = named.find_map(|name| self.variable(name));
        by_name.or_else(|| asked.iter().find_map(|references| self.asked(references, masked)))
    }

    fn variable(&self, name: &str) -> Option<Said> {
        let (by, verdict) = self.variables.get(name)?;
        Some((
            *verdict,
            Some(format!("it looks at `{name}`, which `{by}` captures, and what that is today nobody knows")),
        ))
    }

    fn asked(&self, references: &References, masked: bool) -> Option<Said> {
        let step = references.steps.keys().find_map(|name| Some((name, *self.steps.get(name.as_str())?)));
        let step =
            step.map(|(name, verdict)| (verdict, Some(format!("it looks at `{name}`, of which nothing is known"))));
        let secret = |what: String| (Verdict::Unrecorded, Some(format!("an expression looks at {what}")));
        step.or_else(|| references.vars.iter().find_map(|name| self.variable(name)))
            .or_else(|| {
                let mut names = references.params.iter().chain(&references.vars);
                names.find(|name| self.plan.secrets.contains(*name)).map(|name| secret(format!("the secret `{name}`")))
            })
            .or_else(|| {
                let printed = |fields: &std::collections::BTreeSet<String>| {
                    fields.iter().any(|field| PRINTED.contains(&field.as_str()))
                };
                let mut of = references
                    .steps
                    .iter()
                    .filter(|(name, fields)| self.masked.contains(&name.as_str()) && printed(fields));
                of.next().map(|(name, _)| secret(format!("what `{name}` printed, and that holds a secret")))
            })
            .or_else(|| {
                (masked && references.own_result())
                    .then(|| secret("what it printed, and that holds a secret".to_owned()))
            })
    }
}

/// Whether a secret was printed: the recording has its mask.
pub fn is_masked(streams: &Streams) -> bool {
    [&streams.stdout, &streams.stderr].iter().any(|stream| memchr::memmem::find(stream, MASK.as_bytes()).is_some())
}

/// What was printed, with something in place of each mask.
pub fn unmasked(streams: &Streams, stand_in: &str) -> Streams {
    let put = |stream: &Vec<u8>| {
        let (mut out, mut at) = (Vec::with_capacity(stream.len()), 0);
        for found in memchr::memmem::find_iter(stream, MASK.as_bytes()) {
            out.extend_from_slice(&stream[at..found]);
            out.extend_from_slice(stand_in.as_bytes());
            at = found + MASK.len();
        }
        out.extend_from_slice(&stream[at..]);
        out
    };
    Streams { stdout: put(&streams.stdout), stderr: put(&streams.stderr) }
}
