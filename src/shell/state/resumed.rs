//! A recorded state is looked at, and made one that a new shell can be given.

use std::collections::BTreeMap;

use super::bash::can_be_given;
use super::carried::Carried;
use super::saved::{Base, Saved, is_name};
use super::values::is_fit;
use super::{bash_portable, posix_portable};
use crate::session_state::{Bytes, Dialect, SessionState, Value, Variable};

impl Saved {
    /// What a session with this base would hold after the steps that left `state`; `values` are those of withheld variables. The
    /// error says what of it is not what it should be.
    pub fn resumed(
        base: &Base,
        state: &SessionState,
        values: &BTreeMap<String, String>,
    ) -> Result<(Self, Carried), String> {
        let mut state = state.clone();
        fill(&mut state, values);
        look(&state)?;
        let carried = Carried::named(&state.options.on, state.shell);
        match (&base.state, state.shell) {
            (Self::Bash(now), Dialect::Bash) => {
                Ok((Self::Bash(bash_portable::assembled(now, &base.functions, &state)), carried))
            }
            (Self::Posix(base), Dialect::Sh) => Ok((Self::Posix(posix_portable::assembled(base, &state)), carried)),
            (Self::Bash(_), Dialect::Sh) => Err("it is that of an `sh`, and the session's shell is a bash".to_owned()),
            (Self::Posix(_), Dialect::Bash) => {
                Err("it is that of a bash, and the session's shell is an `sh`".to_owned())
            }
        }
    }
}

/// Gives withheld variables their values back. An array or a reference is none that a text could fill.
fn fill(state: &mut SessionState, values: &BTreeMap<String, String>) {
    for (name, value) in values {
        let fillable = |attributes: &str| !attributes.contains(['a', 'A', 'n']);
        let withheld = state.withheld.get(name).filter(|withheld| fillable(&withheld.attributes));
        if let Some(attributes) = withheld.map(|withheld| withheld.attributes.clone()) {
            state.withheld.remove(name);
            let value = Value::Scalar(Bytes(value.clone().into_bytes()));
            state.variables.push(Variable { name: name.clone(), attributes, value });
        }
    }
}

/// Says what is wrong with a state.
fn look(state: &SessionState) -> Result<(), String> {
    match &state.directory {
        None => {
            return Err("it does not say in which directory the shell was, since there is a secret in its name".into());
        }
        Some(directory) if !directory.0.starts_with(b"/") => return Err("its directory is no absolute path".into()),
        Some(_) => {}
    }
    let octal = |byte| (b'0'..=b'7').contains(&byte);
    if state.umask.is_empty() || state.umask.len() > 4 || !state.umask.bytes().all(octal) {
        return Err(format!("`{}` is no umask", state.umask));
    }
    state.variables.iter().try_for_each(|variable| look_at_variable(variable, state.shell))?;
    // What is not in parentheses is a variable.
    let withheld = state.withheld.keys().filter(|name| !name.ends_with("()"));
    state.unset.iter().chain(withheld).try_for_each(|name| look_at_name(name))?;
    if state.shell == Dialect::Sh && !(state.functions.is_empty() && state.shell_options.is_empty()) {
        return Err("it has functions or options of `shopt`, which an `sh` cannot be given".into());
    }
    let [of_set, of_shopt] = [&state.options, &state.shell_options].map(|each| each.on.iter().chain(&each.off));
    of_set.chain(of_shopt).try_for_each(|name| look_at_option(name, state.shell))?;
    for trap in &state.traps {
        let word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"+-".contains(&byte);
        if !trap.signal.starts_with(|first: char| first.is_ascii_uppercase()) || !trap.signal.bytes().all(word) {
            return Err(format!("`{}` is no signal", trap.signal));
        }
        if trap.signal == "EXIT" {
            return Err("it has a trap on EXIT, which runs when its shell ends".into());
        }
    }
    for alias in &state.aliases {
        let odd = |&byte: &u8| byte == b'=' || byte == b'\n';
        let an_option = state.shell == Dialect::Sh && alias.name.0.starts_with(b"-");
        if alias.name.is_empty() || alias.name.0.iter().any(odd) || an_option {
            return Err("the name of an alias is none".into());
        }
    }
    match every_text(state).any(|text| text.0.contains(&0)) {
        true => Err("there is a NUL in it".into()),
        false => Ok(()),
    }
}

fn look_at_variable(variable: &Variable, shell: Dialect) -> Result<(), String> {
    look_at_name(&variable.name)?;
    let letters = |attributes: &str| attributes.chars().all(|letter| "rx".contains(letter));
    let plain = matches!(variable.value, Value::Unset | Value::Scalar(_)) && letters(&variable.attributes);
    if !is_fit(variable) || (shell == Dialect::Sh && !plain) {
        return Err(format!(
            "the value of `{}` is not what its attributes `{}` say",
            variable.name, variable.attributes
        ));
    }
    Ok(())
}

fn look_at_name(name: &str) -> Result<(), String> {
    match is_name(name) && can_be_given(name) {
        true => Ok(()),
        false => Err(format!("`{name}` is no name of a variable that can be set")),
    }
}

fn look_at_option(name: &str, shell: Dialect) -> Result<(), String> {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    let known = match shell {
        Dialect::Bash => name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(word),
        Dialect::Sh => name.len() == 1 && name.bytes().all(|byte| byte.is_ascii_alphabetic()),
    };
    if known { Ok(()) } else { Err(format!("`{name}` is no option")) }
}

fn every_text(state: &SessionState) -> impl Iterator<Item = &Bytes> {
    let variables = state.variables.iter().flat_map(|variable| variable.value.texts());
    let aliases = state.aliases.iter().flat_map(|alias| [&alias.name, &alias.value]);
    let traps = state.traps.iter().map(|trap| &trap.command);
    let whole = state.directory.iter().chain(&state.positional).chain([&state.functions]);
    whole.chain(variables).chain(aliases).chain(traps)
}
