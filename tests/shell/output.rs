use std::time::Duration;

use stepgate::shell::{StepRequest, Stream};
use tokio::time::sleep;

use crate::harness::{Shell, block_on, end_tagged, tag, tagged};

#[test]
fn late_output_goes_to_its_own_step() {
    block_on(async {
        let mut shell = Shell::start().await;
        let first = shell.run("(sleep 0.3; echo late; echo err >&2) & echo one").await;
        assert_eq!(first.stdout, "one\n");
        let left = &first.end.left_running;
        assert!(left.iter().any(|process| process.command == "bash (a subshell of the step)"), "{left:?}");
        let second = shell.run("sleep 0.8; echo two").await;
        assert_eq!((second.stdout.as_str(), second.stderr.as_str()), ("two\n", ""));
        let late = shell.recorder.late_text(1);
        assert!(late.contains("late\n") && late.contains("err\n"), "{late:?}");
        assert!(shell.recorder.late.iter().any(|(_, stream, _)| *stream == Stream::Stderr));
        assert_eq!(shell.recorder.late_text(2), "");
    });
}

#[test]
fn late_output_of_a_step_that_died_goes_to_its_own_step() {
    block_on(async {
        let mut shell = Shell::start().await;
        assert_eq!(shell.run("(sleep 0.3; echo late) & exit 1").await.code(), 1);
        sleep(Duration::from_millis(600)).await;
        assert!(shell.session.close(&mut shell.recorder).await.is_empty());
        assert_eq!(shell.recorder.late_text(1), "late\n");
    });
}

#[test]
fn a_daemon_that_holds_the_pipe_is_named_and_does_not_block() {
    let tag = tag();
    block_on(async {
        let mut shell = Shell::start().await;
        // It is called so once it is there: `setsid` forks before it becomes the command.
        let there = format!("until grep -qs '[6]{}' /proc/[0-9]*/cmdline; do sleep 0.01; done", &tag[1..]);
        let ran = shell.run(&format!("echo up; setsid -f sleep {tag}; {there}")).await;
        assert_eq!((ran.code(), ran.stdout.as_str()), (0, "up\n"));
        assert!(ran.end.elapsed < Duration::from_secs(20));
        let [daemon] = &ran.end.left_running[..] else { panic!("{ran:?}") };
        assert!(daemon.command.ends_with(&format!("sleep {tag}")), "{daemon:?}");
        assert_eq!(daemon.pid, tagged(&tag)[0]);
        assert!(shell.run("true").await.end.left_running.is_empty(), "it is the first step's");
        let left = shell.session.close(&mut shell.recorder).await;
        assert_eq!(left.iter().map(|left| left.pid).collect::<Vec<_>>(), [daemon.pid]);
    });
    assert_eq!(tagged(&tag).len(), 1, "a close kills nobody");
    end_tagged(&tag);
}

#[test]
fn a_background_child_that_never_stops_printing_does_not_block() {
    let tag = tag();
    block_on(async {
        let mut shell = Shell::start().await;
        let ran = shell.run(&format!("yes {tag} & echo on")).await;
        assert_eq!(ran.code(), 0);
        let next = shell.run("sleep 0.1; echo two").await;
        assert_eq!(next.stdout, "two\n");
        assert!(!shell.recorder.late_text(1).is_empty());
        shell.session.close(&mut shell.recorder).await;
    });
    end_tagged(&tag);
}

#[test]
fn a_shell_that_keeps_a_copy_of_its_stdout_is_not_left_running() {
    block_on(async {
        let mut shell = Shell::start().await;
        let ran = shell.run("exec 3>&1; echo one").await;
        assert_eq!((ran.stdout.as_str(), ran.end.left_running.len()), ("one\n", 0));
        let ran = shell.run("echo mine; echo old >&3").await;
        assert_eq!(ran.stdout, "mine\n");
        shell.run("true").await;
        assert_eq!(shell.recorder.late_text(1), "old\n");
    });
}

#[test]
fn combined_output_keeps_its_order() {
    let script = "for i in {1..500}; do echo o$i; echo e$i >&2; done; sh -c 'echo child >&2'";
    let mut expected: String = (1..=500).map(|i| format!("o{i}\ne{i}\n")).collect();
    expected.push_str("child\n");
    block_on(async {
        let mut shell = Shell::start().await;
        let request = StepRequest { combined: true, ..shell.request(script) };
        let ran = shell.run_request(request).await;
        assert_eq!((&ran.stdout, ran.stderr.as_str()), (&expected, ""), "{ran:?}");
        let apart = shell.run("echo o; echo e >&2").await;
        assert_eq!((apart.stdout.as_str(), apart.stderr.as_str()), ("o\n", "e\n"), "{apart:?}");
    });
}

#[test]
fn a_stream_that_is_closed_early_or_flooded_does_not_block_the_other() {
    block_on(async {
        let mut shell = Shell::start().await;
        let ran = shell.run("exec >&-; for i in {1..20000}; do echo padding$i; done >&2").await;
        assert_eq!((ran.code(), ran.stderr.lines().count()), (0, 20000));
    });
}
