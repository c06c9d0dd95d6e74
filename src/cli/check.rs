//! `stepgate check PATH…`: everything that planning would refuse, and notes. Starts no process.

use super::args;
use super::configuration;
use super::error::{Exit, Failure};
use super::output::print_json;
use super::terminal::{Terminal, eprint_line};
use super::{findings, search};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Refused, Severity, Source, render_json};
use crate::plan::examine;
use crate::report::Found;
use crate::text::count;

/// What was found in a runbook, and its text if anything was: that of a clean one is not kept.
type Checked = Option<(Source, Vec<Diagnostic>)>;

pub fn check(options: &args::Check, terminal: &Terminal) -> Result<Exit, Failure> {
    let config = configuration::load(terminal)?;
    let checked = search::each(&options.paths, "checked", |_, read| check_file(read, &config))?;
    let runbooks = checked.len();
    let results: Vec<_> = checked.into_iter().flatten().collect();
    let all: Vec<_> = results.iter().map(|(source, found)| (source, found.as_slice())).collect();
    let human = || {
        all.iter().for_each(|(source, found)| findings::show(source, found, terminal));
        eprint_line(&summary(runbooks, &all));
        Ok(())
    };
    let json = || {
        let all = all.iter().flat_map(|(source, found)| found.iter().map(|found| render_json(found, source)));
        print_json(&all.collect::<Vec<_>>())
    };
    findings::print_as(&options.shown, &all, human, json)?;
    Ok(findings::exit(&options.shown, &all))
}

fn summary(runbooks: usize, all: &[Found<'_>]) -> String {
    let of = |severity| all.iter().flat_map(|(_, found)| *found).filter(|found| found.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    format!("{} checked, {}, {}", count(runbooks, "runbook"), count(errors, "error"), count(warnings, "warning"))
}

/// What is wrong with a file.
fn check_file(read: Result<Source, Box<Refused>>, config: &Config) -> Checked {
    let (source, found) = match read.and_then(|source| examine(source, config)) {
        Ok((runbook, found)) => (runbook.source, found),
        Err(refused) => (refused.source, refused.found),
    };
    (!found.is_empty()).then_some((source, found))
}
