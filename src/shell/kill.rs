//! Ending a tree of processes, whatever shape it has.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, kill_process_group, pidfd_open, pidfd_send_signal, set_child_subreaper,
    waitpid,
};
use tokio::time::{Instant, sleep};

use super::hurry::Hurry;
use super::process::{Entry, Process, descendants, is_marked, table, zombies};

/// How long the sweep goes on against processes that come back or do not die.
const SWEEP_LIMIT: Duration = Duration::from_secs(1);

/// Makes the calling process the parent of its orphaned descendants. Called once by `main`: each session's outer
/// shell does the same for its own, and this is for what remains when a step has killed that shell.
///
/// # Errors
///
/// What `prctl` says.
pub fn become_subreaper() -> io::Result<()> {
    Ok(set_child_subreaper(Some(rustix::process::getpid()))?)
}

/// Whom a session may end: what descends from its outer shell (which adopts all orphans below it), or, should a step
/// have killed that shell, is in its session or was started with its marker. No process of a parallel session is ever among them.
pub(super) struct Tree<'a> {
    /// The pid of the outer shell, which must not have been waited for yet. It is not ended.
    pub outer: i32,
    pub marker: &'a str,
}

impl Tree<'_> {
    /// Every process of the session but the outer shell.
    pub(super) fn members(&self) -> BTreeSet<Entry> {
        let table = table();
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        let not_we = |entry: &Entry| entry.pid != self.outer && entry.pid != own;
        let mut members = descendants(&table, &BTreeSet::from([self.outer]));
        let ours = |entry: &Entry| entry.session == self.outer || is_marked(entry.pid, self.marker);
        let strays = table.iter().filter(|entry| !members.contains(entry) && ours(entry));
        let strays: BTreeSet<Entry> = strays.copied().collect();
        members.extend(descendants(&table, &strays.iter().map(|entry| entry.pid).collect()));
        members.extend(strays);
        members.into_iter().filter(not_we).collect()
    }

    /// Ends them all: TERM to the group, after at most `grace`, or when it hurries, KILL to everyone. Says who was met and who is left.
    pub(super) async fn end(&self, grace: Duration, hurry: &Hurry) -> (BTreeSet<Entry>, Vec<Process>) {
        let mut met = self.members();
        tracing::debug!(outer = self.outer, processes = met.len(), "ending a session's processes");
        if let Some(group) = Pid::from_raw(self.outer) {
            let _ = kill_process_group(group, Signal::TERM);
            // A stopped process gets its TERM only when it goes on.
            let _ = kill_process_group(group, Signal::CONT);
        }
        self.wait_for_group(grace, hurry).await;
        let left = self.sweep(&mut met).await;
        (met, left)
    }

    async fn wait_for_group(&self, grace: Duration, hurry: &Hurry) {
        let deadline = Instant::now() + grace;
        let in_group = |entry: &Entry| entry.group == self.outer && entry.pid != self.outer;
        let mut pause = Duration::from_millis(2);
        while Instant::now() < deadline && !hurry.is_set() && table().iter().any(in_group) {
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// Two sweeps that find nobody, because a process may be born while the table is read.
    async fn sweep(&self, met: &mut BTreeSet<Entry>) -> Vec<Process> {
        let deadline = Instant::now() + SWEEP_LIMIT;
        let mut quiet = 0;
        loop {
            let members = self.members();
            quiet = if members.is_empty() { quiet + 1 } else { 0 };
            if quiet == 2 || Instant::now() > deadline {
                return members.iter().map(Entry::describe).collect();
            }
            // All are stopped before the first is killed: nobody can fork in answer to a death.
            members.iter().for_each(|entry| signal(entry, Signal::STOP));
            members.iter().for_each(|entry| signal(entry, Signal::KILL));
            met.extend(members);
            sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Sends through a pidfd, so that a pid that was given to another process since is not hit.
pub(super) fn signal(entry: &Entry, signal: Signal) {
    let Some(pid) = Pid::from_raw(entry.pid) else {
        return;
    };
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
        return;
    };
    if entry.is_alive() {
        let _ = pidfd_send_signal(&handle, signal);
    }
}

/// Takes the exit status of processes that became our children when their leader died: of those that were met, and of
/// those in the same sessions that had ended before anybody met them. Only of these: the others are waited for elsewhere. The
/// leader itself was waited for already.
pub(super) async fn reap(leader: i32, met: &BTreeSet<Entry>) {
    let sessions = met.iter().map(|entry| entry.session).chain([leader]).collect();
    let unmet = zombies(&sessions).into_iter().filter(|entry| entry.pid != leader);
    for entry in met.iter().copied().chain(unmet) {
        let Some(pid) = Pid::from_raw(entry.pid) else {
            continue;
        };
        for _ in 0..20 {
            match waitpid(Some(pid), WaitOptions::NOHANG) {
                Ok(None) => sleep(Duration::from_millis(5)).await,
                _ => break,
            }
        }
    }
}
