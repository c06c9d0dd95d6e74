//! How a process ended, within a limit.

use crate::tally::{Rule, Tally};
use crate::trace::Call;
use std::io::Read;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Far more than any process here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The exit codes of `docs/cli.md`.
const DOCUMENTED: [i32; 9] = [0, 1, 2, 3, 4, 5, 6, 130, 143];

#[derive(Debug, Default)]
pub struct Ended {
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub hung: bool,
    /// What it asked the kernel for, if it was watched.
    pub calls: Vec<Call>,
}

impl Ended {
    /// What must hold of every process, whatever was done to it.
    pub fn check(&self, name: &str, killed: bool, tally: &Tally) {
        let known = self.code.is_some_and(|code| DOCUMENTED.contains(&code)) || (killed && self.signal == Some(9));
        let told = || format!("{name}: {}", self.brief());
        tally.demand(!self.hung, Rule::Hang, told);
        tally.demand(known || self.hung, Rule::Exit, told);
        tally.demand(!self.stderr.contains("panicked"), Rule::Panic, told);
    }

    pub fn brief(&self) -> String {
        let lines: Vec<_> = self.stderr.lines().rev().take(12).collect();
        let lines: Vec<_> = lines.into_iter().rev().collect();
        format!("code {:?}, signal {:?}\n{}", self.code, self.signal, lines.join("\n"))
    }

    /// The step that a decision is needed on.
    pub fn asks_for(&self) -> Option<&str> {
        let (_, rest) = self.stderr.rsplit_once("a decision is needed on `")?;
        rest.split('`').next()
    }

    /// Steps that were shown as passed.
    pub fn shown(&self) -> Vec<String> {
        let live = self.stderr.lines().filter(|line| !line.contains("not recorded")).filter_map(|line| {
            let (name, rest) = line.trim().strip_prefix("✓ ")?.split_once(": passed")?;
            (rest.is_empty() || rest.starts_with(' ')).then(|| name.to_owned())
        });
        let table = self.stdout.lines().filter_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            (words.len() > 2 && words[2] == "passed").then(|| words[0].to_owned())
        });
        live.chain(table).filter(|name| !name.contains(' ')).collect()
    }
}

/// Runs a command to its end, or ends it (alone, by its pid) after the limit.
pub fn end(command: &mut Command) -> Ended {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (stdout, stderr) = (read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap()));
    let (code, signal, hung) = wait(&mut child);
    let text = |bytes: JoinHandle<Vec<u8>>| String::from_utf8_lossy(&bytes.join().unwrap()).into_owned();
    Ended { code, signal, stdout: text(stdout), stderr: text(stderr), hung, calls: Vec::new() }
}

/// Exit code, signal, and whether it had to be ended.
pub fn wait(child: &mut Child) -> (Option<i32>, Option<i32>, bool) {
    let deadline = Instant::now() + LIMIT;
    let mut hung = false;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), status.signal(), hung);
        }
        if Instant::now() > deadline {
            hung = true;
            // What it watches would outlive it and hold the streams open.
            let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id()));
            children.unwrap_or_default().split_whitespace().for_each(crate::harness::kill);
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn read(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    })
}
