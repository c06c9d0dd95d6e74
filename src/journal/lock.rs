//! Locks of the operating system: they end with their holder, so nothing is ever left behind locked.

use super::durable;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a lock that is held is tried again, and after how long.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);
/// How long the ledger's lock is waited for. An append takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

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
    /// Takes the lock on the file `path`, and waits for no other run.
    pub fn try_take(path: &Path, holder: &Holder) -> Result<Self, LockError> {
        let mut file = durable::append(path)?;
        let mut tries = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // Whoever only asks whether it is held holds it for a moment.
                Err(TryLockError::WouldBlock) if tries < TRIES => tries += 1,
                Err(TryLockError::WouldBlock) => return Err(LockError::Held(read_holder(&mut file))),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            std::thread::sleep(PAUSE);
        }
        file.set_len(0)?;
        let text = serde_json::to_string(holder).map_err(io::Error::from)?;
        file.write_all(text.as_bytes())?;
        Ok(Self { _file: file })
    }

    /// Takes the lock on the file `path` and waits for it, but not for ever: it is held for the moments of an append.
    pub fn take(path: &Path) -> io::Result<Self> {
        let file = durable::append(path)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let message = format!("another process holds the lock on {}", path.display());
                    return Err(io::Error::new(io::ErrorKind::WouldBlock, message));
                }
            }
        }
    }

    /// Who holds the lock on the file `path` now, if somebody does.
    pub fn holder(path: &Path) -> Option<Holder> {
        let mut file = durable::read(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read_holder(&mut file),
            _ => None,
        }
    }
}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
