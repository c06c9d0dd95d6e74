//! Versions and quantities.

use super::facts;
use cel::Value;
use cel::objects::{Key, Map};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// A version as a map: `major`, `minor`, `patch`, `pre`.
///
/// # Errors
///
/// Says what is wanted.
pub fn semver(text: &str) -> Result<Value, String> {
    let wrong = || format!("`{}` is no version such as 1.34.3", crate::text::shorten(text, 60));
    let plain = text.trim().strip_prefix('v').unwrap_or(text.trim());
    let plain = plain.split('+').next().unwrap_or_default();
    let (numbers, pre) = plain.split_once('-').unwrap_or((plain, ""));
    let mut parts: Vec<i64> = Vec::new();
    for part in numbers.split('.') {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.push(part.parse().ok().filter(|_| digits).ok_or_else(wrong)?);
    }
    // `1.6` is what many programs print: the missing part is zero.
    if !(2..=3).contains(&parts.len()) {
        return Err(wrong());
    }
    parts.resize(3, 0);
    let entry = |name: &str, value: Value| (Key::String(Arc::new(name.to_owned())), value);
    let map: HashMap<Key, Value> = [
        entry("major", Value::Int(parts[0])),
        entry("minor", Value::Int(parts[1])),
        entry("patch", Value::Int(parts[2])),
        entry("pre", Value::from(pre)),
    ]
    .into();
    Ok(Value::Map(Map { map: Arc::new(map) }))
}

/// A part of a version.
pub fn part(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Map(map) => map.map.get(&Key::String(Arc::new(name.to_owned()))).cloned(),
        _ => None,
    }
}

/// How two versions are ordered; `None` if one is none.
pub fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    for name in ["major", "minor", "patch"] {
        let (Value::Int(left), Value::Int(right)) = (part(one, name)?, part(other, name)?) else { return None };
        if left != right {
            return Some(left.cmp(&right));
        }
    }
    let (Value::String(left), Value::String(right)) = (part(one, "pre")?, part(other, "pre")?) else { return None };
    Some(pre_releases(&left, &right))
}

/// A release comes after its pre-releases; parts that are numbers are compared as such, and come before words.
fn pre_releases(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let mut parts = (left.split('.'), right.split('.'));
    loop {
        let order = match (parts.0.next(), parts.1.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => match (one.parse::<u64>(), other.parse::<u64>()) {
                (Ok(one), Ok(other)) => one.cmp(&other),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => one.cmp(other),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// What Kubernetes puts behind a number, each with its power of ten, or of two.
const SUFFIXES: &[(&str, Scale)] = &[
    ("Ki", Scale::Two(10)),
    ("Mi", Scale::Two(20)),
    ("Gi", Scale::Two(30)),
    ("Ti", Scale::Two(40)),
    ("Pi", Scale::Two(50)),
    ("Ei", Scale::Two(60)),
    ("n", Scale::Ten(-9)),
    ("u", Scale::Ten(-6)),
    ("m", Scale::Ten(-3)),
    ("k", Scale::Ten(3)),
    ("M", Scale::Ten(6)),
    ("G", Scale::Ten(9)),
    ("T", Scale::Ten(12)),
    ("P", Scale::Ten(15)),
    ("E", Scale::Ten(18)),
];

#[derive(Clone, Copy)]
enum Scale {
    Two(u32),
    Ten(i32),
}

/// Reads a quantity such as `50Mi`: the number of base units.
///
/// # Errors
///
/// Says what is wanted.
pub fn parse_quantity(text: &str) -> Result<facts::Value, String> {
    let wrong = || format!("`{}` is no quantity such as 50Mi, 1.5G or 200m", crate::text::shorten(text, 60));
    let (number, scale) = match SUFFIXES.iter().find(|(suffix, _)| text.ends_with(suffix)) {
        Some((suffix, scale)) => (&text[..text.len() - suffix.len()], *scale),
        None => match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, Scale::Ten(exponent.parse().map_err(|_| wrong())?)),
            None => (text, Scale::Ten(0)),
        },
    };
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || (whole.is_empty() && fraction.is_empty()) || digits.len() > 30 {
        return Err(wrong());
    }
    exact(number, whole, fraction, scale).or_else(|| rounded(number, scale)).ok_or_else(wrong)
}

/// As a whole number, if it is one.
fn exact(number: &str, whole: &str, fraction: &str, scale: Scale) -> Option<facts::Value> {
    let mut value: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mut tens = -i32::try_from(fraction.len()).ok()?;
    match scale {
        Scale::Two(bits) => value = value.checked_mul(1 << bits)?,
        Scale::Ten(power) => tens = tens.checked_add(power)?,
    }
    let factor = 10i128.checked_pow(tens.unsigned_abs())?;
    value = match tens >= 0 {
        true => value.checked_mul(factor)?,
        false if value % factor == 0 => value / factor,
        false => return None,
    };
    let value = if number.starts_with('-') { -value } else { value };
    i64::try_from(value).ok().map(facts::Value::Int)
}

fn rounded(number: &str, scale: Scale) -> Option<facts::Value> {
    let number: f64 = number.parse().ok()?;
    let factor = match scale {
        Scale::Two(bits) => 2f64.powi(bits.try_into().ok()?),
        Scale::Ten(power) => 10f64.powi(power),
    };
    Some(number * factor).filter(|value| value.is_finite()).map(facts::Value::Double)
}

/// [`parse_quantity`] as CEL sees it.
pub fn quantity_value(text: &str) -> Result<Value, String> {
    Ok(match parse_quantity(text.trim())? {
        facts::Value::Int(number) => Value::Int(number),
        facts::Value::Double(number) => Value::Float(number),
        facts::Value::Text(_) | facts::Value::Bool(_) | facts::Value::Duration(_) => unreachable!("it is a number"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_semver_says() {
        let order = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-2.x",
            "1.0.0-11.x",
            "v1.0.0+k3s1",
            "1.6",
            "1.34.3",
            "2.0.0",
        ];
        let order = [order[3], order[4], order[0], order[1], order[2], order[5], order[6], order[7], order[8]];
        for pair in order.windows(2) {
            let (one, other) = (semver(pair[0]).unwrap(), semver(pair[1]).unwrap());
            assert_eq!(compare(&one, &other), Some(Ordering::Less), "{pair:?}");
        }
        assert_eq!(compare(&semver("1.2.3+a").unwrap(), &semver("v1.2.3").unwrap()), Some(Ordering::Equal));
        for bad in ["", "1", "1.2.3.4", "a.b", "1..2", "1.-2", "9999999999999999999.0.0"] {
            assert!(semver(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn quantities_are_base_units() {
        use facts::Value::{Double, Int};
        for (text, value) in [
            ("50Mi", Int(50 << 20)),
            ("0", Int(0)),
            ("1.5Gi", Int(3 << 29)),
            ("100k", Int(100_000)),
            ("200m", Double(0.2)),
            ("2000m", Int(2)),
            ("1e3", Int(1000)),
            ("-1Ki", Int(-1024)),
            ("1E", Int(1_000_000_000_000_000_000)),
            ("1.5", Double(1.5)),
        ] {
            assert_eq!(parse_quantity(text), Ok(value), "{text}");
        }
        for bad in ["", "Mi", "1MB", "x", "1 Mi", "--1", "1e", "NaN", "inf"] {
            assert!(parse_quantity(bad).is_err(), "{bad}");
        }
    }
}
