//! What a run leaves when the stepgate that began it is gone, and what is left of its time when it hurries.

use std::time::{Duration, Instant};

use stepgate::shell::{How, Hurry, Process, Session, SessionConfig, ShellKind, StepRequest, processes_of};

use crate::harness::{LIMIT, Recorder, Shell, block_on, config, tag, tagged};

/// A name that no run of a parallel test has.
fn run() -> String {
    format!("20261125T120000Z-{}", tag())
}

fn of_step(run: &str, step: &str) -> [(String, String); 2] {
    [("STEPGATE_RUN".to_owned(), run.to_owned()), ("STEPGATE_STEP".to_owned(), step.to_owned())]
}

fn kill(processes: &[Process]) {
    for process in processes {
        let pid = rustix::process::Pid::from_raw(process.pid).expect("a pid");
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

#[test]
fn a_step_s_processes_are_found_when_whoever_held_its_session_is_gone() {
    for kind in [ShellKind::Bash, ShellKind::Sh] {
        let (run, tag) = (run(), tag());
        let script = format!("setsid -f sleep {tag}; (sleep {tag} &); (setsid sleep {tag} & ) & sleep {tag}");
        block_on(async {
            let mut shell = Shell::with(SessionConfig { run: run.clone(), shell: kind, ..config() }).await;
            assert_eq!(processes_of(&run, "s").len(), 1, "its inner shell");
            let variables = of_step(&run, "s");
            let request = StepRequest { variables: &variables, ..shell.request(&script) };
            _ = tokio::time::timeout(Duration::from_millis(500), shell.run_request(request)).await;
            drop(shell);
            tokio::time::sleep(Duration::from_millis(100)).await;
        });
        let found = processes_of(&run, "s");
        let sleeping: Vec<i32> = tagged(&tag);
        assert_eq!(sleeping.len(), 4, "{found:?}");
        assert!(sleeping.iter().all(|pid| found.iter().any(|process| process.pid == *pid)), "{found:?}");
        let of_another: Vec<i32> = processes_of(&run, "t").iter().map(|process| process.pid).collect();
        assert!(sleeping.iter().all(|pid| !of_another.contains(pid)), "of another step");
        assert!(processes_of(&run[..run.len() - 1], "s").is_empty(), "of a run whose name begins alike");
        kill(&found);
        kill(&processes_of(&run, "s"));
        for _ in 0..100 {
            if processes_of(&run, "s").is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(processes_of(&run, "s").is_empty(), "zombies are nobody");
    }
}

#[test]
fn a_session_of_a_run_works_in_every_shell_and_gives_a_named_file_to_who_wants_one() {
    let run = format!("a.b_c-{}", "x".repeat(74));
    block_on(async {
        for (prefix, shell) in [("", ShellKind::Bash), ("env", ShellKind::Bash), ("", ShellKind::Sh)] {
            let prefix = prefix.split_whitespace().map(str::to_owned).collect();
            let mut shell = Shell::with(SessionConfig { run: run.clone(), prefix, shell, ..config() }).await;
            let ran = shell.run("A=1; echo $STEPGATE_SESSION; exit 1").await;
            assert!(ran.stdout.starts_with(&format!("{run}.")), "{ran:?}");
            let words = ["sh".to_owned(), "-c".to_owned(), "cat \"$1\"".to_owned(), "node".to_owned()];
            let request = StepRequest { interpreter: Some(&words), ..shell.request("what it runs") };
            assert_eq!(shell.run_request(request).await.stdout, "what it runs");
            let tag = tag();
            let ran = shell.run_for(&format!("setsid -f sleep {tag}; sleep {tag}"), Duration::from_millis(500)).await;
            assert_eq!((ran.end.how, tagged(&tag).len()), (How::TimedOut, 0));
        }
    });
}

#[test]
fn a_run_whose_name_could_be_read_as_something_else_gets_no_session() {
    block_on(async {
        for name in ["a b", "a/b", "$(id)", "a\nb", "é", &"x".repeat(81)] {
            for prefix in [vec![], vec!["env".to_owned()]] {
                let config = SessionConfig { run: name.to_owned(), prefix, ..config() };
                let started = Session::start(config, LIMIT, std::future::pending()).await;
                let error = started.err().expect("no session").to_string();
                assert!(error.contains("cannot be the name of a run"), "{error}");
            }
        }
    });
}

#[test]
fn a_step_that_ignores_term_is_killed_at_once_when_it_hurries() {
    for kind in [ShellKind::Bash, ShellKind::Sh] {
        let hurry = Hurry::default();
        let (grace, tag) = (Duration::from_secs(30), tag());
        let config = SessionConfig { hurry: hurry.clone(), shell: kind, grace, ..config() };
        block_on(async {
            let mut shell = Shell::with(config).await;
            let script = format!("trap '' TERM; sleep {tag}; sleep {tag}");
            let request = shell.request(&script);
            let mut recorder = Recorder::default();
            let interrupt = tokio::time::sleep(Duration::from_millis(300));
            let signalled = async {
                tokio::time::sleep(Duration::from_millis(1300)).await;
                assert_eq!(tagged(&tag).len(), 1, "it has its grace");
                hurry.set();
                Instant::now()
            };
            let (end, at) = tokio::join!(shell.session.run(request, &mut recorder, interrupt), signalled);
            assert_eq!((end.how, tagged(&tag).len()), (How::Interrupted, 0));
            assert!(at.elapsed() < Duration::from_secs(3), "{:?}", at.elapsed());
        });
    }
}
