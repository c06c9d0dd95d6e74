//! The YAML front matter: what it may hold, each value with its place.

use super::attributes::not_supported;
use super::decode::BYTE_ORDER_MARK;
use super::duration::{DURATION_HELP, parse_duration};
use super::model::{Criterion, Defaults};
use crate::diagnostic::{Code, Diagnostic, Source, Span, nearest};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::time::Duration;

/// Keys that are built.
const BUILT: &[&str] = &["stepgate", "title", "description", "owner", "defaults", "acceptance"];
/// Keys that the format knows and that are not built yet.
const LATER: &[&str] = &["params", "secrets", "targets", "env", "sections", "requires", "tools", "max-age"];
/// The longest title or owner, in characters.
const MAX_SHORT: usize = 200;
/// The format version that this stepgate reads.
const VERSION: i64 = 1;

/// What the front matter says.
#[derive(Debug, Default)]
pub struct FrontMatter {
    pub title: Option<String>,
    pub description: Option<String>,
    pub owner: Option<String>,
    pub defaults: Defaults,
    pub acceptance: Vec<Criterion>,
}

/// Reads the front matter of `source`. Returns it with the offset of the body behind it, or the one finding
/// that makes the file no runbook at all; lesser findings go to `found`.
pub fn read(source: &Source, found: &mut Vec<Diagnostic>) -> Result<(FrontMatter, usize), Diagnostic> {
    let (yaml, body) = split(source)?;
    let root = parse(source, yaml)?;
    let Value::Map(entries) = &root.value else {
        let found = Diagnostic::error(Code::NoRunbook, yaml, "the front matter holds no `key: value` lines");
        return Err(found.help("a runbook's front matter starts with `stepgate: 1`"));
    };
    check_version(entries, yaml)?;
    let mut front = FrontMatter::default();
    for (key, value) in entries {
        if let Err(diagnostic) = read_entry(&mut front, key, value, found) {
            found.push(diagnostic);
        }
    }
    Ok((front, body))
}

/// The bytes of the YAML between the two `---` lines, and where the body starts.
fn split(source: &Source) -> Result<(Span, usize), Diagnostic> {
    let text = &source.text;
    let start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut lines = text[start..].split_inclusive('\n');
    let opening = lines.next().unwrap_or_default();
    if opening.trim_end() != "---" {
        return Err(no_runbook(Span::new(start, start + opening.trim_end().len())));
    }
    let first = start + opening.len();
    let mut at = first;
    for line in lines {
        if line.trim_end() == "---" {
            return Ok((Span::new(first, at), at + line.len()));
        }
        at += line.len();
    }
    let message = "the front matter has no end";
    Err(Diagnostic::error(Code::FrontMatter, Span::new(start, start + 3), message).help("close it with a line `---`"))
}

fn no_runbook(span: Span) -> Diagnostic {
    Diagnostic::error(Code::NoRunbook, span, "this file is no runbook: it has no front matter with `stepgate: 1`")
        .help("start the file with the lines `---`, `stepgate: 1`, `---`")
}

fn check_version(entries: &[(Key, Node)], yaml: Span) -> Result<(), Diagnostic> {
    let Some((_, version)) = entries.iter().find(|(key, _)| key.text == "stepgate") else {
        return Err(no_runbook(Span::new(yaml.start, yaml.start)));
    };
    match version.value {
        Value::Int(VERSION) => Ok(()),
        Value::Int(newer) if newer > VERSION => {
            let message = format!("the runbook is written in format version {newer}, this stepgate reads {VERSION}");
            Err(Diagnostic::error(Code::Version, version.span, message).help("install a newer stepgate"))
        }
        _ => {
            Err(Diagnostic::error(Code::Version, version.span, "`stepgate` must be the format version, a whole number")
                .help("write `stepgate: 1`"))
        }
    }
}

fn read_entry(front: &mut FrontMatter, key: &Key, value: &Node, found: &mut Vec<Diagnostic>) -> Result<(), Diagnostic> {
    match key.text.as_str() {
        "stepgate" => {}
        "title" => front.title = Some(value.short_text("title")?),
        "description" => front.description = Some(value.text("description")?),
        "owner" => front.owner = Some(value.short_text("owner")?),
        "defaults" => front.defaults = defaults(value, found)?,
        "acceptance" => front.acceptance = acceptance(value, found)?,
        known if LATER.contains(&known) => return Err(not_supported(key.span, &format!("the key `{known}`"))),
        _ => return Err(unknown_key(key, &[BUILT, LATER].concat())),
    }
    Ok(())
}

fn defaults(value: &Node, found: &mut Vec<Diagnostic>) -> Result<Defaults, Diagnostic> {
    let mut defaults = Defaults::default();
    for (key, value) in value.map("defaults")? {
        let read = match key.text.as_str() {
            "timeout" => value.duration("timeout").map(|timeout| defaults.timeout = Some(timeout)),
            known @ ("on" | "poll") => Err(not_supported(key.span, &format!("the key `defaults.{known}`"))),
            _ => Err(unknown_key(key, &["on", "timeout", "poll"])),
        };
        found.extend(read.err());
    }
    Ok(defaults)
}

fn acceptance(value: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<Criterion>, Diagnostic> {
    let mut criteria = Vec::new();
    for (key, value) in value.map("acceptance")? {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key.text.is_empty() || !key.text.chars().all(plain) {
            let message = format!("`{}` is no id of a criterion", key.text);
            let help = "an id holds letters, digits, `-`, `_` and `.`";
            found.push(Diagnostic::error(Code::WrongValue, key.span, message).help(help));
            continue;
        }
        match value.text(&key.text) {
            Ok(text) => criteria.push(Criterion { id: key.text.clone(), text }),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(criteria)
}

fn unknown_key(key: &Key, known: &[&str]) -> Diagnostic {
    let help = match nearest(&key.text, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here are {}", known.join(", ")),
    };
    Diagnostic::error(Code::UnknownKey, key.span, format!("unknown key `{}`", key.text)).help(help)
}

/// A key with its bytes.
struct Key {
    text: String,
    span: Span,
}

/// A YAML value with its bytes.
struct Node {
    value: Value,
    span: Span,
}

enum Value {
    Text(String),
    Int(i64),
    Other(&'static str),
    Map(Vec<(Key, Node)>),
}

impl Node {
    fn text(&self, key: &str) -> Result<String, Diagnostic> {
        let kind = match &self.value {
            Value::Text(text) => return clean(text, key, self.span),
            Value::Int(_) => "a number",
            Value::Other(kind) => kind,
            Value::Map(_) => "a map",
        };
        Err(Diagnostic::error(Code::WrongValue, self.span, format!("`{key}` must be text, found {kind}"))
            .help("put the value in quotes"))
    }

    /// Text that every list of runs repeats.
    fn short_text(&self, key: &str) -> Result<String, Diagnostic> {
        let text = self.text(key)?;
        if text.chars().count() <= MAX_SHORT {
            return Ok(text);
        }
        let message = format!("`{key}` has {} characters, more than {MAX_SHORT}", text.chars().count());
        Err(Diagnostic::error(Code::WrongValue, self.span, message)
            .help("say it in a line; `description` may be longer"))
    }

    fn duration(&self, key: &str) -> Result<Duration, Diagnostic> {
        let text = match &self.value {
            // A number without a unit: the duration's own words say which units there are.
            Value::Int(number) => number.to_string(),
            _ => self.text(key)?,
        };
        let wrong = |why| Diagnostic::error(Code::WrongValue, self.span, why).help(DURATION_HELP);
        parse_duration(&text).map_err(wrong)
    }

    fn map(&self, key: &str) -> Result<&[(Key, Node)], Diagnostic> {
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
    Other(&'static str),
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
        Ok(Raw::Other("nothing"))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Other("nothing"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        while seq.next_element::<Raw>()?.is_some() {}
        Ok(Raw::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

fn parse(source: &Source, yaml: Span) -> Result<Node, Diagnostic> {
    let text = source.slice(yaml);
    match serde_saphyr::from_str_with_options::<Option<Spanned<Raw>>>(text, options()) {
        Ok(Some(root)) => Ok(place(text, yaml.start, root)),
        Ok(None) => Ok(Node { value: Value::Other("nothing"), span: yaml }),
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
        Raw::Other(kind) => Value::Other(kind),
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
    Node { value, span }
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
