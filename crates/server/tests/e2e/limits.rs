//! What happens at the limits: slow readers, too many clients, idle clients, too much input.

use std::io::Read;

use crate::harness::{Server, Setup, Wire, connect, encode, eventually};

#[test]
fn a_client_that_does_not_read_is_paused_and_served_later() {
    for setup in Setup::of(2) {
        const REQUESTS: usize = 5000;
        const BYTES: usize = 20_000;
        let server = Server::start(setup, &[]);
        let mut slow = server.connect();
        assert_eq!(slow.ask(&format!("SET big {}", "x".repeat(BYTES))), "+OK\r\n");
        slow.send(&encode(&["GET", "big"]).repeat(REQUESTS));
        let mut other = server.connect();
        // 100 MB of replies are asked for. At most 1024 of them are under way at a time, and 1 MiB waits to be sent.
        for _ in 0..200 {
            let used: u64 = other.info("memory", "used_memory").parse().expect("a number");
            assert!(used < 50 << 20, "{setup:?}: {used} bytes");
        }
        for _ in 0..REQUESTS {
            assert_eq!(slow.reply().len(), "$20000\r\n\r\n".len() + BYTES);
        }
        assert_eq!(slow.ask("PING"), "+PONG\r\n");
    }
}

#[test]
fn a_client_beyond_its_output_limit_is_dropped() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--client-output-buffer-limit", "normal", "256kb", "0", "0"]);
        let mut other = server.connect();
        assert_eq!(other.ask(&format!("SET big {}", "x".repeat(4 << 20))), "+OK\r\n");
        let mut slow = server.connect();
        assert_eq!(slow.ask("PING"), "+PONG\r\n");
        slow.send(&encode(&["GET", "big"]).repeat(20));
        eventually("the slow client is dropped", || other.info("clients", "connected_clients") == "1");
        assert_eq!(other.info("stats", "client_output_buffer_limit_disconnections"), "1");
        let received = slow.read_to_close().len();
        assert!(received < 20 * (4 << 20), "{setup:?}: {received} bytes");
    }
}

#[test]
fn a_command_beyond_the_query_buffer_closes_the_connection() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--client-query-buffer-limit", "1mb"]);
        let mut wire = server.connect();
        let mut request = b"*2\r\n$4\r\nECHO\r\n$4000000\r\n".to_vec();
        request.resize(3_000_000, b'x');
        // The server may close before it has read all.
        let _ = std::io::Write::write_all(&mut wire.stream, &request);
        assert_eq!(wire.read_to_close(), b"");
        let mut other = server.connect();
        assert_eq!(other.info("stats", "client_query_buffer_limit_disconnections"), "1");
    }
}

#[test]
fn a_bulk_string_beyond_its_limit_is_refused() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--proto-max-bulk-len", "1mb"]);
        let mut wire = server.connect();
        wire.send(b"*2\r\n$4\r\nECHO\r\n$1048577\r\n");
        assert_eq!(wire.reply(), "-ERR Protocol error: invalid bulk length\r\n");
        assert_eq!(wire.read_to_close(), b"");
    }
}

#[test]
fn clients_beyond_maxclients_are_told_so() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--maxclients", "3"]);
        let mut wires = [(); 3].map(|()| server.connect());
        wires.iter_mut().for_each(|wire| assert_eq!(wire.ask("PING"), "+PONG\r\n"));
        let mut refused = String::new();
        connect(server.address()).read_to_string(&mut refused).expect("told and closed");
        assert_eq!(refused, "-ERR max number of clients reached\r\n");
        assert_eq!(wires[0].info("stats", "rejected_connections"), "1");
        assert_eq!(wires[0].ask("CONFIG SET maxclients 4"), "+OK\r\n");
        assert_eq!(server.connect().ask("PING"), "+PONG\r\n");
        drop(wires);
        eventually("there is room again", || {
            let mut wire = server.connect();
            wire.command("PING");
            wire.try_reply().is_ok_and(|reply| reply == "+PONG\r\n")
        });
    }
}

#[test]
fn commands_that_use_memory_are_refused_at_the_limit() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &[]);
        let mut wire = server.connect();
        assert_eq!(wire.ask("SET a 1"), "+OK\r\n");
        assert_eq!(wire.ask("CONFIG SET maxmemory 1"), "+OK\r\n");
        let refused = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
        for line in ["SET a 2", "SET b 2", "APPEND c 1", "MSET a 1 b 2 c 3 d 4"] {
            assert_eq!(wire.ask(line), refused, "{line}");
        }
        assert_eq!(wire.ask("GET a"), "$1\r\n1\r\n");
        assert_eq!(wire.ask("DEL a"), ":1\r\n");
        assert_eq!(wire.ask("CONFIG SET maxmemory 0"), "+OK\r\n");
        assert_eq!(wire.ask("SET a 2"), "+OK\r\n");
        // Data counts at once, wherever it lies.
        let used: u64 = wire.info("memory", "used_memory").parse().expect("a number");
        assert_eq!(wire.ask(&format!("CONFIG SET maxmemory {}", used + (32 << 20))), "+OK\r\n");
        let value = "x".repeat(1 << 20);
        let stored = (0..64).take_while(|key| wire.ask(&format!("SET k{key} {value}")) == "+OK\r\n").count();
        assert!((24..=36).contains(&stored), "{stored}");
        assert_eq!(wire.ask("FLUSHALL"), "+OK\r\n");
        eventually("there is room again", || wire.ask("SET a 1") == "+OK\r\n");
    }
}

#[test]
fn an_idle_client_is_disconnected() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &[]);
        let (mut idle, mut busy) = (server.connect(), server.connect());
        assert_eq!(idle.ask("PING"), "+PONG\r\n");
        assert_eq!(busy.ask("CONFIG SET timeout 1"), "+OK\r\n");
        let end = std::thread::spawn(move || idle.read_to_close());
        while !end.is_finished() {
            assert_eq!(busy.ask("PING"), "+PONG\r\n", "who is not idle stays");
        }
        assert_eq!(end.join().expect("the idle client"), b"");
    }
}

#[test]
fn idle_connections_cost_little_memory() {
    const CONNECTIONS: u64 = 500;
    sys::process::raise_open_files(CONNECTIONS + 200);
    for setup in Setup::of(2) {
        let server = Server::start(setup, &[]);
        let mut wire = server.connect();
        let used =
            |wire: &mut Wire<_>| -> u64 { wire.info("memory", "used_memory").parse().expect("a number") };
        let before = used(&mut wire);
        let mut idle: Vec<_> = (0..CONNECTIONS).map(|_| server.connect()).collect();
        for wire in &mut idle {
            // Larger than what an idle connection may keep.
            assert_eq!(wire.ask(&format!("ECHO {}", "x".repeat(5000))).len(), 5009);
        }
        // Buffers are given back when a connection is quiet for a while.
        eventually("idle connections cost less than 4 KiB each", || {
            used(&mut wire).saturating_sub(before) < CONNECTIONS * 4096
        });
    }
}
