//! Durations as runbooks write them: `100ms`, `90s`, `1h 30m`, `7d`. A unit is a must, and nothing is zero.

use std::time::Duration;

const UNITS: &str = "`ms`, `s`, `m`, `h`, `d`";
/// What to do about a text that is no duration.
pub const DURATION_HELP: &str = "write it as `30s`, `5m` or `1h 30m`";
/// A century; more is a typing error.
const MAX: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Reads a duration, or says in plain words why it is none.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = |why: &str| Err(format!("`{text}` is no duration: {why}"));
    let mut total = Duration::ZERO;
    let mut parts = 0;
    for part in text.split_whitespace() {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, unit) = part.split_at(digits);
        if number.is_empty() {
            return wrong(&format!("write a whole number and a unit, {UNITS}"));
        }
        let seconds = match unit {
            "" => return wrong(&format!("it needs a unit, {UNITS}")),
            "ms" => None,
            "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3600),
            "d" => Some(86_400),
            _ => return wrong(&format!("the units are {UNITS}")),
        };
        let value = number.parse::<u64>().ok().and_then(|number| match seconds {
            None => Some(Duration::from_millis(number)),
            Some(unit) => number.checked_mul(unit).map(Duration::from_secs),
        });
        let sum = value.and_then(|value| total.checked_add(value));
        match sum.filter(|sum| *sum <= MAX) {
            Some(sum) => total = sum,
            None => return wrong("it is longer than a hundred years"),
        }
        parts += 1;
    }
    match (parts, total.is_zero()) {
        (0, _) => wrong(&format!("write a number and a unit, {UNITS}")),
        (_, true) => wrong("it must be more than zero"),
        _ => Ok(total),
    }
}

/// A duration as runbooks write it; the inverse of [`parse_duration`].
pub fn show_duration(duration: Duration) -> String {
    let mut parts = Vec::new();
    let (mut seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    for (unit, size) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
        if seconds >= size {
            parts.push(format!("{}{unit}", seconds / size));
            seconds %= size;
        }
    }
    if millis > 0 || parts.is_empty() {
        parts.push(format!("{millis}ms"));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_need_a_unit_and_are_more_than_zero() {
        assert_eq!(parse_duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse_duration("100ms"), Ok(Duration::from_millis(100)));
        for bad in ["10", "-1s", "0s", "0", "1e99", "", "1.5h", "1 h", "99999999999999999999d", "7w"] {
            let error = parse_duration(bad).unwrap_err();
            assert!(error.contains("is no duration"), "{bad}: {error}");
        }
        assert!(parse_duration("10").unwrap_err().contains("`ms`, `s`, `m`, `h`, `d`"));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(millis in 1u64..10_000_000_000) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
        }
    }
}
