//! Older runs of the same runbook: the newest shows how long steps take, an unfinished one is named.

use super::environment;
use super::log::read;
use crate::event::{RunState, RunVerdict};
use crate::journal::{Listed, RunFolder, RunId, Standing, Store};
use std::path::Path;

/// What the store knows of a runbook.
#[derive(Debug, Default)]
pub struct History {
    /// The newest run that was closed.
    pub last: Option<RunState>,
    /// Runs that were left and never closed, newest first, with where they stand.
    pub unfinished: Vec<(String, RunVerdict)>,
}

/// Looks through the ledger for runs of `runbook`, a real path.
pub fn history(store: &Store, runbook: &Path) -> History {
    let Ok(listing) = store.ledger().listing() else { return History::default() };
    let runbook = runbook.display().to_string();
    let own = |listed: &&Listed| listed.runbook_path == runbook;
    let closed = |listed: &&Listed| matches!(listed.standing, Standing::Sealed(_));
    let last = listing.runs.iter().rev().filter(own).find(closed);
    let last = last.and_then(|listed| read(&folder(store, listed)?, RunState::lean()).ok());
    let verdict = |listed: &Listed| match listed.standing {
        Standing::Begun => RunVerdict::Running,
        Standing::Left(verdict) | Standing::Sealed(verdict) => verdict,
    };
    History {
        last: last.map(|reading| reading.state),
        unfinished: listing
            .unfinished()
            .filter(own)
            .filter(|listed| begun(store, listed))
            .map(|listed| (listed.run.clone(), verdict(listed)))
            .collect(),
    }
}

/// What there is to go on with.
pub enum Unfinished {
    /// The newest run that was never closed and that nobody is at.
    Left(RunFolder),
    /// Somebody is at the newest one, and there is no other.
    Running(RunId),
    /// Nothing.
    None,
}

/// What there is to go on with, if no run is named.
pub fn newest_unfinished(store: &Store) -> Unfinished {
    let Ok(listing) = store.ledger().listing() else { return Unfinished::None };
    let me = environment::holder("", "");
    let (mut running, folders) = (None, listing.unfinished().filter_map(|listed| folder(store, listed)));
    for folder in folders {
        match store.is_running(&folder.run, &me) {
            true => running = running.or(Some(folder.run)),
            // A crash came before anything of it was recorded: there is nothing to go on with.
            false if !folder.has_begun() => {}
            false => return Unfinished::Left(folder),
        }
    }
    running.map_or(Unfinished::None, Unfinished::Running)
}

/// Whether anything was recorded of a run.
fn begun(store: &Store, listed: &Listed) -> bool {
    folder(store, listed).is_some_and(|folder| folder.has_begun())
}

fn folder(store: &Store, listed: &Listed) -> Option<RunFolder> {
    store.folder_of(&RunId::parse(&listed.run).ok()?)
}
