//! What is to be said of one step, in order, for every view alike: what its log shows, and what a page of it shows.

use super::excerpt::Excerpt;
use super::model::{Channel, Moment};
use super::outcome::{ExpectationKind, StepFinished, StreamRecord};
use super::piece::{Words, code, strong, text, ticked};
use super::step_state::{GateState, ProbeState, StepState};
use super::summary::deviation_words;
use super::verdict::Status;
use crate::runbook::{ExpectedStream, Gate};
use crate::text::{count, escape_line, shorten_line, took};
use std::time::Duration;

/// More lines than this are shown by their first and last.
const WHOLE: usize = 40;
/// How many first and last lines are shown of a long output.
const EDGE: usize = 10;
/// The longest line of output that is shown, in characters.
const MAX_LINE: usize = 500;

/// Something to be said of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saying {
    /// A sentence.
    Words(Words),
    /// Lines from outside.
    Lines(LinesOf, String),
}

/// What lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinesOf {
    /// A part of a runbook.
    Runbook,
    /// What was expected, and what came.
    Difference,
    /// What a step printed.
    Output,
}

/// Reads the first and last bytes of a stream that the record keeps in a file.
pub type ReadExcerpt<'a> = &'a dyn Fn(&StreamRecord) -> Option<Excerpt>;

/// Foreign lines as a view may show them: cut, and nothing in them that drives a terminal.
pub fn shown_lines(lines: &str) -> impl Iterator<Item = String> {
    lines.lines().map(|line| shorten_line(&escape_line(line.trim_end_matches('\r')), MAX_LINE))
}

/// What stands beside a step's result: how it ended, how long it took, when, who agreed.
pub fn step_facts(state: &StepState) -> Vec<Words> {
    let mut facts = Vec::new();
    if let Some(outcome) = &state.outcome {
        facts.extend(outcome.exit_code.map(|code| vec![text(format!("exit {code}"))]));
        facts.push(vec![text(took(Duration::from_millis(outcome.elapsed_ms)))]);
        facts.push(vec![text(format!("{} UTC", clock(outcome.started)))]);
        let failed = outcome.expectations.iter().filter(|expectation| !expectation.holds).count();
        if failed > 0 {
            let verb = if failed == 1 { "does" } else { "do" };
            facts.push(vec![text(format!("{failed} of {} expectations {verb} not hold", outcome.expectations.len()))]);
        }
    }
    facts.extend(state.gate.as_ref().map(|gate| vec![text(gate_words(gate))]));
    facts
}

/// What was answered to a manual step; nothing if nobody was asked.
pub fn manual_words(state: &StepState) -> Option<Words> {
    let gate = state.gate.as_ref()?;
    let word = match gate.answer {
        "no" => "declined",
        "quit" => "given up",
        word => word,
    };
    Some(vec![strong(word), text(format!(" {}", answered(gate)))])
}

/// Who left a step out behind its gate, and why; nothing if its gate says so.
pub fn told_skip(state: &StepState) -> Option<Words> {
    let deviation = state.deviation.as_ref().filter(|deviation| deviation.kind == "skipped")?;
    let at_gate = state.gate.as_ref().is_some_and(|gate| gate.at == deviation.at);
    let (words, at) = (deviation_words(deviation.kind), clock(deviation.at));
    (!at_gate).then(|| vec![text(format!("{words} {} at {at}: \"{}\"", deviation.by, deviation.reason))])
}

/// What happened to a step, behind its result. `earlier` is its text when it got its result, if that is another one.
pub fn step_account(state: &StepState, earlier: Option<&str>, excerpt: ReadExcerpt<'_>) -> Vec<Saying> {
    let mut said = Vec::new();
    if let Some(source) = earlier {
        let words = " The step was changed after it had its result; what ran was:";
        said.push(Saying::Words(vec![strong("This is not what ran."), text(words)]));
        said.push(Saying::Lines(LinesOf::Runbook, source.to_owned()));
    }
    if let Some(condition) = &state.condition {
        said.push(Saying::Words(vec![text("its "), code("when"), text(" is false: "), code(condition)]));
    }
    for probe in &state.probes {
        said.push(Saying::Words(probe_words(probe)));
        if probe.outcome.status != Status::Passed && probe.moment == Moment::After {
            failures(&probe.outcome, &mut said);
        }
    }
    if let Some(deviation) = state.deviation.as_ref().filter(|deviation| deviation.kind != "skipped") {
        let (words, at) = (deviation_words(deviation.kind), clock(deviation.at));
        said.push(Saying::Words(vec![text(format!("{words} {} at {at}: \"{}\"", deviation.by, deviation.reason))]));
    }
    if let Some(outcome) = &state.outcome {
        of_outcome(outcome, state.late_bytes, excerpt, &mut said);
    }
    said
}

fn of_outcome(outcome: &StepFinished, late: u64, excerpt: ReadExcerpt<'_>, said: &mut Vec<Saying>) {
    let words = outcome.detail.iter().chain(&outcome.notes);
    said.extend(words.map(|words| Saying::Words(vec![text(words)])));
    failures(outcome, said);
    outputs(outcome, excerpt, said);
    let captured = outcome.captured.iter();
    said.extend(captured.map(|(name, value)| Saying::Words(vec![code(name), text(" = "), code(value)])));
    said.extend(outcome.left_running.iter().map(|process| {
        let words = format!("still running when it had ended: {} ", process.pid);
        Saying::Words(vec![text(words), code(&process.command)])
    }));
    if late > 0 {
        let bytes = count(late as usize, "byte");
        said.push(Saying::Words(vec![text(format!("{bytes} came after it had ended: in neither match nor hash"))]));
    }
}

fn gate_words(gate: &GateState) -> String {
    let word = match (gate.answer, gate.gate) {
        ("yes", Gate::Type) => "phrase typed",
        ("yes", _) => "confirmed",
        ("skip", _) => "skipped",
        ("quit", _) => "given up",
        (_, _) => "declined",
    };
    format!("{word} {}", answered(gate))
}

/// By whom, how and when, and what that person wrote.
fn answered(gate: &GateState) -> String {
    let through = match gate.through {
        Channel::Terminal => "",
        Channel::Yes => " by --yes",
        _ => " on the command line",
    };
    let note = gate.note.as_ref().map_or_else(String::new, |note| format!(": \"{note}\""));
    format!("by {}{through} at {}{note}", gate.by, clock(gate.at))
}

fn clock(time: jiff::Timestamp) -> String {
    time.strftime("%H:%M:%S").to_string()
}

fn probe_words(probe: &ProbeState) -> Words {
    let (moment, outcome) = (probe.moment.as_str(), &probe.outcome);
    let exit = outcome.exit_code.map_or_else(String::new, |code| format!(", exit {code}"));
    let tries = if outcome.attempt > 1 { format!(", attempt {}", outcome.attempt) } else { String::new() };
    let word = outcome.status.as_str();
    let took = took(Duration::from_millis(outcome.elapsed_ms));
    let words = format!(" {moment} the step: {word}{exit}{tries}, {took}");
    vec![text("probe "), code(outcome.step.to_string()), text(words)]
}

/// Every expectation that does not hold, and what is worth knowing of one that does.
fn failures(outcome: &StepFinished, said: &mut Vec<Saying>) {
    for expectation in &outcome.expectations {
        let (kind, holds) = (expectation.kind, expectation.holds);
        let detail = expectation.detail.as_deref();
        match (kind, holds, detail) {
            (_, true, None) => {}
            (ExpectationKind::Assert, _, detail) => {
                said.push(Saying::Words(ticked(detail.unwrap_or("it does not hold"))));
            }
            (ExpectationKind::Output, true, Some(note)) => said.push(Saying::Words(vec![text(note)])),
            (ExpectationKind::Output, false, detail) => {
                let lines = detail.unwrap_or("it does not hold").to_owned();
                said.push(Saying::Lines(LinesOf::Difference, lines));
            }
        }
    }
}

/// The streams that no failed expectation has shown already.
fn outputs(outcome: &StepFinished, excerpt: ReadExcerpt<'_>, said: &mut Vec<Saying>) {
    let shown = |streams: &[ExpectedStream]| {
        let failed = outcome.expectations.iter().filter(|expectation| !expectation.holds);
        failed.filter_map(|expectation| expectation.stream).any(|stream| streams.contains(&stream))
    };
    if !outcome.stdout.is_empty() && !shown(&[ExpectedStream::Stdout, ExpectedStream::Combined]) {
        output(&outcome.stdout, excerpt, said);
    }
    if !outcome.stderr.is_empty() && !shown(&[ExpectedStream::Stderr]) {
        if !outcome.stdout.is_empty() {
            said.push(Saying::Words(vec![text("on standard error:")]));
        }
        output(&outcome.stderr, excerpt, said);
    }
}

fn output(stream: &StreamRecord, excerpt: ReadExcerpt<'_>, said: &mut Vec<Saying>) {
    let kept = match &stream.text {
        Some(text) => Some(Excerpt { head: text.clone(), tail: None }),
        None => excerpt(stream),
    };
    let mut lines = |lines: String| said.push(Saying::Lines(LinesOf::Output, lines));
    let whole = match kept {
        Some(Excerpt { head, tail: None }) if head.lines().count() <= WHOLE => {
            lines(head);
            stream.text.is_some()
        }
        Some(kept) => {
            lines(edges(&kept, stream));
            false
        }
        None => false,
    };
    if !whole {
        said.push(Saying::Words(stream_facts(stream)));
    }
}

/// The first and last lines of a long output.
fn edges(text: &Excerpt, stream: &StreamRecord) -> String {
    let head: Vec<_> = text.head.lines().take(EDGE).collect();
    if stream.kept.is_some() {
        // The end of what was kept is not the end of the stream.
        return format!("{}\n… {} more lines …", head.join("\n"), stream.lines.saturating_sub(head.len() as u64));
    }
    let tail: Vec<_> = text.tail.as_deref().unwrap_or(&text.head).lines().collect();
    let tail = &tail[tail.len().saturating_sub(EDGE)..];
    let between = stream.lines.saturating_sub((head.len() + tail.len()) as u64);
    format!("{}\n… {between} lines …\n{}", head.join("\n"), tail.join("\n"))
}

fn stream_facts(stream: &StreamRecord) -> Words {
    let (Some(bytes), Some(sha256)) = (stream.bytes, &stream.sha256) else {
        return vec![text(format!("{}, kept secret", count(stream.lines as usize, "line")))];
    };
    let mut facts = vec![text(format!("{} lines, {bytes} bytes, ", stream.lines)), code(sha256.to_string())];
    match (&stream.file, stream.kept) {
        (Some(file), Some(kept)) => {
            facts.extend([text(format!("; the first {kept} bytes are kept in ")), code(file)]);
        }
        (Some(file), None) => facts.extend([text(", kept in "), code(file)]),
        (None, Some(_)) => facts.push(text(", not kept")),
        (None, None) => {}
    }
    facts
}
