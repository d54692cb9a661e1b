//! A segment: a small open-addressing table of buckets in hash order, the unit of growth and of versions.
//!
//! A record's *position* is the upper 39 bits of its hash. A segment of depth `d` (see the directory) holds the
//! positions that share `d` leading bits; the bits after those, read as a fraction of one, times the number of
//! buckets is the record's home bucket. So walking the buckets is walking the hashes in order, whatever the number
//! of buckets is, and that number need not be a power of two: it runs through the size classes of the allocator
//! (four to a doubling), which is what keeps the average fill high.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::num::NonZeroU8;
use std::ptr::NonNull;

use super::bucket::{Bucket, LANES, tag_of};
use super::prefetch::{prefetch, prefetch_record};

/// Bits of a position: with 14 bits of slot, a cursor stays below 2^53 and survives clients that keep it in a double.
pub(super) const POSITION_BITS: u32 = 39;

/// The position of a hash in its slot.
#[inline(always)]
pub(super) fn position_of(hash: u64) -> u64 {
    hash >> (64 - POSITION_BITS)
}

/// A size step: 0 is no bucket at all, then 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20 … buckets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SizeClass(u8);

/// The number of buckets by step, so that a search need not work it out. Steps from 125 on are never met.
static BUCKETS: [u32; 256] = {
    let mut buckets = [0; 256];
    let mut step = 1;
    while step < buckets.len() {
        buckets[step] = match step {
            1..=4 => step as u32,
            5..=124 => (5 + ((step - 1) & 3) as u32) << ((step - 1) / 4 - 1),
            _ => u32::MAX,
        };
        step += 1;
    }
    buckets
};

impl SizeClass {
    /// No buckets.
    pub(super) const NONE: SizeClass = SizeClass(0);

    /// Number of buckets.
    #[inline(always)]
    pub(super) const fn buckets(self) -> usize {
        BUCKETS[self.0 as usize] as usize
    }

    /// Records before the segment must grow: seven eighths of the lanes, or all of them in the smallest, where a
    /// search sees every bucket at once anyway.
    #[inline(always)]
    pub(super) const fn capacity(self) -> usize {
        let buckets = self.buckets();
        if buckets <= 3 { buckets * LANES } else { buckets * (LANES - 1) }
    }

    /// The next step up.
    pub(super) const fn next(self) -> SizeClass {
        SizeClass(self.0 + 1)
    }

    /// The smallest step with room for `len` records.
    pub(super) fn for_len(len: usize) -> SizeClass {
        let mut class = SizeClass::NONE;
        while class.capacity() < len {
            class = class.next();
        }
        class
    }
}

/// Where a record lies in its segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) bucket: u32,
    pub(super) lane: u8,
}

/// A record on its way from one set of buckets to another.
#[derive(Clone, Copy)]
pub(super) struct Moved {
    pub(super) record: NonNull<u8>,
    pub(super) hash: u64,
    pub(super) marked: bool,
    /// Whether the snapshot of the table's epoch has it, or does not want it.
    pub(super) passed: bool,
}

/// Most records of a segment that its header can count. Only colliding hashes could bring a segment near it (any
/// other segment splits at a few thousand), and with a keyed hash nobody can make them; at a search cost that grows
/// with each, it is out of reach.
const LEN_MAX: usize = (1 << 24) - 1;

/// The 16-byte header of a segment. It owns its buckets, not the records in them: who drops a segment with records
/// in it leaks those.
pub(super) struct Segment {
    buckets: NonNull<Bucket>,
    version: u32,
    len: [u8; 3],
    /// The size class plus one; never zero, which leaves a niche for the directory (see `Part`).
    class: NonZeroU8,
}

impl Segment {
    /// A segment without buckets.
    pub(super) const EMPTY: Segment =
        Segment { buckets: NonNull::dangling(), version: 0, len: [0; 3], class: NonZeroU8::MIN };

    /// A segment with empty buckets.
    pub(super) fn with_class(class: SizeClass, version: u32) -> Segment {
        let stored = NonZeroU8::MIN.saturating_add(class.0);
        let mut segment = Segment { version, class: stored, ..Segment::EMPTY };
        if class != SizeClass::NONE {
            let layout = Segment::layout(class);
            // SAFETY: the layout is not of size zero, since every class but NONE has a bucket.
            let memory = unsafe { alloc_zeroed(layout) };
            // All-zero bytes are a valid, empty bucket.
            segment.buckets = NonNull::new(memory.cast()).unwrap_or_else(|| handle_alloc_error(layout));
        }
        segment
    }

    fn layout(class: SizeClass) -> Layout {
        let bytes = class.buckets() * size_of::<Bucket>();
        Layout::from_size_align(bytes, align_of::<Bucket>())
            .expect("a segment is far smaller than isize::MAX")
    }

    /// The number of records.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        let [a, b, c] = self.len;
        u32::from_le_bytes([a, b, c, 0]) as usize
    }

    /// Corrects the number of records; see [`Segment::gather`].
    pub(super) fn set_len(&mut self, len: usize) {
        assert!(len <= LEN_MAX, "millions of colliding hashes in one segment");
        let [a, b, c, _] = (len as u32).to_le_bytes();
        self.len = [a, b, c];
    }

    /// The size step.
    #[inline(always)]
    pub(super) fn class(&self) -> SizeClass {
        SizeClass(self.class.get() - 1)
    }

    /// Heap bytes of the buckets.
    pub(super) fn bytes(&self) -> usize {
        self.class().buckets() * size_of::<Bucket>()
    }

    /// The epoch of the last snapshot that has all its records.
    #[inline(always)]
    pub(super) fn version(&self) -> u32 {
        self.version
    }

    /// Notes that the snapshot of `epoch` has all its records.
    #[inline(always)]
    pub(super) fn stamp(&mut self, epoch: u32) {
        self.version = epoch;
    }

    /// The buckets in hash order.
    #[inline(always)]
    pub(super) fn buckets(&self) -> &[Bucket] {
        // SAFETY: the pointer and the class describe one live allocation of that many initialised buckets, owned by
        // this header; for no buckets it is dangling and well aligned.
        unsafe { std::slice::from_raw_parts(self.buckets.as_ptr(), self.class().buckets()) }
    }

    /// The buckets in hash order.
    #[inline(always)]
    pub(super) fn buckets_mut(&mut self) -> &mut [Bucket] {
        // SAFETY: as in `buckets`; the header is borrowed mutably, so nobody else looks at its buckets.
        unsafe { std::slice::from_raw_parts_mut(self.buckets.as_ptr(), self.class().buckets()) }
    }

    /// The home bucket of a hash in a segment of this depth. Meaningless while there are no buckets.
    #[inline(always)]
    pub(super) fn home(&self, hash: u64, depth: u32) -> usize {
        let fraction = position_of(hash << depth);
        ((fraction * self.class().buckets() as u64) >> POSITION_BITS) as usize
    }

    /// The first position, counted from the first one of the segment, whose home comes after `bucket`.
    pub(super) fn positions_end(&self, bucket: usize, depth: u32) -> u64 {
        let buckets = self.class().buckets() as u64;
        ((bucket as u64 + 1) << POSITION_BITS).div_ceil(buckets << depth)
    }

    /// The places that a search looks at whose home bucket is this.
    pub(super) fn probe_from(&self, home: usize) -> impl Iterator<Item = (usize, &Bucket)> {
        let buckets = self.buckets();
        let (mut next, mut left) = (home, buckets.len());
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let index = next;
            let bucket = buckets.get(index)?;
            left = if bucket.overflowed() { left - 1 } else { 0 };
            next = if index + 1 == buckets.len() { 0 } else { index + 1 };
            Some((index, bucket))
        })
    }

    /// Finds the record that `is_it` accepts among those with the fingerprint of `hash`.
    #[inline(always)]
    pub(super) fn find(
        &self,
        hash: u64,
        depth: u32,
        mut is_it: impl FnMut(NonNull<u8>) -> bool,
    ) -> Option<(Place, NonNull<u8>)> {
        let tag = tag_of(hash);
        let buckets = self.buckets();
        let mut index = self.home(hash, depth);
        for _ in 0..buckets.len() {
            let bucket = buckets.get(index)?;
            for (lane, record) in bucket.records(bucket.matching(tag)) {
                if is_it(record) {
                    return Some((Place { bucket: index as u32, lane: lane as u8 }, record));
                }
            }
            if !bucket.overflowed() {
                return None;
            }
            index = if index + 1 == buckets.len() { 0 } else { index + 1 };
        }
        None
    }

    /// Loads the home bucket of `hash` into the cache.
    #[inline(always)]
    pub(super) fn prefetch(&self, hash: u64, depth: u32) {
        let home = self.buckets.as_ptr().wrapping_add(self.home(hash, depth));
        prefetch(home.cast_const().cast());
    }

    /// Loads the records that a search for `hash` would compare into the cache.
    #[inline(always)]
    pub(super) fn prefetch_records(&self, hash: u64, depth: u32) {
        let tag = tag_of(hash);
        let buckets = self.buckets();
        let mut index = self.home(hash, depth);
        while let Some(bucket) = buckets.get(index) {
            let mut found = false;
            for (_, record) in bucket.records(bucket.matching(tag)) {
                prefetch_record(record);
                found = true;
            }
            // A search that goes around is not worth the care.
            if found || !bucket.overflowed() {
                return;
            }
            index += 1;
        }
    }

    /// Adds a record. The caller has checked that there is room and that the key is absent.
    #[inline(always)]
    pub(super) fn insert(&mut self, moved: Moved, depth: u32, epoch: u32) -> Place {
        let mut index = self.home(moved.hash, depth);
        self.set_len(self.len() + 1);
        let buckets = self.buckets_mut();
        loop {
            let bucket = &mut buckets[index];
            if let Some(lane) = bucket.free_lane() {
                bucket.put(lane, tag_of(moved.hash), moved.record);
                bucket.set_marked(lane, moved.marked);
                if moved.passed {
                    bucket.set_passed(lane, epoch);
                }
                return Place { bucket: index as u32, lane: lane as u8 };
            }
            bucket.add_overflow();
            index = if index + 1 == buckets.len() { 0 } else { index + 1 };
        }
    }

    /// Takes a record out; returns whether it was marked.
    pub(super) fn remove(&mut self, place: Place, hash: u64, depth: u32) -> bool {
        let (mut index, lane) = (self.home(hash, depth), place.lane as usize);
        self.set_len(self.len().saturating_sub(1));
        let buckets = self.buckets_mut();
        while index != place.bucket as usize {
            buckets[index].sub_overflow();
            index = if index + 1 == buckets.len() { 0 } else { index + 1 };
        }
        let marked = buckets[index].marked(lane);
        buckets[index].clear(lane);
        marked
    }

    /// Lists all records into `moved`, hashes not yet known.
    ///
    /// There can be fewer of them than [`Segment::len`] says if a handle that had a record on loan was forgotten
    /// (`mem::forget`), which leaks that record.
    pub(super) fn gather(&self, moved: &mut Vec<Moved>, epoch: u32) {
        let old = self.version != epoch;
        for bucket in self.buckets() {
            for (lane, record) in bucket.records(bucket.occupied()) {
                let passed = old && bucket.is_passed(lane, epoch);
                moved.push(Moved { record, hash: 0, marked: bucket.marked(lane), passed });
            }
        }
    }

    /// Moves to buckets of another size, holding just the records given.
    pub(super) fn rebuild(
        &mut self,
        class: SizeClass,
        depth: u32,
        epoch: u32,
        records: impl Iterator<Item = Moved>,
    ) {
        let mut fresh = Segment::with_class(class, self.version);
        for moved in records {
            fresh.insert(moved, depth, epoch);
        }
        *self = fresh;
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.class() != SizeClass::NONE {
            // SAFETY: allocated in `with_class` with this very layout, and owned by this header alone.
            unsafe { dealloc(self.buckets.as_ptr().cast(), Segment::layout(self.class())) };
        }
    }
}
