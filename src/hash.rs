//! SHA-256, in memory as its 32 bytes, written as 64 lower-case hex digits, and shown with `sha256:` before them.

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::str::FromStr;

/// A SHA-256. A list of a hundred thousand runs holds half a million of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash256([u8; 32]);

/// Why a text is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash has 64 digits, 0 to 9 and a to f")]
pub struct NoHash;

/// The hash of `bytes`.
pub fn sha256(bytes: &[u8]) -> Hash256 {
    Hash256::of(Sha256::new_with_prefix(bytes))
}

impl Hash256 {
    /// In place of a hash where there is none: 64 zeros.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash of what was fed to `hasher`.
    pub fn of(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }

    /// Its 64 digits.
    pub fn hex(&self) -> String {
        self.with_digits(str::to_owned)
    }

    /// The first twelve digits: enough to tell plans apart at a glance.
    pub fn short(&self) -> String {
        self.with_digits(|digits| digits[..12].to_owned())
    }

    fn with_digits<T>(&self, take: impl FnOnce(&str) -> T) -> T {
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        take(str::from_utf8(&digits).expect("digits are ASCII"))
    }
}

/// Half a byte as its digit.
fn digit(half: u8) -> u8 {
    b"0123456789abcdef"[usize::from(half)]
}

/// Stands in [`HALVES`] for what is no digit.
const NO_DIGIT: u8 = 0xff;

/// Each digit as half a byte. Upper case is none: a hash has one spelling. A table, since records are read by the thousand.
const HALVES: [u8; 256] = {
    let (mut halves, mut half) = ([NO_DIGIT; 256], 0);
    while half < 16 {
        halves[b"0123456789abcdef"[half] as usize] = half as u8;
        half += 1;
    }
    halves
};

impl FromStr for Hash256 {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| NoHash)?;
        let (mut hash, mut seen) = (Self::ZERO, 0);
        for (byte, pair) in hash.0.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (HALVES[usize::from(pair[0])], HALVES[usize::from(pair[1])]);
            *byte = high << 4 | low;
            seen |= high | low;
        }
        if seen == NO_DIGIT { Err(NoHash) } else { Ok(hash) }
    }
}

impl fmt::Display for Hash256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_digits(|digits| write!(out, "sha256:{digits}"))
    }
}

impl Serialize for Hash256 {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.with_digits(|digits| to.serialize_str(digits))
    }
}

impl<'de> Deserialize<'de> for Hash256 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Digits)
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = Hash256;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the 64 digits of a hash")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hash256, E> {
        text.parse().map_err(E::custom)
    }
}

/// The hash of `value` as JSON without spaces. It must hold nothing that JSON lacks, such as a map with other keys than
/// texts.
pub fn sha256_of_json(value: &impl Serialize) -> Hash256 {
    let mut bytes = BufWriter::with_capacity(1 << 16, Hashing(Sha256::new()));
    serde_json::to_writer(&mut bytes, value).expect("the value holds nothing that JSON lacks");
    let Hashing(hasher) = bytes.into_inner().expect("a hash takes every byte");
    Hash256::of(hasher)
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
    fn a_hash_is_read_back_from_its_digits_and_from_nothing_else() {
        let hash = sha256(b"x");
        let hex = hash.hex();
        assert_eq!((hex.parse(), format!("sha256:{hex}")), (Ok(hash), hash.to_string()));
        assert_eq!(serde_json::from_str::<Hash256>(&serde_json::to_string(&hash).unwrap()).unwrap(), hash);
        assert!(hex.starts_with(&hash.short()) && hash.short().len() == 12);
        for other in ["", &hex[..63], &hex[..62], &format!("{hex}0"), &hex.to_uppercase(), &hex.replace(&hex[..1], "é")]
        {
            assert_eq!(other.parse::<Hash256>(), Err(NoHash), "{other}");
        }
    }
}
