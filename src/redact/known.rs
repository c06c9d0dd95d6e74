//! The secrets of a moment, and how they are found.

use super::finder::Finder;
use super::forms::forms;
use super::mask;
use super::redactor::SecretError;
use std::collections::BTreeSet;

/// What is secret now; never changed, only replaced by more.
#[derive(Default)]
pub struct Known {
    /// Names with their values.
    pub secrets: BTreeSet<(String, String)>,
    /// Finds every form; `None` as long as there is no secret.
    pub finder: Option<Finder>,
    /// What stands in place of an occurrence.
    pub mask: String,
    forms: BTreeSet<Vec<u8>>,
}

impl Known {
    /// All this, and one secret more.
    ///
    /// # Errors
    ///
    /// If all forms together are too many to be looked for.
    pub fn with(&self, name: &str, value: &str) -> Result<Self, SecretError> {
        let secrets = self.secrets.iter().cloned().chain([(name.to_owned(), value.to_owned())]).collect();
        let forms: BTreeSet<_> = self.forms.iter().cloned().chain(forms(value)).collect();
        let finder = Finder::new(&forms).map_err(|_| SecretError::TooLong(name.to_owned()))?;
        let mask = mask::choose(forms.iter().map(Vec::as_slice));
        Ok(Self { secrets, finder: Some(finder), mask, forms })
    }

    /// Whether a form of a secret stands in these bytes.
    pub fn occurs_in(&self, bytes: &[u8]) -> bool {
        self.finder.as_ref().is_some_and(|finder| finder.occurs_in(bytes))
    }
}
