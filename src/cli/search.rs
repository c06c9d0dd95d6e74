//! The runbooks that the paths of a command line lead to: files, folders and patterns.

use super::error::Failure;
use super::pattern::Pattern;
use super::{files, parallel};
use crate::diagnostic::{Refused, Source};
use std::path::{Path, PathBuf};

/// A file of the command line.
struct Candidate {
    path: PathBuf,
    /// The argument that a search came by it for. Without one it was named, and must be a runbook.
    searched: Option<usize>,
}

/// Does `work` on each runbook, on all cores; the results stand in the order of the paths. A folder or a pattern is searched;
/// whatever else is named must be a runbook, and `work` is told why if it is none: unless others are `passed_over`, as a hook
/// wants it that names whatever was changed. `done` is what was to be done, such as `checked`.
///
/// # Errors
///
/// If there is no runbook at all, or none that a pattern matches.
pub fn each<R: Send>(
    paths: &[PathBuf],
    passed_over: bool,
    done: &str,
    work: impl Fn(&Path, Result<Source, Box<Refused>>) -> R + Sync,
) -> Result<Vec<R>, Failure> {
    let patterns: Vec<Option<Pattern>> = paths.iter().map(|path| Pattern::of(path)).collect::<Result<_, _>>()?;
    let mut candidates = Vec::new();
    for (at, (path, pattern)) in paths.iter().zip(&patterns).enumerate() {
        let (found, searched) = match pattern {
            Some(pattern) => (pattern.files(), Some(at)),
            None if path.is_dir() => (files::find_markdown(path), Some(at)),
            None => (vec![path.clone()], None),
        };
        candidates.extend(found.into_iter().map(|path| Candidate { path, searched }));
    }
    let results = parallel::each(&candidates, |candidate| {
        let read = match candidate.searched {
            None if !passed_over || !candidate.path.is_file() => files::read(&candidate.path),
            _ => files::read_found(&candidate.path)?,
        };
        Some(work(&candidate.path, read))
    });
    let led_to_one = |argument| {
        let mut found = candidates.iter().zip(&results).filter(|(_, result)| result.is_some());
        found.any(|(candidate, _)| candidate.searched == Some(argument))
    };
    for (at, pattern) in patterns.iter().enumerate() {
        if let Some(pattern) = pattern.as_ref().filter(|_| !led_to_one(at)) {
            return Err(pattern.no_runbook());
        }
    }
    let results: Vec<_> = results.into_iter().flatten().collect();
    match results.is_empty() && !passed_over {
        true => Err(Failure::usage(format!("no runbook was found: nothing was {done}"))
            .hint("a runbook is a .md file whose front matter holds `stepgate: 1`")),
        false => Ok(results),
    }
}
