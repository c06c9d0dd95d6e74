//! `stepgate check PATH…`: everything that planning would refuse, and notes. Starts no process.

use super::args::{self, Format};
use super::configuration;
use super::error::{Exit, Failure};
use super::output::print_json;
use super::pattern::Pattern;
use super::terminal::{Terminal, eprint_line};
use super::{files, findings};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity, Source, render_json};
use crate::plan::examine;
use crate::text::count;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

pub fn check(options: &args::Check, terminal: &Terminal) -> Result<Exit, Failure> {
    let config = configuration::load(terminal)?;
    let files = runbooks(&options.paths)?;
    let results = check_all(&files, &config);
    let of = |severity| results.iter().flat_map(|(_, found)| found).filter(|found| found.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    match options.format {
        Format::Human => {
            for (source, found) in &results {
                findings::show(source, found, terminal);
            }
            let (checked, errors, warnings) =
                (count(files.len(), "runbook"), count(errors, "error"), count(warnings, "warning"));
            eprint_line(&format!("{checked} checked, {errors}, {warnings}"));
        }
        Format::Json => {
            let all = results.iter().flat_map(|(source, found)| found.iter().map(|found| render_json(found, source)));
            print_json(&all.collect::<Vec<_>>())?;
        }
    }
    Ok(if errors > 0 { Exit::Failure } else { Exit::Success })
}

fn runbooks(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        // A folder or a pattern is searched; whatever else is named must be a runbook, and is reported if not.
        match Pattern::of(path)? {
            Some(pattern) => files.extend(pattern.runbooks()?),
            None if path.is_dir() => files.extend(files::find_runbooks(path)),
            None => files.push(path.clone()),
        }
    }
    match files.is_empty() {
        true => Err(Failure::usage("no runbook was found: nothing was checked")
            .hint("a runbook is a .md file whose front matter holds `stepgate: 1`")),
        false => Ok(files),
    }
}

/// Checks the files on all cores; the results stand in their order.
fn check_all(files: &[PathBuf], config: &Config) -> Vec<(Source, Vec<Diagnostic>)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((at, file)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, files.get(at)?)))
        {
            done.push((at, check_file(file, config)));
        }
        done
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let mut results: Vec<_> = std::thread::scope(|scope| {
        let others: Vec<_> =
            (1..cores).map_while(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut all = work();
        // A thread that broke off has left files out, and an unchecked file must not look like a good one.
        all.extend(others.into_iter().flat_map(|other| other.join().expect("checking does not panic")));
        all
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

fn check_file(path: &Path, config: &Config) -> (Source, Vec<Diagnostic>) {
    match files::read(path).and_then(|source| examine(source, config)) {
        Ok((runbook, found)) => (runbook.source, found),
        Err(refused) => (refused.source, refused.found),
    }
}
