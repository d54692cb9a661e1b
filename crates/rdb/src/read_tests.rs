//! Files of real servers, encodings that no server writes any more, damage of all kinds.

use std::fmt::Write as _;

use super::*;
use crate::{Payload, finish_payload, types};

/// What a file gives, one line an event; keys with many parts are cut short, with a checksum of all.
fn listing(file: &[u8], chunk: usize, verify: bool) -> Result<String, Error> {
    let mut reader = Reader::new(verify);
    let mut chunks = file.chunks(chunk);
    let (mut lines, mut parts) = (String::new(), String::new());
    loop {
        let event = match reader.next()? {
            Next::Event(event) => event,
            Next::More(more) => {
                assert!(more > 0);
                let Some(chunk) = chunks.next() else { return Err(reader.truncated()) };
                reader.feed(chunk);
                continue;
            }
        };
        match event {
            Event::Part(part) => writeln!(parts, "  {}", shown(part)).expect("a string"),
            Event::KeyEnd => {
                let count = parts.lines().count();
                parts.lines().take(12).for_each(|line| writeln!(lines, "{line}").expect("a string"));
                if count > 12 {
                    let sum = crate::checksum::of(parts.as_bytes());
                    writeln!(lines, "  … {count} parts, {sum:016x}").expect("a string");
                }
                parts.clear();
            }
            Event::End => return Ok(lines),
            Event::Key(head) => {
                let (db, key, kind) = (head.db, text(head.key), head.kind);
                writeln!(
                    lines,
                    "{db} {key} {kind:?} {:?} {:?} {:?}",
                    head.expiry_ms, head.idle_s, head.frequency
                )
                .expect("a string");
            }
            other => writeln!(lines, "{other:?}").expect("a string"),
        }
    }
}

fn text(text: Text<'_>) -> String {
    text.to_vec().escape_ascii().to_string()
}

fn shown(part: Part<Text<'_>>) -> String {
    match part {
        Part::String(value) => format!("= {}", text(value)),
        Part::Item(item) => format!("item {}", text(item)),
        Part::Member(member) => format!("member {}", text(member)),
        Part::Scored(member, score) => format!("member {} {score}", text(member)),
        Part::Field(name, value, expiry_ms) => format!("field {} {} {expiry_ms:?}", text(name), text(value)),
        Part::EntryField(name, value) => format!("  {} {}", text(name), text(value)),
        Part::Group { name, last_id, entries_read } => {
            format!("group {} {last_id:?} {entries_read:?}", text(name))
        }
        Part::Consumer { name, seen_ms, active_ms } => {
            format!("consumer {} {seen_ms} {active_ms}", text(name))
        }
        Part::Producer(name) => format!("producer {}", text(name)),
        Part::ProducerName(name, id) => format!("name {} {id:?}", text(name)),
        Part::ArrayItem(index, item) => format!("{index}: {}", text(item)),
        other => format!("{other:?}").replace("Text", ""),
    }
}

const REDIS: &[u8] = include_bytes!("../tests/files/redis-8.2.rdb");
const VALKEY: &[u8] = include_bytes!("../tests/files/valkey-9.1.rdb");

#[test]
fn files_of_real_servers_give_what_was_put_in() {
    for (name, file) in [("redis-8.2", REDIS), ("valkey-9.1", VALKEY)] {
        let path = format!("{}/tests/files/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let found = listing(file, 1 << 20, true).expect("a good file");
        if std::env::var_os("RECORD").is_some() {
            std::fs::write(&path, &found).expect("writable");
        }
        assert_eq!(found, std::fs::read_to_string(&path).expect("the listing"), "{name}");
        for chunk in [1, 7, 4096] {
            assert_eq!(listing(file, chunk, true).as_ref(), Ok(&found), "{name} in chunks of {chunk}");
        }
    }
}

#[test]
fn a_file_that_ends_too_early_is_told_so() {
    for file in [REDIS, VALKEY] {
        let step = 1 + file.len() / 3000;
        for end in (0..file.len()).step_by(step).chain(file.len() - 20..file.len()) {
            let error = listing(&file[..end], 1 << 20, true).expect_err("truncated");
            assert_eq!(error, Error { offset: end as u64, problem: Problem::Truncated });
        }
    }
}

#[test]
fn damage_is_found_or_harmless_and_never_a_panic() {
    let mut rng = base::Rng::new(7);
    for file in [REDIS, VALKEY] {
        for _ in 0..1500 {
            let mut damaged = file.to_vec();
            let at = rng.below(damaged.len() as u64) as usize;
            damaged[at] ^= 1 << rng.below(8);
            assert!(listing(&damaged, 1 << 20, true).is_err(), "byte {at}");
            let _ = listing(&damaged, 1 << 20, false);
        }
    }
}

#[test]
fn a_wrong_checksum_is_told_and_none_is_taken() {
    let mut file = REDIS.to_vec();
    let at = file.len() - 8;
    file[at] ^= 1;
    let error = listing(&file, 100, true).expect_err("wrong");
    assert_eq!(error.offset, at as u64);
    assert!(matches!(error.problem, Problem::Checksum { .. }));
    assert!(listing(&file, 100, false).is_ok());
    file[at..].fill(0);
    assert!(listing(&file, 100, true).is_ok());
}

fn problem_of(file: &[u8]) -> (u64, String) {
    let error = listing(file, 1 << 20, true).expect_err("refused");
    (error.offset, error.problem.to_string())
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let refused = |file: &[u8], offset, problem: &str| {
        assert_eq!(problem_of(file), (offset, problem.to_owned()), "{}", file.escape_ascii());
    };
    refused(b"HELLO0011", 0, "expected the magic word of an RDB file");
    refused(b"REDIS0099", 0, "cannot handle RDB format version REDIS0099");
    refused(b"REDIS001x", 0, "cannot handle RDB format version REDIS001x");
    refused(b"VALKEY081", 0, "cannot handle RDB format version VALKEY081");
    refused(b"REDIS0011\x64\x01a", 9, "unknown type or opcode 100");
    refused(b"REDIS0011\xf6", 9, "functions of Redis 7.0 before its release are not supported");
    let mut module = b"REDIS0011\x07\x01k\x81".to_vec();
    let id = b"ReJSON-RL".iter().fold(0u64, |id, letter| {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        id << 6 | letters.iter().position(|other| other == letter).expect("a letter") as u64
    });
    module.extend_from_slice(&(id << 10 | 3).to_be_bytes());
    refused(&module, 12, "a value of module type 'ReJSON-RL', and there are no modules");
    let mut aux = b"REDIS0011\xf7\x81".to_vec();
    aux.extend_from_slice(&(id << 10 | 3).to_be_bytes());
    refused(&aux, 9, "data of module 'ReJSON-RL', and there are no modules");
}

/// A payload with a value of a type, and the parts it gives.
fn parts(type_byte: u8, value: &[u8], version: u32) -> Result<Vec<String>, Error> {
    let mut payload = vec![type_byte];
    payload.extend_from_slice(value);
    finish_payload(&mut payload, 0, version);
    let failed = |error| match error {
        crate::DumpError::Value(error) => error,
        crate::DumpError::Footer => panic!("the footer is right"),
    };
    let mut payload = Payload::new(&payload).map_err(failed)?;
    let mut found = Vec::new();
    while let Some(part) = payload.next()? {
        found.push(shown(part));
    }
    Ok(found)
}

/// A blob as a string of the format.
fn string(blob: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    crate::write::put_len(&mut out, blob.len() as u64);
    out.extend_from_slice(blob);
    out
}

/// A ziplist of entries that are given encoded.
fn ziplist(entries: &[&[u8]]) -> Vec<u8> {
    let (mut body, mut before, mut last) = (Vec::new(), 0usize, 10);
    for entry in entries {
        last = 10 + body.len();
        if before < 254 {
            body.push(before as u8);
        } else {
            body.push(254);
            body.extend_from_slice(&(before as u32).to_le_bytes());
        }
        body.extend_from_slice(entry);
        before = 10 + body.len() - last;
    }
    let mut out = (body.len() as u32 + 11).to_le_bytes().to_vec();
    out.extend_from_slice(&(last as u32).to_le_bytes());
    out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    out.extend_from_slice(&body);
    out.push(0xff);
    out
}

#[test]
fn old_encodings_are_read() {
    let long = [vec![0x41, 0x2c], vec![b'l'; 300]].concat();
    let entries: &[&[u8]] = &[
        b"\x03abc",
        b"\xf1",
        b"\xfd",
        &long,
        b"\xfe\xff",
        b"\xc0\x00\x80",
        b"\xf0\xff\xff\x7f",
        b"\xd0\x01\x00\x00\x80",
        b"\xe0\x01\x00\x00\x00\x00\x00\x00\x80",
        b"\x80\x00\x00\x00\x01x",
    ];
    let list = ziplist(entries);
    let items = [
        "abc",
        "0",
        "12",
        &"l".repeat(300),
        "-1",
        "-32768",
        "8388607",
        "-2147483647",
        "-9223372036854775807",
        "x",
    ]
    .map(|item| format!("item {item}"));
    assert_eq!(parts(types::LIST_ZIPLIST, &string(&list), 6).expect("a list"), items);
    let nodes = [vec![2], string(&list), string(&ziplist(&[b"\x01z"]))].concat();
    let found = parts(types::LIST_QUICKLIST, &nodes, 7).expect("a list");
    assert_eq!((found.len(), found[10].as_str()), (11, "item z"));

    let pairs = ziplist(&[b"\x01a", b"\xf2", b"\x01b", b"\x033.5"]);
    let scored = parts(types::ZSET_ZIPLIST, &string(&pairs), 6).expect("a sorted set");
    assert_eq!(scored, ["member a 1", "member b 3.5"]);
    let fields = parts(types::HASH_ZIPLIST, &string(&pairs), 6).expect("a hash");
    assert_eq!(fields, ["field a 1 None", "field b 3.5 None"]);

    let zipmap = b"\x02\x03foo\x03\x02bar..\x01x\x00\x00\xff";
    let fields = parts(types::HASH_ZIPMAP, &string(zipmap), 3).expect("a hash");
    assert_eq!(fields, ["field foo bar None", "field x  None"]);

    let texts = b"\x04\x01a\x011\x01b\xfe\x01c\xff\x01d\x043e-1";
    let scored = parts(types::ZSET, texts, 3).expect("a sorted set");
    assert_eq!(scored, ["member a 1", "member b inf", "member c -inf", "member d 0.3"]);

    let metadata = b"\x02\x00\x01a\x011\x44\x00\x01b\x012";
    let fields = parts(types::HASH_METADATA_OLD, metadata, 12).expect("a hash");
    assert_eq!(fields, ["field a 1 None", "field b 2 Some(1024)"]);
    let metadata = [&1_000_000u64.to_le_bytes()[..], b"\x02\x00\x01a\x011\x03\x01b\x012"].concat();
    let fields = parts(types::HASH_METADATA, &metadata, 12).expect("a hash");
    assert_eq!(fields, ["field a 1 None", "field b 2 Some(1000002)"]);
    let triples = [&b"\x01\x01a\x011"[..], &(-1i64).to_le_bytes()].concat();
    assert_eq!(parts(types::HASH_METADATA_OLD, &triples, 80).expect("a hash"), ["field a 1 None"]);

    let array =
        [&b"\x03\x01\x05\x00\x00\x01a\x03\x01"[..], &7i64.to_le_bytes(), b"\x05\x02", &2f64.to_le_bytes()];
    let items = parts(types::ARRAY, &array.concat(), 14).expect("an array");
    assert_eq!(items, ["ArrayInsert(Some(5))", "0: a", "3: 7", "5: 2.0"]);
}

#[test]
fn damaged_blobs_say_where() {
    let at = |type_byte, blob: &[u8]| {
        let error = parts(type_byte, &string(blob), 11).expect_err("damaged");
        (error.offset, error.problem.to_string())
    };
    let mut list = ziplist(&[b"\x01a", b"\x01b"]);
    list[13] = 9;
    assert_eq!(
        at(types::LIST_ZIPLIST, &list),
        (15, "expected the length of the entry before in a ziplist".into())
    );
    let pack = b"\x0b\x00\x00\x00\x02\x00\x81a\x02\x01\xff";
    let (offset, problem) = at(types::SET_LISTPACK, pack);
    assert_eq!((offset, problem.as_str()), (12, "expected the length of an entry of a listpack"));
    assert_eq!(at(types::SET_INTSET, b"\x02\0\0\0\x02\0\0\0\x05\0\x05\0").0, 12);
    assert_eq!(at(types::SET_INTSET, b"\x02\0\0\0\xff\xff\xff\xff\x05\0\x05\0").0, 1);
    let error = parts(types::LIST_QUICKLIST_2, b"\x01\x01\x00", 11)
        .expect_err("an empty element in a node of its own");
    assert_eq!((error.offset, error.problem.to_string()), (2, "expected an element of a list".into()));
    // An odd number of entries, a score that is none.
    assert_eq!(
        at(types::HASH_LISTPACK, b"\x0a\x00\x00\x00\x01\x00\x81a\x02\xff").1,
        "expected a value of a field"
    );
    assert_eq!(
        at(types::ZSET_LISTPACK, b"\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff").1,
        "expected a score"
    );
}

#[test]
fn lengths_that_lie_cost_no_memory() {
    for value in
        [&b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff"[..], b"\xc3\x01\x81\x00\x00\x00\xff\xff\xff\xff\xff\x00"]
    {
        assert!(parts(types::STRING, value, 11).is_err());
        assert!(parts(types::HASH, value, 11).is_err());
        assert!(parts(types::STREAM_3, value, 11).is_err());
    }
}
