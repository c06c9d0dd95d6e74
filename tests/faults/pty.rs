//! A terminal of its own: what a person types into, and what can go away.

use crate::harness::Sandbox;
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Child;

pub struct Terminal {
    /// `None` once it has gone away.
    master: Option<OwnedFd>,
    pub child: Child,
    /// All that was shown.
    pub screen: String,
    /// How much of it was looked through for questions.
    seen: usize,
}

impl Terminal {
    /// Starts `program` in a session of its own, at this terminal.
    pub fn start(sandbox: &Sandbox, program: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let flags = (OFlags::NOCTTY | OFlags::CLOEXEC).bits().cast_signed();
        let slave = File::options().read(true).write(true).custom_flags(flags).open(name).unwrap();
        rustix::fs::fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK).unwrap();
        let mut command = sandbox.command([""; 0]);
        let environment: Vec<_> =
            command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        // Whoever started the tests in the background has made them deaf to these, and so whatever they start.
        command = std::process::Command::new("env");
        command
            .args(["--default-signal=INT,QUIT,HUP,TERM", "setsid", "--ctty"])
            .args(program)
            .current_dir(sandbox.path(""))
            .env_clear()
            .envs(environment);
        command.env("TERM", "xterm").env("PS1", "prompt> ");
        command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        let mut child = command.spawn().unwrap();
        // A key that comes before the terminal is the program's goes to nobody.
        let name = Path::new(program[0]).file_name().unwrap().to_str().unwrap();
        let runs =
            |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
        while !runs(child.id()) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Self { master: Some(master), child, screen: String::new(), seen: 0 }
    }

    /// Takes what is there to be read.
    pub fn read(&mut self) {
        let mut buffer = [0; 4096];
        while let Some(Ok(count @ 1..)) = self.master.as_ref().map(|master| rustix::io::read(master, &mut buffer)) {
            self.screen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    }

    pub fn send(&self, text: &str) {
        if let Some(master) = &self.master {
            _ = rustix::io::write(master, text.as_bytes());
        }
    }

    /// Whether `question` stands on the screen since it was last found there.
    pub fn asks(&mut self, question: &str) -> bool {
        match self.screen[self.seen..].find(question) {
            Some(at) => {
                self.seen += at + question.len();
                true
            }
            None => false,
        }
    }

    /// It goes away, as when a connection breaks.
    pub fn close(&mut self) {
        self.master = None;
    }
}
