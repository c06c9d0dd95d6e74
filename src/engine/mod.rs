//! What happens: one state machine over a plan.
//!
//! In: a [`Plan`](crate::plan::Plan), answers given beforehand, a [`Prompter`] and a journal. Out: events, and the
//! [`RunState`](crate::event::RunState) that they add up to. It must never know a terminal, the environment or the
//! home directory; those are handed in.

mod answers;
mod ask;
mod attempt;
mod capture;
mod decide;
mod doubt;
mod expressions;
mod facts;
mod failure;
mod gate;
mod intake;
mod interrupts;
mod late;
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
mod standing;

pub use answers::{AnswerError, Answers, Decided};
pub use decide::alive;
pub use doubt::{DoubtFacts, facts as doubt_facts, first_undecided};
pub use facts::Streams;
pub use gate::{Reply, parse_decision_line, parse_failure_line, parse_gate_line, parse_manual_line};
pub use interrupts::{Interrupts, Signals};
pub use prompter::{
    DecisionQuestion, DecisionReply, FailureQuestion, FailureReply, GateQuestion, GateReply, ManualQuestion,
    ManualReply, ParameterQuestion, ParameterReply, Prompter,
};
pub use recorder::{Observer, Recorder};
pub use run::{Begin, Ending, Engine};
pub use setting::{Missing, Setting};
pub use standing::{Standing, standing};

/// What stands in a record in place of a secret's value.
pub const SECRET: &str = crate::event::MASK;
