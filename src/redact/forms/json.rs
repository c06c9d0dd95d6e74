//! Inside a string of JSON, as different writers escape it, and inside a string literal of Rust.

use std::fmt::Write as _;

/// Characters that some writers escape although JSON lets them stand: none, Go, Gson, .NET.
const CAREFUL: [&str; 4] = ["", "<>&\u{2028}\u{2029}", "<>&='\u{2028}\u{2029}", "<>&'+`\u{7f}\u{2028}\u{2029}"];

/// How a writer escapes.
struct Style {
    careful: &'static str,
    ascii: bool,
    slashes: bool,
    upper: bool,
    /// Whether a quote, `\b` and `\f` have numbers, too.
    numbers: bool,
}

/// What stands between the outer quotes.
pub fn forms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for careful in CAREFUL {
        for bits in 0..16 {
            let bit = |n: u8| bits & (1 << n) != 0;
            let style = Style { careful, ascii: bit(0), slashes: bit(1), upper: bit(2), numbers: bit(3) };
            found.push(style.escape(text));
        }
    }
    // A document inside a string, such as Kubernetes' `last-applied-configuration`.
    let [plain, ascii] =
        [false, true].map(|ascii| Style { careful: "", ascii, slashes: false, upper: false, numbers: false });
    found.extend([&plain, &ascii].map(|inner| plain.escape(&inner.escape(text))));
    found.push(ascii.escape(&plain.escape(text)));
    let rust = format!("{text:?}");
    found.push(rust[1..rust.len() - 1].to_owned());
    found
}

impl Style {
    fn escape(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                '\u{8}' if !self.numbers => out.push_str("\\b"),
                '\u{c}' if !self.numbers => out.push_str("\\f"),
                '"' if self.numbers && self.careful.contains('+') => self.number(c, &mut out),
                '"' | '\\' => out.extend(['\\', c]),
                '/' if self.slashes => out.push_str("\\/"),
                c if c < ' ' || self.careful.contains(c) || (self.ascii && c >= '\u{7f}') => self.number(c, &mut out),
                c => out.push(c),
            }
        }
        out
    }

    fn number(&self, c: char, out: &mut String) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            _ = if self.upper { write!(out, "\\u{unit:04X}") } else { write!(out, "\\u{unit:04x}") };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::forms;
    use proptest::prelude::*;

    #[test]
    fn what_known_writers_write_is_known() {
        let found = forms("a\"\\/\u{8}\u{1b}é<&'+😀");
        for form in [
            "a\\\"\\\\/\\b\\u001bé<&'+😀",                     // serde_json
            "a\\\"\\\\/\\b\\u001b\\u00e9<&'+\\ud83d\\ude00",   // Python
            "a\\\"\\\\\\/\\b\\u001b\\u00e9<&'+\\ud83d\\ude00", // PHP
            "a\\\"\\\\/\\u0008\\u001bé\\u003c\\u0026'+😀",     // Go before 1.22
            "a\\u0022\\\\/\\u0008\\u001B\\u00E9\\u003C\\u0026\\u0027\\u002B\\uD83D\\uDE00", // .NET, but for its \b
            "a\\\\\\\"\\\\\\\\/\\\\b\\\\u001bé<&'+😀",         // JSON in JSON
            "a\\\\\\\"\\\\\\\\/\\\\b\\\\u001b\\\\u00e9<&'+\\\\ud83d\\\\ude00", // the same by Python
            "a\\\"\\\\/\\u{8}\\u{1b}é<&'+😀",                  // Rust's {:?}
        ] {
            assert!(found.iter().any(|found| found == form), "{form}");
        }
    }

    proptest! {
        #[test]
        fn what_serde_writes_is_known(text in "[\\x00-\\x7fé😀\u{2028}\u{85}]{1,12}") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert!(forms(&text).iter().any(|form| json[1..json.len() - 1] == *form));
        }
    }
}
