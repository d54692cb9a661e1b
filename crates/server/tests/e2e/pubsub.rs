//! Publishing and subscribing with a real client library, over all shards and both backends.

use redis::{Commands, Connection, Msg};

use crate::harness::{PATIENCE, Server, Setup};

/// The channel and the text of a message.
fn read(message: &Msg) -> (String, String) {
    (message.get_channel_name().to_owned(), message.get_payload().expect("text"))
}

#[test]
fn messages_reach_all_subscribers_in_order() {
    const MESSAGES: usize = 500;
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        // More connections than shards, so that every core has some.
        let mut listeners: Vec<Connection> = (0..10).map(|_| server.client()).collect();
        let mut subscribed: Vec<_> = listeners.iter_mut().map(Connection::as_pubsub).collect();
        for (at, listener) in subscribed.iter_mut().enumerate() {
            listener.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            listener.subscribe(&["one", "two"]).expect("subscribed");
            if at % 2 == 0 {
                listener.psubscribe("t*").expect("subscribed");
            }
        }
        let mut publishers: Vec<Connection> = (0..3).map(|_| server.client()).collect();
        for number in 0..MESSAGES {
            for (at, publisher) in publishers.iter_mut().enumerate() {
                let channel = ["one", "two"][(number + at) % 2];
                let count: i64 = publisher.publish(channel, format!("{at} {number}")).expect("published");
                assert_eq!(count, if channel == "one" { 10 } else { 15 }, "{setup:?}");
            }
        }
        for (at, listener) in subscribed.iter_mut().enumerate() {
            let mut next = [[0; 3]; 2];
            let all = MESSAGES * 3 + if at % 2 == 0 { MESSAGES * 3 / 2 } else { 0 };
            for _ in 0..all {
                let message = listener.get_message().expect("a message");
                let (channel, text) = read(&message);
                let (publisher, number) = text.split_once(' ').expect("two numbers");
                let (publisher, number): (usize, usize) =
                    (publisher.parse().expect("a number"), number.parse().expect("a number"));
                assert_eq!(channel, ["one", "two"][(number + publisher) % 2]);
                // Patterns repeat what came by the channel "two".
                let by_pattern = usize::from(message.from_pattern());
                let expect = &mut next[by_pattern][publisher];
                if by_pattern == 1 && *expect == 0 {
                    *expect = number;
                }
                assert_eq!(*expect, number, "{setup:?}");
                *expect += 1 + by_pattern;
            }
        }
        let mut asking = server.client();
        let info: String = redis::cmd("INFO").arg("clients").query(&mut asking).expect("info");
        assert!(info.contains("pubsub_clients:10\r\n"), "{info}");
    }
}

#[test]
fn events_of_keys_are_heard() {
    for setup in Setup::all() {
        let server = Server::start(setup, &["--notify-keyspace-events", "KEA"]);
        let mut connection = server.client();
        let mut listener = server.client();
        let mut listener = listener.as_pubsub();
        listener.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        listener.psubscribe("__keyevent@0__:*").expect("subscribed");
        for number in 0..50 {
            let key = format!("key:{number}");
            let _: () = connection.set(&key, 1).expect("set");
            assert_eq!(
                read(&listener.get_message().expect("a message")),
                ("__keyevent@0__:set".into(), key.clone())
            );
        }
        let _: () = connection.pset_ex("short", 1, 1).expect("set");
        let mut names = Vec::new();
        while names.last().is_none_or(|name| name != "__keyevent@0__:expired") {
            names.push(read(&listener.get_message().expect("a message")).0);
        }
        assert_eq!(names, ["__keyevent@0__:set", "__keyevent@0__:expire", "__keyevent@0__:expired"]);
    }
}

#[test]
fn a_subscriber_that_does_not_read_is_dropped() {
    for setup in Setup::of(2) {
        let limit = ["--client-output-buffer-limit", "pubsub 1mb 0 0"];
        let server = Server::start(setup, &limit);
        let mut slow: Vec<_> = (0..4).map(|_| server.connect()).collect();
        for wire in &mut slow {
            wire.send(b"SUBSCRIBE c\r\n");
        }
        let mut publisher = server.client();
        let text = "x".repeat(100_000);
        let end = std::time::Instant::now() + PATIENCE;
        while publisher.publish::<_, _, i64>("c", &text).expect("published") > 0 || slow.is_empty() {
            assert!(std::time::Instant::now() < end, "they are still there");
        }
        let info: String = redis::cmd("INFO").query(&mut publisher).expect("info");
        assert!(info.contains("client_output_buffer_limit_disconnections:4\r\n"), "{info}");
        assert!(info.contains("pubsub_channels:0\r\n"), "{info}");
    }
}
