//! Standard error as a run's screen: a thread of its own writes, so that a reader who stalls (`| less`, ^S) keeps
//! neither a timeout nor a signal from being heard. What finds no room in the queue is counted and said, not waited for.

use crate::report::Screen;
use crate::runbook::show_duration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Lines that may wait to be written.
const QUEUE: usize = 4096;
/// A step that takes longer gets a spinner.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long is waited until everything stands on the screen before a person is asked.
const SETTLING: Duration = Duration::from_secs(1);

enum Message {
    Line(String),
    Spin { step: String, timeout: Duration },
    Still,
    Settle(SyncSender<()>),
}

/// The screen of one run.
pub struct TerminalScreen {
    queue: SyncSender<Message>,
    /// Lines that found no room since the last that did.
    lost: usize,
}

impl TerminalScreen {
    /// Starts the thread that writes.
    pub fn start() -> std::io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        std::thread::Builder::new().name("screen".to_owned()).spawn(move || Writer::default().write(&messages))?;
        Ok(Self { queue, lost: 0 })
    }
}

impl Screen for TerminalScreen {
    fn line(&mut self, line: &str) {
        if self.lost > 0 {
            let words =
                format!("  … {} lines found no reader in time; the record has what it needs of them", self.lost);
            if self.queue.try_send(Message::Line(words)).is_ok() {
                self.lost = 0;
            }
        }
        if self.queue.try_send(Message::Line(line.to_owned())).is_err() {
            self.lost += 1;
        }
    }

    fn spin(&mut self, step: &str, timeout: Duration) {
        _ = self.queue.try_send(Message::Spin { step: step.to_owned(), timeout });
    }

    fn still(&mut self) {
        _ = self.queue.try_send(Message::Still);
    }

    fn settle(&mut self) {
        let (done, wait) = sync_channel(1);
        if self.queue.try_send(Message::Settle(done)).is_ok() {
            _ = wait.recv_timeout(SETTLING);
        }
    }
}

/// What the thread knows: the running step, and its spinner once that is seen.
#[derive(Default)]
struct Writer {
    waiting: Option<(ProgressBar, std::time::Instant)>,
    spinner: Option<ProgressBar>,
}

impl Writer {
    fn write(mut self, messages: &Receiver<Message>) {
        loop {
            let patience = self.waiting.as_ref().map(|(_, since)| PATIENCE.saturating_sub(since.elapsed()));
            let message = match patience {
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(patience) => messages.recv_timeout(patience),
            };
            match message {
                Ok(Message::Line(line)) => self.line(&line),
                Ok(Message::Spin { step, timeout }) => {
                    self.waiting = Some((hidden_bar(&step, timeout), std::time::Instant::now()));
                }
                Ok(Message::Still) => self.still(),
                Ok(Message::Settle(done)) => _ = done.send(()),
                Err(RecvTimeoutError::Timeout) => self.show_spinner(),
                Err(RecvTimeoutError::Disconnected) => return self.still(),
            }
        }
    }

    fn line(&self, line: &str) {
        let mut screen = std::io::stderr().lock();
        // A terminal that went away must not end the run: its results are in the record.
        let mut write = || _ = writeln!(screen, "{line}");
        match &self.spinner {
            Some(spinner) => spinner.suspend(write),
            None => write(),
        }
    }

    fn show_spinner(&mut self) {
        if let Some((bar, _)) = self.waiting.take() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(100));
            self.spinner = Some(bar);
        }
    }

    fn still(&mut self) {
        self.waiting = None;
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }
}

/// A spinner with elapsed time and timeout, not seen yet.
fn hidden_bar(step: &str, timeout: Duration) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    let template = format!("  {{spinner}} {step} {{elapsed}} of {}", show_duration(timeout));
    bar.set_style(ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar
}
