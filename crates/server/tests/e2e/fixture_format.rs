//! The recorded scripts and the code that replays them, without a real server.

use crate::fixtures::{Expected, parse, replay};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;

/// The name and text of every recorded script.
fn files() -> Vec<(PathBuf, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|kind| kind == "txt"));
    let mut files: Vec<_> =
        paths.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn every_file_is_understood_and_names_its_version() {
    let mut pairs = 0;
    for (path, text) in files() {
        assert!(text.starts_with("# Recorded from Redis "), "{}", path.display());
        for section in parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
            pairs += section.steps.len() * section.protocols.len();
            assert!(!section.steps.is_empty(), "{}: {}", path.display(), section.title);
        }
    }
    assert!(pairs >= 3000, "{pairs}");
}

#[test]
fn requests_and_replies_are_unescaped() {
    let text = concat!(
        "== title [resp3]\n",
        "> SET \"a \\\"b\\x00\" (3*xy) \"(3*xy)\"\n",
        "2< $-1\\r\\n\n",
        "3< _\\r\\n\n",
        "b>> (2*PING\\r\\n)\n",
        "! closed\n",
    );
    let sections = parse(text).unwrap();
    let [section] = &sections[..] else { panic!() };
    assert_eq!((section.title.as_str(), &section.protocols[..]), ("title", &[3][..]));
    let [set, ping] = &section.steps[..] else { panic!() };
    assert_eq!(set.request, b"*4\r\n$3\r\nSET\r\n$5\r\na \"b\0\r\n$6\r\nxyxyxy\r\n$6\r\n(3*xy)\r\n");
    let [Expected::Exact(resp2), Expected::Exact(resp3)] = &set.replies else { panic!() };
    assert_eq!((&resp2[..], &resp3[..]), (&b"$-1\r\n"[..], &b"_\r\n"[..]));
    assert_eq!((ping.connection, &ping.request[..], ping.closed), ('b', &b"PING\r\nPING\r\n"[..], true));
    assert!(matches!(ping.replies, [Expected::Nothing, Expected::Nothing]));
    for wrong in ["> PING\n", "== t\n< +OK\n", "== t\n> PING\n? x\n", "== t\n> \"x\n", "== t\n> a\n~ {x}\n"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

/// A server that flushes and echoes correctly and answers everything else with `reply`, closing on QUIT.
fn server(reply: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || serve(stream, reply));
        }
    });
    addr
}

fn serve(mut stream: TcpStream, reply: &str) {
    let mut chunk = [0; 4096];
    while let Ok(len @ 1..) = stream.read(&mut chunk) {
        let requests = String::from_utf8_lossy(&chunk[..len]).into_owned();
        for request in requests.split('*').skip(1) {
            let answer = match request {
                r if r.contains("FLUSHALL") => "+OK\r\n",
                r if r.contains("HELLO") => "%0\r\n",
                r if r.contains("ECHO") => "$14\r\nend of section\r\n",
                _ => reply,
            };
            stream.write_all(answer.as_bytes()).unwrap();
            if request.contains("QUIT") {
                return;
            }
        }
    }
}

/// Replays one command whose reply should be `lines` where the server says `reply`.
fn check(lines: &str, reply: &'static str) -> Result<(), String> {
    replay(server(reply), &format!("== section\n> GET k\n{lines}\n"))
}

#[test]
fn replies_are_compared() {
    assert_eq!(check("< +OK\\r\\n", "+OK\r\n"), Ok(()));
    let error = check("< +OK\\r\\n", "+NO\r\n").unwrap_err();
    assert!(error.starts_with("2 mismatches\n"), "{error}");
    assert!(error.contains("line 2, section [resp2]\n    > GET k\n"), "{error}");
    assert!(error.contains("\n    expected +OK\\r\\n\n    received +NO\\r\\n\n              ^"), "{error}");
    assert!(check("2< +OK\\r\\n\n3< _\\r\\n", "+OK\r\n").unwrap_err().contains("[resp3]"));
    assert!(check("", "+OK\r\n").unwrap_err().contains("at the end"));
    assert!(check("< +OK\\r\\n", "+OK\r\n+OK\r\n").unwrap_err().contains("at the end"));
}

#[test]
fn patterns_are_compared() {
    for (pattern, reply, fits) in [
        (":{#}", ":-12\r\n", true),
        (":{#}", ":x\r\n", false),
        (":{9..10}", ":10\r\n", true),
        (":{9..10}", ":11\r\n", false),
        ("+{*}", "+\r\n", true),
        ("+a{*}b{*}c{#}", "+a1b2bc3\r\n", true),
        ("+a{*}b{*}c{#}", "+a1b2bd3\r\n", false),
        ("+{*}c", "+ccc\r\n", true),
    ] {
        let result = check(&format!("~ {pattern}\\r\\n"), reply);
        assert_eq!(result.is_ok(), fits, "{pattern} {reply}");
    }
}

#[test]
fn closing_is_compared() {
    let quit = |lines: &str| replay(server("+OK\r\n"), &format!("== section [resp2]\n> QUIT\n{lines}"));
    assert_eq!(quit("< +OK\\r\\n\n! closed\n> GET k\n< +OK\\r\\n\n"), Ok(()));
    let error = quit("< +OK\\r\\n").unwrap_err();
    assert!(error.contains("at the end"), "{error}");
    let error = quit("< +NO\\r\\n\n! closed\n").unwrap_err();
    assert!(error.contains("received +OK\\r\\n (then closed)"), "{error}");
}

/// Replays every file against the server named by the variable `FIXTURES_ADDR`.
#[test]
#[ignore = "needs a server of its own"]
fn replay_against_a_given_server() {
    let addr = std::env::var("FIXTURES_ADDR").expect("FIXTURES_ADDR").parse().expect("an address and port");
    let failed: Vec<_> = (files().iter())
        .filter_map(|(path, text)| {
            replay(addr, text).err().map(|error| format!("{}: {error}", path.display()))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
