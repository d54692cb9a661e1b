//! The paged hash against a plain map.

use std::collections::{BTreeMap, BTreeSet};

use base::{KeyHasher, Rng};
use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy)]
struct Hasher(KeyHasher);

impl KeyHash for Hasher {
    fn hash(&self, key: &[u8]) -> u64 {
        self.0.hash(key)
    }
}

fn hasher() -> Hasher {
    Hasher(KeyHasher::new((5, 6)))
}

/// Heap bytes, counted the long way.
fn bytes_counted(pages: &Pages<Hasher>) -> usize {
    let vec = |capacity: usize, size: usize| if capacity == 0 { 0 } else { size_class(capacity * size) };
    let chunks: usize = pages.chunks.iter().map(|chunk| vec(chunk.capacity(), size_of::<Page>())).sum();
    let each: usize = pages.chunks.iter().flatten().map(Page::bytes_len).sum();
    vec(pages.chunks.capacity(), size_of::<Vec<Page>>()) + chunks + each + pages.outside.memory_bytes()
}

fn check(pages: &Pages<Hasher>, naive: &BTreeMap<Vec<u8>, (Vec<u8>, Option<u64>)>) {
    assert_eq!(pages.len(), naive.len());
    assert_eq!(pages.memory_bytes(), bytes_counted(pages));
    let entries: usize = pages.chunks.iter().flatten().map(Page::len).sum();
    assert_eq!(entries, naive.len());
    assert!(pages.chunks.iter().flatten().all(|page| page.len() <= pages.fullest));
    let mut seen = BTreeMap::new();
    for entry in pages.iter() {
        seen.insert(entry.key.to_vec(), (entry.value.to_vec(), entry.stamp));
    }
    assert_eq!(&seen, naive);
    for (key, (value, stamp)) in naive {
        let entry = pages.get(key).unwrap();
        assert_eq!((entry.value.to_vec(), entry.stamp), (value.clone(), *stamp));
        if let Some(stamp) = *stamp {
            assert_eq!(pages.get_stamped(pages.hash(key), stamp), Some(entry));
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Insert(Vec<u8>, Vec<u8>, Option<u64>),
    Stamp(Vec<u8>, Option<u64>),
    Remove(Vec<u8>),
    Fill(usize),
    Drain(usize),
}

fn keys() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => (0..60u32).prop_map(|n| format!("key:{n}").into_bytes()),
        2 => (-30..300i64).prop_map(|n| n.to_string().into_bytes()),
        1 => (0..4u8, 250..260usize).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

fn values() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (0..40usize).prop_map(|len| vec![b'v'; len]),
        (250..300usize).prop_map(|len| vec![b'w'; len]),
        any::<i32>().prop_map(|n| n.to_string().into_bytes()),
    ]
}

fn ops() -> impl Strategy<Value = Op> {
    let stamps = || prop_oneof![2 => Just(None), 1 => (0..=STAMP_MAX).prop_map(Some)];
    prop_oneof![
        8 => (keys(), values(), stamps()).prop_map(|(key, value, stamp)| Op::Insert(key, value, stamp)),
        3 => (keys(), stamps()).prop_map(|(key, stamp)| Op::Stamp(key, stamp)),
        6 => keys().prop_map(Op::Remove),
        1 => (0..300usize).prop_map(Op::Fill),
        1 => (0..400usize).prop_map(Op::Drain),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 200 }))]

    #[test]
    fn equals_a_map(ops in proptest::collection::vec(ops(), 0..60), valued in any::<bool>()) {
        let mut pages = Pages::new(hasher(), valued);
        let mut naive = BTreeMap::new();
        let mut fresh = 0;
        for op in ops {
            match op {
                Op::Insert(key, value, stamp) => {
                    let (value, stamp) = if valued { (value, stamp) } else { (Vec::new(), None) };
                    let made = pages.insert(&key, Element::of(&value), stamp);
                    prop_assert_eq!(made, naive.insert(key, (value, stamp)).is_none());
                }
                Op::Stamp(key, stamp) if valued => {
                    pages.set_stamp(&key, stamp);
                    naive.entry(key).and_modify(|there| there.1 = stamp);
                }
                Op::Stamp(..) => {}
                Op::Remove(key) => prop_assert_eq!(pages.remove(&key), naive.remove(&key).is_some()),
                Op::Fill(count) => {
                    for _ in 0..count {
                        fresh += 1;
                        let key = format!("filled:{fresh}").into_bytes();
                        prop_assert!(pages.insert(&key, Element::Bytes(b""), None));
                        naive.insert(key, (Vec::new(), None));
                    }
                }
                Op::Drain(count) => {
                    let keys: Vec<_> = naive.keys().rev().take(count).cloned().collect();
                    for key in keys {
                        prop_assert!(pages.remove(&key));
                        naive.remove(&key);
                    }
                }
            }
        }
        check(&pages, &naive);
        prop_assert!(pages.clone() == pages);
        let mut steps = 0;
        while !pages.free_some(1) {
            steps += 1;
            prop_assert_eq!(pages.memory_bytes(), bytes_counted(&pages));
        }
        prop_assert!(steps <= naive.len() + 400);
        prop_assert_eq!(pages.memory_bytes(), 0);
    }

    /// What is there throughout a scan is seen, whatever comes and goes meanwhile.
    #[test]
    fn a_scan_sees_what_stays(stay in 0..300usize, changes in proptest::collection::vec((any::<bool>(), 0..400usize), 1..20)) {
        let mut pages = Pages::new(hasher(), false);
        for n in 0..stay {
            pages.insert(format!("stays:{n}").as_bytes(), Element::Bytes(b""), None);
        }
        let (mut seen, mut cursor, mut others, mut calls) = (BTreeSet::new(), 0, 0, 0);
        let mut changes = changes.iter().cycle();
        loop {
            cursor = pages.scan(cursor, |entry| {
                seen.insert(entry.key.to_vec());
            });
            calls += 1;
            if cursor == 0 || calls > 10_000 {
                break;
            }
            let &(grow, count) = changes.next().unwrap();
            for _ in 0..count {
                if grow && others < 3000 {
                    others += 1;
                    pages.insert(format!("other:{others}").as_bytes(), Element::Bytes(b""), None);
                } else if others > 0 {
                    pages.remove(format!("other:{others}").as_bytes());
                    others -= 1;
                }
            }
        }
        prop_assert_eq!(cursor, 0);
        for n in 0..stay {
            prop_assert!(seen.contains(format!("stays:{n}").as_bytes()), "{}", n);
        }
    }

    #[test]
    fn any_cursor_ends(cursor in any::<u64>(), len in 0..200usize) {
        let mut pages = Pages::new(hasher(), false);
        for n in 0..len {
            pages.insert(n.to_string().as_bytes(), Element::Bytes(b""), None);
        }
        let mut cursor = cursor;
        for _ in 0..100 {
            cursor = pages.scan(cursor, |_| {});
            if cursor == 0 {
                break;
            }
        }
        prop_assert_eq!(cursor, 0);
    }
}

/// How far draws are from an even spread, in standard deviations of chi-square.
fn unevenness(pages: &Pages<Hasher>, draws: usize) -> f64 {
    let mut rng = Rng::new(42);
    let mut counts: BTreeMap<Vec<u8>, usize> = pages.iter().map(|entry| (entry.key.to_vec(), 0)).collect();
    for _ in 0..draws {
        *counts.get_mut(&pages.sample(&mut || rng.next_u64()).unwrap().key.to_vec()).unwrap() += 1;
    }
    let (expect, freedom) = (draws as f64 / counts.len() as f64, counts.len() as f64 - 1.0);
    let chi: f64 = counts.values().map(|&count| (count as f64 - expect).powi(2) / expect).sum();
    (chi - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn samples_are_even() {
    let mut pages = Pages::new(hasher(), false);
    assert_eq!(pages.sample(&mut || 0), None);
    for n in 0..1000 {
        pages.insert(format!("member:{n}").as_bytes(), Element::Bytes(b""), None);
    }
    assert!(unevenness(&pages, 200_000).abs() < 4.0);
    for n in 0..990 {
        pages.remove(format!("member:{n}").as_bytes());
    }
    assert!(unevenness(&pages, 20_000).abs() < 4.0);
}

#[test]
fn members_are_small() {
    let mut pages = Pages::new(hasher(), false);
    for n in 0..100_000 {
        pages.insert(format!("member:{n:09}").as_bytes(), Element::Bytes(b""), None);
    }
    let each = pages.memory_bytes() as f64 / 100_000.0;
    assert!((20.0..25.0).contains(&each), "{each}");
}
