//! What an operator sees while a run goes on. Everything live goes to one writer, standard error.

use super::aside::aside;
use super::margin::{Margin, wrap};
use super::plan_text::{step_facts, stream_words};
use super::styles::{Styles, paint};
use crate::event::{
    Event, ExpectationRecord, GateAnswer, Instance, ManualAnswer, Moment, RunStarted, RunState, Status, StepFinished,
    StepState, Stream, WaitsFor, result_words,
};
use crate::plan::{Action, Plan, PlannedStep};
use crate::text::{escape, escape_line, shorten, took};
use owo_colors::Style;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Lines of one step's output that are shown as they come; the rest is counted and kept in the record.
const SHOWN_LINES: usize = 200;

/// Where the live view is shown. Nothing here may block for long, whatever reads at the other end.
pub trait Screen {
    /// Shows a line.
    fn line(&mut self, line: &str);
    /// A step runs: after a moment a spinner says so.
    fn spin(&mut self, step: &str, timeout: Duration);
    /// No step runs any more.
    fn still(&mut self);
    /// Waits a moment until everything is shown.
    fn settle(&mut self);
}

/// How a step went in the last run of the same runbook.
#[derive(Clone, Debug)]
pub struct LastTime {
    /// How long it took.
    pub took: Option<Duration>,
    /// Who confirmed it.
    pub by: Option<String>,
}

/// The live view of a run.
pub struct Live<'a> {
    plan: &'a Plan,
    steps: HashMap<&'a str, &'a PlannedStep>,
    styles: Styles,
    screen: Box<dyn Screen + 'a>,
    /// Columns of the terminal now; `None` if it is none.
    width: &'a dyn Fn() -> Option<usize>,
    last_time: BTreeMap<String, LastTime>,
    /// Index of the section that was entered last.
    section: Option<usize>,
    /// The step whose prose and command were shown last.
    introduced: Option<String>,
    margins: BTreeMap<Stream, Margin>,
    shown: usize,
    hidden: usize,
}

impl<'a> Live<'a> {
    /// A view on `screen`.
    pub fn new(
        plan: &'a Plan,
        styles: Styles,
        screen: Box<dyn Screen + 'a>,
        width: &'a dyn Fn() -> Option<usize>,
    ) -> Self {
        Self {
            plan,
            steps: plan.steps.iter().map(|step| (step.name.as_str(), step)).collect(),
            styles,
            screen,
            width,
            last_time: BTreeMap::new(),
            section: None,
            introduced: None,
            margins: BTreeMap::new(),
            shown: 0,
            hidden: 0,
        }
    }

    /// What the last run of the same runbook says of its steps.
    pub fn last_time(mut self, last: &RunState) -> Self {
        let of = |step: &StepState| LastTime {
            took: step.took(),
            by: step.gate.as_ref().filter(|gate| gate.answer == "yes").map(|gate| gate.by.clone()),
        };
        self.last_time = last.steps().map(|step| (step.instance.name.clone(), of(step))).collect();
        self
    }

    /// Shows an event; `state` is the run after it.
    pub fn event(&mut self, event: &Event, state: &RunState) {
        self.show_event(event, state);
        if event.asks() {
            self.settle();
        }
    }

    /// Shows output of the running step, as it comes.
    pub fn output(&mut self, stream: Stream, bytes: &[u8]) {
        if self.shown == SHOWN_LINES {
            self.hidden += memchr::memchr_iter(b'\n', bytes).count();
            self.margins.clear();
            return;
        }
        let mut lines = Vec::new();
        self.margins.entry(stream).or_default().feed(bytes, &mut |line| lines.push(line.to_owned()));
        for line in lines {
            self.show(mark(stream), &line);
        }
    }

    /// Shows output of a step that has ended.
    pub fn late_output(&mut self, step: &str, bytes: &[u8]) {
        let mut margin = Margin::default();
        let mut lines = Vec::new();
        margin.feed(bytes, &mut |line| lines.push(line.to_owned()));
        margin.finish(&mut |line| lines.push(line.to_owned()));
        for line in lines {
            self.show(&format!("  ┊ late, of {step}: "), &line);
        }
    }

    /// Waits a moment until everything stands on the screen: before somebody else writes there.
    pub fn settle(&mut self) {
        self.screen.settle();
    }

    fn line(&mut self, line: &str) {
        self.screen.line(line);
    }

    fn show_event(&mut self, event: &Event, state: &RunState) {
        match event {
            Event::RunStarted(header) => self.head(header),
            Event::GateOpened { step, .. } | Event::ManualOpened { step } => self.introduce(step),
            Event::GateAnswered { step, answer, reason, by, .. } => {
                self.introduce(step);
                self.gate_answered(*answer, reason.as_deref(), by);
            }
            Event::ManualAnswered { step, answer, note, by, .. } => {
                self.introduce(step);
                self.manual_answered(*answer, note.as_deref(), by);
            }
            Event::ParameterOpened { .. } => {}
            Event::ParameterGiven { name, value, by, .. } => {
                self.foreign(&format!("{name} = {} ({by})", shorten(&escape_line(value), 200)), self.styles.ask);
            }
            Event::StepSkipped { step, condition } => {
                self.introduce(step);
                self.line(&paint(&format!("  skipped: `{}` is false", escape_line(condition)), self.styles.dim));
            }
            Event::ProbeStarted { step, probe, moment, .. } => {
                self.introduce(step);
                self.probe_started(probe, *moment);
            }
            Event::ProbeFinished { outcome, .. } => self.probe_finished(outcome),
            Event::StepSatisfied { step } => {
                let words = format!("  ✓ {step}: already satisfied, it is not run");
                self.line(&paint(&words, self.styles.holds(true)));
            }
            Event::AttemptFinished(outcome) => self.attempt_finished(outcome),
            Event::StepStarted { step, .. } => self.step_started(step),
            Event::StepFinished(outcome) => self.step_finished(outcome, state),
            Event::LateOutput { step, bytes, .. } => {
                self.line(&format!(
                    "  {step}: {bytes} bytes came after it had ended, and are in neither match nor hash"
                ));
            }
            Event::LeftRunning { processes } => {
                for process in processes {
                    self.foreign(&format!("left running: {} {}", process.pid, process.command), self.styles.ask);
                }
            }
            Event::RunSuspended { step, parameter, waits_for } => {
                self.introduce(step);
                let what = match parameter {
                    Some(name) if *waits_for == WaitsFor::Secret => {
                        format!(
                            "the value of `{name}`, which the record does not have: set STEPGATE_PARAM_{name}, or type it at a terminal when the run is resumed"
                        )
                    }
                    Some(name) => format!("the parameter `{name}`, asked for behind `{step}`"),
                    None => format!("a person at `{step}`"),
                };
                self.line(&paint(&format!("  waits for {what}: nothing more is run"), self.styles.ask));
            }
            Event::RunFailed { reason } => self.foreign(reason, self.styles.holds(false)),
            Event::RunInterrupted { signal } => {
                self.line(&paint(&format!("\ninterrupted by {signal}"), self.styles.ask));
            }
            Event::GivenUp { by } => self.line(&paint(&format!("  given up by {by}"), self.styles.ask)),
            Event::Closing if self.plan.steps.iter().any(PlannedStep::always) => {
                self.line(&paint("\nclosing: steps that always run", self.styles.dim));
            }
            Event::Closing | Event::Sealed { .. } => {}
            Event::RunResumed(_) => {
                if let Some(header) = &state.header {
                    self.head(header);
                }
                self.aside(event);
                let done = state.steps().filter(|step| step.has_result() && !step.gone).count();
                let all = state.steps().filter(|step| !step.header.probe && !step.gone).count();
                self.line(&paint(&format!("  {done} of {all} steps have their result"), self.styles.dim));
            }
            Event::DecisionOpened { step } | Event::FailureOpened { step } => self.introduce(step),
            Event::DecisionMade { step, .. } | Event::FailureAnswered { step, .. } => {
                self.introduce(step);
                self.aside(event);
            }
            _ => self.aside(event),
        }
    }

    /// What is said in a line or two.
    fn aside(&mut self, event: &Event) {
        for line in aside(event) {
            self.foreign(&line, self.styles.ask);
        }
    }

    fn head(&mut self, header: &RunStarted) {
        self.line(&paint(&escape_line(&header.title), self.styles.heading));
        let profile = header.profile.as_ref().map(|profile| format!(" · profile {}", escape_line(profile)));
        let facts = format!("{} · run {} · plan {}", escape_line(&header.runbook), header.run, header.plan.short());
        let facts = facts + &profile.unwrap_or_default();
        self.line(&paint(&facts, self.styles.dim));
    }

    /// Shows what a step is, once: its section when that is entered, its prose, its command.
    fn introduce(&mut self, step: &Instance) {
        if self.introduced.as_deref() == Some(&step.name) {
            return;
        }
        self.introduced = Some(step.name.clone());
        let plan = self.plan;
        let Some(planned) = self.steps.get(step.name.as_str()).copied() else { return };
        if self.section != Some(planned.section_index) {
            self.section = Some(planned.section_index);
            if !planned.section.is_empty() && planned.section != plan.title {
                self.line("");
                self.line(&paint(&escape_line(&planned.section), self.styles.heading));
            }
        }
        for prose in &planned.prose {
            self.line("");
            self.prose(prose);
        }
        self.line("");
        match &planned.action {
            Action::Manual { text } => {
                self.line(&format!("{} {}", paint("☐", self.styles.ask), paint(&escape_line(text), self.styles.name)));
            }
            Action::Assert { expressions } => {
                self.line(&format!("{} {}", paint("▸", self.styles.name), paint(&step.name, self.styles.name)));
                for text in expressions.texts() {
                    self.line(&format!("  {}", escape_line(text)));
                }
            }
            Action::Shell(shell) => {
                let facts = paint(&step_facts(shell), self.styles.dim);
                self.line(&format!(
                    "{} {}  {facts}",
                    paint("▸", self.styles.name),
                    paint(&step.name, self.styles.name)
                ));
                self.script(&shell.script);
                if let Some(data) = &shell.stdin {
                    self.line(&paint(&format!("  standard input, `{}`:", data.name), self.styles.dim));
                    for line in escape(&data.text).lines() {
                        self.line(&paint(&format!("    {line}"), self.styles.dim));
                    }
                }
                self.show_last_time(&step.name);
            }
        }
    }

    fn script(&mut self, script: &str) {
        for (number, line) in escape(script).lines().enumerate() {
            self.line(&format!("  {} {line}", if number == 0 { "$" } else { " " }));
        }
    }

    fn probe_started(&mut self, probe: &str, moment: Moment) {
        let words = match moment {
            Moment::Before => format!("  probe {probe}: is it needed?"),
            Moment::After => format!("  probe {probe}: did it work?"),
        };
        self.end_output();
        self.screen.still();
        self.line(&paint(&words, self.styles.dim));
        (self.shown, self.hidden) = (0, 0);
    }

    fn probe_finished(&mut self, outcome: &StepFinished) {
        self.end_output();
        let words = match (outcome.status, &outcome.detail) {
            (Status::Passed, _) => format!("  probe {}: passes", outcome.step),
            (_, Some(detail)) => {
                format!("  probe {}: does not pass: {}", outcome.step, shorten(&escape_line(detail), 200))
            }
            (_, None) => format!("  probe {}: does not pass", outcome.step),
        };
        self.line(&paint(&words, self.styles.dim));
        (self.shown, self.hidden) = (0, 0);
    }

    /// An attempt that did not pass, in a line: the last one is shown whole.
    fn attempt_finished(&mut self, outcome: &StepFinished) {
        self.end_output();
        let failed = outcome.expectations.iter().filter(|expectation| !expectation.holds).count();
        let why = match (outcome.exit_code, failed) {
            (Some(code), 0) => format!("exit {code}"),
            (_, 0) => outcome.detail.clone().unwrap_or_default(),
            (_, failed) => format!("{} not hold", crate::text::count(failed, "expectation")),
        };
        let words =
            format!("  attempt {} of {}: {}; it is tried again", outcome.attempt, outcome.step, escape_line(&why));
        self.line(&paint(&words, self.styles.dim));
        (self.shown, self.hidden) = (0, 0);
    }

    /// The author's prose, wrapped at blanks where the screen is narrower than it is written.
    fn prose(&mut self, prose: &str) {
        let width = (self.width)().unwrap_or(usize::MAX);
        for line in escape(prose).lines() {
            for piece in textwrap::wrap(line, width.max(20)) {
                self.line(&paint(&piece, self.styles.dim));
            }
        }
    }

    fn show_last_time(&mut self, name: &str) {
        let Some(last) = self.last_time.get(name) else { return };
        let words = match (last.took, &last.by) {
            (Some(duration), Some(by)) => format!("  last time: {}, confirmed by {}", took(duration), escape_line(by)),
            (Some(duration), None) => format!("  last time: {}", took(duration)),
            _ => return,
        };
        self.line(&paint(&words, self.styles.dim));
    }

    fn gate_answered(&mut self, answer: GateAnswer, reason: Option<&str>, by: &str) {
        let words = match answer {
            GateAnswer::Yes => format!("  confirmed by {by}"),
            GateAnswer::Skip => format!("  skipped by {by}: {}", reason.unwrap_or_default()),
            GateAnswer::No | GateAnswer::Quit => return,
        };
        self.line(&paint(&escape_line(&words), self.styles.ask));
    }

    fn manual_answered(&mut self, answer: ManualAnswer, note: Option<&str>, by: &str) {
        let word = match answer {
            ManualAnswer::Done => "done",
            ManualAnswer::Failed => "failed",
            ManualAnswer::Skipped => "skipped",
            ManualAnswer::No | ManualAnswer::Quit => return,
        };
        let note = note.map_or_else(String::new, |note| format!(": \"{note}\""));
        let style = if answer == ManualAnswer::Done { self.styles.holds(true) } else { self.styles.holds(false) };
        self.line(&format!("  {}", paint(&escape_line(&format!("{word} by {by}{note}")), style)));
    }

    fn step_started(&mut self, step: &Instance) {
        self.introduce(step);
        (self.shown, self.hidden) = (0, 0);
        if let Some(shell) = self.steps.get(step.name.as_str()).and_then(|step| step.shell())
            && (self.width)().is_some()
        {
            self.screen.spin(&step.name, shell.timeout);
        }
    }

    fn show(&mut self, mark: &str, line: &str) {
        if self.shown == SHOWN_LINES {
            self.hidden += 1;
            return;
        }
        self.shown += 1;
        let width = (self.width)().map(|width| width.saturating_sub(mark.chars().count()));
        let mark = paint(mark, self.styles.dim);
        for piece in wrap(line, width) {
            self.line(&format!("{mark}{piece}"));
        }
    }

    fn end_output(&mut self) {
        for (stream, mut margin) in std::mem::take(&mut self.margins) {
            let mut last = None;
            margin.finish(&mut |line| last = Some(line.to_owned()));
            if let Some(line) = last {
                self.show(mark(stream), &line);
            }
        }
        if self.hidden > 0 {
            let words = format!("  … {} more lines, kept in the record", self.hidden);
            self.line(&paint(&words, self.styles.dim));
        }
    }

    fn step_finished(&mut self, outcome: &StepFinished, state: &RunState) {
        // An assertion runs nothing, so nothing introduced it.
        self.introduce(&outcome.step);
        self.end_output();
        self.screen.still();
        for expectation in &outcome.expectations {
            self.expectation(expectation);
        }
        let Some(step) = state.instance(&outcome.step) else { return };
        let style = self.styles.status(outcome.status);
        let mark = if outcome.status == Status::Passed { "✓" } else { "✗" };
        let words = format!("{mark} {}: {}", outcome.step, result_words(step));
        let duration = took(Duration::from_millis(outcome.elapsed_ms));
        self.line(&format!("  {}  {}", paint(&words, style), paint(&duration, self.styles.dim)));
        for detail in outcome.detail.iter().chain(&outcome.notes) {
            self.foreign(detail, Style::new());
        }
        for (name, value) in &outcome.captured {
            self.foreign(&format!("{name} = {}", shorten(&escape_line(value), 200)), Style::new());
        }
        for process in &outcome.left_running {
            self.foreign(&format!("still running: {} {}", process.pid, process.command), Style::new());
        }
    }

    /// Text that a step had a part in, behind a mark of its own also where the screen would wrap it: so that no value
    /// and no diff can pass for a verdict.
    fn foreign(&mut self, text: &str, style: Style) {
        let mark = "  · ";
        let width = (self.width)().map(|width| width.saturating_sub(mark.chars().count()));
        for line in escape(text).lines() {
            for piece in wrap(line, width) {
                self.line(&format!("{}{}", paint(mark, self.styles.dim), paint(&piece, style)));
            }
        }
    }

    fn expectation(&mut self, expectation: &ExpectationRecord) {
        let what = expectation.stream.map_or("expression", stream_words);
        let what = match expectation.line {
            0 => what.to_owned(),
            line => format!("line {line}, {what}"),
        };
        let (mark, verb) = if expectation.holds { ("✓", "holds") } else { ("✗", "does not hold") };
        let words = format!("{mark} {what}: {verb}");
        self.line(&format!("  {}", paint(&words, self.styles.holds(expectation.holds))));
        let Some(detail) = &expectation.detail else { return };
        for line in detail.lines() {
            let style = match line.chars().next() {
                Some('+') => self.styles.holds(false),
                Some('-') => self.styles.ask,
                _ => self.styles.dim,
            };
            self.foreign(line, style);
        }
    }
}

fn mark(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "  │ ",
        Stream::Stderr => "  ┆ ",
    }
}
