//! The writer of one journal. What is recorded becomes durable with the next commit, and only then may it be shown.

use super::chain::{Entry, Mark};
use super::clock::Clock;
use super::disk::DiskFile;
use crate::event::Event;
use std::io;

/// A journal that is being written.
pub struct Journal {
    /// `None` for a run that keeps no record.
    file: Option<Box<dyn DiskFile>>,
    end: Mark,
    clock: Clock,
    pending: Vec<(Entry<Event>, String)>,
    /// How many bytes were written.
    written: u64,
    /// Whether something was written since the last sync.
    unsynced: bool,
    broken: bool,
}

impl Journal {
    /// A journal in `file`, which is empty; without one nothing is kept.
    pub fn new(file: Option<Box<dyn DiskFile>>, clock: Clock) -> Self {
        Self { file, end: Mark::default(), clock, pending: Vec::new(), written: 0, unsynced: false, broken: false }
    }

    /// A journal that goes on behind `head`, in a file that ends there after so many bytes.
    pub(super) fn behind(file: Box<dyn DiskFile>, bytes: u64, end: Mark, clock: Clock) -> Self {
        Self { end, written: bytes, ..Self::new(Some(file), clock) }
    }

    /// The run's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// How many records there are, and the hash of the last, those not yet committed included.
    pub fn end(&self) -> Mark {
        self.end
    }

    /// Adds an event. It is not durable before [`Journal::commit`].
    pub fn record(&mut self, event: Event) -> &Entry<Event> {
        let line = self.end.append(event, self.clock.time(), self.clock.since());
        self.pending.push(line);
        &self.pending.last().expect("pushed above").0
    }

    /// Makes every recorded event durable and hands over entries and lines. After an error nothing is written any
    /// more, and no sync is tried again: what a failed sync left on the disk, nobody knows.
    pub fn commit(&mut self) -> io::Result<Vec<(Entry<Event>, String)>> {
        let written = self.write()?;
        if let Some(file) = &mut self.file
            && self.unsynced
        {
            self.broken = true;
            file.sync_data()?;
            tracing::debug!(records = written.len(), "committed");
            still_there(&**file, self.written)?;
            (self.broken, self.unsynced) = (false, false);
        }
        Ok(written)
    }

    /// Writes every recorded event without making it durable: for attempts, of which only the last decides anything.
    pub fn write(&mut self) -> io::Result<Vec<(Entry<Event>, String)>> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        if let Some(file) = &mut self.file
            && !self.pending.is_empty()
        {
            (self.broken, self.unsynced) = (true, true);
            for (_, line) in &self.pending {
                file.write_all(line.as_bytes())?;
                self.written += line.len() as u64;
            }
            self.broken = false;
        }
        Ok(std::mem::take(&mut self.pending))
    }
}

/// A step can remove or cut the record by accident (`git clean`, `rm -r`): then nothing is recorded any more.
fn still_there(file: &dyn DiskFile, written: u64) -> io::Result<()> {
    match file.names_and_bytes()? {
        (0, _) => Err(io::Error::other("somebody has removed the journal's file")),
        (_, length) if length != written => Err(io::Error::other("somebody else has changed the journal's file")),
        _ => Ok(()),
    }
}
