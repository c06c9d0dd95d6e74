//! `stepgate record [RUN]`: a passed run, kept beside its runbook.

use super::super::configuration;
use super::super::difference::changed_lines;
use super::super::error::{Exit, Failure};
use super::super::files::{self, read_regular};
use super::super::past::Past;
use super::super::printed::printed;
use super::super::replace::replace;
use super::super::terminal::{Terminal, eprint_line};
use super::args;
use super::beside::{self, MAX_RECORDING};
use crate::annotate::is_same;
use crate::audit::{Level, Unasked};
use crate::config::Config;
use crate::plan::{Plan, plan};
use crate::replay::{self, NoRecording, Recording};
use crate::runbook::Runbook;
use crate::text::escape_line;
use std::path::{Path, PathBuf};

/// So many lines that differ from the recording before are shown.
const SHOWN: usize = 40;

/// The command.
pub fn record(options: &args::Record, terminal: &Terminal) -> Result<Exit, Failure> {
    let config = configuration::load(terminal)?;
    let past = Past::read(options.run.as_deref(), options.store.as_ref(), &Unasked)?;
    let run = past.folder.run.to_string();
    let refused = |why: &str| Failure::new(Exit::Failure, format!("run {run} cannot be recorded: {why}"));
    if past.running {
        return Err(Failure::new(Exit::Locked, format!("somebody is at run {run}: it has not closed")));
    }
    if !past.finding.reaches(Level::Chain) && past.reading.state.seal.is_some() {
        return Err(refused("its record is damaged").hint(format!("stepgate audit verify {run}")));
    }
    let runbook = past.runbook.as_ref().ok_or_else(|| refused("this version of stepgate cannot read its runbook"))?;
    let beside = place_of(&past, options.runbook.as_ref())?;
    let recording = recording(&past, runbook, &config, &beside).map_err(|why| refused(&why.to_string()))?;
    let text = recording.text();
    if text.len() > MAX_RECORDING {
        let longest = longest(&recording);
        let message = format!("its outputs have more than {} MiB, most of it from `{longest}`", MAX_RECORDING >> 20);
        return Err(refused(&message).hint("let it print less: into a file, through `tail`, or a summary"));
    }
    let done = keep(&beside::place(&beside), &text)?;
    // Results of a run that were written into it change nothing.
    let now = files::read(&beside).ok();
    if !now.is_some_and(|now| is_same(&now.text, &runbook.source.text)) {
        eprint_line(
            "note: the runbook was changed since this run: what was changed in a step is stale until it is run again",
        );
    }
    Ok(done)
}

fn recording(past: &Past, runbook: &Runbook, config: &Config, beside: &Path) -> Result<Recording, NoRecording> {
    let one = |why: String| NoRecording(vec![why]);
    let plan = plan_of(runbook, past, config).map_err(one)?;
    let limit = MAX_RECORDING as u64 + 1;
    let mut read = |stream: &_| printed(stream, &past.folder, limit);
    replay::make(&plan, &past.reading.state, &beside::name(beside), &mut read)
}

/// The runbook's file: the one that is named, or the one that was run.
pub fn place_of(past: &Past, named: Option<&PathBuf>) -> Result<PathBuf, Failure> {
    let header = past.reading.state.header.as_ref();
    let place = named.cloned().unwrap_or_else(|| header.map_or("", |header| &header.runbook_path).into());
    if place.is_file() {
        return Ok(place);
    }
    let message = format!("`{}` is no file", escape_line(&place.display().to_string()));
    Err(Failure::usage(message).hint("--runbook FILE names the runbook"))
}

/// The plan that was run, made anew.
pub fn plan_of(runbook: &Runbook, past: &Past, config: &Config) -> Result<Plan, String> {
    let state = &past.reading.state;
    let header = state.header.as_deref().ok_or("nothing is recorded of it")?;
    let inputs = replay::inputs_of_run(header, &state.params);
    plan(runbook, config, &inputs).map_err(|error| format!("it cannot be planned as it was: {error}"))
}

/// Writes it, and shows what is otherwise than in the one before.
fn keep(path: &Path, text: &str) -> Result<Exit, Failure> {
    let shown = escape_line(&path.display().to_string()).into_owned();
    let before =
        read_regular(path, MAX_RECORDING as u64).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let failed = |error| Failure::new(Exit::Failure, format!("`{shown}` cannot be written: {error}"));
    replace(path, text.as_bytes()).map_err(failed)?;
    let changed = before.map(|before| changed_lines(&before, text, SHOWN)).unwrap_or_default();
    changed.iter().for_each(|line| eprint_line(line));
    eprint_line(&format!("recorded in {shown}: commit it beside the runbook"));
    Ok(Exit::Success)
}

fn longest(recording: &Recording) -> &str {
    let size = |step: &&replay::RecordedStep| {
        let streams = step.act.as_ref().and_then(|act| act.streams.as_ref());
        streams.map_or(0, |streams| streams.stdout.len() + streams.stderr.len())
    };
    recording.steps.iter().max_by_key(size).map_or("", |step| &step.name)
}
