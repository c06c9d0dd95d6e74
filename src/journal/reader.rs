//! Reading a journal: every line is checked, the first damage ends it.

use super::blocks::{Blocks, Line};
use super::chain::{Entry, LineError, Mark};
use crate::event::{Event, JOURNAL_FORMAT, RunState, RunVerdict};
use crate::hash::Hash256;
use serde::Deserialize;
use std::io::{self, Read};
use std::ops::ControlFlow;

/// A journal as far as it could be read.
#[derive(Debug)]
pub struct Reading {
    /// What its events add up to.
    pub state: RunState,
    /// How many records are sound.
    pub records: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// The hash of the last sound record.
    pub head: Hash256,
    /// The hash of every sound record, in order.
    heads: Vec<Hash256>,
    /// The first damage, if there is any; nothing behind it was read.
    pub damage: Option<Damage>,
}

impl Reading {
    /// Whether the journal had exactly this head when it had so many records.
    pub fn holds(&self, mark: &Mark) -> bool {
        let at = mark.records.checked_sub(1).and_then(|at| self.heads.get(usize::try_from(at).ok()?));
        at == Some(&mark.head)
    }

    /// Where its sound part ends.
    pub fn end(&self) -> Mark {
        Mark { records: self.records, head: self.head }
    }
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
    /// How many bytes a last line has that has no end: a write that a crash cut off. `None` is damage of another kind.
    pub torn: Option<u64>,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.torn {
            Some(_) => write!(out, "record {} at byte {} was cut off while it was written", self.record, self.byte),
            None => write!(out, "record {} at byte {}: {}", self.record, self.byte, self.error),
        }
    }
}

/// Why nothing is known of a journal.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It has a format that is not known here, so nothing of it is judged.
    #[error("it was written by a newer stepgate, format {0}; this one reads up to {JOURNAL_FORMAT}")]
    Newer(u64),
}

/// Reads a journal and folds it into `state`: [`RunState::default`], or [`RunState::lean`] to do without outputs.
pub fn read_journal(input: impl Read, state: RunState) -> Result<Reading, ReadError> {
    read_journal_watching(input, state, |_| {})
}

/// Reads a journal as [`read_journal`] does, and shows each event that is sound before it is folded.
pub fn read_journal_watching(
    input: impl Read,
    state: RunState,
    mut watch: impl FnMut(&Event),
) -> Result<Reading, ReadError> {
    let mut blocks = Blocks::new(input);
    let mut reading = Reading { state, records: 0, bytes: 0, head: Hash256::ZERO, heads: Vec::new(), damage: None };
    let mut end = Mark::default();
    if let Some(first) = blocks.next()? {
        if let Some(format) = format(&first).filter(|format| *format > u64::from(JOURNAL_FORMAT)) {
            return Err(ReadError::Newer(format));
        }
        blocks.each(first, |line| reading.take(line, &mut end, &mut watch))?;
    }
    (reading.records, reading.head) = (end.records, end.head);
    Ok(reading)
}

impl Reading {
    fn take(&mut self, line: Line<Event>, end: &mut Mark, watch: &mut impl FnMut(&Event)) -> ControlFlow<()> {
        let error = match line.entry {
            Ok(entry) => match may_follow(&entry, end, &self.state) {
                Ok(()) => {
                    end.pass(&entry);
                    self.bytes += line.length;
                    self.heads.push(entry.hash);
                    watch(&entry.event);
                    self.state.take(entry.event, entry.time, entry.since);
                    return ControlFlow::Continue(());
                }
                Err(error) => error,
            },
            Err(error) => error,
        };
        let torn = line.torn.then_some(line.length);
        self.damage = Some(Damage { record: end.records, byte: self.bytes, error, torn });
        ControlFlow::Break(())
    }
}

/// Whether an entry may follow `end` and what is known.
fn may_follow(entry: &Entry<Event>, end: &Mark, state: &RunState) -> Result<(), LineError> {
    end.check(entry)?;
    let refused = match &entry.event {
        Event::RunStarted(_) if state.header.is_some() => "a run starts only once",
        Event::RunStarted(header) if header.format == 0 => "there is no format 0",
        Event::RunStarted(_) => return Ok(()),
        _ if state.header.is_none() => "no run has started",
        Event::RunResumed(_) => return Ok(()),
        _ if state.seal.is_some() => "it stands behind the seal",
        Event::Sealed { verdict: RunVerdict::InDoubt | RunVerdict::Running | RunVerdict::Suspended, .. } => {
            "no seal has that verdict"
        }
        Event::Sealed { records, head, verdict }
            if *records != end.records || *head != end.head || *verdict != state.closing_verdict() =>
        {
            "the seal does not fit what it seals"
        }
        _ => return Ok(()),
    };
    Err(LineError::Unreadable(refused.to_owned()))
}

/// The format that the first record names, whatever else stands there: what a newer format means by it is not known.
fn format(block: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct First {
        event: Header,
    }
    #[derive(Deserialize)]
    struct Header {
        format: u64,
    }
    let line = block.split(|byte| *byte == b'\n').next()?;
    serde_json::from_slice::<First>(line).ok().map(|first| first.event.format)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Lines, resumed};
    use super::*;
    use crate::event::Instance;

    fn read_text(text: &str) -> Reading {
        read_journal(text.as_bytes(), RunState::default()).unwrap()
    }

    #[test]
    fn behind_a_seal_stands_nothing_but_a_part_in_which_the_run_goes_on() {
        let mut lines = Lines::started(1);
        lines.seal(RunVerdict::Passed);
        let sealed = lines.text.clone();
        assert_eq!(read_text(&sealed).damage, None);
        let mut more = lines.clone();
        more.add(Event::RunResumed(Box::new(resumed(2))));
        more.add(Event::Repaired { bytes: 3 });
        more.seal(RunVerdict::Passed);
        let reading = read_text(&more.text);
        assert_eq!((reading.damage, reading.records), (None, 9));
        for event in [Event::Closing, Event::Repaired { bytes: 3 }, Event::GivenUp { by: "a@b".into() }] {
            let mut more = lines.clone();
            more.add(event);
            let reading = read_text(&more.text);
            let damage = reading.damage.unwrap();
            assert_eq!((damage.record, damage.byte, damage.torn), (4, sealed.len() as u64, None));
            assert!(damage.to_string().contains("behind the seal"), "{damage}");
        }
    }

    #[test]
    fn a_seal_that_does_not_fit_is_damage() {
        let mut lines = Lines::started(1);
        lines.seal(RunVerdict::Failed);
        assert!(read_text(&lines.text).damage.unwrap().to_string().contains("does not fit"));
    }

    #[test]
    fn a_newer_format_is_named_and_nothing_of_it_is_judged() {
        let newer = |rest: &str| format!("{{\"seq\":0,\"event\":{{\"type\":\"run-started\",\"format\":3{rest}\n");
        for text in [newer("}}"), newer(",\"x\":[1]},\"y\":2}"), newer("}}") + "{\"type\":\"new\"}\nrubbish"] {
            let error = read_journal(text.as_bytes(), RunState::default()).unwrap_err().to_string();
            assert_eq!(error, "it was written by a newer stepgate, format 3; this one reads up to 2");
        }
        assert!(read_text("{\"seq\":0,\"event\":{\"type\":\"run-started\",\"format\":2}}\n").damage.is_some());
    }

    #[test]
    fn a_long_journal_is_read_in_order_and_its_damage_is_found_where_it_is() {
        let mut lines = Lines::started(1500);
        for step in 0..1500 {
            let step = Instance::first(&format!("s{step}"));
            lines.add(Event::StepStarted { step, attempt: 1 });
        }
        let reading = read_text(&lines.text);
        assert_eq!((reading.records, reading.bytes), (1501, lines.text.len() as u64));
        assert!(lines.text.len() > 1 << 19, "several blocks: {}", lines.text.len());
        assert!(lines.marks.iter().all(|mark| reading.holds(mark)));
        for record in [1, 700, 1499] {
            let name = format!("{{\"name\":\"s{}\",\"pass\"", record - 1);
            let reading = read_text(&lines.text.replace(&name, &name.replace("name\":\"s", "name\":\"t")));
            let byte: usize = lines.text.split_inclusive('\n').take(record).map(str::len).sum();
            let damage = reading.damage.unwrap();
            assert_eq!((damage.record, damage.byte), (record as u64, byte as u64));
            assert!(reading.state.step(&format!("s{record}")).unwrap().attempts == 0);
        }
    }

    #[test]
    fn a_cut_at_any_byte_leaves_what_stands_before_and_is_only_ever_torn() {
        let mut lines = Lines::started(2);
        lines.add(Event::StepStarted { step: Instance::first("s0"), attempt: 1 });
        let ends: Vec<_> = lines.text.match_indices('\n').map(|(at, _)| at + 1).collect();
        for cut in 0..=lines.text.len() {
            let reading = read_text(&lines.text[..cut]);
            let sound = ends.iter().rev().find(|end| **end <= cut).copied().unwrap_or(0);
            assert_eq!(reading.bytes, sound as u64);
            let torn = reading.damage.map(|damage| damage.torn.unwrap());
            assert_eq!(torn, (cut > sound).then_some((cut - sound) as u64));
        }
    }
}
