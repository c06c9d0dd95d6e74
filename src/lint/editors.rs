//! Editors and pagers.

use super::syntax::{Command, Place, is_option};
use super::verbs::Verb;
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::{PartKind, Token, assigned_name};

const EDITORS: &[&str] = &[
    "vi", "vim", "nvim", "view", "nano", "emacs", "less", "more", "visudo", "vipw", "vigr", "mcedit", "pico",
    "sudoedit",
];
/// Options with which one of them needs no terminal.
const SILENT: &[&str] =
    &["--version", "--help", "-c", "-e", "-E", "-es", "-Es", "--batch", "-batch", "--script", "-script", "--daemon"];
/// Variables that say which editor is opened: whoever sets one knows what he does.
const CHOICES: &[&str] =
    &["EDITOR", "VISUAL", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "KUBE_EDITOR", "SUDO_EDITOR", "SYSTEMD_EDITOR"];

/// What opens an editor at this place.
pub fn lint(place: &Place<'_, '_>, command: &Command<'_>) -> Option<Diagnostic> {
    let chosen =
        command.all_words().iter().filter_map(|word| assigned_name(&word.text)).any(|name| CHOICES.contains(&name));
    let last = place.at + 1 == place.pipeline.stages.len() && command.redirections.is_empty();
    let command = command.with_carried().find(|command| opens(command, last)).filter(|_| !chosen)?;
    let message = format!("`{}` needs a terminal, and a step has none", command.head().text.trim_matches('"'));
    let help = "change files by a command; print instead of paging";
    Some(Diagnostic::warning(Code::Editor, command.head().span, message).help(help))
}

/// `last` says whether nothing reads what it prints.
fn opens(command: &Command<'_>, last: bool) -> bool {
    let edits =
        command.wrapper("sudo").is_some_and(|words| words.iter().any(|word| is_option(&word.text, &["-e", "--edit"])));
    if edits || is_chosen_editor(command.head()) {
        return true;
    }
    let Some(verb) = Verb::of(command) else { return false };
    match verb.program {
        name if EDITORS.contains(&name) => !command.has_option(SILENT) || name == "less",
        "crontab" => command.has_option(&["-e"]),
        "man" => {
            last && !command.has_option(&["-k", "-f", "-w", "-K", "--version", "--help"])
                && !command.has_start(&["-P", "--pager"])
        }
        "systemctl" => verb.verb == "edit" && !verb.has_option(&["--stdin"]),
        "kubectl" | "oc" | "virsh" => verb.verb == "edit",
        "git" => git_opens(&verb),
        _ => false,
    }
}

fn git_opens(verb: &Verb<'_>) -> bool {
    match verb.verb {
        "commit" => !verb.has_option(&[
            "-m",
            "-F",
            "-C",
            "--message",
            "--file",
            "--no-edit",
            "--reuse-message",
            "--fixup",
            "--dry-run",
        ]),
        "rebase" => verb.has_option(&["-i", "--interactive"]),
        _ => false,
    }
}

/// `"$EDITOR" x`.
fn is_chosen_editor(head: &Token) -> bool {
    let name = head.parts.iter().find(|part| !part.text.is_empty()).map(|part| &part.kind);
    matches!(name, Some(PartKind::Variable(name)) if ["EDITOR", "VISUAL", "PAGER"].contains(&name.as_str()))
}
