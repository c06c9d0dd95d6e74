//! The evidence for a change ticket, on one page: what was done, why, by whom, when, agreed to by whom, where, with which
//! result, and how far the record of it can be believed.

use super::markdown::{code, inline, ticked};
use super::summary_quote::deviations;
use crate::audit::Finding;
use crate::event::{Agreement, RunStarted, RunState, agreements, criterion_rows, headline, part_words, step_rows};
use crate::runbook::Runbook;
use crate::text::{count, took};
use jiff::Timestamp;

/// What the page is made of.
pub struct Evidence<'a> {
    /// What is known of the run.
    pub state: &'a RunState,
    /// How far its record can be believed.
    pub finding: &'a Finding,
    /// The runbook as it was planned last, if this version of stepgate can read it.
    pub runbook: Option<&'a Runbook>,
}

/// The page as Markdown.
pub fn evidence(evidence: &Evidence<'_>) -> String {
    let Evidence { state, finding, runbook } = evidence;
    let Some(header) = state.header.as_deref() else {
        return "# Evidence\n\nNothing is recorded of this run.\n".to_owned();
    };
    let mut lines = vec![format!("# Evidence: {}", inline(&header.title)), String::new()];
    lines.extend(facts(state, header, finding, *runbook));
    lines.extend(acceptance(state));
    lines.extend(agreed(state));
    lines.extend(heading("Not as planned"));
    lines.extend(deviations(state));
    lines.extend(steps(state));
    lines.extend(chosen(state, header));
    lines.extend(believed(header, finding));
    lines.join("\n") + "\n"
}

fn heading(title: &str) -> [String; 3] {
    [String::new(), format!("## {title}"), String::new()]
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | ")).replace("|  |", "| |");
    let head_cells: Vec<_> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut lines = vec![line(&head_cells), format!("|{}", "---|".repeat(head.len()))];
    lines.extend(rows.map(|cells| line(&cells)));
    lines
}

/// A code span in a cell, which a bar would end all the same.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn facts(state: &RunState, header: &RunStarted, finding: &Finding, runbook: Option<&Runbook>) -> Vec<String> {
    let (words, after) = headline(state);
    let why = runbook.and_then(|runbook| runbook.description.as_deref()).unwrap_or("the runbook does not say");
    let owner = runbook.and_then(|runbook| runbook.owner.as_deref()).unwrap_or("not named");
    let mut people = vec![header.operator.clone()];
    people.extend(state.parts.iter().map(|part| part.by.clone()).filter(|by| *by != header.operator));
    people.dedup();
    let span = match (state.started, state.last) {
        (Some(started), Some(last)) => format!("{} to {}", moment(started), moment(last)),
        _ => "not recorded".to_owned(),
    };
    let waited = format!("{span}; under way {}, of it {} waiting for people", took(state.active), took(state.waited));
    let targets: Vec<_> = header.targets.iter().map(|(name, command)| cell(&format!("{name} = {command}"))).collect();
    let parts = state.parts.iter().flat_map(|part| &part.overrides);
    let given: Vec<_> = header.overrides.iter().chain(parts).map(|given| cell(given)).collect();
    let mut tools = vec![header.stepgate.clone()];
    tools.extend(state.parts.iter().map(|part| part.stepgate.clone()));
    tools.dedup();
    let signers = if finding.signers.is_empty() { "nobody".to_owned() } else { finding.signers.join(", ") };
    let head = finding.head.map_or_else(|| "none".to_owned(), |head| cell(&head.hex()));
    let rows = [
        ("Result", format!("**{}**{}", inline(&words), inline(&after))),
        ("What", format!("{}, sha256 {}", cell(&header.runbook), cell(&header.runbook_sha256.hex()))),
        ("Plan", cell(&header.plan.hex())),
        ("Why", inline(why)),
        ("Owner of the procedure", inline(owner)),
        ("Who", inline(&people.join(", "))),
        ("When", waited),
        ("Where", targets.join(", ")),
        ("Given beforehand", given.join(", ")),
        ("Profile", header.profile.as_deref().map_or_else(|| "none".to_owned(), inline)),
        ("Run", cell(&header.run)),
        ("Record", format!("{}, {}, head {head}", finding.word(), count(finding.records as usize, "record"))),
        ("Signed by", inline(&signers)),
        ("Tool", format!("stepgate {}, journal format {}", inline(&tools.join(", ")), header.format)),
    ];
    table(&["", ""], rows.into_iter().map(|(what, text)| vec![what.to_owned(), text]))
}

fn acceptance(state: &RunState) -> Vec<String> {
    let rows = criterion_rows(state);
    let mut lines = heading("Acceptance").to_vec();
    if rows.is_empty() {
        lines.push("The runbook names no criteria.".to_owned());
        return lines;
    }
    let cells = rows.into_iter().map(|row| {
        let by = row.steps.iter().map(|step| cell(step)).collect::<Vec<_>>().join(", ");
        vec![inline(&row.id), inline(&row.text), row.verdict.as_str().to_owned(), by]
    });
    lines.extend(table(&["criterion", "what", "verdict", "by"], cells));
    lines
}

fn agreed(state: &RunState) -> Vec<String> {
    let mut lines = heading("Agreed to").to_vec();
    let all = agreements(state);
    if all.is_empty() {
        lines.push("No step asked for anybody's agreement.".to_owned());
        return lines;
    }
    let cells = all.into_iter().map(|Agreement { step, asked, answer, by, at, through, note }| {
        let note = note.map(|note| inline(&note)).unwrap_or_default();
        vec![cell(&step), asked.to_owned(), answer.to_owned(), inline(&by), moment(at), through.to_owned(), note]
    });
    lines.extend(table(&["step", "asked", "answer", "by", "at", "through", "note"], cells));
    lines
}

fn steps(state: &RunState) -> Vec<String> {
    let mut lines = heading("Steps").to_vec();
    let cells = step_rows(state).into_iter().zip(state.steps()).map(|(row, step)| {
        let hash = |stream: Option<&crate::hash::Hash256>| stream.map(|hash| cell(&hash.short())).unwrap_or_default();
        let outcome = step.outcome.as_ref();
        let at = step.started.map(moment).unwrap_or_default();
        let stdout = hash(outcome.and_then(|outcome| outcome.stdout.sha256.as_ref()));
        vec![cell(&row.name), inline(&row.place), inline(&row.result), at, row.took, stdout, inline(&row.note)]
    });
    lines.extend(table(&["step", "on", "result", "began", "took", "output", "note"], cells));
    lines
}

/// What was given, and in which parts the run went.
fn chosen(state: &RunState, header: &RunStarted) -> Vec<String> {
    let mut lines = heading("Parameters").to_vec();
    if state.params.is_empty() {
        lines.push("none".to_owned());
    }
    lines.extend(state.params.iter().map(|(name, value)| format!("- {}", code(&format!("{name}={value}")))));
    lines.extend(header.secrets.iter().map(|(name, source)| format!("- {} {}", code(name), inline(source))));
    if !state.parts.is_empty() {
        lines.extend(heading("Parts"));
        lines.extend(state.parts.iter().map(|part| format!("- {}", inline(&part_words(part)))));
    }
    lines
}

fn believed(header: &RunStarted, finding: &Finding) -> Vec<String> {
    let mut lines = heading("How far the record can be believed").to_vec();
    lines.push(format!("It reaches the level **{}**.", finding.word()));
    let list = |title: &str, all: Vec<&String>| match all.is_empty() {
        true => Vec::new(),
        false => [
            vec![String::new(), title.to_owned(), String::new()],
            all.into_iter().map(|words| format!("- {}", ticked(words))).collect(),
        ]
        .concat(),
    };
    lines.extend(list("Against it speaks:", finding.doubts.iter().map(|doubt| &doubt.words).collect()));
    lines.extend(list("Not checked:", finding.unchecked.iter().collect()));
    let commands = format!("stepgate audit verify {0}\nstepgate log {0}", header.run);
    lines.extend([
        String::new(),
        "Look yourself, in the store or in the exported file that this page came with:".to_owned(),
        String::new(),
    ]);
    lines.extend(["```console".to_owned()]);
    lines.extend(commands.lines().map(|line| format!("$ {line}")));
    lines.push("```".to_owned());
    lines
}
