//! Targets: words before which nothing stands and behind which stepgate puts the shell (grammar: docs/format.md §5).

use serde::{Deserialize, Serialize};

/// The name of this machine as a target.
pub const LOCAL: &str = "local";

/// How a machine is reached, and which shell it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The words of the command; none for this machine. A word may hold `$NAME` of a parameter until the plan is made.
    pub words: Vec<String>,
    /// The shell that is put behind them.
    pub shell: Shell,
}

/// The shell of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shell {
    /// bash, 4.1 or newer.
    #[default]
    Bash,
    /// A POSIX `sh`, such as dash or the ash of busybox.
    Sh,
}

impl Shell {
    /// The program's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Sh => "sh",
        }
    }

    /// The shell called so.
    pub fn parse(name: &str) -> Option<Self> {
        [Shell::Bash, Shell::Sh].into_iter().find(|shell| shell.as_str() == name)
    }
}

impl Target {
    /// This machine.
    pub fn local() -> Self {
        Self::default()
    }

    /// Reads `run`, split as a POSIX shell splits; nothing is expanded. `local` is this machine.
    ///
    /// # Errors
    ///
    /// Says in plain words why these are no words of a command.
    pub fn parse(run: &str, shell: Shell) -> Result<Self, String> {
        if run == LOCAL {
            return Ok(Self { words: Vec::new(), shell });
        }
        if let Some(c) = run.chars().find(|&c| crate::text::is_dangerous(c)) {
            return Err(format!("it holds the character U+{:04X}", c as u32));
        }
        let words = shlex::split(run).ok_or("a quote in it is never closed, or it ends in a backslash")?;
        match words.first().map(String::as_str) {
            None | Some("") => return Err("it names no command".to_owned()),
            Some(first) if first.starts_with('$') => return Err(format!("`{first}` would choose the command itself")),
            Some(first) if first.starts_with('-') => return Err(format!("`{first}` is an option and no command")),
            Some(_) => {}
        }
        if let Some(word) = words.iter().find(|word| matches!(word.as_str(), "|" | "||" | "&&" | ";" | "&")) {
            return Err(format!("`{word}` is a word for a shell, and a target is started without one"));
        }
        Ok(Self { words, shell })
    }

    /// Whether it is this machine.
    pub fn is_local(&self) -> bool {
        self.words.is_empty()
    }
}

impl std::fmt::Display for Target {
    /// As it could be typed: `local`, `ssh nas`, `ssh nas (sh)`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.words.iter().map(|word| crate::text::quote_word(word)).collect();
        out.write_str(if words.is_empty() { LOCAL } else { "" })?;
        out.write_str(&words.join(" "))?;
        out.write_str(if self.shell == Shell::Sh { " (sh)" } else { "" })
    }
}

/// Splits a word of a target at each `$NAME` or `${NAME}`: text, and the names between.
pub fn word_references(word: &str) -> Vec<&str> {
    parts(word).into_iter().filter_map(|(_, name)| name).collect()
}

/// What a value in a target's word may hold beside letters and digits. A command such as `ssh` joins its words, and a
/// shell on the far side reads them: nothing that means something there may come in.
const WORD_SIGNS: &str = "._-:@/%+,=";
const ALLOWED: &str = "letters, digits and `._-:@/%+,=` may stand there, since a shell on the far side may read it";

/// The word with every `$NAME` replaced by what `value` has for it.
///
/// # Errors
///
/// A name that has no value, or a value that would be an option, something to a shell, or nothing.
pub fn fill_word(word: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut filled = String::new();
    for (text, name) in parts(word) {
        filled.push_str(text);
        let Some(name) = name else { continue };
        let value = value(name).ok_or_else(|| format!("`${name}` is no parameter that is given before the run"))?;
        let strange = |c: char| !c.is_alphanumeric() && !WORD_SIGNS.contains(c);
        match () {
            () if value.is_empty() => return Err(format!("`{name}` is empty, and a target's word holds it")),
            () if value.starts_with('-') => {
                return Err(format!("`{name}` starts with `-`, which a target's command would take for an option"));
            }
            () => match value.chars().find(|c| strange(*c)) {
                Some(c) => return Err(format!("`{name}` holds {}, which a target's word may not; {ALLOWED}", sign(c))),
                None => filled.push_str(&value),
            },
        }
    }
    Ok(filled)
}

fn sign(c: char) -> String {
    match c {
        c if c.is_whitespace() => "a blank".to_owned(),
        c if crate::text::is_dangerous(c) => format!("the control character U+{:04X}", c as u32),
        c => format!("`{c}`"),
    }
}

/// Pieces of text, each with the name behind it.
fn parts(word: &str) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        let behind = &rest[at + 1..];
        let (name, after) = match behind.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some((name, after)) => (name, after),
            None => {
                behind.split_at(behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len()))
            }
        };
        found.push((&rest[..at], Some(name)));
        rest = after;
    }
    found.push((rest, None));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_posix_shell_splits_and_nothing_is_expanded() {
        let target = Target::parse(r#"ssh -o "User Name" k3s-$NODE \* ~"#, Shell::Bash).unwrap();
        assert_eq!(target.words, ["ssh", "-o", "User Name", "k3s-$NODE", "*", "~"]);
        assert!(Target::parse("local", Shell::Sh).unwrap().is_local());
        for bad in ["", "  ", "''", "ssh 'x", "ssh x \\", "$HOST x", "-x", "ssh a | tee b", "ssh\u{1b}x", "a\nb"] {
            assert!(Target::parse(bad, Shell::Bash).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_parameter_stays_one_word_and_is_no_option() {
        let fill = |word: &str, value: &str| fill_word(word, |name| (name == "N").then(|| value.to_owned()));
        assert_eq!(fill("a$N.b${N}c", "x@y:é/1"), Ok("ax@y:é/1.bx@y:é/1c".into()));
        for bad in [
            "-oProxyCommand=x",
            "a b",
            "a\tb",
            "a\nb",
            "",
            "a\u{9b}b",
            "\u{a0}",
            "x;y",
            "$(x)",
            "`x`",
            "~",
            "a*",
            "{a,b}",
            "a\\",
            "'",
            "#",
        ] {
            assert!(fill("$N", bad).is_err(), "{bad:?}");
        }
        assert!(fill("$M", "x").is_err() && fill("$", "x").is_err());
        assert_eq!(word_references("a$N-${M}x$"), ["N", "M", ""]);
    }

    #[test]
    fn a_target_is_shown_as_it_could_be_typed() {
        assert_eq!(Target::parse("ssh 'a b'", Shell::Sh).unwrap().to_string(), "ssh 'a b' (sh)");
        assert_eq!(Target::local().to_string(), "local");
    }
}
