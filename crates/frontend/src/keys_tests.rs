//! Commands whose keys are found by specifications, over several shards.

use crate::harness::Harness;

const SHARDS: [u16; 3] = [1, 2, 7];

#[test]
fn counted_keys_are_spread_and_set_together() {
    for shards in SHARDS {
        let mut harness = Harness::new(shards, "");
        let client = harness.connect(0);
        harness.check(client, "MSETEX 4 a 1 b 2 c 3 d 4 EX 100", ":1\r\n");
        harness.check(client, "MGET a b c d", "*4\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n");
        harness.check(client, "TTL d", ":100\r\n");
        harness.check(client, "MSETEX 3 d 9 e 9 f 9 NX", ":0\r\n");
        harness.check(client, "MSETEX 3 d 9 e 9 f 9 XX", ":0\r\n");
        harness.check(client, "MSETEX 3 a 9 b 9 c 9 XX KEEPTTL", ":1\r\n");
        harness.check(client, "EXISTS a b c d e f", ":4\r\n");
        harness.check(client, "TTL a", ":100\r\n");
        // What makes no sense is answered wherever it runs.
        harness.check(client, "MSETEX 9 a 1 b 2", "-ERR wrong number of key-value pairs\r\n");
        harness.check(client, "MSETEX many a 1 b 2", "-ERR invalid numkeys value\r\n");
        harness.check(client, "MSETEX 2 a 1 b 2 EX 0", "-ERR invalid expire time in 'msetex' command\r\n");
        harness.check(
            client,
            "MSETEX 2 a 1 b 2 EX 9223372036854775",
            "-ERR invalid expire time in 'msetex' command\r\n",
        );
        harness.check(client, "TTL a", ":100\r\n");
        harness.check(client, "COMMAND GETKEYS MSETEX 2 a 1 b 2 EX 9", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    }
}

#[test]
fn strings_of_two_shards_are_compared() {
    for shards in SHARDS {
        let mut harness = Harness::new(shards, "");
        let client = harness.connect(0);
        harness.check(client, "MSET a ohmytext b mynewtext", "+OK\r\n");
        harness.check(client, "LCS a b", "$6\r\nmytext\r\n");
        harness.check(client, "LCS a b LEN", ":6\r\n");
        harness.check(client, "LCS a nokey", "$0\r\n\r\n");
        harness.check(client, "LCS a b FOO", "-ERR syntax error\r\n");
    }
}

#[test]
fn one_round_waits_for_keys_that_others_hold() {
    for shards in SHARDS {
        let mut harness = Harness::new(shards, "");
        let client = harness.connect(0);
        // One pipeline: RENAME holds its keys over several rounds while the rest arrives.
        let pipeline = "MSET a 1 b 2 c 3\r\nRENAME a d\r\nMSETEX 3 b x c y d z\r\nRENAME d e\r\nLCS e b LEN\r\nMGET a b c d e\r\n";
        let expect = "+OK\r\n+OK\r\n:1\r\n+OK\r\n:0\r\n*5\r\n$-1\r\n$1\r\nx\r\n$1\r\ny\r\n$-1\r\n$1\r\nz\r\n";
        assert_eq!(harness.send(client, pipeline.as_bytes()), expect, "{shards} shards");
    }
}

#[test]
fn a_walk_with_a_large_count_ends_in_one_call() {
    for shards in SHARDS {
        let mut harness = Harness::new(shards, "--enable-debug-command yes");
        let client = harness.connect(0);
        harness.check(client, "DEBUG POPULATE 30000", "+OK\r\n");
        let reply = harness.ask(client, "SCAN 0 COUNT 1000000");
        assert!(reply.starts_with("*2\r\n$1\r\n0\r\n*30000\r\n"), "{shards} shards");
        // What follows in the pipeline is answered behind it, but need not wait for it to be carried out.
        let reply = harness.send(client, b"SCAN 0 COUNT 30000 MATCH none\r\nPING\r\n");
        assert_eq!(reply, "*2\r\n$1\r\n0\r\n*0\r\n+PONG\r\n", "{shards} shards");
    }
}
