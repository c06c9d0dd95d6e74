//! A word that there is no time left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Once set, nobody is given any grace. Its clones are one and the same; a new one is not set.
#[derive(Clone, Debug, Default)]
pub struct Hurry(Arc<AtomicBool>);

impl Hurry {
    /// From now on it hurries. May be called wherever a signal is handled.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// There is time again.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether it does.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
