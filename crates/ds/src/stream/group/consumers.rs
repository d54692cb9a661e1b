//! The consumers of a group, by number and by name.

use super::super::StreamId;
use crate::blocks::heap_bytes;
use crate::share::{Share, Shared, Slab};
use crate::sorted::SortedLog;

/// Consumers of a chunk: what is counted up when one that is shared is changed.
const CHUNK_CONSUMERS: usize = if cfg!(test) { 4 } else { 128 };

/// A consumer of a group.
#[derive(Clone, Debug)]
pub struct Consumer {
    name: Slab,
    /// When it tried to read or claim anything last, in ms since 1970.
    pub seen_ms: i64,
    /// When it got anything last; -1 if never.
    pub active_ms: i64,
    pending: SortedLog<StreamId, ()>,
}

impl Consumer {
    /// The name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// How many entries it has pending. O(1).
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The ids of its pending entries from one on, in order.
    pub fn pending_from(&self, from: StreamId) -> impl Iterator<Item = StreamId> {
        self.pending.iter_from(from).map(|(id, ())| id)
    }

    /// Frees what it holds; returns how many entries it had pending. O(pending entries).
    pub(super) fn free(mut self) -> usize {
        let count = self.pending.len();
        while !self.pending.free_some(usize::MAX) {}
        self.name.give_up();
        count
    }

    fn heap_bytes(&self) -> usize {
        self.name.heap_bytes() + self.pending.memory_bytes()
    }
}

impl Share for Consumer {
    fn share(&self) -> Self {
        Consumer { name: self.name.share(), pending: self.pending.share(), ..*self }
    }

    fn give_up(&mut self) {
        self.name.give_up();
        self.pending.give_up();
    }
}

/// Some consumers with consecutive numbers, and numbers without one.
#[derive(Clone, Debug, Default)]
struct Chunk(Vec<Option<Consumer>>);

impl Share for Chunk {
    /// With the same room, so that accounts of the room hold.
    fn share(&self) -> Self {
        let mut copy = Vec::with_capacity(self.0.capacity());
        copy.extend(self.0.iter().map(|slot| slot.as_ref().map(Consumer::share)));
        Chunk(copy)
    }

    fn give_up(&mut self) {
        self.0.iter_mut().flatten().for_each(Consumer::give_up);
    }
}

impl Chunk {
    fn heap_bytes(&self) -> usize {
        Shared::<Chunk>::HEAP_BYTES + heap_bytes(self.0.capacity() * size_of::<Option<Consumer>>())
    }
}

/// See the [module documentation](self).
#[derive(Clone, Debug, Default)]
pub(super) struct Consumers {
    /// By number. All but the last are full, of consumers or of numbers without one.
    chunks: Vec<Shared<Chunk>>,
    /// The numbers of the consumers, by name.
    by_name: Vec<u32>,
    /// Heap bytes of chunks, and of what the consumers hold.
    bytes: usize,
}

impl Share for Consumers {
    /// O(consumers / 128), and four bytes for each.
    fn share(&self) -> Self {
        let mut by_name = Vec::with_capacity(self.by_name.capacity());
        by_name.extend_from_slice(&self.by_name);
        Consumers { chunks: self.chunks.share(), by_name, bytes: self.bytes }
    }

    fn give_up(&mut self) {
        self.chunks.give_up();
    }
}

impl Consumers {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Heap bytes. O(1).
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes
            + heap_bytes(self.chunks.capacity() * size_of::<Shared<Chunk>>())
            + heap_bytes(self.by_name.capacity() * size_of::<u32>())
    }

    /// The consumer that is so manyth in the order of names, with its number.
    pub(super) fn by_rank(&self, rank: usize) -> Option<(u32, &Consumer)> {
        let number = *self.by_name.get(rank)?;
        Some((number, self.get(number)?))
    }

    /// The consumer with a number.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Consumer> {
        let at = number as usize;
        self.chunks.get(at / CHUNK_CONSUMERS)?.0.get(at % CHUNK_CONSUMERS)?.as_ref()
    }

    /// The consumer with a number, to note when it was there.
    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Consumer> {
        self.slot_mut(number as usize)?.as_mut()
    }

    fn slot_mut(&mut self, at: usize) -> Option<&mut Option<Consumer>> {
        self.chunks.get_mut(at / CHUNK_CONSUMERS)?.make_mut().0.get_mut(at % CHUNK_CONSUMERS)
    }

    /// Changes what a consumer has pending.
    pub(super) fn edit(&mut self, number: u32, change: impl FnOnce(&mut SortedLog<StreamId, ()>)) {
        let Some(consumer) = self.get_mut(number) else { return };
        let before = consumer.heap_bytes();
        change(&mut consumer.pending);
        let after = consumer.heap_bytes();
        self.bytes = self.bytes + after - before;
    }

    /// The number of the consumer with a name. O(log consumers).
    pub(super) fn find(&self, name: &[u8]) -> Option<u32> {
        self.search(name).ok().and_then(|at| self.by_name.get(at).copied())
    }

    /// Makes a consumer that is not there yet. Returns its number. O(consumers).
    pub(super) fn add(&mut self, name: &[u8], now_ms: i64) -> u32 {
        let at = match self.search(name) {
            Ok(at) => return self.by_name[at],
            Err(at) => at,
        };
        let pending = SortedLog::default();
        let consumer = Consumer { name: Slab::copy_of(name), seen_ms: now_ms, active_ms: -1, pending };
        self.bytes += consumer.heap_bytes();
        let free = self.free_number();
        match self.slot_mut(free) {
            Some(slot) => *slot = Some(consumer),
            None => self.push(consumer),
        }
        self.by_name.insert(at, free as u32);
        free as u32
    }

    /// The smallest number without a consumer.
    fn free_number(&self) -> usize {
        let all = self.chunks.len().saturating_sub(1) * CHUNK_CONSUMERS
            + self.chunks.last().map_or(0, |chunk| chunk.0.len());
        if self.by_name.len() == all {
            return all;
        }
        let mut slots = self.chunks.iter().flat_map(|chunk| chunk.0.iter());
        slots.position(Option::is_none).unwrap_or(all)
    }

    fn push(&mut self, consumer: Consumer) {
        if self.chunks.last().is_none_or(|chunk| chunk.0.len() == CHUNK_CONSUMERS) {
            let chunk = Chunk::default();
            self.bytes += chunk.heap_bytes();
            self.chunks.push(Shared::new(chunk));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            let chunk = chunk.make_mut();
            self.bytes -= chunk.heap_bytes();
            if chunk.0.len() == chunk.0.capacity() {
                chunk.0.reserve_exact(chunk.0.len().max(1));
            }
            chunk.0.push(Some(consumer));
            self.bytes += chunk.heap_bytes();
        }
    }

    /// Takes a consumer out.
    pub(super) fn take(&mut self, number: u32) -> Option<Consumer> {
        let gone = self.slot_mut(number as usize)?.take()?;
        self.bytes -= gone.heap_bytes();
        self.by_name.retain(|&other| other != number);
        Some(gone)
    }

    fn search(&self, name: &[u8]) -> Result<usize, usize> {
        let name_of = |number: &u32| self.get(*number).map_or(&[][..], Consumer::name);
        self.by_name.binary_search_by(|number| name_of(number).cmp(name))
    }

    /// Frees at most `pieces_max` consumers, or so many runs of one. Returns whether none is left.
    pub(super) fn free_some(&mut self, pieces_max: usize) -> bool {
        self.by_name = Vec::new();
        for _ in 0..pieces_max {
            let Some(chunk) = self.chunks.last_mut() else { return true };
            let chunk = chunk.make_mut();
            match chunk.0.last_mut() {
                Some(Some(consumer)) => {
                    let before = consumer.heap_bytes();
                    let done = consumer.pending.free_some(pieces_max);
                    self.bytes = self.bytes + consumer.heap_bytes() - before;
                    if !done {
                        return false;
                    }
                    self.bytes -= consumer.heap_bytes();
                    consumer.give_up();
                    chunk.0.pop();
                }
                Some(None) => _ = chunk.0.pop(),
                None => {
                    self.bytes -= chunk.heap_bytes();
                    self.chunks.pop();
                }
            }
        }
        false
    }

    /// Lets go of about `budget` consumers and their runs; returns whether all is let go of.
    pub(super) fn release(&mut self, budget: &mut usize) -> bool {
        while let Some(chunk) = self.chunks.last_mut() {
            if let Some(only) = chunk.only_owner() {
                while let Some(slot) = only.0.last_mut() {
                    if *budget == 0 || !slot.as_mut().is_none_or(|consumer| consumer.pending.release(budget))
                    {
                        return false;
                    }
                    only.0.pop();
                }
            }
            self.chunks.pop();
            *budget = budget.saturating_sub(1);
        }
        true
    }

    /// What [`Consumers::memory_bytes`] must say, by a count of everything.
    #[cfg(test)]
    pub(super) fn counted_bytes(&self) -> usize {
        let consumers: usize =
            self.chunks.iter().flat_map(|chunk| chunk.0.iter().flatten()).map(Consumer::heap_bytes).sum();
        let chunks: usize = self.chunks.iter().map(|chunk| chunk.heap_bytes()).sum();
        consumers + chunks + self.memory_bytes() - self.bytes
    }
}
