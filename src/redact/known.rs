//! The secrets of a moment, and how they are found.

use super::finder::Finder;
use super::forms::{Forms, forms};
use super::mask;
use super::redactor::SecretError;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// All forms together hold no more bytes: the finder has about one state a byte.
const MOST: usize = if cfg!(test) { 4 << 20 } else { 64 << 20 };

/// What is secret now; never changed, only replaced by more.
#[derive(Default)]
pub struct Known {
    /// Names with their values.
    pub secrets: BTreeSet<(String, String)>,
    /// Of each secret.
    forms: Vec<Arc<Forms>>,
    /// Made when something is first looked for: hundreds of secrets are often added in a row.
    search: OnceLock<Search>,
}

/// How the forms are found and what is put in their place.
struct Search {
    finder: Finder,
    mask: String,
}

impl Known {
    /// All this, and one secret more.
    ///
    /// # Errors
    ///
    /// If all forms together are too long to be looked for.
    pub fn with(&self, name: &str, value: &str) -> Result<Self, SecretError> {
        let secrets = self.secrets.iter().cloned().chain([(name.to_owned(), value.to_owned())]).collect();
        let forms: Vec<_> = self.forms.iter().cloned().chain([Arc::new(forms(value))]).collect();
        match forms.iter().map(|forms| forms.size()).sum::<usize>() > MOST {
            true => Err(SecretError::TooLong(name.to_owned())),
            false => Ok(Self { secrets, forms, search: OnceLock::new() }),
        }
    }

    /// Whether nothing is secret.
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// Finds every form; `None` as long as there is no secret.
    pub fn finder(&self) -> Option<&Finder> {
        (!self.is_empty()).then(|| &self.search().finder)
    }

    /// What stands in place of an occurrence.
    pub fn mask(&self) -> &str {
        &self.search().mask
    }

    fn search(&self) -> &Search {
        self.search.get_or_init(|| Search {
            finder: Finder::new(self.forms.iter().map(Arc::as_ref))
                .expect("an automaton may have far more states than the forms have bytes"),
            mask: mask::choose(self.forms.iter().flat_map(|forms| &forms.texts).map(Vec::as_slice)),
        })
    }

    /// Whether a form of a secret stands in these bytes.
    pub fn occurs_in(&self, bytes: &[u8]) -> bool {
        self.finder().is_some_and(|finder| finder.occurs_in(bytes))
    }
}
