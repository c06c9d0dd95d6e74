//! The folder of one run: its journal, its runbook, its outputs.

use super::disk::{Disk, DiskFile, write_new};
use super::run_id::RunId;
use super::store::StoreError;
use crate::hash::sha256;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many outputs may have one name, but for their numbers.
const MAX_NUMBER: u32 = 1000;

/// The folder of one run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    /// The run's id.
    pub run: RunId,
    pub(super) path: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
}

impl RunFolder {
    /// The folder `path` of a run.
    pub(super) fn new(disk: Arc<dyn Disk>, run: RunId, path: PathBuf) -> Self {
        Self { run, path, disk }
    }

    /// The run's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the processes of the run are marked with: its id alone could be that of a run of another store, too.
    pub fn mark(&self) -> String {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        format!("{}.{}", self.run, sha256(path.as_os_str().as_encoded_bytes()).short())
    }

    /// Opens one of its files for reading: `journal.jsonl`, `runbook.md`, or an output's. The name may come from a
    /// record, so it may not lead anywhere else.
    pub fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let plain = |name: &str| !name.is_empty() && name != "." && name != ".." && !name.contains('/');
        match name.strip_prefix("output/").unwrap_or(name) {
            inside if plain(inside) => self.disk.read(&self.path.join(name)),
            _ => Err(io::Error::other("the name leads out of the run's folder")),
        }
    }

    /// The names of its files, sorted, each as [`RunFolder::open`] takes it.
    pub fn files(&self) -> io::Result<Vec<String>> {
        let output = self.path.join("output");
        let outputs = if self.disk.is_folder(&output) { self.disk.names(&output)? } else { Vec::new() };
        let own = self.disk.names(&self.path)?.into_iter().filter(|name| name != "output");
        let mut names: Vec<_> = own.chain(outputs.into_iter().map(|name| format!("output/{name}"))).collect();
        names.sort();
        Ok(names)
    }

    /// What is wrong with its folder, or one in or above it, if it is not what it must be.
    pub fn inspect(&self) -> Result<(), StoreError> {
        let output = self.path.join("output");
        let there = self.disk.names(&self.path).is_ok_and(|names| names.iter().any(|name| name == "output"));
        let folders = self.path.parent().into_iter().chain([self.path.as_path()]);
        let mut folders = folders.chain(Some(output.as_path()).filter(|_| there));
        folders.try_for_each(|folder| self.disk.inspect(folder, false))
    }

    /// Whether its journal holds a whole record.
    pub fn has_begun(&self) -> bool {
        let Ok(mut file) = self.open("journal.jsonl") else { return false };
        let mut piece = vec![0; 1 << 16];
        loop {
            match file.read(&mut piece) {
                Ok(0) | Err(_) => return false,
                Ok(length) if memchr::memchr(b'\n', &piece[..length]).is_some() => return true,
                Ok(_) => {}
            }
        }
    }

    /// Keeps a later version of the runbook's bytes.
    pub fn keep_runbook(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        match self.disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        write_new(&*self.disk, &path, bytes)?;
        self.disk.sync_folder(&self.path)
    }

    /// Waits until the names of the output files are on the disk.
    pub fn sync_outputs(&self) -> io::Result<()> {
        self.disk.sync_folder(&self.path.join("output"))
    }

    /// Creates the file of an output, and says how it is called: what an attempt left there of which a crash lost the
    /// record is not written over, so the new one gets another name, `output/save.stdout+2`.
    pub fn create_output(&self, name: &str) -> io::Result<(Box<dyn DiskFile>, String)> {
        let numbered = |number| if number == 1 { name.to_owned() } else { format!("{name}+{number}") };
        let mut number = 1;
        loop {
            let name = numbered(number);
            match self.disk.create(&self.path.join(&name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_NUMBER => number += 1,
                made => return made.map(|file| (file, name)),
            }
        }
    }

    /// Removes the file of an output that decided nothing. One that cannot be removed is in nobody's way.
    pub fn remove_output(&self, name: &str) {
        _ = self.disk.remove(&self.path.join(name));
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::Store;
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
    #[test]
    fn an_output_that_a_crash_left_is_not_written_over() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&place.path().join("store")).unwrap();
        let (folder, _) = store.create_run(&RunId::parse("r").unwrap(), b"x").unwrap();
        for (text, wanted) in [("a", "output/s.stdout"), ("b", "output/s.stdout+2"), ("c", "output/s.stdout+3")] {
            let (mut file, name) = folder.create_output("output/s.stdout").unwrap();
            file.write_all(text.as_bytes()).unwrap();
            assert_eq!(name, wanted);
        }
        assert_eq!(std::fs::read_to_string(folder.path().join("output/s.stdout")).unwrap(), "a");
    }
}
