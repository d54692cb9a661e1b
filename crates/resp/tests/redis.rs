//! Requests and what Redis 8.2.3 answered to them, byte for byte.
//!
//! `fixtures/requests.txt` holds one request stream a line, `fixtures/replies.txt` the server's answers in the same order, both
//! escaped. Only two commands are needed: `PING`, and an unknown one, whose error shows the arguments as they were
//! understood. To record the answers anew from a running server: `REDIS_PORT=6379 cargo test -p resp --test redis -- --ignored`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};

use base::{ArgRange, Args};
use resp::{Limits, Parsed, Parser, Reply};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn lines(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(fixture(name)).unwrap();
    text.split_terminator('\n').map(str::to_owned).collect()
}

/// The bytes that `text` stands for: `\r \n \t \\ \xHH`.
fn unescape(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        (rest, _) = match (first, after) {
            (b'\\', [b'x', hex @ ..]) => {
                let digits = std::str::from_utf8(&hex[..2]).unwrap();
                (&hex[2..], bytes.push(u8::from_str_radix(digits, 16).unwrap()))
            }
            (b'\\', [b'r', after @ ..]) => (after, bytes.push(b'\r')),
            (b'\\', [b'n', after @ ..]) => (after, bytes.push(b'\n')),
            (b'\\', [b't', after @ ..]) => (after, bytes.push(b'\t')),
            (b'\\', [other, after @ ..]) => (after, bytes.push(*other)),
            (other, after) => (after, bytes.push(*other)),
        };
    }
    bytes
}

fn escape(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\'", "'").replace("\\\"", "\"")
}

/// Answers as a server that knows no command but `PING`.
fn answer(stream: &[u8]) -> Vec<u8> {
    let (mut out, mut parser, limits) = (Vec::new(), Parser::new(), Limits::default());
    let mut rest = stream;
    loop {
        let mut ranges: Vec<ArgRange> = Vec::new();
        match parser.next(rest, &limits, &mut ranges) {
            Ok(Parsed::Incomplete { .. }) => return out,
            Ok(Parsed::Empty { consumed }) => rest = &rest[consumed..],
            Ok(Parsed::Frame { consumed }) => {
                run(Args::new(rest, &ranges), &mut out);
                rest = &rest[consumed..];
            }
            Ok(Parsed::Inline { consumed, line }) => {
                run(Args::new(&line, &ranges), &mut out);
                rest = &rest[consumed..];
            }
            Err(error) => {
                let mut text = b"ERR ".to_vec();
                error.text(&mut text);
                Reply::new(&mut out, false).error_bytes(&text);
                return out;
            }
        }
    }
}

fn run(args: Args<'_>, out: &mut Vec<u8>) {
    let mut reply = Reply::new(out, false);
    if args.arg(0).eq_ignore_ascii_case(b"PING") {
        return reply.simple("PONG");
    }
    // Redis prints arguments as C strings.
    let c_string = |arg: &[u8]| arg.split(|&byte| byte == 0).next().unwrap().to_vec();
    let mut text =
        [b"ERR unknown command '", &c_string(args.arg(0))[..], b"', with args beginning with: "].concat();
    for arg in args.tail(1).iter() {
        text.extend_from_slice(&[b"'", &c_string(arg)[..], b"' "].concat());
    }
    reply.error_bytes(&text);
}

#[test]
fn answers_as_redis_does() {
    let (requests, replies) = (lines("requests.txt"), lines("replies.txt"));
    assert_eq!(requests.len(), replies.len());
    for (request, reply) in requests.iter().zip(&replies) {
        assert_eq!(escape(&answer(&unescape(request))), *reply, "to {request}");
    }
}

#[test]
#[ignore = "records the fixture from a Redis server at REDIS_PORT"]
fn record() {
    let port: u16 = std::env::var("REDIS_PORT").unwrap().parse().unwrap();
    let mut replies = String::new();
    for request in lines("requests.txt") {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(&unescape(&request)).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut reply = Vec::new();
        // A server that closes with our bytes unread resets the connection; what it said before counts.
        let _ = stream.read_to_end(&mut reply);
        replies.push_str(&escape(&reply));
        replies.push('\n');
    }
    std::fs::write(fixture("replies.txt"), replies).unwrap();
}
