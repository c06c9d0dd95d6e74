//! Foreign text in HTML: whatever it holds, it stays text.

use crate::text;

/// Text for an element or a quoted attribute. It holds no line end and no brace, so that it stays one line in a Markdown file
/// and nothing that reads templates or `{{#include}}` finds anything in it. What drives a terminal or hides is made visible.
pub fn html(foreign: &str) -> String {
    let shown = text::escape(foreign);
    let mut out = String::with_capacity(shown.len() + shown.len() / 8);
    for c in shown.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' | '`' | '=' | '{' | '}' | '\n' | '\r' | '\t' => out.push_str(&format!("&#{};", c as u32)),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_becomes_html_a_template_or_a_second_line() {
        let text = "<script>alert('x')</script> &amp; \"{{#include /etc/passwd}}\" `a=b`\nsecond\x1b[2J";
        let shown = html(text);
        assert!(!shown.contains(['<', '>', '"', '\'', '`', '{', '}', '\n', '\x1b']), "{shown}");
        assert!(
            shown.starts_with("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp;amp; &quot;&#123;&#123;#include")
        );
    }
}
