//! Commands that go through all keys: SCAN, KEYS, RANDOMKEY, DBSIZE; and what time does to keys.

use std::collections::BTreeSet;

use crate::harness::{Keyspace, START_MS, bulk, elements, integer};
use crate::scripts::{show, words};

fn check(keyspace: &mut Keyspace, command: &str, reply: &str) {
    assert_eq!(show(&keyspace.call(&words(command))), reply, "{command}");
}

/// All keys that a full SCAN gives, and the number of calls. Asserts that none comes twice.
fn scan(keyspace: &mut Keyspace, options: &str) -> (BTreeSet<Vec<u8>>, usize) {
    let (mut cursor, mut keys, mut calls) = ("0".to_owned(), BTreeSet::new(), 0);
    loop {
        let reply = keyspace.call(&words(&format!("SCAN {cursor} {options}")));
        let parts = elements(&reply);
        for key in elements(parts[1]) {
            assert!(keys.insert(bulk(key).to_vec()), "{} came twice", key.escape_ascii());
        }
        calls += 1;
        assert!(calls < 100_000, "SCAN doesn't end");
        cursor = show(bulk(parts[0]));
        if cursor == "0" {
            return (keys, calls);
        }
    }
}

#[test]
fn scan_sees_each_key_once() {
    for shards in [1, 2, 7] {
        let mut keyspace = Keyspace::new(shards);
        assert_eq!(scan(&mut keyspace, ""), (BTreeSet::new(), 1), "an empty keyspace takes one call");
        keyspace.call(&words("DEBUG POPULATE 3000"));
        check(&mut keyspace, "DBSIZE", ":3000");
        let (keys, calls) = scan(&mut keyspace, "");
        assert_eq!(keys.len(), 3000);
        assert!((30..=600).contains(&calls), "{calls} calls for 3000 keys by 10");
        let (keys, calls) = scan(&mut keyspace, "COUNT 5000");
        assert_eq!((keys.len(), calls), (3000, 1), "one call if COUNT covers all");
        assert_eq!(scan(&mut keyspace, "COUNT 1").0.len(), 3000);
        assert_eq!(scan(&mut keyspace, "COUNT 100 MATCH key:2??").0.len(), 100);
        assert_eq!(scan(&mut keyspace, "COUNT 100 TYPE string").0.len(), 3000);
        assert_eq!(scan(&mut keyspace, "COUNT 100 TYPE list").0.len(), 0);
    }
}

#[test]
fn any_cursor_is_fine() {
    for shards in [1, 2, 7] {
        let mut keyspace = Keyspace::new(shards);
        keyspace.call(&words("MSET a 1 b 2 c 3"));
        check(&mut keyspace, "SCAN 18446744073709551615", "*2 $1 0 *0");
        // The last slot, and the one past it.
        check(&mut keyspace, &format!("SCAN {}", (16_383u64 << 39) + 7), "*2 $1 0 *0");
        check(&mut keyspace, &format!("SCAN {}", 16_384u64 << 39), "*2 $1 0 *0");
        check(&mut keyspace, "SCAN 1 COUNT 100 MATCH nothing", "*2 $1 0 *0");
    }
}

#[test]
fn one_slot_with_many_keys() {
    let mut keyspace = Keyspace::new(3);
    keyspace.call(&words("DEBUG POPULATE 2000 {tag}"));
    assert_eq!(scan(&mut keyspace, "").0.len(), 2000);
    let reply = keyspace.call(&words("KEYS {tag}:19*"));
    assert_eq!(elements(&reply).len(), 111);
}

#[test]
fn a_large_count_is_worked_off_in_one_call() {
    for shards in [1, 2] {
        let mut keyspace = Keyspace::new(shards);
        keyspace.call(&words("DEBUG POPULATE 25000"));
        for count in ["25000", "9223372036854775807"] {
            let (keys, calls) = scan(&mut keyspace, &format!("COUNT {count}"));
            assert_eq!((keys.len(), calls), (25_000, 1));
        }
        let (keys, calls) = scan(&mut keyspace, "COUNT 9000");
        assert_eq!((keys.len(), calls), (25_000, 3));
    }
}

#[test]
fn random_keys() {
    for shards in [1, 3] {
        let mut keyspace = Keyspace::new(shards);
        keyspace.call(&words("MSET a 1 b 2 c 3 d 4"));
        let keys: BTreeSet<Vec<u8>> =
            (0..200).map(|_| bulk(&keyspace.call(&words("RANDOMKEY"))).to_vec()).collect();
        assert_eq!(keys.len(), 4, "{shards} shards");
    }
}

#[test]
fn expired_keys_are_seen_by_nobody() {
    for shards in [1, 3] {
        let mut keyspace = Keyspace::new(shards);
        keyspace.call(&words("SET a 1 PX 100"));
        keyspace.call(&words("SET b 2 PX 200"));
        check(&mut keyspace, "PTTL a", ":100");
        check(&mut keyspace, "TTL a", ":0");
        keyspace.set_now(START_MS + 100);
        check(&mut keyspace, "GET a", "$1 1");
        check(&mut keyspace, "PTTL a", ":0");
        keyspace.set_now(START_MS + 101);
        check(&mut keyspace, "KEYS *", "*1 $1 b");
        check(&mut keyspace, "DBSIZE", ":2");
        check(&mut keyspace, "SCAN 0 COUNT 100", "*2 $1 0 *1 $1 b");
        check(&mut keyspace, "DBSIZE", ":1");
        check(&mut keyspace, "RENAME a b", "-ERR no such key");
        check(&mut keyspace, "COPY a b REPLACE", ":0");
        check(&mut keyspace, "DBSIZE", ":1");
        check(&mut keyspace, "PERSIST b", ":1");
        keyspace.set_now(START_MS + 10_000);
        check(&mut keyspace, "GET b", "$1 2");
        check(&mut keyspace, "PEXPIRE b 1499", ":1");
        check(&mut keyspace, "TTL b", ":1");
        check(&mut keyspace, "PEXPIRE b 1500", ":1");
        check(&mut keyspace, "TTL b", ":2");
        check(&mut keyspace, "PEXPIRETIME b", ":1700000011500");
        check(&mut keyspace, "EXPIRETIME b", ":1700000012");
        check(&mut keyspace, "PEXPIREAT b 1700000010000", ":1");
        check(&mut keyspace, "MGET a b", "*2 $-1 $-1");
        keyspace.call(&words("SET c 1 PX 1"));
        keyspace.set_now(START_MS + 20_000);
        check(&mut keyspace, "SETNX c 2", ":1");
        check(&mut keyspace, "PERSIST c", ":0");
        check(&mut keyspace, "SET c 1 PX 5 GET", "$1 2");
        keyspace.set_now(START_MS + 30_000);
        check(&mut keyspace, "MSETNX c 1 d 2", ":1");
        assert_eq!(integer(&keyspace.call(&words("DBSIZE"))), 2);
    }
}

#[test]
fn a_populated_value_has_a_limit() {
    let mut keyspace = Keyspace::new(1);
    let too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    check(&mut keyspace, "DEBUG POPULATE 1 big 9223372036854775807", too_long);
    check(&mut keyspace, "DEBUG POPULATE 9223372036854775807", "-ERR OOM in dictTryExpand");
}

#[test]
#[ignore = "takes a gigabyte of memory"]
fn strings_have_a_limit() {
    let mut keyspace = Keyspace::new(1);
    check(&mut keyspace, "DEBUG POPULATE 1 big 536870912", "+OK");
    check(&mut keyspace, "STRLEN big:0", ":536870912");
    check(&mut keyspace, "APPEND big:0 x", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    check(&mut keyspace, "APPEND big:0 \"\"", ":536870912");
}
