//! Marks on the control connection: found by their secrets, whatever else stands there.

use std::io;

use memchr::memchr;
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;

const RECORD_SEPARATOR: u8 = 0x1e;
const LONGEST_PAYLOAD: usize = 256;
const READ_SIZE: usize = 4096;

/// A mark the driver printed: RS, a secret, a payload, RS.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Which of the expected secrets it began with.
    pub secret: usize,
    pub payload: String,
}

/// The reading side of the control connection. A step may write to it too (fd 232): everything that is not a mark
/// with an expected secret is skipped, and never more than one read and one mark is held.
pub(super) struct Control {
    reader: ChildStdout,
    buffer: Vec<u8>,
}

impl Control {
    pub(super) fn new(reader: ChildStdout) -> Self {
        Self { reader, buffer: Vec::with_capacity(2 * READ_SIZE) }
    }

    /// The next mark that begins with one of `secrets`; none when the connection is closed. Cancel safe.
    pub(super) async fn next(&mut self, secrets: &[&str]) -> io::Result<Option<Mark>> {
        loop {
            if let Some(mark) = take_mark(&mut self.buffer, secrets) {
                return Ok(Some(mark));
            }
            self.buffer.reserve(READ_SIZE);
            let mut limited = (&mut self.reader).take(READ_SIZE as u64);
            if limited.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// Takes the first mark out of `buffer` with all junk before it; leaves what may yet become one.
fn take_mark(buffer: &mut Vec<u8>, secrets: &[&str]) -> Option<Mark> {
    let mut at = 0;
    while let Some(offset) = memchr(RECORD_SEPARATOR, &buffer[at..]) {
        at += offset;
        match look(&buffer[at + 1..], secrets) {
            Look::Mark(mark, length) => {
                buffer.drain(..at + 1 + length);
                return Some(mark);
            }
            Look::Incomplete => {
                buffer.drain(..at);
                return None;
            }
            Look::Junk => at += 1,
        }
    }
    buffer.clear();
    None
}

enum Look {
    Mark(Mark, usize),
    Incomplete,
    Junk,
}

fn look(bytes: &[u8], secrets: &[&str]) -> Look {
    for (secret, text) in secrets.iter().enumerate() {
        let known = bytes.len().min(text.len());
        if bytes[..known] != text.as_bytes()[..known] {
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
    use super::{Mark, take_mark};

    #[test]
    fn a_mark_is_found_behind_junk_and_across_reads() {
        let mut buffer = b"junk\x1eab\x1e\x1e\x1eabcd 7".to_vec();
        assert_eq!(take_mark(&mut buffer, &["wxyz", "abcd"]), None);
        buffer.extend(b" eh\x1erest");
        let mark = Mark { secret: 1, payload: "7 eh".into() };
        assert_eq!(take_mark(&mut buffer, &["wxyz", "abcd"]), Some(mark));
        assert_eq!(buffer, b"rest");
    }

    #[test]
    fn junk_is_not_kept() {
        let mut buffer = b"\x1eno mark at all".repeat(1000);
        assert_eq!(take_mark(&mut buffer, &["abcd"]), None);
        assert!(buffer.is_empty());
    }
}
