//! What was given to a run, given to a plan again. Nothing of today's environment is asked.

use crate::config::Config;
use crate::event::{MASK, RunStarted};
use crate::plan::{Inputs, Origin, known_targets};
use crate::runbook::Runbook;
use std::collections::BTreeMap;

/// In place of a command that reaches a target: nothing is reached.
const NOWHERE: &str = "local";

/// The inputs of a run, as its record tells them: with them the plan is the one that was run.
pub fn inputs_of_run(header: &RunStarted, params: &BTreeMap<String, String>) -> Inputs {
    let targets = header.given_targets.iter().map(|(name, command)| (name.clone(), command.clone()));
    Inputs { profile: header.profile.clone(), targets: targets.collect(), ..given(params) }
}

/// The inputs with which today's runbook is held against a recording. Of what the run's profile said only the parameters
/// count, and those are recorded; how a target is reached does not, so a profile need not be known where this is asked.
pub fn inputs_of_recording(runbook: &Runbook, config: &Config, params: &BTreeMap<String, String>) -> Inputs {
    let unreached = known_targets(runbook, config).into_iter().filter(|(_, target)| target.is_none());
    let targets = unreached.map(|(name, _)| (name, NOWHERE.to_owned())).collect();
    Inputs { targets, ..given(params) }
}

fn given(params: &BTreeMap<String, String>) -> Inputs {
    let known = params.iter().filter(|(_, value)| !value.contains(MASK));
    let recorded = known.map(|(name, value)| (name.clone(), (value.clone(), Origin::CommandLine))).collect();
    Inputs { recorded, ..Inputs::default() }
}
