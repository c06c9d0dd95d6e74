//! The text that gives a new bash the state of an old one.

use std::collections::BTreeSet;

use memchr::memmem;

use super::super::quote::quote;
use super::bash::{POSITIONAL, State};
use super::values::assign;

/// Options the driver sets itself, and those that cannot be set or would end the shell.
pub(super) const SET_BEFORE_EVERY_STEP: [&str; 7] =
    ["errexit", "nounset", "pipefail", "xtrace", "allexport", "noexec", "onecmd"];

/// The text that gives a shell started without an environment the state `now`. `base` is the state before the first
/// step, `driver` what `declare -fp` printed then. It leaves `__sg_c` empty only if it was evaluated to its end and the directory is there.
///
/// The order matters: variables before functions (one may be called `declare`, which cannot be quoted), functions
/// before options (`posix` changes what can be parsed), aliases and traps last.
pub(super) fn restore(now: &State, base: &State, driver: &[u8]) -> Vec<u8> {
    let mut text = Text(b"__sg_x=\n".to_vec());
    text.builtin(&now.umask);
    let directory = quote(&now.directory);
    text.line(format!("\\builtin cd -- {directory} || __sg_x=directory"));
    variables(&mut text, now, base);
    text.line("\\builtin shopt -s extglob");
    text.0.extend(own_functions(&now.functions, driver));
    options(&mut text, now, base);
    // An EXIT trap runs when its shell ends.
    for trap in now.traps.iter().filter(|trap| !trap.ends_with(b" EXIT") && !is_taken_away(trap)) {
        text.builtin(trap);
    }
    for alias in &now.aliases {
        text.builtin(alias);
    }
    text.line("__sg_c=$__sg_x");
    text.0
}

/// Whether the driver takes this trap away after each step, to set it again when the next one begins.
pub(super) fn is_taken_away(trap: &[u8]) -> bool {
    [b" DEBUG".as_slice(), b" ERR", b" RETURN"].iter().any(|name| trap.ends_with(name))
}

struct Text(Vec<u8>);

impl Text {
    fn line(&mut self, line: impl AsRef<[u8]>) {
        self.0.extend(line.as_ref());
        self.0.push(b'\n');
    }

    fn builtin(&mut self, statement: &[u8]) {
        self.0.extend(b"\\builtin ");
        self.line(statement);
    }
}

fn variables(text: &mut Text, now: &State, base: &State) {
    // A bash makes some variables (PATH, TERM) even without an environment.
    for gone in base.variables().filter(|known| now.variable(known.name).is_none()) {
        text.line(format!("\\builtin unset -v {}", gone.name));
    }
    for variable in now.variables() {
        text.line(assign(variable));
    }
    if !now.positional().is_empty() {
        text.line(now.positional());
        text.line(format!("\\builtin set -- \"${{{POSITIONAL}[@]}}\""));
    }
}

/// The functions less the driver's own.
pub(super) fn own_functions(now: &[u8], driver: &[u8]) -> Vec<u8> {
    match memmem::find(now, driver) {
        Some(at) => [&now[..at], &now[at + driver.len()..]].concat(),
        None => now.to_vec(),
    }
}

fn options(text: &mut Text, now: &State, base: &State) {
    let settable = |name: &&String| !SET_BEFORE_EVERY_STEP.contains(&name.as_str());
    let (options, before) = (now.options(), base.options());
    for name in before.difference(&options).filter(settable) {
        text.line(format!("\\builtin set +o {name}"));
    }
    for name in options.difference(&before).filter(settable) {
        text.line(format!("\\builtin set -o {name}"));
    }
    let extglob = BTreeSet::from(["extglob".to_owned()]);
    let (shell_options, before) = (now.shell_options(), base.shell_options());
    for name in before.union(&extglob).filter(|name| !shell_options.contains(*name)) {
        text.line(format!("\\builtin shopt -u {name}"));
    }
    for name in &shell_options {
        text.line(format!("\\builtin shopt -s {name}"));
    }
}
