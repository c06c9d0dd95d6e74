//! `stepgate verify PATH…`: today's runbooks held against recordings. Starts no process.

use super::super::error::{Exit, Failure};
use super::super::output::{print, print_json};
use super::super::terminal::{Terminal, eprint_line};
use super::super::{configuration, findings, search};
use super::args;
use super::beside;
use super::show::{VerifyJson, rows, summary};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Refused, Severity, Source};
use crate::expect::Evaluator;
use crate::plan::{examine, plan};
use crate::replay::{self, Recording, RecordingHead, Replayed, Verdict, overall};
use crate::report::simple_table;
use crate::runbook::Runbook;
use jiff::Timestamp;
use std::path::Path;

/// What is known of one runbook.
pub struct Verified {
    /// Its text.
    pub source: Source,
    /// What is known of it as a whole; none if runbook or recording cannot be read.
    pub verdict: Option<Verdict>,
    /// What it was held against.
    pub head: Option<RecordingHead>,
    /// Each step.
    pub steps: Vec<Replayed>,
    /// What is wrong.
    pub found: Vec<Diagnostic>,
}

/// The command.
pub fn verify(options: &args::Verify, terminal: &Terminal) -> Result<Exit, Failure> {
    let config = configuration::load(terminal)?;
    let now = Timestamp::now();
    let verified = search::each(&options.paths, "verified", |path, read| verify_file(path, read, &config, now))?;
    match options.format {
        args::VerifyFormat::Human => {
            verified.iter().for_each(|one| findings::show(&one.source, &one.found, terminal));
            let rows = verified.iter().map(|one| rows(one, now)).collect();
            print(&simple_table(&["runbook", "verdict", "steps", "recorded", "ago", "by"], rows))?;
            eprint_line(&summary(&verified));
        }
        args::VerifyFormat::Json => print_json(&verified.iter().map(VerifyJson::of).collect::<Vec<_>>())?,
    }
    let errors = verified.iter().flat_map(|one| &one.found).any(|found| found.severity == Severity::Error);
    Ok(if errors { Exit::Failure } else { Exit::Success })
}

fn verify_file(path: &Path, read: Result<Source, Box<Refused>>, config: &Config, now: Timestamp) -> Verified {
    let (runbook, found) = match read.and_then(|source| examine(source, config)) {
        Ok((runbook, found)) => (runbook, found),
        Err(refused) => {
            let Refused { source, found } = *refused;
            return Verified { source, verdict: None, head: None, steps: Vec::new(), found };
        }
    };
    // What looks wrong in it is for `check` to say.
    drop(found);
    let (verdict, head, steps, found) = match beside::read(path) {
        Err(why) => (None, None, Vec::new(), vec![replay::unreadable(&why)]),
        Ok(None) => (Some(Verdict::Unrecorded), None, Vec::new(), vec![replay::unrecorded(&runbook)]),
        Ok(Some(recording)) => held(&runbook, &recording, config, now),
    };
    let found = found.into_iter().filter_map(|found| config.levelled(found)).collect();
    Verified { source: runbook.source, verdict, head, steps, found }
}

type HeldAgainst = (Option<Verdict>, Option<RecordingHead>, Vec<Replayed>, Vec<Diagnostic>);

fn held(runbook: &Runbook, recording: &Recording, config: &Config, now: Timestamp) -> HeldAgainst {
    let head = &recording.head;
    let inputs = replay::inputs(head.profile.as_ref(), &head.params, &head.targets);
    let steps = match plan(runbook, config, &inputs) {
        Ok(plan) => match play(&plan, recording) {
            Ok(steps) => steps,
            Err(why) => return (None, Some(head.clone()), Vec::new(), vec![replay::unreadable(&why)]),
        },
        Err(error) => {
            let found = vec![replay::unplanned(runbook, &error.to_string())];
            return (Some(Verdict::Stale), Some(head.clone()), Vec::new(), found);
        }
    };
    let mut found = replay::findings(runbook, &steps);
    let mut verdict = overall(&steps);
    if let Some(expired) = replay::expired(runbook, head, now) {
        found.push(expired);
        verdict = verdict.max(Verdict::Expired);
    }
    (Some(verdict), Some(head.clone()), steps, found)
}

fn play(plan: &crate::plan::Plan, recording: &Recording) -> Result<Vec<Replayed>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| format!("expressions cannot be evaluated: {error}"))?;
    let mut evaluator = Evaluator::default();
    Ok(runtime.block_on(replay::replay(plan, recording, &mut evaluator, &mut |_| {})))
}
