//! What the author wrote.
//!
//! In: the bytes of a Markdown file. Out: a [`Runbook`] whose every value knows its place in the file, or
//! the findings that say why not. It must never know what will be run, where, or what happened.

mod assemble;
mod attributes;
#[cfg(test)]
mod bad_input;
mod bind;
mod check_names;
mod declarations;
mod decode;
mod fences;
#[cfg(test)]
mod fixture;
mod front_matter;
mod here_documents;
#[cfg(test)]
mod hostile;
mod info;
mod languages;
mod lines;
mod lint;
mod model;
mod names;
mod parameters;
mod placeholders;
mod references;
mod scan;
mod shell_words;
mod step_checks;
mod suggest;
mod target;
mod task_items;
mod tools;
mod unbraced;
mod unclosed;
mod values;
mod visible;
mod yaml;
mod yaml_error;

pub use crate::duration::{parse_duration, show_duration};
pub use assemble::read;
pub use decode::{MAX_BYTES, declares_runbook, decode};
pub use front_matter::body_start;
pub use languages::unknown_language;
pub use model::*;
pub use names::{ANSWERS, STEP_VARIABLES, is_answer, is_reserved_variable, is_variable_name, slug};
pub use scan::markdown_options;
pub use shell_words::{Part, PartKind, Token, TokenKind, assigned, assigned_name, everywhere, tokens, uses};
pub use target::{LOCAL, Shell, Target, fill_word, word_references};
pub use values::check_variable;
