//! What was tried, and what must never have been seen.

use crate::setting::Setting;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

/// How many breaches of one rule are told in full.
const TOLD: usize = 3;

/// What must hold; each breach is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    Intent,
    Again,
    Guess,
    Twice,
    Shown,
    Sync,
    Lost,
    Repair,
    Damage,
    Always,
    Value,
    Double,
    Wedge,
    Abort,
    Unexplained,
    Ledger,
    Exit,
    Panic,
    Hang,
}

impl Rule {
    const ALL: [(Rule, &str); 19] = [
        (Rule::Intent, "steps that ran without a durable intent (P1)"),
        (Rule::Again, "steps recorded as done that ran again (P2)"),
        (Rule::Guess, "steps in doubt run again or passed over without a decision (P3)"),
        (Rule::Twice, "changes made twice without a decision to run again (P3)"),
        (Rule::Shown, "steps shown as passed that the record lacks (P4)"),
        (Rule::Sync, "acts after a failed write or sync, and syncs tried again (P5)"),
        (Rule::Lost, "records lost or changed behind their writing (P6)"),
        (Rule::Repair, "repairs without a copy and a record (P7)"),
        (Rule::Damage, "damage that was not refused with its record and byte (P7)"),
        (Rule::Always, "closes in which an always step ran other than once"),
        (Rule::Value, "values and outputs other than recorded"),
        (Rule::Double, "engines that ran steps at the same time (P14)"),
        (Rule::Wedge, "runs that nothing brought to their end (P14)"),
        (Rule::Abort, "steps started after an abort (P17)"),
        (Rule::Unexplained, "records that do not say how they ended (P17, P18)"),
        (Rule::Ledger, "ledgers that are not sound or contradict a journal"),
        (Rule::Exit, "exit codes that are undocumented or contradict the record"),
        (Rule::Panic, "panics"),
        (Rule::Hang, "processes that did not end"),
    ];
}

/// Counts, from several threads.
#[derive(Default)]
pub struct Tally {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    tried: BTreeMap<String, u64>,
    breaches: BTreeMap<Rule, Vec<String>>,
}

impl Tally {
    /// Something of this kind was tried.
    pub fn tried(&self, kind: &str) {
        *self.inner.lock().unwrap().tried.entry(kind.to_owned()).or_default() += 1;
    }

    /// Counts a breach unless `holds`.
    pub fn demand(&self, holds: bool, rule: Rule, told: impl FnOnce() -> String) {
        if !holds {
            self.inner.lock().unwrap().breaches.entry(rule).or_default().push(told());
        }
    }

    pub fn is_clean(&self) -> bool {
        self.inner.lock().unwrap().breaches.is_empty()
    }

    pub fn table(&self, setting: &Setting) -> String {
        let inner = self.inner.lock().unwrap();
        let what = if setting.all { "all cases" } else { "a sample of the cases" };
        let mut table = format!("\nfaults: {what}, seed {}\n\n", setting.seed);
        for (kind, count) in &inner.tried {
            _ = writeln!(table, "{count:>7}  {kind}");
        }
        table.push_str("\nmust be 0:\n\n");
        for (rule, words) in Rule::ALL {
            let count = inner.breaches.get(&rule).map_or(0, Vec::len);
            _ = writeln!(table, "{count:>7}  {words}");
        }
        for (rule, told) in &inner.breaches {
            for text in told.iter().take(TOLD) {
                _ = writeln!(table, "\n{rule:?}: {text}");
            }
        }
        table
    }
}
