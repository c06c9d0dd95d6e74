//! A run goes on under other circumstances: another person, machine, version, clock, or a page that was changed meanwhile.

use crate::harness::{Done, Sandbox, done, finish, statuses};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::process::Command;
use std::time::Duration;

const BODY: &str = "```bash {name=a gate=none}\necho a >> \"$HOME/witness\"\n```\n\n```bash {name=b}\necho b >> \"$HOME/witness\"\n```\n";

/// Far more than any of these takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A run that waits at its gate.
fn suspended(body: &str) -> Sandbox {
    let sandbox = Sandbox::with(body);
    let done = sandbox.stepgate("run r.md --run-id one");
    assert_eq!(done.code, 3, "{done:?}");
    sandbox
}

/// `stepgate resume` with `options`, started by a script in namespaces of its own; `None` if there are none here.
fn in_namespaces(sandbox: &Sandbox, script: &str, options: &[&str]) -> Option<Done> {
    let script = format!("{script} || exit 77; exec \"$0\" \"$@\"");
    let wrapper = ["unshare", "--map-root-user", "--mount", "--uts", "sh", "-c", &script];
    let arguments = [&["resume", "one", "--confirm", "b"], options].concat();
    let done = done(finish(&mut sandbox.wrapped(&wrapper, &arguments), LIMIT));
    if done.code == 77 || done.stderr.contains("unshare failed") {
        _ = std::io::Write::write_all(&mut std::io::stderr(), b"SKIPPED: no user namespaces here\n");
        return None;
    }
    Some(done)
}

/// Writes a chain of lines anew, each with the hash that it should have: what only somebody who may write the store can do.
fn rechain(text: &str, change: impl Fn(&str) -> String) -> String {
    let mut prev = "0".repeat(64);
    let mut out = String::new();
    for line in text.lines() {
        let (body, _) = line.rsplit_once(",\"hash\":\"").unwrap();
        let at = body.find("\"prev\":\"").unwrap() + 8;
        let body = change(&format!("{}{prev}{}", &body[..at], &body[at + 64..]));
        prev = Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        out.push_str(&format!("{body},\"hash\":\"{prev}\"}}\n"));
    }
    out
}

#[test]
fn another_user_machine_or_version_is_shown_refused_and_recorded_when_it_is_accepted() {
    let user = "printf 'eve:x:0:0::/:/bin/sh\\n' > passwd && mount --bind passwd /etc/passwd";
    for (key, script) in [("run:host", "hostname elsewhere"), ("run:user", user)] {
        let sandbox = suspended(BODY);
        let Some(refused) = in_namespaces(&sandbox, script, &[]) else { return };
        assert_eq!(refused.code, 2, "{key}: {refused:?}");
        assert!(refused.stderr.contains(&format!("--accept {key}")), "{key}: {refused:?}");
        let accepted = in_namespaces(&sandbox, script, &["--accept", key]).unwrap();
        assert_eq!(accepted.code, 0, "{key}: {accepted:?}");
        let part = &sandbox.log()["parts"][0];
        assert!(part["accepted"][0].as_str().unwrap().contains("→"), "{part}");
        assert_ne!(part["operator"], sandbox.log()["operator"], "{key}");
    }
    let sandbox = suspended(BODY);
    let folder = sandbox.store().join("runs/one");
    let journal = std::fs::read_to_string(folder.join("journal.jsonl")).unwrap();
    let version = format!("\"stepgate\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let older = rechain(&journal, |line| line.replace(&version, "\"stepgate\":\"0.0.1\""));
    std::fs::write(folder.join("journal.jsonl"), &older).unwrap();
    // The ledger vouches for the old head.
    let contradicted = sandbox.stepgate("resume one --confirm b");
    assert_eq!(contradicted.code, 5, "{contradicted:?}");
    assert!(contradicted.stderr.contains("the ledger says"), "{contradicted:?}");
    let (old, new) = (head(&journal), head(&older));
    let ledger = sandbox.store().join("ledger.jsonl");
    let lines = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(&ledger, rechain(&lines, |line| line.replace(&old, &new))).unwrap();
    let refused = sandbox.stepgate("resume one --confirm b");
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("stepgate's version: 0.0.1 →") && refused.stderr.contains("--accept run:version"));
    assert_eq!(sandbox.stepgate("resume one --confirm b --accept run:version").code, 0);
    assert_eq!(sandbox.read("witness"), "a\nb\n");
}

fn head(journal: &str) -> String {
    let last: Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    last["hash"].as_str().unwrap().to_owned()
}

#[test]
fn a_machine_that_was_started_anew_between_two_parts_is_said_to_have_been() {
    let sandbox = suspended(BODY);
    let boot = "printf 'another-boot\n' > boot && mount --bind boot /proc/sys/kernel/random/boot_id";
    let Some(resumed) = in_namespaces(&sandbox, boot, &[]) else { return };
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let markdown = sandbox.stepgate("log").stdout;
    assert!(markdown.contains("the machine was started anew meanwhile"), "{markdown}");
}

/// A command under a clock that is `offset` away from the machine's.
fn under_a_clock(sandbox: &Sandbox, offset: &str, arguments: &[&str]) -> Done {
    let mut command = sandbox.wrapped(&["faketime", "-f", offset], arguments);
    command.env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    done(finish(&mut command, LIMIT))
}

#[test]
fn a_clock_that_was_set_back_or_a_machine_that_slept_reorders_nothing_and_the_gap_is_recorded() {
    for (offset, sign) in [("-3h", -1), ("+3h", 1)] {
        let sandbox = suspended(BODY);
        let resumed = under_a_clock(&sandbox, offset, &["resume", "one", "--confirm", "b"]);
        assert_eq!(resumed.code, 0, "{resumed:?}");
        let log = sandbox.log();
        let gap = log["parts"][0]["gap_ms"].as_i64().unwrap();
        assert!((gap - sign * 3 * 3_600_000).abs() < 60_000, "{gap}");
        assert_eq!(statuses(&log), "a=passed b=passed");
        let journal = std::fs::read_to_string(sandbox.store().join("runs/one/journal.jsonl")).unwrap();
        let records: Vec<Value> = journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mono: Vec<u64> = records.iter().map(|record| record["mono"].as_u64().unwrap()).collect();
        assert!(
            mono.is_sorted() && *mono.last().unwrap() < 60_000,
            "the time between the parts does not count: {mono:?}"
        );
        let words = if sign < 0 { "by a clock that stood" } else { " h " };
        let markdown = sandbox.stepgate("log").stdout;
        assert!(markdown.contains(words), "{markdown}");
    }
}

#[test]
fn a_clock_that_is_set_while_a_run_goes_on_is_recorded_and_its_times_are_the_runs_own() {
    let sandbox = Sandbox::with(
        "```bash {name=a gate=none}\necho '-2h' > \"$HOME/clock\"; sleep 0.2\n```\n\n```bash {name=b gate=none}\n:\n```\n",
    );
    let library = Command::new("sh").args(["-c", "find /usr/lib -name 'libfaketime.so.1' | head -1"]).output().unwrap();
    sandbox.write("clock", "+0");
    let mut command = sandbox.command(["run", "r.md", "--run-id", "one"]);
    command.env("LD_PRELOAD", String::from_utf8_lossy(&library.stdout).trim());
    command.env("FAKETIME_TIMESTAMP_FILE", sandbox.path("clock")).env("FAKETIME_NO_CACHE", "1");
    command.env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let done = done(finish(&mut command, LIMIT));
    assert_eq!(done.code, 0, "{done:?}");
    let events = sandbox.events();
    let shifts: Vec<_> = events.iter().filter(|event| event["type"] == "clock-shifted").collect();
    assert_eq!(shifts.len(), 1, "{events:?}");
    let ahead = shifts[0]["ahead_ms"].as_i64().unwrap();
    assert!((ahead + 2 * 3_600_000).abs() < 60_000, "{ahead}");
    let log = sandbox.log();
    assert!(log["started"].as_str() < log["finished"].as_str(), "{log}");
}

#[test]
fn whatever_becomes_of_the_file_during_a_step_or_a_gate_what_was_planned_is_what_runs() {
    let other = "---\nstepgate: 1\n---\n```bash {name=b gate=none}\necho EVIL >> \"$HOME/witness\"\n```\n";
    for act in [
        "cat \"$HOME/other\" > \"$HOME/r.md\"",
        "mv \"$HOME/other\" \"$HOME/r.md\"",
        ": > \"$HOME/r.md\"",
        "rm \"$HOME/r.md\"",
        "mv \"$HOME/r.md\" \"$HOME/gone.md\"",
    ] {
        let body = format!(
            "```bash {{name=a gate=none}}\n{act}\n```\n\n```bash {{name=b}}\necho b >> \"$HOME/witness\"\n```\n"
        );
        let sandbox = Sandbox::with(&body);
        sandbox.write("other", other);
        let done = sandbox.stepgate("run r.md --run-id one --confirm b");
        assert_eq!(done.code, 0, "{act}: {done:?}");
        assert_eq!(sandbox.read("witness"), "b\n", "{act}");
        let events = sandbox.events();
        assert_eq!(events.iter().filter(|event| event["type"] == "runbook-changed").count(), 1, "{act}");
        let kept = std::fs::read_to_string(sandbox.store().join("runs/one/runbook.md")).unwrap();
        assert!(kept.contains("name=a") && !kept.contains("EVIL"), "{act}: the planned bytes are kept");
    }
}

#[test]
fn a_page_that_is_gone_or_no_longer_a_runbook_is_not_resumed_and_says_what_to_do() {
    for (act, words) in [("rm r.md", "cannot be read"), ("printf 'x' > r.md", "error")] {
        let sandbox = suspended(BODY);
        assert!(Command::new("sh").args(["-c", act]).current_dir(sandbox.path("")).status().unwrap().success());
        let done = sandbox.stepgate("resume one --confirm b");
        assert_eq!(done.code, 2, "{act}: {done:?}");
        assert!(done.stderr.contains(words), "{act}: {done:?}");
        assert_eq!(sandbox.read("witness"), "a\n", "{act}");
        assert_eq!(sandbox.log()["verdict"], "suspended", "{act}");
    }
}

#[test]
fn a_session_has_its_state_back_in_the_next_part_on_every_kind_of_target() {
    for (target, language) in [("", "bash"), ("  far: env\n", "bash"), ("  far: { run: env, shell: sh }\n", "sh")] {
        let on = if target.is_empty() { "" } else { " on=far" };
        let targets = if target.is_empty() { String::new() } else { format!("targets:\n{target}") };
        let functions = if language == "bash" { "greet() { echo \"hi $1\"; }\n" } else { "" };
        let greet = if language == "bash" { "greet you\n" } else { "" };
        let said = if language == "bash" { "hi you\n" } else { "" };
        let sandbox = Sandbox::new();
        sandbox.write(
            "r.md",
            format!(
                "---\nstepgate: 1\n{targets}---\n```{language} {{name=set effect=idempotent{on}}}\nmkdir -p deep; cd deep\nPLAIN='$(touch canary) it'\"'\"'s'\n\
                 export SHOWN=out\n{functions}set -f\numask 027\n```\n\n```{language} {{name=gate{on}}}\n:\n```\n\n\
                 ```{language} {{name=use effect=read{on}}}\npwd | sed 's|.*/||'\necho \"$PLAIN\"\nprintenv SHOWN\necho *\numask\n{greet}```\n\n\
                 ```output\ndeep\n$(touch canary) it's\nout\n*\n0027\n{said}```\n"
            ),
        );
        let suspended = sandbox.stepgate("run r.md --run-id one");
        assert_eq!(suspended.code, 3, "{target}: {suspended:?}");
        let resumed = sandbox.stepgate("resume one --confirm gate");
        assert_eq!(resumed.code, 0, "{target}: {resumed:?}");
        assert!(!sandbox.path("deep/canary").exists() && !sandbox.path("canary").exists());
        let states = sandbox.events().iter().filter(|event| !event["state"].is_null()).count();
        assert_eq!(states, 1, "{target}: only when it has changed");
    }
}

#[test]
fn a_directory_that_is_gone_fails_the_next_step_and_nothing_runs_elsewhere() {
    let sandbox = Sandbox::with(
        "```bash {name=go effect=idempotent}\nmkdir -p deep; cd deep\n```\n\n```bash {name=gate}\necho ran >> \"$HOME/witness\"\n```\n",
    );
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 3);
    std::fs::remove_dir(sandbox.path("deep")).unwrap();
    let resumed = sandbox.stepgate("resume one --confirm gate");
    assert_eq!(resumed.code, 1, "{resumed:?}");
    assert!(resumed.stderr.contains("deep"), "{resumed:?}");
    assert_eq!(sandbox.read("witness"), "");
    // Nothing of it was sent: it simply runs when the directory is there again.
    std::fs::create_dir(sandbox.path("deep")).unwrap();
    assert_eq!(sandbox.stepgate("resume one --confirm gate").code, 0);
    assert_eq!(sandbox.read("witness"), "ran\n");
}

#[test]
fn two_runs_of_one_runbook_on_different_targets_go_on_at_once() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "stepgate.toml",
        "[profile.a]\ntargets = { t = \"env\" }\n[profile.b]\ntargets = { t = \"env -u X\" }\n",
    );
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\ntargets: { t: sh }\n---\n```bash {name=a effect=read on=t}\ntouch \"$HOME/$STEPGATE_RUN\"\n\
         until test -e \"$HOME/a\" && test -e \"$HOME/b\"; do sleep 0.05; done\n```\n",
    );
    let start = |name: &str| sandbox.command(["run", "r.md", "--profile", name, "--run-id", name]).spawn().unwrap();
    let mut children = [start("a"), start("b")];
    for child in &mut children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}
