//! The forms in which a value occurs: as it is, encoded, quoted, line by line.

mod all;
mod base64;
mod found;
mod hex;
mod html;
mod json;
mod percent;
mod pieces;
mod python;
mod shell;
mod whole;

pub use all::{forms, has_short_line, lines};
pub use found::{Coded, Forms};
pub use whole::whole_in;

/// A line that is shorter garbles other text when it is masked, and so does a value.
pub const SHORT: usize = 4;
