//! The heads of a run's record: what is run, by whom, of which plan.

use crate::event::{JOURNAL_FORMAT, Revision, RunStarted, StepHeader, StepKind};
use crate::hash::sha256;
use crate::plan::{Action, Inputs, Plan, PlannedStep, Selection};
use crate::runbook::{Gate, ParameterKind, Runbook};
use std::collections::BTreeMap;
use std::path::Path;

/// What a head is made of, beside the plan.
pub struct Facts<'a> {
    /// The run's id.
    pub run: &'a str,
    /// The runbook as it was read.
    pub runbook: &'a Runbook,
    /// Its real path.
    pub path: &'a Path,
    /// What was chosen.
    pub inputs: &'a Inputs,
    /// Who runs it, as `user@host`.
    pub operator: &'a str,
    /// What the command line changed.
    pub overrides: Vec<String>,
    /// What is left out.
    pub selection: Selection,
    /// Values of late parameters whose step is left out.
    pub early: &'a BTreeMap<String, String>,
    /// Where each secret came from, in words.
    pub secrets: &'a BTreeMap<String, String>,
}

/// The head of a new run.
pub fn run_started(plan: &Plan, facts: Facts<'_>) -> RunStarted {
    let Facts { run, runbook, path, inputs, operator, overrides, selection, early, secrets } = facts;
    let Revision {
        runbook_file: _,
        runbook_sha256,
        plan: hash,
        title,
        params,
        origins,
        declared,
        targets,
        given_targets,
        env,
        acceptance,
        steps,
    } = revision(plan, runbook, inputs, early);
    RunStarted {
        format: JOURNAL_FORMAT,
        stepgate: env!("CARGO_PKG_VERSION").to_owned(),
        run: run.to_owned(),
        runbook: runbook.source.name.clone(),
        runbook_path: path.display().to_string(),
        runbook_sha256,
        plan: hash,
        title,
        profile: plan.profile.clone(),
        operator: operator.to_owned(),
        directory: super::sessions::folder(path).display().to_string(),
        boot: super::environment::boot(),
        overrides,
        selection: selection.is_partial().then_some(selection),
        params,
        origins,
        declared,
        secrets: secrets.clone(),
        targets,
        given_targets,
        env,
        acceptance,
        steps,
    }
}

/// The command that reaches each target.
pub fn targets(plan: &Plan) -> BTreeMap<String, String> {
    plan.targets.iter().map(|(name, target)| (name.clone(), target.to_string())).collect()
}

/// What a head says of a plan. The file of the runbook's bytes is the caller's to name.
pub fn revision(plan: &Plan, runbook: &Runbook, inputs: &Inputs, early: &BTreeMap<String, String>) -> Revision {
    let origins = plan.parameters.iter().filter_map(|given| Some((given.name.clone(), given.origin?.into())));
    Revision {
        runbook_file: String::new(),
        runbook_sha256: sha256(runbook.source.text.as_bytes()),
        plan: plan.hash(),
        title: plan.title.clone(),
        params: params(plan, early),
        origins: origins.collect(),
        declared: plan.declared(),
        targets: targets(plan),
        given_targets: inputs.targets.iter().cloned().collect(),
        env: plan.env.clone(),
        acceptance: plan.acceptance.iter().map(|criterion| (criterion.id.clone(), criterion.text.clone())).collect(),
        steps: plan.steps.iter().map(step_header).collect(),
    }
}

/// The values that are given before the run, also those that the plan does not hold; of a secret only that there is one.
fn params(plan: &Plan, early: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = plan.parameters.iter().filter_map(|parameter| match parameter.kind {
        ParameterKind::Secret => Some((parameter.name.clone(), crate::engine::SECRET.to_owned())),
        _ => Some((parameter.name.clone(), parameter.value.clone()?)),
    });
    shown.chain(early.clone()).collect()
}

fn step_header(step: &PlannedStep) -> StepHeader {
    let (kind, target, gate) = match &step.action {
        Action::Shell(shell) => {
            let kind = if shell.interpreter.is_some() { StepKind::Interpreter } else { StepKind::Shell };
            (kind, Some(shell.target.clone()), shell.gate)
        }
        Action::Assert { .. } => (StepKind::Assert, None, Gate::None),
        Action::Manual { .. } => (StepKind::Manual, None, Gate::None),
    };
    let (name, satisfies, sha256) = (step.name.clone(), step.satisfies.clone(), step.identity());
    let effect = step.shell().map(|shell| shell.effect);
    StepHeader { name, kind, target, gate, satisfies, always: step.always(), probe: step.probe(), effect, sha256 }
}
