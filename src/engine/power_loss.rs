//! Runs on a disk that loses what was not synced, again and again: what was shown is never lost.

#![expect(clippy::print_stderr, reason = "what was counted is printed")]

mod steps;

use self::steps::{Watcher, step_through};
use super::recorder::Recorder;
use crate::chance::Chance;
use crate::event::*;
use crate::hash::{Hash256, sha256};
use crate::journal::model_disk::{Fault, ModelDisk};
use crate::journal::samples::{header, resumed};
use crate::journal::*;
use crate::redact::Redactor;
use jiff::Timestamp;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

const SEEDS: u64 = 10_000;
const RUNBOOK: &[u8] = b"# R\n";

/// What was counted over all seeds.
#[derive(Debug, Default)]
struct Counts {
    lives: u64,
    ended: u64,
    power_losses: u64,
    shown: u64,
    missing: u64,
    doubts: u64,
    gone_on: u64,
    repairs: u64,
    silent_repairs: u64,
    wedged: u64,
    sealed: u64,
}

/// A run, and what is known of it outside its disk.
struct Run {
    id: RunId,
    steps: usize,
    /// The lines that a watcher was shown, in one.
    shown: Vec<u8>,
    /// Ends of its journal that were to be cut off: where they began, and whether they were on the disk.
    tails: Vec<(usize, Vec<u8>, bool)>,
    sealed: bool,
}

/// One store and whatever happens to it.
struct World {
    disk: ModelDisk,
    chance: Chance,
    runs: Vec<Run>,
    /// Whether everything that can be read is on the disk.
    settled: bool,
    counts: Counts,
    seed: u64,
}

fn place() -> PathBuf {
    PathBuf::from("store")
}

fn broken(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

impl World {
    fn new(seed: u64) -> Self {
        let (disk, chance) = (ModelDisk::new(seed), Chance(!seed));
        Self { disk, chance, runs: Vec::new(), settled: true, counts: Counts::default(), seed }
    }

    /// Several lives of the store's processes, each ended by whatever chance has it; then every run goes on to its end.
    fn go(mut self) -> Counts {
        for _ in 0..=self.chance.below(4) {
            let fault = match self.chance.below(8) {
                0 => Fault::None,
                1 => Fault::Sync(self.chance.below(30)),
                2 => Fault::Full(self.chance.below(40)),
                _ => Fault::End(self.chance.below(60)),
            };
            self.live(fault, None);
            match self.chance.once_in(2) {
                true => self.lose_power(),
                false if self.chance.once_in(4) => self.look(),
                false => {}
            }
        }
        for at in 0..self.runs.len() {
            self.live(Fault::None, Some(at));
        }
        self.lose_power();
        self.look_back();
        self.counts
    }

    fn lose_power(&mut self) {
        self.disk.lose_power();
        self.settled = true;
        self.counts.power_losses += 1;
        self.look();
        for run in &mut self.runs {
            let bytes = self.disk.bytes(&place().join("runs").join(run.id.as_str()).join("journal.jsonl"));
            let bytes = bytes.unwrap_or_default();
            // An end that was never on the disk, and is gone or torn now, went with the power: nobody took it out.
            let there = |at: usize, tail: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(tail));
            run.tails.retain(|(at, tail, settled)| *settled || there(*at, tail));
            run.tails.iter_mut().for_each(|(.., settled)| *settled = true);
        }
    }

    fn live(&mut self, fault: Fault, run: Option<usize>) {
        self.disk.start(fault);
        let lived = self.process(run);
        let went_wrong = self.disk.went_wrong();
        self.counts.lives += 1;
        self.counts.ended += u64::from(went_wrong);
        if let (Err(error), false) = (&lived, went_wrong) {
            eprintln!("seed {}: wedged: {error}", self.seed);
            self.counts.wedged += 1;
        }
        self.disk.start(Fault::None);
        self.settled = false;
    }

    /// One process: goes on with a run, or begins one.
    fn process(&mut self, run: Option<usize>) -> io::Result<()> {
        let store = Store::create_on(Arc::new(self.disk.clone()), &place()).map_err(broken)?;
        let last = self.runs.len().checked_sub(1).filter(|_| !self.chance.once_in(5));
        let known = run.or(last).filter(|at| !self.runs[*at].sealed && !self.runs[*at].shown.is_empty());
        match (known, run) {
            (Some(at), _) => self.go_on(&store, at),
            // Nothing was ever shown of it.
            (None, Some(_)) => Ok(()),
            (None, None) => self.begin(&store),
        }
    }

    fn begin(&mut self, store: &Store) -> io::Result<()> {
        let id = RunId::parse(&format!("r{}", self.runs.len())).map_err(broken)?;
        let steps = 1 + self.chance.below(2) as usize;
        let (shown, tails) = (Vec::new(), Vec::new());
        self.runs.push(Run { id: id.clone(), steps, shown, tails, sealed: false });
        let (folder, file) = store.create_run(&id, RUNBOOK).map_err(broken)?;
        let header = RunStarted { runbook_sha256: sha256(RUNBOOK), ..header(id.as_str(), steps) };
        let RunStarted { runbook, runbook_path, plan, title, profile, operator, .. } = header.clone();
        let run = id.as_str().to_owned();
        let began = LedgerEvent::Began { run, runbook, runbook_path, plan, title, profile, operator };
        store.ledger().append(began, Timestamp::UNIX_EPOCH)?;
        let journal = Journal::new(Some(file), Clock::starting_at(Timestamp::UNIX_EPOCH));
        let first = vec![Event::RunStarted(Box::new(header))];
        self.work(store, &folder, self.runs.len() - 1, (journal, RunState::lean(), first))
    }

    fn go_on(&mut self, store: &Store, at: usize) -> io::Result<()> {
        let run = &mut self.runs[at];
        let listing = store.ledger().listing()?;
        let folder = store.folder_of(&run.id).ok_or_else(|| broken("its folder is gone"))?;
        let reading = read_journal(folder.open("journal.jsonl")?, RunState::lean()).map_err(broken)?;
        let mut bytes = self.disk.bytes(&folder.path().join("journal.jsonl")).unwrap_or_default();
        let tail = bytes.split_off(reading.bytes as usize);
        if !tail.is_empty() {
            run.tails.push((bytes.len(), tail, self.settled));
        }
        let settled = listing.of(run.id.as_str()).is_some_and(|listed| listed.ends_with(&reading));
        let gone = folder.go_on(&reading, settled, Timestamp::UNIX_EPOCH).map_err(broken)?;
        run.shown = bytes;
        self.counts.gone_on += 1;
        let listed = listing.of(run.id.as_str()).ok_or_else(|| broken("it is not listed"))?;
        if let Some(line) = listed.lacks(&reading) {
            store.ledger().append(line, Timestamp::UNIX_EPOCH)?;
        }
        if reading.state.seal.is_some() && gone.unrecorded == 0 {
            run.sealed = true;
            return Ok(());
        }
        let (run, operator) = (run.id.as_str().to_owned(), "a@b".to_owned());
        let line = LedgerEvent::Resumed { run, operator, records: reading.records, head: reading.head };
        store.ledger().append(line, Timestamp::UNIX_EPOCH)?;
        let mut first = vec![Event::RunResumed(Box::new(resumed(2)))];
        if gone.unrecorded > 0 {
            first.push(Event::Repaired { bytes: gone.unrecorded });
            self.counts.repairs += 1;
        }
        self.work(store, &folder, at, (gone.journal, reading.state, first))
    }

    /// Records what comes first, then the steps that are still to be run, then the end.
    fn work(
        &mut self,
        store: &Store,
        folder: &RunFolder,
        at: usize,
        (journal, state, first): (Journal, RunState, Vec<Event>),
    ) -> io::Result<()> {
        let Run { id, steps, shown, sealed, .. } = &mut self.runs[at];
        let mut watcher = Watcher { shown, attempts: Vec::new() };
        let mut recorder = Recorder::new(journal, state, Redactor::default(), &mut watcher);
        first.into_iter().for_each(|event| recorder.record(event));
        recorder.commit()?;
        for step in 0..*steps {
            step_through(&mut recorder, folder, &format!("s{step}"), &mut self.chance)?;
        }
        let run = id.as_str().to_owned();
        if self.chance.once_in(5) {
            recorder.record(Event::RunInterrupted { signal: "INT".to_owned() });
            recorder.commit()?;
            let (verdict, Mark { records, head }) = (recorder.state().verdict(), recorder.end());
            let line = LedgerEvent::Left { run, verdict, records, head };
            return store.ledger().append(line, Timestamp::UNIX_EPOCH);
        }
        recorder.record(Event::Closing);
        recorder.commit()?;
        let (verdict, Mark { records, head }) = (recorder.state().closing_verdict(), recorder.end());
        let seal = Event::Sealed { verdict, records, head };
        recorder.record(seal);
        recorder.commit()?;
        let Mark { records, head } = recorder.end();
        let line = LedgerEvent::Sealed { run, verdict, records, head };
        store.ledger().append(line, Timestamp::UNIX_EPOCH)?;
        *sealed = true;
        Ok(())
    }

    /// Looks at every run of which something was shown.
    fn look(&mut self) {
        let store = Store::on(Arc::new(self.disk.clone()), &place());
        let listing = store.ledger().listing();
        for run in self.runs.iter().filter(|run| !run.shown.is_empty()) {
            let lines = run.shown.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.counts.shown += lines;
            let Some((folder, bytes)) = store.folder_of(&run.id).and_then(|folder| {
                let bytes = self.disk.bytes(&folder.path().join("journal.jsonl"))?;
                Some((folder, bytes))
            }) else {
                self.counts.missing += lines;
                continue;
            };
            if !bytes.starts_with(&run.shown) {
                eprintln!("seed {}: {}: what was shown is gone", self.seed, run.id);
                self.counts.missing += 1;
            }
            let mut vouched = Vouched::default();
            let watch = |event: &Event| vouched.take(event);
            let reading = read_journal_watching(&bytes[..], RunState::lean(), watch).unwrap();
            let mut doubts = doubts(Some(&listing), &folder, &reading);
            doubts.extend(vouched.doubts(&folder));
            doubts.extend(reading.damage.iter().filter(|damage| damage.torn.is_none()).map(ToString::to_string));
            for doubt in doubts {
                eprintln!("seed {}: {}: {doubt}", self.seed, run.id);
                self.counts.doubts += 1;
            }
            let kept = self.disk.bytes(&folder.path().join("journal.broken")).unwrap_or_default();
            let silent = |(at, tail, settled): &&(usize, Vec<u8>, bool)| {
                // One that was never on the disk may have gone with the power.
                let cut = reading.bytes as usize > *at || *settled;
                cut && !bytes[*at.min(&bytes.len())..].starts_with(tail) && !contains(&kept, tail)
            };
            for (at, tail, settled) in run.tails.iter().filter(silent) {
                let what = format!("{} bytes at {at}, settled {settled}", tail.len());
                eprintln!("seed {}: {}: cut off without a copy: {what}", self.seed, run.id);
                self.counts.silent_repairs += 1;
            }
        }
    }

    /// When all is done, every repair is recorded, and every run of which anything was shown has come to an end.
    fn look_back(&mut self) {
        for run in self.runs.iter().filter(|run| !run.shown.is_empty()) {
            let folder = place().join("runs").join(run.id.as_str());
            let bytes = self.disk.bytes(&folder.join("journal.jsonl")).unwrap_or_default();
            let reading = read_journal(&bytes[..], RunState::lean()).unwrap();
            let kept = self.disk.bytes(&folder.join("journal.broken")).unwrap_or_default();
            if kept.len() as u64 != reading.state.repaired {
                let repaired = reading.state.repaired;
                eprintln!("seed {}: {}: {} bytes kept, {repaired} recorded", self.seed, run.id, kept.len());
                self.counts.silent_repairs += 1;
            }
            self.counts.sealed += u64::from(reading.state.seal.is_some());
        }
        let store = Store::create_on(Arc::new(self.disk.clone()), &place()).unwrap();
        // A repair that a crash interrupted is recorded with the next line, whatever that is.
        let (run, verdict, head) = ("end".to_owned(), RunVerdict::Interrupted, Hash256::ZERO);
        let line = LedgerEvent::Left { run, verdict, records: 0, head };
        store.ledger().append(line, Timestamp::UNIX_EPOCH).unwrap();
        let ledger = self.disk.bytes(&place().join("ledger.broken")).unwrap_or_default();
        let (entries, damage) = store.ledger().read().unwrap();
        let repaired = entries.iter().filter_map(|entry| match entry.event {
            LedgerEvent::Repaired { bytes } => Some(bytes),
            _ => None,
        });
        self.counts.silent_repairs += u64::from(repaired.sum::<u64>() != ledger.len() as u64);
        self.counts.doubts += u64::from(damage.is_some());
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        let Counts { lives, ended, power_losses, shown, missing, doubts, .. } = other;
        self.lives += lives;
        self.ended += ended;
        self.power_losses += power_losses;
        self.shown += shown;
        self.missing += missing;
        self.doubts += doubts;
        let Counts { gone_on, repairs, silent_repairs, wedged, sealed, .. } = other;
        self.gone_on += gone_on;
        self.repairs += repairs;
        self.silent_repairs += silent_repairs;
        self.wedged += wedged;
        self.sealed += sealed;
    }
}

#[test]
fn what_was_shown_survives_power_losses_full_disks_and_failed_syncs_and_every_run_can_be_gone_on_with() {
    let threads = 2;
    let seeds = |thread| (thread..SEEDS).step_by(threads);
    let mut counts = Counts::default();
    std::thread::scope(|scope| {
        let start = |thread| {
            scope.spawn(move || {
                let mut counts = Counts::default();
                seeds(thread).for_each(|seed| counts.add(&World::new(seed).go()));
                counts
            })
        };
        let workers: Vec<_> = (0..threads as u64).map(start).collect();
        workers.into_iter().for_each(|worker| counts.add(&worker.join().unwrap()));
    });
    eprintln!("{SEEDS} seeds: {counts:?}");
    let Counts { missing, doubts, silent_repairs, wedged, .. } = counts;
    assert_eq!((missing, doubts, silent_repairs, wedged), (0, 0, 0, 0));
    assert!(counts.repairs > 100 && counts.gone_on > 1000 && counts.power_losses > 1000, "{counts:?}");
}
