//! One line of a record: `{"seq":…,"prev":"…","time":"…","mono":…,"event":{…},"hash":"…"}`.
//!
//! `hash` is the SHA-256 of the line's bytes from `{` up to and without `,"hash":`; `prev` is the hash of the line
//! before, 64 zeros in the first. So `sha256sum` and a few lines of any language can check a record.

use crate::hash::{Hash256, sha256};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const HASH_KEY: &str = ",\"hash\":\"";

/// One event with its place in the chain and in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<E> {
    /// Counted from 0.
    pub seq: u64,
    /// The hash of the line before.
    pub prev: Hash256,
    /// Wall-clock time: the run's start plus the monotonic clock.
    pub time: Timestamp,
    /// Monotonic time since the run's start.
    pub since: Duration,
    /// What happened.
    pub event: E,
    /// The hash of this line.
    pub hash: Hash256,
}

#[derive(Serialize)]
struct Unhashed<'a, E> {
    seq: u64,
    prev: Hash256,
    time: Timestamp,
    mono: u64,
    event: &'a E,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashed<E> {
    seq: u64,
    prev: Hash256,
    time: Timestamp,
    mono: u64,
    event: E,
    hash: Hash256,
}

/// Why a line is none of the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// No line of the format.
    #[error("it is no record: {0}")]
    Unreadable(String),
    /// Its bytes were changed.
    #[error("its hash does not fit its bytes")]
    Hash,
    /// It does not follow the line before.
    #[error("it does not follow the record before it: `{0}` differs")]
    Order(&'static str),
}

/// Where a chain stands: what the next line must follow, and what the ledger and heads kept elsewhere remember.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// How many lines there are.
    pub records: u64,
    /// The hash of the last one; [`Hash256::ZERO`] before the first.
    pub head: Hash256,
}

impl Mark {
    /// The next line, with its LF, and its entry.
    pub fn append<E: Serialize>(&mut self, event: E, time: Timestamp, since: Duration) -> (Entry<E>, String) {
        // Whole milliseconds on both clocks, so that what is written is what was folded.
        let mono = since.as_millis() as u64;
        let time = to_millis(time);
        let unhashed = Unhashed { seq: self.records, prev: self.head, time, mono, event: &event };
        let text = serde_json::to_string(&unhashed).expect("an event holds nothing that JSON lacks");
        let text = crate::text::escape_json(&text);
        let body = &text[..text.len() - 1];
        let hash = sha256(body.as_bytes());
        let line = format!("{body}{HASH_KEY}{}\"}}\n", hash.hex());
        let prev = std::mem::replace(&mut self.head, hash);
        let entry = Entry { seq: self.records, prev, time, since: Duration::from_millis(mono), event, hash };
        self.records += 1;
        (entry, line)
    }

    /// Whether an entry is the next one.
    pub fn check<E>(&self, entry: &Entry<E>) -> Result<(), LineError> {
        if entry.seq != self.records {
            return Err(LineError::Order("seq"));
        }
        if entry.prev != self.head {
            return Err(LineError::Order("prev"));
        }
        Ok(())
    }

    /// Stands behind an entry that was checked.
    pub fn pass<E>(&mut self, entry: &Entry<E>) {
        self.records += 1;
        self.head = entry.hash;
    }
}

/// Reads one line by itself: its hash is checked, its place in the chain is not.
pub fn parse<E: DeserializeOwned>(line: &str) -> Result<Entry<E>, LineError> {
    let (body, _) = line.rsplit_once(HASH_KEY).ok_or_else(|| LineError::Unreadable("it has no hash".to_owned()))?;
    let hashed: Hashed<E> = serde_json::from_str(line).map_err(|error| LineError::Unreadable(error.to_string()))?;
    if sha256(body.as_bytes()) != hashed.hash || line.len() != body.len() + HASH_KEY.len() + 64 + 2 {
        return Err(LineError::Hash);
    }
    let Hashed { seq, prev, time, mono, event, hash } = hashed;
    Ok(Entry { seq, prev, time, since: Duration::from_millis(mono), event, hash })
}

fn to_millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(events: &[&str]) -> Vec<String> {
        let mut head = Mark::default();
        let line = |event: &&str| head.append((*event).to_owned(), Timestamp::UNIX_EPOCH, Duration::from_millis(7)).1;
        events.iter().map(line).collect()
    }

    fn follow(head: &mut Mark, line: &str) -> Result<Entry<String>, LineError> {
        let entry = parse(line)?;
        head.check(&entry)?;
        head.pass(&entry);
        Ok(entry)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lines = chain(&["a", "b"]);
        let mut head = Mark::default();
        for (line, event) in lines.iter().zip(["a", "b"]) {
            let entry = follow(&mut head, line.trim_end()).unwrap();
            assert_eq!((entry.event.as_str(), entry.since), (event, Duration::from_millis(7)));
        }
        assert!(lines[0].starts_with(&format!(
            "{{\"seq\":0,\"prev\":\"{}\",\"time\":\"1970-01-01T00:00:00Z\",\"mono\":7,\"event\":\"a\",\"hash\":\"",
            Hash256::ZERO.hex()
        )));
    }

    #[test]
    fn every_changed_byte_and_every_moved_line_is_found() {
        let lines = chain(&["a", "b"]);
        let first = lines[0].trim_end();
        for at in 0..first.len() {
            let mut bytes = first.as_bytes().to_vec();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(follow(&mut Mark::default(), &changed).is_err(), "byte {at}: {changed}");
        }
        assert_eq!(follow(&mut Mark::default(), lines[1].trim_end()), Err(LineError::Order("seq")));
    }
}
