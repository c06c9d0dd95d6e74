//! The local session, through its public interface only.

mod carried_over;
mod conformance;
mod forging;
mod harness;
mod output;
mod parallel;
mod robustness;
mod runs;
mod state;
mod tampering;
