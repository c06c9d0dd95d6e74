//! The chain as a forger makes it: lines taken apart, events changed, hashes made anew.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The lines of a chain, each with its LF.
pub fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// The text of a line's event.
pub fn event(line: &[u8]) -> String {
    let text = std::str::from_utf8(line).unwrap();
    let (_, behind) = text.split_once("\"event\":").unwrap();
    behind.rsplit_once(",\"hash\":\"").unwrap().0.to_owned()
}

/// The hash that a line names.
pub fn hash(line: &[u8]) -> String {
    let record: Value = serde_json::from_slice(line).unwrap();
    record["hash"].as_str().unwrap().to_owned()
}

/// The lines made into one chain again, numbers, hashes and the seals' heads too, with each event as `change` makes it.
pub fn forge(lines: &[Vec<u8>], mut change: impl FnMut(usize, String) -> String) -> Vec<u8> {
    let (mut prev, mut all) = ("0".repeat(64), Vec::new());
    for (seq, line) in lines.iter().enumerate() {
        let record: Value = serde_json::from_slice(line).unwrap();
        let (time, mono) = (record["time"].as_str().unwrap(), &record["mono"]);
        let mut event = change(seq, event(line));
        if event.starts_with("{\"type\":\"sealed\",\"verdict\"") {
            let verdict: Value = serde_json::from_str(&event).unwrap();
            let verdict = verdict["verdict"].as_str().unwrap();
            event = format!("{{\"type\":\"sealed\",\"verdict\":\"{verdict}\",\"records\":{seq},\"head\":\"{prev}\"}}");
        }
        let body = format!("{{\"seq\":{seq},\"prev\":\"{prev}\",\"time\":\"{time}\",\"mono\":{mono},\"event\":{event}");
        let digest: String = Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        all.extend_from_slice(format!("{body},\"hash\":\"{digest}\"}}\n").as_bytes());
        prev = digest;
    }
    all
}

/// The ledger as a forger makes it who has changed the journal of `run`: its marks are what that journal has now.
pub fn refit(ledger: &[u8], run: &str, journal: &[u8]) -> Vec<u8> {
    let journal = lines(journal);
    forge(&lines(ledger), |_, event| {
        let mut value: Value = serde_json::from_str(&event).unwrap();
        let Some(records) = value["records"].as_u64().filter(|_| value["run"] == run) else { return event };
        let records = (records as usize).min(journal.len());
        let head = hash(&journal[records - 1]);
        let (old_head, old_records) = (value["head"].take(), value["records"].take());
        event
            .replace(&format!("\"head\":{old_head}"), &format!("\"head\":\"{head}\""))
            .replace(&format!("\"records\":{old_records}"), &format!("\"records\":{records}"))
    })
}
