//! When or how often keys are used: what OBJECT IDLETIME and OBJECT FREQ tell, and what eviction can choose by.
//!
//! All of it lies in the stamp of a record, 16 bits that a lookup may write without changing the record otherwise. What
//! they mean depends on the policy, as in Redis:
//!
//! ```text
//!   timed     0 ttttttttttttttt    used at second t, of the last nine hours
//!             1 uuuuuuuuuuuuuuu    used at about second 512 * u, of the last half year
//!   counted   pppppppp cccccccc    c: logarithm of the uses, of Redis's scale; p: decay period in which it was noted
//! ```
//!
//! Both forms wrap around. So the shard walks over all keys once in an hour or so (`aging.rs`) and turns times that are old
//! into the coarse form, and counters into those of the present period, long before they could be mistaken for younger
//! ones. Should a walk be late, because the process was stopped, say, **the clock of accesses waits for it**: keys then look
//! less idle than they are, by that time, but never in another order.
//!
//! A lookup compares the stamp with what it would write. So a key that is used often is written once a second.

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;

use base::Rng;
use ds::record::RecordView;

use crate::value::Large;

/// Which form of a time it is: the coarse one has this bit.
const COARSE: u16 = 0x8000;
/// The values of either form.
const TIMES: u64 = 0x8000;
/// Seconds of a coarse unit, as a power of two.
const COARSE_SHIFT: u32 = 9;
/// Times older than this become coarse.
const FINE_MAX_S: u64 = TIMES / 2;
/// Keys that are idle for longer count as idle for this long: half a year.
const COARSE_UNITS_MAX: u64 = 31_000;

/// A walk over all keys begins at most this often.
pub(crate) const WALK_EVERY_S: u64 = 4096;
/// A walk that takes longer than this stops the clock.
const WALK_MAX_S: u64 = 6000;

/// From the beginning of a walk to the end of the next one no form may wrap around.
const GAP_MAX_S: u64 = 2 * WALK_MAX_S;
const _: () = assert!(WALK_EVERY_S < WALK_MAX_S);
const _: () = assert!(FINE_MAX_S + GAP_MAX_S < TIMES);
const _: () = assert!(COARSE_UNITS_MAX + (GAP_MAX_S >> COARSE_SHIFT) < TIMES);
const _: () = assert!(GAP_MAX_S / 60 < 256, "decay periods are minutes at least");

/// The counter of a new key: Redis's, so that new keys have a chance.
const COUNT_NEW: u8 = 5;

/// What a touch writes where that is not one and the same stamp: the key's next counter; nothing.
const COUNT: u32 = 1 << 16;
const NOTHING: u32 = 1 << 17;

/// How accesses are noted, as configured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessPolicy {
    /// They are counted (`maxmemory-policy` is one of LFU), not timed.
    pub counted: bool,
    /// `lfu-log-factor`.
    pub log_factor: u32,
    /// `lfu-decay-time`, in minutes; 0 is no decay.
    pub decay_minutes: u32,
}

impl Default for AccessPolicy {
    fn default() -> Self {
        AccessPolicy { counted: false, log_factor: 10, decay_minutes: 1 }
    }
}

/// The clock of accesses, which gives stamps their meaning. A copy tells what it was when it was taken.
#[derive(Clone, Copy, Debug)]
pub struct AccessClock {
    policy: AccessPolicy,
    /// Seconds since 1970, less those for which it has stood still.
    now_s: u64,
    stood_s: u64,
    /// When the walk began that is under way, or the last one.
    pub(crate) walk_began_s: u64,
    /// Decay periods that have passed, of which stamps have the lowest byte, and when this one began.
    period: u8,
    period_began_s: u64,
    /// What a touch writes.
    touch: u32,
    paused: bool,
    /// When the clock is to be set again.
    pub(crate) due_ms: u64,
}

impl AccessClock {
    /// A clock at the beginning of time.
    pub(crate) fn new() -> Self {
        AccessClock {
            policy: AccessPolicy::default(),
            now_s: 0,
            stood_s: 0,
            walk_began_s: 0,
            period: 0,
            period_began_s: 0,
            touch: 0,
            paused: false,
            due_ms: 0,
        }
    }

    pub(crate) fn set_policy(&mut self, policy: AccessPolicy) {
        self.policy = policy;
        self.set_touch();
    }

    /// How accesses are noted.
    pub fn policy(&self) -> AccessPolicy {
        self.policy
    }

    /// Sets the clock to the shard's. Without keys there is nothing to wait for.
    #[cold]
    pub(crate) fn advance(&mut self, now_ms: u64, has_keys: bool) {
        self.due_ms = (now_ms / 1000 + 1).saturating_mul(1000);
        let wanted_s = (now_ms / 1000).saturating_sub(self.stood_s);
        if !has_keys {
            self.walk_began_s = wanted_s;
        }
        let end_s = wanted_s.min(self.walk_began_s + WALK_MAX_S);
        self.stood_s += wanted_s - end_s;
        self.now_s = end_s;
        let period_s = u64::from(self.policy.decay_minutes) * 60;
        if let Some(periods) = (end_s - self.period_began_s.min(end_s)).checked_div(period_s) {
            self.period = self.period.wrapping_add(periods as u8);
            self.period_began_s += periods * period_s;
        } else {
            self.period_began_s = end_s - end_s % 60;
        }
        self.set_touch();
    }

    /// While paused, lookups leave no trace.
    #[inline]
    pub(crate) fn pause(&mut self, paused: bool) {
        self.paused = paused;
        self.set_touch();
    }

    fn set_touch(&mut self) {
        self.touch = match (self.paused, self.policy.counted) {
            (true, _) => NOTHING,
            (false, true) => COUNT,
            (false, false) => u32::from(self.fine_now()),
        };
    }

    /// Notes that a key is used.
    #[inline(always)]
    pub(crate) fn touch(&self, record: RecordView<'_, Large>, rng: &mut Rng) {
        if u32::from(record.stamp()) != self.touch {
            match u16::try_from(self.touch) {
                Ok(stamp) => record.set_stamp(stamp),
                Err(_) => self.touch_otherwise(record, rng),
            }
        }
    }

    #[inline(never)]
    fn touch_otherwise(&self, record: RecordView<'_, Large>, rng: &mut Rng) {
        if self.touch == COUNT {
            let count = self.raised(self.frequency_of(record.stamp()), rng);
            record.set_stamp(self.counted(count));
        }
    }

    /// A counter after one more use: the higher it is, the less likely it grows.
    fn raised(&self, count: u8, rng: &mut Rng) -> u8 {
        let beyond = u64::from(count.saturating_sub(COUNT_NEW));
        let one_in = beyond * u64::from(self.policy.log_factor) + 1;
        if count < u8::MAX && rng.one_in(one_in) { count + 1 } else { count }
    }

    /// The stamp of a new key.
    #[inline]
    pub(crate) fn fresh(&self) -> u16 {
        if self.policy.counted { self.counted(COUNT_NEW) } else { self.fine_now() }
    }

    /// The stamp of a key that was used that many seconds ago.
    pub(crate) fn stamp_of_idle(&self, idle_s: u64) -> u16 {
        let idle_s = idle_s.min(self.now_s);
        if idle_s < FINE_MAX_S {
            return ((self.now_s - idle_s) % TIMES) as u16;
        }
        let now_units = self.now_s >> COARSE_SHIFT;
        let used = (self.now_s - idle_s + (1 << (COARSE_SHIFT - 1))) >> COARSE_SHIFT;
        let units = now_units.saturating_sub(used).min(COARSE_UNITS_MAX);
        COARSE | ((now_units - units) % TIMES) as u16
    }

    /// The stamp of a key with a counter.
    pub(crate) fn counted(&self, count: u8) -> u16 {
        u16::from_be_bytes([self.period, count])
    }

    /// How many seconds ago the key of a stamp was used.
    pub(crate) fn idle_of(&self, stamp: u16) -> u64 {
        let since = |now: u64| now.wrapping_sub(u64::from(stamp)) % TIMES;
        if stamp & COARSE == 0 {
            return since(self.now_s);
        }
        let second = self.now_s % (1 << COARSE_SHIFT);
        (since(self.now_s >> COARSE_SHIFT) << COARSE_SHIFT) + second
    }

    /// The counter of a stamp: it has lost one in each period since it was noted.
    pub(crate) fn frequency_of(&self, stamp: u16) -> u8 {
        let [period, count] = stamp.to_be_bytes();
        count.saturating_sub(self.period.wrapping_sub(period))
    }

    /// When a key was used last, in seconds of Redis's clock, which has 24 bits.
    pub(crate) fn used_s(&self, stamp: u16) -> u64 {
        self.now_s.saturating_sub(self.idle_of(stamp)) & 0xff_ffff
    }

    /// The same stamp, so written that it keeps its meaning until after the next walk.
    pub(crate) fn renewed(&self, stamp: u16) -> u16 {
        if self.policy.counted {
            self.counted(self.frequency_of(stamp))
        } else if self.idle_of(stamp) < FINE_MAX_S {
            stamp
        } else if stamp & COARSE == 0 || self.idle_of(stamp) >> COARSE_SHIFT > COARSE_UNITS_MAX {
            self.stamp_of_idle(self.idle_of(stamp))
        } else {
            stamp
        }
    }

    fn fine_now(&self) -> u16 {
        (self.now_s % TIMES) as u16
    }

    pub(crate) fn now_s(&self) -> u64 {
        self.now_s
    }
}
