//! A reader of journals and ledgers of its own, written from `docs/journal.md` alone.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::path::Path;

const KEYS: [&str; 6] = ["seq", "prev", "time", "mono", "event", "hash"];

#[derive(Clone, Debug)]
pub struct Record {
    pub event: Value,
    pub hash: String,
}

impl Record {
    pub fn kind(&self) -> &str {
        self.event["type"].as_str().unwrap_or_default()
    }

    /// The step that it is about, if it is about one.
    pub fn step(&self) -> &str {
        self.event["step"]["name"].as_str().unwrap_or_default()
    }

    pub fn word(&self, key: &str) -> &str {
        self.event[key].as_str().unwrap_or_default()
    }
}

/// A file of records: the sound lines, and what stands behind the last LF.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    pub records: Vec<Record>,
    pub bytes: Vec<u8>,
    pub torn: Vec<u8>,
}

impl Chain {
    /// The bytes of the sound lines.
    pub fn sound(&self) -> &[u8] {
        &self.bytes[..self.bytes.len() - self.torn.len()]
    }
}

pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file that is not there holds no records. Damage is told with record and byte.
pub fn read(path: &Path) -> Result<Chain, String> {
    parse(std::fs::read(path).unwrap_or_default())
}

pub fn parse(bytes: Vec<u8>) -> Result<Chain, String> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (mut records, mut prev, mut byte) = (Vec::new(), "0".repeat(64), 0);
    for (seq, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
        let record = follow(line, seq, &prev).map_err(|why| format!("record {seq} at byte {byte}: {why}"))?;
        byte += line.len();
        prev.clone_from(&record.hash);
        records.push(record);
    }
    Ok(Chain { records, torn: bytes[whole..].to_vec(), bytes })
}

fn follow(line: &[u8], seq: usize, prev: &str) -> Result<Record, String> {
    let text = std::str::from_utf8(line).map_err(|_| "no UTF-8")?;
    let at = text.rfind(",\"hash\":\"").ok_or("no hash")?;
    let hash = hex(&line[..at]);
    if text[at..] != format!(",\"hash\":\"{hash}\"}}\n") {
        return Err("the hash does not fit".to_owned());
    }
    if !text.starts_with(&format!("{{\"seq\":{seq},\"prev\":\"{prev}\",\"time\":\"")) {
        return Err("it does not follow the line before".to_owned());
    }
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let object = value.as_object().ok_or("no object")?;
    if object.len() != KEYS.len() || KEYS.iter().any(|key| !object.contains_key(*key)) {
        return Err("other keys".to_owned());
    }
    Ok(Record { event: value["event"].clone(), hash })
}
