//! MIGRATE between servers: Anax and Anax, and Anax and a real one where there is any (see `peers`).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use crate::harness::{Server, Setup, encode, eventually, folder};
use crate::peers::{self, Peer, fill, program};

/// All that is there; but times to live are relative on the way, so that a millisecond may pass.
fn content(client: &mut redis::Connection) -> Vec<String> {
    let mut lines = peers::content(client);
    lines.retain(|line| !line.starts_with("PEXPIRETIME"));
    let at: i64 = redis::cmd("EXPIRETIME").arg("small:hash").query(client).expect("a time");
    assert!((9_999_999_998..=10_000_000_060).contains(&at), "{at}");
    lines
}

/// What moves all keys of a database that match a pattern.
fn migrate_all(from: &mut redis::Connection, to: SocketAddr, pattern: &str, options: &[&str]) -> String {
    let mut keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query(from).expect("keys");
    keys.sort();
    let mut reply = String::new();
    for keys in keys.chunks(700) {
        let mut command = redis::cmd("MIGRATE");
        command.arg("127.0.0.1").arg(to.port()).arg("").arg(0).arg(60_000).arg(options);
        reply = command.arg("KEYS").arg(keys).query(from).expect("migrated");
    }
    reply
}

fn size(client: &mut redis::Connection) -> usize {
    redis::cmd("DBSIZE").query(client).expect("a number")
}

#[test]
fn everything_goes_from_one_to_another_and_back() {
    for setup in Setup::all() {
        let (here, there) = (Server::start(setup, &[]), Server::start(setup, &[]));
        let (mut here_client, mut there_client) = (here.client(), there.client());
        fill(&mut here_client);
        let (expected, count) = (content(&mut here_client), size(&mut here_client));
        assert_eq!(migrate_all(&mut here_client, there.address(), "*", &[]), "OK");
        assert_eq!((size(&mut here_client), size(&mut there_client)), (0, count), "{setup:?}");
        assert_eq!(content(&mut there_client), expected, "{setup:?}");
        assert_eq!(migrate_all(&mut there_client, here.address(), "*", &["COPY"]), "OK");
        assert_eq!((size(&mut here_client), size(&mut there_client)), (count, count), "{setup:?}");
        assert_eq!(content(&mut here_client), expected, "{setup:?}");
        assert_eq!(migrate_all(&mut there_client, here.address(), "*", &["REPLACE"]), "OK");
        assert_eq!((size(&mut here_client), size(&mut there_client)), (count, 0), "{setup:?}");
    }
}

fn with_peer(variable: &str, name: &str) {
    let Some(program) = program(variable, name) else {
        eprintln!("skipped: there is no {name} here, and {variable} names none");
        return;
    };
    let folder = folder();
    let peer = Peer::start(&program, folder.path());
    let mut there = peer.client();
    for setup in Setup::of(2) {
        let here = Server::start(setup, &[]);
        fill(&mut there);
        let (expected, count) = (content(&mut there), size(&mut there));
        migrate_all(&mut there, here.address(), "*", &[]);
        assert_eq!((size(&mut there), size(&mut here.client())), (0, count));
        assert_eq!(content(&mut here.client()), expected);
        migrate_all(&mut here.client(), peer.address, "*", &[]);
        assert_eq!((size(&mut there), size(&mut here.client())), (count, 0));
        assert_eq!(content(&mut there), expected);
        redis::cmd("FLUSHALL").query::<()>(&mut there).expect("flushed");
    }
}

#[test]
fn keys_go_to_redis_and_come_from_there() {
    with_peer("ANAX_REDIS", "redis-server-8");
}

#[test]
fn keys_go_to_valkey_and_come_from_there() {
    with_peer("ANAX_VALKEY", "valkey-server");
}

#[test]
fn answers_and_refusals() {
    for setup in Setup::all() {
        let here = Server::start(setup, &["--notify-keyspace-events", "KEA"]);
        let there = Server::start(setup, &["--requirepass", "secret"]);
        let (mut wire, mut other) = (here.connect(), there.connect());
        let port = there.address().port();
        let mut ask = |line: &str| wire.ask(&line.replace("there", &format!("127.0.0.1 {port}")));
        other.ask("AUTH secret");
        ask("MSET a 1 b 2 c 3 d 4");
        ask("PEXPIRE b 100000");
        assert_eq!(ask("MIGRATE there nothing 0 1000"), "+NOKEY\r\n");
        let target = "-ERR Target instance replied with error: ";
        let refused = format!("{target}NOAUTH Authentication required.\r\n");
        assert_eq!(ask("MIGRATE there a 0 1000"), refused);
        let wrong = format!("{target}WRONGPASS invalid username-password pair or user is disabled.\r\n");
        assert_eq!(ask("MIGRATE there a 0 1000 AUTH wrong"), wrong);
        assert_eq!(ask("EXISTS a b c d"), ":4\r\n");
        assert_eq!(ask("MIGRATE there a 3 1000 AUTH secret"), "+OK\r\n");
        assert_eq!(ask("MIGRATE there b 3 1000 AUTH2 default secret"), "+OK\r\n");
        assert_eq!(ask("EXISTS a b c d"), ":2\r\n");
        other.ask("SELECT 3");
        assert_eq!(other.ask("MGET a b"), "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
        assert!((1..=100_000).contains(&other.number("PTTL b")));
        let range = format!("{target}ERR DB index is out of range\r\n");
        assert_eq!(ask("MIGRATE there c 99 1000 AUTH secret"), range);
        // What is there already stays here; the others go.
        other.ask("SET c there");
        let words = [
            "MIGRATE",
            "127.0.0.1",
            &port.to_string(),
            "",
            "3",
            "1000",
            "AUTH",
            "secret",
            "KEYS",
            "c",
            "nothing",
            "d",
        ];
        let mut again = here.connect();
        again.send(&encode(&words));
        assert_eq!(again.reply(), format!("{target}BUSYKEY Target key name already exists.\r\n"));
        assert_eq!(again.ask("MGET c d"), "*2\r\n$1\r\n3\r\n$-1\r\n");
        assert_eq!(other.ask("MGET c d"), "*2\r\n$5\r\nthere\r\n$1\r\n4\r\n");
        assert!(again.info("stats", "migrate_cached_sockets").parse::<u32>().is_ok_and(|count| count > 0));
    }
}

/// Somebody who accepts a connection and never says a word.
struct Silence(TcpListener);

impl Silence {
    fn new() -> Silence {
        Silence(TcpListener::bind("127.0.0.1:0").expect("a port"))
    }

    fn port(&self) -> u16 {
        self.0.local_addr().expect("an address").port()
    }
}

#[test]
fn while_a_target_is_silent_its_key_is_held_and_others_are_not() {
    for setup in Setup::all() {
        let server = Server::start(setup, &[]);
        let silence = Silence::new();
        let (mut mover, mut waiter, mut other) = (server.connect(), server.connect(), server.connect());
        other.ask("MSET held 1 free 2");
        mover.command(&format!("MIGRATE 127.0.0.1 {} held 0 60000", silence.port()));
        // The other end has what it is asked for: so the key is held.
        let (mut target, _) = silence.0.accept().expect("a connection");
        let mut bytes = [0; 64];
        assert!(target.read(&mut bytes).expect("a command") > 0);
        waiter.command("INCR held");
        for _ in 0..20 {
            other.ask("INCR free");
        }
        target.write_all(b"+OK\r\n+OK\r\n").expect("it reads");
        assert_eq!(mover.reply(), "+OK\r\n");
        assert_eq!(waiter.reply(), ":1\r\n", "{setup:?}: it finds no key any more");
        // And when nothing comes in time, nothing has happened.
        let start = Instant::now();
        let text = "-IOERR error or timeout reading to target instance\r\n";
        assert_eq!(mover.ask(&format!("MIGRATE 127.0.0.1 {} held 5 50", silence.port())), text);
        assert!(start.elapsed() >= Duration::from_millis(50));
        assert_eq!(other.ask("GET held"), "$1\r\n1\r\n");
        let refused = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = refused.local_addr().expect("an address").port();
        drop(refused);
        let text = "-IOERR error or timeout writing to target instance\r\n";
        assert_eq!(mover.ask(&format!("MIGRATE 127.0.0.1 {port} held 5 50")), text);
    }
}

#[test]
fn more_at_a_time_than_there_are_turns() {
    for setup in Setup::of(2) {
        let (here, there) = (Server::start(setup, &[]), Server::start(setup, &[]));
        let (mut wire, port) = (here.connect(), there.address().port());
        let mut pipeline = Vec::new();
        for number in 0..300 {
            wire.ask(&format!("SET key:{number} {number}"));
            let line = format!("MIGRATE 127.0.0.1 {port} key:{number} 0 60000");
            pipeline.extend(encode(&line.split(' ').collect::<Vec<_>>()));
        }
        wire.send(&pipeline);
        (0..300).for_each(|_| assert_eq!(wire.reply(), "+OK\r\n"));
        assert_eq!((wire.number("DBSIZE"), there.connect().number("DBSIZE")), (0, 300));
    }
}

#[test]
fn in_transactions_and_scripts() {
    for setup in Setup::all() {
        let (here, there) = (Server::start(setup, &[]), Server::start(setup, &[]));
        let (mut wire, port) = (here.connect(), there.address().port());
        wire.ask("MSET a 1 b 2 c 3");
        for line in ["MULTI", "INCR a"] {
            wire.ask(line);
        }
        wire.ask(&format!("MIGRATE 127.0.0.1 {port} a 0 60000"));
        wire.ask(&format!("MIGRATE 127.0.0.1 {port} nothing 0 60000"));
        wire.ask("EXISTS a b");
        assert_eq!(wire.ask("EXEC"), "*4\r\n:2\r\n+OK\r\n+NOKEY\r\n:1\r\n", "{setup:?}");
        let script = "redis.call('INCR', KEYS[1]); return redis.call('MIGRATE', '127.0.0.1', ARGV[1], KEYS[1], 0, 60000)";
        wire.send(&encode(&["EVAL", script, "1", "b", &port.to_string()]));
        assert_eq!(wire.reply(), "+OK\r\n", "{setup:?}");
        assert_eq!(wire.ask("EXISTS a b c"), ":1\r\n");
        assert_eq!(there.connect().ask("MGET a b"), "*2\r\n$1\r\n2\r\n$1\r\n3\r\n");
    }
}

#[test]
fn what_is_gone_stays_gone_after_a_restart() {
    for setup in Setup::of(2) {
        let there = Server::start(setup, &[]);
        let folder = folder();
        let dir = folder.path().to_str().expect("text");
        let args = ["--dir", dir, "--appendonly", "yes", "--appendfsync", "always"];
        let here = Server::start(setup, &args);
        let mut wire = here.connect();
        wire.ask("MSET a 1 b 2 c 3 d 4");
        let port = there.address().port().to_string();
        wire.send(&encode(&["MIGRATE", "127.0.0.1", &port, "", "0", "60000", "KEYS", "a", "b", "c"]));
        assert_eq!(wire.reply(), "+OK\r\n");
        drop(here);
        let here = Server::start(setup, &args);
        let mut wire = here.connect();
        eventually("loading", || wire.info("persistence", "loading") == "0");
        assert_eq!(wire.ask("EXISTS a b c d"), ":1\r\n");
    }
}

#[test]
fn the_end_of_the_process_does_not_wait_for_a_silent_target() {
    for setup in Setup::of(2) {
        let mut server = Server::start(setup, &[]);
        let silence = Silence::new();
        let mut mover = server.connect();
        mover.ask("SET key value");
        mover.command(&format!("MIGRATE 127.0.0.1 {} key 0 600000000", silence.port()));
        let (mut target, _) = silence.0.accept().expect("a connection");
        assert!(target.read(&mut [0; 64]).expect("a command") > 0);
        server.signal(15);
        assert_eq!(mover.reply(), "-IOERR error or timeout reading to target instance\r\n");
        assert!(server.wait().success());
    }
}
