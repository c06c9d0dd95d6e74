//! Where the values of secret parameters come from: fetched after the plan was shown, and kept in memory only.

use super::error::Failure;
use super::prompt::ask_hidden;
use super::secret_value;
use super::terminal::{Terminal, eprint_line};
use crate::config::{Config, SecretSource};
use crate::plan::{Plan, check_value};
use crate::redact::Redactor;
use crate::runbook::ParameterKind;
use std::collections::BTreeMap;
use std::path::Path;

/// The values of a run's secret parameters, and where each came from, in words.
#[derive(Default)]
pub struct Secrets {
    /// By name.
    pub values: BTreeMap<String, String>,
    /// By name, such as `from the environment variable PGPASSWORD`.
    pub sources: BTreeMap<String, String>,
}

/// The environment variables that supply secrets, which no session may see.
pub fn suppliers(config: &Config) -> Vec<String> {
    let profiles = config.profiles.values().flat_map(|profile| profile.secrets.values());
    let sources = config.secrets.values().chain(profiles);
    let names = sources.filter_map(|source| match source {
        SecretSource::Environment(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// The secret parameters that a chosen step names.
pub fn wanted<'p>(plan: &'p Plan, chosen: &[bool]) -> Vec<&'p crate::plan::PlannedParameter> {
    let scripts: Vec<&str> = plan
        .steps
        .iter()
        .zip(chosen)
        .filter(|(step, chosen)| **chosen || step.probe())
        .filter_map(|(step, _)| step.shell().map(|shell| shell.script.as_str()))
        .collect();
    let named = |name: &str| scripts.iter().any(|script| script.contains(name));
    let secret = |parameter: &&crate::plan::PlannedParameter| parameter.kind == ParameterKind::Secret;
    plan.parameters.iter().filter(secret).filter(|parameter| named(&parameter.name)).collect()
}

/// Fetches what `wanted` names and tells `redactor` of each value.
///
/// # Errors
///
/// If one cannot be had, in words that do not hold it.
pub fn fetch(
    wanted: &[&crate::plan::PlannedParameter],
    config: &Config,
    profile: Option<&str>,
    ask: bool,
    redactor: &Redactor,
    terminal: &Terminal,
) -> Result<Secrets, Failure> {
    let mut secrets = Secrets::default();
    let folder = config.path.as_ref().and_then(|path| path.parent()).unwrap_or(Path::new(".")).to_owned();
    for parameter in wanted {
        let name = &parameter.name;
        let source = source_of(name, config, profile, ask).ok_or_else(|| {
            Failure::usage(format!("nothing says where the secret `{name}` comes from"))
                .hint(format!("say it in stepgate.toml under [secrets], or set STEPGATE_PARAM_{name}; nothing was run"))
        })?;
        let failed = |why: String| Failure::usage(why).hint("nothing was run");
        let mut hidden = |name: &str| {
            let words = format!("  {name} (not shown):");
            terminal.is_interactive().then(|| ask_hidden(&words)).flatten()
        };
        let environment = |variable: &str| std::env::var_os(variable);
        let fetched = secret_value::fetch(name, &source, &folder, &mut hidden, &environment).map_err(failed)?;
        if let Some(warning) = &fetched.warning {
            eprint_line(&format!("warning: {warning}"));
        }
        let value = fetched.value;
        check_value(&parameter.declared, &value)
            .map_err(|why| Failure::usage(format!("the secret `{name}`: {why}")))?;
        redactor.add(name, &value).map_err(|error| Failure::usage(error.to_string()))?;
        secrets.sources.insert(name.clone(), source.to_string());
        secrets.values.insert(name.clone(), value);
    }
    for warning in redactor.warnings() {
        eprint_line(&format!("warning: {warning}"));
    }
    Ok(secrets)
}

fn source_of(name: &str, config: &Config, profile: Option<&str>, ask: bool) -> Option<SecretSource> {
    let variable = format!("STEPGATE_PARAM_{name}");
    if std::env::var_os(&variable).is_some() {
        return Some(SecretSource::Environment(variable));
    }
    let profile = profile.and_then(|profile| config.profiles.get(profile));
    let declared = profile.and_then(|profile| profile.secrets.get(name)).or_else(|| config.secrets.get(name));
    declared.cloned().or_else(|| ask.then_some(SecretSource::Prompt))
}
