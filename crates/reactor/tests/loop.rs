//! The loop with a toy protocol, driven by ordinary blocking clients; every test runs on both backends.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering::Relaxed;

use common::{Server, Setup, connect, pattern};
use reactor::{BackendKind, TaskRun};

/// Makes each function a test of each backend.
macro_rules! on_both_backends {
    ($($test:ident)*) => {
        mod uring {
            $(#[test] fn $test() {
                match sys::probe() {
                    Ok(()) => super::$test(super::BackendKind::Uring),
                    Err(refusal) => eprintln!("skipped: {refusal}"),
                }
            })*
        }
        mod epoll {
            $(#[test] fn $test() { super::$test(super::BackendKind::Epoll) })*
        }
    };
}

on_both_backends! {
    pipelined_lines_are_answered_in_order
    many_connections_at_once
    a_large_upload_arrives
    a_large_download_arrives
    a_slow_reader_pauses_the_toy
    a_reader_that_never_reads_is_dropped_with_its_data
    resets_in_mid_stream_harm_nobody
    a_half_closed_peer_gets_its_answers
    closing_after_flush_and_at_once
    last_words_reach_a_client_that_goes_on_sending
    a_client_that_sends_for_ever_is_cut_off
    stopping_keeps_last_words_from_being_reset
    an_index_is_reused_without_leftovers
    idle_connections_time_out
    quiet_connections_are_told_of_once_a_phase
    too_many_clients_are_turned_away
    a_unix_socket_serves_and_is_removed
    several_addresses_share_a_port
    ipv6_serves
    the_port_is_free_at_once_after_stopping
    stopping_flushes_but_not_for_ever
    connections_spread_evenly
    two_thousand_idle_connections
    few_small_buffers_suffice
    deferred_task_work_serves
    spinning_serves
    a_busy_service_still_hears
    deadlines_are_kept
    counters_count
}

/// A client that speaks lines.
struct Lines {
    reader: BufReader<TcpStream>,
}

impl Lines {
    fn new(stream: TcpStream) -> Lines {
        Lines { reader: BufReader::new(stream) }
    }

    fn to(server: &Server) -> Lines {
        Lines::new(server.connect())
    }

    fn send(&mut self, text: &str) {
        self.reader.get_mut().write_all(text.as_bytes()).expect("write");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("read");
        assert!(line.ends_with('\n'), "the connection ended after {line:?}");
        line.trim_end().to_string()
    }

    fn ask(&mut self, text: &str) -> String {
        self.send(&format!("{text}\n"));
        self.line()
    }

    /// Everything up to the end of the connection.
    fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.reader.read_to_end(&mut rest).expect("read");
        rest
    }

    /// Reads a `give` of so many bytes.
    fn given(&mut self, count: usize) {
        let mut buffer = vec![0; 1 << 16];
        let mut position = 0;
        while position < count {
            let some = (count - position).min(buffer.len());
            let read = self.reader.read(&mut buffer[..some]).expect("read");
            assert!(read > 0, "the connection ended after {position} bytes");
            let wrong = buffer[..read].iter().zip(position..).find(|&(&byte, at)| byte != pattern(at));
            assert_eq!(wrong, None);
            position += read;
        }
    }
}

fn pipelined_lines_are_answered_in_order(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    for round in 0..20 {
        let lines: Vec<String> = (0..500).map(|number| format!("{round}-{number}")).collect();
        let text: String = lines.iter().map(|line| format!("echo {line}\n")).collect();
        client.send(&text);
        for line in lines {
            assert_eq!(client.line(), line);
        }
    }
}

fn many_connections_at_once(backend: BackendKind) {
    let server = Setup::new(backend).cores(2).start();
    let mut clients: Vec<Lines> = (0..300).map(|_| Lines::to(&server)).collect();
    for round in 0..10 {
        for (number, client) in clients.iter_mut().enumerate() {
            client.send(&format!("echo {round}\necho {number}\n"));
        }
        for (number, client) in clients.iter_mut().enumerate() {
            assert_eq!((client.line(), client.line()), (round.to_string(), number.to_string()));
        }
    }
    drop(clients);
    server.seen.wait("closed", 300);
}

const LARGE: usize = 100 << 20;

fn a_large_upload_arrives(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    client.send(&format!("take {LARGE}\n"));
    let block: Vec<u8> = (0..1usize << 20).map(pattern).collect();
    for _ in 0..LARGE / block.len() {
        client.reader.get_mut().write_all(&block).expect("write");
    }
    let sum = block.iter().map(|&byte| u64::from(byte)).sum::<u64>() * (LARGE / block.len()) as u64;
    assert_eq!(client.line(), format!("{LARGE} {sum}"));
}

fn a_large_download_arrives(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    client.send(&format!("echo before\ngive {LARGE}\necho after\n"));
    assert_eq!(client.line(), "before");
    client.given(LARGE);
    assert_eq!(client.line(), "after");
}

fn a_slow_reader_pauses_the_toy(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    for number in 0..40 {
        client.send(&format!("give 1000000\necho {number}\n"));
    }
    server.seen.wait("paused", 1);
    // The others are served meanwhile.
    assert_eq!(Lines::to(&server).ask("echo hello"), "hello");
    for number in 0..40 {
        client.given(1_000_000);
        assert_eq!(client.line(), number.to_string());
    }
    assert!(server.seen.count("slow") > 0);
    assert_eq!(client.ask("echo awake"), "awake");
}

fn a_reader_that_never_reads_is_dropped_with_its_data(backend: BackendKind) {
    let mut server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    client.send(&format!("give {LARGE}\n"));
    server.seen.wait("paused", 1);
    drop(client);
    server.seen.wait("closed", 1);
    server.stop();
}

fn resets_in_mid_stream_harm_nobody(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let mut bystander = Lines::to(&server);
    for round in 0..50 {
        let mut client = Lines::to(&server);
        client.send(&format!("give {}\ntake 1000000\nsome of it", 1 + round * 100_000));
        if round % 2 == 0 {
            client.reader.read_exact(&mut [0]).expect("read");
        }
        // Closing with a linger time of zero resets the connection.
        let linger = Some(std::time::Duration::ZERO);
        rustix::net::sockopt::set_socket_linger(client.reader.get_ref(), linger).expect("linger");
        drop(client);
        assert_eq!(bystander.ask(&format!("echo {round}")), round.to_string());
    }
    server.seen.wait("closed", 50);
    assert_eq!(server.seen.count("open"), 51);
}

fn a_half_closed_peer_gets_its_answers(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    let text: String = (0..1000).map(|number| format!("echo {number}\n")).collect();
    client.send(&text);
    client.send("give 3000000\n");
    client.reader.get_ref().shutdown(Shutdown::Write).expect("shutdown");
    for number in 0..1000 {
        assert_eq!(client.line(), number.to_string());
    }
    client.given(3_000_000);
    assert_eq!(client.rest(), b"");
    server.seen.wait("closed", 1);
    assert_eq!(server.seen.count("ended"), 1);
}

fn closing_after_flush_and_at_once(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    client.send("echo one\nquit\necho never\n");
    assert_eq!(client.rest(), b"one\nbye\n");

    let mut client = Lines::to(&server);
    client.send("give 5000000\nquit\n");
    client.given(5_000_000);
    assert_eq!(client.rest(), b"bye\n");

    let mut client = Lines::to(&server);
    assert_eq!(client.ask("echo two"), "two");
    client.send("echo lost\ndrop\n");
    // A reset is as good as an end here.
    let mut rest = Vec::new();
    let _ = client.reader.read_to_end(&mut rest);
    assert_eq!(rest, b"");
    server.seen.wait("closed", 3);
}

fn last_words_reach_a_client_that_goes_on_sending(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let noise = "echo noise\n".repeat(200_000);
    for _ in 0..5 {
        let mut client = Lines::to(&server);
        client.send("give 300000\nquit\n");
        client.send(&noise);
        client.given(300_000);
        assert_eq!(client.rest(), b"bye\n");
    }
    server.seen.wait("closed", 5);
}

fn a_client_that_sends_for_ever_is_cut_off(backend: BackendKind) {
    let mut server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    client.send("quit\n");
    let noise = "echo noise\n".repeat(100_000);
    while client.reader.get_mut().write_all(noise.as_bytes()).is_ok() {}
    server.stop();
}

fn stopping_keeps_last_words_from_being_reset(backend: BackendKind) {
    let mut server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    // More than is sent at once, so the lines behind it are not read.
    client.send("echo one\ngive 900000\n");
    client.send(&"echo noise\n".repeat(50_000));
    assert_eq!(client.line(), "one");
    server.seen.wait("paused", 1);
    let reader = std::thread::spawn(move || client.rest());
    server.stop();
    // Whatever came, the end was an orderly one.
    assert!(reader.join().expect("no reset").len() >= 500_000);
}

fn an_index_is_reused_without_leftovers(backend: BackendKind) {
    let server = Setup::new(backend).start();
    for round in 0..200 {
        let mut client = Lines::to(&server);
        client.send(&format!("echo {round}\ndrop\n"));
        let noise = "echo noise\n".repeat(1000);
        // The server may have closed already.
        let _ = client.reader.get_mut().write_all(noise.as_bytes());
        let mut rest = Vec::new();
        let _ = client.reader.read_to_end(&mut rest);
        let mut next = Lines::to(&server);
        assert_eq!(next.ask("echo fresh"), "fresh");
    }
    server.seen.wait("closed", 400);
}

fn idle_connections_time_out(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let (mut spared, mut idle) = (Lines::to(&server), Lines::to(&server));
    assert_eq!(spared.ask("spare"), "spared");
    assert_eq!(idle.ask("echo 1"), "1");
    server.seen.wait("quiet", 2);
    server.settings.timeout_ms.store(100, Relaxed);
    // The core sleeps and has no reason to look; the next event makes it see the change.
    server.wakers[0].wake();
    assert_eq!(idle.rest(), b"");
    server.seen.wait("closed", 1);
    server.seen.wait("spared", 2);
    assert_eq!(spared.ask("echo still here"), "still here");
    assert_eq!(server.counters[0].timed_out.get(), 1);
}

fn quiet_connections_are_told_of_once_a_phase(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    assert_eq!(client.ask("echo 1"), "1");
    server.seen.wait("quiet", 1);
    assert_eq!(client.ask("echo 2"), "2");
    server.seen.wait("quiet", 2);
    assert_eq!(client.ask("echo 3"), "3");
}

fn too_many_clients_are_turned_away(backend: BackendKind) {
    let mut setup = Setup::new(backend).cores(2);
    setup.settings.max_clients = 3.into();
    let server = setup.start();
    let mut clients: Vec<Lines> = (0..3).map(|_| Lines::to(&server)).collect();
    clients.iter_mut().for_each(|client| assert_eq!(client.ask("echo in"), "in"));
    assert_eq!(Lines::to(&server).rest(), b"-ERR too many\r\n");
    clients.pop();
    server.seen.wait("closed", 1);
    assert_eq!(Lines::to(&server).ask("echo in"), "in");
    assert_eq!(server.counters[0].rejected.get(), 1);
}

fn a_unix_socket_serves_and_is_removed(backend: BackendKind) {
    let name = format!("anax-loop-{backend:?}-{}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut setup = Setup::new(backend).cores(2);
    setup.unix = Some(path.clone());
    let mut server = setup.start();
    for core in 0..2 {
        let mut client = UnixStream::connect(&path).expect("connect");
        client.write_all(b"core\nquit\n").expect("write");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("read");
        let path = path.display();
        assert_eq!(answer, format!("{core} unix {path}:0 {path}:0\nbye\n"));
        server.seen.wait("closed", core + 1);
    }
    // Data of a client that wrote and went away is not lost.
    let mut client = UnixStream::connect(&path).expect("connect");
    client.write_all(b"echo 1\necho 2\n").expect("write");
    drop(client);
    server.seen.wait("closed", 3);
    server.stop();
    assert!(!path.exists());
}

fn several_addresses_share_a_port(backend: BackendKind) {
    let mut setup = Setup::new(backend);
    setup.addresses = ["127.0.0.1:0", "127.0.0.2:0"].map(|text| text.parse().expect("address")).into();
    let server = setup.start();
    for address in &server.addresses {
        let mut client = Lines::new(connect(address));
        let ours = client.reader.get_ref().local_addr().expect("address");
        assert_eq!(client.ask("core"), format!("0 tcp {ours} {address}"));
    }
}

fn ipv6_serves(backend: BackendKind) {
    let loopback: SocketAddr = "[::1]:0".parse().expect("address");
    if std::net::TcpListener::bind(loopback).is_err() {
        return eprintln!("skipped: no IPv6");
    }
    let mut setup = Setup::new(backend);
    setup.addresses = vec!["0.0.0.0:0".parse().expect("address"), "[::]:0".parse().expect("address")];
    let server = setup.start();
    let port = server.addresses[0].rsplit(':').next().expect("port");
    for address in [format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        let mut client = Lines::new(connect(&address));
        let ours = client.reader.get_ref().local_addr().expect("address");
        assert_eq!(client.ask("core"), format!("0 tcp {ours} {address}"));
    }
}

fn the_port_is_free_at_once_after_stopping(backend: BackendKind) {
    let mut server = Setup::new(backend).cores(2).start();
    let address: SocketAddr = server.addresses[0].parse().expect("address");
    for _ in 0..3 {
        let mut clients: Vec<Lines> = (0..10).map(|_| Lines::to(&server)).collect();
        clients.iter_mut().for_each(|client| assert_eq!(client.ask("echo up"), "up"));
        server.stop();
        clients.iter_mut().for_each(|client| assert_eq!(client.rest(), b""));
        assert!(TcpStream::connect(address).is_err());
        // Without retrying: nothing may hold the address any more.
        let listener = std::net::TcpListener::bind(address).expect("free");
        drop(listener);
        let mut setup = Setup::new(backend).cores(2);
        setup.addresses = vec![address];
        server = setup.start();
    }
}

fn stopping_flushes_but_not_for_ever(backend: BackendKind) {
    let mut setup = Setup::new(backend);
    setup.config.shutdown_flush_ms = 300;
    let mut server = setup.start();
    let (mut reader, mut sleeper) = (Lines::to(&server), Lines::to(&server));
    sleeper.send(&format!("give {LARGE}\n"));
    server.seen.wait("paused", 1);
    assert_eq!(reader.ask("echo before"), "before");
    reader.send("give 400000\n");
    reader.reader.fill_buf().expect("the first bytes");
    let thread = std::thread::spawn(move || {
        reader.given(400_000);
        assert_eq!(reader.rest(), b"");
    });
    server.stop();
    thread.join().expect("the reader got everything");
    server.seen.wait("closed", 2);
}

fn connections_spread_evenly(backend: BackendKind) {
    let server = Setup::new(backend).cores(4).start();
    let core_of = |client: &mut Lines| -> usize {
        client.ask("core").split(' ').next().expect("core").parse().expect("core")
    };
    let mut clients: Vec<(usize, Lines)> = Vec::new();
    for _ in 0..40 {
        let mut client = Lines::to(&server);
        clients.push((core_of(&mut client), client));
    }
    for core in 0..4 {
        assert_eq!(clients.iter().filter(|(of, _)| *of == core).count(), 10);
        assert_eq!(server.counters[core].connections(), 10);
    }
    // A core that lost its clients gets the next ones.
    clients.retain(|(core, _)| *core != 2);
    server.seen.wait("closed", 10);
    for _ in 0..10 {
        let mut client = Lines::to(&server);
        let core = core_of(&mut client);
        clients.push((core, client));
        assert_eq!(core, 2);
    }
}

fn two_thousand_idle_connections(backend: BackendKind) {
    let server = Setup::new(backend).cores(2).start();
    let mut clients: Vec<TcpStream> = (0..2000).map(|_| server.connect()).collect();
    server.seen.wait("open", 2000);
    server.seen.wait("quiet", 2000);
    let mut answer = [0; 3];
    for client in &mut clients {
        client.write_all(b"echo hi\n").expect("write");
    }
    for client in &mut clients {
        client.read_exact(&mut answer).expect("read");
        assert_eq!(&answer, b"hi\n");
    }
    assert_eq!(server.counters.iter().map(|core| core.connections()).sum::<u64>(), 2000);
}

fn few_small_buffers_suffice(backend: BackendKind) {
    let mut setup = Setup::new(backend);
    (setup.config.buffer_count, setup.config.buffer_bytes) = (2, 64);
    let server = setup.start();
    let mut clients: Vec<Lines> = (0..50).map(|_| Lines::to(&server)).collect();
    let text = "x".repeat(1000);
    for _ in 0..5 {
        clients.iter_mut().for_each(|client| client.send(&format!("echo {text}\n")));
        clients.iter_mut().for_each(|client| assert_eq!(client.line(), text));
    }
    assert!(server.counters[0].starved.get() > 0);
}

fn deferred_task_work_serves(backend: BackendKind) {
    let mut setup = Setup::new(backend);
    setup.config.task_run = TaskRun::Deferred;
    let server = setup.start();
    let mut clients: Vec<Lines> = (0..100).map(|_| Lines::to(&server)).collect();
    for _ in 0..5 {
        clients.iter_mut().for_each(|client| client.send("give 100000\necho done\n"));
        for client in &mut clients {
            client.given(100_000);
            assert_eq!(client.line(), "done");
        }
    }
}

fn spinning_serves(backend: BackendKind) {
    let mut setup = Setup::new(backend).cores(2);
    setup.remote = true;
    setup.settings.spin_us = 100.into();
    let server = setup.start();
    let mut clients: Vec<Lines> = (0..4).map(|_| Lines::to(&server)).collect();
    for round in 0..500 {
        for client in &mut clients {
            assert_eq!(client.ask(&format!("echo {round}")), round.to_string());
        }
    }
}

fn a_busy_service_still_hears(backend: BackendKind) {
    for task_run in [TaskRun::Cooperative, TaskRun::Deferred] {
        let mut setup = Setup::new(backend);
        setup.busy = true;
        setup.config.task_run = task_run;
        let server = setup.start();
        for round in 0..10 {
            let mut client = Lines::to(&server);
            for number in 0..10 {
                assert_eq!(client.ask(&format!("echo {round} {number}")), format!("{round} {number}"));
            }
        }
        server.seen.wait("closed", 10);
    }
}

fn deadlines_are_kept(backend: BackendKind) {
    let server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    let start = std::time::Instant::now();
    assert_eq!(client.ask("later 30"), "later");
    assert!(start.elapsed().as_millis() >= 30);
    assert_eq!(client.ask("later 0"), "later");
}

fn counters_count(backend: BackendKind) {
    let mut server = Setup::new(backend).start();
    let mut client = Lines::to(&server);
    for _ in 0..10 {
        assert_eq!(client.ask("echo 12345"), "12345");
    }
    drop(client);
    server.seen.wait("closed", 1);
    server.stop();
    let counters = &server.counters[0];
    assert_eq!((counters.accepted.get(), counters.opened.get(), counters.connections()), (1, 1, 0));
    assert_eq!((counters.receives.get(), counters.received_bytes.get()), (10, 110));
    assert_eq!((counters.sends.get(), counters.sent_bytes.get()), (10, 60));
    assert!(counters.enters.get() >= 10 && counters.turns.get() >= 10);
}
