//! A JSON value without secrets.

use super::redactor::Redactor;
use serde_json::{Map, Value};

/// Masks every text in `value`, keys included.
pub fn mask(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = redactor.redact(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, redactor)),
        Value::Object(fields) => *fields = masked(std::mem::take(fields), redactor),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn masked(fields: Map<String, Value>, redactor: &Redactor) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, mut value) in fields {
        mask(&mut value, redactor);
        let plain = redactor.redact(&key).into_owned();
        // Two keys may look alike now, and neither value may be lost.
        let numbered = (2..).map(|n| format!("{plain} {n}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|key| !out.contains_key(key));
        out.insert(free.unwrap_or(plain), value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::redactor::Redactor;
    use serde_json::json;

    #[test]
    fn every_text_of_a_json_value_is_masked_and_no_value_is_lost() {
        let redactor = Redactor::default();
        redactor.add("A", "hunter22").unwrap();
        redactor.add("B", "\"quoted\"").unwrap();
        let mut value = json!({ "a": ["x hunter22", { "hunter22": 1, "\"quoted\"": [true] }], "n": 5 });
        redactor.redact_json(&mut value);
        assert_eq!(value, json!({ "a": ["x [secret]", { "[secret]": [true], "[secret] 2": 1 }], "n": 5 }));
    }
}
