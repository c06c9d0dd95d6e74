//! A run as one page that needs nothing else: no network, no other file.
//!
//! In: the state of a run, the runbook that was run, and what speaks against the record. Out: HTML. It must never let what
//! somebody else wrote become active in a reader's browser.

mod body;
mod done;
mod given;
mod page;
mod policy;
mod prose;
mod timeline;
mod top;
mod words;

pub use page::{Journal, Report, html_page};
