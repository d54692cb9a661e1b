//! The limit of memory: at `maxmemory`, commands that may use more are refused.
//!
//! What is used is the sum of what the shards account for, which is exact at any moment, and what the process needs
//! besides, which the control plane looks at now and then.

use std::sync::atomic::Ordering::Relaxed;

use bus::Wake;
use commands::meta::Flag;

use crate::core::Core;
use crate::route::Call;
use crate::shared::Shared;

/// A core below the limit looks at what is used this often: a shard can't grow by much meanwhile.
const LOOK_EVERY_US: u64 = 1000;

/// What a core knows of the limit.
#[derive(Default)]
pub(crate) struct MemoryWatch {
    /// As much as `maxmemory` allows is used.
    full: bool,
    look_due_us: u64,
}

impl MemoryWatch {
    /// As much as `maxmemory` allows is used.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }
}

impl Shared {
    /// Bytes that the shards account for.
    fn shards_bytes(&self) -> u64 {
        self.stats.iter().map(|stats| stats.used_bytes.get()).sum()
    }

    /// Bytes in use, by the last look at the process.
    pub(crate) fn used_bytes(&self) -> u64 {
        self.shards_bytes().saturating_add(self.other_bytes.load(Relaxed))
    }

    /// Looks at what the process uses besides the shards' data; called several times a second by the control plane.
    pub fn sample_memory(&self) {
        let other = self.process.memory().used_bytes.saturating_sub(self.shards_bytes());
        self.other_bytes.store(other, Relaxed);
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Looks whether the limit of memory is reached, not more often than is worth it.
    #[inline]
    pub(crate) fn watch_memory(&mut self) {
        let watch = &self.memory;
        let idle = self.hot.max_memory_bytes == 0 || self.now.monotonic_us < watch.look_due_us;
        if idle && !watch.full {
            return;
        }
        self.look_at_memory();
    }

    #[cold]
    pub(crate) fn look_at_memory(&mut self) {
        let max_bytes = self.hot.max_memory_bytes;
        let full = max_bytes != 0 && self.shared.used_bytes() > max_bytes;
        self.memory.look_due_us = self.now.monotonic_us + LOOK_EVERY_US;
        if full != self.memory.full {
            self.memory.full = full;
            self.refresh_hot_specs();
        }
    }

    /// Whether a command must not be carried out, since it may use memory and there is none.
    #[inline]
    pub(crate) fn lacks_memory(&self, call: &Call) -> bool {
        let meta = self.table().spec(call.command).meta;
        self.memory.full
            && (meta.flags.contains(Flag::DenyOom) || meta.name == "exec" && self.queued_flags(call.id).1)
    }
}
