//! What the record does to a disk, and nothing else: so that a test can put another one in its place, which loses
//! whatever was not synced.

use super::durable;
use super::inspect::{inspect, inspect_folder};
use super::lock::Lock;
use super::store::StoreError;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// A disk that holds a store.
pub trait Disk: std::fmt::Debug + Send + Sync {
    /// Creates a file that must not exist yet, for reading and appending.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file for reading and appending, and creates it if need be.
    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file for reading.
    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file for reading and for writing at any place.
    fn overwrite(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Creates a folder.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Waits until the names in a folder are on the disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Takes a file's name away.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder.
    fn names(&self, path: &Path) -> io::Result<Vec<String>>;
    /// Whether it is a folder, and no link to one.
    fn is_folder(&self, path: &Path) -> bool;
    /// Whether a folder is what a store, or a folder in one, must be.
    fn inspect(&self, path: &Path, store: bool) -> Result<(), StoreError>;
    /// Keeps everybody else out until what it returns is dropped.
    fn guard(&self, path: &Path) -> io::Result<Option<Lock>>;
}

/// An open file of a disk.
pub trait DiskFile: Read + Write + Seek + std::fmt::Debug + Send {
    /// Waits until its bytes are on the disk.
    fn sync_data(&mut self) -> io::Result<()>;
    /// Cuts it.
    fn set_len(&mut self, length: u64) -> io::Result<()>;
    /// How many names and how many bytes it has.
    fn names_and_bytes(&self) -> io::Result<(u64, u64)>;
}

/// The machine's disk.
#[derive(Debug)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        boxed(durable::create(path))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        boxed(durable::append(path))
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        boxed(durable::read(path))
    }

    fn overwrite(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        boxed(durable::overwrite(path))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        durable::create_folder(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn names(&self, path: &Path) -> io::Result<Vec<String>> {
        let names = std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok_and(|data| data.is_dir())
    }

    fn inspect(&self, path: &Path, store: bool) -> Result<(), StoreError> {
        if store { inspect(path) } else { inspect_folder(path) }
    }

    fn guard(&self, path: &Path) -> io::Result<Option<Lock>> {
        Lock::take(path).map(Some)
    }
}

fn boxed(file: io::Result<File>) -> io::Result<Box<dyn DiskFile>> {
    file.map(|file| Box::new(file) as Box<dyn DiskFile>)
}

impl DiskFile for File {
    fn sync_data(&mut self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        File::set_len(self, length)
    }

    fn names_and_bytes(&self) -> io::Result<(u64, u64)> {
        use std::os::unix::fs::MetadataExt as _;
        self.metadata().map(|data| (data.nlink(), data.len()))
    }
}

/// Writes a small new file and waits until it is on the disk.
pub fn write_new(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = disk.create(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}
