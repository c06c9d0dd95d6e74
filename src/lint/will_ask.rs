//! Commands that ask, where there is no terminal.

use super::syntax::{Command, Place, Redirection, SSH_VALUED, is_option};
use super::verbs::Verb;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::runbook::{Step, Token};

type Words = &'static [&'static str];

/// Programs that ask before these verbs, unless one of these options is there; and what to do about it.
const ASKERS: &[(Words, Words, Words, &str)] = &[
    (
        &["apt", "apt-get"],
        &["install", "reinstall", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "autoremove"],
        &["-y", "--yes", "--assume-yes", "-qq", "-s", "--simulate", "--dry-run", "-d", "--download-only"],
        "write `-y`",
    ),
    (
        &["yum", "dnf", "microdnf"],
        &["install", "remove", "update", "upgrade", "erase", "autoremove"],
        &["-y", "--assumeyes", "--assumeno", "--downloadonly"],
        "write `-y`",
    ),
    (
        &["zypper"],
        &["install", "in", "remove", "rm", "update", "up", "patch", "dup"],
        &["-n", "--non-interactive", "-y", "--no-confirm", "-D", "--dry-run"],
        "write `zypper -n`",
    ),
    (&["terraform", "tofu"], &["destroy"], &["-auto-approve", "--auto-approve"], "write `-auto-approve`"),
];
/// Options of `docker run` that take a word.
const RUN_VALUED: &[&str] = &[
    "-v",
    "--volume",
    "-e",
    "--env",
    "--env-file",
    "-p",
    "--publish",
    "-u",
    "--user",
    "-w",
    "--workdir",
    "--name",
    "--network",
    "--net",
    "--mount",
    "-h",
    "--hostname",
    "--entrypoint",
    "-m",
    "--memory",
    "--cpus",
    "-l",
    "--label",
    "--add-host",
    "--restart",
    "--pull",
    "--platform",
    "--detach-keys",
    "--device",
    "--ulimit",
    "--tmpfs",
];
const TERMINAL: &str = "leave `-t` out: a step has no terminal to give it";

/// What asks at this place: the command, or one that it runs elsewhere.
pub fn lint(place: &Place<'_, '_>, command: &Command<'_>, step: &Step) -> Option<Diagnostic> {
    let own = place.at > 0 || command.redirections.iter().any(Redirection::feeds);
    let fed = place.around.fed || own || step.stdin.is_some();
    command.with_carried().find_map(|command| {
        let carrier = command.carried.is_some();
        sudo(command).or_else(|| asks(command, fed, fed || place.around.function, carrier))
    })
}

/// `sudo` without an option that keeps it silent. It asks at the terminal, whatever feeds the command.
fn sudo(command: &Command<'_>) -> Option<Diagnostic> {
    let words = command.wrapper("sudo")?;
    let has = |options: &[&str]| words.iter().any(|word| is_option(&word.text, options));
    // `sudo -k` alone only forgets a password.
    let forgets = command.is(&["sudo"]) && has(&["-k", "-K", "-V", "--version", "--help"]);
    if forgets || has(&["-n", "-A", "-S", "--non-interactive", "--askpass", "--stdin"]) {
        return None;
    }
    let message = "`sudo` may ask for a password, and a step has no terminal";
    Some(Diagnostic::warning(Code::WillAsk, words[0].span, message).help("write `sudo -n`"))
}

fn asks(command: &Command<'_>, fed: bool, reads: bool, carrier: bool) -> Option<Diagnostic> {
    let (name, span) = (command.name()?, command.head().span);
    let help = match name {
        "read" if !reads && !command.has_start(&["-u"]) => {
            "declare a parameter: it is asked for before the run, or with `after` behind a step"
        }
        "ssh" if !carrier && !fed && bare_ssh(command) => "write the command behind the host, or make it a target",
        "docker" | "podman" | "nerdctl" if container_terminal(command.arguments()) => TERMINAL,
        "kubectl" | "oc" if cluster_terminal(command) => TERMINAL,
        _ if fed => return None,
        "passwd" if !command.has_option(PASSWD_SILENT) => "use an option that does not ask, or make it a task item",
        "su" if !command.has_option(&["-c", "--command"]) => "use an option that does not ask, or make it a task item",
        "rm" | "mv" | "cp" if command.has_option(&["-i"]) && !command.has_option(&["-f"]) => "leave `-i` out",
        // Of a saved plan it does not ask.
        "terraform" | "tofu" if command.operands(&[]) == ["apply"] && !command.has_option(APPROVED) => {
            "write `-auto-approve`, or apply a saved plan"
        }
        name => asker(command, name)?,
    };
    warn(name, span, help)
}

const PASSWD_SILENT: &[&str] = &[
    "-l", "-S", "-u", "-d", "-e", "-x", "-n", "-w", "-i", "--lock", "--status", "--unlock", "--delete", "--expire",
    "--stdin",
];
const APPROVED: &[&str] = &["-auto-approve", "--auto-approve", "-help", "--help"];

fn warn(name: &str, span: Span, help: &str) -> Option<Diagnostic> {
    let message = format!("`{name}` asks, and a step has no terminal");
    Some(Diagnostic::warning(Code::WillAsk, span, message).help(help))
}

fn asker(command: &Command<'_>, name: &str) -> Option<&'static str> {
    let (_, verbs, silent, help) = ASKERS.iter().find(|(names, ..)| names.contains(&name))?;
    (verbs.iter().any(|verb| command.has_word(verb)) && !command.has_option(silent)).then_some(*help)
}

/// `ssh h` opens a shell; `-N` and `-f` do not, and `-T` says that no terminal is wanted.
fn bare_ssh(command: &Command<'_>) -> bool {
    command.operands(SSH_VALUED).len() == 1
        && !command.has_option(&["-N", "-f", "-T", "-G", "-V"])
        && !command.has_start(&["-O", "-Q", "-W"])
}

/// `docker run -it`, `docker exec -t`: what stands behind the image or the container is another program's.
fn container_terminal(arguments: &[&Token]) -> bool {
    let words: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).collect();
    let Some(verb) = words.iter().position(|word| ["run", "exec"].contains(word)) else { return false };
    if words[..verb].contains(&"compose") {
        return false;
    }
    let mut at = verb + 1;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        if is_option(word, &["-t", "--tty"]) && !word.ends_with("=false") {
            return true;
        }
        at += if RUN_VALUED.contains(word) { 2 } else { 1 };
    }
    false
}

fn cluster_terminal(command: &Command<'_>) -> bool {
    Verb::of(command).is_some_and(|verb| {
        verb.is(&["kubectl", "oc"], &["exec", "run", "debug", "attach"]) && verb.has_option(&["-t", "--tty"])
    })
}
