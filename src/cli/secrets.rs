//! Where the values of secret parameters come from: fetched after the plan was shown, and kept in memory only.

use super::error::Failure;
use super::hidden::ask_hidden;
use super::secret_value::{self, Fetched};
use super::terminal::{Terminal, eprint_line};
use crate::config::{Config, SecretSource};
use crate::plan::{Plan, PlannedParameter, check_value};
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

/// The secret parameters that a chosen step needs, and the others.
pub fn needed<'p>(plan: &'p Plan, chosen: &[bool]) -> (Vec<&'p PlannedParameter>, Vec<&'p PlannedParameter>) {
    let steps = plan.steps.iter().zip(chosen).filter(|(step, chosen)| **chosen || step.probe());
    let steps: Vec<_> = steps.map(|(step, _)| step).collect();
    let secrets = plan.parameters.iter().filter(|parameter| parameter.kind == ParameterKind::Secret);
    secrets.partition(|parameter| {
        let choices = plan.parameters.iter().filter_map(|other| other.late.as_ref()?.values.as_ref());
        let mut choices = choices.map(|expressions| expressions.name(&parameter.name));
        steps.iter().any(|step| step.needs(&parameter.name)) || choices.any(|names| names)
    })
}

/// Where secrets are looked for.
pub struct Sources<'a> {
    /// What `stepgate.toml` says.
    pub config: &'a Config,
    /// The chosen profile.
    pub profile: Option<&'a str>,
    /// Whether a person may be asked.
    pub ask: bool,
    /// Where they are asked.
    pub terminal: &'a Terminal,
}

impl Sources<'_> {
    /// Fetches what `needed` names and tells `redactor` of each value.
    ///
    /// # Errors
    ///
    /// If one cannot be had, in words that do not hold it.
    pub fn fetch(&self, needed: &[&PlannedParameter], redactor: &Redactor) -> Result<Secrets, Failure> {
        let mut secrets = Secrets::default();
        for parameter in needed {
            let name = &parameter.name;
            let source = self.of(name).ok_or_else(|| {
                Failure::usage(format!("nothing says where the secret `{name}` comes from")).hint(format!(
                    "say it in stepgate.toml under [secrets], or set STEPGATE_PARAM_{name}; nothing was run"
                ))
            })?;
            let fetched =
                self.right_value(parameter, &source).map_err(|why| Failure::usage(why).hint("nothing was run"))?;
            if let Some(warning) = &fetched.warning {
                eprint_line(&format!("warning: {warning}"));
            }
            let value = fetched.value;
            redactor.add(name, &value).map_err(|error| Failure::usage(error.to_string()))?;
            secrets.sources.insert(name.clone(), source.to_string());
            secrets.values.insert(name.clone(), value);
        }
        for warning in redactor.warnings() {
            eprint_line(&format!("warning: {warning}"));
        }
        Ok(secrets)
    }

    /// The value of a variable that the record does not have; `None` if nobody gives it. `redactor` is told of it, if it is
    /// secret or a secret was in it.
    pub fn variable(&self, name: &str, redactor: Option<&Redactor>) -> Option<String> {
        let source = self.of(name)?;
        let value = self.value(name, &source).map_err(|why| eprint_line(&format!("note: {why}"))).ok()?.value;
        // One that cannot be looked for is blank or too long, and nobody was promised it.
        _ = redactor.map(|redactor| redactor.add(name, &value));
        Some(value).filter(|value| !value.is_empty())
    }

    /// Tells `redactor` of secrets as far as they can be had without asking anybody and without starting anything, also
    /// of those that no step of this run needs: what is shown or read from elsewhere could hold them.
    pub fn mask(&self, secrets: &[&PlannedParameter], redactor: &Redactor) {
        for parameter in secrets {
            let source = self.of(&parameter.name);
            let source = source.filter(|it| matches!(it, SecretSource::Environment(_) | SecretSource::File(_)));
            if let Some(fetched) = source.and_then(|source| self.value(&parameter.name, &source).ok()) {
                // One that cannot be looked for is blank or too long, and nobody was promised it.
                _ = redactor.add(&parameter.name, &fetched.value);
            }
        }
    }

    /// A value that the parameter may have. A person who mistyped it is asked again.
    fn right_value(&self, parameter: &PlannedParameter, source: &SecretSource) -> Result<Fetched, String> {
        loop {
            let fetched = self.value(&parameter.name, source)?;
            match check_value(&parameter.declared, &fetched.value) {
                Ok(_) => return Ok(fetched),
                Err(why) if *source == SecretSource::Prompt => eprint_line(&format!("  {why}")),
                Err(why) => return Err(format!("the secret `{}`: {why}", parameter.name)),
            }
        }
    }

    fn value(&self, name: &str, source: &SecretSource) -> Result<Fetched, String> {
        let folder = self.config.path.as_ref().and_then(|path| path.parent()).unwrap_or(Path::new("."));
        let mut hidden = |name: &str| {
            let words = format!("  {name} (not shown):");
            self.terminal.is_interactive().then(|| ask_hidden(&words)).flatten()
        };
        secret_value::fetch(name, source, folder, &mut hidden, &|variable: &str| std::env::var_os(variable))
    }

    fn of(&self, name: &str) -> Option<SecretSource> {
        let variable = format!("STEPGATE_PARAM_{name}");
        if std::env::var_os(&variable).is_some() {
            return Some(SecretSource::Environment(variable));
        }
        let profile = self.profile.and_then(|profile| self.config.profiles.get(profile));
        let declared = profile.and_then(|profile| profile.secrets.get(name)).or_else(|| self.config.secrets.get(name));
        declared.cloned().or_else(|| self.ask.then_some(SecretSource::Prompt))
    }
}
