//! The two shells' texts.

/// What the outer shell runs: it owns the control connection and only waits.
pub(super) const OUTER: &str = include_str!("driver/outer.sh");
/// What the inner shell runs: it evaluates the steps.
pub(super) const INNER: &str = include_str!("driver/inner.bash");
