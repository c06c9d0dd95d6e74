//! Runbook files: opened without blocking, without following a folder's links, read once.

use crate::diagnostic::{Code, Diagnostic, Refused, Source, Span};
use crate::runbook::{declares_runbook, decode};
use rustix::fs::{Mode, OFlags};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The front matter of a file that a search comes by is looked for in so many bytes.
const HEAD: usize = 64 << 10;

/// Reads a runbook's bytes as text, or says why they are none.
pub fn read(path: &Path) -> Result<Source, Box<Refused>> {
    match read_bytes(path) {
        Ok(bytes) => decode(&shown(path), bytes),
        Err((message, help)) => {
            let found = Diagnostic::error(Code::File, Span::default(), message).help(help);
            Err(Refused::new(Source::new(shown(path), ""), vec![found]))
        }
    }
}

/// The same of a file that a search came by; `None` if it has no front matter with `stepgate`, or cannot be read. A file
/// that is no text at all but named like one is left to `check FILE`.
pub fn read_found(path: &Path) -> Option<Result<Source, Box<Refused>>> {
    let bytes = read_bytes(path).ok()?;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
    declares_runbook(&head).then(|| decode(&shown(path), bytes))
}

/// A file's name is foreign text, and this one is shown everywhere.
fn shown(path: &Path) -> String {
    crate::text::escape_line(&path.display().to_string()).into_owned()
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, (String, &'static str)> {
    read_regular(path, crate::runbook::MAX_BYTES as u64 + 1).map_err(|error| match error {
        NoFile::Folder => {
            ("it is a folder, not a runbook".to_owned(), "name a file in it; `stepgate list` shows which there are")
        }
        NoFile::NotRegular => ("it is no regular file".to_owned(), "a runbook is a Markdown file"),
        NoFile::Io(error) => (format!("the file cannot be read: {error}"), "look at its path and its permissions"),
    })
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NoFile {
    /// It is a folder.
    #[error("it is a folder")]
    Folder,
    /// It is a device, a pipe or a socket.
    #[error("it is no regular file")]
    NotRegular,
    /// The system says so.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The first `limit` bytes of a regular file, read without waiting for anybody.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, NoFile> {
    // A FIFO without a writer would block an ordinary open for ever.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = std::fs::File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from)?);
    let data = file.metadata()?;
    if data.is_dir() {
        return Err(NoFile::Folder);
    }
    if !data.is_file() {
        return Err(NoFile::NotRegular);
    }
    // Room for all of it and a bit more: one call reads it, and another one sees its end.
    let size = usize::try_from(data.len().min(limit)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(size + 64);
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The Markdown files in a folder and below, sorted; not all of them are runbooks. Links are not followed; what Git
/// ignores and hidden folders are left out.
pub fn find_markdown(folder: &Path) -> Vec<PathBuf> {
    let walk = ignore::WalkBuilder::new(folder).follow_links(false).require_git(false).build();
    let markdown = |path: &Path| path.extension().is_some_and(|extension| extension == "md" || extension == "markdown");
    let mut found: Vec<_> = walk
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()) && markdown(entry.path()))
        .map(ignore::DirEntry::into_path)
        .collect();
    found.sort();
    found
}
