//! Hashes and sets in a shard against plain maps: contents, encodings, and that every byte is accounted for.

use std::collections::{BTreeMap, BTreeSet};

use base::KeyHasher;
use proptest::prelude::*;

use crate::*;

const NOW_MS: u64 = 1_700_000_000_000;

/// A shard; if roomy, small collections may be longer than a record can be.
fn shard_with(roomy: bool) -> Shard {
    let mut shard = shard();
    if roomy {
        let limits =
            Limits { set_max_listpack_value: 800, hash_max_listpack_value: 800, ..Limits::default() };
        shard.set_limits(limits);
    }
    shard
}

fn shard() -> Shard {
    let hasher = KeyHasher::new((1, 2));
    let mut shard = Shard::new(ShardOptions { shard: 0, shards: 1, databases: 2, hasher, seed: 7 });
    shard.set_now(NOW_MS);
    let limits = Limits {
        set_max_intset_entries: 20,
        set_max_listpack_entries: 12,
        hash_max_listpack_entries: 12,
        ..Limits::default()
    };
    shard.set_limits(limits);
    shard
}

/// Frees everything, and checks that no byte is left but those of tables.
fn check_books(shard: &mut Shard) {
    let database = shard.db(0);
    assert_eq!(*database.database.deadlines.sizes, crate::sizes::recount(&database.database.table));
    drop(database);
    shard.flush_all();
    while shard.free_slice(10) {}
    assert_eq!(shard.used_bytes(), 0);
}

fn names() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (0..40i64).prop_map(|n| n.to_string().into_bytes()),
        2 => (0..20u8).prop_map(|n| format!("name {n}").into_bytes()),
        1 => (60..70usize, 0..3u8).prop_map(|(len, byte)| vec![byte; len]),
        1 => any::<i32>().prop_map(|n| n.to_string().into_bytes()),
        2 => (300..900usize, 0..30u8).prop_map(|(len, byte)| vec![byte; len]),
    ]
}

#[derive(Clone, Debug)]
enum SetOp {
    Add(Vec<Vec<u8>>),
    Remove(Vec<Vec<u8>>),
    Pop,
    Move,
    Expire,
}

fn set_ops() -> impl Strategy<Value = SetOp> {
    let some = || proptest::collection::vec(names(), 1..8);
    prop_oneof![
        6 => some().prop_map(SetOp::Add),
        4 => some().prop_map(SetOp::Remove),
        2 => Just(SetOp::Pop),
        1 => Just(SetOp::Move),
        1 => Just(SetOp::Expire),
    ]
}

#[derive(Clone, Debug)]
enum HashOp {
    Set(Vec<u8>, Vec<u8>, u64),
    Remove(Vec<u8>),
    Expiry(Vec<u8>, u64),
    Time(u64),
    Slice,
    Copy,
}

fn hash_ops() -> impl Strategy<Value = HashOp> {
    prop_oneof![
        8 => (names(), names(), prop_oneof![Just(0), 1..50u64]).prop_map(|(a, b, c)| HashOp::Set(a, b, c)),
        4 => names().prop_map(HashOp::Remove),
        3 => (names(), 0..50u64).prop_map(|(a, b)| HashOp::Expiry(a, b)),
        2 => (0..20u64).prop_map(HashOp::Time),
        1 => Just(HashOp::Slice),
        1 => Just(HashOp::Copy),
    ]
}

proptest! {
    #[test]
    fn a_set_equals_a_plain_one(ops in proptest::collection::vec(set_ops(), 0..40), roomy in any::<bool>()) {
        let mut shard = shard_with(roomy);
        let mut naive = BTreeSet::new();
        for op in ops {
            let key = shard.key(b"set");
            let mut db = shard.db(0);
            match op {
                SetOp::Add(members) => {
                    let edited = db.edit(key, Kind::Set, |draft| {
                        let mut set = draft.as_set();
                        members.iter().filter(|member| set.add(member, members.len())).count()
                    }).unwrap();
                    let added = members.into_iter().filter(|member| naive.insert(member.clone())).count();
                    prop_assert_eq!((edited.result, edited.changed), (added, added > 0));
                }
                SetOp::Remove(members) => {
                    let had_any = !naive.is_empty();
                    let edited = db.edit(key, Kind::Set, |draft| {
                        let mut set = draft.as_set();
                        members.iter().filter(|member| set.remove(member)).count()
                    }).unwrap();
                    let removed = members.iter().filter(|&member| naive.remove(member)).count();
                    prop_assert_eq!((edited.result, edited.removed), (removed, had_any && naive.is_empty()));
                }
                SetOp::Pop => {
                    let popped = db.edit(key, Kind::Set, |draft| draft.as_set().pop()).unwrap().result;
                    prop_assert_eq!(popped.is_some(), !naive.is_empty());
                    popped.into_iter().for_each(|member| assert!(naive.remove(&member)));
                }
                SetOp::Move => {
                    if let Some(value) = db.take(key) {
                        prop_assert_eq!(value.kind(), Kind::Set);
                        db.put(key, value.clone());
                        prop_assert_eq!(db.clone_value(key), Some(value));
                    }
                }
                SetOp::Expire => {
                    db.expire_at(key, Some(NOW_MS + 10));
                }
            }
            let set = db.set_of(key).unwrap();
            prop_assert_eq!(set.is_some(), !naive.is_empty());
            if let Some(set) = set {
                prop_assert_eq!(set.len(), naive.len());
                let members: BTreeSet<Vec<u8>> = set.iter().map(|member| member.to_vec()).collect();
                prop_assert_eq!(&members, &naive);
                prop_assert!(naive.iter().all(|member| set.contains(member)));
                prop_assert!(!set.contains(b"nothing"));
            }
        }
        check_books(&mut shard);
    }

    #[test]
    fn a_hash_equals_a_plain_map(ops in proptest::collection::vec(hash_ops(), 0..60), roomy in any::<bool>()) {
        let mut shard = shard_with(roomy);
        let mut naive: BTreeMap<Vec<u8>, (Vec<u8>, Option<u64>)> = BTreeMap::new();
        let mut now = NOW_MS;
        for op in ops {
            let key = shard.key(b"hash");
            match op {
                HashOp::Set(name, value, ttl) => {
                    let at = (ttl > 0).then_some(now + ttl);
                    let expiry = at.map_or(FieldExpiry::Clear, FieldExpiry::At);
                    let set = |draft: &mut Draft<'_>| draft.as_hash().set(&name, &value, expiry);
                    let created = shard.db(0).edit(key, Kind::Hash, set).unwrap().result;
                    prop_assert_eq!(created, naive.insert(name, (value, at)).is_none());
                }
                HashOp::Remove(name) => {
                    let removed = shard.db(0).edit(key, Kind::Hash, |draft| draft.as_hash().remove(&name)).unwrap();
                    prop_assert_eq!(removed.result, naive.remove(&name).is_some());
                }
                HashOp::Expiry(name, ttl) => {
                    let at = (ttl > 0).then_some(now + ttl);
                    shard.db(0).edit(key, Kind::Hash, |draft| draft.as_hash().set_expiry(&name, at)).unwrap();
                    naive.entry(name).and_modify(|field| field.1 = at);
                }
                HashOp::Time(ms) => {
                    now += ms;
                    shard.set_now(now);
                    naive.retain(|_, field| field.1.is_none_or(|at| at >= now));
                }
                HashOp::Slice => {
                    while shard.expire_slice(1000).next_ms.is_some_and(|at| at <= now) {}
                    let db = shard.db(0);
                    prop_assert_eq!(db.len(), usize::from(!naive.is_empty()));
                }
                HashOp::Copy => {
                    let mut db = shard.db(0);
                    if let Some(value) = db.clone_value(key) {
                        let taken = db.take(key);
                        prop_assert_eq!(taken.as_ref(), Some(&value));
                        db.put(key, value);
                    }
                }
            }
            let soonest = naive.values().filter_map(|field| field.1).min();
            let due = shard.expire_due_ms();
            prop_assert!(soonest.is_none_or(|at| due.is_some_and(|due| due <= at.max(now) + 1)), "{:?} {:?}", due, soonest);
            let mut db = shard.db(0);
            if let Some(hash) = db.hash_of(key).unwrap() {
                let fields: BTreeMap<_, _> =
                    hash.iter().map(|field| (field.name.to_vec(), (field.value.to_vec(), field.expiry_ms))).collect();
                prop_assert_eq!(&fields, &naive);
                for (name, (value, _)) in &naive {
                    prop_assert_eq!(hash.get(name).map(|value| value.to_vec()), Some(value.clone()));
                }
            } else {
                prop_assert!(naive.is_empty());
            }
        }
        check_books(&mut shard);
    }
}

#[test]
fn encodings_follow_the_limits() {
    let mut shard = shard();
    let key = shard.key(b"k");
    let mut encoding_after = |members: &[&[u8]]| {
        let mut db = shard.db(0);
        db.remove(key);
        db.edit(key, Kind::Set, |draft| {
            members.iter().for_each(|member| _ = draft.as_set().add(member, members.len()))
        })
        .unwrap();
        db.peek(key).unwrap().encoding()
    };
    assert_eq!(encoding_after(&[b"1", b"-5"]), "intset");
    assert_eq!(encoding_after(&[b"1", b"x"]), "listpack");
    assert_eq!(encoding_after(&[b"1", &[b'x'; 65]]), "hashtable");
    assert_eq!(encoding_after(&[&b"1"[..]; 21]), "hashtable");
}

#[test]
fn a_value_of_another_type_is_refused() {
    let mut shard = shard();
    let key = shard.key(b"k");
    let mut db = shard.db(0);
    db.set(key, StringValue::Text(b"text"), Expiry::Clear);
    assert_eq!(db.edit(key, Kind::Set, |draft| draft.as_set().add(b"x", 1)), Err(WrongType));
    assert!(db.set_of(key).is_err() && db.hash_of(key).is_err());
    db.remove(key);
    db.edit(key, Kind::Set, |draft| draft.as_set().add(b"x", 1)).unwrap();
    assert!(db.hash_of(key).is_err());
    assert_eq!(db.peek(key).unwrap().kind().name(), "set");
}

#[test]
fn big_values_are_freed_in_slices() {
    let mut shard = shard();
    for flush in [false, true] {
        let key = shard.key(b"k");
        let mut db = shard.db(0);
        db.edit(key, Kind::Set, |draft| {
            let mut set = draft.as_set();
            (0..50_000).for_each(|n| _ = set.add(format!("member {n}").as_bytes(), 1));
        })
        .unwrap();
        assert!(db.peek(key).unwrap().memory_bytes() > 800_000);
        if !flush {
            db.remove(key);
        }
        drop(db);
        if flush {
            shard.flush_all();
        }
        let mut slices = 0;
        while shard.free_slice(100) {
            slices += 1;
        }
        assert!(slices > 10, "{slices}");
    }
    check_books(&mut shard);
}

#[test]
fn events_are_kept_for_those_who_want_them() {
    let mut shard = shard();
    shard.event(Class::Set, "sadd", 0, b"k");
    assert!(shard.take_events().is_empty());
    shard.want_events(Class::Set as u32);
    shard.event(Class::Set, "sadd", 1, b"k");
    shard.event(Class::Hash, "hset", 1, b"k");
    assert_eq!(shard.take_events(), [Event { class: Class::Set, name: "sadd", db: 1, key: b"k"[..].into() }]);
}
