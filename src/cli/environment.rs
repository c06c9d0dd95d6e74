//! What the machine says of itself and of the operator.

use crate::journal::{Holder, state_and_start};
use crate::redact::{RedactedWriter, Redactor};
use std::path::PathBuf;

/// `user@host`, the user by the password file: an environment variable would let anybody sign as anybody.
pub fn operator() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let uid = rustix::process::getuid().as_raw();
    let user = std::fs::read_to_string("/etc/passwd").ok().and_then(|users| name_of(&users, uid));
    format!("{}@{host}", user.unwrap_or_else(|| format!("uid-{uid}")))
}

fn name_of(users: &str, uid: u32) -> Option<String> {
    let mut lines = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let line = lines.find(|fields| fields.get(2).and_then(|field| field.parse().ok()) == Some(uid))?;
    line.first().map(|name| (*name).to_owned())
}

/// This process as the holder of a lock for `run`.
pub fn holder(run: &str, operator: &str) -> Holder {
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    Holder {
        run: run.to_owned(),
        pid: std::process::id(),
        started: state_and_start("/proc/self/stat").map_or(0, |(_, started)| started),
        boot: boot(),
        host: host(),
        pid_namespace: namespace.display().to_string(),
        operator: operator.to_owned(),
    }
}

/// The machine: its name, and something of its own, for many machines are called `localhost`.
fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let id = std::fs::read("/etc/machine-id").unwrap_or_default();
    format!("{name}/{}", crate::hash::sha256(&id).short())
}

/// The machine's boot, as its kernel names it; empty if it does not.
pub fn boot() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    boot.trim().to_owned()
}

/// The folder that the command was started in.
pub fn current_folder() -> std::io::Result<PathBuf> {
    std::env::current_dir()
}

/// `STEPGATE_LOG=debug` lets stepgate tell what it does itself, on standard error.
pub fn start_tracing(redactor: Redactor) {
    let level = std::env::var("STEPGATE_LOG").ok().and_then(|level| level.parse::<tracing::Level>().ok());
    let writer = move || RedactedWriter::new(redactor.clone(), std::io::stderr());
    if let Some(level) = level {
        tracing_subscriber::fmt().with_max_level(level).with_writer(writer).with_ansi(false).init();
    }
}
