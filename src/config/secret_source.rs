//! Where a secret comes from (docs/format.md §9). Fetching it is not this room's work.

use super::table::Entry;
use super::words::words;
use crate::diagnostic::Diagnostic;
use crate::runbook::is_variable_name;

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The environment variable of this name.
    Environment(String),
    /// The file at this path, without its last newline.
    File(String),
    /// What this command prints, without its last newline; it is started without a shell.
    Command(Vec<String>),
    /// A person at the terminal.
    Prompt,
}

impl std::fmt::Display for SecretSource {
    /// `from the environment variable PGPASSWORD`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SecretSource::Environment(name) => write!(out, "from the environment variable {name}"),
            SecretSource::File(path) => write!(out, "from the file {path}"),
            SecretSource::Command(words) => {
                let words: Vec<_> = words.iter().map(|word| crate::text::quote_word(word)).collect();
                write!(out, "from the command {}", words.join(" "))
            }
            SecretSource::Prompt => out.write_str("typed at the terminal"),
        }
    }
}

/// The keys that name a source.
const SOURCES: &[&str] = &["env", "file", "command", "prompt"];

/// Reads `NAME = { env = "…" }`.
pub(super) fn secret(entry: &Entry<'_>) -> Result<SecretSource, Diagnostic> {
    entry.check_variable("secret")?;
    let inner = entry.value.table(&entry.name)?;
    if let Some(strange) = inner.iter().find(|key| !SOURCES.contains(&key.name.as_str())) {
        return Err(strange.unknown(SOURCES));
    }
    let [source] = inner.as_slice() else {
        let message = format!("the secret `{}` needs exactly one source and has {}", entry.name, inner.len());
        return Err(entry.value.wrong(message).help("write one of `env`, `file`, `command` and `prompt = true`"));
    };
    match source.name.as_str() {
        "env" => variable(source).map(SecretSource::Environment),
        "file" => filled(source).map(SecretSource::File),
        "command" => words(source).map(SecretSource::Command),
        _ => match source.value.value {
            toml::de::DeValue::Boolean(true) => Ok(SecretSource::Prompt),
            _ => Err(source.value.wrong("`prompt` must be true".to_owned()).help("write `prompt = true`")),
        },
    }
}

fn variable(entry: &Entry<'_>) -> Result<String, Diagnostic> {
    let name = filled(entry)?;
    match is_variable_name(&name) {
        true => Ok(name),
        false => Err(entry
            .value
            .wrong(format!("`{name}` is no name of an environment variable"))
            .help("write the name alone: `env = \"PGPASSWORD\"`")),
    }
}

fn filled(entry: &Entry<'_>) -> Result<String, Diagnostic> {
    match entry.value.text(&entry.name)? {
        "" => Err(entry.value.wrong(format!("`{}` is empty", entry.name))),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::SecretSource;

    #[test]
    fn a_source_is_said_in_words() {
        let said = |source: SecretSource| source.to_string();
        assert_eq!(said(SecretSource::Environment("PGPASSWORD".into())), "from the environment variable PGPASSWORD");
        assert_eq!(said(SecretSource::File("~/x".into())), "from the file ~/x");
        let words = ["pass", "show", "my db"].map(str::to_owned).to_vec();
        assert_eq!(said(SecretSource::Command(words)), "from the command pass show 'my db'");
        assert_eq!(said(SecretSource::Prompt), "typed at the terminal");
    }
}
