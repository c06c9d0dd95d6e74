//! `stepgate verify PATH…`: today's runbooks held against recordings. Starts no process.

use super::super::error::{Exit, Failure};
use super::super::output::{print, print_json};
use super::super::terminal::{Terminal, eprint_line};
use super::super::{configuration, findings, report, search};
use super::args;
use super::beside;
use super::junit::junit;
use super::show::{VerifyJson, rows, strengths, summary, unjudged};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Refused, Source};
use crate::expect::Evaluator;
use crate::plan::{Plan, examine, plan};
use crate::replay::{self, Recording, RecordingHead, Replayed, Strength, Verdict, overall};
use crate::report::simple_table;
use crate::runbook::Runbook;
use jiff::Timestamp;
use std::cell::RefCell;
use std::io;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

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
    /// How much each script's expectations assert, if that is asked for.
    pub strengths: Vec<Strength>,
    /// What is wrong.
    pub found: Vec<Diagnostic>,
}

/// The command.
pub fn verify(options: &args::Verify, terminal: &Terminal) -> Result<Exit, Failure> {
    if let Some(number) = options.paths.iter().find(|path| options.strength.is_some() && is_number(path)) {
        let number = number.display();
        return Err(Failure::usage(format!("`{number}` is no file")).hint(format!("write --strength={number}")));
    }
    let config = configuration::load(terminal)?;
    let asked = Asked { config: &config, now: Timestamp::now(), strength: options.strength, seed: options.seed };
    let verified = search::each(&options.paths, options.shown.runbooks_only, "verified", |path, read| {
        verify_file(path, read, &asked)
    })?;
    for report in &options.report {
        report::write(&report.0, &junit(&verified, options))?;
    }
    let all: Vec<_> = verified.iter().map(|one| (&one.source, one.found.as_slice())).collect();
    let human = || {
        all.iter().for_each(|(source, found)| findings::show(source, found, terminal));
        let rows = verified.iter().map(|one| rows(one, asked.now)).collect();
        print(&simple_table(&["runbook", "verdict", "steps", "recorded", "ago", "by"], rows))?;
        print(&unjudged(&verified))?;
        print(&strengths(&verified))?;
        eprint_line(&summary(&verified));
        Ok(())
    };
    let json = || print_json(&verified.iter().map(VerifyJson::of).collect::<Vec<_>>());
    findings::print_as(&options.shown, &all, human, json)?;
    Ok(findings::exit(&options.shown, &all))
}

/// Whether somebody forgot the `=` of an option.
fn is_number(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.parse::<u8>().is_ok()) && !path.exists()
}

/// What is asked of each runbook.
pub struct Asked<'a> {
    /// What `stepgate.toml` says.
    pub config: &'a Config,
    /// Today.
    pub now: Timestamp,
    /// How many of a hundred wrong outputs a step must notice, if its strength is asked for.
    pub strength: Option<u8>,
    /// Decides which wrong outputs are tried.
    pub seed: u64,
}

/// Holds one runbook against the recording beside it.
pub fn verify_file(path: &Path, read: Result<Source, Box<Refused>>, asked: &Asked<'_>) -> Verified {
    // What looks wrong in it is for `check` to say.
    let runbook = match read.and_then(|source| examine(source, asked.config)) {
        Ok((runbook, _)) => runbook,
        Err(refused) => return Verified { source: refused.source, found: refused.found, ..Verified::nothing() },
    };
    let known = match beside::read(path) {
        Err(why) => Verified { found: vec![replay::unreadable(&why)], ..Verified::nothing() },
        Ok(None) => {
            let (verdict, found) = (Some(Verdict::Unrecorded), vec![replay::unrecorded(&runbook)]);
            Verified { verdict, found, ..Verified::nothing() }
        }
        Ok(Some(recording)) => held(&runbook, recording, asked),
    };
    let found = known.found.into_iter().filter_map(|found| asked.config.levelled(found)).collect();
    Verified { source: runbook.source, found, ..known }
}

impl Verified {
    fn nothing() -> Self {
        let source = Source::new("", "");
        Self { source, verdict: None, head: None, steps: Vec::new(), strengths: Vec::new(), found: Vec::new() }
    }
}

fn held(runbook: &Runbook, recording: Recording, asked: &Asked<'_>) -> Verified {
    let inputs = replay::inputs_of_recording(runbook, asked.config, &recording.head.params);
    let known = match plan(runbook, asked.config, &inputs) {
        Ok(plan) => match play(&plan, &recording, asked) {
            Ok((steps, strengths)) => {
                let moved = replay::rearranged(&plan, &recording);
                judged(runbook, &recording.head, &moved, steps, strengths, asked)
            }
            Err(why) => Verified { found: vec![replay::unreadable(&why.to_string())], ..Verified::nothing() },
        },
        Err(error) => {
            let found = vec![replay::unplanned(runbook, &error.to_string())];
            Verified { verdict: Some(Verdict::Stale), found, ..Verified::nothing() }
        }
    };
    Verified { head: Some(recording.head), ..known }
}

fn judged(
    runbook: &Runbook,
    head: &RecordingHead,
    moved: &[String],
    steps: Vec<Replayed>,
    strengths: Vec<Strength>,
    asked: &Asked<'_>,
) -> Verified {
    let mut found: Vec<_> = moved.iter().map(|words| replay::moved(runbook, words)).collect();
    found.extend(replay::findings(runbook, &steps));
    let mut verdict = if moved.is_empty() { overall(&steps) } else { overall(&steps).max(Verdict::Stale) };
    if let Some(expired) = replay::expired(runbook, head, asked.now) {
        found.push(expired);
        verdict = verdict.max(Verdict::Expired);
    }
    if verdict == Verdict::Unrecorded && found.is_empty() {
        found.push(replay::unjudged(runbook, &steps));
    }
    let least = usize::from(asked.strength.unwrap_or(0));
    found.extend(strengths.iter().filter_map(|strength| replay::weak(runbook, &steps, strength, least)));
    Verified { verdict: Some(verdict), steps, strengths, found, ..Verified::nothing() }
}

fn play(plan: &Plan, recording: &Recording, asked: &Asked<'_>) -> io::Result<(Vec<Replayed>, Vec<Strength>)> {
    evaluate(async |evaluator| {
        let mut stages = Vec::new();
        let mut keep = |stage| {
            if asked.strength.is_some() {
                stages.push(stage);
            }
        };
        let steps = replay::replay(plan, recording, evaluator, &mut keep).await;
        (steps, replay::strengths(&stages, asked.seed, evaluator).await)
    })
}

thread_local! {
    /// Whoever evaluates expressions for this thread: thousands of runbooks need not start one each.
    static EVALUATOR: RefCell<Option<(Runtime, Evaluator)>> = const { RefCell::new(None) };
}

/// Does `work` with somebody at hand who evaluates expressions.
pub fn evaluate<T>(work: impl AsyncFnOnce(&mut Evaluator) -> T) -> io::Result<T> {
    let (runtime, mut evaluator) = match EVALUATOR.take() {
        Some(known) => known,
        None => (Builder::new_current_thread().enable_time().build()?, Evaluator::default()),
    };
    let done = runtime.block_on(work(&mut evaluator));
    EVALUATOR.set(Some((runtime, evaluator)));
    Ok(done)
}
