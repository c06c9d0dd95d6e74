//! Locks of the operating system: they end with their holder, so nothing is ever left behind locked.

use super::durable;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

/// Who holds a lock, as it is written into the lock's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run.
    pub run: String,
    /// The process.
    pub pid: u32,
    /// When that process started, in clock ticks since boot: tells a recycled pid.
    pub started: u64,
    /// The machine's present boot.
    pub boot: String,
    /// `user@host`.
    pub operator: String,
}

/// A held lock; dropping it releases it.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody holds it.
    #[error("{}", held(.0))]
    Held(Option<Holder>),
    /// Its file cannot be used.
    #[error("the lock cannot be taken: {0}")]
    Io(#[from] io::Error),
}

fn held(holder: &Option<Holder>) -> String {
    match holder {
        Some(holder) => format!("run {} of {} holds the lock (pid {})", holder.run, holder.operator, holder.pid),
        None => "another run holds the lock".to_owned(),
    }
}

impl Lock {
    /// Takes the lock on the file `path` without waiting.
    pub fn try_take(path: &Path, holder: &Holder) -> Result<Self, LockError> {
        let mut file = durable::append(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(read_holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        let text = serde_json::to_string(holder).map_err(io::Error::from)?;
        file.write_all(text.as_bytes())?;
        Ok(Self { _file: file })
    }

    /// Takes the lock on the file `path` and waits for it: for the short moments of an append.
    pub fn take(path: &Path) -> io::Result<Self> {
        let file = durable::append(path)?;
        file.lock()?;
        Ok(Self { _file: file })
    }

    /// Whether somebody holds the lock on the file `path`.
    pub fn is_held(path: &Path) -> bool {
        durable::read(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
