//! The YAML front matter: what it may hold, each value with its place.

use super::attributes::not_supported;
use super::decode::BYTE_ORDER_MARK;
use super::model::{Criterion, Defaults, Named, NamedTarget, Parameter, Tool};
use super::yaml::{Key, Node, Value, parse, unknown_key};
use super::{declarations, parameters};
use crate::diagnostic::{Code, Diagnostic, Source, Span};
use std::time::Duration;

/// Keys that are built.
const BUILT: &[&str] = &[
    "stepgate",
    "title",
    "description",
    "owner",
    "params",
    "secrets",
    "targets",
    "env",
    "defaults",
    "acceptance",
    "tools",
    "max-age",
];
/// Keys that the format knows and that are not built yet.
const LATER: &[&str] = &["sections", "requires"];
/// The format version that this stepgate reads.
const VERSION: i64 = 1;

/// What the front matter says.
#[derive(Debug, Default)]
pub struct FrontMatter {
    pub title: Option<String>,
    pub description: Option<String>,
    pub owner: Option<String>,
    pub params: Vec<Parameter>,
    pub secrets: Vec<Named>,
    pub targets: Vec<NamedTarget>,
    pub env: Vec<(String, String)>,
    pub tools: Vec<Tool>,
    pub max_age: Option<Duration>,
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
        "params" => front.params = parameters::read(value, found)?,
        "secrets" => front.secrets = declarations::secrets(value, found)?,
        "targets" => front.targets = declarations::targets(value, found)?,
        "env" => front.env = declarations::env(value, found)?,
        "tools" => front.tools = declarations::tools(value, found)?,
        "max-age" => front.max_age = Some(value.duration("max-age")?),
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
            "on" => value.text("on").map(|name| defaults.on = Some(Named { name, span: value.span })),
            "timeout" => value.duration("timeout").map(|timeout| defaults.timeout = Some(timeout)),
            "poll" => value.duration("poll").map(|poll| defaults.poll = Some(poll)),
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
