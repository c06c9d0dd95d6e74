//! The YAML tree of the front matter, each value with its bytes; and the findings that are made of it.

use crate::diagnostic::{Code, Diagnostic, Source, Span, nearest};
use crate::duration::{DURATION_HELP, parse_duration};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::time::Duration;

/// The longest title or owner, in characters.
const MAX_SHORT: usize = 200;

/// A finding at a key that the format does not know.
pub fn unknown_key(key: &Key, known: &[&str]) -> Diagnostic {
    let help = match nearest(&key.text, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here are {}", known.join(", ")),
    };
    Diagnostic::error(Code::UnknownKey, key.span, format!("unknown key `{}`", key.text)).help(help)
}

/// A key with its bytes.
pub struct Key {
    pub text: String,
    pub span: Span,
}

/// A YAML value with its bytes.
pub struct Node {
    pub value: Value,
    pub span: Span,
    /// As its author wrote it, if it stands on one line.
    pub written: String,
}

pub enum Value {
    Text(String),
    Int(i64),
    Nothing,
    /// A number that is no whole one, a truth value.
    Other(&'static str),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

impl Node {
    pub fn text(&self, key: &str) -> Result<String, Diagnostic> {
        let kind = match &self.value {
            Value::Text(text) => return clean(text, key, self.span),
            Value::Int(_) => "a number",
            Value::Nothing => "nothing",
            Value::Other(kind) => kind,
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        };
        Err(Diagnostic::error(Code::WrongValue, self.span, format!("`{key}` must be text, found {kind}"))
            .help("put the value in quotes"))
    }

    /// Text, or a number or truth value exactly as its author wrote it: for parameters of such types.
    pub fn scalar(&self, key: &str) -> Result<String, Diagnostic> {
        match &self.value {
            Value::Int(_) | Value::Other(_) => Ok(self.written.clone()),
            _ => self.text(key),
        }
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
        Err(Diagnostic::error(Code::WrongValue, self.span, message)
            .help("say it in a line; `description` may be longer"))
    }

    pub fn duration(&self, key: &str) -> Result<Duration, Diagnostic> {
        let text = match &self.value {
            // A number without a unit: the duration's own words say which units there are.
            Value::Int(number) => number.to_string(),
            _ => self.text(key)?,
        };
        let wrong = |why| Diagnostic::error(Code::WrongValue, self.span, why).help(DURATION_HELP);
        parse_duration(&text).map_err(wrong)
    }

    pub fn map(&self, key: &str) -> Result<&[(Key, Node)], Diagnostic> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(Diagnostic::error(Code::WrongValue, self.span, format!("`{key}` must be a map"))
                .help(format!("write `{key}:` and below it, indented, `name: value`"))),
        }
    }
}

fn clean(text: &str, key: &str, span: Span) -> Result<String, Diagnostic> {
    match text.chars().find(|&c| c != '\n' && crate::text::is_dangerous(c)) {
        Some(c) => Err(Diagnostic::error(
            Code::WrongValue,
            span,
            format!("`{key}` holds the invisible character U+{:04X}", c as u32),
        )
        .help("remove it")),
        None => Ok(text.trim_end().to_owned()),
    }
}

/// The tree as the YAML crate hands it over, before its places become byte spans of the file.
#[derive(Debug)]
enum Raw {
    Text(String),
    Int(i64),
    Nothing,
    Other(&'static str),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

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
    match serde_saphyr::from_str_with_options::<Option<Spanned<Raw>>>(text, options()) {
        Ok(Some(root)) => Ok(place(text, yaml.start, root)),
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
        strict_booleans: true,
        with_snippet: false,
    }
}

fn place(text: &str, base: usize, raw: Spanned<Raw>) -> Node {
    let span = bytes(text, base, &raw.referenced);
    let value = match raw.value {
        Raw::Text(text) => Value::Text(text),
        Raw::Int(number) => Value::Int(number),
        Raw::Nothing => Value::Nothing,
        Raw::Other(kind) => Value::Other(kind),
        Raw::List(items) => Value::List(items.into_iter().map(|item| place(text, base, item)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let span = bytes(text, base, &key.referenced);
                    (Key { text: key.value, span }, place(text, base, value))
                })
                .collect(),
        ),
    };
    let written = text[span.start - base..span.end - base].trim().to_owned();
    Node { value, span, written }
}

/// A place of the YAML crate as bytes of the file: the value, at most to the end of its line.
fn bytes(text: &str, base: usize, location: &serde_saphyr::Location) -> Span {
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

fn yaml_error(text: &str, yaml: Span, error: &serde_saphyr::Error) -> Diagnostic {
    let span = error.location().map_or(yaml, |location| bytes(text, yaml.start, &location));
    let message = error.to_string();
    // The place stands beside the caret, counted in the file and not in the front matter.
    let message = message.lines().next().unwrap_or_default();
    let message = message.rsplit_once(" at line ").map_or(message, |(words, _)| words);
    let message = match message.strip_prefix("budget breached: ") {
        Some(budget) if budget.starts_with("Anchors") || budget.starts_with("Aliases") => "an anchor or an alias",
        Some(budget) if budget.starts_with("Depth") => "it is nested too deep",
        Some(_) => "it holds too much",
        None if message.contains("duplicate") => "a key stands twice",
        None => message,
    };
    let (code, help) = if message.contains("twice") {
        (Code::UnknownKey, "keep one of them")
    } else if message.contains("anchor") || message.contains("alias") {
        (Code::FrontMatter, "anchors and aliases are not allowed; write the value out")
    } else {
        (Code::FrontMatter, "see docs/format.md §8 for the keys; text with `: ` or `#` in it needs quotes")
    };
    Diagnostic::error(code, span, format!("the front matter cannot be read: {message}")).help(help)
}
