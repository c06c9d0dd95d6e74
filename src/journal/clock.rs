//! One clock for a run: wall-clock times that never run backwards.

use jiff::Timestamp;
use std::time::{Duration, Instant};

/// The wall-clock time of the start, and what has passed since by the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Timestamp,
    origin: Instant,
    before: Duration,
}

impl Clock {
    /// A clock that starts at `start`, now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, origin: Instant::now(), before: Duration::ZERO }
    }

    /// A clock that goes on at `start`, after a run was under way for `before`.
    pub fn going_on(start: Timestamp, before: Duration) -> Self {
        Self { before, ..Self::starting_at(start) }
    }

    /// Time since the start.
    pub fn since(&self) -> Duration {
        self.before + self.origin.elapsed()
    }

    /// The start plus the monotonic clock: setting the machine's clock back does not reorder a record.
    pub fn time(&self) -> Timestamp {
        self.start + self.origin.elapsed()
    }
}
