//! Locks of the operating system: they end with their holder. One that seems not to, because a child of a dead holder
//! still has its descriptor, is taken over on proof.

use super::durable;
use super::holder::Holder;
use crate::event::Event;
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a lock is tried again that seems to be held by nobody, and after how long: whoever only asks whether it is
/// held holds it for a moment.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);
/// How long a lock is waited for that is held for moments only: the ledger's, and that of who takes locks.
const PATIENCE: Duration = Duration::from_secs(5);

/// A held lock; dropping it releases it.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// Whether its file says by whom it is held.
    named: bool,
}

/// A lock that was taken.
#[derive(Debug)]
pub struct Taken {
    /// The lock.
    pub lock: Lock,
    /// Whose it had been, if that process died with it.
    pub over: Option<TakenOver>,
}

/// A process that died with a lock, which somebody else has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOver {
    /// Who held it.
    pub holder: Holder,
    /// Why that process is known to be dead.
    pub proof: String,
}

impl TakenOver {
    /// How it is recorded.
    pub fn event(&self) -> Event {
        let Holder { run, pid, operator, .. } = self.holder.clone();
        Event::LockTakenOver { run, pid, operator, proof: self.proof.clone() }
    }
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody holds it.
    #[error("{}", held(.0))]
    Held(Option<Box<Holder>>),
    /// Its file cannot be used.
    #[error("the lock cannot be taken: {0}")]
    Io(#[from] io::Error),
}

fn held(holder: &Option<Box<Holder>>) -> String {
    match holder {
        Some(holder) => format!("run {} of {} holds the lock (pid {})", holder.run, holder.operator, holder.pid),
        None => "another run holds the lock".to_owned(),
    }
}

impl Lock {
    /// Takes the lock on the file `path` as `me`, and waits for no other run.
    pub fn try_take(path: &Path, me: &Holder) -> Result<Taken, LockError> {
        let mut tries = 0;
        loop {
            match Self::attempt(path, me)? {
                Ok(taken) => return Ok(taken),
                Err(holder) if tries >= TRIES || holder.as_ref().is_some_and(|holder| holder.lives_for(me)) => {
                    return Err(LockError::Held(holder.map(Box::new)));
                }
                Err(_) => tries += 1,
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Takes the lock if it is free or its holder is dead, else says who holds it. One process at a time: between who has the
    /// lock and who is written down as its holder nobody else looks.
    fn attempt(path: &Path, me: &Holder) -> Result<Result<Taken, Option<Holder>>, LockError> {
        let _guard = Self::take(&path.with_file_name("taking.lock"))?;
        let mut file = durable::append(path)?;
        // Who is written down is read behind the try: until then a holder may still give it back, and take out its name.
        match file.try_lock() {
            Ok(()) if names(path, &file)? => {
                let over = read_holder(&mut file).map(|holder| {
                    let proof = holder.proof_of_death(me);
                    let proof = proof.unwrap_or_else(|| "the system had released its lock".to_owned());
                    TakenOver { holder, proof }
                });
                Ok(Ok(Taken { lock: Self::named(file, me)?, over }))
            }
            // Somebody put another file there.
            Ok(()) => Ok(Err(None)),
            Err(TryLockError::Error(error)) => Err(error.into()),
            Err(TryLockError::WouldBlock) => match read_holder(&mut file) {
                Some(holder) => match holder.proof_of_death(me) {
                    Some(proof) => {
                        Ok(Ok(Taken { lock: Self::replace(path, me)?, over: Some(TakenOver { holder, proof }) }))
                    }
                    None => Ok(Err(Some(holder))),
                },
                None => Ok(Err(None)),
            },
        }
    }

    /// Puts a fresh file in place of one whose lock is held for a dead process.
    fn replace(path: &Path, me: &Holder) -> io::Result<Self> {
        let fresh = fresh(path);
        match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = durable::create(&fresh)?;
        file.try_lock()?;
        let lock = Self::named(file, me)?;
        std::fs::rename(&fresh, path)?;
        Ok(lock)
    }

    /// The lock on `file`, which is locked, with its holder written into it.
    fn named(mut file: File, me: &Holder) -> io::Result<Self> {
        file.set_len(0)?;
        file.write_all(serde_json::to_string(me)?.as_bytes())?;
        Ok(Self { file, named: true })
    }

    /// Takes the lock on the file `path` and waits for it, but not for ever: it is held for moments only.
    pub fn take(path: &Path) -> io::Result<Self> {
        let file = durable::append(path)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file, named: false }),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(PAUSE / 10),
                Err(TryLockError::WouldBlock) => {
                    let message = format!("another process holds the lock on {}", path.display());
                    return Err(io::Error::new(io::ErrorKind::WouldBlock, message));
                }
            }
        }
    }

    /// Whether somebody who may be alive holds the lock on the file `path`, seen from `me`.
    pub fn is_held(path: &Path, me: &Holder) -> bool {
        let Ok(mut file) = durable::read(path) else { return false };
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {
                read_holder(&mut file).is_none_or(|holder| holder.proof_of_death(me).is_none())
            }
            _ => false,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A holder that is written down in a lock which is free has died. The lock is given back by name, so that it is free
        // whoever else has the descriptor.
        if self.named {
            _ = self.file.set_len(0);
        }
        _ = self.file.unlock();
    }
}

fn fresh(path: &Path) -> PathBuf {
    path.with_extension("fresh")
}

/// Whether `path` is a name of `file`.
fn names(path: &Path, file: &File) -> io::Result<bool> {
    let (named, open) = (std::fs::symlink_metadata(path)?, file.metadata()?);
    Ok((named.dev(), named.ino()) == (open.dev(), open.ino()))
}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests;
