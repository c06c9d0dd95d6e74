//! `stepgate run FILE`: plans, takes the lock, runs, and says what came of it.

use super::args;
use super::error::{Exit, Failure};
use super::execute::{self, Prepared};
use super::plan::Planned;
use super::record::Record;
use super::secrets::{self, Secrets, Sources};
use super::terminal::{Terminal, eprint_line};
use super::{environment, header, next, plan, sessions, write_back};
use crate::engine::{Answers, Streams};
use crate::journal::RunId;
use crate::plan::{Plan, Selection, early};
use crate::redact::Redactor;
use crate::report::plan_text;
use crate::runbook::Runbook;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A secret of at least so many bytes may not stand in the runbook; a shorter one could be any word.
const LITERAL_SECRET: usize = 6;

/// The command.
pub fn run(options: &args::Run, redactor: Redactor, terminal: &Terminal) -> Result<Exit, Failure> {
    let ask = terminal.is_interactive() && !options.answering.non_interactive;
    let planned = plan::read_and_plan(&options.file, super::inputs::inputs(&options.chosen)?, ask, terminal)?;
    let Planned { runbook, plan, config, inputs } = &planned;
    let selection = Selection { from: options.from.clone(), to: options.to.clone(), only: options.only.clone() };
    let chosen = selection.resolve(plan)?;
    let early = early(plan, &chosen).map_err(|why| Failure::usage(why).hint("nothing was run"))?;
    let answers = answers(&options.answering, plan)?;
    let run = match &options.run_id {
        Some(id) => RunId::parse(id)?,
        None => new_run_id()?,
    };
    let path = std::fs::canonicalize(&options.file)
        .map_err(|error| Failure::usage(format!("{}: {error}", options.file.display())))?;
    let write_back = options.answering.write_back.then(|| write_back::Place::new(&options.file, &runbook.source.text));
    let write_back = write_back.transpose()?;
    let operator = environment::operator();
    let sessions = sessions::sessions(plan, config, &path)?;
    let mut secrets = fetch_secrets(&planned, &chosen, &BTreeMap::new(), ask, &redactor, terminal)?;
    let values = std::mem::take(&mut secrets.values).into_iter().chain(early.clone()).collect();
    let header = header::run_started(
        plan,
        header::Facts {
            run: run.as_str(),
            runbook,
            path: &path,
            inputs,
            operator: &operator,
            overrides: overrides(options),
            selection,
            chosen: &chosen,
            early: &early,
            secrets: &secrets.sources,
        },
    );
    let record = match options.ephemeral {
        true => Record::ephemeral(header, !options.answering.report.is_empty()),
        false => Record::open(options, &path, &runbook.source.text, header)?,
    };
    record.name_unfinished();
    let prepared = Prepared {
        runbook,
        plan,
        config,
        chosen,
        answers,
        operator,
        path: &path,
        text: &runbook.source.text,
        write_back,
        sessions,
        values,
        streams: Streams::new(),
        given: BTreeMap::new(),
        missing: Vec::new(),
        redactor,
        record,
    };
    let (store, ephemeral) = (options.store.as_ref(), options.ephemeral.then_some(options));
    let hints = next::Hints { store, write_back: options.answering.write_back, ephemeral };
    execute::run_to_its_end(prepared, &options.answering, &hints, terminal)
}

/// Fetches the secrets that chosen steps need, and those that `also` names: an earlier part of the run had them, and what it
/// left may hold them. Before that the plan is shown to whoever is asked.
pub fn fetch_secrets(
    planned: &Planned,
    chosen: &[bool],
    also: &BTreeMap<String, String>,
    ask: bool,
    redactor: &Redactor,
    terminal: &Terminal,
) -> Result<Secrets, Failure> {
    let Planned { runbook, plan, config, .. } = planned;
    let (mut needed, others) = secrets::needed(plan, chosen);
    let (had, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|secret| also.contains_key(&secret.name));
    needed.extend(had);
    let sources = Sources { config, profile: plan.profile.as_deref(), ask, terminal };
    // Before the plan is shown: a parameter that is not secret may hold what is.
    sources.mask(&[needed.as_slice(), &others].concat(), redactor);
    if !needed.is_empty() && ask {
        eprint_line(&plan_text(plan, &runbook.source.name, &terminal.styles()));
    }
    let secrets = sources.fetch(&needed, redactor)?;
    refuse_literals(runbook, redactor)?;
    Ok(secrets)
}

/// A secret that stands in the runbook is none; and the record would hold it.
fn refuse_literals(runbook: &Runbook, redactor: &Redactor) -> Result<(), Failure> {
    let source = &runbook.source;
    match redactor.literal_in(&source.text, LITERAL_SECRET) {
        None => Ok(()),
        Some((name, at)) => {
            let place = source.position(at);
            let message = format!(
                "{}:{}:{}: the value of the secret `{name}` stands in the runbook ({})",
                source.name,
                place.line,
                place.column,
                crate::diagnostic::Code::LiteralSecret
            );
            Err(Failure::usage(message)
                .hint("take it out, change the secret, and write {{NAME}} where it is expected; nothing was run"))
        }
    }
}

/// The answers that were given beforehand, checked against the plan.
pub fn answers(options: &args::Answering, plan: &Plan) -> Result<Answers, Failure> {
    let mut answers = Answers::default();
    answers.yes = options.yes;
    options.confirm.iter().try_for_each(|text| answers.confirm(text, plan))?;
    options.answer.iter().try_for_each(|text| answers.answer(text, plan))?;
    Ok(answers)
}

/// What the command line changed, for the record.
fn overrides(options: &args::Run) -> Vec<String> {
    let chosen = &options.chosen;
    let profile = chosen.profile.iter().map(|profile| format!("--profile {profile}"));
    let params = chosen.param.iter().map(|param| format!("--param {param}"));
    let targets = chosen.target.iter().map(|target| format!("--target {target}"));
    profile.chain(params).chain(targets).chain(answered(&options.answering)).collect()
}

/// What was answered beforehand, for the record.
pub fn answered(options: &args::Answering) -> impl Iterator<Item = String> {
    let confirmed = options.confirm.iter().map(|text| format!("--confirm {text}"));
    let answered = options.answer.iter().map(|text| format!("--answer {text}"));
    let yes = options.yes.then(|| "--yes".to_owned());
    let step = options.step.then(|| "--step".to_owned());
    confirmed.chain(answered).chain(yes).chain(step)
}

fn new_run_id() -> Result<RunId, Failure> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| Failure::new(Exit::Record, format!("no random numbers: {error}")))?;
    Ok(RunId::new(Timestamp::now(), random))
}
