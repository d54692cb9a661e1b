//! Tests of the keyspace table: properties against a naive oracle, and what the design promises.
//!
//! Under Miri, where it can be had: `MIRIFLAGS=-Zmiri-permissive-provenance cargo +nightly miri test -p ds`.
//! (Pointers are packed into six bytes with exposed provenance, which strict provenance does not allow.)
#![allow(unsafe_code)]

use super::*;
use std::cell::Cell;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use proptest::prelude::*;

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

    fn set(&mut self, value: u64) {
        // SAFETY: the record owns it, and is borrowed exclusively.
        unsafe { self.0.as_mut() }.value = value;
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

/// Everything that must hold of a table between two operations.
fn check(table: &Table<Rec, Hasher>) {
    let (mut len, mut marked, mut bytes) = (0, 0, 0);
    let mut groups = vec![(0, 0); table.groups.len()];
    for (index, part) in table.parts.iter().enumerate() {
        let mut part_len = 0;
        for segment in part.segments() {
            let before = part_len;
            for bucket in segment.buckets() {
                for (lane, record) in bucket.records(bucket.occupied()) {
                    // SAFETY: the table owns it.
                    let record = unsafe { RecordRef::<Rec>::new(record, bucket.marked(lane)) };
                    let found =
                        table.get(table.first + index as u16, table.hasher.hash(record.key()), record.key());
                    let found = found.expect("every record is found by its key");
                    assert_eq!(found.0, record.0);
                    assert_eq!(found.marked(), record.marked());
                    part_len += 1;
                    marked += usize::from(record.marked());
                    groups[index / GROUP_SLOTS].1 += usize::from(record.marked());
                }
            }
            assert_eq!(part_len - before, segment.len());
            assert!(segment.len() <= segment.class().capacity());
            bytes += segment.bytes();
        }
        if let Part::Directory(directory) = part {
            bytes += directory.bytes();
            directory.check();
        }
        assert_eq!(part.len(), part_len);
        groups[index / GROUP_SLOTS].0 += part_len;
        len += part_len;
    }
    assert_eq!((table.len(), table.marked_len()), (len, marked));
    assert!(groups.iter().copied().eq(table.groups.iter().map(|group| (group.len, group.marked))));
    let headers = table.parts.capacity() * size_of::<Part>() + table.groups.capacity() * size_of::<Group>();
    assert_eq!(table.memory_bytes(), bytes + headers);
}

#[derive(Clone, Debug)]
enum Op {
    Put(u64, bool),
    Update(u64),
    Mutate(u64),
    Mark(u64, bool),
    Remove(u64),
    Sweep(usize, u64),
    TakeSlot(u16, usize),
    Clear(usize),
    Scan,
    Sample(u64),
}

const KEYS: u64 = 500;
const FIRST: u16 = 100;
const SLOTS: u16 = 3;

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let n = || 0..KEYS;
    let op = prop_oneof![
        400 => (n(), any::<bool>()).prop_map(|(n, marked)| Op::Put(n, marked)),
        20 => n().prop_map(Op::Update),
        20 => n().prop_map(Op::Mutate),
        20 => (n(), any::<bool>()).prop_map(|(n, marked)| Op::Mark(n, marked)),
        200 => n().prop_map(Op::Remove),
        5 => (1usize..40, 1u64..5).prop_map(|(steps, every)| Op::Sweep(steps, every)),
        1 => (FIRST..FIRST + SLOTS, 1usize..300).prop_map(|(slot, max)| Op::TakeSlot(slot, max)),
        1 => (1usize..200).prop_map(Op::Clear),
        2 => Just(Op::Scan),
        10 => any::<u64>().prop_map(Op::Sample),
    ];
    proptest::collection::vec(op, 1..1500)
}

fn hashers() -> impl Strategy<Value = Hasher> {
    prop_oneof![
        4 => Just(Hasher::Good),
        1 => Just(Hasher::Constant),
        1 => Just(Hasher::SamePosition),
        1 => Just(Hasher::LongPrefix),
        1 => Just(Hasher::SameTag),
    ]
}

fn slot_of(n: u64) -> u16 {
    FIRST + (n % u64::from(SLOTS)) as u16
}

/// Scans from beginning to end, with what the caller does between two calls.
fn scan_all(
    table: &mut Table<Rec, Hasher>,
    mut between: impl FnMut(&mut Table<Rec, Hasher>, u64),
) -> HashMap<Vec<u8>, (usize, bool)> {
    let (mut cursor, mut seen) = (0, HashMap::new());
    loop {
        let next = table.scan(cursor, |record, marked| {
            let entry = seen.entry(record.key().to_vec()).or_insert((0, marked));
            *entry = (entry.0 + 1, marked);
        });
        assert!(next == 0 || next > cursor, "a cursor goes forward");
        assert!(next < 1 << 53);
        if next == 0 {
            return seen;
        }
        cursor = next;
        between(table, cursor);
    }
}

/// Applies one operation to the table and to the oracle (value and mark by key), and compares.
fn apply(
    op: &Op,
    table: &mut Table<Rec, Hasher>,
    oracle: &mut HashMap<u64, (u64, bool)>,
    sweep: &mut SweepCursor,
    alive: &Rc<Cell<isize>>,
) {
    let hasher = table.hasher;
    let find = |n: u64| (slot_of(n), hasher.hash(&key(n)), key(n));
    let number =
        |record: &Rec| String::from_utf8_lossy(&record.key()[4..]).parse::<u64>().expect("a test key");
    match *op {
        Op::Put(n, marked) => {
            let (slot, hash, key) = find(n);
            table.prefetch(slot, hash);
            table.prefetch_record(slot, hash);
            let value = oracle.get(&n).map_or(n, |(value, _)| value + 1);
            let was = match table.entry(slot, hash, &key) {
                Entry::Occupied(mut occupied) => {
                    let old = occupied.replace(Rec::new(&key, value, alive));
                    let was = (old.value(), occupied.marked());
                    occupied.set_marked(marked);
                    assert_eq!(occupied.record().value(), value);
                    Some(was)
                }
                Entry::Vacant(vacant) => {
                    let entry = vacant.insert_entry(Rec::new(&key, value, alive), marked);
                    assert_eq!((entry.record().value(), entry.marked()), (value, marked));
                    None
                }
            };
            assert_eq!(was, oracle.insert(n, (value, marked)));
        }
        Op::Update(n) => {
            let (slot, hash, key) = find(n);
            let found = table.find(slot, hash, &key);
            assert_eq!(found.is_some(), oracle.contains_key(&n));
            if let (Some(mut found), Some((value, _))) = (found, oracle.get_mut(&n)) {
                found.update(|old| Rec::new(old.key(), old.value() + 7, alive));
                *value += 7;
            }
        }
        Op::Mutate(n) => {
            let (slot, hash, key) = find(n);
            if let (Some(mut found), Some((value, _))) = (table.find(slot, hash, &key), oracle.get_mut(&n)) {
                let next = found.record().value() + 3;
                found.record_mut().set(next);
                if n % 3 == 0 {
                    *found.record_mut() = Rec::new(&key, next, alive);
                }
                *value += 3;
            }
        }
        Op::Mark(n, marked) => {
            let (slot, hash, key) = find(n);
            if let (Some(mut found), Some(entry)) = (table.find(slot, hash, &key), oracle.get_mut(&n)) {
                found.set_marked(marked);
                entry.1 = marked;
            }
        }
        Op::Remove(n) => {
            let (slot, hash, key) = find(n);
            let removed = table.remove(slot, hash, &key).map(|record| record.value());
            assert_eq!(removed, oracle.remove(&n).map(|(value, _)| value));
        }
        Op::Sweep(steps, every) => {
            let mut gone = Vec::new();
            let stats = table.sweep(
                sweep,
                steps,
                |record| record.value() % every == 0,
                |record| gone.push((number(&record), record.value())),
            );
            assert_eq!(stats.removed, gone.len());
            for (n, value) in gone {
                assert_eq!(oracle.remove(&n), Some((value, true)));
            }
        }
        Op::TakeSlot(slot, max) => {
            let mut gone = 0;
            let empty = table.take_slot(slot, max, |record| {
                gone += 1;
                assert!(oracle.remove(&number(&record)).is_some());
            });
            assert!(gone < max + 8);
            assert_eq!(empty, oracle.keys().all(|&n| slot_of(n) != slot));
        }
        Op::Clear(max) => {
            let mut gone = 0;
            let empty = table.clear_step(max, |record| {
                gone += 1;
                assert!(oracle.remove(&number(&record)).is_some());
            });
            assert!(gone < max + 8);
            assert_eq!(empty, oracle.is_empty());
        }
        Op::Scan => {
            let seen = scan_all(table, |_, _| {});
            assert_eq!(seen.len(), oracle.len());
            for (n, (_, marked)) in oracle.iter() {
                assert_eq!(seen.get(&key(*n)), Some(&(1, *marked)));
            }
        }
        Op::Sample(seed) => {
            let mut state = seed;
            match table.sample(&mut || next_random(&mut state)) {
                None => assert!(oracle.is_empty()),
                Some(found) => {
                    assert_eq!(oracle.get(&number(&found)), Some(&(found.value(), found.marked())))
                }
            }
        }
    }
}

/// A sequence of well-mixed numbers (splitmix64).
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

proptest! {
    #![proptest_config(if cfg!(miri) { ProptestConfig::with_cases(4) } else { ProptestConfig::default() })]

    #[test]
    fn behaves_like_a_hash_map(ops in ops(), hasher in hashers(), buckets_max in 1usize..6) {
        let alive = Rc::new(Cell::new(0));
        let mut table = Table::with_segment_buckets_max(FIRST, SLOTS, hasher, buckets_max);
        let (mut oracle, mut sweep) = (HashMap::new(), SweepCursor::default());
        for (step, op) in ops.iter().enumerate() {
            apply(op, &mut table, &mut oracle, &mut sweep, &alive);
            assert_eq!(table.len(), oracle.len());
            assert_eq!(alive.get(), oracle.len() as isize);
            if step % 32 == 0 {
                check(&table);
            }
        }
        check(&table);
        drop(table);
        assert_eq!(alive.get(), 0);
    }

    #[test]
    fn any_cursor_is_fine(cursor in any::<u64>(), n in 0u64..200) {
        let alive = Rc::new(Cell::new(0));
        let mut table = Table::with_segment_buckets_max(FIRST, SLOTS, Hasher::Good, 2);
        for n in 0..n {
            put(&mut table, slot_of(n), n, &alive);
        }
        for cursor in [cursor, cursor >> 8, cursor >> 16, u64::MAX] {
            let next = table.scan(cursor, |_, _| {});
            assert!(next == 0 || next > cursor);
            table.segment_at(cursor).inspect(|segment| assert!(!segment.is_empty()));
            table.stamp_segment(cursor);
        }
    }
}

/// Keys that stay are seen exactly once while others come and go between the calls, through all growing, splitting,
/// merging and shrinking.
#[test]
fn scan_is_exact_under_change() {
    let alive = Rc::new(Cell::new(0));
    for (growing, buckets_max) in [(true, 2), (true, 256), (false, 2), (false, 256)] {
        let mut table = Table::with_segment_buckets_max(FIRST, SLOTS, Hasher::Good, buckets_max);
        let staying = 0..500;
        for n in staying.clone() {
            put(&mut table, slot_of(n), n, &alive);
        }
        let others = if cfg!(miri) { 1000..2000 } else { 1000..20_000 };
        if !growing {
            for n in others.clone() {
                put(&mut table, slot_of(n), n, &alive);
            }
        }
        let mut others = others;
        let seen = scan_all(&mut table, |table, _| {
            for n in others.by_ref().take(60) {
                if growing {
                    put(table, slot_of(n), n, &alive);
                } else {
                    assert!(take(table, slot_of(n), n).is_some());
                }
            }
        });
        check(&table);
        for n in staying {
            assert_eq!(seen.get(&key(n)).map(|seen| seen.0), Some(1), "{n}, growing: {growing}");
        }
        assert!(seen.values().all(|(times, _)| *times == 1));
        assert!(others.next().is_none() || others.start > 2000, "the table changed during the scan");
    }
}

#[test]
fn scan_of_a_nearly_empty_table_is_short() {
    let alive = Rc::new(Cell::new(0));
    let mut table = Table::new(0, 16384, Hasher::Good);
    assert_eq!(table.scan(0, |_, _| panic!("empty")), 0);
    assert_eq!(table.memory_bytes(), 0);
    for n in 0..5 {
        put(&mut table, (n * 3000) as u16, n, &alive);
    }
    let mut calls = 0;
    let seen = scan_all(&mut table, |_, _| calls += 1);
    assert_eq!(seen.len(), 5);
    assert!(calls <= 10, "{calls} calls");
}

#[test]
fn directories_come_and_go() {
    let alive = Rc::new(Cell::new(0));
    let mut table = Table::with_segment_buckets_max(0, 1, Hasher::Good, 4);
    let n_max = if cfg!(miri) { 300 } else { 20_000 };
    for n in 0..n_max {
        put(&mut table, 0, n, &alive);
    }
    assert!(
        matches!(&table.parts[0], Part::Directory(directory) if directory.nodes().len() > n_max as usize / 40)
    );
    let per_record = table.memory_bytes() as f64 / n_max as f64;
    assert!(per_record < 16.0, "{per_record}");
    check(&table);
    for n in 5..n_max {
        assert!(take(&mut table, 0, n).is_some());
    }
    check(&table);
    assert!(matches!(table.parts[0], Part::Segment(_)));
    assert!(table.memory_bytes() < 200, "{}", table.memory_bytes());
}

/// Colliding hashes: no endless loop, no endless directory, and every record is found.
#[test]
fn collisions_only_cost_time() {
    let alive = Rc::new(Cell::new(0));
    for hasher in [Hasher::Constant, Hasher::SamePosition, Hasher::LongPrefix] {
        let mut table = Table::with_segment_buckets_max(0, 1, hasher, 4);
        let n_max = if cfg!(miri) { 100 } else { 3000 };
        for n in 0..n_max {
            put(&mut table, 0, n, &alive);
        }
        assert!(table.memory_bytes() < 16 * n_max as usize + 1000, "{hasher:?}: {}", table.memory_bytes());
        check(&table);
        let mut seen = scan_all(&mut table, |_, _| {});
        assert_eq!(seen.len(), n_max as usize);
        assert!(seen.drain().all(|(_, (times, _))| times == 1));
    }
}

#[test]
fn slots_are_counted_listed_and_taken() {
    let alive = Rc::new(Cell::new(0));
    let mut table = Table::new(FIRST, SLOTS, Hasher::Good);
    for n in 0..3000 {
        put(&mut table, slot_of(n), n, &alive);
    }
    assert_eq!((table.slot_len(FIRST), table.slot_len(FIRST + SLOTS), table.slot_len(0)), (1000, 0, 0));
    let mut listed = 0;
    table.for_each_in_slot(FIRST, |_, _| {
        listed += 1;
        if listed == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(listed, 10);
    let mut steps = 0;
    while !table.take_slot(FIRST, 100, drop) {
        steps += 1;
    }
    assert!((9..=10).contains(&steps), "{steps}");
    assert_eq!((table.len(), alive.get()), (2000, 2000));
    check(&table);
}

#[test]
fn sweep_sees_all_marked_records_in_a_round() {
    let alive = Rc::new(Cell::new(0));
    let mut table = Table::with_segment_buckets_max(0, 1000, Hasher::Good, 4);
    for n in 0..5000 {
        put(&mut table, (n % 500) as u16, n, &alive);
        if n % 10 == 0 {
            let key = key(n);
            table.find((n % 500) as u16, Hasher::Good.hash(&key), &key).expect("was put").set_marked(true);
        }
    }
    let (mut cursor, mut marked, mut removed) = (SweepCursor::default(), 0, 0);
    loop {
        let stats = table.sweep(&mut cursor, 100, |record| record.value() % 20 == 0, drop);
        assert!(stats.visited <= 100);
        marked += stats.marked;
        removed += stats.removed;
        if stats.wrapped {
            break;
        }
    }
    assert_eq!((removed, table.marked_len(), table.len()), (250, 250, 4750));
    assert!((500..600).contains(&marked), "{marked}");
    check(&table);
}

/// Pearson's test over the records of slots filled very unevenly, one of them a directory.
#[test]
fn samples_are_uniform() {
    let alive = Rc::new(Cell::new(0));
    let mut table = Table::with_segment_buckets_max(0, 1000, Hasher::Good, 4);
    let records = 400;
    for n in 0..records {
        let slot = if n < 300 {
            7
        } else if n < 330 {
            300
        } else {
            n as u16 * 2
        };
        put(&mut table, slot, n, &alive);
    }
    let draws = if cfg!(miri) { 1000 } else { 400_000 };
    let (mut state, mut hits) = (42, vec![0u64; records as usize]);
    for _ in 0..draws {
        let found = table.sample(&mut || next_random(&mut state)).expect("not empty");
        hits[found.value() as usize] += 1;
    }
    let expected = draws as f64 / records as f64;
    let chi_square: f64 = hits.iter().map(|&hit| (hit as f64 - expected).powi(2) / expected).sum();
    // 399 degrees of freedom: mean 399, deviation 28.2. The seed is fixed, so this cannot fail by chance.
    assert!(chi_square < 399.0 + 4.0 * 28.3, "{chi_square}");
}

/// A handle that is forgotten while it has its record on loan leaks that record and harms nothing else.
#[test]
#[cfg_attr(miri, ignore = "leaks on purpose")]
fn forgotten_handles_only_leak() {
    let alive = Rc::new(Cell::new(0));
    for rounds in [40, 400] {
        let mut table = Table::with_segment_buckets_max(0, 2, Hasher::Good, 4);
        for n in 0..rounds {
            put(&mut table, 0, n, &alive);
            let key = key(n);
            let mut found = table.find(0, Hasher::Good.hash(&key), &key).expect("was put");
            if n % 4 == 0 {
                *found.record_mut() = Rec::new(b"other", 0, &alive);
                std::mem::forget(found);
            }
        }
        for n in 0..rounds {
            assert_eq!(take(&mut table, 0, n).is_some(), n % 4 != 0);
        }
        while !table.clear_step(16, drop) {}
        assert_eq!((table.len(), table.memory_bytes()), (0, 0));
    }
    assert_eq!(alive.get(), 110);
}

#[test]
fn a_panic_in_update_removes_the_entry() {
    let alive = Rc::new(Cell::new(0));
    let mut table = Table::new(0, 1, Hasher::Good);
    for n in 0..10 {
        put(&mut table, 0, n, &alive);
    }
    let hash = Hasher::Good.hash(&key(3));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        table.find(0, hash, &key(3)).expect("was put").update(|_| panic!("on purpose"));
    }));
    assert!(result.is_err() && table.get(0, hash, &key(3)).is_none());
    assert_eq!(alive.get(), 9);
    check(&table);
}

/// A snapshot by versions holds exactly what the table held at the cut, whatever happens while it is taken.
#[test]
fn versions_make_a_consistent_snapshot() {
    type Image = HashMap<Vec<u8>, u64>;
    fn save(segment: &SegmentRef<'_, Rec, Hasher>, image: &mut Image) {
        segment.for_each_left(|record| save_one(record, image));
    }
    fn save_one(record: &Rec, image: &mut Image) {
        assert!(image.insert(record.key().to_vec(), record.value()).is_none(), "saved twice");
    }
    let alive = Rc::new(Cell::new(0));
    let (mut random, keys) = (7, 3000);
    let mut table: Table<Rec, Hasher> = Table::with_segment_buckets_max(FIRST, SLOTS, Hasher::Good, 4);
    let rounds: u32 = if cfg!(miri) { 2 } else { 12 };
    for epoch in 1..=rounds {
        table.set_epoch(epoch);
        let (mut cut, mut image) = (Image::new(), Image::new());
        table.for_each(|record, _| {
            cut.insert(record.key().to_vec(), record.value());
        });
        let mut cursor = 0;
        // Some rounds grow the table, some shrink it.
        let odds = if epoch % 3 == 0 { 2 } else { 7 };
        while let Some(segment) = table.segment_at(cursor) {
            let (start, next) = (segment.start(), segment.next());
            assert!(next == 0 || next > start);
            if segment.version() != epoch {
                save(&segment, &mut image);
                table.stamp_segment(start);
            }
            for _ in 0..20 {
                let n = next_random(&mut random) % keys;
                let (slot, key) = (slot_of(n), key(n));
                let hash = Hasher::Good.hash(&key);
                if let Some(mut found) = table.find(slot, hash, &key)
                    && found.pass()
                {
                    save_one(found.record(), &mut image);
                }
                if next_random(&mut random) % 10 < odds {
                    match table.entry(slot, hash, &key) {
                        Entry::Occupied(mut found) => found.record_mut().set(u64::from(epoch) << 32 | n),
                        Entry::Vacant(vacant) => vacant.insert(Rec::new(&key, n, &alive), false),
                    }
                } else if let Some(found) = table.find(slot, hash, &key) {
                    found.remove();
                }
            }
            if next == 0 {
                break;
            }
            cursor = next;
        }
        assert_eq!(image, cut, "epoch {epoch}");
        check(&table);
    }
}

/// A record of eight bytes that lies in somebody else's array: the cheapest there is.
struct Number(NonNull<u8>);

impl Record for Number {
    fn into_raw(self) -> NonNull<u8> {
        self.0
    }

    unsafe fn from_raw(p: NonNull<u8>) -> Self {
        Number(p)
    }

    fn key(&self) -> &[u8] {
        // SAFETY: the array outlives the table.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr(), 8) }
    }
}

/// Twelve bytes of table per record at the average fill, headers of all 16,384 slots included.
#[test]
#[cfg_attr(miri, ignore = "too many records")]
fn twelve_bytes_per_record() {
    let mut numbers: Vec<u64> = (0..1_600_000).collect();
    let mut table = Table::<Number, Hasher>::new(0, 16384, Hasher::Good);
    let (mut sum, mut samples, mut next_sample) = (0.0, 0.0, 800_000.0f64);
    for (n, number) in numbers.iter_mut().enumerate() {
        let key = number.to_ne_bytes();
        let hash = Hasher::Good.hash(&key);
        let slot = (next_random(&mut (n as u64)) >> 50) as u16;
        let Entry::Vacant(vacant) = table.entry(slot, hash, &key) else { panic!("there already") };
        vacant.insert(Number(NonNull::from(number).cast()), false);
        if table.len() as f64 >= next_sample {
            sum += table.memory_bytes() as f64 / table.len() as f64;
            samples += 1.0;
            next_sample *= 1.02;
        }
    }
    // One doubling, in even steps of the logarithm, is the average over all fills.
    let average = sum / samples;
    assert!(average <= 12.0, "{average}");
}
