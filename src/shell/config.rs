//! What a session is started with.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use super::hurry::Hurry;
use super::secret::secret;

/// The longest name of a run, in bytes: it stands in file names.
const LONGEST_RUN: usize = 80;

/// Which shell a target has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShellKind {
    /// bash, 4.1 or newer.
    #[default]
    Bash,
    /// A POSIX `sh`.
    Sh,
}

impl ShellKind {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            ShellKind::Bash => "bash",
            ShellKind::Sh => "sh",
        }
    }
}

/// What a session is started with.
#[derive(Clone)]
pub struct SessionConfig {
    /// The words of the command behind which the shell is put; none for this machine.
    pub prefix: Vec<String>,
    /// The shell.
    pub shell: ShellKind,
    /// Where the first step of a local session starts; a transport is started there, too.
    pub directory: PathBuf,
    /// The whole environment of a local session, or of the transport; see [`local_environment`] and
    /// [`transport_environment`].
    pub environment: Vec<(OsString, OsString)>,
    /// Exported when the session starts.
    pub assigned: Vec<(String, String)>,
    /// How long a step that is being ended may take to obey TERM before it gets KILL.
    pub grace: Duration,
    /// How long the output of a killed step is waited for before its holders are named and left.
    pub drain: Duration,
    /// Names the run in the marker of its processes: at most 80 of `A-Z`, `a-z`, `0-9`, `.`, `_` and `-`; may be empty.
    pub run: String,
    /// Cuts that grace short once it is set.
    pub hurry: Hurry,
}

impl SessionConfig {
    /// The value of `STEPGATE_SESSION` for one connection: `RUN.SECRET`, or only the secret of a session without a run.
    pub(super) fn marker(&self) -> io::Result<String> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        match self.run.as_str() {
            "" => secret(),
            run if run.len() <= LONGEST_RUN && run.bytes().all(word) => Ok(format!("{run}.{}", secret()?)),
            run => Err(io::Error::other(format!("`{run}` cannot be the name of a run"))),
        }
    }
}

/// Without the values of variables, which may hold secrets.
impl fmt::Debug for SessionConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, shell, directory, .. } = self;
        let config = &mut formatter.debug_struct("SessionConfig");
        config.field("prefix", prefix).field("shell", shell).field("directory", directory).finish_non_exhaustive()
    }
}

/// The operator's environment as a local session sees it: less `BASH_ENV`, `ENV`, `PS4`, `SHELLOPTS`, `BASHOPTS`,
/// `LD_*`, `STEPGATE_*` and exported functions (docs/format.md §5).
pub fn local_environment(all: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    all.into_iter().filter(|(name, value)| !is_withheld(name, value)).collect()
}

/// The operator's environment as the command that reaches another machine sees it: less all that, for the shell behind
/// it may be one of this machine, and less `BASH_*`.
pub fn transport_environment(all: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    local_environment(all).into_iter().filter(|(name, _)| !name.as_bytes().starts_with(b"BASH_")).collect()
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
