use std::ffi::CString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use stepgate::shell::How;

use crate::harness::{Shell, block_on, end_tagged, tag, tagged};

#[test]
fn a_timeout_of_one_session_leaves_the_children_of_the_other_alone() {
    let (mine, theirs) = (tag(), tag());
    block_on(async {
        let (mut first, mut second) = tokio::join!(Shell::start(), Shell::start());
        let script = format!(
            "sleep {theirs} & setsid -f env -i sleep {theirs}; (setsid -f sleep {theirs} >/dev/null 2>&1); V=1"
        );
        assert_eq!(first.run(&script).await.code(), 0);
        let script = format!("setsid -f env -i sleep {mine}; sleep {mine}");
        let timeout = Duration::from_millis(400);
        let (timed_out, working) = tokio::join!(second.run_for(&script, timeout), first.run("sleep 1.5; echo $V"));
        assert_eq!(timed_out.end.how, How::TimedOut);
        assert_eq!((working.code(), working.stdout.as_str()), (0, "1\n"));
        assert_eq!((tagged(&mine).len(), tagged(&theirs).len()), (0, 3));
        assert_eq!(first.session.close(&mut first.recorder).await.len(), 3);
    });
    end_tagged(&theirs);
}

#[test]
fn who_is_just_being_started_by_another_session_is_not_left_running() {
    let folder = tempfile::tempdir().expect("a folder");
    let (begun, forked) = (folder.path().join("begun"), folder.path().join("forked"));
    let script =
        format!("exec 3>&1; >{}; until [ -e {} ]; do sleep 0.01; done; echo one", begun.display(), forked.display());
    let starting = std::thread::spawn(move || {
        while !begun.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        start_slowly(&forked);
    });
    block_on(async {
        let mut shell = Shell::start().await;
        let ran = shell.run(&script).await;
        assert_eq!((ran.stdout.as_str(), ran.end.left_running), ("one\n", vec![]));
    });
    starting.join().expect("the other one is started");
}

#[test]
fn a_shell_that_still_prints_its_state_writes_nothing_into_a_later_session() {
    let many = "for i in {1..10000}; do declare V$i=1; done";
    for _ in 0..5 {
        block_on(async {
            let mut shell = Shell::start().await;
            assert_eq!(shell.run(many).await.code(), 0);
            drop(shell);
            // Its files have the numbers of those that were closed.
            let mut shell = Shell::start().await;
            for number in 0..3 {
                let ran = shell.run(&format!("A={number}; echo $A")).await;
                assert_eq!((ran.stdout, ran.end.notes), (format!("{number}\n"), vec![]));
            }
            shell.run("kill -9 $$").await;
            let ran = shell.run("echo $A").await;
            assert_eq!(ran.stdout, "2\n", "{ran:?}");
        });
    }
}

/// Starts a program that makes a file when it is forked, and becomes the program a second later.
fn start_slowly(file: &Path) {
    let file = CString::new(file.to_str().expect("UTF-8")).expect("no NUL");
    let wait = move || {
        rustix::fs::open(file.as_c_str(), OFlags::CREATE | OFlags::WRONLY, Mode::RWXU)?;
        std::thread::sleep(Duration::from_secs(1));
        Ok(())
    };
    let mut command = Command::new("true");
    // SAFETY: what runs between fork and exec makes two system calls and allocates nothing.
    unsafe { command.pre_exec(wait) };
    assert!(command.status().expect("it starts").success());
}
