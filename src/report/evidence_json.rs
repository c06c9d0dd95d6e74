//! The evidence for a change ticket, for programs; see `docs/audit.md`.

use super::run_json::{RunJson, run_json};
use crate::audit::Finding;
use crate::event::{Agreement, RunState, agreements};
use crate::hash::Hash256;
use crate::runbook::Runbook;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of this record's keys.
const FORMAT: u32 = 1;

/// What an auditor asks for, with stable keys.
#[derive(Debug, Serialize)]
pub struct EvidenceJson<'a> {
    evidence: u32,
    title: &'a str,
    /// Why: what the runbook says that it is for.
    description: Option<&'a str>,
    owner: Option<&'a str>,
    runbook_sha256: &'a Hash256,
    directory: &'a str,
    /// Where: the command that reaches each target.
    targets: &'a BTreeMap<String, String>,
    overrides: &'a [String],
    secrets: &'a BTreeMap<String, String>,
    agreements: Vec<Agreement>,
    /// Each version of stepgate that wrote a part of the record.
    stepgate: Vec<&'a str>,
    journal_format: u32,
    run: RunJson<'a>,
    record: &'a Finding,
}

/// The evidence of a run; `None` before its first event. `runbook` is none if this version cannot read it.
pub fn evidence_json<'a>(
    state: &'a RunState,
    finding: &'a Finding,
    runbook: Option<&'a Runbook>,
) -> Option<EvidenceJson<'a>> {
    let header = state.header.as_deref()?;
    let mut stepgate = vec![header.stepgate.as_str()];
    stepgate.extend(state.parts.iter().map(|part| part.stepgate.as_str()));
    stepgate.dedup();
    Some(EvidenceJson {
        evidence: FORMAT,
        title: &header.title,
        description: runbook.and_then(|runbook| runbook.description.as_deref()),
        owner: runbook.and_then(|runbook| runbook.owner.as_deref()),
        runbook_sha256: &header.runbook_sha256,
        directory: &header.directory,
        targets: &header.targets,
        overrides: &header.overrides,
        secrets: &state.secrets,
        agreements: agreements(state),
        stepgate,
        journal_format: header.format,
        run: run_json(state)?,
        record: finding,
    })
}
