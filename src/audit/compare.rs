//! What is otherwise in one run than in another.

use crate::event::{RunState, Status, StepState};
use crate::hash::Hash256;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is otherwise, the first run always standing before the second.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// Facts of the runs as a whole: verdict, operator, plan, parameters, targets, criteria.
    pub facts: Vec<Difference>,
    /// Each step of either run of which something is otherwise, or whose time is worth a look.
    pub steps: Vec<StepDifference>,
}

/// A fact that is otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which, such as `operator`, `param NAME`, `criterion AC1`.
    pub what: String,
    /// In the first run; none if it has no such thing.
    pub before: Option<String>,
    /// In the second.
    pub after: Option<String>,
}

/// How one step ended in both runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepDifference {
    /// The step.
    pub name: String,
    /// What is otherwise: `text`, `status`, `exit`, `output`, `captured`, `agreed`, `time`, `only-before`, `only-after`.
    pub differs: Vec<&'static str>,
    /// In the first run; none if it has no such step.
    pub before: Option<Side>,
    /// In the second.
    pub after: Option<Side>,
}

/// How a step ended in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Where it stands.
    pub status: Status,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// How long its last attempt ran, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// The hash of what it printed; none if that is secret, or it did not run.
    pub stdout_sha256: Option<Hash256>,
    /// The same of standard error.
    pub stderr_sha256: Option<Hash256>,
    /// Who agreed to it.
    pub agreed_by: Option<String>,
    /// What that person answered, and the note.
    pub answer: Option<String>,
    #[serde(skip)]
    text: Hash256,
    #[serde(skip)]
    captured: BTreeMap<String, String>,
}

/// Compares two runs.
pub fn compare(before: &RunState, after: &RunState) -> Comparison {
    Comparison { facts: facts(before, after), steps: steps(before, after) }
}

fn facts(before: &RunState, after: &RunState) -> Vec<Difference> {
    let (before, after) = (facts_of(before), facts_of(after));
    let mut names: Vec<&String> = before.iter().map(|(name, _)| name).collect();
    names.extend(after.iter().map(|(name, _)| name).filter(|name| before.iter().all(|(known, _)| known != *name)));
    let value = |facts: &[(String, String)], name: &String| {
        facts.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let both = names.into_iter().map(|name| (name.clone(), value(&before, name), value(&after, name)));
    both.filter(|(_, before, after)| before != after)
        .map(|(what, before, after)| Difference { what, before, after })
        .collect()
}

/// Everything that can be said of a run as a whole, in the order in which it is shown.
fn facts_of(state: &RunState) -> Vec<(String, String)> {
    let mut facts = vec![("verdict".to_owned(), state.verdict().as_str().to_owned())];
    let Some(header) = state.header.as_deref() else { return facts };
    let (text, plan) = (header.runbook_sha256.hex(), header.plan.hex());
    let stepgate = state.parts.last().map_or(&header.stepgate, |part| &part.stepgate);
    let single = [
        ("runbook", &header.runbook_path),
        ("title", &header.title),
        ("text", &text),
        ("plan", &plan),
        ("operator", &header.operator),
        ("stepgate", stepgate),
        ("directory", &header.directory),
    ];
    facts.extend(single.map(|(what, value)| (what.to_owned(), value.clone())));
    let parts = state.parts.iter().flat_map(|part| &part.overrides);
    let given: Vec<_> = header.overrides.iter().chain(parts).map(String::as_str).collect();
    facts.push(("given beforehand".to_owned(), given.join(", ")));
    facts.extend(header.profile.iter().map(|profile| ("profile".to_owned(), profile.clone())));
    let map = |kind: &str, values: &BTreeMap<String, String>| {
        values.iter().map(|(name, value)| (format!("{kind} {name}"), value.clone())).collect::<Vec<_>>()
    };
    facts.extend(map("param", &state.params));
    facts.extend(map("target", &header.targets));
    facts.extend(map("env", &header.env));
    facts.extend(map("variable", &state.variables));
    let criterion = |(id, _): &(String, String)| (format!("criterion {id}"), state.criterion(id).1.as_str().to_owned());
    facts.extend(header.acceptance.iter().map(criterion));
    facts
}

fn steps(before: &RunState, after: &RunState) -> Vec<StepDifference> {
    let known: BTreeSet<&str> = before.steps().map(|step| step.instance.name.as_str()).collect();
    let names = before.steps().map(|step| step.instance.name.as_str());
    let new = after.steps().map(|step| step.instance.name.as_str()).filter(|name| !known.contains(name));
    names
        .chain(new)
        .filter_map(|name| {
            let (before, after) = (before.step(name).map(Side::of), after.step(name).map(Side::of));
            let differs = differs(before.as_ref(), after.as_ref());
            (!differs.is_empty()).then(|| StepDifference { name: name.to_owned(), differs, before, after })
        })
        .collect()
}

fn differs(before: Option<&Side>, after: Option<&Side>) -> Vec<&'static str> {
    let (Some(before), Some(after)) = (before, after) else {
        return vec![if before.is_some() { "only-before" } else { "only-after" }];
    };
    let output = |side: &Side| (side.stdout_sha256, side.stderr_sha256);
    let both = [
        ("text", before.text != after.text),
        ("status", before.status != after.status),
        ("exit", before.exit_code != after.exit_code),
        ("output", output(before) != output(after)),
        ("captured", before.captured != after.captured),
        ("agreed", (&before.agreed_by, &before.answer) != (&after.agreed_by, &after.answer)),
        ("time", is_worth_a_look(before.elapsed_ms, after.elapsed_ms)),
    ];
    both.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect()
}

/// At least half as long again and half a second, either way: less is the machine's own restlessness.
fn is_worth_a_look(before: Option<u64>, after: Option<u64>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let (less, more) = (before.min(after), before.max(after));
    more - less >= 500 && more.saturating_mul(2) >= less.saturating_mul(3)
}

impl Side {
    fn of(step: &StepState) -> Self {
        let outcome = step.outcome.as_ref();
        Self {
            status: step.status,
            exit_code: outcome.and_then(|outcome| outcome.exit_code),
            elapsed_ms: outcome.map(|outcome| outcome.elapsed_ms),
            stdout_sha256: outcome.and_then(|outcome| outcome.stdout.sha256),
            stderr_sha256: outcome.and_then(|outcome| outcome.stderr.sha256),
            agreed_by: step.gate.as_ref().map(|gate| gate.by.clone()),
            answer: step.gate.as_ref().map(|gate| {
                let note = gate.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                format!("{}{note}", gate.answer)
            }),
            text: step.header.sha256,
            captured: outcome.map(|outcome| outcome.captured.clone()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_worth_a_look_if_it_is_half_as_long_again_and_half_a_second() {
        let look = |before, after| is_worth_a_look(Some(before), Some(after));
        assert!(look(1000, 1500) && look(1500, 1000) && look(0, 500));
        assert!(!look(1000, 1499) && !look(10, 400) && !look(10_000, 14_000));
        assert!(!is_worth_a_look(None, Some(9000)));
    }
}
