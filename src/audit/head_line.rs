//! The line that is kept elsewhere: a ticket, a Git tag, a colleague's mail.

use crate::journal::Mark;
use crate::text::count;
use std::fmt;
use std::str::FromStr;

/// Where a ledger or a journal stood: `stepgate head ledger 12 sha256:…`, `stepgate head run ID 17 sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadLine {
    /// Of what.
    pub of: HeadOf,
    /// How many records there were, and the hash of the last.
    pub mark: Mark,
}

impl HeadLine {
    /// That what it is the head of is another one, in words.
    pub fn unmet(&self) -> String {
        let Mark { records, head } = &self.mark;
        let what = if self.of == HeadOf::Ledger { "ledger" } else { "journal" };
        let records = count(usize::try_from(*records).unwrap_or(usize::MAX), "record");
        format!("the {what} is not the one whose head was kept: {records} with head {}", head.short())
    }
}

/// What a head is the head of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadOf {
    /// The ledger over all runs of a store.
    Ledger,
    /// The journal of the run with this id.
    Run(String),
}

/// Why a text is no such line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no line of `stepgate audit head`: it looks like `stepgate head ledger 12 sha256:…`")]
pub struct NoHeadLine(String);

impl fmt::Display for HeadLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mark { records, head } = &self.mark;
        match &self.of {
            HeadOf::Ledger => write!(out, "stepgate head ledger {records} {head}"),
            HeadOf::Run(run) => write!(out, "stepgate head run {run} {records} {head}"),
        }
    }
}

impl FromStr for HeadLine {
    type Err = NoHeadLine;

    fn from_str(text: &str) -> Result<Self, NoHeadLine> {
        parse(text).ok_or_else(|| NoHeadLine(crate::text::shorten(&crate::text::escape_line(text), 100)))
    }
}

/// Words may stand apart as they like: a ticket may have broken the line.
fn parse(text: &str) -> Option<HeadLine> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (of, records, hash) = match words[..] {
        ["stepgate", "head", "ledger", records, hash] => (HeadOf::Ledger, records, hash),
        ["stepgate", "head", "run", run, records, hash] => (HeadOf::Run(run.to_owned()), records, hash),
        _ => return None,
    };
    let head = hash.strip_prefix("sha256:")?.parse().ok()?;
    let plain = |number: &u64| *number > 0 && number.to_string() == records;
    let records = records.parse().ok().filter(plain)?;
    Some(HeadLine { of, mark: Mark { records, head } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_also_when_a_ticket_has_broken_it() {
        let mark = Mark { records: 12, head: crate::hash::sha256(b"x") };
        for of in [HeadOf::Ledger, HeadOf::Run("20261122-083752-k7xq".to_owned())] {
            let line = HeadLine { of, mark };
            assert_eq!(line.to_string().parse(), Ok(line.clone()));
            assert_eq!(format!("  {}\n", line.to_string().replace(' ', "\n ")).parse(), Ok(line));
        }
    }

    #[test]
    fn what_is_no_such_line_is_refused() {
        let hash = "ab".repeat(32);
        let upper = hash.to_uppercase();
        for text in [
            "",
            "stepgate head ledger",
            &format!("stepgate head ledger 0 sha256:{hash}"),
            &format!("stepgate head ledger -1 sha256:{hash}"),
            &format!("stepgate head ledger +6 sha256:{hash}"),
            &format!("stepgate head ledger 06 sha256:{hash}"),
            &format!("stepgate head ledger 1 sha256:{hash}0"),
            &format!("stepgate head ledger 1 sha256:{upper}"),
            &format!("stepgate head ledger 1 {hash}"),
            &format!("stepgate head run 1 sha256:{hash}"),
            &format!("stepgate head ledger 1 sha256:{hash} more"),
        ] {
            assert!(text.parse::<HeadLine>().is_err(), "{text}");
        }
    }
}
