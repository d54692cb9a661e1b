//! The control law under workloads in virtual time.

use base::{KeyHasher, Rng};

use crate::{Expiry, Key, Shard, ShardOptions, StringValue};

/// Budget of a slice, as the loop of a core gives it.
const BUDGET_US: u64 = 250;

struct World {
    shard: Shard,
    hasher: KeyHasher,
    rng: Rng,
    now_ms: u64,
    looked_at: usize,
    buckets: usize,
    removed: usize,
    slices: usize,
    /// Expiry times of all keys ever set, to count what should be left.
    times: Vec<u64>,
}

impl World {
    fn new() -> Self {
        let hasher = KeyHasher::new((3, 4));
        let mut world = World {
            shard: Shard::new(ShardOptions { shard: 0, shards: 1, databases: 16, hasher, seed: 1 }),
            hasher,
            rng: Rng::new(9),
            now_ms: 1_000_000,
            looked_at: 0,
            buckets: 0,
            removed: 0,
            slices: 0,
            times: Vec::new(),
        };
        world.shard.set_now(world.now_ms);
        world
    }

    /// Sets a new key with a random time to live.
    fn set(&mut self, least_ms: u64, most_ms: u64) {
        let name = format!("key:{}", self.times.len());
        let at = self.now_ms + least_ms + self.rng.below(most_ms - least_ms + 1);
        self.times.push(at);
        let key = Key::new(&self.hasher, name.as_bytes());
        self.shard.db(0).set(key, StringValue::Text(b"value"), Expiry::At(at));
    }

    fn advance(&mut self, ms: u64) {
        self.now_ms += ms;
        self.shard.set_now(self.now_ms);
        // At most as many slices as a loop would do in that time.
        for _ in 0..ms {
            if self.shard.expire_due_ms().is_none_or(|due| due > self.now_ms) {
                break;
            }
            let progress = self.shard.expire_slice(BUDGET_US);
            self.slices += 1;
            self.looked_at += progress.looked_at;
            self.buckets += progress.buckets;
            self.removed += progress.removed;
        }
    }

    /// Expired keys that are present, and all that are, with an expiry.
    fn resident(&self) -> (usize, usize) {
        let live = self.times.iter().filter(|&&at| at >= self.now_ms).count();
        let present = self.shard.db_info(0).expires;
        assert!(present >= live);
        (present - live, present)
    }
}

#[test]
fn a_hundred_thousand_keys_of_ten_seconds() {
    let mut world = World::new();
    for _ in 0..100_000 {
        world.set(1_000, 10_000);
    }
    for step in 0..102 {
        world.advance(100);
        let (expired, present) = world.resident();
        // 5 % at any time; less than a thousand keys are no burden to anyone.
        assert!(expired * 20 <= present.max(1_000), "step {step}: {expired} expired of {present}");
    }
    assert_eq!((world.removed, world.resident()), (100_000, (0, 0)));
    assert!(world.looked_at < 35 * world.removed, "{} records looked at", world.looked_at);
    assert!(world.buckets < 20 * world.removed, "{} buckets", world.buckets);
}

#[test]
fn a_steady_flow_stays_clean() {
    let mut world = World::new();
    for turn in 0..3_000 {
        for _ in 0..50 {
            world.set(500, 3_000);
        }
        world.advance(10);
        if turn > 500 && turn % 20 == 0 {
            let (expired, present) = world.resident();
            assert!(expired * 20 < present, "turn {turn}: {expired} expired of {present}");
        }
    }
    assert!(world.looked_at < 40 * world.removed, "{} looks for {}", world.looked_at, world.removed);
}

#[test]
fn everything_at_once_goes_at_the_speed_limit() {
    let mut world = World::new();
    for _ in 0..100_000 {
        world.set(5_000, 5_000);
    }
    world.advance(5_000);
    assert_eq!(world.slices, 0, "nothing can have expired yet");
    let mut elapsed = 0;
    while world.removed < 100_000 {
        world.advance(1);
        elapsed += 1;
    }
    // 100,000 looks and removals take some 24 ms of work, at a quarter of the core.
    assert!((90..130).contains(&elapsed), "{elapsed} ms");
    assert!(world.shard.stats().expired_keys == 100_000);
}

#[test]
fn long_lives_cost_nothing_and_few_keys_go_soon() {
    let mut world = World::new();
    for _ in 0..20_000 {
        world.set(3_600_000, 7_200_000);
    }
    for _ in 0..600 {
        world.advance(1_000);
    }
    assert_eq!(world.slices, 0);
    // Three short lives among them: gone within a second.
    for _ in 0..3 {
        world.set(500, 500);
    }
    for _ in 0..150 {
        world.advance(10);
    }
    assert_eq!(world.removed, 3);
    let slices = world.slices;
    for _ in 0..300 {
        world.advance(1_000);
    }
    assert!(world.slices - slices < 100, "{} slices", world.slices - slices);
    assert!(world.shard.expire_due_ms().is_some_and(|due| due > world.now_ms + 1_000_000));
}

#[test]
fn without_expiries_there_is_no_deadline() {
    let mut world = World::new();
    let key = Key::new(&world.hasher, b"k");
    world.shard.db(0).set(key, StringValue::Text(b"v"), Expiry::Clear);
    assert_eq!(world.shard.expire_due_ms(), None);
    assert_eq!(world.shard.expire_slice(BUDGET_US).next_ms, None);
    world.shard.db(3).set(key, StringValue::Text(b"v"), Expiry::At(world.now_ms + 10));
    assert_eq!(world.shard.expire_due_ms(), Some(world.now_ms + 11));
    world.shard.swap(3, 5);
    world.advance(5);
    assert_eq!(world.shard.expire_due_ms(), Some(world.now_ms + 6));
    world.advance(6);
    assert_eq!((world.shard.db_info(5).keys, world.shard.expire_due_ms()), (0, None));
}
