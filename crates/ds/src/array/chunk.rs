//! A chunk of an array: the elements of 64 indexes.

use crate::blocks::{Weigh, heap_bytes};
use crate::pack::{self, Element};
use crate::share::{Bytes, Share, Shared, Slab};

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
    short_texts: Bytes,
    /// The long elements in order, if there are any.
    long_texts: Option<Shared<Vec<Slab>>>,
}

impl Share for Chunk {
    fn share(&self) -> Self {
        let long_texts = self.long_texts.as_ref().map(Shared::share);
        Chunk { short_texts: self.short_texts.share(), long_texts, ..*self }
    }

    fn give_up(&mut self) {
        self.short_texts.give_up();
        if let Some(texts) = &mut self.long_texts {
            // Counted up if others have them too, so that what they keep is counted.
            texts.make_mut().give_up();
        }
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
        Chunk { number, filled: 0, long: 0, short_texts: Bytes::default(), long_texts: None }
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
        let long = self.long_texts.as_ref().map_or(0, |texts| {
            let table = heap_bytes(texts.capacity() * size_of::<Slab>());
            Shared::<Vec<Slab>>::HEAP_BYTES + table + texts.iter().map(Slab::heap_bytes).sum::<usize>()
        });
        self.short_texts.heap_bytes() + long
    }

    fn long_text(&self, at: usize) -> Option<Element<'_>> {
        self.long_texts.as_ref()?.get(at).map(|text| Element::Bytes(text))
    }

    pub(super) fn get(&self, index: u64) -> Option<Element<'_>> {
        let bit = bit_of(index);
        if self.filled >> bit & 1 == 0 {
            return None;
        }
        if self.long >> bit & 1 == 1 {
            return self.long_text(rank(self.long, bit));
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
            let texts = self.long_texts.get_or_insert_default().make_mut();
            if texts.len() == texts.capacity() {
                texts.reserve_exact(texts.len().max(1));
            }
            texts.insert(at, Slab::copy_of(text));
            return is_new;
        }
        let (at, encoded) = (self.short_position(bit), element.encode());
        let (old, added) = (self.short_texts.len(), encoded.bytes_len());
        self.short_texts.grow(added);
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
            self.give_up();
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
                self.long_text(long - 1)
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
                self.long_text(rank(self.long, bit))
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
            if let Some(texts) = &mut self.long_texts
                && at < texts.len()
            {
                texts.make_mut().remove(at).give_up();
            }
            self.long &= !(1 << bit);
        } else {
            let at = self.short_position(bit);
            let len = pack::element_len(self.short_texts.get(at..).unwrap_or_default());
            let (old, end) = (self.short_texts.len(), (at + len).min(self.short_texts.len()));
            self.short_texts.copy_within(end..old, at);
            self.short_texts.truncate(old - (end - at));
        }
        self.filled &= !(1 << bit);
    }

    /// Gives back room that is more than half unused.
    fn shrink(&mut self) {
        if self.short_texts.len() < self.short_texts.capacity() / 2 {
            self.short_texts.shrink();
        }
        if let Some(texts) = &mut self.long_texts {
            if texts.is_empty() {
                self.long_texts = None;
            } else if texts.len() < texts.capacity() / 2 {
                texts.make_mut().shrink_to_fit();
            }
        }
    }
}

/// The bits from one to another.
#[inline]
fn mask(from: u32, to: u32) -> u64 {
    (u64::MAX << from) & (u64::MAX >> (63 - to))
}
