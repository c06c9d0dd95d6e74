//! Verdicts on a step that has ended: pure rules over what it was allowed and what it did.

use crate::event::{Reason, Status};
use crate::plan::ShellAction;
use crate::runbook::ExitRule;
use crate::shell::How;

/// How a step ended, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// `passed`, `failed` or `in-doubt`.
    pub status: Status,
    /// Why it did not pass.
    pub reason: Option<Reason>,
    /// More about why, in plain words.
    pub detail: Option<String>,
}

impl Judgement {
    /// Failed, for this reason.
    pub fn failed(reason: Reason, detail: String) -> Self {
        Self { status: Status::Failed, reason: Some(reason), detail: Some(detail) }
    }
}

/// Whether a step ended in a way in which it may pass, so that its output is held against what is expected.
pub fn is_over(action: &ShellAction, how: &How) -> bool {
    match how {
        How::Exited(_) => true,
        How::Disconnected(_) => action.exit == ExitRule::Disconnect,
        How::TimedOut | How::Interrupted | How::NotRun(_) | How::Lost(_) => false,
    }
}

/// Judges how a step ended. `expected` says whether every expectation holds.
pub fn judge(action: &ShellAction, how: &How, expected: bool) -> Judgement {
    // What was begun and not seen to its end may have happened; only what may be repeated has simply failed.
    let unfinished = if action.effect.may_repeat() { Status::Failed } else { Status::InDoubt };
    let (status, reason, detail) = match how {
        How::Disconnected(_) if action.exit == ExitRule::Disconnect => match expected {
            true => (Status::Passed, None, None),
            false => (Status::Failed, Some(Reason::Expectation), None),
        },
        How::Exited(code) if action.exit == ExitRule::Disconnect => {
            let why = format!("it ended with {code}, and its connection did not go away");
            (Status::Failed, Some(Reason::Exit), Some(why))
        }
        How::Exited(code) if !action.exit.accepts(*code) => {
            let reason = if signal(*code).is_some() { Reason::Signal } else { Reason::Exit };
            (Status::Failed, Some(reason), exit_hint(*code).map(str::to_owned))
        }
        How::Exited(_) if !expected => (Status::Failed, Some(Reason::Expectation), None),
        How::Exited(_) => (Status::Passed, None, None),
        How::TimedOut => (unfinished, Some(Reason::Timeout), None),
        How::Interrupted => (unfinished, Some(Reason::Operator), Some("it was ended on request".to_owned())),
        How::NotRun(why) => (Status::Failed, Some(Reason::Transport), Some(format!("it was not run: {why}"))),
        How::Lost(why) | How::Disconnected(why) => (unfinished, Some(Reason::Transport), Some(why.clone())),
    };
    Judgement { status, reason, detail }
}

/// The exit code of a step that ended by itself.
pub fn exit_code(how: &How) -> Option<i32> {
    match how {
        How::Exited(code) => Some(*code),
        _ => None,
    }
}

/// The signal that an exit code stands for: 128 + signal.
pub fn signal(code: i32) -> Option<i32> {
    (129..=192).contains(&code).then(|| code - 128)
}

fn exit_hint(code: i32) -> Option<&'static str> {
    match code {
        126 => Some("126: a command was found and could not be run"),
        127 => Some("127: a command was not found"),
        141 => Some(
            "141 is SIGPIPE: under pipefail a pipe into something that stops reading, such as `| head` or `| grep -q`, fails",
        ),
        137 => Some("137 is SIGKILL: somebody killed it, perhaps the kernel for want of memory"),
        _ => None,
    }
}

/// What a step that printed `stderr` seems to have wanted.
pub fn terminal_hint(stderr: &str) -> Option<&'static str> {
    const SIGNS: &[&str] = &[
        "/dev/tty: No such device or address",
        "a terminal is required",
        "no tty present",
        "not a tty",
        "inappropriate ioctl for device",
    ];
    let stderr = stderr.to_ascii_lowercase();
    SIGNS
        .iter()
        .any(|sign| stderr.contains(&sign.to_ascii_lowercase()))
        .then_some("it seems to want a terminal, and a step has none: use options that do not ask, such as `sudo -n`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::Effect;

    fn action(effect: Effect) -> ShellAction {
        ShellAction { effect, ..crate::plan::looking("local", String::new(), Vec::new()) }
    }

    #[test]
    fn a_change_that_was_not_seen_to_its_end_is_in_doubt_and_a_read_has_failed() {
        let unfinished = [How::TimedOut, How::Interrupted, How::Lost("gone".into())];
        for how in &unfinished {
            for (effect, status) in [
                (Effect::Read, Status::Failed),
                (Effect::Idempotent, Status::Failed),
                (Effect::Change, Status::InDoubt),
                (Effect::Destroy, Status::InDoubt),
            ] {
                assert_eq!(judge(&action(effect), how, true).status, status, "{how:?} {effect:?}");
            }
        }
        let not_run = judge(&action(Effect::Destroy), &How::NotRun("x".into()), true);
        assert_eq!((not_run.status, not_run.reason), (Status::Failed, Some(Reason::Transport)));
    }

    #[test]
    fn exit_codes_come_before_expectations() {
        let read = action(Effect::Read);
        assert_eq!(judge(&read, &How::Exited(0), true).status, Status::Passed);
        assert_eq!(judge(&read, &How::Exited(0), false).reason, Some(Reason::Expectation));
        assert_eq!(judge(&read, &How::Exited(3), false).reason, Some(Reason::Exit));
        assert_eq!(judge(&read, &How::Exited(143), true).reason, Some(Reason::Signal));
    }
}
