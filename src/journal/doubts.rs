//! What speaks against a journal: a ledger that says otherwise, bytes that were taken out and are gone. Finding nothing
//! proves little by itself; `docs/audit.md` says what each level claims.

use super::chain::Mark;
use super::go_on::BROKEN;
use super::listing::Listing;
use super::reader::Reading;
use super::run_folder::RunFolder;
use std::io;

/// What speaks against a journal that stands beside it, in words: what the ledger knows of it, and what was taken out of it.
/// `listing` was read before the journal: the other way round a run that goes on would seem to be ahead of it. There is
/// none with an exported file that does not hold the ledger.
pub fn doubts(listing: Option<&io::Result<Listing>>, folder: &RunFolder, reading: &Reading) -> Vec<String> {
    let ledger = listing.and_then(|listing| ledger_doubt(listing, folder, reading));
    ledger.into_iter().chain(repair_doubt(folder, reading)).collect()
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
        (Some(listed), Some(_)) if listed.ends_with(reading) => None,
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
    let found = match reading.records {
        0 => "nothing of the journal is sound".to_owned(),
        sound if *records > sound => format!("its sound part has only {sound} with head {}", reading.head.short()),
        _ => "the journal has another one there".to_owned(),
    };
    format!("the ledger says {records} records with head {}, {found}", head.short())
}
