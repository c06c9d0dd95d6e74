//! A file written anew as a whole: whoever reads it sees the old text or the new one, never a part.

use rustix::fs::{Mode, OFlags};
use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Puts `bytes` in place of the file at `path`, or makes it. Its mode is kept. A link or anything but a regular file is
/// refused: what it leads to may be anywhere.
///
/// # Errors
///
/// What the system says; the old file is whole then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mode = match std::fs::symlink_metadata(path) {
        Ok(data) if !data.is_file() => return Err(io::Error::other("it is no regular file")),
        Ok(data) => {
            rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?;
            Some(data.permissions().mode() & 0o7777)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?.to_string_lossy();
    let made = folder.join(format!(".{name}.stepgate-{}", std::process::id()));
    let written = write(&made, bytes, mode).and_then(|()| std::fs::rename(&made, path));
    if let Err(error) = written {
        _ = std::fs::remove_file(&made);
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

fn write(path: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::from_raw_mode(0o666))?);
    if let Some(mode) = mode {
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}
