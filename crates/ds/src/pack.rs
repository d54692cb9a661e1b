//! A pack: elements one after the other in one buffer, for collections so small that a walk is faster than any index.
//!
//! ```text
//!   ┌─────────────┬─────────┬─────────┬──
//!   │ count       │ element │ element │ …
//!   │ 1 or 5      │         │         │
//!   └─────────────┴─────────┴─────────┴──
//!
//!   element   0xxxxxxx                          the integer x, 0 to 127
//!             10llllll  bytes                   l bytes, up to 63
//!             1100llll  l  bytes                l bytes, up to 4095
//!             1101iiii  i                       the integer i, -2048 to 2047
//!             1110nnnn  n bytes                 an integer in n bytes, 2 to 8
//!             11110000  llll  bytes             l bytes
//!             1111llll  symbols                 l + 1 symbols, two a byte ([`Dense`] elements alone)
//! ```
//!
//! Text that is the canonical form of an integer is kept as that integer, always, and in the shortest way; so equal texts
//! are equal bytes, and a search compares bytes without decoding anything.
//!
//! A pack is plain bytes wherever its owner keeps them: [`Pack`] reads them, and the functions that change one work on a
//! `Vec` that may hold other bytes of the owner's before the pack, as many as `start`. Positions count from the start of
//! that `Vec`, those of [`Pack`] from its own.
//!
//! **Invariant.** The bytes were written by this module. If not, elements may be missing or wrong, but nothing panics.

mod dense;

#[cfg(test)]
#[path = "pack_tests.rs"]
mod tests;

use base::num;
pub use dense::{Dense, Symbols, decode as decode_dense};

/// Longest text that can be a canonical integer.
const INT_TEXT_MAX_BYTES: usize = 20;
/// Counts from here on take four more bytes.
const COUNT_WIDE: u8 = 255;
/// Longest head of an element: all but the bytes of a text.
const HEAD_MAX_BYTES: usize = 9;

const SHORT: u8 = 0b1000_0000;
const MEDIUM: u8 = 0b1100_0000;
const INT_12: u8 = 0b1101_0000;
const INT_WIDE: u8 = 0b1110_0000;
const LONG: u8 = 0b1111_0000;
/// The head of symbols is this and their number. `LONG` + 1 and the highest byte are none: [`crate::pages`] uses them.
const SYMBOLS: u8 = LONG - 1;
const SYMBOLS_FIRST: u8 = LONG + 1;

/// An element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element<'a> {
    /// Text that is the canonical form of an integer.
    Int(i64),
    /// Any other bytes.
    Bytes(&'a [u8]),
}

impl<'a> Element<'a> {
    /// The element for a text.
    #[inline]
    pub fn of(text: &'a [u8]) -> Self {
        match text.first() {
            Some(b'0'..=b'9' | b'-') if text.len() <= INT_TEXT_MAX_BYTES => {
                num::parse_i64(text).map_or(Element::Bytes(text), Element::Int)
            }
            _ => Element::Bytes(text),
        }
    }

    /// The text; an integer's is written to `scratch`.
    #[inline]
    pub fn text<'b>(self, scratch: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Element::Bytes(bytes) => bytes,
            Element::Int(int) => {
                scratch.clear();
                num::write_i64(scratch, int);
                scratch
            }
        }
    }

    /// The length of the text in bytes.
    pub fn text_len(self) -> usize {
        match self {
            Element::Bytes(bytes) => bytes.len(),
            Element::Int(int) => {
                let digits = int.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1);
                digits + usize::from(int < 0)
            }
        }
    }

    /// Appends the text.
    #[inline]
    pub fn append_to(self, out: &mut Vec<u8>) {
        match self {
            Element::Bytes(bytes) => out.extend_from_slice(bytes),
            Element::Int(int) => num::write_i64(out, int),
        }
    }

    /// The text in a buffer of its own.
    pub fn to_vec(self) -> Vec<u8> {
        let mut text = Vec::new();
        self.append_to(&mut text);
        text
    }

    /// The integer that the text is, if it is one.
    #[inline]
    pub fn as_int(self) -> Option<i64> {
        match self {
            Element::Int(int) => Some(int),
            Element::Bytes(_) => None,
        }
    }

    /// How it is written.
    #[inline]
    pub fn encode(self) -> Encoded<'a> {
        match self {
            Element::Bytes(bytes) if bytes.len() < 64 => Encoded {
                head: [SHORT | bytes.len() as u8, 0, 0, 0, 0, 0, 0, 0, 0],
                head_len: 1,
                body: bytes,
            },
            Element::Int(int @ 0..=127) => {
                Encoded { head: [int as u8, 0, 0, 0, 0, 0, 0, 0, 0], head_len: 1, body: &[] }
            }
            other => other.encode_wide(),
        }
    }

    fn encode_wide(self) -> Encoded<'a> {
        let mut head = [0; HEAD_MAX_BYTES];
        let (head_len, body) = match self {
            Element::Bytes(bytes) if bytes.len() < 4096 => {
                [head[0], head[1]] = [MEDIUM | (bytes.len() >> 8) as u8, bytes.len() as u8];
                (2, bytes)
            }
            Element::Bytes(bytes) => {
                // No argument of a command is longer than 32 bits can say; the rest would be cut.
                let len = bytes.len().min(u32::MAX as usize);
                head[0] = LONG;
                head[1..5].copy_from_slice(&(len as u32).to_le_bytes());
                (5, bytes.get(..len).unwrap_or(bytes))
            }
            Element::Int(int @ -2048..=2047) => {
                [head[0], head[1]] = [INT_12 | (int >> 8 & 15) as u8, int as u8];
                (2, &[][..])
            }
            Element::Int(int) => {
                let magnitude = if int < 0 { !int } else { int };
                let width = (72 - magnitude.leading_zeros() as usize) / 8;
                head[0] = INT_WIDE | width as u8;
                head[1..].copy_from_slice(&int.to_le_bytes());
                head[1 + width..].fill(0);
                (1 + width, &[][..])
            }
        };
        Encoded { head, head_len: head_len as u8, body }
    }
}

/// An element as it is written, to be searched for or put into a pack.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a> {
    head: [u8; HEAD_MAX_BYTES],
    head_len: u8,
    body: &'a [u8],
}

impl Encoded<'_> {
    /// Bytes that it takes.
    #[inline]
    pub fn bytes_len(&self) -> usize {
        usize::from(self.head_len) + self.body.len()
    }

    /// Whether `bytes`, which begin with an element, begin with this one.
    #[inline]
    pub fn is_at(&self, bytes: &[u8]) -> bool {
        let head = usize::from(self.head_len);
        match bytes.first() {
            Some(&first) if first == self.head[0] => {
                (head == 1 || bytes.get(1..head) == self.head.get(1..head))
                    && bytes.get(head..head + self.body.len()) == Some(self.body)
            }
            _ => false,
        }
    }

    /// Appends it.
    #[inline]
    pub fn append_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.head.get(..usize::from(self.head_len)).unwrap_or_default());
        out.extend_from_slice(self.body);
    }

    /// Writes it to the beginning of `target`, which is at least so long.
    #[inline]
    pub fn write_to(&self, target: &mut [u8]) {
        let head = usize::from(self.head_len);
        if let (Some(there), Some(head)) = (target.get_mut(..head), self.head.get(..head)) {
            there.copy_from_slice(head);
        }
        if let Some(there) = target.get_mut(head..head + self.body.len()) {
            there.copy_from_slice(self.body);
        }
    }
}

/// Bytes of the element that `bytes` begin with; at least 1.
///
/// A walk waits for each length before it can read the next one, so this is arithmetic with branches, not a table.
#[inline]
pub fn element_len(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(&head) if head < SHORT => 1,
        Some(&head) if head < MEDIUM => 1 + usize::from(head & 63),
        Some(&head) if head >= SYMBOLS_FIRST => 1 + Symbols::packed_len(usize::from(head - SYMBOLS)),
        _ => element_len_wide(bytes),
    }
}

fn element_len_wide(bytes: &[u8]) -> usize {
    match *bytes {
        [head, low, ..] if head < INT_12 => 2 + (usize::from(head & 15) << 8 | usize::from(low)),
        [head, ..] if head < INT_WIDE => 2,
        [head, ..] if head < LONG => 1 + usize::from(head & 15),
        [_, a, b, c, d, ..] => 5 + u32::from_le_bytes([a, b, c, d]) as usize,
        _ => 1,
    }
}

/// The element that `bytes` begin with, and how many bytes it takes; `None` also for one that is [`Dense`] alone.
#[inline]
pub fn decode(bytes: &[u8]) -> Option<(Element<'_>, usize)> {
    let &head = bytes.first()?;
    if head < SHORT {
        return Some((Element::Int(i64::from(head)), 1));
    }
    let len = element_len(bytes);
    let start = match head {
        SHORT..MEDIUM => 1,
        MEDIUM..INT_12 => 2,
        LONG => 5,
        SYMBOLS_FIRST.. => return None,
        _ => return Some((Element::Int(decode_int(bytes.get(..len)?)), len)),
    };
    Some((Element::Bytes(bytes.get(start..len)?), len))
}

/// The integer of an element with a head of [`INT_12`] or [`INT_WIDE`].
fn decode_int(bytes: &[u8]) -> i64 {
    match bytes {
        [head, low] if *head < INT_WIDE => {
            i64::from(((u16::from(*head) << 12 | u16::from(*low) << 4) as i16) >> 4)
        }
        [_, rest @ ..] => {
            let mut all = [0; 8];
            let len = rest.len().min(8);
            if let (Some(all), Some(rest)) = (all.get_mut(8 - len..), rest.get(..len)) {
                all.copy_from_slice(rest);
            }
            i64::from_le_bytes(all) >> (64 - 8 * len.max(1))
        }
        [] => 0,
    }
}

/// A pack, to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pack<'a>(&'a [u8]);

impl<'a> Pack<'a> {
    /// The pack in these bytes. None at all are a pack without elements.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Pack(bytes)
    }

    /// The number of elements. O(1).
    #[inline]
    pub fn len(self) -> usize {
        count(self.0)
    }

    /// Whether there is no element. O(1).
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Bytes of the pack.
    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The position of the first element.
    #[inline]
    pub fn first(self) -> usize {
        count_len(self.0)
    }

    /// The element at a position, and the position of the next one; `None` at the end.
    #[inline]
    pub fn at(self, position: usize) -> Option<(Element<'a>, usize)> {
        let (element, len) = decode(self.0.get(position..)?)?;
        Some((element, position + len))
    }

    /// As [`Pack::at`], of an element that may be dense.
    #[inline]
    pub fn dense_at(self, position: usize) -> Option<(Dense<'a>, usize)> {
        let (element, len) = decode_dense(self.0.get(position..)?)?;
        Some((element, position + len))
    }

    /// The elements in order.
    #[inline]
    pub fn iter(self) -> Iter<'a> {
        Iter { rest: self.0.get(self.first()..).unwrap_or_default() }
    }

    /// The elements in order from a position on.
    #[inline]
    pub fn iter_from(self, position: usize) -> Iter<'a> {
        Iter { rest: self.0.get(position..).unwrap_or_default() }
    }

    /// The position of element number `index`. O(index).
    pub fn position(self, index: usize) -> Option<usize> {
        if index >= self.len() {
            return None;
        }
        Some(self.skip(self.first(), index))
    }

    /// The element with a number, counted from 0. O(index).
    pub fn nth(self, index: usize) -> Option<Element<'a>> {
        self.at(self.position(index)?).map(|(element, _)| element)
    }

    /// The position `elements` elements after a position, at most the end.
    #[inline]
    pub fn skip(self, mut position: usize, elements: usize) -> usize {
        for _ in 0..elements {
            let Some(rest) = self.0.get(position..).filter(|rest| !rest.is_empty()) else { break };
            position += element_len(rest);
        }
        position
    }

    /// The position of the first of the elements number 0, `step`, 2 `step` … that equals the one looked for. O(n).
    #[inline]
    pub fn find(self, wanted: &Encoded<'_>, step: usize) -> Option<usize> {
        let mut position = self.first();
        while let Some(rest) = self.0.get(position..).filter(|rest| !rest.is_empty()) {
            if wanted.is_at(rest) {
                return Some(position);
            }
            position = self.skip(position + element_len(rest), step.saturating_sub(1));
        }
        None
    }
}

/// The elements of a pack.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        let (element, len) = decode(self.rest)?;
        self.rest = self.rest.get(len..).unwrap_or_default();
        Some(element)
    }
}

/// Appends a pack without elements.
#[inline]
pub fn init(buffer: &mut Vec<u8>) {
    buffer.push(0);
}

/// Puts an element before the one at `position`, or at the end. The pack begins at `start` of the buffer. O(bytes behind).
///
/// Returns the position of the element: `position`, unless the count has become wider.
pub fn insert(buffer: &mut Vec<u8>, start: usize, position: usize, element: &Encoded<'_>) -> usize {
    let position = position.min(buffer.len());
    let len = element.bytes_len();
    resize_at(buffer, position, 0, len);
    if let Some(target) = buffer.get_mut(position..position + len) {
        element.write_to(target);
    }
    position.wrapping_add_signed(add_to_count(buffer, start, 1))
}

/// Puts an element at the end.
#[inline]
pub fn push(buffer: &mut Vec<u8>, start: usize, element: &Encoded<'_>) {
    element.append_to(buffer);
    add_to_count(buffer, start, 1);
}

/// Puts an element in the place of the one at `position`. O(1) if they are of the same length, else O(bytes behind).
pub fn replace(buffer: &mut Vec<u8>, position: usize, element: &Encoded<'_>) {
    let Some(there) = buffer.get(position..).filter(|there| !there.is_empty()) else { return };
    let (old, new) = (element_len(there).min(there.len()), element.bytes_len());
    if old != new {
        resize_at(buffer, position, old, new);
    }
    if let Some(target) = buffer.get_mut(position..position + new) {
        element.write_to(target);
    }
}

/// Removes `elements` elements from `position` on; fewer if there are no more. O(bytes behind).
///
/// Returns the position of the element behind them: `position`, unless the count has become narrower.
pub fn remove(buffer: &mut Vec<u8>, start: usize, position: usize, elements: usize) -> usize {
    let (mut end, mut removed) = (position, 0);
    while removed < elements
        && let Some(rest) = buffer.get(end..).filter(|rest| !rest.is_empty())
    {
        end += element_len(rest);
        removed += 1;
    }
    let end = end.min(buffer.len());
    if removed == 0 {
        return position;
    }
    buffer.drain(position..end);
    position.wrapping_add_signed(add_to_count(buffer, start, -(removed as isize)))
}

/// Makes room for `new` bytes where `old` are.
fn resize_at(buffer: &mut Vec<u8>, position: usize, old: usize, new: usize) {
    let (len, behind) = (buffer.len(), position + old);
    if new > old {
        buffer.resize(len + new - old, 0);
        buffer.copy_within(behind..len, behind + new - old);
    } else {
        buffer.copy_within(behind..len, behind - (old - new));
        buffer.truncate(len - (old - new));
    }
}

#[inline]
fn count(bytes: &[u8]) -> usize {
    match *bytes {
        [COUNT_WIDE, a, b, c, d, ..] => u32::from_le_bytes([a, b, c, d]) as usize,
        [count, ..] => usize::from(count),
        [] => 0,
    }
}

/// Bytes of the count.
#[inline]
fn count_len(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(&COUNT_WIDE) => 5,
        _ => 1,
    }
}

/// Changes the count; returns by how many bytes the elements have moved.
#[inline]
fn add_to_count(buffer: &mut Vec<u8>, start: usize, change: isize) -> isize {
    let bytes = buffer.get(start..).unwrap_or_default();
    let (was_wide, count) = (count_len(bytes) > 1, count(bytes).saturating_add_signed(change));
    match (was_wide, u8::try_from(count).ok().filter(|&count| count < COUNT_WIDE)) {
        (false, Some(count)) => {
            if let Some(there) = buffer.get_mut(start) {
                *there = count;
            }
            0
        }
        (was_wide, narrow) => rewrite_count(buffer, start, was_wide, narrow, count),
    }
}

#[cold]
fn rewrite_count(
    buffer: &mut Vec<u8>,
    start: usize,
    was_wide: bool,
    narrow: Option<u8>,
    count: usize,
) -> isize {
    let old = if was_wide { 5 } else { 1 };
    let wide = [&[COUNT_WIDE][..], &(count as u32).to_le_bytes()].concat();
    let narrow = narrow.map(|count| [count]);
    let new = narrow.as_ref().map_or(&wide[..], |count| &count[..]);
    let old = old.min(buffer.len() - start);
    resize_at(buffer, start, old, new.len());
    if let Some(there) = buffer.get_mut(start..start + new.len()) {
        there.copy_from_slice(new);
    }
    new.len() as isize - old as isize
}
