//! The record: a chain of lines, the ledger over all runs, and the store that holds them (`docs/journal.md`).
//!
//! In: events. Out: durable lines, and the events again for whoever reads a record. It must never
//! decide what happens next.

mod archive;
mod aside;
mod blocks;
mod chain;
mod clock;
mod disk;
mod doubts;
mod durable;
mod event_line;
mod find;
mod go_on;
mod holder;
mod inspect;
mod ledger;
mod listing;
mod lock;
#[cfg(test)]
pub(crate) mod model_disk;
#[cfg(test)]
mod model_files;
mod reader;
mod run_folder;
mod run_id;
#[cfg(test)]
pub(crate) mod samples;
mod signatures;
mod store;
mod vouched;
mod writer;

pub use archive::Archive;
pub use chain::{Entry, LineError, Mark};
pub use clock::Clock;
pub use disk::{Disk, DiskFile};
pub use doubts::doubts;
pub use find::FindError;
pub use go_on::{GoOnError, GoneOn};
pub use holder::{Holder, state_and_start};
pub use ledger::{Ledger, LedgerEvent};
pub use listing::{Listed, Listing, Standing};
pub use lock::{Lock, LockError, Taken, TakenOver};
pub use reader::{Damage, ReadError, Reading, read_journal, read_journal_watching};
pub use run_folder::RunFolder;
pub use run_id::{RunId, RunIdError};
pub use signatures::Signature;
pub use store::{Store, StoreError};
pub use vouched::{Vouched, output_doubt};
pub use writer::Journal;
