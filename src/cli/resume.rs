//! `stepgate resume [RUN]`: goes on with a run that was left, that a crash ended, or that closed and failed.

use super::args;
use super::error::{Exit, Failure};
use super::execute::{self, Prepared};
use super::log::store_path;
use super::plan::{self, Planned};
use super::record::{Continued, Record, keep_revision};
use super::resume_changes;
use super::resume_values::{Again, streams};
use super::run::{answered, answers, fetch_secrets};
use super::secrets::Sources;
use super::terminal::{Terminal, eprint_line};
use super::unfinished::newest_unfinished;
use super::{environment, inputs, next, sessions};
use crate::engine::{self, Answers, Standing, doubt_facts, first_undecided, standing};
use crate::event::{Change, Decision, JOURNAL_FORMAT, Now, Revision, RunResumed, RunState, RunVerdict, changes};
use crate::journal::{RunFolder, Store};
use crate::plan::{Plan, PlannedStep, early};
use crate::redact::Redactor;
use crate::runbook::{self, Runbook};
use crate::text::escape_line;
use std::collections::HashMap;
use std::io::Read as _;
use std::path::PathBuf;

/// The command.
pub fn resume(options: &args::Resume, redactor: Redactor, terminal: &Terminal) -> Result<Exit, Failure> {
    let operator = environment::operator();
    let store = open_store(options.store.as_ref())?;
    let folder = find(&store, options.run.as_deref())?;
    let continued = Continued::open(&store, &folder, &operator)?;
    continued.mend_ledger(&store, &folder.run)?;
    let state = &continued.reading.state;
    let head = state.header.as_ref().ok_or_else(|| unusable(&folder, "its record has no beginning"))?;
    refuse_closed(state, &head.run)?;
    let ask = terminal.is_interactive() && !options.answering.non_interactive;
    let path = PathBuf::from(&head.runbook_path);
    let planned = plan::read_and_plan(&path, inputs::inputs_of_record(head, &options.param)?, ask, terminal)?;
    let Planned { runbook, plan, config, inputs } = &planned;
    let chosen = head.selection.clone().unwrap_or_default().resolve(plan)?;
    let early = early(plan, &chosen).map_err(|why| Failure::usage(why).hint("nothing was run"))?;
    let pending = pending(plan, &chosen, state);
    let revision = Revision::of(plan, runbook.source.text.as_bytes(), inputs, &early);
    let found = changed(state, &revision, &operator, &pending, plan);
    let old = || old_runbook(state, &folder);
    let accepted = resume_changes::accept(&found, &options.accept, &old, runbook, &head.run)?;
    let answers = answers_and_decisions(options, plan, state)?;
    let undecided = first_undecided(plan, &chosen, state).filter(|step| !ask && answers.decision(&step.name).is_none());
    if let Some(step) = undecided {
        return Err(undecidable(step, state, &folder, &redactor));
    }
    let sessions = sessions::sessions(plan, config, &path)?;
    let mut secrets = fetch_secrets(&planned, &pending, ask, &redactor, terminal)?;
    let sources = Sources { config, profile: plan.profile.as_deref(), ask, terminal };
    let again = Again { plan, pending: &pending, sources: &sources, redactor: &redactor };
    let (known, mut missing) = again.values(state);
    let (given, lost) = again.session_values(state);
    let happened = |name: &str| answers.decision(name).is_some_and(|decided| decided.decision == Decision::Happened);
    let (unseen, unknown) = again.unseen_captures(state, happened);
    missing.extend(lost.into_iter().chain(unknown));
    let values = std::mem::take(&mut secrets.values).into_iter().chain(early).chain(known).chain(unseen).collect();
    let streams = streams(plan, state, &folder);
    let targets = revision.targets.clone();
    let mut resumed = RunResumed {
        part: state.parts.len() as u32 + 2,
        stepgate: env!("CARGO_PKG_VERSION").to_owned(),
        operator: operator.clone(),
        boot: environment::boot(),
        gap_ms: state.last.map_or(0, |last| jiff::Timestamp::now().duration_since(last).as_millis() as i64),
        overrides: overrides(options),
        secrets: secrets.sources,
        accepted,
        revision: None,
    };
    if head.plan != revision.plan {
        resumed.revision = Some(keep_revision(&folder, resumed.part, revision, &runbook.source.text)?);
    }
    let record = Record::go_on(store, folder, (&path, &targets), continued, resumed)?;
    let prepared = Prepared {
        plan,
        config,
        chosen,
        answers,
        sessions,
        values,
        redactor,
        record,
        operator,
        path: &path,
        streams,
        given,
        missing,
    };
    let hints = next::Hints { store: options.store.as_deref(), ephemeral: None };
    execute::run_to_its_end(prepared, &options.answering, &hints, terminal)
}

fn open_store(option: Option<&PathBuf>) -> Result<Store, Failure> {
    let path = store_path(option)?;
    if Store::open(&path)?.is_none() {
        let message = format!("there is no store `{}`: nothing was run yet", path.display());
        return Err(Failure::usage(message).hint("--store DIR looks elsewhere"));
    }
    // As before a new run: a disk that does not hold a record is found before anything runs.
    Ok(Store::create(&path)?)
}

fn find(store: &Store, part: Option<&str>) -> Result<RunFolder, Failure> {
    if part.is_some() {
        return Ok(store.find(part)?);
    }
    newest_unfinished(store).ok_or_else(|| {
        Failure::usage("no run is unfinished")
            .hint("`stepgate resume RUN` opens a run again that has closed and failed")
    })
}

fn unusable(folder: &RunFolder, why: &str) -> Failure {
    Failure::new(Exit::Record, format!("run {} cannot be gone on with: {why}", folder.run))
        .hint("nothing was run; `stepgate log` shows what of the record is sound")
}

/// A run that is over is not opened again, unless it failed.
fn refuse_closed(state: &RunState, run: &str) -> Result<(), Failure> {
    let header = state.header.as_ref();
    if header.is_some_and(|header| header.format < JOURNAL_FORMAT) {
        let message = format!("run {run} was recorded by an older stepgate, which kept less than it takes to go on");
        return Err(Failure::usage(message).hint("nothing was run; run its runbook again"));
    }
    let words = match &state.seal {
        Some((RunVerdict::Passed | RunVerdict::Partial, _)) => "it has passed",
        Some((RunVerdict::Interrupted, _)) => "it was given up",
        _ => return Ok(()),
    };
    Err(Failure::usage(format!("run {run} is over: {words}"))
        .hint("nothing was run; `stepgate run` starts another one"))
}

/// For each step whether it is still to run.
fn pending(plan: &Plan, chosen: &[bool], state: &RunState) -> Vec<bool> {
    let steps = plan.steps.iter().zip(chosen);
    steps
        .map(|(step, chosen)| {
            let probe = step.shell().is_some_and(|shell| shell.unless.is_some());
            let done = state.step(&step.name).is_some_and(|state| standing(state, probe) == Standing::Done);
            // A run that is opened again closes again, and each close has its own.
            let again = step.always() && state.seal.is_some();
            *chosen && (!done || again)
        })
        .collect()
}

fn changed(state: &RunState, revision: &Revision, operator: &str, pending: &[bool], plan: &Plan) -> Vec<Change> {
    let planned: HashMap<&str, bool> =
        plan.steps.iter().zip(pending).map(|(step, pending)| (step.name.as_str(), *pending)).collect();
    let is_pending = |name: &str| match planned.get(name) {
        Some(pending) => *pending,
        // It is planned no more: it was to run if it has no result yet.
        None => state.step(name).is_some_and(|step| standing(step, false) != Standing::Done && !step.header.probe),
    };
    let now = Now { revision, operator, stepgate: env!("CARGO_PKG_VERSION"), pending: &is_pending };
    changes(state, &now)
}

/// Whether a person may say what became of a step.
fn is_open(plan: &Plan, state: &RunState, name: &str) -> bool {
    let probe = plan.step(name).and_then(|step| step.shell()).is_some_and(|shell| shell.unless.is_some());
    let stands = state.step(name).map(|step| standing(step, probe));
    matches!(stands, Some(Standing::Repeat | Standing::Probe | Standing::Undecided))
}

/// What was answered and decided by name.
fn answers_and_decisions(options: &args::Resume, plan: &Plan, state: &RunState) -> Result<Answers, Failure> {
    let mut answers = answers(&options.answering, plan)?;
    let open = |name: &str| is_open(plan, state, name);
    for text in &options.decide {
        answers.decide(text, options.reason.as_deref(), plan, open)?;
    }
    Ok(answers)
}

/// Without anybody to decide nothing is begun, so that nothing more is in the record than before. Says what is known of
/// the step.
fn undecidable(step: &PlannedStep, state: &RunState, folder: &RunFolder, redactor: &Redactor) -> Failure {
    if let Some(known) = state.step(&step.name) {
        let alive = engine::alive(&folder.mark(), &step.name, redactor);
        let facts = doubt_facts(step, known, &alive, Some(folder), jiff::Timestamp::now());
        facts.lines().iter().for_each(|line| eprint_line(&format!("  · {}", escape_line(line))));
    }
    let hint = format!(
        "nothing was run; when you know: stepgate resume {} --decide {}=happened|not-happened|rerun|abort --reason TEXT",
        folder.run, step.name
    );
    Failure::new(Exit::Decision, format!("a decision is needed on `{}`", step.name)).hint(hint)
}

/// The runbook as it was planned last.
fn old_runbook(state: &RunState, folder: &RunFolder) -> Option<Runbook> {
    let mut bytes = Vec::new();
    let name = state.runbook_file.as_deref().unwrap_or("runbook.md");
    folder.open(name).ok()?.read_to_end(&mut bytes).ok()?;
    runbook::read(runbook::decode(name, bytes).ok()?).ok().map(|(runbook, _)| runbook)
}

fn overrides(options: &args::Resume) -> Vec<String> {
    let params = options.param.iter().map(|param| format!("--param {param}"));
    let decided = options.decide.iter().map(|text| format!("--decide {text}"));
    let accepted = options.accept.iter().map(|name| format!("--accept {name}"));
    params.chain(decided).chain(accepted).chain(answered(&options.answering)).collect()
}
