//! Where a file really lies, if no link on the way leads out of the tree that it is named in.

use crate::journal::Store;
use std::path::{Component, Path, PathBuf};

/// The real path of a file. A tree is what `stepgate.toml` or a Git repository holds, else the folder that the link lies in.
///
/// # Errors
///
/// In plain words, if a link leads out of its tree, or the system says no.
pub fn real_path(named: &Path) -> Result<PathBuf, String> {
    let said = |error: std::io::Error| error.to_string();
    let mut at = PathBuf::new();
    for part in std::path::absolute(named).map_err(said)?.components() {
        match part {
            // As the system reads it: of where a link leads, not of where it lies.
            Component::ParentDir => at = at.canonicalize().map_err(said)?.parent().unwrap_or(Path::new("/")).to_owned(),
            Component::Normal(name) => {
                let folder = at.clone();
                at.push(name);
                if std::fs::symlink_metadata(&at).map_err(said)?.is_symlink() {
                    stays_inside(&folder, &at)?;
                }
            }
            part => at.push(part),
        }
    }
    at.canonicalize().map_err(said)
}

/// Whether the link at `link` in `folder` leads to somewhere in the tree that the folder belongs to.
fn stays_inside(folder: &Path, link: &Path) -> Result<(), String> {
    let tree = Store::locate(folder).parent().and_then(|tree| tree.canonicalize().ok());
    let real = link.canonicalize().map_err(|error| error.to_string())?;
    match tree.is_some_and(|tree| real.starts_with(tree)) {
        true => Ok(()),
        false => {
            Err(format!("the link `{}` leads out of its tree", crate::text::escape_line(&link.display().to_string())))
        }
    }
}
