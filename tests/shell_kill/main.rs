//! Ending steps by force. Apart from the other tests of the session because it counts the zombies of its process.

#[path = "../shell/harness.rs"]
#[allow(dead_code, reason = "this binary needs a part of it")]
mod harness;

use std::time::Duration;

use stepgate::shell::How;
use tokio::time::sleep;

use harness::{Shell, block_on, tag, tagged};

/// Ways to outlive a timeout. `TAG` is the argument of every `sleep`, `TMP` a folder.
const SHAPES: &[(&str, &str)] = &[
    ("a foreground child", "sleep TAG"),
    ("a background child", "sleep TAG & sleep TAG"),
    ("setsid", "setsid sleep TAG & sleep TAG"),
    ("setsid whose parent is gone", "setsid -f sleep TAG; sleep TAG"),
    ("a double fork", "(sleep TAG &) ; ( (sleep TAG &) & ); sleep TAG"),
    ("nohup", "nohup sleep TAG >/dev/null 2>&1 & sleep TAG"),
    ("TERM ignored", "trap '' TERM; sleep TAG; sleep TAG; sleep TAG"),
    ("TERM ignored under setsid", "setsid bash -c 'trap \"\" TERM; while :; do sleep TAG; done' & sleep TAG"),
    ("a stopped child", "sleep TAG & kill -STOP $!; sleep TAG"),
    ("a stopped shell", "sleep TAG & kill -STOP $$"),
    ("a stopped outer shell", "kill -STOP $PPID; sleep TAG"),
    ("closed streams", "setsid sleep TAG <&- >&- 2>&- & sleep TAG"),
    ("a lost marker", "env -i sleep TAG & sleep TAG"),
    ("a lost marker, group and parent", "setsid -f env -i sleep TAG; sleep TAG"),
    ("two hundred daemons", "for i in $(seq 200); do setsid -f sleep TAG; done; sleep TAG"),
    (
        "a chain of daemons",
        "cat >TMP/chain <<'E'\nn=$1; [ $n -gt 200 ] && exec sleep TAG\nsleep 0.01; setsid -f bash TMP/chain $((n+1)) TAG\nE\nsetsid -f bash TMP/chain 1 TAG; sleep TAG",
    ),
    ("an endless printer", "yes TAG"),
    ("an endless writer to the control connection", "yes TAG >&232"),
    ("a deaf shell", "set -n; sleep TAG"),
    ("a thief of the nonce", "cat <&231; sleep TAG"),
];

#[test]
fn a_timeout_leaves_nobody_over_whatever_the_shape() {
    for (name, script) in SHAPES {
        block_on(expect_nobody(name, script));
    }
}

async fn expect_nobody(name: &str, script: &str) {
    let (tag, folder) = (tag(), tempfile::tempdir().expect("a folder"));
    let script = script.replace("TAG", &tag).replace("TMP", &folder.path().display().to_string());
    let mut shell = Shell::start().await;
    assert_eq!(shell.run("V=kept").await.code(), 0, "{name}");
    let ran = shell.run_for(&script, Duration::from_millis(500)).await;
    assert_eq!(ran.end.how, How::TimedOut, "{name}");
    assert!(ran.end.elapsed < Duration::from_secs(10), "{name}: {:?}", ran.end.elapsed);
    assert_eq!(tagged(&tag), Vec::<i32>::new(), "{name}: left over");
    assert!(ran.end.left_running.is_empty(), "{name}: {:?}", ran.end.left_running);
    assert_eq!(shell.run("echo $V").await.stdout, "kept\n", "{name}");
    assert!(shell.session.close(&mut shell.recorder).await.is_empty(), "{name}");
    // Parallel tests end processes, too, and take their status a moment later.
    for _ in 0..200 {
        if zombies() == 0 {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{name}: {} zombies", zombies());
}

/// Our children that nobody has waited for, but for the outer shells that parallel tests have just ended.
fn zombies() -> usize {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let stats = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let ours = format!(") Z {} ", std::process::id());
    stats.filter(|stat| stat.contains(&ours) && !stat.contains("(bash)")).count()
}

#[test]
fn an_interrupt_ends_the_step_and_keeps_the_state() {
    let tag = tag();
    block_on(async {
        let mut shell = Shell::start().await;
        shell.run("V=kept").await;
        let script = format!("V=lost; trap 'echo asked; exit 9' TERM; sleep {tag} & wait");
        let request = shell.request(&script);
        let interrupt = sleep(Duration::from_millis(300));
        let end = shell.session.run(request, &mut shell.recorder, interrupt).await;
        assert_eq!(end.how, How::Interrupted);
        assert_eq!(shell.recorder.stdout, b"asked\n", "TERM comes first");
        assert_eq!(shell.run("echo $V").await.stdout, "kept\n");
    });
    assert_eq!(tagged(&tag), Vec::<i32>::new());
}

#[test]
fn a_step_that_kills_the_outer_shell_is_lost_and_leaves_nobody() {
    let tag = tag();
    block_on(async {
        let mut shell = Shell::start().await;
        shell.run("V=kept").await;
        let script = format!("setsid -f sleep {tag}; sleep {tag} & kill -9 $PPID; sleep {tag}");
        let ran = shell.run(&script).await;
        assert!(matches!(ran.end.how, How::Lost(_)), "{ran:?}");
        assert_eq!(tagged(&tag), Vec::<i32>::new());
        assert_eq!(shell.run("echo $V").await.stdout, "kept\n");
    });
}
