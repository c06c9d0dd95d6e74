//! Signals that ask a run to stop. The first is told to the engine, which ends the running step and completes the
//! record.

use crate::engine::Interrupts;
use rustix::process::Signal;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether there are descriptors to spare for a runtime that hears signals: tokio panics if there are none.
pub fn can_listen() -> std::io::Result<()> {
    let pairs: std::io::Result<Vec<_>> = (0..4).map(|_| std::os::unix::net::UnixStream::pair()).collect();
    pairs.map(drop)
}

/// Listens for INT, TERM and HUP from now on.
pub fn listen() -> std::io::Result<Interrupts> {
    // A file that may not grow is an error of the record, like a full disk, and no reason to die. A handler that does
    // nothing, since an ignored signal would be ignored in every step too.
    drop(signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?);
    let flag = Arc::new(AtomicUsize::new(0));
    let (ring, bell) = watch::channel(());
    for number in [Signal::INT, Signal::TERM, Signal::HUP].map(Signal::as_raw) {
        // Two listeners: the flag is set at once, and the bell rings when the runtime comes to it.
        signal_hook::flag::register_usize(number, Arc::clone(&flag), number.unsigned_abs() as usize)?;
        let mut signal = signal(SignalKind::from_raw(number))?;
        let ring = ring.clone();
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                ring.send_replace(());
            }
        });
    }
    Ok(Interrupts::new(flag, bell))
}
