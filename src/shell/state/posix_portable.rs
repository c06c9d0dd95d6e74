//! The state of an `sh` as data, against the state that its session started with, and back.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use super::super::quote::posix_quote;
use super::bash_portable::{alias, trap};
use super::carried::Carried;
use super::portable::Found;
use super::posix::{Named, PosixState, RESTORED};
use super::words::word;
use crate::session_state::{Alias, Bytes, Dialect, Reason, SessionState, Switches, Trap, Value, Variable};

/// What an `sh` says of one variable.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Known<'a> {
    name: &'a str,
    /// As it is spelt.
    value: Option<&'a [u8]>,
    exported: bool,
    readonly: bool,
}

impl Known<'_> {
    fn attributes(&self) -> &'static str {
        match (self.readonly, self.exported) {
            (false, false) => "",
            (false, true) => "x",
            (true, false) => "r",
            (true, true) => "rx",
        }
    }

    fn read(&self) -> Option<Variable> {
        let value = match self.value {
            Some(text) => Value::Scalar(Bytes(word(text)?)),
            None => Value::Unset,
        };
        Some(Variable { name: self.name.to_owned(), attributes: self.attributes().to_owned(), value })
    }
}

/// What an `sh` holds now, as far as it differs from `base`.
pub(super) fn portable(now: &PosixState, base: &PosixState, carried: Carried, omit: &BTreeSet<String>) -> Found {
    let mut found = Found::new(Dialect::Sh, &now.directory);
    let switched = |one: &BTreeSet<char>, other: &BTreeSet<char>| one.difference(other).map(char::to_string).collect();
    found.state.options =
        Switches { on: switched(&now.options, &base.options), off: switched(&base.options, &now.options) };
    found.state.options.on.extend(carried.names(Dialect::Sh));
    found.umask(&now.umask);
    found.state.positional = now.positional.iter().cloned().map(Bytes).collect();
    let aliases = now.aliases.iter().map(|each| alias(each)).collect();
    found.part("aliases()", aliases, |state, aliases| state.aliases = aliases);
    let traps = now.traps.iter().map(|each| trap(each)).collect();
    found.part("traps()", traps, |state, traps| state.traps = traps);
    let (before, after) = (all(base), all(now));
    let (gone, differing) = changed(&before, &after, |known| known.name, PartialEq::eq);
    found.state.unset = gone.map(|known| known.name.to_owned()).filter(|name| !omit.contains(name)).collect();
    // What was readonly at the start no step can have changed, though the shell itself may.
    let wanted = |(before, after): &(Option<&Known<'_>>, &Known<'_>)| {
        !omit.contains(after.name) && before.is_none_or(|before| !before.readonly)
    };
    for (before, after) in differing.filter(wanted) {
        match after.read() {
            // The same in other words, such as ours.
            Some(now) if before.and_then(Known::read).is_some_and(|before| before == now) => {}
            Some(variable) => found.state.variables.push(variable),
            None => found.withhold(after.name, Reason::Unfit, after.attributes()),
        }
    }
    found
}

/// Two sorted lists of named things: what of `before` is gone, and what of `after` is not the `same` as it was.
fn changed<'a, T>(
    before: &'a [T],
    after: &'a [T],
    name: impl Fn(&T) -> &str + Copy + 'a,
    same: impl Fn(&T, &T) -> bool + Copy + 'a,
) -> (impl Iterator<Item = &'a T>, impl Iterator<Item = (Option<&'a T>, &'a T)>) {
    let gone = before.iter().scan(after.iter().peekable(), move |after, old| {
        Some((find(after, name(old), name), old)).map(|(found, old)| (found.is_none(), old))
    });
    let differing = after.iter().scan(before.iter().peekable(), move |before, new| {
        let old = find(before, name(new), name);
        Some((old.is_none_or(|old| !same(old, new)), (old, new)))
    });
    (
        gone.filter(|(gone, _)| *gone).map(|(_, old)| old),
        differing.filter(|(differs, _)| *differs).map(|(_, pair)| pair),
    )
}

/// Goes on in a sorted list to this name, and says what stands there under it.
fn find<'a, T: 'a>(
    list: &mut Peekable<impl Iterator<Item = &'a T>>,
    wanted: &str,
    name: impl Fn(&T) -> &str,
) -> Option<&'a T> {
    while list.next_if(|each| name(each) < wanted).is_some() {}
    list.peek().copied().filter(|each| name(each) == wanted)
}

/// Every variable, by name.
fn all(state: &PosixState) -> Vec<Known<'_>> {
    let mut all: BTreeMap<&str, Known<'_>> = BTreeMap::new();
    for named in state.variables.iter().chain(&state.exports).chain(&state.readonly) {
        let known = Known { name: &named.name, value: None, exported: false, readonly: false };
        all.entry(&named.name).or_insert(known);
    }
    for named in &state.exports {
        all.entry(&named.name).and_modify(|known| known.exported = true);
    }
    for named in &state.readonly {
        all.entry(&named.name).and_modify(|known| known.readonly = true);
    }
    for named in &state.variables {
        all.entry(&named.name).and_modify(|known| known.value = named.statement.get(named.name.len() + 1..));
    }
    all.into_values().collect()
}

/// The state that a session with this base would have after the steps that left `state`, which was looked at already.
pub(super) fn assembled(base: &PosixState, state: &SessionState) -> PosixState {
    let gone = |name: &str| {
        let anew = state.variables.iter().any(|variable| variable.name == name);
        anew || state.withheld.contains_key(name) || state.unset.iter().any(|unset| unset == name)
    };
    let kept = |list: &[Named]| list.iter().filter(|named| !gone(&named.name)).cloned().collect::<Vec<_>>();
    let mut now = PosixState {
        directory: state.directory.clone().unwrap_or_default().0,
        positional: state.positional.iter().map(|word| word.0.clone()).collect(),
        variables: kept(&base.variables),
        exports: kept(&base.exports),
        readonly: kept(&base.readonly),
        aliases: state.aliases.iter().map(spell_alias).collect(),
        traps: state.traps.iter().map(spell_trap).collect(),
        umask: state.umask.clone().into_bytes(),
        options: base.options.clone(),
    };
    let letters = |names: &BTreeSet<String>| names.iter().filter_map(|name| name.chars().next()).collect::<Vec<_>>();
    now.options.extend(letters(&state.options.on).iter().filter(|letter| RESTORED.contains(letter)));
    letters(&state.options.off).iter().for_each(|letter| _ = now.options.remove(letter));
    for variable in &state.variables {
        let value = match &variable.value {
            Value::Scalar(text) => [b"=".to_vec(), posix_quote(&text.0)].concat(),
            _ => Vec::new(),
        };
        let named = |before: &str| Named {
            name: variable.name.clone(),
            statement: [before.as_bytes(), variable.name.as_bytes(), &value].concat(),
        };
        if !value.is_empty() {
            now.variables.push(named(""));
        }
        if variable.attributes.contains('x') {
            now.exports.push(named("export "));
        }
        if variable.attributes.contains('r') {
            now.readonly.push(named("readonly "));
        }
    }
    now
}

fn spell_alias(Alias { name, value }: &Alias) -> Vec<u8> {
    [b"alias ", &*posix_quote(&name.0), b"=", &*posix_quote(&value.0)].concat()
}

fn spell_trap(Trap { signal, command }: &Trap) -> Vec<u8> {
    [b"trap -- ", &*posix_quote(&command.0), b" ", signal.as_bytes()].concat()
}
