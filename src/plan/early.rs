//! Parameters that are asked for behind a step, in a run that leaves this step out.

use super::model::{Plan, PlannedStep};
use super::parameters::{Late, Origin, PlannedParameter};
use std::collections::BTreeMap;

/// The values of late parameters whose step is not `chosen`: what was given beforehand counts from the start.
///
/// # Errors
///
/// One sentence for the first that cannot be checked, cannot be taken, or is needed and was not given.
pub fn early(plan: &Plan, chosen: &[bool]) -> Result<BTreeMap<String, String>, String> {
    let runs = |name: &str| plan.steps.iter().zip(chosen).any(|(step, chosen)| *chosen && step.name == name);
    let steps: Vec<_> =
        plan.steps.iter().zip(chosen).filter(|(step, it)| **it || step.probe()).map(|(step, _)| step).collect();
    let mut values = BTreeMap::new();
    for parameter in &plan.parameters {
        if let Some(late) = parameter.late.as_ref().filter(|late| !runs(&late.after))
            && let Some(value) = value(parameter, late, &steps)?
        {
            values.insert(parameter.name.clone(), value);
        }
    }
    Ok(values)
}

fn value(parameter: &PlannedParameter, late: &Late, steps: &[&PlannedStep]) -> Result<Option<String>, String> {
    let (name, after) = (&parameter.name, &late.after);
    let needed = steps.iter().any(|step| step.needs(name));
    match (&late.given, &late.values) {
        (Some((_, origin)), Some(_)) if needed || *origin != Origin::Default => {
            Err(format!("the parameter `{name}` is chosen from what `{after}` says, and this run leaves `{after}` out"))
        }
        (Some((value, _)), None) => {
            parameter.check_late(value, None).map_err(|why| format!("the parameter `{name}`: {why}"))?;
            Ok(Some(value.clone()))
        }
        (None, _) if needed => Err(format!(
            "the parameter `{name}` is asked for behind `{after}`, and this run leaves `{after}` out: give it with --param"
        )),
        _ => Ok(None),
    }
}
