//! What happened: one event enum, one fold.
//!
//! In: events in order. Out: [`RunState`], the only bookkeeping of a run. It must never know who emits an event or
//! who reads the state: the engine, the journal, the terminal, the log and every report use this one fold.

mod model;
mod state;
mod summary;
mod verdict;

pub use model::*;
pub use state::{GateState, ProbeState, RunState, StepState, Suspension};
pub use summary::{CriterionRow, StepRow, criterion_rows, headline, result_words, step_rows};
pub use verdict::{CriterionVerdict, RunVerdict, Status};
