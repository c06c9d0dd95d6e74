//! What a step reads: its standard input, and a script that is no shell's.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, memfd_create};

use super::super::driver::SCRIPT_FOLDERS;
use super::super::interpreter::wants_file;
use super::super::secret::secret;
use super::super::step::StepRequest;
use super::pipe::proc_path;

/// Files that are there as long as their step runs. A file in memory ends where the bytes end, and nothing of it
/// reaches a later step.
#[derive(Default)]
pub(super) struct Given {
    memory: Vec<File>,
    named: Option<Named>,
}

/// Where a program finds its script.
pub(super) enum Script {
    /// A path in `/proc` that can be opened.
    Open(String),
    /// The name of a file.
    Named(String),
}

impl Given {
    /// The files of a step, and the paths of its standard input and its script.
    pub fn new(request: &StepRequest<'_>) -> io::Result<(Self, Option<String>, Option<Script>)> {
        let mut given = Self::default();
        let stdin = request.stdin.map(|bytes| given.give(bytes)).transpose()?;
        let script = match request.interpreter {
            None => None,
            Some(words) if wants_file(words) => {
                let named = Named::new(request.script.as_bytes())?;
                let path = named.0.display().to_string();
                given.named = Some(named);
                Some(Script::Named(path))
            }
            Some(_) => Some(Script::Open(given.give(request.script.as_bytes())?)),
        };
        Ok((given, stdin, script))
    }

    fn give(&mut self, bytes: &[u8]) -> io::Result<String> {
        let mut file: File = memfd_create("stepgate-given", MemfdFlags::CLOEXEC)?.into();
        file.write_all(bytes)?;
        let path = proc_path(&file);
        self.memory.push(file);
        Ok(path)
    }
}

/// A file that only we can read, gone when it is dropped.
struct Named(PathBuf);

impl Named {
    fn new(bytes: &[u8]) -> io::Result<Self> {
        let name = format!("stepgate-{}.js", secret()?);
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for folder in SCRIPT_FOLDERS {
            let path = PathBuf::from(folder).join(&name);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(mut file) => {
                    let named = Self(path);
                    match file.write_all(bytes) {
                        Ok(()) => return Ok(named),
                        Err(error) => last = error,
                    }
                }
                Err(error) => last = error,
            }
        }
        let folders = SCRIPT_FOLDERS.join(", ");
        Err(io::Error::new(last.kind(), format!("no file for the script in any of {folders}: {last}")))
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        // Whoever has removed it did our work.
        _ = remove_file(&self.0);
    }
}
