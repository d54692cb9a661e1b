//! Replays recorded scripts of commands against a running server and compares the replies byte for byte.
//!
//! The files in `tests/fixtures` hold commands and what Redis answered; `scripts/record-fixtures` writes the
//! replies and describes the syntax. [`parse`] reads such a file, [`replay`] runs it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::harness::PATIENCE;

/// How long to wait for a reply before it counts as missing. Only a failing replay ever waits this long.
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many mismatches are reported in full.
const REPORTED_MAX: usize = 20;

/// A group of commands that starts from an empty data set and new connections.
pub(crate) struct Section {
    /// What the section is about.
    pub(crate) title: String,
    /// The protocol versions under which to run it.
    pub(crate) protocols: Vec<usize>,
    /// The commands, in order.
    pub(crate) steps: Vec<Step>,
}

/// A command and what should come back.
pub(crate) struct Step {
    /// The line of the file, from 1.
    pub(crate) line: usize,
    /// The text of that line.
    pub(crate) text: String,
    /// The connection to use.
    pub(crate) connection: char,
    /// What to send.
    pub(crate) request: Vec<u8>,
    /// The replies under RESP2 and RESP3.
    pub(crate) replies: [Expected; 2],
    /// Whether the server closes the connection after the reply.
    pub(crate) closed: bool,
}

/// What should come back.
#[derive(Clone, Default)]
pub(crate) enum Expected {
    /// No reply at all.
    #[default]
    Nothing,
    /// These bytes; for pipelined commands several replies.
    Exact(Vec<u8>),
    /// One reply of this shape.
    Pattern(Vec<Part>),
}

/// A piece of a pattern.
#[derive(Clone)]
pub(crate) enum Part {
    /// These bytes, at least one.
    Literal(Vec<u8>),
    /// Any bytes.
    Any,
    /// A decimal integer in this range.
    Integer(i128, i128),
}

/// Replays the file `text` against the server at `addr`, section by section, under RESP2 and RESP3.
///
/// The server is flushed before each section, so only one replay may use it at a time.
///
/// # Errors
/// The mismatches with their lines (the first [`REPORTED_MAX`] in full), or why the file cannot be read.
pub(crate) fn replay(addr: SocketAddr, text: &str) -> Result<(), String> {
    let mismatches = replay_all(addr, text, |_| Ok(()))?;
    if mismatches.is_empty() { Ok(()) } else { Err(report(&mismatches)) }
}

/// Something that came back otherwise than recorded.
pub(crate) struct Mismatch {
    /// The title of the section.
    pub(crate) section: String,
    /// The line of the command, as it stands in the file.
    pub(crate) command: String,
    /// What a person wants to read.
    pub(crate) text: String,
}

/// The mismatches as a person wants to read them, the first [`REPORTED_MAX`] in full.
pub(crate) fn report(mismatches: &[Mismatch]) -> String {
    let reported: Vec<&str> =
        mismatches.iter().take(REPORTED_MAX).map(|mismatch| mismatch.text.as_str()).collect();
    format!("{} mismatches\n\n{}", mismatches.len(), reported.join("\n\n"))
}

/// Replays like [`replay`] and returns what differed.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn mismatches(addr: SocketAddr, text: &str) -> Result<Vec<Mismatch>, String> {
    replay_all(addr, text, await_unsubscribed)
}

/// Waits until the subscribers of the section before have left.
fn await_unsubscribed(addr: SocketAddr) -> Result<(), String> {
    let mut control = Connection::open(addr, 2)?;
    let end = Instant::now() + PATIENCE;
    for (word, none) in [("CHANNELS", "*0\r\n"), ("SHARDCHANNELS", "*0\r\n"), ("NUMPAT", ":0\r\n")] {
        while control.exchange(&array(&["PUBSUB", word]), 1).bytes != none.as_bytes() {
            if Instant::now() > end {
                return Err(format!("PUBSUB {word} does not become empty"));
            }
        }
    }
    Ok(())
}

/// Replays all sections, each when the server is ready for it.
fn replay_all(
    addr: SocketAddr,
    text: &str,
    ready: fn(SocketAddr) -> Result<(), String>,
) -> Result<Vec<Mismatch>, String> {
    let mut found = Vec::new();
    for section in parse(text)? {
        for &protocol in &section.protocols {
            ready(addr)?;
            let mut last = "";
            if let Err(error) = replay_section(addr, &section, protocol, &mut last, &mut found) {
                let text = format!("{} [resp{protocol}]: {error}", section.title);
                let (section, command) = (section.title.clone(), last.to_owned());
                found.push(Mismatch { section, command, text });
            }
        }
    }
    Ok(found)
}

/// Runs one section; mismatches go to `found`, an error says why the section was not run to its end. `last` is the last
/// command that was run.
fn replay_section<'a>(
    addr: SocketAddr,
    section: &'a Section,
    protocol: usize,
    last: &mut &'a str,
    found: &mut Vec<Mismatch>,
) -> Result<(), String> {
    let flushed = Connection::open(addr, 2)?.exchange(&array(&["FLUSHALL"]), 1);
    if flushed.bytes != b"+OK\r\n" {
        return Err(format!("FLUSHALL got {}", escape(&flushed.bytes)));
    }
    let mut connections = HashMap::new();
    for step in &section.steps {
        *last = &step.text;
        let mut connection = match connections.remove(&step.connection) {
            Some(connection) => connection,
            None => Connection::open(addr, protocol)?,
        };
        let expected = &step.replies[protocol - 2];
        let mut received = connection.exchange(&step.request, expected.count());
        if step.closed && received.end == End::Complete {
            received.end = connection.read_end(&mut received.bytes);
        }
        let end = if step.closed { End::Closed } else { End::Complete };
        if !expected.matches(&received.bytes) || received.end != end {
            let text = describe(section, step, protocol, &received);
            let (section, command) = (section.title.clone(), step.text.clone());
            found.push(Mismatch { section, command, text });
        }
        match received.end {
            End::Complete => _ = connections.insert(step.connection, connection),
            End::Closed => {}
            // Nobody knows which reply comes next.
            End::Timeout => return Err("the rest of the section was not run".into()),
        }
    }
    // A reply too many would be found in front of this one.
    for (name, mut connection) in connections {
        let received = connection.exchange(&array(&["ECHO", "end of section"]), 1);
        if received.bytes != b"$14\r\nend of section\r\n" {
            return Err(format!("unexpected on connection {name} at the end: {}", escape(&received.bytes)));
        }
    }
    Ok(())
}

/// A mismatch as a person wants to read it.
fn describe(section: &Section, step: &Step, protocol: usize, received: &Received) -> String {
    let expected = step.replies[protocol - 2].show();
    let got = escape(&received.bytes);
    // How far a pattern fits is not known.
    let caret = match &step.replies[protocol - 2] {
        Expected::Pattern(_) => String::new(),
        _ => {
            let same = expected.chars().zip(got.chars()).take_while(|(a, b)| a == b).count();
            format!("\n    {}^", " ".repeat("expected ".len() + same))
        }
    };
    let closes = if step.closed { " (then closed)" } else { "" };
    let end = match received.end {
        End::Complete => "",
        End::Closed => " (then closed)",
        End::Timeout => " (then nothing)",
    };
    format!(
        "line {}, {} [resp{protocol}]\n    {}\n    expected {expected}{closes}\n    received {got}{end}{caret}",
        step.line, section.title, step.text,
    )
}

/// A client connection that counts replies.
struct Connection {
    stream: TcpStream,
    /// What was received beyond the last reply.
    rest: Vec<u8>,
}

/// What came back, and how it ended.
struct Received {
    bytes: Vec<u8>,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// All replies waited for are there.
    Complete,
    /// The server closed the connection.
    Closed,
    /// Nothing more came in time.
    Timeout,
}

impl Connection {
    fn open(addr: SocketAddr, protocol: usize) -> Result<Connection, String> {
        let stream = TcpStream::connect(addr).map_err(|error| format!("connect: {error}"))?;
        stream.set_read_timeout(Some(REPLY_TIMEOUT)).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let mut connection = Connection { stream, rest: Vec::new() };
        if protocol == 3 {
            let hello = connection.exchange(&array(&["HELLO", "3"]), 1);
            // Where a password is set the connection begins in RESP2.
            if !hello.bytes.starts_with(b"%") && !hello.bytes.starts_with(b"-NOAUTH") {
                return Err(format!("HELLO 3 got {}", escape(&hello.bytes)));
            }
        }
        Ok(connection)
    }

    /// Sends `request` and reads `count` replies.
    fn exchange(&mut self, request: &[u8], count: usize) -> Received {
        // An error means that the server closed the connection early; reading will tell.
        let _ = self.stream.write_all(request);
        let mut bytes = std::mem::take(&mut self.rest);
        let (mut at, mut left) = (0, count);
        while left > 0 {
            if let Some(next) = resp::skip_element(&bytes, at) {
                at = next;
                left -= 1;
            } else if let Some(end) = self.read(&mut bytes) {
                return Received { bytes, end };
            }
        }
        self.rest = bytes.split_off(at);
        Received { bytes, end: End::Complete }
    }

    /// Appends what arrives to `bytes`, or says why nothing will.
    fn read(&mut self, bytes: &mut Vec<u8>) -> Option<End> {
        let mut chunk = [0; 1 << 14];
        match self.stream.read(&mut chunk) {
            Ok(0) => Some(End::Closed),
            Ok(len) => {
                bytes.extend_from_slice(&chunk[..len]);
                None
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => None,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Some(End::Timeout)
            }
            Err(_) => Some(End::Closed),
        }
    }

    /// Reads until the server closes the connection, adding to `bytes` what still comes.
    fn read_end(&mut self, bytes: &mut Vec<u8>) -> End {
        bytes.append(&mut self.rest);
        loop {
            if let Some(end) = self.read(bytes) {
                return end;
            }
        }
    }
}

impl Expected {
    /// How many replies to wait for.
    fn count(&self) -> usize {
        match self {
            Expected::Nothing => 0,
            Expected::Exact(bytes) => {
                std::iter::successors(Some(0), |&at| resp::skip_element(bytes, at)).count() - 1
            }
            Expected::Pattern(_) => 1,
        }
    }

    fn matches(&self, bytes: &[u8]) -> bool {
        match self {
            Expected::Nothing => bytes.is_empty(),
            Expected::Exact(expected) => expected == bytes,
            Expected::Pattern(parts) => matches(parts, bytes),
        }
    }

    fn show(&self) -> String {
        match self {
            Expected::Nothing => "nothing".into(),
            Expected::Exact(bytes) => escape(bytes),
            Expected::Pattern(parts) => parts.iter().map(Part::show).collect(),
        }
    }
}

impl Part {
    fn show(&self) -> String {
        match self {
            Part::Literal(bytes) => escape(bytes),
            Part::Any => "{*}".into(),
            Part::Integer(i128::MIN, _) => "{#}".into(),
            Part::Integer(low, high) => format!("{{{low}..{high}}}"),
        }
    }
}

/// Whether `bytes` as a whole has the shape of `parts`.
fn matches(parts: &[Part], bytes: &[u8]) -> bool {
    match parts {
        [] => bytes.is_empty(),
        [Part::Literal(literal), rest @ ..] => {
            bytes.strip_prefix(&literal[..]).is_some_and(|bytes| matches(rest, bytes))
        }
        [Part::Any] => true,
        // Between two gaps the first place where the literal fits is as good as any.
        [Part::Any, Part::Literal(literal), rest @ ..] if matches!(rest, [Part::Any, ..]) => {
            let found = bytes.windows(literal.len()).position(|window| window == &literal[..]);
            found.is_some_and(|at| matches(rest, &bytes[at + literal.len()..]))
        }
        [Part::Any, rest @ ..] => (0..=bytes.len()).any(|from| matches(rest, &bytes[from..])),
        [Part::Integer(low, high), rest @ ..] => {
            let sign = usize::from(bytes.first() == Some(&b'-'));
            let digits = bytes[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (number, after) = bytes.split_at(sign + digits);
            let number = std::str::from_utf8(number).ok().and_then(|text| text.parse().ok());
            number.is_some_and(|number| (*low..=*high).contains(&number)) && matches(rest, after)
        }
    }
}

/// Reads a file of sections.
///
/// # Errors
/// The first line that is not understood.
pub(crate) fn parse(text: &str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        parse_line(number, line, &mut sections)
            .ok_or_else(|| format!("line {number}: not understood: {line}"))?;
    }
    Ok(sections)
}

fn parse_line(number: usize, line: &str, sections: &mut Vec<Section>) -> Option<()> {
    if line.is_empty() || line.starts_with('#') {
        return Some(());
    }
    if let Some(title) = line.strip_prefix("== ") {
        let (title, protocols) = match title.rsplit_once(" [resp") {
            Some((title, "2]")) => (title, vec![2]),
            Some((title, "3]")) => (title, vec![3]),
            Some(_) => return None,
            None => (title, vec![2, 3]),
        };
        sections.push(Section { title: title.to_owned(), protocols, steps: Vec::new() });
        return Some(());
    }
    let section = sections.last_mut()?;
    if line == "! closed" {
        section.steps.last_mut()?.closed = true;
        return Some(());
    }
    let (mark, rest) = line.split_once(' ')?;
    if let Some(connection) = mark.strip_suffix(">>").or_else(|| mark.strip_suffix('>')) {
        let request = if mark.ends_with(">>") { unescape(rest, true)? } else { array(&words(rest)?) };
        section.steps.push(Step {
            line: number,
            text: line.to_owned(),
            connection: connection.chars().next().unwrap_or('a'),
            request,
            replies: Default::default(),
            closed: false,
        });
        return Some(());
    }
    let step = section.steps.last_mut()?;
    let expected = match mark.chars().last()? {
        '<' => Expected::Exact(unescape(rest, false)?),
        '~' => Expected::Pattern(parts(rest)?),
        _ => return None,
    };
    match mark.len() {
        1 => step.replies = [expected.clone(), expected],
        _ if mark.starts_with('2') => step.replies[0] = expected,
        _ if mark.starts_with('3') => step.replies[1] = expected,
        _ => return None,
    }
    Some(())
}

/// The words of a command line, quoted or not.
fn words(mut line: &str) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    loop {
        line = line.trim_start_matches(' ');
        if line.is_empty() {
            return Some(words);
        }
        if let Some(quoted) = line.strip_prefix('"') {
            let mut escaped = false;
            let end = quoted.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })?;
            words.push(unescape(&quoted[..end], false)?);
            line = &quoted[end + 1..];
        } else {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            words.push(unescape(word, true)?);
            line = rest;
        }
    }
}

/// The bytes that `text` stands for: escapes are replaced, and `(3*ab)` where `repeats`.
fn unescape(text: &str, repeats: bool) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '\\' {
            let (byte, len) = match rest.as_bytes().get(1)? {
                b'r' => (b'\r', 2),
                b'n' => (b'\n', 2),
                b't' => (b'\t', 2),
                b'x' => (u8::from_str_radix(rest.get(2..4)?, 16).ok()?, 4),
                same @ (b'\\' | b'"') => (*same, 2),
                _ => return None,
            };
            out.push(byte);
            rest = &rest[len..];
        } else if let Some((count, unit, after)) = repetition(rest).filter(|_| repeats) {
            out.extend(unescape(unit, false)?.repeat(count));
            rest = after;
        } else {
            out.extend(c.encode_utf8(&mut [0; 4]).bytes());
            rest = &rest[c.len_utf8()..];
        }
    }
    Some(out)
}

/// Splits `(3*ab)rest` into 3, `ab` and `rest`.
fn repetition(text: &str) -> Option<(usize, &str, &str)> {
    let (inner, after) = text.strip_prefix('(')?.split_once(')')?;
    let (count, unit) = inner.split_once('*')?;
    Some((count.parse().ok()?, unit, after))
}

/// The parts of a pattern.
fn parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        if !literal.is_empty() {
            parts.push(Part::Literal(unescape(literal, false)?));
        }
        let (hole, after) = after.split_once('}')?;
        parts.push(match hole {
            "*" => Part::Any,
            "#" => Part::Integer(i128::MIN, i128::MAX),
            _ => {
                let (low, high) = hole.split_once("..")?;
                Part::Integer(low.parse().ok()?, high.parse().ok()?)
            }
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(unescape(rest, false)?));
    }
    Some(parts)
}

/// A request as an array of bulk strings.
fn array(words: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        let word = word.as_ref();
        out.extend(format!("${}\r\n", word.len()).into_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Bytes as the files show them.
fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        match byte {
            b'\r' => out.push_str("\\r"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => _ = write!(out, "\\x{byte:02x}"),
        }
    }
    out
}
