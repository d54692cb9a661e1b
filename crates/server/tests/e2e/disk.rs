//! Disks that are full: files of the server may not grow beyond a limit for a while (`RLIMIT_FSIZE`), so that writes are short
//! first and then fail. What was there stays, errors are told as Redis tells them, nothing that was answered is lost, and all is
//! well when there is room again.

use std::path::Path;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::harness::{Server, Wire, eventually, folder};

const SNAPSHOT_FAILED: &str = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. \
                               Commands that may modify the data set are disabled, because this instance is configured to report \
                               errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check \
                               the Redis logs for details about the RDB error.";
const LOG_FAILED: &str = "MISCONF Errors writing to the AOF file: File too large";

/// Files may be so long from now on.
fn limit(server: &Server, bytes: Option<u64>) {
    let pid = Pid::from_raw(server.pid() as i32);
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).expect("a limit");
}

fn set_a(wire: &mut Wire<std::net::TcpStream>) -> String {
    wire.ask("SET a b")
}

/// Whether the manifest of the log lists a base.
fn has_base(folder: &Path) -> bool {
    let manifest = folder.join("appendonlydir/appendonly.aof.manifest");
    std::fs::read_to_string(manifest).is_ok_and(|manifest| manifest.contains("base "))
}

/// Text that cannot be compressed by much.
fn noise(len: usize) -> String {
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + (state >> 33) as u8 % 75)
    };
    (0..len).map(|_| next()).collect()
}

/// What is refused while nothing may be written, with the error after the `-`.
fn check_refusals(wire: &mut Wire<std::net::TcpStream>, error: &str) {
    let refused = format!("-{error}\r\n");
    for line in ["SET a b", "PING", "DEL nokey", "FLUSHALL"] {
        assert_eq!(wire.ask(line), refused, "{line}");
    }
    assert_eq!(wire.ask("GET k"), "$1\r\nv\r\n");
    assert_eq!(wire.ask("PUBLISH a b"), ":0\r\n");
    let mut eval = |script: &str| {
        wire.send(&crate::harness::encode(&["EVAL", script, "0"]));
        wire.reply()
    };
    assert_eq!(
        eval("return redis.call('set','a','b')"),
        format!("-{error} script: ff967d0ae0e68b4f9e360fa91c54598bc25ad9b6, on @user_script:1.\r\n")
    );
    assert_eq!(eval("return redis.pcall('set','a','b').err"), format!("${}\r\n{error}\r\n", error.len()));
    assert_eq!(eval("return redis.call('get','k')"), "$1\r\nv\r\n");
    assert_eq!(eval("#!lua\nreturn redis.call('set','a','b')"), refused);
    assert_eq!(eval("#!lua flags=no-writes\nreturn 1"), ":1\r\n");
    assert_eq!(wire.ask("MULTI"), "+OK\r\n");
    assert_eq!(wire.ask("SET a b"), refused);
    assert_eq!(wire.ask("EXEC"), "-EXECABORT Transaction discarded because of previous errors.\r\n");
}

#[test]
fn a_snapshot_that_fails_leaves_the_old_one() {
    for (shards, form) in [("1", "rdb"), ("2", "rdb"), ("7", "rdb"), ("2", "folder")] {
        let folder = folder();
        let mut server =
            Server::start_in(folder.path(), shards, &["--save", "3600 100000", "--snapshot-format", form]);
        let (mut wire, mut other) = (server.connect(), server.connect());
        assert_eq!(wire.ask("SET k v"), "+OK\r\n");
        assert_eq!(wire.ask("SAVE"), "+OK\r\n");
        let names = || {
            let entries = std::fs::read_dir(folder.path()).expect("a folder").flatten();
            let mut names: Vec<String> =
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        let snapshot = folder.path().join("dump.rdb");
        let (before, old) = (names(), std::fs::read(&snapshot).unwrap_or_default());
        assert_eq!(wire.ask(&format!("SET big {}", noise(200_000))), "+OK\r\n");
        assert_eq!(other.ask("MULTI") + &other.ask("SET queued 1"), "+OK\r\n+QUEUED\r\n");
        limit(&server, Some(4096));
        assert_eq!(wire.ask("BGSAVE"), "+Background saving started\r\n");
        eventually("the failure", || wire.info("persistence", "rdb_last_bgsave_status") == "err");
        eventually("writes are refused", || set_a(&mut wire).starts_with("-MISCONF"));
        check_refusals(&mut wire, SNAPSHOT_FAILED);
        let aborted = format!("-EXECABORT Transaction discarded because of: {SNAPSHOT_FAILED}\r\n");
        eventually("its core knows", || {
            other.ask("PING").starts_with('-') || other.ask("EXISTS a") == "+QUEUED\r\n"
        });
        let exec = other.ask("EXEC");
        assert!(
            exec == aborted || exec.starts_with("-EXECABORT Transaction discarded because of previous"),
            "{exec}"
        );
        assert_eq!(
            (names(), std::fs::read(&snapshot).unwrap_or_default()),
            (before, old),
            "{shards}, {form}"
        );
        assert!(server.log_so_far().contains("the snapshot failed: File too large"), "{}", server.log());
        assert_eq!(wire.ask("SAVE"), "-ERR\r\n");
        limit(&server, None);
        assert_eq!(wire.ask("BGSAVE"), "+Background saving started\r\n");
        eventually("the success", || wire.info("persistence", "rdb_last_bgsave_status") == "ok");
        eventually("writes are accepted", || set_a(&mut wire) == "+OK\r\n");
        server.kill();
        let server = Server::start_in(folder.path(), "3", &["--save", ""]);
        assert_eq!(server.connect().number("STRLEN big"), 200_000);
        assert_eq!(server.connect().ask("EXISTS queued"), ":0\r\n");
    }
}

/// Starts a server with a log, writes a little, and lets the files grow by ten bytes more. Returns the server with what was answered.
fn fill_up(folder: &Path, shards: &str, policy: &str) -> Server {
    let log =
        ["--save", "", "--appendonly", "yes", "--auto-aof-rewrite-percentage", "0", "--appendfsync", policy];
    let server = Server::start_in(folder, shards, &log);
    let mut wire = server.connect();
    assert_eq!(wire.ask("SET k v"), "+OK\r\n");
    assert!(wire.ask("WAITAOF 1 0 0").starts_with("*2\r\n:1"));
    let files = std::fs::read_dir(folder.join("appendonlydir")).expect("a folder").flatten();
    // Without the room that was made ahead.
    let used = |bytes: Vec<u8>| bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last as u64 + 1);
    let longest = files.map(|file| std::fs::read(file.path()).map_or(0, used)).max();
    limit(&server, Some(longest.unwrap_or(0) + 10));
    server
}

#[test]
fn a_log_that_cannot_grow_refuses_writes_until_it_can() {
    for shards in ["1", "2", "7"] {
        let folder = folder();
        let mut server = fill_up(folder.path(), shards, "everysec");
        let mut wire = server.connect();
        // Until all shards know, some writes are answered; each of them must survive.
        let mut answered = Vec::new();
        eventually("writes are refused", || {
            let key = format!("key:{}", answered.len());
            let reply = wire.ask(&format!("SET {key} x"));
            if reply == "+OK\r\n" {
                answered.push(key);
            }
            reply == format!("-{LOG_FAILED}\r\n")
        });
        check_refusals(&mut wire, LOG_FAILED);
        assert_eq!(wire.info("persistence", "aof_last_write_status"), "err");
        assert!(server.wait_for_line("the append-only log can't be written: File too large"));
        limit(&server, None);
        eventually("writes are accepted", || set_a(&mut wire) == "+OK\r\n");
        assert_eq!(wire.info("persistence", "aof_last_write_status"), "ok");
        assert!(server.wait_for_line("the append-only log is written again"));
        assert_eq!(wire.ask("SET b c"), "+OK\r\n");
        assert!(wire.ask("WAITAOF 1 0 0").starts_with("*2\r\n:1"));
        server.kill();
        let server = Server::start_in(folder.path(), "3", &["--save", "", "--appendonly", "yes"]);
        let mut wire = server.connect();
        for key in answered.iter().map(String::as_str).chain(["k", "a", "b"]) {
            assert_eq!(wire.ask(&format!("EXISTS {key}")), ":1\r\n", "{key} with {shards} shards");
        }
    }
}

#[test]
fn what_is_always_synced_is_answered_when_the_disk_has_room_again() {
    for (shards, mends) in [("1", true), ("2", true), ("7", true), ("2", false)] {
        let folder = folder();
        let mut server = fill_up(folder.path(), shards, "always");
        let mut wires: Vec<_> = (0..8).map(|_| server.connect()).collect();
        for (number, wire) in wires.iter_mut().enumerate() {
            wire.command(&format!("MSET one:{number} x two:{number} x"));
        }
        // Nothing is answered, not even reads, which might tell of what is not on the disk.
        assert!(server.wait_for_line("the append-only log can't be written: File too large"));
        if mends {
            limit(&server, None);
        }
        let answered: Vec<bool> = wires.iter_mut().map(|wire| mends && wire.reply() == "+OK\r\n").collect();
        server.kill();
        let server = Server::start_in(folder.path(), "3", &["--save", "", "--appendonly", "yes"]);
        let mut wire = server.connect();
        for (number, answered) in answered.into_iter().enumerate() {
            let there = wire.number(&format!("EXISTS one:{number} two:{number}"));
            assert!(there == 2 || there == 0 && !answered, "{there} of write {number}, {shards} shards");
        }
        assert_eq!(wire.ask("GET k"), "$1\r\nv\r\n");
    }
}

#[test]
fn a_rewrite_that_fails_leaves_the_log() {
    for shards in ["1", "2", "7"] {
        let folder = folder();
        let log = ["--save", "", "--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"];
        let server = Server::start_in(folder.path(), shards, &log);
        let mut wire = server.connect();
        assert_eq!(wire.ask("SET k v"), "+OK\r\n");
        assert_eq!(wire.ask(&format!("SET big {}", noise(200_000))), "+OK\r\n");
        assert!(wire.ask("WAITAOF 1 0 0").starts_with("*2\r\n:1"));
        limit(&server, Some(10_000));
        assert!(wire.ask("BGREWRITEAOF").starts_with("+Background append only file rewriting"));
        eventually("the failure", || wire.info("persistence", "aof_last_bgrewrite_status") == "err");
        // The log goes on in files of its own.
        assert_eq!(wire.ask("SET after 1"), "+OK\r\n");
        assert!(wire.ask("WAITAOF 1 0 0").starts_with("*2\r\n:1"));
        assert_eq!(wire.info("persistence", "aof_last_write_status"), "ok");
        server.kill();
        let server = Server::start_in(folder.path(), shards, &log);
        let mut wire = server.connect();
        assert_eq!(wire.ask("MGET k after"), "*2\r\n$1\r\nv\r\n$1\r\n1\r\n");
        assert_eq!(wire.number("STRLEN big"), 200_000);
        assert!(wire.ask("BGREWRITEAOF").starts_with("+Background append only file rewriting"));
        eventually("the success", || has_base(folder.path()));
        assert_eq!(wire.ask("DEL after"), ":1\r\n");
        assert!(wire.ask("WAITAOF 1 0 0").starts_with("*2\r\n:1"));
        server.kill();
        let server = Server::start_in(folder.path(), "3", &log);
        assert_eq!(server.connect().ask("MGET k after"), "*2\r\n$1\r\nv\r\n$-1\r\n");
    }
}

#[test]
fn a_log_that_cannot_be_switched_on_is_tried_again() {
    let folder = folder();
    let server = Server::start_in(folder.path(), "2", &["--save", ""]);
    let mut wire = server.connect();
    assert_eq!(wire.ask("SET k v"), "+OK\r\n");
    assert_eq!(wire.ask(&format!("SET big {}", noise(200_000))), "+OK\r\n");
    limit(&server, Some(10_000));
    assert_eq!(wire.ask("CONFIG SET appendonly yes"), "+OK\r\n");
    eventually("the failure", || wire.info("persistence", "aof_last_bgrewrite_status") == "err");
    limit(&server, None);
    // Nobody asks for it.
    eventually("the success", || has_base(folder.path()));
    assert_eq!(wire.ask("SET after 1"), "+OK\r\n");
    assert!(wire.ask("WAITAOF 1 0 0").starts_with("*2\r\n:1"));
    server.kill();
    let server = Server::start_in(folder.path(), "3", &["--save", "", "--appendonly", "yes"]);
    let mut wire = server.connect();
    assert_eq!(wire.ask("MGET k after"), "*2\r\n$1\r\nv\r\n$1\r\n1\r\n");
    assert_eq!(wire.number("STRLEN big"), 200_000);
}
