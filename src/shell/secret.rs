//! Random words that no step can know.

use std::io;

/// In bytes.
pub(super) const SECRET_LENGTH: usize = 32;

/// 32 hex digits that nobody can guess.
pub(super) fn secret() -> io::Result<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
