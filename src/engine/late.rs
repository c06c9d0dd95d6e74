//! Late output: what a background child prints when its step has ended. It is shown and counted, and is in neither
//! match nor hash.

use super::recorder::Observer;
use crate::event::{Event, Instance, Stream};
use crate::plan::Plan;
use crate::redact::{Filter, Redactor};
use crate::shell::{self, OutputSink};
use std::collections::BTreeMap;

/// What came late, by step and stream.
pub struct Late<'p> {
    plan: &'p Plan,
    redactor: Redactor,
    heard: BTreeMap<(u64, Stream), Heard>,
}

struct Heard {
    bytes: u64,
    filter: Filter,
}

impl<'p> Late<'p> {
    /// Nothing came late yet.
    pub fn new(plan: &'p Plan, redactor: Redactor) -> Self {
        Self { plan, redactor, heard: BTreeMap::new() }
    }

    /// Takes late output of the step with this index, and shows it unless it is secret.
    pub fn hear(&mut self, step: u64, stream: shell::Stream, bytes: &[u8], observer: &mut dyn Observer) {
        let stream = stream_of(stream);
        let fresh = || Heard { bytes: 0, filter: self.redactor.filter() };
        let heard = self.heard.entry((step, stream)).or_insert_with(fresh);
        heard.bytes += bytes.len() as u64;
        let planned = usize::try_from(step).ok().and_then(|index| self.plan.steps.get(index));
        if let Some(planned) = planned.filter(|planned| !planned.shell().is_some_and(|shell| shell.secret)) {
            heard.filter.feed(bytes, &mut |shown| observer.late_output(&planned.name, stream, shown));
        }
    }

    /// What came late in all, as events for the record; what was held back is shown now.
    pub fn take(&mut self, observer: &mut dyn Observer) -> Vec<Event> {
        let name = |id: u64| usize::try_from(id).ok().and_then(|index| self.plan.steps.get(index));
        let mut events = Vec::new();
        for ((id, stream), mut heard) in std::mem::take(&mut self.heard) {
            let Some(step) = name(id) else { continue };
            heard.filter.finish(&mut |shown| observer.late_output(&step.name, stream, shown));
            events.push(Event::LateOutput { step: Instance::first(&step.name), stream, bytes: heard.bytes });
        }
        events
    }
}

/// Hears late output only.
pub struct Ear<'e, 'p> {
    /// Where it is counted.
    pub late: &'e mut Late<'p>,
    /// Where it is shown.
    pub observer: &'e mut dyn Observer,
}

impl OutputSink for Ear<'_, '_> {
    fn output(&mut self, _: shell::Stream, _: &[u8]) {}

    fn late(&mut self, step: u64, stream: shell::Stream, bytes: &[u8]) {
        self.late.hear(step, stream, bytes, self.observer);
    }
}

/// The shell's word for a stream in the record's words.
pub fn stream_of(stream: shell::Stream) -> Stream {
    match stream {
        shell::Stream::Stdout => Stream::Stdout,
        shell::Stream::Stderr => Stream::Stderr,
    }
}
