//! Files of the store: never through a link, never readable by others, on the disk when we say so.

use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
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

fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let fd: OwnedFd = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    let file = File::from(fd);
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no regular file")),
    }
}

/// Creates a folder, 0700.
pub fn create_folder(path: &Path) -> io::Result<()> {
    rustix::fs::mkdir(path, Mode::RWXU)?;
    // umask may have taken bits away, never added any.
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))
}

/// Writes a small new file and waits until it is on the disk.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = create(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

/// Waits until the names in a folder are on the disk.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
