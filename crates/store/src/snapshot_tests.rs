//! A snapshot has exactly what the shard held at the cut, whatever happens meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base::{KeyHasher, Rng};

use crate::{Expiry, Item, Shard, ShardOptions, Sink, Sinks, SliceEnd, StringValue};

type Content = BTreeMap<(usize, Vec<u8>), (Vec<u8>, Option<u64>)>;

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Content>>);

impl Sink for Seen {
    fn item(&mut self, db: usize, item: Item<'_>) {
        let mut scratch = Vec::new();
        let value = item.value().text(&mut scratch).to_vec();
        let before =
            self.0.lock().expect("unpoisoned").insert((db, item.key().to_vec()), (value, item.expiry_ms()));
        assert!(before.is_none(), "{} came twice", item.key().escape_ascii());
    }

    fn finish(&mut self) {}
}

impl Sinks for Seen {
    fn begin(&mut self, _: &Shard, _: u64) -> Option<Box<dyn Sink>> {
        self.0.lock().expect("unpoisoned").clear();
        Some(Box::new(self.clone()))
    }
}

fn content(shard: &mut Shard) -> Content {
    let mut content = Content::new();
    for db in 0..shard.databases_used() {
        shard.db(db).for_each(|item| {
            let mut scratch = Vec::new();
            let value = item.value().text(&mut scratch).to_vec();
            content.insert((db, item.key().to_vec()), (value, item.expiry_ms()));
        });
    }
    content
}

/// One random change.
fn change(shard: &mut Shard, rng: &mut Rng, keys: u64) {
    let (db, name) = (rng.below(3) as usize, format!("key:{}", rng.below(keys)).into_bytes());
    let key = shard.key(&name);
    match rng.below(200) {
        0 => _ = shard.flush(db),
        1 => shard.swap(db, 0),
        2..20 => _ = shard.db(db).remove(key),
        20..30 => _ = shard.db(db).read(key),
        30..40 => {
            let now_ms = shard.now_ms();
            shard.db(db).set(key, StringValue::Bytes(b"short-lived"), Expiry::At(now_ms + rng.below(20)));
        }
        40..60 => _ = shard.db(db).append(key, b"x"),
        60..62 => {
            let now_ms = shard.now_ms();
            shard.set_now(now_ms + rng.below(5));
            shard.expire_slice(100);
        }
        62..64 => _ = shard.free_slice(100),
        _ => {
            let value = rng.next_u64().to_string();
            shard.db(db).set(key, StringValue::Text(value.as_bytes()), Expiry::Clear);
        }
    }
}

#[test]
fn a_snapshot_is_what_there_was() {
    for seed in 0..40 {
        let mut rng = Rng::new(seed);
        let options =
            ShardOptions { shard: 0, shards: 1, databases: 3, hasher: KeyHasher::new((seed, 1)), seed };
        let (mut shard, seen) = (Shard::new(options), Seen::default());
        shard.set_now(1_000_000);
        shard.set_sinks(Box::new(seen.clone()));
        let keys = if seed % 2 == 0 { 500 } else { 20_000 };
        for _ in 0..3 {
            (0..rng.below(2 * keys)).for_each(|_| change(&mut shard, &mut rng, keys));
            // Nothing is expired and still there: what is due may go to a snapshot or not.
            let now_ms = shard.now_ms() + 1000;
            shard.set_now(now_ms);
            while shard.expire_due_ms().is_some_and(|due| due <= now_ms) {
                shard.expire_slice(1_000_000);
            }
            let expected = content(&mut shard);
            assert!(shard.begin_snapshot(1));
            assert!(!shard.begin_snapshot(1));
            while shard.snapshot_slice() == SliceEnd::More {
                (0..rng.below(30)).for_each(|_| change(&mut shard, &mut rng, keys));
            }
            assert!(*seen.0.lock().expect("unpoisoned") == expected, "seed {seed}");
        }
        shard.flush_all();
        while shard.free_slice(1000) {}
        assert_eq!(shard.used_bytes(), 0);
    }
}
