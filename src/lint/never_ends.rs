//! Commands and loops that go on for ever.

use super::early_closer::stops;
use super::syntax::{Block, Command, Kind, List, NEAR, Place, SSH_VALUED, Stage, places};
use super::verbs::Verb;
use crate::diagnostic::{Code, Diagnostic, Span};

const CONTAINERS: &[&str] = &["docker", "podman", "nerdctl"];
const CLUSTERS: &[&str] = &["kubectl", "oc"];

/// What never ends at this place.
pub fn lint(place: &Place<'_, '_>) -> Option<Diagnostic> {
    let behind = &place.pipeline.stages[place.at + 1..];
    let cut = behind.iter().take(NEAR).any(|stage| matches!(stage, Stage::Simple(command) if stops(command)));
    if place.around.bounded || place.around.function || place.pipeline.ends_with("&") || cut {
        return None;
    }
    match place.stage() {
        Stage::Simple(command) => {
            let bounded = command.with_carried().any(|command| command.wrapper("timeout").is_some());
            let endless = |command: &&Command<'_>| is_endless(command, behind.is_empty());
            let command = command.with_carried().find(endless).filter(|_| !bounded)?;
            warn(command.head().span, &format!("`{}`", command.name()?))
        }
        Stage::Block(block) => is_endless_loop(block).then(|| warn(block.head.span, "the loop"))?,
    }
}

fn warn(span: Span, what: &str) -> Option<Diagnostic> {
    let message = format!("{what} never ends by itself: the step will always run into its timeout");
    let help = "bound it: `timeout=` at the step, or a command that prints what is there and ends";
    Some(Diagnostic::warning(Code::NeverEnds, span, message).help(help))
}

/// A loop whose condition says nothing, and which nothing leaves.
fn is_endless_loop(block: &Block<'_>) -> bool {
    let always = match block.kind {
        Kind::While => block.conditions.iter().any(|list| is_just(list, &["true", ":", "sleep"])),
        Kind::Until => block.conditions.iter().any(|list| is_just(list, &["false"])),
        Kind::For => block.endless,
        _ => false,
    };
    always && !block.bodies.iter().any(leaves)
}

/// Whether a list is one command of one of these names, or `((1))`.
fn is_just(list: &List<'_>, names: &[&str]) -> bool {
    let [pipeline] = list.as_slice() else { return false };
    let [Stage::Simple(command)] = pipeline.stages.as_slice() else { return false };
    let one = names.contains(&"true") && ["((1))", "(( 1 ))"].contains(&command.head().text.as_str());
    !pipeline.negated && (one || command.is(names))
}

fn leaves(list: &List<'_>) -> bool {
    let ends =
        |command: &Command<'_>| command.is(&["break", "exit", "return", "kill"]) || command.wrapper("exec").is_some();
    places(list).iter().filter_map(Place::command).any(ends)
}

/// Whether a short option stands in a word such as `-bn1`.
fn has_letter(command: &Command<'_>, letters: &[char]) -> bool {
    command.arguments().iter().any(|word| {
        let short = word.text.strip_prefix('-').filter(|rest| !rest.starts_with('-')).unwrap_or_default();
        let digits = |c: char| c.is_ascii_digit();
        short.chars().all(|c| c.is_ascii_alphanumeric()) && short.replace(digits, "").contains(letters)
    })
}

/// `last` says whether nothing reads what it prints: `yes | apt-get install x` ends.
fn is_endless(command: &Command<'_>, last: bool) -> bool {
    let Some(verb) = Verb::of(command) else { return false };
    match verb.program {
        "tail" => {
            (has_letter(command, &['f', 'F']) || command.has_option(&["--follow", "--retry"]))
                && !command.has_option(&["--pid"])
        }
        "journalctl" => command.has_option(&["-f", "--follow"]),
        "dmesg" => command.has_option(&["-w", "-W", "--follow", "--follow-new"]),
        "watch" => !command.has_option(&["-g", "--chgexit", "-q", "--equexit"]),
        "yes" => last,
        "top" => !has_letter(command, &['n', 'v', 'h']),
        "htop" | "btop" | "atop" => !command.has_option(&["--version", "--help", "-V", "-h", "-r", "-w"]),
        "ping" | "ping6" => !has_letter(command, &['c', 'w']) && !command.has_start(&["-c", "-w"]),
        "sleep" => command.has_word("infinity") || command.has_word("inf"),
        "nc" | "ncat" => command.has_option(&["-l"]),
        "vmstat" | "iostat" | "mpstat" | "pidstat" | "sar" => {
            let operands = command.operands(&[]);
            let numbers = operands.iter().filter(|word| word.chars().all(|c| c.is_ascii_digit()));
            numbers.count() == 1
        }
        "tcpdump" => !has_letter(command, &['c', 'r', 'D', 'W']) && !command.has_option(&["--version", "--help"]),
        "inotifywait" => command.has_option(&["-m", "--monitor"]),
        "python" | "python3" => {
            let words = command.arguments();
            words.windows(2).any(|two| two[0].is_word("-m") && two[1].is_word("http.server"))
        }
        "ssh" => command.operands(SSH_VALUED).len() == 1 && has_letter(command, &['N']) && !has_letter(command, &['f']),
        _ => follows(&verb),
    }
}

/// Verbs that go on for ever, some only with an option.
fn follows(verb: &Verb<'_>) -> bool {
    (verb.is(CLUSTERS, &["logs"]) && verb.has_option(&["-f", "--follow"]))
        || (verb.is(CLUSTERS, &["get", "events"]) && verb.has_option(&["-w", "--watch", "--watch-only"]))
        || verb.is(CLUSTERS, &["port-forward", "proxy"])
        || (verb.is(CONTAINERS, &["logs"]) && verb.has_option(&["-f", "--follow"]))
        || (verb.is(CONTAINERS, &["events"]) && !verb.has_option(&["--until"]))
        || (verb.is(CONTAINERS, &["stats"]) && !verb.has_option(&["--no-stream"]))
        || (verb.is(&["docker-compose"], &["logs"]) && verb.has_option(&["-f", "--follow"]))
        || (verb.is(&["docker-compose"], &["up"])
            && !verb.has_option(&["-d", "--detach", "--wait", "--no-start", "--abort-on-container-exit"]))
        || verb.is(&["udevadm"], &["monitor"])
}
