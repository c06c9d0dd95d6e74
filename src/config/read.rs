//! The file's text to settings.

use super::limits::parse_size;
use super::model::{Config, Interpreter, Level, Limits, LintLevel, Profile, SecretSource};
use super::table::{Entry, Node, entries};
use crate::diagnostic::{Code, Diagnostic, Refused, Severity, Source, Span};
use crate::duration::{DURATION_HELP, parse_duration};
use crate::runbook::{Gate, LOCAL, Shell, Target, is_reserved_variable, is_variable_name};
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
        true => Err(Refused::new(source, found)),
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
        "sign" => return Err(entry.not_supported("`[sign]`")),
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
        match one(&entry, found) {
            Ok(value) => _ = all.insert(entry.name, value),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(all)
}

fn target(entry: &Entry<'_>) -> Result<Target, Diagnostic> {
    if entry.name == LOCAL {
        return Err(wrong(entry.span, "`local` is this machine and cannot be declared").help("choose another name"));
    }
    let (run, shell) = match entry.value.table("target") {
        Err(_) => (entry.value.text(&entry.name)?.to_owned(), Shell::Bash),
        Ok(entries) => long_target(entry, &entries)?,
    };
    Target::parse(&run, shell)
        .map_err(|why| wrong(entry.value.span, format!("the target `{}` has no command: {why}", entry.name)))
        .map_err(|found| {
            found.help("write the words before which nothing stands and behind which the shell is put: \"ssh nas\"")
        })
}

fn long_target(target: &Entry<'_>, entries: &[Entry<'_>]) -> Result<(String, Shell), Diagnostic> {
    let (mut run, mut shell) = (None, Shell::Bash);
    for entry in entries {
        match entry.name.as_str() {
            "run" => run = Some(entry.value.text("run")?.to_owned()),
            "shell" => {
                let word = entry.value.text("shell")?;
                shell = Shell::parse(word)
                    .ok_or_else(|| entry.value.wrong(format!("`{word}` is no shell: it is `bash` or `sh`")))?;
            }
            "each" | "max-parallel" => return Err(entry.not_supported("groups of targets")),
            _ => return Err(entry.unknown(&["run", "shell", "each"])),
        }
    }
    let run = run.ok_or_else(|| target.value.wrong(format!("the target `{}` has no `run`", target.name)))?;
    Ok((run, shell))
}

fn interpreter(entry: &Entry<'_>) -> Result<Interpreter, Diagnostic> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    let taken = ["bash", "sh", "output", "assert"].contains(&entry.name.as_str());
    if taken || entry.name.is_empty() || !entry.name.chars().all(plain) {
        return Err(wrong(entry.span, format!("`{}` cannot be an interpreter's name", entry.name))
            .help("a name holds letters, digits, `_`, `-`, `+`; bash and sh are the session's own"));
    }
    let mut words = Vec::new();
    for inner in entry.value.table("interpreter")? {
        match inner.name.as_str() {
            "run" => words = command(&inner)?,
            _ => return Err(inner.unknown(&["run"])),
        }
    }
    match words.is_empty() {
        true => Err(entry.value.wrong(format!("the interpreter `{}` has no `run`", entry.name))),
        false => Ok(Interpreter { words }),
    }
}

/// The words of a command that is started without a shell.
fn command(entry: &Entry<'_>) -> Result<Vec<String>, Diagnostic> {
    let text = entry.value.text(&entry.name)?;
    let words = shlex::split(text).filter(|words| words.first().is_some_and(|word| !word.is_empty()));
    words.ok_or_else(|| entry.value.wrong(format!("`{text}` is no command: a quote is open, or it is empty")))
}

fn secret(entry: &Entry<'_>) -> Result<SecretSource, Diagnostic> {
    if !is_variable_name(&entry.name) || is_reserved_variable(&entry.name) {
        return Err(wrong(entry.span, format!("`{}` cannot be a secret's name", entry.name))
            .help("it is the name of a parameter: letters, digits and `_`, and none that the shell uses itself"));
    }
    let inner = entry.value.table(&entry.name)?;
    let [source] = inner.as_slice() else {
        return Err(entry.value.wrong(format!("the secret `{}` needs exactly one source", entry.name)));
    };
    match source.name.as_str() {
        "env" => Ok(SecretSource::Environment(filled(source)?)),
        "file" => Ok(SecretSource::File(filled(source)?)),
        "command" => command(source).map(SecretSource::Command),
        "prompt" => match source.value.value {
            toml::de::DeValue::Boolean(true) => Ok(SecretSource::Prompt),
            _ => Err(source.value.wrong("write `prompt = true`".to_owned())),
        },
        _ => Err(source.unknown(&["env", "file", "command", "prompt"])),
    }
}

fn filled(entry: &Entry<'_>) -> Result<String, Diagnostic> {
    match entry.value.text(&entry.name)? {
        "" => Err(entry.value.wrong(format!("`{}` is empty", entry.name))),
        text => Ok(text.to_owned()),
    }
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

/// Only what is a warning by nature may be changed: an error is one because nothing sound could be run.
fn lint(entry: &Entry<'_>) -> Result<LintLevel, Diagnostic> {
    let code = Code::ALL.iter().copied().find(|code| code.as_str() == entry.name);
    let code = code.ok_or_else(|| wrong(entry.span, format!("there is no code `{}`", entry.name)))?;
    if !code.is_lint() {
        return Err(wrong(entry.span, format!("{code} is an error by nature and stays one")));
    }
    let level = match entry.value.text(&entry.name)? {
        "error" => Level::Error,
        "warn" => Level::Warning,
        "off" => Level::Off,
        other => return Err(entry.value.wrong(format!("`{other}` is no level: it is `error`, `warn` or `off`"))),
    };
    Ok(LintLevel { code, level })
}

fn profile(entry: &Entry<'_>, text: &str, found: &mut Found) -> Result<Profile, Diagnostic> {
    let mut profile = Profile::default();
    for entry in entry.value.table(&entry.name)? {
        let read = match entry.name.as_str() {
            "params" => collect(&entry.value, "params", found, |entry| entry.value.typed(&entry.name, text))
                .map(|params| profile.params = params),
            "targets" => collect(&entry.value, "targets", found, target).map(|targets| profile.targets = targets),
            "gates" => collect(&entry.value, "gates", found, gate).map(|gates| profile.gates = gates),
            "secrets" => collect(&entry.value, "secrets", found, secret).map(|secrets| profile.secrets = secrets),
            _ => Err(entry.unknown(&["params", "targets", "gates", "secrets"])),
        };
        found.extend(read.err());
    }
    Ok(profile)
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

fn wrong(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Configuration, span, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn config(text: &str) -> Result<Config, Vec<String>> {
        let said = |found: &Diagnostic| format!("{}@{} {}", found.code, found.span.start, found.message);
        read(Source::new("stepgate.toml", text)).map_err(|refused| refused.found.iter().map(said).collect())
    }

    #[test]
    fn everything_that_the_format_names_is_read() {
        let text = r#"
[targets]
nas = { run = "ssh nas", shell = "sh" }
web = "ssh -F 'a b' web"
[interpreter.node]
run = "node --no-warnings"
[secrets]
A = { env = "PGPASSWORD" }
B = { file = "~/b" }
C = { command = "pass show db" }
D = { prompt = true }
[limits]
grace = "1s"
output = "1MiB"
[lint]
SG064 = "off"
[profile.lab]
params = { NAME = "lab", COUNT = 14, ON = true }
targets = { nas = "local" }
gates = { save = "none" }
"#;
        let config = config(text).unwrap();
        assert_eq!(config.targets["nas"].shell, Shell::Sh);
        assert_eq!(config.targets["web"].words, ["ssh", "-F", "a b", "web"]);
        assert_eq!(config.interpreters["node"].words, ["node", "--no-warnings"]);
        assert_eq!(config.secrets["C"].to_string(), "from the command pass show db");
        assert_eq!((config.limits.grace.as_secs(), config.limits.output), (1, 1 << 20));
        assert_eq!(config.profiles["lab"].params["COUNT"], "14");
        assert!(config.profiles["lab"].targets["nas"].is_local());
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        for (text, words) in [
            ("[target]\n", "unknown key `target`"),
            ("[targets]\nlocal = \"x\"\n", "`local` is this machine"),
            ("[targets]\nx = 3\n", "must be text"),
            ("[targets]\nx = { each = {} }\n", "not supported yet: groups"),
            ("[targets]\nx = \"ssh 'a\"\n", "never closed"),
            ("[secrets]\nA = { env = \"B\", file = \"c\" }\n", "exactly one source"),
            ("[secrets]\nPATH = { env = \"B\" }\n", "cannot be a secret's name"),
            ("[limits]\ngrace = \"5\"\n", "it needs a unit"),
            ("[limits]\noutput = \"0B\"\n", "more than zero"),
            ("[lint]\nSG022 = \"off\"\n", "an error by nature"),
            ("[lint]\nSG999 = \"off\"\n", "there is no code"),
            ("[lint]\nSG064 = \"of\"\n", "is no level"),
            ("[sign]\nkey = \"x\"\n", "not supported yet"),
            ("[profile.lab]\ngates = { a = \"nnone\" }\n", "is no gate"),
            ("[profile.lab]\nparam = {}\n", "unknown key `param`"),
            ("[interpreter.bash]\nrun = \"x\"\n", "cannot be an interpreter"),
            ("[targets]\nx = \"a\"\nx = \"b\"\n", "it cannot be read"),
            ("x = [", "it cannot be read"),
        ] {
            let errors = config(text).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(words)), "{text}: {errors:?}");
        }
        assert!(config(&"[".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\[[a-z.]{0,9}\\]\n|[a-zA-Z]{1,4} = [\"{}\\[\\]a-z0-9=, ]{0,12}\n|\\PC{0,20}\n){0,8}") {
            _ = config(&text);
        }
    }
}
