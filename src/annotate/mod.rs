//! The log: the runbook, byte for byte, with what happened written after each step (`docs/log.md`).
//!
//! In: the runbook that was run, and the state of the run. Out: Markdown that is a runbook again. It must never
//! reformat what the author wrote, or let what a machine printed become Markdown.

mod accept;
mod clear;
mod evidence;
mod log;
mod markdown;
mod quote;
#[cfg(test)]
mod round_trip;
mod same;
mod splice;
mod step_quote;
mod summary_quote;

pub use accept::{accepted, before_and_after, block_of};
pub use clear::{Cleared, clear, is_same, without_results};
pub use evidence::{Evidence, evidence};
pub use log::{Log, annotate};
pub use markdown::inline;
pub use same::says_the_same;
