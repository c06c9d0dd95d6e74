//! What a session is started with.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

/// What a local session is started with.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The bash to start (4.1 or newer), a path or a name to be found in `PATH`.
    pub shell: PathBuf,
    /// Where the first step starts.
    pub directory: PathBuf,
    /// The whole environment of the session; see [`local_environment`].
    pub environment: Vec<(OsString, OsString)>,
    /// How long a step that is being ended may take to obey TERM before it gets KILL.
    pub grace: Duration,
    /// How long the output of a killed step is waited for before its holders are named and left.
    pub drain: Duration,
}

/// The operator's environment as a local session sees it: less `BASH_ENV`, `ENV`, `PS4`, `SHELLOPTS`, `BASHOPTS`,
/// `LD_*`, `STEPGATE_*` and exported functions (docs/format.md §5).
pub fn local_environment(all: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    all.into_iter().filter(|(name, value)| !is_withheld(name, value)).collect()
}

fn is_withheld(name: &OsStr, value: &OsStr) -> bool {
    let name = name.as_bytes();
    let named: [&[u8]; 5] = [b"BASH_ENV", b"ENV", b"PS4", b"SHELLOPTS", b"BASHOPTS"];
    let prefixed: [&[u8]; 3] = [b"LD_", b"STEPGATE_", b"BASH_FUNC_"];
    named.contains(&name)
        || prefixed.iter().any(|prefix| name.starts_with(prefix))
        // How a bash before the BASH_FUNC_ spelling exported a function.
        || value.as_bytes().starts_with(b"() {")
}
