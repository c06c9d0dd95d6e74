//! What was found about one record.

use super::head_line::{HeadLine, HeadOf};
use super::level::Level;
use crate::event::RunVerdict;
use crate::hash::Hash256;
use crate::journal::Listing;
use serde::Serialize;
use std::io;

/// In place of a run's id, which never looks like this.
const LEDGER: &str = "(ledger)";

/// What was checked of a record, what was not, and what speaks against it.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The run's id.
    pub run: String,
    /// The highest level that it reaches; none if something speaks against it.
    pub level: Option<Level>,
    /// What its seal says; none if it has none.
    pub verdict: Option<RunVerdict>,
    /// How many records are sound.
    pub records: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// The hash of the last of them, if there is one.
    pub head: Option<Hash256>,
    /// Who has signed the seal, as the file of allowed signers calls them.
    pub signers: Vec<String>,
    /// What speaks against it.
    pub doubts: Vec<Doubt>,
    /// What was not checked, or cannot be.
    pub unchecked: Vec<String>,
    /// Each level with whether it is reached: a head that was kept elsewhere is no signature.
    #[serde(skip)]
    pub(super) reached: [bool; Level::ALL.len()],
}

/// Something that speaks against a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doubt {
    /// What, in words.
    pub words: String,
    /// The record, from 0, if it is one.
    pub record: Option<u64>,
    /// The byte of the journal that the record begins at.
    pub byte: Option<u64>,
}

impl Finding {
    /// Of a record of which nothing could be read.
    pub(super) fn unread(run: &str, why: String) -> Self {
        let doubts = vec![Doubt::words(why)];
        Self {
            run: run.to_owned(),
            level: None,
            verdict: None,
            records: 0,
            bytes: 0,
            head: None,
            signers: Vec::new(),
            doubts,
            unchecked: Vec::new(),
            reached: [false; Level::ALL.len()],
        }
    }

    /// Of a run that the ledger lists and whose folder is not there.
    pub fn gone(run: &str) -> Self {
        Self::unread(run, "the ledger lists it, and its folder is not in the store".to_owned())
    }

    /// Of the ledger itself, if anything speaks against it.
    pub fn of_ledger(listing: &io::Result<Listing>, heads: &[HeadLine]) -> Option<Self> {
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) => return Some(Self::unread(LEDGER, format!("the ledger cannot be read: {error}"))),
        };
        let damage = listing.damage.as_ref().map(|damage| format!("the ledger is damaged: {damage}"));
        let unmet = heads.iter().filter(|head| head.of == HeadOf::Ledger && !listing.holds(&head.mark));
        let doubts: Vec<_> = damage.into_iter().chain(unmet.map(HeadLine::unmet)).map(Doubt::words).collect();
        (!doubts.is_empty()).then(|| Self { doubts, ..Self::unread(LEDGER, String::new()) })
    }

    /// Adds what was not checked.
    pub fn unchecked(&mut self, what: &str) {
        self.unchecked.push(what.to_owned());
    }

    /// Whether nothing speaks against it, and what `level` claims was seen to be so.
    pub fn reaches(&self, level: Level) -> bool {
        self.reached[level as usize]
    }

    /// Its level, or that it is damaged, in one word.
    pub fn word(&self) -> &'static str {
        self.level.map_or("damaged", Level::as_str)
    }
}

impl Doubt {
    /// One that is about no record.
    pub(super) fn words(words: String) -> Self {
        Self { words, record: None, byte: None }
    }
}
