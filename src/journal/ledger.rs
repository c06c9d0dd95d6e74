//! The ledger: one line when a run begins, is left, or is sealed. It is the list of runs, and a run that is missing
//! or was shortened shows against it.

use super::chain::{self, Entry, Head, LineError};
use super::durable;
use super::listing::Listing;
use super::lock::Lock;
use crate::event::RunVerdict;
use crate::hash::Sha256Hex;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How much of the ledger's end is read to find its last line, in bytes; a line is far shorter.
const TAIL: u64 = 1 << 16;

/// What a line of the ledger says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum LedgerEvent {
    /// A run begins.
    Began {
        /// The run's id.
        run: String,
        /// The runbook's path as it was given.
        runbook: String,
        /// The runbook's real path.
        runbook_path: String,
        /// The identity of the plan.
        plan: Sha256Hex,
        /// The runbook's title.
        title: String,
        /// The profile, if one was chosen.
        profile: Option<String>,
        /// Who runs it, as `user@host`.
        operator: String,
    },
    /// A run goes on.
    Resumed {
        /// The run's id.
        run: String,
        /// Who resumes it, as `user@host`.
        operator: String,
        /// How many sound records its journal had.
        records: u64,
        /// The hash of the last one.
        head: String,
    },
    /// A run was left: suspended, interrupted or in doubt.
    Left {
        /// The run's id.
        run: String,
        /// Where it stands.
        verdict: RunVerdict,
        /// How many records its journal has.
        records: u64,
        /// The hash of the last one.
        head: String,
    },
    /// A run closed.
    Sealed {
        /// The run's id.
        run: String,
        /// How it ended.
        verdict: RunVerdict,
        /// How many records its journal has, the seal included.
        records: u64,
        /// The hash of the seal.
        head: String,
    },
    /// A line that a crash had cut off was taken out; its bytes are kept in `ledger.broken`.
    Repaired {
        /// How many bytes were taken out.
        bytes: u64,
    },
}

/// The ledger of a store.
#[derive(Clone, Debug)]
pub struct Ledger {
    folder: PathBuf,
}

impl Ledger {
    /// The ledger in the store's folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("ledger.jsonl")
    }

    /// Adds a line and waits until it is on the disk. One writer at a time, by a lock of its own.
    pub fn append(&self, event: LedgerEvent, time: Timestamp) -> io::Result<()> {
        let _lock = Lock::take(&self.folder.join("ledger.lock"))?;
        let mut file = durable::append(&self.path())?;
        let (mut head, torn) = last_line(&mut file)?;
        let mut lines = String::new();
        if !torn.is_empty() {
            self.keep_torn(&mut file, &torn)?;
            let repaired = LedgerEvent::Repaired { bytes: torn.len() as u64 };
            lines.push_str(&head.append(repaired, time, Duration::ZERO).1);
        }
        let line = head.append(event, time, Duration::ZERO).1;
        if line.len() as u64 > TAIL {
            // It could not be found again from the ledger's end, and every later run would be refused.
            return Err(io::Error::other("the ledger's line would be too long"));
        }
        lines.push_str(&line);
        file.write_all(lines.as_bytes())?;
        file.sync_data()?;
        match head.records {
            1 => durable::sync_folder(&self.folder),
            _ => Ok(()),
        }
    }

    fn keep_torn(&self, file: &mut File, torn: &[u8]) -> io::Result<()> {
        let mut copy = durable::append(&self.folder.join("ledger.broken"))?;
        copy.write_all(torn)?;
        copy.sync_data()?;
        let length = file.metadata()?.len();
        file.set_len(length - torn.len() as u64)
    }

    /// Every sound line, oldest first, and what is wrong with the first that is not.
    pub fn read(&self) -> io::Result<(Vec<Entry<LedgerEvent>>, Option<LineError>)> {
        let file = match durable::read(&self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), None)),
            file => file?,
        };
        let (mut head, mut entries) = (Head::default(), Vec::new());
        for line in BufReader::new(file).lines() {
            match head.follow(&line?) {
                Ok(entry) => entries.push(entry),
                Err(error) => return Ok((entries, Some(error))),
            }
        }
        Ok((entries, None))
    }

    /// What its sound lines say of every run.
    pub fn listing(&self) -> io::Result<Listing> {
        self.read().map(|(entries, damage)| Listing::new(entries, damage))
    }
}

/// Where the chain stands by its last whole line, and the bytes of a line behind it that has no end.
fn last_line(file: &mut File) -> io::Result<(Head, Vec<u8>)> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let end = memchr::memrchr(b'\n', &tail).map_or(0, |at| at + 1);
    if end == 0 {
        return match start {
            0 => Ok((Head::default(), tail)),
            _ => Err(io::Error::other("the ledger's end holds no line")),
        };
    }
    let torn = tail[end..].to_vec();
    let begin = memchr::memrchr(b'\n', &tail[..end - 1]).map_or(0, |at| at + 1);
    let text = std::str::from_utf8(&tail[begin..end - 1]).map_err(io::Error::other)?;
    let last = chain::parse::<LedgerEvent>(text);
    let last = last.map_err(|error| io::Error::other(format!("the ledger's last line cannot be followed: {error}")))?;
    Ok((Head { records: last.seq + 1, hash: last.hash }, torn))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn began(run: &str) -> LedgerEvent {
        let plan = Sha256Hex("0".repeat(64));
        let (run, runbook, title, operator) = (run.into(), String::from("r.md"), "R".into(), "a@b".into());
        let runbook_path = runbook.clone();
        LedgerEvent::Began { run, runbook, runbook_path, plan, title, profile: None, operator }
    }

    #[test]
    fn a_line_cut_off_by_a_crash_is_kept_aside_and_the_repair_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(folder.path());
        ledger.append(began("one"), Timestamp::UNIX_EPOCH).unwrap();
        let path = folder.path().join("ledger.jsonl");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"{\"seq\":1,\"pr"].concat()).unwrap();
        ledger.append(began("two"), Timestamp::UNIX_EPOCH).unwrap();
        let (entries, damage) = ledger.read().unwrap();
        assert_eq!((entries.len(), damage), (3, None));
        assert_eq!(entries[1].event, LedgerEvent::Repaired { bytes: 12 });
        assert_eq!(std::fs::read(folder.path().join("ledger.broken")).unwrap(), b"{\"seq\":1,\"pr");
    }

    #[test]
    fn a_damaged_last_line_is_never_written_behind() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(folder.path());
        ledger.append(began("one"), Timestamp::UNIX_EPOCH).unwrap();
        let path = folder.path().join("ledger.jsonl");
        let text = std::fs::read_to_string(&path).unwrap().replace("\"one\"", "\"two\"");
        std::fs::write(&path, &text).unwrap();
        assert!(ledger.append(began("three"), Timestamp::UNIX_EPOCH).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}
