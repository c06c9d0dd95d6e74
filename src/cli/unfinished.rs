//! Older runs of the same runbook: the newest shows how long steps take, an unfinished one is named.

use super::log::read;
use crate::event::{RunState, RunVerdict};
use crate::journal::{LedgerEvent, RunFolder, RunId, Store};
use std::collections::BTreeMap;

/// What the store knows of a runbook.
#[derive(Debug, Default)]
pub struct History {
    /// The newest run that was closed.
    pub last: Option<RunState>,
    /// Runs that were left and never closed, newest first, with where they stand.
    pub unfinished: Vec<(String, RunVerdict)>,
}

/// Looks through the ledger for runs of `runbook`, a real path.
pub fn history(store: &Store, runbook: &str) -> History {
    let Ok((entries, _)) = store.ledger().read() else { return History::default() };
    let mut runs: Vec<String> = Vec::new();
    let mut verdicts: BTreeMap<String, (RunVerdict, bool)> = BTreeMap::new();
    for entry in entries {
        match entry.event {
            LedgerEvent::Began { run, runbook_path, .. } => {
                // An id that was used before, and whose folder was removed, begins anew.
                verdicts.remove(&run);
                if runbook_path == runbook {
                    runs.push(run);
                }
            }
            LedgerEvent::Resumed { run, .. } => _ = verdicts.remove(&run),
            LedgerEvent::Left { run, verdict, .. } => _ = verdicts.insert(run, (verdict, false)),
            LedgerEvent::Sealed { run, verdict, .. } => _ = verdicts.insert(run, (verdict, true)),
            LedgerEvent::Repaired { .. } => {}
        }
    }
    runs.reverse();
    let verdict = |run: &String| verdicts.get(run).copied().unwrap_or((RunVerdict::Running, false));
    let closed = runs.iter().find(|run| verdict(run).1);
    let last = closed
        .and_then(|run| store.folder_of(&RunId::parse(run).ok()?))
        .and_then(|folder| read(&folder, RunState::lean()).ok());
    History {
        last: last.map(|reading| reading.state),
        unfinished: runs
            .iter()
            .map(|run| (run.clone(), verdict(run)))
            .filter(|(_, (_, closed))| !closed)
            .map(|(run, (verdict, _))| (run, verdict))
            .collect(),
    }
}

/// The newest run of the store that was never closed and that nobody is at.
pub fn newest_unfinished(store: &Store) -> Option<RunFolder> {
    let (entries, _) = store.ledger().read().ok()?;
    let mut open: Vec<String> = Vec::new();
    for entry in entries {
        match entry.event {
            LedgerEvent::Began { run, .. } => {
                open.retain(|known| *known != run);
                open.push(run);
            }
            LedgerEvent::Resumed { run, .. } if !open.contains(&run) => open.push(run),
            LedgerEvent::Sealed { run, .. } => open.retain(|known| *known != run),
            _ => {}
        }
    }
    open.iter().rev().find_map(|run| store.folder_of(&RunId::parse(run).ok()?))
}
