//! Trimming a stream: removing its oldest entries, with regard to who still has to read them.

use std::collections::VecDeque;

use super::chunk::Chunk;
use super::{Place, Stream, StreamId};

/// Down to where a stream is trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrimTo {
    /// Until it has no more entries than these.
    Len(u64),
    /// Until it has no entry with a smaller id.
    Id(StreamId),
}

/// What a trim or deletion does about consumer groups that still refer to an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum References {
    /// Nothing: they keep an id without an entry.
    #[default]
    Keep,
    /// They forget the entry.
    Delete,
    /// Entries that a group has not had, or a consumer has not acknowledged, stay.
    Respect,
}

/// How a stream is trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// Down to where.
    pub to: TrimTo,
    /// Only whole chunks, and these only where references are kept.
    pub approximate: bool,
    /// No chunk is begun with which more than so many entries would be removed; 0 for no limit.
    pub limit: u64,
    /// What becomes of references.
    pub references: References,
}

impl Stream {
    /// Whether a group still has to deal with an entry: it has not been delivered to it, or not been acknowledged.
    /// O(groups).
    pub fn is_referenced(&self, id: StreamId) -> bool {
        self.groups().iter().any(|group| group.last_id() < id || group.pending().contains(id))
    }

    /// Makes all groups forget an entry.
    pub fn forget(&mut self, id: StreamId) {
        self.groups.forget(id);
    }

    /// Removes the oldest entries. Returns how many, and what is left of them if they were many, for its owner to free in
    /// slices.
    pub fn trim(&mut self, trim: Trim) -> (u64, Stream) {
        let mut rest = Stream::new();
        let mut removed = self.trim_blocks(&trim, &mut rest);
        let mut at = self.chunks.first();
        while let Some(place) = at
            && let Some(chunk) = self.chunks.get(place)
        {
            if matches!(trim.to, TrimTo::Len(max) if self.len() as u64 <= max) {
                break;
            }
            let live = chunk.live() as u64;
            if trim.limit > 0 && removed + live > trim.limit {
                break;
            }
            let whole = match trim.to {
                TrimTo::Len(max) => self.len() as u64 - live >= max,
                TrimTo::Id(id) => chunk.last() < id,
            };
            if whole && trim.references == References::Keep {
                self.drop_chunk(place);
                removed += live;
                at = self.chunks.first();
                continue;
            }
            // Whole chunks go at one stroke; where single entries matter, an approximate trim leaves them, as Redis does.
            if trim.approximate {
                break;
            }
            let end = chunk.last();
            removed += self.trim_chunk(place, &trim);
            // Where referenced entries stay, others further on go in their stead.
            let more = match trim.to {
                TrimTo::Len(max) => self.len() as u64 > max,
                TrimTo::Id(_) => whole,
            };
            if !more {
                break;
            }
            // The chunk may be gone, or have kept some of its entries.
            at = match self.chunks.partition(|chunk| chunk.base() <= end) {
                Some(before) => self.chunks.next(before),
                None => self.chunks.first(),
            };
        }
        (removed, rest)
    }

    /// Moves blocks of chunks that go as a whole, and returns how many entries they have.
    fn trim_blocks(&mut self, trim: &Trim, rest: &mut Stream) -> u64 {
        if trim.references != References::Keep || trim.limit > 0 {
            return 0;
        }
        let mut removed = 0;
        while let Some(first) = self.chunks.first() {
            let len = self.len() as u64;
            let goes = |chunks: &VecDeque<Chunk>, weight: usize| match trim.to {
                TrimTo::Len(max) => len - weight as u64 >= max,
                TrimTo::Id(id) => chunks.back().is_some_and(|chunk| chunk.last() < id),
            };
            match self.chunks.move_block(first, &mut rest.chunks, goes) {
                Some(weight) => removed += weight as u64,
                None => break,
            }
        }
        rest.buffer_bytes = rest.chunks.iter().map(Chunk::heap_bytes).sum();
        self.buffer_bytes -= rest.buffer_bytes;
        removed
    }

    /// Removes entries of one chunk that are to go, and returns how many.
    fn trim_chunk(&mut self, place: Place, trim: &Trim) -> u64 {
        let Some(chunk) = self.chunks.get(place) else { return 0 };
        let mut walk = chunk.walk();
        let ids: Vec<StreamId> = std::iter::from_fn(|| walk.next(chunk)).map(|raw| raw.id).collect();
        let mut removed = 0;
        for id in ids {
            let done = match trim.to {
                TrimTo::Len(max) => self.len() as u64 <= max,
                TrimTo::Id(min) => id >= min,
            };
            if done {
                break;
            }
            match trim.references {
                References::Respect if self.is_referenced(id) => continue,
                References::Delete => self.forget(id),
                References::Keep | References::Respect => {}
            }
            // Mostly the first entry of the chunk, which is found at once.
            if let Some((place, raw)) = self.find(id) {
                self.delete_at(place, &raw);
                removed += 1;
            }
        }
        removed
    }
}
