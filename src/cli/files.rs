//! Runbook files: opened without blocking, without following a folder's links, read once.

use crate::diagnostic::{Code, Diagnostic, Refused, Source, Span};
use crate::runbook::{declares_runbook, decode};
use rustix::fs::{Mode, OFlags};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Reads a runbook's bytes as text, or says why they are none.
pub fn read(path: &Path) -> Result<Source, Box<Refused>> {
    // A file's name is foreign text, and this one is shown everywhere.
    let name = crate::text::escape_line(&path.display().to_string()).into_owned();
    match read_bytes(path) {
        Ok(bytes) => decode(&name, bytes),
        Err((message, help)) => {
            let found = Diagnostic::error(Code::File, Span::default(), message).help(help);
            Err(Refused::new(Source::new(name, ""), vec![found]))
        }
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, (String, &'static str)> {
    let failed = |error: &dyn std::fmt::Display| {
        (format!("the file cannot be read: {error}"), "look at its path and its permissions")
    };
    // A FIFO without a writer would block an ordinary open for ever.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| failed(&std::io::Error::from(error)))?;
    let file = std::fs::File::from(fd);
    let data = file.metadata().map_err(|error| failed(&error))?;
    if data.is_dir() {
        return Err((
            "it is a folder, not a runbook".to_owned(),
            "name a file in it; `stepgate list` shows which there are",
        ));
    }
    if !data.is_file() {
        return Err(("it is no regular file".to_owned(), "a runbook is a Markdown file"));
    }
    let mut bytes = Vec::new();
    file.take(crate::runbook::MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    Ok(bytes)
}

/// The runbooks in a folder and below: Markdown files with `stepgate` in their front matter, sorted. Links are not
/// followed; what Git ignores and hidden folders are left out.
pub fn find_runbooks(folder: &Path) -> Vec<PathBuf> {
    let walk = ignore::WalkBuilder::new(folder).follow_links(false).require_git(false).build();
    let markdown = |path: &Path| path.extension().is_some_and(|extension| extension == "md" || extension == "markdown");
    let mut found: Vec<_> = walk
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()) && markdown(entry.path()))
        .map(ignore::DirEntry::into_path)
        .filter(|path| is_runbook(path))
        .collect();
    found.sort();
    found
}

/// Looks at the first bytes only; a file that is no text at all but named like one is left to `check FILE`.
fn is_runbook(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(64 << 10).read_to_end(&mut head));
    read.is_ok() && declares_runbook(&String::from_utf8_lossy(&head))
}
