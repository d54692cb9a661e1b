//! What INFO, CLIENT LIST and the logs count, on cores without sockets.

use crate::harness::{Client, Harness};

/// A field of INFO.
fn info(harness: &mut Harness, client: Client, name: &str) -> u64 {
    let info = harness.ask(client, "INFO everything");
    let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name} in {info}"))
}

/// How many commands a client has sent, as its line says.
fn total_commands(harness: &mut Harness, client: Client, id: u64) -> u64 {
    let list = harness.ask(client, &format!("CLIENT LIST ID {id}"));
    let value = list.split(" tot-cmds=").nth(1).and_then(|rest| rest.split_whitespace().next());
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{list}"))
}

#[test]
fn watching_clients_and_keys_are_counted() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let (a, b) = (harness.connect(0), harness.connect(usize::from(shards) - 1));
        let check = |harness: &mut Harness, clients, keys| {
            assert_eq!(info(harness, b, "watching_clients"), clients);
            assert_eq!(info(harness, b, "total_watched_keys"), keys);
        };
        harness.check(a, "WATCH x y", "+OK\r\n");
        harness.check(a, "WATCH x z", "+OK\r\n");
        check(&mut harness, 1, 3);
        harness.check(a, "EXEC", "-ERR EXEC without MULTI\r\n");
        check(&mut harness, 1, 3);
        harness.check(a, "MULTI", "+OK\r\n");
        harness.check(a, "GET x", "+QUEUED\r\n");
        harness.check(a, "EXEC", "*1\r\n$-1\r\n");
        check(&mut harness, 0, 0);
        harness.check(a, "WATCH x", "+OK\r\n");
        harness.check(a, "UNWATCH", "+OK\r\n");
        check(&mut harness, 0, 0);
        harness.check(a, "WATCH x", "+OK\r\n");
        harness.check(a, "QUIT", "+OK\r\n");
        check(&mut harness, 0, 0);
    }
}

#[test]
fn commands_of_scripts_are_counted_for_their_clients_and_those_that_wait_when_they_are_done() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let (a, b) = (harness.connect(0), harness.connect(usize::from(shards) - 1));
        let script = "EVAL \"redis.call('ping') redis.call('set', KEYS[1], 1) return 1\" 1";
        for key in ["x", "y", "z"] {
            let before = total_commands(&mut harness, b, 1);
            harness.check(a, &format!("{script} {key}"), ":1\r\n");
            assert_eq!(total_commands(&mut harness, b, 1), before + 3, "{shards} shards, {key}");
        }
        let before = total_commands(&mut harness, b, 1);
        harness.check(a, "EVAL \"return redis.call('dbsize')\" 0", ":3\r\n");
        assert_eq!(total_commands(&mut harness, b, 1), before + 2);
        harness.check(a, "BLPOP list other 100", "");
        assert_eq!(total_commands(&mut harness, b, 1), before + 2);
        assert_eq!(info(&mut harness, b, "clients_in_timeout_table"), 1);
        harness.check(b, "RPUSH list x", ":1\r\n");
        assert_eq!(harness.received(a), "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
        assert_eq!(total_commands(&mut harness, b, 1), before + 3);
        assert_eq!(info(&mut harness, b, "clients_in_timeout_table"), 0);
    }
}

#[test]
fn moving_is_one_change() {
    let mut harness = Harness::new(1, "");
    let client = harness.connect(0);
    harness.ask(client, "RPUSH list a b c");
    harness.ask(client, "SET key x");
    for command in [
        "LMOVE list other LEFT RIGHT",
        "LMOVE list list LEFT RIGHT",
        "RPOPLPUSH list other",
        "RENAME key name",
        "RENAMENX name key",
        "MOVE key 3",
        "XADD stream 1-1 a b",
        "XGROUP CREATE groups g $ MKSTREAM",
    ] {
        let before = info(&mut harness, client, "rdb_changes_since_last_save");
        let reply = harness.ask(client, command);
        assert!(!reply.starts_with('-'), "{command}: {reply}");
        assert_eq!(info(&mut harness, client, "rdb_changes_since_last_save"), before + 1, "{command}");
    }
    // A push, and the move that waited for it.
    let other = harness.connect(0);
    harness.check(other, "BLMOVE empty other LEFT RIGHT 0", "");
    let before = info(&mut harness, client, "rdb_changes_since_last_save");
    harness.check(client, "RPUSH empty a", ":1\r\n");
    assert_eq!(info(&mut harness, client, "rdb_changes_since_last_save"), before + 2);
}

#[test]
fn who_was_waited_for_is_logged_first() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "--slowlog-log-slower-than 0 --enable-debug-command yes");
        let (a, b) = (harness.connect(0), harness.connect(0));
        harness.check(b, "BLPOP list 0", "");
        harness.check(a, "MULTI", "+OK\r\n");
        harness.check(a, "RPUSH list x", "+QUEUED\r\n");
        harness.check(a, "DEBUG SLEEP 0", "+QUEUED\r\n");
        harness.check(a, "SLOWLOG RESET", "+QUEUED\r\n");
        harness.check(a, "PING", "+QUEUED\r\n");
        harness.check(a, "EXEC", "*4\r\n:1\r\n+OK\r\n+OK\r\n+PONG\r\n");
        assert_eq!(harness.received(b), "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
        harness.check(b, "BLPOP list 0", "");
        harness.check(a, "SLOWLOG RESET", "+OK\r\n");
        harness.check(a, "MULTI", "+OK\r\n");
        harness.check(a, "RPUSH list x", "+QUEUED\r\n");
        harness.check(a, "DEBUG SLEEP 0", "+QUEUED\r\n");
        harness.check(a, "EXEC", "*2\r\n:1\r\n+OK\r\n");
        let log = harness.ask(a, "SLOWLOG GET");
        let at = |word: &str| log.find(word).unwrap_or_else(|| panic!("{word} in {log}"));
        // The newest comes first.
        assert!(at("BLPOP") < at("RPUSH"), "{log}");
        assert_eq!(log.matches("SLEEP").count(), 1, "{log}");
    }
}

#[test]
fn debug_can_be_called_by_scripts() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "--enable-debug-command yes");
        let client = harness.connect(0);
        harness.check(client, "DEBUG SET-DISABLE-DENY-SCRIPTS 1", "+OK\r\n");
        let call = |words: &str| format!("EVAL \"return redis.call({words})\" 0");
        harness.check(client, &call("'debug', 'sleep', '0'"), "+OK\r\n");
        harness.check(client, &call("'debug', 'set-active-expire', '1'"), "+OK\r\n");
        harness.check(client, &call("'debug', 'protocol', 'string'"), "$11\r\nHello World\r\n");
        harness.check(
            client,
            "EVAL \"redis.setresp(3) local m = redis.call('debug', 'protocol', 'map').map return {m[0] == false and 1}\" 0",
            "*1\r\n:1\r\n",
        );
        let digest = harness.ask(client, &call("'debug', 'digest'"));
        assert_eq!(digest, format!("+{}\r\n", "0".repeat(40)));
        harness.check(client, "SET key x PX 5", "+OK\r\n");
        harness.check(client, "DEBUG SET-ACTIVE-EXPIRE 0", "+OK\r\n");
        harness.pass_ms(10);
        // It has expired, but is there.
        assert!(harness.ask(client, "DEBUG OBJECT key").starts_with("+Value at:"));
        harness.check(client, "EXISTS key", ":0\r\n");
        harness.check(client, "DEBUG OBJECT key", "-ERR no such key\r\n");
    }
}

#[test]
fn exchanging_what_has_expired_changes_nothing() {
    for shards in [1, 2] {
        let mut harness = Harness::new(shards, "--enable-debug-command yes");
        let client = harness.connect(0);
        harness.check(client, "DEBUG SET-ACTIVE-EXPIRE 0", "+OK\r\n");
        for (here, there, changes) in
            [("", "SET x 1 PX 1", false), ("SET x 1 PX 1", "SET x 2 PX 1", false), ("", "SET x 1", true)]
        {
            harness.check(client, "FLUSHALL", "+OK\r\n");
            for (db, command) in [("1", here), ("0", there)] {
                harness.check(client, &format!("SELECT {db}"), "+OK\r\n");
                if !command.is_empty() {
                    harness.check(client, command, "+OK\r\n");
                }
            }
            harness.pass_ms(5);
            harness.check(client, "SELECT 1", "+OK\r\n");
            harness.check(client, "WATCH x", "+OK\r\n");
            harness.check(client, "SWAPDB 0 1", "+OK\r\n");
            harness.check(client, "MULTI", "+OK\r\n");
            harness.check(client, "PING", "+QUEUED\r\n");
            let expect = if changes { "*-1\r\n" } else { "*1\r\n+PONG\r\n" };
            harness.check(client, "EXEC", expect);
        }
    }
}
