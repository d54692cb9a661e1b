//! Keys over time: expiry seen from outside, and very many keys.

use crate::harness::{Server, Setup, eventually};

#[test]
fn keys_expire_on_every_shard() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let mut wire = server.connect();
        for i in 0..50 {
            assert_eq!(wire.ask(&format!("SET k{i} v PX {}", 20 + i)), "+OK\r\n");
            let left = wire.number(&format!("PTTL k{i}"));
            assert!((-2..=20 + i).contains(&left) && left != -1, "{setup:?}: {left}");
        }
        assert_eq!(wire.ask("SET stays v"), "+OK\r\n");
        // Nobody looks at them any more: they go by themselves.
        eventually("all have expired", || wire.number("DBSIZE") == 1);
        assert_eq!(wire.info("stats", "expired_keys"), "50");
        assert_eq!(wire.number("EXISTS k0 k1 stays"), 1);
    }
}

#[test]
fn a_hundred_thousand_keys_are_made_walked_and_dropped() {
    for setup in Setup::of(7) {
        let server = Server::start(setup, &["--enable-debug-command", "yes"]);
        let mut wire = server.connect();
        assert_eq!(wire.ask("DEBUG POPULATE 100000 key 100"), "+OK\r\n");
        assert_eq!(wire.number("DBSIZE"), 100_000);
        assert!(wire.info("keyspace", "db0").starts_with("keys=100000,expires=0,"));
        let mut client = server.client();
        let keys: Vec<String> =
            redis::Commands::scan(&mut client).expect("SCAN").map(|key| key.expect("a key")).collect();
        assert_eq!(keys.len(), 100_000, "{setup:?}: each once, as nothing changes");
        let used = |wire: &mut crate::harness::Wire<_>| -> u64 {
            wire.info("memory", "used_memory").parse().expect("a number")
        };
        let full = used(&mut wire);
        assert!(full > 10 << 20, "{full}");
        assert_eq!(wire.ask("FLUSHALL ASYNC"), "+OK\r\n");
        assert_eq!(wire.number("DBSIZE"), 0);
        eventually("the memory is free", || used(&mut wire) < full / 2);
    }
}
