//! A stage: a sandbox in which commands run as a page shows them, and all that they print is kept in order.

use super::pages::Page;
use crate::harness::{Sandbox, repository};
use nix::sys::wait::WaitStatus;
use regex::Regex;
use rexpect::session::spawn_command;
use std::process::Stdio;
use std::time::Duration;

/// A sandbox, and what was printed in it.
pub struct Stage {
    pub sandbox: Sandbox,
    pub said: String,
    /// How long the person at the terminal thinks before each answer.
    pub thinks: Duration,
}

impl Stage {
    pub fn new() -> Self {
        let mut sandbox = Sandbox::new();
        let path = std::env::var("PATH").unwrap();
        sandbox.set("PATH", format!("{}:{path}", sandbox.path("bin").display()));
        sandbox.set("NO_COLOR", "1");
        std::fs::create_dir(sandbox.path("bin")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_stepgate"), sandbox.path("bin/stepgate")).unwrap();
        Self { sandbox, said: String::new(), thinks: Duration::from_millis(50) }
    }

    /// A program that a step runs in place of a real one.
    pub fn program(&self, name: &str, text: &str) {
        let path = self.sandbox.write(&format!("bin/{name}"), text);
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// The first whole runbook of a page, in a file of that name.
    pub fn runbook_of(&self, page: &str, name: &str) {
        let blocks = Page::named(page).blocks();
        let whole =
            blocks.iter().find(|block| block.info.as_deref() == Some("markdown") && block.text.starts_with("---"));
        self.sandbox.write(name, &whole.expect("a runbook").text);
    }

    /// The repository's own runbooks.
    pub fn own_runbooks(&self) {
        for entry in std::fs::read_dir(repository().join("runbooks")).unwrap() {
            let path = entry.unwrap().path();
            self.sandbox.write(
                &format!("runbooks/{}", path.file_name().unwrap().to_str().unwrap()),
                std::fs::read(&path).unwrap(),
            );
        }
    }

    /// A command without a terminal.
    pub fn does(&mut self, words: &str, code: i32) -> &mut Self {
        let seen = self.line(&format!("stepgate {words}"));
        assert_eq!(seen, code, "{words}: {}", self.said);
        self
    }

    /// A command at a terminal with a person who gives these answers, each to the next question.
    pub fn asks(&mut self, words: &str, answers: &[&str], code: i32) -> &mut Self {
        let seen = self.talk(&format!("stepgate {words}"), answers);
        assert_eq!(seen, code, "{words}: {}", self.said);
        self
    }

    /// Everything that a page types in its `console` blocks, in order: with the first runbook of the page in a file
    /// of that name, and `before` done before each command.
    pub fn plays(&mut self, page: &str, runbook: &str, before: impl Fn(&Self)) {
        self.runbook_of(page, runbook);
        let blocks = Page::named(page).blocks();
        for block in blocks.iter().filter(|block| block.info.as_deref() == Some("console")) {
            for part in format!("\n{}", block.text).split("\n$ ").skip(1) {
                before(self);
                let (line, shown) = part.split_once('\n').unwrap_or((part, ""));
                match answers(shown).as_slice() {
                    [] => self.line(line),
                    answers => self.talk(line, answers),
                };
            }
        }
    }

    /// A line of a shell without a terminal, and the exit code.
    pub fn line(&mut self, line: &str) -> i32 {
        let script = format!("exec 2>&1\n{line}");
        let done = self.sandbox.wrapped(&["sh", "-c", &script], &[]).output().unwrap();
        self.said += &format!("{}\n", String::from_utf8_lossy(&done.stdout));
        done.status.code().unwrap()
    }

    /// A line of a shell at a terminal, 120 columns wide.
    fn talk(&mut self, line: &str, answers: &[&str]) -> i32 {
        let script = format!("stty cols 120\n{line}");
        let mut command = self.sandbox.wrapped(&["sh", "-c", &script], &[]);
        command.stdin(Stdio::inherit()).env("TERM", "xterm");
        let mut session = spawn_command(command, Some(30_000)).unwrap();
        for answer in answers {
            let before = session.exp_string("[?] ").unwrap_or_else(|error| panic!("{line}: {error}"));
            std::thread::sleep(self.thinks);
            session.send_line(answer).unwrap();
            // The terminal of a test echoes nothing; a person's does.
            self.said += &format!("{}[?] {answer}\n", seen(&before));
        }
        self.said += &seen(&session.exp_eof().unwrap());
        match session.process().wait().unwrap() {
            WaitStatus::Exited(_, code) => code,
            other => panic!("{line}: {other:?}"),
        }
    }
}

/// What stays on the screen of what was sent to a terminal.
fn seen(sent: &str) -> String {
    let escape = Regex::new("\u{1b}\\[[0-9;?]*[A-Za-z]").unwrap();
    // Each byte came as a letter of its own.
    let bytes: Vec<u8> = sent.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    escape.replace_all(&String::from_utf8(bytes).unwrap(), "").replace('\r', "")
}

/// What a person types in a transcript: whatever stands behind `[?] `.
pub fn answers(transcript: &str) -> Vec<&str> {
    transcript.lines().filter_map(|line| Some(line.split_once("[?]")?.1.trim())).collect()
}

/// The first transcript of a page that has such a line.
pub fn transcript(page: &str, with: &str) -> String {
    let blocks = Page::named(page).blocks();
    let text = blocks.into_iter().find(|block| block.info.as_deref() == Some("text") && block.text.contains(with));
    text.unwrap_or_else(|| panic!("{page} shows no {with}")).text
}
