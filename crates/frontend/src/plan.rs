//! The plan of a turn: everything that the parsed commands ask, of the own shard and of others.
//!
//! Commands are parsed until a window is full or there is no more input; then the plan is published and executed.
//! Chunks and other sources stay until the end of the turn, since pieces of the own shard read their arguments from them.

use base::{ArgRange, Args};
use bytes::Bytes;

use crate::message::{Batch, Piece, Source, StepCall, args_of};

/// The plan of a turn of one core.
pub(crate) struct Plan<C> {
    /// Work for the own shard, in program order.
    pub(crate) own: Vec<Piece>,
    /// Argument ranges of `own`, and of the command being routed.
    pub(crate) ranges: Vec<ArgRange>,
    /// Received chunks that `own` refers to.
    pub(crate) chunks: Vec<C>,
    /// Other sources that `own` refers to.
    pub(crate) shared: Vec<Bytes>,
    /// Steps for the own shard.
    pub(crate) steps: Vec<StepCall>,
    /// By shard, what goes there.
    pub(crate) batches: Vec<Option<Box<Batch>>>,
    /// Pieces in `batches`.
    pub(crate) remote: usize,
    /// Batches to use again, in the boxes in which they travel.
    #[allow(clippy::vec_box, reason = "the box is what is used again")]
    pub(crate) spare: Vec<Box<Batch>>,
}

impl<C: AsRef<[u8]>> Plan<C> {
    pub(crate) fn new(shards: u16) -> Self {
        Plan {
            own: Vec::new(),
            ranges: Vec::new(),
            chunks: Vec::new(),
            shared: Vec::new(),
            steps: Vec::new(),
            batches: (0..shards).map(|_| None).collect(),
            remote: 0,
            spare: Vec::new(),
        }
    }

    /// How many pieces wait to be published or executed.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.own.len() + self.remote
    }

    /// How many of the ranges belong to own pieces; what follows them belongs to the command being routed.
    #[inline]
    pub(crate) fn own_ranges(&self) -> u32 {
        self.own.last().map_or(0, |piece| piece.first_range + piece.argc)
    }

    /// The bytes of a source.
    #[inline]
    pub(crate) fn bytes(&self, source: Source) -> &[u8] {
        source_bytes(&self.chunks, &self.shared, source)
    }

    /// The arguments of an own piece.
    #[inline]
    pub(crate) fn args(&self, piece: &Piece) -> Args<'_> {
        args_of(self.bytes(piece.source), &self.ranges, piece)
    }

    /// The batch for another shard.
    #[inline]
    pub(crate) fn batch(&mut self, shard: u16) -> &mut Batch {
        batch_for(&mut self.batches, &mut self.spare, shard)
    }

    /// Takes a batch back for later use.
    pub(crate) fn recycle(&mut self, mut batch: Box<Batch>) {
        if self.spare.len() < 2 * self.batches.len() {
            batch.clear();
            self.spare.push(batch);
        }
    }

    /// The own pieces are executed: forgets them, but keeps their sources.
    pub(crate) fn clear_own(&mut self) {
        self.own.clear();
        self.ranges.clear();
        self.steps.clear();
    }
}

/// The batch for another shard, where the rest of the plan is borrowed otherwise.
#[inline]
#[allow(clippy::vec_box, reason = "the box is what is used again")]
pub(crate) fn batch_for<'a>(
    batches: &'a mut [Option<Box<Batch>>],
    spare: &mut Vec<Box<Batch>>,
    shard: u16,
) -> &'a mut Batch {
    batches[usize::from(shard)].get_or_insert_with(|| spare.pop().unwrap_or_default())
}

/// The bytes of a source, where the rest of the plan is borrowed otherwise.
#[inline]
pub(crate) fn source_bytes<'a, C: AsRef<[u8]>>(
    chunks: &'a [C],
    shared: &'a [Bytes],
    source: Source,
) -> &'a [u8] {
    match source {
        Source::Chunk(at) => chunks.get(at as usize).map_or(&[], |chunk| chunk.as_ref()),
        Source::Shared(at) => shared.get(at as usize).map_or(&[], |bytes| bytes),
        Source::Batch => &[],
    }
}
