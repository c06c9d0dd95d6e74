//! The transport's process and its process group, which it leads: whatever it has started, unless that went into a
//! session of its own, as the shared connection of `ssh` does.

use std::collections::BTreeSet;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::super::config::SessionConfig;
use super::super::kill::{reap, signal};
use super::super::local::detach;
use super::super::process::{Entry, Process, is_held_outside, own_pipes, pipes, table};

/// How long the group may take to obey TERM, and then KILL.
const OBEY_LIMIT: Duration = Duration::from_millis(500);
/// How often the group is looked at where nobody can wait: a bound for who forks faster than is looked.
const LOOKS: usize = 100;

/// The command of a target, on its way or answering. Its group ends with it.
pub(super) struct Transport {
    pub child: Child,
    /// The pipes that it was given, or has inherited from whoever started us. They are read from our side: the command
    /// may have ended before anybody could look at its.
    given: BTreeSet<String>,
    /// Its own processes, known since its shell answered. What is in its group later may be a step's, and outlive it.
    own: Option<BTreeSet<Entry>>,
}

/// What a look at the process table finds.
#[derive(Default)]
struct Look {
    /// Its own processes that are alive.
    own: BTreeSet<Entry>,
    /// Its group, if that may be killed as a whole: no shell has answered, and nobody in it serves others. Its leader was
    /// not waited for yet, so it is still its.
    group: Option<Pid>,
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
        Ok(Self { child, given: own_pipes(), own: None })
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
        self.until_gone(&mut met, Self::ask).await;
        let left = self.until_gone(&mut met, Self::kill).await;
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

    /// Tells its own to end until nobody is left, at most for a while. Says who is.
    async fn until_gone(
        &self,
        met: &mut BTreeSet<Entry>,
        tell: fn(&Self, &BTreeSet<Entry>) -> BTreeSet<Entry>,
    ) -> BTreeSet<Entry> {
        let deadline = Instant::now() + OBEY_LIMIT;
        let mut told = BTreeSet::new();
        loop {
            let members = tell(self, &told);
            if members.is_empty() || Instant::now() >= deadline {
                return members;
            }
            met.extend(members.iter().copied());
            told.extend(members);
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Asks those of its own to end that were not told yet. Says who was there.
    fn ask(&self, told: &BTreeSet<Entry>) -> BTreeSet<Entry> {
        let members = self.members();
        for entry in members.difference(told) {
            [Signal::TERM, Signal::CONT].iter().for_each(|&each| signal(entry, each));
        }
        members
    }

    /// Kills those of its own that were not told yet. Says who was there.
    fn kill(&self, told: &BTreeSet<Entry>) -> BTreeSet<Entry> {
        let Look { own, group } = self.look();
        match group {
            // One stroke, even if nobody was seen: who forks and ends all the time is never there when it is looked for.
            Some(group) => _ = kill_process_group(group, Signal::KILL),
            None => own.difference(told).for_each(|entry| signal(entry, Signal::KILL)),
        }
        own
    }

    /// Its own processes that are alive.
    fn members(&self) -> BTreeSet<Entry> {
        self.look().own
    }

    fn look(&self) -> Look {
        let Some(leader) = self.pid() else { return Look::default() };
        if let Some(own) = &self.own {
            let own = own.iter().filter(|entry| entry.is_alive()).copied().collect();
            return Look { own, group: None };
        }
        let is_own = |entry: &Entry| entry.pid == leader || !self.serves_others(entry.pid, leader);
        let (own, others): (BTreeSet<_>, BTreeSet<_>) =
            table().into_iter().filter(|entry| entry.group == leader).partition(is_own);
        Look { own, group: Pid::from_raw(leader).filter(|_| others.is_empty()) }
    }

    /// Whether a process has a pipe with somebody who is neither of the group nor we. So has the proxy behind a shared
    /// connection of `ssh`, which other sessions and terminals go on using.
    fn serves_others(&self, pid: i32, group: i32) -> bool {
        let shared: Vec<String> = pipes(pid).difference(&self.given).cloned().collect();
        is_held_outside(&shared, group)
    }
}

/// Where nobody can wait for its end, such as after an interrupt.
impl Drop for Transport {
    fn drop(&mut self) {
        let mut told = BTreeSet::new();
        // Who was killed forks no more, so a look that finds nobody else has found all.
        for _ in 0..LOOKS {
            let members = self.kill(&told);
            if members.is_subset(&told) {
                return;
            }
            told.extend(members);
        }
    }
}
