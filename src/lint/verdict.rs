//! Whether the exit code of a script says something.

use super::syntax::{Block, Command, Kind, List, Pipeline, Place, Stage, places};
use super::verbs::Verb;

/// Commands whose exit code is what they are there for.
const TESTS: &[&str] = &[
    "test",
    "[",
    "[[",
    "grep",
    "egrep",
    "fgrep",
    "zgrep",
    "rg",
    "diff",
    "cmp",
    "mountpoint",
    "pgrep",
    "getent",
    "nc",
    "ping",
    "sha256sum",
    "sha512sum",
    "sha1sum",
    "md5sum",
    "ssh-keygen",
    "nslookup",
    "host",
    "id",
    "command",
    "type",
    "which",
    "findmnt",
    "pg_isready",
    "named-checkconf",
    "named-checkzone",
    "pg_verifybackup",
    "let",
    "false",
    "testparm",
    "pidof",
    "cd",
];
/// Programs that ask with an option.
const OPTIONS: &[(&[&str], &[&str])] = &[
    (&["curl"], &["-f", "--fail", "--fail-with-body"]),
    (&["wget"], &["--spider"]),
    (&["jq"], &["-e", "--exit-status"]),
    (&["nginx", "sshd", "httpd", "apachectl", "apache2ctl", "gzip", "xz", "zstd", "bzip2", "unzip"], &["-t", "--test"]),
    (&["visudo", "haproxy"], &["-c"]),
    (&["dpkg"], &["-s", "--status", "-V"]),
    (&["rpm"], &["-q", "-V", "--query"]),
    (&["kubectl", "oc"], &["--exit-code"]),
    (&["nomad", "e2fsck", "fsck"], &["-n"]),
];
/// Programs that ask with a verb.
const VERBS: &[(&[&str], &[&str])] = &[
    (&["systemctl"], &["is-active", "is-enabled", "is-failed", "is-system-running", "status"]),
    (&["kubectl", "oc"], &["wait", "diff", "auth", "rollout"]),
    (&["mysqladmin"], &["ping"]),
    (&["git"], &["ls-files", "merge-base", "verify-commit", "verify-tag", "fsck"]),
    (&["apachectl", "apache2ctl"], &["configtest"]),
    (&["postfix", "restic", "borg", "promtool", "k3s", "helm", "apt-get"], &["check", "check-config", "lint", "test"]),
    (&["terraform", "tofu"], &["validate"]),
    (&["openssl"], &["verify"]),
    (&["etcdctl"], &["endpoint"]),
    (&["vault", "service"], &["status"]),
    (&["cryptsetup"], &["isLuks", "status"]),
];
/// Options that make the exit code of any program the answer.
const ANY: &[&str] =
    &["--check", "--verify", "-checkend", "-verify", "-check", "--exit-code", "--exit-status", "--validate"];
/// Commands that always succeed.
const HARMLESS: &[&str] = &["true", ":", "echo", "printf"];

/// Whether a list can fail over what it looked at.
pub fn checks(list: &List<'_>) -> bool {
    if places(list).iter().filter_map(Place::command).any(fails) {
        return true;
    }
    let chains = chains(list);
    // What only ends the script well says nothing: what stands before it decides.
    let last = chains.iter().rposition(|chain| !is_good_end(chain));
    match last {
        Some(last) => chain_checks(chains[last]),
        // A step that is `true` and no more is meant so.
        None => true,
    }
}

/// Pipelines with `&&` and `||` between them.
fn chains<'a, 't>(list: &'a [Pipeline<'t>]) -> Vec<&'a [Pipeline<'t>]> {
    list.split_inclusive(|pipeline| !pipeline.ends_with("&&") && !pipeline.ends_with("||")).collect()
}

fn simple<'a, 't>(pipeline: &'a Pipeline<'t>) -> Option<&'a Command<'t>> {
    match pipeline.stages.as_slice() {
        [Stage::Simple(command)] => Some(command),
        _ => None,
    }
}

/// `true`, `exit 0`, `exit`.
fn is_good_end(chain: &[Pipeline<'_>]) -> bool {
    let [pipeline] = chain else { return false };
    simple(pipeline).is_some_and(|command| command.is(&["true", ":"]) || command.is(&["exit"]))
}

/// `exit 1`, `return "$x"`, `false`: what makes a failure.
pub fn fails(command: &Command<'_>) -> bool {
    let code = command.arguments().first().map(|word| word.text.as_str());
    match command.name() {
        Some("exit" | "return") => code.is_some_and(|code| code != "0"),
        Some("false") => true,
        _ => false,
    }
}

fn chain_checks(chain: &[Pipeline<'_>]) -> bool {
    let harmless = |pipeline: &Pipeline<'_>| simple(pipeline).is_some_and(|command| command.is(HARMLESS));
    let forgives = chain.windows(2).any(|two| two[0].ends_with("||") && harmless(&two[1]));
    !forgives && chain.iter().any(pipeline_checks)
}

/// Under `pipefail` each stage decides.
fn pipeline_checks(pipeline: &Pipeline<'_>) -> bool {
    pipeline.negated || pipeline.stages.iter().any(stage_checks)
}

fn stage_checks(stage: &Stage<'_>) -> bool {
    match stage {
        Stage::Simple(command) => command_checks(command),
        Stage::Block(block) => block_checks(block),
    }
}

fn block_checks(block: &Block<'_>) -> bool {
    let bodies = || block.bodies.iter().any(|body| !body.is_empty() && body_checks(body));
    match block.kind {
        // It waits for its condition, and only the timeout ends it otherwise.
        Kind::Until => true,
        Kind::While => {
            !block.conditions.iter().flatten().any(|condition| condition.has(&["read", "true", ":"])) || bodies()
        }
        Kind::Function => true,
        _ => bodies(),
    }
}

fn body_checks(list: &List<'_>) -> bool {
    let last = chains(list).into_iter().next_back();
    last.is_some_and(chain_checks)
}

fn command_checks(command: &Command<'_>) -> bool {
    // What only a variable names is not known.
    let Some(name) = command.name() else { return true };
    let carried = command.with_carried().skip(1).any(|command| command.is(&["true", ":"]) || command_checks(command));
    carried
        || TESTS.contains(&name)
        || name.starts_with("is-")
        || name.starts_with("check_")
        || name.starts_with("((")
        || command.has_option(ANY)
        || OPTIONS.iter().any(|(names, options)| names.contains(&name) && command.has_option(options))
        || Verb::of(command).is_some_and(|verb| VERBS.iter().any(|(names, verbs)| verb.is(names, verbs)))
        || command.redirections.iter().any(|one| one.sends_output_to("/dev/null"))
}
