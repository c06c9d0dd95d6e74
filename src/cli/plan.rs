//! `stepgate plan FILE`, and the planning that `run` shares with it.

use super::args::{self, Format};
use super::configuration::refuse_settings;
use super::environment::current_folder;
use super::error::{Exit, Failure};
use super::files;
use super::output::{print, print_json};
use super::terminal::{Terminal, eprint_line};
use crate::diagnostic::{Diagnostic, Refused, Severity, Source, render_text};
use crate::plan::{Planned, plan as make_plan};
use crate::report::{plan_json, plan_text};
use crate::text::count;
use std::path::Path;

pub fn plan(options: &args::Plan, terminal: &Terminal) -> Result<Exit, Failure> {
    let planned = read_and_plan(&options.file, terminal)?;
    let name = planned.runbook.source.name.as_str();
    match options.format {
        Format::Human => print(&plan_text(&planned.plan, name, &terminal.output_styles()))?,
        Format::Json => print_json(&plan_json(&planned.plan, name))?,
    }
    Ok(Exit::Success)
}

/// Reads and plans a runbook; findings go to standard error, and an error among them ends with exit code 2.
pub fn read_and_plan(file: &Path, terminal: &Terminal) -> Result<Planned, Failure> {
    let folder = current_folder().map_err(|error| Failure::usage(format!("the current folder is gone: {error}")))?;
    refuse_settings(&folder)?;
    let source = files::read(file).map_err(|found| refused(&found, terminal))?;
    let (planned, found) = make_plan(source).map_err(|found| refused(&found, terminal))?;
    show(&planned.runbook.source, &found, terminal);
    Ok(planned)
}

fn refused(refused: &Refused, terminal: &Terminal) -> Failure {
    let Refused { source, found } = refused;
    show(source, found, terminal);
    let errors = found.iter().filter(|found| found.severity == Severity::Error).count();
    Failure::usage(format!("{} cannot be run: {}", source.name, count(errors, "error"))).hint("nothing was run")
}

/// Findings to standard error, with carets.
pub fn show(source: &Source, found: &[Diagnostic], terminal: &Terminal) {
    for diagnostic in found {
        eprint_line(&render_text(diagnostic, source, terminal.colour()));
        eprint_line("");
    }
}
