//! `stepgate accept [RUN]`: the smallest changes to expected lines with which a run would pass, in the author's file.

use super::super::configuration;
use super::super::difference::changed_lines;
use super::super::error::{Exit, Failure};
use super::super::files;
use super::super::past::Past;
use super::super::printed::printed;
use super::super::replace::replace_known;
use super::super::terminal::{Terminal, eprint_line, eprint_question, read_line};
use super::args;
use super::beside::{self, MAX_RECORDING};
use super::record::{place_of, plan_of};
use super::verify::evaluate;
use crate::annotate::{accepted, before_and_after, block_of};
use crate::audit::{Level, Unasked};
use crate::config::Config;
use crate::diagnostic::{Refused, Source};
use crate::event::{RunState, Status, result_words};
use crate::plan::{Plan, examine, plan};
use crate::replay::{self, BlockChange, NoChange, Recording, Stage, block_changes};
use crate::report::stream_words;
use crate::runbook::Runbook;
use crate::text::{count, escape_line};
use std::path::Path;

/// So many lines of one change are shown.
const SHOWN: usize = 200;

/// The command.
pub fn accept(options: &args::Accept, terminal: &Terminal) -> Result<Exit, Failure> {
    let config = configuration::load(terminal)?;
    let past = Past::read(options.run.as_deref(), options.store.as_ref(), &Unasked)?;
    let place = place_of(&past, options.runbook.as_ref())?;
    let today = read(&place, &config, terminal)?;
    let recording = gathered(&past, &config, &place)?;
    let inputs = replay::inputs_of_recording(&today, &config, &recording.head.params);
    let planned = plan(&today, &config, &inputs)
        .map_err(|error| Failure::usage(format!("the runbook cannot be planned as it was: {error}")))?;
    let (changes, mut refused) = changes(&planned, &recording)?;
    refused.extend(unmended(&past.reading.state, &today, &changes, &refused));
    for NoChange { step, line, why } in &refused {
        eprint_line(&format!("`{step}`, line {line}: for you to change: {}", escape_line(why)));
    }
    if changes.is_empty() {
        let exit = if refused.is_empty() { Exit::Success } else { Exit::Failure };
        eprint_line("no `output` block is to be changed");
        return Ok(exit);
    }
    let Some(chosen) = choose(&today, &changes, options.all, terminal) else {
        eprint_line("nothing was changed; `--all` accepts all of it");
        return Ok(Exit::Failure);
    };
    write(&today, &chosen, &place, &config)?;
    let left = changes.len() - chosen.len() + refused.len();
    eprint_line(&format!("{} changed in {}", count(chosen.len(), "block"), escape_line(&place.display().to_string())));
    Ok(if left == 0 { Exit::Success } else { Exit::Failure })
}

fn read(place: &Path, config: &Config, terminal: &Terminal) -> Result<Runbook, Failure> {
    let examined = files::read(place).and_then(|source| examine(source, config));
    examined.map(|(runbook, _)| runbook).map_err(|refused| {
        let Refused { source, found } = *refused;
        super::super::findings::show(&source, &found, terminal);
        Failure::usage(format!("`{}` cannot be planned", source.name))
    })
}

/// What the run did.
fn gathered(past: &Past, config: &Config, place: &Path) -> Result<Recording, Failure> {
    let run = &past.folder.run;
    let refused = |why: &str| Failure::new(Exit::Failure, format!("what run {run} printed cannot be accepted: {why}"));
    if !past.finding.reaches(Level::Unsealed) {
        return Err(refused("its record is damaged").hint(format!("stepgate audit verify {run}")));
    }
    let then = past.runbook.as_ref().ok_or_else(|| refused("this version of stepgate cannot read its runbook"))?;
    let planned = plan_of(then, past, config).map_err(|why| refused(&why))?;
    let mut read = |stream: &_| printed(stream, &past.folder, MAX_RECORDING as u64);
    let gathered = replay::gather(&planned, &past.reading.state, &beside::name(place), &mut read);
    gathered.map_err(|why| refused(&why.to_string()))
}

/// Steps that failed and that no change of an `output` block mends, and why.
fn unmended(state: &RunState, today: &Runbook, changes: &[BlockChange], refused: &[NoChange]) -> Vec<NoChange> {
    let failed = state.steps().filter(|step| !step.gone && !step.header.probe);
    let failed = failed.filter(|step| matches!(step.status, Status::Failed | Status::InDoubt));
    let known =
        |name: &str| changes.iter().any(|change| change.step == name) || refused.iter().any(|no| no.step == name);
    let unknown = failed.filter(|step| !known(&step.instance.name));
    unknown
        .map(|step| {
            let name = step.instance.name.clone();
            let item = today.items.iter().find(|item| item.name() == name);
            let line = item.map_or(0, |item| today.source.line(item.span().start));
            let why = match item {
                None => "it failed, and today's runbook has no such step".to_owned(),
                Some(_) => format!("it ended as {}, and no expected line mends that", result_words(step)),
            };
            NoChange { step: name, line, why }
        })
        .collect()
}

type Changes = (Vec<BlockChange>, Vec<NoChange>);

fn changes(planned: &Plan, recording: &Recording) -> Result<Changes, Failure> {
    let mut found = Vec::new();
    let mut stage = |stage: Stage<'_>| {
        if !stage.holds {
            found.extend(block_changes(planned, &stage));
        }
    };
    let steps = evaluate(async |evaluator| replay::replay(planned, recording, evaluator, &mut stage).await);
    let steps =
        steps.map_err(|error| Failure::new(Exit::Failure, format!("expressions cannot be evaluated: {error}")))?;
    let (mut changes, mut refused) = (Vec::new(), Vec::new());
    for found in found {
        match found {
            Ok(change) => changes.push(change),
            Err(no) => refused.push(no),
        }
    }
    refused.extend(steps.iter().flat_map(super::show::for_a_person));
    Ok((changes, refused))
}

/// The changes that are agreed to; none if there is nobody to ask.
fn choose(runbook: &Runbook, changes: &[BlockChange], all: bool, terminal: &Terminal) -> Option<Vec<BlockChange>> {
    let (mut chosen, mut rest) = (Vec::new(), all);
    let asks = terminal.is_interactive();
    for change in changes {
        show(runbook, change);
        if rest {
            chosen.push(change.clone());
            continue;
        }
        if !asks {
            continue;
        }
        match ask() {
            Answer::Yes => chosen.push(change.clone()),
            Answer::All => {
                rest = true;
                chosen.push(change.clone());
            }
            Answer::No => {}
            Answer::Quit => break,
        }
    }
    (!chosen.is_empty()).then_some(chosen)
}

enum Answer {
    Yes,
    No,
    All,
    Quit,
}

/// Asks until there is an answer; the end of input is one. What was accepted before stays accepted.
fn ask() -> Answer {
    loop {
        eprint_question("  accept this? [y]es [n]o [a]ll [q]uit ");
        match read_line().as_deref().map(str::trim) {
            Some("y" | "yes") => return Answer::Yes,
            Some("n" | "no") => return Answer::No,
            Some("a" | "all") => return Answer::All,
            Some("q" | "quit") | None => return Answer::Quit,
            Some(_) => eprint_line("  that is no answer"),
        }
    }
}

fn show(runbook: &Runbook, change: &BlockChange) {
    let line = block_of(runbook, change).map_or(0, |block| runbook.source.line(block.span.start));
    eprint_line(&format!("`{}`, line {line}, {}", change.step, stream_words(change.stream)));
    let (before, after) = before_and_after(runbook, change);
    changed_lines(&before, &after, SHOWN).iter().for_each(|line| eprint_line(&format!("  {line}")));
}

/// Writes the new text, if it says of every step what the old one said, and if nobody has changed the file meanwhile.
fn write(runbook: &Runbook, chosen: &[BlockChange], place: &Path, config: &Config) -> Result<(), Failure> {
    let text = accepted(runbook, chosen);
    let name = escape_line(&place.display().to_string()).into_owned();
    let failed = |why: &str| Failure::new(Exit::Failure, format!("nothing was changed in `{name}`: {why}"));
    let new = examine(Source::new(&*runbook.source.name, &*text), config);
    let new = new.map_err(|_| failed("the new text would be no good runbook"))?.0;
    let scripts = |runbook: &Runbook| -> Vec<(String, Option<String>)> {
        let script = |item: &crate::runbook::Item| match item {
            crate::runbook::Item::Step(step) => Some(step.script_text()),
            _ => None,
        };
        runbook.items.iter().map(|item| (item.name().to_owned(), script(item))).collect()
    };
    if scripts(runbook) != scripts(&new) {
        return Err(failed("the new text would not say the same of every step"));
    }
    replace_known(place, &runbook.source.text, text.as_bytes()).map_err(|error| failed(&error.to_string()))
}
