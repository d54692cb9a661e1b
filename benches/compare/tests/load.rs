//! The generator against a small server of its own, which can be told to misbehave.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bench_compare::command::{Material, Mix};
use bench_compare::keys::{Distribution, KeyFormat};
use bench_compare::load::{Bound, Load, Rate};
use bench_compare::reply::{Reply, append_bulk, parse};

type Store = Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>;
/// Appends the reply to a command.
type Answer = fn(&Store, &[&[u8]], &mut Vec<u8>);

/// Serves `answer` on loopback until the test ends; replies go out in pieces of `piece` bytes.
fn serve(answer: Answer, piece: usize) -> (SocketAddr, Store) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let store = Store::default();
    let shared = store.clone();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let (store, socket) = (shared.clone(), socket.unwrap());
            thread::spawn(move || converse(socket, &store, answer, piece));
        }
    });
    (address, store)
}

fn converse(mut socket: TcpStream, store: &Store, answer: Answer, piece: usize) {
    socket.set_nodelay(true).unwrap();
    let (mut received, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = socket.read(&mut chunk) {
        received.extend_from_slice(&chunk[..count]);
        let (mut used, mut replies) = (0, Vec::new());
        // A request is an array of bulk strings, so the parser of replies reads it too.
        while let Some((Reply::Array(arguments), length)) = parse(&received[used..]).unwrap() {
            let bytes =
                |argument| if let Reply::Bulk(bytes) = argument { bytes } else { panic!("not a request") };
            let arguments: Vec<&[u8]> = arguments.into_iter().map(bytes).collect();
            answer(store, &arguments, &mut replies);
            used += length;
        }
        received.drain(..used);
        for part in replies.chunks(piece) {
            // The generator may be gone already.
            if socket.write_all(part).is_err() {
                return;
            }
        }
    }
}

fn honest(store: &Store, arguments: &[&[u8]], out: &mut Vec<u8>) {
    let mut store = store.lock().unwrap();
    let get = |key: &[u8], out: &mut Vec<u8>| match store.get(key) {
        Some(value) => append_bulk(out, value),
        None => out.extend_from_slice(b"$-1\r\n"),
    };
    match (arguments[0], &arguments[1..]) {
        (b"GET", [key]) => get(key, out),
        (b"MGET", keys) => {
            out.extend_from_slice(format!("*{}\r\n", keys.len()).as_bytes());
            keys.iter().for_each(|key| get(key, out));
        }
        (b"SET" | b"MSET", pairs) => {
            pairs.chunks(2).for_each(|pair| drop(store.insert(pair[0].to_vec(), pair[1].to_vec())));
            out.extend_from_slice(b"+OK\r\n");
        }
        (b"INCR", [_]) => out.extend_from_slice(b":1\r\n"),
        _ => out.extend_from_slice(b"-ERR unknown command\r\n"),
    }
}

fn load(address: SocketAddr, mix: &str, requests: u64) -> Load {
    let material = Material { format: KeyFormat::unpadded("key:"), value_bytes: 40, misses: false };
    Load {
        address,
        server_pid: Some(std::process::id()),
        cpu: None,
        connections: 5,
        pipeline: 7,
        mix: Mix::parse(mix, &material).unwrap(),
        material,
        keys: 100,
        distribution: Distribution::Uniform,
        seed: 1,
        bound: Bound::Requests(requests),
        rate: None,
    }
}

#[test]
fn every_request_is_answered_and_checked() {
    for piece in [1, 3, 4096] {
        let (address, store) = serve(honest, piece);
        for mix in ["set:get=1:3", "mset10:mget10", "mset10-tag:mget10-tag", "incr"] {
            let load = load(address, mix, 503);
            load.preload().unwrap();
            let outcome = load.run().unwrap();
            assert_eq!(
                (outcome.requests, outcome.tally.replies, outcome.tally.bad()),
                (503, 503, 0),
                "{mix}"
            );
            assert!(outcome.latency.p50_us > 0.0 && outcome.latency.max_us >= outcome.latency.p999_us);
            assert!(outcome.server.is_some_and(|server| server.rss_bytes > 0));
        }
        // Plain keys, and each multi-key form's own.
        assert_eq!(store.lock().unwrap().len(), 300);
    }
}

#[test]
fn an_open_loop_issues_what_is_due() {
    let (address, _) = serve(honest, 4096);
    let rate = Some(Rate { per_second: 20_000.0, nap: Duration::from_micros(50) });
    let load = Load { rate, pipeline: 2, ..load(address, "set", 1000) };
    let outcome = load.run().unwrap();
    assert_eq!((outcome.requests, outcome.tally.bad()), (1000, 0));
}

#[test]
fn a_run_bounded_by_time_ends_and_drains() {
    let (address, _) = serve(honest, 4096);
    let bound = Bound::Time { warmup: Duration::from_millis(10), measured: Duration::from_millis(100) };
    let outcome = Load { bound, ..load(address, "set", 0) }.run().unwrap();
    // Requests of the warm-up and the drain are checked, but not measured.
    assert!(outcome.tally.replies > outcome.requests && outcome.tally.bad() == 0);
}

#[test]
fn a_slow_server_is_waited_for() {
    let slow: Answer = |_, _, out| {
        thread::sleep(Duration::from_millis(30));
        out.extend_from_slice(b"+OK\r\n");
    };
    let (address, _) = serve(slow, 4096);
    let bound = Bound::Time { warmup: Duration::ZERO, measured: Duration::from_millis(1) };
    let load = Load { bound, connections: 1, pipeline: 1, ..load(address, "set", 0) };
    let outcome = load.run().unwrap();
    assert!(outcome.requests >= 1 && outcome.seconds > 0.02, "{outcome}");
}

#[test]
fn an_error_and_a_wrong_reply_are_counted() {
    let (address, _) = serve(|_, _, out| out.extend_from_slice(b"-ERR no\r\n"), 4096);
    let tally = load(address, "set", 10).run().unwrap().tally;
    assert_eq!((tally.errors, tally.wrong), (10, 0));
    assert!(tally.first_bad.unwrap().contains("-ERR no"));
    assert!(load(address, "get", 10).preload().is_err());

    let (address, _) = serve(|_, _, out| append_bulk(out, b"short"), 4096);
    let tally = load(address, "get", 10).run().unwrap().tally;
    assert_eq!((tally.errors, tally.wrong), (0, 10));
}

#[test]
fn a_key_that_is_missing_is_wrong_unless_allowed() {
    let (address, _) = serve(honest, 4096);
    let strict = load(address, "get", 10);
    assert_eq!(strict.run().unwrap().tally.wrong, 10);
    let material = Material { misses: true, ..strict.material.clone() };
    let lenient = Load { mix: Mix::parse("get", &material).unwrap(), material, ..strict };
    let tally = lenient.run().unwrap().tally;
    assert_eq!((tally.wrong, tally.misses), (0, 10));
}

#[test]
fn garbage_and_uncalled_replies_end_the_run() {
    let (address, _) = serve(|_, _, out| out.extend_from_slice(b"what?\r\n"), 4096);
    assert!(format!("{:#}", load(address, "set", 10).run().unwrap_err()).contains("not a reply to set"));
    let (address, _) = serve(|_, _, out| out.extend_from_slice(b"+OK\r\n+OK\r\n"), 4096);
    assert!(format!("{:#}", load(address, "set", 10).run().unwrap_err()).contains("nothing asked for"));
}
