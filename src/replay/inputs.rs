//! What was given to a run, given to a plan again. Nothing of today's environment is asked.

use crate::event::MASK;
use crate::plan::{Inputs, Origin};
use std::collections::BTreeMap;

/// The inputs of a recorded run.
pub fn inputs(
    profile: Option<&String>,
    params: &BTreeMap<String, String>,
    targets: &BTreeMap<String, String>,
) -> Inputs {
    let known = params.iter().filter(|(_, value)| !value.contains(MASK));
    let recorded = known.map(|(name, value)| (name.clone(), (value.clone(), Origin::CommandLine))).collect();
    let targets = targets.iter().map(|(name, command)| (name.clone(), command.clone())).collect();
    Inputs { profile: profile.cloned(), recorded, targets, ..Inputs::default() }
}
