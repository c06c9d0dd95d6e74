//! What pages are made of: the book's and a run's report.
//!
//! In: a runbook's model, and plain text from anywhere. Out: HTML in which all of it stays text. It must never know what a
//! page is for, or take HTML from anybody.

mod address;
mod card;
mod escape;
mod templates;

pub use address::{is_plain_address, is_plain_in_file};
pub use card::{
    AboutCard, AssertCard, DataCard, ExpectationCard, Fact, LastPass, STEP_ANCHOR, StepCard, adjacent, step_anchor,
};
pub use escape::html;
pub use templates::{PageError, Templates};
