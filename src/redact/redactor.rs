//! The secrets of a run, behind a handle that everybody shares who writes or shows something.

use super::filter::Filter;
use super::forms::whole_in;
use super::known::Known;
use super::{walk, warnings};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

/// The longest value of a secret, in bytes: no variable of an environment can be longer.
pub const MAX_SECRET: usize = 128 << 10;

/// A value that cannot be kept secret. Holds names, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing can be looked for.
    #[error("the secret `{0}` is empty")]
    Empty(String),
    /// All text holds it.
    #[error("the secret `{0}` holds nothing but blanks")]
    Blank(String),
    /// No variable can hold it.
    #[error("the secret `{0}` holds a NUL byte")]
    Nul(String),
    /// More than [`MAX_SECRET`] bytes, or all secrets together are too long.
    #[error("the secret `{0}` is too long: 128 KiB is the most that a variable can hold")]
    TooLong(String),
}

/// Masks secrets. Cheap to clone; every clone knows every secret, also one that is added later.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Arc<Known>>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = self.now();
        let names: Vec<&String> = known.secrets.iter().map(|(name, _)| name).collect();
        out.debug_struct("Redactor").field("names", &names).finish_non_exhaustive()
    }
}

impl Redactor {
    /// Masks `value` from now on, also in streams that are under way.
    ///
    /// # Errors
    ///
    /// If it is empty, holds nothing but blanks, holds NUL, or is too long. Then it is not masked.
    pub fn add(&self, name: &str, value: &str) -> Result<(), SecretError> {
        match () {
            () if value.is_empty() => return Err(SecretError::Empty(name.to_owned())),
            () if value.trim().is_empty() => return Err(SecretError::Blank(name.to_owned())),
            () if value.contains('\0') => return Err(SecretError::Nul(name.to_owned())),
            () if value.len() > MAX_SECRET => return Err(SecretError::TooLong(name.to_owned())),
            () => {}
        }
        loop {
            let now = self.now();
            if now.secrets.contains(&(name.to_owned(), value.to_owned())) {
                return Ok(());
            }
            // Made without the lock: whoever panics meanwhile still wants to be redacted.
            let more = Arc::new(now.with(name, value)?);
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&known, &now) {
                *known = more;
                return Ok(());
            }
        }
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        self.now().is_empty()
    }

    /// What to know about secrets that are short, have several lines, or are part of each other, each by name.
    pub fn warnings(&self) -> Vec<String> {
        warnings::warnings(&self.now().secrets)
    }

    /// Whether a text holds a secret, in any form.
    pub fn occurs_in(&self, text: impl AsRef<[u8]>) -> bool {
        self.now().occurs_in(text.as_ref())
    }

    /// The name of a secret that stands in `text`, as it is or encoded, and where. Only whole values of at least
    /// `shortest` bytes count: a line of one stands in many texts.
    pub fn literal_in(&self, text: &str, shortest: usize) -> Option<(String, usize)> {
        let known = self.now();
        known.secrets.iter().find_map(|(name, value)| Some((name.clone(), whole_in(text, value, shortest)?)))
    }

    /// The text without secrets.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// The bytes without secrets.
    pub fn redact_bytes<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        if !self.now().occurs_in(bytes) {
            return Cow::Borrowed(bytes);
        }
        let mut out = Vec::with_capacity(bytes.len());
        let mut filter = self.filter();
        filter.feed(bytes, &mut |shown| out.extend_from_slice(shown));
        filter.finish(&mut |shown| out.extend_from_slice(shown));
        Cow::Owned(out)
    }

    /// Masks every text of a JSON value, keys included. Numbers stay: they cannot hold a mask.
    pub fn redact_json(&self, value: &mut Value) {
        if !self.is_empty() {
            walk::mask(value, self);
        }
    }

    /// A filter for a stream.
    pub fn filter(&self) -> Filter {
        Filter::new(self.clone())
    }

    /// The secrets of this moment.
    pub(super) fn now(&self) -> Arc<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_looked_for_is_refused_by_name() {
        let redactor = Redactor::default();
        let refused = |value: &str| redactor.add("DB", value).unwrap_err();
        assert_eq!(refused(""), SecretError::Empty("DB".into()));
        assert_eq!(refused(" \n\t"), SecretError::Blank("DB".into()));
        assert_eq!(refused("a\0b"), SecretError::Nul("DB".into()));
        let long = refused(&"x".repeat(MAX_SECRET + 1));
        assert!(long.to_string().contains("`DB` is too long") && !long.to_string().contains("xx"));
        assert!(redactor.is_empty() && redactor.add("DB", "hunter22").is_ok() && !redactor.is_empty());
    }

    #[test]
    fn every_clone_knows_every_secret_whoever_adds_it() {
        let redactor = Redactor::default();
        let add = |n: usize| {
            let clone = redactor.clone();
            std::thread::spawn(move || clone.add("S", &format!("hunter-{n}-2")).unwrap())
        };
        let threads: Vec<_> = (0..8).map(add).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        for n in 0..8 {
            assert_eq!(redactor.redact(&format!("x hunter-{n}-2")), "x [secret]");
        }
    }

    #[test]
    fn a_text_without_secrets_is_not_copied() {
        let redactor = Redactor::default();
        assert!(matches!(redactor.redact("a"), Cow::Borrowed("a")));
        redactor.add("S", "hunter22").unwrap();
        assert!(matches!(redactor.redact("hunter2"), Cow::Borrowed(_)) && redactor.occurs_in("xhunter22"));
        assert_eq!(redactor.literal_in("a hunter22", 8), Some(("S".into(), 2)));
        assert_eq!(redactor.literal_in("a hunter22", 9), None);
    }

    #[test]
    fn a_secret_stands_in_a_text_in_any_form_of_its_whole_value() {
        let redactor = Redactor::default();
        redactor.add("S", "p@ss 'w/ord\"\n").unwrap();
        redactor.add("KEY", "-----BEGIN-----\nfirst line of it\nsecond line of it\n-----END-----").unwrap();
        let found = |text: &str| redactor.literal_in(text, 6);
        for (text, name, at) in [
            ("a p@ss 'w/ord\"", "S", 2),
            // base64 of `user:p@ss 'w/ord"!`
            ("é dXNlcjpwQHNzICd3L29yZCIh", "S", 10),
            ("  dXNlcjpwQHN\n  zICd3L29yZCIh", "S", 9),
            ("70407373202777\n2f6f726422", "S", 0),
            ("a p%40ss%20%27w%2Ford%22", "S", 2),
            ("a p@ss '\\''w/ord\"", "S", 2),
            ("{\"p@ss 'w/ord\\\"\"", "S", 2),
            (" LS0tLS1CRUdJTi0tLS0tCmZpcnN0IGxpbmUgb2YgaXQKc2Vjb25kIGxpbmUgb2YgaXQKLS0tLS1FTkQtLS0tLQ==", "KEY", 1),
        ] {
            assert_eq!(found(text), Some((name.to_owned(), at)), "{text}");
        }
        for text in ["first line of it", "-----BEGIN-----\nother\n-----END-----", "Zmlyc3QgbGluZSBvZiBpdA==", "p@ss"] {
            assert_eq!(found(text), None, "{text}");
        }
        let short = Redactor::default();
        short.add("S", "abcde").unwrap();
        assert_eq!(short.literal_in("abcde YWJjZGU=", 6), None);
    }

    #[test]
    fn no_debug_text_holds_a_value() {
        let redactor = Redactor::default();
        redactor.add("S", "hunter22").unwrap();
        let mut filter = redactor.filter();
        filter.feed(b"hunt", &mut |_| {});
        let text = format!("{redactor:?} {filter:?}");
        assert!(text.contains("\"S\"") && !text.contains("hunt"), "{text}");
        // The held bytes, were they printed as numbers.
        assert!(!text.contains("104"), "{text}");
    }

    #[test]
    fn a_secret_inside_any_header_is_masked_but_for_letters_that_others_share() {
        let redactor = Redactor::default();
        redactor.add("S", "correct horse").unwrap();
        // `Basic dXNlcjpjb3JyZWN0IGhvcnNl` is `user:correct horse`.
        assert_eq!(redactor.redact("Basic dXNlcjpjb3JyZWN0IGhvcnNl"), "Basic dXNlcjp[secret]");
    }

    #[test]
    fn more_secrets_than_can_be_looked_for_are_refused_and_those_before_stay_masked() {
        let redactor = Redactor::default();
        let value = |n: usize| (0..10_000).map(|line| format!("{n}-{line} ")).collect::<String>();
        let refused = (0..100).find_map(|n| redactor.add(&format!("S{n}"), &value(n)).err()).unwrap();
        assert!(refused.to_string().contains("too long"), "{refused}");
        assert_eq!(redactor.redact(&value(0)), "[secret]");
    }
}
