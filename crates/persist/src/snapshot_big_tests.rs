//! Streams, hashes of expiring fields and arrays that are written slice by slice while they change at random: what comes back is what
//! there was at the cut.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::Rng;
use ds::stream::{Pending, References, Stream, StreamId, Trim, TrimTo};
use store::{Draft, FieldExpiry, Kind, SliceEnd, Value};

use super::tests::{MemoryFiles, at_once, target};
use super::{Jobs, write};
use crate::load::tests::{load, shards};

/// Everything that a value says of itself, whatever it looks like inside.
fn described(value: Value<'_>) -> String {
    let mut lines = Vec::new();
    if let Ok(stream) = value.as_stream() {
        describe_stream(stream, &mut lines);
    } else if let Ok(array) = value.as_array() {
        lines.push(format!("{} {:?}", array.count(), array.last_insert()));
        array.visit(0, ds::array::INDEX_MAX, |index, item| {
            lines.push(format!("{index} {}", item.to_vec().escape_ascii()));
            true
        });
    } else if let Ok(hash) = value.as_hash(0) {
        lines.extend(hash.iter().map(|field| format!("{field:?}")));
        lines.sort();
    }
    lines.join("\n")
}

fn describe_stream(stream: &Stream, lines: &mut Vec<String>) {
    let ids = (stream.first_id(), stream.last_id(), stream.max_deleted_id());
    lines.push(format!("{} {} {ids:?}", stream.len(), stream.entries_added()));
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        let mut texts = Vec::new();
        entry.for_each(|text| texts.push(text.to_vec().escape_ascii().to_string()));
        lines.push(format!("{:?} {texts:?}", entry.id));
    }
    for group in stream.groups().iter() {
        let name = group.name().escape_ascii();
        lines.push(format!("group {name} {:?} {:?}", group.last_id(), group.entries_read()));
        for (id, state) in group.pending().iter() {
            let owner = state.consumer.and_then(|number| group.consumer(number));
            let owner = owner.map_or(&b"nobody"[..], |owner| owner.name()).escape_ascii();
            lines.push(format!("{id:?} {owner} {} {}", state.delivered_ms, state.count));
        }
        for (_, consumer) in group.consumers() {
            let pending: Vec<_> = consumer.pending_from(StreamId::MIN).collect();
            let name = consumer.name().escape_ascii();
            lines.push(format!("{name} {} {} {pending:?}", consumer.seen_ms, consumer.active_ms));
        }
    }
    if let Some(producers) = stream.producers() {
        lines.push(format!("{} {}", producers.added(), producers.duplicates()));
        for rank in 0..producers.producers() {
            if let Some(producer) = producers.at(rank) {
                let names: Vec<_> = producer.names().collect();
                lines.push(format!("{} {names:?}", producer.name().escape_ascii()));
            }
        }
    }
}

/// Something short, a number, or something long.
fn some_text(rng: &mut Rng) -> Vec<u8> {
    match rng.below(40) {
        0 => vec![b'l'; 300 + rng.below(2000) as usize],
        1..10 => rng.below(100_000).to_string().into_bytes(),
        _ => format!("text {}", rng.below(1_000_000_000)).into_bytes(),
    }
}

fn some_id(rng: &mut Rng, stream: &Stream) -> StreamId {
    let (first, last) = (stream.first_id().ms, stream.last_id().ms);
    StreamId::new(first + rng.below(last.saturating_sub(first) + 2), rng.below(3))
}

fn change_stream(draft: &mut Draft<'_>, rng: &mut Rng, with_nobody: bool) {
    let limits = draft.limits.stream_chunk();
    let mut draft = draft.as_stream();
    draft.create();
    draft.changed(1);
    let Some(stream) = draft.get() else { return };
    let id = some_id(rng, stream);
    let (group, consumer) = (vec![b'g', rng.below(3) as u8], format!("consumer {}", rng.below(9)));
    match rng.below(100) {
        0..45 => {
            let next = StreamId::new(stream.last_id().ms + rng.below(3), 1 + rng.below(3));
            let (value, other) = (some_text(rng), some_text(rng));
            let fields = [&b"name"[..], &value, &b"other"[..], &other];
            let count = if rng.one_in(9) { 2 } else { 4 };
            stream.append(next, fields[..count].iter().copied(), limits);
        }
        45..52 => _ = stream.delete(id),
        52 if rng.one_in(8) => {
            let references =
                [References::Keep, References::Delete, References::Respect][rng.below(3) as usize];
            let keep = stream.len() as u64 - stream.len() as u64 / (4 + rng.below(30));
            let to = if rng.one_in(2) { TrimTo::Len(keep) } else { TrimTo::Id(id) };
            if to != TrimTo::Id(id) || rng.one_in(9) {
                _ = stream.trim(Trim { to, approximate: rng.one_in(2), limit: 0, references });
            }
        }
        53 => {
            stream.groups_mut().add(&group, id, rng.one_in(2).then_some(7));
        }
        54 if rng.one_in(20) => _ = stream.remove_group(&group),
        55 => _ = stream.groups_mut().edit(&group, |group| group.set_last_id(id, Some(rng.below(50)))),
        56 => {
            let producer = format!("producer {}", rng.below(30));
            let name = some_text(rng);
            if stream.producers().is_some() || with_nobody {
                stream.producers_mut().note(producer.as_bytes(), &name, id, id.ms);
            }
        }
        57 if rng.one_in(9) => {
            stream.groups_mut().edit(&group, |group| {
                group.find_consumer(consumer.as_bytes()).map(|number| group.remove_consumer(number))
            });
        }
        58..65 => {
            _ = stream.groups_mut().edit(&group, |group| group.deliver_again(id, rng.below(999) as i64))
        }
        65..75 => _ = stream.groups_mut().edit(&group, |group| group.acknowledge(id)),
        75 => {
            stream.groups_mut().edit(&group, |group| group.pending_by_time(500).count());
        }
        _ => {
            stream.groups_mut().edit(&group, |group| {
                let owner = group.add_consumer(consumer.as_bytes(), rng.below(99) as i64);
                if let Some(owner) = group.consumer_mut(owner) {
                    owner.active_ms = rng.below(9999) as i64;
                }
                let consumer = (!with_nobody || !rng.one_in(30)).then_some(owner);
                group.assign(
                    id,
                    Pending { consumer, delivered_ms: rng.below(9999) as i64, count: 1 + rng.below(3) },
                );
            });
        }
    }
}

fn change_hash(draft: &mut Draft<'_>, rng: &mut Rng) {
    let mut hash = draft.as_hash();
    let field = format!("field {}", rng.below(8000));
    let at = 1_500_000 + rng.below(1_000_000);
    match rng.below(10) {
        0 => hash.set_expiry(field.as_bytes(), None),
        1 => hash.set_expiry(field.as_bytes(), Some(at)),
        2 | 3 => _ = hash.remove(field.as_bytes()),
        4 => _ = hash.set(field.as_bytes(), &some_text(rng), FieldExpiry::Keep),
        5 => _ = hash.set(field.as_bytes(), &some_text(rng), FieldExpiry::Clear),
        _ => _ = hash.set(field.as_bytes(), &some_text(rng), FieldExpiry::At(at)),
    }
}

fn change_array(draft: &mut Draft<'_>, rng: &mut Rng) {
    let mut draft = draft.as_array();
    draft.create();
    draft.changed(1);
    let Some(array) = draft.get() else { return };
    let far = if rng.one_in(10) { 1 << 50 } else { 0 };
    let index = far + rng.below(9000);
    match rng.below(40) {
        0 => _ = array.delete_range(index, index + rng.below(200)),
        1..8 => _ = array.delete(index),
        8 => array.set_last_insert(Some(index)),
        _ => _ = array.set(index, &some_text(rng)),
    }
}

/// One random change of one of the keys.
fn change(shard: &mut store::Shard, rng: &mut Rng) {
    let number = rng.below(4);
    let name = format!("big:{number}");
    let key = shard.key(name.as_bytes());
    let mut db = shard.db(0);
    let edited = match number {
        0 => db.edit(key, Kind::Hash, |draft| change_hash(draft, rng)).is_ok(),
        1 => db.edit(key, Kind::Array, |draft| change_array(draft, rng)).is_ok(),
        number => db.edit(key, Kind::Stream, |draft| change_stream(draft, rng, number == 3)).is_ok(),
    };
    assert!(edited, "keys keep their types");
}

fn content(shards: &mut [store::Shard]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for shard in shards {
        shard.db(0).for_each(|item| {
            found.insert(item.key().escape_ascii().to_string(), described(item.value()));
        });
    }
    found
}

/// A snapshot with so many random changes between two slices.
fn check(seed: u64, changes_a_slice: u64, folded: bool) {
    let (mut rng, mut shard) = (Rng::new(seed), shards(1).pop().expect("one"));
    for _ in 0..120_000 {
        change(&mut shard, &mut rng);
    }
    let jobs = Jobs::new(1);
    shard.set_sinks(jobs.sinks(0, 1));
    for round in 0..3 {
        let expected = content(std::slice::from_mut(&mut shard));
        let (files, target) = (MemoryFiles::default(), target(1));
        let (job, chunks) = jobs.begin(folded, 5_000).expect("none is under way");
        assert!(shard.begin_snapshot(job.number()));
        let cancelled = round == 1;
        let mut slices = 0;
        std::thread::scope(|scope| {
            let (files, target, job) = (&files, &target, Arc::clone(&job));
            let written = scope.spawn(move || write(files, &at_once, target, &job, chunks));
            while shard.has_snapshot() {
                if shard.snapshot_slice() == SliceEnd::NoRoom {
                    std::thread::yield_now();
                }
                slices += 1;
                (0..changes_a_slice).for_each(|_| change(&mut shard, &mut rng));
                if slices == 9 && rng.one_in(2) {
                    // Its view goes on alone.
                    let name = format!("big:{}", rng.below(4));
                    let key = shard.key(name.as_bytes());
                    shard.db(0).remove(key);
                    while shard.free_slice(64) {}
                }
                if slices == 12 && cancelled {
                    jobs.cancel();
                }
            }
            let written = written.join().expect("no panic");
            assert_eq!(written.is_err(), cancelled, "{written:?}");
        });
        jobs.end(!cancelled, 9_000);
        if !cancelled {
            assert!(slices > 20, "{slices} slices");
            let (mut loaded, _) = load(&files.all()[0].1, 2, 50_000).expect("a good file");
            let found = content(&mut loaded);
            assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            for (key, value) in &expected {
                assert!(found.get(key) == Some(value), "{key}, seed {seed}, {changes_a_slice} changes");
            }
        }
        for _ in 0..20_000 {
            change(&mut shard, &mut rng);
        }
    }
    for number in 0..4 {
        let name = format!("big:{number}");
        let key = shard.key(name.as_bytes());
        shard.db(0).remove(key);
    }
    while shard.free_slice(16) {}
    assert_eq!(ds::share::retained_bytes(), 0);
}

#[test]
fn what_changes_meanwhile_is_written_as_it_was() {
    for (seed, changes_a_slice) in [(1, 1), (2, 300), (3, 20_000)] {
        check(seed, changes_a_slice, seed == 2);
    }
}
