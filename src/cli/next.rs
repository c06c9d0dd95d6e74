//! What can be done after a run, as commands to copy.

use super::args;
use crate::event::{RunState, RunVerdict, Status, WaitsFor};
use crate::runbook::Gate;
use crate::text::quote_word;

/// Lines for the operator: what happened in full, and what to type next.
pub fn steps(state: &RunState, options: &args::Run) -> Vec<String> {
    let run = state.header.as_ref().map_or("", |header| &header.run);
    let file = quote_word(&options.file.display().to_string());
    let store = options
        .store
        .as_ref()
        .map_or_else(String::new, |store| format!(" --store {}", quote_word(&store.display().to_string())));
    let mut commands = Vec::new();
    if !options.ephemeral {
        commands.push((format!("stepgate log {run}{store}"), "what happened, step by step"));
    }
    let again = format!("stepgate run {file}{store}{}", given(options));
    match state.verdict() {
        RunVerdict::Suspended => {
            let answer =
                state.suspended.as_ref().map(|suspension| answer(state, &suspension.step.name, suspension.waits_for));
            commands.push((
                format!("{again} {}", answer.unwrap_or_default()),
                "run it again with that answer, or at a terminal",
            ));
        }
        RunVerdict::Failed => {
            commands.push((again.clone(), "from the start, once the cause is mended"));
            if let Some(failed) = state.steps.iter().find(|step| step.status == Status::Failed && !step.header.always) {
                let words = "from there on: partial, no evidence, without what earlier steps captured";
                commands.push((format!("{again} --from {}", failed.instance.name), words));
            }
        }
        _ => {}
    }
    let width = commands.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    let mut lines: Vec<_> = commands.iter().map(|(command, words)| format!("  {command:width$}  {words}")).collect();
    if state.steps.iter().any(|step| step.status == Status::InDoubt) {
        lines.insert(
            0,
            "a step is in doubt: look at its target whether it happened, before anything else is run".to_owned(),
        );
    }
    lines
}

/// The answers that were given, to be given again.
fn given(options: &args::Run) -> String {
    let confirmed = options.confirm.iter().map(|text| format!(" --confirm {}", quote_word(text)));
    let answered = options.answer.iter().map(|text| format!(" --answer {}", quote_word(text)));
    let yes = options.yes.then(|| " --yes".to_owned());
    confirmed.chain(answered).chain(yes).collect()
}

fn answer(state: &RunState, step: &str, waits_for: WaitsFor) -> String {
    let typed = state.step(step).is_some_and(|step| step.header.gate == Gate::Type);
    match waits_for {
        WaitsFor::Manual => format!("--answer {step}=done"),
        WaitsFor::Gate if typed => format!("--confirm {step}=PHRASE"),
        WaitsFor::Gate => format!("--confirm {step}"),
    }
}
