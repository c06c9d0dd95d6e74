//! SHA-256 as stepgate writes it: `sha256:` and 64 lower-case hex digits.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256 as 64 lower-case hex digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sha256Hex(pub String);

impl Sha256Hex {
    /// The hash of what was fed to `hasher`.
    pub fn of(hasher: Sha256) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = |byte: u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        let hex = hasher.finalize().into_iter().flat_map(digits).collect();
        Self(String::from_utf8(hex).expect("hex digits are ASCII"))
    }

    /// The first twelve digits: enough to tell plans apart at a glance.
    pub fn short(&self) -> &str {
        &self.0[..self.0.len().min(12)]
    }
}

impl std::fmt::Display for Sha256Hex {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "sha256:{}", self.0)
    }
}

/// The hash of `bytes`.
pub fn sha256(bytes: &[u8]) -> Sha256Hex {
    Sha256Hex::of(Sha256::new_with_prefix(bytes))
}
