//! URL-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// What PHP's `urlencode` leaves as it is.
const DASHES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// What forms leave as it is (`URLSearchParams`, Java's `URLEncoder`).
const FORM: &AsciiSet = &DASHES.remove(b'*');
/// What RFC 3986 leaves as it is (curl, jq, Go's queries, Python's `quote_plus`).
const UNRESERVED: &AsciiSet = &DASHES.remove(b'~');
/// What Python's `quote` leaves as it is.
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');
/// What JavaScript's `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
/// What Go leaves as it is in a part of a path.
const SEGMENT: &AsciiSet = &UNRESERVED.remove(b'$').remove(b'&').remove(b'+').remove(b':').remove(b'=').remove(b'@');
/// What Go leaves as it is in the user's name and password before a host.
const USER: &AsciiSet = &UNRESERVED.remove(b'$').remove(b'&').remove(b'+').remove(b',').remove(b';').remove(b'=');
/// What RFC 3986 lets stand in the user's name and password before a host.
const SUBDELIMS: &AsciiSet =
    &COMPONENT.remove(b'$').remove(b'&').remove(b'+').remove(b',').remove(b';').remove(b'=').remove(b':');
/// What JavaScript's `encodeURI` leaves as it is.
const URI: &AsciiSet = &SUBDELIMS.remove(b'/').remove(b'?').remove(b'@').remove(b'#');

const SETS: [&AsciiSet; 10] =
    [NON_ALPHANUMERIC, DASHES, FORM, UNRESERVED, PATH, COMPONENT, SEGMENT, USER, SUBDELIMS, URI];

/// With upper and lower case digits, and with `%20` or `+` for a blank.
pub fn forms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for set in SETS {
        let upper = percent_encode(text.as_bytes(), set).to_string();
        let lower = lower_digits(&upper);
        found.extend([upper.replace("%20", "+"), lower.replace("%20", "+"), upper, lower]);
    }
    found
}

/// `%2F` as `%2f`.
fn lower_digits(text: &str) -> String {
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        out.extend(["%", &digits.to_ascii_lowercase(), rest]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_known_encoders_write_is_known() {
        let found = forms("A b/C:d@e!f'(~*)?+ö%&=$,;#");
        for form in [
            "A%20b%2FC%3Ad%40e!f'(~*)%3F%2B%C3%B6%25%26%3D%24%2C%3B%23", // encodeURIComponent
            "A%20b/C:d@e!f'(~*)?+%C3%B6%25&=$,;#",                       // encodeURI
            "A+b%2FC%3Ad%40e%21f%27%28%7E*%29%3F%2B%C3%B6%25%26%3D%24%2C%3B%23", // URLSearchParams
            "A%20b%2FC%3Ad%40e%21f%27%28~%2A%29%3F%2B%C3%B6%25%26%3D%24%2C%3B%23", // jq @uri
            "A%20b%2fC%3ad%40e%21f%27%28~%2a%29%3f%2b%c3%b6%25%26%3d%24%2c%3b%23", // the same, lower case
            "A%20b/C%3Ad%40e%21f%27%28~%2A%29%3F%2B%C3%B6%25%26%3D%24%2C%3B%23", // Python's quote
            "A%20b%2FC:d@e%21f%27%28~%2A%29%3F+%C3%B6%25&=$%2C%3B%23",   // Go's PathEscape
        ] {
            assert!(found.iter().any(|found| found == form), "{form}");
        }
    }
}
