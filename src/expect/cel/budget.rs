//! What one expression may cost, and what spoils it. CEL itself has no budget.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// More turns of its loops are not made for one expression.
pub const TURNS: u32 = if cfg!(test) { 200_000 } else { 2_000_000 };

/// Shared by the expression that is evaluated and whoever waits for it.
#[derive(Clone, Debug, Default)]
pub struct Budget(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    turns: AtomicU32,
    cancelled: AtomicBool,
    spoiled: Mutex<Option<String>>,
}

impl Budget {
    /// Starts the next expression.
    pub fn begin(&self) {
        self.0.turns.store(0, Ordering::Relaxed);
        self.0.spoiled.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Counts a turn of a loop.
    ///
    /// # Errors
    ///
    /// If there were too many; that spoils the expression.
    pub fn tick(&self) -> Result<bool, String> {
        if self.0.cancelled.load(Ordering::Relaxed) {
            return Err(self.spoil("takes too long"));
        }
        if self.0.turns.fetch_add(1, Ordering::Relaxed) >= TURNS {
            return Err(self.spoil(&format!("goes over more than {TURNS} items")));
        }
        Ok(true)
    }

    /// Ends the evaluation at its next turn.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// Makes sure that the expression does not hold, whatever it comes to; gives `why` back.
    pub fn spoil(&self, why: &str) -> String {
        self.0.spoiled.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| why.to_owned());
        why.to_owned()
    }

    /// Why it cannot hold.
    pub fn spoiled(&self) -> Option<String> {
        self.0.spoiled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
