//! What keyspace notifications are told of strings and keys: Redis's names, in its order.

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
        ("MOVE {x}c 1", "move_from:{x}c move_to:{x}c"),
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
