//! `stepgate audit list`: past runs, the newest first, from the ledger.

use super::super::args::Format;
use super::super::environment;
use super::super::error::{Exit, Failure};
use super::super::log::{open_store, read};
use super::super::output::{print, print_json};
use super::super::parallel;
use super::super::terminal::eprint_line;
use super::args;
use super::asked::Standing;
use crate::audit::Wanted;
use crate::event::{RunState, RunVerdict, Status, StepState};
use crate::journal::{Holder, Listed, RunFolder, RunId, Standing as Seen, Store};
use crate::report::simple_table;
use crate::text::{count, took};
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

#[derive(Debug, Serialize)]
struct Row<'l> {
    run: &'l str,
    started: Timestamp,
    /// `None` if it is under way, or a crash ended it.
    finished: Option<Timestamp>,
    verdict: RunVerdict,
    operator: &'l str,
    profile: Option<&'l str>,
    runbook: &'l str,
    title: &'l str,
}

/// The command.
pub fn list(options: &args::List) -> Result<Exit, Failure> {
    let store = open_store(options.store.as_ref())?;
    let listing = store.ledger().listing();
    let listing =
        listing.map_err(|error| Failure::new(Exit::Failure, format!("the ledger cannot be read: {error}")))?;
    let me = environment::holder("", "");
    let wanted = wanted(options);
    let found = wanted.of(&listing, |listed| standing(&store, listed, &me));
    let (found, damaged) = match (&options.step, &options.criterion) {
        (None, None) => (found.collect(), Vec::new()),
        // These stand in the journals only.
        _ => of_journals(options, &store, found.collect()),
    };
    let rows: Vec<_> = found.iter().take(options.limit.unwrap_or(usize::MAX)).map(row).collect();
    match options.format {
        Format::Json => print_json(&rows)?,
        Format::Human if rows.is_empty() => eprint_line("no run is like that"),
        Format::Human => {
            let head = ["run", "started", "verdict", "took", "by", "profile", "runbook"];
            print(&simple_table(&head, rows.iter().map(cells).collect()))?;
            if rows.len() < found.len() {
                eprint_line(&format!("{} more", count(found.len() - rows.len(), "run")));
            }
        }
    }
    match &listing.damage {
        None if damaged.is_empty() => Ok(Exit::Success),
        None => Err(Failure::new(Exit::Failure, format!("damaged, and not asked any further: {}", damaged.join(", ")))
            .hint(format!("stepgate audit verify {}", damaged[0]))),
        Some(damage) => {
            Err(Failure::new(Exit::Failure, format!("the ledger is damaged, and newer runs are not listed: {damage}"))
                .hint("stepgate audit verify --all"))
        }
    }
}

fn wanted(options: &args::List) -> Wanted {
    Wanted {
        runbook: options.runbook.clone(),
        verdicts: options.verdict.iter().map(|verdict| verdict.0).collect(),
        operator: options.operator.clone(),
        since: options.since.map(|moment| moment.0),
        until: options.until.map(|moment| moment.0),
        profile: options.profile.clone(),
    }
}

/// Where a run stands. If the ledger does not know its end, somebody is at it, or its journal tells.
pub fn standing(store: &Store, listed: &Listed, me: &Holder) -> RunVerdict {
    if let Seen::Left(verdict) | Seen::Sealed(verdict) = listed.standing {
        return verdict;
    }
    let folder = folder(store, listed);
    if folder.as_ref().is_some_and(|folder| store.is_running(&folder.run, me)) {
        return RunVerdict::Running;
    }
    let reading = folder.and_then(|folder| read(&folder, RunState::lean()).ok());
    reading.map_or(RunVerdict::Interrupted, |mut reading| {
        reading.state.declare_dead();
        reading.state.verdict()
    })
}

fn folder(store: &Store, listed: &Listed) -> Option<RunFolder> {
    store.folder_of(&RunId::parse(&listed.run).ok()?)
}

/// Those with a step, or a criterion, that stands so, and the ids of those whose journals are damaged.
fn of_journals<'l>(
    options: &args::List,
    store: &Store,
    found: Vec<(&'l Listed, RunVerdict)>,
) -> (Vec<(&'l Listed, RunVerdict)>, Vec<String>) {
    let states = parallel::each(&found, |(listed, _)| {
        let reading = read(&folder(store, listed)?, RunState::lean()).ok()?;
        let sound = reading.damage.as_ref().is_none_or(|damage| damage.torn.is_some());
        sound.then_some(reading.state)
    });
    let damaged = found.iter().zip(&states).filter(|(_, state)| state.is_none());
    let damaged = damaged.map(|((listed, _), _)| listed.run.clone()).collect();
    let fits = |state: &Option<RunState>| state.as_ref().is_some_and(|state| is_asked_for(options, state));
    (found.into_iter().zip(&states).filter(|(_, state)| fits(state)).map(|(found, _)| found).collect(), damaged)
}

fn is_asked_for(options: &args::List, state: &RunState) -> bool {
    let step = options.step.as_ref().is_none_or(|asked| {
        // By its name alone a run is asked for that came to the step.
        let came = |step: &&StepState| !asked.anyhow() || step.attempts > 0 || step.status != Status::NotRun;
        let known = state.step(&asked.name).filter(came);
        known.is_some_and(|step| asked.stands(step.status.as_str()))
    });
    let known = |id: &str| state.header.iter().any(|header| header.acceptance.iter().any(|(known, _)| known == id));
    let stands = |asked: &Standing| known(&asked.name) && asked.stands(state.criterion(&asked.name).1.as_str());
    step && options.criterion.as_ref().is_none_or(stands)
}

fn row<'l>((listed, verdict): &(&'l Listed, RunVerdict)) -> Row<'l> {
    Row {
        run: &listed.run,
        started: listed.began,
        finished: listed.ended,
        verdict: *verdict,
        operator: &listed.operator,
        profile: listed.profile.as_deref(),
        runbook: &listed.runbook,
        title: &listed.title,
    }
}

fn cells(row: &Row<'_>) -> Vec<String> {
    let lasted = row.finished.and_then(|end| Duration::try_from(end.duration_since(row.started)).ok());
    vec![
        row.run.to_owned(),
        row.started.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        row.verdict.as_str().to_owned(),
        lasted.map(took).unwrap_or_else(|| "-".to_owned()),
        row.operator.to_owned(),
        row.profile.unwrap_or("-").to_owned(),
        row.runbook.to_owned(),
    ]
}
