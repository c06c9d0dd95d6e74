//! What a session of a shell holds, as plain data: what a later process needs to go on where it stopped.
//!
//! Values are data and never code; functions and the commands of traps and aliases are code by nature, and kept as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::iter;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserializer, Error};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

/// What a session holds, as far as it differs from what it started with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionState {
    /// Whose state it is.
    pub shell: Dialect,
    /// Where the shell is; an absolute path. None if that is [withheld](Self::withheld).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Bytes>,
    /// Octal digits.
    pub umask: String,
    /// The variables that a step has made, changed, exported or the like, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// Names of variables that were there at the start and are gone, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
    /// What is not kept, and why: a variable by its name; something else under the name of its field with `()` behind it,
    /// such as `functions()`, and then all of it. `variables()` stands for variables that cannot even be named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<String, Withheld>,
    /// The positional parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positional: Vec<Bytes>,
    /// The functions as the shell prints them, less the driver's own. Always empty in an `sh`, which cannot list them.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub functions: Bytes,
    /// The aliases, as the shell lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// The traps, as the shell lists them. That on EXIT is never among them: it has run when its shell ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traps: Vec<Trap>,
    /// What `set` switches: names of `set -o` in bash, letters in an `sh`.
    #[serde(default, skip_serializing_if = "Switches::is_empty")]
    pub options: Switches,
    /// What bash's `shopt` switches.
    #[serde(default, skip_serializing_if = "Switches::is_empty")]
    pub shell_options: Switches,
}

/// The kind of a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// bash.
    Bash,
    /// A POSIX `sh`.
    Sh,
}

/// A variable of a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The letters of bash's `declare`, in the order in which the shell prints them; only `r` and `x` in an `sh`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub attributes: String,
    /// Its value.
    pub value: Value,
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// It has attributes and no value.
    Unset,
    /// A text; of a reference (attribute `n`), the name of what it refers to.
    Scalar(Bytes),
    /// An indexed array (attribute `a`): index and text, by index.
    Indexed(Vec<(u64, Bytes)>),
    /// An associative array (attribute `A`): key and text, sorted by key.
    Associative(Vec<(Bytes, Bytes)>),
}

impl Value {
    /// Every text in it, the keys of an array, too.
    pub fn texts(&self) -> Box<dyn Iterator<Item = &Bytes> + '_> {
        match self {
            Self::Unset => Box::new(iter::empty()),
            Self::Scalar(text) => Box::new(iter::once(text)),
            Self::Indexed(pairs) => Box::new(pairs.iter().map(|(_, text)| text)),
            Self::Associative(pairs) => Box::new(pairs.iter().flat_map(|(key, text)| [key, text])),
        }
    }
}

/// Something of which only the name is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// Why.
    pub reason: Reason,
    /// The attributes of the variable.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub attributes: String,
}

/// Why something is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// There is a secret in it.
    Secret,
    /// It is too long.
    Size,
    /// It cannot be given to another shell, or not without evaluating some of it.
    Unfit,
}

/// An alias.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Its name.
    pub name: Bytes,
    /// What it stands for.
    pub value: Bytes,
}

/// A trap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trap {
    /// The signal, such as `SIGUSR1` or `DEBUG`, as the shell calls it.
    pub signal: String,
    /// What is evaluated when it comes; nothing at all if it is ignored.
    pub command: Bytes,
}

/// Switches that differ from those at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// Those that are on now.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub on: BTreeSet<String>,
    /// Those that are off now.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub off: BTreeSet<String>,
}

impl Switches {
    /// Whether none differs.
    pub fn is_empty(&self) -> bool {
        self.on.is_empty() && self.off.is_empty()
    }
}

/// Bytes, mostly text: in JSON a string, or `{"base64": "…"}` if they are not UTF-8.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Only how many, since they may be secret.
impl fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("base64", &STANDARD.encode(&self.0))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Encoded { base64: String },
        }
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(Self(text.into_bytes())),
            // Without the text, which may be secret.
            Written::Encoded { base64 } => STANDARD.decode(base64).map(Self).map_err(|_| D::Error::custom("no base64")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_json_whether_they_are_text_or_not() {
        for bytes in [b"a\n\0\"".as_slice(), "é".as_bytes(), &(0..=255).collect::<Vec<u8>>()] {
            let text = serde_json::to_string(&Bytes(bytes.to_vec())).unwrap();
            assert_eq!(serde_json::from_str::<Bytes>(&text).unwrap().0, bytes, "{text}");
        }
        assert_eq!(serde_json::to_string(&Bytes(vec![255])).unwrap(), r#"{"base64":"/w=="}"#);
        assert!(serde_json::from_str::<Bytes>(r#"{"base64":"?"}"#).is_err());
    }

    #[test]
    fn no_value_is_shown() {
        let value = Value::Associative(vec![(Bytes(b"hidden".to_vec()), Bytes(b"hidden".to_vec()))]);
        let variable = Variable { name: "A".to_owned(), attributes: "A".to_owned(), value };
        assert!(!format!("{variable:?}").contains("hidden"));
    }
}
