//! The value of one secret, from where `stepgate.toml` says it comes. No message holds a value.

use super::configuration;
use crate::config::SecretSource;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The longest value, in bytes.
const MAX_BYTES: usize = crate::plan::MAX_VALUE;
/// How long a command may take: it may ask a person.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// How often a command is looked at whose output stays open.
const LOOK: Duration = Duration::from_millis(50);

/// A value, and what its operator should know.
pub struct Fetched {
    /// The value.
    pub value: String,
    /// That others can read it.
    pub warning: Option<String>,
}

/// Fetches the secret `name`. Relative paths are meant from `folder`, that of `stepgate.toml`; `ask` shows its words,
/// hides what is typed, and gives `None` if nothing can be asked.
///
/// # Errors
///
/// Why there is no value, in words that do not hold it.
pub fn fetch(
    name: &str,
    source: &SecretSource,
    folder: &Path,
    ask: &mut dyn FnMut(&str) -> Option<String>,
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Fetched, String> {
    let failed = |why: String| format!("the secret `{name}`, {source}: {why}");
    let mut warning = None;
    let value = match source {
        SecretSource::Environment(variable) => match environment(variable) {
            None => Err("it is not set".to_owned()),
            Some(value) => text(value.into_encoded_bytes()),
        },
        SecretSource::File(path) => configuration::place(path, folder, environment)
            .and_then(|path| from_file(&path, &mut warning))
            .and_then(|bytes| text(without_newline(bytes))),
        SecretSource::Command(words) => {
            from_command(words, folder, COMMAND_LIMIT).and_then(|bytes| text(without_newline(bytes)))
        }
        SecretSource::Prompt => match ask(name) {
            None => Err("nobody answered".to_owned()),
            Some(answer) => text(answer.into_bytes()),
        },
    };
    let warning = warning.map(|words| format!("the secret `{name}`: {words}"));
    value.map(|value| Fetched { value, warning }).map_err(failed)
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    match () {
        () if text.is_empty() => Err("it is empty".to_owned()),
        () if text.contains('\0') => Err("it holds a NUL byte".to_owned()),
        () if text.len() > MAX_BYTES => Err(format!("it has more than {MAX_BYTES} bytes")),
        () => Ok(text),
    }
}

/// One newline at the end is the editor's or the command's.
fn without_newline(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.pop_if(|byte| *byte == b'\n').is_some() {
        bytes.pop_if(|byte| *byte == b'\r');
    }
    bytes
}

fn from_file(path: &Path, warning: &mut Option<String>) -> Result<Vec<u8>, String> {
    // A FIFO without a writer would block an ordinary open for ever.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let file = std::fs::File::from(opened.map_err(|error| std::io::Error::from(error).to_string())?);
    let data = file.metadata().map_err(|error| error.to_string())?;
    if !data.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if data.mode() & 0o077 != 0 {
        *warning = Some(format!("others have access to {}: chmod 600", path.display()));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 3).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Started without a shell, with the terminal to ask at.
fn from_command(words: &[String], folder: &Path, limit: Duration) -> Result<Vec<u8>, String> {
    let (program, arguments) = words.split_first().ok_or("it names no program")?;
    // A path is meant from where it is written; a bare name is looked for in PATH.
    let program = if program.contains('/') { folder.join(program).into_os_string() } else { program.into() };
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("it cannot be started: {error}"))?;
    let stdout = child.stdout.take().ok_or("it has no standard output")?;
    let read = read_output(&mut child, stdout, limit);
    if read.is_err() {
        _ = child.kill();
        _ = child.wait();
    }
    match read? {
        (bytes, status) if status.success() => Ok(bytes),
        (_, status) => Err(format!("it failed: {status}")),
    }
}

/// Reads until the command has ended; what it left running may hold the pipe for ever.
fn read_output(child: &mut Child, mut stdout: ChildStdout, limit: Duration) -> Result<(Vec<u8>, ExitStatus), String> {
    let deadline = Instant::now() + limit;
    let flags = rustix::fs::fcntl_getfl(&stdout).map_err(|error| error.to_string())?;
    rustix::fs::fcntl_setfl(&stdout, flags | OFlags::NONBLOCK).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let mut open = true;
    while Instant::now() < deadline {
        let ended = child.try_wait().map_err(|error| error.to_string())?;
        open = open && read_now(&mut stdout, &mut bytes)?;
        match ended {
            Some(status) => return Ok((bytes, status)),
            None if open => wait(&stdout),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    Err(format!("it did not end in {} s", limit.as_secs()))
}

/// Takes what is there; false at the end.
fn read_now(stdout: &mut ChildStdout, bytes: &mut Vec<u8>) -> Result<bool, String> {
    let mut buffer = [0; 4096];
    loop {
        match stdout.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.to_string()),
        }
        if bytes.len() > MAX_BYTES + 2 {
            return Err(format!("it has more than {MAX_BYTES} bytes"));
        }
    }
}

fn wait(stdout: &ChildStdout) {
    let look = Timespec { tv_sec: 0, tv_nsec: i64::from(LOOK.subsec_nanos()) };
    _ = poll(&mut [PollFd::new(stdout, PollFlags::IN)], Some(&look));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn fetched(source: &SecretSource, folder: &Path) -> Result<Fetched, String> {
        let environment = |name: &str| match name {
            "HOME" => Some(folder.as_os_str().to_owned()),
            "PG" => Some("hunter22\n".into()),
            "EMPTY" => Some("".into()),
            _ => None,
        };
        fetch("DB", source, folder, &mut |_| Some("typed".to_owned()), &environment)
    }

    fn value(source: &SecretSource, folder: &Path) -> Result<String, String> {
        fetched(source, folder).map(|fetched| fetched.value)
    }

    fn shell(script: &str) -> SecretSource {
        SecretSource::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    #[test]
    fn a_variable_is_taken_as_it_is_and_must_hold_something() {
        let get = |name: &str| value(&SecretSource::Environment(name.to_owned()), Path::new("/"));
        assert_eq!(get("PG").unwrap(), "hunter22\n");
        assert_eq!(get("NONE").unwrap_err(), "the secret `DB`, from the environment variable NONE: it is not set");
        assert!(get("EMPTY").unwrap_err().ends_with("EMPTY: it is empty"));
        assert_eq!(value(&SecretSource::Prompt, Path::new("/")).unwrap(), "typed");
        let nobody = fetch("DB", &SecretSource::Prompt, Path::new("/"), &mut |_| None, &|_| None);
        assert!(nobody.is_err_and(|why| why.ends_with("nobody answered")));
    }

    #[test]
    fn a_file_gives_its_text_without_one_newline_and_warns_if_others_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |bytes: &[u8], mode: u32| {
            std::fs::write(folder.path().join("s"), bytes).unwrap();
            std::fs::set_permissions(folder.path().join("s"), PermissionsExt::from_mode(mode)).unwrap();
        };
        let get = |path: &str| fetched(&SecretSource::File(path.to_owned()), folder.path());
        for (bytes, wanted) in [(&b"a\n\n"[..], "a\n"), (b"a\r\n", "a"), (b"a", "a"), (b" a ", " a ")] {
            write(bytes, 0o600);
            let got = get("s").ok().unwrap();
            assert!(got.value == wanted && got.warning.is_none() && get("~/s").is_ok());
        }
        write(b"a", 0o640);
        assert!(
            get("s").ok().unwrap().warning.is_some_and(|words| words.contains("`DB`") && words.contains("chmod 600"))
        );
        for (bytes, why) in
            [(&b"\n"[..], "is empty"), (b"a\0", "NUL"), (b"\xff", "UTF-8"), (&[b'x'; MAX_BYTES + 2], "bytes")]
        {
            write(bytes, 0o600);
            assert!(get("s").is_err_and(|words| words.contains(why)), "{why}");
        }
        write(&[[b'x'; MAX_BYTES].as_slice(), b"\n"].concat(), 0o600);
        assert_eq!(get("s").ok().unwrap().value.len(), MAX_BYTES);
        rustix::fs::mknodat(rustix::fs::CWD, folder.path().join("f"), rustix::fs::FileType::Fifo, Mode::RUSR, 0)
            .unwrap();
        for (path, why) in
            [("f", "no regular file"), (".", "no regular file"), ("none", "No such file"), ("~x", "only `~/…`")]
        {
            assert!(get(path).is_err_and(|words| words.contains(why)), "{path}");
        }
    }

    #[test]
    fn a_command_gives_what_it_prints_and_its_output_is_never_in_an_error() {
        let get = |script: &str| value(&shell(script), Path::new("/"));
        assert_eq!(get("echo hunter22").unwrap(), "hunter22");
        assert_eq!(get("exec 1>&-"), Err("the secret `DB`, from the command sh -c 'exec 1>&-': it is empty".into()));
        let failed = get("v=hunt; echo ${v}er22; exit 3").unwrap_err();
        assert!(failed.contains("it failed: exit status: 3") && !failed.contains("hunter22"), "{failed}");
        assert!(get("yes").unwrap_err().contains("more than"));
        let none = SecretSource::Command(vec!["no-such-program-here".into()]);
        assert!(value(&none, Path::new("/")).unwrap_err().contains("it cannot be started"));
    }

    #[test]
    fn a_path_of_a_command_is_meant_from_where_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/bin/echo", folder.path().join("get")).unwrap();
        assert_eq!(value(&SecretSource::Command(vec!["./get".into(), "x".into()]), folder.path()).unwrap(), "x");
    }

    #[test]
    fn a_command_is_waited_for_no_longer_than_its_limit_and_not_for_what_it_leaves_running() {
        let words = |script: &str| ["sh", "-c", script].map(str::to_owned);
        let begun = Instant::now();
        let late = from_command(&words("echo a; exec sleep 30"), Path::new("/"), Duration::from_secs(1));
        assert_eq!(late, Err("it did not end in 1 s".into()));
        assert_eq!(
            from_command(&words("sleep 6 & echo a"), Path::new("/"), Duration::from_secs(30)),
            Ok(b"a\n".to_vec())
        );
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
