//! Reads replies (RESP2) and holds each against what its command must answer.
//!
//! The quick path is a single comparison: most commands of a benchmark have exactly one right answer (`+OK`, the
//! preloaded value, ten of them). Arrays of which only the length is known are skimmed. Anything else is parsed in full
//! and judged by its type and length.

use std::ops::RangeInclusive;

/// Deepest nesting of arrays that is read.
const DEPTH_MAX: usize = 8;
/// Longest bulk string or array that is believed.
const LENGTH_MAX: i64 = 512 * 1024 * 1024;

/// What a command must answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// These very bytes, and nothing else.
    Exactly(Box<[u8]>),
    /// An array of this many values (or one plain value), each the given bytes or null for a key never written.
    ValuesOrNull {
        /// The whole reply when nothing is missing.
        whole: Box<[u8]>,
        /// The value that each key holds.
        value: Box<[u8]>,
        /// Elements of the array; `None` when the reply is a single value.
        count: Option<usize>,
    },
    /// Any integer.
    Integer,
    /// An array of so many elements, none of them an error.
    Elements(RangeInclusive<usize>),
    /// A bulk string that is not empty.
    Text,
    /// Anything but an error.
    Any,
}

/// How a reply compares with what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Good,
    /// Well formed, with nulls where nulls are allowed.
    Miss,
    /// An error reply.
    Error,
    /// Of another type, length or content.
    Wrong,
}

/// The bytes are not RESP2, so there is no telling where the next reply starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// A parsed reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// `+text`
    Simple(&'a [u8]),
    /// `-text`
    Error(&'a [u8]),
    /// `:number`
    Integer(i64),
    /// `$length` and bytes
    Bulk(&'a [u8]),
    /// `$-1` or `*-1`
    Null,
    /// `*count` and elements
    Array(Vec<Reply<'a>>),
}

impl Expected {
    /// `+OK`.
    pub fn ok() -> Expected {
        Expected::Exactly((*b"+OK\r\n").into())
    }

    /// One value, or null where `misses` are allowed.
    pub fn value(value: &[u8], misses: bool) -> Expected {
        Self::values_of(value, None, misses)
    }

    /// An array of `count` values, or nulls where `misses` are allowed.
    pub fn values(value: &[u8], count: usize, misses: bool) -> Expected {
        Self::values_of(value, Some(count), misses)
    }

    fn values_of(value: &[u8], count: Option<usize>, misses: bool) -> Expected {
        let mut whole = count.map(|n| format!("*{n}\r\n").into_bytes()).unwrap_or_default();
        for _ in 0..count.unwrap_or(1) {
            append_bulk(&mut whole, value);
        }
        match misses {
            true => Expected::ValuesOrNull { whole: whole.into(), value: value.into(), count },
            false => Expected::Exactly(whole.into()),
        }
    }

    /// A rough size of the reply in bytes, for sizing buffers.
    pub fn size_hint(&self) -> usize {
        match self {
            Expected::Exactly(whole) | Expected::ValuesOrNull { whole, .. } => whole.len(),
            Expected::Integer => 16,
            Expected::Any => 128,
            Expected::Elements(count) => 32 * count.end(),
            Expected::Text => 16 * 1024,
        }
    }

    /// Takes one reply off the front of `bytes`: its length and verdict, or `None` when it is not complete yet.
    pub fn take(&self, bytes: &[u8]) -> Result<Option<(usize, Verdict)>, Malformed> {
        if let Expected::Exactly(whole) | Expected::ValuesOrNull { whole, .. } = self
            && bytes.starts_with(whole)
        {
            return Ok(Some((whole.len(), Verdict::Good)));
        }
        if let Expected::Elements(count) = self
            && bytes.first() == Some(&b'*')
        {
            return skim(bytes, count);
        }
        Ok(parse(bytes)?.map(|(reply, used)| (used, self.judge(&reply))))
    }

    fn judge(&self, reply: &Reply<'_>) -> Verdict {
        if has_error(reply) {
            return Verdict::Error;
        }
        match (self, reply) {
            (Expected::Any, _) | (Expected::Integer, Reply::Integer(_)) => Verdict::Good,
            (Expected::Text, Reply::Bulk(text)) if !text.is_empty() => Verdict::Good,
            (Expected::ValuesOrNull { value, count: None, .. }, one) => {
                judge_values(value, std::slice::from_ref(one))
            }
            (Expected::ValuesOrNull { value, count: Some(n), .. }, Reply::Array(all)) if all.len() == *n => {
                judge_values(value, all)
            }
            // `Exactly` was compared before the reply was parsed.
            _ => Verdict::Wrong,
        }
    }
}

fn judge_values(value: &[u8], replies: &[Reply<'_>]) -> Verdict {
    let right = |r: &Reply<'_>| *r == Reply::Null || *r == Reply::Bulk(value);
    match (replies.iter().all(right), replies.contains(&Reply::Null)) {
        (false, _) => Verdict::Wrong,
        (true, true) => Verdict::Miss,
        (true, false) => Verdict::Good,
    }
}

/// Goes over an array without keeping its elements: its length in bytes, and whether it has as many as it should.
fn skim(bytes: &[u8], count: &RangeInclusive<usize>) -> Result<Option<(usize, Verdict)>, Malformed> {
    let Some((b'*', length, mut at)) = head(bytes)? else { return Ok(None) };
    let mut verdict = match usize::try_from(length) {
        Ok(length) if count.contains(&length) => Verdict::Good,
        _ => Verdict::Wrong,
    };
    // Elements to come, those of nested arrays included.
    let mut left = u64::try_from(length).unwrap_or(0);
    while left > 0 {
        let Some((kind, length, used)) = head(&bytes[at..])? else { return Ok(None) };
        (at, left) = (at + used, left - 1);
        match kind {
            b'*' => left = left.saturating_add(u64::try_from(length).unwrap_or(0)),
            b'$' if length >= 0 => {
                let end = at + length as usize;
                match bytes.get(end..end + 2) {
                    None => return Ok(None),
                    Some(b"\r\n") => at = end + 2,
                    Some(_) => return Err(Malformed("a bulk string does not end where its length says")),
                }
            }
            b'-' => verdict = Verdict::Error,
            _ => {}
        }
    }
    Ok(Some((at, verdict)))
}

/// The line that starts a reply: its kind, the length it states (0 when it states none) and its own length.
fn head(bytes: &[u8]) -> Result<Option<(u8, i64, usize)>, Malformed> {
    let Some(&kind) = bytes.first() else { return Ok(None) };
    if !b"+-:$*".contains(&kind) {
        return Err(Malformed("unknown reply type"));
    }
    let Some(end) = bytes.iter().position(|&b| b == b'\n') else { return Ok(None) };
    let Some(line) = bytes[1..end].strip_suffix(b"\r") else {
        return Err(Malformed("a line ends without a carriage return"));
    };
    let length = if b"$*".contains(&kind) { number(line)? } else { 0 };
    if !(-1..=LENGTH_MAX).contains(&length) {
        return Err(Malformed("a length out of range"));
    }
    Ok(Some((kind, length, end + 1)))
}

fn has_error(reply: &Reply<'_>) -> bool {
    match reply {
        Reply::Error(_) => true,
        Reply::Array(all) => all.iter().any(has_error),
        _ => false,
    }
}

/// Appends `$length`, the bytes and both line ends: an argument of a request or a bulk reply.
pub fn append_bulk(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'$');
    out.extend_from_slice(itoa::Buffer::new().format(bytes.len()).as_bytes());
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

/// Parses one reply off the front of `bytes`: the reply and its length, or `None` when it is not complete yet.
pub fn parse(bytes: &[u8]) -> Result<Option<(Reply<'_>, usize)>, Malformed> {
    parse_nested(bytes, 0)
}

fn parse_nested(bytes: &[u8], depth: usize) -> Result<Option<(Reply<'_>, usize)>, Malformed> {
    if depth > DEPTH_MAX {
        return Err(Malformed("arrays nested too deep"));
    }
    let Some((kind, length, start)) = head(bytes)? else { return Ok(None) };
    let line = &bytes[1..start - 2];
    let reply = match kind {
        b'+' => Reply::Simple(line),
        b'-' => Reply::Error(line),
        b':' => Reply::Integer(number(line)?),
        _ if length < 0 => Reply::Null,
        b'$' => return parse_bulk(bytes, start, length as usize),
        _ => return parse_array(bytes, start, length as usize, depth),
    };
    Ok(Some((reply, start)))
}

fn parse_bulk(bytes: &[u8], start: usize, length: usize) -> Result<Option<(Reply<'_>, usize)>, Malformed> {
    let end = start + length;
    match bytes.get(end..end + 2) {
        None => Ok(None),
        Some(b"\r\n") => Ok(Some((Reply::Bulk(&bytes[start..end]), end + 2))),
        Some(_) => Err(Malformed("a bulk string does not end where its length says")),
    }
}

fn parse_array(
    bytes: &[u8],
    mut at: usize,
    count: usize,
    depth: usize,
) -> Result<Option<(Reply<'_>, usize)>, Malformed> {
    let mut elements = Vec::with_capacity(count.min(1024));
    for _ in 0..count {
        let Some((element, used)) = parse_nested(&bytes[at..], depth + 1)? else { return Ok(None) };
        elements.push(element);
        at += used;
    }
    Ok(Some((Reply::Array(elements), at)))
}

fn number(line: &[u8]) -> Result<i64, Malformed> {
    std::str::from_utf8(line).ok().and_then(|t| t.parse().ok()).ok_or(Malformed("not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdict on the whole of `bytes`; every proper prefix must count as incomplete.
    fn check(expected: &Expected, bytes: &[u8], verdict: Verdict) {
        for cut in 0..bytes.len() {
            assert_eq!(expected.take(&bytes[..cut]), Ok(None), "cut at {cut}");
        }
        assert_eq!(expected.take(bytes), Ok(Some((bytes.len(), verdict))));
        let mut more = bytes.to_vec();
        more.extend_from_slice(b"+NEXT\r\n");
        assert_eq!(expected.take(&more), Ok(Some((bytes.len(), verdict))));
    }

    #[test]
    fn a_preloaded_value_has_one_right_answer() {
        let get = Expected::value(b"abc", false);
        check(&get, b"$3\r\nabc\r\n", Verdict::Good);
        check(&get, b"$3\r\nabd\r\n", Verdict::Wrong);
        check(&get, b"$4\r\nabcd\r\n", Verdict::Wrong);
        check(&get, b"$2\r\nab\r\n", Verdict::Wrong);
        check(&get, b"$-1\r\n", Verdict::Wrong);
        check(&get, b"+abc\r\n", Verdict::Wrong);
        check(&get, b":3\r\n", Verdict::Wrong);
        check(&get, b"-ERR no\r\n", Verdict::Error);
    }

    #[test]
    fn misses_are_told_from_hits() {
        let get = Expected::value(b"abc", true);
        check(&get, b"$3\r\nabc\r\n", Verdict::Good);
        check(&get, b"$-1\r\n", Verdict::Miss);
        check(&get, b"$2\r\nab\r\n", Verdict::Wrong);
        let mget = Expected::values(b"a", 2, true);
        check(&mget, b"*2\r\n$1\r\na\r\n$1\r\na\r\n", Verdict::Good);
        check(&mget, b"*2\r\n$1\r\na\r\n$-1\r\n", Verdict::Miss);
        check(&mget, b"*2\r\n$1\r\nb\r\n$-1\r\n", Verdict::Wrong);
        check(&mget, b"*1\r\n$1\r\na\r\n", Verdict::Wrong);
        check(&mget, b"*-1\r\n", Verdict::Wrong);
    }

    #[test]
    fn arrays_must_be_complete_and_free_of_errors() {
        let mget = Expected::values(b"xy", 3, false);
        check(&mget, b"*3\r\n$2\r\nxy\r\n$2\r\nxy\r\n$2\r\nxy\r\n", Verdict::Good);
        check(&mget, b"*3\r\n$2\r\nxy\r\n$-1\r\n$2\r\nxy\r\n", Verdict::Wrong);
        check(&Expected::Any, b"*2\r\n:1\r\n-ERR inside\r\n", Verdict::Error);
        check(&Expected::Any, b"*0\r\n", Verdict::Good);
    }

    #[test]
    fn arrays_may_be_judged_by_their_length() {
        let two = Expected::Elements(2..=2);
        check(&two, b"*2\r\n$1\r\na\r\n:5\r\n", Verdict::Good);
        check(&two, b"*2\r\n*1\r\n$1\r\na\r\n*-1\r\n", Verdict::Good);
        check(&two, b"*1\r\n$1\r\na\r\n", Verdict::Wrong);
        check(&two, b"*-1\r\n", Verdict::Wrong);
        check(&two, b":2\r\n", Verdict::Wrong);
        check(&two, b"-ERR no\r\n", Verdict::Error);
        check(&two, b"*2\r\n$-1\r\n*1\r\n-ERR inside\r\n", Verdict::Error);
        check(&Expected::Elements(0..=2), b"*0\r\n", Verdict::Good);
        assert!(two.take(b"*2\r\n$3\r\nabcde").is_err() && two.take(b"*1\r\n?\r\n").is_err());
    }

    #[test]
    fn texts_are_not_empty() {
        check(&Expected::Text, b"$2\r\nab\r\n", Verdict::Good);
        check(&Expected::Text, b"$0\r\n\r\n", Verdict::Wrong);
        check(&Expected::Text, b"+ab\r\n", Verdict::Wrong);
    }

    #[test]
    fn simple_replies() {
        check(&Expected::ok(), b"+OK\r\n", Verdict::Good);
        check(&Expected::ok(), b"+QUEUED\r\n", Verdict::Wrong);
        check(&Expected::ok(), b"-MOVED 1 a:1\r\n", Verdict::Error);
        check(&Expected::Integer, b":-42\r\n", Verdict::Good);
        check(&Expected::Integer, b"$1\r\n5\r\n", Verdict::Wrong);
    }

    #[test]
    fn garbage_is_malformed() {
        for bytes in [&b"?\r\n"[..], b":x\r\n", b"$3\r\nabcde", b"$-2\r\n", b"*99999999999\r\n", b"+OK\n"] {
            assert!(Expected::Any.take(bytes).is_err(), "{bytes:?}");
        }
        assert!(Expected::Any.take(&b"*1\r\n".repeat(50)).is_err());
    }
}
