//! What of the disk a run uses, taken before anything runs.

use super::error::Failure;
use super::log::store_path;
use super::terminal::eprint_line;
use super::unfinished::{History, history};
use super::{args, environment};
use crate::event::RunVerdict;
use crate::journal::{DiskFile, Lock, RunFolder, RunId, Store, TakenOver};
use std::collections::BTreeMap;
use std::path::Path;

/// What of the disk a run uses; nothing at all with `--ephemeral`.
#[derive(Default)]
pub struct Record {
    /// Where the run is listed.
    pub store: Option<Store>,
    /// Where its outputs are kept.
    pub folder: Option<RunFolder>,
    /// Its journal, still empty.
    pub journal: Option<Box<dyn DiskFile>>,
    /// What the store knows of older runs of the runbook.
    pub history: History,
    /// Processes that died with a lock which this run has now.
    pub taken_over: Vec<TakenOver>,
    /// Held as long as the run goes on.
    _locks: Vec<Lock>,
}

impl Record {
    /// Opens the store, takes the locks, and makes the run's folder with the runbook's exact bytes in it.
    pub fn open(
        options: &args::Run,
        run: &RunId,
        path: &Path,
        (text, targets): (&str, &BTreeMap<String, String>),
        operator: &str,
    ) -> Result<Self, Failure> {
        let store = Store::create(&store_path(options.store.as_ref())?)?;
        let me = environment::holder(run.as_str(), operator);
        let taken = [store.lock(path, targets, &me)?, store.lock_run(&me)?];
        let history = history(&store, &path.display().to_string());
        let (folder, journal) = store.create_run(run, text.as_bytes())?;
        let (locks, over): (Vec<_>, Vec<_>) = taken.into_iter().map(|taken| (taken.lock, taken.over)).unzip();
        Ok(Self {
            store: Some(store),
            folder: Some(folder),
            journal: Some(journal),
            history,
            taken_over: over.into_iter().flatten().collect(),
            _locks: locks,
        })
    }

    /// Names the newest run of the runbook that was never closed, so that it is not forgotten.
    pub fn name_unfinished(&self) {
        for TakenOver { holder, proof } in &self.taken_over {
            eprint_line(&format!("note: the lock of run {} was taken over: {proof}", holder.run));
        }
        let Some((run, verdict)) = self.history.unfinished.first() else { return };
        let words = if *verdict == RunVerdict::Running { "unfinished" } else { verdict.as_str() };
        let others = match self.history.unfinished.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} older"),
        };
        eprint_line(&format!("note: run {run} of this runbook is {words}{others}: stepgate log {run}"));
    }
}
