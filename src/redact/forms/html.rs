//! In HTML and XML, as different writers escape it.

/// How a quote is written.
const QUOTES: [&str; 3] = ["\"", "&quot;", "&#34;"];
/// How a single quote is written.
const SINGLE: [&str; 5] = ["'", "&#39;", "&#x27;", "&apos;", "&#039;"];

/// Between tags or quotes.
pub fn forms(text: &str) -> Vec<String> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Vec::new();
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quoted = QUOTES.map(|quote| text.replace('"', quote));
    let all = quoted.iter().flat_map(|text| SINGLE.map(|single| text.replace('\'', single)));
    // .NET and Go's templates have a number for it.
    all.flat_map(|text| [text.replace('+', "&#43;"), text]).collect()
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn what_known_writers_write_is_known() {
        let found = forms("a&b<c>\"d\"'e'+");
        for form in [
            "a&amp;b&lt;c&gt;\"d\"'e'+",                   // between tags
            "a&amp;b&lt;c&gt;&quot;d&quot;&#x27;e&#x27;+", // Python's html.escape
            "a&amp;b&lt;c&gt;&#34;d&#34;&#39;e&#39;+",     // Jinja, Go's html
            "a&amp;b&lt;c&gt;&#34;d&#34;&#39;e&#39;&#43;", // Go's html/template
            "a&amp;b&lt;c&gt;&quot;d&quot;&#039;e&#039;+", // PHP
            "a&amp;b&lt;c&gt;&quot;d&quot;&apos;e&apos;+", // XML
        ] {
            assert!(found.iter().any(|found| found == form), "{form}");
        }
        assert!(forms("a+b").is_empty());
    }
}
