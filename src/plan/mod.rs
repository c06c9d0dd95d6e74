//! What will be done, fully resolved, identified by its SHA-256.
//!
//! In: a [`Runbook`](crate::runbook::Runbook). Out: a [`Plan`]: the steps in order with everything decided that can
//! be decided before the run. It must never know how a step is run or what happened.

mod build;
mod model;
mod selection;
mod variables;

pub use build::{Planned, plan};
pub use model::{Action, Criterion, Plan, PlannedExpectation, PlannedStep, ShellAction};
pub use selection::{Selection, SelectionError, find};
