//! CLIENT PAUSE and MONITOR on cores without sockets.

use crate::harness::{Client, Harness};

/// The lines that a client in MONITOR mode received, without their times.
fn lines(harness: &mut Harness, client: Client) -> Vec<String> {
    let text = harness.received(client);
    text.lines().map(|line| line.split_once(" [").map_or(line, |(_, line)| line).to_owned()).collect()
}

/// A client at each core, and one more at the first.
fn clients(harness: &mut Harness, shards: u16) -> Vec<Client> {
    (0..=usize::from(shards)).map(|at| harness.connect(at % usize::from(shards))).collect()
}

fn advance(harness: &mut Harness, ms: u64) {
    harness.now.unix_ms += ms;
    harness.now.monotonic_us += ms * 1000;
    harness.run();
}

#[test]
fn a_pause_of_writes_lets_reads_pass() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let clients = clients(&mut harness, shards);
        let (pausing, others) = (clients[0], &clients[1..]);
        harness.check(pausing, "MSET {a}1 x b y c z", "+OK\r\n");
        harness.check(pausing, "CLIENT PAUSE 1000 WRITE", "+OK\r\n");
        for &client in others {
            harness.check(client, "MGET b c", "*2\r\n$1\r\ny\r\n$1\r\nz\r\n");
            // What is refused anyway is refused at once.
            harness.check(client, "SET", "-ERR wrong number of arguments for 'set' command\r\n");
            harness.check(
                client,
                "SETT a",
                "-ERR unknown command 'SETT', with args beginning with: 'a' \r\n",
            );
            harness.check(client, "SET b 1", "");
            harness.check(client, "PING", "");
        }
        let blocked = format!("blocked_clients:{}\r\n", others.len());
        assert!(harness.ask(pausing, "INFO clients").contains(&blocked));
        assert!(harness.ask(pausing, "CLIENT LIST").contains("flags=b "));
        advance(&mut harness, 999);
        harness.check(pausing, "GET b", "$1\r\ny\r\n");
        advance(&mut harness, 1);
        for &client in others {
            assert_eq!(harness.received(client), "+OK\r\n+PONG\r\n");
        }
        assert!(harness.ask(pausing, "INFO clients").contains("blocked_clients:0\r\n"));
        harness.check(pausing, "GET b", "$1\r\n1\r\n");
    }
}

#[test]
fn a_pause_of_all_ends_by_time_only() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let clients = clients(&mut harness, shards);
        harness.check(clients[0], "CLIENT PAUSE 500 WRITE", "+OK\r\n");
        harness.check(clients[0], "CLIENT PAUSE 100", "+OK\r\n");
        for &client in &clients {
            harness.check(client, "CLIENT UNPAUSE", "");
        }
        advance(&mut harness, 499);
        clients.iter().for_each(|&client| assert_eq!(harness.received(client), ""));
        advance(&mut harness, 1);
        clients.iter().for_each(|&client| assert_eq!(harness.received(client), "+OK\r\n"));
    }
}

#[test]
fn unpause_lets_everybody_go_on() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let clients = clients(&mut harness, shards);
        // What follows in the same pipeline is held back too.
        let pipeline = b"CLIENT PAUSE 100000 WRITE\r\nSET a 1\r\nGET a\r\n";
        assert_eq!(harness.send(clients[0], pipeline), "+OK\r\n");
        // In several parts, and as a frame.
        assert_eq!(harness.send(clients[1], b"*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$300\r\n"), "");
        assert_eq!(harness.send(clients[1], &[b'x'; 300]), "");
        assert_eq!(harness.send(clients[1], b"\r\nSTRLEN b\r\n"), "");
        let last = clients[clients.len() - 1];
        let other = if shards == 1 { harness.connect(0) } else { last };
        harness.check(other, "CLIENT UNPAUSE", "+OK\r\n");
        assert_eq!(harness.received(clients[0]), "+OK\r\n$1\r\n1\r\n");
        assert_eq!(harness.received(clients[1]), "+OK\r\n:300\r\n");
        harness.check(other, "CLIENT UNPAUSE", "+OK\r\n");
        harness.check(other, "SET c 1", "+OK\r\n");
    }
}

#[test]
fn keys_do_not_vanish_during_a_pause() {
    for shards in [1, 2] {
        let mut harness = Harness::new(shards, "");
        let client = harness.connect(0);
        harness.check(client, "SET a x PX 50", "+OK\r\n");
        harness.check(client, "SET b x PX 50", "+OK\r\n");
        harness.check(client, "CLIENT PAUSE 200 WRITE", "+OK\r\n");
        advance(&mut harness, 150);
        harness.check(client, "GET a", "$-1\r\n");
        harness.check(client, "EXISTS a b", ":0\r\n");
        harness.check(client, "DBSIZE", ":2\r\n");
        advance(&mut harness, 50);
        harness.check(client, "GET a", "$-1\r\n");
        harness.check(client, "DEL b", ":0\r\n");
        harness.check(client, "DBSIZE", ":0\r\n");
    }
}

#[test]
fn a_client_that_goes_is_no_longer_blocked() {
    let mut harness = Harness::new(2, "");
    let clients = clients(&mut harness, 2);
    harness.check(clients[0], "CLIENT PAUSE 100000 WRITE", "+OK\r\n");
    harness.check(clients[1], "SET a 1", "");
    harness.check(clients[0], "CLIENT KILL ID 2", ":1\r\n");
    assert!(harness.is_closed(clients[1]));
    assert!(harness.ask(clients[0], "INFO clients").contains("blocked_clients:0\r\n"));
    harness.check(clients[0], "CLIENT UNPAUSE", "+OK\r\n");
    harness.check(clients[0], "GET a", "$-1\r\n");
}

#[test]
fn monitors_see_the_commands_of_all_cores() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let clients = clients(&mut harness, shards);
        let (monitor, second) = (clients[0], clients[1]);
        harness.check(clients[2 % clients.len()], "SET early 1", "+OK\r\n");
        harness.check(monitor, "MONITOR", "+OK\r\n");
        let mut expect = Vec::new();
        for (number, &client) in clients.iter().enumerate().skip(1) {
            let port = 50_001 + number;
            let from = format!("0 127.0.0.1:{port}]");
            harness.check(client, "MSET a 1 b 2 c 3", "+OK\r\n");
            harness.check(client, "GET 'a b'", "$-1\r\n");
            harness.check(client, "GET", "-ERR wrong number of arguments for 'get' command\r\n");
            assert!(harness.ask(client, "CONFIG GET port").starts_with('*'));
            harness.check(client, "AUTH default secret", "+OK\r\n");
            harness.check(client, "SELECT 3", "+OK\r\n");
            harness.check(client, "SELECT 0", "+OK\r\n");
            expect.push(format!("{from} \"MSET\" \"a\" \"1\" \"b\" \"2\" \"c\" \"3\""));
            expect.push(format!("{from} \"GET\" \"a b\""));
            expect.push(format!("{from} \"AUTH\" \"(redacted)\" \"(redacted)\""));
            expect.push(format!("3 127.0.0.1:{port}] \"SELECT\" \"3\""));
            expect.push(format!("{from} \"SELECT\" \"0\""));
        }
        assert_eq!(lines(&mut harness, monitor), expect);
        // Its own commands: those that touch keys are refused.
        assert!(
            harness
                .ask(monitor, "PING")
                .starts_with("+PONG\r\n+1700000100.000123 [0 127.0.0.1:50001] \"PING\"\r\n")
        );
        harness.check(monitor, "GET a", "-ERR Replica can't interact with the keyspace\r\n");
        harness.check(monitor, "MONITOR", "");
        assert!(harness.ask(second, "CLIENT LIST").contains("flags=O "));
        harness.check(second, "MONITOR", "+OK\r\n");
        harness.check(monitor, "RESET", "+RESET\r\n");
        harness.check(monitor, "GET a", "$1\r\n1\r\n");
        assert_eq!(
            lines(&mut harness, second),
            ["0 127.0.0.1:50001] \"RESET\"", "0 127.0.0.1:50001] \"GET\" \"a\""]
        );
        harness.check(second, "QUIT", "+OK\r\n");
        harness.check(monitor, "GET a", "$1\r\n1\r\n");
        harness.check(monitor, "PING", "+PONG\r\n");
    }
}

#[test]
fn a_pipeline_before_monitor_is_answered_first() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let (client, other) = (harness.connect(0), harness.connect(0));
        let reply = harness.send(client, b"SET a 1\r\nSET b 1\r\nSET c 1\r\nMONITOR\r\nECHO x\r\n");
        assert!(reply.starts_with("+OK\r\n+OK\r\n+OK\r\n+OK\r\n$1\r\nx\r\n"), "{reply}");
        harness.check(other, "PING", "+PONG\r\n");
        assert!(harness.received(client).ends_with("127.0.0.1:50002] \"PING\"\r\n"));
    }
}

/// The identifiers in a reply of CLIENT LIST.
fn ids(reply: &str) -> Vec<&str> {
    reply.lines().filter_map(|line| line.strip_prefix("id=")?.split(' ').next()).collect()
}

#[test]
fn lists_are_filtered_over_all_cores() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let clients: Vec<Client> = (0..4).map(|at| harness.connect(at % usize::from(shards))).collect();
        harness.check(clients[1], "CLIENT SETNAME second", "+OK\r\n");
        harness.check(clients[1], "CLIENT CAPA redirect nonsense", "+OK\r\n");
        harness.check(clients[2], "CLIENT SETINFO LIB-NAME lib", "+OK\r\n");
        harness.check(clients[2], "CLIENT SETINFO LIB-VER 1.2", "+OK\r\n");
        harness.check(clients[3], "SELECT 3", "+OK\r\n");
        harness.check(clients[3], "CLIENT NO-EVICT ON", "+OK\r\n");
        advance(&mut harness, 5000);
        harness.check(clients[3], "PING", "+PONG\r\n");
        let mut check = |options: &str, expect: &[&str]| {
            let reply = harness.ask(clients[0], &format!("CLIENT LIST {options}"));
            assert_eq!(ids(&reply), expect, "{shards} {options}");
        };
        check("", &["1", "2", "3", "4"]);
        check("ID 3 1 3 99", &["3", "1", "3"]);
        check("ID 3 1 99 NAME second", &[]);
        check("NAME second", &["2"]);
        check("NOT-NAME second SKIPME yes", &["3", "4"]);
        check("CAPA r", &["2"]);
        check("NOT-CAPA r", &["1", "3", "4"]);
        check("LIB-NAME lib LIB-VER 1.2", &["3"]);
        check("NOT-LIB-VER 1.2 NOT-ID 1 2", &["4"]);
        check("DB 3", &["4"]);
        check("NOT-DB 3", &["1", "2", "3"]);
        check("FLAGS e", &["4"]);
        check("NOT-FLAGS N", &["4"]);
        check("IDLE 5", &["2", "3"]);
        check("MAXAGE 5", &["1", "2", "3", "4"]);
        check("MAXAGE 6", &[]);
        check("IP 127.0.0.1 NOT-ADDR 127.0.0.1:50002", &["1", "3", "4"]);
        check("TYPE normal USER default", &["1", "2", "3", "4"]);
        check("NOT-TYPE normal", &[]);
        check("TYPE primary", &[]);
        harness.check(clients[0], "CLIENT KILL NOT-ID 2 LADDR 127.0.0.1:6379 NOT-FLAGS e", ":1\r\n");
        harness.check(clients[0], "CLIENT KILL ID 2 4 99", ":2\r\n");
        assert!(clients[1..].iter().all(|&client| harness.is_closed(client)));
        harness.check(clients[0], "CLIENT KILL SKIPME no ID", "-ERR syntax error\r\n");
        harness.check(clients[0], "CLIENT KILL SKIPME no MAXAGE 1", ":1\r\n");
        assert!(harness.is_closed(clients[0]));
    }
}
