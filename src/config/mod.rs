//! What `stepgate.toml` says (docs/format.md §9).
//!
//! In: the file's text. Out: a [`Config`], or findings with their places. It must never know where the file lies, how
//! a secret is fetched, or what a runbook holds.

mod limits;
mod model;
mod read;
mod table;

pub use limits::parse_size;
pub use model::{Config, Interpreter, Level, Limits, LintLevel, Profile, SecretSource};
pub use read::read;
