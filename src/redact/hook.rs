//! What stepgate says of itself, without secrets: its own traces, and the words of a panic.

use super::redactor::Redactor;
use std::io::{self, Write};

/// Masks secrets line by line on the way to another writer.
#[derive(Debug)]
pub struct RedactedWriter<W: Write> {
    redactor: Redactor,
    line: Vec<u8>,
    inner: W,
}

impl<W: Write> RedactedWriter<W> {
    /// Writes to `inner` whatever `redactor` leaves.
    pub fn new(redactor: Redactor, inner: W) -> Self {
        Self { redactor, line: Vec::new(), inner }
    }
}

impl<W: Write> Write for RedactedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if let Some(end) = memchr::memrchr(b'\n', &self.line) {
            let whole: Vec<u8> = self.line.drain(..=end).collect();
            self.inner.write_all(&self.redactor.redact_bytes(&whole))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactedWriter<W> {
    fn drop(&mut self) {
        let rest = self.redactor.redact_bytes(&self.line);
        _ = self.inner.write_all(&rest);
    }
}

/// A panic is said in a line, without secrets: its message may quote a value.
pub fn quiet_panics(redactor: Redactor) {
    std::panic::set_hook(Box::new(move |panic| {
        // What breaks off there is the answer of an expression, and said so.
        if std::thread::current().name() == Some("expressions") {
            return;
        }
        let words = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let line = format!("stepgate has a bug{place}: {words}");
        _ = writeln!(io::stderr().lock(), "{}", crate::text::escape_line(&redactor.redact(&line)));
    }));
}
