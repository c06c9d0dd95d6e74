//! `stepgate audit export RUN FILE`: one file with everything that is recorded of a run, to be looked at elsewhere.

use super::super::error::{Exit, Failure};
use super::super::log::markdown;
use super::super::past::{Past, is_file};
use super::super::ssh::AllowedSigners;
use super::super::terminal::{Terminal, eprint_line};
use super::super::{log, output};
use super::args;
use super::verify::allowed_signers;
use crate::annotate::{Evidence, evidence};
use crate::journal::DiskFile;
use crate::report::{evidence_json, findings_text};
use crate::text::quote_word;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The command.
pub fn export(options: &args::Export, terminal: &Terminal) -> Result<Exit, Failure> {
    let signatures = AllowedSigners { file: allowed_signers(options.allowed_signers.as_ref(), terminal)? };
    let past = Past::read(Some(&options.run), options.store.as_ref(), &signatures)?;
    if past.running {
        let message = format!("somebody is at run {}: its record is not complete", past.folder.run);
        return Err(Failure::new(Exit::Locked, message).hint("export it when it has closed, or was left"));
    }
    let store = log::open_store(options.store.as_ref())?;
    let ledger = match options.without_ledger {
        true => None,
        false => Some(store.ledger().open_read().map_err(|error| failed(&options.file, &error))?),
    };
    // What was there must not be gone if this cannot be written to its end.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&options.file);
    let file = made.map_err(|error| failed(&options.file, &error).hint("an export never writes over a file"))?;
    if let Err(error) = write(&past, ledger, &file).and_then(|()| file.sync_all()) {
        _ = std::fs::remove_file(&options.file);
        return Err(failed(&options.file, &error));
    }
    let finding = std::slice::from_ref(&past.finding);
    output::print(&findings_text(finding, &terminal.output_styles()))?;
    let file = quote_word(&typed(&options.file));
    eprint_line(&format!("exported to {file}: stepgate audit verify {file}"));
    Ok(if past.finding.doubts.is_empty() { Exit::Success } else { Exit::Failure })
}

/// The file as another command takes it for one.
fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    if (is_file(&text) && !text.starts_with('-')) || path.is_absolute() { text } else { format!("./{text}") }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Failure, format!("`{}` cannot be written: {error}", path.display()))
}

/// Three pages for people and programs, then the store's own files, as they stand there.
fn write(past: &Past, ledger: Option<Box<dyn DiskFile>>, file: &File) -> io::Result<()> {
    let (state, finding, runbook) = (&past.reading.state, &past.finding, past.runbook.as_ref());
    let time = state.last.map_or(0, |last| last.as_second().max(0).unsigned_abs());
    let mut tar = tar::Builder::new(BufWriter::new(file));
    let page = evidence(&Evidence { state, finding, runbook });
    let record = serde_json::to_string_pretty(&evidence_json(state, finding, runbook)).map_err(io::Error::other)?;
    let log =
        markdown(&past.folder, &past.reading, finding).unwrap_or_else(|_| "The runbook cannot be shown.\n".to_owned());
    for (name, text) in [("evidence.md", page), ("evidence.json", record + "\n"), ("log.md", log)] {
        tar.append_data(&mut header(text.len() as u64, time), name, text.as_bytes())?;
    }
    let mut add = |name: &str, mut file: Box<dyn DiskFile>| {
        let (_, length) = file.names_and_bytes()?;
        tar.append_data(&mut header(length, time), name, (&mut *file).take(length))
    };
    if let Some(ledger) = ledger {
        add("ledger.jsonl", ledger)?;
    }
    for name in past.folder.files()? {
        add(&format!("runs/{}/{name}", past.folder.run), past.folder.open(&name)?)?;
    }
    tar.into_inner()?.flush()
}

/// The same record makes the same bytes, whoever exports it.
fn header(length: u64, time: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(length);
    header.set_mode(0o600);
    header.set_mtime(time);
    header
}
