//! What is sent for one step.

use super::super::config::ShellKind;
use super::super::frame::{Before, Payload, Secrets};
use super::super::interpreter::{on_descriptor, on_file};
use super::super::step::StepRequest;
use super::given::Script;
use super::streams::Paths;

/// Builds what is sent for one step: `<`, eight digits of length, the payload, the nonce. All of it is one line of ASCII.
/// None if it is too long. A `fresh` shell has run nothing yet.
pub(super) fn frame(
    request: &StepRequest<'_>,
    before: &Before<'_>,
    paths: &Paths,
    secrets: &Secrets,
    fresh: bool,
) -> Option<Vec<u8>> {
    let mut payload = Payload::new(request, before);
    payload.set("__sg_0", &paths.stdin);
    payload.set("__sg_1", &paths.stdout);
    payload.set("__sg_2", &paths.stderr);
    if fresh {
        // Readonly: without it nobody would know that a step has begun, and it would be run twice.
        payload.push(format!("\\builtin readonly __sg_m={}", paths.state).as_bytes());
    }
    let script = match (request.interpreter, &paths.script) {
        (Some(words), Some(Script::Open(path))) => before.program(&on_descriptor(words, path)),
        (Some(words), Some(Script::Named(path))) => before.program(&on_file(ShellKind::Bash, words, path)),
        _ => before.script(request.script),
    };
    payload.finish(&script, secrets)
}
