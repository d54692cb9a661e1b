//! Keyspace notifications on cores without sockets.

use crate::harness::{Client, Harness};

/// The channel and the text of each message that a client received.
fn messages(harness: &mut Harness, client: Client) -> Vec<String> {
    let text = harness.received(client);
    let lines: Vec<&str> = text.lines().collect();
    let each = lines.chunks(9);
    each.map(|words| {
        assert_eq!(words[2], "pmessage", "{words:?}");
        format!("{} {}", words[6], words[8])
    })
    .collect()
}

fn listener(harness: &mut Harness, core: usize) -> Client {
    let client = harness.connect(core);
    harness.ask(client, "PSUBSCRIBE __key*");
    client
}

fn advance(harness: &mut Harness, ms: u64) {
    harness.now.unix_ms += ms;
    harness.now.monotonic_us += ms * 1000;
    harness.run();
}

#[test]
fn events_reach_subscribers_of_all_cores_in_order() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "--notify-keyspace-events KEA");
        let client = harness.connect(0);
        let listeners: Vec<Client> =
            (0..usize::from(shards)).map(|core| listener(&mut harness, core)).collect();
        harness.send(client, b"SET {a}1 x\r\nLPUSH {a}2 y\r\nDEL {a}1\r\nGET {a}1\r\nRENAME {a}2 b\r\n");
        let expect = [
            "__keyspace@0__:{a}1 set",
            "__keyevent@0__:set {a}1",
            "__keyspace@0__:{a}2 lpush",
            "__keyevent@0__:lpush {a}2",
            "__keyspace@0__:{a}1 del",
            "__keyevent@0__:del {a}1",
        ];
        for &listener in &listeners {
            let got = messages(&mut harness, listener);
            assert_eq!(got[..6], expect, "{shards} shards");
            assert_eq!(got.len(), 10, "{got:?}");
            assert!(got.contains(&"__keyevent@0__:rename_from {a}2".to_owned()), "{got:?}");
            assert!(got.contains(&"__keyspace@0__:b rename_to".to_owned()), "{got:?}");
        }
        harness.check(client, "CONFIG SET notify-keyspace-events Kx", "+OK\r\n");
        harness.check(client, "SET c x PX 5", "+OK\r\n");
        harness.check(client, "SELECT 3", "+OK\r\n");
        harness.check(client, "SET d x PX 50", "+OK\r\n");
        // By a slice of expiry, and by a look.
        advance(&mut harness, 6);
        assert_eq!(messages(&mut harness, listeners[0]), ["__keyspace@0__:c expired"]);
        harness.check(client, "DEBUG SET-ACTIVE-EXPIRE 0", "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.\r\n");
        advance(&mut harness, 60);
        harness.check(client, "GET d", "$-1\r\n");
        assert_eq!(messages(&mut harness, listeners[0]), ["__keyspace@3__:d expired"]);
        harness.check(client, "CONFIG SET notify-keyspace-events \"\"", "+OK\r\n");
        harness.check(client, "SET d x", "+OK\r\n");
        assert_eq!(harness.received(listeners[0]), "");
    }
}

#[test]
fn a_client_sees_its_own_events_behind_the_replies() {
    let mut harness = Harness::new(1, "--notify-keyspace-events K$");
    let client = harness.connect(0);
    harness.ask(client, "HELLO 3");
    harness.ask(client, "SUBSCRIBE __keyspace@0__:k c");
    let event = |name: &str| {
        format!(">3\r\n$7\r\nmessage\r\n$16\r\n__keyspace@0__:k\r\n${}\r\n{name}\r\n", name.len())
    };
    let own = ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n";
    // The reply to PUBLISH was ready and waited for its turn.
    let expect = format!("+OK\r\n:1\r\n{}{own}:2\r\n{}", event("set"), event("append"));
    assert_eq!(harness.send(client, b"SET k v\r\nPUBLISH c x\r\nAPPEND k w\r\n"), expect);
    // In a transaction they come behind its reply.
    let got = harness.send(client, b"MULTI\r\nSET k v\r\nPUBLISH c x\r\nEXEC\r\n");
    let reply = "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n";
    assert!(got.contains(reply) || got.contains("*2\r\n+OK\r\n:1\r\n"), "{got}");
    assert!(got.contains(&event("set")) && got.contains(own), "{got}");
}

#[test]
fn subscriptions_change_within_transactions() {
    for shards in [1, 2] {
        let mut harness = Harness::new(shards, "");
        let client = harness.connect(0);
        harness.send(client, b"MULTI\r\nSUBSCRIBE a b\r\nSSUBSCRIBE c\r\nPUBLISH a x\r\n");
        let got = harness.ask(client, "EXEC");
        let expect = "*3\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n\
            -ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n";
        assert_eq!(got, expect);
        let got = harness.ask(client, "GET a");
        assert!(got.starts_with("-ERR Can't execute 'get'"), "{got}");
        harness.check(client, "MULTI", "-ERR Can't execute 'multi': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n");
    }
}
