//! Asks a person at the terminal. What was typed before the question stood there is thrown away; the end of input
//! is a No.

use super::terminal::{Terminal, eprint_line};
use crate::engine::{
    GateQuestion, GateReply, ManualQuestion, ManualReply, Prompter, Reply, parse_gate_line, parse_manual_line,
};
use crate::event::{GateAnswer, ManualAnswer};
use crate::runbook::Gate;
use rustix::termios::{QueueSelector, tcflush};
use std::io::Write as _;
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
        // What was typed, pasted or pushed before nobody could have meant as an answer.
        _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
        let mut screen = std::io::stderr().lock();
        _ = write!(screen, "{question} ").and_then(|()| screen.flush());
        drop(screen);
        // A thread, since reading a terminal cannot be called off; it ends with the process.
        let (sender, receiver) = oneshot::channel();
        std::thread::Builder::new().spawn(move || _ = sender.send(read_line())).ok()?;
        let line = receiver.await.ok().flatten();
        if line.is_none() {
            eprint_line("");
        }
        line
    }

    async fn reason(&self) -> Option<String> {
        let reason = self.ask("  why is it skipped? (an empty line: it is not)").await?.trim().to_owned();
        if reason.is_empty() {
            eprint_line("  a skip needs a reason; it is not skipped");
        }
        Some(reason).filter(|reason| !reason.is_empty())
    }

    fn paint(&self, text: &str) -> String {
        self.terminal.paint(text, self.terminal.styles().ask)
    }
}

impl Prompter for TerminalPrompter {
    fn is_available(&self) -> bool {
        self.available
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
                Reply::View => view(question),
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
}

const GATE_HELP: &str = "  y  run the step            n  not now: the run is suspended (also an empty line)
  s  skip it, with a reason  v  view script and expectations
  q  give up the run: steps that always run still do";
const MANUAL_HELP: &str = "  d  done, a note may follow: d seen in DSM     f  it failed, a note may follow
  s  skip it, with a reason                     n  not now: the run is suspended (also an empty line)
  q  give up the run: steps that always run still do";

fn view(question: &GateQuestion<'_>) {
    for line in crate::report::step_text(question.step).lines() {
        eprint_line(&format!("  {line}"));
    }
}

/// One line of the terminal; `None` at its end or if it went away.
fn read_line() -> Option<String> {
    let mut line = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match rustix::io::read(std::io::stdin(), &mut buffer) {
            Ok(0) => return None,
            Ok(length) => line.extend_from_slice(&buffer[..length]),
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
        }
        if line.ends_with(b"\n") {
            return Some(String::from_utf8_lossy(&line).into_owned());
        }
    }
}
