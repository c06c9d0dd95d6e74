//! The summary under the first heading: did it work, what was not as planned, what proves which criterion, who
//! agreed to what.

use super::markdown::{code, inline};
use crate::event::{RunStarted, RunState, criterion_rows, deviation_words, headline, part_words, step_rows};

/// The lines of the summary's quote.
pub fn lines(state: &RunState, journal: &str) -> Vec<String> {
    let Some(header) = &state.header else { return vec!["**Nothing is recorded of this run.**".to_owned()] };
    let mut lines = vec![verdict_line(state, header), String::new(), identity_line(header, journal), String::new()];
    lines.extend(deviations(state));
    lines.extend(parts(state));
    if let Some(selection) = &header.selection {
        let from = selection.from.iter().map(|name| format!("--from {name}"));
        let to = selection.to.iter().map(|name| format!("--to {name}"));
        let only = selection.only.iter().map(|name| format!("--only {name}"));
        let chosen: Vec<_> = from.chain(to).chain(only).collect();
        lines.extend([String::new(), format!("**Partial run, no evidence:** {}", code(&chosen.join(" ")))]);
    }
    if !header.overrides.is_empty() {
        let overrides: Vec<_> = header.overrides.iter().map(|text| code(text)).collect();
        lines.extend([String::new(), format!("**Overrides:** {}", overrides.join(", "))]);
    }
    lines.extend(listed("Targets", header.targets.iter().map(|(name, command)| format!("{name} = {command}"))));
    if !state.left_running.is_empty() {
        let left = state.left_running.iter().map(|process| format!("{} {}", process.pid, code(&process.command)));
        let left: Vec<_> = left.collect();
        lines.extend([String::new(), format!("**Left running:** {}", left.join(", "))]);
    }
    lines.push(String::new());
    lines.extend(["| step | on | result | took | gate, note |", "|---|---|---|---|---|"].map(str::to_owned));
    for row in step_rows(state) {
        let cells = [row.name, row.place, row.result, row.took, row.note].map(|cell| inline(&cell));
        lines.push(format!("| {} |", cells.join(" | ")).replace("  |", " |"));
    }
    let criteria = criterion_rows(state);
    if !criteria.is_empty() {
        lines.push(String::new());
        lines.extend(["| criterion | verdict | proved by |", "|---|---|---|"].map(str::to_owned));
        for row in criteria {
            let by = row.steps.iter().map(|name| inline(name)).collect::<Vec<_>>().join(", ");
            lines.push(format!("| {} {} | {} | {by} |", inline(&row.id), inline(&row.text), row.verdict.as_str()));
        }
    }
    lines.extend(listed("Parameters", state.params.iter().map(|(name, value)| format!("{name}={value}"))));
    let secrets = header.secrets.iter().map(|(name, source)| format!("{name} {source}"));
    lines.extend(listed("Secrets", secrets));
    lines
}

/// A paragraph with a list in it; nothing if it has none.
fn listed(title: &str, items: impl Iterator<Item = String>) -> Vec<String> {
    let items: Vec<_> = items.map(|item| code(&item)).collect();
    match items.is_empty() {
        true => Vec::new(),
        false => vec![String::new(), format!("**{title}:** {}", items.join(", "))],
    }
}

fn verdict_line(state: &RunState, header: &RunStarted) -> String {
    let (words, after) = headline(state);
    let span = match (state.started, state.last) {
        (Some(started), Some(last)) => {
            let end =
                if started.strftime("%F").to_string() == last.strftime("%F").to_string() { "%T" } else { "%F %T" };
            format!("{} to {} UTC", started.strftime("%F %T"), last.strftime(end))
        }
        _ => String::new(),
    };
    format!("**{}**{} · {span} · {}", inline(&words), inline(&after), inline(&header.operator))
}

fn identity_line(header: &RunStarted, journal: &str) -> String {
    let profile = header.profile.as_ref().map_or_else(String::new, |profile| format!(" · profile {}", code(profile)));
    format!("run `{}` · plan `{}`{profile} · journal {journal}", header.run, header.plan)
}

/// What was not as planned, as a list.
pub fn deviations(state: &RunState) -> Vec<String> {
    let all: Vec<_> = state.deviations().collect();
    if all.is_empty() {
        return vec!["**Deviations:** none.".to_owned()];
    }
    let mut lines = vec![format!("**Deviations:** {}", all.len()), String::new()];
    for (step, deviation) in all {
        let reason = if deviation.reason.is_empty() { "no reason recorded" } else { &deviation.reason };
        lines.push(format!(
            "- {} {} {} at {}: \"{}\"",
            code(&step.to_string()),
            deviation_words(deviation.kind),
            inline(&deviation.by),
            deviation.at.strftime("%F %T"),
            inline(reason)
        ));
    }
    lines
}

/// The parts in which the run went on, and what else a reader should know of the record.
fn parts(state: &RunState) -> Vec<String> {
    let mut lines: Vec<_> = state.parts.iter().map(|part| format!("- {}", inline(&part_words(part)))).collect();
    lines.extend(state.earlier_seals.iter().map(|(verdict, head)| {
        format!("- it had closed as {} before, head `{head}`, and was opened again", verdict.as_str())
    }));
    if state.repaired > 0 {
        lines.push(format!("- {} bytes that a crash had cut off were taken out of the journal", state.repaired));
    }
    if state.runbook_changed {
        lines.push("- the runbook's file was changed meanwhile; what was planned is what was run".to_owned());
    }
    match lines.is_empty() {
        true => lines,
        false => [vec![String::new(), "**Parts:**".to_owned(), String::new()], lines].concat(),
    }
}
