//! The keyspace table with its records does what a plain map does, whatever is asked of it in whatever order.
//!
//! Input: a byte that chooses the hash function, then operations of four bytes each: what to do, to which key (two bytes),
//! and with what.
//! Run: `cargo +nightly fuzz run table` in `crates/ds`.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use ds::record::{Payload, PayloadRef, Record};
use ds::{Entry, KeyHash, SweepCursor, Table};
use libfuzzer_sys::fuzz_target;

/// Keys that there can be: enough for segments to grow, split and merge.
const KEYS: u16 = 6000;
/// Slots that they lie in, by number. The first of them gets most.
const SLOTS: u16 = 3;
const FIRST_SLOT: u16 = 100;

/// Hash functions, good and bad.
#[derive(Clone, Copy)]
struct Hasher(u8);

impl KeyHash for Hasher {
    fn hash(&self, key: &[u8]) -> u64 {
        let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        let hash = key.iter().fold(0xcbf2_9ce4_8422_2325, fold);
        let good = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let good = (good ^ good >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        match self.0 % 6 {
            0 => good & 0xff_ffff,
            1 => good >> 30,
            2 => good & !0xff,
            _ => good,
        }
    }
}

/// What a record holds, naively.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Plain {
    Int(i64),
    Bytes(Vec<u8>),
    Packed(Vec<u8>),
    Boxed(u64),
}

impl Plain {
    /// Some content that depends on the key and a byte.
    fn new(key: u16, with: u8) -> Self {
        let bytes = vec![with; usize::from(key) * usize::from(with) % 700];
        match with % 5 {
            0 => Plain::Int(i64::from(key) << (with % 64)),
            1 => Plain::Boxed(u64::from(key)),
            2 => Plain::Packed(bytes),
            _ => Plain::Bytes(bytes),
        }
    }

    fn payload(&self) -> Payload<'_, u64> {
        match self {
            Plain::Int(int) => Payload::Int(*int),
            Plain::Bytes(bytes) => Payload::Bytes(bytes),
            Plain::Packed(bytes) => Payload::Packed(bytes),
            Plain::Boxed(value) => Payload::Boxed(Box::new(*value)),
        }
    }

    fn of(payload: PayloadRef<'_, u64>) -> Self {
        match payload {
            PayloadRef::Int(int) => Plain::Int(int),
            PayloadRef::Bytes(bytes) => Plain::Bytes(bytes.to_vec()),
            PayloadRef::Packed(bytes) => Plain::Packed(bytes.to_vec()),
            PayloadRef::Boxed(value) => Plain::Boxed(*value),
        }
    }
}

/// A record of the oracle.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    word: Option<u64>,
    plain: Plain,
    marked: bool,
}

/// The table and its oracle.
struct Both {
    table: Table<Record<u64>, Hasher>,
    hasher: Hasher,
    oracle: BTreeMap<u16, Held>,
    cursor: SweepCursor,
    random: u64,
}

fn name(key: u16) -> Vec<u8> {
    // Some names are long.
    let mut name = format!("key:{key}").into_bytes();
    name.resize(name.len() + usize::from(key % 41 / 40) * 300, b'.');
    name
}

fn number(name: &[u8]) -> u16 {
    let digits = name.iter().filter(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
}

fn slot(key: u16) -> u16 {
    FIRST_SLOT + if key % 16 == 0 { key / 16 % SLOTS } else { 0 }
}

fn word(with: u8) -> Option<u64> {
    (with % 3 > 0).then(|| u64::from(with) << (with % 60))
}

impl Both {
    fn put(&mut self, key: u16, with: u8) {
        let (name, plain, word) = (name(key), Plain::new(key, with), word(with));
        let marked = with % 2 == 0;
        match self.table.entry(slot(key), self.hasher.hash(&name), &name) {
            Entry::Vacant(vacant) => {
                assert!(!self.oracle.contains_key(&key));
                vacant.insert(Record::new(&name, word, plain.payload()), marked);
            }
            Entry::Occupied(mut occupied) => {
                assert!(self.oracle.contains_key(&key));
                occupied.update(|record| record.overwrite(word, plain.payload()).0);
                occupied.set_marked(marked);
            }
        }
        self.oracle.insert(key, Held { word, plain, marked });
    }

    fn remove(&mut self, key: u16) {
        let name = name(key);
        let removed = self.table.remove(slot(key), self.hasher.hash(&name), &name);
        let held = self.oracle.remove(&key);
        assert_eq!(removed.is_some(), held.is_some());
        if let (Some(record), Some(held)) = (removed, held) {
            assert_eq!((record.word(), Plain::of(record.payload())), (held.word, held.plain));
        }
    }

    fn check(&self, key: u16) {
        let name = name(key);
        let found = self.table.get(slot(key), self.hasher.hash(&name), &name);
        let found = found.map(|record| Held {
            word: record.word(),
            plain: Plain::of(record.payload()),
            marked: record.marked(),
        });
        assert_eq!(found.as_ref(), self.oracle.get(&key));
    }

    fn change(&mut self, key: u16, with: u8) {
        let name = name(key);
        let found = self.table.find(slot(key), self.hasher.hash(&name), &name);
        let held = self.oracle.get_mut(&key);
        assert_eq!(found.is_some(), held.is_some());
        let (Some(mut found), Some(held)) = (found, held) else { return };
        match with % 4 {
            0 => {
                held.word = word(with / 4);
                found.update(|record| record.with_word(held.word));
            }
            1 => {
                let plain = Plain::new(key, with);
                let kept = found.record_mut().overwrite_in_place(plain.payload()).is_err();
                held.plain = if kept { held.plain.clone() } else { plain };
            }
            2 => {
                held.marked = !found.marked();
                found.set_marked(held.marked);
            }
            _ => {
                if let Plain::Bytes(bytes) | Plain::Packed(bytes) = &mut held.plain {
                    let len = usize::from(with) * 3;
                    found.update(|record| record.resize_bytes(len));
                    let payload = found.record_mut().bytes_mut().expect("bytes");
                    let kept = len.min(bytes.len());
                    assert_eq!((payload.len(), &payload[..kept]), (len, &bytes[..kept]));
                    payload[kept..].fill(with);
                    bytes.resize(len, with);
                }
            }
        }
    }

    /// Everything with one walk, by cursors.
    fn scan(&self) {
        let (mut seen, mut cursor) = (BTreeSet::new(), 0);
        loop {
            cursor = self.table.scan(cursor, |record, marked| {
                let key = number(record.name());
                assert!(seen.insert(key), "nothing changed, so nothing comes twice");
                assert_eq!(self.oracle.get(&key).map(|held| held.marked), Some(marked));
            });
            if cursor == 0 {
                break;
            }
        }
        assert!(seen.iter().eq(self.oracle.keys()));
    }

    fn sweep(&mut self, buckets: usize) {
        let oracle = &mut self.oracle;
        let is_due = |record: &Record<u64>| record.word().is_some_and(|word| word % 2 == 0);
        self.table.sweep(&mut self.cursor, buckets, is_due, |record| {
            let held = oracle.remove(&number(record.name())).expect("there");
            assert!(held.marked && is_due(&record));
        });
    }

    fn sample(&mut self) {
        let random = &mut self.random;
        let mut next = || {
            *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *random ^ *random >> 31
        };
        match self.table.sample(&mut next) {
            Some(record) => assert!(self.oracle.contains_key(&number(record.name()))),
            None => assert!(self.oracle.is_empty()),
        }
    }

    fn take_slot(&mut self, slot_number: u16, max: usize) {
        let oracle = &mut self.oracle;
        let done = self.table.take_slot(slot_number, max, |record| {
            assert!(oracle.remove(&number(record.name())).is_some());
        });
        assert!(!done || oracle.keys().all(|&key| slot(key) != slot_number));
    }

    fn check_counts(&self) {
        assert_eq!(self.table.len(), self.oracle.len());
        assert_eq!(self.table.marked_len(), self.oracle.values().filter(|held| held.marked).count());
        for number in FIRST_SLOT..FIRST_SLOT + SLOTS {
            let held = self.oracle.keys().filter(|&&key| slot(key) == number).count();
            assert_eq!(self.table.slot_len(number), held);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&hasher, ops)) = data.split_first() else { return };
    let hasher = Hasher(hasher);
    let mut both = Both {
        table: Table::new(FIRST_SLOT, SLOTS, hasher),
        hasher,
        oracle: BTreeMap::new(),
        cursor: SweepCursor::default(),
        random: 1,
    };
    for op in ops.chunks_exact(4) {
        let (key, with) = (u16::from_le_bytes([op[1], op[2]]) % KEYS, op[3]);
        let range = key..KEYS.min(key + u16::from(with) * 16);
        match op[0] % 16 {
            0..3 => both.put(key, with),
            3..5 => both.remove(key),
            5 => both.check(key),
            6..9 => both.change(key, with),
            9 | 10 => range.for_each(|key| both.put(key, with)),
            11 => range.for_each(|key| both.remove(key)),
            12 => both.sweep(usize::from(with)),
            13 => both.sample(),
            14 => both.take_slot(slot(key), usize::from(with) * 8),
            _ => both.scan(),
        }
    }
    both.check_counts();
    both.scan();
    both.oracle.keys().for_each(|&key| both.check(key));
    while !both.table.clear_step(100, drop) {}
    assert_eq!((both.table.len(), both.table.marked_len(), both.table.memory_bytes()), (0, 0, 0));
});
