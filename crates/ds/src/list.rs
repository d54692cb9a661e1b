//! A list: a sequence of short texts that grows and shrinks at both ends, in compact chunks of bounded size.
//!
//! ```text
//!   List ── blocks of chunks ([`crate::blocks`]) ── chunk ── encoded elements, room before and behind
//!     └──── starts of the last chunk's elements, while elements are popped from the back
//! ```
//!
//! Elements are encoded without a length at their end, which saves a byte of about 22 for each, so a chunk can only be
//! read forwards. To pop from the back, the starts of the last chunk's elements are found by one walk over the chunk and
//! then used up one by one; to read backwards, every chunk is walked over once. Both come to about a nanosecond an
//! element.
//!
//! Chunks can be shared with a [`ListView`], which stays as it is whatever becomes of the list.
//!
//! Chunks that are not near an end can be kept closed, which is compressed ([`Limits::open`]). They are read through a buffer;
//! what changes one opens it and closes it again.
//!
//! Costs: push and pop O(1) amortised; by index O(number of blocks) and a walk over a chunk; a change in the middle moves
//! at most a chunk's bytes and a block's headers.

mod chunk;
mod view;

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;

use std::collections::VecDeque;

use crate::blocks::{Blocks, Place, heap_bytes};
use crate::pack::{Element, Encoded};
use crate::run::{self, Elements, first};
use crate::share::Share;
use chunk::Chunk;
pub use chunk::{Limits, Side};
pub use view::ListView;

/// A chunk is put together with its neighbour when they fill at most this part of the limit: a half, so that the next
/// insertion does not tear them apart again.
const MERGE_FILL: usize = 2;

/// Chunks that are few.
const FEW_CHUNKS: usize = 3;

/// See the [module documentation](self).
#[derive(Clone, Debug, Default)]
pub struct List {
    chunks: Blocks<Chunk>,
    /// Heap bytes of the chunks' buffers.
    buffer_bytes: usize,
    /// Where elements of the last chunk begin in its buffer: all up to the last one from some on, or none.
    starts: Vec<u32>,
    /// How many of `starts`, from the first, belong to elements that have been popped from the front since.
    stale: usize,
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        let texts = |list: &Self| {
            let mut texts = Vec::with_capacity(list.len());
            list.visit(0, Side::Back, |element| {
                texts.push(element.to_vec());
                true
            });
            texts
        };
        self.len() == other.len() && texts(self) == texts(other)
    }
}

impl Eq for List {}

impl List {
    /// An empty list.
    pub fn new() -> Self {
        List::default()
    }

    /// The number of elements. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.chunks.weight()
    }

    /// Whether there are no elements. O(1).
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of chunks. O(1).
    pub fn chunks(&self) -> usize {
        self.chunks.items()
    }

    /// Bytes of the encoded elements, if they are all in a few chunks. O(1).
    #[inline]
    pub fn few_bytes(&self) -> Option<usize> {
        (self.chunks.items() <= FEW_CHUNKS).then(|| self.chunks.iter().map(Chunk::len).sum())
    }

    /// Heap bytes. O(1).
    #[inline]
    pub fn memory_bytes(&self) -> usize {
        self.buffer_bytes + self.chunks.heap_bytes() + heap_bytes(self.starts.capacity() * size_of::<u32>())
    }

    /// Adds an element at an end.
    pub fn push(&mut self, side: Side, element: &Encoded<'_>, limits: Limits) {
        let end = self.end(side);
        if let Some(place) = end
            && self.has_room(place, element, limits)
        {
            return self.push_into(place, side, element, limits);
        }
        // The chunk that was at the end grows no more.
        if let Some(place) = end {
            self.edit(place, Chunk::fit);
        }
        let mut chunk = Chunk::default();
        chunk.push(side, element, limits);
        self.buffer_bytes += chunk.heap_bytes();
        match side {
            Side::Front => self.chunks.push_front(chunk),
            Side::Back => {
                self.forget_starts();
                self.chunks.push_back(chunk);
            }
        }
        // One chunk is further from the end than it was.
        if limits.open > 0 && self.chunks.items() > 2 * limits.open {
            let number = match side {
                Side::Front => limits.open,
                Side::Back => self.chunks.items() - 1 - limits.open,
            };
            self.close(self.chunks.nth(number), limits);
        }
    }

    /// Removes the element at an end, and returns what `read` makes of it.
    pub fn pop<R>(&mut self, side: Side, read: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        match side {
            Side::Front => self.pop_front(read),
            Side::Back => self.pop_back(read),
        }
    }

    /// What `read` makes of the element with a number, from 0.
    pub fn get<R>(&self, index: usize, read: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        let (place, rest) = self.chunks.locate(index)?;
        let mut scratch = Vec::new();
        let run = self.chunks.get(place)?.run_in(&mut scratch);
        first(run.get(run::offset_of(run, rest)..)?).map(|(element, _)| read(element))
    }

    /// Passes the elements from a number on, towards a side, to `visit` until it says false. Returns whether it never did.
    #[inline]
    pub fn visit(&self, from: usize, towards: Side, visit: impl FnMut(Element<'_>) -> bool) -> bool {
        match towards {
            Side::Back => self.visit_forwards(from, visit),
            Side::Front => self.visit_backwards(from, visit),
        }
    }

    #[inline]
    fn visit_forwards(&self, from: usize, mut visit: impl FnMut(Element<'_>) -> bool) -> bool {
        let Some((first, mut rest)) = self.chunks.locate(from) else { return true };
        let (mut at, mut scratch) = (Some(first), Vec::new());
        while let Some(place) = at
            && let Some(chunk) = self.chunks.get(place)
        {
            let mut elements = Elements::new(chunk.run_in(&mut scratch)).skip_elements(rest);
            if !elements.all(&mut visit) {
                return false;
            }
            rest = 0;
            at = self.chunks.next(place);
        }
        true
    }

    fn visit_backwards(&self, from: usize, mut visit: impl FnMut(Element<'_>) -> bool) -> bool {
        let Some((place, rest)) = self.chunks.locate(from) else { return true };
        let (mut at, mut most) = (Some(place), rest + 1);
        let (mut scratch, mut starts) = (Vec::new(), Vec::new());
        while let Some(place) = at
            && let Some(chunk) = self.chunks.get(place)
        {
            let run = chunk.run_in(&mut scratch);
            starts.clear();
            run::offsets_into(run, &mut starts);
            starts.truncate(most);
            let elements = starts.iter().rev().filter_map(|&start| first(run.get(start as usize..)?));
            if !elements.map(|(element, _)| element).all(&mut visit) {
                return false;
            }
            most = usize::MAX;
            at = self.chunks.prev(place);
        }
        true
    }

    /// The elements from a number on as they are now, at most `count`, to be looked at whatever becomes of the list. O(blocks), and
    /// the first change of each block and of each chunk afterwards copies it.
    pub fn view(&mut self, from: usize, count: usize) -> ListView {
        ListView::new(self.chunks.view(), from, count)
    }

    /// Inserts an element so that it gets the number `index`; at the end if the list is no longer than that.
    pub fn insert(&mut self, index: usize, element: &Encoded<'_>, limits: Limits) {
        let at = if index == 0 { None } else { self.chunks.locate(index) };
        let Some((place, rest)) = at else {
            return self.push(if index == 0 { Side::Front } else { Side::Back }, element, limits);
        };
        self.open(place);
        let before = if rest == 0 { self.chunks.prev(place) } else { None };
        if !self.has_room(place, element, limits)
            && let Some(before) = before
        {
            self.open(before);
        }
        if self.has_room(place, element, limits) {
            self.edit(place, |chunk| {
                let offset = run::offset_of(chunk.run(), rest);
                chunk.insert(offset, element, limits);
            });
        } else if let Some(before) = before.filter(|&before| self.has_room(before, element, limits)) {
            self.edit(before, |chunk| _ = chunk.push(Side::Back, element, limits));
        } else if let Some(before) = before {
            self.insert_alone(before, element, limits);
        } else if let Some(upper) = self.edit(place, |chunk| chunk.split_off(rest)) {
            self.buffer_bytes += upper.heap_bytes();
            let after = self.chunks.insert_after(place, upper);
            let place = self.chunks.prev(after).unwrap_or(after);
            if self.has_room(place, element, limits) {
                self.edit(place, |chunk| _ = chunk.push(Side::Back, element, limits));
            } else if self.has_room(after, element, limits) {
                self.edit(after, |chunk| chunk.insert(0, element, limits));
            } else {
                self.insert_alone(place, element, limits);
            }
        }
        self.close_around(place, limits);
    }

    /// Replaces the element with a number. Returns whether there is one.
    pub fn set(&mut self, index: usize, element: &Encoded<'_>, limits: Limits) -> bool {
        let Some((place, rest)) = self.chunks.locate(index) else { return false };
        let fits = self.chunks.get(place).is_some_and(|chunk| {
            chunk.count() == 1 || chunk.len() + element.bytes_len() <= limits.run_bytes()
        });
        if fits {
            self.edit(place, |chunk| {
                chunk.replace(rest, element, limits);
                if chunk.heap_bytes() > limits.bytes {
                    chunk.fit();
                }
            });
            self.close_around(place, limits);
        } else {
            drop(self.remove(index, 1, limits));
            self.insert(index, element, limits);
        }
        true
    }

    /// Removes `count` elements from a number on, or as many as there are. Returns what is left of a long stretch, for its
    /// owner to free in slices. O(blocks), and O(chunks) at the ends of the stretch.
    pub fn remove(&mut self, index: usize, count: usize, limits: Limits) -> List {
        let mut left = count.min(self.len().saturating_sub(index));
        let mut removed = List::new();
        while left > 0 {
            let Some((place, rest)) = self.chunks.locate(index) else { break };
            let whole = |_: &VecDeque<Chunk>, weight: usize| rest == 0 && weight <= left;
            if let Some(weight) = self.chunks.move_block(place, &mut removed.chunks, whole) {
                left -= weight;
                continue;
            }
            let within = self.chunks.get(place).map_or(0, Chunk::count) - rest;
            let now = within.min(left);
            left -= now;
            if rest == 0 && now == within {
                self.drop_chunk(place);
            } else {
                self.edit(place, |chunk| chunk.remove(rest, now));
                self.close_around(place, limits);
            }
        }
        self.open_ends();
        removed.buffer_bytes = removed.chunks.iter().map(Chunk::heap_bytes).sum();
        self.buffer_bytes -= removed.buffer_bytes;
        self.forget_starts();
        removed
    }

    /// Removes elements equal to `element`, at most `max`, from one side on. Returns how many. O(elements).
    pub fn remove_equal(&mut self, element: &Encoded<'_>, side: Side, max: usize, limits: Limits) -> usize {
        let mut removed = 0;
        let (mut offsets, mut scratch) = (Vec::new(), Vec::new());
        let mut at = self.end(side);
        while let Some(place) = at
            && removed < max
        {
            // Neighbours first: places after this one change when it goes.
            let before = self.chunks.prev(place);
            let chunk = self.chunks.get(place).filter(|chunk| chunk.is_closed());
            let found = if chunk.is_some_and(|chunk| !run::contains(chunk.run_in(&mut scratch), element)) {
                0
            } else {
                let change =
                    |chunk: &mut Chunk| chunk.remove_equal(element, side, max - removed, &mut offsets);
                self.edit(place, change).unwrap_or(0)
            };
            removed += found;
            at = match side {
                Side::Back => before,
                Side::Front => self.chunks.next(place),
            };
            if found == 0 {
                continue;
            }
            if self.chunks.get(place).is_some_and(|chunk| chunk.count() == 0) {
                self.drop_chunk(place);
                if side == Side::Front {
                    at = match before {
                        Some(before) => self.chunks.next(before),
                        None => self.chunks.first(),
                    };
                }
            } else if let Some(before) = before.filter(|_| side == Side::Front)
                && self.merge(before, limits)
            {
                at = self.chunks.next(before);
            } else if side == Side::Back {
                self.merge(place, limits);
            }
            self.close_around(place, limits);
        }
        self.open_ends();
        removed
    }

    /// Makes sure that elements can be popped from the back and looked at there without a walk; then the last element.
    pub fn back(&mut self) -> Option<Element<'_>> {
        let place = self.chunks.last()?;
        self.find_starts(place);
        let chunk = self.chunks.get(place)?;
        let start = *self.starts.last()? as usize - chunk.head();
        first(chunk.run().get(start..)?).map(|(element, _)| element)
    }

    /// Frees some of the list's memory, at most `chunks_max` chunks. Returns whether none is left.
    pub fn free_some(&mut self, chunks_max: usize) -> bool {
        self.forget_starts();
        for _ in 0..chunks_max {
            match self.chunks.pop_back() {
                Some(mut chunk) => {
                    self.buffer_bytes -= chunk.heap_bytes();
                    chunk.give_up();
                }
                None => return true,
            }
        }
        self.chunks.items() == 0
    }

    #[inline]
    fn end(&self, side: Side) -> Option<Place> {
        match side {
            Side::Front => self.chunks.first(),
            Side::Back => self.chunks.last(),
        }
    }

    /// Whether an element fits into a chunk as it is.
    #[inline]
    fn has_room(&self, place: Place, element: &Encoded<'_>, limits: Limits) -> bool {
        self.chunks.get(place).is_some_and(|chunk| chunk.has_room(element.bytes_len(), limits))
    }

    #[inline]
    fn push_into(&mut self, place: Place, side: Side, element: &Encoded<'_>, limits: Limits) {
        let List { chunks, buffer_bytes, .. } = self;
        let edited = chunks.edit(place, |chunk| {
            let before = chunk.heap_bytes();
            let moved = chunk.push(side, element, limits);
            if moved {
                *buffer_bytes = *buffer_bytes + chunk.heap_bytes() - before;
            }
            (moved, chunk.tail() - element.bytes_len())
        });
        let Some((moved, start)) = edited else { return };
        if self.starts.is_empty() {
            return;
        }
        if moved && (side == Side::Back || self.chunks.items() == 1) {
            self.forget_starts();
        } else if side == Side::Back {
            self.starts.push(start as u32);
        }
    }

    fn pop_front<R>(&mut self, read: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        let place = self.chunks.first()?;
        self.open(place);
        if self.chunks.items() == 1 {
            let head = self.chunks.get(place).map(|chunk| chunk.head() as u32);
            if self.starts.get(self.stale).copied() == head {
                self.stale += 1;
            }
        }
        let result = self.chunks.edit(place, |chunk| {
            let result = first(chunk.run()).map(|(element, _)| read(element));
            chunk.drop_first();
            (result, chunk.count(), chunk.is_sparse())
        });
        let (result, left, sparse) = result?;
        self.popped(place, left, sparse);
        result
    }

    fn pop_back<R>(&mut self, read: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        let place = self.chunks.last()?;
        self.find_starts(place);
        let start = self.starts.pop()? as usize;
        let result = self.chunks.edit(place, |chunk| {
            let element = chunk.run().get(start - chunk.head()..).and_then(first);
            let result = element.map(|(element, _)| read(element));
            chunk.drop_last(start);
            (result, chunk.count(), chunk.is_sparse())
        });
        let (result, left, sparse) = result?;
        self.popped(place, left, sparse);
        result
    }

    /// Drops a chunk that an element was popped from if none is left, and gives free bytes back if the list has become short.
    #[inline]
    fn popped(&mut self, place: Place, left: usize, sparse: bool) {
        if left == 0 {
            self.drop_chunk(place);
            self.open_ends();
        } else if sparse && self.chunks.items() == 1 {
            self.edit(place, Chunk::shrink);
            self.starts = Vec::new();
        }
    }

    /// Makes sure that `starts` has the last element of the last chunk.
    #[inline]
    fn find_starts(&mut self, last: Place) {
        if self.starts.len() > self.stale {
            return;
        }
        self.forget_starts();
        self.open(last);
        if let Some(chunk) = self.chunks.get(last) {
            if chunk.count() == 1 {
                self.starts.push(chunk.head() as u32);
            } else {
                chunk.starts_into(&mut self.starts);
            }
        }
    }

    #[inline]
    fn forget_starts(&mut self) {
        self.starts.clear();
        self.stale = 0;
    }

    /// Opens a chunk.
    #[inline]
    fn open(&mut self, place: Place) {
        if self.chunks.get(place).is_some_and(Chunk::is_closed) {
            self.edit(place, |_| ());
        }
    }

    /// Opens the chunks at both ends.
    fn open_ends(&mut self) {
        for place in [self.chunks.first(), self.chunks.last()].into_iter().flatten() {
            self.open(place);
        }
    }

    /// Closes a chunk if it is one to be closed.
    #[cold]
    fn close(&mut self, place: Option<Place>, limits: Limits) {
        let Some(place) = place else { return };
        let (number, chunks) = (self.chunks.number(place), self.chunks.items());
        if limits.open == 0 || number < limits.open || number + limits.open >= chunks {
            return;
        }
        let List { chunks, buffer_bytes, .. } = self;
        chunks.edit(place, |chunk| {
            *buffer_bytes -= chunk.heap_bytes();
            chunk.close();
            *buffer_bytes += chunk.heap_bytes();
        });
    }

    /// Closes what a change at a place has opened or moved.
    #[inline]
    fn close_around(&mut self, place: Place, limits: Limits) {
        if limits.open > 0 {
            let around = [self.chunks.prev(place), Some(place), self.chunks.next(place)];
            around.into_iter().for_each(|place| self.close(place, limits));
        }
    }

    /// Changes a chunk in any way; it is opened first.
    fn edit<R>(&mut self, place: Place, change: impl FnOnce(&mut Chunk) -> R) -> Option<R> {
        if self.chunks.last() == Some(place) {
            self.forget_starts();
        }
        let List { chunks, buffer_bytes, .. } = self;
        chunks.edit(place, |chunk| {
            let before = chunk.heap_bytes();
            chunk.open();
            let result = change(chunk);
            *buffer_bytes = *buffer_bytes + chunk.heap_bytes() - before;
            result
        })
    }

    fn drop_chunk(&mut self, place: Place) {
        if self.chunks.last() == Some(place) {
            self.forget_starts();
        }
        if let Some(mut chunk) = self.chunks.remove(place) {
            self.buffer_bytes -= chunk.heap_bytes();
            chunk.give_up();
        }
    }

    /// A chunk of its own for an element, after a place.
    fn insert_alone(&mut self, place: Place, element: &Encoded<'_>, limits: Limits) {
        let mut chunk = Chunk::default();
        chunk.push(Side::Back, element, limits);
        chunk.fit();
        self.buffer_bytes += chunk.heap_bytes();
        self.forget_starts();
        self.chunks.insert_after(place, chunk);
    }

    /// Puts a chunk and the one after it together if both are small. Returns whether it did.
    fn merge(&mut self, place: Place, limits: Limits) -> bool {
        let Some(after) = self.chunks.next(place) else { return false };
        let (Some(this), Some(other)) = (self.chunks.get(place), self.chunks.get(after)) else {
            return false;
        };
        if this.len() + other.len() > limits.bytes / MERGE_FILL
            || this.count() + other.count() > limits.count / MERGE_FILL
        {
            return false;
        }
        self.forget_starts();
        let Some(mut other) = self.chunks.remove(after) else { return false };
        self.buffer_bytes -= other.heap_bytes();
        other.open();
        self.edit(place, |chunk| chunk.append(&other, limits));
        other.give_up();
        true
    }
}
