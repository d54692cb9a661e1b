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
    let each: usize = pages.chunks.iter().flat_map(|chunk| chunk.iter()).map(Page::heap_bytes).sum();
    vec(pages.chunks.capacity(), size_of::<Vec<Page>>()) + chunks + each + pages.outside.memory_bytes()
}

fn check(pages: &Pages<Hasher>, naive: &Naive) {
    assert_eq!(pages.len(), naive.len());
    assert_eq!(pages.memory_bytes(), bytes_counted(pages));
    let entries: usize = pages.chunks.iter().flat_map(|chunk| chunk.iter()).map(Page::len).sum();
    assert_eq!(entries, naive.len());
    assert!(pages.chunks.iter().flat_map(|chunk| chunk.iter()).all(|page| page.len() <= pages.fullest));
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
        "[0-9]{1,4}[.:]{1,2}[0-9]{0,12}".prop_map(String::into_bytes),
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

/// Entries by key, as a naive map has them.
type Naive = BTreeMap<Vec<u8>, (Vec<u8>, Option<u64>)>;

/// Does the same to both.
fn apply(op: Op, pages: &mut Pages<Hasher>, naive: &mut Naive, fresh: &mut usize) {
    let valued = pages.valued;
    match op {
        Op::Insert(key, value, stamp) => {
            let (value, stamp) = if valued { (value, stamp) } else { (Vec::new(), None) };
            let made = pages.insert(&key, Dense::of(&value), stamp);
            assert_eq!(made, naive.insert(key, (value, stamp)).is_none());
        }
        Op::Stamp(key, stamp) if valued => {
            pages.set_stamp(&key, stamp);
            naive.entry(key).and_modify(|there| there.1 = stamp);
        }
        Op::Stamp(..) => {}
        Op::Remove(key) => assert_eq!(pages.remove(&key), naive.remove(&key).is_some()),
        Op::Fill(count) => {
            for _ in 0..count {
                *fresh += 1;
                let key = format!("filled:{fresh}").into_bytes();
                assert!(pages.insert(&key, Dense::Bytes(b""), None));
                naive.insert(key, (Vec::new(), None));
            }
        }
        Op::Drain(count) => {
            let keys: Vec<_> = naive.keys().rev().take(count).cloned().collect();
            for key in keys {
                assert!(pages.remove(&key));
                naive.remove(&key);
            }
        }
    }
}

/// A view with what it must show, and what it has shown.
struct Watched {
    view: PagesView<Hasher>,
    expect: Naive,
    seen: Naive,
}

impl Watched {
    fn visit(&mut self, max: usize) -> bool {
        let mut left = max;
        let seen = &mut self.seen;
        let done = self.view.visit(|entry| {
            let twice = seen.insert(entry.key.to_vec(), (entry.value.to_vec(), entry.stamp));
            assert!(twice.is_none());
            left -= 1;
            left > 0
        });
        if done {
            assert_eq!(self.seen, self.expect);
        }
        done
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 200 }))]

    #[test]
    fn equals_a_map(ops in proptest::collection::vec(ops(), 0..60), valued in any::<bool>()) {
        let mut pages = Pages::new(hasher(), valued);
        let mut naive = BTreeMap::new();
        let mut fresh = 0;
        for op in ops {
            apply(op, &mut pages, &mut naive, &mut fresh);
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

    /// Several views at a time, visited in slices, given up early or seen to the end, while all goes on.
    #[test]
    fn views_stay_as_they_were(
        ops in proptest::collection::vec((ops(), 0..6u8, 1..200usize), 0..60),
        start in 0..40_000usize,
        valued in any::<bool>(),
        free_first in any::<bool>(),
    ) {
        let mut pages = Pages::new(hasher(), valued);
        let (mut naive, mut fresh) = (BTreeMap::new(), 0);
        // Rarely more than one chunk: that takes 16,384 entries.
        let start = if cfg!(miri) || start < 39_000 { start % 500 } else { start };
        apply(Op::Fill(start), &mut pages, &mut naive, &mut fresh);
        let mut views: Vec<Watched> = Vec::new();
        for (op, what, amount) in ops {
            apply(op, &mut pages, &mut naive, &mut fresh);
            match what {
                0 => {
                    let view = pages.view();
                    prop_assert_eq!(view.len(), naive.len());
                    views.push(Watched { view, expect: naive.clone(), seen: BTreeMap::new() });
                }
                1 if !views.is_empty() => _ = views.swap_remove(amount % views.len()),
                2 | 3 if !views.is_empty() => {
                    let at = amount % views.len();
                    if views[at].visit(amount) {
                        while !views[at].view.free_some(amount) {}
                        views.swap_remove(at);
                    }
                }
                _ => {}
            }
        }
        check(&pages, &naive);
        if free_first {
            while !pages.free_some(7) {}
            prop_assert_eq!(pages.memory_bytes(), 0);
        }
        for view in &mut views {
            while !view.visit(50) {}
        }
        drop(pages);
        drop(views);
        prop_assert_eq!(crate::share::retained_bytes(), 0);
    }

    /// What is there throughout a scan is seen, whatever comes and goes meanwhile.
    #[test]
    fn a_scan_sees_what_stays(stay in 0..300usize, changes in proptest::collection::vec((any::<bool>(), 0..400usize), 1..20)) {
        let mut pages = Pages::new(hasher(), false);
        for n in 0..stay {
            pages.insert(format!("stays:{n}").as_bytes(), Dense::Bytes(b""), None);
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
                    pages.insert(format!("other:{others}").as_bytes(), Dense::Bytes(b""), None);
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
            pages.insert(n.to_string().as_bytes(), Dense::Bytes(b""), None);
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
        pages.insert(format!("member:{n}").as_bytes(), Dense::Bytes(b""), None);
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
        pages.insert(format!("member:{n:09}").as_bytes(), Dense::Bytes(b""), None);
    }
    let each = pages.memory_bytes() as f64 / 100_000.0;
    assert!((20.0..25.0).contains(&each), "{each}");
}
