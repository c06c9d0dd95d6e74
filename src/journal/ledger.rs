//! The ledger: one line when a run begins, is left, or is sealed. It is the list of runs, and a run that is missing
//! or was shortened shows against it.

use super::aside::Aside;
use super::blocks::{Blocks, Line, LineEvent, parse};
use super::chain::{Entry, LineError, Mark};
use super::disk::{Disk, DiskFile};
use super::listing::Listing;
use crate::event::RunVerdict;
use crate::hash::Hash256;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead as _, BufReader, Read as _, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Keeps what was cut off the ledger.
const BROKEN: &str = "ledger.broken";
/// How much of the ledger's end is read to find its last line, in bytes; a line is far shorter.
const TAIL: u64 = 1 << 16;

/// What a line of the ledger says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type", try_from = "Fields")]
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
        plan: Hash256,
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
        head: Hash256,
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
        head: Hash256,
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
        head: Hash256,
    },
    /// A line that a crash had cut off was taken out; its bytes are kept in `ledger.broken`.
    Repaired {
        /// How many bytes were taken out.
        bytes: u64,
    },
}

/// The keys of every line, as they are read: a `type` that says which are there would be put aside in memory first, and a
/// hundred thousand runs are listed while somebody waits.
#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "type")]
    kind: Kind,
    run: Option<String>,
    runbook: Option<String>,
    runbook_path: Option<String>,
    plan: Option<Hash256>,
    title: Option<String>,
    profile: Option<String>,
    operator: Option<String>,
    verdict: Option<RunVerdict>,
    records: Option<u64>,
    head: Option<Hash256>,
    bytes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Began,
    Resumed,
    Left,
    Sealed,
    Repaired,
}

impl TryFrom<Fields> for LedgerEvent {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, String> {
        fn need<T>(value: Option<T>, key: &str) -> Result<T, String> {
            value.ok_or_else(|| format!("`{key}` is missing"))
        }
        let mark = |records, head| Ok::<_, String>((need(records, "records")?, need(head, "head")?));
        let Fields { kind, run, runbook, runbook_path, plan, title, profile, operator, verdict, records, head, bytes } =
            fields;
        if let Kind::Repaired = kind {
            return Ok(Self::Repaired { bytes: need(bytes, "bytes")? });
        }
        let run = need(run, "run")?;
        if let Kind::Began = kind {
            let (runbook, runbook_path) = (need(runbook, "runbook")?, need(runbook_path, "runbook_path")?);
            let (plan, title, operator) = (need(plan, "plan")?, need(title, "title")?, need(operator, "operator")?);
            return Ok(Self::Began { run, runbook, runbook_path, plan, title, profile, operator });
        }
        let (records, head) = mark(records, head)?;
        Ok(match kind {
            Kind::Resumed => Self::Resumed { run, operator: need(operator, "operator")?, records, head },
            Kind::Left => Self::Left { run, verdict: need(verdict, "verdict")?, records, head },
            _ => Self::Sealed { run, verdict: need(verdict, "verdict")?, records, head },
        })
    }
}

/// The ledger of a store.
#[derive(Clone, Debug)]
pub struct Ledger {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
}

impl Ledger {
    /// The ledger in the store's folder.
    pub(super) fn new(disk: Arc<dyn Disk>, folder: &Path) -> Self {
        Self { folder: folder.to_owned(), disk }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("ledger.jsonl")
    }

    /// Adds a line and waits until it is on the disk. One writer at a time, by a lock of its own.
    pub fn append(&self, event: LedgerEvent, time: Timestamp) -> io::Result<()> {
        let _guard = self.disk.guard(&self.folder.join("ledger.lock"))?;
        let mut file = self.open()?;
        let mut end = End::read(&mut *file)?;
        if end.mark.records == 0 {
            // Before its first line: afterwards nobody could tell whether its name is on the disk.
            self.disk.sync_folder(&self.folder)?;
        }
        let mut lines = String::new();
        let unrecorded = self.keep_torn(&mut *file, &end)?;
        if unrecorded > 0 {
            let repaired = LedgerEvent::Repaired { bytes: unrecorded };
            lines.push_str(&end.mark.append(repaired, time, Duration::ZERO).1);
        }
        let line = end.mark.append(event, time, Duration::ZERO).1;
        if line.len() as u64 > TAIL {
            // It could not be found again from the ledger's end, and every later run would be refused.
            return Err(io::Error::other("the ledger's line would be too long"));
        }
        lines.push_str(&line);
        end.write_behind(&mut *file, lines.as_bytes())?;
        file.sync_data()
    }

    fn open(&self) -> io::Result<Box<dyn DiskFile>> {
        match self.disk.overwrite(&self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                drop(self.disk.append(&self.path())?);
                self.disk.overwrite(&self.path())
            }
            file => file,
        }
    }

    /// Takes a line without its end out, and returns how many bytes were ever taken out without being recorded: those
    /// of a repair that a crash interrupted, too.
    fn keep_torn(&self, file: &mut dyn DiskFile, end: &End) -> io::Result<u64> {
        let copy = self.aside();
        copy.keep(&end.torn)?;
        if !end.torn.is_empty() {
            file.set_len(end.sound())?;
            file.sync_data()?;
        }
        match copy.length()? {
            0 => Ok(0),
            kept => Ok(kept.saturating_sub(self.repaired()?)),
        }
    }

    /// How many bytes its lines say were taken out.
    fn repaired(&self) -> io::Result<u64> {
        let lines = BufReader::new(self.disk.read(&self.path())?).split(b'\n');
        let bytes = lines.map(|line| match parse(&line?) {
            Ok(Entry { event: LedgerEvent::Repaired { bytes }, .. }) => Ok(bytes),
            _ => Ok(0),
        });
        bytes.sum()
    }

    /// Its file.
    pub fn open_read(&self) -> io::Result<Box<dyn DiskFile>> {
        self.disk.read(&self.path())
    }

    /// Every sound line, oldest first, and what is wrong with the first that is not. A last line without its end is not
    /// wrong: a crash cut it off, and the next line will say so.
    pub fn read(&self) -> io::Result<(Vec<Entry<LedgerEvent>>, Option<LineError>)> {
        let mut entries = Vec::new();
        let damage = self.each(|entry| entries.push(entry))?;
        Ok((entries, damage))
    }

    /// Hands over every sound line, and says what is wrong with the first that is not.
    fn each(&self, mut take: impl FnMut(Entry<LedgerEvent>)) -> io::Result<Option<LineError>> {
        let file = match self.disk.read(&self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let (mut blocks, mut end, mut damage) = (Blocks::new(file), Mark::default(), None);
        if let Some(first) = blocks.next()? {
            blocks.each(first, |line: Line<LedgerEvent>| {
                match line.entry.and_then(|entry| end.check(&entry).map(|()| entry)) {
                    Ok(entry) => {
                        end.pass(&entry);
                        take(entry);
                        return ControlFlow::Continue(());
                    }
                    Err(_) if line.torn => {}
                    Err(error) => damage = Some(error),
                }
                ControlFlow::Break(())
            })?;
        }
        Ok(damage)
    }

    /// What its sound lines say of every run.
    pub fn listing(&self) -> io::Result<Listing> {
        let length = self.disk.read(&self.path()).and_then(|file| file.names_and_bytes());
        let mut listing = Listing::of_bytes(length.map_or(0, |(_, length)| length));
        listing.damage = self.each(|entry| listing.take(entry))?;
        let taken_out = listing.repaired();
        let kept = if taken_out > 0 { self.aside().length()? } else { 0 };
        if listing.damage.is_none() && kept < taken_out {
            let why = format!("{taken_out} bytes were taken out of it, and {BROKEN} holds {kept} of them");
            listing.damage = Some(LineError::Unreadable(why));
        }
        Ok(listing)
    }

    fn aside(&self) -> Aside<'_> {
        Aside { disk: &*self.disk, folder: &self.folder, name: BROKEN }
    }
}

impl LineEvent for LedgerEvent {
    type Read = Self;
}

/// The end of a ledger.
struct End {
    /// Where the chain stands by its last whole line.
    mark: Mark,
    /// Where the bytes start that were read.
    start: u64,
    /// Whole lines, but for the first.
    whole: Vec<u8>,
    /// The bytes of a line behind them that has no end.
    torn: Vec<u8>,
}

impl End {
    fn read(file: &mut dyn DiskFile) -> io::Result<Self> {
        let (_, length) = file.names_and_bytes()?;
        let start = length.saturating_sub(TAIL);
        file.seek(SeekFrom::Start(start))?;
        let mut whole = Vec::new();
        file.take(TAIL).read_to_end(&mut whole)?;
        let torn = whole.split_off(memchr::memrchr(b'\n', &whole).map_or(0, |at| at + 1));
        let Some(lines) = whole.strip_suffix(b"\n") else {
            return match start {
                0 => Ok(Self { mark: Mark::default(), start, whole, torn }),
                _ => Err(io::Error::other("the ledger's end holds no line")),
            };
        };
        let begin = memchr::memrchr(b'\n', lines).map_or(0, |at| at + 1);
        let last = parse::<LedgerEvent>(&lines[begin..]);
        let last =
            last.map_err(|error| io::Error::other(format!("the ledger's last line cannot be followed: {error}")))?;
        Ok(Self { mark: Mark { records: last.seq + 1, head: last.hash }, start, whole, torn })
    }

    /// How many bytes the ledger has without the torn line.
    fn sound(&self) -> u64 {
        self.start + self.whole.len() as u64
    }

    /// Writes lines behind the whole ones, and those once more. If the sync of an earlier line failed, the system no longer
    /// holds it for unwritten, though it never reached the disk: a hole before the new line.
    fn write_behind(&self, file: &mut dyn DiskFile, lines: &[u8]) -> io::Result<()> {
        file.seek(SeekFrom::Start(self.start))?;
        file.write_all(&[&self.whole, lines].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::RealDisk;
    use super::*;

    fn began(run: &str) -> LedgerEvent {
        let plan = Hash256::ZERO;
        let (run, runbook, title, operator) = (run.into(), String::from("r.md"), "R".into(), "a@b".into());
        let runbook_path = runbook.clone();
        LedgerEvent::Began { run, runbook, runbook_path, plan, title, profile: None, operator }
    }

    #[test]
    fn a_line_cut_off_by_a_crash_is_kept_aside_and_the_repair_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(Arc::new(RealDisk), folder.path());
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
        let ledger = Ledger::new(Arc::new(RealDisk), folder.path());
        ledger.append(began("one"), Timestamp::UNIX_EPOCH).unwrap();
        let path = folder.path().join("ledger.jsonl");
        let text = std::fs::read_to_string(&path).unwrap().replace("\"one\"", "\"two\"");
        std::fs::write(&path, &text).unwrap();
        assert!(ledger.append(began("three"), Timestamp::UNIX_EPOCH).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}
