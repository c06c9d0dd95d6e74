//! Requests to stop a run, as signals bring them.

use crate::shell::Hurry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use tokio::sync::watch;

/// What signal handlers write, at once: it can be looked at between any two acts.
#[derive(Debug, Default)]
pub struct Signals {
    /// How many requests have come.
    count: AtomicUsize,
    /// The number of the last one.
    last: AtomicUsize,
    /// Hang-ups of which nobody knows yet whether they mean that the terminal went away.
    hangups: AtomicUsize,
    /// Whether it did.
    lost: AtomicBool,
    /// How many requests were heard and answered.
    answered: AtomicUsize,
    /// Cuts the grace of a step that is being ended short.
    hurry: Hurry,
}

impl Signals {
    /// Signals of which the second sets `hurry`.
    pub fn new(hurry: Hurry) -> Self {
        Self { hurry, ..Self::default() }
    }

    /// A signal has come. For a handler: nothing but atomic stores.
    pub fn came(&self, number: usize) {
        if number == HUP {
            self.hangups.fetch_add(1, SeqCst);
            return;
        }
        self.last.store(number, SeqCst);
        if self.count.fetch_add(1, SeqCst) > 0 {
            self.hurry.set();
        }
    }
}

const HUP: usize = 1;

/// Requests to stop a run. The first ends the running step and leaves the run; the second gives it up.
#[derive(Clone)]
pub struct Interrupts {
    signals: Arc<Signals>,
    /// Wakes whoever waits, some time after a signal.
    bell: watch::Receiver<()>,
    /// Whether the terminal that the run was started at is gone.
    is_lost: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Interrupts {
    /// Requests that signal handlers write into `signals`; `bell` rings some time after. A hang-up is none if `is_lost`
    /// says that the terminal went away: that must lose no result.
    pub fn new(signals: Arc<Signals>, bell: watch::Receiver<()>, is_lost: Arc<dyn Fn() -> bool + Send + Sync>) -> Self {
        Self { signals, bell, is_lost }
    }

    /// The signal that has come, if one has that was not answered.
    pub fn seen(&self) -> Option<&'static str> {
        (self.unanswered() > 0).then(|| match self.signals.last.load(SeqCst) {
            HUP => "HUP",
            2 => "INT",
            3 => "QUIT",
            _ => "TERM",
        })
    }

    /// Whether a second signal has come: the run is to be given up.
    pub fn again(&self) -> bool {
        self.unanswered() > 1
    }

    /// What came until now is answered: only another signal counts from here on.
    pub fn answer(&self) {
        self.look_at_hangups();
        self.signals.answered.store(self.signals.count.load(SeqCst), SeqCst);
        self.signals.hurry.clear();
    }

    /// Whether the terminal went away.
    pub fn lost(&self) -> bool {
        self.look_at_hangups();
        self.signals.lost.load(SeqCst)
    }

    /// Waits until a signal has come; for ever if none can.
    pub async fn wait(&self) -> &'static str {
        self.until(|| self.seen()).await
    }

    /// Waits until a second signal has come; for ever if none can.
    pub async fn wait_again(&self) {
        self.until(|| self.again().then_some(())).await;
    }

    async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let mut bell = self.bell.clone();
        loop {
            if let Some(found) = look() {
                return found;
            }
            if bell.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    fn unanswered(&self) -> usize {
        self.look_at_hangups();
        self.signals.count.load(SeqCst).saturating_sub(self.signals.answered.load(SeqCst))
    }

    /// A hang-up says either that the terminal went away, or what TERM says.
    fn look_at_hangups(&self) {
        let hangups = self.signals.hangups.swap(0, SeqCst);
        if hangups == 0 {
            return;
        }
        if (self.is_lost)() {
            self.signals.lost.store(true, SeqCst);
        } else {
            self.signals.last.store(HUP, SeqCst);
            if self.signals.count.fetch_add(hangups, SeqCst) + hangups > 1 {
                self.signals.hurry.set();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interrupts(lost: bool) -> (Arc<Signals>, Interrupts) {
        let signals = Arc::new(Signals::default());
        let (_, bell) = watch::channel(());
        (signals.clone(), Interrupts::new(signals, bell, Arc::new(move || lost)))
    }

    #[test]
    fn the_second_signal_is_told_from_the_first_and_what_is_answered_counts_no_more() {
        let (signals, interrupts) = interrupts(false);
        assert_eq!((interrupts.seen(), interrupts.again()), (None, false));
        signals.came(2);
        assert_eq!((interrupts.seen(), interrupts.again()), (Some("INT"), false));
        signals.came(15);
        assert_eq!((interrupts.seen(), interrupts.again()), (Some("TERM"), true));
        interrupts.answer();
        assert_eq!(interrupts.seen(), None);
        signals.came(2);
        assert_eq!((interrupts.seen(), interrupts.again()), (Some("INT"), false));
    }

    #[test]
    fn a_hangup_stops_a_run_unless_it_says_that_the_terminal_went_away() {
        for (lost, seen) in [(false, Some("HUP")), (true, None)] {
            let (signals, interrupts) = interrupts(lost);
            signals.came(HUP);
            assert_eq!((interrupts.seen(), interrupts.lost()), (seen, lost));
        }
    }
}
