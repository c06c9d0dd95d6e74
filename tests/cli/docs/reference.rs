//! `docs/commands.md` is what the command line says of itself.

use crate::harness::repository;
use clap::{Arg, Command};

const PAGE: &str = "docs/commands.md";
const ANEW: &str = "STEPGATE_BLESS=1 cargo test --test cli the_page_of_commands_is_what_the_command_line_says";

const HEAD: &str = "# Commands and options\n\n\
    Every command, as `--help` has it. This page is made from the command line's own definition and is not written by hand;\n\
    a test fails when it is not what the program says. Exit codes, and the shapes of JSON, stand in [the command line](cli.md).\n";

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// `` `--param <NAME=VALUE>` ``, or `` `[RUN]` ``.
fn shown(argument: &Arg) -> String {
    format!("`{}`", cell(&argument.to_string()))
}

/// `` `human`: for people `` for each value that can be given, and the one that counts if none is.
fn values(argument: &Arg) -> Vec<String> {
    if !argument.get_action().takes_values() {
        return Vec::new();
    }
    let possible = argument.get_possible_values();
    let value = |value: &clap::builder::PossibleValue| match value.get_help() {
        Some(help) => format!("`{}`: {}", value.get_name(), lower(&help.to_string())),
        None => format!("`{}`", value.get_name()),
    };
    let mut all: Vec<String> = possible.iter().filter(|value| !value.is_hide_set()).map(value).collect();
    let defaults = argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy()));
    all.extend(defaults.map(|value| format!("default {value}")));
    all
}

/// A help text behind a colon: its first letter small, unless its first word is a name such as `GitHub`.
fn lower(text: &str) -> String {
    let name = text.split_whitespace().next().is_some_and(|word| word.chars().filter(|c| c.is_uppercase()).count() > 1);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !name => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

fn row(argument: &Arg) -> String {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let said = std::iter::once(help).chain(values(argument)).filter(|text| !text.is_empty());
    format!("| {} | {} |\n", shown(argument), cell(&said.collect::<Vec<_>>().join("; ")))
}

fn table<'a>(first: &str, arguments: impl Iterator<Item = &'a Arg>) -> String {
    let rows: String = arguments.map(row).collect();
    if rows.is_empty() { rows } else { format!("| {first} | |\n|---|---|\n{rows}\n") }
}

/// What stands behind a command's help: its example as a block, anything else as a paragraph.
fn behind(command: &Command) -> String {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let part = |part: &str| match part.strip_prefix("Example: ") {
        Some(example) => format!("```sh\n{example}\n```\n\n"),
        None => format!("{part}\n\n"),
    };
    text.split("\n\n").filter(|part| !part.is_empty()).map(part).collect()
}

/// Arguments that belong to this command alone: `--color` and `--help` stand once, at the top.
fn own(command: &Command) -> impl Iterator<Item = &Arg> {
    let everywhere =
        |argument: &&Arg| !argument.is_global_set() && !["help", "version"].contains(&argument.get_id().as_str());
    command.get_arguments().filter(everywhere).filter(|argument| !argument.is_hide_set())
}

fn section(command: &mut Command, words: &str) -> String {
    let usage = command.render_usage().to_string().replace("Usage: ", "");
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("## `{words}`\n\n{about}.\n\n");
    if !command.has_subcommands() {
        text += &format!("Usage: `{}`\n\n", usage.trim());
        text += &table("argument", own(command).filter(|argument| argument.is_positional()));
        text += &table("option", own(command).filter(|argument| !argument.is_positional()));
    }
    text += &behind(command);
    for inner in command.get_subcommands_mut().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help") {
        let words = format!("{words} {}", inner.get_name());
        text += &section(inner, &words);
    }
    text
}

/// What there is, with links.
fn contents(root: &Command) -> String {
    let line = |command: &Command| {
        let (name, about) = (command.get_name(), command.get_about().map(ToString::to_string).unwrap_or_default());
        format!("| [`{name}`](#stepgate-{name}) | {} |\n", cell(&about))
    };
    let listed = root.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help");
    format!("| command | |\n|---|---|\n{}\n", listed.map(line).collect::<String>())
}

/// The whole page.
fn page() -> String {
    let mut root = stepgate::cli::command();
    root.build();
    let global =
        |argument: &&Arg| argument.is_global_set() || ["help", "version"].contains(&argument.get_id().as_str());
    let everywhere = table("option of every command", root.get_arguments().filter(global));
    let mut text = format!("{HEAD}\n{}{everywhere}{}", contents(&root), behind(&root));
    for command in root.get_subcommands_mut().filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        let words = format!("stepgate {}", command.get_name());
        text += &section(command, &words);
    }
    text.trim_end().to_owned() + "\n"
}

#[test]
fn the_page_of_commands_is_what_the_command_line_says() {
    let (path, wanted) = (repository().join(PAGE), page());
    if std::env::var_os("STEPGATE_BLESS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let line = there.lines().zip(wanted.lines()).position(|(there, wanted)| there != wanted);
    let differs = line.map_or("its length".to_owned(), |line| format!("line {}", line + 1));
    assert!(there == wanted, "{PAGE} is not what the command line says ({differs} differs); make it anew:\n  {ANEW}");
}

#[test]
fn what_the_limits_call_not_built_is_not_there() {
    let limits = std::fs::read_to_string(repository().join("docs/limits.md")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Commands: ")).expect("a list of commands");
    let names: Vec<&str> = line.split('`').skip(1).step_by(2).filter(|name| !name.starts_with('-')).collect();
    assert!(!names.is_empty());
    for name in names {
        assert!(stepgate::cli::command().find_subcommand(name).is_none(), "docs/limits.md: {name} is built");
    }
}

#[test]
fn every_command_and_every_option_stands_on_the_page() {
    let (page, mut root) = (page(), stepgate::cli::command());
    root.build();
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        assert!(page.contains(&format!("\n## `stepgate {}`\n", command.get_name())), "{}", command.get_name());
        for argument in command.get_arguments().filter_map(Arg::get_long) {
            assert!(page.contains(&format!("`--{argument}")), "--{argument}");
        }
    }
    assert!(page.contains("\n## `stepgate audit verify`\n") && !page.contains("wrap_help"));
}
