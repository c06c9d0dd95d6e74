//! What is sent for one step over a connection.

use super::super::frame::{Before, Payload, Secrets};
use super::super::interpreter::{on_file, on_pipe, wants_file};
use super::super::quote::printf_format;
use super::super::step::StepRequest;

/// Builds what is sent for one step; `None` if it is too long. `marker` names the file that a script may need.
pub(super) fn frame(
    request: &StepRequest<'_>,
    before: &Before<'_>,
    secrets: &Secrets,
    marker: &str,
) -> Option<Vec<u8>> {
    let mut payload = Payload::new(request, before);
    payload.set("__sg_j", if request.combined { "1" } else { "" });
    // Set in any case: an earlier step may have set them.
    payload.set("__sg_w", "");
    payload.set("__sg_i", request.stdin.filter(|bytes| !bytes.is_empty()).map(printf_format).unwrap_or_default());
    let script = match request.interpreter {
        None => before.script(request.script),
        Some(words) => {
            payload.set("__sg_q", printf_format(request.script.as_bytes()));
            if wants_file(words) {
                payload.push(format!("__sg_file {marker} || __sg_c=file").as_bytes());
                before.program(&on_file(before.shell, words, "\"$__sg_w\""))
            } else {
                before.program(&on_pipe(before.shell, words))
            }
        }
    };
    payload.finish(&script, secrets)
}
