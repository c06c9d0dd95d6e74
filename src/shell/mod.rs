//! In: a step's script, its variables and its limits. Out: its bytes as they come, how it ended, who is left running.
//! A session keeps directory, variables, functions and options from step to step, whatever a step does to its shell.
//! It must never know what a runbook, an expectation, a gate or the journal is.

mod config;
mod driver;
mod frame;
mod hurry;
mod interpreter;
mod kill;
mod local;
mod process;
mod quote;
mod refusal;
mod run_processes;
mod secret;
mod session;
mod state;
mod step;
mod stream;

pub use config::{SessionConfig, ShellKind, local_environment, transport_environment};
pub use hurry::Hurry;
pub use kill::become_subreaper;
pub use process::Process;
pub use run_processes::processes_of;
pub use session::{Session, SessionError};
pub use step::{How, OutputSink, StepEnd, StepRequest, Stream};
