//! The recording beside a runbook.

use super::super::files::{NoFile, read_regular};
use crate::replay::{Recording, SUFFIX, read_recording};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A longer recording, in bytes, is neither written nor read.
pub const MAX_RECORDING: usize = 16 << 20;

/// Where the recording of a runbook lies.
pub fn place(runbook: &Path) -> PathBuf {
    let mut name = runbook.file_stem().unwrap_or_default().to_owned();
    name.push(SUFFIX);
    runbook.with_file_name(name)
}

/// A runbook's name, as its recording has it.
pub fn name(runbook: &Path) -> String {
    runbook.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The recording of a runbook; none if there is no such file.
///
/// # Errors
///
/// In plain words, if there is one that cannot be used.
pub fn read(runbook: &Path) -> Result<Option<Recording>, String> {
    let bytes = match read_regular(&place(runbook), MAX_RECORDING as u64 + 1) {
        Ok(bytes) => bytes,
        Err(NoFile::Io(error)) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if bytes.len() > MAX_RECORDING {
        return Err(format!("it has more than {} MiB", MAX_RECORDING >> 20));
    }
    let recording = read_recording(&bytes).map_err(|error| error.to_string())?;
    match recording.head.runbook == name(runbook) {
        true => Ok(Some(recording)),
        false => Err(format!("it is of another runbook, `{}`", recording.head.runbook)),
    }
}
