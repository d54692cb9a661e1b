//! What a shard-side handler sees: the shard, the selected database, and the key that routing hashed already.

use store::{Db, Key, Shard};

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

    /// The key that the command was routed by; `bytes` must be that very argument.
    #[inline]
    pub fn routed_key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        Key { bytes, slot: self.slot, hash: self.hash }
    }

    /// Any other key: slot and hash are computed here.
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        self.shard.key(bytes)
    }

    /// The clock of the command, in milliseconds since 1970 (invariant T1).
    #[inline]
    pub fn now_ms(&self) -> u64 {
        self.shard.now_ms()
    }
}
