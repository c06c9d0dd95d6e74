//! Gates and manual steps at a real terminal: a pty, a person's keys, and what must not count as an answer.

use crate::harness::{Sandbox, statuses};
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use rustix::termios::LocalModes;
use std::process::Stdio;

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
        let mut session = start(&sandbox);
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
