//! What may be taken along of a state: neither a secret nor more than a record should hold.

use std::collections::{BTreeMap, BTreeSet};

use super::carried::Carried;
use super::saved::{Base, Saved};
use super::{bash_portable, posix_portable};
use crate::session_state::{Bytes, Dialect, Reason, SessionState, Switches, Value, Variable, Withheld};

/// The longest value that is taken along, in bytes of JSON.
const LONGEST_VALUE: usize = 64 << 10;
/// How much is taken along in all, in bytes of JSON.
const LONGEST_STATE: usize = 1 << 20;
/// What JSON puts around a value, about.
const AROUND: usize = 8;

/// The parts that are kept whole or not at all.
const PARTS: [&str; 5] = ["directory()", "functions()", "positional()", "aliases()", "traps()"];
/// Stands for variables whose very names are secret.
const NAMELESS: &str = "variables()";

/// What is not to be kept of a state.
pub(in crate::shell) struct Kept<'a> {
    /// Names of variables that are left out.
    pub omit: &'a BTreeSet<String>,
    /// Whether there is a secret in these bytes.
    pub is_secret: &'a dyn Fn(&[u8]) -> bool,
}

impl Saved {
    /// What the shell holds now, as far as it differs from its base. What holds a secret or
    /// is too long is kept by name only.
    pub fn portable(&self, base: &Base, carried: Carried, kept: &Kept<'_>) -> Option<SessionState> {
        let mut found = match (self, &base.state) {
            (Self::Bash(now), Self::Bash(state)) => {
                bash_portable::portable(now, state, &base.functions, carried, kept.omit)
            }
            (Self::Posix(now), Self::Posix(base)) => posix_portable::portable(now, base, carried, kept.omit),
            _ => return None,
        };
        found.withhold_secrets(kept.is_secret);
        found.withhold_long_ones();
        Some(found.state)
    }
}

/// A state in the making.
pub(super) struct Found {
    pub state: SessionState,
}

impl Found {
    pub fn new(shell: Dialect, directory: &[u8]) -> Self {
        let state = SessionState {
            shell,
            directory: Some(Bytes(directory.to_vec())),
            umask: String::new(),
            variables: Vec::new(),
            unset: Vec::new(),
            withheld: BTreeMap::new(),
            positional: Vec::new(),
            functions: Bytes::default(),
            aliases: Vec::new(),
            traps: Vec::new(),
            options: Switches::default(),
            shell_options: Switches::default(),
        };
        Self { state }
    }

    /// Octal digits, as the shell printed them.
    pub fn umask(&mut self, digits: &[u8]) {
        self.state.umask = String::from_utf8_lossy(digits).into_owned();
    }

    /// Keeps a part, if it could be read.
    pub fn part<T>(&mut self, name: &str, part: Option<T>, keep: impl FnOnce(&mut SessionState, T)) {
        match part {
            Some(part) => keep(&mut self.state, part),
            None => self.withhold(name, Reason::Unfit, ""),
        }
    }

    /// Keeps a name and no more.
    pub fn withhold(&mut self, name: &str, reason: Reason, attributes: &str) {
        let withheld = Withheld { reason, attributes: attributes.to_owned() };
        self.state.withheld.insert(name.to_owned(), withheld);
    }

    fn drop_part(&mut self, name: &str, reason: Reason) {
        let state = &mut self.state;
        match name {
            "directory()" => state.directory = None,
            "functions()" => state.functions = Bytes::default(),
            "positional()" => state.positional = Vec::new(),
            "aliases()" => state.aliases = Vec::new(),
            _ => state.traps = Vec::new(),
        }
        self.withhold(name, reason, "");
    }

    fn texts(&self, part: &str) -> Vec<&Bytes> {
        let state = &self.state;
        match part {
            "directory()" => state.directory.iter().collect(),
            "functions()" => vec![&state.functions],
            "positional()" => state.positional.iter().collect(),
            "aliases()" => state.aliases.iter().flat_map(|alias| [&alias.name, &alias.value]).collect(),
            _ => state.traps.iter().map(|trap| &trap.command).collect(),
        }
    }

    fn withhold_secrets(&mut self, is_secret: &dyn Fn(&[u8]) -> bool) {
        for part in PARTS {
            if self.texts(part).iter().any(|text| is_secret(&text.0)) {
                self.drop_part(part, Reason::Secret);
            }
        }
        self.withhold_variables(Reason::Secret, |variable| variable.value.texts().any(|text| is_secret(&text.0)));
        let state = &mut self.state;
        let (unset, withheld) = (state.unset.len(), state.withheld.len());
        state.unset.retain(|name| !is_secret(name.as_bytes()));
        state.withheld.retain(|name, _| !is_secret(name.as_bytes()));
        let named = state.variables.iter().all(|variable| !is_secret(variable.name.as_bytes()));
        state.variables.retain(|variable| !is_secret(variable.name.as_bytes()));
        if !named || unset != state.unset.len() || withheld != state.withheld.len() {
            self.withhold(NAMELESS, Reason::Secret, "");
        }
    }

    /// The longest first, until the rest is short enough.
    fn withhold_long_ones(&mut self) {
        self.withhold_variables(Reason::Size, |variable| size(variable) > LONGEST_VALUE);
        let mut all = self.sizes();
        let mut left: usize = all.iter().map(|(size, _)| size).sum();
        all.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
        let mut dropped = BTreeSet::new();
        for (size, name) in all {
            if left <= LONGEST_STATE {
                break;
            }
            left -= size;
            dropped.insert(name);
        }
        PARTS.iter().filter(|part| dropped.contains(**part)).for_each(|part| self.drop_part(part, Reason::Size));
        self.withhold_variables(Reason::Size, |variable| dropped.contains(&variable.name));
    }

    /// How long each part and each variable is.
    fn sizes(&self) -> Vec<(usize, String)> {
        let part = |part: &&str| (self.texts(part).into_iter().map(length).sum(), (*part).to_owned());
        let variables = self.state.variables.iter().map(|variable| (size(variable), variable.name.clone()));
        PARTS.iter().map(part).chain(variables).collect()
    }

    fn withhold_variables(&mut self, reason: Reason, which: impl Fn(&Variable) -> bool) {
        let (withheld, kept) = std::mem::take(&mut self.state.variables).into_iter().partition(|each| which(each));
        self.state.variables = kept;
        let withheld: Vec<Variable> = withheld;
        withheld.iter().for_each(|variable| self.withhold(&variable.name, reason, &variable.attributes));
    }
}

fn size(variable: &Variable) -> usize {
    let around = if matches!(variable.value, Value::Scalar(_)) { 0 } else { AROUND };
    variable.value.texts().map(|text| length(text) + around).sum()
}

/// How long it is in JSON, between its quotes.
fn length(text: &Bytes) -> usize {
    let of = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..b' ' => 6,
        _ => 1,
    };
    match str::from_utf8(&text.0) {
        Ok(text) => text.as_bytes().iter().map(of).sum(),
        Err(_) => text.0.len().div_ceil(3) * 4,
    }
}
