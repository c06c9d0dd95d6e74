//! The state of a bash as data, against the state that its session started with, and back.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::super::quote::quote;
use super::bash::{OPTIONS, POSITIONAL, State, Variable, can_be_given, named};
use super::bash_restore::{SET_BEFORE_EVERY_STEP, own_functions};
use super::carried::Carried;
use super::portable::Found;
use super::values::{declare_as, variable};
use super::words::{Words, word};
use crate::session_state::{Alias, Bytes, Dialect, Reason, SessionState, Switches, Trap, Value};

/// What a bash holds now, as far as it differs from `base`. `driver` is what `declare -fp` printed at the start.
pub(super) fn portable(now: &State, base: &State, driver: &[u8], carried: Carried, omit: &BTreeSet<String>) -> Found {
    let mut found = Found::new(Dialect::Bash, &now.directory);
    if !now.has_options_of(base) {
        options(&mut found.state, now, base);
    }
    found.state.options.on.extend(carried.names(Dialect::Bash));
    found.umask(now.umask.strip_prefix(b"umask ").unwrap_or_default());
    found.part("functions()", functions(now, driver), |state, functions| state.functions = functions);
    found.part("positional()", positional(now), |state, positional| state.positional = positional);
    found.part("aliases()", now.aliases.iter().map(|alias| self::alias(alias)).collect(), |state, aliases| {
        state.aliases = aliases;
    });
    let traps = now.traps.iter().filter(|trap| !trap.ends_with(b" EXIT"));
    found.part("traps()", traps.map(|trap| self::trap(trap)).collect(), |state, traps| state.traps = traps);
    variables(&mut found, now, base, omit);
    found
}

fn options(state: &mut SessionState, now: &State, base: &State) {
    let switched = |now: &BTreeSet<String>, before: &BTreeSet<String>, not: &[&str]| {
        let kept = |name: &&String| !not.contains(&name.as_str());
        let difference =
            |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).filter(kept).cloned().collect();
        Switches { on: difference(now, before), off: difference(before, now) }
    };
    state.options = switched(&now.options(), &base.options(), &SET_BEFORE_EVERY_STEP);
    state.shell_options = switched(&now.shell_options(), &base.shell_options(), &[]);
}

fn variables(found: &mut Found, now: &State, base: &State, omit: &BTreeSet<String>) {
    changed(base.statements(), now.statements(), |before, after| {
        match (before, after.and_then(|after| wanted(after, omit))) {
            (Some(before), None) if after.is_none() => {
                found.state.unset.extend(wanted(before, omit).map(|gone| gone.name.to_owned()));
            }
            (before, Some(after)) => match variable(after) {
                // The same in other words, such as ours.
                Some(now)
                    if before
                        .and_then(|before| wanted(before, omit))
                        .and_then(variable)
                        .is_some_and(|before| before == now) => {}
                Some(variable) => found.state.variables.push(variable),
                None => found.withhold(after.name, Reason::Unfit, after.attributes.trim_start_matches('-')),
            },
            _ => {}
        }
    });
}

fn wanted<'a>(statement: &'a [u8], omit: &BTreeSet<String>) -> Option<Variable<'a>> {
    Variable::parse(statement).filter(|variable| can_be_given(variable.name) && !omit.contains(variable.name))
}

/// Goes through two lists of statements by name, and hands on those that differ: what is only in the first is gone, what
/// is only in the second is new. What is the same is not even read, since it is nearly all.
fn changed<'a>(
    before: impl Iterator<Item = &'a [u8]>,
    after: impl Iterator<Item = &'a [u8]>,
    mut differs: impl FnMut(Option<&'a [u8]>, Option<&'a [u8]>),
) {
    let (mut before, mut after) = (before.peekable(), after.peekable());
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) if old == new => {
                before.next();
                after.next();
                continue;
            }
            (Some(old), Some(new)) => named(old).cmp(named(new)),
        };
        let old = if order.is_le() { before.next() } else { None };
        differs(old, if order.is_ge() { after.next() } else { None });
    }
}

/// The functions; none can be told from the driver's if one of these stands among them.
fn functions(now: &State, driver: &[u8]) -> Option<Bytes> {
    if now.functions.is_empty() {
        return Some(Bytes::default());
    }
    let own = own_functions(&now.functions, driver);
    (own.len() < now.functions.len() || driver.is_empty()).then_some(Bytes(own))
}

fn positional(now: &State) -> Option<Vec<Bytes>> {
    match Variable::parse(now.positional()) {
        None => Some(Vec::new()),
        Some(declared) => match variable(declared)?.value {
            Value::Indexed(pairs) => Some(pairs.into_iter().map(|(_, text)| text).collect()),
            Value::Unset => Some(Vec::new()),
            _ => None,
        },
    }
}

/// Reads `alias NAME='VALUE'`, or `alias -- NAME='VALUE'`.
pub(super) fn alias(statement: &[u8]) -> Option<Alias> {
    let rest = statement.strip_prefix(b"alias ")?;
    let mut words = Words { rest: rest.strip_prefix(b"-- ").unwrap_or(rest) };
    let name = Bytes(words.word(b"=")?);
    words.take(b'=')?;
    Some(Alias { name, value: Bytes(word(words.rest)?) })
}

/// Reads `trap -- 'COMMAND' SIGNAL`.
pub(super) fn trap(statement: &[u8]) -> Option<Trap> {
    let rest = statement.strip_prefix(b"trap -- ")?;
    let at = memchr::memrchr(b' ', rest)?;
    let signal = str::from_utf8(&rest[at + 1..]).ok()?.to_owned();
    Some(Trap { signal, command: Bytes(word(&rest[..at])?) })
}

/// The state that a session with this base would have after the steps that left `state`. Everything in that was looked
/// at already; whatever of it has a value is quoted anew.
pub(super) fn assembled(base: &State, driver: &[u8], state: &SessionState) -> State {
    let mut variables: BTreeMap<&str, Vec<u8>> =
        base.variables().map(|variable| (variable.name, variable.statement.to_vec())).collect();
    for name in state.unset.iter().chain(state.withheld.keys()) {
        variables.remove(name.as_str());
    }
    let directory = state.directory.clone().unwrap_or_default();
    if directory.0 != base.directory
        && let Some(place) = base.variable("PWD").filter(|_| variables.contains_key("PWD"))
    {
        // It was not changed where the earlier session started in that directory, but here it is another one.
        let attributes = place.attributes.trim_start_matches('-');
        variables.insert("PWD", declare_as("PWD", attributes, &Value::Scalar(directory.clone())).into_bytes());
    }
    for variable in &state.variables {
        let name = &variable.name;
        variables.insert(name, declare_as(name, &variable.attributes, &variable.value).into_bytes());
    }
    let mut declared: Vec<Vec<u8>> = variables.into_values().collect();
    let words = (0..).zip(state.positional.iter().cloned()).collect();
    declared.push(declare_as(POSITIONAL, "a", &Value::Indexed(words)).into_bytes());
    let lists = [(base.options(), &state.options), (base.shell_options(), &state.shell_options)];
    for (name, (before, switches)) in OPTIONS.iter().zip(lists) {
        let now: Vec<_> = before.difference(&switches.off).chain(&switches.on).map(String::as_str).collect();
        declared.push(format!("declare -r {name}=\"{}\"", now.join(":")).into_bytes());
    }
    let trap = |trap: &Trap| format!("trap -- {} {}", quote(&trap.command.0), trap.signal).into_bytes();
    let alias = |Alias { name, value }: &Alias| format!("alias -- {}={}", quote(&name.0), quote(&value.0)).into_bytes();
    let mut now = State::declaring(declared.join(&b'\n'));
    now.traps = state.traps.iter().map(trap).collect();
    now.directory = directory.0;
    if !state.functions.is_empty() {
        now.functions = [&state.functions.0, driver].concat();
    }
    now.aliases = state.aliases.iter().map(alias).collect();
    now.umask = format!("umask {}", state.umask).into_bytes();
    now
}
