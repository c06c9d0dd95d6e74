//! What can be done after a run, as commands to copy. No answer is repeated for the operator: a deed and a yes were
//! for this run.

use super::args;
use crate::event::{RunState, RunVerdict, Status, StepState, WaitsFor};
use crate::runbook::Gate;
use crate::text::quote_word;
use std::path::{Path, PathBuf};

/// What the hints depend on.
pub struct Hints<'a> {
    /// `--store`.
    pub store: Option<&'a PathBuf>,
    /// Whether `--write-back` was given.
    pub write_back: bool,
    /// How the run was started, if it keeps no record and so cannot be resumed.
    pub ephemeral: Option<&'a args::Run>,
}

impl Hints<'_> {
    /// The `--store` of a command, with its blank.
    pub fn store_option(&self) -> String {
        store_option(self.store.map(PathBuf::as_path))
    }
}

/// Lines for the operator: what happened in full, and what to type next.
pub fn steps(state: &RunState, hints: &Hints<'_>) -> Vec<String> {
    let mut lines = doubts(state);
    let commands = match hints.ephemeral {
        Some(options) => once_more(state, options),
        None => of_the_record(state, hints),
    };
    lines.extend(commands.into_iter().flat_map(|(words, command)| [format!("# {words}"), command]));
    lines
}

/// That a run which has not closed was not written back, if that was asked for.
pub fn not_written_back(state: &RunState, hints: &Hints<'_>) -> Vec<String> {
    let Some(header) = state.header.as_ref().filter(|_| hints.write_back) else { return Vec::new() };
    let resume = format!("stepgate resume {} --write-back{}", header.run, hints.store_option());
    vec![format!("not written back: the run has not closed; {resume} goes on with it")]
}

/// The `--store` of a command, with its blank.
pub fn store_option(store: Option<&Path>) -> String {
    store.map_or_else(String::new, |store| format!(" --store {}", quote_word(&store.display().to_string())))
}

fn doubts(state: &RunState) -> Vec<String> {
    let doubted = state.steps().filter(|step| step.status == Status::InDoubt);
    let words = |step: &StepState| {
        format!("# {} is in doubt: look at its target whether it happened, before anything else is run", step.instance)
    };
    doubted.map(words).collect()
}

/// Commands that read the record or go on with the run.
fn of_the_record(state: &RunState, hints: &Hints<'_>) -> Vec<(String, String)> {
    let run = state.header.as_ref().map_or("", |header| &header.run);
    let store = hints.store_option();
    let mut commands = vec![("what happened, step by step".to_owned(), format!("stepgate log {run}{store}"))];
    let store = if hints.write_back { format!(" --write-back{store}") } else { store };
    let words = match state.verdict() {
        RunVerdict::Passed | RunVerdict::Partial => return commands,
        RunVerdict::Interrupted if state.seal.is_some() => return commands,
        RunVerdict::Failed => "when its reason is gone: what passed is not run again",
        RunVerdict::InDoubt => "when you know: happened, not-happened, rerun or abort",
        _ => "go on: what passed is not run again",
    };
    if let Some(suspension) = state.suspended.as_ref().filter(|it| it.waits_for == WaitsFor::Secret) {
        let name = suspension.parameter.as_deref().unwrap_or_default();
        commands.push((
            format!("with STEPGATE_PARAM_{name} set, or at a terminal, where it is asked for"),
            format!("stepgate resume {run}{store}"),
        ));
        return commands;
    }
    commands.push((words.to_owned(), format!("stepgate resume {run}{}{store}", answer_to(state))));
    commands
}

/// What a run without a record can do.
fn once_more(state: &RunState, options: &args::Run) -> Vec<(String, String)> {
    let file = quote_word(&options.file.display().to_string());
    let again = format!("stepgate run {file}{} --ephemeral", chosen(&options.chosen));
    let answer = answer_to(state);
    let Some(step) = stopped_at(state) else { return Vec::new() };
    let mut commands = Vec::new();
    if state.steps().next().is_none_or(|first| first.instance != step.instance) {
        let words = "from there on: a partial run, without what earlier steps captured";
        commands.push((words.to_owned(), format!("{again} --from {}{answer}", step.instance.name)));
    }
    commands.push(("from the top: every step runs again".to_owned(), format!("{again}{answer}")));
    commands
}

/// The step at which the run stopped, if it stopped at one.
fn stopped_at(state: &RunState) -> Option<&StepState> {
    match (state.verdict(), &state.suspended) {
        (RunVerdict::Suspended, Some(suspension)) => state.instance(&suspension.step),
        (RunVerdict::Failed, _) => state.steps().find(|step| step.status == Status::Failed && !step.header.always),
        _ => None,
    }
}

/// The option that answers what the run stopped for.
fn answer_to(state: &RunState) -> String {
    let decide = |step: &StepState| format!(" --decide {}=WHAT --reason 'HOW YOU KNOW'", step.instance.name);
    let undecided = state.steps().find(|step| step.status == Status::InDoubt || step.wants_decision());
    match (&state.suspended, undecided) {
        (_, Some(step)) => decide(step),
        (Some(suspension), None) => match &suspension.parameter {
            Some(name) if suspension.waits_for == WaitsFor::Parameter => format!(" --param {name}=VALUE"),
            _ => answer(state, &suspension.step.name, suspension.waits_for),
        },
        (None, None) => String::new(),
    }
}

fn answer(state: &RunState, step: &str, waits_for: WaitsFor) -> String {
    let typed = state.step(step).is_some_and(|step| step.header.gate == Gate::Type);
    match waits_for {
        WaitsFor::Manual => format!(" --answer {step}=done"),
        WaitsFor::Gate if typed => format!(" --confirm {step}=PHRASE"),
        WaitsFor::Gate => format!(" --confirm {step}"),
        WaitsFor::Parameter | WaitsFor::Secret | WaitsFor::Failure | WaitsFor::Decision => String::new(),
    }
}

/// What was chosen for the plan, which is the same plan only with it.
fn chosen(chosen: &args::Chosen) -> String {
    let profile = chosen.profile.iter().map(|profile| format!(" --profile {}", quote_word(profile)));
    let params = chosen.param.iter().map(|param| format!(" --param {}", quote_word(param)));
    let targets = chosen.target.iter().map(|target| format!(" --target {}", quote_word(target)));
    profile.chain(params).chain(targets).collect()
}
