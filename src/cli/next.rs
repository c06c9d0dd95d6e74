//! What can be done after a run, as commands to copy. No answer is repeated for the operator: a deed and a yes were
//! for this run.

use super::args;
use crate::event::{RunState, RunVerdict, Status, WaitsFor};
use crate::runbook::Gate;
use crate::text::quote_word;

/// Lines for the operator: what happened in full, and what to type next.
pub fn steps(state: &RunState, options: &args::Run) -> Vec<String> {
    let run = state.header.as_ref().map_or("", |header| &header.run);
    let store = options
        .store
        .as_ref()
        .map_or_else(String::new, |store| format!(" --store {}", quote_word(&store.display().to_string())));
    let again =
        format!("stepgate run {}{}{store}", quote_word(&options.file.display().to_string()), chosen(&options.chosen));
    let mut lines = Vec::new();
    for step in state.steps.iter().filter(|step| step.status == Status::InDoubt) {
        let name = &step.instance;
        lines
            .push(format!("# {name} is in doubt: look at its target whether it happened, before anything else is run"));
    }
    let mut command = |words: &str, command: String| lines.extend([format!("# {words}"), command]);
    if !options.ephemeral {
        command("what happened, step by step", format!("stepgate log {run}{store}"));
    }
    let stopped = match (state.verdict(), &state.suspended) {
        (RunVerdict::Suspended, Some(suspension)) => {
            let answer = match &suspension.parameter {
                Some(name) => format!(" --param {name}=VALUE"),
                None => answer(state, &suspension.step.name, suspension.waits_for),
            };
            Some((suspension.step.name.clone(), answer))
        }
        (RunVerdict::Failed, _) => {
            let failed = state.steps.iter().find(|step| step.status == Status::Failed && !step.header.always);
            failed.map(|step| (step.instance.name.clone(), String::new()))
        }
        _ => None,
    };
    if let Some((step, answer)) = stopped {
        if state.steps.first().is_none_or(|first| first.instance.name != step) {
            let words = "from there on: a partial run, no evidence, without what earlier steps captured";
            command(words, format!("{again} --from {step}{answer}"));
        }
        command("from the top: every step runs again", format!("{again}{answer}"));
    }
    lines
}

/// What was chosen for the plan, which is the same plan only with it.
fn chosen(chosen: &args::Chosen) -> String {
    let profile = chosen.profile.iter().map(|profile| format!(" --profile {}", quote_word(profile)));
    let params = chosen.param.iter().map(|param| format!(" --param {}", quote_word(param)));
    let targets = chosen.target.iter().map(|target| format!(" --target {}", quote_word(target)));
    profile.chain(params).chain(targets).collect()
}

fn answer(state: &RunState, step: &str, waits_for: WaitsFor) -> String {
    let typed = state.step(step).is_some_and(|step| step.header.gate == Gate::Type);
    match waits_for {
        WaitsFor::Manual => format!(" --answer {step}=done"),
        WaitsFor::Gate if typed => format!(" --confirm {step}=PHRASE"),
        WaitsFor::Gate => format!(" --confirm {step}"),
        WaitsFor::Parameter => String::new(),
    }
}
