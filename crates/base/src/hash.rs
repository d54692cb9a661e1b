//! The hash of a key for the keyspace table. Measured choice: `docs/decisions/0003-key-hash.md`.

use std::hash::Hasher;

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;

/// A keyed hash of byte strings, seeded once per process. All shards share one seed, so a hash computed on one core holds
/// on another. High and low bits are both good: the table takes the position from the high bits and the tag from
/// the low eight.
#[derive(Clone, Copy, Debug)]
pub struct KeyHasher {
    seed: u64,
}

impl KeyHasher {
    /// A hasher for this seed pair. The seed must be unknown to clients, or they can choose keys that collide.
    pub fn new(seed: (u64, u64)) -> Self {
        // The shared seed has 'static lifetime in the library; the per-process secret is the per-hasher seed, mixed
        // from both words.
        let mixed = seed.0 ^ seed.1.rotate_left(32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self { seed: mixed }
    }

    /// The hash of `key`.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.seed, SharedSeed::global_fixed());
        hasher.write(key);
        hasher.finish()
    }
}
