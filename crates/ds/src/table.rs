//! The keyspace table: from key to record, ordered by slot and hash.
//!
//! ```text
//!   slot      first      first+1    first+2   …
//!           ┌─────────┬───────────┬─────────┐
//!   parts   │ segment │ directory │ segment │      16 bytes each; the array is allocated with the first key
//!           └────┬────┴─────┬─────┴─────────┘
//!                ▼          ▼
//!             buckets     segments by hash prefix ─► buckets      64 bytes each, 8 records, in hash order
//! ```
//!
//! What that order buys:
//!
//! - **No stall.** A key touches its own segment only. That grows by a quarter at a time up to a limit, then splits;
//!   so the longest operation moves one segment's records, however many keys there are.
//! - **SCAN** walks (slot, hash position). A cursor is just that point in an order that no growth, shrinking or
//!   split ever changes, so every key present throughout is seen exactly once, and the server keeps no state.
//! - **Slots** can be counted, listed, moved and dropped without a search.
//! - **Snapshots** walk the segments in the same order and compare a segment's version with the epoch of the cut.
//!
//! The table knows records by one thin pointer. Hash and slot of a key come from the caller, who needs them anyway
//! to route the command; the table hashes keys itself only when it moves records or counts positions for SCAN.
#![allow(unsafe_code)]

mod bucket;
mod directory;
mod drain;
mod entry;
mod grow;
pub(crate) mod prefetch;
mod sample;
mod scan;
mod segment;
mod versions;

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;

use std::marker::PhantomData;
use std::ptr::NonNull;

use directory::Directory;
pub use drain::{SweepCursor, SweepStats};
pub use entry::{Entry, Occupied, RecordRef, Vacant};
use segment::{Moved, Place, Segment, position_of};
pub use versions::SegmentRef;

/// An owned heap record that is reached through one thin pointer and knows its key.
///
/// The type must be a plain owner of a raw pointer (`NonNull`), not a `Box`: while a record lies in the table, the
/// table makes further values of the type from the same pointer to look at it, never dropping those, and a `Box`
/// claims that it alone may be used to reach its contents.
pub trait Record: Sized {
    /// Gives the record up as a pointer. The address has at most 48 bits, as those of all allocators do.
    fn into_raw(self) -> NonNull<u8>;

    /// Takes the record back.
    ///
    /// # Safety
    /// `p` came from [`Record::into_raw`]. Of all values made from the same pointer only one is ever dropped, and
    /// none is changed while another is looked at.
    unsafe fn from_raw(p: NonNull<u8>) -> Self;

    /// The key. It stays the same as long as the record is in a table.
    fn key(&self) -> &[u8];
}

/// The hash function of a table. It must be keyed if keys come from clients.
pub trait KeyHash: Copy {
    /// The hash of a key; all 64 bits are used.
    fn hash(&self, key: &[u8]) -> u64;
}

/// Most buckets of a segment before it splits. At seven eighths full that is 1,792 records to move, some tens of
/// microseconds; a slot holds more than that only in tables of tens of millions of keys, or under one hash tag.
const SEGMENT_BUCKETS_MAX: usize = 256;

/// Slots that share one pair of counters, so that walks and samples skip the empty and find the k-th record fast.
const GROUP_SLOTS: usize = 128;

/// One slot.
enum Part {
    Segment(Segment),
    Directory(Box<Directory>),
}

const _: () = assert!(size_of::<Part>() == 16);

/// Counters of [`GROUP_SLOTS`] slots.
#[derive(Clone, Copy, Default)]
struct Group {
    len: usize,
    marked: usize,
}

/// The address of a segment in the table.
#[derive(Clone, Copy)]
struct At {
    part: u32,
    /// Index in the directory of the part, if it has one.
    node: u32,
    depth: u32,
}

/// See the [module documentation](self).
///
/// Methods that take a slot and a hash trust that they belong to the key: with others, the key is not found. A slot
/// outside the table's range holds nothing; inserting there panics.
pub struct Table<R: Record, H: KeyHash> {
    first: u16,
    count: u16,
    epoch: u32,
    /// Most buckets of a segment before it splits.
    buckets_max: usize,
    len: usize,
    marked: usize,
    bytes: usize,
    hasher: H,
    /// Empty until the first key comes.
    parts: Vec<Part>,
    groups: Vec<Group>,
    /// Room for the records of one segment while they move; reused.
    moved: Vec<Moved>,
    records: PhantomData<R>,
}

// SAFETY: the raw pointers in the table are buckets and records that it owns, and all access goes through `&Table`
// or `&mut Table` as for owned values.
unsafe impl<R: Record + Send, H: KeyHash + Send> Send for Table<R, H> {}
// SAFETY: as above; `&Table` gives out `&R` only.
unsafe impl<R: Record + Sync, H: KeyHash + Sync> Sync for Table<R, H> {}

impl<R: Record, H: KeyHash> Table<R, H> {
    /// A table for the slots `first..first + count`. It allocates nothing until a key comes.
    pub fn new(first: u16, count: u16, hasher: H) -> Self {
        Self::with_segment_buckets_max(first, count, hasher, SEGMENT_BUCKETS_MAX)
    }

    /// As [`Table::new`], splitting segments early, so that tests reach directories with few keys.
    fn with_segment_buckets_max(first: u16, count: u16, hasher: H, buckets_max: usize) -> Self {
        Table {
            first,
            count,
            epoch: 0,
            buckets_max,
            len: 0,
            marked: 0,
            bytes: 0,
            hasher,
            parts: Vec::new(),
            groups: Vec::new(),
            moved: Vec::new(),
            records: PhantomData,
        }
    }

    /// The number of records. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no records. O(1).
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of marked records. O(1).
    #[inline]
    pub fn marked_len(&self) -> usize {
        self.marked
    }

    /// The number of records in a slot. O(1).
    pub fn slot_len(&self, slot: u16) -> usize {
        self.parts.get(self.part_of(slot)).map_or(0, Part::len)
    }

    /// Heap bytes of buckets, slot headers and directories; records are the owner's to count. O(1).
    #[inline]
    pub fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// Loads what [`Table::get`] looks at first into the cache: stage one of two for a batch of lookups.
    #[inline]
    pub fn prefetch(&self, slot: u16, hash: u64) {
        if let Some((segment, depth)) = self.seek(slot, hash) {
            segment.prefetch(hash, depth);
        }
    }

    /// Loads the record that [`Table::get`] will compare into the cache: stage two, some time after
    /// [`Table::prefetch`].
    #[inline]
    pub fn prefetch_record(&self, slot: u16, hash: u64) {
        if let Some((segment, depth)) = self.seek(slot, hash) {
            segment.prefetch_records(hash, depth);
        }
    }

    /// The record of a key.
    #[inline]
    pub fn get(&self, slot: u16, hash: u64, key: &[u8]) -> Option<RecordRef<'_, R>> {
        let (segment, depth) = self.seek(slot, hash)?;
        let (place, record) = segment.find(hash, depth, |record| Self::has_key(record, key))?;
        // SAFETY: the record lies in the table, which stays borrowed for as long as the reference lives.
        Some(unsafe { RecordRef::at(segment.buckets(), place, record) })
    }

    /// The record of a key, to change or remove it.
    #[inline(always)]
    pub fn find(&mut self, slot: u16, hash: u64, key: &[u8]) -> Option<Occupied<'_, R, H>> {
        let at = self.at(slot, hash)?;
        let found = self.segment(at).find(hash, at.depth, |record| Self::has_key(record, key));
        let (place, record) = found?;
        // SAFETY: found there, by this hash.
        Some(unsafe { Occupied::new(self, hash, at, place, record) })
    }

    /// The record of a key or the place for one, with one search.
    #[inline(always)]
    pub fn entry(&mut self, slot: u16, hash: u64, key: &[u8]) -> Entry<'_, R, H> {
        if let Some(at) = self.at(slot, hash)
            && let Some((place, record)) =
                self.segment(at).find(hash, at.depth, |record| Self::has_key(record, key))
        {
            // SAFETY: found there, by this hash.
            return Entry::Occupied(unsafe { Occupied::new(self, hash, at, place, record) });
        }
        Entry::Vacant(Vacant { table: self, slot, hash })
    }

    /// Takes the record of a key out of the table. May move the records of one segment.
    #[inline]
    pub fn remove(&mut self, slot: u16, hash: u64, key: &[u8]) -> Option<R> {
        self.find(slot, hash, key).map(Occupied::remove)
    }

    /// Whether the record behind a pointer of this table has this key.
    #[inline(always)]
    fn has_key(record: NonNull<u8>, key: &[u8]) -> bool {
        // SAFETY: pointers in segments are records of type R, and the table is borrowed.
        same(unsafe { RecordRef::<R>::new(record, false) }.key(), key)
    }

    /// The index of a slot; outside the table's range, one past every part.
    #[inline(always)]
    fn part_of(&self, slot: u16) -> usize {
        usize::from(slot).wrapping_sub(usize::from(self.first))
    }

    /// The segment that holds a hash, and its depth, for reading.
    #[inline(always)]
    fn seek(&self, slot: u16, hash: u64) -> Option<(&Segment, u32)> {
        match self.parts.get(self.part_of(slot))? {
            Part::Segment(segment) => Some((segment, 0)),
            Part::Directory(directory) => {
                let node = directory.node(directory.index_of(position_of(hash)));
                Some((&node.segment, node.depth()))
            }
        }
    }

    /// The address of the segment that holds a hash.
    #[inline(always)]
    fn at(&self, slot: u16, hash: u64) -> Option<At> {
        let part = self.part_of(slot);
        Some(self.parts.get(part)?.at(part, position_of(hash)))
    }

    /// The segment at an address.
    #[inline(always)]
    fn segment(&self, at: At) -> &Segment {
        match &self.parts[at.part as usize] {
            Part::Segment(segment) => segment,
            Part::Directory(directory) => &directory.node(at.node as usize).segment,
        }
    }

    /// The segment at an address.
    #[inline(always)]
    fn segment_mut(&mut self, at: At) -> &mut Segment {
        match &mut self.parts[at.part as usize] {
            Part::Segment(segment) => segment,
            Part::Directory(directory) => directory.segment_mut(at.node as usize),
        }
    }

    /// Notes that the snapshot of the epoch has all records of a segment.
    #[inline(always)]
    fn stamp(&mut self, at: At) {
        let epoch = self.epoch;
        self.segment_mut(at).stamp(epoch);
    }

    /// Adjusts the counters above a segment (its own are its own business).
    #[inline(always)]
    fn count(&mut self, at: At, records: i64, marked: i64) {
        let group = &mut self.groups[at.part as usize / GROUP_SLOTS];
        group.len = group.len.wrapping_add_signed(records as isize);
        group.marked = group.marked.wrapping_add_signed(marked as isize);
        self.len = self.len.wrapping_add_signed(records as isize);
        self.marked = self.marked.wrapping_add_signed(marked as isize);
        if let Part::Directory(directory) = &mut self.parts[at.part as usize] {
            directory.len = directory.len.wrapping_add_signed(records as isize);
        }
    }

    /// Puts a record whose key is absent into the table.
    #[inline]
    fn insert_absent(&mut self, slot: u16, hash: u64, record: NonNull<u8>, marked: bool) -> (At, Place) {
        let at = self.make_room(slot, hash);
        let epoch = self.epoch;
        let segment = self.segment_mut(at);
        // A snapshot that has not come here yet does not want it.
        let passed = segment.version() != epoch;
        let place = segment.insert(Moved { record, hash, marked, passed }, at.depth, epoch);
        self.count(at, 1, i64::from(marked));
        (at, place)
    }

    /// Forgets the record at a place, whose owner is somebody else by now.
    #[inline]
    fn remove_at(&mut self, at: At, hash: u64, place: Place) {
        let marked = self.segment_mut(at).remove(place, hash, at.depth);
        self.count(at, -1, -i64::from(marked));
        self.shrink(at);
    }
}

/// Whether two keys are the same: most have 8 to 16 bytes, which two words that may overlap hold.
#[inline(always)]
fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if let (8..=16, Some(a_first), Some(a_last), Some(b_first), Some(b_last)) =
        (a.len(), a.first_chunk::<8>(), a.last_chunk::<8>(), b.first_chunk::<8>(), b.last_chunk::<8>())
    {
        return u64::from_ne_bytes(*a_first) == u64::from_ne_bytes(*b_first)
            && u64::from_ne_bytes(*a_last) == u64::from_ne_bytes(*b_last);
    }
    a == b
}

impl Part {
    /// The address of the segment that holds a position of this part, which is number `part`.
    #[inline(always)]
    fn at(&self, part: usize, position: u64) -> At {
        match self {
            Part::Segment(_) => At { part: part as u32, node: 0, depth: 0 },
            Part::Directory(directory) => {
                let node = directory.index_of(position);
                At { part: part as u32, node: node as u32, depth: directory.node(node).depth() }
            }
        }
    }

    /// The number of records.
    #[inline(always)]
    fn len(&self) -> usize {
        match self {
            Part::Segment(segment) => segment.len(),
            Part::Directory(directory) => directory.len,
        }
    }

    /// All segments, in no particular order.
    fn segments(&self) -> impl Iterator<Item = &Segment> {
        let (one, many) = match self {
            Part::Segment(segment) => (Some(segment), [].as_slice()),
            Part::Directory(directory) => (None, directory.nodes()),
        };
        one.into_iter().chain(many.iter().map(|node| &node.segment))
    }
}

impl<R: Record, H: KeyHash> Drop for Table<R, H> {
    fn drop(&mut self) {
        for segment in self.parts.iter().flat_map(Part::segments) {
            for bucket in segment.buckets() {
                for (_, record) in bucket.records(bucket.occupied()) {
                    // SAFETY: the table owns the record, and its pointer is never read again: buckets are freed
                    // without a look at the lanes.
                    drop(unsafe { R::from_raw(record) });
                }
            }
        }
    }
}
