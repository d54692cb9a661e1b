//! Active expiry: finding the expired keys that nobody comes upon, in small slices, as fast as needed and no faster.
//!
//! Keys with an expiry are not kept in an order of time: that would cost memory and a second structure to touch on
//! every change. Instead a sweep goes around the table, looking at marked records only.
//!
//! **When.** `soonest_ms` is a lower bound of all expiry times of the database. A change of a key's expiry lowers it;
//! a full round of the sweep raises it to the least time it has seen, or that was set meanwhile. While the clock is
//! below, there is nothing to do, and nothing is done: databases whose keys live for hours sleep for hours.
//!
//! **How fast.** Let `M` keys have a mean time to live `T`, so `M/T` of them expire per unit of time, and let a round
//! take `R`. A record was last seen `R` ago, so the sweep finds the fraction `f = R/T` of what it looks at expired, and
//! on average half of that, `f/2` of all `M`, is expired but still there. The law steers `f` to 4 %:
//!
//! ```text
//!   every 256 records looked at (or round):   speed *= clamp(f / 4 %, 0.8, 4)
//!   every slice:                              work owed += time since the last slice * speed
//! ```
//!
//! so 2 % of the keys with an expiry are waste in a steady state, and each removal costs 25 looks, whatever `M` and
//! `T` are. Where many expire at once, `f` is high in each window, the speed grows fourfold per window, and within a few
//! windows the sweep runs at its limit, a quarter of the core, until `f` falls. A removal costs `look / f + remove`, at
//! 4 % some 1.2 us: so the law holds up to 200,000 expiring keys per second and core. Beyond that `f` grows and
//! removals become cheaper, until at a million a second every look is a hit; what remains then waits for its readers,
//! for writers, and for the rush to end.
//!
//! Work is counted by a fixed model of the costs and time is the shard's clock, so the same calls do the same.

#[cfg(test)]
#[path = "expiry_tests.rs"]
mod tests;

use ds::{SweepCursor, SweepStats};

use crate::books::Books;
use crate::db::Database;
use crate::events::Class;
use crate::fields::FieldDeadlines;
use crate::sizes::Sizes;
use crate::value::is_expired;

/// Looking at a bucket, at a marked record (a cache miss), removing one: nanoseconds, as `examples/fill.rs` measures them
/// with five million keys.
const BUCKET_NS: u64 = 5;
const LOOK_NS: u64 = 40;
const REMOVE_NS: u64 = 200;

/// The fraction of expired records among those looked at that the law steers to, in thousandths.
const TARGET_PERMILLE: u64 = 40;

/// Records after which the speed is adapted: enough to tell 4 % from 1 %.
const WINDOW_MAX: u64 = 256;

/// Buckets per call of the table's sweep: at most about two windows.
const CHUNK_BUCKETS_MAX: usize = 64;

/// Least speed, in nanoseconds of work per millisecond: 0.4 % of a core while something may have expired.
const SPEED_MIN_NS: u64 = 4000;

/// Greatest speed: a quarter of a core, as in Redis.
const SPEED_MAX_NS: u64 = 250_000;

/// Longest time that a slice catches up with.
const ELAPSED_MAX_MS: u64 = 100;

/// Work that a slice waits for, so that it is worth the call: 20 us.
const SLICE_MIN_NS: u64 = 20_000;

/// What a slice did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Keys removed.
    pub removed: usize,
    /// Records looked at.
    pub looked_at: usize,
    /// Buckets passed.
    pub buckets: usize,
    /// Fields of hashes removed.
    pub fields_removed: usize,
    /// When the next slice is wanted, in ms since 1970; `None` while no key has an expiry.
    pub next_ms: Option<u64>,
}

/// The state of a database's expiry.
pub(crate) struct Deadlines {
    /// The number of the database.
    pub(crate) db: usize,
    /// Sum of the expiry times of all keys that have one.
    sum_ms: u128,
    /// No key expires before.
    soonest_ms: u64,
    /// Least time that was set since the round began.
    set_ms: u64,
    /// Least time that the round has seen.
    seen_ms: u64,
    cursor: SweepCursor,
    /// Nanoseconds of work per millisecond.
    speed_ns: u64,
    /// Work to be done; less than 0 if more was done than due.
    owed_ns: i64,
    /// When work was last added to what is owed.
    worked_ms: u64,
    window: Window,
    /// Hashes whose fields expire.
    pub(crate) fields: FieldDeadlines,
    /// How large the values are, those without an expiry too: whatever changes a value has this struct at hand.
    pub(crate) sizes: Box<Sizes>,
}

/// What the sweep found since the speed was last adapted.
#[derive(Clone, Copy, Default)]
struct Window {
    looked_at: u64,
    removed: u64,
}

impl Default for Deadlines {
    fn default() -> Self {
        Deadlines {
            db: 0,
            sum_ms: 0,
            soonest_ms: u64::MAX,
            set_ms: u64::MAX,
            seen_ms: u64::MAX,
            cursor: SweepCursor::default(),
            speed_ns: SPEED_MIN_NS,
            owed_ns: 0,
            worked_ms: 0,
            window: Window::default(),
            fields: FieldDeadlines::default(),
            sizes: Box::default(),
        }
    }
}

impl Deadlines {
    /// A record with this expiry time has come.
    #[inline]
    pub(crate) fn note(&mut self, at_ms: u64) {
        self.sum_ms += u128::from(at_ms);
        self.set_ms = self.set_ms.min(at_ms);
        self.soonest_ms = self.soonest_ms.min(at_ms);
    }

    /// A record with this expiry time has gone.
    #[inline]
    pub(crate) fn forget(&mut self, at_ms: u64) {
        self.sum_ms -= u128::from(at_ms);
    }

    /// Mean time to live of `expires` keys. Those that are expired already count as 0 together.
    pub(crate) fn avg_ttl_ms(&self, expires: usize, now_ms: u64) -> u64 {
        match self.sum_ms.checked_div(expires as u128) {
            Some(mean) => u64::try_from(mean).unwrap_or(u64::MAX).saturating_sub(now_ms),
            None => 0,
        }
    }

    /// Notes that no key has an expiry any more.
    fn nothing_left(&mut self) {
        self.sum_ms = 0;
        (self.soonest_ms, self.set_ms, self.seen_ms) = (u64::MAX, u64::MAX, u64::MAX);
        (self.cursor, self.window) = (SweepCursor::default(), Window::default());
        (self.owed_ns, self.worked_ms) = (0, 0);
    }

    /// Whether something may have expired.
    fn may_have_expired(&self, now_ms: u64) -> bool {
        self.soonest_ms < now_ms
    }

    /// Adds the work for the time since the last slice, and returns that time.
    fn owe(&mut self, now_ms: u64) -> u64 {
        // While it slept there was nothing to do.
        let since = self.worked_ms.max(self.soonest_ms);
        let elapsed_ms = now_ms.saturating_sub(since).clamp(1, ELAPSED_MAX_MS);
        self.worked_ms = now_ms;
        self.owed_ns = self.owed_ns.saturating_add_unsigned(elapsed_ms * self.speed_ns);
        elapsed_ms
    }

    /// Books what a call of the sweep did; `least_ms` is the least time that it saw.
    fn account(&mut self, swept: &SweepStats, least_ms: u64, elapsed_ms: u64) {
        self.owed_ns = self.owed_ns.saturating_sub_unsigned(cost_ns(swept));
        self.window.looked_at += swept.marked as u64;
        self.window.removed += swept.removed as u64;
        self.seen_ms = self.seen_ms.min(least_ms);
        if swept.wrapped {
            self.soonest_ms = self.seen_ms.min(self.set_ms);
            // What this call saw after the end belongs to the new round; that it may have seen more is no harm.
            (self.seen_ms, self.set_ms) = (least_ms, u64::MAX);
        }
        if swept.wrapped || self.window.looked_at >= WINDOW_MAX {
            let before = self.speed_ns;
            self.adapt();
            // Faster from the beginning of the slice on.
            let more = elapsed_ms * self.speed_ns.saturating_sub(before);
            self.owed_ns = self.owed_ns.saturating_add_unsigned(more);
        }
    }

    /// The control law.
    fn adapt(&mut self) {
        let Window { looked_at, removed } = std::mem::take(&mut self.window);
        if looked_at > 0 {
            let speed = self.speed_ns * removed * 1000 / (looked_at * TARGET_PERMILLE);
            let speed = speed.clamp(self.speed_ns * 4 / 5, self.speed_ns * 4);
            self.speed_ns = speed.clamp(SPEED_MIN_NS, SPEED_MAX_NS);
        }
    }

    /// When to go on, given that all the work owed is done.
    fn next_ms(&self, now_ms: u64) -> u64 {
        if self.may_have_expired(now_ms) {
            let credit_ns = self.owed_ns.min(0).unsigned_abs();
            now_ms + (SLICE_MIN_NS + credit_ns).div_ceil(self.speed_ns).clamp(1, ELAPSED_MAX_MS)
        } else {
            self.soonest_ms.saturating_add(1)
        }
    }
}

/// What a call of the sweep cost.
fn cost_ns(swept: &SweepStats) -> u64 {
    swept.visited as u64 * BUCKET_NS + swept.marked as u64 * LOOK_NS + swept.removed as u64 * REMOVE_NS
}

impl Database {
    /// Works off what is owed, within the budget. Returns when to go on.
    pub(crate) fn expire(&mut self, books: &mut Books, left_ns: &mut u64, progress: &mut Progress) -> u64 {
        let now_ms = books.now_ms;
        if self.table.marked_len() == 0 {
            self.deadlines.nothing_left();
        }
        if !self.deadlines.may_have_expired(now_ms) {
            return self.deadlines.next_ms(now_ms);
        }
        let elapsed_ms = self.deadlines.owe(now_ms);
        let bytes_before = self.table.memory_bytes();
        while self.deadlines.owed_ns > 0 && *left_ns > 0 && self.deadlines.may_have_expired(now_ms) {
            let swept = self.sweep(books, elapsed_ms);
            *left_ns = left_ns.saturating_sub(cost_ns(&swept));
            progress.removed += swept.removed;
            progress.looked_at += swept.marked;
            progress.buckets += swept.visited;
            if self.table.marked_len() == 0 {
                self.deadlines.nothing_left();
            }
        }
        books.table_bytes = books.table_bytes + self.table.memory_bytes() - bytes_before;
        if !self.deadlines.may_have_expired(now_ms) {
            self.deadlines.owed_ns = 0;
        } else if self.deadlines.owed_ns > 0 {
            books.stats.expired_time_cap_reached += 1;
            return now_ms;
        }
        self.deadlines.next_ms(now_ms)
    }

    /// One call of the table's sweep.
    fn sweep(&mut self, books: &mut Books, elapsed_ms: u64) -> SweepStats {
        let now_ms = books.now_ms;
        let mut least_ms = u64::MAX;
        let Database { table, deadlines, .. } = self;
        let mut cursor = deadlines.cursor;
        let swept = table.sweep(
            &mut cursor,
            CHUNK_BUCKETS_MAX,
            |record| {
                let expired = is_expired(record.view(), now_ms);
                if !expired && let Some(at) = record.word() {
                    least_ms = least_ms.min(at);
                }
                expired
            },
            |record| {
                books.forget(deadlines, record.view());
                books.interest.touch(deadlines.db, record.view().name());
                books.events.push(Class::Expired, "expired", deadlines.db, record.view().name());
                books.discard(record.into_box());
            },
        );
        deadlines.cursor = cursor;
        books.stats.expired_keys += swept.removed as u64;
        if swept.marked > 0 {
            // Half of what a round finds is there at a moment; smoothed as in Redis.
            let stale = 50.0 * swept.removed as f64 / swept.marked as f64;
            let estimate = &mut books.stats.expired_stale_percent;
            *estimate += (stale - *estimate) * 0.05;
        }
        deadlines.account(&swept, least_ms, elapsed_ms);
        swept
    }
}
