//! The file's text to settings.

use super::commands::{interpreter, target};
use super::limits::parse_size;
use super::model::{Config, Level, Limits, LintLevel, Profile, Sign};
use super::secret_source::secret;
use super::table::{Entry, Node, entries, wrong};
use super::unseen::unseen;
use crate::diagnostic::{Code, Diagnostic, Refused, Severity, Source, Span, nearest};
use crate::duration::{DURATION_HELP, parse_duration};
use crate::runbook::Gate;
use std::collections::BTreeMap;

const SECTIONS: &[&str] = &["targets", "interpreter", "secrets", "limits", "lint", "sign", "profile"];
/// A longer file is no configuration.
const MAX_BYTES: usize = 1 << 20;

type Found = Vec<Diagnostic>;

/// Reads `stepgate.toml`.
///
/// # Errors
///
/// Everything that is wrong with it, each with its place.
pub fn read(source: Source) -> Result<Config, Box<Refused>> {
    let mut found = Vec::new();
    let config = read_text(&source.text, &mut found);
    found.sort_by_key(|diagnostic| diagnostic.span.start);
    match found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        true => Err(Refused::new(unseen(source), found)),
        false => Ok(config),
    }
}

fn read_text(text: &str, found: &mut Found) -> Config {
    let mut config = Config::default();
    if text.len() > MAX_BYTES {
        found.push(Diagnostic::error(Code::Configuration, Span::default(), "the file has more than 1 MiB"));
        return config;
    }
    let table = match toml::de::DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let span = error.span().map_or_else(Span::default, Span::from);
            let message = format!("it cannot be read: {}", error.message());
            found.push(Diagnostic::error(Code::Configuration, span, message).help("it is written in TOML"));
            return config;
        }
    };
    for entry in entries(table.get_ref()) {
        if let Err(diagnostic) = section(&mut config, &entry, text, found) {
            found.push(diagnostic);
        }
    }
    config
}

fn section(config: &mut Config, entry: &Entry<'_>, text: &str, found: &mut Found) -> Result<(), Diagnostic> {
    match entry.name.as_str() {
        "targets" => config.targets = collect(&entry.value, "targets", found, target)?,
        "interpreter" => config.interpreters = collect(&entry.value, "interpreter", found, interpreter)?,
        "secrets" => config.secrets = collect(&entry.value, "secrets", found, secret)?,
        "limits" => config.limits = limits(&entry.value, found)?,
        "lint" => config.lint = collect(&entry.value, "lint", found, lint)?.into_values().collect(),
        "sign" => config.sign = sign(&entry.value, found)?,
        "profile" => {
            let one = |entry: &Entry<'_>, found: &mut Found| profile(entry, text, found);
            config.profiles = collect_with(&entry.value, "profile", found, one)?;
        }
        _ => return Err(entry.unknown(SECTIONS)),
    }
    Ok(())
}

fn collect<T>(
    node: &Node<'_>,
    what: &str,
    found: &mut Found,
    one: impl Fn(&Entry<'_>) -> Result<T, Diagnostic>,
) -> Result<BTreeMap<String, T>, Diagnostic> {
    collect_with(node, what, found, |entry, _| one(entry))
}

fn collect_with<T>(
    node: &Node<'_>,
    what: &str,
    found: &mut Found,
    one: impl Fn(&Entry<'_>, &mut Found) -> Result<T, Diagnostic>,
) -> Result<BTreeMap<String, T>, Diagnostic> {
    let mut all = BTreeMap::new();
    for entry in node.table(what)? {
        match entry.check_name().and_then(|()| one(&entry, found)) {
            Ok(value) => _ = all.insert(entry.name, value),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(all)
}

fn limits(node: &Node<'_>, found: &mut Found) -> Result<Limits, Diagnostic> {
    let mut limits = Limits::default();
    for entry in node.table("limits")? {
        let duration = || {
            let text = entry.value.text(&entry.name)?;
            parse_duration(text).map_err(|why| wrong(entry.value.span, why).help(DURATION_HELP))
        };
        let read = match entry.name.as_str() {
            "grace" => duration().map(|grace| limits.grace = grace),
            "drain" => duration().map(|drain| limits.drain = drain),
            "output" => entry.value.text("output").and_then(|text| {
                parse_size(text).map(|size| limits.output = size).map_err(|why| wrong(entry.value.span, why))
            }),
            _ => Err(entry.unknown(&["grace", "drain", "output"])),
        };
        found.extend(read.err());
    }
    Ok(limits)
}

fn sign(node: &Node<'_>, found: &mut Found) -> Result<Sign, Diagnostic> {
    let mut sign = Sign::default();
    for entry in node.table("sign")? {
        let path = || match entry.value.text(&entry.name)? {
            "" => Err(wrong(entry.value.span, format!("`{}` is empty", entry.name)).help("name a file")),
            path => Ok(Some(path.to_owned())),
        };
        let read = match entry.name.as_str() {
            "key" => path().map(|path| sign.key = path),
            "allowed" => path().map(|path| sign.allowed = path),
            _ => Err(entry.unknown(&["key", "allowed"])),
        };
        found.extend(read.err());
    }
    Ok(sign)
}

/// Only what is a warning by nature may be changed: an error is one because nothing sound could be run.
fn lint(entry: &Entry<'_>) -> Result<LintLevel, Diagnostic> {
    let code = Code::ALL.iter().copied().find(|code| code.as_str() == entry.name);
    let code = code.ok_or_else(|| no_code(entry))?;
    if code.is_note() {
        return Err(wrong(entry.span, format!("{code} is a note, which changes no exit code, and stays one"))
            .help("only warnings can be changed; drop the line"));
    }
    if !code.is_lint() {
        return Err(wrong(entry.span, format!("{code} is an error by nature and stays one"))
            .help("only findings that look wrong without being so can be changed; mend the runbook"));
    }
    let level = match entry.value.text(&entry.name)? {
        "error" => Level::Error,
        "warn" => Level::Warning,
        "off" => Level::Off,
        other => return Err(entry.value.wrong(format!("`{other}` is no level: it is `error`, `warn` or `off`"))),
    };
    Ok(LintLevel { code, level, span: entry.span })
}

fn no_code(entry: &Entry<'_>) -> Diagnostic {
    let help = match nearest(&entry.name, Code::ALL.iter().filter(|code| code.is_lint()).map(|code| code.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "docs/diagnostics/README.md lists the codes".to_owned(),
    };
    wrong(entry.span, format!("there is no code `{}`", entry.name)).help(help)
}

fn profile(entry: &Entry<'_>, text: &str, found: &mut Found) -> Result<Profile, Diagnostic> {
    let mut profile = Profile::default();
    for entry in entry.value.table(&entry.name)? {
        let read = match entry.name.as_str() {
            "params" => {
                collect(&entry.value, "params", found, |entry| param(entry, text)).map(|params| profile.params = params)
            }
            "targets" => collect(&entry.value, "targets", found, target).map(|targets| profile.targets = targets),
            "gates" => collect(&entry.value, "gates", found, gate).map(|gates| profile.gates = gates),
            "secrets" => collect(&entry.value, "secrets", found, secret).map(|secrets| profile.secrets = secrets),
            _ => Err(entry.unknown(&["params", "targets", "gates", "secrets"])),
        };
        found.extend(read.err());
    }
    Ok(profile)
}

fn param(entry: &Entry<'_>, text: &str) -> Result<String, Diagnostic> {
    entry.check_variable("parameter")?;
    entry.value.typed(&entry.name, text)
}

fn gate(entry: &Entry<'_>) -> Result<Gate, Diagnostic> {
    let word = entry.value.text(&entry.name)?;
    let gates = [Gate::None, Gate::Confirm, Gate::Type];
    match gates.into_iter().find(|gate| gate.as_str() == word) {
        Some(gate) => Ok(gate),
        None if word == "approve" => Err(entry.not_supported("the gate `approve`")),
        None => Err(entry.value.wrong(format!("`{word}` is no gate: it is `none`, `confirm` or `type`"))),
    }
}

#[cfg(test)]
mod tests;
