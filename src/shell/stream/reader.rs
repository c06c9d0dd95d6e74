//! A stream in which marks stand between a step's output.

use std::io;

use memchr::{memchr, memmem};
use tokio::io::{AsyncRead, AsyncReadExt};

const RECORD_SEPARATOR: u8 = 0x1e;
const LONGEST_PAYLOAD: usize = 256;
const READ_SIZE: usize = 64 * 1024;
/// A dump of a shell's state is never longer, in bytes.
const LONGEST_DUMP: usize = 64 << 20;

/// A mark: which of the expected secrets it began with, and what stands behind it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub secret: usize,
    pub payload: String,
}

/// What is here of a shell's state.
pub(super) enum Dump {
    Whole(Vec<u8>),
    Incomplete,
    /// It will never be whole.
    Torn,
}

/// One stream of a connection.
pub(super) struct MarkReader<R> {
    reader: R,
    held: Vec<u8>,
    /// Whether the stream is over.
    pub ended: bool,
}

impl<R: AsyncRead + Unpin> MarkReader<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, held: Vec::new(), ended: false }
    }

    /// Reads once; for ever, if the stream is over. Cancel safe.
    pub async fn read(&mut self) -> io::Result<()> {
        if self.ended {
            std::future::pending::<()>().await;
        }
        self.held.reserve(READ_SIZE);
        let mut limited = (&mut self.reader).take(READ_SIZE as u64);
        if limited.read_buf(&mut self.held).await? == 0 {
            self.ended = true;
        }
        Ok(())
    }

    /// The next mark that is here, with all output before it given to `out`; what may yet become a mark is held back
    /// while the stream goes on.
    pub fn take(&mut self, secrets: &[&str], out: &mut dyn FnMut(&[u8])) -> Option<Mark> {
        let mut at = 0;
        while let Some(offset) = memchr(RECORD_SEPARATOR, &self.held[at..]) {
            at += offset;
            match look(&self.held[at + 1..], secrets) {
                Look::Mark(mark, length) => {
                    give(&self.held[..at], out);
                    self.held.drain(..at + 1 + length);
                    return Some(mark);
                }
                Look::Incomplete if !self.ended => {
                    give(&self.held[..at], out);
                    self.held.drain(..at);
                    return None;
                }
                Look::Incomplete | Look::Junk => at += 1,
            }
        }
        give(&self.held, out);
        self.held.clear();
        None
    }

    /// The shell's state, which ends with the mark `end`, unless the mark of its death comes first.
    pub fn take_dump(&mut self, end: &str, death: &str) -> Dump {
        let find = |text: &str| memmem::find(&self.held, format!("\x1e{text}").as_bytes());
        match (find(&format!("{end}\x1e")), find(death)) {
            (Some(at), death) if death.is_none_or(|death| at < death) => {
                let whole = self.held[..at].to_vec();
                self.held.drain(..at + end.len() + 2);
                Dump::Whole(whole)
            }
            (_, Some(_)) => Dump::Torn,
            _ if self.ended || self.held.len() > LONGEST_DUMP => Dump::Torn,
            _ => Dump::Incomplete,
        }
    }
}

fn give(bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
    if !bytes.is_empty() {
        out(bytes);
    }
}

enum Look {
    Mark(Mark, usize),
    Incomplete,
    Junk,
}

fn look(bytes: &[u8], secrets: &[&str]) -> Look {
    for (secret, text) in secrets.iter().enumerate() {
        let known = bytes.len().min(text.len());
        if text.is_empty() || bytes[..known] != text.as_bytes()[..known] {
            continue;
        }
        let rest = &bytes[known..];
        return match memchr(RECORD_SEPARATOR, rest) {
            Some(end) if end <= LONGEST_PAYLOAD => {
                let payload = String::from_utf8_lossy(&rest[..end]).trim().to_owned();
                Look::Mark(Mark { secret, payload }, known + end + 1)
            }
            None if rest.len() <= LONGEST_PAYLOAD => Look::Incomplete,
            _ => Look::Junk,
        };
    }
    Look::Junk
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(chunks: &[&[u8]], secrets: &[&str]) -> (Vec<u8>, Vec<String>) {
        let mut reader = MarkReader::new(tokio::io::empty());
        let (mut out, mut marks) = (Vec::new(), Vec::new());
        for chunk in chunks {
            reader.held.extend_from_slice(chunk);
            while let Some(mark) = reader.take(secrets, &mut |bytes| out.extend_from_slice(bytes)) {
                marks.push(mark.payload);
            }
        }
        reader.ended = true;
        reader.take(secrets, &mut |bytes| out.extend_from_slice(bytes));
        (out, marks)
    }

    #[test]
    fn output_goes_through_byte_by_byte_and_marks_are_found_wherever_it_is_cut() {
        let text = b"a\x1eb\x1e\x1eabcd 7 e\x1ec\x1eabc";
        for cut in 0..=text.len() {
            let (left, right) = text.split_at(cut);
            let (out, marks) = all(&[left, right], &["wxyz", "abcd"]);
            assert_eq!((out.as_slice(), marks), (&b"a\x1eb\x1ec\x1eabc"[..], vec!["7 e".to_owned()]), "{cut}");
        }
    }
}
