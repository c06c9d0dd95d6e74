//! The two shells' texts.

/// What the outer shell runs: it owns the control connection and only waits.
pub(super) const OUTER: &str = include_str!("driver/outer.sh");
/// What the inner shell runs: it evaluates the steps.
pub(super) const INNER: &str = include_str!("driver/inner.bash");
/// What the outer shell runs behind a transport.
pub(super) const STREAM_OUTER: &str = include_str!("driver/stream_outer.sh");
/// What the inner bash runs behind a transport.
pub(super) const STREAM_BASH: &str = include_str!("driver/stream.bash");
/// What the inner `sh` runs behind a transport.
pub(super) const STREAM_SH: &str = include_str!("driver/stream.sh");
/// What ends a step on the far side.
pub(super) const KILL: &str = include_str!("driver/kill.sh");
