//! What of the disk a run uses, taken before anything runs.

use super::error::{Exit, Failure};
use super::log::store_path;
use super::terminal::eprint_line;
use super::unfinished::{History, history};
use super::{args, environment};
use crate::engine::Begin;
use crate::event::{Event, Revision, RunResumed, RunStarted, RunState, RunVerdict};
use crate::journal::{
    Clock, GoOnError, GoneOn, Journal, Listing, Lock, ReadError, Reading, RunFolder, RunId, Store, Taken,
    read_journal_watching,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::Sender;

/// What of the disk a run uses.
pub struct Record {
    /// Where the run is listed; nowhere with `--ephemeral`.
    pub store: Option<Store>,
    /// Where its outputs are kept.
    pub folder: Option<RunFolder>,
    /// Its journal.
    pub journal: Journal,
    /// What is known of the run.
    pub state: RunState,
    /// How it begins or goes on.
    pub begin: Begin,
    /// Locks that were taken over from the dead, as events.
    pub taken_over: Vec<Event>,
    /// What the store knows of older runs of the runbook.
    pub history: History,
    /// Held as long as the run goes on.
    pub locks: Vec<Lock>,
}

impl Record {
    /// A run of which nothing is kept, but for a report of it: nobody could read again what its steps printed.
    pub fn ephemeral(header: RunStarted, reported: bool) -> Self {
        Self {
            store: None,
            folder: None,
            journal: Journal::new(None, Clock::starting_at(Timestamp::now())),
            state: if reported { RunState::default() } else { RunState::lean() },
            begin: Begin::New(Box::new(header)),
            taken_over: Vec::new(),
            history: History::default(),
            locks: Vec::new(),
        }
    }

    /// Opens the store, takes the locks of runbook and run, and makes the run's folder with the runbook's exact bytes in
    /// it.
    pub fn open(options: &args::Run, path: &Path, text: &str, header: RunStarted) -> Result<Self, Failure> {
        let run = RunId::parse(&header.run)?;
        let store = Store::create(&store_path(options.store.as_ref())?)?;
        let me = environment::holder(run.as_str(), &header.operator);
        let (locks, taken_over) = split([store.lock(path, &header.targets, &me)?, store.lock_run(&me)?]);
        let history = history(&store, path);
        let (folder, journal) = store.create_run(&run, text.as_bytes())?;
        Ok(Self {
            store: Some(store),
            folder: Some(folder),
            journal: Journal::new(Some(journal), Clock::starting_at(Timestamp::now())),
            state: RunState::lean(),
            begin: Begin::New(Box::new(header)),
            taken_over,
            history,
            locks,
        })
    }

    /// Goes on with a run: takes the runbook's lock, and opens the journal behind its sound end.
    pub fn go_on(
        store: Store,
        folder: RunFolder,
        (path, targets): (&Path, &BTreeMap<String, String>),
        continued: Continued,
        resumed: RunResumed,
    ) -> Result<Self, Failure> {
        let settled = continued.is_settled(&folder.run);
        let Continued { reading, run_lock, .. } = continued;
        let me = environment::holder(folder.run.as_str(), &resumed.operator);
        let (locks, taken_over) = split([store.lock(path, targets, &me)?, run_lock]);
        let history = history(&store, path);
        let gone_on = folder.go_on(&reading, settled, Timestamp::now());
        let GoneOn { journal, unrecorded } = gone_on.map_err(|error| unusable(&folder.run, &error))?;
        let end = reading.end();
        let begin = Begin::GoOn { resumed: Box::new(resumed), end, repaired: unrecorded };
        let state = reading.state.into_lean();
        let (store, folder) = (Some(store), Some(folder));
        Ok(Self { store, folder, journal, state, begin, taken_over, history, locks })
    }

    /// Names the newest run of the runbook that was never closed, so that it is not forgotten.
    pub fn name_unfinished(&self) {
        let own = self.folder.as_ref().map(|folder| folder.run.as_str());
        let mut unfinished = self.history.unfinished.iter().filter(|(run, _)| Some(run.as_str()) != own);
        let Some((run, verdict)) = unfinished.next() else { return };
        let words = if *verdict == RunVerdict::Running { "unfinished" } else { verdict.as_str() };
        let others = match unfinished.count() {
            0 => String::new(),
            more => format!(", and {more} older"),
        };
        eprint_line(&format!("note: run {run} of this runbook is {words}{others}: stepgate resume {run}"));
    }
}

fn split(taken: [Taken; 2]) -> (Vec<Lock>, Vec<Event>) {
    let (locks, over): (Vec<_>, Vec<_>) = taken.into_iter().map(|taken| (taken.lock, taken.over)).unzip();
    // The two locks of one dead run are one thing to say.
    let mut events: Vec<Event> = over.iter().flatten().map(crate::journal::TakenOver::event).collect();
    events.dedup();
    (locks, events)
}

/// A run that is to go on, as its record has it, with its lock.
pub struct Continued {
    /// Its journal, as far as it is sound.
    pub reading: Reading,
    /// What the ledger says of all runs.
    listing: Listing,
    run_lock: Taken,
}

impl Continued {
    /// What the ledger says of all runs, read before the record: a run that is under way must not seem ahead of it.
    pub fn listing(store: &Store, run: &RunId) -> Result<Listing, Failure> {
        store.ledger().listing().map_err(|error| unusable(run, &format!("the ledger cannot be read: {error}")))
    }

    /// Takes the run's lock, reads its record, and holds it against the ledger. Tells what stands at the record's head
    /// while the rest is read.
    ///
    /// # Errors
    ///
    /// If somebody is at the run, or its record is damaged in a way that no crash explains.
    pub fn open(
        store: &Store,
        folder: &RunFolder,
        operator: &str,
        listing: Listing,
        head: Sender<RunStarted>,
    ) -> Result<Self, Failure> {
        let run_lock = store.lock_run(&environment::holder(folder.run.as_str(), operator))?;
        let read = folder.open("journal.jsonl").map_err(ReadError::from);
        // Whoever listens may have found that the page cannot be planned.
        let tell = |event: &Event| {
            if let Event::RunStarted(header) = event {
                _ = head.send(RunStarted::clone(header));
            }
        };
        let reading = match read.and_then(|file| read_journal_watching(file, RunState::default(), tell)) {
            Ok(reading) => reading,
            Err(newer @ ReadError::Newer(_)) => return Err(Failure::usage(newer.to_string()).hint("nothing was run")),
            Err(error) => return Err(unusable(&folder.run, &error)),
        };
        if let Some(damage) = reading.damage.as_ref().filter(|damage| damage.torn.is_none()) {
            return Err(unusable(&folder.run, &GoOnError::Damaged(damage.clone())));
        }
        let why = match (listing.of(folder.run.as_str()), &listing.damage) {
            (_, Some(damage)) => Some(format!("the ledger is damaged: {damage}")),
            (None, None) => Some("the ledger does not list it".to_owned()),
            (Some(listed), None) => listed.missing(&reading).map(|mark| {
                format!("the ledger says that record {} had another hash, or was there", mark.records.saturating_sub(1))
            }),
        };
        match why {
            Some(why) => Err(unusable(&folder.run, &why)),
            None => Ok(Self { reading, listing, run_lock }),
        }
    }

    /// Whether the ledger vouches for all of the journal.
    fn is_settled(&self, run: &RunId) -> bool {
        self.listing.of(run.as_str()).is_some_and(|listed| listed.ends_with(&self.reading))
    }

    /// A crash between the seal and the ledger's line leaves the line out: it is added, when the seal is on the disk for
    /// certain, and nothing else is to be done.
    pub fn mend_ledger(&mut self, store: &Store, folder: &RunFolder) -> Result<(), Failure> {
        if self.listing.of(folder.run.as_str()).and_then(|listed| listed.lacks(&self.reading)).is_none() {
            return Ok(());
        }
        // Whoever sealed it may have written the line since, before the lock was free.
        let listing = Self::listing(store, &folder.run)?;
        let lacks = listing.of(folder.run.as_str()).and_then(|listed| listed.lacks(&self.reading));
        let Some(line) = lacks else { return Ok(()) };
        folder.go_on(&self.reading, false, Timestamp::now()).map_err(|error| unusable(&folder.run, &error))?;
        // What was torn behind the seal is kept aside now, and taken out.
        self.reading.damage = None;
        let added = store.ledger().append(line, Timestamp::now());
        added.map_err(|error| Failure::new(Exit::Record, format!("the ledger cannot be written: {error}")))
    }
}

/// A record with which no run can go on.
pub fn unusable(run: &RunId, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Record, format!("run {run} cannot be gone on with: {why}"))
        .hint("nothing was run; `stepgate log` shows what of the record is sound")
}

/// Names the file of a later version of the runbook's bytes, and keeps them.
pub fn keep_revision(
    folder: &RunFolder,
    part: u32,
    mut revision: Revision,
    text: &str,
) -> Result<Box<Revision>, Failure> {
    revision.runbook_file = format!("runbook~{part}.md");
    let kept = folder.keep_runbook(&revision.runbook_file, text.as_bytes());
    kept.map(|()| Box::new(revision)).map_err(|error| {
        Failure::new(Exit::Record, format!("the runbook's bytes cannot be kept: {error}")).hint("nothing was run")
    })
}
