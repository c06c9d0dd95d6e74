//! What a browser may do with the page: read it. The style and the script are named by their hashes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// How a content security policy names the bytes between two tags.
pub fn hash_of(inline: &str) -> String {
    STANDARD.encode(Sha256::digest(inline.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_browsers_make() {
        // The example of the specification: https://www.w3.org/TR/CSP3/#external-hash
        assert_eq!(hash_of("alert('Hello, world.');"), "qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }
}
