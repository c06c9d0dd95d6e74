//! Command lines in the documentation: what stepgate is told there, it understands.

use super::pages::{Page, Piece, pages};
use crate::harness::repository;
use clap::error::ErrorKind;
use regex::Regex;
use std::process::Command;
use std::sync::LazyLock;

static SHORTENED: LazyLock<Regex> = LazyLock::new(|| Regex::new("[0-9a-f]{4,}…").unwrap());

/// Programs beside stepgate and the repository's own scripts that a page may call.
const PROGRAMS: [&str; 11] =
    ["asciinema", "cargo", "export", "git", "grep", "man", "mdbook", "npx", "perf", "ssh-keygen", "tail"];

/// Why the words behind `stepgate` are none that it takes. A word of a sentence may be left out (`--reason TEXT`
/// without what it belongs to) where the line only speaks of a command.
pub fn refused(words: &[String], spoken: bool) -> Option<String> {
    let error = stepgate::cli::command().try_get_matches_from(["stepgate".to_owned()].iter().chain(words)).err()?;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => None,
        ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand if spoken => None,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if spoken => None,
        // `SHELL` stands for one of several words.
        ErrorKind::InvalidValue if spoken && words.iter().any(|word| word.chars().all(char::is_uppercase)) => None,
        _ => Some(error.to_string()),
    }
}

/// The commands of a line of shell, each as its words, without redirections and comments.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut lexer = shlex::Shlex::new(line);
    for word in lexer.by_ref() {
        match word.as_str() {
            "|" | "&&" | "||" | ";" | "&" => all.push(Vec::new()),
            word if word.starts_with(['>', '<']) || word.starts_with("2>") => all.push(vec![String::new()]),
            word => all.last_mut().unwrap().push(word.to_owned()),
        }
    }
    assert!(!lexer.had_error, "cannot be split: {line}");
    // What a redirection names is no command.
    all.into_iter().filter(|words| words.first().is_some_and(|word| !word.is_empty())).collect()
}

/// Why one command cannot be meant: its program is unknown, or it does not take these words.
fn wrong(words: &[String]) -> Option<String> {
    // `NAME=VALUE` before a program is for it.
    let words = if words.len() > 1 && words[0].contains('=') { &words[1..] } else { words };
    let program = words[0].as_str();
    if matches!(program, "stepgate" | "target/debug/stepgate") {
        return refused(&words[1..], false);
    }
    if program.starts_with("scripts/") {
        let Ok(script) = std::fs::read_to_string(repository().join(program)) else {
            return Some(format!("there is no {program}"));
        };
        let unknown = words[1..].iter().find(|word| word.starts_with('-') && !script.contains(word.as_str()));
        return unknown.map(|word| format!("{program} knows no {word}"));
    }
    (!PROGRAMS.contains(&program)).then(|| format!("{program} is no program that a page may call"))
}

/// Checks the lines of a block of shell: bash takes them as a whole, and each command is one that can be meant.
pub fn check_shell(text: &str) -> Result<(), String> {
    let done = Command::new("bash").args(["-n", "-c", text]).output().unwrap();
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    // A hash that a page shortens is taken for a whole one.
    let whole = SHORTENED.replace_all(&text.replace("\\\n", " "), |_: &regex::Captures| "0".repeat(64)).into_owned();
    match whole.lines().flat_map(commands).find_map(|words| Some((words.join(" "), wrong(&words)?))) {
        Some((words, why)) => Err(format!("{words}: {why}")),
        None => Ok(()),
    }
}

/// The words of a command as a sentence speaks of it: `[RUN]` is a word, `…` stands for others.
fn spoken_words(code: &str) -> Option<Vec<String>> {
    let rest = code.strip_prefix("stepgate ")?;
    let left_out = |word: &&str| !["…", "[OPTIONS]", "COMMAND", "[COMMAND]"].contains(word) && !word.starts_with('>');
    let plain = |word: &str| word.replace('…', "").trim_matches(['[', ']', '<', '>']).to_owned();
    let words = shlex::split(rest)?;
    Some(words.iter().map(String::as_str).filter(left_out).map(plain).collect())
}

#[test]
fn every_command_that_a_sentence_names_is_one_that_stepgate_takes() {
    let (mut seen, mut bad) = (0, Vec::new());
    for page in pages() {
        for (piece, line) in page.pieces() {
            let Piece::Code(code) = piece else { continue };
            let Some(words) = spoken_words(&code) else { continue };
            seen += 1;
            bad.extend(refused(&words, true).map(|why| format!("{}:{line}: {code}: {why}", page.path)));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(seen >= 40, "{seen}");
}

#[test]
fn the_example_of_every_command_s_help_is_one_that_stepgate_takes() {
    fn examples(command: &clap::Command, found: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        found.extend(help.lines().filter_map(|line| line.strip_prefix("Example: ")).map(str::to_owned));
        command.get_subcommands().for_each(|command| examples(command, found));
    }
    let mut found = Vec::new();
    examples(&stepgate::cli::command(), &mut found);
    assert!(found.len() > 15, "{found:?}");
    for example in found {
        check_shell(&example).unwrap_or_else(|why| panic!("{example}: {why}"));
    }
}

#[test]
fn a_command_that_stepgate_does_not_take_is_noticed() {
    for (bad, why) in [
        ("stepgate runn r.md", "unrecognized subcommand"),
        ("stepgate run r.md --confrim a", "unexpected argument"),
        ("stepgate log --format html-of-old", "invalid value"),
        ("stepgate run", "required arguments were not provided"),
        ("git add x && stepgate verify", "required arguments were not provided"),
        ("stepgate audit list | wget x", "wget is no program"),
        ("scripts/nothing", "there is no scripts/nothing"),
        ("scripts/test --some-faults", "knows no --some-faults"),
        ("stepgate run 'r.md", "unexpected EOF"),
    ] {
        let told = check_shell(bad).unwrap_err();
        assert!(told.contains(why), "{bad}: {told}");
    }
    check_shell("stepgate run r.md \\\n  --yes   # all of them\nstepgate log >x.md").unwrap();
    assert!(refused(&spoken_words("stepgate resume --decied X").unwrap(), true).is_some());
    assert!(Page::named("README.md").blocks().len() > 5);
}
