//! The same against a real server: the recorded edges, and random commands. Runs where `ANAX_REDIS_BIN` names a
//! redis-server of version 8.2.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use base::Rng;
use resp::skip_element;

use crate::edges::FILES;
use crate::harness::{Keyspace, integer};
use crate::model::normalized;
use crate::random::{Unit, command};
use crate::scripts::{edges, show, words};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(10);
const RANDOM_COMMANDS: usize = 20_000;
/// By how much times may differ that were taken at different moments.
const CLOCK_SLACK: i64 = 5_000;

/// A process, stopped when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server of its own.
struct Redis {
    _process: Process,
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Redis {
    /// `None`, with a note, where no server is at hand.
    fn start() -> Option<Self> {
        let Ok(binary) = std::env::var("ANAX_REDIS_BIN") else {
            println!("skipped: ANAX_REDIS_BIN names no redis-server 8.2");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(binary)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--enable-debug-command", "yes"])
            .stdout(Stdio::null())
            .spawn()
            .map(Process)
            .unwrap();
        let start = Instant::now();
        loop {
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
                stream.set_nodelay(true).unwrap();
                return Some(Redis { _process: process, stream, unread: Vec::new() });
            }
            assert!(start.elapsed() < START_TIMEOUT, "the server doesn't start");
            std::thread::yield_now();
        }
    }

    fn call(&mut self, args: &[Vec<u8>]) -> Vec<u8> {
        let mut request = format!("*{}\r\n", args.len()).into_bytes();
        for arg in args {
            request.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
            request.extend_from_slice(arg);
            request.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&request).unwrap();
        loop {
            if let Some(end) = skip_element(&self.unread, 0) {
                return self.unread.drain(..end).collect();
            }
            let mut bytes = [0; 65_536];
            let len = self.stream.read(&mut bytes).unwrap();
            assert!(len > 0, "the server has gone");
            self.unread.extend_from_slice(&bytes[..len]);
        }
    }
}

#[test]
fn edges_are_those_of_the_server() {
    let Some(mut redis) = Redis::start() else { return };
    for (name, file) in FILES {
        redis.call(&words("FLUSHALL"));
        redis.call(&words("SELECT 0"));
        for (command, reply) in edges(file) {
            assert_eq!(show(&redis.call(&words(command))), reply, "{name}: {command}");
        }
    }
}

/// Times far away, and each another, so that it doesn't matter that two clocks are not quite the same.
fn far_time(unit: Unit, byte: u8, counter: i64) -> String {
    const FAR_S: i64 = 10_000_000;
    let away_s = if byte.is_multiple_of(2) { FAR_S + counter * 100 } else { FAR_S * 10 - counter * 100 };
    match (unit, byte) {
        (_, 250..) => ["x", "0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775"]
            [usize::from(byte) - 250]
            .into(),
        (Unit::Seconds, _) => away_s.to_string(),
        (Unit::Millis, _) => (away_s * 1000).to_string(),
        (Unit::SecondsAt, _) => (2_000_000_000 + away_s).to_string(),
        (Unit::MillisAt, _) => ((2_000_000_000 + away_s) * 1000).to_string(),
    }
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64
}

fn check_random(shards: u16, seed: u64) {
    let Some(mut redis) = Redis::start() else { return };
    let mut keyspace = Keyspace::new(shards);
    let mut rng = Rng::new(seed);
    for number in 0..RANDOM_COMMANDS {
        let args =
            command(rng.next_u64().to_le_bytes(), &mut |unit, byte| far_time(unit, byte, number as i64));
        keyspace.set_now(now_ms());
        let (ours, theirs) = (keyspace.call(&args), redis.call(&args));
        let line: Vec<_> = args.iter().map(|arg| arg.escape_ascii().to_string()).collect();
        let same = if matches!(&args[0][..], b"TTL" | b"PTTL" | b"EXPIRETIME" | b"PEXPIRETIME") {
            let (ours, theirs) = (integer(&ours), integer(&theirs));
            ours == theirs || ours.min(theirs) >= 0 && (ours - theirs).abs() < CLOCK_SLACK
        } else {
            normalized(&args, &ours) == normalized(&args, &theirs)
        };
        assert!(
            same,
            "seed {seed}, command {number}: {line:?}\n ours {}\nRedis {}",
            show(&ours),
            show(&theirs)
        );
    }
}

#[test]
fn random_commands_one_shard() {
    check_random(1, 1);
}

#[test]
fn random_commands_three_shards() {
    check_random(3, 2);
}
