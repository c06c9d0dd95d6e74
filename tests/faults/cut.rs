//! Journals that are cut at any byte, and journals in which a byte is another one.

use crate::case::Case;
use crate::ended::end;
use crate::process::{Fault, wait_for_orphans};
use crate::setting::Setting;
use crate::shapes::{Shape, small};
use crate::tally::{Rule, Tally};
use std::fs;

/// How many cuts, and how many changed bytes, of each journal a sample has.
const SAMPLE: usize = 40;
/// How many changed bytes of each journal are all.
const CHANGES: usize = 400;

/// A store as it was left, in a sandbox of its own: records name the folder that they were made in.
struct Left<'a> {
    case: Case<'a>,
    journal: Vec<u8>,
    ledger: Vec<u8>,
    sealed: bool,
}

/// What is done to a journal.
#[derive(Clone, Copy)]
enum Harm {
    /// It ends before this byte.
    Cut(usize),
    /// This byte is another one.
    Changed(usize),
}

pub fn part(setting: &Setting, tally: &Tally) {
    let shape = small();
    for sealed in [false, true] {
        let length = Left::new(setting, tally, &shape, sealed).journal.len();
        // A sealed journal that is cut is refused by one rule, wherever the cut is.
        let cuts = (0..length).step_by(if sealed { 3 } else { 1 }).map(Harm::Cut).collect();
        let mut harms = setting.sample("cut", cuts, SAMPLE);
        let mut chance = setting.chance("changed", usize::from(sealed));
        let count = if setting.all { CHANGES } else { SAMPLE };
        harms.extend((0..count).map(|_| Harm::Changed(chance.below(length - 1))));
        // Small enough that nobody waits for the last share, as a cut near the start leaves far more to be run.
        let shares: Vec<_> = harms.chunks(harms.len().div_ceil(if setting.all { 32 } else { 4 })).collect();
        setting.at_once(&shares, |_, harms| {
            let mut left = Left::new(setting, tally, &shape, sealed);
            for harm in *harms {
                left.suffer(*harm);
            }
        });
    }
}

impl<'a> Left<'a> {
    /// A run that has passed, or one that was killed when a step's script had been sent.
    fn new(setting: &Setting, tally: &'a Tally, shape: &'a Shape, sealed: bool) -> Self {
        let mut case = Case::new("a run to cut".to_owned(), shape, tally, setting.chance("left", 0));
        case.loses = false;
        let killed = Fault { call: "fdatasync".to_owned(), nth: 8, how: "signal=KILL" };
        case.one((!sealed).then_some(&killed));
        let folder = case.sandbox.store();
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        Self { journal: read("runs/one/journal.jsonl"), ledger: read("ledger.jsonl"), sealed, case }
    }

    fn suffer(&mut self, harm: Harm) {
        let words = if self.sealed { "a sealed" } else { "an interrupted" };
        match harm {
            // Lengths of times differ a little from run to run.
            Harm::Cut(at) => self.cut(words, at.min(self.journal.len() - 1)),
            Harm::Changed(at) => self.changed(words, at.min(self.journal.len() - 2)),
        }
    }

    fn put(&self, journal: &[u8]) {
        let folder = self.case.sandbox.store().join("runs/one");
        _ = fs::remove_file(folder.join("journal.broken"));
        fs::write(folder.join("journal.jsonl"), journal).unwrap();
        fs::write(self.case.sandbox.store().join("ledger.jsonl"), &self.ledger).unwrap();
        fs::write(self.case.sandbox.path("witness"), "").unwrap();
    }

    /// A cut that a crash can have made is repaired and gone on from; one that the ledger knows better is refused.
    fn cut(&mut self, words: &str, at: usize) {
        self.case.tally.tried(&format!("cut: {words} journal"));
        self.case.forget(format!("{words} journal cut at byte {at}"));
        self.put(&self.journal[..at]);
        if self.sealed || !self.journal[..at].contains(&b'\n') {
            self.refused(&self.journal[..at]);
        } else {
            self.case.run(&[]);
        }
    }

    /// A byte that is another one is refused, named by record and byte.
    fn changed(&mut self, words: &str, at: usize) {
        self.case.tally.tried("cut: one byte is another one");
        self.case.forget(format!("byte {at} of {words} journal is another one"));
        let mut journal = self.journal.clone();
        journal[at] ^= 1;
        self.put(&journal);
        let stderr = self.refused(&journal);
        let before = &self.journal[..at];
        let record = before.iter().filter(|byte| **byte == b'\n').count();
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        // Another digit in the first record's `format` makes it a newer one, of which nothing is judged.
        let newer = record == 0 && stderr.contains("written by a newer stepgate");
        let named = newer || stderr.contains(&format!("record {record} at byte {begin}"));
        let told = || format!("{}: record {record} at byte {begin} is not named: {stderr}", self.case.name);
        self.case.tally.demand(named, Rule::Damage, told);
    }

    /// Nothing runs, nothing is written. Returns what was said.
    fn refused(&self, journal: &[u8]) -> String {
        let sandbox = &self.case.sandbox;
        let ended = end(&mut sandbox.command(["resume", "one"]));
        wait_for_orphans(sandbox);
        ended.check(&self.case.name, false, self.case.tally);
        let kept = fs::read(sandbox.store().join("runs/one/journal.jsonl")).unwrap() == journal;
        // What a newer stepgate has written is none of ours to judge.
        let newer = ended.code == Some(2) && ended.stderr.contains("written by a newer stepgate");
        let refused = (ended.code == Some(5) || newer) && kept && sandbox.read("witness").is_empty();
        self.case.tally.demand(refused, Rule::Damage, || format!("{}: {}", self.case.name, ended.brief()));
        ended.stderr
    }
}
