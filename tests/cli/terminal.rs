//! Gates and manual steps at a real terminal: a pty, a person's keys, and what must not count as an answer.

use crate::harness::{Sandbox, statuses};
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use rustix::termios::LocalModes;
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

const BODY: &str = "```bash {name=save}\necho saved >>witness\n```\n\n```bash {name=drop effect=destroy phrase='drop it'}\necho dropped >>witness\n```\n\n- [ ] Look\n\n```bash {name=tidy always gate=none}\necho tidy >>witness\n```\n";

fn start(sandbox: &Sandbox) -> PtySession {
    start_with(sandbox, &["run", "r.md"])
}

fn start_with(sandbox: &Sandbox, arguments: &[&str]) -> PtySession {
    let mut command = sandbox.command(arguments);
    command.stdin(Stdio::inherit()).env("TERM", "xterm-256color");
    spawn_command(command, Some(20_000)).unwrap()
}

/// Waits for the end and returns the exit code.
fn end(mut session: PtySession) -> i32 {
    _ = session.exp_eof();
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn gates_open_for_a_typed_yes_and_a_typed_phrase_and_a_note_is_kept() {
    let sandbox = Sandbox::with(BODY);
    let mut session = start(&sandbox);
    session.exp_string("run `save`? [y]es [n]o, suspend [s]kip [v]iew [q]uit [?]").unwrap();
    session.send_line("y").unwrap();
    session.exp_string("type `drop it` to run `drop`").unwrap();
    session.send_line("y").unwrap();
    session.exp_string("that is no answer").unwrap();
    session.exp_string("type `drop it` to run `drop`").unwrap();
    session.send_line("?").unwrap();
    session.exp_string("the phrase runs the step, letter for letter").unwrap();
    session.send_line("drop it").unwrap();
    session.exp_string("`look`: [d]one").unwrap();
    session.send_line("d seen in DSM").unwrap();
    assert_eq!(end(session), 0);
    assert_eq!(sandbox.read("witness"), "saved\ndropped\ntidy\n");
    let log = sandbox.stepgate("log").stdout;
    assert!(log.contains("- [x] Look") && log.contains("**done** by") && log.contains("\"seen in DSM\""), "{log}");
}

#[test]
fn an_empty_line_and_the_end_of_input_are_no() {
    for key in ["\n", "\u{4}", "n\n", "N\n"] {
        let sandbox = Sandbox::with(BODY);
        let mut session = start(&sandbox);
        session.exp_string("run `save`?").unwrap();
        session.send(key).unwrap();
        session.flush().unwrap();
        assert_eq!(end(session), 3, "{key:?}");
        assert_eq!(sandbox.read("witness"), "", "{key:?}");
        assert_eq!(sandbox.log()["verdict"], "suspended");
    }
}

#[test]
fn what_is_typed_before_the_question_is_thrown_away() {
    let body = format!(
        "```bash {{name=wait effect=read}}\ntouch started; until [ -e go ]; do sleep 0.05; done\n```\n\n{BODY}"
    );
    let sandbox = Sandbox::with(&body);
    let mut session = start(&sandbox);
    while !sandbox.path("started").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    session.send_line("y").unwrap();
    session.send_line("y").unwrap();
    // Until the keys stand in the terminal's queue.
    std::thread::sleep(std::time::Duration::from_millis(300));
    sandbox.write("go", "");
    session.exp_string("run `save`?").unwrap();
    session.send_line("n").unwrap();
    assert_eq!(end(session), 3);
    assert_eq!(sandbox.read("witness"), "");
}

#[test]
fn a_skip_wants_a_reason_and_a_quit_closes_the_run() {
    let sandbox = Sandbox::with(BODY);
    let mut session = start(&sandbox);
    session.exp_string("run `save`?").unwrap();
    session.send_line("s").unwrap();
    session.exp_string("why is it skipped?").unwrap();
    session.send_line("").unwrap();
    session.exp_string("a skip needs a reason").unwrap();
    session.exp_string("run `save`?").unwrap();
    session.send_line("s done yesterday").unwrap();
    session.exp_string("type `drop it`").unwrap();
    session.send_line("q").unwrap();
    assert_eq!(end(session), 130);
    assert_eq!(sandbox.read("witness"), "tidy\n", "always steps run when a run is given up");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "save=skipped drop=not-run look=not-run tidy=passed");
    assert_eq!(
        (log["verdict"].as_str(), log["steps"][0]["deviation"]["reason"].as_str()),
        (Some("interrupted"), Some("done yesterday"))
    );
    assert_eq!(sandbox.events().last().unwrap()["type"], "sealed");
}

#[test]
fn view_and_help_answer_nothing() {
    let sandbox = Sandbox::with(BODY);
    let mut session = start(&sandbox);
    session.exp_string("run `save`?").unwrap();
    session.send_line("v").unwrap();
    session.exp_string("$ echo saved >>witness").unwrap();
    session.exp_string("run `save`?").unwrap();
    session.send_line("?").unwrap();
    session.exp_string("run the step").unwrap();
    session.exp_string("run `save`?").unwrap();
    session.send_control('c').unwrap();
    assert_eq!(end(session), 130);
    assert_eq!(sandbox.read("witness"), "");
    assert_eq!(sandbox.log()["verdict"], "interrupted");
}

#[test]
fn a_question_stands_there_again_when_a_stopped_run_goes_on() {
    let sandbox = Sandbox::with(BODY);
    let mut session = start(&sandbox);
    session.exp_string("run `save`?").unwrap();
    session.process_mut().signal(Signal::SIGSTOP).unwrap();
    session.process_mut().signal(Signal::SIGCONT).unwrap();
    session.exp_string("run `save`?").unwrap();
    session.send_line("y").unwrap();
    session.exp_string("type `drop it`").unwrap();
    session.send_line("n").unwrap();
    assert_eq!(end(session), 3);
    assert_eq!(sandbox.read("witness"), "saved\n");
}

#[test]
fn control_c_ends_the_running_step_and_completes_the_record() {
    for (effect, status) in [("read", "failed"), ("change gate=none", "in-doubt")] {
        let sandbox = Sandbox::with(&format!(
            "```bash {{name=wait effect={effect}}}\necho started; sleep 60 & sleep 60\n```\n\n{BODY}"
        ));
        let mut session = start(&sandbox);
        session.exp_string("started\r\n").unwrap();
        session.send_control('c').unwrap();
        if status == "in-doubt" {
            session.exp_string("# wait is in doubt: look at its target").unwrap();
        }
        assert_eq!(end(session), 130);
        let log = sandbox.log();
        assert_eq!((log["verdict"].as_str(), log["steps"][0]["status"].as_str()), (Some("interrupted"), Some(status)));
        assert_eq!(log["steps"][0]["reason"], "operator");
        assert_eq!(sandbox.read("witness"), "");
        assert_eq!(sandbox.events().last().unwrap()["type"], "run-interrupted");
    }
}

#[test]
fn non_interactive_asks_nothing_at_a_terminal_too() {
    let sandbox = Sandbox::with(BODY);
    assert_eq!(end(start_with(&sandbox, &["run", "r.md", "--non-interactive"])), 3);
}

#[test]
fn the_second_run_says_how_long_a_step_took_and_who_confirmed_it() {
    let sandbox = Sandbox::with("```bash {name=save}\ntrue\n```\n");
    assert_eq!(sandbox.stepgate("run r.md --yes").code, 0);
    let mut session = start(&sandbox);
    session.exp_regex("last time: [0-9]+ ms, confirmed by [^ ]+@").unwrap();
    session.exp_string("run `save`?").unwrap();
    session.send_line("y").unwrap();
    assert_eq!(end(session), 0);
}

#[test]
fn a_piped_yes_is_no_person() {
    let sandbox = Sandbox::with(BODY);
    let binary = env!("CARGO_BIN_EXE_stepgate");
    let mut command = std::process::Command::new("bash");
    command.args(["-c", &format!("yes | {binary} run r.md")]).current_dir(sandbox.path(""));
    assert_eq!(command.output().unwrap().status.code(), Some(3));
    assert_eq!(sandbox.read("witness"), "");
}

#[test]
fn output_as_wide_as_the_terminal_cannot_draw_a_line_without_the_margin() {
    let sandbox = Sandbox::with("```bash {name=forge effect=read}\nprintf '%400s' ' drop: passed'\n```\n");
    let mut session = start(&sandbox);
    // The terminal library hands bytes over as characters.
    let bytes: Vec<u8> = session.exp_eof().unwrap().chars().map(|c| c as u8).collect();
    let screen = String::from_utf8_lossy(&bytes).into_owned();
    let output: Vec<_> = screen.lines().filter(|line| line.contains('│')).collect();
    assert!(output.len() >= 5, "wrapped by stepgate itself: {screen}");
    assert!(output.last().unwrap().contains("drop: passed"), "{screen}");
    let shown = |line: &str| line.split('│').nth(1).unwrap().replace("\u{1b}[0m", "").chars().count();
    assert!(output.iter().all(|line| shown(line) <= 77), "{screen}");
}

#[test]
fn a_captured_value_as_wide_as_the_terminal_cannot_draw_a_verdict() {
    let body = "```bash {name=forge effect=read capture=V}\nprintf 'x%75s  \\xe2\\x9c\\x93 other: passed' ''\n```\n\n```output\nnever\n```\n";
    for body in [body.to_owned(), body.replace("```output\nnever\n```\n", "")] {
        let sandbox = Sandbox::with(&body);
        let mut session = start_with(&sandbox, &["run", "r.md", "--non-interactive"]);
        let bytes: Vec<u8> = session.exp_eof().unwrap().chars().map(|c| c as u8).collect();
        let screen = String::from_utf8_lossy(&bytes).into_owned();
        let forged: Vec<_> = screen
            .lines()
            .filter(|line| line.contains("other: passed"))
            .filter(|line| !line.contains("printf"))
            .collect();
        assert!(!forged.is_empty(), "{screen}");
        assert!(forged.iter().all(|line| line.contains('│') || line.contains('·')), "{screen}");
    }
}

const ASKS: &str = "---\nstepgate: 1\nparams:\n  HOST: { type: enum, values: [alpha, beta] }\n  TOKEN: { type: secret }\n  FILE: { after: list, values: 'steps.list.lines' }\n---\n```bash {name=list effect=read}\necho snap-1; echo snap-2; : \"$TOKEN\"\n```\n\n```bash {name=restore effect=destroy phrase=\"restore {{HOST}}\"}\necho \"$FILE on $HOST with $TOKEN\" >>witness\n```\n";

#[test]
fn parameters_and_secrets_are_asked_for_each_at_its_time_and_a_secret_is_never_echoed() {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", ASKS);
    let mut session = start(&sandbox);
    let mut screen = session.exp_string("HOST (enum").unwrap();
    session.send_line("gamma").unwrap();
    screen += &session.exp_string("`gamma` is none of `alpha`, `beta`").unwrap();
    session.send_line("2").unwrap();
    screen += &session.exp_string("TOKEN (not shown):").unwrap();
    assert!(screen.contains("gate type `restore beta`"), "the plan is shown before: {screen}");
    session.send_line("hunter2-secret").unwrap();
    let shown = session.exp_string("FILE (string").unwrap();
    assert!(shown.contains("snap-2") && !shown.contains("hunter2"), "{shown}");
    session.send_line("snap-9").unwrap();
    session.exp_string("`snap-9` is none of `snap-1`, `snap-2`").unwrap();
    session.send_line("2").unwrap();
    session.exp_string("type `restore beta`").unwrap();
    session.send_line("restore beta").unwrap();
    assert_eq!(end(session), 0);
    assert_eq!(sandbox.read("witness"), "snap-2 on beta with hunter2-secret\n");
    let params = sandbox.log()["params"].clone();
    assert_eq!(
        (&params["HOST"], &params["FILE"], &params["TOKEN"]),
        (&"beta".into(), &"snap-2".into(), &"[secret]".into())
    );
}

#[test]
fn no_answer_for_a_parameter_runs_nothing_or_suspends_and_for_a_secret_runs_nothing() {
    for (answers, code, asked) in [
        (&["\u{4}"][..], 2, "HOST (enum"),
        (&["2\n", "\n"], 2, "TOKEN (not shown):"),
        (&["2\n", "\u{3}\n"], 2, "TOKEN (not shown):"),
        (&["2\n", "hunter2-secret\n", "\n"], 3, "FILE (string"),
        (&["2\n", "hunter2-secret\n", "q\n"], 130, "FILE (string"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("r.md", ASKS);
        let mut session = start(&sandbox);
        let prompts = ["HOST (enum", "TOKEN (not shown):", "FILE (string"];
        for (prompt, answer) in prompts.iter().zip(answers) {
            session.exp_string(prompt).unwrap();
            session.send(answer).unwrap();
            session.flush().unwrap();
        }
        assert_eq!(end(session), code, "{asked} {answers:?}");
        assert!(!sandbox.path("witness").exists());
    }
}

#[test]
fn a_signal_at_a_hidden_question_gives_the_terminal_its_echo_back() {
    let sandbox = Sandbox::new();
    sandbox
        .write("r.md", ASKS.replace("  HOST: { type: enum, values: [alpha, beta] }\n", "  HOST: { default: beta }\n"));
    let mut session = start(&sandbox);
    session.exp_string("TOKEN (not shown):").unwrap();
    let terminal = session.process().get_file_handle().unwrap();
    // The harness has switched the echo off already; ^C goes and comes back with it.
    let usual = || rustix::termios::tcgetattr(&terminal).unwrap().local_modes.contains(LocalModes::ISIG);
    assert!(!usual());
    session.process_mut().signal(Signal::SIGTERM).unwrap();
    _ = session.exp_eof();
    let ended = session.process().wait().unwrap();
    assert!(matches!(ended, WaitStatus::Signaled(_, Signal::SIGTERM, _)) && usual(), "{ended:?}");
    assert!(!sandbox.path("witness").exists() && !sandbox.store().exists());
}

#[test]
fn a_list_to_choose_from_shows_no_secret_and_gives_what_was_chosen() {
    let sandbox = Sandbox::new().env("STEPGATE_PARAM_TOKEN", "hunter22");
    sandbox.write("r.md", "---\nstepgate: 1\nparams:\n  TOKEN: { type: secret }\n  FILE: { after: list, values: 'steps.list.lines' }\n---\n```bash {name=list effect=read}\necho \"a-$TOKEN\"; echo b\n```\n\n```bash {name=use effect=read}\nprintf %s \"$FILE\" >got\n```\n");
    let mut session = start(&sandbox);
    let shown = session.exp_string("FILE (string").unwrap();
    assert!(shown.contains("1) a-[secret]") && !shown.contains("hunter22"), "{shown}");
    session.send_line("c").unwrap();
    let refused = session.exp_string("give up)").unwrap();
    assert!(refused.contains("is not shown") && !refused.contains("hunter22"), "{refused}");
    session.send_line("1").unwrap();
    assert_eq!(end(session), 0);
    assert_eq!((sandbox.read("got").as_str(), &sandbox.log()["params"]["FILE"]), ("a-hunter22", &"a-[secret]".into()));
}

#[test]
fn a_secret_that_does_not_fit_is_asked_for_again() {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", "---\nstepgate: 1\nparams: { TOKEN: { type: secret, pattern: '[a-z]+[0-9]+' } }\n---\n```bash {name=a effect=read}\nprintf %s \"$TOKEN\" >got\n```\n");
    let mut session = start(&sandbox);
    session.exp_string("TOKEN (not shown):").unwrap();
    session.send_line("wrong").unwrap();
    let said = session.exp_string("TOKEN (not shown):").unwrap();
    assert!(said.contains("does not match the pattern") && !said.contains("wrong"), "{said}");
    session.send_line("right99").unwrap();
    assert_eq!((end(session), sandbox.read("got")), (0, "right99".to_owned()));
}

/// A step that fails until it may pass, and one behind it.
fn failing(attributes: &str) -> String {
    format!(
        "```bash {{name=try {attributes}}}\necho try >>witness; test -e ok\n```\n\n\
         ```bash {{name=last effect=read}}\necho last >>witness\n```\n\n\
         ```bash {{name=tidy always gate=none}}\necho tidy >>witness\n```\n"
    )
}

#[test]
fn a_failed_read_can_be_tried_again_on_the_spot_and_the_run_passes() {
    let sandbox = Sandbox::with(&failing("effect=read"));
    let mut session = start(&sandbox);
    session.exp_string("`try` failed: [r]etry [s]kip [l]eave, to be resumed [v]iew [q]uit [?]").unwrap();
    session.send_line("?").unwrap();
    session.exp_string("run it again").unwrap();
    session.exp_string("`try` failed:").unwrap();
    session.send_line("r").unwrap();
    session.exp_string("`try` failed:").unwrap();
    sandbox.write("ok", "");
    session.send_line("r").unwrap();
    assert_eq!(end(session), 0);
    assert_eq!(sandbox.read("witness"), "try\ntry\ntry\nlast\ntidy\n");
    let log = sandbox.log();
    assert_eq!((log["steps"][0]["attempts"].as_u64(), log["verdict"].as_str()), (Some(3), Some("passed")));
}

#[test]
fn a_failed_change_is_not_tried_again_and_can_be_skipped_with_a_reason() {
    let sandbox = Sandbox::with(&failing("gate=none"));
    let mut session = start(&sandbox);
    session.exp_string("`try` failed: [s]kip [l]eave, to be resumed [v]iew [q]uit [?]").unwrap();
    session.send_line("r").unwrap();
    session.exp_string("that is no answer").unwrap();
    session.send_line("s").unwrap();
    session.exp_string("why is it skipped?").unwrap();
    session.send_line("done by hand").unwrap();
    assert_eq!(end(session), 0);
    assert_eq!(sandbox.read("witness"), "try\nlast\ntidy\n");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "try=skipped last=passed tidy=passed");
    assert_eq!(log["steps"][0]["deviation"]["reason"], "done by hand");
    let markdown = sandbox.stepgate("log").stdout;
    let (deviations, body) = (markdown.find("**Deviations:** 1"), markdown.find("name=try"));
    assert!(deviations.is_some() && deviations < body, "deviations come first: {markdown}");
}

#[test]
fn a_failed_step_can_be_left_and_a_person_at_a_terminal_decides_when_the_run_goes_on() {
    for leave in ["l", "", "\u{4}"] {
        let sandbox = Sandbox::with(&failing("gate=none"));
        let mut session = start_with(&sandbox, &["run", "r.md", "--run-id", "one"]);
        session.exp_string("`try` failed:").unwrap();
        match leave {
            "\u{4}" => session.send(leave).and_then(|_| session.flush()).unwrap(),
            line => _ = session.send_line(line).unwrap(),
        }
        assert_eq!(end(session), 3, "{leave:?}");
        assert_eq!(sandbox.read("witness"), "try\n", "nothing is closed");
        let mut session = start_with(&sandbox, &["resume"]);
        session.exp_string("try failed and may have changed something (failed: exit 1)").unwrap();
        session.exp_string("what became of `try`? it [h]appened, it did [n]ot, [r]un again, [a]bort, [l]ater").unwrap();
        session.send_line("y").unwrap();
        session.exp_string("that is no answer").unwrap();
        session.send_line("h").unwrap();
        session.exp_string("how do you know?").unwrap();
        session.send_line("").unwrap();
        session.exp_string("what became of `try`?").unwrap();
        session.send_line("h I saw it").unwrap();
        assert_eq!(end(session), 0);
        assert_eq!(sandbox.read("witness"), "try\nlast\ntidy\n");
        assert_eq!(sandbox.log()["steps"][0]["deviation"]["reason"], "I saw it");
    }
}

#[test]
fn who_does_not_know_yet_leaves_the_run_as_it_is() {
    let sandbox = Sandbox::with(&failing("gate=none"));
    let mut session = start(&sandbox);
    session.exp_string("`try` failed:").unwrap();
    session.send_line("l").unwrap();
    assert_eq!(end(session), 3);
    for key in ["\n", "l\n", "\u{4}"] {
        let mut session = start_with(&sandbox, &["resume"]);
        session.exp_string("what became of `try`?").unwrap();
        session.send(key).unwrap();
        session.flush().unwrap();
        assert_eq!(end(session), 4, "{key:?}");
    }
    assert_eq!(sandbox.read("witness"), "try\n");
    let decided = sandbox.events().iter().filter(|event| event["type"] == "decision-made").count();
    assert_eq!(decided, 0);
}

/// A step that traps nothing and waits; `deaf` to TERM if it is so.
fn waiting(deaf: bool) -> String {
    let trap = if deaf { "trap '' TERM; " } else { "" };
    format!(
        "```bash {{name=wait effect=read}}\n{trap}echo $$ >pid; while :; do sleep 0.05; done\n```\n\n\
         ```bash {{name=next effect=read}}\necho next >>witness\n```\n\n\
         ```bash {{name=tidy always gate=none}}\necho tidy >>witness\n```\n"
    )
}

fn wait_for_pid(sandbox: &Sandbox) -> String {
    crate::harness::wait_until("the step runs", || sandbox.read("pid").trim().parse::<i32>().is_ok());
    sandbox.read("pid")
}

#[test]
fn an_interrupt_ends_the_step_and_leaves_the_run_and_a_second_one_gives_it_up_without_any_grace() {
    for twice in [false, true] {
        let sandbox = Sandbox::with(&waiting(twice));
        let mut session = start_with(&sandbox, &["run", "r.md", "--run-id", "one"]);
        let pid = wait_for_pid(&sandbox);
        session.send("\u{3}").unwrap();
        session.flush().unwrap();
        if twice {
            std::thread::sleep(std::time::Duration::from_millis(100));
            session.send("\u{3}").unwrap();
            session.flush().unwrap();
        }
        assert_eq!(end(session), 130, "{twice}");
        assert!(!crate::harness::is_alive(&pid), "{twice}");
        let log = sandbox.log();
        assert_eq!(log["verdict"], "interrupted", "{twice}");
        let last = sandbox.events().last().unwrap()["type"].as_str().unwrap().to_owned();
        let witness = sandbox.read("witness");
        if twice {
            assert_eq!((last.as_str(), witness.as_str()), ("sealed", "tidy\n"), "given up: closed, cleaned up");
            assert!(log["steps"][0]["elapsed_ms"].as_u64().unwrap() < 4000, "no grace: {log}");
            assert_eq!(sandbox.stepgate("resume one").code, 2);
        } else {
            assert_eq!((last.as_str(), witness.as_str()), ("run-interrupted", ""), "left");
            sandbox.runbook("r.md", &waiting(false).replace("while :; do sleep 0.05; done", ":"));
            assert_eq!(sandbox.stepgate("resume one --accept wait").code, 0);
            assert_eq!(sandbox.read("witness"), "next\ntidy\n");
        }
    }
}

/// Starts a command at a terminal of its own, which goes away when its other end is dropped.
fn at_a_terminal(mut command: Command) -> (OwnedFd, Child) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).and_then(|()| unlockpt(&master)).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let open = || File::options().read(true).write(true).open(OsStr::from_bytes(name.as_bytes())).unwrap();
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC).unwrap();
    command.stdin(open()).stdout(open()).stderr(open()).env("TERM", "xterm-256color");
    let lead = || {
        rustix::process::setsid()?;
        Ok(rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?)
    };
    // SAFETY: two system calls between fork and exec, which allocate nothing and take no lock.
    unsafe { command.pre_exec(lead) };
    let child = command.spawn().unwrap();
    (master, child)
}

#[test]
fn a_terminal_that_goes_away_loses_no_result_and_the_run_waits_at_the_next_gate() {
    let body = "```bash {name=wait effect=change gate=none}\necho $$ >pid; until test -e go; do sleep 0.05; done; echo done\n```\n\n\
                ```bash {name=free effect=read}\necho free >>witness\n```\n\n\
                ```bash {name=gated}\necho gated >>witness\n```\n";
    let sandbox = Sandbox::with(body);
    let (terminal, mut stepgate) = at_a_terminal(sandbox.command(["run", "r.md", "--run-id", "one"]));
    _ = wait_for_pid(&sandbox);
    drop(terminal);
    sandbox.write("go", "");
    assert_eq!(stepgate.wait().unwrap().code(), Some(3));
    let log = sandbox.log();
    assert_eq!(statuses(&log), "wait=passed free=passed gated=suspended");
    assert_eq!((log["verdict"].as_str(), log["steps"][0]["exit_code"].as_i64()), (Some("suspended"), Some(0)));
    assert!(sandbox.events().iter().any(|event| event["type"] == "terminal-lost"));
    assert_eq!(sandbox.stepgate("resume one --confirm gated").code, 0);
    assert_eq!(sandbox.read("witness"), "free\ngated\n");
}

#[test]
fn a_second_signal_in_the_close_runs_no_always_step_twice_and_the_close_goes_on_later() {
    let body = "```bash {name=a gate=none}\nfalse\n```\n\n```bash {name=one always gate=none}\necho one >>witness; false\n```\n\n\
                ```bash {name=two always effect=idempotent}\necho two >>witness; echo $$ >pid; until test -e go; do sleep 0.05; done\n```\n";
    let sandbox = Sandbox::with(body);
    let mut session = start_with(&sandbox, &["run", "r.md", "--run-id", "one"]);
    session.exp_string("`a` failed:").unwrap();
    session.send_line("q").unwrap();
    _ = wait_for_pid(&sandbox);
    for _ in 0..2 {
        session.send("\u{3}").unwrap();
        session.flush().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(end(session), 130);
    assert_eq!(sandbox.read("witness"), "one\ntwo\n");
    assert_ne!(sandbox.events().last().unwrap()["type"], "sealed");
    sandbox.write("go", "");
    assert_eq!(sandbox.stepgate("resume one").code, 130);
    assert_eq!(
        sandbox.read("witness"),
        "one\ntwo\ntwo\n",
        "what was interrupted goes on, what had its outcome does not"
    );
    assert_eq!(sandbox.events().last().unwrap()["type"], "sealed");
}

#[test]
fn who_gives_up_behind_a_failure_is_not_asked_about_it_again() {
    let sandbox = Sandbox::with("- [ ] Look\n\n```bash {name=tidy always gate=none}\necho tidy >>witness\n```\n");
    let mut session = start_with(&sandbox, &["run", "r.md", "--run-id", "one"]);
    session.exp_string("`look`: [d]one").unwrap();
    session.send_line("f not there").unwrap();
    session.exp_string("`look` failed:").unwrap();
    session.send_line("l").unwrap();
    assert_eq!(end(session), 3);
    let mut session = start_with(&sandbox, &["resume"]);
    session.exp_string("`look`: [d]one").unwrap();
    session.send_line("q").unwrap();
    assert_eq!(end(session), 130);
    assert_eq!(sandbox.read("witness"), "tidy\n");
    assert_eq!(sandbox.events().last().unwrap()["type"], "sealed");
}
