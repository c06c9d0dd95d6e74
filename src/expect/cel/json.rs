//! JSON as CEL sees it: whole numbers are ints, nothing is rounded, no key stands twice.

use cel::Value;
use cel::objects::{Key, Map};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashMap;
use std::sync::Arc;

/// More digits than this no double has.
const DIGITS: usize = 17;

/// Reads a JSON text.
///
/// # Errors
///
/// Why it is none, or which number cannot be held exactly, with line and column.
pub fn parse(text: &str) -> Result<Value, String> {
    let parsed: Json = serde_json::from_str(text).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default();
        format!("is not JSON: {words} at line {} column {}", error.line(), error.column())
    })?;
    match inexact(text) {
        Some(at) => {
            let line = text[..at].matches('\n').count() + 1;
            let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1) + 1;
            let number: String = text[at..].chars().take_while(|c| is_number(*c)).take(40).collect();
            Err(format!("holds the number {number} at line {line} column {column}, which cannot be held exactly"))
        }
        None => Ok(parsed.0),
    }
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')
}

/// Where a number stands that neither a 64-bit integer nor a double holds as it is written.
fn inexact(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = string_end(bytes, at),
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..].iter().take_while(|byte| is_number(char::from(**byte))).count();
                if !is_exact(&text[at..at + length]) {
                    return Some(at);
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    None
}

fn string_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn is_exact(number: &str) -> bool {
    if !number.contains(['.', 'e', 'E']) {
        // CEL has an unsigned integer, too; etcd prints the ids of its members so.
        return number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
    }
    // The double, written with as many digits, must read the same. Seventeen tell every double from all others. Where it
    // lies in the middle of two such texts, programs write the one or the other.
    let value: f64 = number.parse().unwrap_or(f64::INFINITY);
    let Some((digits, power)) = decimal(number) else { return false };
    let places = digits.len().saturating_sub(1);
    let written = [format!("{value:.places$e}"), format!("{value:e}")];
    let read = Some((digits, power));
    value.is_finite() && places < DIGITS && written.iter().any(|text| decimal(text) == read)
}

/// The digits that count, and by which power of ten they are to be taken; `None` if that is no number of 64 bits.
fn decimal(number: &str) -> Option<(String, i64)> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{}{fraction}", whole.trim_start_matches('-'));
    let digits = all.trim_start_matches('0').trim_end_matches('0');
    if digits.is_empty() {
        return Some((String::new(), 0));
    }
    let zeros = all.len() - all.trim_end_matches('0').len();
    let power = exponent.parse::<i64>().ok()?.checked_sub(fraction.len() as i64)?.checked_add(zeros as i64)?;
    Some((digits.to_owned(), power))
}

struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor).map(Json)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        // One that does not fit is found by `inexact`, with its place.
        Ok(i64::try_from(number).map_or(Value::UInt(number), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Json(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(Arc::new(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = HashMap::new();
        while let Some((key, Json(value))) = entries.next_entry::<String, Json>()? {
            let name = Key::String(Arc::new(key.clone()));
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom(format!("the key `{key}` stands twice")));
            }
        }
        Ok(Value::Map(Map { map: Arc::new(map) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_never_rounded() {
        assert_eq!(
            parse("[1, -2, 0.1, 1e3, 9223372036854775807, 0.10000000000000001, -0.00, 1.50E+2]")
                .map(|value| super::super::show::value(&value)),
            Ok("[1, -2, 0.1, 1000, 9223372036854775807, 0.1, -0, 150]".into())
        );
        assert!(parse("[9223372036854775808, 18446744073709551615]").is_ok());
        assert!(parse("[1020603455769919.2, 1020603455769919.3]").is_ok());
        for bad in [
            "18446744073709551616",
            "-9223372036854775809",
            "0.1234567890123456789",
            "9007199254740993.5",
            "1e-400",
            "123456789012345678901234567890",
        ] {
            let error = parse(&format!("{{\"a\": \"9223372036854775808\",\n \"b\": {bad}}}")).unwrap_err();
            assert!(error.contains("at line 2 column 7"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_double_is_read_as_it_was_written(value in proptest::num::f64::NORMAL) {
            for text in [format!("{value:e}"), format!("{value:.16e}"), serde_json::to_string(&value).unwrap()] {
                prop_assert!(matches!(parse(&text), Ok(Value::Float(read)) if read == value), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_json_is_named_with_its_place() {
        assert!(parse("{\"a\": }").unwrap_err().contains("at line 1 column 7"));
        assert!(parse("[1e400]").is_err());
        assert!(parse("").is_err() && parse("{} x").is_err());
        assert!(parse("{\"a\":1,\"a\":2}").unwrap_err().contains("stands twice"));
        assert!(parse(&"[".repeat(10_000)).is_err());
    }
}
