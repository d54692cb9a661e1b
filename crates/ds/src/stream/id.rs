//! Ids of stream entries.

use crate::sorted::Fixed;

/// The id of an entry: a time and a number within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Milliseconds, usually since 1970.
    pub ms: u64,
    /// Tells ids of the same millisecond apart.
    pub seq: u64,
}

impl StreamId {
    /// The smallest id, which no entry has.
    pub const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    /// The greatest id.
    pub const MAX: StreamId = StreamId { ms: u64::MAX, seq: u64::MAX };

    /// An id.
    #[inline]
    pub const fn new(ms: u64, seq: u64) -> Self {
        StreamId { ms, seq }
    }

    /// The next greater id; none after the greatest.
    pub fn next(self) -> Option<StreamId> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => Some(StreamId { ms: self.ms.checked_add(1)?, seq: 0 }),
        }
    }

    /// The next smaller id; none before the smallest.
    pub fn prev(self) -> Option<StreamId> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => Some(StreamId { ms: self.ms.checked_sub(1)?, seq: u64::MAX }),
        }
    }
}

impl Fixed for StreamId {
    const BYTES: usize = 16;

    #[inline(always)]
    fn write_to(self, bytes: &mut [u8]) {
        if let Some(target) = bytes.first_chunk_mut::<16>() {
            target[..8].copy_from_slice(&self.ms.to_le_bytes());
            target[8..].copy_from_slice(&self.seq.to_le_bytes());
        }
    }

    #[inline(always)]
    fn read_from(bytes: &[u8]) -> StreamId {
        StreamId { ms: u64::read_from(bytes), seq: u64::read_from(bytes.get(8..).unwrap_or_default()) }
    }
}

/// A time and an id.
impl Fixed for (i64, StreamId) {
    const BYTES: usize = 24;

    #[inline(always)]
    fn write_to(self, bytes: &mut [u8]) {
        if let Some(target) = bytes.first_chunk_mut::<24>() {
            target[..8].copy_from_slice(&self.0.to_le_bytes());
            self.1.write_to(&mut target[8..]);
        }
    }

    #[inline(always)]
    fn read_from(bytes: &[u8]) -> Self {
        (u64::read_from(bytes) as i64, StreamId::read_from(bytes.get(8..).unwrap_or_default()))
    }
}
