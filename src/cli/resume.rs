//! `stepgate resume [RUN]`: goes on with a run that was left, that a crash ended, or that closed and failed.

use super::ahead::Ahead;
use super::args;
use super::error::{Exit, Failure};
use super::execute::{self, Prepared};
use super::plan::{self, Planned};
use super::record::{Continued, Record, keep_revision, unusable};
use super::resume_changes;
use super::resume_values::{Again, streams};
use super::run::{answered, answers, fetch_secrets};
use super::secrets::Sources;
use super::terminal::{Terminal, eprint_line};
use super::unfinished::{Unfinished, newest_unfinished};
use super::{configuration, environment, inputs, log, next, sessions, write_back};
use crate::engine::{self, Answers, Standing, doubt_facts, first_undecided, standing};
use crate::event::{
    Change, Decision, JOURNAL_FORMAT, Now, RUNBOOK_FILE, Revision, RunResumed, RunState, RunVerdict, changes,
};
use crate::hash::sha256;
use crate::journal::{RunFolder, Store};
use crate::plan::{Plan, PlannedStep, early};
use crate::redact::Redactor;
use crate::runbook::{self, Runbook};
use crate::text::{escape_line, quote_word};
use std::collections::HashMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::mpsc::channel;

/// The command.
pub fn resume(options: &args::Resume, redactor: Redactor, terminal: &Terminal) -> Result<Exit, Failure> {
    let operator = environment::operator();
    let store = open_store(options.store.as_ref())?;
    let folder = find(&store, options.run.as_deref())?;
    let config = configuration::load(terminal)?;
    let listing = Continued::listing(&store, &folder.run)?;
    let path = listing.of(folder.run.as_str()).map_or_else(PathBuf::new, |listed| PathBuf::from(&listed.runbook_path));
    let (continued, ahead) = std::thread::scope(|scope| {
        let (tell, head) = channel();
        let (store, folder, operator) = (&store, &folder, operator.as_str());
        let continued = scope.spawn(move || Continued::open(store, folder, operator, listing, tell));
        let ahead = Ahead::of(&path, &config, &head, &options.param);
        (continued.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), ahead)
    });
    let mut continued = continued?;
    continued.mend_ledger(&store, &folder)?;
    let text = verified_runbook(&continued.reading.state, &folder)?;
    let state = &continued.reading.state;
    let head = state.header.as_ref().ok_or_else(|| unusable(&folder.run, &"its record has no beginning"))?;
    refuse_closed(state, &head.run)?;
    let ask = terminal.is_interactive() && !options.answering.non_interactive;
    if path.as_os_str() != head.runbook_path.as_str() {
        return Err(unusable(&folder.run, &"the ledger and the journal name different runbooks"));
    }
    let given = inputs::inputs_of_record(head, &options.param)?;
    let read = ahead.text().filter(|_| options.answering.write_back);
    let write_back = read.map(|read| write_back::Place::new(&path, &read)).transpose()?;
    let (examined, ahead) = ahead.examined(head, &text, &config);
    let planned = plan::plan_examined(examined, ahead, config, given, ask, terminal)?;
    let Planned { runbook, plan, config, inputs } = &planned;
    let chosen = head.selection.clone().unwrap_or_default().resolve(plan)?;
    let early = early(plan, &chosen).map_err(|why| Failure::usage(why).hint("nothing was run"))?;
    let pending = pending(plan, &chosen, state);
    // Before anything of the run is shown: it may hold them.
    let mut secrets = fetch_secrets(&planned, &pending, &state.secrets, ask, &redactor, terminal)?;
    let revision = Revision::of(plan, runbook.source.text.as_bytes(), inputs, &early, &chosen, Some(head));
    let found = changed(state, &revision, &operator, &pending, plan);
    let (old, again) = (|| old_runbook(state, &folder), again(options, &head.run));
    let accepted = resume_changes::accept(&found, &options.accept, &old, runbook, &again)?;
    let noted = found.iter().filter(|change| !change.counts).map(|change| change.words.clone()).collect();
    let answers = answers_and_decisions(options, plan, state)?;
    let undecided = first_undecided(plan, &chosen, state).filter(|step| !ask && answers.decision(&step.name).is_none());
    if let Some(step) = undecided {
        return Err(undecidable(step, state, &folder, &redactor, &again));
    }
    let sessions = sessions::sessions(plan, config, &path)?;
    let sources = Sources { config, profile: plan.profile.as_deref(), ask, terminal };
    let values = Again { plan, pending: &pending, sources: &sources, redactor: &redactor };
    let (known, mut missing) = values.values(state);
    let (given, lost) = values.session_values(state);
    let happened = |name: &str| answers.decision(name).is_some_and(|decided| decided.decision == Decision::Happened);
    let (unseen, unknown) = values.unseen_captures(state, happened);
    missing.extend(lost.into_iter().chain(unknown));
    let values = std::mem::take(&mut secrets.values).into_iter().chain(early).chain(known).chain(unseen).collect();
    let streams = streams(plan, state, &folder).map_err(|why| unusable(&folder.run, &why))?;
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
        noted,
        revision: None,
    };
    if (&head.plan, &head.runbook_sha256) != (&revision.plan, &revision.runbook_sha256) {
        resumed.revision = Some(keep_revision(&folder, resumed.part, revision, &runbook.source.text)?);
    }
    let record = Record::go_on(store, folder, (&path, &targets), continued, resumed)?;
    let prepared = Prepared {
        runbook,
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
        text: &runbook.source.text,
        write_back,
        streams,
        given,
        missing,
    };
    let hints =
        next::Hints { store: options.store.as_ref(), write_back: options.answering.write_back, ephemeral: None };
    execute::run_to_its_end(prepared, &options.answering, &hints, terminal)
}

fn open_store(option: Option<&PathBuf>) -> Result<Store, Failure> {
    log::open_store(option)?;
    // As before a new run: a disk that does not hold a record is found before anything runs.
    Ok(Store::create(&log::store_path(option)?)?)
}

fn find(store: &Store, part: Option<&str>) -> Result<RunFolder, Failure> {
    if let Some(part) = part.filter(|part| !part.is_empty()) {
        return Ok(store.find(Some(part))?);
    }
    if part.is_some() {
        return Err(
            Failure::usage("the name of the run is empty").hint("leave it out to mean the newest unfinished run")
        );
    }
    match newest_unfinished(store) {
        Unfinished::Left(folder) => Ok(folder),
        Unfinished::Running(run) => {
            Err(Failure::new(Exit::Locked, format!("run {run} is the only unfinished one, and somebody is at it")))
        }
        Unfinished::None => Err(Failure::usage("no run is unfinished")
            .hint("`stepgate resume RUN` opens a run again that has closed and failed")),
    }
}

/// A run that is over is not opened again, unless it failed.
fn refuse_closed(state: &RunState, run: &str) -> Result<(), Failure> {
    let header = state.header.as_ref();
    if header.is_some_and(|header| header.format < JOURNAL_FORMAT) {
        let message = format!("run {run} was recorded by an older stepgate, which kept less than it takes to go on");
        return Err(Failure::usage(message).hint("nothing was run; run its runbook again"));
    }
    let words = match &state.seal {
        Some((RunVerdict::Passed, _)) => "it has passed",
        Some((RunVerdict::Partial, _)) => "what was chosen of it has passed",
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
            let done = state.step(&step.name).is_some_and(|state| standing(state, step.has_probe()) == Standing::Done);
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
        None => state.step(name).is_some_and(|step| {
            let again = step.header.always && state.seal.is_some();
            (standing(step, false) != Standing::Done || again) && !step.header.probe && !step.gone
        }),
    };
    let now = Now { revision, operator, stepgate: env!("CARGO_PKG_VERSION"), pending: &is_pending };
    changes(state, &now)
}

/// Whether a person may say what became of a step.
fn is_open(plan: &Plan, state: &RunState, name: &str) -> bool {
    let (Some(step), Some(known)) = (plan.step(name), state.step(name)) else { return false };
    let closing = state.closing && state.seal.is_none();
    let reached = step.always() == closing || (!closing && state.given_up.is_some());
    let stands = standing(known, step.has_probe());
    reached && matches!(stands, Standing::Repeat | Standing::Probe | Standing::Undecided)
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
fn undecidable(step: &PlannedStep, state: &RunState, folder: &RunFolder, redactor: &Redactor, again: &str) -> Failure {
    if let Some(known) = state.step(&step.name) {
        let alive = engine::alive(&folder.mark(), &step.name, redactor);
        let facts = doubt_facts(step, known, &alive, Some(folder), jiff::Timestamp::now());
        facts.lines().iter().for_each(|line| eprint_line(&format!("  · {}", escape_line(line))));
    }
    let hint = format!(
        "nothing was run; when you know: {again} --decide {}=happened|not-happened|rerun|abort --reason TEXT",
        step.name
    );
    Failure::new(Exit::Decision, format!("a decision is needed on `{}`", step.name)).hint(hint)
}

/// The command that was typed, less what it is refused for and what may hold a person's words.
fn again(options: &args::Resume, run: &str) -> String {
    let params = options.param.iter().map(|param| format!(" --param {}", quote_word(param)));
    let accepted = options.accept.iter().map(|name| format!(" --accept {}", quote_word(name)));
    let back = options.answering.write_back.then(|| " --write-back".to_owned());
    let given: String = params.chain(accepted).chain(back).collect();
    format!("stepgate resume {run}{}{given}", next::store_option(options.store.as_deref()))
}

/// The runbook's text in the run's folder, which is what the next part is held against.
fn verified_runbook(state: &RunState, folder: &RunFolder) -> Result<String, Failure> {
    let Some(header) = &state.header else { return Ok(String::new()) };
    let name = state.runbook_file.as_deref().unwrap_or(RUNBOOK_FILE);
    let mut bytes = Vec::new();
    let read = folder.open(name).and_then(|mut file| file.read_to_end(&mut bytes));
    match read {
        Err(error) => Err(unusable(&folder.run, &format!("{name} cannot be read: {error}"))),
        Ok(_) if sha256(&bytes) != header.runbook_sha256 => {
            Err(unusable(&folder.run, &format!("{name} is not what was recorded")))
        }
        Ok(_) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// The runbook as it was planned last.
fn old_runbook(state: &RunState, folder: &RunFolder) -> Option<Runbook> {
    let mut bytes = Vec::new();
    let name = state.runbook_file.as_deref().unwrap_or(RUNBOOK_FILE);
    folder.open(name).ok()?.read_to_end(&mut bytes).ok()?;
    runbook::read(runbook::decode(name, bytes).ok()?).ok().map(|(runbook, _)| runbook)
}

fn overrides(options: &args::Resume) -> Vec<String> {
    let params = options.param.iter().map(|param| format!("--param {param}"));
    let decided = options.decide.iter().map(|text| format!("--decide {text}"));
    let accepted = options.accept.iter().map(|name| format!("--accept {name}"));
    params.chain(decided).chain(accepted).chain(answered(&options.answering)).collect()
}
