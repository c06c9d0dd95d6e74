//! `stepgate audit …`: past runs.

mod args;
mod asked;
mod compare;
mod export;
mod head;
mod list;
mod show;
mod verify;

pub use args::Audit;
pub use list::standing;

use super::error::{Exit, Failure};
use super::terminal::Terminal;

/// The command.
pub fn audit(command: &Audit, terminal: &Terminal) -> Result<Exit, Failure> {
    match command {
        Audit::List(options) => list::list(options),
        Audit::Show(options) => show::show(options, terminal),
        Audit::Compare(options) => compare::compare_runs(options, terminal),
        Audit::Export(options) => export::export(options, terminal),
        Audit::Verify(options) => verify::verify(options, terminal),
        Audit::Head(options) => head::head(options),
    }
}
