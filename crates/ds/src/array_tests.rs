//! Arrays against a map.

use std::collections::BTreeMap;

use base::Rng;

use super::*;

/// Indexes that meet each other, at both ends and far apart.
fn some_index(rng: &mut Rng) -> u64 {
    match rng.below(6) {
        0 => rng.below(70),
        1 => 60 + rng.below(300),
        2 => rng.below(50) * 64 * 3,
        3 => INDEX_MAX - rng.below(200),
        4 => (1 << 40) + rng.below(5000),
        _ => rng.below(3000),
    }
}

fn some_text(rng: &mut Rng) -> Vec<u8> {
    match rng.below(5) {
        0 => Vec::new(),
        1 => rng.next_u64().to_string().into_bytes(),
        2 => vec![b'x'; rng.below(600) as usize],
        3 => (rng.below(100) as i64 - 50).to_string().into_bytes(),
        _ => vec![b'y'; rng.below(20) as usize],
    }
}

fn check(array: &Array, model: &BTreeMap<u64, Vec<u8>>, rng: &mut Rng) {
    assert_eq!(array.count(), model.len());
    assert_eq!(array.len(), model.last_key_value().map_or(0, |(index, _)| index + 1));
    let content: usize = array.chunks.iter().map(Chunk::heap_bytes).sum();
    assert_eq!(array.memory_bytes(), content + array.chunks.counted_bytes());
    assert!(array.chunks.iter().all(|chunk| !chunk.is_empty()));
    let (start, end) = match rng.below(3) {
        0 => (0, INDEX_MAX),
        1 => (INDEX_MAX, 0),
        _ => (some_index(rng), some_index(rng)),
    };
    let mut seen = Vec::new();
    let most = if rng.one_in(2) { usize::MAX } else { 5 };
    array.visit(start, end, |index, element| {
        seen.push((index, element.to_vec()));
        seen.len() < most
    });
    let range = model.range(start.min(end)..=start.max(end)).map(|(index, text)| (*index, text.clone()));
    let expect: Vec<_> =
        if start > end { range.rev().take(most).collect() } else { range.take(most).collect() };
    assert_eq!(seen, expect, "{start} to {end}");
}

#[test]
fn as_a_map() {
    for seed in 0..if cfg!(miri) { 1 } else { 12 } {
        let mut rng = Rng::new(seed);
        let (mut array, mut model) = (Array::new(), BTreeMap::new());
        for step in 0..if cfg!(miri) { 200 } else { 3000 } {
            let index = some_index(&mut rng);
            match rng.below(8) {
                0 => assert_eq!(array.delete(index), model.remove(&index).is_some()),
                1 if rng.one_in(8) => {
                    let other = some_index(&mut rng);
                    let (low, high) = (index.min(other), index.max(other));
                    let before = model.len();
                    model.retain(|at, _| !(low..=high).contains(at));
                    assert_eq!(array.delete_range(low, high), (before - model.len()) as u64);
                }
                _ => {
                    let text = some_text(&mut rng);
                    assert_eq!(array.set(index, &text), model.insert(index, text).is_none());
                }
            }
            let other = some_index(&mut rng);
            assert_eq!(array.get(other).map(Element::to_vec), model.get(&other).cloned());
            if step % 50 == 0 {
                check(&array, &model, &mut rng);
                assert_eq!(array, array.clone());
            }
        }
        while !array.free_some(3) {}
        assert_eq!((array.count(), array.memory_bytes()), (0, 0));
    }
}

/// Arrays that were lent stay as they were, however they are let go of.
#[test]
fn lent_arrays_stay_as_they_were() {
    for seed in 0..if cfg!(miri) { 1 } else { 12 } {
        let mut rng = Rng::new(seed);
        let (mut array, mut model) = (Array::new(), BTreeMap::new());
        let mut lent: Vec<(Array, BTreeMap<u64, Vec<u8>>)> = Vec::new();
        for _ in 0..if cfg!(miri) { 200 } else { 3000 } {
            let index = some_index(&mut rng);
            match rng.below(9) {
                0 => assert_eq!(array.delete(index), model.remove(&index).is_some()),
                1 if rng.one_in(8) => {
                    let end = index.saturating_add(200).min(INDEX_MAX);
                    array.delete_range(index, end);
                    model.retain(|at, _| !(index..=end).contains(at));
                }
                2 if rng.one_in(30) => lent.push((array.lend(), model.clone())),
                3 if rng.one_in(40) && !lent.is_empty() => {
                    let (mut view, seen) = lent.swap_remove(rng.below(lent.len() as u64) as usize);
                    let (mut from, mut left) = (0, seen.iter());
                    while from < view.len() {
                        view.visit(from, INDEX_MAX, |index, element| {
                            assert_eq!(left.next(), Some((&index, &element.to_vec())));
                            from = index + 1;
                            !rng.one_in(20)
                        });
                        view.release_before(from);
                    }
                    assert_eq!(left.next(), None);
                    while rng.one_in(2) && !view.release(1) {}
                }
                _ => {
                    let text = some_text(&mut rng);
                    assert_eq!(array.set(index, &text), model.insert(index, text).is_none());
                }
            }
        }
        check(&array, &model, &mut rng);
        while !array.free_some(3) {}
        drop((array, lent));
        assert_eq!(crate::share::retained_bytes(), 0);
    }
}

#[test]
fn a_dense_array_is_small() {
    let mut array = Array::new();
    (0..100_000u64).for_each(|index| assert!(array.set(index, index.to_string().as_bytes())));
    assert!(array.memory_bytes() < 100_000 * 8, "{} bytes", array.memory_bytes());
}
