//! Sorted logs against a map, with other owners of what they were.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

type Model = BTreeMap<u64, u64>;

fn check(log: &SortedLog<u64, u64>, model: &Model) {
    assert!(log.iter().eq(model.iter().map(|(&key, &value)| (key, value))));
    assert_eq!(log.root.check(None, None, true), (log.memory_bytes(), model.len()));
    assert_eq!(log.len(), model.len());
}

fn apply(log: &mut SortedLog<u64, u64>, model: &mut Model, top: &mut u64, (what, key): (u8, u8)) {
    let key = u64::from(key);
    match what % 9 {
        0..=2 => {
            *top += 1;
            assert_eq!(log.insert(*top, key), model.insert(*top, key));
        }
        3 | 4 => assert_eq!(log.insert(key, *top), model.insert(key, *top)),
        5 | 6 => assert_eq!(log.remove(key), model.remove(&key)),
        7 => {
            let first = model.pop_first();
            assert_eq!(log.first(), first);
            assert_eq!(first.and_then(|(key, _)| log.remove(key)), first.map(|(_, value)| value));
        }
        _ => assert_eq!((log.contains(key), log.is_empty()), (model.contains_key(&key), model.is_empty())),
    }
    assert_eq!((log.len(), log.get(key)), (model.len(), model.get(&key).copied()));
    assert_eq!(log.first(), model.first_key_value().map(|(&key, &value)| (key, value)));
    assert_eq!(log.last(), model.last_key_value().map(|(&key, &value)| (key, value)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 300 }, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_a_map(acts in prop::collection::vec(any::<(u8, u8)>(), 1..500)) {
        let (mut log, mut model, mut top) = (SortedLog::default(), Model::new(), 0);
        for act in acts {
            apply(&mut log, &mut model, &mut top, act);
            check(&log, &model);
        }
        for key in 0..=256 {
            assert!(log.iter_from(key).eq(model.range(key..).map(|(&key, &value)| (key, value))));
        }
        assert!(log.clone().iter().eq(log.iter()));
        while !log.free_some(1) {
            assert_eq!(log.root.check(None, None, true), (log.memory_bytes(), log.len()));
        }
        assert_eq!((log.len(), log.memory_bytes()), (0, 0));
    }

    /// Other owners see what was, each its own, however they let go of it.
    #[test]
    fn owners_see_what_was(acts in prop::collection::vec((any::<(u8, u8)>(), 0..24u8, any::<u8>()), 1..400)) {
        let (mut log, mut model, mut top) = (SortedLog::default(), Model::new(), 0);
        let mut others: Vec<(SortedLog<u64, u64>, Model)> = Vec::new();
        for (act, what, which) in acts {
            apply(&mut log, &mut model, &mut top, act);
            match what {
                0 => others.push((log.share(), model.clone())),
                1 | 2 if !others.is_empty() => {
                    let (mut other, seen) = others.swap_remove(usize::from(which) % others.len());
                    check(&other, &seen);
                    while what == 1 && !other.release(&mut 2) {}
                }
                _ => {}
            }
            check(&log, &model);
        }
        while !log.free_some(2) {}
        others.iter().for_each(|(other, seen)| check(other, seen));
        drop((log, others));
        prop_assert_eq!(crate::share::retained_bytes(), 0);
    }
}

#[test]
fn a_queue_stays_small() {
    let mut log = SortedLog::default();
    for key in 0..100_000u64 {
        log.insert(key, key);
        if let Some(old) = key.checked_sub(5) {
            assert_eq!(log.remove(old), Some(old));
        }
    }
    assert_eq!(log.len(), 5);
    assert!(log.memory_bytes() < 2000, "{}", log.memory_bytes());
}
