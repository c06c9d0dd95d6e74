//! What happens: one state machine over a plan.
//!
//! In: a [`Plan`](crate::plan::Plan), answers given beforehand, a [`Prompter`] and a journal. Out: events, and the
//! [`RunState`](crate::event::RunState) that they add up to. It must never know a terminal, the environment or the
//! home directory; those are handed in.

mod answers;
mod capture;
mod gate;
mod judge;
mod recorder;
mod run;
mod setting;
mod step;

pub use answers::{AnswerError, Answers};
pub use gate::{
    GateQuestion, GateReply, ManualQuestion, ManualReply, Prompter, Reply, parse_gate_line, parse_manual_line,
};
pub use recorder::{Observer, Recorder};
pub use run::{Ending, Engine};
pub use setting::{Interrupts, Setting};
