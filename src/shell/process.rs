//! The process table.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use memchr::memmem;

use super::driver::SIGN;

/// What is kept of a command line, in characters. Much more than anybody shows: it may hold a secret, which is known for
/// one only if it is whole.
const LONGEST_COMMAND: usize = 4096;

/// A process that is still there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// Its pid.
    pub pid: i32,
    /// Its command line, or its short name in brackets.
    pub command: String,
    /// The command line goes on.
    pub cut: bool,
    /// It runs behind a transport, and its pid is one of there.
    pub far: bool,
}

impl Process {
    /// A process of this machine with this command line, of which no driver is kept.
    pub(super) fn new(pid: i32, line: &str) -> Self {
        if line.contains(SIGN) {
            let program = line.split(' ').next().and_then(|word| word.rsplit('/').next());
            let command = format!("{} (a subshell of the step)", program.unwrap_or("a shell"));
            return Self { pid, command, cut: false, far: false };
        }
        let mut rest = line.chars();
        let command = rest.by_ref().take(LONGEST_COMMAND).collect();
        Self { pid, command, cut: rest.next().is_some(), far: false }
    }
}

/// The name of the variable by which the processes of a session are known.
pub(super) const MARKER: &str = "STEPGATE_SESSION";

/// A line of the process table. Pid and start together name a process for good.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Entry {
    pub pid: i32,
    pub start: u64,
    pub parent: i32,
    pub group: i32,
    pub session: i32,
}

impl Entry {
    /// The process with this pid, unless there is none or it is a zombie.
    pub(super) fn read(pid: i32) -> Option<Self> {
        Self::parse(pid).filter(|(_, zombie)| !zombie).map(|(entry, _)| entry)
    }

    /// The process with this pid, and whether it is a zombie.
    fn parse(pid: i32) -> Option<(Self, bool)> {
        Stat::read(pid).map(|stat| (stat.entry, stat.zombie))
    }

    pub(super) fn is_alive(&self) -> bool {
        Self::read(self.pid).is_some_and(|now| now.start == self.start)
    }

    pub(super) fn describe(&self) -> Process {
        describe(self.pid)
    }
}

/// What the kernel says of a process in `/proc/PID/stat`; see proc(5).
struct Stat {
    entry: Entry,
    zombie: bool,
    flags: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold anything, but no later field holds a parenthesis.
        let end = stat.iter().rposition(|&byte| byte == b')')?;
        let fields = std::str::from_utf8(stat.get(end + 2..)?).ok()?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let zombie = matches!(*fields.first()?, "Z" | "X");
        let number = |index: usize| fields.get(index)?.parse().ok();
        let (flags, start) = (fields.get(6)?.parse().ok()?, fields.get(19)?.parse().ok()?);
        let entry = Entry { pid, start, parent: number(1)?, group: number(2)?, session: number(3)? };
        Some(Self { entry, zombie, flags })
    }
}

/// Every process but zombies.
pub(super) fn table() -> Vec<Entry> {
    pids().filter_map(Entry::read).collect()
}

/// The zombies of some sessions.
pub(super) fn zombies(sessions: &BTreeSet<i32>) -> Vec<Entry> {
    let all = pids().filter_map(Entry::parse).filter(|(entry, zombie)| *zombie && sessions.contains(&entry.session));
    all.map(|(entry, _)| entry).collect()
}

/// Those of `table` below the processes in `roots`, which are not among them.
pub(super) fn descendants(table: &[Entry], roots: &BTreeSet<i32>) -> BTreeSet<Entry> {
    let mut family = roots.clone();
    let mut found = BTreeSet::new();
    loop {
        let known = found.len();
        for entry in table {
            if family.contains(&entry.parent) && !roots.contains(&entry.pid) {
                family.insert(entry.pid);
                found.insert(*entry);
            }
        }
        if found.len() == known {
            return found;
        }
    }
}

/// Whether the process was started with this session's marker.
pub(super) fn is_marked(pid: i32, marker: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    memmem::find(&environment, format!("{MARKER}={marker}").as_bytes()).is_some()
}

/// Who holds one of the pipes open, except the processes in `except`.
pub(super) fn holders(pipes: &[String], except: &[i32]) -> Vec<Process> {
    if pipes.is_empty() {
        return Vec::new();
    }
    let other = |pid: &i32| *pid != own_pid() && !except.contains(pid);
    let holding = pids().filter(other).filter(|&pid| holds(pid, pipes));
    holding.map(describe).collect()
}

/// Whether one of the pipes is open in a process that is neither of this group nor we.
pub(super) fn is_held_outside(pipes: &[String], group: i32) -> bool {
    // The group is asked for last: who was born while others were looked at belongs to it all the same.
    let outside = |pid: i32| Entry::read(pid).is_some_and(|entry| entry.group != group);
    !pipes.is_empty() && pids().any(|pid| pid != own_pid() && holds(pid, pipes) && outside(pid))
}

pub(super) fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or_default()
}

/// The pipes that this process has open: every one that it shares with what it starts, known though that has ended.
pub(super) fn own_pipes() -> BTreeSet<String> {
    pipes(own_pid())
}

/// Whether a process has one of the pipes open. Who is just being started by a parallel session has a copy of all that we
/// have, until it becomes another program.
fn holds(pid: i32, pipes: &[String]) -> bool {
    let is_open = || links(pid).any(|link| pipes.iter().any(|pipe| link.as_os_str() == pipe.as_str()));
    // It may become one while it is looked at.
    is_open() && !is_being_started(pid) && is_open()
}

/// Whether a process is a copy of this program that was forked and has not become another program yet.
fn is_being_started(pid: i32) -> bool {
    const FORKED_AND_NOT_EXECUTED: u64 = 0x40;
    let program = |pid: i32| fs::read_link(format!("/proc/{pid}/exe")).ok();
    let forked = Stat::read(pid).is_some_and(|stat| stat.flags & FORKED_AND_NOT_EXECUTED != 0);
    forked && program(pid) == program(own_pid())
}

/// The pipes that a process has open, as they are called in `/proc`.
pub(super) fn pipes(pid: i32) -> BTreeSet<String> {
    let names = links(pid).filter_map(|link| link.to_str().map(str::to_owned));
    names.filter(|name| name.starts_with("pipe:")).collect()
}

fn links(pid: i32) -> impl Iterator<Item = PathBuf> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    descriptors.filter_map(|entry| fs::read_link(entry.path()).ok())
}

fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn describe(pid: i32) -> Process {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<_> = line.split(|&byte| byte == 0).map(String::from_utf8_lossy).collect();
    let line = match words.join(" ").trim_end() {
        "" => format!("[{}]", fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end()),
        joined => joined.to_owned(),
    };
    Process::new(pid, &line)
}
