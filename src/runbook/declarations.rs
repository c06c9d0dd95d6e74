//! `targets`, `env`, `secrets` and `tools` of the front matter (docs/format.md §3, §5, §8).

use super::attributes::not_supported;
use super::model::{Named, NamedTarget, Tool};
use super::parameters::check_name;
use super::target::{LOCAL, Shell, Target};
use super::yaml::{Key, Node, Value, unknown_key};
use crate::diagnostic::{Code, Diagnostic, Span};

/// The names of variables whose values are shown nowhere.
pub fn secrets(node: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<Named>, Diagnostic> {
    let mut names = Vec::new();
    for item in node.list("secrets")? {
        let name = item.text("secrets").and_then(|text| {
            let key = Key { text, span: item.span };
            check_name(&key).map(|()| key.text)
        });
        match name {
            Ok(name) => names.push(Named { name, span: item.span }),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(names)
}

/// What is set on every target.
pub fn env(node: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<(String, String)>, Diagnostic> {
    let mut all = Vec::new();
    for (key, value) in node.map("env")? {
        match check_name(key).and_then(|()| value.text(&key.text)) {
            Ok(value) => all.push((key.text.clone(), value)),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(all)
}

/// How machines are reached.
pub fn targets(node: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<NamedTarget>, Diagnostic> {
    let mut all = Vec::new();
    for (key, value) in node.map("targets")? {
        match target(key, value) {
            Ok(target) => all.push(NamedTarget { name: key.text.clone(), span: key.span, target }),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(all)
}

fn target(key: &Key, node: &Node) -> Result<Target, Diagnostic> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if key.text.is_empty() || !key.text.chars().all(plain) || key.text.starts_with('-') {
        return Err(wrong(key.span, format!("`{}` cannot be a target's name", key.text))
            .help("a name holds letters, digits, `-`, `_` and `.`"));
    }
    if key.text == LOCAL {
        return Err(wrong(key.span, "`local` is this machine and cannot be declared").help("choose another name"));
    }
    let (run, shell, span) = match &node.value {
        Value::Map(entries) => long_form(key, node, entries)?,
        _ => (node.text(&key.text)?, Shell::Bash, node.span),
    };
    Target::parse(&run, shell).map_err(|why| {
        wrong(span, format!("the target `{}` has no command: {why}", key.text))
            .help("write the words behind which the shell is put, such as `ssh nas` or `docker exec -i web`")
    })
}

fn long_form(key: &Key, node: &Node, entries: &[(Key, Node)]) -> Result<(String, Shell, Span), Diagnostic> {
    let (mut run, mut shell) = (None, Shell::Bash);
    for (inner, value) in entries {
        match inner.text.as_str() {
            "run" => run = Some((value.text("run")?, value.span)),
            "shell" => {
                let word = value.text("shell")?;
                shell = Shell::parse(&word).ok_or_else(|| {
                    value.wrong(format!("`{word}` is no shell of a target")).help("it is `bash` or `sh`")
                })?;
            }
            "each" | "max-parallel" => return Err(not_supported(inner.span, "groups of targets")),
            _ => return Err(unknown_key(inner, &["run", "shell"])),
        }
    }
    let (run, span) = run.ok_or_else(|| {
        node.wrong(format!("the target `{}` has no `run`", key.text)).help("write { run: ssh nas, shell: sh }")
    })?;
    Ok((run, shell, span))
}

/// Programs that must be there.
pub fn tools(node: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<Tool>, Diagnostic> {
    let mut all = Vec::new();
    for (key, value) in node.map("tools")? {
        match tool(key, value) {
            Ok(tool) => all.push(tool),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(all)
}

fn tool(key: &Key, node: &Node) -> Result<Tool, Diagnostic> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if key.text.is_empty() || key.text.starts_with('-') || !key.text.chars().all(plain) {
        return Err(wrong(key.span, format!("`{}` is no program's name", key.text))
            .help("name the program as it is typed, without a path: `jq`"));
    }
    let mut tool = Tool { name: key.text.clone(), span: key.span, on: None, version: None, ask: None };
    match &node.value {
        Value::Nothing => {}
        Value::Map(entries) => {
            for (inner, value) in entries {
                match inner.text.as_str() {
                    "on" => tool.on = Some(Named { name: value.text("on")?, span: value.span }),
                    "version" => tool.version = Some((range(value)?, value.span)),
                    "ask" => tool.ask = Some(value.short_text("ask")?),
                    _ => return Err(unknown_key(inner, &["on", "version", "ask"])),
                }
            }
        }
        _ => tool.version = Some((range(node)?, node.span)),
    }
    Ok(tool)
}

/// A version range: `>=1.33 <2`.
fn range(node: &Node) -> Result<String, Diagnostic> {
    let text = node.text("version")?;
    let one = |comparator: &str| {
        let version = comparator.trim_start_matches(['<', '>', '=']);
        let sign = &comparator[..comparator.len() - version.len()];
        let parts: Vec<_> = version.split('.').collect();
        let digits =
            |part: &&str| !part.is_empty() && part.len() < 10 && part.bytes().all(|byte| byte.is_ascii_digit());
        matches!(sign, ">=" | "<=" | ">" | "<" | "=") && (2..=3).contains(&parts.len()) && parts.iter().all(digits)
    };
    let comparators: Vec<_> = text.split_whitespace().collect();
    match !comparators.is_empty() && comparators.iter().all(|comparator| one(comparator)) {
        true => Ok(text),
        false => Err(node.wrong(format!("`{text}` is no range of versions")).help("write `>=1.33` or `>=1.33 <2.0`")),
    }
}

fn wrong(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Target, span, message)
}
