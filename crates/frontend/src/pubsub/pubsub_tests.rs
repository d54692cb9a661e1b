//! Publishing and subscribing on cores without sockets.

use crate::harness::{Client, Harness};

/// A message as RESP2 or, with `>`, RESP3 has it.
fn message(marker: char, words: &[&str]) -> String {
    let words: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("{marker}{}\r\n{words}", words.matches('$').count())
}

/// A confirmation.
fn confirmed(marker: char, word: &str, name: &str, count: usize) -> String {
    format!("{marker}3\r\n${}\r\n{word}\r\n${}\r\n{name}\r\n:{count}\r\n", word.len(), name.len())
}

/// A subscriber at each core, and a publisher at the first.
fn subscribed(harness: &mut Harness, shards: u16, command: &str) -> (Client, Vec<Client>) {
    let publisher = harness.connect(0);
    let clients: Vec<Client> = (0..usize::from(shards)).map(|core| harness.connect(core)).collect();
    for &client in &clients {
        harness.ask(client, command);
    }
    (publisher, clients)
}

#[test]
fn messages_reach_subscribers_of_all_cores() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let (publisher, clients) = subscribed(&mut harness, shards, "SUBSCRIBE c1 c2");
        harness.ask(clients[0], "PSUBSCRIBE c*");
        harness.check(publisher, "PUBLISH c1 hello", &format!(":{}\r\n", shards + 1));
        for &client in &clients {
            let mut expect = message('*', &["message", "c1", "hello"]);
            if client == clients[0] {
                expect += &message('*', &["pmessage", "c*", "c1", "hello"]);
            }
            assert_eq!(harness.received(client), expect);
        }
        harness.check(publisher, "PUBLISH c3 x", ":1\r\n");
        harness.check(publisher, "SPUBLISH c1 x", ":0\r\n");
        harness.check(
            publisher,
            "PUBSUB NUMSUB c1 x",
            &format!("*4\r\n$2\r\nc1\r\n:{shards}\r\n$1\r\nx\r\n:0\r\n"),
        );
        harness.check(publisher, "PUBSUB NUMPAT", ":1\r\n");
        let info = harness.ask(publisher, "INFO");
        assert!(info.contains(&format!("pubsub_clients:{shards}\r\n")), "{info}");
        assert!(
            info.contains("pubsub_channels:2\r\npubsub_patterns:1\r\npubsubshard_channels:0\r\n"),
            "{info}"
        );
        let listed = harness.ask(publisher, "CLIENT LIST TYPE pubsub");
        assert_eq!(listed.matches(" flags=P ").count(), usize::from(shards));
        assert_eq!(listed.matches(" sub=2 psub=1 ssub=0 ").count(), 1);
        harness.check(publisher, "CLIENT KILL TYPE pubsub", &format!(":{shards}\r\n"));
        assert!(clients.iter().all(|&client| harness.is_closed(client)));
        harness.check(publisher, "PUBLISH c1 x", ":0\r\n");
        harness.check(publisher, "PUBSUB CHANNELS", "*0\r\n");
        assert!(harness.ask(publisher, "INFO clients").contains("pubsub_clients:0\r\n"));
    }
}

#[test]
fn messages_of_one_publisher_stay_in_order() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let (publisher, clients) = subscribed(&mut harness, shards, "SUBSCRIBE a b");
        for &client in &clients {
            harness.received(client);
        }
        let text: String = (0..500).map(|i| format!("PUBLISH {} {i}\r\n", ["a", "b"][i % 2])).collect();
        harness.send(publisher, text.as_bytes());
        let channel = |i: usize| ["a", "b"][i % 2];
        let expect: String =
            (0..500).map(|i| message('*', &["message", channel(i), &i.to_string()])).collect();
        for &client in &clients {
            assert_eq!(harness.received(client), expect);
        }
    }
}

#[test]
fn a_listening_client_may_do_little() {
    let mut harness = Harness::new(2, "");
    let client = harness.connect(0);
    harness.check(client, "SUBSCRIBE c", &confirmed('*', "subscribe", "c", 1));
    let only = "only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n";
    harness.check(client, "GET x", &format!("-ERR Can't execute 'get': {only}"));
    harness.check(client, "CLIENT ID", &format!("-ERR Can't execute 'client|id': {only}"));
    harness.check(client, "PING", &message('*', &["pong", ""]));
    harness.check(client, "PING x", &message('*', &["pong", "x"]));
    harness.check(client, "UNSUBSCRIBE", &confirmed('*', "unsubscribe", "c", 0));
    harness.check(client, "UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
    harness.check(client, "GET x", "$-1\r\n");
    harness.check(client, "SSUBSCRIBE c", &confirmed('*', "ssubscribe", "c", 1));
    harness.check(client, "RESET", "+RESET\r\n");
    harness.check(client, "GET x", "$-1\r\n");
    harness.check(client, "PUBSUB SHARDCHANNELS", "*0\r\n");
    // Messages reach those who want no replies.
    harness.check(client, "CLIENT REPLY OFF", "");
    harness.check(client, "SUBSCRIBE c", &confirmed('*', "subscribe", "c", 1));
    harness.check(client, "PING", "");
}

#[test]
fn pushes_stand_between_replies() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let client = harness.connect(0);
        harness.ask(client, "HELLO 3");
        // Behind replies of other shards, the confirmation waits; what is published meanwhile comes behind it.
        let text = "SET a 1\r\nSET b 2\r\nGET a\r\nGET b\r\nSUBSCRIBE c\r\nPUBLISH c 1\r\nGET a\r\nPUBLISH c 2\r\nUNSUBSCRIBE\r\nPUBLISH c 3\r\n";
        let got = harness.send(client, text.as_bytes());
        let first = confirmed('>', "subscribe", "c", 1);
        assert!(got.starts_with(&format!("+OK\r\n+OK\r\n$1\r\n1\r\n$1\r\n2\r\n{first}:1\r\n")), "{got}");
        let one = got.find(&message('>', &["message", "c", "1"])).expect("a message");
        let two = got.find(&message('>', &["message", "c", "2"])).expect("a message");
        let end = got.find(&confirmed('>', "unsubscribe", "c", 0)).expect("the end");
        assert!(one < two && two < end, "{got}");
        assert!(got.ends_with(":0\r\n"), "{got}");
    }
}

#[test]
fn slow_subscribers_are_dropped() {
    for shards in [1, 2] {
        let mut harness = Harness::new(shards, "--client-output-buffer-limit pubsub 100000 50000 2");
        let (publisher, clients) = subscribed(&mut harness, shards, "SUBSCRIBE c");
        harness.slow_down();
        let text = format!("PUBLISH c {}\r\n", "x".repeat(1000));
        harness.send(publisher, text.repeat(70).as_bytes());
        // Over the soft limit, but not for long.
        assert!(!harness.is_closed(clients[0]));
        harness.received(publisher);
        harness.now.unix_ms += 2001;
        harness.now.monotonic_us += 2_001_000;
        harness.run();
        assert!(clients.iter().all(|&client| harness.is_closed(client)));
        assert!(
            harness
                .ask(publisher, "INFO stats")
                .contains(&format!("client_output_buffer_limit_disconnections:{shards}\r\n"))
        );
        let client = harness.connect(0);
        harness.ask(client, "PSUBSCRIBE *");
        harness.send(publisher, text.repeat(200).as_bytes());
        assert!(harness.is_closed(client));
        harness.check(publisher, "PUBSUB NUMPAT", ":0\r\n");
    }
}

#[test]
fn subscriptions_of_a_closed_client_end_in_slices() {
    let mut harness = Harness::new(2, "");
    let (one, other) = (harness.connect(0), harness.connect(0));
    for _ in 0..2 {
        let names: String = (0..3000).map(|i| format!(" c{i}")).collect();
        harness.ask(one, &format!("SUBSCRIBE{names}"));
        harness.ask(other, &format!("SUBSCRIBE{names}"));
    }
    let asking = harness.connect(1);
    assert!(harness.ask(asking, "INFO stats").contains("pubsub_channels:3000\r\n"));
    harness.check(asking, "CLIENT KILL ID 1", ":1\r\n");
    harness.run();
    harness.check(asking, "PUBLISH c7 x", ":1\r\n");
    assert!(harness.received(other).ends_with(&message('*', &["message", "c7", "x"])));
    harness.check(other, "UNSUBSCRIBE c8", &confirmed('*', "unsubscribe", "c8", 2999));
    harness.check(asking, "CLIENT KILL ID 2", ":1\r\n");
    harness.run();
    harness.check(asking, "PUBSUB CHANNELS", "*0\r\n");
}

#[test]
fn subscriptions_come_and_go_at_random() {
    let mut rng = base::random::Rng::new(5);
    for shards in [1, 2] {
        let mut harness = Harness::new(shards, "");
        let publisher = harness.connect(0);
        let mut clients: Vec<(Client, Vec<usize>)> = Vec::new();
        for _ in 0..2000 {
            let (channel, pick) = (rng.below(6) as usize, rng.below(8) as usize);
            match rng.below(10) {
                0 if clients.len() < 8 => {
                    clients.push((harness.connect(rng.below(u64::from(shards)) as usize), Vec::new()));
                }
                1 if pick < clients.len() => {
                    let (client, _) = clients.swap_remove(pick);
                    harness.ask(client, "QUIT");
                }
                2..=4 => {
                    if let Some((client, channels)) = clients.get_mut(pick) {
                        harness.ask(*client, &format!("SUBSCRIBE {channel}"));
                        if !channels.contains(&channel) {
                            channels.push(channel);
                        }
                    }
                }
                5..=6 => {
                    if let Some((client, channels)) = clients.get_mut(pick) {
                        harness.ask(*client, &format!("UNSUBSCRIBE {channel}"));
                        channels.retain(|&other| other != channel);
                    }
                }
                _ => {
                    let text = rng.next_u64().to_string();
                    let expect = clients.iter().filter(|(_, channels)| channels.contains(&channel)).count();
                    harness.check(publisher, &format!("PUBLISH {channel} {text}"), &format!(":{expect}\r\n"));
                    for (client, channels) in &clients {
                        let got = harness.received(*client);
                        let expect = message('*', &["message", &channel.to_string(), &text]);
                        assert_eq!(got, if channels.contains(&channel) { expect } else { String::new() });
                    }
                }
            }
        }
        harness.check(publisher, "RESET", "+RESET\r\n");
    }
}
