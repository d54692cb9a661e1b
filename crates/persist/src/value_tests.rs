//! Every kind of value goes through a payload and comes back the same.

use base::KeyHasher;
use ds::list::Side;
use ds::stream::{Pending, StreamId};
use proptest::prelude::*;
use store::{Draft, Element, FieldExpiry, Shard, ShardOptions};

use super::*;

fn shard() -> Shard {
    let options = ShardOptions { shard: 0, shards: 1, databases: 1, hasher: KeyHasher::new((7, 8)), seed: 1 };
    let mut shard = Shard::new(options);
    shard.set_now(1_000_000);
    shard
}

fn check(value: &OwnedValue, compressed: bool) {
    let mut shard = shard();
    let payload = dump(value.value(), compressed);
    let restored = restore(&mut shard.db(0), &payload).expect("a good payload");
    assert_eq!(restored.kind(), value.kind());
    if value.kind() != store::Kind::Stream {
        // Entries may be shared out to nodes in another way.
        assert_eq!(dump(restored.value(), compressed).len(), payload.len());
    }
    match value.value().as_stream() {
        Ok(stream) => {
            // The newest form always says something of producers.
            let (mut found, mut stream) =
                (restored.value().as_stream().expect("a stream").clone(), stream.clone());
            found.producers_mut();
            stream.producers_mut();
            assert!(found == stream, "another stream came back");
        }
        Err(_) => assert_eq!(contents(&restored), contents(value)),
    }
    for end in (0..payload.len()).step_by(1 + payload.len() / 50) {
        assert!(restore(&mut shard.db(0), &payload[..end]).is_err());
    }
}

/// All that a value holds, in an order that does not depend on its form.
fn contents(value: &OwnedValue) -> Vec<String> {
    let value = value.value();
    let mut found = Vec::new();
    if let Ok(hash) = value.as_hash(0) {
        found.extend(hash.iter().map(|field| format!("{field:?}")));
    } else if let Ok(set) = value.as_set() {
        found.extend(set.iter().map(|member| format!("{member:?}")));
    } else if let Ok(set) = value.as_sorted_set() {
        set.for_each(|score, member| found.push(format!("{score:?} {member:?}")));
    } else if let Ok(list) = value.as_list() {
        list.for_each(0, list.len(), |item| found.push(format!("{item:?}")));
        return found;
    } else {
        return vec![format!("{value:?}")];
    }
    found.sort();
    found
}

fn built(fill: impl FnOnce(&mut Draft<'_>)) -> OwnedValue {
    shard().db(0).build(fill).expect("not empty")
}

fn texts() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        any::<i64>().prop_map(|int| int.to_string().into_bytes()),
        (0u8..9).prop_map(|digit| vec![b'x'; usize::from(digit) * 30]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn strings(text in texts(), compressed: bool) {
        check(&OwnedValue::string(StringValue::Text(&text)), compressed);
    }

    #[test]
    fn collections(texts in prop::collection::vec(texts(), 1..400), expiring: bool) {
        check(&built(|draft| texts.iter().for_each(|text| draft.as_list().push(Side::Back, Element::of(text)))), true);
        check(&built(|draft| texts.iter().for_each(|text| _ = draft.as_set().add(text, 1))), true);
        check(&built(|draft| {
            for (i, text) in texts.iter().enumerate() {
                if draft.as_sorted_set().view().score(text).is_none() {
                    draft.as_sorted_set().add(i as f64 / 3.0, text);
                }
            }
        }), true);
        check(&built(|draft| {
            for (i, text) in texts.iter().enumerate() {
                let expiry = if expiring && i % 3 == 0 { FieldExpiry::At(2_000_000 + i as u64) } else { FieldExpiry::Clear };
                draft.as_hash().set(text, &texts[texts.len() - 1 - i], expiry);
            }
        }), false);
        check(&built(|draft| {
            let mut array = draft.as_array();
            array.create();
            for (i, text) in texts.iter().enumerate() {
                array.get().expect("created").set((i * i) as u64, text);
            }
        }), true);
    }

    #[test]
    fn streams(texts in prop::collection::vec(texts(), 2..300), unowned: bool, producers: bool) {
        check(&built(|draft| {
            let limits = draft.limits.stream_chunk();
            let mut draft = draft.as_stream();
            draft.create();
            let stream = draft.get().expect("created");
            for (i, text) in texts.iter().enumerate() {
                let fields = [b"name".as_slice(), text, text, b"value"];
                let count = if i % 5 == 0 { 4 } else { 2 };
                stream.append(StreamId { ms: 1 + i as u64, seq: 3 }, fields[..count].iter().copied(), limits);
            }
            stream.delete(StreamId { ms: 1, seq: 3 });
            stream.groups_mut().add(b"group", StreamId { ms: 7, seq: 0 }, Some(6));
            stream.groups_mut().add(b"other", StreamId { ms: 8, seq: 0 }, None);
            stream.groups_mut().edit(b"group", |group| {
                let number = group.add_consumer(b"consumer", 55);
                group.add_consumer(b"idle", 56);
                let id = StreamId { ms: 2, seq: 3 };
                group.assign(id, Pending { consumer: Some(number), delivered_ms: 66, count: 2 });
                if unowned {
                    group.assign(StreamId { ms: 3, seq: 3 }, Pending { consumer: None, delivered_ms: 0, count: 1 });
                }
            });
            if producers {
                stream.producers_mut().note(b"producer", b"name", StreamId { ms: 2, seq: 3 }, 2);
                stream.producers_mut().set_counts(7, 3);
            }
        }), true);
    }
}

/// A payload of a type and a value.
fn payload(value: &[u8], version: u32) -> Vec<u8> {
    let mut out = value.to_vec();
    rdb::finish_payload(&mut out, 0, version);
    out
}

#[test]
fn what_contradicts_itself_is_refused() {
    let refused = |value: &[u8]| {
        assert_eq!(restore(&mut shard().db(0), &payload(value, 11)), Err(RestoreError::Value), "{value:?}");
    };
    // Empty collections, repeated elements, a score that is no number, bytes behind the value.
    refused(b"\x01\x00");
    refused(b"\x02\x02\x01a\x01a");
    refused(b"\x04\x02\x01a\x01b\x01a\x01b");
    refused(b"\x05\x01\x01a\x00\x00\x00\x00\x00\x00\xf8\x7f");
    refused(b"\x00\x01a\x01b");
    refused(b"\x64");
    refused(b"");
    let foreign = payload(b"\x00\x01a", 15);
    assert_eq!(restore(&mut shard().db(0), &foreign), Err(RestoreError::Footer));
}
