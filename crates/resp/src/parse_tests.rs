//! The parser against a plain parser that rescans everything, in any cutting of the stream into reads.

use super::*;
use proptest::prelude::*;

/// What came out of a stream, in order.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    Command(Vec<Vec<u8>>),
    Error(ProtocolError),
}

fn small_limits() -> Limits {
    // As the defaults, but short lines, so that tests reach the limit.
    Limits { inline_max: 40, ..Limits::default() }
}

/// Feeds `stream` in reads that end at `cuts` and collects what comes out; also the bytes left over.
fn feed(stream: &[u8], cuts: &[usize], limits: &Limits) -> (Vec<Event>, usize) {
    let mut parser = Parser::new();
    let (mut events, mut args) = (Vec::new(), vec![ArgRange::new(7, 7)]);
    let (mut start, mut available) = (0, 0);
    let mut needed = 0;
    for end in cuts.iter().copied().chain([stream.len()]) {
        available = end.clamp(available, stream.len());
        loop {
            let buf = &stream[start..available];
            let parsed = parser.next(buf, limits, &mut args);
            let is_command = matches!(parsed, Ok(Parsed::Frame { .. } | Parsed::Inline { .. }));
            assert_eq!(args[0], ArgRange::new(7, 7));
            assert_eq!(args.len() > 1, is_command, "arguments come with commands only");
            assert!(
                !is_command || available >= needed,
                "complete at {available} though told that {needed} were needed"
            );
            let consumed = match parsed {
                Err(error) => {
                    events.push(Event::Error(error));
                    return (events, 0);
                }
                Ok(Parsed::Incomplete { need }) => {
                    assert!(need > 0);
                    needed = available + need;
                    break;
                }
                Ok(Parsed::Empty { consumed }) => consumed,
                Ok(Parsed::Frame { consumed }) => {
                    events.push(Event::Command(args.drain(1..).map(|arg| arg.slice(buf).to_vec()).collect()));
                    consumed
                }
                Ok(Parsed::Inline { consumed, line }) => {
                    events
                        .push(Event::Command(args.drain(1..).map(|arg| arg.slice(&line).to_vec()).collect()));
                    consumed
                }
            };
            assert!(!parser.in_frame() && consumed > 0 && consumed <= buf.len());
            start += consumed;
        }
    }
    (events, stream.len() - start)
}

/// One frame of the plain parser: arguments and length, an error, or `None` where bytes are missing.
type Plain = Option<Result<(Vec<Vec<u8>>, usize), ProtocolError>>;

/// The end of the line by the rules: `strchr` semantics, and the limit on what is waited for.
fn plain_line(
    rest: &[u8],
    end: u8,
    limits: &Limits,
    error: ProtocolError,
) -> Option<Result<usize, ProtocolError>> {
    let reach = rest.len().min(limits.inline_max + 1);
    let text = rest[..reach].split(|&byte| byte == 0).next().unwrap();
    match text.iter().position(|&byte| byte == end) {
        Some(position) => Some(Ok(position)),
        None if rest.len() > limits.inline_max => Some(Err(error)),
        None => None,
    }
}

fn plain_number(digits: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(digits).ok()?;
    let value: i64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

fn plain_frame(buf: &[u8], limits: &Limits) -> Plain {
    if buf.is_empty() {
        return None;
    }
    if buf[0] != b'*' {
        let end = match plain_line(buf, b'\n', limits, ProtocolError::TooBigInline)? {
            Ok(end) => end,
            Err(error) => return Some(Err(error)),
        };
        let line = buf[..end].strip_suffix(b"\r").unwrap_or(&buf[..end]);
        let (mut text, mut ranges) = (Vec::new(), Vec::new());
        if split_line(line, &mut text, &mut ranges).is_err() {
            return Some(Err(ProtocolError::UnbalancedQuotes));
        }
        return Some(Ok((ranges.iter().map(|range| range.slice(&text).to_vec()).collect(), end + 1)));
    }
    let end = match plain_line(buf, b'\r', limits, ProtocolError::TooBigMultibulkCount)? {
        Ok(end) => end,
        Err(error) => return Some(Err(error)),
    };
    if end + 1 >= buf.len() {
        return None;
    }
    let count = match plain_number(&buf[1..end]) {
        Some(count) if count <= i64::from(limits.max_multibulk) => count,
        _ => return Some(Err(ProtocolError::InvalidMultibulkLength)),
    };
    if !limits.authenticated && count > 10 {
        return Some(Err(ProtocolError::UnauthenticatedMultibulk));
    }
    let (mut at, mut args) = (end + 2, Vec::new());
    for _ in 0..count.max(0) {
        let rest = &buf[at..];
        let end = match plain_line(rest, b'\r', limits, ProtocolError::TooBigBulkCount)? {
            Ok(end) => end,
            Err(error) => return Some(Err(error)),
        };
        if end + 1 >= rest.len() {
            return None;
        }
        if rest[0] != b'$' {
            return Some(Err(ProtocolError::ExpectedDollar(rest[0])));
        }
        let len = match plain_number(&rest[1..end]) {
            Some(len) if len >= 0 && len as u64 <= limits.max_bulk => len as usize,
            _ => return Some(Err(ProtocolError::InvalidBulkLength)),
        };
        if !limits.authenticated && len > 16_384 {
            return Some(Err(ProtocolError::UnauthenticatedBulk));
        }
        at += end + 2;
        if buf.len() < at + len + 2 {
            return None;
        }
        args.push(buf[at..at + len].to_vec());
        at += len + 2;
    }
    Some(Ok((args, at)))
}

fn plain(stream: &[u8], limits: &Limits) -> (Vec<Event>, usize) {
    let (mut events, mut rest) = (Vec::new(), stream);
    while let Some(frame) = plain_frame(rest, limits) {
        match frame {
            Ok((args, consumed)) => {
                if !args.is_empty() {
                    events.push(Event::Command(args));
                }
                rest = &rest[consumed..];
            }
            Err(error) => {
                events.push(Event::Error(error));
                return (events, 0);
            }
        }
    }
    (events, rest.len())
}

/// Whole commands, commands with something wrong, and noise.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let argument = prop_oneof![
        8 => proptest::collection::vec(any::<u8>(), 0..20),
        1 => proptest::collection::vec(any::<u8>(), 90..120),
        1 => proptest::collection::vec(Just(b'v'), 990..1030),
    ];
    let command = proptest::collection::vec(argument, 1..6).prop_map(|args| {
        let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
        for arg in args {
            bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
            bytes.extend_from_slice(&arg);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    });
    let piece = prop_oneof![
        6 => command,
        1 => "[*$]-?[0-9]{0,3}(\r\n|\r|\n|\rX|\r\n\r\n)".prop_map(String::into_bytes),
        1 => "[a-c \"'\\\\x4\r\t]{0,12}(\r\n|\n)".prop_map(String::into_bytes),
        1 => "[*$0-9\r\n\"' a\0-]{0,8}".prop_map(String::into_bytes),
        1 => "\\*1\r\n.?\\$?0?[0-9]{1,2}\r\n".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn equals_the_plain_parser(
        stream in any_stream(),
        cuts in proptest::collection::vec(0usize..600, 0..6),
        authenticated: bool,
    ) {
        let limits = Limits { authenticated, ..small_limits() };
        let mut cuts = cuts;
        cuts.sort_unstable();
        let expect = plain(&stream, &limits);
        prop_assert_eq!(&feed(&stream, &[], &limits), &expect);
        prop_assert_eq!(&feed(&stream, &cuts, &limits), &expect);
        let every_byte: Vec<usize> = (0..stream.len()).collect();
        prop_assert_eq!(&feed(&stream, &every_byte, &limits), &expect);
    }

    #[test]
    fn noise_is_no_danger(stream: Vec<u8>, cuts in proptest::collection::vec(0usize..100, 0..4)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        prop_assert_eq!(feed(&stream, &cuts, &small_limits()), plain(&stream, &small_limits()));
    }
}

#[track_caller]
fn check(stream: &str, expect: Result<&[&str], ProtocolError>) {
    let expect = match expect {
        Ok(args) => Event::Command(args.iter().map(|arg| arg.as_bytes().to_vec()).collect()),
        Err(error) => Event::Error(error),
    };
    assert_eq!(feed(stream.as_bytes(), &[], &Limits::default()).0, [expect], "{stream:?}");
}

#[test]
fn lengths_of_every_width() {
    for len in [0, 1, 2, 9, 10, 11, 99, 100, 999, 1000, 9999, 99_999, 100_000, 999_999, 1_000_000, 1_234_567]
    {
        let value = "v".repeat(len);
        check(&format!("*2\r\n$1\r\na\r\n${len}\r\n{value}\r\n"), Ok(&["a", &value]));
    }
    for count in [1usize, 9, 10, 99, 100, 1234] {
        let stream = format!("*{count}\r\n{}", "$0\r\n\r\n".repeat(count));
        check(&stream, Ok(&vec![""; count]));
    }
}

#[test]
fn refused_lengths() {
    check("*1\r\n$00\r\n", Err(ProtocolError::InvalidBulkLength));
    check("*1\r\n$012\r\n123456789012\r\n", Err(ProtocolError::InvalidBulkLength));
    check("*1\r\n$1:\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", Err(ProtocolError::InvalidBulkLength));
    check("*1\r\n$:\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", Err(ProtocolError::InvalidBulkLength));
    check("*1\r\n$536870913\r\n", Err(ProtocolError::InvalidBulkLength));
    check("*2147483648\r\n", Err(ProtocolError::InvalidMultibulkLength));
    check("*1\r\n$\r\n", Err(ProtocolError::InvalidBulkLength));
}

#[test]
fn limits_of_lines_are_exact() {
    let limits = small_limits();
    let run = |stream: String| feed(stream.as_bytes(), &[], &limits);
    assert_eq!(run("a".repeat(40)), (vec![], 40));
    assert_eq!(run("a".repeat(41)).0, [Event::Error(ProtocolError::TooBigInline)]);
    assert_eq!(run("a".repeat(40) + "\n").0.len(), 1);
    assert_eq!(run("a".repeat(41) + "\n").0, [Event::Error(ProtocolError::TooBigInline)]);
    assert_eq!(run("*".to_owned() + &"1".repeat(40)).0, [Event::Error(ProtocolError::TooBigMultibulkCount)]);
    assert_eq!(run("*".to_owned() + &"1".repeat(39)), (vec![], 40));
    assert_eq!(run("*1\r\n$".to_owned() + &"1".repeat(40)).0, [Event::Error(ProtocolError::TooBigBulkCount)]);
}

#[test]
fn a_claimed_size_makes_no_room() {
    let mut args = Vec::new();
    let mut parser = Parser::new();
    let parsed = parser.next(b"*2147483647\r\n", &Limits::default(), &mut args);
    assert_eq!(parsed, Ok(Parsed::Incomplete { need: 1 }));
    let mut parser = Parser::new();
    assert_eq!(
        parser.next(b"*999999\r\n", &Limits::default(), &mut args),
        Ok(Parsed::Incomplete { need: 1 })
    );
    assert!(args.capacity() < 10 && parser.partial.capacity() < 10);
}

#[test]
fn a_large_argument_tells_its_need() {
    let mut args = Vec::new();
    let mut parser = Parser::new();
    let parsed = parser.next(b"*2\r\n$3\r\nSET\r\n$536870912\r\nxyz", &Limits::default(), &mut args);
    assert_eq!(parsed, Ok(Parsed::Incomplete { need: 536_870_912 + 2 - 3 }));
}

#[test]
fn frames_end_where_ranges_do() {
    let limits = Limits { max_bulk: u64::MAX, ..Limits::default() };
    let (events, _) = feed(b"*1\r\n$4294967280\r\n", &[], &limits);
    assert_eq!(events, [Event::Error(ProtocolError::InvalidBulkLength)]);
    let (events, left) = feed(b"*1\r\n$4294967270\r\n", &[], &limits);
    assert_eq!((events.len(), left), (0, 17));
}
