//! What is logged brings back what was there, with any number of shards.

use std::sync::Arc;

use base::Rng;
use persist::log::{Manifest, MemoryVolume, Opening, Plane, Policy};

use crate::harness::{Client, Harness};

/// Every way to change data, in turn; `{0}`, `{1}`, … stand for keys that a seed chooses.
const COMMANDS: &[&str] = &[
    "SET {0} v1",
    "SET {0} 12 PX 700",
    "SET {0} v EX 100",
    "MSET {0} a {1} b {2} c",
    "MSETNX {0} a {1} b",
    "APPEND {0} x",
    "INCRBYFLOAT {3} 0.1",
    "INCR {3}",
    "SETRANGE {0} 3 abc",
    "GETDEL {0}",
    "GETEX {0} PX 900",
    "DEL {0} {1} {2}",
    "UNLINK {0} {1}",
    "RENAME {0} {1}",
    "RENAMENX {0} {1}",
    "COPY {0} {1} REPLACE",
    "COPY {0} {1} DB 3",
    "MOVE {0} 3",
    "EXPIRE {0} 100",
    "PEXPIRE {0} 400",
    "PERSIST {0}",
    "LPUSH {4} a b c",
    "RPUSH {5} d e f",
    "LPOP {4} 2",
    "LMPOP 3 {4} {5} {6} LEFT COUNT 2",
    "LMOVE {4} {5} LEFT RIGHT",
    "LMOVE {4} {4} LEFT RIGHT",
    "RPOPLPUSH {5} {4}",
    "BLPOP {4} {5} {6} 0.001",
    "BLMOVE {4} {6} RIGHT LEFT 0.001",
    "LMOVEM {4} {5} LEFT LEFT COUNT 2 OBO",
    "LTRIM {4} 0 5",
    "LINSERT {4} BEFORE a z",
    "LSET {4} 0 q",
    "SADD {7} a b c d e",
    "SADD {8} c d e f 1 2 3",
    "SPOP {7}",
    "SPOP {8} 2",
    "SPOP {8} 100",
    "SMOVE {7} {8} c",
    "SINTERSTORE {9} {7} {8}",
    "SUNIONSTORE {9} {7} {8}",
    "SDIFFSTORE {7} {8} {9}",
    "ZADD {10} 1 a 2 b 3 c 4 d",
    "ZINCRBY {10} 1.5 a",
    "ZPOPMIN {10}",
    "ZMPOP 2 {10} {11} MAX COUNT 2",
    "BZPOPMIN {10} {11} 0.001",
    "ZUNIONSTORE {11} 2 {10} {7}",
    "ZRANGESTORE {11} {10} 0 2",
    "ZREMRANGEBYRANK {11} 0 0",
    "HSET {12} f v g w",
    "HINCRBY {12} n 3",
    "HDEL {12} f",
    "HPEXPIRE {12} 300 FIELDS 1 g",
    "HSETEX {12} PX 500 FIELDS 1 x y",
    "HGETDEL {12} FIELDS 1 f",
    "XADD {13} * f v",
    "XADD {13} MAXLEN ~ 5 * f w",
    "XADD {13} MAXLEN ~ 3 ACKED * f w",
    "XTRIM {13} MAXLEN ~ 2",
    "XGROUP CREATE {13} g 0 MKSTREAM",
    "XGROUP CREATE {14} g 0 MKSTREAM",
    "XADD {14} * f v",
    "XREADGROUP GROUP g c COUNT 2 STREAMS {13} {14} > >",
    "XREADGROUP GROUP g c COUNT 1 STREAMS {13} >",
    "XAUTOCLAIM {13} g d 0 0",
    "PFADD {15} a b c",
    "PFADD {16} d e f",
    "PFMERGE {17} {15} {16}",
    "PFCOUNT {15} {16}",
    "SETBIT {18} 77 1",
    "BITOP OR {19} {18} {0}",
    "BITFIELD {18} SET u8 0 200",
    "GEOADD {20} 13.3 38.1 p 15.0 37.5 q",
    "GEOSEARCHSTORE {21} {20} FROMLONLAT 15 37 BYRADIUS 300 km",
    "SORT {4} ALPHA STORE {5}",
    "SORT {7} ALPHA BY w* GET # STORE {6}",
    "MULTI;SET {0} m;LPUSH {4} m;RENAME {0} {1};SPOP {7};EXEC",
    "MULTI;SET {0} m;SET {1} n;EXEC",
    "MULTI;ZUNIONSTORE {11} 2 {10} {7};ZADD {11} 9 z;GET {0};EXEC",
    "MULTI;GET {0};GET {1};EXEC",
    "SELECT 3;SET {0} in3;SELECT 0",
];

/// The same for what concerns all keys, which only the same number of shards can replay log by log.
const OF_ALL: &[&str] = &["FLUSHDB", "SWAPDB 0 3", "FLUSHALL"];

const SCRIPTS: &[&str] = &[
    "redis.call('set', KEYS[1], 's') redis.call('lpush', KEYS[2], 'x', 'y') return redis.call('spop', KEYS[3])",
    "redis.call('set', 'free', 's') redis.call('incr', 'free2') return 1",
    "redis.call('set', KEYS[1], 't') return redis.call('nosuch')",
];

fn fill(template: &str, rng: &mut Rng) -> String {
    let mut text = template.to_owned();
    for number in 0..22 {
        let name = format!("k{number}-{}", rng.below(3));
        text = text.replace(&format!("{{{number}}}"), &name);
    }
    text
}

fn encode(words: &[&str]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        out.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    out
}

/// Everything that there is, as text.
fn state(harness: &mut Harness, client: Client) -> String {
    let mut text = harness.ask(client, "DEBUG DIGEST");
    for db in [0, 3] {
        harness.ask(client, &format!("SELECT {db}"));
        let keys = harness.ask(client, "KEYS *");
        let mut names: Vec<&str> = keys.split("\r\n").filter(|word| word.starts_with(['k', 'f'])).collect();
        names.sort_unstable();
        for name in names {
            let value = harness.ask(client, &format!("DEBUG DIGEST-VALUE {name}"));
            let expiry = harness.ask(client, &format!("PEXPIRETIME {name}"));
            text.push_str(&format!("{db} {name} {value}{expiry}"));
        }
    }
    text
}

#[track_caller]
fn check(seed: u64, shards: u16, again: u16, barriers: bool, steps: usize) {
    let mut rng = Rng::new(seed);
    let options = "--enable-debug-command yes --save";
    let mut first = Harness::new(shards, options);
    first.keep_logs();
    let clients: Vec<Client> = (0..usize::from(shards)).map(|core| first.connect(core)).collect();
    for step in 0..steps {
        let client = clients[rng.below(clients.len() as u64) as usize];
        match rng.below(20) {
            0 if barriers && step % 3 == 0 => {
                first.ask(client, OF_ALL[rng.below(OF_ALL.len() as u64) as usize]);
            }
            1 => {
                let script = SCRIPTS[rng.below(SCRIPTS.len() as u64) as usize];
                let keys: Vec<String> =
                    ["{0}", "{4}", "{7}"].iter().map(|template| fill(template, &mut rng)).collect();
                first.send(client, &encode(&["EVAL", script, "3", &keys[0], &keys[1], &keys[2]]));
            }
            2 => first.pass_ms(rng.below(300)),
            _ => {
                let line = fill(COMMANDS[rng.below(COMMANDS.len() as u64) as usize], &mut rng);
                for command in line.split(';') {
                    first.ask(client, command);
                }
                if line.starts_with('B') {
                    first.pass_ms(2);
                }
            }
        }
    }
    // Whoever still waits has waited long enough.
    first.pass_ms(5);
    first.received(clients[0]);
    let logs = first.logs();
    let expect = state(&mut first, clients[0]);
    let mut second = Harness::new(again, options);
    second.now = first.now;
    for (shard, log) in logs.iter().enumerate() {
        second.replay((shards == again).then_some(shard), log);
    }
    second.run();
    let client = second.connect(0);
    assert_eq!(state(&mut second, client), expect, "seed {seed}, {shards} shards, then {again}");
    assert!(logs.iter().any(|log| !log.is_empty()));
}

#[test]
fn a_replay_brings_everything_back() {
    for seed in 0..30 {
        check(seed, 1, 1, true, 300);
        check(seed, 3, 3, true, 300);
    }
}

#[test]
fn another_number_of_shards_brings_everything_back() {
    for seed in 0..20 {
        check(seed, 1, 3, false, 300);
        check(seed, 3, 2, false, 300);
        check(seed, 2, 1, false, 300);
    }
}

/// A library whose function returns a number.
fn library(name: &str, number: u32) -> String {
    format!("#!lua name={name}\nredis.register_function('{name}', function() return {number} end)")
}

#[test]
fn libraries_come_back_as_they_were_last() {
    for again in [3, 2] {
        let mut first = Harness::new(3, "--save");
        first.keep_logs();
        let clients: Vec<Client> = (0..3).map(|core| first.connect(core)).collect();
        let load = |name: &str, number| encode(&["FUNCTION", "LOAD", "REPLACE", &library(name, number)]);
        // The last comes from neither the first core nor the last one.
        for (number, core) in [(1, 2), (2, 0), (3, 2), (4, 1)] {
            first.send(clients[core], &load("turns", number));
        }
        first.send(clients[2], &load("gone", 1));
        first.ask(clients[0], "FUNCTION DELETE gone");
        first.send(clients[2], &load("kept", 7));
        for (command, expect) in
            [("MULTI", "+OK\r\n"), ("SET a 1", "+QUEUED\r\n"), ("FLUSHALL", "+QUEUED\r\n")]
        {
            first.check(clients[1], command, expect);
        }
        first.send(clients[1], &load("in_transaction", 8));
        first.ask(clients[1], "SET b 2");
        first.check(clients[1], "EXEC", "*4\r\n+OK\r\n+OK\r\n$14\r\nin_transaction\r\n+OK\r\n");
        // What fails is logged nowhere.
        assert!(first.ask(clients[1], "FUNCTION DELETE nosuch").starts_with("-ERR "));
        let expect = first.ask(clients[0], "FUNCTION LIST");
        let logs = first.logs();
        let mut second = Harness::new(again, "--save");
        for (shard, log) in logs.iter().enumerate() {
            second.replay((again == 3).then_some(shard), log);
        }
        second.run();
        let client = second.connect(1);
        assert_eq!(second.ask(client, "FUNCTION LIST"), expect, "{again} shards");
        for (name, number) in [("turns", 4), ("kept", 7), ("in_transaction", 8)] {
            second.check(client, &format!("FCALL {name} 0"), &format!(":{number}\r\n"));
        }
        if again == 3 {
            second.check(client, "MGET a b", "*2\r\n$-1\r\n$1\r\n2\r\n");
        }
    }
}

#[test]
fn libraries_of_older_logs_come_back() {
    let mut harness = Harness::new(3, "--save");
    // Each in the log of the core that was asked, and not in the others.
    for (shard, name) in ["a", "b", "c"].iter().enumerate() {
        let (mut body, mut log) = (Vec::new(), Vec::new());
        let code = library(name, shard as u32);
        let words = [&b"FUNCTION"[..], b"LOAD", b"REPLACE", code.as_bytes()];
        persist::log::put_command(&mut body, 0, words.into_iter());
        let head = persist::log::Head { time_ms: 1, group: None, barrier: true };
        persist::log::put_frame(&mut log, &head, &body);
        harness.replay(Some(shard), &log);
    }
    let client = harness.connect(0);
    for (number, name) in ["a", "b", "c"].iter().enumerate() {
        harness.check(client, &format!("FCALL {name} 0"), &format!(":{number}\r\n"));
    }
}

#[test]
fn a_core_does_not_stop_before_what_it_was_served_is_sent() {
    let mut harness = Harness::new(3, "--save");
    let shared = Arc::clone(&harness.core(0).shared);
    shared.logs.set_policy(Policy::Always);
    let (folder, name) = ("folder".into(), "log".into());
    shared.logs.open(Opening { folder, name, manifest: Manifest::default(), after: 0, whole: true });
    harness.keep_logs();
    let mut plane = Plane::new(Arc::clone(&shared.logs), MemoryVolume::default(), Box::new(|_| {}));
    let topology = commands::Topology { shards: 3 };
    let key = (0..).map(|number| format!("k{number}")).find(|key| topology.shard_of(key.as_bytes()) == 1);
    let key = key.expect("a key");
    let [waits, pushes] = [0, 2].map(|core| harness.connect(core));
    harness.send(waits, format!("BLPOP {key} 0\r\n").as_bytes());
    // Nobody waits for the answer to this.
    harness.send(pushes, b"CLIENT REPLY OFF\r\n");
    harness.give(pushes, format!("RPUSH {key} x\r\n").as_bytes());
    harness.turn(2);
    shared.stop();
    let stops: Vec<bool> = [0, 1, 2, 0].iter().map(|&core| harness.turn(core).stop).collect();
    assert_eq!(stops, [false, false, true, false], "a client of the first core has no reply yet");
    plane.step(0);
    assert!(harness.turn(0).stop);
    assert_eq!(harness.received(waits), format!("*2\r\n${}\r\n{key}\r\n$1\r\nx\r\n", key.len()));
}
