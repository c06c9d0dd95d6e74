//! Names of runs: `20261122-083752-k7xq`, the UTC second and four random letters.

use jiff::Timestamp;

/// The id of a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(String);

/// A text that cannot name a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no run id: use up to 64 letters, digits, `-`, `_` and `.`, and start with a letter or a digit")]
pub struct RunIdError(String);

impl RunId {
    /// A new id; `random` makes it unique within the second.
    pub fn new(now: Timestamp, random: [u8; 4]) -> Self {
        let letters: String = random.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        Self(format!("{}-{letters}", now.strftime("%Y%m%d-%H%M%S")))
    }

    /// An id that somebody chose. It becomes a folder's name, so it may hold little.
    pub fn parse(text: &str) -> Result<Self, RunIdError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        match starts && text.len() <= 64 && text.chars().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(RunIdError(text.to_owned())),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_cannot_leave_their_folder() {
        let id = RunId::new("2026-11-22T08:37:52Z".parse().unwrap(), [10, 7, 23, 16]);
        assert_eq!(id.as_str(), "20261122-083752-khxq");
        for bad in ["", "..", ".hidden", "a/b", "a b", "é", &"x".repeat(65)] {
            assert!(RunId::parse(bad).is_err(), "{bad}");
        }
    }
}
