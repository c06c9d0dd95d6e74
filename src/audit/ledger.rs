//! What the ledger says of a run, held against the run's record.

use crate::journal::{Listed, Mark, Reading, Standing, Vouched};
use jiff::Timestamp;

/// Whether the ledger names the journal's end as that run's seal.
pub(super) fn knows(listed: &Listed, reading: &Reading) -> bool {
    matches!(listed.standing, Standing::Sealed(_)) && listed.ends_with(reading)
}

/// What the ledger says of a run and its record does not.
pub(super) fn contradictions(listed: &Listed, reading: &Reading, vouched: &Vouched) -> Vec<String> {
    let mut found = Vec::new();
    if listed.odd {
        found.push("the ledger closes or leaves the run once more without saying that it went on".to_owned());
    }
    let met = |mark: &&Mark| reading.holds(mark) && !vouched.is_seal(mark.records);
    found.extend(listed.seals().find(met).map(|mark| {
        format!("the ledger says that record {} is a seal, and it is none", mark.records.saturating_sub(1))
    }));
    found.extend(other_verdict(listed, reading));
    let Some(began) = vouched.began() else { return found };
    let same = [
        ("runbook", listed.runbook == began.runbook && listed.runbook_path == began.runbook_path),
        ("plan", listed.plan == began.plan),
        ("title", listed.title == began.title),
        ("profile", listed.profile == began.profile),
        ("operator", listed.operator == began.operator),
        ("time", reading.state.started.is_none_or(|started| is_near(listed.began, started))),
        (
            "end",
            !knows(listed, reading)
                || listed.ended.zip(reading.state.last).is_none_or(|(end, last)| is_near(end, last)),
        ),
    ];
    found.extend(
        same.iter()
            .filter(|(_, same)| !same)
            .map(|(what, _)| format!("the ledger names another {what} than the record")),
    );
    found
}

/// Both are written at the same moment, by one clock; whoever is stopped between two writes is not stopped for an hour.
fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).as_secs().abs() < 3600
}

/// Whether the ledger says that the run went on behind the seal that its journal ends with. A crash may have come before
/// the journal said so; or that was cut off.
pub(super) fn is_reopened(listed: &Listed, reading: &Reading) -> bool {
    let at_end = listed.standing == Standing::Begun && listed.ends_with(reading);
    at_end && reading.state.seal.is_some()
}

/// The ledger and the seal that it names must say the same of the run.
fn other_verdict(listed: &Listed, reading: &Reading) -> Option<String> {
    let Standing::Sealed(listed_as) = listed.standing else { return None };
    let (verdict, _) = reading.state.seal.as_ref().filter(|_| knows(listed, reading))?;
    let words = || format!("the ledger says that it {}, and its seal says {}", listed_as.as_str(), verdict.as_str());
    (*verdict != listed_as).then(words)
}
