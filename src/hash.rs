//! SHA-256 as stepgate writes it: `sha256:` and 64 lower-case hex digits.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, BufWriter, Write};

/// A SHA-256 as 64 lower-case hex digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sha256Hex(pub String);

impl Sha256Hex {
    /// The hash of what was fed to `hasher`.
    pub fn of(hasher: Sha256) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = String::with_capacity(64);
        for byte in hasher.finalize() {
            hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
            hex.push(char::from(DIGITS[usize::from(byte & 15)]));
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

/// The hash of `value` as JSON without spaces. It must hold nothing that JSON lacks, such as a map with other keys than
/// texts.
pub fn sha256_of_json(value: &impl Serialize) -> Sha256Hex {
    let mut bytes = BufWriter::with_capacity(1 << 16, Hashing(Sha256::new()));
    serde_json::to_writer(&mut bytes, value).expect("the value holds nothing that JSON lacks");
    let Hashing(hasher) = bytes.into_inner().expect("a hash takes every byte");
    Sha256Hex::of(hasher)
}

/// Takes bytes and keeps none.
#[derive(Debug)]
struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
