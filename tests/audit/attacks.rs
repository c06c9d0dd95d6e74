//! Everything that can be done to the bytes of a record, one at a time. What was not found, what was claimed too much, and
//! where the two verifiers disagree are counted, and are 0.

use crate::chain::{forge, lines, refit};
use crate::store::Store;
use crate::verifiers::{Python, look, words};
use std::collections::BTreeMap;
use stepgate::audit::Level;

/// What was tried, and what was missed.
struct Tally<'s> {
    store: &'s Store,
    python: Python,
    tried: BTreeMap<&'static str, usize>,
    misses: Vec<String>,
    disagreements: Vec<String>,
}

impl<'s> Tally<'s> {
    fn new(store: &'s Store) -> Self {
        Self { store, python: Python::start(), tried: BTreeMap::new(), misses: Vec::new(), disagreements: Vec::new() }
    }

    /// The store as it is now: `run` must not reach more than `most`; the store is mended behind it.
    fn judge(&mut self, what: &'static str, told: &str, run: &str, most: Option<Level>) {
        *self.tried.entry(what).or_default() += 1;
        let finding = look(self.store, run);
        if finding.level > most {
            self.misses.push(format!("{what}: {told}: {}", words(&finding)));
        }
        let (ours, theirs) = (words(&finding), self.python.ask(self.store, run));
        if ours != theirs {
            self.disagreements.push(format!("{what}: {told}: {ours}, verify.py: {theirs}, {:?}", finding.doubts));
        }
    }

    fn file(
        &mut self,
        what: &'static str,
        told: &str,
        name: &str,
        bytes: impl AsRef<[u8]>,
        run: &str,
        most: Option<Level>,
    ) {
        self.store.write(name, bytes);
        self.judge(what, told, run, most);
        self.store.write(name, self.store.bytes(name));
    }

    /// Prints what was tried.
    #[expect(clippy::print_stdout, reason = "the counts are what the test is for")]
    fn end(self) {
        let all: usize = self.tried.values().sum();
        for (what, count) in &self.tried {
            println!("{count:7}  {what}");
        }
        println!("{all:7}  cases, {} missed, {} disagreements", self.misses.len(), self.disagreements.len());
        let first = |all: &[String]| all.iter().take(12).cloned().collect::<Vec<_>>().join("\n");
        assert!(self.misses.is_empty(), "{}", first(&self.misses));
        assert!(self.disagreements.is_empty(), "{}", first(&self.disagreements));
        assert!(all > 10_000, "{all}");
    }
}

const JOURNAL: &str = "runs/one/journal.jsonl";

#[test]
fn no_change_of_a_sealed_record_goes_unseen_and_a_second_verifier_agrees() {
    let store = Store::new();
    let mut tally = Tally::new(&store);
    for (run, level) in [("one", Level::Sealed), ("two", Level::Sealed), ("three", Level::Unsealed)] {
        let finding = look(&store, run);
        assert_eq!(finding.level, Some(level), "{finding:?}");
        tally.judge("nothing", run, run, Some(level));
    }
    bytes(&mut tally);
    records(&mut tally);
    forged(&mut tally);
    ledger(&mut tally);
    files(&mut tally);
    tally.end();
}

fn bytes(tally: &mut Tally<'_>) {
    let whole = tally.store.bytes(JOURNAL).to_vec();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 7);
        tally.file("a byte flipped", &at.to_string(), JOURNAL, &changed, "one", None);
        if at % 5 == 0 {
            tally.file("cut at a byte", &at.to_string(), JOURNAL, &whole[..at], "one", None);
        }
    }
    for extra in ["x", "\n", "{}\n", " "] {
        tally.file("something behind it", extra, JOURNAL, [&whole, extra.as_bytes()].concat(), "one", None);
    }
}

fn records(tally: &mut Tally<'_>) {
    let store = tally.store;
    let (own, other) = (lines(store.bytes(JOURNAL)), lines(store.bytes("runs/two/journal.jsonl")));
    for at in 0..own.len() {
        let mut each =
            |what, lines: Vec<Vec<u8>>| tally.file(what, &at.to_string(), JOURNAL, lines.concat(), "one", None);
        let mut dropped = own.clone();
        dropped.remove(at);
        each("a record dropped", dropped);
        let mut doubled = own.clone();
        doubled.insert(at, own[at].clone());
        each("a record doubled", doubled);
        each("the tail cut at a record", own[..at].to_vec());
        for to in at + 1..own.len() {
            let mut swapped = own.clone();
            swapped.swap(at, to);
            each("two records swapped", swapped);
        }
        for line in &other {
            let mut spliced = own.clone();
            spliced[at].clone_from(line);
            each("a record of another run", spliced);
        }
        if at < other.len() {
            each("the tail of another run", [&own[..at], &other[at..]].concat());
        }
    }
    tally.file("the journal of another run", "two", JOURNAL, other.concat(), "one", None);
}

/// The whole chain made anew: by itself that fits, and the ledger knows better. With a ledger that is made anew as well nothing
/// in the store does.
fn forged(tally: &mut Tally<'_>) {
    let store = tally.store;
    let (own, ledger) = (lines(store.bytes(JOURNAL)), store.bytes("ledger.jsonl").to_vec());
    let changes: [(&str, &str); 4] =
        [("root@", "ruth@"), ("\"elapsed_ms\":", "\"elapsed_ms\":1"), ("--yes", "--nay"), ("Keep", "Kept")];
    for (from, to) in changes {
        let journal = forge(&own, |_, event| event.replace(from, to));
        let told = format!("{from} → {to}");
        if journal != store.bytes(JOURNAL) {
            tally.file("the chain made anew", &told, JOURNAL, &journal, "one", None);
            store.write("ledger.jsonl", refit(&ledger, "one", &journal));
            tally.file("chain and ledger made anew", &told, JOURNAL, &journal, "one", Some(Level::Sealed));
            store.write("ledger.jsonl", &ledger);
        }
    }
    // A seal that says something else than what it seals, outputs with other hashes, and hashes that are none, fit nothing.
    for (from, to) in [
        ("\"verdict\":\"passed\"", "\"verdict\":\"failed\""),
        ("\"text\":\"seen\\n\"", "\"text\":\"Seen\\n\""),
        ("\"sha256\":\"", "\"sha256\":\"0"),
        ("\"declared\":\"", "\"declared\":\"A"),
    ] {
        let journal = forge(&own, |_, event| event.replace(from, to));
        assert_ne!(journal, store.bytes(JOURNAL), "{from}");
        store.write("ledger.jsonl", refit(&ledger, "one", &journal));
        tally.file("chain and ledger made anew, and wrong", from, JOURNAL, &journal, "one", None);
        store.write("ledger.jsonl", &ledger);
    }
    for records in 1..own.len() {
        let journal = own[..records].concat();
        store.write("ledger.jsonl", refit(&ledger, "one", &journal));
        let told = records.to_string();
        // Where a seal stands it was closed once; the ledger's last line about it says so still, with another verdict.
        tally.file("cut, and the ledger made anew", &told, JOURNAL, &journal, "one", Some(Level::Unsealed));
        store.write("ledger.jsonl", &ledger);
    }
}

fn ledger(tally: &mut Tally<'_>) {
    let whole = tally.store.bytes("ledger.jsonl").to_vec();
    let own = lines(&whole);
    for at in (0..whole.len()).step_by(3) {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 7);
        for run in ["one", "three"] {
            let most = look(tally.store, run).level;
            tally.file("a byte of the ledger flipped", &at.to_string(), "ledger.jsonl", &changed, run, most);
        }
    }
    for at in 0..own.len() {
        let mut dropped = own.clone();
        dropped.remove(at);
        let most = Some(Level::Sealed);
        tally.file("a line of the ledger dropped", &at.to_string(), "ledger.jsonl", dropped.concat(), "one", most);
        let forged = forge(&dropped, |_, event| event);
        tally.file("a line dropped, and the ledger made anew", &at.to_string(), "ledger.jsonl", forged, "one", most);
        tally.file("the ledger cut", &at.to_string(), "ledger.jsonl", own[..at].concat(), "one", most);
    }
}

fn files(tally: &mut Tally<'_>) {
    let store = tally.store;
    for name in ["runs/one/output/save.stdout", "runs/one/runbook.md"] {
        let bytes = store.bytes(name).to_vec();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        for (told, changed) in [
            ("flipped", flipped),
            ("cut", bytes[..bytes.len() - 1].to_vec()),
            ("emptied", Vec::new()),
            ("longer", [&bytes[..], b"x"].concat()),
        ] {
            tally.file("a file changed", &format!("{name} {told}"), name, changed, "one", None);
        }
        std::fs::remove_file(store.file(name)).unwrap();
        tally.judge("a file removed", name, "one", None);
        std::os::unix::fs::symlink("/etc/passwd", store.file(name)).unwrap();
        tally.judge("a link in its place", name, "one", None);
        std::fs::remove_file(store.file(name)).unwrap();
        store.mend();
    }
    let signature = store.bytes(&store.signature_name()).to_vec();
    for name in ["runs/one/sealed-4.sig", "runs/one/sealed-99.sig", "runs/three/sealed-2.sig"] {
        store.write(name, &signature);
        let run = if name.contains("three") { "three" } else { "one" };
        tally.judge("a signature of another record", name, run, None);
        store.mend();
    }
}
