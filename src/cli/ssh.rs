//! Signatures in the SSHSIG format, made and looked at by the system's `ssh-keygen -Y`: so agents and hardware keys work,
//! and anybody can look without stepgate.

use crate::audit::{Signatures, Signed};
use jiff::Timestamp;
use rustix::fs::{MemfdFlags, memfd_create};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a signature is for: one that was made for anything else does not fit.
pub const NAMESPACE: &str = "run@stepgate";
const PROGRAM: &str = "ssh-keygen";

/// Signs `message` with a key, or with the key of a public one that an agent holds. Whoever is at the terminal may be asked
/// for its passphrase.
///
/// # Errors
///
/// What `ssh-keygen` said, in one line.
pub fn sign(key: &Path, message: &[u8]) -> Result<Vec<u8>, String> {
    let arguments = [OsStr::new("-Y"), "sign".as_ref(), "-n".as_ref(), NAMESPACE.as_ref(), "-f".as_ref(), key.as_ref()];
    let output = run(arguments, message).map_err(|error| unavailable(&error))?;
    match output.status.success() && output.stdout.starts_with(b"-----BEGIN SSH SIGNATURE-----") {
        true => Ok(output.stdout),
        false => Err(said(&output)),
    }
}

/// Those whose keys count.
pub struct AllowedSigners {
    /// A file as ssh-keygen(1) describes under "ALLOWED SIGNERS"; without it nobody's key counts.
    pub file: Option<PathBuf>,
}

impl Signatures for AllowedSigners {
    fn check(&self, message: &[u8], signature: &[u8], at: Option<Timestamp>) -> Signed {
        match self.look(message, signature, at) {
            Ok(signed) => signed,
            Err(error) => Signed::Unknown(unavailable(&error)),
        }
    }
}

impl AllowedSigners {
    fn look(&self, message: &[u8], signature: &[u8], at: Option<Timestamp>) -> io::Result<Signed> {
        let file = in_memory(signature)?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        let fits = run(["-Y", "check-novalidate", "-n", NAMESPACE, "-s", &path], message)?;
        if !fits.status.success() {
            return Ok(Signed::Refused(format!("it does not fit the seal: {}", said(&fits))));
        }
        let key = key_of(&fits);
        let Some(allowed) = &self.file else {
            return Ok(Signed::Unknown(format!(
                "it fits, by {key}, and nobody said whose keys count: --allowed-signers FILE"
            )));
        };
        // Keys may count for a time only: what counts is when the seal was written.
        let time = at.map(|at| format!("-Overify-time={}", at.strftime("%Y%m%d%H%M%SZ")));
        let with = |words: &[&OsStr]| {
            words.iter().map(|word| word.to_os_string()).chain(time.iter().map(Into::into)).collect::<Vec<_>>()
        };
        let known = ["-Y", "find-principals", "-f"].map(OsStr::new);
        let found = run(with(&[&known[..], &[allowed.as_ref(), "-s".as_ref(), path.as_ref()]].concat()), message)?;
        let names = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let Some(name) = names.split([',', '\n']).next().filter(|name| found.status.success() && !name.is_empty())
        else {
            return Ok(Signed::Unknown(format!("it fits, by {key}, which the allowed signers do not know")));
        };
        let verify = ["-Y", "verify", "-n", NAMESPACE, "-I", name, "-f"].map(OsStr::new);
        let verified = run(with(&[&verify[..], &[allowed.as_ref(), "-s".as_ref(), path.as_ref()]].concat()), message)?;
        Ok(match verified.status.success() {
            true => Signed::By(name.to_owned()),
            false => Signed::Unknown(format!("it fits, by {key} of {name}, which does not count: {}", said(&verified))),
        })
    }
}

/// `ED25519 key SHA256:…`, as `ssh-keygen` names it.
fn key_of(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    said.split_once("signature with ").map_or("a key".to_owned(), |(_, key)| key.to_owned())
}

fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>, message: &[u8]) -> io::Result<Output> {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("LC_ALL", "C");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or_else(|| io::Error::other("it has no standard input"))?;
    match stdin.write_all(message) {
        // It may have seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
        _ => drop(stdin),
    }
    child.wait_with_output()
}

/// Bytes as a file that only this process and its children can name.
fn in_memory(bytes: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create("stepgate-signature", MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    Ok(file)
}

/// The last thing that it said, in one line.
fn said(output: &Output) -> String {
    let all =
        String::from_utf8_lossy(if output.stderr.is_empty() { &output.stdout } else { &output.stderr }).into_owned();
    let last = all.lines().map(str::trim).rfind(|line| !line.is_empty());
    let last = last.unwrap_or("it said nothing").to_owned();
    crate::text::escape_line(&last.replace(&format!("/proc/{}/fd/", std::process::id()), "signature ")).into_owned()
}

fn unavailable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("`{PROGRAM}` is not here, so no signature can be made or looked at"),
        _ => format!("`{PROGRAM}` cannot be used: {error}"),
    }
}
