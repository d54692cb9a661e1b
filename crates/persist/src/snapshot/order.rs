//! The order of chunks in a file: the pieces of a value one after the other, whatever comes meanwhile.

use std::collections::VecDeque;

use super::jobs::{Chunk, Place};

/// Chunks that wait for the end of a value.
#[derive(Debug, Default)]
pub(super) struct Order {
    waiting: VecDeque<Chunk>,
    /// The shard whose value is being written.
    held: Option<u16>,
}

impl Order {
    /// Takes a chunk that came.
    pub(super) fn push(&mut self, chunk: Chunk) {
        self.waiting.push_back(chunk);
    }

    /// The chunk that is to be written next, if it is there.
    pub(super) fn pop(&mut self) -> Option<Chunk> {
        let at = match self.held {
            None => 0,
            Some(shard) => self
                .waiting
                .iter()
                .position(|chunk| chunk.shard == shard && chunk.place != Place::Anywhere)?,
        };
        let chunk = self.waiting.remove(at)?;
        self.held = (chunk.place == Place::Piece).then_some(chunk.shard);
        Some(chunk)
    }
}
