//! One case: a run that is begun, broken, and gone on with until it has passed.

use crate::always;
use crate::check::{Checked, Seen, outputs};
use crate::ended::Ended;
use crate::harness::Sandbox;
use crate::loss;
use crate::process::{Fault, process};
use crate::setting::Chance;
use crate::shapes::{CAPTURING, Shape};
use crate::tally::{Rule, Tally};
use crate::trace::Call;
use std::collections::BTreeMap;

/// No run needs more: after this many nothing is injected any more, and this many more must do.
const FAULTY: usize = 5;
const ENOUGH: usize = 14;

/// A run in a sandbox of its own.
pub struct Case<'a> {
    pub name: String,
    pub shape: &'a Shape,
    pub tally: &'a Tally,
    pub sandbox: Sandbox,
    pub chance: Chance,
    /// Whether what was not synced may be lost, as by a power cut.
    pub loses: bool,
    /// Whether a fault hit another call than the one that it was meant for.
    missed: bool,
    /// The run's id: another one if the first never began.
    run: String,
    /// What the next process is told about a step.
    decided: Option<(String, &'static str)>,
    /// How often each step had run when it was last decided to run it again.
    known: BTreeMap<String, usize>,
    /// How many bytes of torn lines were cut off.
    cut_off: u64,
    /// How often that was decided.
    reruns: BTreeMap<String, usize>,
}

impl<'a> Case<'a> {
    pub fn new(name: String, shape: &'a Shape, tally: &'a Tally, chance: Chance) -> Self {
        let sandbox = shape.sandbox();
        let (known, reruns) = (BTreeMap::new(), BTreeMap::new());
        Self {
            name,
            shape,
            tally,
            sandbox,
            chance,
            loses: true,
            missed: false,
            run: "one".into(),
            decided: None,
            known,
            cut_off: 0,
            reruns,
        }
    }

    /// Nothing is known of it any more: its store was put back by hand.
    pub fn forget(&mut self, name: String) {
        (self.name, self.decided, self.cut_off) = (name, None, 0);
        self.known.clear();
        self.reruns.clear();
    }

    /// Injects `faults` into the first processes, now and then one more, until the run has passed.
    pub fn run(&mut self, faults: &[Fault]) {
        for number in 0..ENOUGH {
            let fault = match faults.get(number) {
                Some(fault) => Some(fault.clone()),
                None if number < FAULTY && self.chance.one_in(3) => Some(self.another_fault()),
                None => None,
            };
            let (after, _) = self.one(fault.as_ref());
            if after.run.passed() || after.was_given_up() {
                return self.finish(&after);
            }
            if after.is_damaged() || self.missed {
                return; // Damage is counted, and all that follows would only tell it again.
            }
        }
        let (seen, ended) = self.one(None);
        let kinds: Vec<_> =
            seen.journal.records.iter().map(|record| format!("{} {}", record.kind(), record.step())).collect();
        let told = || format!("{}: not passed after {ENOUGH} processes: {kinds:?}, {}", self.name, ended.brief());
        self.tally.demand(false, Rule::Wedge, told);
    }

    fn another_fault(&mut self) -> Fault {
        let kinds = [("write", "signal=KILL"), ("fdatasync", "signal=KILL"), ("fdatasync", "error=EIO")];
        let (call, how) = kinds[self.chance.below(kinds.len())];
        Fault { call: call.to_owned(), how, nth: 1 + self.chance.below(14) }
    }

    /// One process, and what must hold after it.
    pub fn one(&mut self, fault: Option<&Fault>) -> (Seen, Ended) {
        let mut before = Seen::of(&self.sandbox, &self.run);
        if !before.begun() && self.sandbox.store().join("runs").join(&self.run).exists() {
            self.run.push('x');
            before = Seen::of(&self.sandbox, &self.run);
        }
        let arguments = self.arguments(before.begun());
        let ended = process(&self.sandbox, fault, &arguments);
        self.missed = ended.calls.iter().any(Call::is_missed);
        if self.missed {
            self.tally.tried("not judged: the fault hit what cannot fail so");
            return (Seen::of(&self.sandbox, &self.run), ended);
        }
        if self.loses && (ended.signal.is_some() || ended.code == Some(5)) {
            loss::cut(&self.sandbox, &self.run, &ended.calls, before.lengths(), &mut self.chance);
        }
        let after = Seen::of(&self.sandbox, &self.run);
        let name = format!("{}, {arguments:?} with {}", self.name, fault.map_or("none".into(), ToString::to_string));
        let (shape, tally) = (self.shape, self.tally);
        let (decided, faulty) = (self.decided.as_ref(), fault.is_some());
        let checked =
            Checked { name: &name, shape, tally, before: &before, after: &after, ended: &ended, decided, faulty };
        checked.all();
        self.cut_off += checked.cut_off();
        self.decide(&before, &after, &ended);
        (after, ended)
    }

    fn arguments(&self, begun: bool) -> Vec<String> {
        let mut words: Vec<&str> =
            if begun { vec!["resume", &self.run] } else { vec!["run", "r.md", "--run-id", &self.run] };
        words.extend(self.shape.answers);
        let mut arguments: Vec<String> = words.into_iter().map(str::to_owned).collect();
        if let Some((step, word)) = &self.decided {
            let reason = "the witness says so".to_owned();
            arguments.extend(["--decide".to_owned(), format!("{step}={word}"), "--reason".to_owned(), reason]);
        }
        arguments
    }

    /// A decision is given where one was asked for: what the witness says, or to run again.
    fn decide(&mut self, before: &Seen, after: &Seen, ended: &Ended) {
        let decided = |step: &str| {
            let added = after.journal.records.iter().skip(before.journal.records.len());
            added.filter(|record| record.kind() == "decision-made").any(|record| record.step() == step)
        };
        if let Some((step, "rerun")) = &self.decided
            && decided(step)
        {
            *self.reruns.entry(step.clone()).or_default() += 1;
            self.known.insert(step.clone(), before.ran(step));
        }
        self.decided = ended.asks_for().filter(|_| ended.code == Some(4)).map(|step| {
            let happened = after.ran(step) > self.known.get(step).copied().unwrap_or(0);
            let word = match () {
                () if CAPTURING.contains(&step) || self.chance.one_in(3) => "rerun",
                () if happened => "happened",
                () => "not-happened",
            };
            (step.to_owned(), word)
        });
    }

    /// What must hold when the run has passed.
    fn finish(&self, seen: &Seen) {
        for told in always::breaches(&seen.run, &seen.journal.records) {
            self.tally.demand(false, Rule::Always, || format!("{}: {told}", self.name));
        }
        for (name, step) in seen.run.steps.iter().filter(|(_, step)| !step.may_repeat()) {
            let (ran, reruns) = (seen.ran(name), self.reruns.get(name).copied().unwrap_or(0));
            let once = step.always || ran <= 1 + reruns;
            self.tally.demand(once, Rule::Twice, || format!("{}: {name} ran {ran} times", self.name));
        }
        let repairs = seen.journal.records.iter().filter(|record| record.kind() == "repaired");
        let recorded: u64 = repairs.filter_map(|record| record.event["bytes"].as_u64()).sum();
        // A crash between the copy and the cut lets the same bytes be copied twice: then both are recorded.
        let (kept, cut_off) = (seen.kept_aside(), self.cut_off);
        let told = || format!("{}: {cut_off} bytes cut off, {kept} kept aside, {recorded} recorded", self.name);
        self.tally.demand(recorded == kept && recorded >= cut_off, Rule::Repair, told);
        let other = outputs(&self.sandbox, &self.run, seen);
        self.tally.demand(other.is_none(), Rule::Value, || format!("{}: {}", self.name, other.unwrap_or_default()));
    }
}
