//! A stream: an append-only log of entries with ascending ids, and the consumer groups that read it.
//!
//! ```text
//!   Stream ── blocks of chunks ([`crate::blocks`]) ── chunk ── entries, ids and field names stored as differences
//!     └────── groups by name ── pending entries by id
//!                           └── consumers by name ── ids of their pending entries
//! ```
//!
//! Costs: to add an entry O(its size); to find one by id a binary search over chunks and a walk over one; to delete one
//! the same; to trim O(chunks) for whole chunks and a walk over one more. A chunk can only be read forwards: reading
//! backwards takes one walk over each chunk to find its entries.

mod chunk;
mod entry;
mod group;
mod id;
mod producers;
mod trim;
mod view;
mod whole;

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;

use crate::blocks::{Blocks, Place, heap_bytes};
use crate::share::Share;
pub use chunk::Limits;
use chunk::{Chunk, Raw, Walk, entry_bytes};
pub use entry::Entry;
pub use group::{Consumer, Group, Groups, Pending};
pub use id::StreamId;
pub use producers::{Producer, Producers, name_of};
pub use trim::{References, Trim, TrimTo};
pub use view::StreamView;
pub use whole::ChunkPlace;

/// See the [module documentation](self).
#[derive(Clone, Debug, Default)]
pub struct Stream {
    chunks: Blocks<Chunk>,
    /// Heap bytes of the chunks' buffers.
    buffer_bytes: usize,
    /// The greatest id ever added.
    last_id: StreamId,
    /// The greatest id ever deleted by its id.
    max_deleted_id: StreamId,
    /// How many entries were ever added.
    entries_added: u64,
    groups: Groups,
    /// Producers that name their messages, if there are any.
    producers: Option<Box<Producers>>,
}

impl PartialEq for Stream {
    fn eq(&self, other: &Self) -> bool {
        fn content(entry: Entry<'_>) -> (StreamId, Vec<Vec<u8>>) {
            let mut fields = Vec::new();
            entry.for_each(|element| fields.push(element.to_vec()));
            (entry.id, fields)
        }
        let all = |stream: &'_ Self| -> Vec<_> {
            stream.range(StreamId::MIN, StreamId::MAX).map(content).collect()
        };
        (self.last_id, self.max_deleted_id, self.entries_added)
            == (other.last_id, other.max_deleted_id, other.entries_added)
            && self.len() == other.len()
            && self.groups == other.groups
            && self.producers == other.producers
            && all(self) == all(other)
    }
}

impl Eq for Stream {}

impl Stream {
    /// An empty stream.
    pub fn new() -> Self {
        Stream::default()
    }

    /// The number of entries. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.chunks.weight()
    }

    /// Whether there are no entries. O(1).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of chunks. O(1).
    pub fn chunks(&self) -> usize {
        self.chunks.items()
    }

    /// Heap bytes. O(1).
    #[inline]
    pub fn memory_bytes(&self) -> usize {
        let producers = self
            .producers
            .as_ref()
            .map_or(0, |producers| heap_bytes(size_of::<Producers>()) + producers.memory_bytes());
        self.buffer_bytes + self.chunks.heap_bytes() + self.groups.memory_bytes() + producers
    }

    /// The id of the first entry; the smallest id if there is none. O(1).
    pub fn first_id(&self) -> StreamId {
        let first = self.chunks.first().and_then(|place| self.chunks.get(place)).and_then(Chunk::first);
        first.map_or(StreamId::MIN, |raw| raw.id)
    }

    /// The greatest id that was ever added, or set.
    #[inline]
    pub fn last_id(&self) -> StreamId {
        self.last_id
    }

    /// Sets the greatest id, which is no smaller than that of any entry.
    pub fn set_last_id(&mut self, id: StreamId) {
        self.last_id = id;
    }

    /// The greatest id that was ever deleted by [`Stream::delete`], or set.
    pub fn max_deleted_id(&self) -> StreamId {
        self.max_deleted_id
    }

    /// Sets the greatest id that was deleted.
    pub fn set_max_deleted_id(&mut self, id: StreamId) {
        self.max_deleted_id = id;
    }

    /// How many entries had ever been added when this id was the last one, if that can be known without counting. Redis:
    /// `streamEstimateDistanceFromFirstEverEntry`.
    pub fn added_until(&self, id: StreamId) -> Option<u64> {
        let (added, len) = (self.entries_added(), self.len() as u64);
        if added == 0 {
            return Some(0);
        }
        if len == 0 && id <= self.last_id() {
            return Some(added);
        }
        if id != StreamId::MIN && id < self.max_deleted_id() {
            return None;
        }
        match id.cmp(&self.last_id()) {
            std::cmp::Ordering::Equal => return Some(added),
            std::cmp::Ordering::Greater => return None,
            std::cmp::Ordering::Less => {}
        }
        let first = self.first_id();
        if self.max_deleted_id() == StreamId::MIN || self.max_deleted_id() < first {
            if id < first {
                return Some(added.wrapping_sub(len));
            }
            if id == first {
                return Some(added.wrapping_sub(len).wrapping_add(1));
            }
        }
        None
    }

    /// How many entries were ever added.
    pub fn entries_added(&self) -> u64 {
        self.entries_added
    }

    /// Sets how many entries were ever added.
    pub fn set_entries_added(&mut self, count: u64) {
        self.entries_added = count;
    }

    /// The consumer groups.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The producers that name their messages, if there are any.
    pub fn producers(&self) -> Option<&Producers> {
        self.producers.as_deref()
    }

    /// The producers that name their messages, to change.
    pub fn producers_mut(&mut self) -> &mut Producers {
        self.producers.get_or_insert_default()
    }

    /// The consumer groups, to change.
    pub fn groups_mut(&mut self) -> &mut Groups {
        &mut self.groups
    }

    /// Removes a consumer group. Returns what is left of it, for its owner to free in slices.
    pub fn remove_group(&mut self, name: &[u8]) -> Option<Stream> {
        let mut rest = Stream::new();
        self.groups.take(name, &mut rest.groups).then_some(rest)
    }

    /// Adds an entry with an id greater than [`Stream::last_id`]; `fields` are names and values in turn. Returns false,
    /// and does nothing, if the id is not greater.
    pub fn append<'f>(
        &mut self,
        id: StreamId,
        fields: impl Iterator<Item = &'f [u8]> + Clone,
        limits: Limits,
    ) -> bool {
        if id <= self.last_id {
            return false;
        }
        let bytes = entry_bytes(fields.clone());
        let last = self.chunks.last();
        let place = match last
            .filter(|&place| self.chunks.get(place).is_some_and(|chunk| chunk.has_room(bytes, limits)))
        {
            Some(place) => Some(place),
            None => {
                if let Some(place) = last {
                    self.edit(place, Chunk::fit);
                }
                let chunk = Chunk::new(id, fields.clone());
                self.buffer_bytes += chunk.heap_bytes();
                self.chunks.push_back(chunk);
                self.chunks.last()
            }
        };
        if let Some(place) = place {
            self.edit(place, |chunk| chunk.append(id, fields, limits));
        }
        self.last_id = id;
        self.entries_added += 1;
        true
    }

    /// Whether there is an entry with this id.
    pub fn contains(&self, id: StreamId) -> bool {
        self.find(id).is_some()
    }

    /// The entry with this id.
    pub fn get(&self, id: StreamId) -> Option<Entry<'_>> {
        let (place, raw) = self.find(id)?;
        Some(self.chunks.get(place)?.entry(&raw))
    }

    /// Deletes an entry. Returns whether there was one.
    pub fn delete(&mut self, id: StreamId) -> bool {
        let Some((place, raw)) = self.find(id) else { return false };
        self.delete_at(place, &raw);
        self.max_deleted_id = self.max_deleted_id.max(id);
        true
    }

    /// The entries with ids from `from` to `to`, both included.
    pub fn range(&self, from: StreamId, to: StreamId) -> Range<'_> {
        let place = self.chunks.partition(|chunk| chunk.base() <= from).or_else(|| self.chunks.first());
        let walk = place.and_then(|place| self.chunks.get(place)).map(Chunk::walk);
        Range { stream: self, place, walk, from, to }
    }

    /// The entries with ids from `to` back to `from`, both included.
    pub fn range_back(&self, from: StreamId, to: StreamId) -> RangeBack<'_> {
        let place = self.chunks.partition(|chunk| chunk.base() <= to);
        let mut range = RangeBack { stream: self, place: None, found: Vec::new(), from, to };
        if let Some(place) = place {
            range.enter(place);
        }
        range
    }

    /// The last entry.
    pub fn last(&self) -> Option<Entry<'_>> {
        self.range_back(StreamId::MIN, StreamId::MAX).next()
    }

    /// The first entry.
    pub fn first(&self) -> Option<Entry<'_>> {
        self.range(StreamId::MIN, StreamId::MAX).next()
    }

    /// The number of entries of a range. O(blocks), and a walk over a chunk at either end.
    pub fn count(&self, from: StreamId, to: StreamId) -> usize {
        view::count_between(&self.chunks, (from, to))
    }

    /// The entries of a range as they are now, at most `count`, to be looked at whatever becomes of the stream. O(blocks), and the
    /// first change of each block and of each chunk afterwards copies it.
    pub fn view(&mut self, from: StreamId, to: StreamId, backwards: bool, count: usize) -> StreamView {
        StreamView::new(self.chunks.view(), (from, to), backwards, count)
    }

    /// Frees some of the stream's memory: at most `pieces_max` chunks, producers, runs of pending entries or consumers. Returns
    /// whether none is left.
    pub fn free_some(&mut self, pieces_max: usize) -> bool {
        for _ in 0..pieces_max {
            match self.chunks.pop_back() {
                Some(mut chunk) => {
                    self.buffer_bytes -= chunk.heap_bytes();
                    chunk.give_up();
                }
                None => {
                    if self.producers.as_mut().is_some_and(|producers| !producers.free_some(pieces_max)) {
                        return false;
                    }
                    self.producers = None;
                    return self.groups.free_some(pieces_max);
                }
            }
        }
        false
    }

    fn find(&self, id: StreamId) -> Option<(Place, Raw)> {
        let place = self.chunks.partition(|chunk| chunk.base() <= id)?;
        let chunk = self.chunks.get(place)?;
        if id > chunk.last() {
            return None;
        }
        Some((place, chunk.find(id)?))
    }

    fn delete_at(&mut self, place: Place, raw: &Raw) {
        let left = self.edit(place, |chunk| {
            chunk.delete(raw);
            chunk.live()
        });
        if left == Some(0) {
            self.drop_chunk(place);
        }
    }

    fn edit<R>(&mut self, place: Place, change: impl FnOnce(&mut Chunk) -> R) -> Option<R> {
        let Stream { chunks, buffer_bytes, .. } = self;
        chunks.edit(place, |chunk| {
            let before = chunk.heap_bytes();
            let result = change(chunk);
            *buffer_bytes = *buffer_bytes + chunk.heap_bytes() - before;
            result
        })
    }

    fn drop_chunk(&mut self, place: Place) {
        if let Some(mut chunk) = self.chunks.remove(place) {
            self.buffer_bytes -= chunk.heap_bytes();
            chunk.give_up();
        }
    }
}

/// Entries in the order of their ids.
#[derive(Clone, Debug)]
pub struct Range<'a> {
    stream: &'a Stream,
    place: Option<Place>,
    walk: Option<Walk>,
    from: StreamId,
    to: StreamId,
}

impl<'a> Iterator for Range<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let chunk = self.stream.chunks.get(self.place?)?;
            let walk = self.walk.as_mut()?;
            while let Some(raw) = walk.next(chunk) {
                if raw.id > self.to {
                    self.place = None;
                    return None;
                }
                if raw.id >= self.from {
                    return Some(chunk.entry(&raw));
                }
            }
            self.place = self.stream.chunks.next(self.place?);
            self.walk = self.stream.chunks.get(self.place?).map(Chunk::walk);
        }
    }
}

/// Entries in the reverse order of their ids.
#[derive(Clone, Debug)]
pub struct RangeBack<'a> {
    stream: &'a Stream,
    place: Option<Place>,
    /// The entries of the chunk that have not been given out.
    found: Vec<Raw>,
    from: StreamId,
    to: StreamId,
}

impl RangeBack<'_> {
    fn enter(&mut self, place: Place) {
        self.place = Some(place);
        let Some(chunk) = self.stream.chunks.get(place) else { return };
        let mut walk = chunk.walk();
        self.found.clear();
        while let Some(raw) = walk.next(chunk)
            && raw.id <= self.to
        {
            self.found.push(raw);
        }
    }
}

impl<'a> Iterator for RangeBack<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        // A chunk may have no entry in the range, if all that it has are later.
        while self.found.is_empty() {
            self.enter(self.stream.chunks.prev(self.place?)?);
        }
        let raw = self.found.pop()?;
        if raw.id < self.from {
            self.place = None;
            self.found.clear();
            return None;
        }
        self.stream.chunks.get(self.place?).map(|chunk| chunk.entry(&raw))
    }
}
