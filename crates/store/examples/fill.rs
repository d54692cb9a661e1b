//! Memory per key and time per operation of a shard under jemalloc.
//!
//! `cargo run --profile quick -p store --example fill [keys] [value bytes]`; by default 5,000,000 keys `key:N` with
//! 32-byte values. Operations run in batches of 32 as the loop of a core runs them: all buckets are prefetched, then
//! all records, then the commands are executed. With `MALLOC_CONF=dirty_decay_ms:0` in the environment the memory is
//! that which remains when jemalloc has given back what outgrown tables left behind, as it does within ten seconds.

use base::{KeyHasher, Rng};
use store::{Expiry, Key, Shard, ShardOptions, StringValue};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Commands of a window.
const WINDOW: usize = 32;

/// Commands per measurement.
const OPERATIONS: usize = 2_000_000;

/// Time that this thread was on a processor, in nanoseconds: other programs disturb that least.
fn cpu_ns() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0.0)
}

fn rss_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0usize);
    kib * 1024
}

/// Runs `f` on random keys, a window at a time; returns nanoseconds per key.
fn measure(
    shard: &mut Shard,
    hasher: &KeyHasher,
    keys: u64,
    prefetch: bool,
    mut f: impl FnMut(&mut Shard, Key<'_>),
) -> f64 {
    let mut rng = Rng::new(1);
    // Names are made beforehand: a server finds them in its receive buffer.
    let names: Vec<String> = (0..OPERATIONS).map(|_| format!("key:{}", rng.below(keys))).collect();
    let start = cpu_ns();
    for window in names.chunks(WINDOW) {
        let mut batch = [Key { bytes: b"", slot: 0, hash: 0 }; WINDOW];
        for (key, name) in batch.iter_mut().zip(window) {
            *key = Key::new(hasher, name.as_bytes());
            if prefetch {
                shard.prefetch(0, key.slot, key.hash);
            }
        }
        if prefetch {
            batch.iter().for_each(|key| shard.prefetch_record(0, key.slot, key.hash));
        }
        batch[..window.len()].iter().for_each(|&key| f(shard, key));
    }
    (cpu_ns() - start) / OPERATIONS as f64
}

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let (keys, value_bytes) = (args.next().unwrap_or(5_000_000).max(1), args.next().unwrap_or(32) as usize);
    let hasher = KeyHasher::new((1, 2));
    let mut shard = Shard::new(ShardOptions { shard: 0, shards: 1, databases: 16, hasher, seed: 0 });
    shard.set_now(1_000_000);
    let (value, other) = (vec![b'x'; value_bytes], vec![b'y'; value_bytes]);

    let before = rss_bytes();
    let start = cpu_ns();
    let mut name = Vec::new();
    for i in 0..keys {
        name.clear();
        name.extend_from_slice(b"key:");
        base::num::write_u64(&mut name, i);
        let key = Key::new(&hasher, &name);
        shard.db(0).set(key, StringValue::Text(&value), Expiry::Clear);
    }
    let fill_ns = (cpu_ns() - start) / keys as f64;
    let rss = rss_bytes() - before;
    println!("{keys} keys, {value_bytes}-byte values");
    println!("RSS per key        {:8.2} B", rss as f64 / keys as f64);
    println!("accounted per key  {:8.2} B", shard.used_bytes() as f64 / keys as f64);
    println!("fill               {fill_ns:8.1} ns");

    for prefetch in [false, true] {
        let label = if prefetch { "batches of 32" } else { "one by one" };
        let mut found = 0;
        let get = measure(&mut shard, &hasher, keys, prefetch, |shard, key| {
            found += usize::from(shard.db(0).get(key).is_some());
        });
        assert_eq!(found, OPERATIONS);
        println!("get, {label:<14}{get:8.1} ns");
        let set = measure(&mut shard, &hasher, keys, prefetch, |shard, key| {
            shard.db(0).set(key, StringValue::Text(&other), Expiry::Clear);
        });
        println!("set, {label:<14}{set:8.1} ns");
    }
    let expire = measure(&mut shard, &hasher, keys, true, |shard, key| {
        shard.db(0).set(key, StringValue::Text(&other), Expiry::At(1_000_100));
    });
    println!("set with expiry     {expire:7.1} ns");
    shard.set_now(1_000_101);
    let (start, mut work) = (cpu_ns(), (0, 0, 0));
    while let Some(due_ms) = shard.expire_due_ms() {
        shard.set_now(due_ms.max(shard.now_ms() + 1));
        let progress = shard.expire_slice(250);
        work = (work.0 + progress.removed, work.1 + progress.looked_at, work.2 + progress.buckets);
    }
    let ns = cpu_ns() - start;
    println!(
        "expiry             {:8.1} ns a key ({} removed, {} looked at, {} buckets)",
        ns / work.0 as f64,
        work.0,
        work.1,
        work.2
    );
    let (start, left) = (cpu_ns(), shard.flush(0));
    while shard.free_slice(512) {}
    println!("freeing            {:8.1} ns a key", (cpu_ns() - start) / left.max(1) as f64);
}
