//! What happened: one event enum, one fold.
//!
//! In: events in order. Out: [`RunState`], the only bookkeeping of a run. It must never know who emits an event or
//! who reads the state: the engine, the journal, the terminal, the log and every report use this one fold.

mod account;
mod agreements;
mod changes;
mod decision;
mod excerpt;
mod header;
mod model;
mod outcome;
mod piece;
mod preface;
mod state;
mod step_state;
mod stretch;
mod summary;
mod told;
mod verdict;

pub use account::{LinesOf, ReadExcerpt, Saying, manual_words, shown_lines, step_account, step_facts, told_skip};
pub use agreements::{Agreement, agreements};
pub use changes::{Change, MASK, Now, changes};
pub use decision::{Decision, FailureAnswer};
pub use excerpt::Excerpt;
pub use header::{Revision, RunResumed, RunStarted, StepHeader, StepKind};
pub use model::*;
pub use outcome::*;
pub use piece::{Piece, Words, ticked};
pub use preface::{selection_words, span_words, told_deviations, told_parts};
pub use state::{Part, RUNBOOK_FILE, RunState, Suspension};
pub use step_state::{Deviation, GateState, ProbeState, StepState};
pub use stretch::{Doing, Stretch};
pub use summary::{
    CriterionRow, StepRow, criterion_rows, deviation_words, headline, part_words, result_words, step_rows,
};
pub use verdict::{CriterionVerdict, RunVerdict, Status};
