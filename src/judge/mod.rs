//! A step that has ended, held against what its author expects: while it runs, and again whenever a recording is replayed.
//!
//! In: a planned script, variables, what it printed and how it ended. Out: a [`Judgement`], a record for each expectation, and
//! what was captured. It must never know whether the step has just run or ran a year ago.

mod facts;
mod head;
mod judgement;
mod matching;

pub use facts::{named_steps, params, result, text_of, vars};
pub use head::{ASSERTABLE, Head};
pub use judgement::{Judgement, exit_code, is_over, judge, signal, terminal_hint};
pub use matching::{Compiled, Matched, assert_records, capture_stdout, check_captured};
