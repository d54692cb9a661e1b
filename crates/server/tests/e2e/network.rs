//! Where clients come from: unix sockets, IPv6, several addresses; passwords; and on which cores they end up.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use crate::harness::{PATIENCE, Server, Setup, Wire, eventually, folder};

#[test]
fn a_unix_socket_serves_clients() {
    for setup in Setup::of(2) {
        let folder = folder();
        let path = folder.path().join("anax.sock");
        let name = path.to_str().expect("a name");
        let mut server = Server::start(setup, &["--unixsocket", name, "--unixsocketperm", "700"]);
        assert_eq!(server.addresses(), [format!("unix:{name}")], "port 0 beside a unix socket means no TCP");
        let mode = std::fs::metadata(&path).expect("the socket").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let stream = UnixStream::connect(&path).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("an option");
        let mut wire = Wire::new(stream);
        assert_eq!(wire.ask("SET a 1"), "+OK\r\n");
        assert!(
            wire.text("CLIENT LIST").contains(&format!("laddr={name}:0")),
            "{}",
            wire.text("CLIENT LIST")
        );
        server.signal(libc::SIGTERM);
        assert!(server.wait().success());
        assert!(!path.exists(), "the file goes with the server");
    }
}

#[test]
fn several_addresses_are_served() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--bind", "127.0.0.1", "127.0.0.2", "-203.0.113.7"]);
        let addresses = server.addresses();
        assert_eq!(addresses.len(), 2, "{addresses:?}");
        for address in addresses {
            let address = address.parse().expect("an address");
            assert_eq!(Wire::new(crate::harness::connect(address)).ask("PING"), "+PONG\r\n");
        }
    }
}

#[test]
fn version_6_of_ip_is_served() {
    if let Err(error) = TcpListener::bind("[::1]:0") {
        eprintln!("skipped: no IPv6 here: {error}");
        return;
    }
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--bind", "::1"]);
        assert!(server.address().is_ipv6());
        let mut wire = server.connect();
        assert!(wire.text("CLIENT INFO").contains("addr=[::1]:"));
    }
}

#[test]
fn a_password_is_asked_for() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--requirepass", "secret"]);
        let mut wire = server.connect();
        assert_eq!(wire.ask("GET a"), "-NOAUTH Authentication required.\r\n");
        let wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
        assert_eq!(wire.ask("AUTH wrong"), wrong);
        assert_eq!(wire.ask("AUTH default secret"), "+OK\r\n");
        assert_eq!(wire.ask("SET a 1"), "+OK\r\n");
        let client =
            redis::Client::open(format!("redis://:secret@{}/", server.address())).expect("an address");
        let mut client = client.get_connection().expect("a connection");
        assert_eq!(redis::Commands::get::<_, String>(&mut client, "a").expect("GET"), "1");
    }
}

#[test]
fn a_thousand_connections_are_spread_evenly_over_the_cores() {
    const CONNECTIONS: usize = 1000;
    sys::process::raise_open_files(CONNECTIONS as u64 + 200);
    for setup in Setup::of(7) {
        let server = Server::start(setup, &[]);
        let mut wires: Vec<_> = (0..CONNECTIONS).map(|_| server.connect()).collect();
        wires.iter_mut().for_each(|wire| assert_eq!(wire.ask("PING"), "+PONG\r\n"));
        let of_core = |line: &str| -> usize {
            let text = line.split(',').find_map(|part| part.strip_prefix("clients=")).expect("clients");
            text.parse().expect("a number")
        };
        for shard in 0..setup.shards {
            let clients = of_core(&wires[0].info("shards", &format!("shard{shard}")));
            let even = CONNECTIONS / setup.shards;
            assert!((even - 1..=even + 1).contains(&clients), "{setup:?}: {clients} on core {shard}");
        }
        assert_eq!(wires[0].text("CLIENT LIST").lines().count(), CONNECTIONS);
        wires.truncate(1);
        eventually("the others are gone", || wires[0].info("clients", "connected_clients") == "1");
    }
}
