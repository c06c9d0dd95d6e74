//! Who gives a parameter its value: `--param`, else the environment, else the profile, else its default.

use super::expressions::Expressions;
use super::value::{check_choice, check_value};
use crate::diagnostic::nearest;
use crate::runbook::{Choices, Parameter, ParameterKind, Runbook};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is given to a plan from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--param NAME=VALUE`, in order.
    pub params: Vec<(String, String)>,
    /// Variables `STEPGATE_PARAM_NAME` by NAME.
    pub environment: BTreeMap<String, String>,
    /// What was answered at the terminal.
    pub asked: BTreeMap<String, String>,
    /// What an earlier part of the run was given, by somebody who is not asked again.
    pub recorded: BTreeMap<String, (String, Origin)>,
    /// `--target NAME=COMMAND`, in order.
    pub targets: Vec<(String, String)>,
}

/// Who gave a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--param`.
    CommandLine,
    /// `STEPGATE_PARAM_NAME`.
    Environment,
    /// The profile.
    Profile,
    /// A person at the terminal.
    Terminal,
    /// The runbook.
    Default,
}

impl Origin {
    /// The word for views.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::CommandLine => "--param",
            Origin::Environment => "environment",
            Origin::Profile => "profile",
            Origin::Terminal => "asked",
            Origin::Default => "default",
        }
    }
}

/// A parameter in a plan.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedParameter {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    /// Its value; `None` for a secret, and for one that is given behind a step.
    pub value: Option<String>,
    /// The step behind which it is given.
    pub late: Option<Late>,
    /// Who gave its value.
    #[serde(skip)]
    pub origin: Option<Origin>,
    /// As it is declared.
    #[serde(skip)]
    pub declared: Parameter,
}

/// What is known of a parameter that is given behind a step.
#[derive(Clone, Debug, Serialize)]
pub struct Late {
    /// The step.
    pub after: String,
    /// The expression that says what may be chosen.
    pub values: Option<Expressions>,
    /// What was given beforehand, and by whom; it is checked when the time comes.
    #[serde(skip)]
    pub given: Option<(String, Origin)>,
}

impl PlannedParameter {
    /// Checks an answer that is given behind a step, with what was computed to choose from.
    ///
    /// # Errors
    ///
    /// Says in plain words what is wanted.
    pub fn check_late(&self, text: &str, computed: Option<&[String]>) -> Result<(), String> {
        check_value(&self.declared, text)?;
        computed.map_or(Ok(()), |values| check_choice(values, text))
    }
}

/// Gives every parameter its value.
///
/// # Errors
///
/// One sentence for each thing that is wrong or missing.
pub fn resolve(
    runbook: &Runbook,
    profile: &BTreeMap<String, String>,
    inputs: &Inputs,
) -> Result<Vec<PlannedParameter>, Vec<String>> {
    let mut errors = check_given(runbook, inputs);
    let mut planned = Vec::new();
    for parameter in &runbook.params {
        match resolve_one(parameter, profile, inputs) {
            Ok(parameter) => planned.push(parameter),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(planned) } else { Err(errors) }
}

/// The parameters that somebody must be asked for before the run.
pub fn missing<'r>(runbook: &'r Runbook, profile: &BTreeMap<String, String>, inputs: &Inputs) -> Vec<&'r Parameter> {
    let wanted = |parameter: &&Parameter| parameter.kind != ParameterKind::Secret && parameter.after.is_none();
    runbook.params.iter().filter(wanted).filter(|parameter| given(parameter, profile, inputs).is_none()).collect()
}

fn resolve_one(
    parameter: &Parameter,
    profile: &BTreeMap<String, String>,
    inputs: &Inputs,
) -> Result<PlannedParameter, String> {
    let name = &parameter.name;
    let given = given(parameter, profile, inputs);
    let plain = PlannedParameter {
        name: name.clone(),
        kind: parameter.kind,
        value: None,
        late: None,
        origin: None,
        declared: parameter.clone(),
    };
    match (parameter.kind, &parameter.after, given) {
        (ParameterKind::Secret, _, _) => Ok(plain),
        (_, Some(after), given) => {
            let values = match &parameter.values {
                Choices::Computed(condition) => Some(Expressions::condition(condition)),
                _ => None,
            };
            Ok(PlannedParameter { late: Some(Late { after: after.name.clone(), values, given }), ..plain })
        }
        (_, None, Some((value, origin))) => {
            check_value(parameter, &value).map_err(|why| format!("the parameter `{name}`: {why}"))?;
            Ok(PlannedParameter { value: Some(value), origin: Some(origin), ..plain })
        }
        (_, None, None) => Err(format!(
            "the parameter `{name}` is required: --param {name}=…, or STEPGATE_PARAM_{name}{}",
            parameter.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"))
        )),
    }
}

fn given(parameter: &Parameter, profile: &BTreeMap<String, String>, inputs: &Inputs) -> Option<(String, Origin)> {
    let name = parameter.name.as_str();
    let typed = inputs.params.iter().find(|(given, _)| given == name).map(|(_, value)| (value, Origin::CommandLine));
    typed
        .or_else(|| inputs.environment.get(name).map(|value| (value, Origin::Environment)))
        .or_else(|| inputs.recorded.get(name).map(|(value, origin)| (value, *origin)))
        .or_else(|| profile.get(name).map(|value| (value, Origin::Profile)))
        .or_else(|| inputs.asked.get(name).map(|value| (value, Origin::Terminal)))
        .or_else(|| parameter.default.as_ref().map(|(value, _)| (value, Origin::Default)))
        .map(|(value, origin)| (value.clone(), origin))
}

/// `--param` names a parameter of the runbook, once, and no secret one.
fn check_given(runbook: &Runbook, inputs: &Inputs) -> Vec<String> {
    let names = || runbook.params.iter().map(|parameter| parameter.name.as_str());
    let mut errors = Vec::new();
    for (at, (name, _)) in inputs.params.iter().enumerate() {
        match runbook.params.iter().find(|parameter| parameter.name == *name) {
            None => {
                let hint = nearest(name, names()).map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
                errors.push(format!("the runbook has no parameter `{name}`{hint}"));
            }
            Some(parameter) if parameter.kind == ParameterKind::Secret => errors.push(format!(
                "the parameter `{name}` is secret and cannot stand on a command line, which others can read: say in \
                 stepgate.toml where it comes from, or set STEPGATE_PARAM_{name}"
            )),
            Some(_) if inputs.params[..at].iter().any(|(before, _)| before == name) => {
                errors.push(format!("the parameter `{name}` is given twice"));
            }
            Some(_) => {}
        }
    }
    errors
}
