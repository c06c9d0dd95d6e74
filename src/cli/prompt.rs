//! Asks a person at the terminal. What was typed before the question stood there is thrown away; the end of input
//! is a No.

use super::terminal::{Terminal, eprint_line, eprint_question, read_line};
use crate::engine::{
    Decided, DecisionQuestion, DecisionReply, FailureQuestion, FailureReply, GateQuestion, GateReply, ManualQuestion,
    ManualReply, ParameterQuestion, ParameterReply, Prompter, Reply, parse_decision_line, parse_failure_line,
    parse_gate_line, parse_manual_line,
};
use crate::event::{FailureAnswer, GateAnswer, ManualAnswer};
use crate::plan::PlannedStep;
use crate::runbook::{Gate, Parameter};
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// The operator's terminal as a [`Prompter`].
pub struct TerminalPrompter {
    terminal: Terminal,
    available: bool,
}

impl TerminalPrompter {
    /// Asks at `terminal`, if it is one and `allowed`.
    pub fn new(terminal: Terminal, allowed: bool) -> Self {
        Self { terminal, available: allowed && terminal.is_interactive() }
    }

    async fn ask(&self, question: &str) -> Option<String> {
        let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw())).ok()?;
        eprint_question(question);
        // A thread, since reading a terminal cannot be called off; it ends with the process.
        let (sender, mut receiver) = oneshot::channel();
        std::thread::Builder::new().spawn(move || _ = sender.send(read_line())).ok()?;
        let line = loop {
            tokio::select! {
                biased;
                line = &mut receiver => break line.ok().flatten(),
                // Behind ^Z and `fg` the question is out of sight, and what had been typed is gone.
                Some(()) = continued.recv() => eprint_question(question),
            }
        };
        if line.is_none() {
            eprint_line("");
        }
        line
    }

    async fn reason(&self) -> Option<String> {
        let reason = self.why("  why is it skipped? (an empty line: it is not)").await;
        if reason.is_none() {
            eprint_line("  a skip needs a reason; it is not skipped");
        }
        reason
    }

    async fn why(&self, question: &str) -> Option<String> {
        let reason = self.ask(question).await?.trim().to_owned();
        Some(reason).filter(|reason| !reason.is_empty())
    }

    fn paint(&self, text: &str) -> String {
        self.terminal.paint(text, self.terminal.styles().ask)
    }
}

impl Prompter for TerminalPrompter {
    fn is_available(&self) -> bool {
        self.available && !self.terminal.is_lost()
    }

    async fn gate(&mut self, question: &GateQuestion<'_>) -> GateReply {
        let words = match question.gate {
            Gate::Type => format!(
                "  type `{}` to run `{}`, or [n]o, suspend [s]kip [v]iew [q]uit [?]",
                question.phrase, question.step.name
            ),
            Gate::None | Gate::Confirm => {
                format!("  run `{}`? [y]es [n]o, suspend [s]kip [v]iew [q]uit [?]", question.step.name)
            }
        };
        let words = self.paint(&words);
        loop {
            let Some(line) = self.ask(&words).await else {
                return GateReply { answer: GateAnswer::No, reason: None };
            };
            match parse_gate_line(&line, question.gate, question.phrase) {
                Reply::Answer(answer, reason) => return GateReply { answer, reason },
                Reply::ReasonWanted => {
                    if let Some(reason) = self.reason().await {
                        return GateReply { answer: GateAnswer::Skip, reason: Some(reason) };
                    }
                }
                Reply::View => show_step(question.step),
                Reply::Help if question.gate == Gate::Type => eprint_line(TYPED_HELP),
                Reply::Help => eprint_line(GATE_HELP),
                Reply::Unclear => eprint_line("  that is no answer; an empty line is No"),
            }
        }
    }

    async fn manual(&mut self, question: &ManualQuestion<'_>) -> ManualReply {
        let words = format!("  `{}`: [d]one [f]ailed [s]kip [n]ot now, suspend [q]uit [?]", question.step.name);
        let words = self.paint(&words);
        loop {
            let Some(line) = self.ask(&words).await else {
                return ManualReply { answer: ManualAnswer::No, note: None };
            };
            match parse_manual_line(&line) {
                Reply::Answer(answer, note) => return ManualReply { answer, note },
                Reply::ReasonWanted => {
                    if let Some(reason) = self.reason().await {
                        return ManualReply { answer: ManualAnswer::Skipped, note: Some(reason) };
                    }
                }
                Reply::View | Reply::Help => eprint_line(MANUAL_HELP),
                Reply::Unclear => eprint_line("  that is no answer; an empty line is: not now"),
            }
        }
    }

    async fn decision(&mut self, question: &DecisionQuestion<'_>) -> DecisionReply {
        for line in question.facts.lines() {
            eprint_line(&format!("  · {}", crate::text::escape_line(&line)));
        }
        let name = &question.step.name;
        let words =
            format!("  what became of `{name}`? it [h]appened, it did [n]ot, [r]un again, [a]bort, [l]ater [v]iew [?]");
        let words = self.paint(&words);
        loop {
            let Some(line) = self.ask(&words).await else { return DecisionReply::Later };
            match parse_decision_line(&line) {
                Reply::Answer(None, _) => return DecisionReply::Later,
                Reply::Answer(Some(decision), reason) => {
                    let reason = match reason {
                        Some(reason) => Some(reason),
                        None => self.why("  how do you know? (an empty line: nothing is decided)").await,
                    };
                    if let Some(reason) = reason {
                        return DecisionReply::Decided(Decided { decision, reason });
                    }
                }
                Reply::View => show_step(question.step),
                Reply::Help => eprint_line(DECISION_HELP),
                Reply::ReasonWanted | Reply::Unclear => eprint_line("  that is no answer; an empty line is: later"),
            }
        }
    }

    async fn failure(&mut self, question: &FailureQuestion<'_>) -> FailureReply {
        let name = &question.step.name;
        let retry = if question.retry { "[r]etry " } else { "" };
        let words = format!("  `{name}` failed: {retry}[s]kip [l]eave, to be resumed [v]iew [q]uit [?]");
        let words = self.paint(&words);
        loop {
            let leave = FailureReply { answer: FailureAnswer::Leave, reason: None };
            let Some(line) = self.ask(&words).await else { return leave };
            match parse_failure_line(&line, question.retry) {
                Reply::Answer(answer, reason) => return FailureReply { answer, reason },
                Reply::ReasonWanted => {
                    if let Some(reason) = self.reason().await {
                        return FailureReply { answer: FailureAnswer::Skip, reason: Some(reason) };
                    }
                }
                Reply::View => show_step(question.step),
                Reply::Help if question.retry => eprint_line(RETRY_HELP),
                Reply::Help => eprint_line(FAILURE_HELP),
                Reply::Unclear => eprint_line("  that is no answer; an empty line is: leave"),
            }
        }
    }

    async fn parameter(&mut self, question: &ParameterQuestion<'_>) -> ParameterReply {
        let ParameterQuestion { parameter, choices, default, check } = *question;
        let words = self.paint(&parameter_words(parameter, choices, default));
        loop {
            let Some(line) = self.ask(&words).await else { return ParameterReply::No };
            match parameter_answer(&line, choices, default, check) {
                Ok(value) => return ParameterReply::Value(value),
                Err(_) if line.trim().is_empty() => return ParameterReply::No,
                Err(_) if line.trim() == "q" => return ParameterReply::Quit,
                Err(why) => {
                    eprint_line(&format!("  {} (an empty line: not now; q: give up)", crate::text::escape_line(&why)));
                }
            }
        }
    }
}

/// What was answered before the run.
pub enum Asked {
    /// A value that can be taken.
    Value(String),
    /// Nothing: the end of input, or nobody is there.
    Nothing,
}

/// Asks for a parameter before the run, again until the answer can be taken.
pub fn ask_parameter(
    parameter: &Parameter,
    choices: Option<&[String]>,
    default: Option<&str>,
    check: &dyn Fn(&str) -> Result<(), String>,
    terminal: &Terminal,
) -> Asked {
    let words = terminal.paint(&parameter_words(parameter, choices, default), terminal.styles().ask);
    loop {
        eprint_question(&words);
        let Some(line) = read_line() else { return Asked::Nothing };
        match parameter_answer(&line, choices, default, check) {
            Ok(value) => return Asked::Value(value),
            Err(why) => eprint_line(&format!("  {}", crate::text::escape_line(&why))),
        }
    }
}

fn parameter_words(parameter: &Parameter, choices: Option<&[String]>, default: Option<&str>) -> String {
    let mut words = String::new();
    for (number, choice) in choices.unwrap_or_default().iter().enumerate() {
        words.push_str(&format!(
            "  {:>3}) {}\n",
            number + 1,
            crate::text::escape_line(&crate::text::shorten(choice, 200))
        ));
    }
    let help = parameter.help.as_ref().map_or_else(String::new, |help| format!(", {}", crate::text::escape_line(help)));
    let default = default.map_or_else(String::new, |value| format!(" [{}]", crate::text::escape_line(value)));
    let pick = if choices.is_some() { ", a number of the list or its text" } else { "" };
    format!("{words}  {} ({}{help}{pick}){default}:", parameter.name, parameter.kind.as_str())
}

/// The value that a line means: a number chooses from the list, an empty line takes the default.
fn parameter_answer(
    line: &str,
    choices: Option<&[String]>,
    default: Option<&str>,
    check: &dyn Fn(&str) -> Result<(), String>,
) -> Result<String, String> {
    let text = line.strip_suffix('\n').unwrap_or(line).trim_end_matches('\r');
    let picked = choices.and_then(|choices| {
        let number: usize = text.trim().parse().ok()?;
        let literal = choices.iter().any(|choice| choice == text);
        choices.get(number.checked_sub(1)?).filter(|_| !literal)
    });
    let value = match (picked, text, default) {
        (Some(picked), _, _) => picked.as_str(),
        (None, "", Some(default)) => default,
        (None, text, _) => text,
    };
    check(value).map(|()| value.to_owned())
}

const GATE_HELP: &str = "  y  run the step            n  not now: the run is suspended (also an empty line)
  s  skip it, with a reason  v  view script and expectations
  q  give up the run: steps that always run still do";
const TYPED_HELP: &str = "  the phrase runs the step, letter for letter
  n  not now: the run is suspended (also an empty line)     s  skip it, with a reason
  v  view script and expectations                           q  give up the run: steps that always run still do";
const MANUAL_HELP: &str = "  d  done, a note may follow: d seen in DSM     f  it failed, a note may follow
  s  skip it, with a reason                     n  not now: the run is suspended (also an empty line)
  q  give up the run: steps that always run still do";

const DECISION_HELP: &str = "  h  it happened: it counts as done, is not run again, and proves no criterion
  n  it did not happen: it is run now, as if it never had been begun
  r  run it again, whatever happened              a  abort: give up the run; steps that always run still do
  l  later: the run is left as it is (also an empty line). A reason may follow: h the file is there
  v  view script and expectations";
const RETRY_HELP: &str = "  r  run it again                                 s  skip it, with a reason
  l  leave the run: `stepgate resume` goes on here (also an empty line)
  v  view script and expectations                 q  give up the run: steps that always run still do";
const FAILURE_HELP: &str = "  s  skip it, with a reason                       v  view script and expectations
  l  leave the run: `stepgate resume` asks what became of it (also an empty line)
  q  give up the run: steps that always run still do";

fn show_step(step: &PlannedStep) {
    for line in crate::report::step_text(step).lines() {
        eprint_line(&format!("  {line}"));
    }
}
