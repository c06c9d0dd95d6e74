//! How a session on each target starts: with the operator's environment, less what no step may see.

use super::error::Failure;
use super::secrets::suppliers;
use crate::config::Config;
use crate::plan::Plan;
use crate::runbook::{Shell, Target};
use crate::shell::{Hurry, SessionConfig, ShellKind, local_environment, transport_environment};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// One configuration for each target of the plan.
pub fn sessions(plan: &Plan, config: &Config, runbook: &Path) -> Result<BTreeMap<String, SessionConfig>, Failure> {
    let environment = environment(plan, config);
    let one =
        |(name, target): (&String, &Target)| Ok((name.clone(), session(plan, config, runbook, target, &environment)));
    plan.targets.iter().map(one).collect()
}

/// Where a local session starts: the runbook's folder.
pub fn folder(runbook: &Path) -> PathBuf {
    runbook.parent().unwrap_or(Path::new("/")).to_owned()
}

fn session(
    plan: &Plan,
    config: &Config,
    runbook: &Path,
    target: &Target,
    environment: &[(OsString, OsString)],
) -> SessionConfig {
    let environment = environment.iter().cloned();
    SessionConfig {
        prefix: target.words.clone(),
        shell: match target.shell {
            Shell::Bash => ShellKind::Bash,
            Shell::Sh => ShellKind::Sh,
        },
        directory: folder(runbook),
        environment: match target.is_local() {
            true => local_environment(environment),
            false => transport_environment(environment),
        },
        assigned: plan.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        grace: config.limits.grace,
        drain: config.limits.drain,
        run: String::new(),
        hurry: Hurry::default(),
    }
}

/// The operator's environment less what supplies a secret or speaks to stepgate, and less the names of captures, parameters and secrets:
/// what it has under them could be mistaken for a value of the run.
fn environment(plan: &Plan, config: &Config) -> Vec<(OsString, OsString)> {
    let suppliers = suppliers(config);
    let own = |name: &OsStr| {
        let captured =
            plan.variables.iter().chain(&plan.secrets).chain(&suppliers).any(|variable| name == variable.as_str());
        captured || plan.parameters.iter().any(|parameter| name == parameter.name.as_str())
    };
    std::env::vars_os().filter(|(name, _)| !own(name)).collect()
}
