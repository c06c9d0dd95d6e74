//! What happens beside the steps of a run, in words for the live view.

use crate::event::{Channel, Decision, Event, FailureAnswer, Part, part_words};

/// The lines of an event that has no view of its own; none if nothing needs to be said.
pub fn aside(event: &Event) -> Vec<String> {
    match event {
        Event::RunResumed(resumed) => vec![part_words(&Part::new(resumed, Default::default(), ""))],
        Event::Repaired { bytes } => vec![format!(
            "{bytes} bytes at the end of the journal were cut off by a crash: they are kept in journal.broken"
        )],
        Event::DecisionMade { step, decision, reason, by, through, alive } => {
            let mut lines = vec![decision_words(&step.to_string(), *decision, *through, by, reason)];
            lines.extend(alive.iter().map(|process| format!("still alive: {} {}", process.pid, process.command)));
            lines
        }
        Event::FailureAnswered { step, answer, reason, by, .. } => match answer {
            FailureAnswer::Retry => vec![format!("{step} is run again, says {by}")],
            FailureAnswer::Skip => vec![format!("{step} skipped by {by}: {}", reason.as_deref().unwrap_or_default())],
            FailureAnswer::Leave | FailureAnswer::Quit => Vec::new(),
        },
        Event::RunbookChanged { sha256: Some(_) } => {
            vec!["the runbook's file has changed since it was planned; what was planned is what was run".to_owned()]
        }
        Event::RunbookChanged { sha256: None } => {
            vec!["the runbook's file can no longer be read; what was planned is what was run".to_owned()]
        }
        Event::ClockShifted { ahead_ms } => {
            vec![format!("the machine's clock is {ahead_ms} ms ahead of the run's: it was set, or the machine slept")]
        }
        Event::TerminalLost => vec!["the terminal went away: the run goes on to the next question".to_owned()],
        Event::LockTakenOver { run, pid, operator, proof } => {
            vec![format!("the lock of run {run} of {operator} (pid {pid}) is taken over: {proof}")]
        }
        _ => Vec::new(),
    }
}

fn decision_words(step: &str, decision: Decision, through: Channel, by: &str, reason: &str) -> String {
    let what = match decision {
        Decision::Happened => "it happened",
        Decision::NotHappened => "it did not happen",
        Decision::Rerun => "it is run again",
        Decision::Abort => "the run is given up",
    };
    match through {
        Channel::Policy | Channel::Probe => format!("{step}: {what}: {reason}"),
        _ => format!("{step}: {what}, says {by}: {reason}"),
    }
}
