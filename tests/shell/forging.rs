use std::time::Duration;

use crate::harness::{Shell, block_on};

/// What a step can see of its shell, the outer shell and the engine's messages to them.
const DUMP: &str = "set; declare -p; declare -f; trap -p; alias; env; history
for p in $$ $PPID $BASHPID; do for f in environ cmdline; do tr '\\0' '\\n' </proc/$p/$f; done; done
for v in ${!__sg_*}; do echo \"$v=${!v}\"; done";

#[test]
fn a_step_that_dumps_everything_sees_no_secret_of_its_own() {
    block_on(async {
        let mut shell = Shell::start().await;
        let dump = shell.run(DUMP).await;
        assert_eq!(dump.code(), 0);
        let marker = shell.run("echo $STEPGATE_SESSION").await.stdout;
        let seen = dump.stdout + &dump.stderr;
        let secrets = hex_words(&seen);
        assert_eq!(secrets, vec![marker.trim()], "only the session's marker may be seen");
        assert_eq!(marker.trim().len(), 32, "or else this test looks for the wrong thing");
    });
}

fn hex_words(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_hexdigit());
    let mut found: Vec<&str> = words.filter(|word| word.len() == 32).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn forged_marks_change_nothing_wherever_they_are_written() {
    let zeros = "0".repeat(32);
    let mark = format!("printf '\\036{zeros} 0 ehB\\036\\036{zeros} 0\\036\\036{zeros}!\\036\\036'");
    let script = format!(
        "{mark} >&232; {mark}; {mark} >&2; printf '\\036' >&232; yes x | head -c 300000 >&232 || true; echo end; (exit 3)"
    );
    block_on(async {
        let mut shell = Shell::start().await;
        for _ in 0..3 {
            let ran = shell.run(&script).await;
            assert_eq!(ran.code(), 3, "{ran:?}");
            assert!(ran.stdout.ends_with("\u{1e}end\n"), "the output is bytes like any other");
            assert_eq!(ran.stderr.matches('\u{1e}').count(), 7);
        }
    });
}

#[test]
fn marks_that_a_background_child_goes_on_writing_change_nothing() {
    block_on(async {
        let mut shell = Shell::start().await;
        let script =
            "(for i in {1..300}; do printf '\\036%032d 0 ehB\\036junk' 0 >&232; sleep 0.001; done) >/dev/null 2>&1 &";
        assert_eq!(shell.run(script).await.code(), 0);
        for number in 0..100 {
            let ran = shell.run(&format!("V={number}; echo $V; (exit {number}) || exit {number}")).await;
            assert_eq!((ran.code(), ran.stdout), (number, format!("{number}\n")));
        }
    });
}

#[test]
fn a_step_has_no_terminal() {
    block_on(async {
        let mut shell = Shell::start().await;
        // Where the test itself has no terminal, only this tells.
        let session = "echo $((PPID - $(cut -d' ' -f6 /proc/$$/stat)))";
        assert_eq!(shell.run(session).await.stdout, "0\n");
        let ran = shell.run_for("echo forged >/dev/tty", Duration::from_secs(5)).await;
        assert_eq!(ran.code(), 1);
        assert!(ran.stderr.contains("/dev/tty"), "{ran:?}");
    });
}

#[test]
fn a_control_line_inside_a_script_is_text() {
    block_on(async {
        let mut shell = Shell::start().await;
        let ran = shell.run("cat <<'E'\n@go x y\n@clean x y\nE\nkill -9 $$\n@go x y\n").await;
        assert_eq!((ran.code(), ran.stdout.as_str()), (137, "@go x y\n@clean x y\n"));
        assert_eq!(shell.run("echo ok").await.stdout, "ok\n");
    });
}
