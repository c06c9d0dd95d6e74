//! What is sent for one step over a connection.

use std::fmt::Write;

use super::super::config::ShellKind;
use super::super::frame::{Secrets, clear_attributes, push};
use super::super::quote::quote;
use super::super::state::State;
use super::super::step::StepRequest;
use super::connection::posix_quote;

/// The longest payload whose length fits the frame's eight digits, in bytes.
const LONGEST_PAYLOAD: usize = 99_999_999;

/// What one step needs beside the request.
pub(super) struct Prelude<'a> {
    pub shell: ShellKind,
    pub secrets: &'a Secrets,
    /// The text that restores the state, if the shell is new.
    pub restore: Option<Vec<u8>>,
    /// The state of a bash, if it is known.
    pub state: Option<&'a State>,
    /// Whether the step before left `set -x` on.
    pub xtrace: bool,
}

/// Builds what is sent for one step; `None` if it is too long.
pub(super) fn frame(request: &StepRequest<'_>, prelude: &Prelude<'_>) -> Option<Vec<u8>> {
    let payload = match prelude.shell {
        ShellKind::Bash => bash(request, prelude),
        ShellKind::Sh => posix(request, prelude),
    };
    let nonce = &prelude.secrets.nonce;
    (payload.len() <= LONGEST_PAYLOAD).then(|| match prelude.shell {
        ShellKind::Bash => format!("{:08}{payload}{nonce}", payload.len()).into_bytes(),
        ShellKind::Sh => format!("{payload}\n{nonce}\n").into_bytes(),
    })
}

fn bash(request: &StepRequest<'_>, prelude: &Prelude<'_>) -> String {
    let mut payload = String::new();
    match &prelude.restore {
        Some(text) => push(&mut payload, format_args!("__sg_c=restore;\\builtin eval {}", quote(text))),
        None => push(&mut payload, format_args!("__sg_c=")),
    }
    for (name, value) in request.variables {
        clear_attributes(&mut payload, name, prelude.state);
        let value = quote(value.as_bytes());
        push(&mut payload, format_args!("\\builtin export {name}={value} || __sg_c=variable"));
    }
    for name in request.unset {
        push(&mut payload, format_args!("\\builtin unset -v {name} || __sg_c=variable"));
    }
    if let Some(stdin) = stdin(request) {
        push(&mut payload, format_args!("__sg_i={}", quote(stdin)));
    }
    push(&mut payload, format_args!("__sg_j={}", if request.combined { "1" } else { "" }));
    push(&mut payload, format_args!("__sg_b={}", prelude.secrets.begin));
    let xtrace = if prelude.xtrace { "\\builtin set -x;" } else { "" };
    let script = quote(format!("{xtrace}{}", script(request, &prelude.secrets.begin)).as_bytes());
    push(&mut payload, format_args!("__sg_s={script}"));
    push(&mut payload, format_args!("__sg_f=$__sg_c"));
    payload
}

fn posix(request: &StepRequest<'_>, prelude: &Prelude<'_>) -> String {
    let mut payload = String::new();
    match &prelude.restore {
        Some(text) => {
            push(&mut payload, format_args!("__sg_c=restore;eval {}", one_line(&String::from_utf8_lossy(text))));
        }
        None => push(&mut payload, format_args!("__sg_c=")),
    }
    for (name, value) in request.variables {
        push(&mut payload, format_args!("export {name}={}", one_line(value)));
    }
    for name in request.unset {
        push(&mut payload, format_args!("unset -v {name}"));
    }
    if let Some(stdin) = stdin(request) {
        push(&mut payload, format_args!("__sg_i={}", one_line(&String::from_utf8_lossy(stdin))));
    }
    push(&mut payload, format_args!("__sg_j={}", if request.combined { "1" } else { "" }));
    push(&mut payload, format_args!("__sg_b={}", prelude.secrets.begin));
    let xtrace = if prelude.xtrace { "set -x;" } else { "" };
    let script = one_line(&format!("{xtrace}{}", script(request, &prelude.secrets.begin)));
    push(&mut payload, format_args!("__sg_s={script}"));
    push(&mut payload, format_args!("__sg_f=$__sg_c"));
    payload
}

/// A word on one line: what `read` takes at once.
fn one_line(text: &str) -> String {
    posix_quote(text).replace('\n', "'\"$__sg_nl\"'")
}

/// What a here-document of the driver gets: it adds the last newline itself.
fn stdin<'a>(request: &StepRequest<'a>) -> Option<&'a [u8]> {
    let bytes = request.stdin.filter(|bytes| !bytes.is_empty())?;
    Some(bytes.strip_suffix(b"\n").unwrap_or(bytes))
}

/// The text that the shell evaluates: the script itself, or the command that runs it, with the script in a
/// here-document whose end no author can have written.
fn script(request: &StepRequest<'_>, end: &str) -> String {
    let Some(words) = request.interpreter else { return request.script.to_owned() };
    let mut text = String::new();
    for word in words {
        _ = write!(text, "{} ", posix_quote(word));
    }
    let reversed: String = end.chars().rev().collect();
    _ = write!(text, "/dev/fd/3 3<<'SG{reversed}'\n{}\nSG{reversed}\n", request.script);
    text
}
