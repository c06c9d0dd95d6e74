//! A writer that masks secrets, for what stepgate traces of itself.

use super::filter::Filter;
use super::redactor::Redactor;
use std::io::{self, Write};

/// Masks secrets on the way to another writer, also those that several writes or lines make up. What may yet become a
/// secret is held back until more comes or the writer is dropped, so `flush` does not give it out.
#[derive(Debug)]
pub struct RedactedWriter<W: Write> {
    filter: Filter,
    inner: W,
}

impl<W: Write> RedactedWriter<W> {
    /// Writes to `inner` whatever `redactor` leaves.
    pub fn new(redactor: Redactor, inner: W) -> Self {
        Self { filter: redactor.filter(), inner }
    }
}

impl<W: Write> Write for RedactedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut shown = Vec::with_capacity(bytes.len());
        self.filter.feed(bytes, &mut |part| shown.extend_from_slice(part));
        self.inner.write_all(&shown)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactedWriter<W> {
    fn drop(&mut self) {
        let mut shown = Vec::new();
        self.filter.finish(&mut |part| shown.extend_from_slice(part));
        // Nobody is left who could be told of an error.
        _ = self.inner.write_all(&shown).and_then(|()| self.inner.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_several_writes_make_up_is_masked_and_the_rest_is_written_at_once() {
        let redactor = Redactor::default();
        redactor.add("S", "two\nlines").unwrap();
        let mut out = Vec::new();
        let mut writer = RedactedWriter::new(redactor, &mut out);
        for part in ["a line ", "tw", "o\n", "li", "nes.\nanother l"] {
            writer.write_all(part.as_bytes()).unwrap();
        }
        writer.flush().unwrap();
        assert_eq!(*writer.inner, b"a line [secret].\nanother ");
        drop(writer);
        assert_eq!(out, b"a line [secret].\nanother l");
    }
}
