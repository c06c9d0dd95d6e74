//! What stands above the steps: did it work, what was not as planned, what proves which criterion, when was what.

use super::body::Entry;
use super::given::{Given, given};
use super::page::Report;
use super::timeline::Chart;
use super::words::{WordsView, view};
use crate::event::{
    Doing, Piece, RunStarted, RunState, Status, StepState, criterion_rows, headline, selection_words, span_words,
    step_rows, told_deviations, told_parts,
};
use crate::page::step_anchor;
use crate::text::took;
use serde::Serialize;

/// All of it, as its template takes it.
#[derive(Debug, Serialize)]
pub struct Top<'a> {
    doubts: &'a [String],
    verdict: &'static str,
    words: String,
    after: String,
    name: String,
    description: Option<&'a str>,
    facts: Vec<TopFact>,
    journal: &'static str,
    head: Option<String>,
    contents: Vec<Entry>,
    deviations: Vec<WordsView>,
    deviations_count: usize,
    wrong: Vec<Row>,
    failed: Option<&'a str>,
    selection: Option<String>,
    parts: Vec<WordsView>,
    overrides: &'a [String],
    left_running: Vec<WordsView>,
    criteria: Vec<Criterion>,
    chart: Chart,
    rows: Vec<Row>,
    given: Vec<Given>,
    unreadable: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct TopFact {
    label: &'static str,
    text: String,
    code: bool,
}

#[derive(Debug, Serialize)]
struct Criterion {
    id: String,
    text: String,
    verdict: &'static str,
    steps: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Link {
    name: String,
    /// Where it stands on the page: each step does.
    anchor: String,
}

#[derive(Debug, Serialize)]
struct Row {
    #[serde(flatten)]
    link: Link,
    place: String,
    status: &'static str,
    result: String,
    began: String,
    ran: String,
    waited: String,
    note: String,
}

impl<'a> Top<'a> {
    /// Of a run whose steps stand below, under the headings of `contents`.
    pub fn of(report: &'a Report<'_>, header: &'a RunStarted, contents: Vec<Entry>) -> Self {
        let (state, doubts) = (report.state, report.journal.doubts.as_slice());
        let (words, after) = headline(state);
        let deviations: Vec<_> = told_deviations(state).iter().map(|told| view(told)).collect();
        let left = state
            .left_running
            .iter()
            .map(|process| view(&[Piece::Text(format!("{} ", process.pid)), Piece::Code(process.command.clone())]));
        let runbook = report.runbook.as_ref();
        Self {
            doubts,
            // What a damaged record says of itself is not painted green.
            verdict: if doubts.is_empty() { state.verdict().as_str() } else { "partial" },
            words: words.trim_end_matches(',').to_owned(),
            after: after.trim_start_matches([',', ' ']).to_owned(),
            name: if header.title.is_empty() { header.runbook.clone() } else { header.title.clone() },
            description: runbook.ok().and_then(|runbook| runbook.description.as_deref()),
            facts: facts(state, header),
            journal: match (&state.seal, &report.journal.head) {
                (_, None) => "not kept",
                (Some(_), _) => "sealed",
                (None, _) => "not sealed",
            },
            head: report.journal.head.map(|head| head.to_string()),
            contents,
            deviations_count: deviations.len(),
            deviations,
            wrong: rows(state, |step| {
                matches!(step.status, Status::Failed | Status::InDoubt | Status::Suspended | Status::Running)
            }),
            failed: state.failed.as_deref(),
            selection: header.selection.as_ref().map(selection_words),
            parts: told_parts(state).iter().map(|told| view(told)).collect(),
            overrides: &header.overrides,
            left_running: left.collect(),
            criteria: criteria(state),
            chart: Chart::of(state),
            rows: rows(state, |_| true),
            given: given(state, header),
            unreadable: runbook.err().map(String::as_str),
        }
    }

    /// What a browser's tab says.
    pub fn title(&self) -> String {
        let damaged = if self.doubts.is_empty() { "" } else { ", but its record is damaged" };
        format!("{}{damaged}: {}", self.words, self.name)
    }
}

fn facts(state: &RunState, header: &RunStarted) -> Vec<TopFact> {
    let code = |label, text: &str| TopFact { label, text: text.to_owned(), code: true };
    let plain = |label, text: String| TopFact { label, text, code: false };
    let mut facts = vec![plain("when", span_words(state)), plain("by", header.operator.clone())];
    facts.push(code("runbook", &header.runbook));
    facts.push(code("in", &header.directory));
    facts.push(code("run", &header.run));
    facts.push(code("plan", &header.plan.to_string()));
    facts.extend(header.profile.as_ref().map(|profile| code("profile", profile)));
    facts.push(plain("stepgate", header.stepgate.clone()));
    facts
}

fn link(name: &str) -> Link {
    Link { name: name.to_owned(), anchor: step_anchor(name) }
}

fn criteria(state: &RunState) -> Vec<Criterion> {
    let row = |row: crate::event::CriterionRow| Criterion {
        id: row.id,
        text: row.text,
        verdict: row.verdict.as_str(),
        steps: row.steps.iter().map(|name| link(name)).collect(),
    };
    criterion_rows(state).into_iter().map(row).collect()
}

fn rows(state: &RunState, wanted: impl Fn(&StepState) -> bool) -> Vec<Row> {
    let all = step_rows(state).into_iter().zip(state.steps()).filter(|(_, step)| wanted(step));
    let spent = |step: &StepState, doing| {
        let did = step.stretches.iter().any(|stretch| stretch.doing == doing);
        if did { took(step.spent(doing, state.active)) } else { String::new() }
    };
    all.map(|(row, step)| Row {
        link: link(&row.name),
        place: row.place,
        status: row.status.as_str(),
        result: row.result,
        began: step.started.map(|at| at.strftime("%H:%M:%S").to_string()).unwrap_or_default(),
        ran: spent(step, Doing::Running),
        waited: spent(step, Doing::Waiting),
        note: row.note,
    })
    .collect()
}
