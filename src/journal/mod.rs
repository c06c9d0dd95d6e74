//! The record: a chain of lines, the ledger over all runs, and the store that holds them (`docs/journal.md`).
//!
//! In: events. Out: durable lines, and the events again for whoever reads a record. It must never
//! decide what happens next.

mod blocks;
mod chain;
mod clock;
mod doubts;
mod durable;
mod event_line;
mod ledger;
mod listing;
mod lock;
mod reader;
mod run_id;
#[cfg(test)]
mod samples;
mod store;
mod writer;

pub use chain::{Entry, LineError};
pub use clock::Clock;
pub use doubts::doubts;
pub use ledger::{Ledger, LedgerEvent};
pub use listing::{Listed, Listing, Standing};
pub use lock::{Holder, Lock, LockError};
pub use reader::{Damage, Mark, ReadError, Reading, read_journal};
pub use run_id::{RunId, RunIdError};
pub use store::{FindError, RunFolder, Store, StoreError};
pub use writer::Journal;
