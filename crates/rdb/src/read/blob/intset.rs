//! Sets of integers: width, number, then the integers in order.

use super::bytes;
use crate::read::cursor::{Fail, Result, Span};

const HEAD_BYTES: usize = 8;
const WHAT: &str = "an integer of an intset";

#[derive(Clone, Debug)]
pub(crate) struct IntSet {
    pub(super) at: usize,
    width: usize,
    before: Option<i64>,
}

impl IntSet {
    pub(super) fn new(blob: &[u8]) -> Result<Self> {
        let width = u32::from_le_bytes(bytes(blob, 0, "an intset")?);
        let count = u32::from_le_bytes(bytes(blob, 4, "an intset")?);
        let len = u64::from(width) * u64::from(count) + HEAD_BYTES as u64;
        if !matches!(width, 2 | 4 | 8) || blob.len() as u64 != len {
            return Err(Fail::expected("an intset as long as it says", 0));
        }
        Ok(IntSet { at: HEAD_BYTES, width: width as usize, before: None })
    }

    pub(super) fn next(&mut self, blob: &[u8]) -> Result<Option<Span>> {
        let at = self.at;
        if at >= blob.len() {
            return Ok(None);
        }
        let int = match self.width {
            2 => i64::from(i16::from_le_bytes(bytes(blob, at, WHAT)?)),
            4 => i64::from(i32::from_le_bytes(bytes(blob, at, WHAT)?)),
            _ => i64::from_le_bytes(bytes(blob, at, WHAT)?),
        };
        if self.before.is_some_and(|before| before >= int) {
            return Err(Fail::expected("a larger integer than the one before", at));
        }
        self.before = Some(int);
        self.at += self.width;
        Ok(Some(Span::Int(int)))
    }
}
