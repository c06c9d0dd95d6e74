//! What `stepgate.toml` says (docs/format.md §9).
//!
//! In: the file's text. Out: a [`Config`], or findings with their places. It must never know where the file lies, how
//! a secret is fetched, or what a runbook holds.

mod commands;
mod limits;
mod model;
mod read;
mod secret_source;
mod table;
mod unseen;
mod words;

pub use limits::parse_size;
pub use model::{Config, Interpreter, Level, Limits, LintLevel, Profile, Sign};
pub use read::read;
pub use secret_source::SecretSource;
