//! The store: `.stepgate/` with the ledger, the locks, and a folder a run. Nobody else may read it, and nothing in
//! it is reached through a link.

use super::durable;
use super::ledger::Ledger;
use super::lock::{Holder, Lock, LockError};
use super::run_id::RunId;
use crate::hash::sha256;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The store's name beside `stepgate.toml`, at the Git root, or in the current folder.
pub const NAME: &str = ".stepgate";

/// A folder that holds records.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// The folder of one run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    /// The run's id.
    pub run: RunId,
    path: PathBuf,
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

/// Why no run was found by what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The store holds no run.
    #[error("the store holds no run yet")]
    Empty,
    /// The ledger lists runs whose folders are not there.
    #[error("the ledger lists {0} runs, and not one of their folders is in the store")]
    Gone(usize),
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
                inspect(path)?;
                Ok(Some(Self { folder: path.to_owned() }))
            }
        }
    }

    /// Opens the store for writing and creates it if need be. Writes and syncs a probe: a disk that does not hold a
    /// record is found before anything runs.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let fail = |error| io_error(path, error);
        match durable::create_folder(path) {
            Ok(()) => {
                if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                    durable::sync_folder(parent).map_err(fail)?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => inspect(path)?,
            Err(error) => return Err(fail(error)),
        }
        match durable::write_new(&path.join(".gitignore"), b"*\n") {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(fail(error)),
            _ => {}
        }
        for folder in ["runs", "locks"] {
            let path = path.join(folder);
            match durable::create_folder(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => inspect_folder(&path)?,
                made => made.map_err(|error| io_error(&path, error))?,
            }
        }
        let store = Self { folder: path.to_owned() };
        store.probe().map_err(fail)?;
        Ok(store)
    }

    fn probe(&self) -> io::Result<()> {
        let path = self.folder.join(format!("probe-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let written = durable::write_new(&path, &[b'x'; 4096]);
        let removed = std::fs::remove_file(&path);
        written.and(removed)?;
        durable::sync_folder(&self.folder)
    }

    /// The list of runs.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(&self.folder)
    }

    /// One run at a time of one runbook: takes the runbook's lock.
    pub fn lock(&self, runbook: &Path, holder: &Holder) -> Result<Lock, LockError> {
        Lock::try_take(&self.lock_path(runbook), holder)
    }

    /// Whether some process is at `run` of that runbook now.
    pub fn is_running(&self, runbook: &Path, run: &str) -> bool {
        Lock::holder(&self.lock_path(runbook)).is_some_and(|holder| holder.run == run)
    }

    fn lock_path(&self, runbook: &Path) -> PathBuf {
        let name = sha256(runbook.to_string_lossy().as_bytes());
        self.folder.join("locks").join(format!("{}.lock", &name.0[..32]))
    }

    /// Creates the folder of a new run, with the runbook's exact bytes in it.
    pub fn create_run(&self, run: &RunId, runbook: &[u8]) -> Result<(RunFolder, File), StoreError> {
        let path = self.folder.join("runs").join(run.as_str());
        let create = || -> io::Result<File> {
            durable::create_folder(&path)?;
            durable::create_folder(&path.join("output"))?;
            durable::write_new(&path.join("runbook.md"), runbook)?;
            let journal = durable::create(&path.join("journal.jsonl"))?;
            durable::sync_folder(&path)?;
            durable::sync_folder(&self.folder.join("runs"))?;
            Ok(journal)
        };
        match create() {
            Ok(journal) => Ok((RunFolder { run: run.clone(), path }, journal)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(StoreError::RunExists(run.clone())),
            Err(error) => Err(io_error(&path, error)),
        }
    }

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
            [] => Err(FindError::Unknown(part.to_owned())),
            [run] => self.folder_of(run).ok_or_else(|| FindError::Unknown(part.to_owned())),
            _ => Err(FindError::Ambiguous {
                part: part.to_owned(),
                runs: found.iter().map(ToString::to_string).collect(),
            }),
        }
    }

    fn nothing(&self) -> FindError {
        let began = |entry: &super::Entry<super::LedgerEvent>| matches!(entry.event, super::LedgerEvent::Began { .. });
        match self.ledger().read().map(|(entries, _)| entries.iter().filter(|entry| began(entry)).count()) {
            Ok(0) | Err(_) => FindError::Empty,
            Ok(runs) => FindError::Gone(runs),
        }
    }

    /// The newest run by the ledger: ids that were chosen by hand do not sort by time.
    fn newest(&self, runs: &[RunId]) -> Option<RunId> {
        let (entries, _) = self.ledger().read().ok()?;
        let begun = entries.iter().rev().find_map(|entry| match &entry.event {
            super::LedgerEvent::Began { run, .. } => runs.iter().find(|known| known.as_str() == run),
            _ => None,
        });
        begun.or(runs.last()).cloned()
    }

    /// The ids of all runs, sorted.
    pub fn runs(&self) -> Vec<RunId> {
        let folder = std::fs::read_dir(self.folder.join("runs"));
        let names = folder.into_iter().flatten().flatten();
        let mut runs: Vec<_> = names.filter_map(|entry| RunId::parse(entry.file_name().to_str()?).ok()).collect();
        runs.sort();
        runs
    }

    /// The folder of a run that is in the store.
    pub fn folder_of(&self, run: &RunId) -> Option<RunFolder> {
        let path = self.folder.join("runs").join(run.as_str());
        path.symlink_metadata().is_ok_and(|data| data.is_dir()).then(|| RunFolder { run: run.clone(), path })
    }
}

impl RunFolder {
    /// The run's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens one of its files for reading: `journal.jsonl`, `runbook.md`, or an output's. The name may come from a
    /// record, so it may not lead anywhere else.
    pub fn open(&self, name: &str) -> io::Result<File> {
        let plain = |name: &str| !name.is_empty() && name != "." && name != ".." && !name.contains('/');
        match name.strip_prefix("output/").unwrap_or(name) {
            inside if plain(inside) => durable::read(&self.path.join(name)),
            _ => Err(io::Error::other("the name leads out of the run's folder")),
        }
    }

    /// What the processes of the run are marked with: its id alone could be that of a run of another store, too.
    pub fn mark(&self) -> String {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        format!("{}.{}", self.run, sha256(path.as_os_str().as_encoded_bytes()).short())
    }

    /// Opens the journal to write behind its end.
    pub fn append_journal(&self) -> io::Result<File> {
        durable::append(&self.path.join("journal.jsonl"))
    }

    /// Keeps a later version of the runbook's bytes.
    pub fn keep_runbook(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        _ = std::fs::remove_file(self.path.join(name));
        durable::write_new(&self.path.join(name), bytes)?;
        durable::sync_folder(&self.path)
    }

    /// Waits until the names of the output files are on the disk.
    pub fn sync_outputs(&self) -> io::Result<()> {
        durable::sync_folder(&self.path.join("output"))
    }

    /// Creates the file of an output.
    pub fn create_output(&self, name: &str) -> io::Result<File> {
        durable::create(&self.path.join(name))
    }

    /// Removes the file of an output that decided nothing. One that cannot be removed is in nobody's way.
    pub fn remove_output(&self, name: &str) {
        _ = std::fs::remove_file(self.path.join(name));
    }
}

fn io_error(path: &Path, error: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), error }
}

/// A store must be a folder of the caller's own that nobody else can read, and that Git does not track.
fn inspect(path: &Path) -> Result<(), StoreError> {
    inspect_folder(path)?;
    match is_tracked(path) {
        true => Err(refused(path, "Git tracks it; take it out with `git rm -r --cached`")),
        false => Ok(()),
    }
}

/// A folder of the store must be a folder, the caller's own, and closed to everybody else.
fn inspect_folder(path: &Path) -> Result<(), StoreError> {
    let data = std::fs::symlink_metadata(path).map_err(|error| io_error(path, error))?;
    let own = rustix::process::geteuid().as_raw();
    let why = match () {
        () if data.is_symlink() => "it is a link",
        () if !data.is_dir() => "it is no folder",
        () if data.uid() != own => "it belongs to somebody else",
        () if data.mode() & 0o077 != 0 => "others can look into it; chmod 700 it after a look at who wrote there",
        () => return Ok(()),
    };
    Err(refused(path, why))
}

fn refused(path: &Path, why: &str) -> StoreError {
    StoreError::Refused { path: path.to_owned(), why: why.to_owned() }
}

/// Whether the index of the Git checkout around names anything in the store.
fn is_tracked(store: &Path) -> bool {
    let Ok(store) = store.canonicalize() else { return false };
    let Some(root) = store.ancestors().find(|folder| folder.join(".git").exists()) else { return false };
    let Ok(inside) = store.strip_prefix(root) else { return false };
    let mut prefix = inside.as_os_str().as_encoded_bytes().to_vec();
    prefix.push(b'/');
    std::fs::read(git_folder(root).join("index")).is_ok_and(|index| memchr::memmem::find(&index, &prefix).is_some())
}

/// The folder that holds a checkout's index: `.git`, or where the file `.git` of a worktree or submodule points.
fn git_folder(root: &Path) -> PathBuf {
    let path = root.join(".git");
    let pointer = std::fs::read_to_string(&path).ok();
    match pointer.as_deref().and_then(|text| text.strip_prefix("gitdir: ")) {
        Some(target) => root.join(target.trim_end()),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_record_leads_nowhere_but_into_its_runs_folder() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("outside.txt"), "secret").unwrap();
        let store = Store::create(&place.path().join("store")).unwrap();
        let (folder, _) = store.create_run(&RunId::parse("r").unwrap(), b"x").unwrap();
        assert!(folder.open("runbook.md").is_ok() && folder.create_output("output/a.stdout").is_ok());
        assert!(folder.open("output/a.stdout").is_ok());
        let absolute = place.path().join("outside.txt");
        for name in
            ["../../../outside.txt", "output/../../../../outside.txt", absolute.to_str().unwrap(), "output/", ".."]
        {
            assert!(folder.open(name).is_err(), "{name}");
        }
    }
}
