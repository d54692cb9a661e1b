//! Zipmaps, of Redis before 2.6.
//!
//! ```text
//!   │ fields, 1 │ length, 1 or fe and 4 │ field │ length │ unused, 1 │ value │ unused … │ … │ ff │
//! ```

use super::{bytes, text_end};
use crate::read::cursor::{Fail, Result, Span};

const END: u8 = 0xff;
const WIDE: u8 = 0xfe;
/// Numbers of fields from here on are not kept.
const COUNT_UNKNOWN: u8 = 254;
const WHAT: &str = "an entry of a zipmap";

#[derive(Clone, Debug)]
pub(crate) struct Zipmap {
    pub(super) at: usize,
    value: bool,
    left: Option<u8>,
}

impl Zipmap {
    pub(super) fn new(blob: &[u8]) -> Result<Self> {
        let [count] = bytes(blob, 0, "a zipmap")?;
        if blob.len() < 2 || blob.last() != Some(&END) {
            return Err(Fail::expected("a zipmap", 0));
        }
        Ok(Zipmap { at: 1, value: false, left: (count < COUNT_UNKNOWN).then_some(count) })
    }

    pub(super) fn next(&mut self, blob: &[u8]) -> Result<Option<Span>> {
        let at = self.at;
        let [first] = bytes(blob, at, WHAT)?;
        if first == END && !self.value {
            let complete = at + 1 == blob.len() && self.left.unwrap_or(0) == 0;
            return if complete { Ok(None) } else { Err(Fail::expected(WHAT, at)) };
        }
        let (len, mut begin) = match first {
            END => return Err(Fail::expected(WHAT, at)),
            WIDE => (u32::from_le_bytes(bytes(blob, at + 1, WHAT)?) as usize, at + 5),
            short => (usize::from(short), at + 1),
        };
        let mut unused = 0;
        if self.value {
            let [byte] = bytes(blob, begin, WHAT)?;
            unused = usize::from(byte);
            begin += 1;
        } else if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or(Fail::expected("the end of a zipmap", at))?;
        }
        let end = text_end(blob, begin, len, WHAT)?;
        self.at = text_end(blob, end, unused, WHAT)?;
        self.value = !self.value;
        Ok(Some(Span::Blob(begin, end)))
    }
}
