//! A `read` step that writes: it would run again without being asked, after a crash or by a person.

use super::syntax::{Command, Place, Redirection};
use super::verbs::Verb;
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::{Effect, Step, Token};

type Words = &'static [&'static str];

/// Programs that change something by these verbs, unless they only try: one of these options.
const VERBS: &[(Words, Words, Words)] = &[
    (
        &["systemctl"],
        &["start", "stop", "restart", "reload", "enable", "disable", "mask", "unmask", "isolate", "kill"],
        &[],
    ),
    (
        &["kubectl", "oc"],
        &[
            "apply", "create", "delete", "patch", "replace", "scale", "drain", "cordon", "uncordon", "label",
            "annotate", "taint", "edit", "set",
        ],
        &["--dry-run"],
    ),
    (&["helm"], &["install", "upgrade", "uninstall", "rollback"], &["--dry-run"]),
    (
        &["docker", "podman", "nerdctl"],
        &["rm", "rmi", "stop", "start", "restart", "kill", "pull", "push", "prune"],
        &[],
    ),
    (&["docker-compose"], &["up", "down", "rm", "stop", "start", "restart"], &["--dry-run"]),
    (
        &["apt", "apt-get"],
        &["install", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "autoremove"],
        &["-s", "--simulate", "--dry-run"],
    ),
    (&["yum", "dnf"], &["install", "remove", "update", "upgrade", "erase", "autoremove"], &[]),
    (&["git"], &["push", "commit", "reset", "checkout", "merge", "rebase", "clean"], &["--dry-run", "-n"]),
    (&["terraform", "tofu"], &["apply", "destroy"], &[]),
    (&["etcdctl"], &["put", "del", "defrag", "compaction"], &[]),
];

/// Programs that change something whatever stands behind them.
const ALWAYS: Words = &[
    "reboot", "shutdown", "poweroff", "halt", "useradd", "userdel", "usermod", "groupadd", "groupdel", "mkfs",
    "umount", "swapoff",
];

/// Programs whose operands are files that they change.
const FILES: Words =
    &["rm", "rmdir", "mv", "cp", "mkdir", "ln", "chmod", "chown", "truncate", "install", "tee", "touch"];

/// What a step changes that says it only looks.
pub fn lint(place: &Place<'_, '_>, step: &Step) -> Option<Diagnostic> {
    if step.effect != Effect::Read || place.around.function {
        return None;
    }
    let command = place.command()?;
    let redirected = command.redirections.iter().find_map(written);
    let word = redirected.or_else(|| command.with_carried().find_map(changes))?;
    let message = format!("`{}` only looks, it says, and this changes something", step.name);
    Some(
        Diagnostic::warning(Code::ReadWrites, word.span, message).label("changes something").help(
            "a step that changes something is `effect=change`, or `idempotent` if it may be done again without harm",
        ),
    )
}

/// The word that changes something.
fn changes<'t>(command: &Command<'t>) -> Option<&'t Token> {
    let named = command.is(ALWAYS) && !command.has_option(&["--help", "--version"]);
    let file = command.is(FILES) && command.operands(&[]).last().is_some_and(|last| is_lasting(last));
    let edited = command.is(&["sed", "perl"]) && command.has_option(&["-i", "--in-place"]);
    let verb = Verb::of(command).is_some_and(|verb| {
        VERBS.iter().any(|(programs, verbs, tries)| verb.is(programs, verbs) && !command.has_start(tries))
    });
    (named || file || edited || verb).then(|| command.head())
}

/// The file that a redirection writes, if it lasts.
fn written<'t>(redirection: &Redirection<'t>) -> Option<&'t Token> {
    let writes = redirection.operator.operator().starts_with('>') && !redirection.operator.text.ends_with("&");
    redirection.file.filter(|file| writes && is_lasting(&file.text))
}

/// Whether a name is that of a file that somebody will find again: no device, nothing below /tmp, and nothing that only the
/// shell knows.
fn is_lasting(name: &str) -> bool {
    let plain = name.trim_matches(['"', '\'']);
    let passing = ["/dev/", "/tmp/", "/run/user/", "&"].iter().any(|start| plain.starts_with(start));
    !passing && !plain.contains(['$', '`']) && !plain.is_empty() && plain != "-"
}
