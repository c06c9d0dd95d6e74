//! The steps of a run on a disk that fails, and who watches it.

use crate::chance::Chance;
use crate::engine::capture::{Capture, sync_names};
use crate::engine::recorder::{Observer, Recorder};
use crate::event::*;
use crate::hash::sha256;
use crate::journal::{Entry, RunFolder};
use jiff::Timestamp;
use std::io;

/// A watcher who believes what is shown. An attempt of a polled step is shown before it is durable: none is a result.
pub struct Watcher<'s> {
    pub shown: &'s mut Vec<u8>,
    pub attempts: Vec<u8>,
}

impl Observer for Watcher<'_> {
    fn recorded(&mut self, entry: &Entry<Event>, line: &str, _: &RunState) {
        self.attempts.extend_from_slice(line.as_bytes());
        if !matches!(entry.event, Event::AttemptFinished(_)) {
            self.shown.append(&mut self.attempts);
        }
    }

    fn output(&mut self, _: Stream, _: &[u8]) {}
    fn late_output(&mut self, _: &str, _: Stream, _: &[u8]) {}
}

/// Runs a step that is not done yet: decision, gate, intent, attempts, outcome.
pub fn step_through(
    recorder: &mut Recorder<'_>,
    folder: &RunFolder,
    name: &str,
    chance: &mut Chance,
) -> io::Result<()> {
    let step = Instance::first(name);
    let state = recorder.state().instance(&step);
    let (status, before) = state.map_or((Status::NotRun, 0), |state| (state.status, state.attempts));
    match status {
        Status::Passed => return Ok(()),
        Status::InDoubt => {
            let (reason, by, alive) = ("it is idempotent".to_owned(), "a@b".to_owned(), Vec::new());
            let (step, decision, through) = (step.clone(), Decision::Rerun, Channel::Policy);
            recorder.record(Event::DecisionMade { step, decision, reason, by, through, alive });
        }
        _ => {}
    }
    if chance.once_in(3) {
        recorder.record(Event::GateOpened { step: step.clone(), gate: crate::runbook::Gate::Confirm });
        recorder.commit()?;
        recorder.record(Event::GateAnswered {
            step: step.clone(),
            gate: crate::runbook::Gate::Confirm,
            answer: GateAnswer::Yes,
            by: "a@b".to_owned(),
            through: Channel::Terminal,
            reason: None,
        });
        recorder.commit()?;
    }
    recorder.record(Event::StepStarted { step: step.clone(), attempt: before + 1 });
    recorder.commit()?;
    let polls = if chance.once_in(4) { chance.below(3) as u32 } else { 0 };
    for attempt in before + 1..=before + 1 + polls {
        let mut outcome = StepFinished::nothing_ran(step.clone(), Status::Passed, Timestamp::UNIX_EPOCH);
        outcome.attempt = attempt;
        outcome.stdout = captured(folder, &format!("output/{name}@{attempt}.stdout"), chance)?;
        if attempt <= before + polls {
            recorder.record(Event::AttemptFinished(Box::new(outcome)));
            recorder.write()?;
        } else {
            recorder.record(Event::StepFinished(Box::new(outcome)));
        }
    }
    Ok(())
}

/// A step's output: short, binary, or too long for the record.
fn captured(folder: &RunFolder, name: &str, chance: &mut Chance) -> io::Result<StreamRecord> {
    let mut capture = Capture::new(Some(folder), name.to_owned(), 1 << 20);
    let (byte, length) = match chance.below(12) {
        0 => (0xff, 1 + chance.below(100)),
        1 => (b'a' + chance.below(26) as u8, 16_500 + chance.below(1000)),
        _ => (b'a', chance.below(100)),
    };
    let bytes = vec![byte; length as usize];
    bytes.chunks(7000).for_each(|piece| capture.feed(piece));
    let (record, kept) = capture.finish();
    let kept = kept.and_then(|()| sync_names(Some(folder), &[&record]));
    kept?;
    assert_eq!(record.sha256, Some(sha256(&bytes)));
    Ok(record)
}
