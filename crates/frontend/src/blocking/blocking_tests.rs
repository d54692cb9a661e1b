//! Blocking commands over one and several shards, step by step.

use crate::harness::{Client, Harness};

/// Names whose shard is different with several shards: the first character is no tag, so they are told apart by trying.
fn spread(shards: u16, count: usize) -> Vec<String> {
    let topology = commands::Topology { shards };
    let mut names: Vec<String> = Vec::new();
    let mut number = 0;
    while names.len() < count {
        let name = format!("k{number}");
        let wanted = names.len() as u16 % shards;
        if topology.shard_of(name.as_bytes()) == wanted {
            names.push(name);
        }
        number += 1;
    }
    names
}

/// Runs a test with one, two and seven shards, with two keys in different shards, and clients at different cores.
fn with_shards(test: impl Fn(&mut Harness, &[Client; 4], &str, &str)) {
    for shards in [1, 2, 7] {
        let names = spread(shards, 2);
        for turned in [false, true] {
            let (a, b) = if turned { (&names[1], &names[0]) } else { (&names[0], &names[1]) };
            let mut harness = Harness::new(shards, "");
            let clients = [0, 1, 2, 3].map(|at| harness.connect(at % usize::from(shards)));
            test(&mut harness, &clients, a, b);
        }
    }
}

fn bulk(texts: &[&str]) -> String {
    let parts: String = texts.iter().map(|text| format!("${}\r\n{text}\r\n", text.len())).collect();
    format!("*{}\r\n{parts}", texts.len())
}

#[track_caller]
fn got(harness: &mut Harness, client: Client, expect: &str) {
    assert_eq!(harness.received(client), expect);
}

fn info(harness: &mut Harness, client: Client, field: &str) -> String {
    let text = harness.ask(client, "INFO clients");
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':').map(str::to_owned));
    line.unwrap_or_default()
}

#[test]
fn there_is_something_already() {
    with_shards(|harness, &[c, d, ..], a, b| {
        harness.check(c, &format!("RPUSH {a} 1 2 3"), ":3\r\n");
        harness.check(d, &format!("BLPOP {b} {a} 0"), &bulk(&[a, "1"]));
        harness.check(d, &format!("BRPOP {a} {b} 0"), &bulk(&[a, "3"]));
        harness.check(c, &format!("BLMOVE {a} {b} LEFT RIGHT 0"), "$1\r\n2\r\n");
        harness.check(c, &format!("BLPOP {a} {b} x"), "-ERR timeout is not a float or out of range\r\n");
        harness.check(c, &format!("BLPOP {b} {a} -1"), "-ERR timeout is negative\r\n");
        harness.check(c, &format!("SET {a} string"), "+OK\r\n");
        harness.check(
            c,
            &format!("BLPOP {a} {b} 0"),
            "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
        );
        harness.check(c, &format!("BLPOP {b} {a} 0"), &bulk(&[b, "2"]));
    });
}

#[test]
fn first_come_first_served() {
    with_shards(|harness, &[c, d, e, f], a, b| {
        harness.check(c, &format!("BLPOP {a} {b} 0"), "");
        harness.check(d, &format!("BLPOP {a} 0"), "");
        harness.check(e, &format!("BRPOP {b} {a} 0"), "");
        assert_eq!(info(harness, f, "blocked_clients"), "3");
        assert_eq!(info(harness, f, "total_blocking_keys"), "2");
        harness.check(f, &format!("RPUSH {a} 1"), ":1\r\n");
        got(harness, c, &bulk(&[a, "1"]));
        harness.check(f, &format!("RPUSH {a} 2 3 4"), ":3\r\n");
        got(harness, d, &bulk(&[a, "2"]));
        got(harness, e, &bulk(&[a, "4"]));
        harness.check(f, &format!("LRANGE {a} 0 -1"), &bulk(&["3"]));
        assert_eq!(info(harness, f, "blocked_clients"), "0");
        assert_eq!(info(harness, f, "total_blocking_keys"), "0");
    });
}

#[test]
fn time_passes() {
    with_shards(|harness, &[c, d, e, _], a, b| {
        harness.check(c, &format!("BLPOP {a} {b} 0.5"), "");
        harness.check(d, &format!("BLMOVE {a} {b} LEFT LEFT 1"), "");
        harness.check(e, &format!("XREAD BLOCK 700 STREAMS {a} {b} $ $"), "");
        harness.pass_ms(499);
        got(harness, c, "");
        harness.pass_ms(2);
        got(harness, c, "*-1\r\n");
        harness.pass_ms(300);
        got(harness, e, "*-1\r\n");
        got(harness, d, "");
        harness.pass_ms(300);
        got(harness, d, "*-1\r\n");
        // Nobody is left who would take it.
        harness.check(c, &format!("RPUSH {a} 1"), ":1\r\n");
        harness.check(c, &format!("LLEN {a}"), ":1\r\n");
        assert_eq!(info(harness, c, "blocked_clients"), "0");
    });
}

#[test]
fn what_follows_waits() {
    with_shards(|harness, &[c, d, ..], a, b| {
        let pipeline = format!("SET {b}x 1\r\nBLPOP {a} {b} 0\r\nINCR {b}x\r\nPING\r\n");
        assert_eq!(harness.send(c, pipeline.as_bytes()), "+OK\r\n");
        harness.pass_ms(10);
        harness.check(d, &format!("GET {b}x"), "$1\r\n1\r\n");
        assert_eq!(harness.send(c, b"ECHO later\r\n"), "");
        harness.check(d, &format!("LPUSH {b} x"), ":1\r\n");
        got(harness, c, &format!("{}:2\r\n+PONG\r\n$5\r\nlater\r\n", bulk(&[b, "x"])));
    });
}

#[test]
fn a_chain_of_moves() {
    with_shards(|harness, &[c, d, e, f], a, b| {
        harness.check(c, &format!("BLMOVE {a} {b} LEFT RIGHT 0"), "");
        harness.check(d, &format!("BLMOVE {b} {a}x LEFT RIGHT 0"), "");
        harness.check(e, &format!("BLPOP {b} {a}x 0"), "");
        harness.check(f, &format!("RPUSH {a} 1"), ":1\r\n");
        got(harness, c, "$1\r\n1\r\n");
        got(harness, d, "$1\r\n1\r\n");
        got(harness, e, &bulk(&[&format!("{a}x"), "1"]));
        harness.check(f, &format!("EXISTS {a} {b} {a}x"), ":0\r\n");
    });
}

#[test]
fn a_destination_of_another_type() {
    with_shards(|harness, &[c, d, ..], a, b| {
        harness.check(c, &format!("BLMOVE {a} {b} LEFT RIGHT 0"), "");
        harness.check(d, &format!("SET {b} x"), "+OK\r\n");
        harness.check(d, &format!("RPUSH {a} 1"), ":1\r\n");
        got(harness, c, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
        harness.check(d, &format!("LRANGE {a} 0 -1"), &bulk(&["1"]));
    });
}

#[test]
fn a_waiter_of_another_type_stays() {
    with_shards(|harness, &[c, d, e, _], a, b| {
        harness.check(c, &format!("BLPOP {a} {b} 0"), "");
        harness.check(d, &format!("BZPOPMIN {a} {b} 0"), "");
        harness.check(e, &format!("ZADD {a} 1 m"), ":1\r\n");
        got(harness, d, &bulk(&[a, "m", "1"]));
        got(harness, c, "");
        harness.check(e, &format!("SADD {a} m"), ":1\r\n");
        harness.check(e, &format!("RPUSH {b} x"), ":1\r\n");
        // As in Redis it is tried again as a whole.
        let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
        got(harness, c, wrong);
    });
}

#[test]
fn who_is_gone_takes_nothing() {
    with_shards(|harness, &[c, d, e, f], a, b| {
        harness.check(c, &format!("BLPOP {a} {b} 0"), "");
        harness.check(d, &format!("BLPOP {a} 0"), "");
        harness.cut(c);
        harness.cut(d);
        harness.check(f, &format!("RPUSH {a} 1 2"), ":2\r\n");
        harness.check(f, &format!("LLEN {a}"), ":2\r\n");
        assert_eq!(info(harness, f, "blocked_clients"), "0");
        // The push is on its way when the connection breaks.
        harness.check(e, &format!("BLPOP {b} 0"), "");
        harness.cut_soon(e);
        harness.check(f, &format!("RPUSH {b} 1"), ":1\r\n");
        harness.check(f, &format!("LRANGE {b} 0 -1"), &bulk(&["1"]));
    });
}

#[test]
fn who_sends_nothing_more_is_gone() {
    with_shards(|harness, &[c, _, _, f], a, b| {
        harness.check(c, &format!("BLPOP {a} {b} 0"), "");
        harness.end(c);
        assert!(harness.is_closed(c));
        harness.check(f, &format!("RPUSH {a} 1"), ":1\r\n");
        harness.check(f, &format!("LLEN {a}"), ":1\r\n");
    });
}

#[test]
fn unblocked_by_others() {
    with_shards(|harness, &[c, d, e, f], a, b| {
        let id = |harness: &mut Harness, client| {
            let id = harness.ask(client, "CLIENT ID");
            id.trim_start_matches(':').trim_end().to_owned()
        };
        let (c_id, d_id, e_id) = (id(harness, c), id(harness, d), id(harness, e));
        harness.check(c, &format!("BLPOP {a} {b} 0"), "");
        harness.check(d, &format!("BRPOPLPUSH {a} {b} 0"), "");
        let list = harness.ask(f, "CLIENT LIST");
        assert_eq!(list.matches("flags=b").count(), 2, "{list}");
        harness.check(f, &format!("CLIENT UNBLOCK {c_id}"), ":1\r\n");
        got(harness, c, "*-1\r\n");
        harness.check(f, &format!("CLIENT UNBLOCK {c_id}"), ":0\r\n");
        harness.check(f, &format!("CLIENT UNBLOCK {d_id} ERROR"), ":1\r\n");
        got(harness, d, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
        harness.check(f, &format!("CLIENT UNBLOCK {e_id} TIMEOUT"), ":0\r\n");
        harness.check(f, "CLIENT UNBLOCK 0", ":0\r\n");
        harness.check(f, "CLIENT UNBLOCK x", "-ERR value is not an integer or out of range\r\n");
        harness.check(c, &format!("BLPOP {a} {b} 0"), "");
        harness.check(f, &format!("CLIENT KILL ID {c_id}"), ":1\r\n");
        harness.run();
        harness.check(f, &format!("RPUSH {a} 1"), ":1\r\n");
        harness.check(f, &format!("LLEN {a}"), ":1\r\n");
    });
}

#[test]
fn after_a_transaction() {
    with_shards(|harness, &[c, d, e, f], a, b| {
        harness.check(c, &format!("BLPOP {b} {a} 0"), "");
        harness.check(d, &format!("BLPOP {a} 0"), "");
        harness.check(e, &format!("BLPOP {b} 0"), "");
        for line in ["MULTI".to_owned(), format!("LPUSH {a} 1"), format!("DEL {a}"), format!("RPUSH {a} 2 3")]
        {
            harness.ask(f, &line);
        }
        harness.ask(f, &format!("RPUSH {b} 4"));
        assert_eq!(harness.ask(f, "EXEC").lines().next(), Some("*4"));
        got(harness, c, &bulk(&[b, "4"]));
        got(harness, d, &bulk(&[a, "2"]));
        got(harness, e, "");
        harness.check(f, &format!("LRANGE {a} 0 -1"), &bulk(&["3"]));
        // In a transaction nobody waits.
        harness.ask(f, "MULTI");
        harness.ask(f, &format!("BLPOP {b} 0"));
        harness.ask(f, &format!("BLPOP {b} {a}x 0"));
        harness.ask(f, &format!("BLMOVE {b} {a}x LEFT LEFT 0"));
        harness.ask(f, &format!("XREAD BLOCK 0 STREAMS {b} $"));
        harness.check(f, "EXEC", "*4\r\n*-1\r\n*-1\r\n$-1\r\n*-1\r\n");
        harness.ask(f, "MULTI");
        harness.ask(f, &format!("RPUSH {b} 5"));
        harness.ask(f, &format!("BLPOP {b} 0"));
        harness.ask(f, &format!("RPUSH {b} 6"));
        harness.ask(f, "EXEC");
        got(harness, e, &bulk(&[b, "6"]));
    });
}

#[test]
fn keys_that_come_in_other_ways() {
    with_shards(|harness, &[c, d, ..], a, b| {
        harness.check(c, &format!("BLPOP {a} 0"), "");
        harness.check(d, &format!("RPUSH {b} 1"), ":1\r\n");
        harness.check(d, &format!("RENAME {b} {a}"), "+OK\r\n");
        got(harness, c, &bulk(&[a, "1"]));
        harness.check(c, &format!("BLPOP {a} {b}x 0"), "");
        harness.check(d, &format!("RPUSH {b} 2"), ":1\r\n");
        harness.check(d, &format!("COPY {b} {a}"), ":1\r\n");
        got(harness, c, &bulk(&[a, "2"]));
        harness.check(c, &format!("BLPOP {a} 0"), "");
        harness.check(d, &format!("SORT {b} STORE {a}"), ":1\r\n");
        got(harness, c, &bulk(&[a, "2"]));
        harness.check(c, "SELECT 1", "+OK\r\n");
        harness.check(c, &format!("BLPOP {b} {a} 0"), "");
        harness.check(d, &format!("RPUSH {a} 3"), ":1\r\n");
        got(harness, c, "");
        harness.check(d, &format!("MOVE {a} 1"), ":1\r\n");
        got(harness, c, &bulk(&[a, "3"]));
        harness.check(c, &format!("BLPOP {b} 0"), "");
        harness.check(d, "SWAPDB 0 1", "+OK\r\n");
        got(harness, c, &bulk(&[b, "2"]));
    });
}

#[test]
fn streams() {
    with_shards(|harness, &[c, d, e, f], a, b| {
        harness.check(f, &format!("XADD {a} 1-1 f v"), "$3\r\n1-1\r\n");
        harness.check(c, &format!("XREAD BLOCK 0 STREAMS {a} {b} $ $"), "");
        harness.check(d, &format!("XREAD BLOCK 0 STREAMS {a} 1-5"), "");
        harness.check(f, &format!("XADD {a} 1-2 f v"), "$3\r\n1-2\r\n");
        let entry = |key: &str, id: &str| {
            format!("*1\r\n*2\r\n${}\r\n{key}\r\n*1\r\n*2\r\n$3\r\n{id}\r\n{}", key.len(), bulk(&["f", "v"]))
        };
        got(harness, c, &entry(a, "1-2"));
        got(harness, d, "");
        harness.check(f, &format!("XADD {a} 1-6 f v"), "$3\r\n1-6\r\n");
        got(harness, d, &entry(a, "1-6"));
        harness.check(c, &format!("XREAD BLOCK 0 STREAMS {b} $"), "");
        harness.check(f, &format!("XADD {b} 2-1 f v"), "$3\r\n2-1\r\n");
        got(harness, c, &entry(b, "2-1"));
        for key in [a, b] {
            harness.check(f, &format!("XGROUP CREATE {key} g $"), "+OK\r\n");
        }
        harness.check(c, &format!("XREADGROUP GROUP g c BLOCK 0 STREAMS {a} {b} > >"), "");
        harness.check(d, &format!("XREADGROUP GROUP g d BLOCK 0 STREAMS {b} >"), "");
        harness.check(e, &format!("XREADGROUP GROUP g e BLOCK 0 STREAMS {b} >"), "");
        assert_eq!(info(harness, f, "total_blocking_keys_on_nokey"), "2");
        harness.check(f, &format!("XADD {b} 3-1 f v"), "$3\r\n3-1\r\n");
        got(harness, c, &entry(b, "3-1"));
        harness.check(f, &format!("XADD {b} 3-2 f v"), "$3\r\n3-2\r\n");
        got(harness, d, &entry(b, "3-2"));
        harness.check(f, &format!("XGROUP DESTROY {b} g"), ":1\r\n");
        let gone = |key: &str| {
            format!("-NOGROUP No such key '{key}' or consumer group 'g' in XREADGROUP with GROUP option\r\n")
        };
        got(harness, e, &gone(b));
        harness.check(c, &format!("XREADGROUP GROUP g c BLOCK 0 STREAMS {a} >"), "");
        harness.check(f, &format!("DEL {a}"), ":1\r\n");
        got(harness, c, &gone(a));
        harness.check(f, &format!("XGROUP CREATE {a} g $ MKSTREAM"), "+OK\r\n");
        harness.check(c, &format!("XREADGROUP GROUP g c BLOCK 0 STREAMS {a} >"), "");
        harness.check(f, &format!("SET {a} x"), "+OK\r\n");
        got(harness, c, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    });
}

#[test]
fn exactly_so_many() {
    with_shards(|harness, &[c, d, e, _], a, b| {
        harness.check(c, &format!("BLMOVEM {a} {b} LEFT RIGHT 0 EXACTLY 3 BULK"), "");
        harness.check(d, &format!("RPUSH {a} 1 2"), ":2\r\n");
        got(harness, c, "");
        harness.check(e, &format!("BLPOP {a} 0"), &bulk(&[a, "1"]));
        harness.check(d, &format!("RPUSH {a} 3 4"), ":3\r\n");
        got(harness, c, &bulk(&["2", "3", "4"]));
        harness.check(d, &format!("LRANGE {b} 0 -1"), &bulk(&["2", "3", "4"]));
    });
}

#[test]
fn expired_keys_and_groups() {
    with_shards(|harness, &[c, d, ..], a, _| {
        harness.check(d, &format!("XGROUP CREATE {a} g $ MKSTREAM"), "+OK\r\n");
        harness.check(d, &format!("PEXPIRE {a} 100"), ":1\r\n");
        harness.check(c, &format!("XREADGROUP GROUP g c BLOCK 0 STREAMS {a} >"), "");
        harness.pass_ms(50);
        got(harness, c, "");
        for _ in 0..10 {
            harness.pass_ms(50);
        }
        assert!(harness.received(c).starts_with("-NOGROUP"));
    });
}

#[test]
fn counted_when_done() {
    with_shards(|harness, &[c, d, ..], a, b| {
        let calls = |harness: &mut Harness, client| {
            let text = harness.ask(client, "INFO commandstats");
            let line = text.lines().find(|line| line.starts_with("cmdstat_blpop")).map(str::to_owned);
            line.unwrap_or_default()
        };
        harness.check(c, &format!("BLPOP {a} {b} 1"), "");
        assert_eq!(calls(harness, d), "");
        harness.pass_ms(1001);
        got(harness, c, "*-1\r\n");
        assert!(calls(harness, d).contains("calls=1,"), "{}", calls(harness, d));
        harness.check(c, &format!("BLPOP {a} {b} 0"), "");
        harness.check(d, &format!("RPUSH {b} x"), ":1\r\n");
        harness.received(c);
        let line = calls(harness, d);
        assert!(line.contains("calls=2,") && line.contains("failed_calls=0"), "{line}");
        harness.check(d, &format!("SET {a} x"), "+OK\r\n");
        harness.ask(c, &format!("BLPOP {a} {b} 0"));
        let line = calls(harness, d);
        assert!(line.contains("calls=3,") && line.contains("failed_calls=1"), "{line}");
    });
}

#[test]
fn a_pause_of_clients() {
    with_shards(|harness, &[c, d, e, _], a, b| {
        harness.check(c, &format!("BLPOP {a} {b} 0.1"), "");
        harness.check(d, &format!("BLPOP {b} {a} 0"), "");
        harness.check(e, "CLIENT PAUSE 1000 ALL", "+OK\r\n");
        harness.check(e, &format!("RPUSH {a} 1"), "");
        harness.pass_ms(200);
        got(harness, c, "*-1\r\n");
        got(harness, d, "");
        harness.pass_ms(1000);
        got(harness, e, ":1\r\n");
        got(harness, d, &bulk(&[a, "1"]));
    });
}

#[test]
fn who_is_woken_during_a_pause_is_served_when_it_ends() {
    let names = spread(3, 3);
    let (a, b) = (&names[1], &names[2]);
    let mut harness = Harness::new(3, "");
    let [waits, pauses, pushes] = [0, 1, 2].map(|core| harness.connect(core));
    harness.check(waits, &format!("BLPOP {a} {b} 0"), "");
    // The pause has reached the core of the client that waits, and not yet that of the key.
    harness.give(pauses, b"CLIENT PAUSE 100000 WRITE\r\n");
    harness.turn(1);
    harness.turn(0);
    harness.give(pushes, format!("RPUSH {b} x\r\n").as_bytes());
    harness.run_awake();
    got(&mut harness, pauses, "+OK\r\n");
    got(&mut harness, pushes, ":1\r\n");
    got(&mut harness, waits, "");
    harness.give(pauses, b"CLIENT UNPAUSE\r\n");
    harness.run_awake();
    got(&mut harness, pauses, "+OK\r\n");
    got(&mut harness, waits, &bulk(&[b, "x"]));
}
