//! A view: entries of a stream as they were at one instant, to be visited in slices.

use super::chunk::{Chunk, Raw};
use super::{Entry, StreamId};
use crate::blocks::{BLOCK_MAX, Blocks, Place};

/// See the [module documentation](self).
///
/// Blocks that have been visited are let go of, so what changes behind the visitor is not copied any more.
#[derive(Debug)]
pub struct StreamView {
    /// Shares its chunks and is never changed.
    chunks: Blocks<Chunk>,
    /// The chunk that comes next.
    place: Option<Place>,
    /// Entries of a chunk that come next, the first of them last.
    found: Vec<Raw>,
    /// Their chunk.
    from_chunk: Option<Place>,
    range: (StreamId, StreamId),
    backwards: bool,
    /// Entries that have not been visited.
    left: usize,
}

impl StreamView {
    pub(super) fn new(
        chunks: Blocks<Chunk>,
        range: (StreamId, StreamId),
        backwards: bool,
        count: usize,
    ) -> Self {
        let ((from, to), left) = (range, count_between(&chunks, range));
        let place = if backwards {
            chunks.partition(|chunk| chunk.base() <= to)
        } else {
            chunks.partition(|chunk| chunk.base() <= from).or_else(|| chunks.first())
        };
        let (found, left) = (Vec::new(), left.min(count));
        StreamView { chunks, place, found, from_chunk: None, range, backwards, left }
    }

    /// The number of entries that have not been visited. O(1).
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether all have been visited. O(1).
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Passes entries to `visit`, from where the last call ended, until it says false or none is left. Returns whether none is
    /// left.
    pub fn visit(&mut self, mut visit: impl FnMut(&Entry<'_>) -> bool) -> bool {
        while self.left > 0 && (!self.found.is_empty() || self.enter()) {
            while self.left > 0
                && let Some(raw) = self.found.pop()
            {
                let Some(chunk) = self.from_chunk.and_then(|place| self.chunks.get(place)) else { break };
                self.left -= 1;
                if !visit(&chunk.entry(&raw)) {
                    return self.left == 0;
                }
            }
        }
        true
    }

    /// Finds the entries of the next chunk; false if there is none.
    fn enter(&mut self) -> bool {
        let Some(place) = self.place else { return false };
        if let Some(before) = self.from_chunk
            && !before.same_block(place)
        {
            self.chunks.drop_items(before);
        }
        entries_of(&self.chunks, place, self.range, &mut self.found);
        if !self.backwards {
            self.found.reverse();
        }
        self.from_chunk = Some(place);
        self.place = if self.backwards { self.chunks.prev(place) } else { self.chunks.next(place) };
        true
    }

    /// Lets go of about `budget` chunks; returns whether all is let go of. Nothing is visited afterwards.
    pub fn free_some(&mut self, budget: usize) -> bool {
        self.left = 0;
        (0..budget.div_ceil(BLOCK_MAX)).any(|_| !self.chunks.drop_block())
    }
}

/// The number of entries of a range. O(blocks) and a walk over a chunk at either end.
pub(super) fn count_between(chunks: &Blocks<Chunk>, (from, to): (StreamId, StreamId)) -> usize {
    if from > to {
        return 0;
    }
    // Before an id, and with the entry of that id where `with` says so.
    let before = |id: StreamId, with: bool| {
        let Some(place) = chunks.partition(|chunk| chunk.base() <= id) else { return 0 };
        let mut entries = Vec::new();
        entries_of(chunks, place, (StreamId::MIN, id), &mut entries);
        let equal = entries.last().is_some_and(|last| last.id == id) && !with;
        chunks.weight_before(place) + entries.len() - usize::from(equal)
    };
    before(to, true) - before(from, false)
}

/// The entries of a chunk that are in a range, appended.
fn entries_of(
    chunks: &Blocks<Chunk>,
    place: Place,
    (from, to): (StreamId, StreamId),
    entries: &mut Vec<Raw>,
) {
    let Some(chunk) = chunks.get(place) else { return };
    let mut walk = chunk.walk();
    while let Some(raw) = walk.next(chunk)
        && raw.id <= to
    {
        if raw.id >= from {
            entries.push(raw);
        }
    }
}
