//! Names of steps and variables.

use comrak::Anchorizer;

/// The anchor of a heading or an item as Git hosts make it.
pub fn slug(text: &str) -> String {
    Anchorizer::new().anchorize(text).trim_matches('-').to_owned()
}

/// Whether `name` may name a step: `[A-Za-z][A-Za-z0-9_-]*`, and short enough to be part of a file's name.
pub fn is_step_name(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Whether `name` may name a shell variable.
pub fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a variable is the shell's or stepgate's own, so that a runbook may not set it.
pub fn is_reserved_variable(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "_",
        "CDPATH",
        "DIRSTACK",
        "ENV",
        "EUID",
        "FUNCNAME",
        "FUNCNEST",
        "GLOBIGNORE",
        "GROUPS",
        "HOME",
        "IFS",
        "LC_ALL",
        "LINENO",
        "OLDPWD",
        "OPTARG",
        "OPTERR",
        "OPTIND",
        "PATH",
        "POSIXLY_CORRECT",
        "PPID",
        "PROMPT_COMMAND",
        "PS0",
        "PS1",
        "PS2",
        "PS3",
        "PS4",
        "PWD",
        "RANDOM",
        "REPLY",
        "SECONDS",
        "SHELL",
        "SHELLOPTS",
        "SHLVL",
        "SRANDOM",
        "TIMEFORMAT",
        "TMOUT",
        "UID",
        "USER",
    ];
    const PREFIXES: &[&str] = &["BASH", "EPOCH", "LD_", "STEPGATE_", "__sg_"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// What stepgate sets for every step: the run's id, the step's name, the target's name. Expected lines may name them.
pub const STEP_VARIABLES: [&str; 3] = ["STEPGATE_RUN", "STEPGATE_STEP", "STEPGATE_TARGET"];

/// The words that mean something at a gate or a manual step, whatever its phrase; `engine` reads them.
pub const ANSWERS: &[&str] =
    &["y", "yes", "n", "no", "s", "skip", "q", "quit", "v", "view", "h", "help", "?", "d", "done", "f", "failed"];

/// Whether a phrase begins with a word that means something else at a gate.
pub fn is_answer(phrase: &str) -> bool {
    let word = phrase.split([' ', ':']).next().unwrap_or_default();
    ANSWERS.contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_those_of_git_hosts() {
        assert_eq!(slug("Take a manual snapshot!"), "take-a-manual-snapshot");
        assert_eq!(slug("AC4: done?"), "ac4-done");
        assert_eq!(slug("***"), "");
    }

    #[test]
    fn loader_and_shell_variables_are_reserved() {
        for name in ["PATH", "LD_PRELOAD", "BASH_ENV", "IFS", "STEPGATE_RUN", "BASHOPTS", "FUNCNEST"] {
            assert!(is_reserved_variable(name), "{name}");
        }
        assert!(!is_reserved_variable("SNAPSHOT_FILE"));
    }
}
