//! Runs what was prepared, shows it as it happens, and says what came of it.

use super::args::{Answering, Format};
use super::error::{Exit, Failure};
use super::next;
use super::output::print;
use super::prompt::TerminalPrompter;
use super::record::Record;
use super::report;
use super::screen::TerminalScreen;
use super::sign;
use super::signals;
use super::terminal::{Terminal, eprint_line, masked};
use super::write_back;
use crate::annotate::is_same;
use crate::config::Config;
use crate::engine::{Answers, Ending, Engine, Missing, Observer, Recorder, Setting, Streams};
use crate::event::{Event, RunState, RunVerdict, Stream, WaitsFor, result_words};
use crate::hash::{Hash256, sha256};
use crate::journal::{Entry, Lock, RunFolder, Store};
use crate::plan::Plan;
use crate::redact::Redactor;
use crate::report::{Live, Screen as _, run_table};
use crate::runbook::Runbook;
use crate::shell::{Hurry, SessionConfig, become_subreaper};
use std::collections::BTreeMap;
use std::path::Path;

/// Everything that a run is made of.
pub struct Prepared<'a> {
    /// What its author wrote.
    pub runbook: &'a Runbook,
    /// What is run.
    pub plan: &'a Plan,
    /// What `stepgate.toml` says.
    pub config: &'a Config,
    /// For each step of the plan whether it is chosen.
    pub chosen: Vec<bool>,
    /// What was answered beforehand.
    pub answers: Answers,
    /// Who runs it, as `user@host`.
    pub operator: String,
    /// The runbook's real path.
    pub path: &'a Path,
    /// Its text, as it was planned.
    pub text: &'a str,
    /// Where the results are written to, if they are.
    pub write_back: Option<write_back::Place>,
    /// How a session on each target starts.
    pub sessions: BTreeMap<String, SessionConfig>,
    /// Values that the plan does not hold.
    pub values: BTreeMap<String, String>,
    /// What earlier parts of the run have printed.
    pub streams: Streams,
    /// Values of variables that sessions had and of which only the names were recorded.
    pub given: BTreeMap<String, String>,
    /// Variables whose values were not kept.
    pub missing: Vec<Missing>,
    /// Through which everything goes that is written or shown.
    pub redactor: Redactor,
    /// What of the disk the run uses.
    pub record: Record,
}

/// Runs, says what came of it and what can be done next.
pub fn run_to_its_end(
    mut prepared: Prepared<'_>,
    options: &Answering,
    hints: &next::Hints<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let key = sign::key_of(prepared.config)?;
    report::check_places(&options.report, prepared.path, prepared.record.folder.as_ref())?;
    let (folder, runbook) = (prepared.record.folder.clone(), prepared.runbook);
    let place = prepared.write_back.take().zip(folder.clone());
    let (ending, lost, locks) = execute(prepared, options, terminal)?;
    let sealed = ending.state.seal.is_some() && ending.broken.is_none();
    let written = place.filter(|_| sealed).map(|(place, folder)| place.write(&folder, hints.store));
    // Until here nobody else may write what this run writes.
    drop(locks);
    let exit = conclude(&ending, options, hints, terminal);
    let exit = match written {
        Some(Ok(words)) => {
            say(&[words]);
            exit
        }
        Some(Err(failure)) => {
            let failed = failure.print(terminal);
            if exit == Exit::Success { failed } else { exit }
        }
        None => {
            say(&next::not_written_back(&ending.state, hints));
            exit
        }
    };
    let unsigned = key.zip(folder.clone()).filter(|_| sealed).and_then(|(key, folder)| sign_now(&folder, &key, hints));
    let unwritten = report::write_all(&options.report, &ending.state, (folder.as_ref(), hints.store), runbook);
    let exit = match unwritten {
        Some(failure) => {
            failure.print(terminal);
            if exit == Exit::Success { Exit::Failure } else { exit }
        }
        None => exit,
    };
    Ok(match lost.or(unsigned) {
        Some(failure) => {
            failure.print(terminal);
            Exit::Record
        }
        None => exit,
    })
}

/// Signs the run that has just closed. Why that cannot be, if so: it was asked for, so it is no small thing.
fn sign_now(folder: &RunFolder, key: &Path, hints: &next::Hints<'_>) -> Option<Failure> {
    match sign::sign(folder, key) {
        Ok(name) => {
            say(&[format!("signed: {name}")]);
            None
        }
        Err(failure) => {
            let store = hints.store_option();
            Some(failure.hint(format!("when the key is at hand: stepgate sign {}{store}", folder.run)))
        }
    }
}

/// Runs. The second of what it returns is why the journal's lines could not be printed to their end, the third are the locks,
/// which are held still.
fn execute(
    prepared: Prepared<'_>,
    options: &Answering,
    terminal: &Terminal,
) -> Result<(Ending, Option<Failure>, Vec<Lock>), Failure> {
    let Prepared { plan, config, chosen, answers, operator, path, text, sessions, .. } = prepared;
    let Prepared { values, streams, given, missing, redactor, record, .. } = prepared;
    let Record { store, folder, journal, state, begin, taken_over, history, locks } = record;
    let failed = |what: &str, error: std::io::Error| {
        Failure::new(Exit::Record, format!("{what}: {error}")).hint("nothing was run")
    };
    become_subreaper().map_err(|error| failed("orphaned processes cannot be kept track of", error))?;
    signals::can_listen().map_err(|error| failed("signals cannot be listened for", error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed("the runtime does not start", error))?;
    let width = || terminal.width();
    let screen = TerminalScreen::start().map_err(|error| failed("no thread for the screen", error))?;
    let mut live = Live::new(plan, terminal.styles(), Box::new(screen), &width);
    if let Some(last) = &history.last {
        live = live.last_time(last);
    }
    let mut watchers = Watchers { live, lines: options.format == Format::Json, lost: None };
    let (path, text, hurry) = (path.to_owned(), text.to_owned(), Hurry::default());
    let mark = folder.as_ref().map_or_else(String::new, RunFolder::mark);
    let mut prompter = TerminalPrompter::new(*terminal, !options.non_interactive);
    let ending = runtime.block_on(async {
        let setting = Setting {
            operator,
            sessions: sessions.into_iter().map(|(name, config)| (name, for_run(config, &mark, &hurry))).collect(),
            values,
            given,
            streams,
            missing,
            redactor: redactor.clone(),
            folder,
            ledger: store.as_ref().map(Store::ledger),
            output_limit: config.limits.output,
            grace: config.limits.grace,
            interrupts: signals::listen(terminal, hurry)?,
            beforehand: taken_over,
            runbook_now: Box::new(move || hash_of(&path, &text)),
        };
        let recorder = Recorder::new(journal, state, redactor, &mut watchers);
        let engine = Engine::new(plan, chosen, answers, setting, &mut prompter, recorder).step_by_step(options.step);
        Ok(engine.run(begin).await)
    });
    let ending = ending.map_err(|error| failed("signals cannot be listened for", error))?;
    watchers.live.settle();
    Ok((ending, watchers.lost, locks))
}

/// A session's configuration for one run.
fn for_run(config: SessionConfig, mark: &str, hurry: &Hurry) -> SessionConfig {
    SessionConfig { run: mark.to_owned(), hurry: hurry.clone(), ..config }
}

/// What the runbook's file holds now. Results that another run wrote into it do not make another text of it.
fn hash_of(path: &Path, planned: &str) -> Option<Hash256> {
    let now = super::files::read(path).ok()?.text;
    Some(sha256(if is_same(&now, planned) { planned } else { &now }.as_bytes()))
}

/// The terminal, and a program that reads the journal's lines.
struct Watchers<'a> {
    live: Live<'a>,
    /// Whether the journal's lines go to standard output.
    lines: bool,
    /// Why they no longer do.
    lost: Option<Failure>,
}

impl Observer for Watchers<'_> {
    fn recorded(&mut self, entry: &Entry<Event>, line: &str, state: &RunState) {
        if self.lines && self.lost.is_none() {
            self.lost = print(line).err();
        }
        self.live.event(&entry.event, state);
    }

    fn output(&mut self, stream: Stream, bytes: &[u8]) {
        self.live.output(stream, bytes);
    }

    fn late_output(&mut self, step: &str, _: Stream, bytes: &[u8]) {
        self.live.late_output(step, bytes);
    }
}

/// Prints the final table and what can be done next.
fn conclude(ending: &Ending, options: &Answering, hints: &next::Hints<'_>, terminal: &Terminal) -> Exit {
    let state = &ending.state;
    if options.format == Format::Human && state.header.is_some() {
        say(&[String::new()]);
        let table = run_table(state, ending.broken.is_some(), &terminal.output_styles(), terminal.output_width());
        if let Err(failure) = print(&table) {
            failure.print(terminal);
        }
    }
    if let Some(error) = &ending.broken {
        if error.kind() == std::io::ErrorKind::WouldBlock && !ending.begun {
            say(&[format!("error: {error}"), "  help: nothing was run; try again when it is free".to_owned()]);
            return Exit::Locked;
        }
        let unrecorded = ending.unrecorded.iter();
        let unrecorded = unrecorded.map(|step| format!("  {}: {}, not recorded", step.instance, result_words(step)));
        let mut lines = vec![format!("error: the record could not be written: {error}")];
        lines.extend(unrecorded);
        lines.push("  nothing further was started; what is not shown above is not recorded".to_owned());
        if let Some(header) = &state.header {
            let store = hints.store_option();
            lines.push(format!("  when the disk does its work again: stepgate resume {}{store}", header.run));
        }
        say(&lines);
        return Exit::Record;
    }
    say(&next::steps(state, hints));
    let waits_for = state.suspended.as_ref().map(|suspension| suspension.waits_for);
    match (state.verdict(), state.interrupted.as_deref()) {
        (RunVerdict::Interrupted, Some("TERM")) => Exit::Terminated,
        (RunVerdict::Suspended, _) if waits_for == Some(WaitsFor::Decision) => Exit::Decision,
        (verdict, _) => Exit::of(verdict),
    }
}

/// Lines to standard error. The run is over and recorded: a reader who stalls keeps it from ending for a moment only.
fn say(lines: &[String]) {
    match TerminalScreen::start() {
        Ok(mut screen) => {
            lines.iter().for_each(|line| screen.line(&masked(line)));
            screen.settle();
        }
        Err(_) => lines.iter().for_each(|line| eprint_line(line)),
    }
}
