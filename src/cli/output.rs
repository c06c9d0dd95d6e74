//! Standard output: what it cannot take is no success.

use super::error::{Exit, Failure};
use serde::Serialize;
use std::io::Write as _;

/// Text to standard output, as it is. A reader that has seen enough (`| head`) is no failure; a full disk is.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failure, format!("standard output cannot be written: {error}"))
                .hint("what was to be printed is not complete"))
        }
        _ => Ok(()),
    }
}

/// A record to standard output: JSON, indented, with a last newline.
pub fn print_json(record: &impl Serialize) -> Result<(), Failure> {
    print(&json_text(record))
}

/// A record as JSON, indented, with a last newline.
pub fn json_text(record: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(record).expect("records hold nothing that JSON lacks");
    format!("{}\n", crate::text::escape_json(&text))
}
