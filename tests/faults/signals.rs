//! Signals at any moment of a run at a terminal, and a terminal that goes away.

use crate::case::Case;
use crate::check::Seen;
use crate::ended::Ended;
use crate::process::wait_for_orphans;
use crate::pty::Terminal;
use crate::reader::{Record, hex};
use crate::setting::Setting;
use crate::shapes::timed;
use crate::tally::{Rule, Tally};
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant, SystemTime};

/// How many moments of each deed a sample has, and how many are all.
const SAMPLE: usize = 6;
const MOMENTS: usize = 50;
/// As long as the run takes, about.
const RUN: Duration = Duration::from_millis(1000);
/// Far more than a run takes.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two keys, and how much later than a signal a shell may still write down what it was sent before.
const PAUSE: Duration = Duration::from_millis(60);
const LATE: f64 = 0.6;

/// What is done to the run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    /// So many `^C`.
    Interrupts(usize),
    Quit,
    Term,
    Hup,
    /// `^Z`, then `fg`.
    Stop,
    /// The terminal goes away.
    Close,
}

const DEEDS: [Deed; 8] = [
    Deed::Interrupts(1),
    Deed::Interrupts(2),
    Deed::Interrupts(3),
    Deed::Quit,
    Deed::Term,
    Deed::Hup,
    Deed::Stop,
    Deed::Close,
];

impl Deed {
    /// The exit codes of a run that it stopped.
    fn codes(self) -> &'static [i32] {
        match self {
            Deed::Interrupts(_) | Deed::Hup | Deed::Quit => &[130],
            Deed::Term => &[143],
            Deed::Stop => &[0],
            Deed::Close => &[3],
        }
    }

    fn aborts(self) -> bool {
        !matches!(self, Deed::Stop | Deed::Close)
    }
}

pub fn part(setting: &Setting, tally: &Tally) {
    let shape = timed();
    let count = if setting.all { MOMENTS } else { SAMPLE };
    let cases: Vec<_> = DEEDS.iter().flat_map(|deed| (0..count).map(move |number| (*deed, number))).collect();
    setting.at_once(&cases, |index, (deed, number)| {
        let mut chance = setting.chance("signals", index);
        // Spread evenly, and somewhere in its share.
        let share = RUN.as_micros() as usize / count;
        let moment = Duration::from_micros((number * share + chance.below(share)) as u64);
        tally.tried(&format!("signals: {deed:?}"));
        let name = format!("{deed:?} after {moment:?}");
        one(*deed, moment, Case::new(name, &shape, tally, chance), tally);
    });
}

fn one(deed: Deed, moment: Duration, mut case: Case<'_>, tally: &Tally) {
    case.loses = false;
    let (ended, at) = play(deed, moment, &case);
    wait_for_orphans(&case.sandbox);
    let seen = Seen::of(&case.sandbox, "one");
    let told = || format!("{}: {:?}; {}", case.name, kinds(&seen), ended.brief());
    tally.demand(!ended.hung, Rule::Hang, told);
    tally.demand(!ended.stderr.contains("panicked"), Rule::Panic, told);
    tally.demand(!seen.is_damaged() && seen.journal.torn.is_empty(), Rule::Lost, told);
    let over = seen.run.passed() && ended.code == Some(0);
    let early = !seen.begun() && (ended.code.is_some_and(|code| code > 128) || ended.signal.is_some());
    let stopped = ended.code.is_some_and(|code| deed.codes().contains(&code));
    tally.demand(over || early || stopped, Rule::Exit, told);
    tally.demand(!seen.begun() || is_explained(&seen), Rule::Unexplained, told);
    if deed.aborts() {
        let late = seen.witness.iter().find(|line| !line.starts_with("tidy") && began(line) > at + LATE);
        tally.demand(late.is_none(), Rule::Abort, || format!("{late:?} behind {at}, {}", told()));
        tally.demand(starts_after_abort(&seen.journal.records) == 0, Rule::Abort, told);
    }
    if deed == Deed::Close {
        let lost = seen.journal.records.iter().filter(|record| record.kind() == "step-started");
        let lost = lost.filter(|started| !is_told(started.step(), &seen.journal.records)).count();
        tally.demand(lost == 0, Rule::Unexplained, || format!("{lost} results lost; {}", told()));
    }
    // What was given up is over; all else is gone on with, and passes.
    if !seen.run.passed() && !seen.was_given_up() {
        case.run(&[]);
    }
}

/// Runs at a terminal, answers the gate, and does the deed at its moment. Returns when that last was, in seconds.
fn play(deed: Deed, moment: Duration, case: &Case<'_>) -> (Ended, f64) {
    let binary = env!("CARGO_BIN_EXE_stepgate");
    let run = [binary, "run", "r.md", "--run-id", "one"];
    let mut terminal = match deed {
        // Only a shell with job control stops and goes on.
        Deed::Stop => Terminal::start(&case.sandbox, &["bash", "--norc", "-i"]),
        _ => Terminal::start(&case.sandbox, &run),
    };
    if deed == Deed::Stop {
        // Where the shell does not listen yet, `^Z` throws away what was typed before it.
        let began = Instant::now();
        while !terminal.asks("prompt> ") && began.elapsed() < LIMIT {
            terminal.read();
            std::thread::sleep(Duration::from_millis(2));
        }
        terminal.send(&format!("{}; echo \"code=\"$?; exit\n", run.join(" ")));
    }
    let (began, mut at, mut left) =
        (Instant::now(), f64::INFINITY, if let Deed::Interrupts(count) = deed { count } else { 1 });
    let mut ended = Ended::default();
    let status = loop {
        terminal.read();
        if terminal.asks("run `s3`?") {
            terminal.send("y\n");
        }
        if deed == Deed::Stop && terminal.asks("Stopped") {
            terminal.send("fg; echo \"code=\"$?; exit\n");
        }
        if let Some(status) = terminal.child.try_wait().unwrap() {
            break status;
        }
        if left > 0 && began.elapsed() >= moment {
            at = now();
            act(deed, &mut terminal);
            left -= 1;
            std::thread::sleep(PAUSE);
        }
        if began.elapsed() > LIMIT {
            ended.hung = true;
            terminal.child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    terminal.read();
    (ended.code, ended.signal) = (status.code(), status.signal());
    if deed == Deed::Stop {
        let code = terminal.screen.rsplit("code=").find_map(|rest| rest.split_whitespace().next()?.parse().ok());
        ended.code = code;
    }
    ended.stderr = terminal.screen.replace('\r', "");
    (ended, at)
}

fn act(deed: Deed, terminal: &mut Terminal) {
    let signal = |signal: &str| {
        let pid = terminal.child.id().to_string();
        _ = std::process::Command::new("kill").args([signal, &pid]).status();
    };
    match deed {
        Deed::Interrupts(_) => terminal.send("\u{3}"),
        Deed::Quit => terminal.send("\u{1c}"),
        Deed::Stop => terminal.send("\u{1a}"),
        Deed::Term => signal("-TERM"),
        Deed::Hup => signal("-HUP"),
        Deed::Close => terminal.close(),
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// When a step wrote its line.
fn began(line: &str) -> f64 {
    line.split_once('@').and_then(|(_, time)| time.replace(',', ".").parse().ok()).unwrap_or(0.0)
}

fn kinds(seen: &Seen) -> Vec<String> {
    seen.journal.records.iter().map(|record| format!("{} {}", record.kind(), record.step())).collect()
}

/// The record ends with why the run was left, with a seal, or with a step in doubt.
fn is_explained(seen: &Seen) -> bool {
    let aside = ["left-running", "late-output", "runbook-changed", "terminal-lost", "session-state"];
    let last = seen.journal.records.iter().rev().find(|record| !aside.contains(&record.kind()));
    let told = last.is_some_and(|record| ["run-interrupted", "run-suspended", "sealed"].contains(&record.kind()));
    told || seen.run.steps.values().any(|step| step.doubt)
}

/// Intents, but for the close's own, behind the record of an abort.
fn starts_after_abort(records: &[Record]) -> usize {
    let abort = |record: &Record| ["run-interrupted", "given-up"].contains(&record.kind());
    let behind = records.iter().skip_while(|record| !abort(record));
    behind.filter(|record| record.kind() == "step-started" && record.step() != "tidy").count()
}

/// Whether a step's exit code and the hash of what it printed are recorded.
fn is_told(name: &str, records: &[Record]) -> bool {
    let sha256 = hex(format!("out-{name}\n").as_bytes());
    records.iter().any(|record| {
        let known = record.event["exit_code"] == 0 && record.event["stdout"]["sha256"] == sha256;
        record.kind() == "step-finished" && record.step() == name && known
    })
}
