//! Tests of the keyspace table: properties against a naive oracle, and what the design promises.
//!
//! Under Miri, where it can be had: `MIRIFLAGS=-Zmiri-permissive-provenance cargo +nightly miri test -p ds`.
//! (Pointers are packed into six bytes with exposed provenance, which strict provenance does not allow.)
#![allow(unsafe_code)]

use super::*;
use std::cell::Cell;
use std::rc::Rc;

/// A record that knows how many of its kind are alive.
struct Rec(NonNull<Inner>);

struct Inner {
    key: Vec<u8>,
    value: u64,
    alive: Rc<Cell<isize>>,
}

impl Rec {
    fn new(key: &[u8], value: u64, alive: &Rc<Cell<isize>>) -> Rec {
        alive.set(alive.get() + 1);
        let inner = Inner { key: key.to_vec(), value, alive: alive.clone() };
        Rec(NonNull::from(Box::leak(Box::new(inner))))
    }

    fn inner(&self) -> &Inner {
        // SAFETY: the record owns it.
        unsafe { self.0.as_ref() }
    }

    fn value(&self) -> u64 {
        self.inner().value
    }
}

impl Drop for Rec {
    fn drop(&mut self) {
        let alive = &self.inner().alive;
        alive.set(alive.get() - 1);
        // SAFETY: made by Box::leak, and dropped once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl Record for Rec {
    fn into_raw(self) -> NonNull<u8> {
        std::mem::ManuallyDrop::new(self).0.cast()
    }

    unsafe fn from_raw(p: NonNull<u8>) -> Self {
        Rec(p.cast())
    }

    fn key(&self) -> &[u8] {
        &self.inner().key
    }
}

/// Hash functions, good and bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hasher {
    /// A decent mix of FNV-1a and a multiply.
    Good,
    /// All keys collide in all bits.
    Constant,
    /// Positions collide, fingerprints differ.
    SamePosition,
    /// The upper 30 bits collide.
    LongPrefix,
    /// Fingerprints collide.
    SameTag,
}

impl KeyHash for Hasher {
    fn hash(&self, key: &[u8]) -> u64 {
        let fnv = key
            .iter()
            .fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
        let good = (fnv ^ fnv >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let good = (good ^ good >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        match self {
            Hasher::Good => good,
            Hasher::Constant => 0x1234_5678_9abc_def0,
            Hasher::SamePosition => good & 0xff_ffff,
            Hasher::LongPrefix => good >> 30,
            Hasher::SameTag => good & !0xff,
        }
    }
}

fn key(n: u64) -> Vec<u8> {
    format!("key:{n}").into_bytes()
}

/// Inserts a new record, unmarked.
fn put(table: &mut Table<Rec, Hasher>, slot: u16, n: u64, alive: &Rc<Cell<isize>>) {
    let (key, hasher) = (key(n), table.hasher);
    match table.entry(slot, hasher.hash(&key), &key) {
        Entry::Vacant(vacant) => vacant.insert(Rec::new(&key, n, alive), false),
        Entry::Occupied(_) => panic!("{n} is there already"),
    }
}

fn take(table: &mut Table<Rec, Hasher>, slot: u16, n: u64) -> Option<Rec> {
    let key = key(n);
    let hash = table.hasher.hash(&key);
    table.remove(slot, hash, &key)
}

#[test]
fn insert_get_remove() {
    let alive = Rc::new(Cell::new(0));
    for hasher in [Hasher::Good, Hasher::Constant, Hasher::SamePosition, Hasher::LongPrefix, Hasher::SameTag]
    {
        let mut table = Table::with_segment_buckets_max(10, 4, hasher, 4);
        for n in 0..2000 {
            put(&mut table, 10 + (n % 4) as u16, n, &alive);
        }
        for n in 0..2000 {
            let key = key(n);
            let slot = 10 + (n % 4) as u16;
            assert_eq!(table.get(slot, hasher.hash(&key), &key).expect("was put").value(), n);
        }
        for n in 0..2000 {
            assert_eq!(take(&mut table, 10 + (n % 4) as u16, n).expect("was put").value(), n);
        }
        assert_eq!((table.len(), alive.get()), (0, 0));
        assert!(table.clear_step(1, drop));
        assert_eq!(table.memory_bytes(), 0);
    }
}
