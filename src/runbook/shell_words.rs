//! A script cut into the words, operators, comments and here-documents that a shell would see.
//!
//! It is a lexer and no parser: it knows where a quote, a comment, a here-document or a `$(…)` begins and ends, and nothing
//! of what a command means. No text makes it fail: what is never closed reaches to the end of the script. It reads
//! every byte a bounded number of times, so its time is linear in the script.
//!
//! It reads bash; what only bash has (`<(…)`, `((…))`, `$'…'`) is no less plain in a script for `sh`. Not told apart: aliases,
//! extended globs, and arithmetic inside `[…]`.

mod here_document;
mod lexer;
mod places;
#[cfg(test)]
mod tests;
mod token;
mod variables;
mod word;

pub use here_document::OpenDocument;
pub use token::{Part, PartKind, Token, TokenKind, everywhere};
pub use variables::{assigned, assigned_name, uses};

use super::model::Line;

/// Cuts a script into tokens, in its order.
///
/// Blanks and a backslash at the end of a line are in no token. Every line end outside quotes is a token of kind
/// [`TokenKind::Newline`], and so is the one behind the last line. What stands inside `$(…)`, `` `…` `` and `<(…)` is in
/// [`Part::inner`] of the word that holds it.
pub fn tokens(script: &[Line]) -> Vec<Token> {
    let (text, places) = places::join(script);
    lexer::Lexer::new(&text, &places).all()
}

/// The first here-document of a script that nothing closes.
pub fn open_document(script: &[Line]) -> Option<OpenDocument> {
    let (text, places) = places::join(script);
    let mut lexer = lexer::Lexer::new(&text, &places);
    lexer.list(lexer::Close::End);
    lexer.open_document
}
