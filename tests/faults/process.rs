//! One process of stepgate, under `strace`, with one fault or none.

use crate::ended::{Ended, end};
use crate::harness::{Sandbox, wait_until};
use std::path::Path;

/// The calls that are seen and that can fail.
const CALLS: &str = "write,pwrite64,fdatasync,fsync,rename,renameat,renameat2,open,openat,mkdir,mkdirat,unlink,unlinkat,ftruncate,flock,clone,clone3,vfork";

/// One fault: the `nth` call of this name ends so.
#[derive(Clone, Debug)]
pub struct Fault {
    pub call: String,
    pub nth: usize,
    /// `signal=KILL`, `error=EIO`, `error=ENOSPC`, `error=EAGAIN`.
    pub how: &'static str,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} at {} {}", self.how, self.call, self.nth)
    }
}

/// Runs stepgate to its end, and waits until nothing that it started is there any more.
pub fn process(sandbox: &Sandbox, fault: Option<&Fault>, arguments: &[String]) -> Ended {
    let trace = sandbox.path("trace");
    _ = std::fs::remove_file(&trace);
    let (calls, output) = (format!("trace={CALLS}"), trace.display().to_string());
    let inject = fault.map(|fault| format!("inject={}:{}:when={}", fault.call, fault.how, fault.nth));
    let mut wrapper = vec!["strace", "-qq", "-y", "-s", "700", "-e", "signal=none", "-o", &output, "-e", &calls];
    wrapper.extend(inject.iter().flat_map(|inject| ["-e", inject.as_str()]));
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut ended = end(&mut sandbox.wrapped(&wrapper, &arguments));
    ended.calls = crate::trace::parse(&sandbox.read("trace"));
    wait_for_orphans(sandbox);
    ended
}

/// A shell goes on with its step for a moment when stepgate is killed.
pub fn wait_for_orphans(sandbox: &Sandbox) {
    let folder = sandbox.path("").canonicalize().unwrap();
    wait_until("what stepgate started has ended", || !is_anybody_in(&folder));
}

fn is_anybody_in(folder: &Path) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let folders = processes.filter_map(|entry| std::fs::read_link(entry.path().join("cwd")).ok());
    folders.into_iter().any(|cwd| cwd.starts_with(folder))
}
