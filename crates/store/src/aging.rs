//! The walk over all keys that keeps the stamps of their accesses from wrapping around; see [`crate::access`].

use crate::Shard;
use crate::access::{AccessClock, AccessPolicy, WALK_EVERY_S};

/// Calls of the table's scan in a slice: some tens of microseconds.
const SLICE_SCANS: usize = 32;
/// Keys that a slice passes at least, where there are so many.
const SLICE_KEYS: u64 = 128;
/// How long a walk is meant to take, well below [`WALK_EVERY_S`].
const WALK_MS: u64 = 2_000_000;
/// The longest pause between two slices.
const PAUSE_MAX_MS: u64 = 1000;

/// Where the walk is.
#[derive(Default)]
pub(crate) struct Walk {
    /// The database and the cursor in it, while a walk is under way.
    at: Option<(usize, u64)>,
    /// When the next slice is due, in ms since 1970.
    next_ms: u64,
}

impl Walk {
    /// Databases change their places: the walk begins anew.
    pub(crate) fn restart(&mut self) {
        if self.at.is_some() {
            self.at = Some((0, 0));
        }
    }
}

impl Shard {
    /// From now on accesses are noted so. As in Redis, what was noted before keeps its bits: where the policy changes from
    /// times to counters or back, they mean something only when keys have been used again.
    pub fn set_access_policy(&mut self, policy: AccessPolicy) {
        self.books.access.set_policy(policy);
    }

    /// While paused, lookups leave no trace in what OBJECT IDLETIME and OBJECT FREQ tell.
    #[inline]
    pub fn pause_touches(&mut self, paused: bool) {
        self.books.access.pause(paused);
    }

    /// What gives the accesses of items their meaning.
    pub fn access(&self) -> AccessClock {
        self.books.access
    }

    /// Sets the clock of accesses.
    #[cold]
    pub(crate) fn advance_access(&mut self) {
        let has_keys = self.has_keys();
        self.books.access.advance(self.books.now_ms, has_keys);
    }

    fn has_keys(&self) -> bool {
        self.databases.iter().flatten().any(|database| !database.table.is_empty())
    }

    /// When [`Shard::age_slice`] wants to be called next, in ms since 1970; `None` while there are no keys. O(1) where
    /// there are, else O(number of databases used).
    pub fn age_due_ms(&self) -> Option<u64> {
        if !self.has_keys() {
            return None;
        }
        Some(match self.walk.at {
            Some(_) => self.walk.next_ms,
            None => {
                let access = &self.books.access;
                let wait_s = (access.walk_began_s + WALK_EVERY_S).saturating_sub(access.now_s());
                self.books.now_ms.saturating_add(wait_s * 1000)
            }
        })
    }

    /// Walks on a little, some tens of microseconds at most. Call it when [`Shard::age_due_ms`] says so; much later, and
    /// the clock of accesses stands still.
    pub fn age_slice(&mut self) {
        if self.age_due_ms().is_none_or(|due_ms| due_ms > self.books.now_ms) {
            return;
        }
        let access = &mut self.books.access;
        let (mut index, mut cursor) = self.walk.at.unwrap_or_else(|| {
            access.walk_began_s = access.now_s();
            (0, 0)
        });
        let mut scans = 0;
        while scans < SLICE_SCANS && index < self.databases.len() {
            let Some(database) = &self.databases[index] else {
                index += 1;
                continue;
            };
            cursor = database.table.scan(cursor, |record, _| {
                let stamp = record.view().stamp();
                let renewed = access.renewed(stamp);
                if renewed != stamp {
                    record.view().set_stamp(renewed);
                }
            });
            scans += 1;
            index += usize::from(cursor == 0);
        }
        let done = index >= self.databases.len();
        self.walk.at = (!done).then_some((index, cursor));
        let keys: usize = self.databases.iter().flatten().map(|database| database.table.len()).sum();
        let slices = keys as u64 / SLICE_KEYS + 1;
        self.walk.next_ms = self.books.now_ms + (WALK_MS / slices).clamp(1, PAUSE_MAX_MS);
    }
}
