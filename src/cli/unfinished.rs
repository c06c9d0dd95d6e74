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
        unfinished: listing.unfinished().filter(own).map(|listed| (listed.run.clone(), verdict(listed))).collect(),
    }
}

/// The newest run of the store that was never closed and that nobody is at.
pub fn newest_unfinished(store: &Store) -> Option<RunFolder> {
    let listing = store.ledger().listing().ok()?;
    let me = environment::holder("", "");
    let mut folders = listing.unfinished().filter_map(|listed| folder(store, listed));
    folders.find(|folder| !store.is_running(&folder.run, &me))
}

fn folder(store: &Store, listed: &Listed) -> Option<RunFolder> {
    store.folder_of(&RunId::parse(&listed.run).ok()?)
}
