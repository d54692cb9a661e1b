//! CLIENT PAUSE and MONITOR among many clients, through real sockets.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use redis::{Commands, cmd};

use crate::harness::{Server, Setup, eventually};

/// Keys that lie in different slots, so on all shards.
fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("key:{i}")).collect()
}

/// A client that changes keys of all shards, in every way in which commands go over shards, until it is told to stop.
fn write(mut client: redis::Connection, worker: usize, names: &[String], stop: &AtomicBool) {
    let mut round = worker;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        let name = |i: usize| &names[(round * 7 + worker * 3 + i * 5) % names.len()];
        let value = format!("{worker}-{round}");
        match round % 5 {
            0 => {
                let pairs = [(name(0), &value), (name(1), &value), (name(2), &value)];
                client.mset::<_, _, ()>(&pairs).expect("MSET");
            }
            1 => drop(cmd("RENAME").arg(name(0)).arg(name(1)).query::<String>(&mut client)),
            2 => {
                let mut pipeline = redis::pipe();
                for i in 0..4 {
                    pipeline.set(name(i), &value);
                }
                pipeline.query::<()>(&mut client).expect("a pipeline");
            }
            3 => client.del::<_, ()>(&[name(0), name(1)]).expect("DEL"),
            _ => client.append::<_, _, ()>(name(0), "x").expect("APPEND"),
        }
    }
}

#[test]
fn nothing_is_written_once_a_pause_is_acknowledged() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let names = names(40);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for worker in 0..4 {
                let (client, names, stop) = (server.client(), &names, &stop);
                scope.spawn(move || write(client, worker, names, stop));
            }
            let mut pausing = server.client();
            let mut reader = server.client();
            let mut changes = 0;
            let mut before = Vec::new();
            for round in 0..30 {
                let mode = if round % 2 == 0 { "WRITE" } else { "write" };
                cmd("CLIENT").arg("PAUSE").arg(60_000).arg(mode).query::<()>(&mut pausing).expect("PAUSE");
                let values: Vec<Option<String>> = reader.mget(&names).expect("MGET");
                for _ in 0..5 {
                    let again: Vec<Option<String>> = reader.mget(&names).expect("MGET");
                    assert_eq!(values, again, "{setup:?}");
                }
                changes += usize::from(values != before);
                before = values;
                cmd("CLIENT").arg("UNPAUSE").query::<()>(&mut pausing).expect("UNPAUSE");
            }
            stop.store(true, Ordering::Relaxed);
            assert!(changes > 1, "{setup:?}: the writers wrote nothing");
        });
        let mut wire = server.connect();
        assert_eq!(wire.info("clients", "blocked_clients"), "0");
    }
}

/// The words of a line of MONITOR, without escapes.
fn words(line: &str) -> Vec<String> {
    let (_, words) = line.trim_end().split_once("] ").expect("a line of MONITOR");
    words.split(' ').map(|word| word.trim_matches('"').to_owned()).collect()
}

#[test]
fn the_commands_that_monitor_shows_lead_to_the_data_that_is_there() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let names = names(25);
        let stop = AtomicBool::new(false);
        let mut monitor = server.connect();
        assert_eq!(monitor.ask("MONITOR"), "+OK\r\n");
        let mut data: HashMap<String, String> = HashMap::new();
        thread::scope(|scope| {
            let writers: Vec<_> = (0..3)
                .map(|worker| {
                    let (client, names, stop) = (server.client(), &names, &stop);
                    scope.spawn(move || write(client, worker, names, stop))
                })
                .collect();
            let mut client = server.client();
            let stop = &stop;
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let count: i64 = client.incr("counter", 1).expect("INCR");
                    stop.store(count >= 300, Ordering::Relaxed);
                }
                writers.into_iter().for_each(|writer| writer.join().expect("a writer failed"));
                cmd("ECHO").arg("end").query::<()>(&mut client).expect("ECHO");
            });
            loop {
                let words = words(&monitor.reply());
                let (name, args) = words.split_first().expect("a command");
                match (name.to_ascii_uppercase().as_str(), args) {
                    ("ECHO", _) => break,
                    ("SET" | "MSET", pairs) => {
                        for pair in pairs.chunks(2) {
                            data.insert(pair[0].clone(), pair[1].clone());
                        }
                    }
                    ("RENAME", [from, to]) => {
                        if let Some(value) = data.remove(from) {
                            data.insert(to.clone(), value);
                        }
                    }
                    ("DEL", keys) => keys.iter().for_each(|key| drop(data.remove(key))),
                    ("APPEND", [key, text]) => data.entry(key.clone()).or_default().push_str(text),
                    _ => {}
                }
            }
        });
        let values: Vec<Option<String>> = server.client().mget(&names).expect("MGET");
        for (name, value) in names.iter().zip(values) {
            assert_eq!(data.get(name), value.as_ref(), "{setup:?}: {name}");
        }
    }
}

#[test]
fn a_monitor_that_does_not_read_is_dropped() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &[]);
        let mut monitor = server.connect();
        assert_eq!(monitor.ask("MONITOR"), "+OK\r\n");
        let mut client = server.client();
        let mut wire = server.connect();
        let value = "x".repeat(1 << 20);
        let mut written = 0;
        while wire.text("CLIENT LIST").contains("flags=O") {
            client.set::<_, _, ()>("key", &value).expect("SET");
            written += 1;
            assert!(written < 500, "{setup:?}: the monitor is still there");
        }
        assert!(written >= 60, "{setup:?}: dropped after {written} MiB");
        client.set::<_, _, ()>("key", "x").expect("SET");
    }
}

#[test]
fn unsent_replies_are_shown_in_the_list_of_clients() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let mut client = server.client();
        client.set::<_, _, ()>("key", "x".repeat(1 << 20)).expect("SET");
        // More than the system holds for a client that reads nothing.
        let mut slow = server.connect();
        slow.command("CLIENT SETNAME slow");
        (0..40).for_each(|_| slow.command("GET key"));
        let mut wire = server.connect();
        eventually("unsent output is shown", || {
            let list = wire.text("CLIENT LIST NAME slow");
            let field = |name: &str| {
                let value = list.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
                value.and_then(|value| value.parse::<usize>().ok()).unwrap_or_default()
            };
            field("oll") == 1 && field("omem") > 1 << 16 && field("tot-mem") > field("omem")
        });
    }
}
