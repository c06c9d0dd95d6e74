//! `stepgate log [RUN]`: a view of a record.

use super::args::{self, LogFormat};
use super::environment::current_folder;
use super::error::{Exit, Failure};
use super::output::{print, print_json};
use super::past::Place;
use super::resume_changes;
use super::terminal::eprint_line;
use crate::annotate;
use crate::audit::{Finding, Unasked};
use crate::diagnostic::Refused;
use crate::event::{Event, Excerpt, RUNBOOK_FILE, RunState, StreamRecord};
use crate::journal::{DiskFile, ReadError, Reading, RunFolder, Store, Vouched, read_journal_watching};
use crate::report::run_json;
use crate::runbook;
use crate::text::escape_line;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

/// How much of each end of a kept output is read, in bytes.
const EDGE: u64 = 16 << 10;

pub fn log(options: &args::Log) -> Result<Exit, Failure> {
    let (place, folder) = Place::of(options.run.as_deref(), options.store.as_ref())?;
    let mut vouched = Vouched::default();
    let mut reading = read_watching(&folder, RunState::default(), |event| vouched.take(event))?;
    let finding = place.check(&[], &Unasked).reading(&folder, &reading, &vouched);
    warn(&folder, &reading, &finding);
    let state = &mut reading.state;
    if !place.is_running(&folder) {
        state.declare_dead();
    }
    match options.format {
        LogFormat::Json => {
            let record =
                run_json(state).ok_or_else(|| Failure::usage(format!("nothing is recorded of run {}", folder.run)))?;
            print_json(&record)?;
        }
        LogFormat::Markdown => print(&markdown(&folder, &reading, &finding)?)?,
    }
    Ok(if finding.doubts.is_empty() { Exit::Success } else { Exit::Failure })
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
    let failed =
        |why: String| Failure::new(Exit::Failure, format!("the runbook of {} cannot be shown: {why}", folder.run));
    let state = &reading.state;
    let mut bytes = Vec::new();
    let name = state.runbook_file.as_deref().unwrap_or(RUNBOOK_FILE);
    let read = folder.open(name).and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| failed(error.to_string()))?;
    let wanted = state.header.as_ref().map(|header| &header.runbook_sha256);
    if wanted.is_some_and(|wanted| *wanted != crate::hash::sha256(&bytes)) {
        return Err(failed("its bytes are not those that were run".to_owned()));
    }
    let name = state.header.as_ref().map_or("runbook.md", |header| &header.runbook);
    let source = runbook::decode(name, bytes).map_err(|refused| failed(first(&refused)))?;
    let unreadable =
        |refused: Box<Refused>| failed(format!("this version of stepgate cannot read it: {}", first(&refused)));
    let (runbook, _) = runbook::read(source).map_err(unreadable)?;
    let excerpt = |stream: &StreamRecord| stream.file.as_ref().and_then(|file| excerpt(folder.open(file).ok()?).ok());
    Ok(annotate::annotate(&annotate::Log {
        runbook: &runbook,
        state,
        journal: level(reading, finding),
        earlier: &|file, step| earlier(folder, file, step),
        excerpt: &excerpt,
    }))
}

/// The source of a step in an earlier text of the runbook.
fn earlier(folder: &RunFolder, file: &str, step: &str) -> Option<String> {
    let mut bytes = Vec::new();
    folder.open(file).ok()?.read_to_end(&mut bytes).ok()?;
    let (runbook, _) = runbook::read(runbook::decode(file, bytes).ok()?).ok()?;
    resume_changes::source(&runbook, step)
}

fn first(refused: &Refused) -> String {
    refused.found.first().map_or_else(String::new, |found| found.message.clone())
}

/// How far the record vouches for itself, in words.
fn level(reading: &Reading, finding: &Finding) -> String {
    match (words(reading, finding).first(), &reading.state.seal) {
        (Some(doubt), _) => format!("**damaged**: {}", annotate::inline(doubt)),
        (None, Some(_)) => format!("sealed, head `{}`", reading.head),
        (None, None) => format!("not sealed, head `{}`", reading.head),
    }
}

fn excerpt(mut file: Box<dyn DiskFile>) -> io::Result<Excerpt> {
    let (_, length) = file.names_and_bytes()?;
    let mut text = |start: u64, size: u64| -> io::Result<String> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(size).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    if length <= 2 * EDGE {
        return Ok(Excerpt { head: text(0, length)?, tail: None });
    }
    Ok(Excerpt { head: text(0, EDGE)?, tail: Some(text(length - EDGE, EDGE)?) })
}
