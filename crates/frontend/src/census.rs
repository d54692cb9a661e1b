//! How much memory the clients of a core take: a walk around its connections, some at a time, that keeps a sum.
//!
//! Each connection remembers what it counts for. A visit replaces that by what it takes now, so that the sum is always that
//! of all connections as they were when they were last visited; INFO visits some before it reads the sum.

use bus::Wake;

use crate::core::Core;

/// Connections visited in one slice of background work, about one a millisecond.
const SLICE: usize = 8;
/// Connections visited for INFO: some microseconds.
pub(crate) const INFO_SLICE: usize = 256;

/// Seconds over which the largest buffers are remembered, as in Redis.
const PEAK_SECONDS: usize = 8;

/// The walk.
#[derive(Debug, Default)]
pub(crate) struct Census {
    next: usize,
    sum_bytes: u64,
    /// By second: the largest input and output of a connection, and which second it was.
    peaks: [(u64, u64, u64); PEAK_SECONDS],
}

impl Census {
    /// A connection is gone that counted for so much.
    pub(crate) fn forget(&mut self, bytes: u32) {
        self.sum_bytes = self.sum_bytes.saturating_sub(u64::from(bytes));
    }

    fn peak(&mut self, second: u64, input: u64, output: u64) {
        let slot = &mut self.peaks[second as usize % PEAK_SECONDS];
        if slot.2 != second {
            *slot = (0, 0, second);
        }
        *slot = (slot.0.max(input), slot.1.max(output), second);
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Visits some connections in the background.
    #[inline]
    pub(crate) fn count_some_clients(&mut self) {
        self.count_clients(SLICE);
    }

    /// Visits up to so many connections, and publishes what is known then.
    pub(crate) fn count_clients(&mut self, visits: usize) {
        let second = self.now.unix_ms / 1000;
        let count = self.conns.len();
        for _ in 0..visits.min(count) {
            self.census.next = if self.census.next + 1 < count { self.census.next + 1 } else { 0 };
            let Some(Some(conn)) = self.conns.get_mut(self.census.next) else { continue };
            let bytes = u32::try_from(conn.memory_bytes()).unwrap_or(u32::MAX);
            self.census.sum_bytes += u64::from(bytes);
            self.census.sum_bytes -= u64::from(std::mem::replace(&mut conn.counted_bytes, bytes));
            let (input, output) = (conn.query.len() as u64, (conn.out.len() + conn.unsent_bytes) as u64);
            self.census.peak(second, input, output);
        }
        let recent = |slot: &&(u64, u64, u64)| second.saturating_sub(slot.2) < PEAK_SECONDS as u64;
        let peaks = || self.census.peaks.iter().filter(recent);
        let stats = self.stats();
        stats.client_bytes.set(self.census.sum_bytes);
        stats.input_peak_bytes.set(peaks().map(|slot| slot.0).max().unwrap_or(0));
        stats.output_peak_bytes.set(peaks().map(|slot| slot.1).max().unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::Harness;

    /// A field of INFO.
    fn field(harness: &mut Harness, client: crate::harness::Client, name: &str) -> u64 {
        let info = harness.ask(client, "INFO everything");
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name} in {info}"))
    }

    #[test]
    fn clients_are_counted_with_their_buffers() {
        let mut harness = Harness::new(2, "");
        let client = harness.connect(0);
        let one = field(&mut harness, client, "mem_clients_normal");
        assert!(one > 200, "{one}");
        let big = harness.connect(1);
        assert_eq!(
            harness.send(big, format!("*2\r\n$4\r\nECHO\r\n$200000\r\n{}", "x".repeat(150_000)).as_bytes()),
            ""
        );
        let two = field(&mut harness, client, "mem_clients_normal");
        assert!(two > one + 150_000, "{one} {two}");
        assert!(field(&mut harness, client, "client_recent_max_input_buffer") >= 150_000);
        harness.send(big, format!("{}\r\nQUIT\r\n", "x".repeat(50_000)).as_bytes());
        assert!(harness.is_closed(big));
        let after = field(&mut harness, client, "mem_clients_normal");
        assert!(after < one + 100_000, "{one} {after}");
        harness.now.unix_ms += 9000;
        assert_eq!(field(&mut harness, client, "client_recent_max_input_buffer"), 0);
    }
}
