//! The transport's process and its process group, which it leads: whatever it has started, unless that went into a
//! session of its own, as the shared connection of `ssh` does.

use std::collections::BTreeSet;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::super::config::SessionConfig;
use super::super::kill::{reap, signal};
use super::super::local::detach;
use super::super::process::{Entry, Process, holders, pipes, table};

/// How long the group may take to obey TERM, and then KILL.
const OBEY_LIMIT: Duration = Duration::from_millis(500);

/// The command of a target, on its way or answering. Its group ends with it.
pub(super) struct Transport {
    pub child: Child,
    /// The pipes that it was given.
    given: BTreeSet<String>,
    /// Its own processes, known since its shell answered. What is in its group later may be a step's, and outlive it.
    own: Option<BTreeSet<Entry>>,
}

/// How a transport ended.
pub(super) struct Farewell {
    /// None if it had to be ended.
    pub status: Option<ExitStatus>,
    /// Who of its own is still there.
    pub left: Vec<Process>,
}

impl Transport {
    /// Starts the command of a target with its shell behind it, away from any terminal.
    pub fn start(config: &SessionConfig, errors: Stdio) -> io::Result<Self> {
        let words = config.prefix.iter().map(String::as_str).chain([config.shell.program()]);
        let words: Vec<&str> = words.collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(&config.directory);
        command.env_clear().envs(config.environment.iter().map(|(name, value)| (name, value)));
        command.env_remove("BASH_ENV").env_remove("ENV");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true);
        detach(&mut command);
        let child =
            command.spawn().map_err(|error| io::Error::other(format!("`{}` cannot be started: {error}", words[0])))?;
        let mut transport = Self { child, given: BTreeSet::new(), own: None };
        transport.given = transport.pid().map(pipes).unwrap_or_default();
        Ok(transport)
    }

    /// Its pid, valid until it is waited for.
    pub fn pid(&self) -> Option<i32> {
        self.child.id().and_then(|pid| i32::try_from(pid).ok())
    }

    /// Whether it has ended while nobody looked.
    pub fn is_gone(&self) -> bool {
        self.pid().and_then(Entry::read).is_none()
    }

    /// Its shell has answered: no step has run yet, so all that is there now is its own.
    pub fn has_answered(&mut self) {
        self.own = Some(self.members());
    }

    /// Lets it end by itself, at most so long; whatever is then left of its own is ended.
    pub async fn end(mut self, limit: Duration) -> Farewell {
        let by_itself = self.ends_within(limit).await;
        let leader = self.pid();
        let mut met = self.members();
        self.order(&mut met, &[Signal::TERM, Signal::CONT]).await;
        let left = self.order(&mut met, &[Signal::KILL]).await;
        let status = timeout(OBEY_LIMIT, self.child.wait()).await.ok().and_then(Result::ok);
        if let Some(leader) = leader {
            reap(leader, &met).await;
        }
        Farewell { status: status.filter(|_| by_itself), left: left.iter().map(Entry::describe).collect() }
    }

    /// Looks without taking its status: until that is taken, its pid and so its group's are nobody else's.
    async fn ends_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut pause = Duration::from_millis(1);
        while !self.is_gone() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        true
    }

    /// Sends signals to its own until nobody is left, at most for a while. Says who is.
    async fn order(&self, met: &mut BTreeSet<Entry>, signals: &[Signal]) -> BTreeSet<Entry> {
        let deadline = Instant::now() + OBEY_LIMIT;
        let mut told = BTreeSet::new();
        loop {
            let members = self.members();
            if members.is_empty() || Instant::now() >= deadline {
                return members;
            }
            for entry in members.difference(&told) {
                signals.iter().for_each(|&each| signal(entry, each));
            }
            met.extend(members.iter().copied());
            told.extend(members);
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Its own processes that are alive.
    fn members(&self) -> BTreeSet<Entry> {
        let Some(leader) = self.pid() else { return BTreeSet::new() };
        let Some(own) = &self.own else {
            let group: Vec<Entry> = table().into_iter().filter(|entry| entry.group == leader).collect();
            let family: Vec<i32> = group.iter().map(|entry| entry.pid).collect();
            let own = |entry: &Entry| entry.pid == leader || !self.serves_others(entry.pid, &family);
            return group.into_iter().filter(own).collect();
        };
        own.iter().filter(|entry| entry.is_alive()).copied().collect()
    }

    /// Whether a process has a pipe with somebody who is neither of the group nor we. So has the proxy behind a shared
    /// connection of `ssh`, which other sessions and terminals go on using.
    fn serves_others(&self, pid: i32, family: &[i32]) -> bool {
        let shared: Vec<String> = pipes(pid).difference(&self.given).cloned().collect();
        !holders(&shared, family).is_empty()
    }
}

/// Where nobody can wait for its end, such as after an interrupt.
impl Drop for Transport {
    fn drop(&mut self) {
        self.members().iter().for_each(|entry| signal(entry, Signal::KILL));
    }
}
