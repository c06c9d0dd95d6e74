//! What a script does, as far as its output can depend on it.

use crate::hash::{Hash256, sha256_of_json};
use crate::plan::{Data, Interpreter, Plan, ShellAction};
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that a recorded output is the output of. What is only held against it, such as expectations, accepted exit
/// codes, gates and timeouts, is none of it: that may change, and the recording still tells what happened.
#[derive(Serialize)]
struct Deed<'p> {
    interpreter: Option<&'p Interpreter>,
    target: &'p str,
    session: &'p str,
    stdin: Option<&'p Data>,
    /// Streams that were recorded apart cannot be joined in order any more.
    combined: bool,
    env: &'p BTreeMap<String, String>,
    script: &'p str,
}

/// The identity of what a script of `plan` does.
pub fn deed(plan: &Plan, action: &ShellAction) -> Hash256 {
    sha256_of_json(&Deed {
        interpreter: action.interpreter.as_ref(),
        target: &action.target,
        session: &action.session,
        stdin: action.stdin.as_ref(),
        combined: action.combined(),
        env: &plan.env,
        script: &action.script,
    })
}
