//! The one sink for secrets: everything that is written or shown goes through it.
//!
//! In: the values of secrets, and text or bytes. Out: the same without any of these values, in whatever usual form
//! they occur. It must never know where a text comes from or goes to.
//!
//! Every run of bytes that occurrences cover becomes one [`MASK`]. Covered are the value itself; its base64 and hex, also
//! inside a longer text as far as the value alone decides, and wherever lines break; base64 of its base64; its URL,
//! shell, JSON, HTML, Python and Rust forms; its text with other line ends, without blanks around it, or with its lines
//! joined by blanks; and each of its lines.
//!
//! **Not covered** is what a step makes of a value by other means: reversed, cut, letter by letter, compressed,
//! encrypted, hashed, in upper case, encoded twice (but JSON in JSON, and base64 in base64), with colours or a margin
//! inside (but for a margin of blanks before base64 and hex). Of base64 and hex whose lines are shorter than a
//! window or are looked at one by one, less than a window is left at each line break. Neither is what was
//! written before its value was known, nor a JSON number. Views escape control characters *after* this room: what comes
//! in here must be raw.

mod filter;
mod finder;
mod forms;
mod known;
mod mask;
mod panic;
mod redactor;
mod walk;
mod warnings;
mod windows;
mod writer;

pub use filter::Filter;
pub use mask::MASK;
pub use panic::quiet_panics;
pub use redactor::{MAX_SECRET, Redactor, SecretError};
pub use writer::RedactedWriter;
