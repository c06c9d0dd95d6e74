//! What is known of a step that a person must decide on.

use super::standing::{Standing, standing};
use crate::event::{ProcessRecord, RunState, Status, StepState, result_words};
use crate::journal::RunFolder;
use crate::plan::{Plan, PlannedStep};
use crate::text::took;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::SystemTime;

/// How much of the end of an output is shown.
const SHOWN: u64 = 2 << 10;
const SHOWN_LINES: usize = 10;

/// What is known of a step that a person must decide on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoubtFacts {
    /// The step's name.
    pub step: String,
    /// What the record says of it, and how long ago that was.
    pub words: String,
    /// The last lines that it is known to have printed, oldest first.
    pub last_output: Vec<String>,
    /// Whether that is known to be all that it printed.
    pub output_known: bool,
    /// Processes of it that are still alive; `None` if its target is another machine, on which nobody has looked.
    pub alive: Option<Vec<ProcessRecord>>,
}

impl DoubtFacts {
    /// The facts as lines.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.words.clone()];
        lines.push(match (self.last_output.is_empty(), self.output_known) {
            (true, true) => "it printed nothing".to_owned(),
            (true, false) => "nothing that it printed is known".to_owned(),
            (false, true) => "the last that it printed:".to_owned(),
            (false, false) => "the last of it that is known:".to_owned(),
        });
        lines.extend(self.last_output.iter().map(|line| format!("  {line}")));
        lines.extend(match self.alive.as_deref() {
            None => vec!["its target is not this machine: look there whether it still runs".to_owned()],
            Some([]) => vec!["no process of it is alive on this machine".to_owned()],
            Some(alive) => {
                let one = |process: &ProcessRecord| format!("still alive: {} {}", process.pid, process.command);
                alive.iter().map(one).collect()
            }
        });
        lines
    }
}

/// The first step that a person must decide on before the run can go on.
pub fn first_undecided<'p>(plan: &'p Plan, chosen: &[bool], state: &RunState) -> Option<&'p PlannedStep> {
    // A close that a crash had cut off goes on with its own steps; a sealed one is opened again.
    let closing = state.closing && state.seal.is_none();
    let reached = |step: &PlannedStep| step.always() == closing && !step.probe();
    let steps = plan.steps.iter().zip(chosen).filter(|(step, chosen)| **chosen && reached(step));
    let undecided = |step: &PlannedStep| {
        let Some(known) = state.step(&step.name) else { return false };
        let settled = known.status == Status::Failed && (closing || state.given_up.is_some());
        standing(known, step.has_probe()) == Standing::Undecided && !settled
    };
    steps.map(|(step, _)| step).find(|step| undecided(step))
}

/// What is known of a step that stands so.
pub fn facts(
    step: &PlannedStep,
    state: &StepState,
    alive: &[ProcessRecord],
    folder: Option<&RunFolder>,
    now: Timestamp,
) -> DoubtFacts {
    let local = step.shell().is_none_or(|shell| shell.target == crate::runbook::LOCAL);
    let ago = state.finished.or(state.begun).map_or_else(String::new, |at| {
        let moment = if state.finished.is_some() { "ended" } else { "was begun" };
        format!(", it {moment} {} ago, at {} UTC", took(now.duration_since(at).unsigned_abs()), at.strftime("%F %T"))
    });
    let what = match state.status {
        Status::Failed => format!("{} failed and may have changed something ({})", step.name, result_words(state)),
        Status::Running => format!("nobody knows whether {} happened: stepgate died while it ran", step.name),
        _ => format!("nobody knows whether {} happened ({})", step.name, result_words(state)),
    };
    DoubtFacts {
        step: step.name.clone(),
        words: what + &ago,
        last_output: last_output(state, folder),
        output_known: state.outcome.as_ref().is_some_and(|outcome| {
            outcome.stdout.kept.is_none() && outcome.stderr.kept.is_none() && outcome.stdout.sha256.is_some()
        }),
        alive: local.then(|| alive.to_vec()),
    }
}

/// The last lines of what a step printed: of its outcome, else of what was kept while it ran.
fn last_output(state: &StepState, folder: Option<&RunFolder>) -> Vec<String> {
    let mut lines = Vec::new();
    match &state.outcome {
        Some(outcome) => {
            for stream in [&outcome.stdout, &outcome.stderr] {
                let text = stream.text.clone();
                let text = text.or_else(|| tail(folder?, stream.file.as_ref()?));
                lines.extend(last_lines(&text.unwrap_or_default()));
            }
        }
        None => {
            let kept = folder.map(|folder| kept_outputs(folder, &state.instance.to_string())).unwrap_or_default();
            let texts = kept.iter().filter_map(|name| tail(folder?, name));
            lines.extend(texts.flat_map(|text| last_lines(&text)));
        }
    }
    lines
}

/// The files that hold what the last attempt of a step printed, by name: of each stream the newest.
fn kept_outputs(folder: &RunFolder, instance: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path().join("output")).into_iter().flatten().flatten();
    let mut found: BTreeMap<String, (SystemTime, String)> = BTreeMap::new();
    for entry in entries {
        let (Ok(name), Ok(data)) = (entry.file_name().into_string(), entry.metadata()) else { continue };
        let Some((stem, stream)) = name.rsplit_once('.') else { continue };
        let stream = stream.split('+').next().unwrap_or(stream);
        let own = stem.strip_prefix(instance).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'));
        let changed = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        if own && found.get(stream).is_none_or(|(newest, _)| *newest < changed) {
            found.insert(stream.to_owned(), (changed, format!("output/{name}")));
        }
    }
    // Standard error sorts first; what a person wants to read last is standard output.
    found.into_values().map(|(_, name)| name).collect()
}

fn last_lines(text: &str) -> Vec<String> {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].iter().map(|line| (*line).to_owned()).collect()
}

fn tail(folder: &RunFolder, name: &str) -> Option<String> {
    let mut file = folder.open(name).ok()?;
    let length = file.seek(SeekFrom::End(0)).ok()?;
    file.seek(SeekFrom::Start(length.saturating_sub(SHOWN))).ok()?;
    let mut bytes = Vec::new();
    file.take(SHOWN).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
