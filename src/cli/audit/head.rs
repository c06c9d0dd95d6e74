//! `stepgate audit head [RUN]`: the line to keep elsewhere.

use super::super::error::{Exit, Failure};
use super::super::log::{open_store, read};
use super::super::output::print;
use super::args;
use crate::audit::{HeadLine, HeadOf};
use crate::event::RunState;
use crate::journal::Store;

/// The command. What is damaged has no head that is worth keeping.
pub fn head(options: &args::Head) -> Result<Exit, Failure> {
    let store = open_store(options.store.as_ref())?;
    let line = match &options.run {
        None => of_ledger(&store)?,
        Some(run) => of_run(&store, run)?,
    };
    print(&format!("{line}\n"))?;
    Ok(Exit::Success)
}

fn of_ledger(store: &Store) -> Result<HeadLine, Failure> {
    let failed = |why: String| Failure::new(Exit::Failure, format!("the ledger has no head: {why}"));
    let listing = store.ledger().listing().map_err(|error| failed(format!("it cannot be read: {error}")))?;
    if let Some(damage) = &listing.damage {
        return Err(failed(format!("it is damaged: {damage}")).hint("stepgate audit verify --all"));
    }
    let mark = listing.end().ok_or_else(|| failed("it has no line".to_owned()))?;
    Ok(HeadLine { of: HeadOf::Ledger, mark })
}

fn of_run(store: &Store, run: &str) -> Result<HeadLine, Failure> {
    let folder = store.find(Some(run))?;
    let reading = read(&folder, RunState::lean())?;
    let failed = |why: String| Failure::new(Exit::Failure, format!("the record of {} has no head: {why}", folder.run));
    match (&reading.damage, &reading.state.seal) {
        (Some(damage), _) => Err(failed(format!("it is damaged: {damage}"))),
        (None, None) => {
            Err(failed("it has no seal yet".to_owned()).hint("`stepgate audit head` prints that of the ledger"))
        }
        (None, Some(_)) => Ok(HeadLine { of: HeadOf::Run(folder.run.to_string()), mark: reading.end() }),
    }
}
