//! What is written comes back.

use proptest::prelude::*;

use super::*;
use crate::part::{Id, Part, StreamState};
use crate::{Payload, finish_payload};

fn texts() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..30),
        prop::collection::vec(b'a'..b'd', 0..300),
        any::<i64>().prop_map(|int| int.to_string().into_bytes()),
        any::<i16>().prop_map(|int| int.to_string().into_bytes()),
        (4000usize..70_000).prop_map(|len| (0..len).map(|i| ((i * i) >> 5) as u8).collect()),
    ]
}

/// A part whose texts are its own.
fn owned(part: Part<Text<'_>>) -> Part<Vec<u8>> {
    part.map(Text::to_vec)
}

fn read(form: Form, value: &[u8]) -> Vec<Part<Vec<u8>>> {
    let (byte, version) = type_byte(form);
    let mut payload = vec![byte];
    payload.extend_from_slice(value);
    finish_payload(&mut payload, 0, version);
    let mut reader = Payload::new(&payload).expect("a good footer");
    let mut found = Vec::new();
    while let Some(part) = reader.next().expect("a good value") {
        found.push(owned(part));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn texts_come_back(text in texts(), compressed: bool) {
        let mut out = Vec::new();
        put_text(&mut out, Text::Bytes(&text), &mut Style::new(compressed));
        prop_assert!(out.len() <= text.len() + 5);
        prop_assert_eq!(read(Form::Plain(ValueKind::String), &out), vec![Part::String(text)]);
    }

    #[test]
    fn ints_come_back(int: i64) {
        let mut out = Vec::new();
        put_text(&mut out, Text::Int(int), &mut Style::default());
        let text = int.to_string().into_bytes();
        prop_assert_eq!(read(Form::Plain(ValueKind::String), &out), vec![Part::String(text)]);
    }

    #[test]
    fn expiring_hashes_come_back(fields in prop::collection::vec((texts(), texts(), prop::option::of(5u64..1 << 40)), 1..20)) {
        let mut out = Vec::new();
        let soonest = fields.iter().filter_map(|field| field.2).min().unwrap_or(0);
        put_expiring_hash_head(&mut out, soonest, fields.len() as u64);
        for (name, value, expiry_ms) in &fields {
            put_field_expiry(&mut out, soonest, *expiry_ms);
            put_text(&mut out, Text::Bytes(name), &mut Style::default());
            put_text(&mut out, Text::Bytes(value), &mut Style::default());
        }
        let expected: Vec<_> = fields.into_iter().map(|(name, value, at)| Part::Field(name, value, at)).collect();
        prop_assert_eq!(read(Form::ExpiringHash, &out), expected);
    }

    #[test]
    fn streams_come_back(
        entries in prop::collection::vec((any::<u32>(), any::<u64>(), prop::collection::vec(texts(), 1..4), any::<bool>()), 0..150),
        node_entries in 1..100usize,
        compressed: bool,
    ) {
        let mut style = Style::new(compressed);
        let mut ids: Vec<_> = entries.iter().map(|entry| Id { ms: u64::from(entry.0), seq: entry.1 }).collect();
        ids.sort_unstable();
        ids.dedup();
        let flat = |texts: &[Vec<u8>], same: bool| -> Vec<Vec<u8>> {
            texts.iter().enumerate().flat_map(|(i, value)| {
                let name = if same { format!("name{i}").into_bytes() } else { value.clone() };
                [name, value.clone()]
            }).collect()
        };
        let entries: Vec<_> = ids.into_iter().zip(&entries).map(|(id, entry)| (id, flat(&entry.2, entry.3))).collect();
        let mut out = Vec::new();
        put_len(&mut out, entries.len().div_ceil(node_entries) as u64);
        let mut writer = NodeWriter::default();
        for node in entries.chunks(node_entries) {
            for (id, texts) in node {
                let texts: Vec<_> = texts.iter().map(|text| Text::Bytes(text)).collect();
                writer.entry(*id, &texts);
            }
            writer.finish(&mut out, &mut style);
        }
        let last_id = Id { ms: u64::MAX, seq: 3 };
        let state = StreamState { len: entries.len() as u64, last_id, history: Some((Id { ms: 1, seq: 2 }, 99)) };
        put_stream_state(&mut out, state, Id::default());
        put_len(&mut out, 1);
        put_group(&mut out, b"group", last_id, None);
        put_len(&mut out, 1);
        put_pending(&mut out, last_id, 77, 3);
        put_len(&mut out, 1);
        put_consumer(&mut out, b"12", 5, -1);
        put_len(&mut out, 1);
        put_raw_id(&mut out, last_id);
        let mut expected = Vec::new();
        for (id, texts) in entries {
            expected.push(Part::Entry { id, fields: texts.len() as u64 / 2 });
            expected.extend(texts.chunks(2).map(|pair| Part::EntryField(pair[0].clone(), pair[1].clone())));
        }
        expected.push(Part::StreamState(state));
        expected.push(Part::Group { name: b"group".to_vec(), last_id, entries_read: None });
        expected.push(Part::Pending { id: last_id, delivered_ms: 77, count: 3 });
        expected.push(Part::Consumer { name: b"12".to_vec(), seen_ms: 5, active_ms: -1 });
        expected.push(Part::Owned(last_id));
        prop_assert_eq!(read(Form::Plain(ValueKind::Stream), &out), expected);
    }
}

#[test]
fn compression_saves_and_keeps_the_head_short() {
    let mut out = Vec::new();
    put_text(&mut out, Text::Bytes(&[b'x'; 200]), &mut Style::new(true));
    assert!(out.len() < 20, "{}", out.len());
    assert_eq!(read(Form::Plain(ValueKind::String), &out), [Part::String(vec![b'x'; 200])]);
}
