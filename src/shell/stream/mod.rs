//! A session over one connection: whatever a command such as `ssh host` or `sudo -n` gives, which is three streams; and
//! an `sh` on this machine.
//!
//! In: words of a command behind which a shell can be put. Out: the same as of a local bash, less what needs this
//! machine's process table. Output and marks share the streams; a mark is known by a secret that no step can have seen.

mod attempt;
mod connection;
mod ending;
mod exchange;
mod frame;
mod greeting;
mod kill;
mod reader;
mod session;
mod transport;

pub(super) use connection::Unreached;
pub(super) use session::StreamSession;
