//! `stepgate plan FILE`, and the planning that `run` shares with it.

use super::args::{self, Format};
use super::configuration::refuse_settings;
use super::environment::current_folder;
use super::error::{Exit, Failure};
use super::files;
use super::output::{eprint_line, print, print_json};
use super::terminal::Terminal;
use crate::diagnostic::{Diagnostic, Source, render_text};
use crate::plan::{Planned, plan as make_plan};
use crate::report::{plan_json, plan_text};
use std::path::Path;

pub fn plan(options: &args::Plan, terminal: &Terminal) -> Result<Exit, Failure> {
    let planned = read_and_plan(&options.file, terminal)?;
    let name = planned.runbook.source.name.as_str();
    match options.format {
        Format::Human => print(&plan_text(&planned.plan, name, &terminal.output_styles())),
        Format::Json => print_json(&plan_json(&planned.plan, name)),
    }
    Ok(Exit::Success)
}

/// Reads and plans a runbook; findings go to standard error, and an error among them ends with exit code 2.
pub fn read_and_plan(file: &Path, terminal: &Terminal) -> Result<Planned, Failure> {
    let folder = current_folder().map_err(|error| Failure::usage(format!("the current folder is gone: {error}")))?;
    refuse_settings(&folder)?;
    let source = files::read(file).map_err(|(source, found)| refused(&source, &[found], terminal))?;
    let (planned, found) = make_plan(source).map_err(|(source, found)| refused(&source, &found, terminal))?;
    show(&planned.runbook.source, &found, terminal);
    Ok(planned)
}

fn refused(source: &Source, found: &[Diagnostic], terminal: &Terminal) -> Failure {
    show(source, found, terminal);
    let errors = found.iter().filter(|found| found.severity == crate::diagnostic::Severity::Error).count();
    let message = format!("{} cannot be run: {}", source.name, crate::text::count(errors, "error"));
    Failure::usage(message).hint("nothing was run")
}

/// Findings to standard error, with carets.
pub fn show(source: &Source, found: &[Diagnostic], terminal: &Terminal) {
    for diagnostic in found {
        eprint_line(&render_text(diagnostic, source, terminal.colour()));
        eprint_line("");
    }
}
