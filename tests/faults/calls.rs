//! Faults at each system call: of a run, and of a run that goes on after it was killed.

use crate::case::Case;
use crate::process::Fault;
use crate::setting::Setting;
use crate::shapes::{Shape, all};
use crate::tally::Tally;
use crate::trace::Call;
use std::collections::BTreeMap;

/// How many cases of each kind a sample has.
const SAMPLE: usize = 90;

/// Calls that are made to fail on the store's files, and how.
const ERRORS: [(&str, &[&str]); 8] = [
    ("write", &["error=EIO", "error=ENOSPC"]),
    ("fdatasync", &["error=EIO"]),
    ("fsync", &["error=EIO"]),
    ("open", &["error=EIO", "error=ENOSPC"]),
    ("openat", &["error=EIO"]),
    ("mkdirat", &["error=ENOSPC"]),
    ("ftruncate", &["error=EIO"]),
    ("clone", &["error=EAGAIN"]),
];

pub fn part(setting: &Setting, tally: &Tally) {
    let shapes = all();
    let mut cases = Vec::new();
    for shape in &shapes {
        let case = Case::new(format!("{}, watched", shape.name), shape, tally, setting.chance("watched", 0));
        let kills = watched(case, &[]);
        cases.extend(kills.iter().map(|fault| (shape, vec![fault.clone()])));
        cases.extend(resumed(setting, tally, shape, &kills));
    }
    let (killed, failed): (Vec<_>, Vec<_>) = cases.into_iter().partition(|(_, faults)| is_kill(faults));
    let mut cases = setting.sample("killed", killed, SAMPLE);
    cases.extend(setting.sample("failed", failed, SAMPLE));
    setting.at_once(&cases, |number, (shape, faults)| one(setting, tally, shape, faults, number));
}

fn is_kill(faults: &[Fault]) -> bool {
    faults.last().is_some_and(|fault| fault.how == "signal=KILL")
}

fn one(setting: &Setting, tally: &Tally, shape: &Shape, faults: &[Fault], number: usize) {
    let Some(last) = faults.last() else { return };
    let words = if faults.len() > 1 { "resume" } else { "run" };
    tally.tried(&format!("{words}: {} at {}", last.how, last.call));
    let name = format!("{} #{number}", shape.name);
    Case::new(name, shape, tally, setting.chance("calls", number)).run(faults);
}

/// A run that is killed in its middle, and every fault of its going on.
fn resumed<'s>(setting: &Setting, tally: &Tally, shape: &'s Shape, faults: &[Fault]) -> Vec<(&'s Shape, Vec<Fault>)> {
    let frames: Vec<_> =
        faults.iter().filter(|fault| fault.call == "fdatasync" && fault.how == "signal=KILL").collect();
    let Some(middle) = frames.get(frames.len() * 2 / 3) else { return Vec::new() };
    let case = Case::new(format!("{}, watched", shape.name), shape, tally, setting.chance("watched", 0));
    let again = watched(case, std::slice::from_ref(*middle));
    again.into_iter().map(|fault| (shape, vec![(*middle).clone(), fault])).collect()
}

/// Every fault that a process can meet, by watching one after `faults` that meets none.
fn watched(mut case: Case<'_>, faults: &[Fault]) -> Vec<Fault> {
    for fault in faults {
        case.one(Some(fault));
    }
    let (_, ended) = case.one(None);
    possible(&ended.calls)
}

fn possible(calls: &[Call]) -> Vec<Fault> {
    let (mut counts, mut faults) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for call in calls {
        let nth = counts.entry(&call.name).or_default();
        *nth += 1;
        let fault = |how| Fault { call: call.name.clone(), nth: *nth, how };
        let store = call.path.contains("/.stepgate");
        if store || call.is_frame() || call.is_spawn() {
            faults.push(fault("signal=KILL"));
        }
        let errors = ERRORS.iter().find(|(name, _)| *name == call.name).map_or(&[][..], |(_, errors)| *errors);
        if store || call.is_spawn() {
            faults.extend(errors.iter().map(|how| fault(how)));
        }
    }
    faults
}
