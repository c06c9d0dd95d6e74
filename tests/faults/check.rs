//! What must hold after each process, by what stood there before it.

use crate::ended::Ended;
use crate::fold::{Run, fold};
use crate::harness::Sandbox;
use crate::reader::{Chain, Record, hex, read};
use crate::shapes::Shape;
use crate::tally::{Rule, Tally};
use crate::trace::Call;

/// A store and its witness, as they are now.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub journal: Chain,
    pub ledger: Chain,
    pub run: Run,
    pub witness: Vec<String>,
    /// What repairs have put aside.
    broken: Vec<u8>,
    damage: Option<String>,
}

impl Seen {
    pub fn of(sandbox: &Sandbox, run: &str) -> Self {
        let folder = sandbox.store().join("runs").join(run);
        let (journal, ledger) = (read(&folder.join("journal.jsonl")), read(&sandbox.store().join("ledger.jsonl")));
        let damage = [&journal, &ledger].into_iter().find_map(|read| read.as_ref().err().cloned());
        let (journal, ledger) = (journal.unwrap_or_default(), ledger.unwrap_or_default());
        let witness = sandbox.read("witness").lines().map(str::to_owned).collect();
        let broken = std::fs::read(folder.join("journal.broken")).unwrap_or_default();
        Self { run: fold(&journal.records), journal, ledger, witness, broken, damage }
    }

    pub fn is_damaged(&self) -> bool {
        self.damage.is_some()
    }

    pub fn begun(&self) -> bool {
        !self.journal.records.is_empty()
    }

    /// Whether somebody gave the run up, and it has closed since.
    pub fn was_given_up(&self) -> bool {
        let given_up = self.journal.records.iter().any(|record| record.kind() == "given-up");
        given_up && self.run.sealed.as_deref() == Some("interrupted")
    }

    /// How many bytes repairs have put aside.
    pub fn kept_aside(&self) -> u64 {
        self.broken.len() as u64
    }

    /// How often a step left its name.
    pub fn ran(&self, step: &str) -> usize {
        self.witness.iter().filter(|line| line.split([':', '@']).next() == Some(step)).count()
    }

    pub fn lengths(&self) -> (u64, u64) {
        (self.journal.bytes.len() as u64, self.ledger.bytes.len() as u64)
    }
}

/// One process of a case.
pub struct Checked<'a> {
    pub name: &'a str,
    pub shape: &'a Shape,
    pub tally: &'a Tally,
    pub before: &'a Seen,
    pub after: &'a Seen,
    pub ended: &'a Ended,
    /// What was decided on its command line.
    pub decided: Option<&'a (String, &'static str)>,
    /// Whether a fault was injected into it.
    pub faulty: bool,
}

impl Checked<'_> {
    /// Everything that one process can show.
    pub fn all(&self) {
        self.ended.check(self.name, self.faulty, self.tally);
        self.demand(self.after.damage.is_none(), Rule::Lost, || format!("{:?}", self.after.damage));
        let kept = self.after.journal.bytes.starts_with(self.before.journal.sound());
        self.demand(kept, Rule::Lost, || "the journal's sound records are no longer what they were".to_owned());
        if self.after.damage.is_some() || !kept {
            return;
        }
        self.intents();
        self.done_once();
        self.decisions();
        self.shown();
        self.repairs();
        self.ledger();
        self.exit();
        order(self.ended.calls.iter(), |holds, rule, told| self.demand(holds, rule, || told.to_owned()));
    }

    fn demand(&self, holds: bool, rule: Rule, told: impl FnOnce() -> String) {
        self.tally.demand(holds, rule, || format!("{}: {}; {}", self.name, told(), self.ended.brief()));
    }

    /// The records of this process.
    fn added(&self) -> &[Record] {
        self.after.journal.records.get(self.before.journal.records.len()..).unwrap_or_default()
    }

    fn ran_now(&self, step: &str) -> bool {
        self.after.ran(step) > self.before.ran(step)
    }

    fn intents(&self) {
        for line in &self.after.witness {
            let name = line.split([':', '@']).next().unwrap_or_default();
            let (ran, intents) = (self.after.ran(name), self.after.run.step(name).intents);
            self.demand(ran <= intents, Rule::Intent, || format!("{name} ran {ran} times by {intents} intents"));
            let value = line.split_once(':').map(|(_, value)| value);
            self.demand(value.is_none_or(|value| value == "v1"), Rule::Value, || format!("{line} had another value"));
        }
    }

    fn done_once(&self) {
        for (name, step) in self.before.run.steps.iter().filter(|(_, step)| step.done) {
            let anew = step.always && self.before.run.sealed.is_some();
            self.demand(anew || !self.ran_now(name), Rule::Again, || format!("{name} was done and ran again"));
        }
    }

    /// Of a step in doubt nothing may come before a decision that is its due.
    fn decisions(&self) {
        let undecided = self.before.run.steps.iter().filter(|(_, step)| step.is_undecided());
        for (name, step) in undecided {
            if step.always && self.before.run.sealed.is_some() {
                continue;
            }
            let mut of = self.added().iter().filter(|record| record.step() == name);
            let kinds = ["step-started", "step-finished", "step-satisfied", "step-skipped", "decision-made"];
            let first = of.find(|record| kinds.contains(&record.kind()));
            let due = first.is_none_or(|record| self.is_due(name, record));
            self.demand(due, Rule::Guess, || format!("{name} was in doubt, and first came {first:?}"));
            let silent = first.is_none() && self.ran_now(name);
            self.demand(!silent, Rule::Guess, || format!("{name} was in doubt and ran again silently"));
        }
    }

    fn is_due(&self, name: &str, record: &Record) -> bool {
        let given = self.decided.filter(|(step, _)| step == name).map(|(_, word)| *word);
        let step = self.before.run.step(name);
        let probe = self.shape.has_probe(name) && step.effect == "change" && step.doubt;
        let due = match record.word("through") {
            "command-line" => given == Some(record.word("decision")),
            "policy" => step.may_repeat(),
            "probe" => probe && self.probe_says(name) == Some(record.word("decision")),
            _ => false,
        };
        record.kind() == "decision-made" && !record.word("reason").is_empty() && due
    }

    /// What the probe of a step said in this part of the run, as a decision.
    fn probe_says(&self, name: &str) -> Option<&'static str> {
        let finished = self.added().iter().find(|record| record.kind() == "probe-finished" && record.step() == name)?;
        Some(if finished.event["outcome"]["status"] == "passed" { "happened" } else { "not-happened" })
    }

    fn shown(&self) {
        for name in self.ended.shown() {
            let passed = |record: &Record| {
                record.kind() == "step-finished" && record.step() == name && record.word("status") == "passed"
            };
            let known = self.after.journal.records.iter().any(passed);
            self.demand(known, Rule::Shown, || format!("{name} was shown as passed"));
        }
    }

    /// What is cut off is copied first. That it is recorded is seen at the case's end: a crash may come in between.
    fn repairs(&self) {
        let torn = self.cut_off();
        let copied = torn == 0 || self.after.broken.ends_with(&self.before.journal.torn);
        self.demand(copied, Rule::Repair, || format!("{torn} bytes were cut off without a copy"));
    }

    /// How many bytes this process has cut off.
    pub fn cut_off(&self) -> u64 {
        let stands = self.after.journal.bytes == self.before.journal.bytes;
        if stands { 0 } else { self.before.journal.torn.len() as u64 }
    }

    /// Each line of the ledger about this run fits the journal, which may have more.
    fn ledger(&self) {
        let started = self.after.journal.records.first();
        let run = started.map_or("", |record| record.word("run"));
        for line in self.after.ledger.records.iter().filter(|line| line.word("run") == run && !run.is_empty()) {
            let Some(records) = line.event["records"].as_u64() else { continue };
            let last = (records as usize).checked_sub(1).and_then(|last| self.after.journal.records.get(last));
            let fits = last.is_some_and(|record| record.hash == line.word("head"));
            self.demand(fits, Rule::Ledger, || format!("{} does not fit the journal", line.event));
        }
    }

    fn exit(&self) {
        let (sealed, added) = (self.after.run.sealed.as_deref(), self.added());
        let suspended = added.iter().any(|record| record.kind() == "run-suspended");
        let asked = self.ended.asks_for().map(|name| self.after.run.step(name).is_undecided());
        let doubted = asked.unwrap_or_else(|| self.after.run.steps.values().any(|step| step.doubt));
        let nothing = !self.before.begun() || self.before.run.passed();
        let fits = match self.ended.code {
            Some(0) => sealed == Some("passed"),
            Some(1) => sealed == Some("failed"),
            Some(2) => (nothing || self.faulty) && added.is_empty(),
            Some(3) => suspended,
            Some(4) => doubted && sealed != Some("passed"),
            Some(5) => self.faulty || nothing,
            // Somebody gave it up, and it has closed now.
            Some(130) => self.after.was_given_up(),
            Some(_) => false,
            None => true,
        };
        self.demand(fits, Rule::Exit, || format!("it does not fit a record that is sealed {sealed:?}"));
    }
}

/// The order of acts: an intent is durable before its script is sent, and after a failed sync nothing is sent.
pub fn order<'a>(calls: impl Iterator<Item = &'a Call>, mut demand: impl FnMut(bool, Rule, &str)) {
    let (mut unsynced, mut failed) = (false, Vec::<String>::new());
    for call in calls {
        let journal = call.path.ends_with("journal.jsonl");
        let store = call.path.contains("/.stepgate/");
        if call.is_sync() {
            demand(!failed.contains(&call.path), Rule::Sync, &format!("synced again: {}", call.text));
        }
        if call.is_frame() && !call.text.contains("builtin exit") && call.result.is_some() {
            demand(!unsynced, Rule::Intent, &format!("sent before its intent was synced: {}", call.text));
            demand(failed.is_empty(), Rule::Sync, &format!("sent after a failure of {failed:?}: {}", call.text));
        }
        demand(!call.is_spawn() || failed.is_empty(), Rule::Sync, &format!("started after a failure: {}", call.text));
        // An output is written as it comes; if that fails, its record tells.
        let record = journal || call.path.ends_with("ledger.jsonl");
        if call.failed() && ((store && call.is_sync()) || (record && call.name == "write")) {
            failed.push(call.path.clone());
        }
        match call.name.as_str() {
            "write" if journal => unsynced = true,
            "fdatasync" if journal && !call.failed() => unsynced = false,
            _ => {}
        }
    }
}

/// Every output that a step's outcome names is what the outcome says.
pub fn outputs(sandbox: &Sandbox, run: &str, seen: &Seen) -> Option<String> {
    let folder = sandbox.store().join("runs").join(run);
    let outcomes = seen.journal.records.iter().filter(|record| record.kind() == "step-finished");
    let streams = outcomes.flat_map(|record| [&record.event["stdout"], &record.event["stderr"]]);
    for stream in streams {
        let bytes = match (stream["text"].as_str(), stream["file"].as_str()) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (None, Some(file)) => std::fs::read(folder.join(file)).unwrap_or_default(),
            (None, None) => continue,
        };
        if stream["sha256"] != hex(&bytes) {
            return Some(format!("an output is not what was recorded: {stream}"));
        }
    }
    None
}
