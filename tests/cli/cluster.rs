//! `runbooks/cluster-backup.md` on a lab of real etcd and sqlite behind a double of `k3s` (tests/lab/README.md): it
//! passes, and it fails at the right step with the right words.

use crate::harness::{Done, Sandbox, repository, statuses};
use std::process::Command;

/// A lab of its own; it goes down with its owner.
struct Lab {
    sandbox: Sandbox,
}

impl Lab {
    fn up(datastore: &str) -> Self {
        Self::with(datastore, &[])
    }

    fn with(datastore: &str, environment: &[(&str, &str)]) -> Self {
        let mut lab = Self { sandbox: Sandbox::new() };
        lab.command("up", &[datastore]);
        let text = lab.sandbox.read("lab/env");
        for line in text.lines() {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            lab.sandbox.set(name, value.trim_matches('\''));
        }
        for (name, value) in environment {
            lab.sandbox.set(name, *value);
        }
        lab
    }

    fn command(&self, word: &str, more: &[&str]) {
        let folder = self.sandbox.path("lab");
        let output =
            Command::new(repository().join("tests/lab/lab")).arg(word).arg(&folder).args(more).output().unwrap();
        assert!(output.status.success(), "lab {word}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn backup(&self) -> Done {
        let runbook = repository().join("runbooks/cluster-backup.md");
        let answers = ["--confirm", "save", "--answer", "the-share-shows-the-new-file=done:seen in the lab"];
        self.sandbox.run(["run", runbook.to_str().unwrap()].into_iter().chain(answers))
    }

    /// The step that failed, its exit code, and the words that the log has for it.
    fn failure(&self) -> (String, i64, String) {
        let log = self.sandbox.log();
        let failed: Vec<_> =
            log["steps"].as_array().unwrap().iter().filter(|step| step["status"] == "failed").collect();
        assert_eq!(failed.len(), 1, "{}", statuses(&log));
        let name = failed[0]["name"].as_str().unwrap().to_owned();
        (name, failed[0]["exit_code"].as_i64().unwrap_or(-1), self.sandbox.stepgate("log").stdout)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.command("down", &[]);
    }
}

#[test]
fn the_backup_is_taken_verified_by_restoring_it_and_proves_every_criterion() {
    let lab = Lab::up("etcd");
    let done = lab.backup();
    assert_eq!(done.code, 0, "{done:?}");
    let log = lab.sandbox.log();
    for id in ["AC1", "AC2", "AC3", "AC4"] {
        assert_eq!(log["acceptance"][id]["verdict"], "proved", "{id}");
    }
    let file = log["variables"]["SNAPSHOT_FILE"].as_str().unwrap();
    assert!(lab.sandbox.path("lab/root/mnt/k3s-snapshots").join(file).metadata().unwrap().len() > 1 << 20);
    let text = lab.sandbox.stepgate("log").stdout;
    assert!(text.contains(&format!("`SNAPSHOT_FILE` = `{file}`")), "{text}");
    assert!(
        !std::path::Path::new(log["variables"]["SCRATCH"].as_str().unwrap()).exists(),
        "the scratch folder is gone"
    );
}

#[test]
fn with_etcd_down_the_first_step_fails_and_says_that_etcd_does_not_answer() {
    let lab = Lab::with("etcd", &[("K3S_LAB_ETCD_TIMEOUT", "1")]);
    lab.command("stop", &[]);
    assert_eq!(lab.backup().code, 1);
    let (step, code, log) = lab.failure();
    assert_eq!((step.as_str(), code), ("datastore", 1));
    assert!(log.contains("etcd did not answer within 1 s"), "{log}");
    assert!(statuses(&lab.sandbox.log()).contains("save=not-run"));
}

#[test]
fn on_sqlite_the_first_step_fails_with_the_words_of_k3s() {
    let lab = Lab::up("sqlite");
    assert_eq!(lab.backup().code, 1);
    let (step, _, log) = lab.failure();
    assert_eq!(step, "datastore");
    assert!(log.contains("etcd datastore disabled"), "{log}");
}

#[test]
fn four_flipped_bytes_are_found_by_the_restore_and_by_nothing_before_it() {
    let lab = Lab::with("etcd", &[("K3S_LAB_FAULT", "flip")]);
    assert_eq!(lab.backup().code, 1);
    let (step, _, log) = lab.failure();
    assert_eq!(step, "restore");
    assert!(log.contains("expected sha256"), "{log}");
    let words = statuses(&lab.sandbox.log());
    assert!(words.contains("save=passed listed=passed") && words.contains("compare=not-run tidy=passed"), "{words}");
    assert_eq!(lab.sandbox.log()["acceptance"]["AC4"]["verdict"], "refuted");
}

/// etcdctl 3.4 hangs for ever here: only a timeout that ends the whole tree does.
#[test]
fn a_hanging_snapshot_save_is_ended_with_its_whole_tree_and_is_in_doubt() {
    let lab = Lab::up("etcd");
    lab.command("stop", &[]);
    let body = "```bash {name=save gate=none timeout=2s}\n(etcdctl snapshot save \"$PWD/marked-snapshot\")\n```\n";
    lab.sandbox.runbook("hang.md", body);
    let done = lab.sandbox.stepgate("run hang.md");
    assert_eq!(done.code, 4, "{done:?}");
    let log = lab.sandbox.log();
    assert_eq!(
        (log["steps"][0]["status"].as_str(), log["steps"][0]["reason"].as_str()),
        (Some("in-doubt"), Some("timeout"))
    );
    let left = Command::new("grep").args(["-ls", "marked-snapshot"]).args(command_lines()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

/// The command line of every process but our own.
fn command_lines() -> Vec<std::path::PathBuf> {
    let own = std::process::id().to_string();
    let numeric = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit()) && name != own;
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(numeric))
        .map(|entry| entry.path().join("cmdline"))
        .collect()
}
