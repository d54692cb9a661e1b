//! The hash of a key for the keyspace table. Measured choice: `docs/decisions/0003-key-hash.md`.

use std::hash::Hasher;

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;

/// A keyed hash of byte strings. High and low bits are both good: the table takes the position from the high bits and the
/// tag from the low eight.
///
/// All shards of a process share one, so that a hash computed on one core holds on another.
#[derive(Clone, Copy, Debug)]
pub struct KeyHasher {
    seed: u64,
    shared: &'static SharedSeed,
}

impl KeyHasher {
    /// A hasher for this seed pair, which must come from the system's randomness: a client that knows it can choose keys that
    /// all collide.
    ///
    /// Call it once per process (or simulated run): 48 bytes are never freed, so that the hasher can be copied
    /// everywhere.
    pub fn new(seed: (u64, u64)) -> Self {
        // Both seeds matter: with the library's fixed shared seed, keys can be chosen that collide for every first seed.
        Self { seed: seed.0, shared: Box::leak(Box::new(SharedSeed::from_u64(seed.1))) }
    }

    /// The hash of `key`.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.seed, self.shared);
        hasher.write(key);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far the counts are from an even spread, in standard deviations of chi-square.
    fn unevenness(counts: &[u32]) -> f64 {
        let (total, buckets) = (f64::from(counts.iter().sum::<u32>()), counts.len() as f64);
        let expect = total / buckets;
        let chi: f64 = counts.iter().map(|&count| (f64::from(count) - expect).powi(2) / expect).sum();
        (chi - (buckets - 1.0)) / (2.0 * (buckets - 1.0)).sqrt()
    }

    #[test]
    fn high_and_low_bits_are_even() {
        let hasher = KeyHasher::new((0x1234_5678_9abc_def0, 42));
        let (mut high, mut low, mut both) = (vec![0; 4096], vec![0; 256], vec![0; 1 << 16]);
        for i in 0..400_000 {
            let hash = hasher.hash(format!("key:{i}").as_bytes());
            high[(hash >> 52) as usize] += 1;
            low[(hash & 0xff) as usize] += 1;
            both[(hash >> 48 & 0xff00 | hash & 0xff) as usize] += 1;
        }
        for counts in [high, low, both] {
            assert!(unevenness(&counts).abs() < 5.0, "{}", unevenness(&counts));
        }
    }

    #[test]
    fn the_seeds_decide() {
        let hash = |seed, key: &[u8]| KeyHasher::new(seed).hash(key);
        for key in [&b""[..], b"a", b"ab", b"abcd", b"12345678", b"0123456789abcdef", b"0123456789abcdef0"] {
            assert_eq!(hash((1, 2), key), hash((1, 2), key));
            assert_ne!(hash((1, 2), key), hash((3, 2), key));
            if !key.is_empty() {
                assert_ne!(hash((1, 2), key), hash((1, 3), key));
            }
        }
        assert_ne!(hash((1, 2), b"a"), hash((1, 2), b"a\0"));
    }
}
