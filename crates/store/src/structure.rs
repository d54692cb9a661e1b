//! Big collections: each a structure of its own, boxed.

use ds::array::Array;
use ds::stream::Stream;

use crate::Kind;
use crate::hash::Hash;
use crate::list::List;
use crate::set::Set;
use crate::sorted_set::SortedSet;

/// What the store wants of any big collection. All but [`Collection::free_some`] are O(1).
pub trait Collection {
    /// What `OBJECT ENCODING` answers.
    fn encoding(&self) -> &'static str;

    /// The number of elements.
    fn len(&self) -> usize;

    /// Whether there is no element. Such a collection does not stay in the store.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Heap bytes, without the structure itself.
    fn memory_bytes(&self) -> usize;

    /// Frees some of the structure, in about `budget` allocations; returns whether all of it is freed. Nobody looks at it
    /// any more after the first call.
    fn free_some(&mut self, budget: usize) -> bool;
}

/// A big collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Structure {
    /// A hash.
    Hash(Hash),
    /// A set.
    Set(Set),
    /// A sorted set.
    SortedSet(SortedSet),
    /// A list.
    List(List),
    /// A stream.
    Stream(Box<Stream>),
    /// An array.
    Array(Box<Array>),
}

impl Structure {
    /// Heap bytes. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.collection().memory_bytes()
    }

    /// Number of elements. O(1).
    pub fn elements(&self) -> usize {
        self.collection().len()
    }

    /// Heap bytes and number of elements. O(1).
    #[inline]
    pub(crate) fn measures(&self) -> (usize, usize) {
        fn both(collection: &impl Collection) -> (usize, usize) {
            (collection.memory_bytes(), collection.len())
        }
        match self {
            Structure::Hash(hash) => both(hash),
            Structure::Set(set) => both(set),
            Structure::SortedSet(set) => both(set),
            Structure::List(list) => both(list),
            Structure::Stream(stream) => both(&**stream),
            Structure::Array(array) => both(&**array),
        }
    }

    /// When the first field of a hash expires, if any does.
    #[inline]
    pub(crate) fn soonest_ms(&self) -> Option<u64> {
        match self {
            Structure::Hash(hash) => hash.soonest_ms(),
            _ => None,
        }
    }

    /// The type of the value.
    #[inline]
    pub const fn kind(&self) -> Kind {
        match self {
            Structure::Hash(_) => Kind::Hash,
            Structure::Set(_) => Kind::Set,
            Structure::SortedSet(_) => Kind::SortedSet,
            Structure::List(_) => Kind::List,
            Structure::Stream(_) => Kind::Stream,
            Structure::Array(_) => Kind::Array,
        }
    }

    /// What all collections have in common.
    #[inline]
    pub fn collection(&self) -> &dyn Collection {
        match self {
            Structure::Hash(hash) => hash,
            Structure::Set(set) => set,
            Structure::SortedSet(set) => set,
            Structure::List(list) => list,
            Structure::Stream(stream) => &**stream,
            Structure::Array(array) => &**array,
        }
    }

    /// As [`Structure::collection`], to change it.
    #[inline]
    pub(crate) fn collection_mut(&mut self) -> &mut dyn Collection {
        match self {
            Structure::Hash(hash) => hash,
            Structure::Set(set) => set,
            Structure::SortedSet(set) => set,
            Structure::List(list) => list,
            Structure::Stream(stream) => &mut **stream,
            Structure::Array(array) => &mut **array,
        }
    }
}
