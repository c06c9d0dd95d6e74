//! Finding a run by what somebody typed.

use super::chain::Entry;
use super::ledger::LedgerEvent;
use super::run_folder::RunFolder;
use super::run_id::RunId;
use super::store::Store;

/// Why no run was found by what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The store holds no run.
    #[error("the store holds no run yet")]
    Empty,
    /// The ledger lists runs whose folders are not there.
    #[error("the ledger lists {0} runs, and not one of their folders is in the store")]
    Gone(usize),
    /// The ledger lists a run whose id holds the text, and its folder is not there.
    #[error("the ledger lists run {0}, and its folder is not in the store")]
    Missing(String),
    /// No run's id holds the text.
    #[error("no run's id holds `{0}`")]
    Unknown(String),
    /// More than one does.
    #[error("`{part}` is part of several runs' ids: {}", runs.join(", "))]
    Ambiguous {
        /// What was typed.
        part: String,
        /// The runs.
        runs: Vec<String>,
    },
}

impl Store {
    /// The run whose id holds `part`; without it the newest.
    pub fn find(&self, part: Option<&str>) -> Result<RunFolder, FindError> {
        let runs = self.runs();
        let Some(part) = part else {
            let newest = self.newest(&runs).and_then(|run| self.folder_of(&run));
            return newest.ok_or_else(|| self.nothing());
        };
        let found: Vec<_> = match runs.iter().find(|run| run.as_str() == part) {
            Some(exact) => vec![exact],
            None => runs.iter().filter(|run| run.as_str().contains(part)).collect(),
        };
        match found[..] {
            [] => Err(self.unknown(part)),
            [run] => self.folder_of(run).ok_or_else(|| FindError::Unknown(part.to_owned())),
            _ => Err(FindError::Ambiguous {
                part: part.to_owned(),
                runs: found.iter().map(ToString::to_string).collect(),
            }),
        }
    }

    fn unknown(&self, part: &str) -> FindError {
        let listing = self.ledger().listing().unwrap_or_default();
        let gone = listing.runs.into_iter().rev().map(|listed| listed.run).find(|run| run.contains(part));
        gone.map_or_else(|| FindError::Unknown(part.to_owned()), FindError::Missing)
    }

    fn nothing(&self) -> FindError {
        let began = |entry: &Entry<LedgerEvent>| matches!(entry.event, LedgerEvent::Began { .. });
        match self.ledger().read().map(|(entries, _)| entries.iter().filter(|entry| began(entry)).count()) {
            Ok(0) | Err(_) => FindError::Empty,
            Ok(runs) => FindError::Gone(runs),
        }
    }

    /// The newest run by the ledger: ids that were chosen by hand do not sort by time.
    fn newest(&self, runs: &[RunId]) -> Option<RunId> {
        let (entries, _) = self.ledger().read().ok()?;
        let begun = entries.iter().rev().find_map(|entry| match &entry.event {
            LedgerEvent::Began { run, .. } => runs.iter().find(|known| known.as_str() == run),
            _ => None,
        });
        begun.or(runs.last()).cloned()
    }
}
