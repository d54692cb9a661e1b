//! Bytes in odd portions: halves of commands, very long pipelines, very large values, connections that break.

use std::io::Write;
use std::thread;
use std::time::Duration;

use redis::Commands;

use crate::harness::{Server, Setup, Wire, encode, eventually};

#[test]
fn a_command_may_come_in_any_two_pieces() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &[]);
        let mut wire = server.connect();
        let request = encode(&["SET", "pieces", "a\r\nvalue"]);
        for split in 1..request.len() {
            wire.send(&request[..split]);
            // The answer to another connection shows that the server had time to see the first piece.
            assert_eq!(server.connect().ask("PING"), "+PONG\r\n");
            wire.send(&request[split..]);
            assert_eq!(wire.reply(), "+OK\r\n", "{split}");
        }
        // Or byte by byte.
        for byte in encode(&["GET", "pieces"]) {
            wire.send(&[byte]);
        }
        assert_eq!(wire.reply(), "$8\r\na\r\nvalue\r\n");
    }
}

#[test]
fn an_unfinished_command_leaves_no_trace() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &[]);
        let request = [encode(&["SET", "whole", "1"]), encode(&["SET", "half", "1"])].concat();
        for cut in 1..20 {
            let mut wire = server.connect();
            wire.send(&request[..request.len() - cut]);
            wire.stream.shutdown(std::net::Shutdown::Write).expect("half closed");
            assert_eq!(wire.read_to_close(), b"+OK\r\n");
        }
        let mut wire = server.connect();
        assert_eq!((wire.number("EXISTS whole"), wire.number("EXISTS half")), (1, 0));
    }
}

#[test]
fn inline_commands_are_understood() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &[]);
        let mut wire = server.connect();
        wire.send(b"SET inline \"two words\\n\"\r\n\r\nGET inline\nget 'inline'\r\n");
        assert_eq!(wire.reply(), "+OK\r\n");
        assert_eq!(wire.reply(), "$10\r\ntwo words\n\r\n");
        assert_eq!(wire.reply(), "$10\r\ntwo words\n\r\n");
    }
}

#[test]
fn a_hundred_thousand_commands_in_one_pipeline() {
    const COUNT: usize = 100_000;
    for setup in [Setup::of(1), Setup::of(7)].concat() {
        let server = Server::start(setup, &[]);
        let mut wire = server.connect();
        let mut sender = wire.stream.try_clone().expect("a second handle");
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut request = Vec::new();
                for i in 0..COUNT {
                    let key = format!("k{}", i % 100);
                    request.extend(encode(&["INCR", &key]));
                }
                sender.write_all(&request).expect("the server reads in the end");
            });
            for i in 0..COUNT {
                assert_eq!(wire.reply(), format!(":{}\r\n", i / 100 + 1), "{setup:?}: {i}");
            }
        });
    }
}

/// Writes and reads a value of this size, whose parts all differ.
fn large_value(setup: Setup, bytes: usize) {
    let server = Server::start(setup, &[]);
    let value: Vec<u8> =
        (0u32..).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).take(bytes).collect();
    let mut client = server.client();
    for key in ["large:1", "large:2"] {
        let _: () = client.set(key, &value).expect("SET");
        let back: Vec<u8> = client.get(key).expect("GET");
        assert!(back == value, "{setup:?}: {key} came back otherwise");
        let _: () = client.del(key).expect("DEL");
    }
}

#[test]
fn values_of_many_megabytes() {
    for setup in Setup::of(2) {
        large_value(setup, 64 << 20);
    }
}

#[test]
#[ignore = "takes a few gigabytes of memory"]
fn values_of_the_largest_size() {
    for setup in Setup::of(2) {
        large_value(setup, 512 << 20);
    }
}

#[test]
fn connections_that_break_within_a_pipeline_are_cleaned_up() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let mut wire = server.connect();
        assert_eq!(wire.ask(&format!("SET big {}", "x".repeat(10_000))), "+OK\r\n");
        let request: Vec<u8> = (0..200)
            .flat_map(|i| [encode(&["INCR", &format!("k{i}")]), encode(&["GET", "big"])].concat())
            .collect();
        for _ in 0..30 {
            let mut broken = server.connect();
            assert_eq!(broken.ask("PING"), "+PONG\r\n");
            broken.send(&request);
            // Closing sends a reset.
            rustix::net::sockopt::set_socket_linger(&broken.stream, Some(Duration::ZERO)).expect("an option");
        }
        eventually("all are gone", || wire.info("clients", "connected_clients") == "1");
        assert_eq!(wire.ask("PING"), "+PONG\r\n");
        // Commands ran or did not; a counter behind another one is never ahead of it.
        let counts: Vec<u64> = (0..200)
            .map(|i| wire.ask(&format!("GET k{i}")))
            .map(|reply| reply.split("\r\n").nth(1).and_then(|text| text.parse().ok()).unwrap_or(0))
            .collect();
        assert!(counts.is_sorted_by(|earlier, later| earlier >= later), "{setup:?}: {counts:?}");
    }
}

#[test]
fn the_redis_crate_is_at_home() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        for protocol in ["", "?protocol=resp3"] {
            let client =
                redis::Client::open(format!("redis://{}/{protocol}", server.address())).expect("address");
            let mut client = client.get_connection().expect("a connection");
            let _: () = redis::cmd("FLUSHALL").query(&mut client).expect("FLUSHALL");
            let (set, number, all): (String, i64, Vec<Option<String>>) = redis::pipe()
                .set("a", "1")
                .incr("n", 41)
                .mget(&["a", "b", "n"])
                .query(&mut client)
                .expect("a pipeline");
            assert_eq!((set.as_str(), number), ("OK", 41));
            assert_eq!(all, [Some("1".into()), None, Some("41".into())]);
            let mut keys: Vec<String> = client.scan().expect("SCAN").collect::<Result<_, _>>().expect("keys");
            keys.sort();
            assert_eq!(keys, ["a", "n"]);
            let missing: Option<String> = client.get("missing").expect("GET");
            assert_eq!(missing, None);
            let ttl: i64 = client.ttl("a").expect("TTL");
            assert_eq!(ttl, -1);
        }
    }
}

#[test]
fn a_wire_without_commands_is_answered_by_nothing() {
    let server = Server::start(Setup::of(2)[0], &[]);
    let mut wire: Wire<_> = server.connect();
    wire.send(b"\r\n\r\n*0\r\n*-1\r\n");
    assert_eq!(wire.ask("PING"), "+PONG\r\n");
}
