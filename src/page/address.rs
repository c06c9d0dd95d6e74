//! Addresses that a page may lead to.

/// Their schemes.
const SCHEMES: &[&str] = &["http", "https", "mailto", "tel"];

/// Whether an address leads to where a reader can see it leads.
pub fn is_plain_address(address: &str) -> bool {
    // A browser reads over what is not printed.
    let address: String = address.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    match address.find([':', '/', '?', '#']) {
        Some(at) if address[at..].starts_with(':') => SCHEMES.iter().any(|one| address[..at].eq_ignore_ascii_case(one)),
        _ => true,
    }
}

/// The same for a page that is opened as a file: two slashes, of which a browser takes either for the other, would name
/// another machine there.
pub fn is_plain_in_file(address: &str) -> bool {
    let start: String = address.chars().filter(|c| !c.is_control() && !c.is_whitespace()).take(2).collect();
    is_plain_address(address) && !(start.len() == 2 && start.chars().all(|c| matches!(c, '/' | '\\')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_another_scheme_is_not_plain_however_it_is_written() {
        for plain in ["", "a/b.md#c", "#x", "?a:b", "https://x.org", "MailTo:a@b", "tel:1", "a b"] {
            assert!(is_plain_in_file(plain), "{plain}");
        }
        for other in ["javascript:x", "JAVA\nscript:x", "\u{1}javascript:x", "data:text/html,x", "file:///x", "a b:c"] {
            assert!(!is_plain_address(other), "{other}");
        }
        for elsewhere in ["//host/share", "\\\\host", "/\t/host", "\\/host"] {
            assert!(!is_plain_in_file(elsewhere), "{elsewhere}");
        }
    }
}
