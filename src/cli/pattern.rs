//! A glob on the command line, for those whose shell did not read it: quoted, or in a file of CI.

use super::error::Failure;
use super::files::find_markdown;
use globset::{GlobBuilder, GlobMatcher};
use std::path::{Path, PathBuf};

/// A pattern, and the folder that everything it can match lies below.
pub struct Pattern {
    text: String,
    folder: PathBuf,
    glob: GlobMatcher,
}

impl Pattern {
    /// The pattern that a path is, unless a file is called so.
    ///
    /// # Errors
    ///
    /// If it cannot be read as one.
    pub fn of(path: &Path) -> Result<Option<Self>, Failure> {
        let text = path.to_string_lossy().into_owned();
        let special = |part: &std::ffi::OsStr| part.to_string_lossy().contains(['*', '?', '[', '{']);
        if path.exists() || !path.iter().any(special) {
            return Ok(None);
        }
        let folder: PathBuf = path.iter().take_while(|part| !special(part)).collect();
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        // What is found below `.` is called `./…`.
        let written = if path.iter().next().is_some_and(special) { format!("./{text}") } else { text.clone() };
        let glob = GlobBuilder::new(&written).literal_separator(true).build();
        let glob = glob.map_err(|error| Failure::usage(error.to_string()).hint("nothing was checked"))?;
        Ok(Some(Self { text, folder, glob: glob.compile_matcher() }))
    }

    /// The Markdown files that match.
    pub fn files(&self) -> Vec<PathBuf> {
        find_markdown(&self.folder).into_iter().filter(|path| self.glob.is_match(path)).collect()
    }

    /// No file that matches is a runbook.
    pub fn no_runbook(&self) -> Failure {
        Failure::usage(format!("no runbook matches `{}`", self.text))
            .hint("`*` stays inside a folder, `**` goes through all; a runbook's front matter holds `stepgate: 1`")
    }
}
