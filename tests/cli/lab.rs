//! A lab of its own for a test (tests/lab/README.md): real etcd, sqlite, and as root real hosts, mounts and NFS, behind a
//! double of `k3s`. It goes down with its owner.

use crate::harness::{Done, Sandbox, repository, statuses};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

/// What `lab up` ends with where the machine cannot give what was asked for.
const CANNOT: i32 = 77;

/// Answers for what people look at in `cluster-backup.md`.
pub const BACKUP_BY_HAND: &[&str] = &[
    "--answer",
    "the-password-safe-has-the-token-with-this-sum=done:there is no safe in a lab",
    "--answer",
    "dsm-shows-the-new-file=done:there is no DSM in a lab",
];

/// A running lab, and a sandbox that finds its `stepgate.toml`.
pub struct Lab {
    pub sandbox: Sandbox,
}

impl Lab {
    /// The lab in one folder, which needs no root.
    pub fn folder(datastore: &str) -> Self {
        Self::up(datastore, &[]).unwrap_or_else(|why| panic!("lab up: {why}"))
    }

    /// The lab of real hosts. Where there can be none, it says so by the test's name, past the capture of its output.
    pub fn hosts(datastore: &str) -> Option<Self> {
        Self::up(datastore, &["--hosts"]).map_err(|why| skip(&why)).ok()
    }

    /// Both tiers, or the one that can be had.
    pub fn tiers(datastore: &str) -> impl Iterator<Item = Self> {
        [Some(Self::folder(datastore)), Self::hosts(datastore)].into_iter().flatten()
    }

    fn up(datastore: &str, more: &[&str]) -> Result<Self, String> {
        let mut lab = Self { sandbox: Sandbox::new() };
        let output = lab.call("up", &[&[datastore], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match output.status.code() {
            Some(0) => {}
            Some(CANNOT) => return Err(said),
            code => panic!("lab up: {code:?}: {said}"),
        }
        // Beside the sandbox's own store, where the lab's folder is the current one by hand.
        std::fs::copy(lab.sandbox.path("lab/stepgate.toml"), lab.sandbox.path("stepgate.toml")).unwrap();
        // The programs that an operator has at hand.
        let path = std::env::var("PATH").unwrap();
        let bin = lab.sandbox.path("lab/bin");
        lab.sandbox.set("PATH", format!("{}:{path}", bin.display()));
        Ok(lab)
    }

    fn call(&self, word: &str, more: &[&str]) -> Output {
        let mut command = Command::new(repository().join("tests/lab/lab"));
        command.arg(word).arg(self.sandbox.path("lab")).args(more).output().unwrap()
    }

    /// A command of tests/lab/lab, which must succeed; what it prints.
    pub fn lab(&self, word: &str, more: &[&str]) -> String {
        let output = self.call(word, more);
        assert!(output.status.success(), "lab {word} {more:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What a script prints on the master.
    pub fn on(&self, script: &str) -> String {
        self.lab("on", &["bash", "-c", script])
    }

    /// Something goes wrong: a row of the table of faults.
    pub fn fault(&self, name: &str) {
        self.lab("fault", &[name]);
    }

    /// Runs a runbook of the project with the profile of the lab.
    pub fn run(&self, runbook: &str, more: &[&str]) -> Done {
        let path = repository().join("runbooks").join(runbook);
        self.sandbox.run(["run", path.to_str().unwrap(), "--profile", "lab"].iter().chain(more))
    }

    /// The run failed at `step`, and the log has these words for it.
    pub fn failed_at(&self, done: &Done, step: &str, words: &str) {
        assert_eq!(done.code, 1, "{done:?}");
        let (name, log) = self.trouble();
        assert_eq!(name, step, "{log}");
        assert!(log.contains(words), "{step}: {words:?} is not in\n{log}");
    }

    /// The step that is `failed` or `in-doubt`, and the words that the log has for it. What always runs may have failed, too:
    /// it has no way to a master that is gone.
    pub fn trouble(&self) -> (String, String) {
        let log = self.sandbox.log();
        let wrong = |step: &&serde_json::Value| ["failed", "in-doubt"].iter().any(|word| step["status"] == *word);
        let steps = log["steps"].as_array().unwrap().iter();
        let found: Vec<_> = steps.filter(wrong).map(|step| step["name"].as_str().unwrap()).collect();
        assert!(!found.is_empty() && found[1..].iter().all(|name| *name == "tidy"), "{}", statuses(&log));
        let text = self.sandbox.stepgate("log").stdout;
        let quote = text.split(&format!("<!-- stepgate:{} ", found[0])).nth(1);
        let quote = quote.and_then(|rest| rest.split_once('\n')).map_or(&*text, |(_, rest)| rest);
        let quote: Vec<_> = quote.lines().take_while(|line| line.starts_with('>') || line.is_empty()).collect();
        (
            found[0].to_owned(),
            quote.join(
                "
",
            ),
        )
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let output = self.call("down", &[]);
        if !std::thread::panicking() {
            assert!(output.status.success(), "lab down: {}", String::from_utf8_lossy(&output.stderr));
            assert!(!Path::new(&self.sandbox.path("lab")).exists(), "the lab is gone");
        }
    }
}

/// Says that a test, or a part of it, did not run. `eprintln!` of a test that passes is shown to nobody.
fn skip(why: &str) {
    let thread = std::thread::current();
    _ = writeln!(std::io::stderr(), "SKIPPED, hosts: {}: {why}", thread.name().unwrap_or("a test"));
}
