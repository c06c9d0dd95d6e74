//! `stepgate check PATH…`: everything that planning would refuse, and what looks wrong. Starts no process, but for
//! `--shell`, and changes no file, but for `--fix`.

use super::args;
use super::error::{Exit, Failure};
use super::fix::{examined, fix};
use super::output::print_json;
use super::terminal::{Terminal, eprint_line};
use super::{configuration, findings, search, shell_syntax};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Refused, Severity, Source, render_json};
use crate::plan::examine;
use crate::report::Found;
use crate::text::{count, escape_line};
use std::path::Path;

/// What was found in a runbook.
#[derive(Default)]
struct Checked {
    /// Its text, if anything was found: that of a clean one is not kept.
    found: Option<(Source, Vec<Diagnostic>)>,
    /// What of it was mended.
    mended: Vec<String>,
    /// Why it could not be, in plain words.
    unmended: Option<String>,
}

pub fn check(options: &args::Check, terminal: &Terminal) -> Result<Exit, Failure> {
    let config = configuration::load(terminal)?;
    let checked = search::each(&options.paths, options.shown.runbooks_only, "checked", |path, read| {
        check_file(path, read, options, &config)
    })?;
    let (runbooks, mended) = (checked.len(), checked.iter().flat_map(|one| one.mended.clone()).collect::<Vec<_>>());
    let unmended: Vec<_> = checked.iter().filter_map(|one| one.unmended.clone()).collect();
    let results: Vec<_> = checked.into_iter().filter_map(|one| one.found).collect();
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
    if !mended.is_empty() {
        mended.iter().for_each(|line| eprint_line(&escape_line(line)));
        eprint_line(&format!("{} mended", count(mended.len(), "finding")));
    }
    unmended.iter().for_each(|why| eprint_line(why));
    Ok(if unmended.is_empty() { findings::exit(&options.shown, &all) } else { Exit::Failure })
}

fn summary(runbooks: usize, all: &[Found<'_>]) -> String {
    let of = |severity| all.iter().flat_map(|(_, found)| *found).filter(|found| found.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    format!("{} checked, {}, {}", count(runbooks, "runbook"), count(errors, "error"), count(warnings, "warning"))
}

fn check_file(path: &Path, read: Result<Source, Box<Refused>>, options: &args::Check, config: &Config) -> Checked {
    let mut checked = Checked::default();
    let (mut source, mut found) = match read {
        Ok(source) => examined(source, config),
        Err(refused) => (refused.source, refused.found),
    };
    if options.fix && found.iter().any(|found| found.fix.is_some()) {
        let name = source.name.clone();
        match fix(path, source.clone(), found.clone(), config) {
            Ok(mended) => (source, found, checked.mended) = (mended.source, mended.found, mended.mended),
            Err(why) => {
                checked.unmended = Some(format!("`{}` is not mended: {}", escape_line(&name), escape_line(&why)));
            }
        }
    }
    if options.shell
        && let Ok((runbook, _)) = examine(source.clone(), config)
    {
        found.extend(shell_syntax::check(&runbook, config));
        found.sort_by_key(|found| (found.span.start, found.code));
    }
    checked.found = (!found.is_empty()).then_some((source, found));
    checked
}
