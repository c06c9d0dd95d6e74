//! Going on with the journal of a run that was left, that a crash ended, or that had closed and failed.

use super::aside::Aside;
use super::clock::Clock;
use super::disk::DiskFile;
use super::reader::{Damage, Reading};
use super::run_folder::RunFolder;
use super::writer::Journal;
use jiff::Timestamp;
use std::io::{self, Read as _, SeekFrom};

/// The file of a run's folder that keeps what was cut off its journal.
pub const BROKEN: &str = "journal.broken";
/// How much of the journal is written once more at a time, in bytes.
const PIECE: u64 = 1 << 20;

/// A journal that is gone on with.
pub struct GoneOn {
    /// The journal, at its sound end.
    pub journal: Journal,
    /// How many bytes were taken out of it and are not recorded yet, also by earlier attempts that a crash interrupted.
    /// If it is not 0, `repaired` has to be recorded right behind `run-resumed`.
    pub unrecorded: u64,
}

/// Why a journal is not gone on with.
#[derive(Debug, thiserror::Error)]
pub enum GoOnError {
    /// Damage that no crash explains.
    #[error("its journal is damaged: {0}")]
    Damaged(Damage),
    /// Not even its first record was written.
    #[error("nothing is recorded of it")]
    Empty,
    /// It is not what was read.
    #[error("somebody else has changed the journal's file")]
    Changed,
    /// The disk does not do what it should.
    #[error("its journal cannot be written: {0}")]
    Io(#[from] io::Error),
}

impl RunFolder {
    /// Goes on with the journal of which `reading` is what stands there; the caller holds the run's lock since before it was
    /// read. `settled` says that the ledger vouches for all of it, so that all of it is on the disk; `now` is the machine's time. What a crash cut off is kept in `journal.broken` and taken out; any other damage
    /// refuses. When it returns, everything in `reading` is on the disk, and may be shown.
    pub fn go_on(&self, reading: &Reading, settled: bool, now: Timestamp) -> Result<GoneOn, GoOnError> {
        let torn = match &reading.damage {
            None => 0,
            Some(Damage { torn: Some(torn), .. }) => *torn,
            Some(damage) => return Err(GoOnError::Damaged(damage.clone())),
        };
        if reading.records == 0 {
            return Err(GoOnError::Empty);
        }
        let path = self.path.join("journal.jsonl");
        let mut file = self.disk.overwrite(&path)?;
        if file.names_and_bytes()?.1 != reading.bytes + torn {
            return Err(GoOnError::Changed);
        }
        let copy = Aside { disk: &*self.disk, folder: &self.path, name: BROKEN };
        copy.keep(&tail(&mut *file, reading.bytes)?)?;
        let unrecorded = copy.length()?.saturating_sub(reading.state.repaired).max(torn);
        file.set_len(reading.bytes)?;
        if torn > 0 || !settled {
            write_again(&mut *file, reading.bytes)?;
            file.sync_data()?;
        }
        let clock = Clock::going_on(now, reading.state.active);
        let journal = Journal::behind(self.disk.append(&path)?, reading.bytes, reading.end(), clock);
        Ok(GoneOn { journal, unrecorded })
    }

    /// How many bytes were cut off the journal and are kept, whether or not that is recorded.
    pub(super) fn kept_aside(&self) -> io::Result<u64> {
        Aside { disk: &*self.disk, folder: &self.path, name: BROKEN }.length()
    }
}

fn tail(file: &mut dyn DiskFile, from: u64) -> io::Result<Vec<u8>> {
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut tail)?;
    Ok(tail)
}

/// Writes what stands there over itself. If an earlier sync failed, the system no longer holds those bytes for unwritten,
/// though they never reached the disk, and would not write them with the next sync.
fn write_again(file: &mut dyn DiskFile, length: u64) -> io::Result<()> {
    let mut piece = Vec::new();
    for start in (0..length).step_by(PIECE as usize) {
        piece.clear();
        file.seek(SeekFrom::Start(start))?;
        file.take(PIECE.min(length - start)).read_to_end(&mut piece)?;
        file.seek(SeekFrom::Start(start))?;
        file.write_all(&piece)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::reader::read_journal;
    use super::super::run_id::RunId;
    use super::super::samples::{Lines, resumed};
    use super::super::store::Store;
    use super::*;
    use crate::event::{Event, Instance, RunState};

    /// A run with this text in its journal.
    fn run(text: &[u8]) -> (tempfile::TempDir, RunFolder) {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&place.path().join("store")).unwrap();
        let (folder, mut journal) = store.create_run(&RunId::parse("one").unwrap(), b"x").unwrap();
        journal.write_all(text).unwrap();
        (place, folder)
    }

    fn read(folder: &RunFolder) -> Reading {
        read_journal(folder.open("journal.jsonl").unwrap(), RunState::lean()).unwrap()
    }

    fn go_on(folder: &RunFolder) -> Result<GoneOn, GoOnError> {
        folder.go_on(&read(folder), false, Timestamp::now())
    }

    /// Two records of which the second is under way.
    fn lines() -> Lines {
        let mut lines = Lines::started(1);
        lines.add(Event::StepStarted { step: Instance::first("s0"), attempt: 1 });
        lines
    }

    #[test]
    fn a_run_goes_on_behind_a_cut_at_every_byte_and_what_was_cut_off_is_kept_and_recorded() {
        let text = lines().text;
        let second = text.find('\n').unwrap() + 1;
        for cut in second..=text.len() {
            let (_place, folder) = run(&text.as_bytes()[..cut]);
            let sound = if cut == text.len() { cut } else { second };
            let mut gone = go_on(&folder).unwrap();
            assert_eq!(gone.unrecorded, (cut - sound) as u64);
            gone.journal.record(Event::RunResumed(Box::new(resumed(2))));
            gone.journal.record(Event::Repaired { bytes: gone.unrecorded });
            gone.journal.commit().unwrap();
            let reading = read(&folder);
            assert_eq!((reading.damage, reading.state.repaired), (None, (cut - sound) as u64));
            let kept = std::fs::read(folder.path().join(BROKEN)).unwrap_or_default();
            assert_eq!(kept, &text.as_bytes()[sound..cut]);
            assert_eq!(go_on(&folder).unwrap().unrecorded, 0);
        }
    }

    #[test]
    fn a_repair_that_a_crash_interrupted_is_still_to_be_recorded() {
        let text = lines().text;
        let (_place, folder) = run(&text.as_bytes()[..text.len() - 9]);
        let first = go_on(&folder).unwrap().unrecorded;
        assert_eq!(go_on(&folder).unwrap().unrecorded, first, "nothing was recorded of it");
        let path = folder.path().join("journal.jsonl");
        let sound = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&sound[..], b"{\"seq\":1"].concat()).unwrap();
        assert_eq!(go_on(&folder).unwrap().unrecorded, first + 8);
    }

    #[test]
    fn any_other_damage_refuses_with_its_record_and_byte_and_changes_nothing() {
        let text = lines().text;
        let second = text.find('\n').unwrap() + 1;
        let changed = text.replacen("\"attempt\":1", "\"attempt\":2", 1);
        for (bytes, words) in [
            (changed.clone(), format!("record 1 at byte {second}")),
            (changed + "{\"seq\"", format!("record 1 at byte {second}")),
            (text.clone() + "\n", format!("record 2 at byte {}", text.len())),
            (text[..second / 2].to_owned(), "nothing is recorded".to_owned()),
            (String::new(), "nothing is recorded".to_owned()),
        ] {
            let (_place, folder) = run(bytes.as_bytes());
            let error = go_on(&folder).err().unwrap().to_string();
            assert!(error.contains(&words), "{error}");
            assert_eq!(std::fs::read_to_string(folder.path().join("journal.jsonl")).unwrap(), bytes);
            assert!(!folder.path().join(BROKEN).exists());
        }
    }

    #[test]
    fn a_journal_that_changed_since_it_was_read_is_not_gone_on_with() {
        let (_place, folder) = run(lines().text.as_bytes());
        let reading = read(&folder);
        std::fs::write(folder.path().join("journal.jsonl"), "").unwrap();
        assert!(matches!(folder.go_on(&reading, false, Timestamp::now()), Err(GoOnError::Changed)));
    }

    #[test]
    fn records_go_on_in_number_chain_and_time() {
        let (_place, folder) = run(lines().text.as_bytes());
        let reading = read(&folder);
        let mut journal = folder.go_on(&reading, false, Timestamp::now()).unwrap().journal;
        let entry = journal.record(Event::RunResumed(Box::new(resumed(2)))).clone();
        assert_eq!((entry.seq, entry.prev), (2, reading.head));
        assert!(entry.since >= reading.state.active && entry.time > reading.state.last.unwrap());
        journal.commit().unwrap();
    }
}
