//! Words of the command line that ask for past runs.

use crate::duration::parse_duration;
use crate::event::RunVerdict;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::str::FromStr;

/// A verdict by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict(pub RunVerdict);

impl FromStr for Verdict {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        use RunVerdict::{Failed, InDoubt, Interrupted, Partial, Passed, Running, Suspended};
        let all = [Passed, Failed, Partial, Suspended, Interrupted, InDoubt, Running];
        let found = all.into_iter().find(|verdict| verdict.as_str() == text);
        let words = || all.map(RunVerdict::as_str).join(", ");
        found.map(Self).ok_or_else(|| format!("a verdict is one of {}", words()))
    }
}

/// A time: `2026-11-22`, `2026-11-22T08:30:00Z`, or how long ago, `7d`. A date is its beginning in UTC, which is what records are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self(time));
        }
        // What stands behind a date must not be overlooked.
        if let Some(date) = text.parse::<Date>().ok().filter(|date| date.to_string() == text) {
            let begin = date.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
            return Ok(Self(begin.timestamp()));
        }
        let ago = parse_duration(text).ok().and_then(|ago| SignedDuration::try_from(ago).ok());
        let time = ago.and_then(|ago| Timestamp::now().checked_sub(ago).ok());
        time.map(Self).ok_or_else(|| {
            "a time is `2026-11-22`, `2026-11-22T08:30:00Z`, or how long ago it is, such as `7d` or `1h 30m`".to_owned()
        })
    }
}

/// A step or a criterion, and how it stands if that is asked for: `save`, `save=failed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: String,
    stands: Option<String>,
}

impl Standing {
    /// Whether it is asked for by its name alone.
    pub fn anyhow(&self) -> bool {
        self.stands.is_none()
    }

    /// Whether a word says that it stands as is asked for.
    pub fn stands(&self, word: &str) -> bool {
        self.stands.as_ref().is_none_or(|wanted| wanted == word)
    }

    fn parse(text: &str, words: &[&str]) -> Result<Self, String> {
        let (name, stands) = text.split_once('=').map_or((text, None), |(name, word)| (name, Some(word)));
        if let Some(word) = stands.filter(|word| !words.contains(word)) {
            return Err(format!("`{word}` is none of {}", words.join(", ")));
        }
        match name {
            "" => Err("its name is empty".to_owned()),
            _ => Ok(Self { name: name.to_owned(), stands: stands.map(str::to_owned) }),
        }
    }

    /// Of a step.
    pub fn step(text: &str) -> Result<Self, String> {
        Self::parse(text, &["passed", "failed", "skipped", "satisfied", "in-doubt", "suspended", "running", "not-run"])
    }

    /// Of a criterion.
    pub fn criterion(text: &str) -> Result<Self, String> {
        Self::parse(text, &["proved", "refuted", "open"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_a_moment_or_how_long_ago() {
        let time = |text: &str| text.parse::<Moment>().map(|moment| moment.0.to_string());
        assert_eq!(time("2026-11-22").unwrap(), "2026-11-22T00:00:00Z");
        assert_eq!(time("2026-11-22T08:30:00+01:00").unwrap(), "2026-11-22T07:30:00Z");
        let ago = Timestamp::now().duration_since("1h".parse::<Moment>().unwrap().0);
        assert!((3590..3660).contains(&ago.as_secs()), "{ago:?}");
        for bad in ["", "yesterday", "2026-13-01", "2026-11-22x", "2026-11-22 08:30", "-1h", "7"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_step_may_be_asked_for_with_how_it_stands() {
        let save = Standing::step("save=failed").unwrap();
        assert!(save.name == "save" && save.stands("failed") && !save.stands("passed"));
        assert!(Standing::step("save").unwrap().stands("passed"));
        for bad in ["", "=failed", "save=", "save=faild"] {
            assert!(Standing::step(bad).is_err(), "{bad}");
        }
        assert!(Standing::criterion("AC1=proved").is_ok() && Standing::criterion("AC1=passed").is_err());
    }
}
