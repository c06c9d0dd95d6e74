//! The YAML front matter: what it may hold, each value with its place.

use super::attributes::not_supported;
use super::decode::BYTE_ORDER_MARK;
use super::model::{Criterion, Defaults, Named, NamedTarget, Parameter, ParameterKind, Tool};
use super::suggest::near;
use super::yaml::{Key, Node, Value, parse, unknown_key, unknown_key_beside};
use super::{declarations, parameters, step_checks, tools};
use crate::diagnostic::{Code, Diagnostic, Source, Span};
use std::collections::HashMap;
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
    pub env: Vec<(Named, String)>,
    pub tools: Vec<Tool>,
    pub max_age: Option<Duration>,
    pub defaults: Defaults,
    pub acceptance: Vec<Criterion>,
}

/// Reads the front matter of `source`. Returns it with the offset of the body behind it, or the one finding
/// that makes the file no runbook at all; lesser findings go to `found`.
pub fn read(source: &Source, found: &mut Vec<Diagnostic>) -> Result<(FrontMatter, usize), Diagnostic> {
    let (yaml, body) = split(&source.text)?;
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
    found.extend(clashes(&front));
    Ok((front, body))
}

/// Where the body of a runbook's text starts; `None` if there is no front matter.
pub fn body_start(text: &str) -> Option<usize> {
    split(text).ok().map(|(_, body)| body)
}

/// Names that two keys declare.
fn clashes(front: &FrontMatter) -> Vec<Diagnostic> {
    let parameters: HashMap<&str, &Parameter> =
        front.params.iter().map(|parameter| (parameter.name.as_str(), parameter)).collect();
    let env = front.env.iter().filter_map(|(named, _)| {
        let parameter = parameters.get(named.name.as_str())?;
        let message = format!("`{}` is a parameter and cannot be set by `env`", named.name);
        let found = Diagnostic::error(Code::VariableName, named.span, message);
        Some(found.related(parameter.span, "declared here").help("drop one of the two: a parameter reaches every step"))
    });
    let secrets = front.secrets.iter().filter_map(|named| {
        let parameter = parameters.get(named.name.as_str())?;
        let message = format!("`{}` is a parameter, and its value could be given on the command line", named.name);
        let found = Diagnostic::error(Code::Parameter, named.span, message);
        let found = found.related(parameter.span, "declared here");
        (parameter.kind != ParameterKind::Secret).then(|| found.help("write `type: secret` where it is declared"))
    });
    env.chain(secrets).collect()
}

/// The bytes of the YAML between the two `---` lines, and where the body starts.
fn split(text: &str) -> Result<(Span, usize), Diagnostic> {
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
        let misspelt = entries.iter().find(|(key, _)| near(&key.text, ["stepgate"]).is_some());
        return Err(match misspelt {
            Some((key, _)) => no_runbook(key.span).help("did you mean `stepgate`?"),
            None => no_runbook(Span::new(yaml.start, yaml.start)),
        });
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
        "tools" => front.tools = tools::read(value, found)?,
        "max-age" => front.max_age = Some(value.duration("max-age")?),
        "defaults" => front.defaults = defaults(value, found)?,
        "acceptance" => front.acceptance = acceptance(value, found)?,
        known if LATER.contains(&known) => return Err(not_supported(key.span, &format!("the key `{known}`"))),
        _ => return Err(unknown_key_beside(key, BUILT, LATER)),
    }
    Ok(())
}

fn defaults(value: &Node, found: &mut Vec<Diagnostic>) -> Result<Defaults, Diagnostic> {
    let mut defaults = Defaults::default();
    let mut pause = None;
    for (key, value) in value.map("defaults")? {
        let read = match key.text.as_str() {
            "poll" => value.duration("poll").map(|poll| {
                defaults.poll = Some(poll);
                pause = Some(value.span);
            }),
            "on" => value.text("on").map(|name| defaults.on = Some(Named { name, span: value.span })),
            "timeout" => value.duration("timeout").map(|timeout| defaults.timeout = Some(timeout)),
            _ => Err(unknown_key(key, &["on", "timeout", "poll"])),
        };
        found.extend(read.err());
    }
    if let (Some(poll), Some(span), Some(timeout)) = (defaults.poll, pause, defaults.timeout) {
        found.extend(step_checks::no_second_attempt(poll, span, timeout));
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
            Ok(text) => criteria.push(Criterion { id: key.text.clone(), text, span: key.span }),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(criteria)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{STEP, findings, front_findings, with_front};
    use super::*;

    #[test]
    fn every_key_reaches_the_model() {
        let front = "title: T \ndescription: |\n  D\nowner: O\nmax-age: 90d\n\
            defaults: { on: m, timeout: 2m, poll: 5s }\ntargets: { m: ssh m }\nacceptance: { AC1: one, AC.2: two }";
        let runbook = with_front(front);
        assert_eq!((runbook.title.as_str(), runbook.description.as_deref()), ("T", Some("D")));
        assert_eq!((runbook.owner.as_deref(), runbook.max_age), (Some("O"), Some(Duration::from_secs(90 * 86_400))));
        assert_eq!(runbook.defaults.on.as_ref().unwrap().name, "m");
        assert_eq!(runbook.defaults.timeout, Some(Duration::from_secs(120)));
        assert_eq!(runbook.defaults.poll, Some(Duration::from_secs(5)));
        assert_eq!(runbook.acceptance[1].id, "AC.2");
        assert_eq!(runbook.source.slice(runbook.defaults.on.unwrap().span), "m");
    }

    #[test]
    fn a_file_without_front_matter_is_no_runbook() {
        for (text, wanted) in [
            ("", "SG003 "),
            ("# x\n", "SG003 # x"),
            ("---\ntitle: x\n---\n", "SG003 "),
            ("---\n---\n", "SG003 "),
            ("---\n- stepgate\n---\n", "SG003 - stepgate\n"),
            ("---\nstepgate: 1\n# x\n", "SG010 ---"),
        ] {
            assert_eq!(findings(text), [wanted], "{text:?}");
        }
    }

    #[test]
    fn a_newer_format_is_refused_by_its_number() {
        for version in ["2", "0", "'1'", "1.0", "true", "latest", "99999999999999999999"] {
            let text = format!("---\nstepgate: {version}\n---\n{STEP}");
            assert_eq!(findings(&text), [format!("SG013 {version}")]);
        }
    }

    #[test]
    fn a_mistake_in_the_front_matter_is_told_at_its_place_and_hides_no_other() {
        for (front, wanted) in [
            ("titel: x", "SG011 titel"),
            ("sections: {}", "SG009 sections"),
            ("requires: []", "SG009 requires"),
            ("title: 010", "SG012 010"),
            ("title: true", "SG012 true"),
            ("max-age: 10", "SG012 10"),
            ("max-age: 1e99", "SG012 1e99"),
            ("max-age: '-1s'", "SG012 '-1s'"),
            ("defaults: { poll: 0 }", "SG012 0"),
            ("defaults: { timout: 1s }", "SG011 timout"),
            ("acceptance: { 'a b': x }", "SG012 'a b'"),
            ("title: x\ntitle: y", "SG011 title"),
        ] {
            assert_eq!(front_findings(front), [wanted], "{front}");
        }
        assert_eq!(front_findings("titel: x\nowner: 3\nenv: { PATH: x }"), ["SG011 titel", "SG012 3", "SG035 PATH"]);
    }
}
