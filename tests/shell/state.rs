use std::time::Duration;

use crate::harness::{Shell, block_on, config};

#[test]
fn a_directory_that_is_gone_is_a_failed_restore_and_the_step_is_not_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let gone = folder.path().join("gone");
    block_on(async {
        let mut shell = Shell::start().await;
        let script = format!("mkdir {0}; cd {0}; rmdir {0}; K=2", gone.display());
        assert_eq!(shell.run(&script).await.code(), 0);
        assert_eq!(shell.run("echo k$K").await.stdout, "k2\n", "the shell itself lives on there");
        assert_eq!(shell.run("exit 1").await.code(), 1);
        let marker = folder.path().join("ran");
        let ran = shell.run(&format!("touch {}", marker.display())).await;
        assert!(ran.reason().contains(&*gone.display().to_string()), "{ran:?}");
        assert!(!marker.exists());
        std::fs::create_dir(&gone).expect("the directory again");
        assert_eq!(shell.run("echo k$K").await.stdout, "k2\n", "it can be mended");
    });
}

#[test]
fn a_restore_that_does_not_parse_never_lets_a_step_pass_unrun() {
    block_on(async {
        let mut shell = Shell::start().await;
        // bash 5.2 takes this name, and prints a definition that it cannot read back.
        assert_eq!(shell.run("function a=b { :; }").await.code(), 0);
        assert_eq!(shell.run("exit 1").await.code(), 1);
        for _ in 0..3 {
            assert!(shell.run("echo never").await.reason().contains("restored"));
        }
    });
}

#[test]
fn a_variable_that_a_step_made_readonly_is_refused() {
    block_on(async {
        let mut shell = Shell::start().await;
        assert_eq!(shell.run("readonly R=1").await.code(), 0);
        let ran = shell.run_with("echo $R", "R", "2").await;
        assert!(ran.reason().contains("`R` is readonly"), "{ran:?}");
        assert_eq!(shell.run_with("echo $S", "S", "2").await.stdout, "2\n");
    });
}

#[test]
fn variables_are_exported_anew_whatever_a_step_made_of_them() {
    let spoil = [
        "V=other",
        "unset V",
        "unset V; declare -i V",
        "unset V; declare -u V",
        "unset V; V=(1 2)",
        "unset V; declare -A V=([k]=v)",
        "W=w; declare -n V=W",
        "export -n V",
    ];
    block_on(async {
        let mut shell = Shell::start().await;
        for spoil in spoil {
            assert_eq!(shell.run(spoil).await.code(), 0, "{spoil}");
            let ran = shell.run_with("sh -c 'echo \"$V\"'", "V", "it's $x é").await;
            assert_eq!(ran.stdout, "it's $x é\n", "{spoil}: {ran:?}");
        }
    });
}

#[test]
fn an_unreadable_state_is_noted_and_the_last_good_one_comes_back() {
    block_on(async {
        let mut shell = Shell::start().await;
        assert_eq!(shell.run("A=good").await.code(), 0);
        // The file into which the driver dumps.
        let torn = shell.run("A=torn; echo late >>\"$__sg_m\"").await;
        assert_eq!(torn.code(), 0);
        assert!(torn.end.notes.iter().any(|note| note.contains("torn")), "{torn:?}");
        let killed = shell.run("kill -9 $$").await;
        let ran = shell.run("echo $A").await;
        assert_eq!(ran.stdout, "good\n", "{torn:?} {killed:?} {ran:?}");
    });
}

/// A step after which the shell prints for a while, and a background child that does this meanwhile.
fn while_the_state_is_printed(act: &str) -> String {
    // By a descriptor of its own: once this session is gone, another one's file may be under the same path.
    let wait = "until read -rN 4096 </dev/fd/8 || ((SECONDS > 30)); do :; done";
    // The child is in time also on a busy machine: the shell gives way to it.
    format!(
        "A=lost; for i in {{1..10000}}; do declare V$i=1; done
        ({wait}; {act}; renice -n 0 -p $$) 8<>\"$__sg_m\" >/dev/null 2>&1 &
        renice -n 10 -p $$ >/dev/null"
    )
}

#[test]
fn a_shell_that_is_killed_while_it_prints_its_state_leaves_the_one_from_before_and_a_note() {
    block_on(async {
        let mut shell = Shell::start().await;
        assert_eq!(shell.run("A=good").await.code(), 0);
        let ran = shell.run(&while_the_state_is_printed("kill -9 $$")).await;
        assert_eq!((ran.code(), ran.end.notes.len()), (0, 0), "its own verdict stands: {ran:?}");
        let ran = shell.run("echo $A; (exit 3)").await;
        assert_eq!((ran.code(), ran.stdout.as_str()), (3, "good\n"), "{ran:?}");
        let noted = |words: &str| ran.end.notes.iter().any(|note| note.contains(words));
        assert!(noted("cannot be read") && noted("had ended"), "{ran:?}");
    });
}

#[test]
fn a_state_that_is_torn_behind_the_end_mark_is_noted_with_the_next_step() {
    block_on(async {
        let mut shell = Shell::start().await;
        assert_eq!(shell.run("A=good").await.code(), 0);
        assert_eq!(shell.run(&while_the_state_is_printed("echo late >>/dev/fd/8")).await.code(), 0);
        let ran = shell.run("echo $A; kill -9 $$").await;
        assert_eq!((ran.code(), ran.stdout.as_str()), (137, "lost\n"), "the shell itself has it: {ran:?}");
        assert!(ran.end.notes.iter().any(|note| note.contains("torn")), "{ran:?}");
        assert_eq!(shell.run("echo $A").await.stdout, "good\n");
    });
}

#[test]
fn a_step_whose_time_is_over_while_the_state_is_printed_is_not_sent() {
    block_on(async {
        let mut shell = Shell::start().await;
        assert_eq!(shell.run("A=good").await.code(), 0);
        assert_eq!(shell.run(&while_the_state_is_printed("kill -STOP $$")).await.code(), 0);
        let ran = shell.run_for("echo never", Duration::from_millis(500)).await;
        assert!(ran.reason().contains("before it was sent") && ran.stdout.is_empty(), "{ran:?}");
        assert!(ran.end.notes.iter().any(|note| note.contains("cannot be read")), "{ran:?}");
        assert_eq!(shell.run("echo $A").await.stdout, "good\n");
    });
}

#[test]
fn what_a_step_left_is_there_when_the_next_one_kills_its_shell_at_once() {
    block_on(async {
        let mut shell = Shell::start().await;
        for number in 0..50 {
            let left = shell.run(&format!("A={number}; f() {{ echo $A {number}; }}")).await;
            assert_eq!((left.code(), left.end.notes.len()), (0, 0), "{left:?}");
            assert_eq!(shell.run("kill -9 $$").await.code(), 137);
            assert_eq!(shell.run("f").await.stdout, format!("{number} {number}\n"));
        }
    });
}

#[test]
fn a_shell_that_dies_between_two_steps_is_replaced_and_the_step_runs_once() {
    let folder = tempfile::tempdir().expect("a folder");
    block_on(async {
        let mut shell = Shell::start().await;
        assert_eq!(shell.run("V=1; (sleep 0.2; kill -9 $$) >/dev/null 2>&1 &").await.code(), 0);
        tokio::time::sleep(Duration::from_millis(600)).await;
        let ran = shell.run(&format!("echo $V; echo x >>{}/runs", folder.path().display())).await;
        assert_eq!((ran.code(), ran.stdout.as_str(), ran.end.notes.len()), (0, "1\n", 1), "{ran:?}");
    });
    assert_eq!(std::fs::read(folder.path().join("runs")).expect("the file"), b"x\n");
}

#[test]
fn a_session_starts_in_its_directory_with_its_environment_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config();
    config.directory = folder.path().to_path_buf();
    config.environment = vec![("ONLY".into(), "this".into()), ("PATH".into(), std::env::var_os("PATH").expect("PATH"))];
    block_on(async {
        let mut shell = Shell::with(config).await;
        let ran = shell.run("pwd -P; env | cut -d= -f1 | sort | tr '\\n' ' '").await;
        let real = folder.path().canonicalize().expect("a folder");
        let expected = format!("{}\nONLY PATH PWD SHLVL STEPGATE_SESSION _ ", real.display());
        assert_eq!(ran.stdout, expected);
    });
}
