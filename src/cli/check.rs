//! `stepgate check PATH…`: everything that planning would refuse, and notes. Starts no process.

use super::args::{self, Format};
use super::configuration;
use super::error::{Exit, Failure};
use super::output::print_json;
use super::pattern::Pattern;
use super::terminal::{Terminal, eprint_line};
use super::{files, findings, parallel};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity, Source, render_json};
use crate::plan::examine;
use crate::text::count;
use std::path::PathBuf;

/// A file of the command line.
struct Candidate {
    path: PathBuf,
    /// The argument that a search came by it for. Without one it was named, and must be a runbook.
    searched: Option<usize>,
}

/// What was found in a runbook, and its text if anything was: that of a clean one is not kept.
type Checked = Option<(Source, Vec<Diagnostic>)>;

pub fn check(options: &args::Check, terminal: &Terminal) -> Result<Exit, Failure> {
    let config = configuration::load(terminal)?;
    let checked = check_paths(&options.paths, &config)?;
    let runbooks = checked.len();
    let results: Vec<_> = checked.into_iter().flatten().collect();
    let of = |severity| results.iter().flat_map(|(_, found)| found).filter(|found| found.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    match options.format {
        Format::Human => {
            for (source, found) in &results {
                findings::show(source, found, terminal);
            }
            let (checked, errors, warnings) =
                (count(runbooks, "runbook"), count(errors, "error"), count(warnings, "warning"));
            eprint_line(&format!("{checked} checked, {errors}, {warnings}"));
        }
        Format::Json => {
            let all = results.iter().flat_map(|(source, found)| found.iter().map(|found| render_json(found, source)));
            print_json(&all.collect::<Vec<_>>())?;
        }
    }
    Ok(if errors > 0 { Exit::Failure } else { Exit::Success })
}

/// Checks whatever runbooks the paths lead to. A folder or a pattern is searched; whatever else is named must be a
/// runbook, and is reported if not.
fn check_paths(paths: &[PathBuf], config: &Config) -> Result<Vec<Checked>, Failure> {
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
    let results = parallel::each(&candidates, |file| check_file(file, config));
    let led_to_one = |argument| {
        let mut checked = candidates.iter().zip(&results).filter(|(_, result)| result.is_some());
        checked.any(|(candidate, _)| candidate.searched == Some(argument))
    };
    for (at, pattern) in patterns.iter().enumerate() {
        if let Some(pattern) = pattern.as_ref().filter(|_| !led_to_one(at)) {
            return Err(pattern.no_runbook());
        }
    }
    let checked: Vec<_> = results.into_iter().flatten().collect();
    match checked.is_empty() {
        true => Err(Failure::usage("no runbook was found: nothing was checked")
            .hint("a runbook is a .md file whose front matter holds `stepgate: 1`")),
        false => Ok(checked),
    }
}

/// What is wrong with a file; none if it is no runbook.
fn check_file(file: &Candidate, config: &Config) -> Option<Checked> {
    let read = match file.searched {
        Some(_) => files::read_found(&file.path)?,
        None => files::read(&file.path),
    };
    let (source, found) = match read.and_then(|source| examine(source, config)) {
        Ok((runbook, found)) => (runbook.source, found),
        Err(refused) => (refused.source, refused.found),
    };
    Some((!found.is_empty()).then_some((source, found)))
}
