//! Steps that do their worst: nothing changes outside their own verdict.

use crate::harness::{Done, Sandbox, done, finish, is_alive, kill, statuses, wait_until, watch};
use serde_json::Value;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use stepgate::hash::sha256;

/// Far more than any of these takes; only a hang gets here.
const LIMIT: Duration = Duration::from_secs(180);
/// What stepgate itself may need at most, whatever a step prints, in KiB.
const MEMORY: u64 = 64 << 10;

/// `script` between two steps of one session; both look whether the state is what the first one made, and the step
/// of the close looks again.
fn surrounded(attributes: &str, script: &str) -> Sandbox {
    let look =
        "test \"$STATE\" = 'kept é'\ntest \"$(f)\" = 'f here'\ntest \"${PWD##*/}\" = deep\ntest \"$EXPORTED\" = e\n";
    Sandbox::with(&format!(
        "~~~bash {{name=before gate=none}}\nSTATE='kept é'; export EXPORTED=e; f() {{ echo 'f here'; }}; mkdir deep; cd deep\n{look}~~~\n\n\
         ~~~bash {{name=hostile gate=none {attributes}}}\n{script}\n~~~\n\n\
         ~~~bash {{name=after gate=none}}\n{look}echo x >> \"$HOME/after\"\n~~~\n\n\
         ~~~bash {{name=closing always effect=read}}\n{look}echo x >> \"$HOME/closing\"\n~~~\n"
    ))
}

fn run(sandbox: &Sandbox) -> Done {
    done(finish(&mut sandbox.command(["run", "r.md"]), LIMIT))
}

fn step<'l>(log: &'l Value, name: &str) -> &'l Value {
    log["steps"].as_array().unwrap().iter().find(|step| step["name"] == name).unwrap()
}

/// Nothing in `bytes` drives a terminal: no control but newline and tab, no C1, nothing that reorders.
fn assert_tame(what: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what} is no UTF-8: {error}"));
    let bad = text.chars().find(|&c| c != '\n' && c != '\t' && stepgate::text::is_dangerous(c));
    assert_eq!(bad, None, "in {what}: {text:?}");
}

#[test]
fn a_step_that_ends_its_own_shell_changes_nothing_but_its_verdict() {
    for (script, accept, code) in [
        ("kill -9 $$", "exit=137", 137),
        ("kill -SEGV $$", "exit=139", 139),
        ("exec true", "", 0),
        ("exec bash -c 'exit 7'", "exit=7", 7),
        ("exit 3", "exit=3", 3),
        ("trap 'echo bye' EXIT; STATE=spoilt; exit 3", "exit=3", 3),
        ("STATE=spoilt; false", "exit=1", 1),
        ("cd /; unset -f f; export EXPORTED=no; kill -9 $$", "exit=137", 137),
        ("exec >/dev/null 2>&1 <&-; exit 4", "exit=4", 4),
    ] {
        let sandbox = surrounded(accept, script);
        let done = run(&sandbox);
        assert_eq!(done.code, 0, "{script}: {done:?}");
        let log = sandbox.log();
        assert_eq!(statuses(&log), "before=passed hostile=passed after=passed closing=passed", "{script}");
        assert_eq!(step(&log, "hostile")["exit_code"], code, "{script}");
        assert_eq!((sandbox.read("after"), sandbox.read("closing")), ("x\n".into(), "x\n".into()), "{script}");
    }
}

#[test]
fn the_same_without_leave_fails_and_the_close_still_has_the_state() {
    for (script, code, reason, signal) in [
        ("kill -9 $$", 137, "signal", Value::from(9)),
        ("kill -TERM $$", 143, "signal", Value::from(15)),
        ("exec false", 1, "exit", Value::Null),
        ("STATE=spoilt; cd /; exit 3", 3, "exit", Value::Null),
        ("STATE=spoilt; no-such-command-here", 127, "exit", Value::Null),
        ("./r.md 2>/dev/null || \"$HOME/r.md\"", 126, "exit", Value::Null),
        ("STATE=spoilt; echo \"$unset_name\"", 1, "exit", Value::Null),
        ("if then", 2, "exit", Value::Null),
    ] {
        let sandbox = surrounded("", script);
        let done = run(&sandbox);
        assert_eq!(done.code, 1, "{script}: {done:?}");
        let log = sandbox.log();
        assert_eq!(statuses(&log), "before=passed hostile=failed after=not-run closing=passed", "{script}");
        let hostile = step(&log, "hostile");
        let got = (&hostile["exit_code"], &hostile["reason"], &hostile["signal"]);
        assert_eq!(got, (&Value::from(code), &Value::from(reason), &signal), "{script}");
        assert_eq!((sandbox.read("after"), sandbox.read("closing")), (String::new(), "x\n".into()), "{script}");
    }
}

#[test]
fn a_step_that_kills_the_whole_session_is_in_doubt_and_stepgate_lives_to_tell() {
    for script in ["kill -9 0", "kill -9 $PPID; sleep 60"] {
        let sandbox = surrounded("", script);
        let done = run(&sandbox);
        assert_eq!(done.code, 4, "{script}: {done:?}");
        let log = sandbox.log();
        assert_eq!(statuses(&log), "before=passed hostile=in-doubt after=not-run closing=not-run", "{script}");
        assert_eq!(step(&log, "hostile")["reason"], "transport", "{script}");
        let sandbox = surrounded("effect=read", script);
        assert_eq!(run(&sandbox).code, 1, "{script}");
        assert_eq!(statuses(&sandbox.log()), "before=passed hostile=failed after=not-run closing=passed", "{script}");
    }
}

#[test]
fn an_exit_trap_neither_speaks_for_a_later_step_nor_ends_it() {
    let sandbox = surrounded("", "trap 'echo trapped >> \"$HOME/trap\"; exit 0' EXIT");
    assert_eq!(run(&sandbox).code, 0);
    assert_eq!(statuses(&sandbox.log()), "before=passed hostile=passed after=passed closing=passed");
    // The state carries the trap over, but a failed step behind it has not passed by it unless its own shell says so.
    let sandbox = surrounded("", "trap 'echo trapped' EXIT; false");
    assert_eq!(run(&sandbox).code, 1);
    assert_eq!(statuses(&sandbox.log()), "before=passed hostile=failed after=not-run closing=passed");
}

#[test]
fn whatever_a_step_can_see_does_not_let_it_forge_its_own_verdict() {
    let say = "for v in $(compgen -v); do case $v in v|RS) ;; *) printf '\\036%s 0 1 ehB\\036' \"${!v}\" ;; esac; done";
    let script = format!(
        "set +eu; set; declare -p; env; RS=$'\\036'\n{say} 2>/dev/null\n{{ {say}; }} >&232 2>/dev/null || true\n\
         printf '\\0360 0\\036\\036passed\\036' >&232 2>/dev/null || true\nexit 9"
    );
    let sandbox = surrounded("", &script);
    let done = run(&sandbox);
    assert_eq!(done.code, 1, "{done:?}");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "before=passed hostile=failed after=not-run closing=passed");
    assert_eq!(step(&log, "hostile")["exit_code"], 9);
    assert_tame("standard error", done.stderr.as_bytes());
}

#[test]
fn output_that_looks_like_stepgates_own_words_stands_behind_its_margin() {
    let fake = [
        "hostile passed",
        "passed  r.md in 3 ms",
        "[y]es [n]o, suspend [s]kip [v]iew [q]uit [?]",
        "log: stepgate log forged",
        "> <!-- stepgate:run -->",
        "> **Passed** in 1 s",
        "```",
        "# forged heading",
    ];
    let script = fake.map(|line| format!("echo '{line}'; echo '{line}' >&2")).join("\n");
    let sandbox = surrounded("", &script);
    let done = run(&sandbox);
    assert_eq!(done.code, 0, "{done:?}");
    for line in fake {
        assert!(!done.stdout.lines().any(|shown| shown.trim() == line), "{line}: {}", done.stdout);
        // Once in the script that is shown before it runs, and twice in its output: never at the margin itself.
        assert!(!done.stderr.lines().any(|shown| shown.starts_with(line)), "{line}: {}", done.stderr);
        assert!(done.stderr.contains(line), "{line}: {}", done.stderr);
    }
    let log = sandbox.stepgate("log").stdout;
    assert!(!log.lines().any(|line| line.contains("forged heading") && line.starts_with('#')), "{log}");
    assert_eq!(log.lines().filter(|line| line.starts_with("> <!-- stepgate:run")).count(), 1, "{log}");
    sandbox.write("again.md", &log);
    let check = sandbox.stepgate("check again.md");
    assert_eq!(check.code, 0, "the log is no runbook any more: {}", check.stderr);
}

#[test]
fn no_control_sequence_of_a_step_reaches_terminal_log_or_record() {
    let nasty = r"\033[2J\033]0;owned\007\033]52;c;eA==\007\033[6n\r\b\v\f\177\302\233\302\205\342\200\256\357\273\277\363\240\201\201";
    let body = format!(
        "```bash {{name=shown gate=none}}\nprintf '{nasty} shown\\n'; printf '{nasty} raw \\233\\n' >&2\n```\n\n\
         ```bash {{name=taken gate=none capture=TAKEN}}\nprintf 'a{nasty}b'\n```\n\n\
         ```bash {{name=grouped gate=none}}\nprintf 'g \\302\\233x\\n'\n```\n\n```output\ng (?<GROUP>.*) (re)\n```\n\n\
         ```bash {{name=refused gate=none}}\nprintf 'a{nasty}\\n'\n```\n\n```output\nsomething else {{{{TAKEN}}}}\n```\n"
    );
    let sandbox = Sandbox::with(&body);
    for format in ["human", "json"] {
        let output = finish(&mut sandbox.command(["run", "r.md", "--format", format]), LIMIT);
        assert_eq!(output.status.code(), Some(1));
        assert_tame("standard output", &output.stdout);
        assert_tame("standard error", &output.stderr);
        for format in ["markdown", "json", "html", "junit"] {
            let output = finish(&mut sandbox.command(["log", "--format", format]), LIMIT);
            assert_eq!(output.status.code(), Some(0));
            assert_tame(&format!("the {format} log"), &output.stdout);
        }
        let journal = sandbox.store().join("runs").join(sandbox.log()["run"].as_str().unwrap()).join("journal.jsonl");
        assert_tame("the journal", &std::fs::read(journal).unwrap());
    }
    let log = sandbox.log();
    assert_eq!(statuses(&log), "shown=passed taken=passed grouped=passed refused=failed");
    // Escaped in every view, and still the very bytes for whoever reads it back.
    assert_eq!(log["variables"]["GROUP"], "\u{9b}x");
    let script = format!("printf '{nasty} shown\\n'");
    assert_eq!(step(&log, "shown")["stdout_sha256"], sha256_of(&script));
}

#[test]
fn a_step_that_reads_gets_nothing_and_does_not_wait() {
    let sandbox = surrounded("", "test -z \"$(cat)\"; ! read -r x");
    let mut command = sandbox.command(["run", "r.md"]);
    // An operator's standard input full of consent is nothing to a step.
    let mut yes = Command::new("yes").stdout(std::process::Stdio::piped()).spawn().unwrap();
    command.stdin(yes.stdout.take().unwrap());
    let output = finish(&mut command, LIMIT);
    yes.kill().unwrap();
    yes.wait().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_step_has_no_terminal_to_write_to_or_to_type_into() {
    let sandbox = surrounded("", "echo forged > /dev/tty");
    let done = run(&sandbox);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.stderr.contains("a step has none"), "no hint: {}", done.stderr);
    let push = "perl -e 'open(T, \"+<\", \"/dev/tty\") or exit 6; ioctl(T, 0x5412, \"y\") or exit 7' || test $? = 6";
    let sandbox = surrounded("", &format!("{push}\n! tty -s"));
    let done = run(&sandbox);
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn a_background_process_that_holds_the_pipe_holds_up_nobody_and_is_named() {
    let sandbox =
        surrounded("", "sleep 97 & echo $! > \"$HOME/pid\"\nwhile [[ $(< /proc/$!/comm) != sleep ]]; do :; done");
    let done = run(&sandbox);
    let pid = sandbox.read("pid");
    let alive = is_alive(&pid);
    kill(&pid);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(alive, "nobody asked for its end");
    let events = sandbox.events();
    let finished = events.iter().find(|event| event["type"] == "step-finished" && event["step"]["name"] == "hostile");
    let left = &finished.unwrap()["left_running"][0];
    assert_eq!(left["pid"].to_string(), pid.trim());
    assert!(left["command"].as_str().unwrap().contains("sleep 97"), "{left}");
    assert!(sandbox.stepgate("log").stdout.contains("sleep 97"));
}

#[test]
fn late_output_is_counted_and_in_neither_match_nor_hash() {
    let sandbox = Sandbox::with(
        "```bash {name=parent gate=none}\necho now\n{ while ! test -e \"$HOME/go\"; do sleep 0.05; done; echo late; touch \"$HOME/gone\"; } &\n```\n\n```output\nnow\n```\n\n\
         ```bash {name=next gate=none}\ntouch \"$HOME/go\"\nwhile ! test -e \"$HOME/gone\"; do sleep 0.05; done\necho mine\n```\n\n```output\nmine\n```\n",
    );
    let done = run(&sandbox);
    assert_eq!(done.code, 0, "{done:?}");
    let log = sandbox.log();
    let parent = step(&log, "parent");
    assert_eq!((&parent["late_output_bytes"], &parent["stdout_bytes"]), (&5.into(), &4.into()));
    assert_eq!(parent["stdout_sha256"], sha256_of("echo now"));
    assert_eq!(step(&log, "next")["late_output_bytes"], 0);
}

fn sha256_of(script: &str) -> String {
    let output = Command::new("bash").args(["-c", &format!("{{ {script}; }} | sha256sum")]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

#[test]
fn two_hundred_megabytes_of_output_need_little_memory_and_keep_their_hash() {
    let script = "set +o pipefail; yes 'a line of output that is neither short nor long' | head -c 200000000";
    let sandbox = surrounded("", script);
    let (output, peak) = watch(&mut sandbox.command(["run", "r.md"]), LIMIT);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(peak < MEMORY, "{peak} KiB");
    let log = sandbox.log();
    let hostile = step(&log, "hostile");
    assert_eq!(hostile["stdout_bytes"], 200_000_000);
    assert_eq!(hostile["stdout_sha256"], sha256_of(script));
    let kept = std::fs::metadata(
        sandbox.store().join("runs").join(log["run"].as_str().unwrap()).join("output/hostile.stdout"),
    );
    assert_eq!(kept.unwrap().len(), 64 << 20, "what is kept is cut, and the record says so");
    let (log, peak) = watch(&mut sandbox.command(["log"]), LIMIT);
    assert!(log.stdout.len() < 100_000 && peak < MEMORY, "{} bytes, {peak} KiB", log.stdout.len());
}

#[test]
fn one_line_of_a_hundred_megabytes_needs_little_memory() {
    let script = "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo end";
    let sandbox = Sandbox::with(&format!(
        "```bash {{name=long gate=none}}\n{script}\n```\n\n```output\n...\nend\n```\n\n\
         ```bash {{name=error gate=none}}\n{{ {script}; }} >&2\n```\n\n```output {{stderr}}\n...\nend\n```\n"
    ));
    let (output, peak) = watch(&mut sandbox.command(["run", "r.md"]), LIMIT);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(peak < MEMORY, "{peak} KiB");
    assert!(output.stderr.len() < 1 << 20, "{} bytes are shown", output.stderr.len());
    let (log, hash) = (sandbox.log(), sha256_of(script));
    assert_eq!(step(&log, "long")["stdout_sha256"], hash);
    assert_eq!(step(&log, "error")["stderr_sha256"], hash);
}

#[test]
fn nul_and_invalid_utf_8_are_kept_byte_for_byte() {
    let script = "printf 'a\\0b\\377\\303\\n'";
    let sandbox = surrounded("", script);
    let output = finish(&mut sandbox.command(["run", "r.md"]), LIMIT);
    assert_eq!(output.status.code(), Some(0));
    assert_tame("standard error", &output.stderr);
    let log = sandbox.log();
    assert_eq!(step(&log, "hostile")["stdout_sha256"], sha256_of(script));
    let folder = sandbox.store().join("runs").join(log["run"].as_str().unwrap());
    assert_eq!(std::fs::read(folder.join("output/hostile.stdout")).unwrap(), b"a\0b\xff\xc3\n");
    assert_tame("the log", &finish(&mut sandbox.command(["log"]), LIMIT).stdout);
}

/// Every shape of process that outlives a TERM; each writes its pid to `pids`.
const STAYERS: &str = r#"p="$HOME/pids"
setsid bash -c 'echo $$ >> "$0"; exec sleep 300' "$p" &
nohup bash -c 'echo $$ >> "$0"; exec sleep 300' "$p" >/dev/null 2>&1 &
(setsid bash -c 'trap "" TERM HUP INT; echo $$ >> "$0"; while :; do sleep 300; done' "$p" > /dev/null 2>&1 </dev/null &)
bash -c 'echo $$ >> "$0"; kill -STOP $$; sleep 300' "$p" &
env -u STEPGATE_SESSION setsid bash -c 'echo $$ >> "$0"; exec sleep 300' "$p" &
trap '' TERM
echo $$ >> "$p"
while :; do sleep 300; done"#;

/// Runs [`STAYERS`] into its timeout, sees that nobody survives, and returns what became of it.
fn timed_out(attributes: &str) -> (Sandbox, Done) {
    let sandbox = surrounded(&format!("timeout=2s {attributes}"), STAYERS);
    let done = run(&sandbox);
    let pids = sandbox.read("pids");
    assert_eq!(pids.lines().count(), 6, "{pids:?} {done:?}");
    let alive: Vec<_> = pids.lines().filter(|pid| is_alive(pid)).collect();
    alive.iter().for_each(|pid| kill(pid));
    assert_eq!(alive, [""; 0], "survivors: {done:?}");
    (sandbox, done)
}

#[test]
fn a_read_that_times_out_has_failed_its_whole_tree_is_gone_and_the_close_runs_once() {
    let (sandbox, done) = timed_out("effect=read");
    assert_eq!(done.code, 1, "{done:?}");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "before=passed hostile=failed after=not-run closing=passed");
    assert_eq!((&log["verdict"], &step(&log, "hostile")["reason"]), (&"failed".into(), &"timeout".into()));
    assert_eq!(sandbox.read("closing"), "x\n");
    assert_eq!(sandbox.events().last().unwrap()["type"], "sealed");
}

#[test]
fn a_change_that_times_out_is_in_doubt_and_nothing_is_closed() {
    let (sandbox, done) = timed_out("");
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.stderr.contains("# hostile is in doubt: look at its target"), "{done:?}");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "before=passed hostile=in-doubt after=not-run closing=not-run");
    assert_eq!((&log["verdict"], &step(&log, "hostile")["reason"]), (&"in-doubt".into(), &"timeout".into()));
    assert_eq!(sandbox.read("closing"), "");
    let events = sandbox.events();
    assert!(!events.iter().any(|event| event["type"] == "sealed" || event["type"] == "closing"), "{events:?}");
}

#[test]
fn what_would_run_before_or_inside_a_step_does_not_come_in_by_the_environment() {
    let sandbox = surrounded(
        "",
        "test -z \"${BASH_ENV-}${ENV-}${LD_STEPGATE_TEST-}${STEPGATE_OWN-}\"\n! declare -F ls smuggled\ntest \"$KUBECONFIG\" = kept\n\
         case $- in *x*) exit 8 ;; esac\nbash -c '! declare -F smuggled && test -z \"${BASH_ENV-}\"'\nls / > /dev/null",
    );
    let evil = sandbox.write("evil.sh", "touch \"$HOME/owned\"");
    let sandbox = sandbox
        .env("BASH_ENV", evil.display().to_string())
        .env("ENV", evil.display().to_string())
        .env("PS4", "$(touch $HOME/owned)")
        .env("SHELLOPTS", "xtrace")
        .env("BASHOPTS", "extdebug")
        .env("LD_STEPGATE_TEST", "1")
        .env("BASH_FUNC_ls%%", "() { touch $HOME/owned; }")
        .env("BASH_FUNC_smuggled%%", "() { touch $HOME/owned; }")
        .env("STEPGATE_OWN", "1")
        .env("TMOUT", "1")
        .env("KUBECONFIG", "kept");
    let done = run(&sandbox);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!sandbox.path("owned").exists());
}

#[test]
fn a_step_knows_its_run_its_name_and_its_target() {
    let sandbox = Sandbox::with(
        "```bash {name=first gate=none}\nSTEPGATE_STEP=lie\n```\n\n```bash {name=knows gate=none}\nbash -c 'echo \"$STEPGATE_RUN $STEPGATE_STEP $STEPGATE_TARGET\"'\n```\n\n```output\nmy-run knows local\n```\n",
    );
    let done = sandbox.stepgate("run r.md --run-id my-run");
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn exit_codes_are_accepted_exactly_as_written() {
    for (exit, code, passes) in [
        ("0", 0, true),
        ("0", 1, false),
        ("3", 3, true),
        ("3", 0, false),
        ("1,3", 3, true),
        ("1,3", 2, false),
        ("nonzero", 1, true),
        ("nonzero", 255, true),
        ("nonzero", 0, false),
        ("any", 0, true),
        ("any", 42, true),
        ("any", 126, false),
        ("any", 127, false),
        ("any", 137, false),
        ("nonzero", 143, false),
        ("127", 127, true),
        ("137", 137, true),
    ] {
        let body = format!("```bash {{name=a gate=none exit={exit}}}\nexit {code}\n```\n");
        let done = Sandbox::with(&body).stepgate("run r.md --ephemeral");
        assert_eq!(done.code, if passes { 0 } else { 1 }, "exit={exit} {code}: {done:?}");
    }
}

#[test]
fn a_capture_takes_what_a_variable_can_hold_and_fails_clearly_beyond() {
    let most = (128 << 10) - 256;
    for (script, refused) in [
        (format!("head -c {most} /dev/zero | tr '\\0' x"), ""),
        (format!("head -c {} /dev/zero | tr '\\0' x", most + 1), "more than the"),
        ("head -c 3000000 /dev/zero | tr '\\0' x".to_owned(), "more than the"),
        ("printf 'a\\0b'".to_owned(), "NUL"),
        ("printf 'a\\377b'".to_owned(), "not UTF-8"),
        ("printf '  trimmed \\n\\n'".to_owned(), ""),
        (":".to_owned(), ""),
    ] {
        // An external command behind it: the value must still fit what the kernel takes.
        let sandbox = Sandbox::with(&format!(
            "```bash {{name=take gate=none capture=TAKEN}}\n{script}\n```\n\n```bash {{name=use gate=none}}\nprintf %s \"$TAKEN\" > taken; /usr/bin/env true\n```\n"
        ));
        let done = run(&sandbox);
        let log = sandbox.log();
        if refused.is_empty() {
            assert_eq!(done.code, 0, "{script}: {done:?}");
            let taken = String::from_utf8(Command::new("bash").args(["-c", &script]).output().unwrap().stdout).unwrap();
            assert_eq!(sandbox.read("taken"), taken.trim(), "{script}");
            continue;
        }
        assert_eq!(done.code, 1, "{script}: {done:?}");
        assert_eq!(statuses(&log), "take=failed use=not-run", "{script}");
        assert!(done.stderr.contains("TAKEN") && done.stderr.contains(refused), "{script}: {}", done.stderr);
        assert_eq!(log["variables"], Value::Object(Default::default()), "{script}");
    }
}

#[test]
fn a_named_group_takes_no_more_than_a_variable_can_hold() {
    let body = "```bash {name=take gate=none}\nhead -c 200000 /dev/zero | tr '\\0' x\n```\n\n```output\n(?<TAKEN>x+) (re)\n```\n";
    let sandbox = Sandbox::with(body);
    let done = run(&sandbox);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.stderr.contains("`TAKEN` would have 200000 bytes"), "{}", done.stderr);
}

#[test]
fn a_pipe_into_something_that_stops_reading_gets_its_explanation() {
    let sandbox = surrounded("", "yes | grep -q y");
    let done = run(&sandbox);
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(step(&sandbox.log(), "hostile")["exit_code"], 141);
    assert!(done.stderr.contains("SIGPIPE") && done.stderr.contains("grep -q"), "{}", done.stderr);
}

#[test]
fn the_runbook_as_it_was_read_is_what_runs_and_what_is_kept() {
    let sandbox = surrounded("", "printf 'no runbook any more' > \"$HOME/r.md\"");
    let before = sandbox.read("r.md");
    let done = run(&sandbox);
    assert_eq!(done.code, 0, "{done:?}");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "before=passed hostile=passed after=passed closing=passed");
    let kept =
        std::fs::read(sandbox.store().join("runs").join(log["run"].as_str().unwrap()).join("runbook.md")).unwrap();
    assert_eq!(sha256(&kept), sha256(before.as_bytes()));
}

#[test]
fn a_files_name_drives_no_terminal_and_forges_no_line() {
    let name = "e\u{1b}[2J\u{9b}\u{202e}\nPassed in 1 ms\r.md";
    let sandbox = Sandbox::new();
    sandbox.runbook(name, "```bash {name=a gate=none}\nfalse\n```\n");
    let broken = "broken\u{1b}]0;x\u{7}\nPassed in 1 ms.md";
    sandbox.runbook(broken, "```bash {nmae=a}\nfalse\n```\n");
    for arguments in [
        &["check", name][..],
        &["check", broken],
        &["check", broken, "--format", "json"],
        &["plan", name],
        &["plan", name, "--format", "json"],
        &["run", name],
        &["run", broken],
        &["run", name, "--format", "json"],
        &["run", "missing\u{1b}[2J\nPassed in 1 ms"],
        &["log"],
        &["log", "--format", "json"],
        &["log", "no\u{1b}[2Jrun\nPassed in 1 ms"],
        &["list"],
        &["list", "--format", "json"],
        &["run", name, "--only", "a\u{1b}[2J\nPassed in 1 ms"],
        &["run", name, "--store", "a\u{1b}[2J\nPassed in 1 ms/x/y"],
    ] {
        let output = finish(&mut sandbox.command(arguments), LIMIT);
        for (what, bytes) in [("standard output", &output.stdout), ("standard error", &output.stderr)] {
            assert_tame(&format!("{what} of {arguments:?}"), bytes);
            let forged = String::from_utf8_lossy(bytes).lines().any(|line| line.starts_with("Passed in 1 ms"));
            assert!(!forged, "{what} of {arguments:?}: {}", String::from_utf8_lossy(bytes));
        }
    }
}

#[test]
fn the_words_of_a_runbook_drive_no_terminal_when_they_are_shown() {
    // Control characters are refused when the file is read; these are not.
    let nasty = "\u{202e}\u{2066}\u{200b}\u{feff}";
    let sandbox = Sandbox::with(&format!(
        "# Title\n\nProse {nasty} before.\n\n> quoted {nasty}\n\n| a {nasty} |\n|---|\n\n\
         ```bash {{name=a gate=none}}\necho x\n```\n\nMore {nasty} prose.\n\n```output\ny z\n(?<G>q) (re)\n```\n\n\
         - [ ] plain\n\n  with {nasty} prose\n"
    ));
    for arguments in [
        &["plan", "r.md"][..],
        &["plan", "r.md", "--format", "json"],
        &["run", "r.md"],
        &["run", "r.md", "--format", "json"],
        &["log", "--format", "json"],
    ] {
        let output = finish(&mut sandbox.command(arguments), LIMIT);
        assert_ne!(output.status.code(), Some(2), "{output:?}");
        assert_tame(&format!("standard output of {arguments:?}"), &output.stdout);
        assert_tame(&format!("standard error of {arguments:?}"), &output.stderr);
    }
}

#[test]
fn a_reader_who_stalls_keeps_no_timeout_from_being_heard() {
    let body = "```bash {name=loud effect=read timeout=2s}\nfor i in $(seq 2000); do printf '%01000d\\n' $i; done\nsleep 600\n```\n";
    let sandbox = Sandbox::with(body);
    // Nobody reads standard error, and a pipe holds far less than the step prints.
    let mut child = sandbox.command(["run", "r.md"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the run ended", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let log = sandbox.log();
    assert_eq!((log["verdict"].as_str(), log["steps"][0]["reason"].as_str()), (Some("failed"), Some("timeout")));
}
