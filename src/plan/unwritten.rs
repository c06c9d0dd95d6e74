//! Steps that nobody wrote.

use super::model::{Action, PlannedExpectation, PlannedStep, ShellAction};
use crate::runbook::{Effect, ExitRule, Gate};
use std::time::Duration;

/// Where a planned step comes from when nobody wrote it: no place in the file.
pub(super) fn unwritten(name: String, action: ShellAction) -> PlannedStep {
    PlannedStep {
        name,
        satisfies: Vec::new(),
        when: None,
        action: Action::Shell(Box::new(action)),
        section: String::new(),
        section_index: 0,
        prose: Vec::new(),
        line: 1,
    }
}

/// A step that looks only, with everything else as it is when nobody says otherwise.
pub(crate) fn looking(target: &str, script: String, expectations: Vec<PlannedExpectation>) -> ShellAction {
    ShellAction {
        target: target.to_owned(),
        session: "none".to_owned(),
        interpreter: None,
        effect: Effect::Read,
        gate: Gate::None,
        phrase: String::new(),
        timeout: Duration::from_secs(60),
        poll: None,
        exit: ExitRule::default(),
        always: false,
        probe: false,
        unless: None,
        capture: None,
        secret: false,
        stdin: None,
        script,
        expectations,
    }
}
