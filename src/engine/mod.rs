//! What happens: one state machine over a plan.
//!
//! In: a [`Plan`](crate::plan::Plan), answers given beforehand, a [`Prompter`] and a journal. Out: events, and the
//! [`RunState`](crate::event::RunState) that they add up to. It must never know a terminal, the environment or the
//! home directory; those are handed in.

mod answers;
mod ask;
mod attempt;
mod capture;
mod expressions;
mod facts;
mod gate;
mod head;
mod intake;
mod judge;
mod late;
mod matching;
mod perform;
#[cfg(test)]
mod power_loss;
mod processes;
mod prompter;
mod recorder;
mod redacted;
mod run;
mod sessions;
mod setting;

pub use answers::{AnswerError, Answers};
pub use gate::{Reply, parse_gate_line, parse_manual_line};
pub use prompter::{GateQuestion, GateReply, ManualQuestion, ManualReply, ParameterQuestion, ParameterReply, Prompter};
pub use recorder::{Observer, Recorder};
pub use run::{Ending, Engine};
pub use setting::{Interrupts, Setting};

/// What stands in a record in place of a secret's value.
pub const SECRET: &str = "[secret]";
