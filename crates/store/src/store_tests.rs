//! The shard against a naive keyspace, under random commands and a virtual clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use base::KeyHasher;
use proptest::prelude::*;

use crate::{Entry, Expiry, Item, Key, OwnedValue, Shard, ShardOptions, StringValue, TooLong, Value};

const DATABASES: usize = 3;

/// One for all tests: a hasher's seed is never freed.
fn hasher() -> KeyHasher {
    static HASHER: LazyLock<KeyHasher> = LazyLock::new(|| KeyHasher::new((1, 2)));
    *HASHER
}

fn shard() -> Shard {
    let mut shard =
        Shard::new(ShardOptions { shard: 0, shards: 1, databases: 16, hasher: hasher(), seed: 7 });
    shard.set_now(1_000);
    shard
}

fn key(bytes: &[u8]) -> Key<'_> {
    Key::new(&hasher(), bytes)
}

fn text(value: Value<'_>) -> Vec<u8> {
    value.text(&mut Vec::new()).to_vec()
}

/// Value and expiry of a key, naively.
type Naive = HashMap<Vec<u8>, (Vec<u8>, Option<u64>)>;

#[derive(Clone, Debug)]
enum Op {
    Set(u8, Vec<u8>, Expiry),
    Get(u8),
    SetNx(u8, Vec<u8>),
    SetXx(u8, Vec<u8>),
    Append(u8, Vec<u8>),
    SetRange(u8, usize, Vec<u8>),
    Increment(u8, i64),
    Remove(u8),
    ExpireAt(u8, Option<u64>),
    Persist(u8),
    Move(u8, u8),
    Copy(u8, u8, usize),
    Random,
    Scan,
    Select(usize),
    Swap(usize, usize),
    Flush,
    FlushAll,
    Advance(u64),
    ExpireSlice(u64),
    FreeSlice(usize),
}

fn texts() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (any::<i64>(), 0..64u32).prop_map(|(int, shift)| (int >> shift).to_string().into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..60),
        (240..270usize).prop_map(|len| vec![b'm'; len]),
        (4_000..9_000usize).prop_map(|len| vec![b'l'; len]),
        Just(vec![b'h'; 1_100_000]),
    ]
}

fn ops() -> impl Strategy<Value = Op> {
    let name = || 0..12u8;
    // The clock begins at 1000.
    let time = || 900..4_000u64;
    let expiry =
        prop_oneof![3 => Just(Expiry::Clear), 1 => Just(Expiry::Keep), 2 => time().prop_map(Expiry::At)];
    prop_oneof![
        6 => (name(), texts(), expiry).prop_map(|(name, text, expiry)| Op::Set(name, text, expiry)),
        4 => name().prop_map(Op::Get),
        2 => (name(), texts()).prop_map(|(name, text)| Op::SetNx(name, text)),
        2 => (name(), texts()).prop_map(|(name, text)| Op::SetXx(name, text)),
        3 => (name(), texts()).prop_map(|(name, text)| Op::Append(name, text)),
        3 => (name(), 0..6_000usize, texts()).prop_map(|(name, offset, text)| Op::SetRange(name, offset, text)),
        2 => (name(), any::<i64>()).prop_map(|(name, by)| Op::Increment(name, by)),
        2 => name().prop_map(Op::Remove),
        3 => (name(), proptest::option::of(time())).prop_map(|(name, at)| Op::ExpireAt(name, at)),
        1 => name().prop_map(Op::Persist),
        1 => (name(), name()).prop_map(|(from, to)| Op::Move(from, to)),
        1 => (name(), name(), 0..DATABASES).prop_map(|(from, to, db)| Op::Copy(from, to, db)),
        1 => Just(Op::Random),
        1 => Just(Op::Scan),
        2 => (0..DATABASES).prop_map(Op::Select),
        1 => (0..DATABASES, 0..DATABASES).prop_map(|(a, b)| Op::Swap(a, b)),
        1 => Just(Op::Flush),
        1 => Just(Op::FlushAll),
        3 => (0..400u64).prop_map(Op::Advance),
        2 => (0..200u64).prop_map(Op::ExpireSlice),
        1 => (0..10usize).prop_map(Op::FreeSlice),
    ]
}

fn name(number: u8) -> Vec<u8> {
    // A short, a long and a very long name among them.
    let len = if number == 0 { 300 } else { usize::from(number) };
    format!("{number}:").into_bytes().into_iter().chain(std::iter::repeat_n(b'n', len)).collect()
}

/// The naive keyspace.
#[derive(Default)]
struct Oracle {
    dbs: [Naive; DATABASES],
    db: usize,
    now_ms: u64,
}

impl Oracle {
    /// The database without its expired keys.
    fn live(&mut self) -> &mut Naive {
        let now_ms = self.now_ms;
        let db = &mut self.dbs[self.db];
        db.retain(|_, (_, at)| at.is_none_or(|at| at >= now_ms));
        db
    }
}

fn naive_range(old: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut new = old.to_vec();
    if !bytes.is_empty() {
        new.resize(old.len().max(offset + bytes.len()), 0);
        new[offset..offset + bytes.len()].copy_from_slice(bytes);
    }
    new
}

fn apply(shard: &mut Shard, oracle: &mut Oracle, op: Op) {
    let now_ms = oracle.now_ms;
    match op {
        Op::Set(n, value, expiry) => {
            let name = name(n);
            shard.db(oracle.db).set(key(&name), StringValue::Text(&value), expiry);
            let old = oracle.live().get(&name).and_then(|(_, at)| *at);
            oracle.live().insert(name, (value, expiry.apply(old)));
        }
        Op::Get(n) => {
            let name = name(n);
            let before = *shard.stats();
            let found =
                shard.db(oracle.db).read(key(&name)).map(|item| (text(item.value()), item.expiry_ms()));
            assert_eq!(found, oracle.live().get(&name).cloned());
            let after = shard.stats();
            assert_eq!(after.keyspace_hits - before.keyspace_hits, u64::from(found.is_some()));
            assert_eq!(after.keyspace_misses - before.keyspace_misses, u64::from(found.is_none()));
        }
        Op::SetNx(n, value) => {
            let name = name(n);
            if let Entry::Vacant(place) = shard.db(oracle.db).entry(key(&name)) {
                place.insert(StringValue::Bytes(&value), None);
            }
            oracle.live().entry(name).or_insert((value, None));
        }
        Op::SetXx(n, value) => {
            let name = name(n);
            if let Entry::Occupied(mut found) = shard.db(oracle.db).entry(key(&name)) {
                found.set(StringValue::Text(&value), Expiry::Keep);
            }
            if let Some((old, _)) = oracle.live().get_mut(&name) {
                *old = value;
            }
        }
        Op::Append(n, value) => {
            let name = name(n);
            let len = shard.db(oracle.db).append(key(&name), &value);
            let (old, _) = oracle.live().entry(name).or_default();
            old.extend(value);
            assert_eq!(len, Ok(old.len()));
        }
        Op::SetRange(n, offset, value) => {
            let name = name(n);
            let len = match shard.db(oracle.db).entry(key(&name)) {
                Entry::Occupied(mut found) => found.set_range(offset, &value),
                Entry::Vacant(place) => place.set_range(offset, &value),
            };
            let live = oracle.live();
            let (old, at) = live.get(&name).cloned().unwrap_or_default();
            let new = naive_range(&old, offset, &value);
            assert_eq!(len, Ok(new.len()));
            if live.contains_key(&name) || !value.is_empty() {
                live.insert(name, (new, at));
            }
        }
        Op::Increment(n, by) => {
            let name = name(n);
            if let Entry::Occupied(mut found) = shard.db(oracle.db).entry(key(&name))
                && let Some(int) = found.value().as_int()
            {
                found.set(StringValue::Int(int.wrapping_add(by)), Expiry::Keep);
            }
            if let Some((old, _)) = oracle.live().get_mut(&name)
                && let Some(int) = base::num::parse_i64(old)
            {
                *old = int.wrapping_add(by).to_string().into_bytes();
            }
        }
        Op::Remove(n) => {
            let name = name(n);
            assert_eq!(shard.db(oracle.db).remove(key(&name)), oracle.live().remove(&name).is_some());
        }
        Op::ExpireAt(n, at) => {
            let name = name(n);
            let existed = shard.db(oracle.db).expire_at(key(&name), at);
            let found = oracle.live().get_mut(&name);
            assert_eq!(existed, found.is_some());
            if let Some((_, old)) = found {
                *old = at;
            }
        }
        Op::Persist(n) => {
            let name = name(n);
            let had = shard.db(oracle.db).persist(key(&name));
            assert_eq!(had, oracle.live().get_mut(&name).is_some_and(|(_, at)| at.take().is_some()));
        }
        Op::Move(from, to) => {
            let (from, to) = (name(from), name(to));
            let taken = shard.db(oracle.db).take(key(&from));
            let expected = oracle.live().remove(&from);
            assert_eq!(taken.as_ref().map(|v| (text(v.value()), v.expiry_ms())), expected);
            if let (Some(taken), Some(expected)) = (taken, expected) {
                shard.db(oracle.db).put(key(&to), taken);
                oracle.live().insert(to, expected);
            }
        }
        Op::Copy(from, to, db) => {
            let (from, to) = (name(from), name(to));
            let copy = shard.db(oracle.db).clone_value(key(&from));
            if let Some(copy) = copy {
                shard.db(db).put(key(&to), copy);
            }
            if let Some(copy) = oracle.live().get(&from).cloned() {
                oracle.dbs[db].insert(to, copy);
            }
        }
        Op::Random => {
            let random = shard.db(oracle.db).random_key();
            match random {
                Some(name) => assert!(oracle.live().contains_key(&name)),
                None => assert!(oracle.live().is_empty()),
            }
        }
        Op::Scan => {
            let (mut seen, mut cursor) = (BTreeMap::new(), 0);
            let mut visit = |item: Item<'_>| {
                assert!(seen.insert(item.key().to_vec(), (text(item.value()), item.expiry_ms())).is_none());
            };
            loop {
                cursor = shard.db(oracle.db).scan(cursor, &mut visit);
                if cursor == 0 {
                    break;
                }
            }
            assert_eq!(seen, oracle.live().clone().into_iter().collect());
        }
        Op::Select(db) => oracle.db = db,
        Op::Swap(a, b) => {
            shard.swap(a, b);
            oracle.dbs.swap(a, b);
        }
        Op::Flush => {
            shard.flush(oracle.db);
            oracle.dbs[oracle.db].clear();
        }
        Op::FlushAll => {
            shard.flush_all();
            oracle.dbs = Default::default();
        }
        Op::Advance(ms) => {
            oracle.now_ms += ms;
            shard.set_now(oracle.now_ms);
            shard.set_now(now_ms);
            assert_eq!(shard.now_ms(), oracle.now_ms);
        }
        Op::ExpireSlice(budget_us) => {
            let progress = shard.expire_slice(budget_us);
            assert_eq!(progress.next_ms, shard.expire_due_ms());
        }
        Op::FreeSlice(records) => {
            let more = shard.free_slice(records);
            assert_eq!(more, shard.has_garbage());
        }
    }
}

/// Recounts what the shard has on its books.
fn check_books(shard: &mut Shard, oracle: &mut Oracle) {
    let mut expected = 0;
    for db in 0..DATABASES {
        oracle.db = db;
        let live = oracle.live().clone();
        let database = shard.db(db);
        let (mut len, mut expires, mut sum) = (0, 0, 0u128);
        database.database.table.for_each(|record, marked| {
            assert_eq!(marked, record.word().is_some());
            len += 1;
            expires += usize::from(marked);
            sum += u128::from(record.word().unwrap_or(0));
            expected += crate::value::footprint(record.view());
        });
        assert_eq!(*database.database.deadlines.sizes, crate::sizes::recount(&database.database.table));
        let mut seen = BTreeMap::new();
        database.for_each(|item| assert!(seen.insert(item.key().to_vec(), text(item.value())).is_none()));
        let (now_ms, present) = (database.now_ms(), (database.len(), database.expires_len()));
        expected += database.database.table.memory_bytes();
        drop(database);
        assert_eq!(present, (len, expires));
        assert!(len >= live.len());
        assert_eq!(seen, live.into_iter().map(|(name, (value, _))| (name, value)).collect());
        let info = shard.db_info(db);
        let mean = sum.checked_div(expires as u128).unwrap_or(0) as u64;
        assert_eq!((info.keys, info.expires, info.avg_ttl_ms), (len, expires, mean.saturating_sub(now_ms)));
    }
    while shard.free_slice(5) {}
    assert_eq!(shard.used_bytes(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn equals_the_naive_keyspace(ops in proptest::collection::vec(ops(), 0..150)) {
        let (mut shard, mut oracle) = (shard(), Oracle { now_ms: 1_000, ..Oracle::default() });
        for op in ops {
            apply(&mut shard, &mut oracle, op);
        }
        check_books(&mut shard, &mut oracle);
        // Long after the last expiry, the sweep alone must have found every expired key.
        let end = oracle.now_ms + 10_000;
        shard.set_now(end);
        oracle.now_ms = end;
        while shard.expire_due_ms().is_some_and(|due| due <= shard.now_ms()) {
            shard.expire_slice(100);
        }
        prop_assert_eq!(shard.expire_due_ms(), None);
        for db in 0..DATABASES {
            oracle.db = db;
            prop_assert_eq!(shard.db_info(db).keys, oracle.live().len());
            prop_assert_eq!(shard.db_info(db).expires, 0);
        }
        shard.flush_all();
        while shard.free_slice(3) {}
        prop_assert_eq!(shard.used_bytes(), 0);
    }
}

#[test]
fn encodings_are_those_of_redis() {
    let mut shard = shard();
    let mut check = |value: StringValue<'_>, append: &[u8], encoding: &str| {
        let mut db = shard.db(0);
        db.set(key(b"k"), value, Expiry::Clear);
        if !append.is_empty() {
            db.append(key(b"k"), append).unwrap();
        }
        assert_eq!(db.peek(key(b"k")).map(Item::encoding), Some(encoding), "{value:?} + {append:?}");
    };
    check(StringValue::Text(b"12"), b"", "int");
    check(StringValue::Text(b"-9223372036854775808"), b"", "int");
    check(StringValue::Text(b"9223372036854775808"), b"", "embstr");
    check(StringValue::Text(b"012"), b"", "embstr");
    check(StringValue::Text(b"-0"), b"", "embstr");
    check(StringValue::Text(b""), b"", "embstr");
    check(StringValue::Bytes(b"12"), b"", "embstr");
    check(StringValue::Text(&[b'a'; 40]), b"", "embstr");
    check(StringValue::Text(&[b'a'; 41]), b"", "raw");
    check(StringValue::Text(b"ab"), b"c", "raw");
    check(StringValue::Text(b"12"), b"3", "raw");
    check(StringValue::Text(&[b'a'; 5000]), b"c", "raw");
}

#[test]
fn encoding_moves_with_the_value() {
    let mut shard = shard();
    shard.db(0).append(key(b"a"), b"ab").unwrap();
    shard.db(0).append(key(b"a"), b"c").unwrap();
    let value = shard.db(0).take(key(b"a")).unwrap();
    shard.db(1).put(key(b"b"), value.with_expiry(Some(5_000)));
    let mut db = shard.db(1);
    let item = db.peek(key(b"b")).unwrap();
    assert_eq!((item.encoding(), item.expiry_ms(), item.value()), ("raw", Some(5_000), Value::Bytes(b"abc")));
    assert_eq!(OwnedValue::string(StringValue::Text(b"7")).value(), Value::Int(7));
}

#[test]
fn text_length_of_integers() {
    for int in [0, 9, 10, -1, -10, 99_999, i64::MAX, i64::MIN] {
        assert_eq!(Value::Int(int).text_len(), int.to_string().len());
    }
}

#[test]
fn hostile_sizes_change_nothing() {
    let mut shard = shard();
    let mut db = shard.db(0);
    db.set(key(b"k"), StringValue::Text(b"v"), Expiry::Clear);
    for offset in [usize::MAX, usize::MAX - 1, usize::MAX / 2, u32::MAX as usize] {
        let Entry::Occupied(mut found) = db.entry(key(b"k")) else { panic!("it was just set") };
        assert_eq!(found.set_range(offset, b"x"), Err(TooLong));
        assert_eq!(found.into_item().value(), Value::Bytes(b"v"));
        let Entry::Vacant(place) = db.entry(key(b"absent")) else { panic!("it never was") };
        assert_eq!(place.set_range(offset, b"x"), Err(TooLong));
    }
    assert_eq!(db.len(), 1);
    // Times beyond any calendar.
    db.set(key(b"k"), StringValue::Text(b"v"), Expiry::At(u64::MAX));
    assert_eq!(db.peek(key(b"k")).and_then(Item::expiry_ms), Some(u64::MAX));
    drop(db);
    assert_eq!(shard.expire_slice(100).next_ms, Some(u64::MAX));
    shard.set_now(u64::MAX);
    assert_eq!(shard.db_info(0).avg_ttl_ms, 0);
    assert_eq!(shard.expire_slice(100).removed, 0);
    // A database that does not exist.
    assert!(shard.db(usize::MAX).is_empty());
    assert_eq!(shard.databases_used(), 16);
}

#[test]
fn appending_is_amortised() {
    let mut shard = shard();
    let (mut moves, mut last) = (0, 0);
    for _ in 0..20_000 {
        shard.db(0).append(key(b"k"), &[b'x'; 1000]).unwrap();
        moves += usize::from(shard.used_bytes() != last);
        last = shard.used_bytes();
    }
    assert!(moves < 60, "{moves} reallocations");
    assert!(last < 20_000_000 * 5 / 4 + 300_000, "{last} bytes");
}

#[test]
fn flushing_is_done_in_slices() {
    let mut shard = shard();
    for i in 0..10_000 {
        shard.db(0).set(key(format!("k{i}").as_bytes()), StringValue::Int(i), Expiry::At(2_000));
    }
    let used = shard.used_bytes();
    assert_eq!(shard.flush(0), 10_000);
    assert_eq!((shard.db_info(0).keys, shard.expire_due_ms().is_some()), (0, true));
    assert!(shard.used_bytes() > used * 9 / 10);
    let mut slices = 0;
    while shard.has_garbage() {
        shard.free_slice(100);
        slices += 1;
    }
    assert!((90..=110).contains(&slices), "{slices} slices");
    assert_eq!(shard.used_bytes(), 0);
    shard.set_now(3_000);
    assert_eq!(shard.expire_slice(100).next_ms, None);
}

#[test]
fn a_shard_holds_its_slots_only() {
    let options = ShardOptions { shard: 1, shards: 3, databases: 1, hasher: hasher(), seed: 7 };
    let mut shard = Shard::new(options);
    let slots: BTreeSet<u16> = base::slots_of_shard(1, 3).collect();
    let names = (0..300).map(|i| i.to_string().into_bytes()).filter(|name| slots.contains(&key(name).slot));
    let names: Vec<_> = names.collect();
    for name in &names {
        shard.db(0).set(key(name), StringValue::Text(name), Expiry::Clear);
    }
    assert_eq!(shard.db(0).len(), names.len());
    let slot = key(&names[0]).slot;
    assert!(shard.db(0).slot_len(slot) >= 1);
}
