//! One clock for a run: wall-clock times that never run backwards while one process writes them.

use jiff::Timestamp;
use std::time::{Duration, Instant};

/// The wall-clock time at which a part of the run began, and what has passed since by the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Timestamp,
    /// How long the run had been under way then, in its earlier parts.
    before: Duration,
    origin: Instant,
}

impl Clock {
    /// The clock of a run that starts at `start`, now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self::going_on(start, Duration::ZERO)
    }

    /// The clock of a run that goes on at `start`, now, after it had been under way for `before`.
    pub fn going_on(start: Timestamp, before: Duration) -> Self {
        Self { start, before, origin: Instant::now() }
    }

    /// How long the run has been under way, the time between its parts left out.
    pub fn since(&self) -> Duration {
        self.before.saturating_add(self.origin.elapsed())
    }

    /// The part's start plus the monotonic clock: setting the machine's clock back does not reorder a record.
    pub fn time(&self) -> Timestamp {
        self.start.saturating_add(self.origin.elapsed()).unwrap_or(self.start)
    }

    /// How many milliseconds the machine's clock is ahead of this one now: less than 0 if it was set back, more if it was
    /// set forward or the machine slept.
    pub fn ahead(&self) -> i64 {
        self.ahead_at(Timestamp::now())
    }

    fn ahead_at(&self, now: Timestamp) -> i64 {
        now.as_millisecond().saturating_sub(self.time().as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_goes_on_counts_on_and_sees_the_machines_clock_run_away() {
        let now = Timestamp::now();
        let clock = Clock::going_on(now, Duration::from_secs(90));
        assert!(clock.since() >= Duration::from_secs(90) && clock.since() < Duration::from_secs(100));
        assert!(clock.time() >= now);
        let hour = jiff::SignedDuration::from_hours(1);
        for (wall, ahead) in [(now + hour, 3_600_000), (now - hour, -3_600_000)] {
            assert!((clock.ahead_at(wall) - ahead).abs() < 10_000);
        }
        assert!(clock.ahead().abs() < 10_000);
    }
}
