//! What a shard-side handler sees: the shard, the selected database, and the key that routing hashed already.

use store::{Class, Db, Key, Limits, Shard};

/// Keys of one command whose lookups overlap.
const KEY_WINDOW: usize = 16;

/// The context of one call of a handler.
pub struct ShardCtx<'a> {
    /// The shard that executes the command. Its clock stands at the time of the command (invariant T1).
    pub shard: &'a mut Shard,
    /// The selected database.
    pub db: usize,
    /// Slot of the first key, as routing found it.
    pub slot: u16,
    /// Hash of the first key, as routing found it.
    pub hash: u64,
}

impl<'a> ShardCtx<'a> {
    /// The handle on the selected database.
    #[inline]
    pub fn database(&mut self) -> Db<'_> {
        self.shard.db(self.db)
    }

    /// Runs what counts as one change, whatever it does.
    pub fn as_one_change<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.shard.changes();
        let result = run(self);
        self.shard.count_as_one_change(before);
        result
    }

    /// The key that the command was routed by; `bytes` must be that very argument.
    #[inline]
    pub fn routed_key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        Key { bytes, slot: self.slot, hash: self.hash }
    }

    /// Any other key: slot and hash are computed here.
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        self.shard.key(bytes)
    }

    /// Passes keys to `act` one after the other, in windows whose cache misses overlap.
    #[inline]
    pub fn for_keys<'k>(
        &mut self,
        mut names: impl Iterator<Item = &'k [u8]>,
        mut act: impl FnMut(&mut Db<'_>, Key<'k>),
    ) {
        let mut window = [Key { bytes: &[], slot: 0, hash: 0 }; KEY_WINDOW];
        loop {
            let mut count = 0;
            for (place, name) in window.iter_mut().zip(&mut names) {
                *place = self.shard.key(name);
                self.shard.prefetch(self.db, place.slot, place.hash);
                count += 1;
            }
            let keys = window.get(..count).unwrap_or_default();
            if keys.is_empty() {
                return;
            }
            for key in keys {
                self.shard.prefetch_record(self.db, key.slot, key.hash);
            }
            let mut db = self.shard.db(self.db);
            for &key in keys {
                act(&mut db, key);
            }
        }
    }

    /// Tells whoever wants to know that a key was changed; for keyspace notifications. Every handler that changes a key says so
    /// here, with Redis's name for it, after the change. Free while nobody listens.
    #[inline]
    pub fn event(&mut self, class: Class, name: &'static str, key: &[u8]) {
        self.shard.event(class, name, self.db, key);
    }

    /// Leaves a command with the effect of this call, to be logged in its place: for calls that would not have the same effect
    /// if they were made again, and for cheap changes of one of several keys. All that a call changed must be left so, or
    /// nothing. Free while nothing is logged.
    #[inline]
    pub fn effect(&mut self, words: &[&[u8]]) {
        if self.shard.has_trail() {
            self.shard.leave_effect(self.db, words);
        }
    }

    /// The configured limits of values.
    #[inline]
    pub fn limits(&self) -> Limits {
        self.shard.limits()
    }

    /// The clock of the command, in milliseconds since 1970 (invariant T1).
    #[inline]
    pub fn now_ms(&self) -> u64 {
        self.shard.now_ms()
    }
}
