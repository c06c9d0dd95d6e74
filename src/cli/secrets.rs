//! Where the values of secret parameters come from: fetched after the plan was shown, and kept in memory only.

use super::error::Failure;
use super::prompt::ask_hidden;
use super::terminal::{Terminal, eprint_line};
use crate::config::{Config, SecretSource};
use crate::plan::{Plan, check_value};
use crate::redact::Redactor;
use crate::runbook::ParameterKind;
use rustix::fs::{Mode, OFlags};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The longest value, in bytes.
const MAX_BYTES: usize = crate::plan::MAX_VALUE;
/// How long a command may take that prints a secret: it may ask a person.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// The values of a run's secret parameters, and where each came from, in words.
#[derive(Debug, Default)]
pub struct Secrets {
    /// By name.
    pub values: BTreeMap<String, String>,
    /// By name, such as `from the environment variable PGPASSWORD`.
    pub sources: BTreeMap<String, String>,
}

/// The environment variables that supply secrets, which no session may see.
pub fn suppliers(config: &Config) -> Vec<String> {
    let profiles = config.profiles.values().flat_map(|profile| profile.secrets.values());
    let sources = config.secrets.values().chain(profiles);
    let names = sources.filter_map(|source| match source {
        SecretSource::Environment(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// The secret parameters that a chosen step names.
pub fn wanted<'p>(plan: &'p Plan, chosen: &[bool]) -> Vec<&'p crate::plan::PlannedParameter> {
    let scripts: Vec<&str> = plan
        .steps
        .iter()
        .zip(chosen)
        .filter(|(step, chosen)| **chosen || step.probe())
        .filter_map(|(step, _)| step.shell().map(|shell| shell.script.as_str()))
        .collect();
    let named = |name: &str| scripts.iter().any(|script| script.contains(name));
    let secret = |parameter: &&crate::plan::PlannedParameter| parameter.kind == ParameterKind::Secret;
    plan.parameters.iter().filter(secret).filter(|parameter| named(&parameter.name)).collect()
}

/// Fetches what `wanted` names and tells `redactor` of each value.
///
/// # Errors
///
/// If one cannot be had, in words that do not hold it.
pub fn fetch(
    wanted: &[&crate::plan::PlannedParameter],
    config: &Config,
    profile: Option<&str>,
    ask: bool,
    redactor: &Redactor,
    terminal: &Terminal,
) -> Result<Secrets, Failure> {
    let mut secrets = Secrets::default();
    for parameter in wanted {
        let name = &parameter.name;
        let source = source_of(name, config, profile, ask).ok_or_else(|| {
            Failure::usage(format!("nothing says where the secret `{name}` comes from"))
                .hint(format!("say it in stepgate.toml under [secrets], or set STEPGATE_PARAM_{name}; nothing was run"))
        })?;
        let failed =
            |why: String| Failure::usage(format!("the secret `{name}`, {source}: {why}")).hint("nothing was run");
        let value = value(name, &source, config, terminal).map_err(failed)?;
        check_value(&parameter.declared, &value)
            .map_err(|why| Failure::usage(format!("the secret `{name}`: {why}")))?;
        redactor.add(name, &value).map_err(|error| Failure::usage(error.to_string()))?;
        secrets.sources.insert(name.clone(), source.to_string());
        secrets.values.insert(name.clone(), value);
    }
    for warning in redactor.warnings() {
        eprint_line(&format!("warning: {warning}"));
    }
    Ok(secrets)
}

fn source_of(name: &str, config: &Config, profile: Option<&str>, ask: bool) -> Option<SecretSource> {
    let variable = format!("STEPGATE_PARAM_{name}");
    if std::env::var_os(&variable).is_some() {
        return Some(SecretSource::Environment(variable));
    }
    let profile = profile.and_then(|profile| config.profiles.get(profile));
    let declared = profile.and_then(|profile| profile.secrets.get(name)).or_else(|| config.secrets.get(name));
    declared.cloned().or_else(|| ask.then_some(SecretSource::Prompt))
}

fn value(name: &str, source: &SecretSource, config: &Config, terminal: &Terminal) -> Result<String, String> {
    let bytes = match source {
        SecretSource::Environment(variable) => from_environment(variable)?,
        SecretSource::File(path) => from_file(&place(path, config)?)?,
        SecretSource::Command(words) => from_command(words)?,
        SecretSource::Prompt if !terminal.is_interactive() => return Err("there is no terminal to ask at".to_owned()),
        SecretSource::Prompt => {
            let answer = ask_hidden(&format!("  {name} (not shown):"));
            return answer.filter(|answer| !answer.is_empty()).ok_or_else(|| "nothing was typed".to_owned());
        }
    };
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    // One newline at the end is the editor's or the command's, and no part of the value.
    let text = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).unwrap_or(&text);
    match text.is_empty() {
        true => Err("it is empty".to_owned()),
        false => Ok(text.to_owned()),
    }
}

fn from_environment(variable: &str) -> Result<Vec<u8>, String> {
    use std::os::unix::ffi::OsStringExt;
    std::env::var_os(variable).map(OsStringExt::into_vec).ok_or_else(|| "it is not set".to_owned())
}

/// A path of stepgate.toml: `~/` is the home folder, anything relative is beside that file.
fn place(path: &str, config: &Config) -> Result<PathBuf, String> {
    if let Some(rest) = path.strip_prefix("~/") {
        let home = std::env::var_os("HOME").ok_or("HOME is not set, and the path starts with `~/`")?;
        return Ok(PathBuf::from(home).join(rest));
    }
    let folder = config.path.as_ref().and_then(|path| path.parent());
    Ok(folder.unwrap_or(Path::new(".")).join(path))
}

fn from_file(path: &Path) -> Result<Vec<u8>, String> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let file = std::fs::File::from(opened.map_err(|error| std::io::Error::from(error).to_string())?);
    let data = file.metadata().map_err(|error| error.to_string())?;
    if !data.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if data.mode() & 0o077 != 0 {
        eprint_line(&format!("warning: others may read the secret's file {}: chmod 600", path.display()));
    }
    read_all(file)
}

/// Started without a shell, with the terminal to ask at; what it prints to standard output is the value.
fn from_command(words: &[String]) -> Result<Vec<u8>, String> {
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("it cannot be started: {error}"))?;
    let stdout = child.stdout.take().ok_or("it has no standard output")?;
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || _ = sender.send(read_all(stdout)));
    let deadline = Instant::now() + COMMAND_LIMIT;
    let read = receiver.recv_timeout(COMMAND_LIMIT);
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break,
            Ok(Some(status)) => return Err(format!("it failed: {status}")),
            Ok(None) if read.is_ok() && Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                _ = child.kill();
                _ = child.wait();
                return Err(format!("it did not end in {} s", COMMAND_LIMIT.as_secs()));
            }
        }
    }
    read.unwrap_or_else(|_| Err("it did not end in time".to_owned()))
}

fn read_all(from: impl std::io::Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES as u64 + 2).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    match bytes.len() > MAX_BYTES {
        true => Err(format!("it has more than {MAX_BYTES} bytes")),
        false => Ok(bytes),
    }
}
