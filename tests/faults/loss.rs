//! A power cut: of what was written and not synced, a part may be gone.

use crate::harness::Sandbox;
use crate::setting::Chance;
use crate::trace::Call;
use std::fs::File;

/// Length, and how much of it is on the disk, of a file that had `before` bytes; by the calls alone.
pub fn synced(calls: &[Call], file: &str, before: u64) -> (u64, u64) {
    let (mut length, mut synced) = (before, before);
    for call in calls.iter().filter(|call| call.path.ends_with(file)) {
        match (call.name.as_str(), call.result) {
            ("write", Some(count)) if count > 0 => length += count as u64,
            ("ftruncate", Some(0)) => {
                length = argument(&call.text).unwrap_or(length);
                synced = synced.min(length);
            }
            ("fdatasync" | "fsync", Some(0)) => synced = length,
            _ => {}
        }
    }
    (length, synced)
}

/// The second argument of a call.
fn argument(text: &str) -> Option<u64> {
    text.split_once(">, ")?.1.split(')').next()?.parse().ok()
}

/// Cuts journal and ledger somewhere behind what was synced, each or none.
pub fn cut(sandbox: &Sandbox, run: &str, calls: &[Call], before: (u64, u64), chance: &mut Chance) {
    let journal = format!("runs/{run}/journal.jsonl");
    for (file, before) in [(journal.as_str(), before.0), ("ledger.jsonl", before.1)] {
        let (length, synced) = synced(calls, file, before);
        let path = sandbox.store().join(file);
        let Ok(found) = path.metadata().map(|data| data.len()) else { continue };
        if found != length || length == synced || chance.one_in(3) {
            continue;
        }
        let keep = synced + chance.below((length - synced) as usize) as u64;
        File::options().write(true).open(&path).unwrap().set_len(keep).unwrap();
    }
}
