//! The heads of a run's record: what is run, by whom, of which plan.

use crate::event::{JOURNAL_FORMAT, Revision, RunStarted};
use crate::plan::{Inputs, Plan, Selection};
use crate::runbook::Runbook;
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
    /// For each step of the plan whether it is chosen.
    pub chosen: &'a [bool],
    /// Values of late parameters whose step is left out.
    pub early: &'a BTreeMap<String, String>,
    /// Where each secret came from, in words.
    pub secrets: &'a BTreeMap<String, String>,
}

/// The head of a new run.
pub fn run_started(plan: &Plan, facts: Facts<'_>) -> RunStarted {
    let Facts { run, runbook, path, inputs, operator, overrides, selection, chosen, early, secrets } = facts;
    let Revision {
        runbook_file: _,
        runbook_sha256,
        plan: hash,
        title,
        params,
        origins,
        late,
        chosen: named,
        declared,
        targets,
        given_targets,
        env,
        acceptance,
        steps,
    } = Revision::of(plan, runbook.source.text.as_bytes(), inputs, early, chosen, None);
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
        late,
        chosen: named,
        declared,
        secrets: secrets.clone(),
        targets,
        given_targets,
        env,
        acceptance,
        steps,
    }
}
