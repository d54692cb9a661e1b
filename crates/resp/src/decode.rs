//! A reader of replies as values: for tests, the simulator and tools, not for the hot path.

use base::limits::REPLY_DEPTH_MAX;
use base::num::{parse_f64, parse_i64};

use crate::skip::line_at;

/// One element of RESP2 or RESP3.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `+text`
    Simple(Vec<u8>),
    /// `-text` or RESP3's `!`
    Error(Vec<u8>),
    /// `:n`
    Int(i64),
    /// `$len`
    Bulk(Vec<u8>),
    /// `$-1`, `*-1` or `_`
    Null,
    /// `*len`
    Array(Vec<Value>),
    /// `%len`
    Map(Vec<(Value, Value)>),
    /// `~len`
    Set(Vec<Value>),
    /// `>len`
    Push(Vec<Value>),
    /// `|len`, with the element that it belongs to
    Attribute(Vec<(Value, Value)>, Box<Value>),
    /// `,n`
    Double(f64),
    /// `#t` or `#f`
    Bool(bool),
    /// `=len`: format and text
    Verbatim([u8; 3], Vec<u8>),
    /// `(n`
    BigNumber(Vec<u8>),
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The element is not all there.
    Incomplete,
    /// The bytes are no element, or one nested deeper than [`REPLY_DEPTH_MAX`].
    Malformed,
}

/// The element at the start of `buf`, and its length in bytes.
///
/// # Errors
/// [`DecodeError::Incomplete`] or [`DecodeError::Malformed`].
pub fn decode(buf: &[u8]) -> Result<(Value, usize), DecodeError> {
    let mut reader = Reader { buf, at: 0 };
    let value = reader.value(REPLY_DEPTH_MAX)?;
    Ok((value, reader.at))
}

/// All elements of `buf`.
///
/// # Errors
/// As [`decode`], for the first element that is not whole.
pub fn decode_all(mut buf: &[u8]) -> Result<Vec<Value>, DecodeError> {
    let mut values = Vec::new();
    while !buf.is_empty() {
        let (value, len) = decode(buf)?;
        values.push(value);
        buf = buf.get(len..).unwrap_or(&[]);
    }
    Ok(values)
}

struct Reader<'a> {
    buf: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, DecodeError> {
        let marker = *self.buf.get(self.at).ok_or(DecodeError::Incomplete)?;
        let (line, next) = line_at(self.buf, self.at + 1).ok_or(DecodeError::Incomplete)?;
        self.at = next;
        Ok(match marker {
            b'+' => Value::Simple(line.to_vec()),
            b'-' => Value::Error(line.to_vec()),
            b':' => Value::Int(parse_i64(line).ok_or(DecodeError::Malformed)?),
            b'(' => Value::BigNumber(line.to_vec()),
            b'_' => Value::Null,
            b'#' => Value::Bool(line == b"t"),
            b',' => Value::Double(if line == b"nan" {
                f64::NAN
            } else {
                parse_f64(line).ok_or(DecodeError::Malformed)?
            }),
            b'$' if line == b"-1" => Value::Null,
            b'*' if line == b"-1" => Value::Null,
            b'$' => Value::Bulk(self.bytes(line)?),
            b'!' => Value::Error(self.bytes(line)?),
            b'=' => {
                let bytes = self.bytes(line)?;
                match bytes.split_first_chunk::<3>() {
                    Some((format, [b':', text @ ..])) => Value::Verbatim(*format, text.to_vec()),
                    _ => return Err(DecodeError::Malformed),
                }
            }
            b'*' => Value::Array(self.list(line, depth)?),
            b'~' => Value::Set(self.list(line, depth)?),
            b'>' => Value::Push(self.list(line, depth)?),
            b'%' => Value::Map(self.pairs(line, depth)?),
            b'|' => {
                let pairs = self.pairs(line, depth)?;
                Value::Attribute(pairs, Box::new(self.nested(depth)?))
            }
            _ => return Err(DecodeError::Malformed),
        })
    }

    fn bytes(&mut self, line: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let len = length(line)?;
        let end = self.at.checked_add(len).ok_or(DecodeError::Malformed)?;
        let after = end.checked_add(2).ok_or(DecodeError::Malformed)?;
        if after > self.buf.len() {
            return Err(DecodeError::Incomplete);
        }
        let bytes = self.buf.get(self.at..end).ok_or(DecodeError::Incomplete)?.to_vec();
        self.at = after;
        Ok(bytes)
    }

    fn nested(&mut self, depth: usize) -> Result<Value, DecodeError> {
        self.value(depth.checked_sub(1).ok_or(DecodeError::Malformed)?)
    }

    fn list(&mut self, line: &[u8], depth: usize) -> Result<Vec<Value>, DecodeError> {
        (0..length(line)?).map(|_| self.nested(depth)).collect()
    }

    fn pairs(&mut self, line: &[u8], depth: usize) -> Result<Vec<(Value, Value)>, DecodeError> {
        (0..length(line)?).map(|_| Ok((self.nested(depth)?, self.nested(depth)?))).collect()
    }
}

fn length(line: &[u8]) -> Result<usize, DecodeError> {
    parse_i64(line).and_then(|len| usize::try_from(len).ok()).ok_or(DecodeError::Malformed)
}
