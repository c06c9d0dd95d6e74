use std::time::Duration;

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
