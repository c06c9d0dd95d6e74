//! A file written anew as a whole: whoever reads it sees the old text or the new one, never a part.

use super::files::{NoFile, read_regular};
use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// Puts `bytes` in place of the file at `path`, or makes it. Its mode is kept, and its owner if that may be. A link or
/// anything but a regular file is refused: what it leads to may be anywhere.
///
/// # Errors
///
/// What the system says; the old file is whole then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, &|| Ok(()))
}

/// The same, if the file holds `before` until then.
///
/// # Errors
///
/// As [`replace`], and if somebody else has changed the file.
pub fn replace_known(path: &Path, before: &str, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, &|| match read_regular(path, before.len() as u64 + 1) {
        Ok(now) if now == before.as_bytes() => Ok(()),
        Ok(_) => Err(io::Error::other("the file was changed meanwhile")),
        Err(NoFile::Io(error)) if error.kind() == io::ErrorKind::NotFound => Err(io::Error::other("the file is gone")),
        Err(error) => Err(io::Error::other(error.to_string())),
    })
}

/// Writes beside the file, and puts that in its place if it `may` be done still.
fn put(path: &Path, bytes: &[u8], may: &dyn Fn() -> io::Result<()>) -> io::Result<()> {
    may()?;
    let known = match std::fs::symlink_metadata(path) {
        Ok(data) if !data.is_file() => return Err(io::Error::other("it is no regular file")),
        Ok(data) => {
            rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?;
            Some(data)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?.to_string_lossy();
    let made = folder.join(format!(".{name}.stepgate-{}", std::process::id()));
    let written = write(&made, bytes, known.as_ref()).and_then(|()| may()).and_then(|()| std::fs::rename(&made, path));
    if let Err(error) = written {
        _ = std::fs::remove_file(&made);
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

fn write(path: &Path, bytes: &[u8], known: Option<&Metadata>) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::from_raw_mode(0o666))?);
    if let Some(known) = known {
        // Before the mode: another owner takes bits of it away. Who may not give files away owns it from now on.
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (known.uid(), known.gid()) {
            _ = std::os::unix::fs::fchown(&file, Some(known.uid()), Some(known.gid()));
        }
        file.set_permissions(Permissions::from_mode(known.permissions().mode() & 0o7777))?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}
