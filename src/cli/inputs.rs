//! What is chosen for one plan: the command line's words, the environment's, and what a person is asked.

use super::args::Chosen;
use super::error::Failure;
use super::prompt::{self, Asked};
use super::terminal::{Terminal, eprint_line};
use crate::config::Config;
use crate::event::{Channel, MASK, RunStarted};
use crate::plan::{Inputs, Origin, Profile, check_value, missing};
use crate::runbook::{Choices, Parameter, Runbook};
use std::collections::BTreeMap;

/// The variables by which the environment gives parameters.
const PREFIX: &str = "STEPGATE_PARAM_";

/// Takes the command line's words apart and looks into the environment.
///
/// # Errors
///
/// A word without `=`, or a value that is not UTF-8 text.
pub fn inputs(chosen: &Chosen) -> Result<Inputs, Failure> {
    let pairs = |option: &str, texts: &[String]| -> Result<Vec<(String, String)>, Failure> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => {
                Err(Failure::usage(format!("`{option} {}`: write {option} NAME=VALUE", crate::text::escape_line(text))))
            }
        };
        texts.iter().map(pair).collect()
    };
    Ok(Inputs {
        profile: chosen.profile.clone(),
        params: pairs("--param", &chosen.param)?,
        environment: environment()?,
        asked: BTreeMap::new(),
        recorded: BTreeMap::new(),
        targets: pairs("--target", &chosen.target)?,
    })
}

/// What was chosen for a run that goes on: what its record says, `--param` of today, and the environment of today.
///
/// # Errors
///
/// As [`inputs`].
pub fn inputs_of_record(header: &RunStarted, param: &[String]) -> Result<Inputs, Failure> {
    let chosen = Chosen { param: param.to_vec(), profile: header.profile.clone(), target: Vec::new() };
    let kept = |(name, value): (&String, &String)| {
        let origin = match header.origins.get(name) {
            Some(Channel::Environment) => Origin::Environment,
            Some(Channel::Terminal) => Origin::Terminal,
            Some(Channel::CommandLine) | None => Origin::CommandLine,
            // The profile and the runbook say it again, and may say otherwise.
            Some(_) => return None,
        };
        (!value.contains(MASK)).then(|| (name.clone(), (value.clone(), origin)))
    };
    Ok(Inputs {
        recorded: header.params.iter().chain(&header.late).filter_map(kept).collect(),
        targets: header.given_targets.clone().into_iter().collect(),
        ..inputs(&chosen)?
    })
}

fn environment() -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let value = value.into_string().map_err(|_| Failure::usage(format!("{PREFIX}{name} is not UTF-8 text")))?;
        found.insert(name.to_owned(), value);
    }
    Ok(found)
}

/// Names variables of the environment that look like parameters and are none: a typing error would stay unseen.
pub fn name_strangers(runbook: &Runbook, inputs: &Inputs) {
    let known = |name: &String| runbook.params.iter().any(|parameter| parameter.name == *name);
    for name in inputs.environment.keys().filter(|name| !known(name)) {
        eprint_line(&format!(
            "note: {PREFIX}{} is set, and the runbook has no such parameter",
            crate::text::escape_line(name)
        ));
    }
}

/// Names what the chosen profile says of steps and targets that this runbook does not have. It serves other runbooks too,
/// so that is no error; a typing error in a gate would stay unseen, though.
pub fn name_strangers_of_profile(runbook: &Runbook, config: &Config, inputs: &Inputs) {
    let Some(profile) = inputs.profile.as_ref().and_then(|name| config.profiles.get(name)) else { return };
    let steps = |name: &String| runbook.items.iter().any(|item| item.name() == name);
    let params = |name: &String| runbook.params.iter().any(|parameter| parameter.name == *name);
    let gates = profile.gates.keys().filter(|name| !steps(name)).map(|name| ("gate of", "step", name));
    let values = profile.params.keys().filter(|name| !params(name)).map(|name| ("value of", "parameter", name));
    for (what, kind, name) in gates.chain(values) {
        let name = crate::text::escape_line(name);
        eprint_line(&format!("note: the profile has a {what} `{name}`, and the runbook has no such {kind}"));
    }
}

/// Asks at the terminal for every required parameter that nobody gave.
///
/// # Errors
///
/// If the person gives no answer, or there is no such profile.
pub fn ask_missing(
    runbook: &Runbook,
    config: &Config,
    inputs: &mut Inputs,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let profile = Profile::choose(config, inputs.profile.as_deref()).map_err(Failure::usage)?;
    let wanted: Vec<Parameter> = missing(runbook, &profile.params(), inputs).into_iter().cloned().collect();
    for parameter in wanted {
        let choices = match &parameter.values {
            Choices::List(values) => Some(values.as_slice()),
            _ => None,
        };
        let check = |text: &str| check_value(&parameter, text).map(|_| ());
        match prompt::ask_parameter(&parameter, choices, None, &check, terminal) {
            Asked::Value(value) => _ = inputs.asked.insert(parameter.name.clone(), value),
            Asked::Nothing => {
                let message = format!("the parameter `{}` is required, and nothing was answered", parameter.name);
                return Err(Failure::usage(message).hint("nothing was run"));
            }
        }
    }
    Ok(())
}
