//! Cores that wait for commit points, and who wakes them.

use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::commit::Commits;
use super::{Logs, NEVER, WakeFn, lock};

impl Logs {
    /// A core says what it waits for: that the commit point of some shard is at a position, or those of all shards are at theirs. It has
    /// to look at them once more afterwards.
    pub fn wait_for_commits(&self, core: usize, one: impl Fn(usize) -> Option<u64>, all: Option<&[u64]>) {
        let Some(log) = self.shards.get(core) else { return };
        let set = |need: &AtomicU64, wanted| {
            if need.load(Ordering::Relaxed) != wanted {
                need.store(wanted, Ordering::SeqCst);
            }
        };
        for (shard, (of_one, of_all)) in log.needs.iter().enumerate() {
            set(of_one, one(shard).unwrap_or(NEVER));
            set(of_all, all.map_or(NEVER, |needs| needs.get(shard).copied().unwrap_or(0)));
        }
    }

    /// Commit points have moved: whether what this core waits for has come.
    fn is_waited_for(&self, core: usize) -> bool {
        let Some(log) = self.shards.get(core) else { return false };
        let come = |shard, need: &AtomicU64| self.committed(shard) >= need.load(Ordering::SeqCst);
        let needs = || log.needs.iter().enumerate();
        needs().any(|(shard, (one, _))| come(shard, one)) || needs().all(|(shard, (_, all))| come(shard, all))
    }

    /// What wakes cores.
    pub(in crate::log) fn set_wake(&self, wake: WakeFn) {
        let _ = self.wake.set(wake);
    }

    pub(super) fn wake(&self, core: usize) {
        if let Some(wake) = self.wake.get() {
            wake(core);
        }
    }

    /// Wakes the cores that wait for commit points, but this one.
    pub(in crate::log) fn wake_waiting(&self, except: Option<usize>) {
        let waiting = (0..self.shards()).filter(|&core| Some(core) != except && self.is_waited_for(core));
        waiting.for_each(|core| self.wake(core));
    }

    pub(in crate::log) fn commits(&self) -> MutexGuard<'_, Commits> {
        lock(&self.commits)
    }

    /// Moves the commit points as far as they go. Returns whether any has moved.
    pub(in crate::log) fn advance(&self) -> bool {
        let mut moved = false;
        lock(&self.commits).advance(|shard, position| {
            self.set_committed(shard, position);
            moved = true;
        });
        moved
    }
}
