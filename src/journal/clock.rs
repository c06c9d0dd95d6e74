//! One clock for a run: wall-clock times that never run backwards.

use jiff::Timestamp;
use std::time::{Duration, Instant};

/// The wall-clock time of the start, and what has passed since by the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Timestamp,
    origin: Instant,
}

impl Clock {
    /// A clock that starts at `start`, now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, origin: Instant::now() }
    }

    /// Time since the start.
    pub fn since(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The start plus the monotonic clock: setting the machine's clock back does not reorder a record.
    pub fn time(&self) -> Timestamp {
        self.start + self.since()
    }
}
