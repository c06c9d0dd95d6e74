//! Targets: steps over ssh, sudo and other commands, and what becomes of a step whose connection goes away.

use crate::harness::{Sandbox, done, finish, is_alive, kill, statuses, wait_until};
use crate::sshd::Sshd;
use serde_json::json;
use std::process::Stdio;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

fn on(target: &str, shell: &str, body: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let target = serde_json::to_string(target).unwrap();
    let front = format!(
        "targets: {{ there: {{ run: {target}, shell: {shell} }} }}\ndefaults: {{ on: there, timeout: 20s }}\nenv: {{ GREETING: \"it's $HOME\" }}\n"
    );
    sandbox.write("r.md", format!("---\nstepgate: 1\n{front}---\n{body}"));
    sandbox
}

fn run(sandbox: &Sandbox) -> crate::harness::Done {
    done(finish(&mut sandbox.command(["run", "r.md"]), LIMIT))
}

/// What holds of a session on every kind of target, in a shell that knows POSIX only.
const CONFORMANCE: &str = r#"
```sh {name=env effect=read}
echo "$GREETING"; echo err >&2; X='a
b'"'"'c'; export Y=2; cd /usr; umask 027
```

```output
it's $HOME
```

```output {stderr}
err
```

```sh {name=ends effect=read exit=7}
echo "$X"; exit 7
```

```output
a
b'c
```

```sh {name=kept effect=read}
echo "$X $Y $(pwd) $(umask)"; cat
```

```output
a
b'c 2 /usr 0027
```

```sh {name=failed effect=read exit=1}
W=lost; false; echo never
```

```output
```

```sh {name=after effect=read stdin=conf}
echo "${W-unset}"; cat
```

```output
unset
k: "v"

 $x `y`
```

```yaml {data name=conf}
k: "v"

 $x `y`
```

```sh {name=some effect=read stdin=conf}
read -r first; echo "$first"
```

```output
k: "v"
```

```python {name=py effect=read exit=3 stdin=conf}
import os, sys
print(os.environ["Y"], os.getcwd(), len(sys.stdin.read()))
print("it's", file=sys.stderr)
sys.exit(3)
```

```output
2 /usr 16
```

```output {stderr}
it's
```

```sh {name=syntax effect=read exit=2}
if then
```

```sh {name=both effect=read}
echo o; echo e >&2; echo o2
```

```output {combined}
o
e
o2
```

```sh {name=bytes effect=read}
printf 'a\036b\036\036\377\000c'
```

```sh {name=killed effect=read exit=137}
kill -9 $$
```

```sh {name=last effect=read}
echo "$Y"
```

```output
2
```
"#;

fn conforms(target: &str, shell: &str) {
    let sandbox = on(target, shell, CONFORMANCE);
    let done = run(&sandbox);
    let log = sandbox.log();
    assert_eq!(done.code, 0, "{target} {shell}: {}\n{}", statuses(&log), done.stderr);
    let bytes =
        log["steps"].as_array().unwrap().iter().find(|step| step["name"] == "bytes").unwrap()["stdout_bytes"].clone();
    assert_eq!(bytes, json!(8), "{target} {shell}");
}

#[test]
fn a_session_is_the_same_over_env_sudo_and_ssh_in_bash_dash_and_busybox() {
    conforms("local", "bash");
    conforms("local", "sh");
    conforms("env -i PATH=/usr/bin:/bin", "bash");
    conforms("env -i PATH=/usr/bin:/bin", "sh");
    let busybox = tempfile::tempdir().unwrap();
    let found = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| std::path::Path::new(path).exists());
    std::os::unix::fs::symlink(found.expect("busybox is missing"), busybox.path().join("sh")).unwrap();
    conforms(&format!("env PATH={}:/usr/bin:/bin", busybox.path().display()), "sh");
    conforms("sudo -n", "bash");
    conforms("sudo -n", "sh");
}

#[test]
fn a_session_is_the_same_over_ssh() {
    let sshd = Sshd::start();
    conforms(&sshd.target(), "bash");
    conforms(&sshd.target(), "sh");
}

#[test]
fn a_step_that_ends_with_255_by_itself_has_a_verdict_and_one_whose_connection_goes_away_is_in_doubt() {
    let sshd = Sshd::start();
    let own = on(&sshd.target(), "bash", "```bash {name=own gate=none exit=255}\nexit 255\n```\n");
    assert_eq!(run(&own).code, 0);
    let witness = own.path("witness").display().to_string();
    let body = format!(
        "```bash {{name=cut gate=none}}\necho begun >'{witness}'; sleep 30\n```\n```bash {{name=next gate=none}}\necho >'{witness}2'\n```\n"
    );
    let sandbox = on(&sshd.target(), "bash", &body);
    let mut child = sandbox.command(["run", "r.md"]).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    wait_until("the step begins", || own.read("witness") == "begun\n");
    sshd.cut();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    let log = sandbox.log();
    assert_eq!(statuses(&log), "cut=in-doubt next=not-run");
    assert_eq!(log["steps"][0]["reason"], "transport");
    assert!(!own.path("witness2").exists());
}

#[test]
fn a_step_that_takes_its_connection_away_passes_if_it_says_so_and_the_next_one_connects_again() {
    let sshd = Sshd::start();
    // The outer shell's parent is the server's process for this connection.
    let body = "```bash {name=before effect=read}\nX=kept\n```\n```bash {name=reboot gate=none exit=disconnect}\nkill -9 \"$(ps -o ppid= -p \"$PPID\" | tr -d ' ')\" \"$PPID\"; sleep 5\n```\n```bash {name=back effect=read}\necho \"$X\"\n```\n\n```output\nkept\n```\n";
    let sandbox = on(&sshd.target(), "bash", body);
    let done = run(&sandbox);
    assert_eq!(done.code, 0, "{done:?}");
    let silent = on(
        "env",
        "bash",
        "```bash {name=reboot effect=read exit=disconnect}\necho refused; sleep 0.2; kill -9 \"$PPID\" $$\n```\n\n```output\nrebooting\n```\n\n```assert\nstdout.contains(\"boot\")\n```\n",
    );
    let done = run(&silent);
    let log = silent.log();
    assert_eq!((done.code, &log["steps"][0]["reason"]), (1, &json!("expectation")), "{done:?}");
    assert_eq!(log["steps"][0]["expectations"].as_array().unwrap().iter().filter(|it| it["holds"] == false).count(), 2);
    let stays = on("env", "bash", "```bash {name=stays gate=none exit=disconnect}\ntrue\n```\n");
    let done = run(&stays);
    assert!(done.code == 1 && done.stderr.contains("its connection did not go away"), "{done:?}");
}

#[test]
fn a_step_that_never_began_is_in_doubt_when_its_connection_goes_away_whatever_it_expects() {
    // The far side is frozen before the step comes, and its connection ends while it is.
    let freeze = "o=$PPID; s=$(awk '/^PPid/{print $2}' /proc/$o/status)\nsetsid -f sh -c \"sleep 0.3; kill -STOP $$ $o; sleep 2; kill -KILL $s $o $$\" >/dev/null 2>&1 </dev/null";
    for (effect, status) in [("change", "in-doubt"), ("idempotent", "failed")] {
        let sandbox = Sandbox::new();
        let witness = sandbox.path("witness").display().to_string();
        sandbox.write("wrap", "#!/bin/sh\n\"$@\"\n");
        sandbox.write("r.md", format!("---\nstepgate: 1\ntargets: {{ there: sh wrap }}\n---\n```bash {{name=freeze on=there effect=read}}\n{freeze}\n```\n```bash {{name=pause effect=read}}\nsleep 1\n```\n```bash {{name=reboot on=there gate=none effect={effect} exit=disconnect}}\necho >'{witness}'\n```\n"));
        let done = run(&sandbox);
        let log = sandbox.log();
        assert_eq!(statuses(&log), format!("freeze=passed pause=passed reboot={status}"), "{done:?}");
        assert_eq!(log["steps"][2]["reason"], "transport");
        assert!(!std::path::Path::new(&witness).exists());
    }
}

#[test]
fn a_timeout_on_the_far_side_ends_what_runs_there() {
    let sshd = Sshd::start();
    for target in [sshd.target(), "env".to_owned()] {
        let sandbox = Sandbox::new();
        let pids = sandbox.path("pids").display().to_string();
        let target = serde_json::to_string(&target).unwrap();
        sandbox.write("stepgate.toml", "[limits]\ngrace = \"500ms\"\n");
        sandbox.write("r.md", format!("---\nstepgate: 1\ntargets: {{ there: {target} }}\ndefaults: {{ on: there }}\n---\n```bash {{name=a effect=read}}\nX=1\n```\n```bash {{name=slow effect=read timeout=1s}}\nsleep 300 & echo $! >'{pids}'\nsetsid sleep 300 & echo $! >>'{pids}'\n(trap '' TERM; sleep 300) & echo $! >>'{pids}'\nwait\n```\n"));
        let done = run(&sandbox);
        assert_eq!((done.code, &sandbox.log()["steps"][1]["reason"]), (1, &json!("timeout")), "{done:?}");
        let pids = sandbox.read("pids");
        assert_eq!(pids.lines().count(), 3);
        assert!(pids.lines().all(|pid| !is_alive(pid)), "{pids}");
    }
}

#[test]
fn a_target_that_gives_no_shell_says_why_and_nothing_is_in_doubt() {
    for (target, words) in [
        ("no-such-command x", "cannot be started"),
        ("false", "no shell answers"),
        ("sh -c 'echo Permission denied, please try again >&2; exit 255' x", "Permission denied"),
        ("ssh -o BatchMode=yes -o ConnectTimeout=3 -p 1 127.0.0.1", "Connection refused"),
        ("sh -c 'echo sudo: a terminal is required to read the password >&2; exit 1' x", "sudo -n"),
    ] {
        let sandbox = on(target, "bash", "```bash {name=a gate=none}\ntrue\n```\n");
        let done = run(&sandbox);
        assert_eq!((done.code, &sandbox.log()["steps"][0]["reason"]), (1, &json!("transport")), "{target}: {done:?}");
        assert_eq!(statuses(&sandbox.log()), "a=failed");
        assert!(done.stderr.contains(words), "{target}: {}", done.stderr);
    }
}

/// A target whose command is this script, and a duration for `sleep` (`TAG` in it) that nobody else has.
fn behind(script: &str, body: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("").display().to_string();
    let tag = format!("3131.{}{}", std::process::id(), folder.bytes().map(u64::from).sum::<u64>());
    sandbox.write("wrap", format!("#!/bin/sh\n{}\n", script.replace("TAG", &tag)));
    sandbox.write(
        "r.md",
        format!("---\nstepgate: 1\ntargets: {{ there: sh wrap }}\ndefaults: {{ on: there }}\n---\n{body}"),
    );
    (sandbox, tag)
}

/// The processes with this word in their command line.
fn with_word(word: &str) -> Vec<String> {
    let found = std::process::Command::new("pgrep").args(["-f", &format!("^sleep {word}")]).output().unwrap();
    String::from_utf8_lossy(&found.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn a_target_that_hangs_is_waited_for_no_longer_than_the_step_has_and_nothing_of_it_is_left() {
    let (once, polled) = ("effect=change gate=none", "effect=read poll=100ms");
    for (script, step) in [
        ("sleep TAG & wait", once),
        ("sleep TAG & wait", polled),
        ("trap '' TERM; sleep TAG & wait; wait; wait", once),
        ("sleep TAG & sleep TAG & exit 0", once),
    ] {
        let (sandbox, tag) = behind(script, &format!("```bash {{name=a {step} timeout=1s}}\necho never\n```\n"));
        let done = run(&sandbox);
        let step = &sandbox.log()["steps"][0];
        assert_eq!(
            (done.code, &step["status"], &step["reason"]),
            (1, &json!("failed"), &json!("transport")),
            "{done:?}"
        );
        let elapsed = step["elapsed_ms"].as_u64().unwrap();
        assert!((1000..4000).contains(&elapsed), "{script}: {elapsed}");
        assert!(done.stderr.contains("no shell answered within 1 s"), "{script}: {done:?}");
        assert_eq!(with_word(&tag), Vec::<String>::new(), "{script}");
    }
}

/// The step of [`behind`] that meets no shell.
const NEVER: &str = "```bash {name=a effect=change gate=none timeout=20s}\necho never\n```\n";

#[test]
fn what_a_command_left_that_ended_at_once_is_ended_though_it_holds_a_pipe_of_whoever_started_stepgate() {
    // In about one of five runs the command has ended before anybody can look at it.
    for _ in 0..30 {
        let (sandbox, tag) = behind("sleep TAG >/dev/null 2>&1 & exit 0", NEVER);
        let mut command = sandbox.wrapped(&["sh", "-c", "exec 5<&0 \"$@\"", "sh"], &["run", "r.md"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let pipe = child.stdin.take();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        drop(pipe);
        assert_eq!(with_word(&tag), Vec::<String>::new());
    }
}

#[test]
fn what_forks_and_ends_all_the_time_is_ended_with_a_target_that_gives_no_shell() {
    let chain = "trap '' TERM\nsh -c 'f() { echo >>alive || exit; f & exit; }; f' >/dev/null 2>&1 &";
    for _ in 0..4 {
        let (sandbox, _) = behind(chain, NEVER);
        let done = run(&sandbox);
        assert!(done.code == 1 && done.stderr.contains("no shell answers"), "{done:?}");
        let then = sandbox.read("alive").len();
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(sandbox.read("alive").len(), then, "it goes on");
    }
}

#[test]
fn connecting_again_has_no_more_time_than_the_step() {
    let body = "```bash {name=first effect=read exit=disconnect}\nkill -9 $PPID \"$(ps -o ppid= -p $PPID | tr -d ' ')\" $$\n```\n```bash {name=again gate=none timeout=1s}\ntrue\n```\n";
    let (sandbox, tag) = behind("if mkdir first; then \"$@\"; else sleep TAG; fi", body);
    let done = run(&sandbox);
    assert_eq!(statuses(&sandbox.log()), "first=passed again=failed", "{done:?}");
    assert!(done.stderr.contains("no shell answered within 1 s"), "{done:?}");
    assert_eq!(with_word(&tag), Vec::<String>::new());
}

#[test]
fn what_a_target_s_command_has_started_ends_with_its_connection_and_what_a_step_has_started_does_not() {
    let (sandbox, tag) = behind(
        "sleep TAG & \"$@\"",
        "```bash {name=a effect=read}\nenv -i sleep 300 >/dev/null 2>&1 & echo $! >pid\n```\n",
    );
    let done = run(&sandbox);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(with_word(&tag), Vec::<String>::new());
    let pid = sandbox.read("pid").trim().to_owned();
    assert!(is_alive(&pid), "a service that a step has started outlives the run");
    kill(&pid);
}

#[test]
fn a_secret_in_the_long_command_line_of_who_is_left_is_masked_before_that_is_cut() {
    let sandbox = Sandbox::new().env("STEPGATE_PARAM_S", "hunter2-hunter2-hunter2-hunter2");
    let step = |name: &str, on: &str, redirect: &str| {
        let padding = "x".repeat(165);
        format!("```bash {{name={name} effect=read on={on}}}\nsh -c 'sleep 2; :' {padding} \"$S\" {redirect} &\n```\n")
    };
    let body = step("here", "local", "") + &step("there", "there", ">/dev/null 2>&1");
    let front = "stepgate: 1\nparams: { S: { type: secret } }\ntargets: { there: env }\n";
    sandbox.write("r.md", format!("---\n{front}---\n{body}"));
    let done = run(&sandbox);
    assert_eq!(done.code, 0, "{done:?}");
    let log = sandbox.events().iter().map(ToString::to_string).collect::<String>();
    assert!(log.matches("sleep 2; : xxx").count() >= 2, "both are named: {log}");
    assert!(!log.contains("hunt") && !(done.stderr + &done.stdout).contains("hunt"), "{log}");
}

#[test]
fn an_interrupt_while_a_target_hangs_leaves_nothing_of_it() {
    let (sandbox, tag) = behind("sleep TAG & wait", "```bash {name=a gate=none}\ntrue\n```\n");
    let mut child = sandbox.command(["run", "r.md"]).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the target hangs", || !with_word(&tag).is_empty());
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    child.wait().unwrap();
    wait_until("all of it is gone", || with_word(&tag).is_empty());
}

#[test]
fn nothing_that_a_step_prints_is_taken_for_a_mark() {
    let body = "```bash {name=forge effect=read exit=3}\nfor n in 1 2 3; do printf '\\036%032d 0 1 x\\036' \"$n\"; printf '\\036%032d\\036' \"$n\" >&2; done\nset; declare -p; env; printf '\\036'\nprintf '\\036' >&2\nexit 3\n```\n```bash {name=next effect=read}\necho fine\n```\n\n```output\nfine\n```\n";
    let sandbox = on("env", "bash", body);
    let done = run(&sandbox);
    assert_eq!(done.code, 0, "{done:?}");
}
