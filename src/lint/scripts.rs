//! Rules on the commands of a script.

use super::commands::{Command, Pipeline, Script, is_option};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::runbook::{PartKind, Step, Token};

/// Every warning on the commands of one step.
pub fn lint(step: &Step, script: &Script<'_>, found: &mut Vec<Diagnostic>) {
    for pipeline in &script.pipelines {
        found.extend(early_closer(pipeline));
        found.extend(background(pipeline, script));
        for command in &pipeline.commands {
            found.extend(prompt(command));
            found.extend(masked_exit(command));
            found.extend(will_ask(command, pipeline, step));
            found.extend(editor(command));
            if step.timeout.is_none() {
                found.extend(never_ends(command, pipeline));
            }
        }
    }
    if !step.literal {
        found.extend(placeholders(script));
    }
}

fn warn(code: Code, span: Span, message: impl Into<String>, help: &str) -> Option<Diagnostic> {
    Some(Diagnostic::warning(code, span, message).help(help))
}

/// `… | head`, `… | grep -q`: what is before it dies of SIGPIPE when it has more to say.
fn early_closer(pipeline: &Pipeline<'_>) -> Option<Diagnostic> {
    if pipeline.end.is_some_and(|end| end.is_operator("||")) {
        return None;
    }
    let stops = |command: &&Command<'_>| match command.name().as_deref() {
        Some("head") => true,
        Some("grep" | "egrep" | "fgrep" | "zgrep") => command.has_option(&["-q", "--quiet", "--silent", "-m"]),
        _ => false,
    };
    let command = pipeline.commands.iter().skip(1).find(stops)?;
    let name = command.name()?;
    let help = match name.as_str() {
        "head" => "let the last command read to its end: `sed -n 1,5p` or `awk 'NR <= 5'`",
        _ => "let it read to its end: `grep PATTERN` with an `output` block, or write the output to a file first",
    };
    let message = format!(
        "`{name}` stops reading early: under pipefail the step fails when the command before it has more to say"
    );
    warn(Code::EarlyCloser, command.head().span, message, help)
}

/// A background process that keeps the step's output.
fn background(pipeline: &Pipeline<'_>, script: &Script<'_>) -> Option<Diagnostic> {
    let end = pipeline.end.filter(|end| end.is_operator("&"))?;
    let command = pipeline.commands.last()?;
    let redirects =
        |streams: &[&str]| command.redirections.iter().any(|(operator, _)| streams.contains(&operator.text.as_str()));
    let out = redirects(&[">", ">>", "1>", "1>>", "&>", "&>>", ">|", ">&"]);
    let err = redirects(&["2>", "2>>", "&>", "&>>", "2>&", ">&"]);
    if (out && err) || script.has("wait") || command.head().is_word("}") {
        return None;
    }
    let help = "write `COMMAND </dev/null >FILE 2>&1 &`; over ssh its output could not be told from the next step's";
    warn(Code::Background, end.span, "the background process keeps the step's output open", help)
}

/// `$ command`.
fn prompt(command: &Command<'_>) -> Option<Diagnostic> {
    let first = command.all_words().first().filter(|word| word.is_word("$"))?;
    warn(
        Code::Prompt,
        first.span,
        "`$` is a prompt and no command",
        "take it out; what the command prints belongs into an `output` block",
    )
}

/// `export X=$(command)`.
fn masked_exit(command: &Command<'_>) -> Option<Diagnostic> {
    let name =
        command.name().filter(|name| ["export", "local", "declare", "readonly", "typeset"].contains(&name.as_str()))?;
    let runs = |word: &&&Token| word.text.contains('=') && word.parts.iter().any(|part| part.kind == PartKind::Command);
    let word = command.arguments().iter().find(runs)?;
    let message = format!("`{name}` hides the exit code of the command inside: if it fails, nobody notices");
    warn(Code::MaskedExit, word.span, message, "assign first and export then: X=$(command); export X")
}

/// Commands that ask, where there is no terminal.
fn will_ask(command: &Command<'_>, pipeline: &Pipeline<'_>, step: &Step) -> Option<Diagnostic> {
    if let Some(sudo) = command.wrapper("sudo") {
        let silent =
            |word: &&&Token| is_option(&word.text, &["-n", "-A", "-S", "--non-interactive", "--askpass", "--stdin"]);
        if !sudo.iter().any(|word| silent(&word)) {
            return warn(
                Code::WillAsk,
                sudo[0].span,
                "`sudo` may ask for a password, and a step has no terminal",
                "write `sudo -n`",
            );
        }
    }
    let name = command.name()?;
    let asks = match name.as_str() {
        "apt" | "apt-get" => {
            let changes = ["install", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "autoremove"];
            changes.iter().any(|word| command.has_word(word))
                && !command.has_option(&["-y", "--yes", "--assume-yes", "-q", "-s"])
        }
        "yum" | "dnf" => {
            ["install", "remove", "update", "upgrade"].iter().any(|word| command.has_word(word))
                && !command.has_option(&["-y", "--assumeyes"])
        }
        "passwd" | "su" => command.redirections.is_empty() && pipeline.commands.len() == 1,
        "rm" | "mv" | "cp" => command.has_option(&["-i"]) && !command.has_option(&["-f"]),
        "read" => {
            let fed = pipeline.commands.len() > 1 || pipeline.loops || !command.redirections.is_empty();
            step.stdin.is_none() && !fed && !command.has_option(&["-u"])
        }
        _ => false,
    };
    let help = match name.as_str() {
        "apt" | "apt-get" | "yum" | "dnf" => "write `-y`",
        "read" => "declare a parameter: it is asked for before the run, or with `after` behind a step",
        _ => "use an option that does not ask, or make it a task item",
    };
    asks.then(|| warn(Code::WillAsk, command.head().span, format!("`{name}` asks, and a step has no terminal"), help))
        .flatten()
}

/// Editors and pagers.
fn editor(command: &Command<'_>) -> Option<Diagnostic> {
    let name = command.name()?;
    let first = command.arguments().first().map(|word| word.text.as_str());
    let opens = match (name.as_str(), first) {
        ("vi" | "vim" | "nvim" | "nano" | "emacs" | "less" | "more" | "visudo" | "vipw" | "mcedit" | "pico", _) => {
            !command.has_option(&["--version", "--help", "-c", "-e", "-E"]) || name == "less"
        }
        ("crontab", _) => command.has_option(&["-e"]),
        ("kubectl" | "oc" | "systemctl" | "virsh" | "helm", Some("edit")) => true,
        ("git", Some("commit")) => {
            !command.has_option(&["-m", "-F", "-C", "--message", "--file", "--no-edit", "--reuse-message", "--fixup"])
        }
        _ => false,
    };
    let message = format!("`{name}` needs a terminal, and a step has none");
    opens
        .then(|| warn(Code::Editor, command.head().span, message, "change files by a command; print instead of paging"))
        .flatten()
}

/// Commands that go on for ever.
fn never_ends(command: &Command<'_>, pipeline: &Pipeline<'_>) -> Option<Diagnostic> {
    let background = pipeline.end.is_some_and(|end| end.is_operator("&"));
    let cut = pipeline.commands.iter().any(|command| command.name().as_deref() == Some("head"));
    if background || cut || command.wrapper("timeout").is_some() {
        return None;
    }
    let name = command.name()?;
    let first = command.arguments().first().map(|word| word.text.as_str());
    let endless = match name.as_str() {
        "tail" => command.has_option(&["-f", "-F", "--follow", "--retry"]) && !command.has_option(&["--pid"]),
        "journalctl" | "dmesg" => command.has_option(&["-f", "--follow", "-w"]),
        "watch" | "yes" => true,
        "top" => !command.has_option(&["-n"]),
        "ping" => {
            !command.has_option(&["-c", "-w"])
                && !command.arguments().iter().any(|word| word.text.starts_with("-c") || word.text.starts_with("-w"))
        }
        "sleep" => first == Some("infinity"),
        "kubectl" | "oc" => {
            command.has_option(&["--watch"])
                || (matches!(first, Some("get")) && command.has_option(&["-w"]))
                || (matches!(first, Some("logs")) && command.has_option(&["-f", "--follow"]))
                || matches!(first, Some("port-forward" | "proxy"))
        }
        "docker" | "podman" => first == Some("logs") && command.has_option(&["-f", "--follow"]),
        "nc" | "ncat" => command.has_option(&["-l"]),
        "true" | ":" => pipeline.loops,
        _ => false,
    };
    let message = format!("`{name}` never ends by itself: the step will always run into its timeout");
    endless
        .then(|| {
            warn(
                Code::NeverEnds,
                command.head().span,
                message,
                "bound it: `timeout=` at the step, or a command that prints what is there and ends",
            )
        })
        .flatten()
}

/// `YOUR_…` and a lone `xxx`.
fn placeholders(script: &Script<'_>) -> Vec<Diagnostic> {
    let words = script.tokens.iter().flat_map(|list| list.iter());
    let one = |word: &Token| {
        let text = word.parts.iter().filter(|part| part.kind == PartKind::Text);
        let yours = text.map(|part| &part.text).find_map(|text| {
            let at = text.find("YOUR_")?;
            let name: String =
                text[at..].chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_').collect();
            (name.len() > "YOUR_".len()).then_some(name)
        });
        let lone = word.literal().filter(|text| text.eq_ignore_ascii_case("xxx"));
        let name = yours.or(lone)?;
        let message = format!("`{name}` reads like something that has to be replaced");
        warn(
            Code::PlaceholderWord,
            word.span,
            message,
            "declare a parameter and write \"$NAME\"; if it is meant, write the flag `literal`",
        )
    };
    words.filter_map(one).collect()
}
