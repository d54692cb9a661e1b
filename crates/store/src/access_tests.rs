//! What is told of accesses against what happened.

use std::collections::HashMap;

use base::{KeyHasher, Rng};

use crate::{AccessPolicy, Expiry, Shard, ShardOptions, StringValue};

const START_MS: u64 = 1_700_000_000_000;

fn shard() -> Shard {
    let hasher = KeyHasher::new((1, 2));
    let mut shard = Shard::new(ShardOptions { shard: 0, shards: 1, databases: 16, hasher, seed: 7 });
    shard.set_now(START_MS);
    shard
}

fn set(shard: &mut Shard, name: &[u8]) {
    let key = shard.key(name);
    shard.db(0).set(key, StringValue::Text(b"v"), Expiry::Clear);
}

fn idle_s(shard: &mut Shard, name: &[u8]) -> u64 {
    let (key, access) = (shard.key(name), shard.access());
    shard.db(0).examine(key).expect("a key").idle_s(&access)
}

fn frequency(shard: &mut Shard, name: &[u8]) -> u8 {
    let (key, access) = (shard.key(name), shard.access());
    shard.db(0).examine(key).expect("a key").frequency(&access)
}

/// Lets time pass as a core would, which takes slices when they are due.
fn pass(shard: &mut Shard, seconds: u64) {
    let end_ms = shard.now_ms() + seconds * 1000;
    while let Some(due_ms) = shard.age_due_ms().filter(|&due_ms| due_ms <= end_ms) {
        shard.set_now(due_ms);
        shard.age_slice();
    }
    shard.set_now(end_ms);
}

#[test]
fn only_what_uses_a_key_is_an_access() {
    let mut shard = shard();
    set(&mut shard, b"k");
    pass(&mut shard, 100);
    assert_eq!(idle_s(&mut shard, b"k"), 100);
    let key = shard.key(b"k");
    assert!(shard.db(0).exists(key) && shard.db(0).inspect(key).is_some());
    shard.pause_touches(true);
    assert!(shard.db(0).read(key).is_some() && shard.db(0).occupied(key).is_some());
    shard.pause_touches(false);
    assert_eq!(idle_s(&mut shard, b"k"), 100);
    assert!(shard.db(0).read(key).is_some());
    assert_eq!(idle_s(&mut shard, b"k"), 0);
    pass(&mut shard, 7);
    assert!(shard.db(0).occupied(key).is_some());
    assert_eq!(idle_s(&mut shard, b"k"), 0);
    // What is written to a key is a use of it, whether the record is moved or not.
    pass(&mut shard, 5);
    assert_eq!(shard.db(0).append(key, &[b'x'; 100]), Ok(101));
    assert_eq!(idle_s(&mut shard, b"k"), 0);
    shard.db(0).occupied(key).expect("a key").set_idle_s(1000);
    assert_eq!(idle_s(&mut shard, b"k"), 1000);
    shard.db(0).expire_at(key, Some(START_MS * 2));
    assert_eq!(idle_s(&mut shard, b"k"), 0);
}

#[test]
fn idle_times_are_exact_for_hours_and_nearly_for_months() {
    let mut shard = shard();
    let mut rng = Rng::new(5);
    let mut used: HashMap<Vec<u8>, u64> = HashMap::new();
    for i in 0..300 {
        let name = format!("key:{i}").into_bytes();
        set(&mut shard, &name);
        used.insert(name, shard.now_ms());
    }
    for _ in 0..3000 {
        let scale = rng.below(19);
        pass(&mut shard, 1 + rng.below(1 << scale));
        let name = format!("key:{}", rng.below(200)).into_bytes();
        let key = shard.key(&name);
        assert!(shard.db(0).read(key).is_some());
        used.insert(name, shard.now_ms());
        let now_ms = shard.now_ms();
        for (name, at_ms) in &used {
            let (told, true_s) = (idle_s(&mut shard, name), (now_ms - at_ms) / 1000);
            let slack = if true_s < 16_384 { 0 } else { 512 };
            assert!(
                told.abs_diff(true_s) <= slack || (true_s > 15_000_000 && told > 15_000_000),
                "{true_s} s: {told} s"
            );
        }
    }
}

#[test]
fn a_walk_that_does_not_come_stops_the_clock_and_no_key_looks_younger_than_another() {
    let mut shard = shard();
    set(&mut shard, b"old");
    pass(&mut shard, 10);
    set(&mut shard, b"new");
    for _ in 0..50 {
        shard.set_now(shard.now_ms() + 3_600_000);
        assert_eq!(idle_s(&mut shard, b"old"), idle_s(&mut shard, b"new") + 10);
        assert!(idle_s(&mut shard, b"old") <= 6010);
    }
    // It goes on from there.
    pass(&mut shard, 100);
    assert!((6000..=6200).contains(&idle_s(&mut shard, b"old")));
    pass(&mut shard, 100_000);
    assert!((105_000..=107_000).contains(&idle_s(&mut shard, b"old")));
}

#[test]
fn counters_grow_with_the_logarithm_of_uses_and_decay_by_the_minute() {
    let mut shard = shard();
    shard.set_access_policy(AccessPolicy { counted: true, ..AccessPolicy::default() });
    let names: Vec<Vec<u8>> = (0..32).map(|i| format!("key:{i}").into_bytes()).collect();
    for name in &names {
        set(&mut shard, name);
        assert_eq!(frequency(&mut shard, name), 5);
    }
    // Redis's table for a factor of 10: 10 after a hundred hits, 18 after a thousand, 142 after a hundred thousand.
    for (uses, least, most) in [(100, 9, 11), (900, 17, 20), (99_000, 138, 150)] {
        let mut sum = 0;
        for name in &names {
            let key = shard.key(name);
            for _ in 0..uses {
                assert!(shard.db(0).read(key).is_some());
            }
            sum += u64::from(frequency(&mut shard, name));
        }
        let mean = sum / names.len() as u64;
        assert!((least..=most).contains(&mean), "{mean} after {uses}");
    }
    set(&mut shard, b"k");
    let key = shard.key(b"k");
    shard.db(0).occupied(key).expect("a key").set_frequency(100);
    let before = frequency(&mut shard, b"k");
    pass(&mut shard, 600);
    assert_eq!(frequency(&mut shard, b"k"), before - 10);
    // A counter that nobody looks at for days does not come back.
    for _ in 0..10 {
        pass(&mut shard, 100_000);
        assert_eq!(frequency(&mut shard, b"k"), 0);
    }
    shard.set_access_policy(AccessPolicy { counted: true, log_factor: 0, decay_minutes: 0 });
    shard.db(0).occupied(key).expect("a key").set_frequency(200);
    for _ in 0..100 {
        assert!(shard.db(0).read(key).is_some());
    }
    pass(&mut shard, 1_000_000);
    assert_eq!(frequency(&mut shard, b"k"), 255);
}
