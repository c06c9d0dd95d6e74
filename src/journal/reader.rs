//! Reading a journal: every line is checked, the first damage ends it.

use super::chain::{Entry, Head, LineError};
use crate::event::{Event, RunState};
use std::io::{self, BufRead, BufReader, Read};

/// A longer line is damage, not a record.
const MAX_LINE: u64 = 64 << 20;

/// A journal as far as it could be read.
#[derive(Debug)]
pub struct Reading {
    /// What its events add up to.
    pub state: RunState,
    /// How many records are sound.
    pub records: u64,
    /// The hash of the last sound record.
    pub head: String,
    /// The first damage, if there is any; nothing behind it was read.
    pub damage: Option<Damage>,
}

/// Where a record stops being one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The record, from 0.
    pub record: u64,
    /// The byte of the file that it starts at.
    pub byte: u64,
    /// What is wrong.
    pub error: LineError,
    /// Whether it is only a last line without its end: a write that a crash cut off.
    pub torn: bool,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.torn {
            true => write!(out, "record {} at byte {} was cut off while it was written", self.record, self.byte),
            false => write!(out, "record {} at byte {}: {}", self.record, self.byte, self.error),
        }
    }
}

/// Reads a journal; `each` sees every sound entry with its line.
pub fn read_journal(input: impl Read, mut each: impl FnMut(&Entry<Event>, &str)) -> io::Result<Reading> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut reading = Reading { state: RunState::default(), records: 0, head: String::new(), damage: None };
    let (mut head, mut byte, mut line) = (Head::default(), 0, Vec::new());
    loop {
        line.clear();
        let length = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            break;
        }
        let torn = line.pop_if(|last| *last == b'\n').is_none();
        let text = std::str::from_utf8(&line).map_err(|error| LineError::Unreadable(error.to_string()));
        let entry = match text {
            Ok(_) if torn => Err(LineError::Unreadable("its line has no end".to_owned())),
            Ok(text) => head.follow::<Event>(text).inspect(|entry| each(entry, text)),
            Err(error) => Err(error),
        };
        match entry {
            Ok(entry) => reading.state.apply(&entry.event, entry.time, entry.since),
            Err(error) => {
                reading.damage = Some(Damage { record: head.records, byte, error, torn });
                break;
            }
        }
        byte += length;
    }
    reading.records = head.records;
    reading.head = head.hash;
    Ok(reading)
}
