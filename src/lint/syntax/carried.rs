//! Commands that run another one elsewhere: on another machine, in a container, under another root.

use super::command::Command;
use crate::runbook::Token;

/// Options of `ssh` that take a word.
pub const SSH_VALUED: &[&str] = &[
    "-p", "-i", "-l", "-o", "-J", "-F", "-E", "-L", "-R", "-D", "-W", "-b", "-B", "-c", "-e", "-I", "-m", "-O", "-Q",
    "-S", "-w",
];
const EXEC_VALUED: &[&str] = &["-u", "--user", "-w", "--workdir", "-e", "--env", "--env-file", "--detach-keys"];

/// The command that this one runs elsewhere, without what is run inside its words.
pub fn carried<'t>(command: &Command<'t>) -> Option<Command<'t>> {
    let words = carried_words(command)?;
    (!words.is_empty()).then(|| Command::of(words.to_vec(), command.redirections.clone()))
}

fn carried_words<'c, 't>(command: &'c Command<'t>) -> Option<&'c [&'t Token]> {
    let arguments = command.arguments();
    let name = command.name()?;
    match name {
        "ssh" => behind_operands(arguments, 1, SSH_VALUED),
        "chroot" => behind_operands(arguments, 1, &[]),
        "docker" | "podman" | "nerdctl" => {
            let exec = arguments.iter().position(|word| word.is_word("exec"))?;
            behind_operands(&arguments[exec + 1..], 1, EXEC_VALUED)
        }
        "kubectl" | "oc" | "k3s" | "runuser" | "nsenter" => {
            let dashes = arguments.iter().position(|word| word.is_word("--"))?;
            arguments.get(dashes + 1..)
        }
        _ => None,
    }
}

/// What stands behind so many operands.
fn behind_operands<'c, 't>(words: &'c [&'t Token], operands: usize, valued: &[&str]) -> Option<&'c [&'t Token]> {
    let (mut at, mut left) = (0, operands);
    while left > 0 {
        let word = words.get(at)?.text.as_str();
        match word {
            _ if valued.contains(&word) => at += 1,
            _ if word.starts_with('-') => {}
            _ => left -= 1,
        }
        at += 1;
    }
    words.get(at..)
}
