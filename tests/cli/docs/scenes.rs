//! What the pages show, done: each scene is what one page tells of, and gives all that was printed in it.

use super::stage::{Stage, answers, transcript};
use crate::harness::{kill, repository, wait_until};

/// What each scene printed.
pub fn all() -> Vec<String> {
    let demo = std::fs::read_to_string(repository().join("docs/demo/demo.txt")).unwrap();
    let scenes = [disk, printer, session, quickstart, save, table, changed, doubt, failed, findings, audited, strength];
    scenes.into_iter().map(|scene| scene().said).chain([demo]).collect()
}

/// README: the page, its run at a terminal, and its log.
fn disk() -> Stage {
    let mut stage = Stage::new();
    stage.runbook_of("README.md", "disk.md");
    for log in ["app.log", "app.log.1", "app.log.2"] {
        stage.sandbox.write(&format!("logs/{log}"), "");
    }
    let shown = transcript("README.md", "▸ remove");
    // Long enough that the record says how long a person was waited for.
    stage.thinks = std::time::Duration::from_millis(400);
    stage.asks("run disk.md", &answers(&shown), 0);
    stage.does("log", 0);
    stage
}

/// docs/gates.md: all that is typed there, each time with two jobs in the queue.
fn printer() -> Stage {
    let mut stage = Stage::new();
    stage.plays("docs/gates.md", "printer.md", |stage| {
        for job in ["queue/job-1", "queue/job-2"] {
            stage.sandbox.write(job, "");
        }
    });
    stage
}

/// docs/secrets.md.
fn session() -> Stage {
    let mut stage = Stage::new();
    stage.plays("docs/secrets.md", "session.md", |_| ());
    for told in ["correct-horse", ".stepgate/"] {
        assert!(!stage.said.contains(told), "the secret shows, or stands in the record: {}", stage.said);
    }
    stage
}

/// The answers to the questions of the quickstart.
const SIP: [&str; 3] = ["y", "shred it", "d it was cold"];

/// docs/start.md: what it shows beside its commands, which have a test of their own.
fn quickstart() -> Stage {
    let mut stage = Stage::new();
    stage.own_runbooks();
    stage.does("check runbooks/quickstart.md", 0).does("plan runbooks/quickstart.md", 0);
    stage.does("run runbooks/quickstart.md", 3);
    stage.asks("run runbooks/quickstart.md", &SIP, 0).does("log", 0);
    let text = stage.sandbox.read("runbooks/quickstart.md");
    stage.sandbox.write("copy.md", text.replace("Hello from step hello\n", "Hello from step goodbye\n"));
    stage.does("run copy.md", 1);
    stage
}

const SNAPSHOT: &str = "---\nstepgate: 1\n---\n# Save\n\nOne snapshot:\n\n\
    ```bash {name=save timeout=2m}\nk3s etcd-snapshot save --name manual\n```\n\n\
    ```output {stderr}\n.*Snapshot (?<SNAPSHOT_FILE>manual-\\S+) saved.* (re)\n```\n";

/// docs/run.md, docs/log.md: a snapshot by a program that says what k3s says.
fn save() -> Stage {
    let mut stage = Stage::new();
    let said = r#"time="2026-11-23T02:35:52Z" level=info msg="Snapshot manual-k3s-master-1795401352 saved.""#;
    stage.program("k3s", &format!("#!/bin/sh\necho '{said}' >&2\n"));
    stage.sandbox.write("r.md", SNAPSHOT);
    stage.asks("run r.md", &["y"], 0).does("run r.md --confirm save", 0).does("log", 0);
    stage
}

/// docs/run.md, docs/log.md: a line of a table that does not hold.
fn table() -> Stage {
    let mut stage = Stage::new();
    let body = "```bash {name=a effect=read}\necho 'Name   Size'; echo 'snap-1 -'\n```\n\n```output\nName   Size\nsnap-1 [0-9]+ (re)\n```\n";
    stage.sandbox.runbook("r.md", body);
    stage.does("run r.md", 1).does("log", 0);
    stage
}

/// docs/resume.md: a step that was changed since.
fn changed() -> Stage {
    let mut stage = Stage::new();
    let body = "```bash {name=a effect=read}\ntrue\n```\n\n```bash {name=b}\necho b >> witness\n```\n";
    stage.sandbox.runbook("r.md", body);
    stage.does("run r.md --run-id one", 3);
    stage.sandbox.runbook("r.md", &body.replace("echo b", "echo B"));
    stage.does("resume one", 2);
    stage
}

/// docs/resume.md: stepgate dies while a change runs, which goes on.
fn doubt() -> Stage {
    let mut stage = Stage::new();
    stage.sandbox.write("stepgate.toml", "[limits]\ngrace = \"100ms\"\n");
    stage
        .sandbox
        .runbook("r.md", "```bash {name=save gate=none}\necho copying 3 of 7\nsleep 600 & echo $! >pid; wait\n```\n");
    let mut running = stage.sandbox.command(["run", "r.md"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    wait_until("the copy", || !stage.sandbox.read("pid").is_empty() && kept(&stage).contains("3 of 7"));
    running.kill().unwrap();
    running.wait().unwrap();
    stage.asks("resume", &["l"], 4);
    kill(&stage.sandbox.read("pid"));
    stage
}

/// What the record keeps of a running change.
fn kept(stage: &Stage) -> String {
    let runs = std::fs::read_dir(stage.sandbox.store().join("runs")).unwrap();
    runs.map(|run| std::fs::read_to_string(run.unwrap().path().join("output/save.stdout")).unwrap_or_default())
        .collect()
}

/// docs/resume.md: a step fails while somebody is there.
fn failed() -> Stage {
    let mut stage = Stage::new();
    stage.sandbox.runbook("r.md", "```bash {name=try effect=read}\nfalse\n```\n");
    stage.asks("run r.md", &["l"], 3);
    stage
}

/// docs/diagnostics: what `check` says.
fn findings() -> Stage {
    let mut stage = Stage::new();
    stage.sandbox.runbook("backup.md", "```bash {name=a timout=5s}\ntrue\n```\n");
    stage.sandbox.write("bytes.md", b"---\nstepgate: 1\n---\n\xff\n");
    stage.does("check backup.md", 1).does("check missing.md", 1).does("check bytes.md", 1);
    stage
}

/// docs/audit.md: a sealed run, its level, and a head that is kept.
fn audited() -> Stage {
    let mut stage = Stage::new();
    stage.sandbox.runbook("r.md", "```bash {name=a gate=none}\ntrue\n```\n");
    stage.does("run r.md", 0).does("audit verify", 0).does("audit head", 0);
    stage
}

/// docs/ci.md: how much the project's own runbooks assert.
fn strength() -> Stage {
    let mut stage = Stage::new();
    stage.own_runbooks();
    // Whatever it says of their age.
    stage.line("stepgate verify runbooks --strength");
    stage
}

/// The random part of the newest run's id.
fn newest(stage: &Stage) -> String {
    let runs =
        std::fs::read_dir(stage.sandbox.store().join("runs")).map(|runs| runs.map(|run| run.unwrap().file_name()));
    let newest = runs.map(|runs| runs.max().unwrap_or_default()).unwrap_or_default();
    newest.to_string_lossy().rsplit('-').next().unwrap_or_default().to_owned()
}

#[test]
fn the_tour_of_the_readme_and_the_first_page_run_as_they_stand() {
    for page in ["README.md", "docs/start.md"] {
        let mut stage = Stage::new();
        stage.own_runbooks();
        let blocks = super::pages::Page::named(page).blocks();
        let shell = blocks.iter().filter(|block| block.info.as_deref() == Some("sh"));
        let text: String = shell.map(|block| block.text.replace("\\\n", " ")).collect();
        let mut ran = 0;
        for line in text.lines() {
            let line = line.trim_start_matches("target/debug/");
            let Some(words) = line.strip_prefix("stepgate ") else { continue };
            ran += 1;
            // Whatever id the page shows, here it is the newest run's.
            let words = words.split(" #").next().unwrap().replace("qjpu", &newest(&stage));
            match words.contains("run ") && !words.contains("--answer") {
                true => stage.asks(&words, &SIP, 0),
                false => stage.does(&words, 0),
            };
        }
        assert!(ran >= 4 && stage.said.contains("**done** by"), "{page}: {ran}");
    }
}
