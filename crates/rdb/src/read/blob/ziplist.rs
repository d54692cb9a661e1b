//! Ziplists, of Redis before 7.
//!
//! ```text
//!   │ all bytes, 4 │ position of the last entry, 4 │ entries, 2 │ entry … │ ff │
//!   entry   length of the entry before, 1 byte or fe and 4 │ head with integer or length │ text
//! ```

use super::{bytes, text_end};
use crate::read::cursor::{Fail, Result, Span};

const HEAD_BYTES: usize = 10;
const END: u8 = 0xff;
const WIDE: u8 = 0xfe;
const COUNT_UNKNOWN: u16 = u16::MAX;
const WHAT: &str = "an entry of a ziplist";

#[derive(Clone, Debug)]
pub(crate) struct Ziplist {
    pub(super) at: usize,
    /// Position of the entry before, if there is one.
    before: Option<usize>,
    last: usize,
    left: Option<u16>,
}

impl Ziplist {
    pub(super) fn new(blob: &[u8]) -> Result<Self> {
        let total = u32::from_le_bytes(bytes(blob, 0, "a ziplist")?);
        let last = u32::from_le_bytes(bytes(blob, 4, "a ziplist")?);
        let count = u16::from_le_bytes(bytes(blob, 8, "a ziplist")?);
        if total as usize != blob.len() || blob.len() <= HEAD_BYTES || blob.last() != Some(&END) {
            return Err(Fail::expected("a ziplist as long as it says", 0));
        }
        let left = (count != COUNT_UNKNOWN).then_some(count);
        Ok(Ziplist { at: HEAD_BYTES, before: None, last: last as usize, left })
    }

    pub(super) fn next(&mut self, blob: &[u8]) -> Result<Option<Span>> {
        let at = self.at;
        if blob.get(at) == Some(&END) {
            let last = self.before.unwrap_or(HEAD_BYTES);
            let complete = at + 1 == blob.len() && self.left.unwrap_or(0) == 0 && self.last == last;
            return if complete { Ok(None) } else { Err(Fail::expected(WHAT, at)) };
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or(Fail::expected("the end of a ziplist", at))?;
        }
        let [first] = bytes(blob, at, WHAT)?;
        let (before, head) = match first {
            WIDE => (u32::from_le_bytes(bytes(blob, at + 1, WHAT)?) as usize, at + 5),
            short => (usize::from(short), at + 1),
        };
        if before != self.before.map_or(0, |begin| at - begin) {
            return Err(Fail::expected("the length of the entry before in a ziplist", at));
        }
        let (span, end) = entry(blob, head)?;
        self.before = Some(at);
        self.at = end;
        Ok(Some(span))
    }
}

/// The entry whose head is at a position, and the position behind it.
fn entry(blob: &[u8], at: usize) -> Result<(Span, usize)> {
    let [head] = bytes(blob, at, WHAT)?;
    let body = at + 1;
    let text = |begin: usize, len: usize| {
        let end = text_end(blob, begin, len, WHAT)?;
        Ok((Span::Blob(begin, end), end))
    };
    Ok(match head {
        0..=0x3f => return text(body, usize::from(head)),
        0x40..=0x7f => {
            let [low] = bytes(blob, body, WHAT)?;
            return text(body + 1, usize::from(head & 63) << 8 | usize::from(low));
        }
        0x80 => {
            let len = u32::from_be_bytes(bytes(blob, body, WHAT)?);
            return text(body + 4, len as usize);
        }
        0xc0 => (Span::Int(i64::from(i16::from_le_bytes(bytes(blob, body, WHAT)?))), body + 2),
        0xd0 => (Span::Int(i64::from(i32::from_le_bytes(bytes(blob, body, WHAT)?))), body + 4),
        0xe0 => (Span::Int(i64::from_le_bytes(bytes(blob, body, WHAT)?)), body + 8),
        0xf0 => {
            let [a, b, c] = bytes(blob, body, WHAT)?;
            (Span::Int(i64::from(i32::from_le_bytes([0, a, b, c]) >> 8)), body + 3)
        }
        0xfe => {
            let [byte] = bytes(blob, body, WHAT)?;
            (Span::Int(i64::from(byte as i8)), body + 1)
        }
        0xf1..=0xfd => (Span::Int(i64::from(head & 15) - 1), body),
        _ => return Err(Fail::expected(WHAT, at)),
    })
}
