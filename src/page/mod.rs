//! What pages are made of: the book's and a run's report.
//!
//! In: a runbook's model, and plain text from anywhere. Out: HTML in which all of it stays text. It must never know what a
//! page is for, or take HTML from anybody.

mod card;
mod escape;
mod templates;

pub use card::{AboutCard, AssertCard, DataCard, ExpectationCard, Fact, LastPass, StepCard, step_anchor};
pub use escape::html;
pub use templates::{PageError, Templates};
