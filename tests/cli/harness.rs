//! A sandbox for the built binary: its own folder, a cleared environment, runbooks written as their authors would.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder of its own with a clean environment.
pub struct Sandbox {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    /// A sandbox with one runbook, `r.md`: `body` behind the least front matter.
    pub fn with(body: &str) -> Self {
        let sandbox = Self::new();
        sandbox.runbook("r.md", body);
        sandbox
    }

    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.path(".stepgate")
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes a runbook: the least front matter, then `body`.
    pub fn runbook(&self, name: &str, body: &str) -> PathBuf {
        self.write(name, format!("---\nstepgate: 1\n---\n{body}"))
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The binary with `arguments`, in the sandbox, without a terminal.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepgate"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The binary with `arguments`, started by `wrapper`, such as `strace -f`.
    pub fn wrapped(&self, wrapper: &[&str], arguments: &[&str]) -> Command {
        let inner = self.command(arguments);
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(inner.get_program()).args(inner.get_args());
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    /// Runs the binary with words as a shell would split them at blanks.
    pub fn stepgate(&self, words: &str) -> Done {
        self.run(words.split_whitespace())
    }

    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Done {
        done(self.command(arguments).output().unwrap())
    }

    /// `stepgate log --format json` of the newest run.
    pub fn log(&self) -> serde_json::Value {
        let done = self.stepgate("log --format json");
        assert_eq!(done.code, 0, "{done:?}");
        serde_json::from_str(&done.stdout).unwrap()
    }

    /// The journal's events of the newest run, in order.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let run = self.log()["run"].as_str().unwrap().to_owned();
        let journal = std::fs::read_to_string(self.store().join("runs").join(run).join("journal.jsonl")).unwrap();
        journal.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].clone()).collect()
    }
}

pub fn done(output: Output) -> Done {
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The status of each step of a `log --format json`, as `name=status` words.
pub fn statuses(log: &serde_json::Value) -> String {
    let steps = log["steps"].as_array().unwrap().iter();
    let words: Vec<_> =
        steps.map(|step| format!("{}={}", step["name"].as_str().unwrap(), step["status"].as_str().unwrap())).collect();
    words.join(" ")
}

/// The repository's own folder.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a command to its end, or ends it (alone, by its pid) after `limit` and fails: a hang is a bug, not a wait.
pub fn finish(command: &mut Command, limit: Duration) -> Output {
    watch(command, limit).0
}

/// [`finish`], and the process's own peak resident memory in KiB, as the kernel counts it.
pub fn watch(command: &mut Command, limit: Duration) -> (Output, u64) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let readers = (read_all(child.stdout.take().unwrap()), read_all(child.stderr.take().unwrap()));
    let (deadline, mut peak) = (Instant::now() + limit, 0);
    let status = loop {
        peak = peak.max(peak_memory(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("still running after {limit:?}: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let (stdout, stderr) = (readers.0.join().unwrap(), readers.1.join().unwrap());
    (Output { status, stdout, stderr }, peak)
}

fn read_all(mut stream: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// `VmHWM` of a process, in KiB.
fn peak_memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Waits until `holds`, or fails.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process is there and no zombie.
pub fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

/// Kills one process that a test's own step started and wrote the pid of.
pub fn kill(pid: &str) {
    let pid = pid.trim().parse().ok().and_then(rustix::process::Pid::from_raw).expect("a pid");
    _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}
