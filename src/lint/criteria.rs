//! What `acceptance` wants proved.

use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::{Item, Runbook};
use std::collections::BTreeSet;

/// Criteria that no step and no item names: they stay open whatever happens in a run.
pub fn lint(runbook: &Runbook, found: &mut Vec<Diagnostic>) {
    let proved: BTreeSet<&str> = runbook.items.iter().flat_map(satisfies).map(String::as_str).collect();
    for criterion in runbook.acceptance.iter().filter(|criterion| !proved.contains(criterion.id.as_str())) {
        let id = &criterion.id;
        let message = format!("nothing in the runbook proves the criterion `{id}`");
        let help = format!("write satisfies={id} at the step that proves it, or ({id}) at the end of a task item");
        found.push(Diagnostic::warning(Code::Unproved, criterion.span, message).help(help));
    }
}

fn satisfies(item: &Item) -> &[String] {
    match item {
        Item::Step(step) => &step.satisfies,
        Item::Assert(assert) => &assert.satisfies,
        Item::Manual(manual) => &manual.satisfies,
    }
}
