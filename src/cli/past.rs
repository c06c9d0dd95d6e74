//! A past run, in the store or in an exported file.

use super::environment;
use super::error::{Exit, Failure};
use super::log::{open_store, read_watching};
use crate::audit::{Check, Finding, HeadLine, Signatures};
use crate::event::{RUNBOOK_FILE, RunState};
use crate::journal::{Archive, Listing, Reading, RunFolder, Store, Vouched};
use crate::runbook::{self, Runbook};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Where records are.
pub struct Place {
    /// The store, or what an exported file holds of one.
    pub store: Store,
    /// The ledger, read before any journal; none if an exported file does not hold it.
    pub listing: Option<io::Result<Listing>>,
    /// It is an exported file, which nobody is at.
    is_file: bool,
    /// What the file holds that is no part of a record.
    strangers: Vec<String>,
}

impl Place {
    /// The store.
    pub fn store(option: Option<&PathBuf>) -> Result<Self, Failure> {
        let store = open_store(option)?;
        // Before the journals: the other way round a run that goes on would seem to be ahead of its journal.
        let listing = Some(store.ledger().listing());
        Ok(Self { store, listing, is_file: false, strangers: Vec::new() })
    }

    /// An exported file, and the one run in it.
    fn exported(path: &Path) -> Result<(Self, RunFolder), Failure> {
        let failed =
            |why: String| Failure::new(Exit::Failure, format!("`{}` is no exported record: {why}", path.display()));
        let archive = Archive::open(path).map_err(|error| failed(error.to_string()))?;
        let store = archive.store();
        let listing = archive.has_ledger().then(|| store.ledger().listing());
        let runs = archive.runs();
        match <[RunFolder; 1]>::try_from(runs) {
            Ok([folder]) => {
                let strangers = archive.strangers(folder.run.as_str());
                Ok((Self { store, listing, is_file: true, strangers }, folder))
            }
            Err(runs) => Err(failed(format!("it holds {}", crate::text::count(runs.len(), "run")))),
        }
    }

    /// The run that somebody typed: an exported file, or a part of an id; without it the newest.
    pub fn of(text: Option<&str>, store: Option<&PathBuf>) -> Result<(Self, RunFolder), Failure> {
        match text.filter(|text| is_file(text)) {
            Some(file) => Self::exported(Path::new(file)),
            None => {
                let place = Self::store(store)?;
                let folder = place.store.find(text)?;
                Ok((place, folder))
            }
        }
    }

    /// How its records are checked.
    pub fn check<'a>(&'a self, heads: &'a [HeadLine], signatures: &'a dyn Signatures) -> Check<'a> {
        Check { listing: self.listing.as_ref(), exported: self.is_file, strangers: &self.strangers, heads, signatures }
    }

    /// Whether somebody is at a run now.
    pub fn is_running(&self, folder: &RunFolder) -> bool {
        !self.is_file && self.store.is_running(&folder.run, &environment::holder(folder.run.as_str(), ""))
    }
}

/// Whether a word means an exported file: no id of a run is like that.
pub fn is_file(text: &str) -> bool {
    text.ends_with(".tar") || (text.contains('/') && Path::new(text).exists())
}

/// Everything that is known of a past run.
pub struct Past {
    /// Where its record is.
    pub folder: RunFolder,
    /// Its record.
    pub reading: Reading,
    /// How far that can be believed.
    pub finding: Finding,
    /// The runbook as it was planned last; none if this version cannot read it, or it is not what was recorded.
    pub runbook: Option<Runbook>,
    /// Whether somebody is at it now.
    pub running: bool,
}

impl Past {
    /// Reads and checks a run's record.
    pub fn read(text: Option<&str>, store: Option<&PathBuf>, signatures: &dyn Signatures) -> Result<Self, Failure> {
        let (place, folder) = Place::of(text, store)?;
        let mut vouched = Vouched::default();
        let mut reading = read_watching(&folder, RunState::default(), |event| vouched.take(event))?;
        let finding = place.check(&[], signatures).reading(&folder, &reading, &vouched);
        let running = place.is_running(&folder);
        if !running {
            reading.state.declare_dead();
        }
        if reading.state.header.is_none() {
            let why = finding.doubts.first().map_or("its journal is empty", |doubt| doubt.words.as_str());
            let message =
                format!("nothing of the record of {} is sound: {}", folder.run, crate::text::escape_line(why));
            return Err(Failure::new(Exit::Failure, message));
        }
        let runbook = runbook(&reading.state, &folder);
        Ok(Self { folder, reading, finding, runbook, running })
    }
}

/// The runbook as it was planned last.
fn runbook(state: &RunState, folder: &RunFolder) -> Option<Runbook> {
    let header = state.header.as_ref()?;
    let mut bytes = Vec::new();
    folder.open(state.runbook_file.as_deref().unwrap_or(RUNBOOK_FILE)).ok()?.read_to_end(&mut bytes).ok()?;
    let known = crate::hash::sha256(&bytes) == header.runbook_sha256;
    let source = runbook::decode(&header.runbook, bytes).ok().filter(|_| known)?;
    runbook::read(source).ok().map(|(runbook, _)| runbook)
}
