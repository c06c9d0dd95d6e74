//! What of the disk a run uses, taken before anything runs.

use super::error::{Exit, Failure};
use super::log::{read, store_path};
use super::terminal::eprint_line;
use super::unfinished::{History, history};
use super::{args, environment};
use crate::engine::Begin;
use crate::event::{Revision, RunResumed, RunStarted, RunState, RunVerdict};
use crate::journal::{Clock, Journal, Lock, RunFolder, RunId, Store};
use crate::plan::Plan;
use jiff::Timestamp;
use std::path::Path;

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
    /// What the store knows of older runs of the runbook.
    pub history: History,
    /// Held as long as the run goes on.
    pub _locks: Vec<Lock>,
}

impl Record {
    /// A run of which nothing is kept.
    pub fn ephemeral(header: RunStarted) -> Self {
        Self {
            store: None,
            folder: None,
            journal: Journal::new(None, Clock::starting_at(Timestamp::now())),
            state: RunState::lean(),
            begin: Begin::New(Box::new(header)),
            history: History::default(),
            _locks: Vec::new(),
        }
    }

    /// Opens the store, takes the locks of runbook and run, and makes the run's folder with the runbook's exact bytes.
    pub fn open(
        options: &args::Run,
        plan: &Plan,
        path: &Path,
        text: &str,
        header: RunStarted,
    ) -> Result<Self, Failure> {
        let run = RunId::parse(&header.run)?;
        let store = Store::create(&store_path(options.store.as_ref())?)?;
        let lock = store.lock(path, &environment::holder(run.as_str(), &header.operator))?;
        let history = history(&store, &path.display().to_string());
        let (folder, journal) = store.create_run(&run, text.as_bytes())?;
        let journal = Journal::new(Some(journal), Clock::starting_at(Timestamp::now()));
        let begin = Begin::New(Box::new(header));
        let _ = plan;
        let locks = vec![lock];
        Ok(Self {
            store: Some(store),
            folder: Some(folder),
            journal,
            state: RunState::lean(),
            begin,
            history,
            _locks: locks,
        })
    }

    /// Goes on with a run: takes the runbook's lock, and opens the journal behind its sound end.
    pub fn go_on(
        store: Store,
        folder: RunFolder,
        plan: &Plan,
        path: &Path,
        continued: Continued,
        resumed: RunResumed,
    ) -> Result<Self, Failure> {
        let Continued { state, records, head, written, lock } = continued;
        let failed =
            |error: std::io::Error| Failure::new(Exit::Record, format!("the journal cannot be gone on with: {error}"));
        let _ = plan;
        let history = history(&store, &path.display().to_string());
        let clock = Clock::going_on(Timestamp::now(), state.active);
        let journal =
            Journal::going_on(folder.append_journal().map_err(failed)?, clock, (records, head.clone()), written);
        let begin = Begin::GoOn { resumed: Box::new(resumed), head: (records, head), repaired: 0 };
        Ok(Self {
            store: Some(store),
            folder: Some(folder),
            journal,
            state: state.into_lean(),
            begin,
            history,
            _locks: vec![lock],
        })
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

/// A run that is to go on, as its record has it, with its lock.
pub struct Continued {
    /// What is known of it.
    pub state: RunState,
    /// How many sound records there are.
    records: u64,
    /// The hash of the last.
    head: String,
    /// How many bytes they have.
    written: u64,
    lock: Lock,
}

impl Continued {
    /// Takes the run's lock and reads its record.
    pub fn open(store: &Store, folder: &RunFolder, operator: &str) -> Result<Self, Failure> {
        let lock = store.lock(Path::new(folder.run.as_str()), &environment::holder(folder.run.as_str(), operator))?;
        let reading = read(folder, RunState::default())?;
        let written = folder.open("journal.jsonl").and_then(|file| file.metadata()).map_or(0, |data| data.len());
        Ok(Self { state: reading.state, records: reading.records, head: reading.head, written, lock })
    }
}

/// Names the file of a later version of the runbook's bytes, and keeps them.
pub fn keep_revision(folder: &RunFolder, part: u32, revision: &mut Revision, text: &str) -> Result<(), Failure> {
    revision.runbook_file = format!("runbook~{part}.md");
    folder.keep_runbook(&revision.runbook_file, text.as_bytes()).map_err(|error| {
        Failure::new(Exit::Record, format!("the runbook's bytes cannot be kept: {error}")).hint("nothing was run")
    })
}
