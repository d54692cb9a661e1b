//! The keyspace table against `hashbrown`: lookups one by one and in prefetched batches, inserts, removals.
//!
//! `cargo bench -p bench-micro --bench table`, with `ANAX_BENCH_KEYS=1000000,20000000` for the sizes. Without it, and
//! as a test, the sizes are small.

#[path = "support/record.rs"]
mod record;

use std::cell::RefCell;
use std::collections::HashMap as StdMap;

use base::key_slot;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use ds::{Entry, KeyHash, Table};
use record::{Hash, Item, VALUE_BYTES, empty, hasher, write_key};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Commands of one window of the data plane.
const BATCH: usize = 32;

/// Lookups prepared in advance, so that making up keys is not measured.
const LOOKUPS: u64 = 1 << 20;

type Brown = hashbrown::HashMap<Box<[u8]>, Box<[u8]>, foldhash::quality::FixedState>;

fn main() {
    divan::main();
}

fn sizes() -> Vec<u64> {
    let text = std::env::var("ANAX_BENCH_KEYS").unwrap_or_default();
    let sizes: Vec<u64> = text.split(',').filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() { vec![1000] } else { sizes }
}

/// Random keys out of `n`, with slot and hash.
struct Lookups {
    text: Vec<u8>,
    keys: Vec<(u32, u32, u16, u64)>,
    next: usize,
}

impl Lookups {
    fn new(n: u64) -> Lookups {
        let (mut text, mut keys, mut buffer) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..LOOKUPS.min(n) {
            write_key(mix(i) % n, &mut buffer);
            keys.push((text.len() as u32, buffer.len() as u32, key_slot(&buffer), hasher().hash(&buffer)));
            text.extend_from_slice(&buffer);
        }
        Lookups { text, keys, next: 0 }
    }

    /// The next batch: slot, hash and key of each.
    fn batch(&mut self) -> impl Iterator<Item = (u16, u64, &[u8])> + Clone {
        if self.next + BATCH > self.keys.len() {
            self.next = 0;
        }
        let batch = &self.keys[self.next..self.next + BATCH];
        self.next += BATCH;
        let text = &self.text;
        batch.iter().map(move |&(at, len, slot, hash)| (slot, hash, &text[at as usize..][..len as usize]))
    }
}

/// A number mixed well (splitmix64), for random access and random order.
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ n >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ n >> 31
}

/// Adds key number `n`, which is absent.
fn insert(table: &mut Table<Item, Hash>, hasher: Hash, n: u64, buffer: &mut Vec<u8>) {
    write_key(n, buffer);
    if let Entry::Vacant(vacant) = table.entry(key_slot(buffer), hasher.hash(buffer), buffer) {
        vacant.insert(Item::new(buffer), false);
    }
}

/// Runs `f` with a table of `n` keys, which is built once for all benches.
fn with_table(n: u64, f: impl FnOnce(&Table<Item, Hash>)) {
    thread_local!(static TABLES: RefCell<StdMap<u64, Table<Item, Hash>>> = RefCell::default());
    TABLES.with_borrow_mut(|tables| f(tables.entry(n).or_insert_with(|| full(n))));
}

fn full(n: u64) -> Table<Item, Hash> {
    let (mut table, hasher, mut buffer) = (empty(), hasher(), Vec::new());
    (0..n).for_each(|n| insert(&mut table, hasher, n, &mut buffer));
    table
}

/// As [`with_table`], for `hashbrown`.
fn with_brown(n: u64, f: impl FnOnce(&Brown)) {
    thread_local!(static MAPS: RefCell<StdMap<u64, Brown>> = RefCell::default());
    MAPS.with_borrow_mut(|maps| f(maps.entry(n).or_insert_with(|| full_brown(n))));
}

fn full_brown(n: u64) -> Brown {
    let (mut map, mut buffer) = (Brown::default(), Vec::new());
    for n in 0..n {
        write_key(n, &mut buffer);
        map.insert(buffer.as_slice().into(), [b'v'; VALUE_BYTES].as_slice().into());
    }
    map
}

#[divan::bench(args = sizes(), sample_count = 50, sample_size = 1000)]
fn get_one_by_one(bencher: Bencher, n: u64) {
    let mut lookups = Lookups::new(n);
    with_table(n, |table| {
        bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
            for (slot, hash, key) in lookups.batch() {
                black_box(table.get(slot, hash, key).map(|item| item.value_byte()));
            }
        });
    });
}

#[divan::bench(args = sizes(), sample_count = 50, sample_size = 1000)]
fn get_batch_prefetched(bencher: Bencher, n: u64) {
    let mut lookups = Lookups::new(n);
    with_table(n, |table| {
        bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
            let batch = lookups.batch();
            batch.clone().for_each(|(slot, hash, _)| table.prefetch(slot, hash));
            batch.clone().for_each(|(slot, hash, _)| table.prefetch_record(slot, hash));
            for (slot, hash, key) in batch {
                black_box(table.get(slot, hash, key).map(|item| item.value_byte()));
            }
        });
    });
}

#[divan::bench(args = sizes(), sample_count = 50, sample_size = 1000)]
fn get_hashbrown(bencher: Bencher, n: u64) {
    let mut lookups = Lookups::new(n);
    with_brown(n, |map| {
        bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
            for (_, _, key) in lookups.batch() {
                black_box(map.get(key).map(|value| value[0]));
            }
        });
    });
}

#[divan::bench(args = sizes(), sample_count = 3, sample_size = 1)]
fn insert_all(bencher: Bencher, n: u64) {
    bencher.counter(ItemsCount::new(n)).bench_local(|| full(n));
}

#[divan::bench(args = sizes(), sample_count = 3, sample_size = 1)]
fn insert_all_hashbrown(bencher: Bencher, n: u64) {
    bencher.counter(ItemsCount::new(n)).bench_local(|| full_brown(n));
}

#[divan::bench(args = sizes(), sample_count = 3, sample_size = 1)]
fn remove_all(bencher: Bencher, n: u64) {
    let hasher = hasher();
    bencher.counter(ItemsCount::new(n)).with_inputs(|| full(n)).bench_local_values(|mut table| {
        let mut buffer = Vec::new();
        for n in 0..n {
            write_key(n, &mut buffer);
            black_box(table.remove(key_slot(&buffer), hasher.hash(&buffer), &buffer));
        }
        table
    });
}

#[divan::bench(args = sizes(), sample_count = 50, sample_size = 1000)]
fn sample(bencher: Bencher, n: u64) {
    let mut state = 0;
    let mut random = || {
        state += 1;
        mix(state)
    };
    with_table(n, |table| bencher.bench_local(|| table.sample(&mut random).map(|item| item.value_byte())));
}

#[divan::bench(args = sizes(), sample_count = 3, sample_size = 1)]
fn scan_all(bencher: Bencher, n: u64) {
    with_table(n, |table| {
        bencher.counter(ItemsCount::new(n)).bench_local(|| {
            let (mut cursor, mut visited) = (0, 0u64);
            loop {
                cursor = table.scan(cursor, |_, _| visited += 1);
                if cursor == 0 {
                    return visited;
                }
            }
        });
    });
}
