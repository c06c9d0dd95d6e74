//! What is sent for one step.

use std::fmt::Write;

use super::quote::quote;
use super::state::State;
use super::step::StepRequest;
use super::streams::Paths;

/// The longest payload whose length fits the frame's eight digits, in bytes.
const LONGEST_PAYLOAD: usize = 99_999_999;

/// The secrets of one step: `begin` is written to the state file when it begins, `nonce` to the
/// control connection when it ends.
pub(super) struct Secrets {
    pub begin: String,
    pub nonce: String,
}

/// What one step needs beside the request.
pub(super) struct Prelude<'a> {
    pub paths: &'a Paths,
    pub secrets: &'a Secrets,
    /// The text that restores the state, if the shell is new.
    pub restore: Option<Vec<u8>>,
    /// The state of the session, if it is known.
    pub state: Option<&'a State>,
    /// Whether the step before left `set -x` on.
    pub xtrace: bool,
}

/// Builds what is sent for one step: eight digits of length, the payload, the nonce. All of it is one line of ASCII.
/// None if it is too long.
pub(super) fn frame(request: &StepRequest<'_>, prelude: &Prelude<'_>) -> Option<Vec<u8>> {
    let mut payload = String::new();
    match &prelude.restore {
        Some(text) => {
            push(&mut payload, format_args!("__sg_c=restore;\\builtin eval {}", quote(text)));
        }
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
    let Paths { stdout, stderr, state, stdin, .. } = prelude.paths;
    push(&mut payload, format_args!("__sg_0={stdin} __sg_1={stdout} __sg_2={stderr} __sg_m={state}"));
    push(&mut payload, format_args!("__sg_b={}", prelude.secrets.begin));
    let xtrace = if prelude.xtrace { "\\builtin set -x;" } else { "" };
    let script = quote(format!("{xtrace}{}", script(request, prelude.paths)).as_bytes());
    push(&mut payload, format_args!("__sg_s={script}"));
    push(&mut payload, format_args!("__sg_f=$__sg_c"));
    let fits = payload.len() <= LONGEST_PAYLOAD;
    fits.then(|| format!("{:08}{payload}{}", payload.len(), prelude.secrets.nonce).into_bytes())
}

/// The text that the shell evaluates: the script itself, or the command that runs it.
fn script(request: &StepRequest<'_>, paths: &Paths) -> String {
    match (request.interpreter, &paths.script) {
        (Some(words), Some(path)) => {
            let words: Vec<_> = words.iter().map(|word| quote(word.as_bytes())).collect();
            format!("{} {path}", words.join(" "))
        }
        _ => request.script.to_owned(),
    }
}

/// Whether this step's variables can be set in a shell in this state.
pub(super) fn refuse_variables(request: &StepRequest<'_>, state: Option<&State>) -> Option<String> {
    let set = request.variables.iter().map(|(name, value)| (name, value.as_str()));
    for (name, value) in set.chain(request.unset.iter().map(|name| (name, ""))) {
        let known = state.and_then(|state| state.variable(name));
        if !is_name(name) || value.contains('\0') {
            return Some(format!("`{name}` cannot be a variable: its name or its value is not one"));
        }
        if known.is_some_and(|variable| variable.attributes.contains('r')) {
            return Some(format!("`{name}` is readonly since an earlier step, rename one of the two"));
        }
    }
    request.script.contains('\0').then(|| "the script holds a NUL".to_owned())
}

/// An integer, an array or a reference that a step made of the name would change the value on its way in.
pub(super) fn clear_attributes(payload: &mut String, name: &str, state: Option<&State>) {
    let known = state.and_then(|state| state.variable(name));
    match known.map(|variable| variable.attributes.as_str()) {
        None | Some("-" | "x") => {}
        Some(attributes) if attributes.contains('n') => {
            push(payload, format_args!("\\builtin unset -n {name}"));
        }
        Some(_) => push(payload, format_args!("\\builtin unset -v {name}")),
    }
}

pub(super) fn push(payload: &mut String, statement: std::fmt::Arguments<'_>) {
    write!(payload, "{statement};").expect("a String takes everything");
}

fn is_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(word) && !name.is_empty() && !name.as_bytes()[0].is_ascii_digit()
}
