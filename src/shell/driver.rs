//! The texts that the shells run.

/// What the outer shell on this machine runs: it owns the control connection and only waits.
pub(super) const LOCAL_OUTER: &str = include_str!("driver/local_outer.sh");
/// What the inner bash on this machine runs: it evaluates the steps.
pub(super) const LOCAL_INNER: &str = concat!(include_str!("driver/shared.bash"), include_str!("driver/local.bash"));
/// What the outer shell runs over one connection.
pub(super) const STREAM_OUTER: &str = include_str!("driver/stream_outer.sh");
/// What the inner bash runs over one connection.
pub(super) const STREAM_BASH: &str = concat!(include_str!("driver/shared.bash"), include_str!("driver/stream.bash"));
/// What the inner `sh` runs over one connection.
pub(super) const STREAM_SH: &str = include_str!("driver/stream.sh");
/// What ends a step on the far side.
pub(super) const KILL: &str = include_str!("driver/kill.sh");
/// Stands in the command line of every inner shell, and so of every subshell of a step.
pub(super) const SIGN: &str = "__sg_refuse";
/// Where an `sh` or a bash over one connection keeps a script that wants a file, behind one of its folders.
pub(super) const SCRIPT_FOLDERS: [&str; 3] = ["/dev/shm", "/tmp", "/var/tmp"];
