//! `stepgate plan FILE`, and the planning that `run` shares with it.

use super::args::{self, Format};
use super::error::{Exit, Failure};
use super::findings::show;
use super::output::{print, print_json};
use super::terminal::{Terminal, eprint_line};
use super::{configuration, files, inputs};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Refused, Severity};
use crate::plan::{self, InputError, Inputs, Plan};
use crate::report::{plan_json, plan_text};
use crate::runbook::Runbook;
use crate::text::count;
use std::path::Path;

/// A runbook, its plan, and the configuration that it was made with.
pub struct Planned {
    /// What was written.
    pub runbook: Runbook,
    /// What will be done.
    pub plan: Plan,
    /// What `stepgate.toml` says.
    pub config: Config,
    /// What was chosen, and answered before the run.
    pub inputs: Inputs,
}

/// The command.
pub fn plan(options: &args::Plan, terminal: &Terminal) -> Result<Exit, Failure> {
    let planned = read_and_plan(&options.file, inputs::inputs(&options.chosen)?, false, terminal)?;
    let name = planned.runbook.source.name.as_str();
    match options.format {
        Format::Human => print(&plan_text(&planned.plan, name, &terminal.output_styles()))?,
        Format::Json => print_json(&plan_json(&planned.plan, name))?,
    }
    Ok(Exit::Success)
}

/// Reads and plans a runbook; findings go to standard error, and an error among them ends with exit code 2. With `ask`
/// a person is asked for parameters that are missing.
pub fn read_and_plan(file: &Path, inputs: Inputs, ask: bool, terminal: &Terminal) -> Result<Planned, Failure> {
    let config = configuration::load(terminal)?;
    let examined = files::read(file).and_then(|source| plan::examine(source, &config));
    plan_examined(examined, None, config, inputs, ask, terminal)
}

/// A runbook and what is to be said of it, or why it is none.
pub type Examined = Result<(Runbook, Vec<Diagnostic>), Box<Refused>>;

/// Plans what was examined with the same `config`; see [`read_and_plan`]. `ahead` is a plan that was made of it already, if
/// that was made with the inputs that turn out to be right.
pub fn plan_examined(
    examined: Examined,
    ahead: Option<(Inputs, Plan)>,
    config: Config,
    mut inputs: Inputs,
    ask: bool,
    terminal: &Terminal,
) -> Result<Planned, Failure> {
    let (runbook, found) = examined.map_err(|found| refused(&found, terminal))?;
    // Lints are for whoever writes the page, and `check` says them; at 3 a.m. they would only be in the way.
    let found: Vec<_> = found.into_iter().filter(|found| found.severity != Severity::Warning).collect();
    show(&runbook.source, &found, terminal);
    inputs::name_strangers(&runbook, &inputs);
    inputs::name_strangers_of_profile(&runbook, &config, &inputs);
    if ask {
        inputs::ask_missing(&runbook, &config, &mut inputs, terminal)?;
    }
    let plan = match ahead.filter(|(known, _)| *known == inputs) {
        Some((_, plan)) => plan,
        None => plan::plan(&runbook, &config, &inputs).map_err(|error| unplanned(&error, &runbook))?,
    };
    Ok(Planned { runbook, plan, config, inputs })
}

fn unplanned(InputError(errors): &InputError, runbook: &Runbook) -> Failure {
    for error in &errors[..errors.len().saturating_sub(1)] {
        eprint_line(&format!("error: {}", crate::text::escape_line(error)));
    }
    let last = errors.last().cloned().unwrap_or_else(|| format!("{} cannot be planned", runbook.source.name));
    Failure::usage(last).hint("nothing was run")
}

fn refused(refused: &Refused, terminal: &Terminal) -> Failure {
    let Refused { source, found } = refused;
    show(source, found, terminal);
    let errors = found.iter().filter(|found| found.severity == Severity::Error).count();
    Failure::usage(format!("{} cannot be run: {}", source.name, count(errors, "error"))).hint("nothing was run")
}
