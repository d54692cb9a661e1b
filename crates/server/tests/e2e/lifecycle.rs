//! Start and end: signals, SHUTDOWN, what is in flight at the end, and which way sockets are served.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::harness::{Server, Setup, encode, eventually};

#[test]
fn what_is_in_flight_is_answered_and_the_port_is_free_at_once() {
    for setup in Setup::all() {
        let mut server = Server::start(setup, &["--enable-debug-command", "yes"]);
        let (mut wire, mut other) = (server.connect(), server.connect());
        assert_eq!(other.ask("PING"), "+PONG\r\n");
        let pipeline = [
            encode(&["SET", "a", "1"]),
            encode(&["ECHO", "before"]),
            encode(&["DEBUG", "SLEEP", "0.3"]),
            encode(&["MGET", "a", "b", "c", "d", "e"]),
            encode(&["ECHO", "after"]),
        ];
        wire.send(&pipeline.concat());
        // The first reply leaves the server at the end of the turn in which it read the pipeline, or after DEBUG SLEEP.
        let replies = {
            let first = wire.reply();
            server.signal(libc::SIGTERM);
            first + &String::from_utf8_lossy(&wire.read_to_close())
        };
        let all =
            "+OK\r\n$6\r\nbefore\r\n+OK\r\n*5\r\n$1\r\n1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$5\r\nafter\r\n";
        assert!(replies.starts_with(all), "{setup:?}: {replies}");
        assert_eq!(other.read_to_close(), b"");
        let address = server.address().to_string();
        assert!(server.wait().success(), "{setup:?}");
        let (host, port) = address.split_once(':').expect("an address");
        let line = format!(
            "--port {port} --bind {host} --shards {} --io-backend {} --pin-cpus no",
            setup.shards, setup.backend
        );
        let args: Vec<&str> = line.split(' ').collect();
        let next = Server::start_plain(&args, &[]);
        assert_eq!(next.connect().ask("EXISTS a"), ":0\r\n");
    }
}

#[test]
fn signals_end_the_server_in_good_order() {
    for setup in Setup::all() {
        for signal in [libc::SIGTERM, libc::SIGINT] {
            let mut server = Server::start(setup, &[]);
            let mut idle = server.connect();
            assert_eq!(idle.ask("PING"), "+PONG\r\n");
            // Ignored, as in Redis.
            server.signal(libc::SIGHUP);
            server.signal(libc::SIGPIPE);
            assert_eq!(idle.ask("PING"), "+PONG\r\n");
            server.signal(signal);
            assert_eq!(idle.read_to_close(), b"");
            assert_eq!(server.wait().code(), Some(0));
            assert!(server.log().contains("bye"));
        }
    }
}

#[test]
fn a_busy_server_ends_in_good_order() {
    for setup in Setup::all() {
        let mut server = Server::start(setup, &[]);
        let replies = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for client in 0..4 {
                let mut wire = server.connect();
                let replies = &replies;
                scope.spawn(move || {
                    // One command on one shard, one on several at one instant, one in rounds.
                    let commands = [
                        format!("INCR count:{client}"),
                        "MSET a 1 b 2 c 3 d 4".into(),
                        format!("RENAME a other:{client}"),
                    ];
                    let request: Vec<u8> = commands
                        .iter()
                        .flat_map(|line| encode(&line.split(' ').collect::<Vec<_>>()))
                        .collect();
                    for round in 1.. {
                        // The server may be gone at any point, but not in the middle of a reply that was begun.
                        let _ = wire.stream.write_all(&request);
                        let Ok(count) = wire.try_reply() else { return };
                        assert_eq!(count, format!(":{round}\r\n"), "{setup:?}");
                        let (Ok(set), Ok(renamed)) = (wire.try_reply(), wire.try_reply()) else { return };
                        assert_eq!(set, "+OK\r\n");
                        assert!(renamed == "+OK\r\n" || renamed.starts_with("-ERR no such key"), "{renamed}");
                        replies.fetch_add(3, Relaxed);
                    }
                });
            }
            eventually("all are busy", || replies.load(Relaxed) > 500);
            server.signal(libc::SIGTERM);
        });
        assert_eq!(server.wait().code(), Some(0), "{setup:?}: {}", server.log());
    }
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let attempt = || {
        let mut server = Server::start(Setup::of(2)[0], &["--enable-debug-command", "yes"]);
        let mut wire = server.connect();
        assert_eq!(wire.ask("PING"), "+PONG\r\n");
        wire.send(&encode(&["DEBUG", "SLEEP", "50"]));
        server.signal(libc::SIGINT);
        assert!(server.wait_for_line("SIGINT received"));
        server.signal(libc::SIGINT);
        server.wait().code()
    };
    // The first signal may come before the core sleeps, and then is enough.
    let ended = (0..50).map(|_| attempt()).find(|&code| code != Some(0));
    assert_eq!(ended, Some(Some(1)));
}

#[test]
fn the_shutdown_command_ends_the_server() {
    for setup in Setup::all() {
        for command in ["SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN NOW FORCE"] {
            let mut server = Server::start(setup, &[]);
            let (mut wire, mut other) = (server.connect(), server.connect());
            assert_eq!(other.ask("PING"), "+PONG\r\n");
            wire.command(command);
            assert_eq!(wire.read_to_close(), b"", "{setup:?}: {command}");
            assert_eq!(other.read_to_close(), b"");
            assert_eq!(server.wait().code(), Some(0));
        }
    }
}

#[test]
fn without_io_uring_epoll_serves_and_the_log_says_why() {
    let refuse = [("ANAX_REFUSE_IO_URING", "1")];
    let args = ["--port", "0", "--bind", "127.0.0.1", "--shards", "2", "--pin-cpus", "no"];
    let server = Server::start_plain(&args, &refuse);
    assert!(
        server.log().contains("io_uring can't be used (ANAX_REFUSE_IO_URING is set)"),
        "{}",
        server.log()
    );
    assert_eq!(server.log().matches("WARN").count(), 1, "{}", server.log());
    assert_eq!(server.connect().info("server", "multiplexing_api"), "epoll");

    let mut server = Server::launch(&[&args[..], &["--io-backend", "io_uring"]].concat(), &refuse);
    assert_eq!(server.wait().code(), Some(1));
    assert!(server.log().contains("ERROR io_uring can't be used"), "{}", server.log());
}

#[test]
fn the_first_lines_of_the_log_say_what_was_started() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--maxmemory", "1gb"]);
        let log = server.log();
        let version = format!("anax {} starts", env!("CARGO_PKG_VERSION"));
        for part in [&version, "2 shards", setup.backend, "at most 1073741824 bytes of memory"] {
            assert!(log.contains(part), "no {part} in {log}");
        }
        assert!(log.contains(&format!("pid {}", server.pid())), "{log}");
    }
}

#[test]
fn threads_are_named_and_bound_to_cpus() {
    let cpu = sys::cpu::allowed()[0];
    let args = ["--port", "0", "--bind", "127.0.0.1", "--shards", "3", "--pin-cpus"];
    let list = cpu.to_string();
    let server = Server::start_plain(&[&args[..], &[list.as_str()]].concat(), &[]);
    let mut bound = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{}/task", server.pid())).expect("the threads") {
        let status =
            std::fs::read_to_string(task.expect("a thread").path().join("status")).expect("its status");
        let field = |name: &str| {
            let found = status.lines().find_map(|line| line.strip_prefix(name));
            found.unwrap_or_default().trim().to_owned()
        };
        if field("Name:").starts_with("anax-") {
            bound.push((field("Name:"), field("Cpus_allowed_list:")));
        }
    }
    bound.sort();
    assert_eq!(bound, [0, 1, 2].map(|shard| (format!("anax-{shard}"), list.clone())));

    let mut server = Server::launch(&[&args[..], &["4095"]].concat(), &[]);
    assert_eq!(server.wait().code(), Some(1));
    assert!(server.log().contains("CPU 4095"), "{}", server.log());
}
