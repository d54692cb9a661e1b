//! Tests of streams: random operations against a plain map of entries, and of groups against plain maps too.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

type Text = Vec<u8>;

#[derive(Clone, Debug)]
enum Act {
    /// Milliseconds and number to go ahead by, and which fields.
    Add(u8, u8, u8),
    Delete(u8),
    Trim(Trim),
    Range(u8, u8),
    Group(u8),
    DropGroup(u8),
    /// Group, consumer, entry.
    Deliver(u8, u8, u8),
    ByTime(u8),
    Again(u8, u8),
    Acknowledge(u8, u8),
    DropConsumer(u8, u8),
    /// Group, entry: pending, but nobody's.
    Disown(u8, u8),
    Produce(u8, u8),
}

fn trim() -> impl Strategy<Value = Trim> {
    let to = prop_oneof![
        (0..30u64).prop_map(TrimTo::Len),
        (0..60u64, 0..3u64).prop_map(|(ms, seq)| TrimTo::Id(StreamId::new(ms, seq)))
    ];
    let references = prop::sample::select(vec![References::Keep, References::Delete, References::Respect]);
    (to, any::<bool>(), references).prop_map(|(to, approximate, references)| Trim {
        to,
        approximate,
        limit: 0,
        references,
    })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        20 => (0..3u8, 0..3u8, 0..6u8).prop_map(|(ms, seq, fields)| Act::Add(ms, seq, fields)),
        8 => any::<u8>().prop_map(Act::Delete),
        1 => trim().prop_map(Act::Trim),
        3 => any::<(u8, u8)>().prop_map(|(from, to)| Act::Range(from, to)),
        1 => (0..3u8).prop_map(Act::Group),
        1 => (0..12u8).prop_map(Act::DropGroup),
        6 => (0..3u8, 0..3u8, any::<u8>()).prop_map(|(group, who, at)| Act::Deliver(group, who, at)),
        3 => (0..3u8, any::<u8>()).prop_map(|(group, at)| Act::Acknowledge(group, at)),
        1 => (0..3u8).prop_map(Act::ByTime),
        2 => (0..3u8, any::<u8>()).prop_map(|(group, at)| Act::Again(group, at)),
        1 => (0..3u8, 0..9u8).prop_map(|(group, who)| Act::DropConsumer(group, who)),
        1 => (0..3u8, any::<u8>()).prop_map(|(group, at)| Act::Disown(group, at)),
        1 => any::<(u8, u8)>().prop_map(|(producer, name)| Act::Produce(producer, name)),
    ]
}

fn fields(kind: u8) -> Vec<Text> {
    let texts: &[&[u8]] = match kind {
        0 | 1 => &[b"name", b"value", b"n", b"17"],
        2 => &[b"name", b"another value", b"n", b"-90000"],
        3 => &[b"name", b"value", b"m", b"17"],
        4 => &[b"name", b""],
        _ => &[b"name", b"value", b"n", b"17", b"more", b"0123"],
    };
    texts.iter().map(|text| text.to_vec()).collect()
}

#[derive(Default)]
struct Model {
    entries: BTreeMap<StreamId, Vec<Text>>,
    last: StreamId,
    max_deleted: StreamId,
    added: u64,
    /// By group: entries delivered up to, and consumer by pending id.
    groups: BTreeMap<Text, (StreamId, BTreeMap<StreamId, Text>)>,
}

impl Model {
    fn is_referenced(&self, id: StreamId) -> bool {
        self.groups.values().any(|(last, pending)| *last < id || pending.contains_key(&id))
    }

    fn id(&self, at: u8) -> StreamId {
        let ids: Vec<_> = self.entries.keys().collect();
        match ids.get(usize::from(at)) {
            Some(&&id) => id,
            None => StreamId::new(u64::from(at) / 3, u64::from(at) % 3),
        }
    }
}

fn pairs(entry: &Entry<'_>) -> (StreamId, Vec<Text>) {
    let mut fields = Vec::new();
    entry.for_each(|element| fields.push(element.to_vec()));
    assert_eq!(fields.len(), entry.pairs() * 2);
    (entry.id, fields)
}

impl Stream {
    fn counted_bytes(&self) -> usize {
        let buffers: usize = self.chunks.iter().map(Chunk::heap_bytes).sum();
        assert!(self.chunks.iter().all(|chunk| chunk.live() > 0));
        let producers = self.producers.as_ref();
        let producers = producers.map_or(0, |all| heap_bytes(size_of::<Producers>()) + all.counted_bytes());
        buffers + self.chunks.counted_bytes() + self.groups.counted_bytes() + producers
    }
}

fn apply(stream: &mut Stream, model: &mut Model, act: &Act, limits: Limits) {
    let name = |group: u8| vec![b'g', group];
    match act.clone() {
        Act::Add(ms, seq, kind) => {
            let id = match ms {
                0 => StreamId::new(model.last.ms, model.last.seq + u64::from(seq)),
                _ => StreamId::new(model.last.ms + u64::from(ms), u64::from(seq)),
            };
            let fields = fields(kind);
            let added = stream.append(id, fields.iter().map(|field| &field[..]), limits);
            assert_eq!(added, id > model.last);
            if added {
                model.entries.insert(id, fields);
                model.last = id;
                model.added += 1;
            }
        }
        Act::Delete(at) => {
            let id = model.id(at);
            assert_eq!(stream.contains(id), model.entries.contains_key(&id));
            assert_eq!(stream.get(id).map(|entry| pairs(&entry).1), model.entries.get(&id).cloned());
            let deleted = model.entries.remove(&id).is_some();
            assert_eq!(stream.delete(id), deleted);
            if deleted {
                model.max_deleted = model.max_deleted.max(id);
            }
        }
        Act::Trim(trim) => apply_trim(stream, model, trim),
        Act::Range(from, to) => {
            let (from, to) = (model.id(from), model.id(to));
            let mut expect: Vec<_> =
                model.entries.iter().filter(|(id, _)| (from..=to).contains(id)).collect();
            let found: Vec<_> = stream.range(from, to).map(|entry| pairs(&entry)).collect();
            assert!(found.iter().map(|(id, fields)| (id, fields)).eq(expect.iter().copied()));
            let found: Vec<_> = stream.range_back(from, to).map(|entry| pairs(&entry)).collect();
            expect.reverse();
            assert!(found.iter().map(|(id, fields)| (id, fields)).eq(expect));
        }
        Act::Group(group) => {
            let new = !model.groups.contains_key(&name(group));
            assert_eq!(stream.groups_mut().add(&name(group), StreamId::MIN, None), new);
            model.groups.entry(name(group)).or_default();
        }
        Act::DropGroup(group) => {
            assert_eq!(
                stream.remove_group(&name(group)).is_some(),
                model.groups.remove(&name(group)).is_some()
            );
        }
        Act::Deliver(group, who, at) => {
            let (id, who) = (model.id(at), vec![b'c', who]);
            let edited = stream.groups_mut().edit(&name(group), |group| {
                let consumer = group.find_consumer(&who).unwrap_or_else(|| group.add_consumer(&who, 7));
                group.assign(id, Pending { consumer: Some(consumer), delivered_ms: at.into(), count: 1 });
                group.set_last_id(group.last_id().max(id), None);
            });
            let modelled = model.groups.get_mut(&name(group)).map(|(last, pending)| {
                pending.insert(id, who);
                *last = id.max(*last);
            });
            assert_eq!(edited, modelled);
        }
        Act::ByTime(group) => {
            stream.groups_mut().edit(&name(group), |group| {
                let mut expect: Vec<_> =
                    group.pending().iter().map(|(id, state)| (state.delivered_ms, id)).collect();
                expect.sort_unstable();
                let early = expect.iter().filter(|(ms, _)| *ms <= 100).map(|(_, id)| *id);
                assert!(group.pending_by_time(100).eq(early));
            });
        }
        Act::Again(group, at) => {
            let id = model.id(at);
            let again = stream.groups_mut().edit(&name(group), |group| group.deliver_again(id, 200));
            assert_eq!(again, model.groups.get(&name(group)).map(|(_, pending)| pending.contains_key(&id)));
        }
        Act::Acknowledge(group, at) => {
            let id = model.id(at);
            let done = stream.groups_mut().edit(&name(group), |group| group.acknowledge(id));
            let modelled =
                model.groups.get_mut(&name(group)).map(|(_, pending)| pending.remove(&id).is_some());
            assert_eq!(done, modelled);
        }
        Act::DropConsumer(group, who) => {
            let who = vec![b'c', who];
            let removed = stream.groups_mut().edit(&name(group), |group| {
                group.find_consumer(&who).map_or(0, |number| group.remove_consumer(number))
            });
            let modelled = model.groups.get_mut(&name(group)).map(|(_, pending)| {
                let before = pending.len();
                pending.retain(|_, owner| *owner != who);
                before - pending.len()
            });
            assert_eq!(removed, modelled);
        }
        Act::Disown(..) | Act::Produce(..) => apply_rare(stream, model, act),
    }
}

fn apply_rare(stream: &mut Stream, model: &mut Model, act: &Act) {
    match *act {
        Act::Disown(group, at) => {
            let (name, id) = (vec![b'g', group], model.id(at));
            let state = Pending { consumer: None, delivered_ms: 0, count: 3 };
            stream.groups_mut().edit(&name, |group| group.assign(id, state));
            if let Some((_, pending)) = model.groups.get_mut(&name) {
                pending.insert(id, Vec::new());
            }
        }
        Act::Produce(producer, name) => {
            stream.producers_mut().note(&[producer % 20], &[name], model.last, model.last.ms);
        }
        _ => {}
    }
}

fn apply_trim(stream: &mut Stream, model: &mut Model, trim: Trim) {
    let before = model.entries.len();
    let goes: Vec<StreamId> = match trim.to {
        TrimTo::Id(min) => model.entries.keys().copied().filter(|id| *id < min).collect(),
        TrimTo::Len(_) => model.entries.keys().copied().collect(),
    };
    let (removed, rest) = stream.trim(trim);
    assert_eq!(rest.memory_bytes(), rest.counted_bytes());
    for id in goes {
        let enough = match trim.to {
            TrimTo::Len(max) => model.entries.len() as u64 <= max,
            TrimTo::Id(_) => false,
        };
        if enough || (trim.references == References::Respect && model.is_referenced(id)) {
            continue;
        }
        // What an approximate trim leaves is for it to say.
        if trim.approximate && stream.contains(id) {
            break;
        }
        model.entries.remove(&id);
        if trim.references == References::Delete {
            model.groups.values_mut().for_each(|(_, pending)| _ = pending.remove(&id));
        }
    }
    assert_eq!(removed as usize, before - model.entries.len(), "{trim:?}");
}

/// A view with what it must show from the first entry to the last, and how many it has shown.
struct Watched {
    view: StreamView,
    expect: Vec<(StreamId, Vec<Text>)>,
    seen: usize,
}

impl Watched {
    fn visit(&mut self, max: usize) -> bool {
        let mut left = max;
        let (expect, seen) = (&self.expect, &mut self.seen);
        let done = self.view.visit(|entry| {
            assert_eq!(Some(&pairs(entry)), expect.get(*seen));
            *seen += 1;
            left -= 1;
            left > 0
        });
        assert_eq!((self.view.len(), done), (self.expect.len() - self.seen, self.seen == self.expect.len()));
        done
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 300 }, ..ProptestConfig::default() })]

    /// Whole streams that were lent, looked at and let go of while all goes on.
    #[test]
    fn lent_streams_stay_as_they_were(
        acts in prop::collection::vec((act(), 0..12u8, 1..60usize), 1..300),
        entries in 1..12usize,
    ) {
        let limits = Limits { bytes: 200, entries };
        let (mut stream, mut model) = (Stream::new(), Model::default());
        let mut lent: Vec<(Stream, Stream)> = Vec::new();
        for (act, what, amount) in acts {
            apply(&mut stream, &mut model, &act, limits);
            prop_assert_eq!(stream.memory_bytes(), stream.counted_bytes());
            match what {
                0 => {
                    let copy = stream.clone();
                    lent.push((stream.lend(), copy));
                }
                1 if !lent.is_empty() => {
                    let (mut view, copy) = lent.swap_remove(amount % lent.len());
                    prop_assert!(view == copy);
                    // Seen to the end chunk by chunk.
                    let (mut place, mut seen) = (None, 0);
                    while let Some(next) = view.chunk_behind(place) {
                        seen += view.entries_of(next).count();
                        view.release_before(next);
                        place = Some(next);
                    }
                    prop_assert_eq!(seen, copy.len());
                    while amount % 2 == 0 && !view.release(1 + amount % 5) {}
                }
                _ => {}
            }
        }
        while !stream.free_some(1) {}
        prop_assert!(lent.iter().all(|(view, copy)| view == copy));
        drop((stream, lent));
        prop_assert_eq!(crate::share::retained_bytes(), 0);
    }

    /// Several views at a time, visited in slices, given up early or seen to the end, while all goes on.
    #[test]
    fn views_stay_as_they_were(
        acts in prop::collection::vec((act(), 0..6u8, any::<(u8, u8)>(), 1..60usize), 1..300),
        entries in 1..12usize,
    ) {
        let limits = Limits { bytes: 200, entries };
        let (mut stream, mut model) = (Stream::new(), Model::default());
        let mut views: Vec<Watched> = Vec::new();
        for (act, what, (from, to), amount) in acts {
            apply(&mut stream, &mut model, &act, limits);
            prop_assert_eq!(stream.memory_bytes(), stream.counted_bytes());
            match what {
                0 => {
                    let (from, to) = match amount % 3 {
                        0 => (StreamId::MIN, StreamId::MAX),
                        _ => (model.id(from), model.id(to)),
                    };
                    let backwards = amount % 2 == 0;
                    let mut expect: Vec<_> = model.entries.iter()
                        .filter(|(id, _)| (from..=to).contains(id))
                        .map(|(&id, fields)| (id, fields.clone()))
                        .collect();
                    if backwards {
                        expect.reverse();
                    }
                    expect.truncate(amount);
                    views.push(Watched { view: stream.view(from, to, backwards, amount), expect, seen: 0 });
                }
                1 if !views.is_empty() => _ = views.swap_remove(amount % views.len()),
                2 | 3 if !views.is_empty() => {
                    let at = amount % views.len();
                    if views[at].visit(amount) {
                        while !views[at].view.free_some(1) {}
                        views.swap_remove(at);
                    }
                }
                _ => {}
            }
        }
        while !stream.free_some(1) {}
        for view in &mut views {
            while !view.visit(7) {}
        }
        drop((stream, views));
        prop_assert_eq!(crate::share::retained_bytes(), 0);
    }
}

fn check(acts: &[Act], limits: Limits) {
    let mut stream = Stream::new();
    let mut model = Model::default();
    for act in acts {
        apply(&mut stream, &mut model, act, limits);
        assert_eq!(stream.len(), model.entries.len(), "{act:?}");
        let first = model.entries.first_key_value();
        assert_eq!(stream.first_id(), first.map_or(StreamId::MIN, |(&id, _)| id));
        assert_eq!(stream.last().map(|entry| entry.id), model.entries.last_key_value().map(|(&id, _)| id));
        assert_eq!(stream.memory_bytes(), stream.counted_bytes(), "{act:?}");
    }
    let all: Vec<_> = stream.range(StreamId::MIN, StreamId::MAX).map(|entry| pairs(&entry)).collect();
    assert!(all.iter().map(|(id, fields)| (id, fields)).eq(model.entries.iter()));
    assert_eq!(stream.last_id(), model.last);
    assert_eq!((stream.max_deleted_id(), stream.entries_added()), (model.max_deleted, model.added));
    for (name, (last, pending)) in &model.groups {
        let group = stream.groups().get(name).expect("the group");
        assert_eq!(group.last_id(), *last);
        let owner = |state: Pending| {
            state.consumer.map_or(Vec::new(), |number| group.consumer(number).unwrap().name().to_vec())
        };
        let found: Vec<_> = group.pending().iter().map(|(id, state)| (id, owner(state))).collect();
        assert!(found.iter().map(|(id, owner)| (id, owner)).eq(pending.iter()));
        for (_, consumer) in group.consumers() {
            let own: Vec<_> = pending.iter().filter(|(_, owner)| **owner == consumer.name()).collect();
            assert_eq!(consumer.pending_len(), own.len());
            assert!(consumer.pending_from(StreamId::MIN).eq(own.iter().map(|(id, _)| **id)));
        }
    }
    assert_eq!(stream.clone(), stream);
    while !stream.free_some(1) {}
    assert_eq!(stream.memory_bytes(), stream.counted_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_a_map(
        acts in prop::collection::vec(act(), 1..500),
        bytes in prop::sample::select(vec![64usize, 400, 4096]),
        entries in prop::sample::select(vec![1usize, 4, 100]),
    ) {
        check(&acts, Limits { bytes, entries });
    }
}

const LIMITS: Limits = Limits { bytes: 4096, entries: 100 };

fn add(stream: &mut Stream, ms: u64, seq: u64, value: &str) {
    let fields: [&[u8]; 4] = [b"field1", value.as_bytes(), b"field2", value.as_bytes()];
    assert!(stream.append(StreamId::new(ms, seq), fields.into_iter(), LIMITS));
}

#[test]
fn entries_of_two_fields_are_small() {
    let mut stream = Stream::new();
    for number in 0..100_000u64 {
        add(&mut stream, 1_700_000_000_000 + number / 7, number % 7, &format!("value{number:05}"));
    }
    let per_entry = stream.memory_bytes() as f64 / 100_000.0;
    assert!(per_entry < 27.0, "{per_entry}");
}

#[test]
fn an_exact_trim_after_each_addition_keeps_two_chunks() {
    let mut stream = Stream::new();
    for number in 1..10_000u64 {
        add(&mut stream, number, 0, "value");
        let to = TrimTo::Len(10);
        _ = stream.trim(Trim { to, approximate: false, limit: 0, references: References::Keep });
        assert!(stream.len() <= 10 && stream.chunks() <= 2);
    }
    assert!(stream.memory_bytes() < 8000, "{}", stream.memory_bytes());
}

#[test]
fn trimming_stops_at_its_limit() {
    let mut stream = Stream::new();
    (1..=1000).for_each(|number| add(&mut stream, number, 0, "value"));
    let mut trim = Trim { to: TrimTo::Len(0), approximate: true, limit: 250, references: References::Keep };
    assert_eq!(stream.trim(trim).0, 200);
    trim.limit = 99;
    assert_eq!(stream.trim(trim).0, 0);
    trim.limit = 0;
    assert_eq!(stream.trim(trim).0, 800);
    assert_eq!((stream.len(), stream.first_id(), stream.memory_bytes()), (0, StreamId::MIN, 0));
}

#[test]
fn ids_at_the_edges() {
    let mut stream = Stream::new();
    assert!(!stream.append(StreamId::MIN, [].into_iter(), LIMITS));
    for id in [StreamId::new(0, 1), StreamId::new(0, u64::MAX), StreamId::new(u64::MAX, 0), StreamId::MAX] {
        assert!(stream.append(id, [&b"a"[..], b"b"].into_iter(), LIMITS));
        assert!(stream.contains(id));
    }
    assert_eq!(StreamId::MAX.next(), None);
    assert_eq!(StreamId::MIN.prev(), None);
    assert_eq!(StreamId::new(5, u64::MAX).next(), Some(StreamId::new(6, 0)));
    assert_eq!(StreamId::new(6, 0).prev(), Some(StreamId::new(5, u64::MAX)));
}
