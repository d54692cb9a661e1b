//! Background work of a core between commands: expiry and freeing.

use bus::Wake;

use crate::core::Core;

/// Expiry slices run at most this often.
const EXPIRE_EVERY_US: u64 = 1000;
/// While there is memory to free, a slice of it is freed this often.
const FREE_EVERY_US: u64 = 100;
/// Records freed in one background slice: some tens of microseconds.
const FREE_SLICE: usize = 512;
/// Time for expiry in one background slice.
const EXPIRE_SLICE_US: u64 = 100;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Expiry and freeing, in bounded slices. Returns when to be called again.
    pub(crate) fn background(&mut self) -> Option<u64> {
        if self.paused_cron {
            return None;
        }
        let now_us = self.now.monotonic_us;
        if now_us >= self.background_due_us {
            // Work that waits for a key lock is going to run at its own, earlier time, and must find what was there then.
            let clock_ms = self.shard.now_ms();
            self.shard.rewind(self.locks.oldest_ms().unwrap_or(clock_ms));
            let start = (self.ticks)();
            if self.active_expire {
                self.expire_slice();
                self.shard.trail().forget();
            }
            self.count_some_clients();
            self.shard.set_now(clock_ms);
            self.shard.age_slice();
            self.after_piece(None);
            let more = self.shard.free_slice(FREE_SLICE);
            self.rests.free_some();
            let more = more || self.rests.has_garbage();
            self.stats().cron_ticks.add((self.ticks)().wrapping_sub(start));
            self.background_due_us = now_us + if more { FREE_EVERY_US } else { EXPIRE_EVERY_US };
        }
        // Asked anew in each turn: a command may have set a nearer expiry, or deleted much.
        if self.shard.has_garbage() || self.rests.has_garbage() {
            return Some(self.background_due_us);
        }
        let expiry_ms = if self.active_expire { self.shard.expire_due_ms() } else { None };
        let due_ms = [expiry_ms, self.shard.age_due_ms()].into_iter().flatten().min()?;
        let wait_ms = due_ms.saturating_sub(self.shard.now_ms());
        Some(now_us.saturating_add(wait_ms.saturating_mul(1000)).max(self.background_due_us))
    }

    /// Removes expired keys for a while.
    fn expire_slice(&mut self) {
        let start = (self.ticks)();
        self.shard.expire_slice(EXPIRE_SLICE_US);
        let ticks = (self.ticks)().wrapping_sub(start);
        self.stats().expire_ticks.add(ticks);
        if ticks >= self.watch.latency_ticks {
            let ms = self.shared.process.ticks_to_ns(ticks) / 1_000_000;
            if ms >= self.hot.latency_threshold_ms {
                self.sample_latency("expire-cycle", ms);
            }
        }
    }
}
