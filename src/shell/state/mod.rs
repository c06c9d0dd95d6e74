//! In: what a shell printed of itself after a step. Out: the text that gives another shell the same state,
//! and the same as data for another process.
//!
//! A state has every secret in clear text: it stays in memory. Nothing here but that data can be printed.

mod bash;
mod bash_portable;
mod bash_restore;
mod carried;
mod portable;
mod posix;
mod posix_portable;
mod resumed;
mod saved;
mod statements;
mod values;
mod words;

pub(super) use bash::may_begin_a_dump;
pub(super) use carried::Carried;
pub(super) use portable::Kept;
pub(super) use saved::{Base, Saved, refuse};
