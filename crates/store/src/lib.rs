//! stub
#![allow(missing_docs)]
use base::hash::KeyHasher;
#[derive(Clone, Copy)]
pub struct Key<'a> {
    pub bytes: &'a [u8],
    pub slot: u16,
    pub hash: u64,
}
#[derive(Debug)]
pub struct OwnedValue;
pub struct ShardOptions {
    pub shard: u16,
    pub shards: u16,
    pub databases: usize,
    pub hasher: KeyHasher,
    pub seed: u64,
}
#[derive(Default)]
pub struct Stats {
    pub keyspace_hits: u64,
    pub keyspace_misses: u64,
    pub expired_keys: u64,
    pub dirty: u64,
}
#[derive(Default)]
pub struct Info {
    pub keys: usize,
    pub expires: usize,
    pub avg_ttl_ms: u64,
}
pub struct Shard {
    o: ShardOptions,
    now: u64,
    s: Stats,
}
impl Shard {
    pub fn new(o: ShardOptions) -> Self {
        Shard { o, now: 0, s: Stats::default() }
    }
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        Key { bytes, slot: base::slot::key_slot(bytes), hash: self.o.hasher.hash(bytes) }
    }
    pub fn now_ms(&self) -> u64 {
        self.now
    }
    pub fn set_now(&mut self, n: u64) {
        self.now = self.now.max(n)
    }
    pub fn prefetch(&self, _: usize, _: u16, _: u64) {}
    pub fn prefetch_record(&self, _: usize, _: u16, _: u64) {}
    pub fn expire_slice(&mut self) -> Option<u64> {
        None
    }
    pub fn free_slice(&mut self, _: usize) -> bool {
        false
    }
    pub fn stats(&self) -> &Stats {
        &self.s
    }
    pub fn used_bytes(&self) -> usize {
        0
    }
    pub fn databases_used(&self) -> usize {
        1
    }
    pub fn db_info(&self, _: usize) -> Info {
        Info::default()
    }
}
