//! What the ledger says of every run of its store.

use super::chain::{Entry, LineError, Mark};
use super::ledger::LedgerEvent;
use super::reader::Reading;
use crate::event::RunVerdict;
use crate::hash::Hash256;
use jiff::Timestamp;
use std::collections::HashMap;

/// About as many bytes has a line of the ledger.
const LINE: u64 = 400;
/// Room is made beforehand for at most so many lines, whatever the file's length says.
const MOST: usize = 1 << 20;

/// The runs that a ledger lists, in the order in which they began.
#[derive(Debug, Default)]
pub struct Listing {
    /// The runs. An id that was used again, after its folder was removed, stands once.
    pub runs: Vec<Listed>,
    /// What is wrong with the first line that is not sound; nothing behind it is listed.
    pub damage: Option<LineError>,
    /// The hash of every sound line, in order.
    heads: Vec<Hash256>,
    /// How many bytes its lines say were taken out.
    repaired: u64,
    /// Where each run stands in `runs`.
    places: HashMap<String, usize>,
}

/// A run as the ledger lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The run's id.
    pub run: String,
    /// The runbook's path as it was given.
    pub runbook: String,
    /// The runbook's real path.
    pub runbook_path: String,
    /// The identity of the plan.
    pub plan: Hash256,
    /// The runbook's title.
    pub title: String,
    /// The profile, if one was chosen.
    pub profile: Option<String>,
    /// Who began it, as `user@host`.
    pub operator: String,
    /// When it began.
    pub began: Timestamp,
    /// When it was left or closed; `None` if it is under way, or a crash ended it.
    pub ended: Option<Timestamp>,
    /// Where the ledger saw it last.
    pub standing: Standing,
    /// Where its journal stood at each of its lines behind the first, in order, and where the run stood then.
    marks: Vec<(Mark, Standing)>,
    /// Whether a line cannot follow the one before it, such as one that closes what is closed.
    pub odd: bool,
    /// How many lines the ledger had with the last that says something of it.
    pub line: u64,
}

/// Where the ledger saw a run last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It began or went on: it is under way, or a crash ended it.
    Begun,
    /// It was left.
    Left(RunVerdict),
    /// It was closed.
    Sealed(RunVerdict),
}

impl Listing {
    /// Nothing yet, with room for a ledger of so many bytes: what grows by itself is copied again and again.
    pub(super) fn of_bytes(length: u64) -> Self {
        let lines = usize::try_from(length / LINE).unwrap_or_default().min(MOST);
        let (runs, heads) = (Vec::with_capacity(lines / 2), Vec::with_capacity(lines));
        Self { runs, heads, places: HashMap::with_capacity(lines / 2), ..Self::default() }
    }

    /// Adds a line.
    pub(super) fn take(&mut self, Entry { event, time, hash, .. }: Entry<LedgerEvent>) {
        self.heads.push(hash);
        match event {
            LedgerEvent::Began { run, runbook, runbook_path, plan, title, profile, operator } => {
                if self.places.contains_key(&run) {
                    self.runs.retain(|listed| listed.run != run);
                    let places = self.runs.iter().enumerate().map(|(at, listed)| (listed.run.clone(), at));
                    self.places = places.collect();
                }
                self.places.insert(run.clone(), self.runs.len());
                let (standing, marks, line) = (Standing::Begun, Vec::new(), self.heads.len() as u64);
                let (began, ended) = (time, None);
                self.runs.push(Listed {
                    run,
                    runbook,
                    runbook_path,
                    plan,
                    title,
                    profile,
                    operator,
                    began,
                    ended,
                    standing,
                    marks,
                    odd: false,
                    line,
                });
            }
            LedgerEvent::Resumed { run, records, head, .. } => {
                self.mark(&run, Mark { records, head }, Standing::Begun, None);
            }
            LedgerEvent::Left { run, verdict, records, head } => {
                self.mark(&run, Mark { records, head }, Standing::Left(verdict), Some(time));
            }
            LedgerEvent::Sealed { run, verdict, records, head } => {
                self.mark(&run, Mark { records, head }, Standing::Sealed(verdict), Some(time));
            }
            LedgerEvent::Repaired { bytes } => self.repaired = self.repaired.saturating_add(bytes),
        }
    }

    fn mark(&mut self, run: &str, mark: Mark, standing: Standing, ended: Option<Timestamp>) {
        let line = self.heads.len() as u64;
        if let Some(listed) = self.places.get(run).map(|at| &mut self.runs[*at]) {
            listed.odd |= standing != Standing::Begun && listed.standing != Standing::Begun;
            (listed.standing, listed.ended, listed.line) = (standing, ended, line);
            if listed.marks.is_empty() {
                // Nearly every run has one: room for four would be most of what a long ledger takes.
                listed.marks.reserve_exact(1);
            }
            listed.marks.push((mark, standing));
        }
    }

    /// Whether it has fewer lines than a mark counts.
    pub fn is_shorter(&self, mark: &Mark) -> bool {
        (self.heads.len() as u64) < mark.records
    }

    /// How many bytes its lines say were taken out of it.
    pub(super) fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Where the ledger ends, as far as it is sound; `None` if it has no line.
    pub fn end(&self) -> Option<Mark> {
        self.heads.last().map(|head| Mark { records: self.heads.len() as u64, head: *head })
    }

    /// Whether the ledger had exactly this head when it had so many lines.
    pub fn holds(&self, mark: &Mark) -> bool {
        let at = mark.records.checked_sub(1).and_then(|at| self.heads.get(usize::try_from(at).ok()?));
        at == Some(&mark.head)
    }

    /// What is listed of a run.
    pub fn of(&self, run: &str) -> Option<&Listed> {
        self.places.get(run).map(|at| &self.runs[*at])
    }

    /// The runs that were never closed, or were opened again since, newest first. A run that was closed and failed is
    /// none of them, though it may be resumed by its name.
    pub fn unfinished(&self) -> impl Iterator<Item = &Listed> {
        self.runs.iter().rev().filter(|listed| !matches!(listed.standing, Standing::Sealed(_)))
    }
}

impl Listed {
    /// The first mark that a journal does not hold. One that is longer than the last mark is fine: a crash came
    /// before the ledger's line.
    pub fn missing(&self, reading: &Reading) -> Option<&Mark> {
        self.marks.iter().map(|(mark, _)| mark).find(|mark| !reading.holds(mark))
    }

    /// Whether the ledger's last line of the run names the journal's end.
    pub fn ends_with(&self, reading: &Reading) -> bool {
        self.marks.last().is_some_and(|(mark, _)| *mark == reading.end())
    }

    /// Where its journal stood each time that the run was closed.
    pub fn seals(&self) -> impl Iterator<Item = &Mark> {
        self.marks.iter().filter(|(_, standing)| matches!(standing, Standing::Sealed(_))).map(|(mark, _)| mark)
    }

    /// The line that the ledger lacks, if the journal is sealed and a crash came before the ledger's `sealed`.
    pub fn lacks(&self, reading: &Reading) -> Option<LedgerEvent> {
        let (verdict, _) = reading.state.seal.as_ref()?;
        let listed = matches!(self.standing, Standing::Sealed(_)) && self.ends_with(reading);
        let Mark { records, head } = reading.end();
        (!listed).then(|| LedgerEvent::Sealed { run: self.run.clone(), verdict: *verdict, records, head })
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::read_journal;
    use super::super::samples::{Lines, resumed};
    use super::*;
    use crate::event::{Event, RunState};

    fn entries(events: Vec<LedgerEvent>) -> Vec<Entry<LedgerEvent>> {
        let mut head = super::super::chain::Mark::default();
        events.into_iter().map(|event| head.append(event, jiff::Timestamp::UNIX_EPOCH, Default::default()).0).collect()
    }

    fn listing(entries: Vec<Entry<LedgerEvent>>) -> Listing {
        let mut listing = Listing::default();
        entries.into_iter().for_each(|entry| listing.take(entry));
        listing
    }

    fn began(run: &str) -> LedgerEvent {
        let [runbook, runbook_path, title, operator] = ["r.md", "/r.md", "R", "a@b"].map(str::to_owned);
        let plan = crate::hash::Hash256::default();
        LedgerEvent::Began { run: run.to_owned(), runbook, runbook_path, plan, title, profile: None, operator }
    }

    fn left(run: &str, Mark { records, head }: Mark) -> LedgerEvent {
        LedgerEvent::Left { run: run.to_owned(), verdict: RunVerdict::Suspended, records, head }
    }

    fn sealed(run: &str, Mark { records, head }: Mark) -> LedgerEvent {
        LedgerEvent::Sealed { run: run.to_owned(), verdict: RunVerdict::Failed, records, head }
    }

    #[test]
    fn the_newest_run_that_was_not_closed_comes_first_and_one_that_failed_is_closed() {
        let mark = Mark { records: 1, head: crate::hash::sha256(b"x") };
        let again = LedgerEvent::Resumed { run: "c".into(), operator: "a@b".into(), records: 1, head: mark.head };
        let events =
            vec![began("a"), began("b"), left("b", mark), began("c"), sealed("c", mark), began("d"), sealed("d", mark)];
        let unfinished = |events: Vec<_>| {
            let known = listing(entries(events));
            known.unfinished().map(|listed| listed.run.clone()).collect::<Vec<_>>()
        };
        assert_eq!(unfinished(events.clone()), ["b", "a"]);
        assert_eq!(unfinished([events.clone(), vec![again]].concat()), ["c", "b", "a"]);
        assert_eq!(unfinished([events, vec![began("a")]].concat()), ["a", "b"], "an id that was used again");
    }

    #[test]
    fn a_journal_holds_every_mark_of_the_ledger_or_the_first_that_it_lacks_is_named() {
        let mut lines = Lines::started(1);
        lines.add(Event::RunInterrupted { signal: "INT".to_owned() });
        lines.add(Event::RunResumed(Box::new(resumed(2))));
        lines.add(Event::Closing);
        let read = |text: &str| read_journal(text.as_bytes(), RunState::default()).unwrap();
        let marks = &lines.marks;
        let listing = |marks: &[&Mark]| {
            let events = [began("one")].into_iter().chain(marks.iter().map(|mark| left("one", *(*mark))));
            listing(entries(events.collect())).of("one").unwrap().clone()
        };
        let reading = read(&lines.text);
        assert_eq!(listing(&[]).missing(&reading), None);
        assert_eq!(listing(&[&marks[1], &marks[3]]).missing(&reading), None);
        assert_eq!(listing(&[&marks[1]]).missing(&reading), None, "a journal that is longer is fine");
        let listed = listing(&[&marks[1], &marks[3]]);
        let shorter: String = lines.text.split_inclusive('\n').take(3).collect();
        assert_eq!(listed.missing(&read(&shorter)), Some(&marks[3]));
        let mut other = Lines::started(1);
        (0..4).for_each(|_| other.add(Event::RunInterrupted { signal: "TERM".to_owned() }));
        assert_eq!(listed.missing(&read(&other.text)), Some(&marks[1]), "made anew");
    }

    #[test]
    fn a_seal_that_the_ledger_does_not_know_of_is_told_apart() {
        let mut lines = Lines::started(1);
        lines.seal(RunVerdict::Passed);
        let reading = read_journal(lines.text.as_bytes(), RunState::default()).unwrap();
        let known = listing(entries(vec![began("one")]));
        let line = known.of("one").unwrap().lacks(&reading).unwrap();
        let Mark { records, head } = reading.end();
        assert_eq!(line, LedgerEvent::Sealed { run: "one".into(), verdict: RunVerdict::Passed, records, head });
        let known = listing(entries(vec![began("one"), line]));
        assert_eq!(known.of("one").unwrap().lacks(&reading), None);
    }
}
