//! A collection while it is being changed, be it small or big, old or new.
//!
//! The collection of a key is changed by a function that [`Db::edit`](crate::Db::edit) passes a [`Draft`] to. A small one
//! is copied to a buffer, changed there and written back if the function says that something has changed, in place if
//! it fits there; one that grew too big for that is replaced by a [`Structure`]; a big one is changed where it is.
//! A key whose collection is empty afterwards goes, and a key that was not there comes only if it is not.

use base::Rng;
use ds::{intset, pack};

use crate::key::TableHasher;
use crate::packed::{Packed, Tag};
use crate::{Limits, OwnedValue, Structure};

/// Longest buffer that is kept for the next use.
const BUFFER_KEPT_MAX_BYTES: usize = 64 * 1024;

/// The key holds a value of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType;

/// What became of a key whose collection was edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edited<R> {
    /// What the function returned.
    pub result: R,
    /// Whether the collection has changed.
    pub changed: bool,
    /// Whether the key is gone, because nothing is left in its collection.
    pub removed: bool,
}

/// See the [module documentation](self).
pub struct Draft<'a> {
    /// Of a small collection, the tag and its bytes; empty if there is none.
    buffer: &'a mut Vec<u8>,
    /// A big collection that the key has.
    present: Option<&'a mut Structure>,
    /// A big collection that the key gets. Boxed, since drafts are moved and this is rare.
    upgraded: Option<Box<Structure>>,
    /// What was removed from a big collection and is to be freed in slices.
    removed: Vec<Structure>,
    changes: u64,
    cleared: bool,
    /// The configured limits.
    pub limits: &'a Limits,
    /// The clock, in ms since 1970.
    pub now_ms: u64,
    /// The shard's randomness.
    pub rng: &'a mut Rng,
    pub(crate) hasher: TableHasher,
}

/// What is to be written back.
pub(crate) struct Outcome {
    pub(crate) changes: u64,
    pub(crate) upgraded: Option<Box<Structure>>,
    pub(crate) removed: Vec<Structure>,
    pub(crate) empty: bool,
}

/// What a draft needs to know of its shard.
pub(crate) struct Surroundings<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) now_ms: u64,
    pub(crate) rng: &'a mut Rng,
    pub(crate) hasher: TableHasher,
}

impl<'a> Draft<'a> {
    #[inline]
    pub(crate) fn new(
        buffer: &'a mut Vec<u8>,
        present: Option<&'a mut Structure>,
        surroundings: Surroundings<'a>,
    ) -> Self {
        let Surroundings { limits, now_ms, rng, hasher } = surroundings;
        Draft {
            buffer,
            present,
            upgraded: None,
            removed: Vec::new(),
            changes: 0,
            cleared: false,
            limits,
            now_ms,
            rng,
            hasher,
        }
    }

    /// The collection, if it is small; `None` too if there is none yet.
    #[inline]
    pub fn packed(&self) -> Option<Packed<'_>> {
        if self.is_big() || self.buffer.is_empty() { None } else { Some(Packed::of(self.buffer)) }
    }

    /// Whether the collection is big.
    #[inline]
    pub fn is_big(&self) -> bool {
        self.present.is_some() || self.upgraded.is_some()
    }

    /// Whether there is no collection yet.
    #[inline]
    pub fn is_new(&self) -> bool {
        self.buffer.is_empty() && !self.is_big()
    }

    /// The bytes of a small collection, its tag first, to be changed; empty if there is none yet. What is written here
    /// counts only if [`Draft::changed`] is told of it.
    #[inline]
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer
    }

    /// The big collection, to look at.
    #[inline]
    pub fn structure(&self) -> Option<&Structure> {
        self.upgraded.as_deref().or(self.present.as_deref())
    }

    /// The big collection, to be changed.
    #[inline]
    pub(crate) fn structure_mut(&mut self) -> Option<&mut Structure> {
        self.upgraded.as_deref_mut().or(self.present.as_deref_mut())
    }

    /// Makes the collection a big one, which has all elements of what was there before.
    pub(crate) fn upgrade(&mut self, structure: Structure) {
        self.buffer.clear();
        self.upgraded = Some(Box::new(structure));
    }

    /// Has a part of a big collection that was removed from it freed in slices.
    pub(crate) fn free_later(&mut self, removed: Structure) {
        self.removed.push(removed);
    }

    /// Notes so many changes of the collection.
    #[inline]
    pub(crate) fn changed(&mut self, changes: u64) {
        self.changes += changes;
    }

    /// Makes the small collection an empty one of a tag whose bytes are a pack.
    #[inline]
    pub(crate) fn begin_pack(&mut self, tag: Tag) {
        self.buffer.clear();
        self.buffer.push(tag as u8);
        pack::init(self.buffer);
    }

    /// Makes the small collection an empty set of integers.
    #[inline]
    pub(crate) fn begin_ints(&mut self) {
        self.buffer.clear();
        self.buffer.push(Tag::IntSet as u8);
        intset::init(self.buffer);
    }

    /// Removes all elements, and so the key. Nothing else may be done with the draft afterwards.
    pub(crate) fn clear(&mut self) {
        self.cleared = true;
    }

    /// Whether the collection has no element.
    pub fn is_empty(&self) -> bool {
        self.cleared
            || match (self.structure(), self.packed()) {
                (Some(structure), _) => structure.collection().is_empty(),
                (None, Some(packed)) => packed.is_empty(),
                (None, None) => true,
            }
    }

    #[inline]
    pub(crate) fn end(self) -> Outcome {
        Outcome {
            changes: self.changes,
            empty: self.is_empty(),
            upgraded: self.upgraded,
            removed: self.removed,
        }
    }

    /// Makes a collection that no key has yet; `None` if it is empty.
    pub(crate) fn build(
        surroundings: Surroundings<'_>,
        fill: impl FnOnce(&mut Draft<'_>),
    ) -> Option<OwnedValue> {
        let mut buffer = Vec::new();
        let mut draft = Draft::new(&mut buffer, None, surroundings);
        fill(&mut draft);
        let outcome = draft.end();
        (!outcome.empty).then(|| OwnedValue::collection(outcome.upgraded.map(|structure| *structure), buffer))
    }
}

impl Packed<'_> {
    /// Whether the collection has no element.
    #[inline]
    pub fn is_empty(&self) -> bool {
        match self.tag {
            Tag::IntSet => intset::IntSet::new(self.bytes).is_empty(),
            Tag::ExpiringHash => crate::hash::expiring_pack(self.bytes).is_empty(),
            Tag::Hash | Tag::Set | Tag::SortedSet | Tag::List => pack::Pack::new(self.bytes).is_empty(),
        }
    }
}

/// The buffer as it is kept for the next draft.
#[inline]
pub(crate) fn recycle(mut buffer: Vec<u8>) -> Vec<u8> {
    if buffer.capacity() > BUFFER_KEPT_MAX_BYTES {
        return Vec::new();
    }
    buffer.clear();
    buffer
}
