//! The summary under the first heading: did it work, what was not as planned, what proves which criterion, who
//! agreed to what.

use super::markdown::{code, inline, words};
use crate::event::{
    RunStarted, RunState, criterion_rows, headline, selection_words, span_words, step_rows, told_deviations, told_parts,
};

/// The lines of the summary's quote.
pub fn lines(state: &RunState, journal: &str) -> Vec<String> {
    let Some(header) = &state.header else { return vec!["**Nothing is recorded of this run.**".to_owned()] };
    let mut lines = vec![verdict_line(state, header), String::new(), identity_line(header, journal), String::new()];
    lines.extend(deviations(state));
    lines.extend(parts(state));
    if let Some(selection) = &header.selection {
        lines.extend([String::new(), format!("**Partial run, no evidence:** {}", code(&selection_words(selection)))]);
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
    let (verdict, after) = headline(state);
    let span = span_words(state);
    format!("**{}**{} · {span} · {}", inline(&verdict), inline(&after), inline(&header.operator))
}

fn identity_line(header: &RunStarted, journal: &str) -> String {
    let profile = header.profile.as_ref().map_or_else(String::new, |profile| format!(" · profile {}", code(profile)));
    format!("run `{}` · plan `{}`{profile} · journal {journal}", header.run, header.plan)
}

/// What was not as planned, as a list.
pub fn deviations(state: &RunState) -> Vec<String> {
    let all = told_deviations(state);
    if all.is_empty() {
        return vec!["**Deviations:** none.".to_owned()];
    }
    let mut lines = vec![format!("**Deviations:** {}", all.len()), String::new()];
    lines.extend(all.iter().map(|told| format!("- {}", words(told))));
    lines
}

/// The parts in which the run went on, and what else a reader should know of the record.
fn parts(state: &RunState) -> Vec<String> {
    let lines: Vec<_> = told_parts(state).iter().map(|told| format!("- {}", words(told))).collect();
    match lines.is_empty() {
        true => lines,
        false => [vec![String::new(), "**Parts:**".to_owned(), String::new()], lines].concat(),
    }
}
