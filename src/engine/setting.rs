//! What a run is given from outside.

use crate::journal::{Ledger, RunFolder};
use crate::shell::SessionConfig;
use tokio::sync::watch;

/// What a run is given from outside: everything that the engine must not find out by itself.
pub struct Setting {
    /// Who runs it, as `user@host`.
    pub operator: String,
    /// How the local session starts.
    pub session: SessionConfig,
    /// Where long output is kept; `None` keeps none.
    pub folder: Option<RunFolder>,
    /// Where the run is listed; `None` lists it nowhere.
    pub ledger: Option<Ledger>,
    /// How many bytes of one stream of a step are kept.
    pub output_limit: u64,
    /// Requests to stop.
    pub interrupts: Interrupts,
}

/// Requests to stop a run: the name of the signal that came, once one has come.
#[derive(Clone, Debug)]
pub struct Interrupts(watch::Receiver<Option<&'static str>>);

impl Interrupts {
    /// Requests that come through `receiver`.
    pub fn new(receiver: watch::Receiver<Option<&'static str>>) -> Self {
        Self(receiver)
    }

    /// The signal that has come, if one has.
    pub fn seen(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Waits until a signal has come; for ever if none can.
    pub async fn wait(&self) -> &'static str {
        let mut receiver = self.0.clone();
        match receiver.wait_for(Option::is_some).await {
            Ok(name) => name.unwrap_or("TERM"),
            Err(_) => std::future::pending().await,
        }
    }
}
