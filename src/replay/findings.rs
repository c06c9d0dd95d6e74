//! What a replay found, as findings in the runbook.

use super::recording::RecordingHead;
use super::strength::Strength;
use super::verdict::{Replayed, Verdict};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::duration::show_duration;
use crate::event::{ExpectationKind, ExpectationRecord};
use crate::runbook::{ExpectedStream, Runbook};
use crate::text::escape;
use jiff::Timestamp;
use std::time::Duration;

/// So many seconds a clock may be ahead of another one.
const FUTURE: i64 = 86_400;

const AGAIN: &str = "run it again, and keep that run: `stepgate record`";

/// The recording cannot be used.
pub fn unreadable(why: &str) -> Diagnostic {
    let message = format!("the recording beside it cannot be used: {}", escape(why));
    Diagnostic::error(Code::Recording, Span::default(), message)
        .help("take it from the repository again, or record a run anew")
}

/// There is no recording.
pub fn unrecorded(runbook: &Runbook) -> Diagnostic {
    let message = "no run of it is recorded, so nobody knows whether it works";
    Diagnostic::warning(Code::Unrecorded, head_of(runbook), message).help("when a run has passed: `stepgate record`")
}

/// What of the recorded run as a whole is no longer so.
pub fn moved(runbook: &Runbook, words: &str) -> Diagnostic {
    Diagnostic::error(Code::Stale, head_of(runbook), escape(words)).help(AGAIN)
}

/// A recording lies there, and nothing of it could be judged.
pub fn unjudged(runbook: &Runbook, steps: &[Replayed]) -> Diagnostic {
    let why = steps.iter().find_map(|step| step.why.as_deref()).unwrap_or("no step expects anything");
    let message = format!("nothing of it could be judged: {}", escape(why));
    Diagnostic::warning(Code::Unrecorded, head_of(runbook), message)
        .help("expect something of a step whose output is no secret")
}

/// With what was given to the recorded run it cannot be planned any more.
pub fn unplanned(runbook: &Runbook, why: &str) -> Diagnostic {
    let message = format!("it cannot be planned as it was when its run was recorded: {}", escape(why));
    Diagnostic::error(Code::Stale, head_of(runbook), message).help(AGAIN)
}

/// The recording is older than `max-age`, or from the future, if it is.
pub fn expired(runbook: &Runbook, head: &RecordingHead, now: Timestamp) -> Option<Diagnostic> {
    let age = now.duration_since(head.finished);
    if age.as_secs() < -FUTURE {
        let message = format!("the recording says that its run ended at {}, which is yet to come", head.finished);
        return Some(Diagnostic::error(Code::Recording, head_of(runbook), message).help(AGAIN));
    }
    let most = runbook.max_age?;
    let age = Duration::try_from(age).unwrap_or_default();
    let whole = if age.as_secs() > 7200 { 3600 } else { 1 };
    let shown = show_duration(Duration::from_secs((age.as_secs() / whole * whole).max(1)));
    let message = format!("its last recorded run is {shown} old, and `max-age` is {}", show_duration(most));
    let key = runbook.source.text.find("\nmax-age:").map(|at| Span::new(at + 1, at + 1 + "max-age".len()));
    let span = key.unwrap_or_else(|| head_of(runbook));
    (age > most).then(|| Diagnostic::error(Code::Expired, span, message).help(AGAIN))
}

/// What is to be said of each step that does not hold.
pub fn findings(runbook: &Runbook, steps: &[Replayed]) -> Vec<Diagnostic> {
    steps.iter().flat_map(|step| of_step(runbook, step)).collect()
}

/// A step that notices fewer than `least` of a hundred wrong outputs.
pub fn weak(runbook: &Runbook, steps: &[Replayed], strength: &Strength, least: usize) -> Option<Diagnostic> {
    let line = steps.iter().find(|step| step.name == strength.step).map_or(1, |step| step.line);
    let (percent, worst) = (strength.percent(), strength.missed.iter().take(3));
    let worst: Vec<_> = worst.map(|missed| format!("it lets pass: {}", missed.what)).collect();
    let message = format!(
        "`{}` notices {percent} % of the wrong outputs that were tried; {least} % are asked for",
        strength.step
    );
    let found = Diagnostic::error(Code::Weak, runbook.source.line_span(line.max(1)), message).help(worst.join("\n"));
    (percent < least).then_some(found)
}

fn of_step(runbook: &Runbook, step: &Replayed) -> Vec<Diagnostic> {
    let span = runbook.source.line_span(step.line.max(1));
    let message = || format!("`{}`: {}", step.name, escape(step.why.as_deref().unwrap_or_default()));
    match step.verdict {
        Verdict::Stale => vec![Diagnostic::error(Code::Stale, span, message()).help(AGAIN)],
        Verdict::Unrecorded if step.new => vec![Diagnostic::warning(Code::Unrecorded, span, message()).help(AGAIN)],
        Verdict::Broken => {
            let failed = step.expectations.iter().filter(|expectation| !expectation.holds);
            let mut found: Vec<_> = failed.map(|failed| broken(runbook, step, failed)).collect();
            if found.is_empty() {
                found.push(Diagnostic::error(Code::Broken, span, message()));
            }
            found
        }
        _ => Vec::new(),
    }
}

fn broken(runbook: &Runbook, step: &Replayed, failed: &ExpectationRecord) -> Diagnostic {
    let what = match (failed.kind, failed.stream) {
        (ExpectationKind::Assert, _) => "the expression is not true of what was recorded",
        (_, Some(ExpectedStream::Stderr)) => "standard error would not be accepted as it was recorded",
        (_, Some(ExpectedStream::Combined)) => "the output would not be accepted as it was recorded",
        _ => "standard output would not be accepted as it was recorded",
    };
    let span = runbook.source.line_span(failed.line.clamp(1, runbook.source.line_count().max(1)));
    let found = Diagnostic::error(Code::Broken, span, format!("`{}`: {what}", step.name));
    match &failed.detail {
        Some(detail) => found.help(escape(detail)),
        None => found,
    }
}

/// Where what is said of a runbook as a whole points: its first heading, or its first line.
fn head_of(runbook: &Runbook) -> Span {
    let heading = runbook.sections.iter().find(|section| section.level > 0);
    heading.map_or_else(|| runbook.source.line_span(1), |section| section.span)
}
