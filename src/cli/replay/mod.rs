//! Recordings: passed runs that are kept beside their runbooks, and today's runbooks held against them.

mod accept;
mod args;
mod beside;
mod junit;
mod record;
mod show;
mod verify;

pub use accept::accept;
pub use args::{Accept, Record, Verify};
pub use record::record;
pub use verify::{Asked, Verified, verify, verify_file};
