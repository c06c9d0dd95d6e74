//! An event without secrets: every free text of it goes through the redactor, its own words do not.

use crate::redact::Redactor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Keys whose values are the record's own words, names or hashes: masked, they could not be read back. Every other
/// text is free, also that of a key which is new here.
const STRUCTURE: &[&str] = &[
    "after",
    "always",
    "answer",
    "boot",
    "channel",
    "decision",
    "declared",
    "exit_code",
    "file",
    "format",
    "effect",
    "gate",
    "head",
    "kept_sha256",
    "kind",
    "moment",
    "name",
    "parameter",
    "pass",
    "plan",
    "probe",
    "run",
    "runbook_file",
    "runbook_sha256",
    "satisfies",
    "sha256",
    "signal",
    "started",
    "status",
    "step",
    "stepgate",
    "stream",
    "target",
    "through",
    "type",
    "verdict",
    "waits_for",
];
/// Words that `reason` has where it is no text of a person.
const REASONS: &[&str] = &["exit", "expectation", "timeout", "signal", "transport", "terminal", "operator"];
/// The key of what a session holds: whoever made it has left out whatever has a secret in it, and a mask in the middle of a
/// function would make another one of it.
const STATE: &str = "state";
/// Keys whose values are maps by names of the author's: inside them nothing is the record's own.
const FREE: &[&str] = &["captured", "env", "given_targets", "params", "secrets", "targets"];

/// The event, of a run or of the ledger, with every secret masked.
pub fn event<E: Serialize + DeserializeOwned>(event: E, redactor: &Redactor) -> E {
    if redactor.is_empty() {
        return event;
    }
    let mut value = serde_json::to_value(&event).expect("an event holds nothing that JSON lacks");
    mask(&mut value, redactor, false);
    serde_json::from_value(value).expect("only free texts were changed")
}

fn mask(value: &mut Value, redactor: &Redactor, free: bool) {
    match value {
        Value::String(text) => *text = redactor.redact(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, redactor, free)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (free, key.as_str()) {
                    (false, key) if FREE.contains(&key) => mask(value, redactor, true),
                    // A structure below such a key has fields of its own.
                    (false, key) if STRUCTURE.contains(&key) && value.is_string() => {}
                    (false, "reason") if value.as_str().is_some_and(|word| REASONS.contains(&word)) => {}
                    (false, STATE) => {}
                    _ => mask(value, redactor, free),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
