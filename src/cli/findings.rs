//! Findings as they are asked for, and whether they fail.

use super::args::{Deny, FindingsFormat, Shown};
use super::error::{Exit, Failure};
use super::output::{print, print_json};
use super::terminal::{Terminal, eprint_line};
use crate::diagnostic::{Diagnostic, Severity, Source, render_text};
use crate::report::{Found, github, sarif};

/// Findings to standard error, with carets.
pub fn show(source: &Source, found: &[Diagnostic], terminal: &Terminal) {
    for diagnostic in found {
        eprint_line(&render_text(diagnostic, source, terminal.colour()));
        eprint_line("");
    }
}

/// Findings in the form that was asked for. `human` and `json` print the two that each command has of its own.
pub fn print_as(
    shown: &Shown,
    all: &[Found<'_>],
    human: impl FnOnce() -> Result<(), Failure>,
    json: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    match shown.format {
        FindingsFormat::Human => human(),
        FindingsFormat::Json => json(),
        FindingsFormat::Sarif => print_json(&sarif(all)),
        FindingsFormat::Github => print(&github(all)),
    }
}

/// The least that fails.
pub fn worst(shown: &Shown) -> Severity {
    if shown.deny == Some(Deny::Warnings) { Severity::Warning } else { Severity::Error }
}

/// How a command ends that found this.
pub fn exit(shown: &Shown, all: &[Found<'_>]) -> Exit {
    let fails = all.iter().flat_map(|(_, found)| *found).any(|found| found.severity <= worst(shown));
    if fails { Exit::Failure } else { Exit::Success }
}
