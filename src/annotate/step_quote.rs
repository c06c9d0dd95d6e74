//! What happened to one step, as the lines of a block quote.

use super::excerpt::Excerpt;
use super::markdown::{code, fence, inline, ticked};
use crate::event::{
    Channel, ExpectationKind, GateState, Moment, ProbeState, Status, StepFinished, StepState, StreamRecord,
    deviation_words, result_words,
};
use crate::runbook::{ExpectedStream, Gate};
use crate::text::{count, took};
use std::time::Duration;

/// More lines than this are shown by their first and last.
const WHOLE: usize = 40;
/// How many first and last lines are shown of a long output.
const EDGE: usize = 10;

/// The lines of a step's quote. `earlier` is its text when it got its result, if that is another one.
pub fn lines(
    state: &StepState,
    earlier: Option<&str>,
    excerpt: &dyn Fn(&StreamRecord) -> Option<Excerpt>,
) -> Vec<String> {
    let mut lines = vec![headline(state)];
    if let Some(text) = earlier {
        let words = "**This is not what ran.** The step was changed after it had its result; what ran was:";
        lines.extend([String::new(), words.to_owned(), String::new()]);
        lines.extend(fence("markdown", text));
    }
    if let Some(condition) = &state.condition {
        lines.extend([String::new(), format!("its `when` is false: {}", code(condition))]);
    }
    for probe in &state.probes {
        lines.extend([String::new(), probe_line(probe)]);
        if probe.outcome.status != Status::Passed && probe.moment == Moment::After {
            failures(&probe.outcome, &mut lines);
        }
    }
    if let Some(deviation) = state.deviation.as_ref().filter(|deviation| deviation.kind != "skipped") {
        let who = format!("{} {}", deviation_words(deviation.kind), inline(&deviation.by));
        lines.extend([String::new(), format!("{who} at {}: \"{}\"", clock(deviation.at), inline(&deviation.reason))]);
    }
    let Some(outcome) = &state.outcome else { return lines };
    for words in outcome.detail.iter().chain(&outcome.notes) {
        lines.extend([String::new(), inline(words)]);
    }
    failures(outcome, &mut lines);
    outputs(outcome, excerpt, &mut lines);
    for (name, value) in &outcome.captured {
        lines.extend([String::new(), format!("{} = {}", code(name), code(value))]);
    }
    for process in &outcome.left_running {
        lines.extend([
            String::new(),
            format!("still running when it had ended: {} {}", process.pid, code(&process.command)),
        ]);
    }
    if state.late_bytes > 0 {
        let words =
            format!("{} came after it had ended: in neither match nor hash", count(state.late_bytes as usize, "byte"));
        lines.extend([String::new(), words]);
    }
    lines
}

/// What was answered to a manual step; nothing if nobody was asked.
pub fn manual_line(state: &StepState) -> Option<String> {
    let gate = state.gate.as_ref()?;
    let note = gate.note.as_ref().map_or_else(String::new, |note| format!(": \"{}\"", inline(note)));
    let word = match gate.answer {
        "no" => "declined",
        "quit" => "given up",
        word => word,
    };
    Some(format!("**{word}** by {}{} at {}{note}", inline(&gate.by), through(gate.through), clock(gate.at)))
}

fn headline(state: &StepState) -> String {
    let mut parts = vec![format!("**{}: {}**", state.instance, inline(&result_words(state)))];
    if let Some(outcome) = &state.outcome {
        parts.extend(outcome.exit_code.map(|code| format!("exit {code}")));
        parts.push(took(Duration::from_millis(outcome.elapsed_ms)));
        parts.push(format!("{} UTC", clock(outcome.started)));
        let failed = outcome.expectations.iter().filter(|expectation| !expectation.holds).count();
        if failed > 0 {
            let verb = if failed == 1 { "does" } else { "do" };
            parts.push(format!("{failed} of {} expectations {verb} not hold", outcome.expectations.len()));
        }
    }
    parts.extend(state.gate.as_ref().map(gate_words));
    parts.join(" · ")
}

fn gate_words(gate: &GateState) -> String {
    let word = match (gate.answer, gate.gate) {
        ("yes", Gate::Type) => "phrase typed",
        ("yes", _) => "confirmed",
        ("skip", _) => "skipped",
        ("quit", _) => "given up",
        (_, _) => "declined",
    };
    let note = gate.note.as_ref().map_or_else(String::new, |note| format!(": \"{}\"", inline(note)));
    format!("{word} by {}{} at {}{note}", inline(&gate.by), through(gate.through), clock(gate.at))
}

fn through(channel: Channel) -> &'static str {
    match channel {
        Channel::Terminal => "",
        Channel::Yes => " by \\-\\-yes",
        _ => " on the command line",
    }
}

fn clock(time: jiff::Timestamp) -> String {
    time.strftime("%H:%M:%S").to_string()
}

fn probe_line(probe: &ProbeState) -> String {
    let (moment, outcome) = (probe.moment.as_str(), &probe.outcome);
    let exit = outcome.exit_code.map_or_else(String::new, |code| format!(", exit {code}"));
    let tries = if outcome.attempt > 1 { format!(", attempt {}", outcome.attempt) } else { String::new() };
    let word = outcome.status.as_str();
    let took = took(Duration::from_millis(outcome.elapsed_ms));
    format!("probe {} {moment} the step: {word}{exit}{tries}, {took}", code(&outcome.step.to_string()))
}

/// Every expectation that does not hold, and what is worth knowing of one that does.
fn failures(outcome: &StepFinished, lines: &mut Vec<String>) {
    for expectation in &outcome.expectations {
        let (kind, holds) = (expectation.kind, expectation.holds);
        let detail = expectation.detail.as_deref();
        match (kind, holds, detail) {
            (_, true, None) => {}
            (ExpectationKind::Assert, _, detail) => {
                lines.extend([String::new(), ticked(detail.unwrap_or("it does not hold"))]);
            }
            (ExpectationKind::Output, true, Some(note)) => lines.extend([String::new(), inline(note)]),
            (ExpectationKind::Output, false, detail) => {
                lines.push(String::new());
                lines.extend(fence("diff", detail.unwrap_or("it does not hold")));
            }
        }
    }
}

/// The streams that no failed expectation has shown already.
fn outputs(outcome: &StepFinished, excerpt: &dyn Fn(&StreamRecord) -> Option<Excerpt>, lines: &mut Vec<String>) {
    let shown = |streams: &[ExpectedStream]| {
        let failed = outcome.expectations.iter().filter(|expectation| !expectation.holds);
        failed.filter_map(|expectation| expectation.stream).any(|stream| streams.contains(&stream))
    };
    let stdout = (!outcome.stdout.is_empty() && !shown(&[ExpectedStream::Stdout, ExpectedStream::Combined]))
        .then_some(&outcome.stdout);
    let stderr = (!outcome.stderr.is_empty() && !shown(&[ExpectedStream::Stderr])).then_some(&outcome.stderr);
    for stream in stdout.into_iter() {
        output(stream, excerpt, lines);
    }
    if let Some(stream) = stderr {
        if !outcome.stdout.is_empty() {
            lines.extend([String::new(), "on standard error:".to_owned()]);
        }
        output(stream, excerpt, lines);
    }
}

fn output(stream: &StreamRecord, excerpt: &dyn Fn(&StreamRecord) -> Option<Excerpt>, lines: &mut Vec<String>) {
    let text = match &stream.text {
        Some(text) => Some(Excerpt { head: text.clone(), tail: None }),
        None => excerpt(stream),
    };
    lines.push(String::new());
    let whole = match &text {
        Some(Excerpt { head, tail: None }) if head.lines().count() <= WHOLE => {
            lines.extend(fence("text", head));
            stream.text.is_some()
        }
        Some(text) => {
            lines.extend(fence("text", &edges(text, stream)));
            false
        }
        None => false,
    };
    if !whole {
        lines.extend([String::new(), facts(stream)]);
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

fn facts(stream: &StreamRecord) -> String {
    let (Some(bytes), Some(sha256)) = (stream.bytes, &stream.sha256) else {
        return format!("{}, kept secret", count(stream.lines as usize, "line"));
    };
    let size = format!("{} lines, {bytes} bytes, `{sha256}`", stream.lines);
    match (&stream.file, stream.kept) {
        (Some(file), Some(kept)) => format!("{size}; the first {kept} bytes are kept in {}", code(file)),
        (Some(file), None) => format!("{size}, kept in {}", code(file)),
        (None, Some(_)) => format!("{size}, not kept"),
        (None, None) => size,
    }
}
