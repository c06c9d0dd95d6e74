//! Times as programs print them.

use chrono::{DateTime, FixedOffset};
use jiff::Timestamp;
use jiff::civil::DateTime as Civil;
use jiff::fmt::strtime;
use jiff::tz::Offset;

/// What is tried, the zone last; `UTC` and `GMT` are read as `+0000`, and no other name of a zone is: most are ambiguous.
const FORMATS: &[&str] = &[
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%a %b %e %H:%M:%S %z %Y",
    "%a %d %b %Y %H:%M:%S %z",
    "%a %d %b %Y %I:%M:%S %p %z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a %Y-%m-%d %H:%M:%S%.f %z",
];

/// Reads RFC 3339 and what `date`, `ls --full-time` and journald print.
///
/// # Errors
///
/// Says which forms there are.
pub fn parse(text: &str) -> Result<DateTime<FixedOffset>, String> {
    let text = text.trim();
    let zoned = text.replace(" UTC", " +0000").replace(" GMT", " +0000").replace(" Z", " +0000");
    let by_format = |format: &&str| {
        let time = strtime::BrokenDownTime::parse(format, &zoned).ok()?;
        let (civil, offset): (Civil, Offset) = (time.to_datetime().ok()?, time.offset()?);
        offset.to_timestamp(civil).ok()
    };
    let found = text.parse::<Timestamp>().ok().or_else(|| FORMATS.iter().find_map(by_format));
    found.map(to_chrono).ok_or_else(|| {
        format!(
            "`{}` is no time that is understood: RFC 3339, or what date, ls --full-time and journald print, in UTC or with an offset",
            crate::text::shorten(text, 60)
        )
    })
}

/// The same moment, in UTC.
pub fn to_chrono(time: Timestamp) -> DateTime<FixedOffset> {
    let nanos = u32::try_from(time.subsec_nanosecond()).unwrap_or(0);
    let utc = DateTime::from_timestamp(time.as_second(), nanos).unwrap_or_default();
    utc.fixed_offset()
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
            "Tue Nov 24 01:49:02 UTC 2026",
            "Tue 24 Nov 2026 01:49:02 AM UTC",
            "2026-11-24 01:49:02.000000000 +0000",
            "2026-11-24T01:49:02+0000",
            "Tue 2026-11-24 01:49:02 UTC",
            "2026-11-24 01:49:02 UTC",
        ] {
            assert_eq!(parse(text).map(|time| time.to_rfc3339()), Ok(wanted.to_owned()), "{text}");
        }
        for bad in ["", "yesterday", "Tue Nov 24 01:49:02 CET 2026", "2026-11-24 01:49:02", "2026-13-01T00:00:00Z"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
