//! Several clients at once, through real sockets: commands over several shards are seen whole, and in order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use redis::{Commands, RedisResult, cmd};

use crate::harness::{Server, Setup, Wire, encode};

/// Keys that lie in different slots, so on all shards.
fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{prefix}:{i}")).collect()
}

/// Runs `check` again and again until `work` is done on all its threads.
fn while_working(work: Vec<Box<dyn FnOnce() + Send + '_>>, mut check: impl FnMut()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let threads: Vec<_> = work.into_iter().map(|work| scope.spawn(work)).collect();
        let watch = scope.spawn(|| {
            threads.into_iter().for_each(|thread| thread.join().expect("a worker failed"));
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            check();
        }
        watch.join().expect("all workers are done");
    });
    check();
}

#[test]
fn what_mset_writes_mget_reads_whole() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let names = names("whole", 8);
        let write = |writer: usize| {
            let (mut client, names) = (server.client(), &names);
            move || {
                for round in 0..200 {
                    let pairs: Vec<(&String, usize)> =
                        names.iter().map(|name| (name, writer * 1000 + round)).collect();
                    client.mset::<_, _, ()>(&pairs).expect("MSET");
                }
            }
        };
        let writers = (1..=3).map(|writer| Box::new(write(writer)) as Box<dyn FnOnce() + Send>).collect();
        let mut reader = server.client();
        while_working(writers, || {
            let values: Vec<Option<u64>> = reader.mget(&names).expect("MGET");
            assert!(values.iter().all(|value| *value == values[0]), "{setup:?}: {values:?}");
        });
    }
}

#[test]
fn a_key_that_is_renamed_is_always_in_one_place() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let names = names("place", 5);
        let _: () = server.client().set(&names[0], "token").expect("SET");
        let rename = |worker: usize| {
            let (mut client, names) = (server.client(), &names);
            move || {
                for round in 0..300 {
                    let from = &names[(worker + round) % names.len()];
                    let to = &names[(worker * 3 + round * 2 + 1) % names.len()];
                    let result: RedisResult<String> = cmd("RENAME").arg(from).arg(to).query(&mut client);
                    match result {
                        Ok(reply) => assert_eq!(reply, "OK"),
                        Err(error) => assert_eq!(error.detail(), Some("no such key"), "{error}"),
                    }
                }
            }
        };
        let workers = (0..3).map(|worker| Box::new(rename(worker)) as Box<dyn FnOnce() + Send>).collect();
        let mut reader = server.client();
        while_working(workers, || {
            let there: usize = cmd("EXISTS").arg(&names).query(&mut reader).expect("EXISTS");
            assert_eq!(there, 1, "{setup:?}");
        });
        let values: Vec<Option<String>> = server.client().mget(&names).expect("MGET");
        assert_eq!(values.into_iter().flatten().collect::<Vec<_>>(), ["token"]);
    }
}

#[test]
fn nobody_sees_a_later_command_of_a_pipeline_without_the_earlier() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let names = names("order", 6);
        let mut wire = server.connect();
        let write = || {
            for round in 0..300 {
                // Each command on another shard than the one before.
                let pipeline: Vec<u8> =
                    names.iter().flat_map(|name| encode(&["SET", name, &round.to_string()])).collect();
                wire.send(&pipeline);
                names.iter().for_each(|_| assert_eq!(wire.reply(), "+OK\r\n"));
            }
        };
        let mut reader = server.client();
        while_working(vec![Box::new(write)], || {
            let values: Vec<Option<u64>> = reader.mget(&names).expect("MGET");
            assert!(values.is_sorted_by(|earlier, later| earlier >= later), "{setup:?}: {values:?}");
        });
    }
}

#[test]
fn replies_of_a_pipeline_come_in_order() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let pipeline = |wire: &mut Wire<_>, client: usize| {
            for round in 0..20 {
                let mut request = Vec::new();
                for i in 0..50 {
                    let (key, value) = (format!("p:{client}:{i}"), format!("{round}:{i}"));
                    request.extend(encode(&["SET", &key, &value]));
                    request.extend(encode(&["GET", &key]));
                    request.extend(encode(&["MGET", &key, "p:none", &key]));
                    request.extend(encode(&["ECHO", &value]));
                }
                wire.send(&request);
                for i in 0..50 {
                    let value = format!("{round}:{i}");
                    let bulk = format!("${}\r\n{value}\r\n", value.len());
                    assert_eq!(wire.reply(), "+OK\r\n");
                    assert_eq!(wire.reply(), bulk);
                    assert_eq!(wire.reply(), format!("*3\r\n{bulk}$-1\r\n{bulk}"));
                    assert_eq!(wire.reply(), bulk);
                }
            }
        };
        thread::scope(|scope| {
            for client in 0..4 {
                let mut wire = server.connect();
                scope.spawn(move || pipeline(&mut wire, client));
            }
        });
    }
}

#[test]
fn no_increment_is_lost() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let names = names("count", 3);
        thread::scope(|scope| {
            for _ in 0..4 {
                let mut wire = server.connect();
                let one: Vec<u8> = names.iter().flat_map(|name| encode(&["INCR", name])).collect();
                scope.spawn(move || {
                    for _ in 0..10 {
                        wire.send(&one.repeat(20));
                        (0..60).for_each(|_| assert!(wire.reply().starts_with(':')));
                    }
                });
            }
        });
        let values: Vec<u64> = server.client().mget(&names).expect("MGET");
        assert_eq!(values, [800; 3], "{setup:?}");
    }
}
