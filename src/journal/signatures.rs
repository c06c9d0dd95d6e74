//! Signatures over a run's seal: files beside its journal, in the SSHSIG format, over the bytes of the seal's line.

use super::disk::write_new;
use super::reader::Reading;
use super::run_folder::RunFolder;
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// More than this is no signature, in bytes.
const MAX_SIGNATURE: u64 = 64 << 10;
/// A seal's line is far shorter, in bytes.
const TAIL: u64 = 4 << 10;

/// A signature beside a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its file: `sealed-17.sig`, of a second signer `sealed-17+2.sig`.
    pub name: String,
    /// How many records the journal had with the seal that it signs.
    pub records: u64,
}

impl Signature {
    /// Whether a file is one, by its name.
    pub fn is_one(name: &str) -> bool {
        Self::parse(name).is_some()
    }

    fn parse(name: &str) -> Option<Self> {
        let middle = name.strip_prefix("sealed-")?.strip_suffix(".sig")?;
        let (records, more) = middle.split_once('+').map_or((middle, None), |(records, more)| (records, Some(more)));
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| number.to_string() == text);
        let another = more.is_none_or(|more| number(more).is_some_and(|more| more > 1));
        Some(Self { name: name.to_owned(), records: number(records).filter(|_| another)? })
    }
}

impl RunFolder {
    /// The signatures over its seals, the oldest seal first.
    pub fn signatures(&self) -> io::Result<Vec<Signature>> {
        let names = self.disk.names(&self.path)?;
        let mut found: Vec<_> = names.iter().filter_map(|name| Signature::parse(name)).collect();
        found.sort_by(|one, other| (one.records, &one.name).cmp(&(other.records, &other.name)));
        Ok(found)
    }

    /// The bytes of a signature.
    pub fn signature(&self, signature: &Signature) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(&signature.name)?.take(MAX_SIGNATURE + 1).read_to_end(&mut bytes)?;
        match bytes.len() as u64 > MAX_SIGNATURE {
            true => Err(io::Error::other("it is far too long for a signature")),
            false => Ok(bytes),
        }
    }

    /// Keeps a signature over the seal that `reading` ends with, beside those that are there. Returns its file's name.
    pub fn keep_signature(&self, reading: &Reading, bytes: &[u8]) -> io::Result<String> {
        let mut number = 1;
        loop {
            let more = if number == 1 { String::new() } else { format!("+{number}") };
            let name = format!("sealed-{}{more}.sig", reading.records);
            match write_new(&*self.disk, &self.path.join(&name), bytes) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
                written => {
                    written?;
                    self.disk.sync_folder(&self.path)?;
                    return Ok(name);
                }
            }
        }
    }

    /// The last line of the journal that `reading` is, with its LF: what a signature over a seal signs.
    pub fn last_line(&self, reading: &Reading) -> io::Result<Vec<u8>> {
        let mut file = self.open("journal.jsonl")?;
        let start = reading.bytes.saturating_sub(TAIL);
        file.seek(SeekFrom::Start(start))?;
        let mut tail = Vec::new();
        file.take(reading.bytes - start).read_to_end(&mut tail)?;
        let body = tail.strip_suffix(b"\n").ok_or_else(|| io::Error::other("its journal has changed meanwhile"))?;
        let begin = memchr::memrchr(b'\n', body).map_or(0, |at| at + 1);
        Ok(tail.split_off(begin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_known_by_its_name() {
        let parse = |name: &str| Signature::parse(name).map(|signature| signature.records);
        assert_eq!((parse("sealed-17.sig"), parse("sealed-17+2.sig")), (Some(17), Some(17)));
        for name in [
            "journal.jsonl",
            "sealed-.sig",
            "sealed-x.sig",
            "sealed-1",
            "sealed-1.sig.bak",
            "sealed--1.sig",
            "sealed-05.sig",
            "sealed-5+1.sig",
            "sealed-5+.sig",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
