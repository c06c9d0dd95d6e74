//! Signals that ask a run to stop. The first is told to the engine, which ends the running step and completes the
//! record; the second gives the run up.

use super::terminal::Terminal;
use crate::engine::{Interrupts, Signals};
use crate::shell::Hurry;
use rustix::process::Signal;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether there are descriptors to spare for a runtime that hears signals: tokio panics if there are none.
pub fn can_listen() -> std::io::Result<()> {
    let pairs: std::io::Result<Vec<_>> = (0..5).map(|_| std::os::unix::net::UnixStream::pair()).collect();
    pairs.map(drop)
}

/// Listens for INT, QUIT, TERM and HUP from now on.
/// A second one sets `hurry`.
pub fn listen(terminal: &Terminal, hurry: Hurry) -> std::io::Result<Interrupts> {
    // A file that may not grow is an error of the record, like a full disk, and no reason to die. A handler that does
    // nothing, since an ignored signal would be ignored in every step too.
    drop(signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?);
    let signals = Arc::new(Signals::new(hurry));
    let (ring, bell) = watch::channel(());
    let terminal = *terminal;
    let interrupts = Interrupts::new(Arc::clone(&signals), bell, Arc::new(move || terminal.is_lost()));
    for number in [Signal::INT, Signal::QUIT, Signal::TERM, Signal::HUP].map(Signal::as_raw) {
        // Two listeners: the signal is counted at once, and the bell rings when the runtime comes to it.
        let handler = Arc::clone(&signals);
        let came = move || handler.came(number.unsigned_abs() as usize);
        // SAFETY: the handler stores to atomics and does nothing else, which a signal handler may.
        unsafe { signal_hook::low_level::register(number, came)? };
        let mut signal = signal(SignalKind::from_raw(number))?;
        let (ring, interrupts) = (ring.clone(), interrupts.clone());
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                // What a hang-up means is found out also while nobody waits.
                _ = interrupts.seen();
                ring.send_replace(());
            }
        });
    }
    Ok(interrupts)
}
