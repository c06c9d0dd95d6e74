//! What stands at the head of a journal, and at the head of each part in which its run goes on.

use super::changes::MASK;
use super::model::Channel;
use crate::hash::{Hash256, sha256};
use crate::plan::{Action, Inputs, Plan, PlannedStep, Selection};
use crate::runbook::{Effect, Gate, ParameterKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What stands at the head of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// [`JOURNAL_FORMAT`].
    pub format: u32,
    /// The version of stepgate.
    pub stepgate: String,
    /// The run's id.
    pub run: String,
    /// The runbook's path as it was given.
    pub runbook: String,
    /// The runbook's real path, which its lock is taken on.
    pub runbook_path: String,
    /// The hash of the runbook's bytes, which the store keeps.
    pub runbook_sha256: Hash256,
    /// The identity of the plan.
    pub plan: Hash256,
    /// The runbook's title.
    pub title: String,
    /// The profile, if one was chosen.
    pub profile: Option<String>,
    /// Who runs it, as `user@host`.
    pub operator: String,
    /// The folder that a local session starts in.
    pub directory: String,
    /// The machine's boot, as its kernel names it.
    #[serde(default)]
    pub boot: String,
    /// What the command line changed, such as `--yes`.
    pub overrides: Vec<String>,
    /// What is left out, if the run is partial.
    pub selection: Option<Selection>,
    /// Values of the parameters that are given before the run, `[secret]` for a secret one.
    pub params: BTreeMap<String, String>,
    /// Who gave each of them its value, and each of `late`.
    #[serde(default)]
    pub origins: BTreeMap<String, Channel>,
    /// Values that were given beforehand to parameters which are asked for behind a step.
    #[serde(default)]
    pub late: BTreeMap<String, String>,
    /// The steps that are chosen, if the run is partial.
    #[serde(default)]
    pub chosen: Vec<String>,
    /// The identity of the parameters' types, and of the steps behind which they are asked for.
    #[serde(default)]
    pub declared: Hash256,
    /// Where each secret came from, in words.
    pub secrets: BTreeMap<String, String>,
    /// The command that reaches each target.
    pub targets: BTreeMap<String, String>,
    /// The commands that `--target` gave, as they were typed.
    #[serde(default)]
    pub given_targets: BTreeMap<String, String>,
    /// What is set on every target.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Id and text of each criterion, in the author's order.
    pub acceptance: Vec<(String, String)>,
    /// Every step of the plan, in order.
    pub steps: Vec<Arc<StepHeader>>,
}

/// What stands at the head of each later part of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResumed {
    /// Which part this is: 2 for the first that is resumed.
    pub part: u32,
    /// The version of stepgate.
    pub stepgate: String,
    /// Who resumes it, as `user@host`.
    pub operator: String,
    /// The machine's boot, as its kernel names it.
    pub boot: String,
    /// Milliseconds by the machine's clock since the last record; less than 0 if that was set back.
    pub gap_ms: i64,
    /// What the command line changed, such as `--yes`.
    pub overrides: Vec<String>,
    /// Where each secret came from, in words.
    pub secrets: BTreeMap<String, String>,
    /// What had changed since and was accepted, in words: `step save`, `target master`.
    pub accepted: Vec<String>,
    /// What had changed since and does not count for what is still to run, in words.
    #[serde(default)]
    pub noted: Vec<String>,
    /// The plan from here on, if it is another one.
    pub revision: Option<Box<Revision>>,
}

/// What of the head is otherwise from here on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// The file below the run's folder that holds the runbook's bytes.
    pub runbook_file: String,
    /// Their hash.
    pub runbook_sha256: Hash256,
    /// The identity of the plan.
    pub plan: Hash256,
    /// The runbook's title.
    pub title: String,
    /// Values of the parameters that are given before the run, `[secret]` for a secret one.
    pub params: BTreeMap<String, String>,
    /// Who gave each of them its value, and each of `late`.
    pub origins: BTreeMap<String, Channel>,
    /// Values that were given beforehand to parameters which are asked for behind a step.
    pub late: BTreeMap<String, String>,
    /// The steps that are chosen, if the run is partial.
    pub chosen: Vec<String>,
    /// The identity of the parameters' types, and of the steps behind which they are asked for.
    pub declared: Hash256,
    /// The command that reaches each target.
    pub targets: BTreeMap<String, String>,
    /// The commands that `--target` gave, as they were typed.
    pub given_targets: BTreeMap<String, String>,
    /// What is set on every target.
    pub env: BTreeMap<String, String>,
    /// Id and text of each criterion, in the author's order.
    pub acceptance: Vec<(String, String)>,
    /// Every step of the plan, in order.
    pub steps: Vec<Arc<StepHeader>>,
}

impl Revision {
    /// What a head says of `plan`, which was made of the runbook's bytes `text` and of `inputs`. `early` holds the values
    /// of late parameters whose step is left out. The file that keeps the bytes is the caller's to name.
    /// If `known` is the head of the very same plan, its steps are not described once more.
    pub fn of(
        plan: &Plan,
        text: &[u8],
        inputs: &Inputs,
        early: &BTreeMap<String, String>,
        chosen: &[bool],
        known: Option<&RunStarted>,
    ) -> Self {
        let hash = plan.hash();
        let steps = match known.filter(|known| known.plan == hash) {
            Some(known) => known.steps.clone(),
            None => plan.steps.iter().map(StepHeader::of).map(Arc::new).collect(),
        };
        let origins = plan.parameters.iter().filter_map(|given| Some((given.name.clone(), given.origin?.into())));
        let late =
            plan.parameters.iter().filter_map(|late| Some((late.name.clone(), late.late.as_ref()?.given.clone()?)));
        let late: Vec<_> = late.filter(|(name, _)| !early.contains_key(name)).collect();
        let partial = plan.steps.iter().zip(chosen).any(|(step, chosen)| !chosen && !step.probe());
        let named = plan.steps.iter().zip(chosen).filter(|(_, chosen)| partial && **chosen);
        let acceptance = plan.acceptance.iter().map(|criterion| (criterion.id.clone(), criterion.text.clone()));
        Self {
            runbook_file: String::new(),
            runbook_sha256: sha256(text),
            plan: hash,
            title: plan.title.clone(),
            params: params(plan, early),
            origins: origins.chain(late.iter().map(|(name, (_, origin))| (name.clone(), (*origin).into()))).collect(),
            late: late.into_iter().map(|(name, (value, _))| (name, value)).collect(),
            chosen: named.map(|(step, _)| step.name.clone()).collect(),
            declared: plan.declared(),
            targets: plan.targets.iter().map(|(name, target)| (name.clone(), target.to_string())).collect(),
            given_targets: inputs.targets.iter().cloned().collect(),
            env: plan.env.clone(),
            acceptance: acceptance.collect(),
            steps,
        }
    }
}

/// The values that are given before the run, also those that the plan does not hold; of a secret only that there is one.
fn params(plan: &Plan, early: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = plan.parameters.iter().filter_map(|parameter| match parameter.kind {
        ParameterKind::Secret => Some((parameter.name.clone(), MASK.to_owned())),
        _ => Some((parameter.name.clone(), parameter.value.clone()?)),
    });
    shown.chain(early.clone()).collect()
}

impl StepHeader {
    /// What a head says of a step.
    pub fn of(step: &PlannedStep) -> Self {
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
        Self { name, kind, target, gate, satisfies, always: step.always(), probe: step.probe(), effect, sha256 }
    }
}

impl RunStarted {
    /// The head of a run for tests of other rooms.
    #[cfg(test)]
    pub(crate) fn example(revision: Revision) -> Self {
        let mut header: Self = serde_json::from_value(serde_json::json!({
            "format": super::JOURNAL_FORMAT, "stepgate": "0", "run": "r", "runbook": "r.md", "runbook_path": "/r.md",
            "runbook_sha256": Hash256::ZERO, "plan": Hash256::ZERO, "title": "", "profile": null, "operator": "a@b", "directory": "/",
            "overrides": [], "selection": null, "params": {}, "secrets": {}, "targets": {}, "acceptance": [], "steps": [],
        }))
        .expect("the keys of a head");
        header.revise(&revision);
        header
    }

    /// The head as it is from a revision on.
    pub fn revise(&mut self, revision: &Revision) {
        let Revision { runbook_sha256, plan, title, declared, .. } = revision.clone();
        (self.runbook_sha256, self.plan, self.title, self.declared) = (runbook_sha256, plan, title, declared);
        let Revision { params, origins, targets, given_targets, env, acceptance, steps, .. } = revision.clone();
        (self.late, self.chosen) = (revision.late.clone(), revision.chosen.clone());
        (self.params, self.origins, self.targets) = (params, origins, targets);
        (self.given_targets, self.env, self.acceptance, self.steps) = (given_targets, env, acceptance, steps);
    }
}

/// What a reader must know of a step without the runbook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepHeader {
    /// Its name.
    pub name: String,
    /// What kind of step it is.
    pub kind: StepKind,
    /// Where it runs; `None` for a manual step.
    pub target: Option<String>,
    /// Its gate.
    pub gate: Gate,
    /// The criteria that it proves.
    pub satisfies: Vec<String>,
    /// Whether it runs at the close only.
    pub always: bool,
    /// Whether it is a probe of other steps, with no result of its own.
    pub probe: bool,
    /// What it may do to the world; `None` for a manual step and an assertion.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// The identity of all that the plan says of it.
    #[serde(default)]
    pub sha256: Hash256,
}

/// What kind of step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// A script in a session's shell.
    Shell,
    /// A script of a program that is run inside the session.
    Interpreter,
    /// Expressions over earlier steps; nothing is run.
    Assert,
    /// Something a person does.
    Manual,
}
