//! What speaks against a record: damage in its journal, a ledger that says otherwise, outputs that are not what was
//! recorded. Finding nothing proves little by itself; `docs/limits.md` says what it cannot prove.

use super::go_on::BROKEN;
use super::listing::Listing;
use super::reader::{Mark, Reading};
use super::run_folder::RunFolder;
use crate::event::{StepFinished, StepState, StreamRecord};
use crate::hash::Sha256Hex;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read as _};

/// What speaks against the record of a run, in words. A last line that was cut off is not among it: a crash does that.
/// `listing` was read before the journal: the other way round a run that goes on would seem to be ahead of its journal.
pub fn doubts(listing: &io::Result<Listing>, folder: &RunFolder, reading: &Reading) -> Vec<String> {
    let damage = reading.damage.as_ref().filter(|damage| damage.torn.is_none()).map(ToString::to_string);
    let outcomes = reading.state.steps().flat_map(outcomes);
    let streams = outcomes.flat_map(|outcome| [&outcome.stdout, &outcome.stderr]);
    let outputs = streams.filter_map(|stream| output_doubt(folder, stream));
    let others = ledger_doubt(listing, folder, reading).into_iter().chain(repair_doubt(folder, reading));
    damage.into_iter().chain(others).chain(outputs).collect()
}

/// What was taken out of the journal must still be there. More than is recorded may be: a crash came before the record.
fn repair_doubt(folder: &RunFolder, reading: &Reading) -> Option<String> {
    let recorded = reading.state.repaired;
    match folder.kept_aside() {
        Ok(kept) if kept >= recorded => None,
        Ok(kept) => Some(format!("{recorded} bytes were taken out of the journal, and {BROKEN} holds {kept} of them")),
        Err(error) => Some(format!("{BROKEN} cannot be read: {error}")),
    }
}

/// A step's own outcome, and those of its probe.
fn outcomes(step: &StepState) -> impl Iterator<Item = &StepFinished> {
    step.outcome.iter().chain(step.probes.iter().map(|probe| &probe.outcome))
}

fn ledger_doubt(listing: &io::Result<Listing>, folder: &RunFolder, reading: &Reading) -> Option<String> {
    let listing = match listing {
        Ok(listing) => listing,
        Err(error) => return Some(format!("the ledger cannot be read: {error}")),
    };
    let listed = listing.of(folder.run.as_str());
    if let Some(mark) = listed.and_then(|listed| listed.missing(reading)) {
        return Some(unmet(mark, reading));
    }
    match (listed, &listing.damage) {
        (Some(_), None) => None,
        (None, None) => Some("the ledger does not list the run".to_owned()),
        (Some(listed), Some(_)) if !listed.marks.is_empty() && listed.marks.last() == Some(&reading.end()) => None,
        (Some(_), Some(error)) => {
            Some(format!("the ledger is damaged, so it does not tell how the run ended: {error}"))
        }
        (None, Some(error)) => {
            Some(format!("the ledger is damaged, so it does not tell whether it lists the run: {error}"))
        }
    }
}

/// How the journal differs from where the ledger saw it.
fn unmet(mark: &Mark, reading: &Reading) -> String {
    let Mark { records, head } = mark;
    let found = match *records > reading.records {
        true => format!("the journal has only {} with head {}", reading.records, short(&reading.head)),
        false => "the journal has another one there".to_owned(),
    };
    format!("the ledger says {records} records with head {}, {found}", short(head))
}

fn short(head: &str) -> &str {
    &head[..head.len().min(12)]
}

/// What speaks against a kept output.
pub fn output_doubt(folder: &RunFolder, stream: &StreamRecord) -> Option<String> {
    let file = stream.file.as_ref()?;
    let Some(wanted) = stream.kept_sha256.as_ref().or(stream.sha256.as_ref()) else {
        return Some(format!("{file} is kept without a hash"));
    };
    match hash_of(folder, file) {
        Ok(found) if found == *wanted => None,
        Ok(_) => Some(format!("{file} is not what was recorded")),
        Err(error) => Some(format!("{file} cannot be read: {error}")),
    }
}

fn hash_of(folder: &RunFolder, name: &str) -> io::Result<Sha256Hex> {
    let mut file = folder.open(name)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Sha256Hex::of(hasher)),
            length => hasher.update(&buffer[..length]),
        }
    }
}
