//! Times as programs print them.

use chrono::{DateTime, FixedOffset};
use jiff::Timestamp;
use jiff::civil::DateTime as Civil;
use jiff::fmt::strtime;
use jiff::tz::Offset;

/// Names of zones that mean one thing everywhere. All others are refused: `IST` is Indian, Irish and Israeli time, `CST`
/// is American and Chinese.
const ZONES: &[&str] = &["UTC", "GMT", "Z"];

/// What is tried, beside RFC 3339.
const FORMATS: &[&str] = &[
    // `ls --full-time`, `stat`, `date --rfc-3339`, `journalctl -o short-iso`
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    // `date`, with and without twelve hours
    "%a %b %e %H:%M:%S %z %Y",
    "%a %b %e %I:%M:%S %p %z %Y",
    "%a %d %b %Y %H:%M:%S %z",
    "%a %d %b %H:%M:%S %z %Y",
    "%a %d %b %Y %I:%M:%S %p %z",
    // `date -R`
    "%a, %d %b %Y %H:%M:%S %z",
    // `journalctl -o short-full`, `systemctl`
    "%a %Y-%m-%d %H:%M:%S%.f %z",
];

/// Reads RFC 3339 and what `date`, `ls --full-time` and journald print.
///
/// # Errors
///
/// Says what is wrong with it: a zone whose name is not one of `UTC`, `GMT` and `Z`, no zone, or another form.
pub fn parse(text: &str) -> Result<DateTime<FixedOffset>, String> {
    let text = text.trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let zoned: Vec<String> = words.iter().map(|word| offset(word)).collect();
    let zoned = zoned.join(" ");
    let by_format = |format: &&str| {
        let time = strtime::BrokenDownTime::parse(format, &zoned).ok()?;
        let (civil, offset): (Civil, Offset) = (time.to_datetime().ok()?, time.offset()?);
        offset.to_timestamp(civil).ok()
    };
    let found = text.parse::<Timestamp>().ok().or_else(|| FORMATS.iter().find_map(by_format)).map(to_chrono);
    // The end of all time, as certificates have it, lies a day beyond what jiff knows.
    found.or_else(|| DateTime::parse_from_rfc3339(text).ok()).ok_or_else(|| {
        let shown = crate::text::shorten(text, 60);
        match words.iter().find(|word| is_zone(word)) {
            Some(zone) => format!("`{shown}` is in the zone `{zone}`, whose name has several meanings: print the time in UTC or with an offset"),
            None => format!("`{shown}` is no time that is understood: RFC 3339, or what date, ls --full-time and journald print, in UTC or with an offset"),
        }
    })
}

/// A zone that means one thing everywhere as an offset; `date` prints `+04` where a zone has no name.
fn offset(word: &str) -> String {
    let hours = word
        .strip_prefix(['+', '-'])
        .is_some_and(|digits| digits.len() == 2 && digits.bytes().all(|it| it.is_ascii_digit()));
    match word {
        _ if ZONES.contains(&word) => "+0000".to_owned(),
        _ if hours => format!("{word}00"),
        _ => word.to_owned(),
    }
}

/// Whether a word looks like the name of a zone: `CET`, `AEST`, `Europe/Berlin`.
fn is_zone(word: &str) -> bool {
    let letters = word.bytes().all(|byte| byte.is_ascii_uppercase()) && (3..=5).contains(&word.len());
    (letters && !ZONES.contains(&word)) || (word.contains('/') && word.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// The same moment, in UTC.
pub fn to_chrono(time: Timestamp) -> DateTime<FixedOffset> {
    let nanos = u32::try_from(time.subsec_nanosecond()).unwrap_or(0);
    // Before 1970 jiff counts the fraction backwards.
    let (seconds, nanos) = match time.subsec_nanosecond() < 0 {
        true => (time.as_second() - 1, u32::try_from(1_000_000_000 + time.subsec_nanosecond()).unwrap_or(0)),
        false => (time.as_second(), nanos),
    };
    DateTime::from_timestamp(seconds, nanos).unwrap_or_default().fixed_offset()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_usual_programs_print_is_read() {
        let wanted = "2026-11-24T01:49:02+00:00";
        for text in [
            "2026-11-24T01:49:02Z",
            "2026-11-24T02:49:02+01:00",
            "2026-11-24 01:49:02Z",
            "Tue Nov 24 01:49:02 UTC 2026",
            "Tue Nov 24 01:49:02 AM GMT 2026",
            "Tue Nov 24 01:49:02 +0000 2026",
            "Tue Nov 24 05:49:02 +04 2026",
            "Mon Nov 23 22:49:02 -03 2026",
            "Tue 24 Nov 01:49:02 UTC 2026",
            "Tue 24 Nov 2026 01:49:02 AM UTC",
            "Tue 24 Nov 2026 01:49:02 UTC",
            "Tue, 24 Nov 2026 02:49:02 +0100",
            "2026-11-24 01:49:02.000000000 +0000",
            "2026-11-24 03:49:02.000000000 +0200",
            "2026-11-24T01:49:02+0000",
            "2026-11-24 01:49:02+00:00",
            "Tue 2026-11-24 01:49:02 UTC",
            "2026-11-24 01:49:02 UTC",
            "  2026-11-24T01:49:02Z\n",
        ] {
            assert_eq!(parse(text).map(|time| time.to_rfc3339()), Ok(wanted.to_owned()), "{text}");
        }
        let single = parse("Wed Nov  4 01:49:02 UTC 2026").map(|time| time.to_rfc3339());
        assert_eq!(single, Ok("2026-11-04T01:49:02+00:00".to_owned()));
        assert_eq!(parse("9999-12-31T23:59:59Z").map(|time| time.timestamp()), Ok(253_402_300_799));
        assert_eq!(parse("1969-12-31T23:59:59.5Z").map(|time| time.timestamp_millis()), Ok(-500));
    }

    #[test]
    fn ambiguous_zones_and_half_times_are_errors() {
        for zone in ["CET", "EST", "IST", "CST", "AEST", "BST", "Europe/Berlin"] {
            let error = parse(&format!("Tue Nov 24 01:49:02 {zone} 2026")).unwrap_err();
            assert!(error.contains(&format!("the zone `{zone}`")), "{error}");
        }
        for bad in [
            "",
            "yesterday",
            "2026-11-24 01:49:02",
            "2026-11-24T01:49:02",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "Nov 24 01:49:02",
            "Mon Nov 24 01:49:02 UTC 2026",
            "1764000000",
            "2026-11-24",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
