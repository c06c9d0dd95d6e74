//! Why a step does not hold, in plain words.

use crate::event::Reason;
use crate::judge::Judgement;
use crate::plan::ShellAction;

/// An expectation does not hold; it says itself why.
pub const EXPECTATION: &str = "it would not accept what was recorded";

/// A secret was printed.
pub const MASKED: &str = "what it printed holds a secret, and whether that would be accepted its mask cannot tell";

/// Another deed.
pub const CHANGED: &str = "what it does was changed since it was recorded";

/// Why a script would not pass.
pub fn of(judgement: &Judgement, action: &ShellAction, exit_code: Option<i32>) -> String {
    match (judgement.reason, exit_code, &judgement.detail) {
        (Some(Reason::Exit | Reason::Signal), Some(code), _) => {
            format!("it ended with {code}, and `exit={}` does not accept that", action.exit)
        }
        (_, _, Some(detail)) => detail.clone(),
        (_, None, None) => "its connection went away, and that is no longer expected".to_owned(),
        _ => EXPECTATION.to_owned(),
    }
}
