//! What happened: one event enum, one fold.
//!
//! In: events in order. Out: [`RunState`], the only bookkeeping of a run. It must never know who emits an event or
//! who reads the state: the engine, the journal, the terminal, the log and every report use this one fold.

mod agreements;
mod changes;
mod decision;
mod header;
mod model;
mod outcome;
mod state;
mod step_state;
mod summary;
mod told;
mod verdict;

pub use agreements::{Agreement, agreements};
pub use changes::{Change, MASK, Now, changes};
pub use decision::{Decision, FailureAnswer};
pub use header::{Revision, RunResumed, RunStarted, StepHeader, StepKind};
pub use model::*;
pub use outcome::*;
pub use state::{Part, RUNBOOK_FILE, RunState, Suspension};
pub use step_state::{Deviation, GateState, ProbeState, StepState};
pub use summary::{
    CriterionRow, StepRow, criterion_rows, deviation_words, headline, part_words, result_words, step_rows,
};
pub use verdict::{CriterionVerdict, RunVerdict, Status};
