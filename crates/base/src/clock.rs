//! Time comes in through a trait, so that a simulated run replays from its seed.

/// A source of time. The reactor hands in the real one, `sim` a virtual one.
pub trait Clock {
    /// Milliseconds since 1970-01-01 UTC: what expiry times and `TIME` are counted in. May be set back by the
    /// operator of the host; a shard's own clock never runs backwards (invariant T1).
    fn unix_ms(&self) -> u64;

    /// Microseconds since a start of the clock's own choosing, never decreasing: for durations only.
    fn monotonic_us(&self) -> u64;
}

/// A clock that stands where it was put: for tests and for replaying a log.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedClock {
    /// What [`Clock::unix_ms`] answers.
    pub unix_ms: u64,
    /// What [`Clock::monotonic_us`] answers.
    pub monotonic_us: u64,
}

impl Clock for FixedClock {
    fn unix_ms(&self) -> u64 {
        self.unix_ms
    }

    fn monotonic_us(&self) -> u64 {
        self.monotonic_us
    }
}
