//! Records that somebody has changed: by whom each change is found, at which level, and that a second verifier agrees.
//!
//! The store is real, made by the built binary. `verify.py` was written from `docs/journal.md` alone.

mod attacks;
mod chain;
mod store;
mod table;
mod verifiers;
