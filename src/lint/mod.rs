//! What looks wrong in a runbook that could be run.
//!
//! In: a [`Runbook`] and its targets. Out: warnings. It must never refuse anything, run anything, or look at a file:
//! whoever switches a lint off because it cries wolf will not see the next one, so a rule keeps silent where it doubts.

mod background;
mod criteria;
mod early_closer;
mod editors;
mod expectations;
mod functions;
mod inverted_grep;
mod links;
mod never_ends;
mod parameters;
mod prose;
mod scripts;
mod syntax;
mod unprobed;
mod verbs;
mod verdict;
mod will_ask;
mod writes;

use crate::diagnostic::Diagnostic;
use crate::runbook::{Item, Language, Runbook, Shell, Step, Target};
use std::collections::{BTreeMap, BTreeSet};

/// What a rule must know beside the runbook.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The command of each target, where it is known.
    pub targets: BTreeMap<String, Target>,
    /// Names of variables that steps capture.
    pub captures: BTreeSet<String>,
}

/// Every warning, in no order.
pub fn lint(runbook: &Runbook, known: &Known) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let used = expectations::used(runbook);
    let numbers = parameters::numbers(runbook);
    for step in steps(runbook) {
        let tokens = crate::runbook::tokens(&step.script);
        let script = syntax::Script::new(&tokens);
        expectations::lint(&used, step, &script, &mut found);
        if matches!(step.language, Language::Shell(_)) {
            scripts::lint(step, &script, &mut found);
            found.extend(unprobed::lint(step, &script));
            parameters::lint(runbook, known, &numbers, &script, &mut found);
        }
    }
    expectations::lint_assertions(runbook, &mut found);
    functions::lint(runbook, known, &mut found);
    prose::lint(runbook, known, &mut found);
    links::lint(runbook, &mut found);
    criteria::lint(runbook, &mut found);
    found
}

fn steps(runbook: &Runbook) -> impl Iterator<Item = &Step> {
    runbook.items.iter().filter_map(|item| match item {
        Item::Step(step) => Some(step.as_ref()),
        Item::Assert(_) | Item::Manual(_) => None,
    })
}

/// The target of a step, and its shell where that is known.
fn target_of<'r>(runbook: &'r Runbook, known: &Known, step: &'r Step) -> (&'r str, Option<Shell>) {
    let on = step.on.as_ref().or(runbook.defaults.on.as_ref());
    let name = on.map_or(crate::runbook::LOCAL, |named| named.name.as_str());
    (name, known.targets.get(name).map(|target| target.shell))
}

#[cfg(test)]
mod tests;
