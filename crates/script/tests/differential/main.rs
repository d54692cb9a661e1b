//! The same scripts here and on a real server, whose replies must be equal to the byte. Runs where `ANAX_REDIS_BIN` names a
//! redis-server of version 8.2.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use resp::Reply;
use script::{
    CallOutcome, Engine, Host, Libraries, LibraryInfo, ListQuery, Options, Permission, Progress, Tick,
};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// A process, stopped when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    fn call(&mut self, args: &[&[u8]]) -> Vec<u8> {
        let mut request = format!("*{}\r\n", args.len()).into_bytes();
        for arg in args {
            request.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
            request.extend_from_slice(arg);
            request.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&request).expect("the server reads");
        loop {
            if let Some(end) = element_end(&self.unread) {
                return self.unread.drain(..end).collect();
            }
            let mut bytes = [0; 65_536];
            let len = self.stream.read(&mut bytes).expect("the server answers");
            assert!(len > 0, "the server has gone");
            self.unread.extend_from_slice(&bytes[..len]);
        }
    }
}

/// The end of the first element, of any depth.
fn element_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut left = 1;
    while left > 0 {
        let end = at + bytes.get(at..)?.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(&bytes[at + 1..end]).unwrap_or_default();
        let len = || line.parse::<i64>().unwrap_or(0);
        left -= 1;
        let marker = bytes[at];
        at = end + 2;
        match marker {
            b'$' | b'=' if len() >= 0 => at += len() as usize + 2,
            b'*' | b'~' | b'>' => left += len().max(0),
            b'%' => left += 2 * len().max(0),
            // An attribute belongs to the element after it.
            b'|' => left += 2 * len().max(0) + 1,
            _ => {}
        }
        if at > bytes.len() {
            return None;
        }
    }
    Some(at)
}

struct Redis {
    _process: Process,
    /// Ticks that a script may take.
    patience: u32,
    /// For RESP2 and RESP3.
    connections: [Connection; 2],
}

impl Redis {
    fn start() -> Option<Self> {
        let Ok(binary) = std::env::var("ANAX_REDIS_BIN") else {
            println!("skipped: ANAX_REDIS_BIN names no redis-server 8.2");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
        let process = Command::new(binary)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--enable-debug-command", "yes"])
            .stdout(Stdio::null())
            .spawn()
            .map(Process)
            .expect("the server starts");
        let connect = || {
            let start = Instant::now();
            loop {
                if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
                    stream.set_nodelay(true).expect("a socket");
                    return Connection { stream, unread: Vec::new() };
                }
                assert!(start.elapsed() < START_TIMEOUT, "the server doesn't start");
                std::thread::yield_now();
            }
        };
        let mut connections = [connect(), connect()];
        connections[1].call(&[b"HELLO", b"3"]);
        connections[0].call(&[b"DEBUG", b"SET-DISABLE-DENY-SCRIPTS", b"1"]);
        Some(Redis { _process: process, patience: u32::MAX, connections })
    }
}

impl Host for Redis {
    fn call(&mut self, args: &[&[u8]], resp3: bool, out: &mut Vec<u8>) -> CallOutcome {
        let reply = self.connections[usize::from(resp3)].call(args);
        // A script is told otherwise about these.
        if reply.starts_with(b"-ERR unknown command") {
            out.extend_from_slice(b"-ERR Unknown Redis command called from script\r\n");
        } else if reply.starts_with(b"-ERR wrong number of arguments for") {
            out.extend_from_slice(b"-ERR Wrong number of args calling Redis command from script\r\n");
        } else {
            out.extend_from_slice(&reply);
        }
        CallOutcome::Reply
    }

    fn tick(&mut self) -> Tick {
        self.patience -= 1;
        if self.patience == 0 { Tick::Kill } else { Tick::Continue }
    }

    fn permission(&mut self, args: &[&[u8]]) -> Permission {
        if args[0] == b"nosuch" { Permission::Unknown } else { Permission::Allowed }
    }
}

fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// Runs every script of a file here and there, over both protocols; gives those that differ.
fn compare(redis: &mut Redis, scripts: &str) -> Vec<String> {
    let mut engine = Engine::new(&Options::default()).expect("an engine");
    let mut different = Vec::new();
    for text in scripts.split("\n---\n").map(str::trim_end).filter(|text| !text.is_empty()) {
        for resp3 in [false, true] {
            redis.connections[0].call(&[b"FLUSHALL"]);
            let expected = redis.connections[usize::from(resp3)].call(&[
                b"EVAL",
                text.as_bytes(),
                b"2",
                b"k1",
                b"k2",
                b"a1",
                b"2",
            ]);
            redis.connections[0].call(&[b"FLUSHALL"]);
            let mut found = Vec::new();
            match engine.load(text.as_bytes()) {
                Ok(id) => {
                    let args: [&[u8]; 2] = [b"a1", b"2"];
                    let progress = engine.run(id, &[b"k1", b"k2"], &args, resp3, redis, &mut found);
                    assert_eq!(progress, Progress::Done, "{text}");
                    engine.unload(id);
                }
                Err(message) => {
                    found.push(b'-');
                    found.extend(message);
                    found.extend(b"\r\n");
                }
            }
            if found != expected {
                different.push(format!("{text}\n   redis: {}\n   anax:  {}", show(&expected), show(&found)));
                break;
            }
        }
    }
    different
}

#[test]
fn scripts_say_what_they_say_to_redis() {
    let Some(mut redis) = Redis::start() else { return };
    let different = compare(&mut redis, include_str!("scripts.txt"));
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// Loads a library here; gives the reply of FUNCTION LOAD and the handles of its functions.
fn load(engine: &mut Engine, redis: &mut Redis, code: &[u8]) -> (Vec<u8>, Libraries, Vec<script::Function>) {
    let mut libraries = Libraries::default();
    let mut reply = Vec::new();
    let mut functions = Vec::new();
    redis.patience = 20;
    let loaded =
        libraries.check(code, false).and_then(|_| engine.load_library(code, redis)).and_then(|library| {
            libraries.insert(LibraryInfo::new(code, &library))?;
            Ok(library)
        });
    redis.patience = u32::MAX;
    match loaded {
        Ok(library) => {
            Reply::new(&mut reply, false).bulk(&library.name);
            functions = library.functions;
        }
        Err(message) => Reply::new(&mut reply, false).error_bytes(&message),
    }
    (reply, libraries, functions)
}

#[test]
fn libraries_say_what_they_say_to_redis() {
    let Some(mut redis) = Redis::start() else { return };
    let mut different = Vec::new();
    let mut compare = |what: &str, expected: &[u8], found: &[u8]| {
        if expected != found {
            different.push(format!("{what}\n   redis: {}\n   anax:  {}", show(expected), show(found)));
        }
    };
    for text in include_str!("libraries.txt").split("\n---\n").filter(|text| !text.is_empty()) {
        let mut engine = Engine::new(&Options::default()).expect("an engine");
        redis.connections[0].call(&[b"FUNCTION", b"FLUSH"]);
        let expected = redis.connections[0].call(&[b"FUNCTION", b"LOAD", text.as_bytes()]);
        let (found, libraries, functions) = load(&mut engine, &mut redis, text.as_bytes());
        compare(text, &expected, &found);
        // Texts may be compressed in more than one way: each reads what the other writes.
        let dump = redis.connections[0].call(&[b"FUNCTION", b"DUMP"]);
        let start = dump.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let codes = script::read_payload(&dump[start..dump.len() - 2]).expect("a payload of the server");
        let ours: Vec<Vec<u8>> = libraries.iter().map(|library| library.code.clone()).collect();
        assert_eq!(codes, ours, "{text}");
        let restored = redis.connections[0].call(&[b"FUNCTION", b"RESTORE", &libraries.dump(), b"FLUSH"]);
        compare(&format!("restoring {text}"), b"+OK\r\n", &restored);
        // Functions are listed in no order; one has one.
        if functions.len() < 2 {
            for resp3 in [false, true] {
                let expected =
                    redis.connections[usize::from(resp3)].call(&[b"FUNCTION", b"LIST", b"WITHCODE"]);
                let query = ListQuery { pattern: None, with_code: true };
                let mut found = Vec::new();
                libraries.list(&query, &mut Reply::new(&mut found, resp3));
                compare(&format!("list of {text}"), &expected, &found);
            }
        }
        for function in functions {
            for resp3 in [false, true] {
                let name = function.name.as_slice();
                let expected =
                    redis.connections[usize::from(resp3)].call(&[b"FCALL", name, b"1", b"k1", b"a1", b"a2"]);
                let mut found = Vec::new();
                let args: [&[u8]; 2] = [b"a1", b"a2"];
                let progress = engine.run(function.id, &[b"k1"], &args, resp3, &mut redis, &mut found);
                assert_eq!(progress, Progress::Done);
                compare(&format!("{} of {text}", show(name)), &expected, &found);
            }
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}
