//! `stepgate log [RUN]`: a view of a record.

use super::args::{self, LogFormat};
use super::environment::current_folder;
use super::error::{Exit, Failure};
use super::output::print;
use super::past::Place;
use super::terminal::eprint_line;
use super::view::View;
use crate::audit::{Finding, Unasked};
use crate::diagnostic::Refused;
use crate::event::{Event, RUNBOOK_FILE, RunState};
use crate::journal::{ReadError, Reading, RunFolder, Store, Vouched, read_journal_watching};
use crate::report::Journal;
use crate::runbook::{self, Runbook};
use crate::text::escape_line;
use std::io::Read as _;
use std::path::PathBuf;

pub fn log(options: &args::Log) -> Result<Exit, Failure> {
    let (place, folder) = Place::of(options.run.as_deref(), options.store.as_ref())?;
    let recorded = Recorded::read(&place, &folder)?;
    warn(&folder, &recorded.reading, &recorded.finding);
    print(&recorded.view().text(options.format)?)?;
    Ok(if recorded.finding.doubts.is_empty() { Exit::Success } else { Exit::Failure })
}

/// A run's record, read and checked.
pub struct Recorded<'f> {
    folder: &'f RunFolder,
    reading: Reading,
    finding: Finding,
    /// The runbook that was run, or why it cannot be shown.
    runbook: Result<Runbook, String>,
}

impl<'f> Recorded<'f> {
    /// Reads and checks it.
    pub fn read(place: &Place, folder: &'f RunFolder) -> Result<Self, Failure> {
        let mut vouched = Vouched::default();
        let mut reading = read_watching(folder, RunState::default(), |event| vouched.take(event))?;
        let finding = place.check(&[], &Unasked).reading(folder, &reading, &vouched);
        if !place.is_running(folder) {
            reading.state.declare_dead();
        }
        let runbook = runbook(folder, &reading.state);
        Ok(Self { folder, reading, finding, runbook })
    }

    /// The run, to be shown.
    pub fn view(&self) -> View<'_> {
        view(self.folder, &self.reading, &self.finding, &self.runbook)
    }
}

fn view<'a>(
    folder: &'a RunFolder,
    reading: &'a Reading,
    finding: &Finding,
    runbook: &'a Result<Runbook, String>,
) -> View<'a> {
    let journal = Journal { doubts: words(reading, finding), head: Some(reading.head) };
    View { state: &reading.state, runbook: runbook.as_ref().map_err(Clone::clone), folder: Some(folder), journal }
}

fn warn(folder: &RunFolder, reading: &Reading, finding: &Finding) {
    for doubt in words(reading, finding) {
        eprint_line(&format!("warning: the record of {} is damaged: {}", folder.run, escape_line(&doubt)));
    }
    if reading.damage.is_some() {
        eprint_line("  what follows is what stands before the damage");
    }
}

/// Opens the store that is there, for reading.
pub fn open_store(option: Option<&PathBuf>) -> Result<Store, Failure> {
    let path = store_path(option)?;
    Store::open(&path)?.ok_or_else(|| {
        let message = format!("there is no store `{}`: nothing was run yet", path.display());
        Failure::usage(message).hint("--store DIR looks elsewhere")
    })
}

/// What speaks against a record, and that its last line was cut off.
fn words(reading: &Reading, finding: &Finding) -> Vec<String> {
    let torn = reading.damage.as_ref().filter(|damage| damage.torn.is_some()).map(ToString::to_string);
    let doubts = finding.doubts.iter().map(|doubt| doubt.words.clone());
    let torn = torn.filter(|torn| finding.doubts.iter().all(|doubt| doubt.words != *torn));
    doubts.chain(torn).collect()
}

/// Where the store is: `--store`, or by the current folder.
pub fn store_path(option: Option<&PathBuf>) -> Result<PathBuf, Failure> {
    match option {
        Some(path) => Ok(path.clone()),
        None => current_folder()
            .map(|folder| Store::locate(&folder))
            .map_err(|error| Failure::usage(format!("the current folder is gone: {error}"))),
    }
}

/// Reads a run's journal and folds it into `state`.
pub fn read(folder: &RunFolder, state: RunState) -> Result<Reading, Failure> {
    read_watching(folder, state, |_| {})
}

/// The same, and shows each event.
pub fn read_watching(folder: &RunFolder, state: RunState, watch: impl FnMut(&Event)) -> Result<Reading, Failure> {
    let read = folder.open("journal.jsonl").map_err(ReadError::from);
    let read = read.and_then(|file| read_journal_watching(file, state, watch));
    read.map_err(|error| Failure::new(Exit::Failure, format!("the record of {} cannot be read: {error}", folder.run)))
}

/// The runbook with what happened in it.
pub fn markdown(folder: &RunFolder, reading: &Reading, finding: &Finding) -> Result<String, Failure> {
    view(folder, reading, finding, &runbook(folder, &reading.state)).text(LogFormat::Markdown)
}

/// The runbook as it was planned last, or why it cannot be shown.
fn runbook(folder: &RunFolder, state: &RunState) -> Result<Runbook, String> {
    let mut bytes = Vec::new();
    let name = state.runbook_file.as_deref().unwrap_or(RUNBOOK_FILE);
    let read = folder.open(name).and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| error.to_string())?;
    let wanted = state.header.as_ref().map(|header| &header.runbook_sha256);
    if wanted.is_some_and(|wanted| *wanted != crate::hash::sha256(&bytes)) {
        return Err("its bytes are not those that were run".to_owned());
    }
    let name = state.header.as_ref().map_or("runbook.md", |header| &header.runbook);
    let source = runbook::decode(name, bytes).map_err(|refused| first(&refused))?;
    let unreadable = |refused: Box<Refused>| format!("this version of stepgate cannot read it: {}", first(&refused));
    runbook::read(source).map(|(runbook, _)| runbook).map_err(unreadable)
}

fn first(refused: &Refused) -> String {
    refused.found.first().map_or_else(String::new, |found| found.message.clone())
}
