//! stepgate runs Markdown runbooks: marked blocks in order, gates, checked outputs, and a record.
//!
//! ```text
//!  Markdown ──► runbook ──► plan ──► engine ──events──► journal ──► report  annotate
//!  (author)     what was    what     what happens       the record   whatever looks at a record
//!               written     will     │   ▲
//!                           be done  ▼   │
//!                                   shell expect
//!                                   doing judging
//! ```
//!
//! Everything above `event` reads events, everything below makes them. The library takes environment, home,
//! time and terminal as arguments; only `cli` knows them.

pub mod annotate;
pub mod audit;
pub mod book;
mod chance;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod duration;
pub mod engine;
pub mod event;
pub mod expect;
pub mod hash;
pub mod journal;
pub mod judge;
pub mod lint;
pub mod page;
pub mod plan;
pub mod redact;
pub mod replay;
pub mod report;
pub mod runbook;
pub mod schema;
pub mod session_state;
pub mod shell;
pub mod text;

/// How every block quote that stepgate writes into a runbook begins, so that it can be told from the author's.
pub const OWN_QUOTE: &str = "> <!-- stepgate:";
