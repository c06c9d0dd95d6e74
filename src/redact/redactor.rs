//! The secrets of a run, behind a handle that everybody shares who writes or shows something.

use super::filter::Filter;
use super::forms::{SHORTEST_PART, forms, lines};
use aho_corasick::AhoCorasick;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

/// What stands in place of a secret.
pub const MASK: &str = "[secret]";
/// What stands there if a secret has something in common with [`MASK`], so that no mask can be part of a secret.
const OTHER_MASK: &str = "•••";

/// A value that cannot be kept secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing can be looked for.
    #[error("the secret `{0}` is empty")]
    Empty(String),
}

/// Masks secrets. Cheap to clone; every clone knows every secret, also one that is added later.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    known: Arc<RwLock<Arc<Known>>>,
}

/// The secrets of a moment.
#[derive(Debug, Default)]
pub(super) struct Known {
    secrets: BTreeSet<(String, String)>,
    forms: BTreeSet<Vec<u8>>,
    pub automaton: Option<AhoCorasick>,
    /// The longest form, in bytes.
    pub longest: usize,
    other_mask: bool,
}

impl Known {
    pub fn mask(&self) -> &'static str {
        if self.other_mask { OTHER_MASK } else { MASK }
    }
}

impl Redactor {
    /// Masks `value` from now on.
    ///
    /// # Errors
    ///
    /// If it is empty.
    pub fn add(&self, name: &str, value: &str) -> Result<(), SecretError> {
        if value.is_empty() {
            return Err(SecretError::Empty(name.to_owned()));
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let secret = (name.to_owned(), value.to_owned());
        if known.secrets.contains(&secret) {
            return Ok(());
        }
        let secrets: BTreeSet<_> = known.secrets.iter().cloned().chain([secret]).collect();
        let forms: BTreeSet<Vec<u8>> = known.forms.iter().cloned().chain(forms(value)).collect();
        // What could grow together with a mask has a letter of its edges, or lies inside.
        let in_mask = |form: &Vec<u8>| MASK.as_bytes().windows(form.len()).any(|part| part == form);
        let other_mask = forms.iter().any(|form| in_mask(form) || form.contains(&b'[') || form.contains(&b']'));
        let automaton = AhoCorasick::new(&forms).ok();
        assert!(automaton.is_some(), "the forms of all secrets fit into memory");
        let longest = forms.iter().map(Vec::len).max().unwrap_or(0);
        *known = Arc::new(Known { secrets, forms, automaton, longest, other_mask });
        Ok(())
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        self.now().automaton.is_none()
    }

    /// Names of secrets that hide badly, each with the reason.
    pub fn warnings(&self) -> Vec<String> {
        let known = self.now();
        let mut found = Vec::new();
        for (name, value) in &known.secrets {
            if value.len() < SHORTEST_PART {
                found.push(format!("the secret `{name}` is so short that masking it will garble other text"));
            }
            if lines(value).any(|line| line.len() < SHORTEST_PART) {
                found.push(format!("the secret `{name}` has lines of less than {SHORTEST_PART} bytes, which are masked only with the lines around them"));
            }
            let inside = |other: &&(String, String)| other.0 != *name && other.1.contains(value.as_str());
            if let Some((other, _)) = known.secrets.iter().find(inside) {
                found.push(format!("the secret `{name}` is part of the secret `{other}`"));
            }
        }
        found
    }

    /// Whether a text holds a secret.
    pub fn occurs_in(&self, text: &str) -> bool {
        self.now().automaton.as_ref().is_some_and(|automaton| automaton.is_match(text))
    }

    /// The name of a secret of at least `shortest` bytes whose value stands in `text` as it is, and where.
    pub fn literal_in(&self, text: &str, shortest: usize) -> Option<(String, usize)> {
        let known = self.now();
        let mut long = known.secrets.iter().filter(|(_, value)| value.len() >= shortest);
        long.find_map(|(name, value)| Some((name.clone(), text.find(value.as_str())?)))
    }

    /// The text without secrets.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.occurs_in(text) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(String::from_utf8_lossy(&self.redact_bytes(text.as_bytes())).into_owned())
    }

    /// The bytes without secrets.
    pub fn redact_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut filter = self.filter();
        filter.feed(bytes, &mut |shown| out.extend_from_slice(shown));
        filter.finish(&mut |shown| out.extend_from_slice(shown));
        out
    }

    /// Masks every text of a JSON value; keys are names and stay.
    pub fn redact_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.redact(text).into_owned(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.redact_json(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A filter for a stream, with the secrets that are known now.
    pub fn filter(&self) -> Filter {
        Filter::new(self.now())
    }

    fn now(&self) -> Arc<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
