//! The state that a shell prints behind its end mark, while what the step did is judged and recorded.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::select;
use tokio::time::sleep;

use super::super::config::ShellKind;
use super::super::state::{Saved, may_begin_a_dump};
use super::session::LocalSession;

/// A dump that is not read yet. It is whole when the shell has printed its second mark.
#[derive(Clone)]
pub(super) struct Unread {
    nonce: String,
    /// A note says already that it is torn.
    noted: bool,
}

/// The note of a shell that ended while nothing ran.
pub(super) const SHELL_HAD_ENDED: &str =
    "the session's shell had ended since the last step, so a new one was given its state";

impl LocalSession {
    /// A step has ended, and its shell prints what it holds. What stands there by now must be the driver's.
    pub(super) fn expect_state(&mut self, nonce: String, notes: &mut Vec<String>) {
        let whole = self.streams.state_begins().is_ok_and(|begins| may_begin_a_dump(&begins));
        if !whole {
            notes.push(unreadable("this step", "its dump is torn at its traps"));
        }
        self.unread = Some(Unread { nonce, noted: !whole });
    }

    /// Waits until what the last step left is known. Why the next one cannot be sent, if so.
    pub(super) async fn catch_up(
        &mut self,
        limit: Duration,
        interrupt: Pin<&mut impl Future<Output = ()>>,
        notes: &mut Vec<String>,
    ) -> Option<&'static str> {
        let unread = self.unread.take()?;
        let why = select! { biased;
            () = self.read_state(&unread, notes) => return None,
            () = interrupt => "a signal came before it was sent",
            () = sleep(limit) => "its time was over before it was sent",
        };
        notes.push(unreadable("the last step", "it was not whole by then"));
        Some(why)
    }

    /// Reads the state as soon as it is whole, though no step comes. Cancel safe.
    pub(super) async fn read_ahead(&mut self, notes: &mut Vec<String>) {
        if let Some(unread) = self.unread.clone() {
            self.read_state(&unread, notes).await;
            self.unread = None;
        }
    }

    /// Takes the state when it is whole. A shell that ends before leaves the one from before its last step.
    async fn read_state(&mut self, unread: &Unread, notes: &mut Vec<String>) {
        let Some(connection) = &mut self.connection else { return };
        connection.printed(&unread.nonce).await;
        if connection.inner.is_none() {
            notes.push(SHELL_HAD_ENDED.to_owned());
        }
        let dump = self.streams.take_state().map_err(|error| error.to_string());
        let parsed = dump.and_then(|dump| Saved::parse(ShellKind::Bash, &dump, &unread.nonce, ""));
        self.torn = parsed.is_err();
        match parsed {
            Ok(state) => self.state = Some(state),
            Err(reason) if !unread.noted => notes.push(unreadable("the last step", &reason)),
            Err(_) => {}
        }
    }
}

fn unreadable(step: &str, reason: &str) -> String {
    format!(
        "the shell's state after {step} cannot be read ({reason}); should the shell end, the state from before it comes back"
    )
}
