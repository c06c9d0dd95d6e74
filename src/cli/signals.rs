//! Signals that ask a run to stop. The first is told to the engine, which ends the running step and completes the
//! record.

use crate::engine::Interrupts;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether there are descriptors to spare for a runtime that hears signals: tokio panics if there are none.
pub fn can_listen() -> std::io::Result<()> {
    let pairs: std::io::Result<Vec<_>> = (0..4).map(|_| std::os::unix::net::UnixStream::pair()).collect();
    pairs.map(drop)
}

/// Listens for INT, TERM and HUP from now on.
pub fn listen() -> std::io::Result<Interrupts> {
    let (sender, receiver) = watch::channel(None);
    // A file that may not grow is an error of the record, like a full disk, and no reason to die. A handler that does
    // nothing, since an ignored signal would be ignored in every step too.
    drop(signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?);
    for (kind, name) in
        [(SignalKind::interrupt(), "INT"), (SignalKind::terminate(), "TERM"), (SignalKind::hangup(), "HUP")]
    {
        let mut signal = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                sender.send_if_modified(|seen| seen.is_none() && seen.replace(name).is_none());
            }
        });
    }
    Ok(Interrupts::new(receiver))
}
