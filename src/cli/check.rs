//! `stepgate check PATH…`: everything that planning would refuse, and notes. Starts no process.

use super::args::{self, Format};
use super::configuration;
use super::error::{Exit, Failure};
use super::output::print_json;
use super::terminal::{Terminal, eprint_line};
use super::{files, plan};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity, Source, render_json};
use crate::plan::examine;
use crate::text::count;
use std::path::{Path, PathBuf};

pub fn check(options: &args::Check, terminal: &Terminal) -> Result<Exit, Failure> {
    let config = configuration::load(terminal)?;
    let files = runbooks(&options.paths)?;
    let results: Vec<_> = files.iter().map(|file| check_file(file, &config)).collect();
    let errors = results.iter().flat_map(|(_, found)| found).filter(|found| found.severity == Severity::Error).count();
    match options.format {
        Format::Human => {
            for (source, found) in &results {
                plan::show(source, found, terminal);
            }
            eprint_line(&format!("{} checked, {}", count(files.len(), "runbook"), count(errors, "error")));
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
        // A folder named explicitly is searched; whatever else is named must be a runbook, and is reported if not.
        match path.is_dir() {
            true => files.extend(files::find_runbooks(path)),
            false => files.push(path.clone()),
        }
    }
    match files.is_empty() {
        true => Err(Failure::usage("no runbook was found: nothing was checked")
            .hint("a runbook is a .md file whose front matter holds `stepgate: 1`")),
        false => Ok(files),
    }
}

fn check_file(path: &Path, config: &Config) -> (Source, Vec<Diagnostic>) {
    match files::read(path).and_then(|source| examine(source, config)) {
        Ok((runbook, found)) => (runbook.source, found),
        Err(refused) => (refused.source, refused.found),
    }
}
