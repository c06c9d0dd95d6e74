//! Signals that ask a run to stop. The first is told to the engine, which ends the running step and completes the
//! record.

use crate::engine::Interrupts;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Listens for INT, TERM and HUP from now on.
pub fn listen() -> std::io::Result<Interrupts> {
    let (sender, receiver) = watch::channel(None);
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
