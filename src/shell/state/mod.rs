//! In: what a shell printed of itself after a step. Out: the text that gives another shell the same state.
//!
//! A state has every secret in clear text: it stays in memory, and nothing here can be printed.

mod bash;
mod bash_restore;
mod carried;
mod posix;
mod saved;
mod statements;

pub(super) use bash::may_begin_a_dump;
pub(super) use carried::Carried;
pub(super) use saved::{Base, Saved, refuse};
