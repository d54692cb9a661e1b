//! The whole of a stream, to be looked at bit by bit though it changes: chunk after chunk, group after group.
//!
//! What is lent shares everything with the stream; see there and with groups for what the first changes afterwards cost.

use super::{Chunk, Entry, Stream};
use crate::blocks::{BLOCK_MAX, Place};

/// A chunk of a stream: some consecutive entries, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkPlace(Place);

impl Stream {
    /// The stream as it is now, to look at while this one changes; it is not to be changed itself. It is let go of by
    /// [`Stream::release`]. O(blocks of chunks, groups).
    pub fn lend(&mut self) -> Stream {
        Stream {
            chunks: self.chunks.view(),
            groups: self.groups.share(),
            producers: self.producers.as_mut().map(|producers| Box::new(producers.lend())),
            ..*self
        }
    }

    /// The chunk behind one, or the first one.
    pub fn chunk_behind(&self, place: Option<ChunkPlace>) -> Option<ChunkPlace> {
        let next = match place {
            Some(ChunkPlace(place)) => self.chunks.next(place),
            None => self.chunks.first(),
        };
        next.map(ChunkPlace)
    }

    /// The entries of a chunk.
    pub fn entries_of(&self, place: ChunkPlace) -> impl Iterator<Item = Entry<'_>> {
        let chunk = self.chunks.get(place.0);
        let mut walk = chunk.map(Chunk::walk);
        std::iter::from_fn(move || {
            let (chunk, walk) = (chunk?, walk.as_mut()?);
            walk.next(chunk).map(|raw| chunk.entry(&raw))
        })
    }

    /// Lets go of chunks of a stream that was lent, before one; nobody looks at them any more.
    pub fn release_before(&mut self, place: ChunkPlace) {
        if let Some(before) = self.chunks.prev(place.0)
            && !before.same_block(place.0)
        {
            self.chunks.drop_items(before);
        }
    }

    /// Lets go of about `budget` parts of a stream that was lent; returns whether all is let go of. Nobody looks at it any more.
    pub fn release(&mut self, budget: usize) -> bool {
        let mut left = budget;
        while left > 0 && self.chunks.drop_block() {
            left = left.saturating_sub(BLOCK_MAX);
        }
        left > 0
            && self.producers.as_mut().is_none_or(|producers| producers.release(&mut left))
            && self.groups.release(&mut left)
    }
}
