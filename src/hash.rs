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
        let digit = |value| char::from_digit(u32::from(value), 16).expect("four bits are one hex digit");
        let mut hex = String::with_capacity(64);
        for byte in hasher.finalize() {
            hex.extend([digit(byte >> 4), digit(byte & 15)]);
        }
        Self(hex)
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
