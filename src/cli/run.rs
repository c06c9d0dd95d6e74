//! `stepgate run FILE`: plans, takes the lock, runs, and says what came of it.

use super::args::{self, Format};
use super::error::{Exit, Failure};
use super::output::print;
use super::plan::Planned;
use super::prompt::TerminalPrompter;
use super::record::Record;
use super::screen::TerminalScreen;
use super::secrets::{self, Secrets, Sources};
use super::terminal::{Terminal, eprint_line, masked};
use super::{environment, next, plan, sessions, signals};
use crate::config::Config;
use crate::engine::{Answers, Ending, Engine, Observer, Recorder, Setting};
use crate::event::{
    Event, JOURNAL_FORMAT, RunStarted, RunState, RunVerdict, StepHeader, StepKind, Stream, result_words,
};
use crate::hash::sha256;
use crate::journal::{Clock, Entry, Journal, RunId, Store};
use crate::plan::{Action, Plan, Selection, early};
use crate::redact::Redactor;
use crate::report::{Live, Screen as _, plan_text, run_table};
use crate::runbook::{Gate, ParameterKind, Runbook};
use crate::shell::{SessionConfig, become_subreaper};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A secret of at least so many bytes may not stand in the runbook; a shorter one could be any word.
const LITERAL_SECRET: usize = 6;

/// The command.
pub fn run(options: &args::Run, redactor: Redactor, terminal: &Terminal) -> Result<Exit, Failure> {
    let ask = terminal.is_interactive() && !options.non_interactive;
    let planned = plan::read_and_plan(&options.file, &options.chosen, ask, terminal)?;
    let Planned { runbook, plan, config } = &planned;
    let selection = Selection { from: options.from.clone(), to: options.to.clone(), only: options.only.clone() };
    let chosen = selection.resolve(plan)?;
    let early = early(plan, &chosen).map_err(|why| Failure::usage(why).hint("nothing was run"))?;
    let answers = answers(options, plan)?;
    let run = match &options.run_id {
        Some(id) => RunId::parse(id)?,
        None => new_run_id()?,
    };
    let path = std::fs::canonicalize(&options.file)
        .map_err(|error| Failure::usage(format!("{}: {error}", options.file.display())))?;
    let operator = environment::operator();
    let sessions = sessions::sessions(plan, config, &path)?;
    let mut secrets = fetch_secrets(&planned, &chosen, ask, &redactor, terminal)?;
    let values = std::mem::take(&mut secrets.values).into_iter().chain(early.clone()).collect();
    let record = match options.ephemeral {
        true => Record::default(),
        false => Record::open(options, &run, &path, &runbook.source.text, &operator)?,
    };
    record.name_unfinished();
    let header = RunStarted {
        format: JOURNAL_FORMAT,
        stepgate: env!("CARGO_PKG_VERSION").to_owned(),
        run: run.to_string(),
        runbook: runbook.source.name.clone(),
        runbook_path: path.display().to_string(),
        runbook_sha256: sha256(runbook.source.text.as_bytes()),
        plan: plan.hash(),
        title: plan.title.clone(),
        profile: plan.profile.clone(),
        operator,
        directory: sessions::folder(&path).display().to_string(),
        overrides: overrides(options),
        selection: selection.is_partial().then_some(selection),
        params: params(plan, &early),
        secrets: secrets.sources.clone(),
        targets: plan.targets.iter().map(|(name, target)| (name.clone(), target.to_string())).collect(),
        acceptance: plan.acceptance.iter().map(|criterion| (criterion.id.clone(), criterion.text.clone())).collect(),
        steps: plan.steps.iter().map(step_header).collect(),
    };
    let prepared = Prepared { plan, config, chosen, answers, header, sessions, values, redactor, record };
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
    config: &'a Config,
    chosen: Vec<bool>,
    answers: Answers,
    header: RunStarted,
    sessions: BTreeMap<String, SessionConfig>,
    values: BTreeMap<String, String>,
    redactor: Redactor,
    record: Record,
}

/// Fetches the secrets that chosen steps need, after the plan was shown to whoever is asked.
fn fetch_secrets(
    planned: &Planned,
    chosen: &[bool],
    ask: bool,
    redactor: &Redactor,
    terminal: &Terminal,
) -> Result<Secrets, Failure> {
    let Planned { runbook, plan, config } = planned;
    let (needed, others) = secrets::needed(plan, chosen);
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

/// The values that are given before the run, also those that the plan does not hold; of a secret only that there is one.
fn params(plan: &Plan, early: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = plan.parameters.iter().filter_map(|parameter| match parameter.kind {
        ParameterKind::Secret => Some((parameter.name.clone(), crate::engine::SECRET.to_owned())),
        _ => Some((parameter.name.clone(), parameter.value.clone()?)),
    });
    shown.chain(early.clone()).collect()
}

/// Runs. The second of what it returns is why the journal's lines could not be printed to their end.
fn execute(
    prepared: Prepared<'_>,
    options: &args::Run,
    terminal: &Terminal,
) -> Result<(Ending, Option<Failure>), Failure> {
    let Prepared { plan, config, chosen, answers, header, sessions, values, redactor, record } = prepared;
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
            sessions,
            values,
            redactor: redactor.clone(),
            folder: record.folder,
            ledger: record.store.as_ref().map(Store::ledger),
            output_limit: config.limits.output,
            interrupts: signals::listen()?,
        };
        let recorder = Recorder::new(journal, redactor, &mut watchers);
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
    let chosen = &options.chosen;
    let profile = chosen.profile.iter().map(|profile| format!("--profile {profile}"));
    let params = chosen.param.iter().map(|param| format!("--param {param}"));
    let targets = chosen.target.iter().map(|target| format!("--target {target}"));
    let confirmed = options.confirm.iter().map(|text| format!("--confirm {text}"));
    let answered = options.answer.iter().map(|text| format!("--answer {text}"));
    let yes = options.yes.then(|| "--yes".to_owned());
    let step = options.step.then(|| "--step".to_owned());
    profile.chain(params).chain(targets).chain(confirmed).chain(answered).chain(yes).chain(step).collect()
}

fn step_header(step: &crate::plan::PlannedStep) -> StepHeader {
    let (kind, target, gate) = match &step.action {
        Action::Shell(shell) => {
            let kind = if shell.interpreter.is_some() { StepKind::Interpreter } else { StepKind::Shell };
            (kind, Some(shell.target.clone()), shell.gate)
        }
        Action::Assert { .. } => (StepKind::Assert, None, Gate::None),
        Action::Manual { .. } => (StepKind::Manual, None, Gate::None),
    };
    let (name, satisfies) = (step.name.clone(), step.satisfies.clone());
    StepHeader { name, kind, target, gate, satisfies, always: step.always(), probe: step.probe() }
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
        let table = run_table(state, ending.broken.is_some(), &terminal.output_styles(), terminal.output_width());
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
            lines.iter().for_each(|line| screen.line(&masked(line)));
            screen.settle();
        }
        Err(_) => lines.iter().for_each(|line| eprint_line(line)),
    }
}
