//! Listpacks.
//!
//! ```text
//!   │ all bytes, 4 │ entries, 2 │ entry … │ ff │      entries: 65535 means that they must be counted
//!   entry   head with integer or length │ text │ length of both, seven bits a byte, the first byte the most significant
//! ```

use super::{bytes, text_end};
use crate::read::cursor::{Fail, Result, Span};

const HEAD_BYTES: usize = 6;
const END: u8 = 0xff;
const COUNT_UNKNOWN: u16 = u16::MAX;
const WHAT: &str = "an entry of a listpack";

#[derive(Clone, Debug)]
pub(crate) struct Listpack {
    pub(super) at: usize,
    /// How many entries must follow, if that is known.
    left: Option<u16>,
}

impl Listpack {
    pub(super) fn new(blob: &[u8]) -> Result<Self> {
        let total = u32::from_le_bytes(bytes(blob, 0, "a listpack")?);
        let count = u16::from_le_bytes(bytes(blob, 4, "a listpack")?);
        if total as usize != blob.len() || blob.len() <= HEAD_BYTES || blob.last() != Some(&END) {
            return Err(Fail::expected("a listpack as long as it says", 0));
        }
        Ok(Listpack { at: HEAD_BYTES, left: (count != COUNT_UNKNOWN).then_some(count) })
    }

    pub(super) fn next(&mut self, blob: &[u8]) -> Result<Option<Span>> {
        let at = self.at;
        if blob.get(at) == Some(&END) {
            let complete = at + 1 == blob.len() && self.left.unwrap_or(0) == 0;
            return if complete { Ok(None) } else { Err(Fail::expected(WHAT, at)) };
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or(Fail::expected("the end of a listpack", at))?;
        }
        let (span, end) = entry(blob, at)?;
        self.at = skip_length(blob, end, end - at)?;
        Ok(Some(span))
    }
}

/// The entry at a position, and the position behind its text.
fn entry(blob: &[u8], at: usize) -> Result<(Span, usize)> {
    let [head] = bytes(blob, at, WHAT)?;
    let body = at + 1;
    let text = |begin: usize, len: usize| {
        let end = text_end(blob, begin, len, WHAT)?;
        Ok((Span::Blob(begin, end), end))
    };
    Ok(match head {
        0..=0x7f => (Span::Int(i64::from(head)), body),
        0x80..=0xbf => return text(body, usize::from(head & 63)),
        0xc0..=0xdf => {
            let [low] = bytes(blob, body, WHAT)?;
            let raw = u16::from(head & 31) << 8 | u16::from(low);
            (Span::Int(i64::from((raw << 3) as i16 >> 3)), body + 1)
        }
        0xe0..=0xef => {
            let [low] = bytes(blob, body, WHAT)?;
            return text(body + 1, usize::from(head & 15) << 8 | usize::from(low));
        }
        0xf0 => {
            let len = u32::from_le_bytes(bytes(blob, body, WHAT)?);
            return text(body + 4, len as usize);
        }
        0xf1 => (Span::Int(i64::from(i16::from_le_bytes(bytes(blob, body, WHAT)?))), body + 2),
        0xf2 => {
            let [a, b, c] = bytes(blob, body, WHAT)?;
            (Span::Int(i64::from(i32::from_le_bytes([0, a, b, c]) >> 8)), body + 3)
        }
        0xf3 => (Span::Int(i64::from(i32::from_le_bytes(bytes(blob, body, WHAT)?))), body + 4),
        0xf4 => (Span::Int(i64::from_le_bytes(bytes(blob, body, WHAT)?)), body + 8),
        0xf5..=0xff => return Err(Fail::expected(WHAT, at)),
    })
}

/// The position behind the length of an entry of `len` bytes that is written at `at`.
fn skip_length(blob: &[u8], at: usize, len: usize) -> Result<usize> {
    // Servers differ in how many bytes they take for the largest number of a width.
    let (narrow, wide) = (width(len, 0), width(len, 1));
    let read = |width: usize| {
        let bytes = blob.get(at..at.checked_add(width)?)?;
        let value = bytes.iter().enumerate().try_fold(0usize, |value, (i, byte)| {
            (i == 0 || byte & 0x80 != 0).then_some(value << 7 | usize::from(byte & 0x7f))
        })?;
        (bytes[0] & 0x80 == 0 && value == len).then_some(at + width)
    };
    read(narrow).or_else(|| read(wide)).ok_or(Fail::expected("the length of an entry of a listpack", at))
}

fn width(len: usize, less: usize) -> usize {
    match len {
        0..=127 => 1,
        _ if len <= (1 << 14) - 1 - less => 2,
        _ if len <= (1 << 21) - 1 - less => 3,
        _ if len <= (1 << 28) - 1 - less => 4,
        _ => 5,
    }
}
