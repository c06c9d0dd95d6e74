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

/// Reads a journal and folds it into `state`: [`RunState::default`], or [`RunState::lean`] to do without outputs.
pub fn read_journal(input: impl Read, state: RunState) -> io::Result<Reading> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut reading = Reading { state, records: 0, head: String::new(), damage: None };
    let (mut head, mut byte, mut line) = (Head::default(), 0, Vec::new());
    loop {
        line.clear();
        let length = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            break;
        }
        let ended = line.pop_if(|last| *last == b'\n').is_some();
        match follow(&line, ended, &mut head, &reading.state) {
            Ok(entry) => reading.state.apply(&entry.event, entry.time, entry.since),
            Err(error) => {
                let torn = !ended && length < MAX_LINE;
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

/// The entry of a line that follows `head`, if it may follow what is known.
fn follow(line: &[u8], ended: bool, head: &mut Head, state: &RunState) -> Result<Entry<Event>, LineError> {
    if !ended {
        return Err(LineError::Unreadable("its line has no end".to_owned()));
    }
    let text = std::str::from_utf8(line).map_err(|error| LineError::Unreadable(error.to_string()))?;
    let before = head.clone();
    let entry = head.follow::<Event>(text)?;
    let sealed = match &entry.event {
        Event::Sealed { records, head, verdict } => {
            *records == before.records && *head == before.hash && *verdict == state.closing_verdict()
        }
        _ => true,
    };
    let refused = match () {
        () if state.seal.is_some() => "it stands behind the seal",
        () if !sealed => "the seal does not fit what it seals",
        () => return Ok(entry),
    };
    *head = before;
    Err(LineError::Unreadable(refused.to_owned()))
}
