//! Elements too long for a page, each in an allocation of its own, by number.

use super::{OUTSIDE_MIN_BYTES, Stored};
use crate::pack::{Dense, Element};
use crate::record::size_class;
use crate::share::{Lendable, Share, Slab};

/// Elements of a chunk: what moves at most when a chunk grows, and is counted up when one that views share is changed.
const CHUNK_ELEMENTS: usize = 512;

/// See the [module documentation](self).
#[derive(Clone, Default)]
pub(super) struct Outside {
    chunks: Vec<Lendable<Vec<Slab>>>,
    /// Numbers without an element.
    free: Vec<u32>,
    /// Bytes of the elements.
    bytes: usize,
}

impl Outside {
    /// Heap bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        let vec = |capacity: usize, size: usize| if capacity == 0 { 0 } else { size_class(capacity * size) };
        let element = size_of::<Slab>();
        let last = self.chunks.last().map_or(0, |chunk| vec(chunk.capacity(), element));
        let full = self.chunks.len().saturating_sub(1) * vec(CHUNK_ELEMENTS, element);
        let index = vec(self.chunks.capacity(), size_of::<Vec<Slab>>());
        self.bytes + full + last + index + vec(self.free.capacity(), size_of::<u32>())
    }

    /// The form of an element in a page; a long one is put here.
    #[inline]
    pub(super) fn store<'a>(&mut self, element: Element<'a>) -> Stored<'a> {
        match element {
            Element::Bytes(text) if text.len() > OUTSIDE_MIN_BYTES => Stored::Outside(self.insert(text)),
            element => Stored::Inside(element.encode()),
        }
    }

    /// As [`Outside::store`], of a value.
    #[inline]
    pub(super) fn store_dense<'a>(&mut self, value: Dense<'a>) -> Stored<'a> {
        match value {
            Dense::Bytes(text) if text.len() > OUTSIDE_MIN_BYTES => Stored::Outside(self.insert(text)),
            value => Stored::Inside(value.encode()),
        }
    }

    fn insert(&mut self, text: &[u8]) -> u32 {
        let text = Slab::copy_of(text);
        self.bytes += text.heap_bytes();
        if let Some(number) = self.free.pop() {
            let at = number as usize;
            self.chunks[at / CHUNK_ELEMENTS][at % CHUNK_ELEMENTS] = text;
            return number;
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK_ELEMENTS) {
            self.chunks.push(Lendable::Own(Vec::new()));
        }
        let before = (self.chunks.len() - 1) * CHUNK_ELEMENTS;
        let at = self.chunks.last().map_or(0, |chunk| chunk.len());
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(text);
        }
        (before + at) as u32
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> &[u8] {
        let at = number as usize;
        self.chunks
            .get(at / CHUNK_ELEMENTS)
            .and_then(|chunk| chunk.get(at % CHUNK_ELEMENTS))
            .map_or(&[], |text| text)
    }

    pub(super) fn remove(&mut self, number: u32) {
        let at = number as usize;
        let mut gone = std::mem::take(&mut self.chunks[at / CHUNK_ELEMENTS][at % CHUNK_ELEMENTS]);
        self.bytes -= gone.heap_bytes();
        gone.give_up();
        self.free.push(number);
    }

    /// Drops the last element; false if there is none.
    pub(super) fn pop(&mut self) -> bool {
        self.free = Vec::new();
        while let Some(chunk) = self.chunks.last_mut() {
            if let Some(mut gone) = chunk.pop() {
                self.bytes -= gone.heap_bytes();
                gone.give_up();
                return true;
            }
            self.chunks.pop();
        }
        self.chunks = Vec::new();
        false
    }

    /// The same elements by the same numbers, to look at.
    pub(super) fn view(&mut self) -> Outside {
        Outside { chunks: self.chunks.iter_mut().map(Lendable::lend).collect(), free: Vec::new(), bytes: 0 }
    }

    /// Lets go of a chunk of what another owner may hold; false if there is none.
    pub(super) fn drop_chunk(&mut self) -> bool {
        self.chunks.pop().is_some()
    }
}
