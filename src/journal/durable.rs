//! Files of the store on the machine's disk: never through a link, never somebody else's.

use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Creates a file that must not exist yet, 0600.
pub fn create(path: &Path) -> io::Result<File> {
    open(path, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::APPEND)
}

/// Opens a file for reading and appending, 0600, and creates it if need be.
pub fn append(path: &Path) -> io::Result<File> {
    open(path, OFlags::RDWR | OFlags::CREATE | OFlags::APPEND)
}

/// Opens a file for reading.
pub fn read(path: &Path) -> io::Result<File> {
    open(path, OFlags::RDONLY)
}

/// Opens a file for reading and for writing at any place.
pub fn overwrite(path: &Path) -> io::Result<File> {
    open(path, OFlags::RDWR)
}

fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let fd: OwnedFd = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    let file = File::from(fd);
    let data = file.metadata()?;
    let why = match () {
        () if !data.is_file() => "it is no regular file",
        () if data.uid() != rustix::process::geteuid().as_raw() => "it belongs to somebody else",
        () if data.mode() & 0o022 != 0 => "others may write it; chmod 600 it after a look at who did",
        () => return Ok(file),
    };
    Err(io::Error::other(why))
}

/// Creates a folder, 0700.
pub fn create_folder(path: &Path) -> io::Result<()> {
    rustix::fs::mkdir(path, Mode::RWXU)?;
    // umask may have taken bits away, never added any.
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))
}
