//! Sorted sets in a shard against a plain map: contents, order, encodings, and that every byte is accounted for.

use std::collections::BTreeMap;

use base::KeyHasher;
use proptest::prelude::*;

use crate::*;

const ENTRIES_MAX: usize = 12;

fn shard() -> Shard {
    let hasher = KeyHasher::new((1, 2));
    let mut shard = Shard::new(ShardOptions { shard: 0, shards: 1, databases: 2, hasher, seed: 7 });
    shard.set_now(1_700_000_000_000);
    shard.set_limits(Limits { zset_max_listpack_entries: ENTRIES_MAX, ..Limits::default() });
    shard
}

fn members() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (0..40i64).prop_map(|n| n.to_string().into_bytes()),
        2 => (0..20u8).prop_map(|n| format!("name {n}").into_bytes()),
        1 => (60..300usize, 0..3u8).prop_map(|(len, byte)| vec![byte; len]),
    ]
}

fn scores() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-5..5i32).prop_map(f64::from),
        1 => (-5..5i32).prop_map(|n| f64::from(n) / 4.0),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(1e300), Just(-1e17)],
    ]
}

#[derive(Clone, Debug)]
enum Op {
    Set(Vec<(f64, Vec<u8>)>),
    Remove(Vec<Vec<u8>>),
    RemoveRange(usize, usize),
    Look(f64, Vec<u8>),
    Copy,
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => proptest::collection::vec((scores(), members()), 1..8).prop_map(Op::Set),
        4 => proptest::collection::vec(members(), 1..8).prop_map(Op::Remove),
        1 => (0..30usize, 0..12usize).prop_map(|(at, len)| Op::RemoveRange(at, len)),
        3 => (scores(), members()).prop_map(|(score, member)| Op::Look(score, member)),
        1 => Just(Op::Copy),
    ]
}

/// The members of a map in the order of a sorted set.
fn sorted(map: &BTreeMap<Vec<u8>, f64>) -> Vec<(f64, Vec<u8>)> {
    let mut all: Vec<_> = map.iter().map(|(member, &score)| (score, member.clone())).collect();
    all.sort_by(|a, b| a.partial_cmp(b).expect("no NaN"));
    all
}

fn listed(set: SortedSetRef<'_>) -> Vec<(f64, Vec<u8>)> {
    let mut all = Vec::new();
    set.for_each(|score, member| all.push((score, member.to_vec())));
    all
}

fn set_score(edit: &mut SortedSetEdit<'_, '_>, score: f64, member: &[u8]) {
    match edit.view().score(member) {
        None => edit.add(score, member),
        Some(old) if old != score => edit.update(old, score, member),
        Some(_) => {}
    }
}

fn check_set(set: SortedSetRef<'_>, map: &BTreeMap<Vec<u8>, f64>) {
    let expected = sorted(map);
    assert_eq!(listed(set), expected);
    let mut backwards = Vec::new();
    set.visit(0..set.len(), true, |score, member| {
        backwards.push((score, member.to_vec()));
        true
    });
    backwards.reverse();
    assert_eq!(backwards, expected);
    for (rank, (score, member)) in expected.iter().enumerate() {
        assert_eq!((set.rank(member), set.score(member)), (Some((rank, *score)), Some(*score)));
    }
    let (mut cursor, mut scanned) = (0, BTreeMap::new());
    loop {
        cursor = set.scan(cursor, |score, member| {
            scanned.insert(member.to_vec(), score);
        });
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(&scanned, map);
}

fn run(ops: Vec<Op>) {
    let mut shard = shard();
    let mut map: BTreeMap<Vec<u8>, f64> = BTreeMap::new();
    let key = shard.key(b"z");
    let copy = shard.key(b"copy");
    for op in ops {
        let mut db = shard.db(0);
        match op {
            Op::Set(members) => {
                db.edit(key, Kind::SortedSet, |draft| {
                    let mut edit = draft.as_sorted_set();
                    members.iter().for_each(|(score, member)| set_score(&mut edit, *score, member));
                })
                .expect("a sorted set");
                map.extend(members.into_iter().map(|(score, member)| (member, score)));
            }
            Op::Remove(members) => {
                let edited = db.edit(key, Kind::SortedSet, |draft| {
                    members.iter().filter(|member| draft.as_sorted_set().remove(member)).count()
                });
                let edited = edited.expect("a sorted set");
                let removed = members.iter().filter(|member| map.remove(*member).is_some()).count();
                assert_eq!((edited.result, edited.changed), (removed, removed > 0));
                assert_eq!(edited.removed, removed > 0 && map.is_empty());
            }
            Op::RemoveRange(at, len) => {
                let mut gone = Vec::new();
                db.edit(key, Kind::SortedSet, |draft| {
                    let mut edit = draft.as_sorted_set();
                    edit.remove_range(at..at + len, |score, member| gone.push((score, member.to_vec())));
                })
                .expect("a sorted set");
                let expected: Vec<_> = sorted(&map).into_iter().skip(at).take(len).collect();
                assert_eq!(gone, expected);
                gone.iter().for_each(|(_, member)| _ = map.remove(member));
            }
            Op::Look(score, member) => {
                let set =
                    db.get(key).map_or(SortedSetRef::empty(), |value| value.as_sorted_set().expect("one"));
                let below = |s: f64, m: &[u8]| (s, m) < (score, &member[..]);
                let all = sorted(&map);
                assert_eq!(set.partition(below), all.partition_point(|(s, m)| below(*s, m)));
                assert_eq!(set.partition_by_score(|s| s <= score), all.partition_point(|(s, _)| *s <= score));
                assert_eq!(set.score(&member), map.get(&member).copied());
                check_set(set, &map);
            }
            Op::Copy => {
                if let Some(value) = db.clone_value(key) {
                    db.put(copy, value);
                    let set = db.get(copy).map(|value| value.as_sorted_set().expect("one"));
                    check_set(set.expect("a copy"), &map);
                }
            }
        }
        assert_eq!(db.exists(key), !map.is_empty());
        if map.len() > ENTRIES_MAX {
            assert_eq!(db.peek(key).map(Item::encoding), Some("skiplist"));
        }
    }
    shard.flush_all();
    while shard.free_slice(10) {}
    assert_eq!(shard.used_bytes(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn sorted_sets_do_what_maps_do(ops in proptest::collection::vec(ops(), 1..60)) {
        run(ops);
    }
}

#[test]
fn a_member_of_16_bytes_takes_66_bytes() {
    let mut shard = shard();
    let mut rng = base::Rng::new(3);
    let key = shard.key(b"z");
    let count = 100_000;
    for i in 0..count {
        let (score, member) = (rng.f64(), format!("member:{i:09}"));
        let edited = shard.db(0).edit(key, Kind::SortedSet, |draft| {
            draft.as_sorted_set().add(score, member.as_bytes());
        });
        edited.expect("a sorted set");
    }
    let each = shard.used_bytes() as f64 / f64::from(count);
    println!("{each:.1}");
    assert!(each < 66.0, "{each}");
}
