//! What the author wrote.
//!
//! In: the bytes of a Markdown file. Out: a [`Runbook`] whose every value knows its place in the file, or
//! the findings that say why not. It must never know what will be run, where, or what happened.

mod assemble;
mod attributes;
mod declarations;
mod decode;
mod front_matter;
mod info;
mod lint;
mod model;
mod names;
mod parameters;
mod placeholders;
mod references;
mod scan;
mod shell_words;
mod target;
mod unclosed;
mod yaml;

pub use crate::duration::{parse_duration, show_duration};
pub use assemble::read;
pub use attributes::{check_variable, unknown_language};
pub use decode::{MAX_BYTES, declares_runbook, decode};
pub use model::*;
pub use names::{ANSWERS, is_answer, is_reserved_variable, is_variable_name, slug};
pub use shell_words::{Part, PartKind, Token, TokenKind, everywhere, tokens};
pub use target::{LOCAL, Shell, Target, fill_word, word_references};
