//! What of the disk a run uses, taken before anything runs.

use super::error::Failure;
use super::log::store_path;
use super::terminal::eprint_line;
use super::unfinished::{History, history};
use super::{args, environment};
use crate::event::RunVerdict;
use crate::journal::{Lock, RunFolder, RunId, Store};
use std::fs::File;
use std::path::Path;

/// What of the disk a run uses; nothing at all with `--ephemeral`.
#[derive(Default)]
pub struct Record {
    /// Where the run is listed.
    pub store: Option<Store>,
    /// Where its outputs are kept.
    pub folder: Option<RunFolder>,
    /// Its journal, still empty.
    pub journal: Option<File>,
    /// What the store knows of older runs of the runbook.
    pub history: History,
    /// Held as long as the run goes on.
    _lock: Option<Lock>,
}

impl Record {
    /// Opens the store, takes the runbook's lock, and makes the run's folder with the runbook's exact bytes in it.
    pub fn open(options: &args::Run, run: &RunId, path: &Path, text: &str, operator: &str) -> Result<Self, Failure> {
        let store = Store::create(&store_path(options.store.as_ref())?)?;
        let lock = store.lock(path, &environment::holder(run.as_str(), operator))?;
        let history = history(&store, &path.display().to_string());
        let (folder, journal) = store.create_run(run, text.as_bytes())?;
        Ok(Self { store: Some(store), folder: Some(folder), journal: Some(journal), history, _lock: Some(lock) })
    }

    /// Names the newest run of the runbook that was never closed, so that it is not forgotten.
    pub fn name_unfinished(&self) {
        let Some((run, verdict)) = self.history.unfinished.first() else { return };
        let words = if *verdict == RunVerdict::Running { "unfinished" } else { verdict.as_str() };
        let others = match self.history.unfinished.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} older"),
        };
        eprint_line(&format!("note: run {run} of this runbook is {words}{others}: stepgate log {run}"));
    }
}
