//! What keyspace notifications are told of strings, keys, lists and streams: Redis's names, in its order.

use crate::harness::{Keyspace, START_MS};
use crate::scripts::words;

#[test]
fn every_change_is_told() {
    let past = "EXAT 1";
    let commands = [
        ("SET a 1", "set:a"),
        ("SET a 1 EX 10", "set:a expire:a"),
        ("SET a 1 NX", ""),
        ("SETNX a 1", ""),
        ("SETNX b 1", "set:b"),
        ("SETEX a 10 1", "set:a expire:a"),
        ("GETSET a 5", "set:a"),
        ("GETEX a EX 10", "expire:a"),
        ("GETEX a PERSIST", "persist:a"),
        ("GETEX a PERSIST", ""),
        ("GETEX a", ""),
        ("APPEND a 6", "append:a"),
        ("INCR a", "incrby:a"),
        ("DECRBY a 3", "incrby:a"),
        ("INCRBYFLOAT a 0.5", "incrbyfloat:a"),
        ("INCR a", ""),
        ("SETRANGE a 0 9", "setrange:a"),
        ("SETRANGE a 0 \"\"", ""),
        ("MSET a 1 a 2", "set:a set:a"),
        ("MSETNX a 1 c 2", ""),
        ("MSETEX 1 c 2 EX 10", "set:c expire:c"),
        ("INCREX c", "incrby:c"),
        ("INCREX c EX 100 ENX", "incrby:c"),
        ("INCREX c PERSIST", "incrby:c persist:c"),
        ("INCREX c BYFLOAT 1 EX 10", "incrbyfloat:c expire:c"),
        ("INCREX c BYFLOAT 1 UBOUND 0", ""),
        (&format!("INCREX c BYFLOAT 1 {past}"), "del:c"),
        ("EXPIRE a 100", "expire:a"),
        ("EXPIRE a 50 GT", ""),
        ("PERSIST a", "persist:a"),
        ("PERSIST a", ""),
        ("EXPIREAT a 1", "del:a"),
        ("SET {x}a 1", "set:{x}a"),
        ("RENAME {x}a {x}b", "rename_from:{x}a rename_to:{x}b"),
        ("RENAMENX {x}b {x}b", ""),
        ("COPY {x}b {x}c", "copy_to:{x}c"),
        ("COPY {x}b {x}c", ""),
        ("MOVE {x}c 1", "move_from:{x}c move_to:{x}c@1"),
        ("DELEX {x}b IFEQ 2", ""),
        ("DELEX {x}b IFEQ 1", "del:{x}b"),
        ("GETDEL b", "del:b"),
        ("DEL b", ""),
        ("SET b 1", "set:b"),
        ("UNLINK b b", "del:b"),
    ];
    for shards in [1, 3] {
        let mut keyspace = Keyspace::new(shards);
        keyspace.set_now(START_MS);
        for (command, events) in commands {
            assert_eq!(keyspace.events(&words(command)).join(" "), events, "{command}, {shards} shards");
        }
    }
}

#[test]
fn a_rename_over_shards_tells_the_same() {
    let mut keyspace = Keyspace::new(7);
    keyspace.call(&words("SET a 1"));
    let mut events = keyspace.events(&words("RENAME a b"));
    events.sort();
    assert_eq!(events, ["rename_from:a", "rename_to:b"]);
    assert_eq!(keyspace.events(&words("COPY b c")), ["copy_to:c"]);
}

/// What a real Redis told of these commands.
#[test]
fn every_change_of_lists_and_streams_is_told() {
    let commands = [
        ("RPUSH {x}a 1 2 3", "rpush:{x}a"),
        ("LPUSH {x}a 0", "lpush:{x}a"),
        ("LPUSHX {x}n 0", ""),
        ("RPUSHX {x}a 4", "rpush:{x}a"),
        ("LPOP {x}a", "lpop:{x}a"),
        ("RPOP {x}a 2", "rpop:{x}a"),
        ("RPOP {x}a 0", ""),
        ("LPOP {x}n", ""),
        ("LSET {x}a 0 9", "lset:{x}a"),
        ("LSET {x}a 7 9", ""),
        ("LINSERT {x}a BEFORE 9 8", "linsert:{x}a"),
        ("LINSERT {x}a BEFORE 77 8", ""),
        ("LREM {x}a 0 8", "lrem:{x}a"),
        ("LREM {x}a 0 8", ""),
        ("LTRIM {x}a 0 -1", "ltrim:{x}a"),
        ("LMOVE {x}a {x}b LEFT RIGHT", "rpush:{x}b lpop:{x}a"),
        ("LMOVE {x}a {x}a LEFT RIGHT", "rpush:{x}a lpop:{x}a"),
        ("LMOVE {x}n {x}a LEFT RIGHT", ""),
        ("RPOPLPUSH {x}a {x}b", "lpush:{x}b rpop:{x}a del:{x}a"),
        ("RPOPLPUSH {x}a {x}b", ""),
        ("RPOPLPUSH {x}b {x}b", "lpush:{x}b rpop:{x}b"),
        ("LMPOP 2 {x}n {x}b LEFT COUNT 1", "lpop:{x}b"),
        ("LMPOP 2 {x}n {x}b RIGHT COUNT 10", "rpop:{x}b del:{x}b"),
        ("LMPOP 2 {x}n {x}b RIGHT COUNT 10", ""),
        ("RPUSH {x}a 1 1", "rpush:{x}a"),
        ("LREM {x}a 0 1", "lrem:{x}a del:{x}a"),
        ("RPUSH {x}a 1", "rpush:{x}a"),
        ("LTRIM {x}a 5 9", "ltrim:{x}a del:{x}a"),
        ("RPUSH {x}a 1", "rpush:{x}a"),
        ("LPOP {x}a", "lpop:{x}a del:{x}a"),
        ("LTRIM {x}n 0 0", ""),
        ("XADD {x}s 1-0 a 1", "xadd:{x}s"),
        ("XADD {x}s 2-0 a 1", "xadd:{x}s"),
        ("XADD {x}s MAXLEN 2 3-0 a 1", "xadd:{x}s xtrim:{x}s"),
        ("XADD {x}s MAXLEN 5 4-0 a 1", "xadd:{x}s"),
        ("XADD {x}t NOMKSTREAM 1-0 a 1", ""),
        ("XDEL {x}s 2-0 9-9", "xdel:{x}s"),
        ("XDEL {x}s 2-0", ""),
        ("XTRIM {x}s MAXLEN 5", ""),
        ("XTRIM {x}s MAXLEN 1", "xtrim:{x}s"),
        ("XSETID {x}s 9-0", "xsetid:{x}s"),
        ("XGROUP CREATE {x}s g 0", "xgroup-create:{x}s"),
        ("XGROUP CREATE {x}t g 0 MKSTREAM", "xgroup-create:{x}t"),
        ("XGROUP SETID {x}s g 0", "xgroup-setid:{x}s"),
        ("XGROUP CREATECONSUMER {x}s g a", "xgroup-createconsumer:{x}s"),
        ("XGROUP CREATECONSUMER {x}s g a", ""),
        ("XREADGROUP GROUP g a STREAMS {x}s >", ""),
        (
            "XREADGROUP GROUP g b STREAMS {x}s {x}t > >",
            "xgroup-createconsumer:{x}s xgroup-createconsumer:{x}t",
        ),
        ("XREADGROUP GROUP g b STREAMS {x}s 0", ""),
        ("XCLAIM {x}s g c 0 4-0", "xgroup-createconsumer:{x}s"),
        ("XAUTOCLAIM {x}s g d 0 0", "xgroup-createconsumer:{x}s"),
        ("XAUTOCLAIM {x}s g d 0 0", ""),
        ("XACK {x}s g 4-0", ""),
        ("XGROUP DELCONSUMER {x}s g a", "xgroup-delconsumer:{x}s"),
        ("XGROUP DELCONSUMER {x}s g a", ""),
        ("XADD {x}s 10-0 a 1", "xadd:{x}s"),
        ("XREADGROUP GROUP g b STREAMS {x}s >", ""),
        ("XACKDEL {x}s g IDS 2 10-0 11-0", "xdel:{x}s"),
        ("XADD {x}s 12-0 a 1", "xadd:{x}s"),
        ("XDELEX {x}s IDS 2 12-0 13-0", "xdel:{x}s"),
        ("XDELEX {x}s IDS 1 13-0", ""),
        ("XGROUP DESTROY {x}s g", "xgroup-destroy:{x}s"),
        ("XGROUP DESTROY {x}s g", ""),
    ];
    let mut keyspace = Keyspace::new(3);
    keyspace.set_now(START_MS);
    for (command, events) in commands {
        assert_eq!(keyspace.events(&words(command)).join(" "), events, "{command}");
    }
}

/// Commands with the events of all classes that Redis 8.2.3 told of them. `!expire 300` lets so many milliseconds pass, after
/// which all that has expired goes; after `!wait 50` it stays until somebody comes upon it.
const RECORDED: &str = include_str!("events.txt");

#[test]
fn events_are_those_of_redis() {
    for shards in [1, 3] {
        let mut keyspace = Keyspace::new(shards);
        keyspace.set_now(START_MS);
        keyspace.want_events(u32::MAX);
        let mut wrong = Vec::new();
        for line in RECORDED.lines() {
            let (command, events) = line.split_once(" =>").expect("a line");
            match command.split_once(' ') {
                Some(("!expire", ms)) => keyspace.pass(ms.parse().unwrap(), true),
                Some(("!wait", ms)) => keyspace.pass(ms.parse().unwrap(), false),
                _ => drop(keyspace.call(&words(command))),
            }
            let mut told = keyspace.take_events();
            let mut events: Vec<&str> = events.split_whitespace().collect();
            if shards > 1 {
                told.sort();
                events.sort();
            }
            if told != events {
                wrong.push(format!("{command}\n    told     {told:?}\n    recorded {events:?}"));
            }
        }
        assert!(wrong.is_empty(), "{shards} shards\n{}", wrong.join("\n"));
    }
}
