//! How long the calls of a command took: counts by duration, in buckets that grow with it.
//!
//! ```text
//! duration in ticks   0 … 15 | 16 17 … 31 | 32 34 … 62 | 64 68 … 124 | …
//! cell                0 … 15 | 16    … 31 | 32    … 47 | 48     … 63 | …      16 cells for each doubling: at most 6 % off
//! ```
//!
//! Ticks are turned into nanoseconds when somebody reads, so that counting costs an index and an increment. A command that
//! is never called costs nothing; one that is has 3.7 KiB a core.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Cells for each doubling of the duration, as a power of two.
const FINE_BITS: u32 = 4;
const FINE: usize = 1 << FINE_BITS;
/// The most binary digits of a duration that are told apart: far more than a second of any counter. What is longer counts
/// as this long.
const DIGITS_MAX: u32 = 62;
const CELLS: usize = (DIGITS_MAX - FINE_BITS + 1) as usize * FINE;

/// The counts of one command on one core. The core writes, anybody reads.
#[derive(Debug, Default)]
pub struct Histogram {
    cells: OnceLock<Box<[AtomicU32; CELLS]>>,
}

/// The cell of a duration.
#[inline]
fn cell_of(ticks: u64) -> usize {
    let drop = (ticks | FINE as u64).ilog2() - FINE_BITS;
    ((drop as usize) << FINE_BITS) + (ticks >> drop) as usize
}

/// The longest duration that a cell counts.
fn longest_of(cell: usize) -> u64 {
    let drop = (cell >> FINE_BITS).saturating_sub(1);
    let first = (cell - (drop << FINE_BITS)) as u64;
    ((first + 1) << drop) - 1
}

impl Histogram {
    /// Counts a call; by the owning core only.
    #[inline]
    pub fn count(&self, ticks: u64) {
        let cells = self.cells.get_or_init(new_cells);
        let cell = &cells[cell_of(ticks).min(CELLS - 1)];
        cell.store(cell.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Forgets all; by the owning core only.
    pub fn reset(&self) {
        self.cells.get().into_iter().flat_map(|cells| cells.iter()).for_each(|cell| cell.store(0, Relaxed));
    }
}

#[cold]
fn new_cells() -> Box<[AtomicU32; CELLS]> {
    Box::new([const { AtomicU32::new(0) }; CELLS])
}

/// The counts of a command over all cores: durations in nanoseconds, ascending, with how many calls took so long.
#[derive(Debug, Default)]
pub struct Distribution {
    counts: Vec<(u64, u64)>,
    total: u64,
}

impl Distribution {
    /// The sum of several histograms. `to_ns` turns ticks into nanoseconds.
    pub fn of<'a>(parts: impl Iterator<Item = &'a Histogram>, to_ns: impl Fn(u64) -> u64) -> Self {
        let parts: Vec<&[AtomicU32]> = parts.filter_map(|part| Some(&part.cells.get()?[..])).collect();
        let mut sum = Distribution::default();
        if parts.is_empty() {
            return sum;
        }
        for cell in 0..CELLS {
            let count: u64 =
                parts.iter().filter_map(|part| Some(u64::from(part.get(cell)?.load(Relaxed)))).sum();
            if count > 0 {
                sum.counts.push((to_ns(longest_of(cell)), count));
                sum.total += count;
            }
        }
        sum
    }

    /// The number of calls.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The duration in nanoseconds that so many percent of the calls did not exceed.
    pub fn percentile_ns(&self, percent: f64) -> u64 {
        let wanted = (percent.clamp(0.0, 100.0) / 100.0 * self.total as f64 + 0.5) as u64;
        let (wanted, mut seen) = (wanted.max(1), 0);
        for &(ns, count) in &self.counts {
            seen += count;
            if seen >= wanted {
                return ns;
            }
        }
        self.counts.last().map_or(0, |&(ns, _)| ns)
    }

    /// For durations that double from about a microsecond on: the duration in microseconds, and how many calls took at
    /// most so long. Where no call was added there is no entry. The durations are those that Redis shows.
    pub fn doubling(&self) -> Vec<(u64, u64)> {
        let (mut out, mut counts, mut seen, mut shown) = (Vec::new(), self.counts.iter().peekable(), 0, 0);
        for power in 10..u64::BITS - 1 {
            // The end of the bucket that Redis's histogram, with two digits of precision, has at a power of two.
            let bound_ns = (1u64 << power) + (1 << (power - 7)) - 1;
            while let Some((_, count)) = counts.next_if(|(ns, _)| *ns <= bound_ns) {
                seen += count;
            }
            if seen > shown {
                out.push((bound_ns / 1000, seen));
                shown = seen;
            }
            if seen == self.total {
                break;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_in_order_and_close_enough() {
        let mut last = 0;
        for ticks in
            (0..5000).chain((13..62).flat_map(|digits| [(1 << digits) - 1, 1 << digits, 3 << (digits - 1)]))
        {
            let cell = cell_of(ticks);
            let longest = longest_of(cell);
            assert!(ticks <= longest && longest - ticks <= ticks / 16 + 1, "{ticks} in {cell}: {longest}");
            assert!(cell < CELLS);
            if ticks > 0 {
                assert!(longest_of(cell_of(ticks - 1)) < ticks || cell_of(ticks - 1) == cell, "{ticks}");
            }
            last = last.max(cell);
        }
        assert!(last < CELLS);
        Histogram::default().count(u64::MAX);
    }

    #[test]
    fn percentiles_and_doubling_durations() {
        let (a, b) = (Histogram::default(), Histogram::default());
        assert_eq!(Distribution::of([&a, &b].into_iter(), |ticks| ticks).total(), 0);
        (0..98).for_each(|_| a.count(900));
        b.count(3000);
        b.count(70_000);
        let sum = Distribution::of([&a, &b].into_iter(), |ticks| ticks);
        assert_eq!(sum.total(), 100);
        assert_eq!(sum.percentile_ns(50.0), 927);
        assert_eq!(sum.percentile_ns(99.0), 3071);
        assert_eq!(sum.percentile_ns(100.0), 73_727);
        assert_eq!(sum.doubling(), [(1, 98), (4, 99), (132, 100)]);
        a.reset();
        b.reset();
        assert_eq!(Distribution::of([&a, &b].into_iter(), |ticks| ticks).total(), 0);
    }
}
