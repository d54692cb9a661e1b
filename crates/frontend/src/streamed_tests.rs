//! Long replies of any shard to clients at any core: whole, of one instant, in their place, and never much of them at once.

use base::limits::{STREAM_AHEAD_BYTES, STREAM_SLICE_BYTES};

use crate::harness::{Client, Harness};

const ELEMENTS: usize = 40_000;

fn command(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
}

fn element(number: usize) -> String {
    format!("element number {number:06}")
}

/// Fills a list, and returns what LRANGE replies.
fn fill(harness: &mut Harness, client: Client, key: &str) -> Vec<u8> {
    let mut reply = format!("*{ELEMENTS}\r\n").into_bytes();
    for start in (0..ELEMENTS).step_by(500) {
        let elements: Vec<String> = (start..start + 500).map(element).collect();
        let mut words = vec!["RPUSH", key];
        words.extend(elements.iter().map(|element| element.as_str()));
        harness.send(client, &command(&words));
        for element in &elements {
            reply.extend_from_slice(format!("${}\r\n{element}\r\n", element.len()).as_bytes());
        }
    }
    reply
}

/// Takes all that comes.
fn sip_all(harness: &mut Harness, client: Client) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let most = harness.waiting(client);
        assert!(most <= STREAM_AHEAD_BYTES + 2 * STREAM_SLICE_BYTES, "{most}");
        let taken = harness.sip(client, 30_000);
        if taken.is_empty() {
            return all;
        }
        all.extend(taken);
    }
}

const SHARDS: [u16; 3] = [1, 2, 5];

#[test]
fn a_long_reply_is_whole_and_in_its_place() {
    for shards in SHARDS {
        let mut harness = Harness::new(shards, "");
        let client = harness.connect(0);
        for key in ["a", "b", "c", "d", "e"] {
            let expect = fill(&mut harness, client, key);
            let mut pipeline = b"PING\r\n".to_vec();
            pipeline.extend(command(&["LRANGE", key, "0", "-1"]));
            pipeline.extend_from_slice(b"GET x\r\nPING\r\nINCR x\r\nDEL x\r\n");
            pipeline.extend(command(&["LRANGE", key, "10", "-1"]));
            pipeline.extend_from_slice(b"ECHO end\r\n");
            let got = harness.send(client, &pipeline);
            let head = format!("*{}\r\n", ELEMENTS - 10);
            let whole = String::from_utf8(expect).expect("text");
            let second = head + &whole[whole.find("element number 000010").expect("there") - 5..];
            assert!(got == format!("+PONG\r\n{whole}$-1\r\n+PONG\r\n:1\r\n:1\r\n{second}$3\r\nend\r\n"));
            assert_eq!(harness.streams(), 0);
        }
    }
}

#[test]
fn a_long_reply_is_of_one_instant() {
    for shards in SHARDS {
        for (key, change) in [
            ("a", "DEL a"),
            ("b", "FLUSHALL"),
            ("c", "SET c x"),
            ("d", "LTRIM d 100 200"),
            ("e", "LREM e 0 \"element number 039999\""),
            ("f", "RENAME f g"),
            ("h", "SWAPDB 0 1"),
        ] {
            let mut harness = Harness::new(shards, "");
            let (writer, reader) = (harness.connect(usize::from(shards) - 1), harness.connect(0));
            let expect = fill(&mut harness, writer, key);
            harness.slow_down();
            harness.send_only(reader, &command(&["LRANGE", key, "0", "-1"]));
            assert_eq!(harness.streams(), 1);
            let reply = harness.ask(writer, change);
            assert!(!reply.starts_with('-'), "{reply}");
            for at in [0, 20_000] {
                harness.ask(writer, &format!("LSET {key} {at} changed"));
            }
            assert!(sip_all(&mut harness, reader) == expect, "{change}");
            assert_eq!(harness.streams(), 0);
        }
    }
}

#[test]
fn clients_that_leave_leave_nothing_behind() {
    for shards in SHARDS {
        let mut harness = Harness::new(shards, "");
        let filler = harness.connect(0);
        fill(&mut harness, filler, "list");
        harness.slow_down();
        for core in 0..usize::from(shards) {
            let client = harness.connect(core);
            harness.send_only(client, &command(&["LRANGE", "list", "0", "-1"]).repeat(3));
            assert!(harness.streams() > 0);
            harness.sip(client, 200_000);
            harness.hang_up(client);
            assert_eq!(harness.streams(), 0);
        }
    }
}

#[test]
fn others_are_served_meanwhile() {
    for shards in SHARDS {
        let mut harness = Harness::new(shards, "");
        let (reader, other) = (harness.connect(0), harness.connect(0));
        let expect = fill(&mut harness, other, "list");
        harness.slow_down();
        harness.send_only(reader, &command(&["LRANGE", "list", "0", "-1"]));
        harness.check(other, "LINDEX list 0", "$21\r\nelement number 000000\r\n");
        // What the reader sends behind it is not taken yet, and waits for its turn.
        harness.send_only(reader, b"INCR n\r\n");
        harness.check(other, "GET n", "$-1\r\n");
        assert!(sip_all(&mut harness, reader) == [&expect[..], b":1\r\n"].concat());
    }
}

#[test]
fn all_kinds_of_long_replies_are_as_they_would_be_at_once() {
    for shards in SHARDS {
        for hello in ["HELLO 2", "HELLO 3"] {
            let mut harness = Harness::new(shards, "");
            let client = harness.connect(0);
            harness.ask(client, hello);
            for start in (0..ELEMENTS / 2).step_by(500) {
                let (mut set, mut hash, mut sorted) =
                    (vec!["SADD", "set"], vec!["HSET", "hash"], vec!["ZADD", "zset"]);
                let elements: Vec<String> = (start..start + 500).map(element).collect();
                let scores: Vec<String> = (start..start + 500).map(|n| format!("{}.5", n % 9)).collect();
                for (element, score) in elements.iter().zip(&scores) {
                    set.push(element);
                    hash.extend([element.as_str(), score]);
                    sorted.extend([score.as_str(), element]);
                    let entry = command(&["XADD", "stream", "*", "field", element, "score", score]);
                    harness.send(client, &entry);
                }
                for words in [set, hash, sorted] {
                    harness.send(client, &command(&words));
                }
            }
            for words in [
                &["SMEMBERS", "set"][..],
                &["HGETALL", "hash"],
                &["HKEYS", "hash"],
                &["HVALS", "hash"],
                &["ZRANGE", "zset", "0", "-1"],
                &["ZRANGE", "zset", "0", "-1", "WITHSCORES"],
                &["ZREVRANGE", "zset", "100", "-100", "WITHSCORES"],
                &["ZRANGEBYSCORE", "zset", "1.5", "7.5"],
                &["XRANGE", "stream", "-", "+"],
                &["XREVRANGE", "stream", "+", "-", "COUNT", "15000"],
            ] {
                let streamed = harness.send(client, &command(words));
                assert!(streamed.len() > 256 * 1024 || words[0] == "HVALS", "{words:?}");
                // In a transaction nothing is streamed.
                let mut transaction = b"MULTI\r\n".to_vec();
                transaction.extend(command(words));
                transaction.extend_from_slice(b"EXEC\r\n");
                let at_once = harness.send(client, &transaction);
                assert!(at_once == format!("+OK\r\n+QUEUED\r\n*1\r\n{streamed}"), "{hello} {words:?}");
            }
        }
    }
}

#[test]
fn messages_stand_behind_a_reply_that_is_being_written() {
    for shards in SHARDS {
        let mut harness = Harness::new(shards, "");
        let (reader, other) = (harness.connect(0), harness.connect(usize::from(shards) - 1));
        let monitor = harness.connect(0);
        let expect = fill(&mut harness, other, "list");
        harness.ask(reader, "HELLO 3");
        harness.ask(reader, "SUBSCRIBE c");
        harness.check(monitor, "MONITOR", "+OK\r\n");
        harness.slow_down();
        harness.send_only(reader, &command(&["LRANGE", "list", "0", "-1"]));
        harness.send_only(reader, b"PING\r\n");
        for message in ["one", "two"] {
            harness.check(other, &format!("PUBLISH c {message}"), ":1\r\n");
        }
        let push = |message| format!(">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\n{message}\r\n");
        let expect = [&expect[..], push("one").as_bytes(), push("two").as_bytes(), b"+PONG\r\n"].concat();
        assert!(sip_all(&mut harness, reader) == expect);
    }
}
