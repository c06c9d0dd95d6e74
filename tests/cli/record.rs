//! The record: written before anything is done, checkable by anybody, kept from everybody else.

use crate::harness::{Done, Sandbox, done, finish, is_alive, kill, statuses, wait_until};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Far more than any of these takes; only a hang gets here.
const LIMIT: Duration = Duration::from_secs(120);

/// `count` steps without gates; each adds a line to the witness.
fn steps(count: usize) -> String {
    let step = |n| format!("```bash {{name=s{n} gate=none}}\necho s{n} >> \"$HOME/witness\"\n```\n\n");
    (1..=count).map(step).collect()
}

/// A step that says that it runs, and goes on when it may, or when its test is over.
const HELD: &str = "```bash {name=held gate=none}\necho $$ > \"$HOME/held\"\nwhile test -e \"$HOME/held\" && ! test -e \"$HOME/go\"; do sleep 0.05; done\n```\n\n";

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Done {
    done(finish(&mut sandbox.command(arguments), LIMIT))
}

/// The steps that really ran.
fn witnesses(sandbox: &Sandbox) -> usize {
    sandbox.read("witness").lines().count()
}

fn run_folder(sandbox: &Sandbox, run: &str) -> PathBuf {
    sandbox.store().join("runs").join(run)
}

fn journal(sandbox: &Sandbox, run: &str) -> PathBuf {
    run_folder(sandbox, run).join("journal.jsonl")
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks a file of records from its bytes alone, as the documentation of the format says, and returns them.
fn chain(bytes: &[u8]) -> Vec<Value> {
    let mut prev = "0".repeat(64);
    let (mut records, mut mono) = (Vec::new(), 0);
    assert!(bytes.is_empty() || bytes.ends_with(b"\n"), "the last line has no end");
    for (seq, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = std::str::from_utf8(line).unwrap().strip_suffix('\n').unwrap();
        let at = line.rfind(",\"hash\":\"").unwrap_or_else(|| panic!("no hash: {line}"));
        let hash = hex(&line.as_bytes()[..at]);
        assert_eq!(&line[at..], format!(",\"hash\":\"{hash}\"}}"), "line {seq}");
        assert!(line.starts_with(&format!("{{\"seq\":{seq},\"prev\":\"{prev}\",\"time\":\"")), "line {seq}: {line}");
        let record: Value = serde_json::from_str(line).unwrap();
        let keys: Vec<_> = record.as_object().unwrap().keys().cloned().collect();
        let mut known = ["seq", "prev", "time", "mono", "event", "hash"].map(str::to_owned);
        known.sort();
        assert_eq!(keys, known);
        let now = record["mono"].as_u64().unwrap();
        assert!(now >= mono || seq == 0, "time runs back in line {seq}");
        (prev, mono) = (hash, now);
        records.push(record);
    }
    records
}

fn types(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["event"]["type"].as_str().unwrap()).collect()
}

#[test]
fn the_journal_is_a_chain_from_its_header_to_its_seal() {
    let sandbox = Sandbox::with(&format!("{}- [ ] Look\n", steps(2)));
    let done = run(&sandbox, &["run", "r.md", "--answer", "look=done:seen", "--run-id", "one"]);
    assert_eq!(done.code, 0, "{done:?}");
    let records = chain(&fs::read(journal(&sandbox, "one")).unwrap());
    let order = "run-started step-started step-finished step-started step-finished manual-answered closing sealed";
    assert_eq!(types(&records).join(" "), order);
    let header = &records[0]["event"];
    assert_eq!((&header["format"], &header["run"], &header["runbook"]), (&2.into(), &"one".into(), &"r.md".into()));
    assert_eq!(header["runbook_sha256"], hex(sandbox.read("r.md").as_bytes()));
    let seal = &records[records.len() - 1]["event"];
    assert_eq!(seal["records"].as_u64(), Some(records.len() as u64 - 1));
    assert_eq!((&seal["head"], &seal["verdict"]), (&records[records.len() - 2]["hash"], &"passed".into()));
    assert_eq!(fs::read(run_folder(&sandbox, "one").join("runbook.md")).unwrap(), sandbox.read("r.md").as_bytes());
    let plan: Value = serde_json::from_str(&sandbox.stepgate("plan r.md --format json").stdout).unwrap();
    assert!(plan.to_string().contains(header["plan"].as_str().unwrap()), "the plan that was shown is the one that ran");
}

#[test]
fn sha256sum_agrees_with_a_line_of_the_journal() {
    let sandbox = Sandbox::with(&steps(1));
    assert_eq!(run(&sandbox, &["run", "r.md", "--run-id", "one"]).code, 0);
    let script = "head -n 1 \"$0\" | sed 's/,\"hash\":\"[0-9a-f]*\"}$//' | tr -d '\\n' | sha256sum | cut -c1-64";
    let output = Command::new("sh").args(["-c", script]).arg(journal(&sandbox, "one")).output().unwrap();
    let first = &chain(&fs::read(journal(&sandbox, "one")).unwrap())[0];
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), first["hash"].as_str().unwrap());
}

#[test]
fn the_ledger_lists_when_a_run_began_was_left_and_was_sealed() {
    let sandbox = Sandbox::with(&steps(1));
    sandbox.runbook("s.md", "- [ ] Look\n");
    assert_eq!(run(&sandbox, &["run", "r.md", "--run-id", "one"]).code, 0);
    assert_eq!(run(&sandbox, &["run", "s.md", "--run-id", "two"]).code, 3);
    let records = chain(&fs::read(sandbox.store().join("ledger.jsonl")).unwrap());
    assert_eq!(types(&records).join(" "), "began sealed began left");
    for (at, run, verdict) in [(1, "one", "passed"), (3, "two", "suspended")] {
        let (line, lines) = (&records[at]["event"], chain(&fs::read(journal(&sandbox, run)).unwrap()));
        assert_eq!((&line["run"], &line["verdict"]), (&run.into(), &verdict.into()));
        assert_eq!(line["records"].as_u64(), Some(lines.len() as u64));
        assert_eq!(line["head"], lines.last().unwrap()["hash"]);
    }
    let suspended = chain(&fs::read(journal(&sandbox, "two")).unwrap());
    assert_eq!(types(&suspended).join(" "), "run-started run-suspended", "a suspended run is not sealed");
}

#[test]
fn nobody_else_can_read_the_store_whatever_the_umask() {
    for umask in ["000", "077", "022"] {
        let sandbox = Sandbox::with(&format!("{}```bash {{name=long gate=none}}\nseq 20000\n```\n", steps(1)));
        let shell = format!("umask {umask}; exec \"$0\" \"$@\"");
        let output = finish(&mut sandbox.wrapped(&["sh", "-c", &shell], &["run", "r.md", "--run-id", "one"]), LIMIT);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let mut seen = Vec::new();
        let mut waiting = vec![sandbox.store()];
        while let Some(path) = waiting.pop() {
            let data = fs::symlink_metadata(&path).unwrap();
            let want = if data.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(data.mode() & 0o7777, want, "umask {umask}: {}", path.display());
            if data.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
            seen.push(path.strip_prefix(sandbox.store()).unwrap().display().to_string());
        }
        for name in [
            "ledger.jsonl",
            ".gitignore",
            "runs/one/journal.jsonl",
            "runs/one/runbook.md",
            "runs/one/output/long.stdout",
        ] {
            assert!(seen.iter().any(|path| path == name), "{name} is not in {seen:?}");
        }
        assert_eq!(fs::read_to_string(sandbox.store().join(".gitignore")).unwrap(), "*\n");
    }
}

/// A store that is refused: exit 5, nothing ran, and what to do about it.
fn refuses_store(sandbox: &Sandbox, arguments: &[&str], words: &str) {
    let done = run(sandbox, arguments);
    assert_eq!(done.code, 5, "{words}: {done:?}");
    assert!(done.stderr.contains(words) && done.stderr.contains("help: "), "{words}: {}", done.stderr);
    assert_eq!(witnesses(sandbox), 0, "{words}");
}

#[test]
fn a_store_that_is_not_ones_own_folder_is_refused() {
    let sandbox = Sandbox::with(&steps(1));
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), sandbox.store()).unwrap();
    refuses_store(&sandbox, &["run", "r.md"], "a link");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    fs::remove_file(sandbox.store()).unwrap();

    fs::write(sandbox.store(), "x").unwrap();
    refuses_store(&sandbox, &["run", "r.md"], "no folder");
    fs::remove_file(sandbox.store()).unwrap();

    assert_eq!(run(&sandbox, &["run", "r.md"]).code, 0);
    fs::remove_file(sandbox.path("witness")).unwrap();
    for mode in [0o755, 0o710, 0o701, 0o770] {
        fs::set_permissions(sandbox.store(), fs::Permissions::from_mode(mode)).unwrap();
        refuses_store(&sandbox, &["run", "r.md"], "others can look into it");
        assert_eq!(sandbox.stepgate("log").code, 5, "the log of such a store is refused too");
    }
    fs::set_permissions(sandbox.store(), fs::Permissions::from_mode(0o700)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(sandbox.store(), Some(65534), None).unwrap();
        refuses_store(&sandbox, &["run", "r.md"], "somebody else");
        std::os::unix::fs::chown(sandbox.store(), Some(0), None).unwrap();
    }
    assert_eq!(run(&sandbox, &["run", "r.md"]).code, 0, "and a sound one is not");
}

#[test]
fn nothing_in_the_store_is_reached_through_a_link() {
    for name in ["runs", "locks", "ledger.jsonl", "ledger.lock"] {
        let sandbox = Sandbox::with(&steps(1));
        assert_eq!(run(&sandbox, &["run", "r.md"]).code, 0);
        fs::remove_file(sandbox.path("witness")).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("target");
        fs::rename(sandbox.store().join(name), &target).unwrap();
        symlink(&target, sandbox.store().join(name)).unwrap();
        let done = run(&sandbox, &["run", "r.md"]);
        assert_eq!((done.code, witnesses(&sandbox)), (5, 0), "{name}: {done:?}");
    }
}

#[test]
fn a_store_that_git_tracks_is_refused() {
    let sandbox = Sandbox::with(&steps(1));
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(sandbox.path(".")).env("HOME", sandbox.path(".")).stdout(Stdio::null());
        assert!(command.status().unwrap().success(), "git {arguments:?}");
    };
    git(&["init", "--quiet"]);
    assert_eq!(run(&sandbox, &["run", "r.md"]).code, 0);
    git(&["add", "."]);
    assert_eq!(run(&sandbox, &["run", "r.md"]).code, 0, "its own .gitignore keeps Git out");
    fs::remove_file(sandbox.path("witness")).unwrap();
    git(&["add", "--force", ".stepgate/ledger.jsonl"]);
    refuses_store(&sandbox, &["run", "r.md"], "Git tracks it");
}

#[test]
fn a_store_that_cannot_be_written_is_found_before_anything_runs() {
    let sandbox = Sandbox::with(&steps(1));
    for store in ["r.md/store", "/proc/stepgate-store", "missing/folder/store", "/dev/null"] {
        refuses_store(&sandbox, &["run", "r.md", "--store", store], "the store");
    }
}

#[test]
fn a_run_id_is_used_once_and_cannot_leave_its_folder() {
    let sandbox = Sandbox::with(&steps(1));
    assert_eq!(run(&sandbox, &["run", "r.md", "--run-id", "mine.1"]).code, 0);
    let before = fs::read(journal(&sandbox, "mine.1")).unwrap();
    let again = run(&sandbox, &["run", "r.md", "--run-id", "mine.1"]);
    assert_eq!((again.code, witnesses(&sandbox)), (2, 1), "{again:?}");
    assert!(again.stderr.contains("mine.1") && again.stderr.contains("help: "), "{}", again.stderr);
    assert_eq!(fs::read(journal(&sandbox, "mine.1")).unwrap(), before);
    for bad in ["", ".", "..", "../x", ".hidden", "a/b", "/tmp/x", "a b", "é", &"x".repeat(65)] {
        let done = run(&sandbox, &["run", "r.md", &format!("--run-id={bad}")]);
        assert_eq!((done.code, witnesses(&sandbox)), (2, 1), "{bad}: {done:?}");
    }
    assert_eq!(fs::read_dir(sandbox.store().join("runs")).unwrap().count(), 1);
}

#[test]
fn a_second_run_of_one_runbook_is_refused_and_the_holder_named() {
    let sandbox = Sandbox::with(&format!("{HELD}{}", steps(1)));
    symlink(sandbox.path("r.md"), sandbox.path("alias.md")).unwrap();
    let mut first = sandbox.command(["run", "r.md", "--run-id", "first"]).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the first run", || sandbox.path("held").exists());
    let ledger = fs::read(sandbox.store().join("ledger.jsonl")).unwrap();
    for name in ["r.md", "./r.md", "alias.md"] {
        let second = run(&sandbox, &["run", name]);
        assert_eq!(second.code, 6, "{name}: {second:?}");
        assert!(
            second.stderr.contains("first") && second.stderr.contains(&first.id().to_string()),
            "{}",
            second.stderr
        );
    }
    assert_eq!(fs::read(sandbox.store().join("ledger.jsonl")).unwrap(), ledger, "a refused run left a trace");
    assert_eq!(fs::read_dir(sandbox.store().join("runs")).unwrap().count(), 1);
    assert_eq!(sandbox.log()["verdict"], "running");
    fs::write(sandbox.path("go"), "").unwrap();
    assert!(first.wait().unwrap().success());
    assert_eq!(witnesses(&sandbox), 1);
    assert_eq!(run(&sandbox, &["run", "r.md"]).code, 0, "the lock is free again");
}

#[test]
fn whoever_only_looks_whether_a_run_goes_on_never_keeps_another_from_its_lock() {
    let sandbox = Sandbox::with(&steps(1));
    assert_eq!(run(&sandbox, &["run", "r.md"]).code, 0);
    let lock = fs::read_dir(sandbox.store().join("locks")).unwrap().next().unwrap().unwrap().path();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let codes: Vec<_> = std::thread::scope(|scope| {
        scope.spawn(|| {
            // What `stepgate log` does for a moment, done most of the time.
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                if let Ok(file) = fs::File::open(&lock) {
                    _ = file.try_lock_shared();
                    std::thread::sleep(Duration::from_millis(3));
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let codes = (0..5).map(|_| run(&sandbox, &["run", "r.md"]).code).collect();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        codes
    });
    assert_eq!(codes, [0; 5]);
}

#[test]
fn twenty_runs_of_different_runbooks_at_once_share_a_sound_ledger() {
    let sandbox = Sandbox::new();
    let mut children = Vec::new();
    for n in 0..20 {
        let name = format!("r{n}.md");
        sandbox.runbook(&name, &format!("```bash {{name=a gate=none}}\necho r{n} >> \"$HOME/witness{n}\"\n```\n"));
        let mut command = sandbox.command(["run", &name, "--run-id", &format!("id{n}")]);
        children.push(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let records = chain(&fs::read(sandbox.store().join("ledger.jsonl")).unwrap());
    for n in 0..20 {
        let of_run: Vec<_> =
            records.iter().filter(|record| record["event"]["run"] == format!("id{n}")).cloned().collect();
        assert_eq!(types(&of_run), ["began", "sealed"]);
        chain(&fs::read(journal(&sandbox, &format!("id{n}"))).unwrap());
        assert_eq!(sandbox.read(&format!("witness{n}")), format!("r{n}\n"));
    }
    assert_eq!(records.len(), 40);
}

#[test]
fn a_run_that_was_killed_leaves_its_step_in_doubt_and_its_lock_free() {
    let sandbox = Sandbox::with(&format!("{}{HELD}{}", steps(1), steps(2).replace("s1", "t1").replace("s2", "t2")));
    let mut first = sandbox.command(["run", "r.md", "--run-id", "first"]).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the step", || sandbox.path("held").exists());
    first.kill().unwrap();
    first.wait().unwrap();
    let pid = sandbox.read("held");
    let orphaned = is_alive(&pid);
    let log = sandbox.log();
    assert_eq!(statuses(&log), "s1=passed held=in-doubt t1=not-run t2=not-run");
    assert_eq!(log["verdict"], "in-doubt");
    let text = sandbox.stepgate("log").stdout;
    assert!(text.contains("In doubt") && text.contains("not sealed"), "{text}");
    chain(&fs::read(journal(&sandbox, "first")).unwrap());
    // Whether or not its step still runs, nobody holds the lock.
    fs::write(sandbox.path("go"), "").unwrap();
    let second = run(&sandbox, &["run", "r.md"]);
    if orphaned {
        kill(&pid);
    }
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.stderr.contains("first"), "the unfinished run is named: {}", second.stderr);
}

/// Runs under `strace` and returns its trace beside what was done.
fn traced(sandbox: &Sandbox, options: &[&str], arguments: &[&str]) -> (Done, String) {
    let trace = sandbox.path("trace");
    let mut wrapper = vec!["strace", "-f", "-qq", "-o", trace.to_str().unwrap()];
    wrapper.extend(options);
    let output = finish(&mut sandbox.wrapped(&wrapper, arguments), LIMIT);
    (done(output), sandbox.read("trace"))
}

fn syncs(body: &str, arguments: &[&str]) -> usize {
    let sandbox = Sandbox::with(body);
    let arguments = [&["run", "r.md"], arguments].concat();
    let (done, trace) =
        traced(&sandbox, &["-e", "trace=fdatasync,fsync,sync,syncfs,msync,sync_file_range"], &arguments);
    assert_eq!(done.code, 0, "{done:?}");
    trace.lines().filter(|line| line.contains("sync(")).count()
}

/// Syncs of going on with a run that waits at its first gate, in front of `count` steps.
fn syncs_of_resume(count: usize) -> usize {
    let sandbox = Sandbox::with(&format!("```bash {{name=first}}\n:\n```\n\n{}", steps(count)));
    assert_eq!(run(&sandbox, &["run", "r.md", "--run-id", "one"]).code, 3);
    let options = ["-e", "trace=fdatasync,fsync,sync,syncfs,msync,sync_file_range"];
    let (done, trace) = traced(&sandbox, &options, &["resume", "one", "--confirm", "first"]);
    assert_eq!(done.code, 0, "{done:?}");
    trace.lines().filter(|line| line.contains("sync(")).count()
}

#[test]
fn going_on_costs_a_sync_a_step_and_a_few_for_its_head_as_a_new_run_does() {
    let (five, fifteen) = (syncs_of_resume(5), syncs_of_resume(15));
    assert_eq!(fifteen - five, 10, "{five} syncs for 5 steps, {fifteen} for 15");
    // The probe of the store, the ledger's two lines, the head, the gate, the last outcome, the seal.
    assert!(five <= 5 + 12, "{five}");
}

#[test]
fn a_step_costs_one_sync_and_a_gate_one_more() {
    let constant = 20;
    let (five, fifteen) = (syncs(&steps(5), &[]), syncs(&steps(15), &[]));
    assert_eq!(fifteen - five, 10, "{five} syncs for 5 steps, {fifteen} for 15");
    assert!(five <= 5 + constant, "{five}");
    let gated = |count| steps(count).replace("gate=none", "gate=confirm");
    let (five, fifteen) = (syncs(&gated(5), &["--yes"]), syncs(&gated(15), &["--yes"]));
    assert_eq!(fifteen - five, 20, "{five} syncs for 5 gated steps, {fifteen} for 15");
    let long = |count| steps(count).replace("echo", "seq 20000; echo");
    let (two, four) = (syncs(&long(2), &[]), syncs(&long(4), &[]));
    assert!(four - two <= 6, "a long output costs its file and that file's name: {two} for 2, {four} for 4");
}

/// A run whose `nth` call of `fdatasync` on `file` (below the store) fails once with EIO.
fn with_failing_sync(body: &str, file: &str, nth: usize) -> (Sandbox, Done, String) {
    let sandbox = Sandbox::with(body);
    let path = sandbox.path(".").canonicalize().unwrap().join(".stepgate").join(file);
    let inject = format!("inject=fdatasync:error=EIO:when={nth}");
    let options = ["-P", path.to_str().unwrap(), "-e", "trace=fdatasync", "-e", &inject];
    let (done, trace) = traced(&sandbox, &options, &["run", "r.md", "--run-id", "one"]);
    (sandbox, done, trace)
}

#[test]
fn an_error_of_a_journals_sync_ends_the_run_and_is_not_tried_again() {
    let mut failed = 0;
    for nth in 1.. {
        let (sandbox, done, trace) = with_failing_sync(&steps(4), "runs/one/journal.jsonl", nth);
        let ran = witnesses(&sandbox);
        if done.code == 0 {
            assert_eq!((ran, trace.contains("EIO")), (4, false), "{trace}");
            break;
        }
        failed += 1;
        assert_eq!(done.code, 5, "sync {nth}: {done:?}");
        assert!(done.stderr.contains("record") && done.stderr.contains("nothing further was started"), "{done:?}");
        assert_eq!(trace.lines().filter(|line| line.contains("fdatasync(")).count(), nth, "tried again: {trace}");
        // The first sync is of the header, the second of the first intent, each further one of the next intent.
        assert_eq!(ran, nth.saturating_sub(2).min(4), "sync {nth}");
        let written = fs::read(journal(&sandbox, "one")).unwrap();
        let intents = types(&chain(&written)).iter().filter(|kind| **kind == "step-started").count();
        assert!(ran <= intents, "{ran} steps ran, {intents} intents can be read");
        // What was not made durable was not shown as done.
        let shown =
            done.stderr.lines().filter(|line| line.contains(": passed") && !line.contains("not recorded")).count();
        assert!(shown <= nth.saturating_sub(2).saturating_sub(usize::from(nth > 2)), "sync {nth}: {}", done.stderr);
    }
    assert_eq!(failed, 7, "a sync of the header, of four intents, of the last outcome, and of the seal");
}

#[test]
fn a_signal_between_two_steps_starts_nothing_more() {
    // The third sync is that of the intent of s2, with the outcome of s1: it takes its time, and the signal comes then.
    let sandbox = Sandbox::with(&steps(3));
    let path = sandbox.path(".").canonicalize().unwrap().join(".stepgate/runs/one/journal.jsonl");
    let wrapper =
        ["strace", "-f", "-qq", "-o", "/dev/null", "-P", path.to_str().unwrap(), "-e", "trace=fdatasync", "-e"];
    let wrapper = [&wrapper[..], &["inject=fdatasync:delay_enter=1500000:when=3"]].concat();
    let mut child = sandbox.wrapped(&wrapper, &["run", "r.md", "--run-id", "one"]).spawn().unwrap();
    wait_until("s1 ran", || witnesses(&sandbox) == 1);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let engine = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap();
    let engine = engine.split_whitespace().next().unwrap().to_owned();
    assert!(std::process::Command::new("kill").args(["-INT", &engine]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(witnesses(&sandbox), 1, "nothing is sent once the signal has come");
    let log = sandbox.log();
    assert_eq!(
        (statuses(&log).as_str(), log["verdict"].as_str()),
        ("s1=passed s2=failed s3=not-run", Some("interrupted"))
    );
    assert_eq!(log["steps"][1]["reason"], "transport");
}

#[test]
fn an_error_of_the_ledgers_sync_ends_the_run_too() {
    let (sandbox, done, _) = with_failing_sync(&steps(2), "ledger.jsonl", 1);
    assert_eq!((done.code, witnesses(&sandbox)), (5, 0), "a run that is not listed does not begin: {done:?}");
    let (sandbox, done, _) = with_failing_sync(&steps(2), "ledger.jsonl", 2);
    assert_eq!((done.code, witnesses(&sandbox)), (5, 2), "{done:?}");
    assert_eq!(sandbox.log()["verdict"], "passed");
}

#[test]
fn an_output_that_cannot_be_kept_ends_the_run() {
    let body = format!("```bash {{name=long gate=none}}\nseq 20000\n```\n\n{}", steps(1));
    let (sandbox, done, _) = with_failing_sync(&body, "runs/one/output/long.stdout", 1);
    assert_eq!((done.code, witnesses(&sandbox)), (5, 0), "{done:?}");
    assert!(done.stderr.contains("long: passed, not recorded"), "its result is known: {}", done.stderr);
    assert_eq!(statuses(&sandbox.log()), "long=in-doubt s1=not-run");
}

/// More steps than a full disk lets run.
const WORDY: usize = 25;

/// Steps that each print 3000 bytes, and a witness.
fn wordy_steps() -> String {
    steps(WORDY).replace("echo", "head -c 3000 /dev/zero | tr '\\0' x; echo")
}

/// After a disk that was full: nothing ran without an intent, what stands is sound, and a part of it was shown.
fn assert_no_history_was_invented(sandbox: &Sandbox, store: &Path, done: &Done) {
    assert_eq!(done.code, 5, "{done:?}");
    let ran = witnesses(sandbox);
    assert!((1..WORDY).contains(&ran), "{ran} steps ran: {done:?}");
    let bytes = fs::read(store.join("runs/one/journal.jsonl")).unwrap();
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let records = chain(&bytes[..whole]);
    let intents = types(&records).iter().filter(|kind| **kind == "step-started").count();
    assert!(ran <= intents, "{ran} steps ran, {intents} intents can be read");
    assert!(!types(&records).contains(&"sealed"));
    let log = run(sandbox, &["log", "one", "--store", store.to_str().unwrap(), "--format", "json"]);
    assert_eq!(log.code, 0, "{log:?}");
    let log: Value = serde_json::from_str(&log.stdout).unwrap();
    assert!(statuses(&log).starts_with("s1=passed "), "{log}");
}

#[test]
fn a_file_that_cannot_grow_ends_the_run_with_its_own_exit_code() {
    let sandbox = Sandbox::with(&wordy_steps());
    // 512-byte blocks in a POSIX shell, 1024 in bash: 20 or 40 KiB.
    let output = finish(
        &mut sandbox.wrapped(&["sh", "-c", "ulimit -f 40; exec \"$0\" \"$@\""], &["run", "r.md", "--run-id", "one"]),
        LIMIT,
    );
    assert_no_history_was_invented(&sandbox, &sandbox.store(), &done(output));
}

#[test]
fn a_full_disk_neither_loses_nor_invents_history() {
    let sandbox = Sandbox::with(&wordy_steps());
    fs::create_dir(sandbox.path("full")).unwrap();
    let script = "mount -t tmpfs -o size=64k,mode=700 none full || exit 77; \"$0\" \"$@\"; code=$?; cp -r full/store kept; exit $code";
    let wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c", script];
    let arguments = ["run", "r.md", "--run-id", "one", "--store", "full/store"];
    let done = done(finish(&mut sandbox.wrapped(&wrapper, &arguments), LIMIT));
    if done.code == 77 || done.stderr.contains("unshare failed") {
        return; // No user namespaces here; the limit on a file's size above stands in.
    }
    let kept = sandbox.path("kept");
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o700)).unwrap();
    assert_no_history_was_invented(&sandbox, &kept, &done);
}

#[test]
fn an_ephemeral_run_leaves_no_store_and_tells_the_same() {
    let body = format!("{}- [ ] Look\n", steps(2));
    let arguments = ["run", "r.md", "--answer", "look=done", "--format", "json"];
    let (kept, passing) = (Sandbox::with(&body), Sandbox::with(&body));
    let recorded = run(&kept, &arguments);
    let ephemeral = run(&passing, &[&arguments[..], &["--ephemeral"]].concat());
    assert_eq!((recorded.code, ephemeral.code), (0, 0), "{ephemeral:?}");
    assert!(!passing.store().exists());
    let left: Vec<_> = fs::read_dir(passing.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "only the runbook and the witness: {left:?}");
    assert_eq!(types(&chain(recorded.stdout.as_bytes())), types(&chain(ephemeral.stdout.as_bytes())));
    let (done, trace) =
        traced(&passing, &["-e", "trace=fdatasync,fsync"], &["run", "r.md", "--ephemeral", "--answer", "look=done"]);
    assert_eq!((done.code, trace.matches("sync(").count()), (0, 0), "it has nothing to sync");
    let both = run(&passing, &["run", "r.md", "--ephemeral", "--store", "x"]);
    assert_eq!(both.code, 2, "{both:?}");
}

#[test]
fn the_json_of_a_run_is_its_journal_byte_for_byte() {
    for body in [
        steps(3),
        "```bash {name=a gate=none}\nprintf '\\033[2Jé\\n'; false\n```\n".to_owned(),
        "- [ ] Wait\n".to_owned(),
    ] {
        let sandbox = Sandbox::with(&body);
        let output = finish(&mut sandbox.command(["run", "r.md", "--run-id", "one", "--format", "json"]), LIMIT);
        assert_eq!(output.stdout, fs::read(journal(&sandbox, "one")).unwrap());
        assert!(chain(&output.stdout).len() >= 2);
    }
}

#[test]
fn a_torn_last_line_is_named_and_what_stands_before_is_shown() {
    let sandbox = Sandbox::with(&steps(3));
    assert_eq!(run(&sandbox, &["run", "r.md", "--run-id", "one"]).code, 0);
    let path = journal(&sandbox, "one");
    let ledger = sandbox.store().join("ledger.jsonl");
    let listed = fs::read_to_string(&ledger).unwrap();
    let whole = fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    // Behind the outcome of s2: the intent of s3 is cut in its middle, at its end, and after its first byte.
    let sound: usize = lines[..5].iter().map(|line| line.len()).sum();
    for cut in [1, lines[5].len() / 2, lines[5].len() - 1] {
        fs::write(&path, &whole[..sound + cut]).unwrap();
        assert_eq!(sandbox.stepgate("log").code, 1, "the ledger knows of a seal: no crash cut this");
        fs::write(&ledger, listed.split_inclusive('\n').next().unwrap()).unwrap();
        let log = sandbox.stepgate("log --format json");
        fs::write(&ledger, &listed).unwrap();
        assert_eq!(log.code, 0, "{log:?}");
        assert!(log.stderr.contains("damaged"), "{}", log.stderr);
        let json: Value = serde_json::from_str(&log.stdout).unwrap();
        assert_eq!(statuses(&json), "s1=passed s2=passed s3=not-run");
        assert_ne!(json["verdict"], "passed");
        let text = sandbox.stepgate("log");
        assert!(text.stdout.contains("damaged") && !text.stdout.contains("journal sealed"), "{}", text.stdout);
        assert_eq!(fs::read(&path).unwrap().len(), sound + cut, "looking repairs nothing");
    }
}

#[test]
fn a_changed_record_is_named_and_nothing_behind_it_is_believed() {
    let sandbox = Sandbox::with(&steps(3));
    assert_eq!(run(&sandbox, &["run", "r.md", "--run-id", "one"]).code, 0);
    let path = journal(&sandbox, "one");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let third: usize = lines[..3].iter().map(|line| line.len()).sum();
    let changed = whole.replacen("\"name\":\"s2\",\"pass\"", "\"name\":\"s9\",\"pass\"", 1);
    let swapped = [lines[0], lines[1], lines[3], lines[2], lines[4]].concat();
    let dropped = [&lines[..2], &lines[3..]].concat().concat();
    let doubled = [&lines[..3], &lines[2..]].concat().concat();
    for (what, text, record) in
        [("changed", changed, 3), ("swapped", swapped, 2), ("dropped", dropped, 2), ("doubled", doubled, 3)]
    {
        assert_ne!(text, whole);
        fs::write(&path, text).unwrap();
        let log = sandbox.stepgate("log --format json");
        assert!(log.stderr.contains("damaged") && log.stderr.contains(&record.to_string()), "{what}: {}", log.stderr);
        if record == 3 {
            assert!(log.stderr.contains(&third.to_string()), "the byte is not named: {}", log.stderr);
        }
        let json: Value = serde_json::from_str(&log.stdout).unwrap();
        assert!(statuses(&json).ends_with("s3=not-run"), "{what}: {json}");
        assert_ne!(json["verdict"], "passed", "{what}");
    }
}

#[test]
fn whatever_becomes_of_the_standard_streams_the_record_is_whole() {
    for (redirection, what) in [
        ("<&- >&- 2>&-", "closed"),
        (">/dev/full 2>/dev/full", "full"),
        ("2>&1 | true", "a reader that is gone"),
        (">/dev/null 2>&- <&-", "no standard error"),
    ] {
        let sandbox = Sandbox::with(&steps(3).replace("echo", "sleep 0.1; echo told; echo"));
        let script = format!("\"$0\" \"$@\" {redirection}");
        let output = finish(&mut sandbox.wrapped(&["sh", "-c", &script], &["run", "r.md", "--run-id", "one"]), LIMIT);
        assert_eq!((output.status.code(), witnesses(&sandbox)), (Some(0), 3), "{what}: {output:?}");
        wait_until("the seal", || {
            types(&chain(&fs::read(journal(&sandbox, "one")).unwrap())).last() == Some(&"sealed")
        });
    }
}

#[test]
fn a_poor_environment_is_an_error_or_does_no_harm() {
    for (setting, codes) in [
        ("unset HOME", &[0][..]),
        ("unset PATH", &[0]),
        ("ulimit -n 64", &[0, 1]),
        ("ulimit -n 16", &[0, 1, 2, 5]),
        ("ulimit -n 9", &[0, 1, 2, 5]),
        ("mkdir gone; cd gone; rmdir ../gone", &[2]),
    ] {
        let mut sandbox = Sandbox::with("```bash {name=a gate=none}\necho ran >> \"$WITNESS\"\n```\n");
        let file = sandbox.path("r.md").display().to_string();
        sandbox.set("WITNESS", sandbox.path("witness").display().to_string());
        let script = format!("{setting}; exec \"$0\" \"$@\"");
        let output = finish(&mut sandbox.wrapped(&["sh", "-c", &script], &["run", &file, "--run-id", "one"]), LIMIT);
        let done = done(output);
        assert!(codes.contains(&done.code), "{setting}: {done:?}");
        assert_eq!(sandbox.read("witness"), if done.code == 0 { "ran\n" } else { "" }, "{setting}: {done:?}");
        assert!(!done.stderr.contains("panicked"), "{setting}: {done:?}");
        if done.code != 0 {
            assert!(done.stderr.contains("error") || done.stderr.contains("failed"), "{setting}: {done:?}");
        }
    }
}

#[test]
fn a_ledger_that_another_process_keeps_locked_is_not_waited_for_for_ever() {
    let sandbox = Sandbox::with(&steps(1));
    assert_eq!(run(&sandbox, &["run", "r.md"]).code, 0);
    let lock = sandbox.store().join("ledger.lock");
    let mut holder = std::process::Command::new("flock").arg(&lock).args(["sleep", "60"]).spawn().unwrap();
    wait_until("the lock is held", || {
        let tried = std::process::Command::new("flock").arg("-n").arg(&lock).arg("true").status().unwrap();
        !tried.success()
    });
    let second = run(&sandbox, &["run", "r.md"]);
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", holder.id())).unwrap();
    children.split_whitespace().for_each(kill);
    holder.wait().unwrap();
    assert_eq!((second.code, witnesses(&sandbox)), (6, 1), "{second:?}");
    assert!(second.stderr.contains("another process holds the lock"), "{}", second.stderr);
}

#[test]
fn a_damaged_ledger_does_not_hide_a_shortened_journal() {
    let sandbox = Sandbox::with(&steps(1));
    assert_eq!(run(&sandbox, &["run", "r.md", "--run-id", "one"]).code, 0);
    let ledger = sandbox.store().join("ledger.jsonl");
    let listed = fs::read_to_string(&ledger).unwrap();
    fs::write(&ledger, listed.replace("\"verdict\":\"passed\"", "\"verdict\":\"failed\"")).unwrap();
    let path = journal(&sandbox, "one");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    fs::write(&path, lines[..lines.len() - 2].concat()).unwrap();
    let log = sandbox.stepgate("log");
    assert!(log.code == 1 && log.stderr.contains("the ledger is damaged"), "{log:?}");
}

#[test]
fn what_a_damaged_record_holds_drives_no_terminal() {
    let sandbox = Sandbox::with(&steps(1));
    assert_eq!(run(&sandbox, &["run", "r.md", "--run-id", "one"]).code, 0);
    let path = journal(&sandbox, "one");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replace("\"type\":\"step-started\"", "\"type\":\"\\u001b]0;owned\\u0007\"")).unwrap();
    let log = sandbox.stepgate("log");
    assert!(log.code == 1 && log.stderr.contains("owned"), "{log:?}");
    assert!(!log.stderr.contains(['\u{1b}', '\u{7}']) && !log.stdout.contains(['\u{1b}', '\u{7}']), "{log:?}");
}

#[test]
fn a_signal_while_the_shell_starts_is_heard_and_leaves_nothing_in_doubt() {
    let mut sandbox = Sandbox::with(&steps(1));
    let slow = sandbox.write("bin/bash", "#!/bin/sh\ntouch \"$HOME/starting\"\nexec sleep 60\n");
    fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").unwrap());
    sandbox.set("PATH", path);
    let mut child = sandbox.command(["run", "r.md"]).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the shell starts", || sandbox.path("starting").exists());
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let log = sandbox.log();
    assert_eq!((statuses(&log).as_str(), log["verdict"].as_str()), ("s1=failed", Some("interrupted")));
}
