//! `stepgate run FILE`: plans, takes the lock, runs, and says what came of it.

use super::args::{self, Format};
use super::error::{Exit, Failure};
use super::output::print;
use super::prompt::TerminalPrompter;
use super::record::Record;
use super::screen::TerminalScreen;
use super::terminal::{Terminal, eprint_line};
use super::{environment, next, plan, signals};
use crate::engine::{Answers, Ending, Engine, Observer, Recorder, Setting};
use crate::event::{
    Event, JOURNAL_FORMAT, RunStarted, RunState, RunVerdict, StepHeader, StepKind, Stream, result_words,
};
use crate::hash::sha256;
use crate::journal::{Clock, Entry, Journal, RunId, Store};
use crate::plan::{Action, Plan, Planned, Selection};
use crate::report::{Live, Screen as _, run_table};
use crate::runbook::Gate;
use crate::shell::{SessionConfig, become_subreaper, local_environment};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a step may take to obey TERM before it gets KILL.
const GRACE: Duration = Duration::from_secs(5);
/// How long the output of a killed step is waited for.
const DRAIN: Duration = Duration::from_secs(2);
/// How many bytes of one stream of a step are kept.
const OUTPUT_LIMIT: u64 = 64 << 20;

pub fn run(options: &args::Run, terminal: &Terminal) -> Result<Exit, Failure> {
    let Planned { runbook, plan } = plan::read_and_plan(&options.file, terminal)?;
    let selection = Selection { from: options.from.clone(), to: options.to.clone(), only: options.only.clone() };
    let chosen = selection.resolve(&plan)?;
    let answers = answers(options, &plan)?;
    let run = match &options.run_id {
        Some(id) => RunId::parse(id)?,
        None => new_run_id()?,
    };
    let path = std::fs::canonicalize(&options.file)
        .map_err(|error| Failure::usage(format!("{}: {error}", options.file.display())))?;
    let operator = environment::operator();
    let record = match options.ephemeral {
        true => Record::default(),
        false => Record::open(options, &run, &path, &runbook.source.text, &operator)?,
    };
    record.name_unfinished();
    let session = session(&path, &plan);
    let header = RunStarted {
        format: JOURNAL_FORMAT,
        stepgate: env!("CARGO_PKG_VERSION").to_owned(),
        run: run.to_string(),
        runbook: runbook.source.name.clone(),
        runbook_path: path.display().to_string(),
        runbook_sha256: sha256(runbook.source.text.as_bytes()),
        plan: plan.hash(),
        title: plan.title.clone(),
        profile: None,
        operator,
        directory: session.directory.display().to_string(),
        overrides: overrides(options),
        selection: selection.is_partial().then_some(selection),
        params: BTreeMap::new(),
        acceptance: plan.acceptance.iter().map(|criterion| (criterion.id.clone(), criterion.text.clone())).collect(),
        steps: plan.steps.iter().map(step_header).collect(),
    };
    let prepared = Prepared { plan: &plan, chosen, answers, header, session, record };
    let (ending, lost) = execute(prepared, options, terminal)?;
    let exit = conclude(&ending, options, terminal);
    Ok(match lost {
        Some(failure) => {
            failure.print(terminal);
            Exit::Record
        }
        None => exit,
    })
}

/// Everything that a run is made of.
struct Prepared<'a> {
    plan: &'a Plan,
    chosen: Vec<bool>,
    answers: Answers,
    header: RunStarted,
    session: SessionConfig,
    record: Record,
}

/// Runs. The second of what it returns is why the journal's lines could not be printed to their end.
fn execute(
    prepared: Prepared<'_>,
    options: &args::Run,
    terminal: &Terminal,
) -> Result<(Ending, Option<Failure>), Failure> {
    let Prepared { plan, chosen, answers, header, session, record } = prepared;
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
    if let Some(last) = &record.history.last {
        live = live.last_time(last);
    }
    let mut watchers = Watchers { live, lines: options.format == Format::Json, lost: None };
    let journal = Journal::new(record.journal, Clock::starting_at(Timestamp::now()));
    let mut prompter = TerminalPrompter::new(*terminal, !options.non_interactive);
    let ending = runtime.block_on(async {
        let setting = Setting {
            operator: header.operator.clone(),
            session,
            folder: record.folder,
            ledger: record.store.as_ref().map(Store::ledger),
            output_limit: OUTPUT_LIMIT,
            interrupts: signals::listen()?,
        };
        let recorder = Recorder::new(journal, &mut watchers);
        let engine = Engine::new(plan, chosen, answers, setting, &mut prompter, recorder).step_by_step(options.step);
        Ok(engine.run(header).await)
    });
    let ending = ending.map_err(|error| failed("signals cannot be listened for", error))?;
    watchers.live.settle();
    Ok((ending, watchers.lost))
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

fn answers(options: &args::Run, plan: &Plan) -> Result<Answers, Failure> {
    let mut answers = Answers::default();
    answers.yes = options.yes;
    options.confirm.iter().try_for_each(|text| answers.confirm(text, plan))?;
    options.answer.iter().try_for_each(|text| answers.answer(text, plan))?;
    Ok(answers)
}

/// What the command line changed, for the record.
fn overrides(options: &args::Run) -> Vec<String> {
    let confirmed = options.confirm.iter().map(|text| format!("--confirm {text}"));
    let answered = options.answer.iter().map(|text| format!("--answer {text}"));
    let yes = options.yes.then(|| "--yes".to_owned());
    let step = options.step.then(|| "--step".to_owned());
    confirmed.chain(answered).chain(yes).chain(step).collect()
}

fn step_header(step: &crate::plan::PlannedStep) -> StepHeader {
    let (kind, target, gate) = match &step.action {
        Action::Shell(shell) => (StepKind::Shell, Some(shell.target.clone()), shell.gate),
        Action::Manual { .. } => (StepKind::Manual, None, Gate::None),
    };
    StepHeader { name: step.name.clone(), kind, target, gate, satisfies: step.satisfies.clone(), always: step.always() }
}

/// A local session starts in the runbook's folder. A name that a step captures is nobody else's: what the operator's
/// environment has under it could be mistaken for what a step found out.
fn session(runbook: &Path, plan: &Plan) -> SessionConfig {
    let captured = |name: &std::ffi::OsStr| plan.variables.iter().any(|variable| name == variable.as_str());
    SessionConfig {
        shell: PathBuf::from("bash"),
        directory: runbook.parent().unwrap_or(Path::new("/")).to_owned(),
        environment: local_environment(std::env::vars_os().filter(|(name, _)| !captured(name))),
        grace: GRACE,
        drain: DRAIN,
    }
}

fn new_run_id() -> Result<RunId, Failure> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| Failure::new(Exit::Record, format!("no random numbers: {error}")))?;
    Ok(RunId::new(Timestamp::now(), random))
}

/// Prints the final table and what can be done next.
fn conclude(ending: &Ending, options: &args::Run, terminal: &Terminal) -> Exit {
    let state = &ending.state;
    if options.format == Format::Human && state.header.is_some() {
        say(&[String::new()]);
        let table = run_table(state, ending.broken.is_some(), &terminal.output_styles());
        if let Err(failure) = print(&table) {
            failure.print(terminal);
        }
    }
    if let Some(error) = &ending.broken {
        if error.kind() == std::io::ErrorKind::WouldBlock && state.header.is_none() {
            say(&[format!("error: {error}"), "  help: nothing was run; try again when it is free".to_owned()]);
            return Exit::Locked;
        }
        let unrecorded = ending.unrecorded.iter();
        let unrecorded = unrecorded.map(|step| format!("  {}: {}, not recorded", step.instance, result_words(step)));
        let mut lines = vec![format!("error: the record could not be written: {error}")];
        lines.extend(unrecorded);
        lines.push("  nothing further was started; what is not shown above is not recorded".to_owned());
        say(&lines);
        return Exit::Record;
    }
    say(&next::steps(state, options));
    match (state.verdict(), state.interrupted.as_deref()) {
        (RunVerdict::Interrupted, Some("TERM")) => Exit::Terminated,
        (verdict, _) => Exit::of(verdict),
    }
}

/// Lines to standard error. The run is over and recorded: a reader who stalls keeps it from ending for a moment only.
fn say(lines: &[String]) {
    match TerminalScreen::start() {
        Ok(mut screen) => {
            lines.iter().for_each(|line| screen.line(line));
            screen.settle();
        }
        Err(_) => lines.iter().for_each(|line| eprint_line(line)),
    }
}
