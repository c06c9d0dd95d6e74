//! Who holds a lock, and whether that process is dead for certain.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

/// Who holds a lock, as it is written into the lock's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run.
    pub run: String,
    /// The process.
    pub pid: u32,
    /// When that process started, in clock ticks since boot: tells a recycled pid.
    pub started: u64,
    /// The machine's present boot.
    pub boot: String,
    /// The machine.
    #[serde(default)]
    pub host: String,
    /// The namespace that its pid counts in, as `/proc/self/ns/pid` names it.
    #[serde(default)]
    pub pid_namespace: String,
    /// `user@host`.
    pub operator: String,
}

impl Holder {
    /// Why the process is known to be dead, seen from the process `me`; `None` if that is not certain: it may run on
    /// another machine, or where its pid means nothing here.
    pub fn proof_of_death(&self, me: &Holder) -> Option<String> {
        let same = |this: &str, mine: &str| !this.is_empty() && this == mine;
        if !same(&self.host, &me.host) || self.boot.is_empty() || me.boot.is_empty() {
            return None;
        }
        if self.boot != me.boot {
            return Some("the machine was started anew since".to_owned());
        }
        if !same(&self.pid_namespace, &me.pid_namespace) {
            return None;
        }
        let pid = Pid::from_raw(i32::try_from(self.pid).ok()?)?;
        match test_kill_process(pid) {
            Err(Errno::SRCH) => Some(format!("no process {} exists", self.pid)),
            _ => self.is_another(),
        }
    }

    /// Whether the process is alive for certain, seen from the process `me`.
    pub fn lives_for(&self, me: &Holder) -> bool {
        let place = |holder: &Holder| (holder.host.clone(), holder.boot.clone(), holder.pid_namespace.clone());
        let alive = || state_and_start(&format!("/proc/{}/stat", self.pid)).is_some_and(|(_, at)| at == self.started);
        place(self) == place(me) && alive() && self.proof_of_death(me).is_none()
    }

    /// Whether the process of that number is dead and not yet fetched, or another one.
    fn is_another(&self) -> Option<String> {
        let (state, started) = state_and_start(&format!("/proc/{}/stat", self.pid))?;
        match state {
            'Z' | 'X' | 'x' => Some(format!("process {} is dead and waits for its parent", self.pid)),
            _ if self.started != 0 && started != self.started => {
                Some(format!("process {} is another one, which started later", self.pid))
            }
            _ => None,
        }
    }
}

/// The state of a process, and when it started, in clock ticks since boot, by its `stat` in `/proc`.
pub fn state_and_start(path: &str) -> Option<(char, u64)> {
    let stat = std::fs::read_to_string(path).ok()?;
    // The name stands in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}
