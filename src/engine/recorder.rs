//! Events on their way: folded at once, shown only when they are durable.

use crate::event::{Event, RunState, StepState, Stream};
use crate::journal::{Clock, Entry, Journal, Mark};
use crate::redact::Redactor;
use std::io;

/// From how many milliseconds on a shift of the clock is recorded.
const SHIFT: i64 = 2000;

/// Sees a run as it happens: the terminal, or a program that reads JSON.
pub trait Observer {
    /// An event that is durable now. `state` is the run after it.
    fn recorded(&mut self, entry: &Entry<Event>, line: &str, state: &RunState);
    /// Output of the running step, as it comes.
    fn output(&mut self, stream: Stream, bytes: &[u8]);
    /// Output of a step that has ended.
    fn late_output(&mut self, step: &str, stream: Stream, bytes: &[u8]);
}

/// The journal, the fold, and whoever watches.
pub struct Recorder<'o> {
    journal: Journal,
    state: RunState,
    /// The fold of what was made durable: what watchers are shown.
    shown: RunState,
    redactor: Redactor,
    /// How far the machine's clock was ahead of the run's when that was recorded last, in milliseconds.
    ahead: i64,
    /// Whether anything was made durable.
    any: bool,
    /// Whoever watches the run.
    pub observer: &'o mut dyn Observer,
}

impl<'o> Recorder<'o> {
    /// Records into `journal` behind what added up to `state`, shows to `observer`, both without what `redactor` masks.
    pub fn new(journal: Journal, state: RunState, redactor: Redactor, observer: &'o mut dyn Observer) -> Self {
        Self { journal, shown: state.clone(), state, redactor, ahead: 0, any: false, observer }
    }

    /// What the events add up to.
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// What is durable, and the steps whose outcome is known and is not.
    pub fn into_shown(self) -> (RunState, Vec<StepState>) {
        let same =
            |step: &StepState| self.shown.instance(&step.instance).is_some_and(|shown| shown.status == step.status);
        let lost = self.state.steps().filter(|step| step.outcome.is_some() && !same(step));
        let lost = lost.cloned().collect();
        (self.shown, lost)
    }

    /// Whether anything was made durable, and shown.
    pub fn has_shown(&self) -> bool {
        self.any
    }

    /// The run's clock.
    pub fn clock(&self) -> Clock {
        self.journal.clock()
    }

    /// How many records there are, and the hash of the last.
    pub fn end(&self) -> Mark {
        self.journal.end()
    }

    /// Adds an event; it is durable with the next [`Recorder::commit`].
    pub fn record(&mut self, event: Event) {
        // Nothing may stand before a head, nor between a seal and what it seals.
        if !matches!(event, Event::RunStarted(_) | Event::RunResumed(_) | Event::Sealed { .. }) {
            self.note_clock();
        }
        self.add(event);
    }

    /// The machine's clock was set, or the machine slept: the times of the record are the run's own, so that is said.
    fn note_clock(&mut self) {
        let ahead_ms = self.journal.clock().ahead();
        if (ahead_ms - self.ahead).abs() >= SHIFT {
            self.ahead = ahead_ms;
            self.add(Event::ClockShifted { ahead_ms });
        }
    }

    fn add(&mut self, event: Event) {
        let entry = self.journal.record(super::redacted::event(event, &self.redactor));
        self.state.apply(&entry.event, entry.time, entry.since);
    }

    /// Makes everything durable, then shows it.
    pub fn commit(&mut self) -> io::Result<()> {
        let written = self.journal.commit()?;
        self.show(written);
        Ok(())
    }

    /// Writes and shows attempts of a polled step, which have no sync of their own: none of them is a result.
    pub fn write(&mut self) -> io::Result<()> {
        let written = self.journal.write()?;
        self.show(written);
        Ok(())
    }

    fn show(&mut self, written: Vec<(Entry<Event>, String)>) {
        self.any |= !written.is_empty();
        for (entry, line) in written {
            self.shown.apply(&entry.event, entry.time, entry.since);
            self.observer.recorded(&entry, &line, &self.shown);
        }
    }
}
