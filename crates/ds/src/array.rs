//! A sparse array: texts at indexes of 64 bits, most of which may be empty.
//!
//! ```text
//!   Array ── blocks of chunks ([`crate::blocks`]), ascending ── chunk: 64 indexes
//!     └──── where something was last inserted                     ├── which of them are filled, which of those are long
//!                                                                 ├── short texts, packed one after the other
//!                                                                 └── long texts, each in a buffer of its own
//! ```
//!
//! Only chunks with an element exist. A dense array of short texts costs little more than the texts, and each lone element
//! of a sparse one costs a chunk.
//!
//! Costs: to find an index a binary search over chunks and a walk over at most 63 short texts; to set or delete one the same,
//! and a move of at most a chunk's short texts and half a block of chunks. A range costs what is filled of it, whatever
//! its ends are.

mod chunk;

#[cfg(test)]
#[path = "array_tests.rs"]
mod tests;

use crate::blocks::{BLOCK_MAX, Blocks, Place};
use crate::pack::Element;
use crate::share::Share;
use chunk::Chunk;

/// Indexes of a chunk: as many as a word has bits.
pub const CHUNK_INDEXES: u64 = 64;

/// The greatest index: one more would have no length.
pub const INDEX_MAX: u64 = u64::MAX - 1;

/// See the [module documentation](self).
#[derive(Clone, Debug, Default)]
pub struct Array {
    chunks: Blocks<Chunk>,
    /// Heap bytes of what the chunks hold.
    content_bytes: usize,
    last_insert: Option<u64>,
}

impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        let all = |array: &Self| {
            let mut all = Vec::new();
            array.visit(0, INDEX_MAX, |index, element| {
                all.push((index, element.to_vec()));
                true
            });
            all
        };
        self.last_insert == other.last_insert && self.count() == other.count() && all(self) == all(other)
    }
}

impl Eq for Array {}

impl Array {
    /// An empty array.
    pub fn new() -> Self {
        Array::default()
    }

    /// The number of elements. O(1).
    #[inline]
    pub fn count(&self) -> usize {
        self.chunks.weight()
    }

    /// The greatest index of an element, and one more; 0 if there is none. O(1).
    pub fn len(&self) -> u64 {
        let last = self.chunks.last().and_then(|place| self.chunks.get(place));
        last.map_or(0, |chunk| chunk.greatest() + 1)
    }

    /// Whether there are no elements. O(1).
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The number of chunks. O(1).
    pub fn chunks(&self) -> usize {
        self.chunks.items()
    }

    /// Heap bytes. O(1).
    #[inline]
    pub fn memory_bytes(&self) -> usize {
        self.content_bytes + self.chunks.heap_bytes()
    }

    /// Where something was last inserted, or is meant to have been; `None` before that.
    #[inline]
    pub fn last_insert(&self) -> Option<u64> {
        self.last_insert
    }

    /// Sets where something was last inserted.
    pub fn set_last_insert(&mut self, index: Option<u64>) {
        self.last_insert = index;
    }

    /// The element at an index.
    pub fn get(&self, index: u64) -> Option<Element<'_>> {
        self.chunks.get(self.find(index / CHUNK_INDEXES)?)?.get(index)
    }

    /// Sets the element at an index, at most [`INDEX_MAX`]. Returns whether there was none.
    pub fn set(&mut self, index: u64, text: &[u8]) -> bool {
        let number = index / CHUNK_INDEXES;
        let place = self.chunks.partition(|chunk| chunk.number() <= number);
        let place = match place {
            Some(place) if self.is_at(place, number) => place,
            Some(place) => self.chunks.insert_after(place, Chunk::new(number)),
            None => {
                self.chunks.push_front(Chunk::new(number));
                match self.chunks.first() {
                    Some(place) => place,
                    None => return false,
                }
            }
        };
        self.edit(place, |chunk| chunk.set(index, text))
    }

    /// Deletes the element at an index. Returns whether there was one.
    pub fn delete(&mut self, index: u64) -> bool {
        self.delete_range(index, index) > 0
    }

    /// Deletes the elements from `low` to `high`. Returns how many there were. O(chunks in the range).
    pub fn delete_range(&mut self, low: u64, high: u64) -> u64 {
        let mut deleted = 0;
        let (first, last) = (low / CHUNK_INDEXES, high / CHUNK_INDEXES);
        // From the end on, so that a chunk's removal does not concern the places before it.
        let mut next = self.chunks.partition(|chunk| chunk.number() <= last);
        while let Some(place) = next {
            let Some(chunk) = self.chunks.get(place).filter(|chunk| chunk.number() >= first) else { break };
            next = self.chunks.prev(place);
            let base = chunk.number() * CHUNK_INDEXES;
            let (from, to) = (low.max(base), high.min(base + (CHUNK_INDEXES - 1)));
            deleted += self.edit(place, |chunk| chunk.delete(from, to));
            if self.chunks.get(place).is_some_and(Chunk::is_empty)
                && let Some(mut gone) = self.chunks.remove(place)
            {
                self.content_bytes -= gone.heap_bytes();
                gone.give_up();
            }
        }
        deleted
    }

    /// Passes the elements from `start` to `end` to `act` with their indexes until it says false: backwards if `start` is the
    /// greater one.
    pub fn visit(&self, start: u64, end: u64, mut act: impl FnMut(u64, Element<'_>) -> bool) {
        let (low, high) = (start.min(end), start.max(end));
        let (first, last) = (low / CHUNK_INDEXES, high / CHUNK_INDEXES);
        if start > end {
            let mut next = self.chunks.partition(|chunk| chunk.number() <= last);
            while let Some(place) = next {
                let Some(chunk) = self.chunks.get(place).filter(|chunk| chunk.number() >= first) else {
                    return;
                };
                if !chunk.visit_back(low, high, &mut act) {
                    return;
                }
                next = self.chunks.prev(place);
            }
            return;
        }
        let mut next = match self.chunks.partition(|chunk| chunk.number() < first) {
            Some(place) => self.chunks.next(place),
            None => self.chunks.first(),
        };
        while let Some(place) = next {
            let Some(chunk) = self.chunks.get(place).filter(|chunk| chunk.number() <= last) else { return };
            if !chunk.visit(low, high, &mut act) {
                return;
            }
            next = self.chunks.next(place);
        }
    }

    /// Frees some of the array's memory, at most `chunks_max` chunks. Returns whether none is left.
    pub fn free_some(&mut self, chunks_max: usize) -> bool {
        for _ in 0..chunks_max {
            match self.chunks.pop_back() {
                Some(mut chunk) => {
                    self.content_bytes -= chunk.heap_bytes();
                    chunk.give_up();
                }
                None => return true,
            }
        }
        self.chunks.items() == 0
    }

    /// The array as it is now, to look at while this one changes; it is not to be changed itself. It is let go of by
    /// [`Array::release`]. O(chunks / 448), and the first change of each such block of chunks and of each chunk afterwards copies it.
    pub fn lend(&mut self) -> Array {
        Array { chunks: self.chunks.view(), ..*self }
    }

    /// Lets go of elements of an array that was lent, before an index; nobody looks at them any more.
    pub fn release_before(&mut self, index: u64) {
        if let Some(place) = self.chunks.partition(|chunk| chunk.number() <= index / CHUNK_INDEXES) {
            self.chunks.drop_blocks_before(place);
        }
    }

    /// Lets go of about `budget` chunks of an array that was lent; returns whether all is let go of. Nobody looks at it any more.
    pub fn release(&mut self, budget: usize) -> bool {
        (0..budget.div_ceil(BLOCK_MAX)).any(|_| !self.chunks.drop_block())
    }

    fn find(&self, number: u64) -> Option<Place> {
        let place = self.chunks.partition(|chunk| chunk.number() <= number)?;
        self.is_at(place, number).then_some(place)
    }

    fn is_at(&self, place: Place, number: u64) -> bool {
        self.chunks.get(place).is_some_and(|chunk| chunk.number() == number)
    }

    /// Changes a chunk and keeps the count of bytes.
    fn edit<R: Default>(&mut self, place: Place, change: impl FnOnce(&mut Chunk) -> R) -> R {
        let content_bytes = &mut self.content_bytes;
        let edited = self.chunks.edit(place, |chunk| {
            let before = chunk.heap_bytes();
            let result = change(chunk);
            *content_bytes = *content_bytes + chunk.heap_bytes() - before;
            result
        });
        edited.unwrap_or_default()
    }
}
