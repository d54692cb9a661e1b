//! Streams: always a structure of their own.

use ds::record::{frugal_size, size_class};
use ds::stream::{Limits as ChunkLimits, Stream};

use crate::structure::Collection;
use crate::{Db, Draft, Key, Limits, Structure, Value, WrongType};

/// Longest chunk whatever is configured: what one change may have to move.
const CHUNK_MAX_BYTES: usize = 64 * 1024;
/// Most entries of a chunk whatever is configured: what one look, or one step of a snapshot, may have to walk over.
const CHUNK_MAX_ENTRIES: usize = 4096;

impl Collection for Stream {
    fn encoding(&self) -> &'static str {
        "stream"
    }

    fn len(&self) -> usize {
        Stream::len(self)
    }

    /// A stream stays without entries: its ids go on from where they were, and its groups wait.
    fn is_empty(&self) -> bool {
        false
    }

    /// With the box, which no other structure has.
    fn memory_bytes(&self) -> usize {
        size_class(size_of::<Stream>()) + Stream::memory_bytes(self)
    }

    fn free_some(&mut self, budget: usize) -> bool {
        Stream::free_some(self, budget)
    }
}

impl Limits {
    /// How large the chunks of streams are.
    pub fn stream_chunk(&self) -> ChunkLimits {
        let or_max = |value: usize, max: usize| if value == 0 { max } else { value.min(max) };
        ChunkLimits {
            bytes: frugal_size(or_max(self.stream_node_max_bytes, CHUNK_MAX_BYTES)),
            entries: or_max(self.stream_node_max_entries, CHUNK_MAX_ENTRIES),
        }
    }
}

impl<'a> Value<'a> {
    /// The stream that the value is.
    #[inline]
    pub fn as_stream(self) -> Result<&'a Stream, WrongType> {
        match self {
            Value::Structure(Structure::Stream(stream)) => Ok(stream),
            _ => Err(WrongType),
        }
    }
}

impl Db<'_> {
    /// The stream of a key, as a read command looks it up: counted as a hit or a miss.
    #[inline]
    pub fn stream_of(&mut self, key: Key<'_>) -> Result<Option<&Stream>, WrongType> {
        self.get(key).map(Value::as_stream).transpose()
    }
}

/// A stream that is being changed.
pub struct StreamDraft<'d, 'a>(&'d mut Draft<'a>);

impl<'a> Draft<'a> {
    /// The draft as that of a stream: the key holds a stream, or nothing.
    #[inline]
    pub fn as_stream(&mut self) -> StreamDraft<'_, 'a> {
        StreamDraft(self)
    }
}

impl StreamDraft<'_, '_> {
    /// The stream, if there is one.
    #[inline]
    pub fn get(&mut self) -> Option<&mut Stream> {
        match self.0.structure_mut() {
            Some(Structure::Stream(stream)) => Some(stream),
            _ => None,
        }
    }

    /// Makes an empty stream, if there is none.
    pub fn create(&mut self) {
        if self.0.is_new() {
            self.0.upgrade(Structure::Stream(Box::default()));
            self.0.changed(1);
        }
    }

    /// Has what was removed from the stream freed in slices.
    pub fn free_later(&mut self, removed: Stream) {
        if Stream::memory_bytes(&removed) > 0 {
            self.0.free_later(Structure::Stream(Box::new(removed)));
        }
    }

    /// Notes so many changes.
    #[inline]
    pub fn changed(&mut self, changes: u64) {
        self.0.changed(changes);
    }
}
