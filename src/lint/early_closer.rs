//! A pipe into something that stops reading.

use super::syntax::{Command, Kind, Place, Stage};
use crate::diagnostic::{Code, Diagnostic};
use regex::Regex;
use std::sync::LazyLock;

/// `1q`, `/x/q`, `q` among the commands of `sed`; `$q` is the last line.
static SED_QUIT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[;{\n])\s*(?:\d+|/[^/]*/)?\s*[qQ]\s*\d*\s*(?:$|[;}\n])").expect("a constant"));
/// `exit` in what `awk` does for a line.
static AWK_EXIT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bexit\b").expect("a constant"));

/// `… | head`, `… | grep -q`: what is before it dies of SIGPIPE when it has more to say.
pub fn lint(place: &Place<'_, '_>) -> Option<Diagnostic> {
    if place.at == 0 || place.around.tolerated || place.around.no_pipefail || says_little(&place.pipeline.stages[0]) {
        return None;
    }
    let command = reader(place.stage()).filter(|command| command.wrapper("xargs").is_none() && stops(command))?;
    let name = command.name()?;
    let help = match name {
        "head" => "let the last command read to its end: `sed -n 1,5p` or `awk 'NR <= 5'`",
        _ => "let it read to its end: `grep PATTERN` with an `output` block, or write the output to a file first",
    };
    let negated = place.pipeline.negated;
    let then = match place.around.condition {
        Some(_) if negated => "the condition turns true",
        Some(_) => "the condition turns false",
        None if negated => "`!` makes a pass of it",
        None => "the step fails",
    };
    let message =
        format!("`{name}` stops reading early: under pipefail {then} when the command before it has more to say");
    Some(Diagnostic::warning(Code::EarlyCloser, command.head().span, message).help(help))
}

/// What `echo` says fits into the pipe.
fn says_little(stage: &Stage<'_>) -> bool {
    matches!(stage, Stage::Simple(command) if command.is(&["echo", "printf"]))
}

/// The command that reads the pipe: also the only one in `(…)` or `{ …; }`.
fn reader<'a, 't>(stage: &'a Stage<'t>) -> Option<&'a Command<'t>> {
    match stage {
        Stage::Simple(command) => Some(command),
        Stage::Block(block) if matches!(block.kind, Kind::Group | Kind::Subshell) => {
            let [pipeline] = block.bodies.first()?.as_slice() else { return None };
            let [Stage::Simple(command)] = pipeline.stages.as_slice() else { return None };
            Some(command)
        }
        Stage::Block(_) => None,
    }
}

/// Whether a command stops before its input ends.
pub fn stops(command: &Command<'_>) -> bool {
    match command.name() {
        Some("head") => !all_but_some(command),
        Some("grep" | "egrep" | "fgrep" | "zgrep") => {
            command.has_option(&["-q", "--quiet", "--silent", "-l", "--files-with-matches", "-m", "--max-count"])
                || command.arguments().iter().any(|word| is_count(&word.text))
        }
        Some("rg") => {
            command.has_option(&["-q", "--quiet", "-m", "--max-count"])
                || command.arguments().iter().any(|word| is_count(&word.text))
        }
        Some("sed") => texts(command, &["-f", "-l"]).any(|text| SED_QUIT.is_match(&text)),
        Some("awk" | "gawk" | "mawk") => texts(command, &["-v", "-F", "-f"])
            .next()
            .is_some_and(|text| AWK_EXIT.is_match(text.split("END").next().unwrap_or_default())),
        _ => false,
    }
}

/// `-m1`, `-im1`.
fn is_count(word: &str) -> bool {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    letters.len() < word.len() && letters.starts_with('-') && !letters.starts_with("--") && letters.ends_with('m')
}

/// `head -n -1` reads to the end.
fn all_but_some(command: &Command<'_>) -> bool {
    let counts = |word: &str| {
        let count = word.strip_prefix('-');
        count.is_some_and(|count| !count.is_empty() && count.chars().all(|c| c.is_ascii_digit()))
    };
    let behind = command
        .arguments()
        .windows(2)
        .any(|two| ["-n", "-c", "--lines", "--bytes"].contains(&two[0].text.as_str()) && counts(&two[1].text));
    behind || command.has_start(&["-n-", "-c-", "--lines=-", "--bytes=-"])
}

/// The literal arguments that are no options.
fn texts<'c>(command: &'c Command<'_>, valued: &'c [&'c str]) -> impl Iterator<Item = String> + 'c {
    let arguments = command.arguments();
    let value = |at: usize| at > 0 && valued.contains(&arguments[at - 1].text.as_str());
    let plain = move |at: &usize| !arguments[*at].text.starts_with('-') && !value(*at);
    (0..arguments.len()).filter(plain).filter_map(|at| arguments[at].literal())
}
