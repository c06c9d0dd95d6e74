//! One stream of one step on its way into the record: hashed as it comes, kept up to a limit, in bounded memory.

use crate::event::StreamRecord;
use crate::hash::Hash256;
use crate::journal::{DiskFile, RunFolder};
use sha2::{Digest as _, Sha256};
use std::io;

/// Output up to this many bytes stands in the outcome itself.
pub const INLINE: usize = 16 << 10;

/// A stream that is being captured.
pub struct Capture<'f> {
    folder: Option<&'f RunFolder>,
    name: String,
    limit: u64,
    hasher: Sha256,
    bytes: u64,
    newlines: u64,
    last: u8,
    /// The first bytes, up to [`INLINE`].
    head: Vec<u8>,
    file: Option<Box<dyn DiskFile>>,
    kept: u64,
    /// The hash of what is kept, once something is not.
    kept_hash: Option<Hash256>,
    failed: Option<io::Error>,
    /// Whether what comes is in the file from the first byte on.
    early: bool,
}

impl<'f> Capture<'f> {
    /// Captures into the file `name` of `folder`, at most `limit` bytes.
    pub fn new(folder: Option<&'f RunFolder>, name: String, limit: u64) -> Self {
        Self {
            folder,
            name,
            limit,
            hasher: Sha256::new(),
            bytes: 0,
            newlines: 0,
            last: b'\n',
            head: Vec::new(),
            file: None,
            kept: 0,
            kept_hash: None,
            failed: None,
            early: false,
        }
    }

    /// Keeps what comes in the file from the first byte on, though without waiting for the disk: should stepgate die, a
    /// person who must say what became of the step can see what it printed last.
    pub fn early(mut self, early: bool) -> Self {
        self.early = early;
        self
    }

    /// Takes the next bytes. An error of the disk is kept for [`Capture::finish`].
    pub fn feed(&mut self, bytes: &[u8]) {
        let Some(&last) = bytes.last() else { return };
        let room = usize::try_from(self.limit.saturating_sub(self.bytes)).unwrap_or(usize::MAX);
        let (kept, cut) = bytes.split_at(bytes.len().min(room));
        self.hasher.update(kept);
        if !cut.is_empty() && self.kept_hash.is_none() {
            self.kept_hash = Some(Hash256::of(self.hasher.clone()));
        }
        self.hasher.update(cut);
        self.bytes += bytes.len() as u64;
        self.newlines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.last = last;
        let room = INLINE - self.head.len();
        let before = self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let must = self.bytes > INLINE as u64;
        if (!must && !self.early) || self.folder.is_none() {
            return;
        }
        let written = match self.file.is_some() {
            true => self.write(bytes),
            false => self.spill(before).and_then(|()| self.write(bytes)),
        };
        match written {
            Err(error) if must => self.failed = self.failed.take().or(Some(error)),
            // It is not needed yet, and may never be.
            Err(_) => self.forget_file(),
            Ok(()) => {}
        }
    }

    /// The text stands in the outcome, or the file does not do its work.
    fn forget_file(&mut self) {
        if let (Some(_), Some(folder)) = (self.file.take(), self.folder) {
            folder.remove_output(&self.name);
        }
        (self.kept, self.early) = (0, false);
    }

    /// What the record says of the stream, and whether its file is on the disk. The file's name may not be yet.
    pub fn finish(mut self) -> (StreamRecord, io::Result<()>) {
        let inline = self.bytes <= INLINE as u64;
        let text = inline.then(|| String::from_utf8(self.head.clone()).ok()).flatten();
        if text.is_some() {
            self.forget_file();
        }
        let kept = self.keep_on_disk(inline && text.is_none() && self.file.is_none());
        let in_file = self.file.is_some();
        let whole = text.is_some() || (in_file && self.kept == self.bytes);
        let record = StreamRecord {
            sha256: Some(Hash256::of(self.hasher)),
            bytes: Some(self.bytes),
            lines: self.newlines + u64::from(self.last != b'\n'),
            text,
            file: in_file.then_some(self.name),
            kept: (!whole).then_some(self.kept),
            kept_sha256: if in_file { self.kept_hash } else { None },
        };
        (record, kept)
    }

    fn keep_on_disk(&mut self, spill: bool) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if spill && self.folder.is_some() {
            self.spill(self.head.len())?;
        }
        self.file.as_mut().map_or(Ok(()), |file| file.sync_data())
    }

    /// Creates the file and writes the first `length` bytes of what is in memory.
    fn spill(&mut self, length: usize) -> io::Result<()> {
        let Some(folder) = self.folder else { return Ok(()) };
        let (file, name) = folder.create_output(&self.name)?;
        (self.file, self.name) = (Some(file), name);
        let head = std::mem::take(&mut self.head);
        let written = self.write(&head[..length]);
        self.head = head;
        written
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = usize::try_from(self.limit - self.kept).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(room)];
        if let Some(file) = &mut self.file {
            file.write_all(bytes)?;
        }
        self.kept += bytes.len() as u64;
        Ok(())
    }
}

/// Waits until the names of an attempt's files are on the disk, once for all of them: a sync that failed is not tried again.
pub fn sync_names(folder: Option<&RunFolder>, streams: &[&StreamRecord]) -> io::Result<()> {
    match folder {
        Some(folder) if streams.iter().any(|stream| stream.file.is_some()) => folder.sync_outputs(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;
    use crate::journal::{RunId, Store};

    #[test]
    fn what_a_step_prints_can_be_seen_while_it_runs_and_a_short_text_leaves_no_file() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&place.path().join("store")).unwrap();
        let (folder, _) = store.create_run(&RunId::parse("r").unwrap(), b"").unwrap();
        for (bytes, in_file) in [(b"a\nb".to_vec(), false), (vec![0xff], true), (b"0123456789\n".repeat(5000), true)] {
            let mut capture = Capture::new(Some(&folder), "output/early".to_owned(), 1 << 20).early(true);
            let mut seen = Vec::new();
            for chunk in bytes.chunks(7000) {
                capture.feed(chunk);
                seen.extend_from_slice(chunk);
                assert_eq!(std::fs::read(folder.path().join("output/early")).unwrap(), seen);
            }
            let (record, kept) = capture.finish();
            kept.unwrap();
            assert_eq!((record.sha256, record.bytes), (Some(sha256(&bytes)), Some(bytes.len() as u64)));
            assert_eq!((record.file.is_some(), folder.path().join("output/early").exists()), (in_file, in_file));
            folder.remove_output("output/early");
        }
    }

    #[test]
    fn long_and_binary_output_goes_to_a_file_and_the_hash_is_that_of_everything() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::create(&place.path().join("store")).unwrap();
        let (folder, _) = store.create_run(&RunId::parse("r").unwrap(), b"").unwrap();
        let cases: [(&str, Vec<u8>, u64); 4] = [
            ("short", b"a\nb".to_vec(), 100),
            ("binary", vec![0xff, b'\n'], 100),
            ("long", b"0123456789\n".repeat(5000), 1 << 20),
            ("cut", b"0123456789\n".repeat(5000), 30_000),
        ];
        for (name, bytes, limit) in cases {
            let file = format!("output/{name}");
            let mut capture = Capture::new(Some(&folder), file.clone(), limit);
            bytes.chunks(7000).for_each(|chunk| capture.feed(chunk));
            let (record, kept) = capture.finish();
            kept.unwrap();
            assert_eq!((record.bytes, &record.sha256), (Some(bytes.len() as u64), &Some(sha256(&bytes))), "{name}");
            if name == "short" {
                assert_eq!((record.text.as_deref(), record.file, record.lines), (Some("a\nb"), None, 2));
                continue;
            }
            assert_eq!(record.file, Some(file.clone()));
            let kept = std::fs::read(folder.path().join(file)).unwrap();
            assert!(bytes.starts_with(&kept), "{name}");
            assert_eq!(record.kept, (name == "cut").then_some(30_000));
            assert_eq!(record.kept_sha256, (name == "cut").then(|| sha256(&kept)));
            assert_eq!(kept.len(), bytes.len().min(limit as usize), "{name}");
        }
    }
}
