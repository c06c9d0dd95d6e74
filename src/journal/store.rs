//! The store: `.stepgate/` with the ledger, the locks, and a folder a run. Nobody else may read it, and nothing in
//! it is reached through a link.

use super::disk::{Disk, DiskFile, RealDisk, write_new};
use super::holder::Holder;
use super::ledger::Ledger;
use super::lock::{Lock, LockError, Taken};
use super::run_folder::RunFolder;
use super::run_id::RunId;
use crate::hash::{Hash256, sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The store's name beside `stepgate.toml`, at the Git root, or in the current folder.
pub const NAME: &str = ".stepgate";

/// A folder that holds records.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is not what a store must be.
    #[error("the store `{}` is refused: {why}", path.display())]
    Refused {
        /// The store.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The disk does not do what it should.
    #[error("the store `{}` cannot be used: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A run of that id is there already.
    #[error("a run `{0}` is in the store already")]
    RunExists(RunId),
}

impl Store {
    /// Where the store is for commands started in `folder`: beside the nearest `stepgate.toml` upward, else at the
    /// Git root, else in `folder` itself.
    pub fn locate(folder: &Path) -> PathBuf {
        let upward = |name: &str| folder.ancestors().find(|folder| folder.join(name).exists());
        upward("stepgate.toml").or_else(|| upward(".git")).unwrap_or(folder).join(NAME)
    }

    /// Opens the store for reading; `None` if there is none.
    pub fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error(path, error)),
            Ok(_) => {
                RealDisk.inspect(path, true)?;
                Ok(Some(Self::on(Arc::new(RealDisk), path)))
            }
        }
    }

    /// Opens the store for writing and creates it if need be. Writes and syncs a probe: a disk that does not hold a
    /// record is found before anything runs.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        Self::create_on(Arc::new(RealDisk), path)
    }

    /// The same on another disk.
    pub(crate) fn create_on(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, StoreError> {
        let fail = |error| io_error(path, error);
        // The folder above `store` is the current one.
        let parent = path.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
        let synced = |parent: Option<&Path>| parent.map_or(Ok(()), |parent| disk.sync_folder(parent));
        match disk.create_folder(path) {
            Ok(()) => synced(parent).map_err(fail)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                disk.inspect(path, true)?;
                // Whoever made it may have been stopped before. Who may not read the folder above cannot know.
                _ = synced(parent);
            }
            Err(error) => return Err(fail(error)),
        }
        match write_new(&*disk, &path.join(".gitignore"), b"*\n") {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(fail(error)),
            _ => {}
        }
        for folder in ["runs", "locks"] {
            let path = path.join(folder);
            match disk.create_folder(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => disk.inspect(&path, false)?,
                made => made.map_err(|error| io_error(&path, error))?,
            }
        }
        let store = Self::on(disk, path);
        store.probe().map_err(fail)?;
        Ok(store)
    }

    /// The store in `folder`, which is one.
    pub(crate) fn on(disk: Arc<dyn Disk>, folder: &Path) -> Self {
        Self { folder: folder.to_owned(), disk }
    }

    fn probe(&self) -> io::Result<()> {
        let path = self.folder.join(format!("probe-{}", std::process::id()));
        let _ = self.disk.remove(&path);
        let written = write_new(&*self.disk, &path, &[b'x'; 4096]);
        let removed = self.disk.remove(&path);
        written.and(removed)?;
        self.disk.sync_folder(&self.folder)
    }

    /// The list of runs.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(Arc::clone(&self.disk), &self.folder)
    }

    /// One run at a time of one runbook, by its real path, on the same targets, each with the command that reaches it:
    /// takes their lock.
    pub fn lock(&self, runbook: &Path, targets: &BTreeMap<String, String>, me: &Holder) -> Result<Taken, LockError> {
        Lock::try_take(&self.locks().join(format!("{}.lock", &key(runbook, targets).hex()[..32])), me)
    }

    /// One writer of one run: takes the lock of the run that `me` names.
    pub fn lock_run(&self, me: &Holder) -> Result<Taken, LockError> {
        Lock::try_take(&self.run_lock(&me.run), me)
    }

    /// Whether some process is at that run now, seen from `me`.
    pub fn is_running(&self, run: &RunId, me: &Holder) -> bool {
        Lock::is_held(&self.run_lock(run.as_str()), me)
    }

    fn run_lock(&self, run: &str) -> PathBuf {
        self.locks().join(format!("run-{run}.lock"))
    }

    fn locks(&self) -> PathBuf {
        self.folder.join("locks")
    }

    /// Creates the folder of a new run, with the runbook's exact bytes in it, and its journal, which is empty.
    pub fn create_run(&self, run: &RunId, runbook: &[u8]) -> Result<(RunFolder, Box<dyn DiskFile>), StoreError> {
        let (disk, path) = (&*self.disk, self.path_of(run));
        let create = || -> io::Result<Box<dyn DiskFile>> {
            disk.create_folder(&path)?;
            disk.create_folder(&path.join("output"))?;
            write_new(disk, &path.join("runbook.md"), runbook)?;
            let journal = disk.create(&path.join("journal.jsonl"))?;
            disk.sync_folder(&path)?;
            disk.sync_folder(&self.folder.join("runs"))?;
            Ok(journal)
        };
        match create() {
            Ok(journal) => Ok((self.run_folder(run), journal)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(StoreError::RunExists(run.clone())),
            Err(error) => Err(io_error(&path, error)),
        }
    }

    fn path_of(&self, run: &RunId) -> PathBuf {
        self.folder.join("runs").join(run.as_str())
    }

    fn run_folder(&self, run: &RunId) -> RunFolder {
        RunFolder::new(Arc::clone(&self.disk), run.clone(), self.path_of(run))
    }

    /// The ids of all runs, sorted.
    pub fn runs(&self) -> Vec<RunId> {
        let names = self.disk.names(&self.folder.join("runs")).unwrap_or_default();
        let mut runs: Vec<_> = names.iter().filter_map(|name| RunId::parse(name).ok()).collect();
        runs.sort();
        runs
    }

    /// The folder of a run that is in the store.
    pub fn folder_of(&self, run: &RunId) -> Option<RunFolder> {
        self.disk.is_folder(&self.path_of(run)).then(|| self.run_folder(run))
    }
}

pub(super) fn io_error(path: &Path, error: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), error }
}

/// The identity of a runbook and its targets. Every text ends with a NUL, which none of them holds.
fn key(runbook: &Path, targets: &BTreeMap<String, String>) -> Hash256 {
    let mut bytes = [runbook.as_os_str().as_encoded_bytes(), b"\0"].concat();
    let texts = targets.iter().flat_map(|(name, command)| [name, command]);
    texts.for_each(|text| bytes.extend_from_slice(&[text.as_bytes(), b"\0"].concat()));
    sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(run: &str) -> Holder {
        let [boot, host, pid_namespace, operator] = ["b", "h", "n", "a@b"].map(str::to_owned);
        Holder { run: run.to_owned(), pid: std::process::id(), started: 0, boot, host, pid_namespace, operator }
    }

    fn targets(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(name, command)| ((*name).to_owned(), (*command).to_owned())).collect()
    }

    #[test]
    fn a_runbook_runs_once_on_the_same_targets_and_at_once_on_others() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&place.path().join("store")).unwrap();
        let (runbook, other) = (Path::new("/r.md"), Path::new("/s.md"));
        let (test, live) = (targets(&[("m", "ssh test")]), targets(&[("m", "ssh live")]));
        let _first = store.lock(runbook, &test, &me("one")).unwrap();
        let refused = store.lock(runbook, &test, &me("two")).unwrap_err().to_string();
        assert!(refused.contains("run one of a@b holds the lock"), "{refused}");
        let others = [(runbook, &live), (runbook, &targets(&[])), (other, &test), (other, &live)];
        let held: Vec<_> =
            others.iter().map(|(path, targets)| store.lock(path, targets, &me("two")).unwrap()).collect();
        assert!(held.iter().all(|taken| taken.over.is_none()));
    }

    #[test]
    fn no_two_sets_of_targets_have_one_key() {
        let sets = [
            targets(&[]),
            targets(&[("a", "b")]),
            targets(&[("a", ""), ("b", "")]),
            targets(&[("ab", "")]),
            targets(&[("", "ab")]),
            targets(&[("b", "a")]),
        ];
        let keys: std::collections::BTreeSet<_> = sets.iter().map(|set| key(Path::new("/r.md"), set)).collect();
        assert_eq!(keys.len(), sets.len());
    }

    #[test]
    fn one_run_has_one_writer_and_is_running_as_long_as_it_has() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&place.path().join("store")).unwrap();
        let run = RunId::parse("one").unwrap();
        assert!(!store.is_running(&run, &me("look")));
        let taken = store.lock_run(&me("one")).unwrap();
        assert!(store.is_running(&run, &me("look")) && store.lock_run(&me("one")).is_err());
        assert!(store.lock_run(&me("two")).is_ok(), "another run");
        drop(taken);
        assert!(!store.is_running(&run, &me("look")) && store.lock_run(&me("one")).is_ok());
    }

    #[test]
    fn a_store_is_made_in_the_current_folder_by_its_name_alone() {
        let disk = super::super::model_disk::ModelDisk::new(0);
        Store::create_on(Arc::new(disk.clone()), Path::new("store")).unwrap();
        disk.lose_power();
        assert!(disk.is_folder(Path::new("store/runs")), "its name is on the disk");
    }
}
