//! What a run measured.

use std::fmt;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::reply::Verdict;

/// Longest latency that is told apart from longer ones.
const LATENCY_MAX_NS: u64 = 100_000_000_000;
/// Generator utilisation from which on its own speed is what a closed loop measures.
const SATURATED: f64 = 0.95;

/// Latencies in nanoseconds, to three significant digits.
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        Latencies(Histogram::new_with_bounds(1, LATENCY_MAX_NS, 3).expect("bounds in order"))
    }
}

impl Latencies {
    /// Counts `requests` that all took `ns`.
    pub fn record(&mut self, ns: u64, requests: u64) {
        if requests > 0 {
            self.0.saturating_record_n(ns.max(1), requests);
        }
    }

    /// Counts those of another too.
    pub fn add(&mut self, other: &Latencies) {
        // Both have the same bounds.
        let _ = self.0.add(&other.0);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.reset();
    }

    /// The quantiles that are reported.
    pub fn summary(&self) -> Latency {
        let us = |quantile: f64| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        Latency {
            p50_us: us(0.5),
            p99_us: us(0.99),
            p999_us: us(0.999),
            max_us: self.0.max() as f64 / 1000.0,
        }
    }
}

/// Latency in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half of the requests were answered within this time.
    pub p50_us: f64,
    /// 99 % of them.
    pub p99_us: f64,
    /// 99.9 % of them.
    pub p999_us: f64,
    /// The slowest.
    pub max_us: f64,
}

/// Replies that were not what they should have been, over the whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Replies received.
    pub replies: u64,
    /// Error replies.
    pub errors: u64,
    /// Replies of a wrong type, length or content.
    pub wrong: u64,
    /// Reads that found nothing, where that is allowed.
    pub misses: u64,
    /// The first error or wrong reply, with its command.
    pub first_bad: Option<String>,
}

impl Tally {
    /// Counts a reply; `what` describes it and is only called for the first bad one.
    pub fn count(&mut self, verdict: Verdict, what: impl FnOnce() -> String) {
        self.replies += 1;
        match verdict {
            Verdict::Good => return,
            Verdict::Miss => {
                self.misses += 1;
                return;
            }
            Verdict::Error => self.errors += 1,
            Verdict::Wrong => self.wrong += 1,
        }
        self.first_bad.get_or_insert_with(what);
    }

    /// Error replies and wrong replies together.
    pub fn bad(&self) -> u64 {
        self.errors + self.wrong
    }
}

/// What the server used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ServerUse {
    /// CPU microseconds a request.
    pub cpu_us: f64,
    /// CPUs busy: 1.0 is one whole CPU.
    pub cpus: f64,
    /// Resident bytes at the end.
    pub rss_bytes: u64,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Requests answered while measuring.
    pub requests: u64,
    /// Seconds measured.
    pub seconds: f64,
    /// Requests answered a second.
    pub per_second: f64,
    /// Time from sending (open loop: from when it was due) to the reply.
    pub latency: Latency,
    /// What the server used, when its process is known.
    pub server: Option<ServerUse>,
    /// Share of its CPU that the generator used.
    pub generator_cpu: f64,
    /// Share of the time that the server or the generator was ready to run while something else had its CPU.
    pub disturbance: f64,
    /// How the replies of the whole run were.
    pub tally: Tally,
}

impl Outcome {
    /// Whether the generator, not the server, may have set the pace.
    pub fn generator_saturated(&self) -> bool {
        self.generator_cpu >= SATURATED
    }

    /// Server CPU microseconds a request; NaN when the process is not known.
    pub fn server_cpu_us(&self) -> f64 {
        self.server.map_or(f64::NAN, |server| server.cpu_us)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let l = &self.latency;
        write!(f, "{:.0} req/s  p50 {:.1} us  p99 {:.1} us  ", self.per_second, l.p50_us, l.p99_us)?;
        write!(f, "p99.9 {:.1} us  max {:.1} us  ", l.p999_us, l.max_us)?;
        if let Some(server) = &self.server {
            let mib = server.rss_bytes as f64 / (1 << 20) as f64;
            write!(
                f,
                "server {:.3} CPU-us/req, {:.0} % CPU, {mib:.1} MiB  ",
                server.cpu_us,
                server.cpus * 100.0
            )?;
        }
        write!(f, "generator {:.0} % CPU", self.generator_cpu * 100.0)?;
        if self.disturbance >= 0.01 {
            write!(f, "  disturbed {:.0} %", self.disturbance * 100.0)?;
        }
        if self.tally.misses > 0 {
            write!(f, "  {} misses", self.tally.misses)?;
        }
        if let Some(first) = &self.tally.first_bad {
            write!(
                f,
                "  {} ERROR REPLIES, {} WRONG REPLIES, first: {first}",
                self.tally.errors, self.tally.wrong
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_known_set() {
        let mut latencies = Latencies::default();
        for us in 1..=1000u64 {
            latencies.record(us * 1000, 10);
        }
        let near =
            |measured: f64, us: f64| assert!((measured / us - 1.0).abs() < 0.002, "{measured} for {us}");
        let summary = latencies.summary();
        near(summary.p50_us, 500.0);
        near(summary.p99_us, 990.0);
        near(summary.p999_us, 999.0);
        near(summary.max_us, 1000.0);
        latencies.record(2_000_000_000, 0);
        near(latencies.summary().max_us, 1000.0);
        latencies.clear();
        assert_eq!(latencies.summary(), Latency::default());
    }

    #[test]
    fn the_extremes_are_kept_in_range() {
        let mut latencies = Latencies::default();
        latencies.record(0, 1);
        latencies.record(u64::MAX, 1);
        assert_eq!(latencies.summary().p50_us, 0.001);
        assert!(latencies.summary().max_us >= LATENCY_MAX_NS as f64 / 1000.0);
    }

    #[test]
    fn tallies_by_verdict_and_keeps_the_first() {
        let mut tally = Tally::default();
        for (verdict, what) in
            [(Verdict::Good, "a"), (Verdict::Miss, "b"), (Verdict::Wrong, "c"), (Verdict::Error, "d")]
        {
            tally.count(verdict, || what.to_owned());
        }
        let expect = Tally { replies: 4, errors: 1, wrong: 1, misses: 1, first_bad: Some("c".to_owned()) };
        assert_eq!((tally.bad(), tally), (2, expect));
    }
}
