//! Info strings: the words behind a fence, read from the file's raw bytes (grammar: docs/format.md §2).

use super::attributes::is_known;
use super::unbraced::unbraced;
use crate::diagnostic::{Code, Diagnostic, Source, Span};

/// More attributes than this are none that a person wrote.
const MAX_ATTRIBUTES: usize = 100;

/// How attributes stand beside each other.
const BLANKS: &str = "attributes are separated by blanks";

/// A fence's info string.
#[derive(Debug, PartialEq, Eq)]
pub struct Info {
    /// The first word, possibly empty.
    pub language: String,
    /// The first word's bytes.
    pub word: Span,
    /// The attribute block, if there is one.
    pub attributes: Option<Vec<Attribute>>,
    /// The attribute block's bytes, braces included; else the language's.
    pub span: Span,
}

/// One attribute: `key=value`, or a bare `flag`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub key: String,
    /// The name's bytes.
    pub span: Span,
    /// The value without quotes, and its bytes with them.
    pub value: Option<(String, Span)>,
}

/// Whether an info string claims to be marked, so that it must be read or refused.
pub fn is_marked(info: &str) -> bool {
    info.contains('{')
}

/// The bytes of the first word of an info string.
pub fn language_span(source: &Source, info: Span) -> Span {
    let language = source.slice(info).split([' ', '\t', '{']).next().unwrap_or_default();
    Span::new(info.start, info.start + language.len())
}

/// Reads the info string `text`, whose first byte is byte `base` of the file.
pub fn parse(text: &str, base: usize) -> Result<Info, Diagnostic> {
    let language = text.split([' ', '\t', '{']).next().unwrap_or_default();
    let language_span = Span::new(base, base + language.len());
    if !is_marked(text) {
        if let Some(found) = unbraced(text, base) {
            return Err(found);
        }
        let language = language.to_owned();
        return Ok(Info { language, word: language_span, attributes: None, span: language_span });
    }
    let gap = text[language.len()..].len() - text[language.len()..].trim_start().len();
    let open = language.len() + gap;
    let at = |start: usize, end: usize| Span::new(base + start, base + end);
    if !text[open..].starts_with('{') {
        return Err(malformed(at(open, text.len()), "text stands between the language and the attribute block")
            .help("write the language, a blank, and the attributes in braces: ```bash {name=x}"));
    }
    if language.is_empty() {
        return Err(malformed(at(open, open + 1), "the attribute block has no language before it")
            .help("write the language first: ```bash {name=x}"));
    }
    if gap == 0 {
        return Err(malformed(at(open, open + 1), "a blank is missing before the attribute block")
            .help(format!("write ```{language} {}", &text[open..])));
    }
    let (attributes, end) = Reader { text, base, at: open + 1 }.attributes(open)?;
    let language = language.to_owned();
    Ok(Info { language, word: language_span, attributes: Some(attributes), span: at(open, end) })
}

fn malformed(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Attributes, span, message)
}

struct Reader<'a> {
    text: &'a str,
    base: usize,
    at: usize,
}

impl Reader<'_> {
    fn attributes(mut self, open: usize) -> Result<(Vec<Attribute>, usize), Diagnostic> {
        let mut attributes = Vec::new();
        loop {
            let blanks = self.skip_blanks();
            match self.peek() {
                None => {
                    return Err(malformed(self.span(open, open + 1), "the attribute block is never closed")
                        .help("write `}` at its end"));
                }
                Some('}') => break,
                Some(next) if blanks == 0 && !attributes.is_empty() => {
                    let message = "a blank is missing between two attributes";
                    return Err(malformed(self.span(self.at, self.at + next.len_utf8()), message).help(BLANKS));
                }
                Some(_) if attributes.len() == MAX_ATTRIBUTES => {
                    let message = format!("the attribute block has more than {MAX_ATTRIBUTES} attributes");
                    return Err(malformed(self.span(open, open + 1), message).help("each may stand once only"));
                }
                Some(_) => attributes.push(self.attribute()?),
            }
        }
        self.at += 1;
        let end = self.at;
        self.skip_blanks();
        if self.at < self.text.len() {
            return Err(malformed(self.span(self.at, self.text.len()), "text stands behind the attribute block")
                .help("put it into the prose; a brace inside a value needs quotes"));
        }
        if attributes.is_empty() {
            return Err(malformed(self.span(open, end), "the attribute block is empty")
                .help("write {name=x} to make it a step, or drop the braces"));
        }
        Ok((attributes, end))
    }

    fn attribute(&mut self) -> Result<Attribute, Diagnostic> {
        let start = self.at;
        self.skip(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if self.at == start {
            let found = self.peek().unwrap_or(' ');
            let end = start + found.len_utf8();
            return Err(malformed(self.span(start, end), format!("an attribute cannot start with `{found}`"))
                .help("attributes are `key=value`, `key=\"quoted\"` or a bare flag, separated by blanks"));
        }
        let span = self.span(start, self.at);
        let key = self.text[start..self.at].to_owned();
        let value = if self.peek() == Some('=') {
            self.at += 1;
            Some(self.value(&key)?)
        } else {
            None
        };
        Ok(Attribute { key, span, value })
    }

    fn value(&mut self, key: &str) -> Result<(String, Span), Diagnostic> {
        let start = self.at;
        if let Some(quote @ ('"' | '\'')) = self.peek() {
            return self.quoted(quote);
        }
        self.skip(|c| !matches!(c, ' ' | '\t' | '{' | '}' | '"' | '\'' | '='));
        if self.at == start {
            let end = (start + 1).min(self.text.len());
            return Err(malformed(self.span(start, end), format!("`{key}` has no value"))
                .help(format!("write {key}=value, or {key}=\"\" for an empty one")));
        }
        if let Some(comma) = self.separating_comma(start) {
            let value = &self.text[start..comma];
            return Err(malformed(self.span(comma, comma + 1), "a comma stands between two attributes")
                .help(format!("{BLANKS}; a list with blanks in it needs quotes: {key}=\"{value}, …\"")));
        }
        if let Some(bad @ ('{' | '"' | '\'' | '=')) = self.peek() {
            return Err(malformed(self.span(self.at, self.at + 1), format!("`{bad}` in a value that is not quoted"))
                .help(format!("put the value of `{key}` in quotes")));
        }
        Ok((self.text[start..self.at].to_owned(), self.span(start, self.at)))
    }

    /// The comma of the value from `start` up to here that seems to end it: behind it a blank and more, or `key=`.
    fn separating_comma(&self, start: usize) -> Option<usize> {
        let (value, rest) = (&self.text[start..self.at], &self.text[self.at..]);
        let behind = rest.trim_start_matches([' ', '\t']);
        let ends = value.ends_with(',') && behind.len() < rest.len() && !behind.starts_with('}') && !behind.is_empty();
        let key = |word: &str| word.starts_with(|c: char| c.is_ascii_alphabetic()) && is_known(word);
        let comma = value.rfind(',')?;
        (ends || rest.starts_with('=') && key(&value[comma + 1..])).then_some(start + comma)
    }

    fn quoted(&mut self, quote: char) -> Result<(String, Span), Diagnostic> {
        let start = self.at;
        let mut value = String::new();
        let mut characters = self.text[start + 1..].char_indices().peekable();
        while let Some((offset, c)) = characters.next() {
            match c {
                '\\' if characters.peek().is_some_and(|(_, next)| *next == quote) => {
                    value.push(quote);
                    characters.next();
                }
                c if c == quote => {
                    self.at = start + 1 + offset + 1;
                    return Ok((value, self.span(start, self.at)));
                }
                c => value.push(c),
            }
        }
        Err(malformed(self.span(start, start + 1), "the quote is never closed")
            .help(format!("write {quote} at the value's end")))
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> usize {
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        length
    }

    fn skip_blanks(&mut self) -> usize {
        self.skip(|c| c == ' ' || c == '\t')
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.base + start, self.base + end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(text: &str) -> Vec<(String, Option<String>)> {
        let info = parse(text, 0).unwrap();
        info.attributes.unwrap().into_iter().map(|a| (a.key, a.value.map(|v| v.0))).collect()
    }

    #[test]
    fn attributes_are_read_raw() {
        let got = values(r#"bash {name=save satisfies="A, \"B\" &amp; \n" phrase='it\'s' always}"#);
        let want = [
            ("name", Some("save")),
            ("satisfies", Some("A, \"B\" &amp; \\n")),
            ("phrase", Some("it's")),
            ("always", None),
        ];
        assert_eq!(got, want.map(|(k, v)| (k.to_owned(), v.map(str::to_owned))));
    }

    #[test]
    fn a_fence_without_braces_is_prose() {
        assert_eq!(parse("bash title=x", 0).unwrap().attributes, None);
    }

    #[test]
    fn every_mistake_is_an_error_with_its_column() {
        for (text, column, words) in [
            ("bash {name=x", 5, "never closed"),
            ("bash {name=\"x}", 11, "quote is never closed"),
            ("bash{name=x}", 4, "a blank is missing"),
            ("bash title {name=x}", 5, "between the language"),
            ("{name=x}", 0, "no language"),
            ("bash {name=x} y", 14, "behind the attribute block"),
            ("bash {}", 5, "is empty"),
            ("bash {=x}", 6, "cannot start with `=`"),
            ("bash {name=}", 11, "has no value"),
            ("bash {name=", 11, "has no value"),
            ("bash {name=a{b}", 12, "not quoted"),
            ("bash {a='1'b}", 11, "between two attributes"),
            ("bash {aé}", 7, "between two attributes"),
            (&format!("bash {{{}}}", "a ".repeat(101)), 5, "more than 100"),
        ] {
            let found = parse(text, 100).unwrap_err();
            assert!(found.message.contains(words), "{text}: {}", found.message);
            assert_eq!(found.span.start, 100 + column, "{text}");
            assert!(found.span.end <= 100 + text.len(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_info_string_makes_it_panic(text in "[a-z ]{0,6}\\PC{0,40}") {
            if let Err(found) = parse(&text, 0) {
                prop_assert!(found.span.start <= found.span.end && found.span.end <= text.len());
            }
        }
    }
}
