//! Standard output and standard error. A reader that goes away ends no run: write errors are dropped here, the
//! record is elsewhere.

use serde::Serialize;
use std::io::Write as _;

/// A line to standard error.
pub fn eprint_line(line: &str) {
    _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Text to standard output, as it is.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A record to standard output: JSON, indented, with a last newline.
pub fn print_json(record: &impl Serialize) {
    let text = serde_json::to_string_pretty(record).expect("records hold nothing that JSON lacks");
    print(&format!("{}\n", crate::text::escape_json(&text)));
}
