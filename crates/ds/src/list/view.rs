//! A view: elements of a list as they were at one instant, to be visited in slices.

use super::chunk::Chunk;
use crate::blocks::{Blocks, Place};
use crate::pack::Element;
use crate::run::{first, offset_of};

/// See the [module documentation](self).
///
/// Blocks that have been visited are let go of, so what changes behind the visitor is not copied any more.
#[derive(Debug)]
pub struct ListView {
    /// Shares its chunks and is never changed.
    chunks: Blocks<Chunk>,
    /// Where the next element is: its chunk, and the byte of the chunk's run.
    place: Option<Place>,
    offset: usize,
    /// Elements that have not been visited.
    left: usize,
    /// The elements of a closed chunk.
    scratch: Vec<u8>,
}

impl ListView {
    pub(super) fn new(chunks: Blocks<Chunk>, from: usize, count: usize) -> Self {
        let left = count.min(chunks.weight().saturating_sub(from));
        let at = chunks.locate(from);
        let mut scratch = Vec::new();
        let offset =
            at.and_then(|(place, rest)| Some(offset_of(chunks.get(place)?.run_in(&mut scratch), rest)));
        ListView { chunks, place: at.map(|(place, _)| place), offset: offset.unwrap_or(0), left, scratch }
    }

    /// The number of elements that have not been visited. O(1).
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether all have been visited. O(1).
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Passes elements to `visit`, from where the last call ended, until it says false or none is left. Returns whether none is
    /// left.
    pub fn visit(&mut self, mut visit: impl FnMut(Element<'_>) -> bool) -> bool {
        while self.left > 0
            && let Some(place) = self.place
            && let Some(chunk) = self.chunks.get(place)
        {
            let run = chunk.run_in(&mut self.scratch);
            let mut go_on = true;
            while go_on
                && self.left > 0
                && let Some((element, len)) = run.get(self.offset..).and_then(first)
            {
                go_on = visit(element);
                self.offset += len;
                self.left -= 1;
            }
            if self.offset >= run.len() {
                let next = self.chunks.next(place);
                if next.is_some_and(|next| !next.same_block(place)) {
                    self.chunks.drop_items(place);
                }
                (self.place, self.offset) = (next, 0);
            }
            if !go_on {
                break;
            }
        }
        self.left == 0 || self.place.is_none()
    }

    /// Lets go of about `budget` chunks; returns whether all is let go of. Nothing is visited afterwards.
    pub fn free_some(&mut self, budget: usize) -> bool {
        self.left = 0;
        (0..budget.div_ceil(crate::blocks::BLOCK_MAX)).any(|_| !self.chunks.drop_block())
    }
}
