//! The one sink for secrets: everything that is written or shown goes through it.
//!
//! In: the values of secrets, and text or bytes. Out: the same without any of these values, in whatever usual form
//! they occur. It must never know where a text comes from or goes to.
//!
//! Covered are the value itself, its base64, URL, shell, JSON and hex forms, and each of its lines. A step that
//! transforms a value by other means (reverses it, prints it letter by letter, colours half of it) is beyond this.

mod filter;
mod forms;
mod hook;
mod redactor;

pub use filter::Filter;
pub use hook::{RedactedWriter, quiet_panics};
pub use redactor::{MASK, Redactor, SecretError};
