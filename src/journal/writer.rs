//! The writer of one journal. What is recorded becomes durable with the next commit, and only then may it be shown.

use super::chain::{Entry, Head};
use super::clock::Clock;
use crate::event::Event;
use std::fs::File;
use std::io::{self, Write as _};

/// A journal that is being written.
pub struct Journal {
    /// `None` for a run that keeps no record.
    file: Option<File>,
    head: Head,
    clock: Clock,
    pending: Vec<(Entry<Event>, String)>,
    broken: bool,
}

impl Journal {
    /// A journal in `file`, which is empty; without one nothing is kept.
    pub fn new(file: Option<File>, clock: Clock) -> Self {
        Self { file, head: Head::default(), clock, pending: Vec::new(), broken: false }
    }

    /// The run's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// How many records there are, and the hash of the last, those not yet committed included.
    pub fn head(&self) -> (u64, &str) {
        (self.head.records, &self.head.hash)
    }

    /// Adds an event. It is not durable before [`Journal::commit`].
    pub fn record(&mut self, event: Event) -> &Entry<Event> {
        let line = self.head.append(event, self.clock.time(), self.clock.since());
        self.pending.push(line);
        &self.pending.last().expect("pushed above").0
    }

    /// Makes every recorded event durable and hands over entries and lines. After an error nothing is written any
    /// more, and no sync is tried again: what a failed sync left on the disk, nobody knows.
    pub fn commit(&mut self) -> io::Result<Vec<(Entry<Event>, String)>> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        if let Some(file) = &mut self.file
            && !self.pending.is_empty()
        {
            self.broken = true;
            for (_, line) in &self.pending {
                file.write_all(line.as_bytes())?;
            }
            file.sync_data()?;
            self.broken = false;
        }
        Ok(std::mem::take(&mut self.pending))
    }
}
