//! SHA-256 as stepgate writes it: `sha256:` and 64 lower-case hex digits.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, BufWriter, Write};

/// Half a byte as its digit.
fn digit(half: u8) -> u8 {
    b"0123456789abcdef"[usize::from(half)]
}

/// A SHA-256 as 64 lower-case hex digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sha256Hex(pub String);

impl Sha256Hex {
    /// The hash of what was fed to `hasher`.
    pub fn of(hasher: Sha256) -> Self {
        let mut hex = String::with_capacity(64);
        for byte in hasher.finalize() {
            hex.push(char::from(digit(byte >> 4)));
            hex.push(char::from(digit(byte & 15)));
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

/// Whether `hex` is the hash of `bytes`, as 64 lower-case digits. Makes no text: records are checked by the thousand.
pub fn is_sha256(bytes: &[u8], hex: &str) -> bool {
    let mut pairs = hex.as_bytes().chunks(2).zip(Sha256::digest(bytes));
    hex.len() == 64 && pairs.all(|(pair, byte)| pair == [digit(byte >> 4), digit(byte & 15)])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_known_by_its_digits_and_by_nothing_else() {
        let hex = sha256(b"x").0;
        assert!(is_sha256(b"x", &hex) && !is_sha256(b"y", &hex));
        for at in 0..64 {
            let mut changed = hex.clone().into_bytes();
            changed[at] ^= 1;
            assert!(!is_sha256(b"x", &String::from_utf8(changed).unwrap()), "{at}");
        }
        for other in ["", &hex[..63], &hex[..62], &format!("{hex}0"), &hex.to_uppercase(), &hex.replace(&hex[..1], "é")]
        {
            assert!(!is_sha256(b"x", other), "{other}");
        }
    }
}
