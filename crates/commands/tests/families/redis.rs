//! The same against a real server: the recorded edges, and random commands. Runs where `ANAX_REDIS` names a
//! redis-server of version 8.2, or `redis-server-8` is in the path.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use base::Rng;
use resp::skip_element;
use store::Limits;

use crate::edges::FILES;
use crate::grammar::{Compare, Grammar};
use crate::harness::{Keyspace, elements, integer};
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

/// A redis-server of version 8.2: what `ANAX_REDIS` names, or `redis-server-8` in the path.
fn binary() -> Option<PathBuf> {
    let named = std::env::var_os("ANAX_REDIS").or_else(|| std::env::var_os("ANAX_REDIS_BIN"));
    let in_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join("redis-server-8")).find(|file| file.is_file())
    };
    named.map(PathBuf::from).or_else(in_path)
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
        let Some(binary) = binary() else {
            println!("skipped: no redis-server 8.2 is known");
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

/// Commands of all data types.
const TYPED_COMMANDS: usize = 40_000;
/// After so many the key space is emptied.
const ROUND: usize = 400;
/// How many differences are shown at once.
const SHOWN_MAX: usize = 12;
/// How many of the commands before are shown with a difference.
const SHOWN_BEFORE: usize = 16;

/// Thresholds at which collections get big soon.
const LOW: [(&str, &str); 6] = [
    ("list-max-listpack-size", "4"),
    ("hash-max-listpack-entries", "5"),
    ("set-max-intset-entries", "4"),
    ("set-max-listpack-entries", "5"),
    ("zset-max-listpack-entries", "5"),
    ("stream-node-max-entries", "3"),
];

/// The elements of a reply, those of arrays in it one after the other.
fn flat(reply: &[u8]) -> Vec<String> {
    if reply.first() != Some(&b'*') || reply.starts_with(b"*-1") {
        return vec![show(reply)];
    }
    elements(reply).into_iter().flat_map(flat).collect()
}

/// Whether two replies are the same as far as they have to be.
fn are_same(compare: Compare, ours: &[u8], theirs: &[u8]) -> bool {
    if ours == theirs || ours == b"$8\r\nlistpack\r\n" && theirs == b"$10\r\nlistpackex\r\n" {
        return true;
    }
    let is_array = |reply: &[u8]| reply.starts_with(b"*") && !reply.starts_with(b"*-1");
    if !is_array(ours) || !is_array(theirs) {
        return compare == Compare::Times && are_close(&show(ours), &show(theirs));
    }
    let (mut a, mut b) = (flat(ours), flat(theirs));
    match compare {
        Compare::Exactly => false,
        Compare::Length => a.len() == b.len(),
        Compare::Unordered => {
            let nested = elements(ours).iter().any(|element| is_array(element)) && elements(ours).len() > 2;
            if nested {
                let sorted = |reply: &[u8]| {
                    let mut all: Vec<String> = elements(reply).into_iter().map(show).collect();
                    all.sort();
                    all
                };
                return sorted(ours) == sorted(theirs);
            }
            a.sort();
            b.sort();
            a == b
        }
        Compare::Texts => {
            a.retain(|text| !text.starts_with(':'));
            b.retain(|text| !text.starts_with(':'));
            a == b
        }
        Compare::Times => a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b || are_close(a, b)),
    }
}

fn are_close(a: &str, b: &str) -> bool {
    let int = |text: &str| text.strip_prefix(':')?.trim_end_matches("\\r\\n").trim().parse::<i64>().ok();
    int(a).zip(int(b)).is_some_and(|(a, b)| a.min(b) > 0 && (a - b).abs() < CLOCK_SLACK)
}

fn check_types(shards: u16, seed: u64, low: bool) {
    let Some(mut redis) = Redis::start() else { return };
    let mut keyspace = Keyspace::new(shards);
    if low {
        for (name, value) in LOW {
            redis.call(&words(&format!("CONFIG SET {name} {value}")));
        }
        keyspace.set_limits(Limits {
            list_max_listpack_size: 4,
            hash_max_listpack_entries: 5,
            set_max_intset_entries: 4,
            set_max_listpack_entries: 5,
            zset_max_listpack_entries: 5,
            stream_node_max_entries: 3,
            ..Limits::default()
        });
    }
    let count =
        std::env::var("ANAX_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(TYPED_COMMANDS);
    let mut grammar = Grammar::new(seed);
    let (mut history, mut wrong) = (Vec::new(), Vec::new());
    for number in 0..count {
        if number % ROUND == 0 || history.is_empty() {
            keyspace.call(&words("FLUSHALL"));
            redis.call(&words("FLUSHALL"));
            history.clear();
            grammar.restart();
        }
        let (args, compare) = grammar.next();
        if is_told_otherwise(&mut redis, &args, low) {
            continue;
        }
        keyspace.set_now(now_ms());
        let (ours, theirs) = (keyspace.call(&args), redis.call(&args));
        let line = args.iter().map(|arg| format!("\"{}\"", arg.escape_ascii())).collect::<Vec<_>>().join(" ");
        history.push((args, line, show(&theirs)));
        if are_same(compare, &ours, &theirs) {
            continue;
        }
        let (args, line, theirs) = history.last().expect("a command");
        let keys: Vec<&[u8]> = args.iter().skip(1).map(Vec::as_slice).filter(|arg| is_key(arg)).collect();
        let before = history
            .iter()
            .rev()
            .skip(1)
            .filter(|(args, _, _)| args.iter().any(|arg| keys.contains(&arg.as_slice())));
        let mut before: Vec<String> =
            before.take(SHOWN_BEFORE).map(|(_, line, reply)| format!("    {line} -> {reply}")).collect();
        before.reverse();
        wrong.push(format!(
            "{number}: {line}\n  ours {}\n Redis {theirs}\n{}",
            show(&ours),
            before.join("\n")
        ));
        if wrong.len() >= SHOWN_MAX {
            break;
        }
        history.clear();
    }
    assert!(wrong.is_empty(), "seed {seed}, {shards} shards, low {low}:\n{}", wrong.join("\n"));
}

/// Whether a command is one whose effects are known to differ: SORT changes small sorted sets in Redis, and shows the order of a
/// set; a list from which an element goes to its other end is shorter for a moment, which may show in its encoding; one
/// into which nothing is inserted or set is made fit for it.
fn is_told_otherwise(redis: &mut Redis, args: &[Vec<u8>], low: bool) -> bool {
    let rotates = matches!(&args[0][..], b"LMOVE" | b"RPOPLPUSH") && args.get(1) == args.get(2);
    if low && (rotates || args[0] == b"LINSERT" || args[0] == b"LSET") {
        return true;
    }
    if !args[0].starts_with(b"SORT") || args.len() < 2 || args[1].starts_with(b"q") {
        return false;
    }
    let kind = redis.call(&[b"TYPE".to_vec(), args[1].clone()]);
    kind == b"+zset\r\n" || kind == b"+set\r\n" && args.iter().any(|arg| arg == b"nosort")
}

fn is_key(arg: &[u8]) -> bool {
    matches!(arg, [b'l' | b's' | b'h' | b'z' | b't' | b'b' | b'p' | b'g' | b'n' | b'y' | b'q', b'0'..=b'9'])
}

#[test]
fn commands_of_all_types_one_shard() {
    check_types(1, 11, false);
    check_types(1, 12, true);
}

#[test]
fn commands_of_all_types_two_shards() {
    check_types(2, 13, true);
}

#[test]
fn commands_of_all_types_seven_shards() {
    check_types(7, 14, false);
    check_types(7, 15, true);
}
