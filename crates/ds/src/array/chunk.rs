//! A chunk of an array: the elements of 64 indexes.

use crate::blocks::{Weigh, heap_bytes};
use crate::pack::{self, Element};
use crate::record::size_class;
use crate::share::Share;

use super::CHUNK_INDEXES;

/// Texts from here on get a buffer of their own, so that no change moves more than 64 of these.
const LONG_MIN_BYTES: usize = 256;

/// See the [module documentation](self).
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// The first index divided by 64.
    number: u64,
    /// Which indexes have an element.
    filled: u64,
    /// Which of these are long.
    long: u64,
    /// The short elements, encoded, in order.
    short_texts: Vec<u8>,
    /// The long elements in order.
    long_texts: Vec<Box<[u8]>>,
}

/// Arrays have no views, so their chunks need not be cheap to share.
impl Share for Chunk {
    fn share(&self) -> Self {
        self.clone()
    }
}

impl Weigh for Chunk {
    #[inline]
    fn weight(&self) -> usize {
        self.filled.count_ones() as usize
    }
}

/// How many of `bits` are below one of them.
#[inline]
fn rank(bits: u64, bit: u32) -> usize {
    (bits & ((1 << bit) - 1)).count_ones() as usize
}

#[inline]
fn bit_of(index: u64) -> u32 {
    (index % CHUNK_INDEXES) as u32
}

impl Chunk {
    pub(super) fn new(number: u64) -> Self {
        Chunk { number, filled: 0, long: 0, short_texts: Vec::new(), long_texts: Vec::new() }
    }

    #[inline]
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// The greatest index with an element.
    pub(super) fn greatest(&self) -> u64 {
        self.number * CHUNK_INDEXES + u64::from(self.filled.checked_ilog2().unwrap_or(0))
    }

    /// Heap bytes. O(number of long elements).
    pub(super) fn heap_bytes(&self) -> usize {
        let long: usize = self.long_texts.iter().map(|text| size_class(text.len())).sum();
        let headers = self.long_texts.capacity() * size_of::<Box<[u8]>>();
        heap_bytes(self.short_texts.capacity()) + heap_bytes(headers) + long
    }

    pub(super) fn get(&self, index: u64) -> Option<Element<'_>> {
        let bit = bit_of(index);
        if self.filled >> bit & 1 == 0 {
            return None;
        }
        if self.long >> bit & 1 == 1 {
            return self.long_texts.get(rank(self.long, bit)).map(|text| Element::Bytes(text));
        }
        let at = self.short_position(bit);
        pack::decode(self.short_texts.get(at..)?).map(|(element, _)| element)
    }

    /// Sets an element. Returns whether there was none.
    pub(super) fn set(&mut self, index: u64, text: &[u8]) -> bool {
        let bit = bit_of(index);
        let is_new = self.filled >> bit & 1 == 0;
        if !is_new {
            self.remove(bit);
        }
        self.filled |= 1 << bit;
        let element = Element::of(text);
        if text.len() >= LONG_MIN_BYTES && matches!(element, Element::Bytes(_)) {
            let at = rank(self.long, bit);
            self.long |= 1 << bit;
            if self.long_texts.len() == self.long_texts.capacity() {
                self.long_texts.reserve_exact(self.long_texts.len().max(1));
            }
            self.long_texts.insert(at, text.into());
            return is_new;
        }
        let (at, encoded) = (self.short_position(bit), element.encode());
        let (old, added) = (self.short_texts.len(), encoded.bytes_len());
        if old + added > self.short_texts.capacity() {
            self.short_texts.reserve_exact(size_class(old + added) - old);
        }
        self.short_texts.resize(old + added, 0);
        self.short_texts.copy_within(at..old, at + added);
        if let Some(target) = self.short_texts.get_mut(at..at + added) {
            encoded.write_to(target);
        }
        is_new
    }

    /// Deletes the elements from one index to another, both of this chunk. Returns how many there were.
    pub(super) fn delete(&mut self, from: u64, to: u64) -> u64 {
        let mut left = self.filled & mask(bit_of(from), bit_of(to));
        let count = u64::from(left.count_ones());
        if left == self.filled {
            *self = Chunk::new(self.number);
            return count;
        }
        while left != 0 {
            let bit = left.trailing_zeros();
            self.remove(bit);
            left &= left - 1;
        }
        self.shrink();
        count
    }

    /// Passes the elements of a range of indexes, which need not be of this chunk, to `act` until it says false; that is then
    /// returned.
    pub(super) fn visit(&self, low: u64, high: u64, act: &mut impl FnMut(u64, Element<'_>) -> bool) -> bool {
        let mut left = self.filled & self.part(low, high);
        if left == 0 {
            return true;
        }
        let mut position = self.short_position(left.trailing_zeros());
        let mut long = rank(self.long, left.trailing_zeros());
        while left != 0 {
            let bit = left.trailing_zeros();
            left &= left - 1;
            let element = if self.long >> bit & 1 == 1 {
                long += 1;
                self.long_texts.get(long - 1).map(|text| Element::Bytes(text))
            } else {
                let rest = self.short_texts.get(position..).unwrap_or_default();
                pack::decode(rest).map(|(element, len)| {
                    position += len;
                    element
                })
            };
            let Some(element) = element else { return true };
            if !act(self.number * CHUNK_INDEXES + u64::from(bit), element) {
                return false;
            }
        }
        true
    }

    /// As [`Chunk::visit`], backwards.
    pub(super) fn visit_back(
        &self,
        low: u64,
        high: u64,
        act: &mut impl FnMut(u64, Element<'_>) -> bool,
    ) -> bool {
        // Where the short elements begin, by one walk.
        let mut starts = [0u32; CHUNK_INDEXES as usize];
        let mut position = 0;
        for start in starts.iter_mut().take(self.filled.count_ones() as usize) {
            *start = position as u32;
            position += pack::element_len(self.short_texts.get(position..).unwrap_or_default());
        }
        let mut left = self.filled & self.part(low, high);
        while left != 0 {
            let bit = left.ilog2();
            left &= !(1 << bit);
            let element = if self.long >> bit & 1 == 1 {
                self.long_texts.get(rank(self.long, bit)).map(|text| Element::Bytes(text))
            } else {
                let start = starts.get(rank(self.filled & !self.long, bit)).copied().unwrap_or(0) as usize;
                pack::decode(self.short_texts.get(start..).unwrap_or_default()).map(|(element, _)| element)
            };
            let Some(element) = element else { return true };
            if !act(self.number * CHUNK_INDEXES + u64::from(bit), element) {
                return false;
            }
        }
        true
    }

    /// The bits of a range of indexes.
    fn part(&self, low: u64, high: u64) -> u64 {
        let base = self.number * CHUNK_INDEXES;
        let top = base + (CHUNK_INDEXES - 1);
        if high < base || low > top { 0 } else { mask(bit_of(low.max(base)), bit_of(high.min(top))) }
    }

    /// Where the short element of a bit is, or would be.
    fn short_position(&self, bit: u32) -> usize {
        let mut position = 0;
        for _ in 0..rank(self.filled & !self.long, bit) {
            position += pack::element_len(self.short_texts.get(position..).unwrap_or_default());
        }
        position.min(self.short_texts.len())
    }

    /// Removes the element of a bit that has one.
    fn remove(&mut self, bit: u32) {
        if self.long >> bit & 1 == 1 {
            let at = rank(self.long, bit);
            if at < self.long_texts.len() {
                self.long_texts.remove(at);
            }
            self.long &= !(1 << bit);
        } else {
            let at = self.short_position(bit);
            let len = pack::element_len(self.short_texts.get(at..).unwrap_or_default());
            let end = (at + len).min(self.short_texts.len());
            self.short_texts.drain(at..end);
        }
        self.filled &= !(1 << bit);
    }

    /// Gives back room that is more than half unused.
    fn shrink(&mut self) {
        if self.short_texts.len() < self.short_texts.capacity() / 2 {
            self.short_texts.shrink_to_fit();
        }
        if self.long_texts.len() < self.long_texts.capacity() / 2 {
            self.long_texts.shrink_to_fit();
        }
    }
}

/// The bits from one to another.
#[inline]
fn mask(from: u32, to: u32) -> u64 {
    (u64::MAX << from) & (u64::MAX >> (63 - to))
}
