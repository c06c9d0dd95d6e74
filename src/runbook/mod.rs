//! What the author wrote.
//!
//! In: the bytes of a Markdown file. Out: a [`Runbook`] whose every value knows its place in the file, or
//! the findings that say why not. It must never know what will be run, where, or what happened.

mod assemble;
mod attributes;
mod decode;
mod duration;
mod front_matter;
mod info;
mod lint;
mod model;
mod names;
mod scan;
mod unclosed;

pub use assemble::read;
pub use attributes::check_variable;
pub use decode::{MAX_BYTES, declares_runbook, decode};
pub use duration::{parse_duration, show_duration};
pub use model::*;
pub use names::{ANSWERS, is_reserved_variable, slug};
