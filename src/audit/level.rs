//! How far a record vouches for itself.

use serde::Serialize;

/// How much of a record is vouched for. Each level claims what the ones before it do, but for the last two, which claim
/// things of their own; see `docs/audit.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every record fits the one before it. It has no seal: it goes on, a crash ended it, or its end is gone.
    Unsealed,
    /// Every record fits the one before it, up to a seal that fits them all. Nothing outside the journal says so.
    Chain,
    /// The ledger of the store names this very seal, or something stronger does.
    Sealed,
    /// Somebody whose key counts has signed the seal.
    Signed,
    /// A head that was kept elsewhere is in it.
    Anchored,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 5] = [Self::Unsealed, Self::Chain, Self::Sealed, Self::Signed, Self::Anchored];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsealed => "unsealed",
            Self::Chain => "chain",
            Self::Sealed => "sealed",
            Self::Signed => "signed",
            Self::Anchored => "anchored",
        }
    }
}
