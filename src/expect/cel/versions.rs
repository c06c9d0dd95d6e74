//! Versions, ordered as Semantic Versioning says.

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
    let (numbers, pre) = match plain.split_once('-') {
        Some((numbers, pre)) if pre.split('.').all(is_part) => (numbers, pre),
        Some(_) => return Err(wrong()),
        None => (plain, ""),
    };
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

/// Whether a text can be a part of a pre-release, such as `rc` or `1`.
fn is_part(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_semver_says() {
        let order = [
            "0.9.10",
            "1.0.0-2.x",
            "1.0.0-11.x",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "v1.0.0+k3s1",
            "1.6",
            "v1.9.0",
            "1.10.0-rc1",
            "1.34.3",
            "2.0.0",
        ];
        for (at, one) in order.iter().enumerate() {
            for (other_at, other) in order.iter().enumerate() {
                let found = compare(&semver(one).unwrap(), &semver(other).unwrap());
                assert_eq!(found, Some(at.cmp(&other_at)), "{one} {other}");
            }
        }
        assert_eq!(compare(&semver("1.2.3+a").unwrap(), &semver("v1.2.3").unwrap()), Some(Ordering::Equal));
        for bad in [
            "",
            "1",
            "1.2.3.4",
            "a.b",
            "1..2",
            "1.-2",
            "9999999999999999999.0.0",
            "1.2.3-",
            "1.2.3-a..b",
            "1.2.3-a b",
            "vv1.2.3",
            "1.2.x",
        ] {
            assert!(semver(bad).is_err(), "{bad}");
        }
        assert_eq!(compare(&Value::Int(1), &semver("1.2.3").unwrap()), None);
    }
}
