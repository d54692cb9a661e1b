//! DEBUG RELOAD and DEBUG LOADAOF.

use crate::harness::{Server, Setup, Wire, encode};

const DEBUG: [&str; 4] = ["--enable-debug-command", "yes", "--save", ""];

/// All data in a few words.
fn digest(wire: &mut Wire<std::net::TcpStream>) -> String {
    let keys = wire.info("keyspace", "db3");
    let (keys, _) = keys.split_once(",avg_ttl").expect("a time");
    format!("{}{}{keys}", wire.ask("DEBUG DIGEST"), wire.ask("DBSIZE"))
}

fn fill(wire: &mut Wire<std::net::TcpStream>) {
    for number in 0..500 {
        wire.ask(&format!("SET key:{number} {number}"));
        wire.ask(&format!("SADD set member:{number}"));
    }
    for line in ["SELECT 3", "HSET hash a 1 b 2", "PEXPIRE hash 1000000", "SELECT 0"] {
        wire.ask(line);
    }
    let code = "#!lua name=lib\nredis.register_function('hello', function() return 'hello' end)";
    wire.send(&encode(&["FUNCTION", "LOAD", code]));
    assert_eq!(wire.reply(), "$3\r\nlib\r\n");
}

#[test]
fn a_snapshot_is_saved_and_loaded() {
    for setup in Setup::all() {
        let form: &[&str] = if setup.shards == 2 { &["--snapshot-format", "folder"] } else { &[] };
        let server = Server::start(setup, &[&DEBUG, form].concat());
        let mut wire = server.connect();
        fill(&mut wire);
        let before = digest(&mut wire);
        assert_eq!(wire.ask("DEBUG RELOAD"), "+OK\r\n", "{setup:?}");
        assert_eq!(digest(&mut wire), before, "{setup:?}");
        assert_eq!(wire.ask("FCALL hello 0"), "$5\r\nhello\r\n");
        assert_eq!(wire.info("persistence", "rdb_changes_since_last_save"), "0");
        wire.ask("SET new 1");
        assert_eq!(wire.ask("DEBUG RELOAD NOSAVE NOFLUSH merge"), "+OK\r\n");
        assert_eq!(wire.ask("MGET new key:1"), "*2\r\n$1\r\n1\r\n$1\r\n1\r\n");
        assert_eq!(wire.ask("DEBUG RELOAD NOSAVE"), "+OK\r\n");
        assert_eq!(digest(&mut wire), before, "{setup:?}");
        let failed = "-ERR Error trying to load the RDB dump, check server logs.\r\n";
        // Redis ends when keys are there already; here nothing changes.
        assert_eq!(wire.ask("DEBUG RELOAD NOFLUSH"), failed);
        for line in ["DEL key:7", "SET new 1", "FUNCTION FLUSH"] {
            wire.ask(line);
        }
        let changed = digest(&mut wire);
        assert_eq!(wire.ask("DEBUG RELOAD NOSAVE NOFLUSH"), failed);
        assert_eq!(digest(&mut wire), changed, "{setup:?}");
        assert_eq!(wire.ask("FUNCTION LIST"), "*0\r\n");
        // None is there: all are added.
        let keys = wire.ask("KEYS *");
        for key in keys.split("\r\n").filter(|word| !word.is_empty() && !word.starts_with(['*', '$'])) {
            wire.ask(&format!("RENAME {key} moved:{key}"));
        }
        for line in ["SELECT 3", "RENAME hash moved", "SELECT 0"] {
            wire.ask(line);
        }
        assert_eq!(wire.ask("DEBUG RELOAD NOSAVE NOFLUSH"), "+OK\r\n");
        assert_eq!(wire.ask("MGET moved:new key:7"), "*2\r\n$1\r\n1\r\n$1\r\n7\r\n");
        assert_eq!(wire.ask("FCALL hello 0"), "$5\r\nhello\r\n");
        let wrong = "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.\r\n";
        assert_eq!(wire.ask("DEBUG RELOAD NOTHING"), wrong);
        assert_eq!(
            wire.ask("DEBUG LOADAOF"),
            "-ERR Error trying to load the AOF files, check server logs.\r\n"
        );
    }
}

#[test]
fn the_log_is_loaded() {
    for setup in Setup::all() {
        for policy in ["always", "everysec", "no"] {
            let log = ["--appendonly", "yes", "--appendfsync", policy];
            let server = Server::start(setup, &[&DEBUG, &log[..]].concat());
            let mut wire = server.connect();
            fill(&mut wire);
            wire.ask("MSET key:1 other key:2 other x y");
            for _ in 0..2 {
                let before = digest(&mut wire);
                assert_eq!(wire.ask("DEBUG LOADAOF"), "+OK\r\n", "{setup:?} {policy}");
                assert_eq!(digest(&mut wire), before, "{setup:?} {policy}");
                assert_eq!(wire.ask("FCALL hello 0"), "$5\r\nhello\r\n");
                // What comes behind is logged too.
                wire.ask("INCR counter");
                assert_eq!(wire.ask("DEBUG RELOAD"), "+OK\r\n", "{setup:?} {policy}");
                wire.ask("INCR counter");
            }
            assert_eq!(wire.ask("GET counter"), "$1\r\n4\r\n", "{setup:?} {policy}");
        }
    }
}

#[test]
fn approximate_limits_of_streams_are_logged_as_what_they_did() {
    for setup in Setup::all() {
        let log = ["--appendonly", "yes", "--stream-node-max-entries", "10"];
        let server = Server::start(setup, &[&DEBUG, &log[..]].concat());
        let mut wire = server.connect();
        for number in 1..=100 {
            wire.ask(&format!("XADD whole {number} a b"));
            wire.ask(&format!("XADD cut {number} a b"));
        }
        wire.ask("XADD whole MAXLEN ~ 100 101 a b");
        wire.ask("XADD cut MINID ~ 55 101 a b");
        let before = wire.ask("DEBUG DIGEST");
        assert_eq!(wire.ask("XLEN whole"), ":101\r\n");
        // Chunks that limits go by are others when the log is loaded.
        wire.ask("CONFIG SET stream-node-max-entries 1");
        assert_eq!(wire.ask("DEBUG LOADAOF"), "+OK\r\n", "{setup:?}");
        assert_eq!(wire.ask("DEBUG DIGEST"), before, "{setup:?}");
    }
}

#[test]
fn others_wait_and_see_all_or_nothing() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &DEBUG);
        let (mut wire, mut other) = (server.connect(), server.connect());
        fill(&mut wire);
        for _ in 0..20 {
            wire.command("DEBUG RELOAD");
            let mut pipeline = Vec::new();
            (0..50).for_each(|_| pipeline.extend(encode(&["DBSIZE"])));
            other.send(&pipeline);
            (0..50).for_each(|_| assert_eq!(other.reply(), ":501\r\n"));
            assert_eq!(wire.reply(), "+OK\r\n");
        }
    }
}
