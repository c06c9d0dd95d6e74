//! The YAML tree of the front matter, each value with its bytes; and the findings that are made of it.

use super::model::Condition;
use super::suggest::suggest;
use super::yaml_error::yaml_error;
use crate::diagnostic::{Code, Diagnostic, Source, Span};
use crate::duration::{DURATION_HELP, parse_duration};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Spanned, Tagged};
use std::time::Duration;

/// The longest title or owner, in characters.
const MAX_SHORT: usize = 200;

/// A finding at a key that the format does not know.
pub fn unknown_key(key: &Key, known: &[&str]) -> Diagnostic {
    unknown_key_beside(key, known, &[])
}

/// The same, where the format knows `later`, too: they are suggested, but not offered.
pub fn unknown_key_beside(key: &Key, known: &[&str], later: &[&str]) -> Diagnostic {
    let all = known.iter().chain(later).copied();
    let shown = crate::text::shorten(&key.text, MAX_SHORT);
    let found = Diagnostic::error(Code::UnknownKey, key.span, format!("unknown key `{shown}`"));
    let mut found = suggest(found, &key.text, all, format!("known here are {}", known.join(", ")));
    found.fix = found.fix.filter(|fix| known.contains(&fix.text.as_str()));
    found
}

/// A key with its bytes.
#[derive(Debug)]
pub struct Key {
    pub text: String,
    pub span: Span,
}

/// A YAML value with its bytes.
#[derive(Debug)]
pub struct Node {
    pub value: Value,
    pub span: Span,
    /// As its author wrote it, if it stands on one line.
    pub written: String,
}

/// What a YAML value is.
#[derive(Debug)]
pub enum Value {
    Text(String),
    /// A whole number of 64 bits.
    Int(i64),
    Nothing,
    /// `a number` that is no such one, or `a truth value`.
    Other(&'static str),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

impl Node {
    /// Text for people: blanks at its end are none of it.
    pub fn text(&self, key: &str) -> Result<String, Diagnostic> {
        self.exact(key).map(|text| text.trim_end().to_owned())
    }

    /// Text for programs, every blank of it.
    pub fn exact(&self, key: &str) -> Result<String, Diagnostic> {
        let kind = match &self.value {
            Value::Text(text) => return visible(text, key, self.span),
            Value::Int(_) => "a number",
            Value::Nothing => "nothing",
            Value::Other(kind) => kind,
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        };
        Err(self.wrong(format!("`{key}` must be text, found {kind}")).help("put the value in quotes"))
    }

    /// Text, or a number or truth value exactly as its author wrote it: for parameters of such types.
    pub fn scalar(&self, key: &str) -> Result<String, Diagnostic> {
        match &self.value {
            Value::Int(_) | Value::Other(_) => Ok(self.written.clone()),
            _ => self.exact(key),
        }
    }

    /// An expression. Its place is that of the text inside the quotes, if it stands there as it is meant.
    pub fn condition(&self, key: &str) -> Result<Condition, Diagnostic> {
        let text = self.text(key)?;
        if text.trim().is_empty() {
            return Err(self.wrong(format!("`{key}` has no expression")).help("write one in quotes"));
        }
        let place = self.written.find(&text).map(|at| self.span.start + at);
        let span = place.map_or(self.span, |start| Span::new(start, start + text.len()));
        Ok(Condition { text, span })
    }

    /// A finding at the value.
    pub fn wrong(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(Code::WrongValue, self.span, message)
    }

    /// The items of a list.
    pub fn list(&self, key: &str) -> Result<&[Node], Diagnostic> {
        match &self.value {
            Value::List(items) => Ok(items),
            _ => Err(self.wrong(format!("`{key}` must be a list")).help(format!("write `{key}: [one, two]`"))),
        }
    }

    /// Text that every list of runs repeats.
    pub fn short_text(&self, key: &str) -> Result<String, Diagnostic> {
        let text = self.text(key)?;
        if text.chars().count() <= MAX_SHORT {
            return Ok(text);
        }
        let message = format!("`{key}` has {} characters, more than {MAX_SHORT}", text.chars().count());
        Err(self.wrong(message).help("say it in a line; `description` may be longer"))
    }

    /// A duration with its unit.
    pub fn duration(&self, key: &str) -> Result<Duration, Diagnostic> {
        let text = match &self.value {
            // A number without a unit: the duration's own words say which units there are.
            Value::Int(_) | Value::Other("a number") => self.written.clone(),
            _ => self.text(key)?,
        };
        parse_duration(&text).map_err(|why| self.wrong(why).help(DURATION_HELP))
    }

    /// The entries of a map.
    pub fn map(&self, key: &str) -> Result<&[(Key, Node)], Diagnostic> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(self
                .wrong(format!("`{key}` must be a map"))
                .help(format!("write `{key}:` and below it, indented, `name: value`"))),
        }
    }
}

fn visible(text: &str, key: &str, span: Span) -> Result<String, Diagnostic> {
    match text.chars().find(|&c| !matches!(c, '\n' | '\t') && crate::text::is_dangerous(c)) {
        Some(c) => {
            let message = format!("`{key}` holds the invisible character U+{:04X}", c as u32);
            Err(Diagnostic::error(Code::WrongValue, span, message).help("remove it"))
        }
        None => Ok(text.to_owned()),
    }
}

/// The tree as the YAML crate hands it over, before its places become byte spans of the file.
#[derive(Debug)]
enum Raw {
    Text(String),
    Int(i64),
    Nothing,
    Other(&'static str),
    List(Vec<Spanned<Tagged<Raw>>>),
    Map(Vec<RawEntry>),
}

type RawEntry = (Spanned<Tagged<String>>, Spanned<Tagged<Raw>>);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a YAML value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(i64::try_from(number).map_or(Raw::Other("a number"), Raw::Int))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Other("a number"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Other("a truth value"))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

/// Parses the YAML at `yaml`.
pub fn parse(source: &Source, yaml: Span) -> Result<Node, Diagnostic> {
    let text = source.slice(yaml);
    match serde_saphyr::from_str_with_options::<Option<Spanned<Tagged<Raw>>>>(text, options()) {
        Ok(Some(root)) => place(text, yaml.start, root),
        Ok(None) => Ok(Node { value: Value::Nothing, span: yaml, written: String::new() }),
        Err(error) => Err(yaml_error(text, yaml, &error)),
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_depth: 32,
            max_documents: 1,
            max_nodes: 20_000,
        },
        merge_keys: serde_saphyr::MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn place(text: &str, base: usize, raw: Spanned<Tagged<Raw>>) -> Result<Node, Diagnostic> {
    let span = bytes(text, base, &raw.referenced);
    let Tagged(value, tag) = raw.value;
    untagged(tag, text, base, span)?;
    let value = match value {
        Raw::Text(text) => Value::Text(text),
        Raw::Int(number) => Value::Int(number),
        Raw::Nothing => Value::Nothing,
        Raw::Other(kind) => Value::Other(kind),
        Raw::List(items) => {
            Value::List(items.into_iter().map(|item| place(text, base, item)).collect::<Result<_, _>>()?)
        }
        Raw::Map(entries) => {
            Value::Map(entries.into_iter().map(|entry| place_entry(text, base, entry)).collect::<Result<_, _>>()?)
        }
    };
    let written = text[span.start - base..span.end - base].trim().to_owned();
    Ok(Node { value, span, written })
}

fn place_entry(text: &str, base: usize, (key, value): RawEntry) -> Result<(Key, Node), Diagnostic> {
    let span = bytes(text, base, &key.referenced);
    let Tagged(name, tag) = key.value;
    untagged(tag, text, base, span)?;
    Ok((Key { text: name, span }, place(text, base, value)?))
}

/// Refuses a tag: it says how a value is to be read, and here only its place does. It stands before the value.
fn untagged(tag: Option<String>, text: &str, base: usize, value: Span) -> Result<(), Diagnostic> {
    if tag.is_none() {
        return Ok(());
    }
    let before = text[..value.start - base].trim_end();
    let word = before.rfind([' ', '\t', '\n', '{', '[', ',']).map_or(0, |at| at + 1);
    let place = match before[word..].starts_with('!') {
        true => Span::new(base + word, base + before.len()),
        false => value,
    };
    let tag = text[place.start - base..place.end - base].split([' ', '\t']).next().unwrap_or_default();
    let message = format!("the front matter cannot be read: a tag (`{}`)", crate::text::shorten(tag, MAX_SHORT));
    Err(Diagnostic::error(Code::FrontMatter, place, message).help("write the value without it"))
}

/// A place of the YAML crate as bytes of the file: the value, at most to the end of its line.
pub fn bytes(text: &str, base: usize, location: &serde_saphyr::Location) -> Span {
    let number = |value: u64| usize::try_from(value).unwrap_or(0);
    let span = location.span();
    let start = span.byte_offset().map_or_else(|| by_line_and_column(text, location), number);
    let start = text.floor_char_boundary(start);
    let line = text[start..].lines().next().unwrap_or_default().trim_end();
    let length = line.floor_char_boundary(span.byte_len().map_or(1, number).max(1));
    Span::new(base + start, base + start + length)
}

/// Errors of the YAML crate's scanner know no byte, only line and column, both from 1, the column in characters.
fn by_line_and_column(text: &str, location: &serde_saphyr::Location) -> usize {
    let number = |value| usize::try_from(value).unwrap_or(1).max(1);
    let (line, column) = (number(location.line()), number(location.column()));
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text[start..].lines().next().unwrap_or_default();
    start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Result<Node, Diagnostic> {
        parse(&Source::new("t.md", text), Span::new(0, text.len()))
    }

    /// The value of the key `k`.
    fn value(text: &str) -> Node {
        let Value::Map(entries) = root(text).unwrap().value else { panic!("{text}") };
        entries.into_iter().find(|(key, _)| key.text == "k").unwrap().1
    }

    #[test]
    fn numbers_and_truth_values_are_never_taken_for_text_and_keep_how_they_are_written() {
        for written in ["010", "1e3", "0x1F", "-3", "1.50", "true", "99999999999999999999"] {
            for text in
                [format!("k: {written}"), format!("k: {written}  # why\nl: x"), format!("{{a: b, k: {written} }}")]
            {
                assert_eq!(value(&text).scalar("k").unwrap(), written, "{text}");
                let refused = value(&text).text("k").expect_err(written);
                assert_eq!(refused.help.unwrap(), "put the value in quotes");
            }
        }
        for written in ["no", "Yes", "on", "2026-01-07", "12:30"] {
            assert_eq!(value(&format!("k: {written}")).exact("k").unwrap(), written);
        }
        assert!(value("k: ~").text("k").is_err() && value("k:").text("k").is_err());
    }

    #[test]
    fn blanks_at_the_end_belong_to_a_program_and_not_to_a_person() {
        assert_eq!(value("k: 'a '").exact("k").unwrap(), "a ");
        assert_eq!(value("k: |\n  a\n").text("k").unwrap(), "a");
        assert!(value("k: \"a\\u202eb\"").exact("k").is_err());
    }

    #[test]
    fn an_expression_stands_between_its_quotes() {
        for (text, wanted) in [
            ("k: 'a == b'", "a == b"),
            ("k: a == b # c", "a == b"),
            ("k: \"a == b\"", "a == b"),
            (r#"k: "a == \"b\"""#, r#""a == \"b\"""#),
            ("k: 'a == ''b'' '", "'a == ''b'' '"),
        ] {
            let span = value(text).condition("k").unwrap().span;
            assert_eq!(&text[span.start..span.end], wanted, "{text}");
        }
        assert!(value("k: ' '").condition("k").is_err());
    }

    #[test]
    fn lists_and_maps_keep_every_element_in_order() {
        let node = value("k: [a, 2, { b: c }]");
        let items = node.list("k").unwrap();
        assert_eq!((items.len(), items[0].text("k").unwrap().as_str()), (3, "a"));
        assert!(
            matches!(items[1].value, Value::Int(2)) && matches!(&items[2].value, Value::Map(map) if map.len() == 1)
        );
        assert!(value("k: x").list("k").is_err() && value("k: []").map("k").is_err());
    }

    #[test]
    fn bombs_and_doubled_keys_are_refused() {
        let deep = format!("k: {}", "[".repeat(10_000));
        for (text, code) in [
            ("k: &a x\nl: *a", Code::FrontMatter),
            ("k: x\nk: y", Code::UnknownKey),
            (&deep, Code::FrontMatter),
            ("k: x: y", Code::FrontMatter),
            ("k: 'x", Code::FrontMatter),
            ("? [a]\n: b", Code::FrontMatter),
        ] {
            let found = root(text).map(|node| format!("{node:?}"));
            assert_eq!(found.map_err(|found| found.code), Err(code), "{text:.40}");
        }
    }
}
