//! What is otherwise than a run's head says, when the run is to go on: by name, so that each can be accepted.

use super::header::{Revision, RunStarted, StepHeader};
use super::model::Channel;
use super::state::RunState;
use super::step_state::StepState;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is otherwise than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The name by which it is accepted: a step's, or `param:NAME`, `target:NAME`, `env:NAME`, `run:WHAT`.
    pub key: String,
    /// What is otherwise, in words.
    pub words: String,
    /// Whether it matters for what is still to run.
    pub counts: bool,
    /// Whether nobody may accept it.
    pub fatal: bool,
}

/// Who goes on with a run, and what is planned now.
pub struct Now<'a> {
    /// The plan of today.
    pub revision: &'a Revision,
    /// As `user@host`.
    pub operator: &'a str,
    /// The version of stepgate.
    pub stepgate: &'a str,
    /// Whether a step, by its name, is still to run.
    pub pending: &'a dyn Fn(&str) -> bool,
}

/// Everything that is otherwise.
pub fn changes(state: &RunState, now: &Now<'_>) -> Vec<Change> {
    let Some(header) = &state.header else { return Vec::new() };
    // A plan's identity is that of all its steps.
    let mut found = if header.plan == now.revision.plan { Vec::new() } else { steps(state, now) };
    found.extend(maps(header, state, now));
    let mut single = |what: &str, noun: &str, before: &str, after: &str| {
        if before != after {
            let words = format!("{noun}: {before} → {after}");
            found.push(Change { key: format!("run:{what}"), words, counts: true, fatal: false });
        }
    };
    let last = state.parts.last();
    let (operator, by) = (halves(last.map_or(&header.operator, |part| &part.by)), halves(now.operator));
    single("user", "the user", &operator.0, &by.0);
    single("host", "the machine that stepgate runs on", &operator.1, &by.1);
    single("version", "stepgate's version", last.map_or(&header.stepgate, |part| &part.stepgate), now.stepgate);
    found
}

fn halves(operator: &str) -> (String, String) {
    let (user, host) = operator.rsplit_once('@').unwrap_or((operator, ""));
    (user.to_owned(), host.to_owned())
}

fn steps(state: &RunState, now: &Now<'_>) -> Vec<Change> {
    let mut found = Vec::new();
    let before: BTreeMap<&str, &StepState> = state.steps().map(|step| (step.instance.name.as_str(), step)).collect();
    let after: BTreeMap<&str, &StepHeader> =
        now.revision.steps.iter().map(|step| (step.name.as_str(), &**step)).collect();
    let add = |found: &mut Vec<Change>, name: &str, words: String, counts: bool| {
        let words = if counts { words } else { format!("{words}; it does not run any more") };
        found.push(Change { key: name.to_owned(), words, counts, fatal: false });
    };
    for step in &now.revision.steps {
        let name = step.name.as_str();
        match before.get(name) {
            None => add(&mut found, name, format!("step {name} is new"), (now.pending)(name)),
            Some(known) if known.header.sha256 != step.sha256 => {
                add(&mut found, name, format!("step {name} is another one"), step.probe || (now.pending)(name));
            }
            Some(_) => {}
        }
    }
    for (name, step) in before.iter().filter(|(name, step)| !after.contains_key(*name) && !step.gone) {
        add(&mut found, name, format!("step {name} is gone"), (now.pending)(name));
        if step.is_in_doubt() || step.wants_decision() {
            let words = format!(
                "step {name} is gone, and nobody has said whether it happened: put it back until that is decided"
            );
            found.push(Change { key: (*name).to_owned(), words, counts: true, fatal: true });
        }
    }
    found.extend(order(state, now, &before, &after));
    found
}

/// Steps that are still to run, in another order than before.
fn order(
    state: &RunState,
    now: &Now<'_>,
    before: &BTreeMap<&str, &StepState>,
    after: &BTreeMap<&str, &StepHeader>,
) -> Option<Change> {
    let both = |name: &&str| before.contains_key(*name) && after.contains_key(*name) && (now.pending)(name);
    let was: Vec<&str> = state.steps().map(|step| step.instance.name.as_str()).filter(both).collect();
    let is: Vec<&str> = now.revision.steps.iter().map(|step| step.name.as_str()).filter(both).collect();
    let at = was.iter().zip(&is).position(|(was, is)| was != is)?;
    let words = format!("the order of what is still to run: {} stands where {} was", is[at], was[at]);
    Some(Change { key: "run:order".to_owned(), words, counts: true, fatal: false })
}

fn maps(header: &RunStarted, state: &RunState, now: &Now<'_>) -> Vec<Change> {
    let revision = now.revision;
    let pending = revision.steps.iter().filter(|step| step.probe || (now.pending)(&step.name));
    let targets: BTreeSet<&str> = pending.filter_map(|step| step.target.as_deref()).collect();
    let mut found = map("param", "parameter", &header.params, &revision.params, &|_| true);
    // To give what was not given yet is an answer; what was given, or is a default by now, is another value.
    let typed = |name: &String| {
        let by_hand = matches!(revision.origins.get(name), Some(Channel::CommandLine | Channel::Environment));
        by_hand && !header.late.contains_key(name)
    };
    let late = revision.late.iter().filter(|(name, _)| !typed(name)).map(|(name, value)| (name.clone(), value.clone()));
    let asked = |name: &str| !state.params.contains_key(name);
    found.extend(map("param", "parameter", &header.late, &late.collect(), &asked));
    if header.chosen != revision.chosen {
        let words = format!("what is chosen: {} → {}", header.chosen.join(" "), revision.chosen.join(" "));
        found.push(Change { key: "run:selection".to_owned(), words, counts: true, fatal: false });
    }
    found.extend(map("target", "target", &header.targets, &revision.targets, &|name| targets.contains(name)));
    found.extend(map("env", "env", &header.env, &revision.env, &|_| true));
    if header.declared != revision.declared {
        let words = "how the parameters are declared".to_owned();
        found.push(Change { key: "run:parameters".to_owned(), words, counts: true, fatal: false });
    }
    if header.acceptance != revision.acceptance {
        let texts = |all: &[(String, String)]| {
            all.iter().map(|(id, text)| format!("{id} {text}")).collect::<Vec<_>>().join(", ")
        };
        let (was, is) = (texts(&header.acceptance), texts(&revision.acceptance));
        let words = format!("the acceptance criteria: {was} → {is}");
        found.push(Change { key: "run:criteria".to_owned(), words, counts: true, fatal: false });
    }
    found
}

fn map(
    kind: &str,
    noun: &str,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    counts: &dyn Fn(&str) -> bool,
) -> Vec<Change> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        let words = match (before.get(name), after.get(name)) {
            (Some(was), Some(is)) if is_same(was, is) => continue,
            (Some(was), Some(is)) => format!("{noun} {name}: `{was}` → `{is}`"),
            (Some(was), None) => format!("{noun} {name} is gone, it was `{was}`"),
            (None, Some(is)) => format!("{noun} {name} is new: `{is}`"),
            (None, None) => continue,
        };
        found.push(Change { key: format!("{kind}:{name}"), words, counts: counts(name), fatal: false });
    }
    found
}

/// Whether a recorded value is that of today: where the record has a mask, any secret may have stood.
fn is_same(recorded: &str, now: &str) -> bool {
    let mut pieces = recorded.split(MASK);
    let Some(mut rest) = pieces.next().and_then(|first| now.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, between)) = pieces.split_last() else { return rest.is_empty() };
    for piece in between {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What stands in a record in place of a secret.
pub const MASK: &str = "[secret]";

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn a_value_with_a_mask_is_the_same_wherever_it_is_not_masked() {
        for (recorded, now, same) in [
            ("a", "a", true),
            ("a", "b", false),
            ("a", "ab", false),
            ("u:[secret]@h", "u:hunter2@h", true),
            ("u:[secret]@h", "u:hunter2@g", false),
            ("[secret]", "anything", true),
            ("x[secret]y[secret]", "xAyB", true),
            ("x[secret]y[secret]", "xAB", false),
        ] {
            assert_eq!(is_same(recorded, now), same, "{recorded} {now}");
        }
    }
}
