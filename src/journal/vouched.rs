//! What a record says of the files beside it and of the texts in it.

use super::run_folder::RunFolder;
use super::signatures::Signature;
use crate::event::{Event, RUNBOOK_FILE, RunStarted, StepFinished, StreamRecord};
use crate::hash::{Hash256, sha256};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read as _};

/// Everything with a hash in a record: also what no view shows, such as the output of an attempt that was tried again.
#[derive(Debug, Default)]
pub struct Vouched {
    /// Each file with the bytes of a runbook, and their hash.
    runbooks: Vec<(String, Hash256)>,
    /// The streams of every attempt that stand in a file.
    files: Vec<StreamRecord>,
    /// What speaks against texts that stand in the record itself.
    texts: Vec<String>,
    /// How many streams were kept in part only, or not at all.
    cut: u64,
    /// How many are secret, so that nothing is known of them.
    secret: u64,
    /// How many records there were with each seal.
    seals: Vec<u64>,
    /// The head of the first part.
    began: Option<RunStarted>,
}

impl Vouched {
    /// Takes what an event says of files and texts.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::RunStarted(head) => {
                self.runbooks.push((RUNBOOK_FILE.to_owned(), head.runbook_sha256));
                self.began = Some(RunStarted { steps: Vec::new(), ..RunStarted::clone(head) });
            }
            Event::RunResumed(resumed) => {
                let revision = resumed.revision.iter();
                self.runbooks.extend(revision.map(|now| (now.runbook_file.clone(), now.runbook_sha256)));
            }
            Event::StepFinished(outcome) | Event::AttemptFinished(outcome) => self.outcome(outcome),
            Event::ProbeFinished { outcome, .. } => self.outcome(outcome),
            Event::Sealed { records, .. } => self.seals.push(records + 1),
            _ => {}
        }
    }

    fn outcome(&mut self, outcome: &StepFinished) {
        for (stream, name) in [(&outcome.stdout, "standard output"), (&outcome.stderr, "standard error")] {
            self.cut += u64::from(stream.kept.is_some());
            self.secret += u64::from(stream.sha256.is_none());
            if stream.file.is_some() {
                self.files.push(stream.clone());
            }
            if !is_its_text(stream) {
                self.texts.push(format!(
                    "the text of {}'s {name} does not have the hash that stands beside it",
                    outcome.step
                ));
            }
        }
    }

    /// The head of the first part, without its steps: later parts may have changed what is known of the run.
    pub fn began(&self) -> Option<&RunStarted> {
        self.began.as_ref()
    }

    /// The files of a run's folder that the record does not name. Signatures and what repairs keep aside are its own.
    pub fn strangers(&self, files: Vec<String>) -> Vec<String> {
        let runbook = |name: &String| self.runbooks.iter().any(|(known, _)| known == name);
        let output = |name: &String| self.files.iter().any(|stream| stream.file.as_ref() == Some(name));
        let own = |name: &String| name == "journal.jsonl" || name == "journal.broken" || Signature::is_one(name);
        files.into_iter().filter(|name| !own(name) && !runbook(name) && !output(name)).collect()
    }

    /// Whether the journal had a seal as its last record when it had so many.
    pub fn is_seal(&self, records: u64) -> bool {
        self.seals.contains(&records)
    }

    /// How many streams were kept in part only, or not at all.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// How many streams are secret, so that nothing is known of them.
    pub fn secret(&self) -> u64 {
        self.secret
    }

    /// What speaks against the files and the texts.
    pub fn doubts(&self, folder: &RunFolder) -> impl Iterator<Item = String> {
        let runbooks = self.runbooks.iter().filter_map(|(file, wanted)| file_doubt(folder, file, wanted, None));
        let outputs = self.files.iter().filter_map(|stream| output_doubt(folder, stream));
        runbooks.chain(self.texts.iter().cloned()).chain(outputs)
    }
}

/// Whether the text of a stream, if it has one, is the one whose hash and length it names.
fn is_its_text(stream: &StreamRecord) -> bool {
    let Some(text) = &stream.text else { return true };
    stream.bytes == Some(text.len() as u64) && stream.sha256 == Some(sha256(text.as_bytes()))
}

/// What speaks against a kept output.
pub fn output_doubt(folder: &RunFolder, stream: &StreamRecord) -> Option<String> {
    let file = stream.file.as_ref()?;
    let (hash, length) = match &stream.kept_sha256 {
        Some(hash) => (Some(hash), stream.kept),
        None => (stream.sha256.as_ref(), stream.bytes),
    };
    match (hash, length) {
        (Some(hash), Some(length)) => file_doubt(folder, file, hash, Some(length)),
        _ => Some(format!("{file} is kept without a hash and a length")),
    }
}

/// `length` is that of the file in bytes, if it is recorded.
fn file_doubt(folder: &RunFolder, file: &str, wanted: &Hash256, length: Option<u64>) -> Option<String> {
    match hash_and_length(folder, file) {
        Ok((found, bytes)) if found == *wanted && length.is_none_or(|length| length == bytes) => None,
        Ok(_) => Some(format!("{file} is not what was recorded")),
        Err(error) => Some(format!("{file} cannot be read: {error}")),
    }
}

fn hash_and_length(folder: &RunFolder, name: &str) -> io::Result<(Hash256, u64)> {
    let mut file = folder.open(name)?;
    let mut hasher = Sha256::new();
    let (mut buffer, mut bytes) = (vec![0; 1 << 16], 0);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((Hash256::of(hasher), bytes)),
            length => {
                hasher.update(&buffer[..length]);
                bytes += length as u64;
            }
        }
    }
}
