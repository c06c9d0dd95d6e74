//! The command line: one file a command.
//!
//! In: arguments, environment, the terminal. Out: exit codes (`docs/cli.md`). Nothing else in the crate may know a
//! terminal, the environment or the home directory.

mod about;
mod ahead;
mod args;
mod audit;
mod check;
mod clear;
mod configuration;
mod difference;
mod environment;
mod error;
mod execute;
mod explain;
mod files;
mod findings;
mod fix;
mod header;
mod hidden;
mod inputs;
mod list;
mod log;
mod mdbook;
mod new;
mod next;
mod output;
mod parallel;
mod past;
mod pattern;
mod plan;
mod printed;
mod prompt;
mod record;
mod replace;
mod replay;
mod report;
mod resume;
mod resume_changes;
mod resume_values;
mod run;
mod screen;
mod search;
mod secret_value;
mod secrets;
mod sessions;
mod shell_syntax;
mod sign;
mod signals;
mod ssh;
mod terminal;
mod tree;
mod unfinished;
mod view;
mod write_back;

pub use args::command;
pub use error::Exit;

use crate::redact::{Redactor, quiet_panics};
use args::{Arguments, Command};
use clap::Parser as _;

/// Runs the command that the arguments name.
pub fn main() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Success };
        }
    };
    let redactor = Redactor::default();
    quiet_panics(redactor.clone());
    terminal::mask_with(redactor.clone());
    environment::start_tracing(redactor.clone());
    let terminal = terminal::Terminal::new(arguments.color);
    let done = match arguments.command {
        Command::Run(options) => run::run(&options, redactor, &terminal),
        Command::Resume(options) => resume::resume(&options, redactor, &terminal),
        Command::Plan(options) => plan::plan(&options, &terminal),
        Command::Check(options) => check::check(&options, &terminal),
        Command::List(options) => list::list(&options, &terminal),
        Command::Explain(options) => explain::explain(&options),
        Command::Log(options) => log::log(&options),
        Command::Clear(options) => clear::clear(&options, &terminal),
        Command::Audit(command) => audit::audit(&command, &terminal),
        Command::Record(options) => replay::record(&options, &terminal),
        Command::Accept(options) => replay::accept(&options, &terminal),
        Command::Verify(options) => replay::verify(&options, &terminal),
        Command::New(options) => new::new(&options),
        Command::Schema(options) => about::print_schema(&options),
        Command::Completions(options) => about::completions(&options),
        Command::Man(options) => about::man(&options),
        Command::Mdbook(options) => mdbook::mdbook(&options, &terminal),
        Command::Sign(options) => sign::sign_run(&options, &terminal),
    };
    done.unwrap_or_else(|error| error.print(&terminal))
}
