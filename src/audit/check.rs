//! How far a record can be believed: every record against the one before, the whole against its seal, its files against
//! their hashes, the seal against the ledger, signatures and heads that were kept elsewhere.

use super::finding::{Doubt, Finding};
use super::head_line::{HeadLine, HeadOf};
use super::ledger::{contradictions, is_reopened, knows};
use super::level::Level;
use crate::event::{Event, RunState};
use crate::journal::{
    self, Damage, Listed, Listing, ReadError, Reading, RunFolder, Signature, Vouched, read_journal_watching,
};
use crate::text::count;
use jiff::Timestamp;
use std::io;

/// Who says whether a signature is good.
pub trait Signatures: Sync {
    /// What is to be said of `signature`, in the SSHSIG format, over `message`, which was written at that time.
    fn check(&self, message: &[u8], signature: &[u8], at: Option<Timestamp>) -> Signed;
}

/// What is to be said of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// It fits, and its key is this one's.
    By(String),
    /// It fits, and its key counts for nothing here; or nobody could look. Why, in words.
    Unknown(String),
    /// It does not fit. Why, in words.
    Refused(String),
}

/// Signatures about which nobody is asked.
pub struct Unasked;

impl Signatures for Unasked {
    fn check(&self, _: &[u8], _: &[u8], _: Option<Timestamp>) -> Signed {
        Signed::Unknown("it was not looked at".to_owned())
    }
}

/// What records are held against.
pub struct Check<'a> {
    /// The ledger, read before any journal; none if an exported file does not hold it.
    pub listing: Option<&'a io::Result<Listing>>,
    /// Whether it is an exported file, with pages beside the record.
    pub exported: bool,
    /// What such a file holds that is no part of a record.
    pub strangers: &'a [String],
    /// Heads that were kept elsewhere.
    pub heads: &'a [HeadLine],
    /// Who says whether a signature is good.
    pub signatures: &'a dyn Signatures,
}

/// What vouches for a seal from outside its journal.
#[derive(Default)]
struct Vouching {
    ledger: bool,
    signers: Vec<String>,
    anchored: bool,
    /// The ledger says that the run went on behind its seal, and the journal does not.
    reopened: bool,
    doubts: Vec<Doubt>,
    unchecked: Vec<String>,
}

impl Check<'_> {
    /// Checks the record in `folder`.
    pub fn record(&self, folder: &RunFolder) -> Finding {
        let mut vouched = Vouched::default();
        let read = folder.open("journal.jsonl").map_err(ReadError::from);
        let watch = |event: &Event| vouched.take(event);
        match read.and_then(|file| read_journal_watching(file, RunState::lean(), watch)) {
            Ok(reading) => self.reading(folder, &reading, &vouched),
            Err(error) => Finding::unread(folder.run.as_str(), format!("its journal cannot be read: {error}")),
        }
    }

    /// Checks a record that was read to its end, and what it vouches for.
    pub fn reading(&self, folder: &RunFolder, reading: &Reading, vouched: &Vouched) -> Finding {
        let listed = self.listing.and_then(|listing| listing.as_ref().ok()?.of(folder.run.as_str()));
        let mut vouching = Vouching {
            ledger: listed.is_some_and(|listed| knows(listed, reading)),
            reopened: listed.is_some_and(|listed| is_reopened(listed, reading)),
            doubts: self.doubts(folder, listed, reading, vouched),
            unchecked: limits(folder, reading, vouched),
            ..Vouching::default()
        };
        self.signatures(folder, reading, vouched, &mut vouching);
        self.heads(folder, listed, reading, &mut vouching);
        vouching.unchecked.extend(self.beside());
        finding(folder, reading, vouching)
    }

    /// What speaks against a record, whoever vouches for it.
    fn doubts(&self, folder: &RunFolder, listed: Option<&Listed>, reading: &Reading, vouched: &Vouched) -> Vec<Doubt> {
        let damage = reading.damage.as_ref();
        let mut words: Vec<_> = folder.inspect().err().map(|error| error.to_string()).into_iter().collect();
        words.extend(journal::doubts(self.listing, folder, reading));
        words.extend(vouched.doubts(folder));
        if let Some(header) = reading.state.header.as_ref().filter(|header| header.run != folder.run.as_str()) {
            words.push(format!("it is the record of another run, {}", header.run));
        }
        if reading.records == 0 && damage.is_none() {
            words.push("nothing is recorded of it".to_owned());
        }
        words.extend(listed.into_iter().flat_map(|listed| contradictions(listed, reading, vouched)));
        let damage = damage.filter(|damage| is_doubt(damage, reading)).map(doubt);
        damage.into_iter().chain(words.into_iter().map(Doubt::words)).collect()
    }

    /// What stands in an exported file beside the record.
    fn beside(&self) -> impl Iterator<Item = String> {
        let strange =
            (!self.strangers.is_empty()).then(|| format!("what else is in the file: {}", self.strangers.join(", ")));
        let pages = "the pages in the file: they are made from the record, and `audit show` and `log` make them anew";
        strange.into_iter().chain(self.exported.then(|| pages.to_owned()))
    }

    /// Holds the signatures beside the journal against its seal.
    fn signatures(&self, folder: &RunFolder, reading: &Reading, vouched: &Vouched, vouching: &mut Vouching) {
        let signatures = match folder.signatures() {
            Ok(signatures) => signatures,
            Err(error) => return vouching.doubts.push(Doubt::words(format!("its signatures cannot be read: {error}"))),
        };
        for signature in signatures {
            let Signature { name, records } = &signature;
            let refuse = |why: String| Doubt::words(format!("{name} {why}"));
            if *records > reading.records && reading.damage.is_some() {
                vouching.unchecked.push(format!("{name}: what it signs stands behind the damage"));
                continue;
            }
            if !vouched.is_seal(*records) {
                let why = format!("signs a seal that is record {}, and that is none", records.saturating_sub(1));
                vouching.doubts.push(refuse(why));
                continue;
            }
            if *records < reading.records {
                vouching.unchecked.push(format!("{name}: it signs an earlier seal, before the run was opened again"));
                continue;
            }
            let signed = folder.last_line(reading).and_then(|line| Ok((line, folder.signature(&signature)?)));
            match signed.map(|(line, signature)| self.signatures.check(&line, &signature, reading.state.last)) {
                Ok(Signed::By(signer)) if vouching.signers.contains(&signer) => {}
                Ok(Signed::By(signer)) => vouching.signers.push(signer),
                Ok(Signed::Unknown(why)) => vouching.unchecked.push(format!("{name}: {why}")),
                Ok(Signed::Refused(why)) => vouching.doubts.push(refuse(format!("is refused: {why}"))),
                Err(error) => vouching.doubts.push(refuse(format!("cannot be read: {error}"))),
            }
        }
    }

    /// Holds heads that were kept elsewhere against journal and ledger.
    fn heads(&self, folder: &RunFolder, listed: Option<&Listed>, reading: &Reading, vouching: &mut Vouching) {
        for kept in self.heads {
            let mark = &kept.mark;
            match &kept.of {
                HeadOf::Run(run) if run != folder.run.as_str() => {}
                HeadOf::Run(_) if !reading.holds(mark) => vouching.doubts.push(Doubt::words(kept.unmet())),
                HeadOf::Run(_) if reading.end() == *mark => vouching.anchored = true,
                HeadOf::Run(_) => vouching.unchecked.push(format!(
                    "whether what stands behind record {} is as it was: the head that was kept ends there",
                    mark.records - 1
                )),
                HeadOf::Ledger => match self.listing {
                    None => vouching.unchecked.push("the ledger's head: the file holds no ledger".to_owned()),
                    Some(Ok(listing)) if listing.holds(mark) => {
                        let within = listed.is_some_and(|listed| listed.line <= mark.records);
                        vouching.anchored |= vouching.ledger && within;
                        if vouching.ledger && !within {
                            let why = "anything by the head that was kept: it is older than the seal";
                            vouching.unchecked.push(why.to_owned());
                        }
                    }
                    Some(Ok(listing)) if self.exported && listing.is_shorter(mark) => {
                        let why = "anything by the head that was kept: the file's ledger is older than it";
                        vouching.unchecked.push(why.to_owned());
                    }
                    Some(_) => vouching.doubts.push(Doubt::words(kept.unmet())),
                },
            }
        }
    }
}

/// A last line that was cut off is what a crash leaves, but not behind a seal.
fn is_doubt(damage: &Damage, reading: &Reading) -> bool {
    damage.torn.is_none() || reading.state.seal.is_some()
}

fn doubt(damage: &Damage) -> Doubt {
    Doubt { words: damage.to_string(), record: Some(damage.record), byte: Some(damage.byte) }
}

/// What of the record itself could not be looked at.
fn limits(folder: &RunFolder, reading: &Reading, vouched: &Vouched) -> Vec<String> {
    let torn = reading.damage.as_ref().and_then(|damage| damage.torn).filter(|_| reading.state.seal.is_none());
    let torn = torn.map(|bytes| format!("its last {bytes} bytes: a crash cut their record off"));
    let cut = Some(vouched.cut()).filter(|cut| *cut > 0);
    let cut = cut.map(|cut| format!("what {} printed beyond what was kept", count(cut as usize, "stream")));
    let secret = Some(vouched.secret()).filter(|secret| *secret > 0);
    let secret = secret.map(|_| "what secret steps printed: nothing of it is recorded".to_owned());
    let behind = reading.damage.as_ref().filter(|damage| damage.torn.is_none());
    let behind = behind.map(|damage| format!("anything behind record {}, where the journal is damaged", damage.record));
    let strange = folder.files().map(|files| vouched.strangers(files)).unwrap_or_default();
    // What is named behind the damage is not known.
    let strange = Some(strange).filter(|strange| !strange.is_empty() && behind.is_none());
    let strange = strange.map(|strange| format!("files that the record does not name: {}", strange.join(", ")));
    torn.into_iter().chain(behind).chain(cut).chain(secret).chain(strange).collect()
}

fn finding(folder: &RunFolder, reading: &Reading, vouching: Vouching) -> Finding {
    let Vouching { ledger, signers, anchored, reopened, doubts, mut unchecked } = vouching;
    let seal = reading.state.seal.as_ref().filter(|_| reading.damage.is_none());
    let (sound, sealed, signed) = (doubts.is_empty(), seal.is_some(), !signers.is_empty());
    // Nobody vouches that a run is closed of which the ledger says that it went on.
    let closed = sealed && !reopened;
    let vouched = ledger || signed || anchored;
    let reached = [true, sealed, closed && vouched, closed && signed, closed && anchored];
    let reached = reached.map(|reached| sound && reached);
    let level = Level::ALL.into_iter().rfind(|level| reached[*level as usize]);
    match level {
        Some(_) if reopened => unchecked.push(
            "what happened behind its seal: the ledger says that the run went on, and the journal does not. A crash came before, or it was cut off".to_owned(),
        ),
        level => unchecked.extend(level.map(|level| beyond(level, ledger).to_owned())),
    }
    Finding {
        run: folder.run.to_string(),
        level,
        verdict: seal.map(|(verdict, _)| *verdict),
        records: reading.records,
        bytes: reading.bytes,
        head: (reading.records > 0).then_some(reading.head),
        signers,
        doubts,
        unchecked,
        reached,
    }
}

/// What a level does not claim.
fn beyond(level: Level, ledger: bool) -> &'static str {
    match level {
        Level::Unsealed => "whether it ends where it ended: it has no seal",
        Level::Chain => "whether it was made anew as a whole: no ledger, no signature and no head speaks for its seal",
        Level::Sealed => {
            "whether journal and ledger were made anew together, by somebody who may write the store: that takes a signature, or a head kept elsewhere"
        }
        Level::Signed | Level::Anchored if !ledger => {
            "whether the run was opened again behind this seal: no ledger says so"
        }
        Level::Signed => {
            "whether the run was opened again behind this seal and cut back to it, together with the ledger: that takes a head kept elsewhere"
        }
        Level::Anchored => "what happened behind the head that was kept",
    }
}
