//! A store in one file: a tar archive with a run's record in it, read as if it were a disk. Nothing is unpacked.

use super::disk::{Disk, DiskFile};
use super::lock::Lock;
use super::run_folder::RunFolder;
use super::store::{Store, StoreError};
use rustix::fs::{Mode, OFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// More files than this are no record.
const MAX_ENTRIES: usize = 100_000;

/// An exported file.
#[derive(Clone, Debug)]
pub struct Archive {
    disk: Arc<ArchiveDisk>,
}

impl Archive {
    /// Opens an exported file and looks at what is in it: regular files with plain names, each once.
    pub fn open(path: &Path) -> io::Result<Self> {
        // A FIFO without a writer would block an ordinary open for ever.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut files = BTreeMap::new();
        for entry in tar::Archive::new(&file).entries().map_err(no_tar)? {
            let entry = entry.map_err(no_tar)?;
            let name = name(&entry.path()?)?;
            let (at, length) = (entry.raw_file_position(), entry.size());
            if !matches!(entry.header().entry_type(), tar::EntryType::Regular | tar::EntryType::Directory) {
                return Err(io::Error::other(format!("`{}` in it is no regular file", name.display())));
            }
            if entry.header().entry_type().is_file() && files.insert(name.clone(), (at, length)).is_some() {
                return Err(io::Error::other(format!("`{}` is in it twice", name.display())));
            }
            if files.len() > MAX_ENTRIES {
                return Err(io::Error::other("it holds far too many files for a record"));
            }
        }
        Ok(Self { disk: Arc::new(ArchiveDisk { file: Arc::new(file), files }) })
    }

    /// The store that is in it.
    pub fn store(&self) -> Store {
        Store::on(self.disk.clone(), Path::new(""))
    }

    /// Whether it holds the ledger.
    pub fn has_ledger(&self) -> bool {
        self.disk.files.contains_key(Path::new("ledger.jsonl"))
    }

    /// Whatever is in it beside the store of `run` and the pages that an export has.
    pub fn strangers(&self, run: &str) -> Vec<String> {
        let own = Path::new("runs").join(run);
        let known = ["ledger.jsonl", "ledger.broken", "evidence.md", "evidence.json", "log.md"].map(Path::new);
        let strange = self.disk.files.keys().filter(|name| !name.starts_with(&own) && !known.contains(&name.as_path()));
        strange.map(|name| name.display().to_string()).collect()
    }

    /// The runs in it.
    pub fn runs(&self) -> Vec<RunFolder> {
        let store = self.store();
        store.runs().iter().filter_map(|run| store.folder_of(run)).collect()
    }
}

/// The library's own words speak of headers and fields.
fn no_tar(error: io::Error) -> io::Error {
    tracing::debug!(%error, "no tar archive");
    io::Error::new(error.kind(), "it is no tar archive, or it was changed or cut off since it was made")
}

/// A path of plain names.
fn name(path: &Path) -> io::Result<PathBuf> {
    let plain =
        path.components().filter(|part| *part != Component::CurDir).all(|part| matches!(part, Component::Normal(_)));
    match plain {
        true => Ok(path.components().filter(|part| *part != Component::CurDir).collect()),
        false => Err(io::Error::other(format!("`{}` in it leads out of it", path.display()))),
    }
}

#[derive(Debug)]
struct ArchiveDisk {
    file: Arc<File>,
    /// Where each file begins, and how long it is.
    files: BTreeMap<PathBuf, (u64, u64)>,
}

fn not_here() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the exported file does not hold it")
}

fn read_only<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "an exported file is only read"))
}

impl Disk for ArchiveDisk {
    fn create(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        read_only()
    }

    fn append(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        read_only()
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let (start, length) = *self.files.get(path).ok_or_else(not_here)?;
        Ok(Box::new(Section { file: Arc::clone(&self.file), start, length, at: 0 }))
    }

    fn overwrite(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        read_only()
    }

    fn create_folder(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn names(&self, path: &Path) -> io::Result<Vec<String>> {
        let below = self.files.keys().filter_map(|name| name.strip_prefix(path).ok()?.components().next());
        let mut names: Vec<_> = below.filter_map(|name| name.as_os_str().to_str().map(str::to_owned)).collect();
        names.dedup();
        Ok(names)
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.files.keys().any(|name| name.starts_with(path) && name != path)
    }

    fn inspect(&self, _: &Path, _: bool) -> Result<(), StoreError> {
        Ok(())
    }

    fn guard(&self, _: &Path) -> io::Result<Option<Lock>> {
        read_only()
    }
}

/// A file in an archive.
#[derive(Debug)]
struct Section {
    file: Arc<File>,
    start: u64,
    length: u64,
    at: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..left], self.start + self.at)?;
        if read == 0 && left > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Section {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl Write for Section {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        read_only()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for Section {
    fn sync_data(&mut self) -> io::Result<()> {
        read_only()
    }

    fn set_len(&mut self, _: u64) -> io::Result<()> {
        read_only()
    }

    fn names_and_bytes(&self) -> io::Result<(u64, u64)> {
        Ok((1, self.length))
    }
}
