//! What a folder must be before a record is kept in it.

use super::store::{StoreError, io_error};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A store must be a folder of the caller's own that nobody else can read, and that Git does not track.
pub fn inspect(path: &Path) -> Result<(), StoreError> {
    inspect_folder(path)?;
    match is_tracked(path) {
        true => Err(refused(path, "Git tracks it; take it out with `git rm -r --cached`")),
        false => Ok(()),
    }
}

/// A folder of the store must be a folder, the caller's own, and closed to everybody else.
pub fn inspect_folder(path: &Path) -> Result<(), StoreError> {
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
