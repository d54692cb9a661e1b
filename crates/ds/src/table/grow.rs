//! Growing, splitting, shrinking and merging of one segment at a time.
//!
//! ```text
//!   full:    next size class ─► at the limit: split in two by the next hash bit ─► cannot: next size class after all
//!   sparse:  (less than a quarter of the lanes) merge with the buddy, if both are small; else a smaller class
//! ```
//!
//! The hashes are not stored, so moving a record means reading its key: one cache miss each. The misses are made to
//! overlap by a prefetch that runs ahead of the hashing.
#![allow(unsafe_code)]

use super::bucket::LANES;
use super::directory::Directory;
use super::prefetch::prefetch_record;
use super::segment::{Moved, POSITION_BITS, Segment, SizeClass, position_of};
use super::{At, GROUP_SLOTS, Group, KeyHash, Part, Record, Table};

/// Records whose keys are on their way into the cache while another is hashed: about the misses a core can have
/// under way at once.
const LOOK_AHEAD: usize = 16;

/// A split that would leave less than this share (one in so many) of the records on one side is not worth it: the
/// hashes collide, and the next split would do no better.
const SPLIT_SHARE_MIN: usize = 32;

/// Buddies merge when together they would fill less than this share (one in so many) of the largest segment, so
/// that the next insert does not split them again.
const MERGE_SHARE: usize = 4;

impl<R: Record, H: KeyHash> Table<R, H> {
    /// The segment for a hash, with room for one more record.
    #[inline]
    pub(super) fn make_room(&mut self, slot: u16, hash: u64) -> At {
        loop {
            if let Some(at) = self.at(slot, hash) {
                let segment = self.segment(at);
                if segment.len() < segment.class().capacity() {
                    return at;
                }
                self.grow(at);
            } else {
                self.allocate_parts(slot);
            }
        }
    }

    #[cold]
    fn allocate_parts(&mut self, slot: u16) {
        let (count, part) = (usize::from(self.count), self.part_of(slot));
        assert!(self.parts.is_empty() && part < count, "slot {slot} belongs to another table");
        self.parts = std::iter::repeat_with(|| Part::Segment(Segment::EMPTY)).take(count).collect();
        self.groups = vec![Group::default(); count.div_ceil(GROUP_SLOTS)];
        self.bytes += self.header_bytes();
    }

    /// Gives the slot headers back; all slots are empty.
    pub(super) fn free_parts(&mut self) {
        self.bytes -= self.header_bytes();
        self.parts = Vec::new();
        self.groups = Vec::new();
        self.moved = Vec::new();
    }

    fn header_bytes(&self) -> usize {
        self.parts.capacity() * size_of::<Part>() + self.groups.capacity() * size_of::<Group>()
    }

    /// Makes a full segment larger, or two of it.
    #[cold]
    fn grow(&mut self, at: At) {
        let next = self.segment(at).class().next();
        let mut moved = std::mem::take(&mut self.moved);
        self.gather(at, &mut moved);
        if next.buckets() <= self.buckets_max || !self.split(at, &moved) {
            self.rebuild(at, next, &moved);
        }
        self.keep_for_reuse(moved);
    }

    /// Makes a segment that lost a record smaller, if it has become sparse.
    #[inline]
    pub(super) fn shrink(&mut self, at: At) {
        let segment = self.segment(at);
        let lanes = segment.class().buckets() * LANES;
        // The last bucket of a directory's segment never becomes sparse, but can always become superfluous.
        if segment.len() * 4 < lanes || lanes <= LANES && at.depth > 0 {
            self.shrink_sparse(at);
        }
    }

    #[cold]
    fn shrink_sparse(&mut self, at: At) {
        let len = self.segment(at).len();
        if let Part::Directory(directory) = &self.parts[at.part as usize] {
            if directory.len == 0 {
                return self.empty_part(at.part as usize);
            }
            if let Some(mut merged) = self.merge(at) {
                // The result may be small enough for the next merge; its buddy would not come back to ask.
                while let Some(next) = self.merge(merged) {
                    merged = next;
                }
                return;
            }
        }
        let fitting = SizeClass::for_len(len * 2);
        if fitting.buckets() < self.segment(at).class().buckets() {
            let mut moved = std::mem::take(&mut self.moved);
            self.gather(at, &mut moved);
            self.rebuild(at, fitting, &moved);
            self.keep_for_reuse(moved);
        }
    }

    /// Frees all segments of a part, which hold no records.
    pub(super) fn empty_part(&mut self, part: usize) {
        self.bytes -= self.parts[part].bytes();
        self.parts[part] = Part::Segment(Segment::EMPTY);
        let epoch = self.epoch;
        self.segment_mut(At { part: part as u32, node: 0, depth: 0 }).stamp(epoch);
    }

    /// Lists the records of a segment with their hashes, in the order of its buckets.
    fn gather(&mut self, at: At, moved: &mut Vec<Moved>) {
        let start = moved.len();
        let segment = self.segment(at);
        segment.gather(moved, self.epoch);
        let lost = segment.len() - (moved.len() - start);
        if lost > 0 {
            self.forget_lost(at, lost);
        }
        let fresh = &mut moved[start..];
        for one in fresh.iter().take(LOOK_AHEAD) {
            prefetch_record(one.record);
        }
        for index in 0..fresh.len() {
            if let Some(ahead) = fresh.get(index + LOOK_AHEAD) {
                prefetch_record(ahead.record);
            }
            // SAFETY: the record lies in the table, which is borrowed exclusively.
            let record = unsafe { fresh[index].look::<R>() };
            fresh[index].hash = self.hasher.hash(record.key());
        }
    }

    /// Corrects the counters for records whose handles were forgotten while they had them on loan.
    #[cold]
    fn forget_lost(&mut self, at: At, lost: usize) {
        let segment = self.segment_mut(at);
        segment.set_len(segment.len() - lost);
        self.count(at, -(lost as i64), 0);
    }

    fn rebuild(&mut self, at: At, class: SizeClass, moved: &[Moved]) {
        let epoch = self.epoch;
        let part = &mut self.parts[at.part as usize];
        let before = part.segment_bytes(at.node as usize);
        match part {
            Part::Segment(segment) => segment.rebuild(class, 0, epoch, moved.iter().copied()),
            Part::Directory(directory) => directory.rebuild(at.node as usize, class, epoch, moved),
        }
        self.bytes = self.bytes - before + part.segment_bytes(at.node as usize);
    }

    /// Splits a segment by the next bit of its positions, unless that helps nobody.
    fn split(&mut self, at: At, moved: &[Moved]) -> bool {
        if at.depth + 1 >= POSITION_BITS {
            return false;
        }
        let is_upper = |one: &&Moved| position_of(one.hash << at.depth) >> (POSITION_BITS - 1) != 0;
        let upper_len = moved.iter().filter(is_upper).count();
        let lower_len = moved.len() - upper_len;
        if upper_len.min(lower_len) < moved.len().div_ceil(SPLIT_SHARE_MIN) {
            return false;
        }
        if let Part::Directory(directory) = &self.parts[at.part as usize]
            && !directory.may_split(at.node as usize)
        {
            return false;
        }
        let (version, depth, epoch) = (self.segment(at).version(), at.depth + 1, self.epoch);
        let mut lower = Segment::with_class(SizeClass::NONE, version);
        let lower_ones = moved.iter().filter(|one| !is_upper(one)).copied();
        lower.rebuild(class_with_slack(lower_len), depth, epoch, lower_ones);
        let mut upper = Segment::with_class(SizeClass::NONE, version);
        let upper_ones = moved.iter().filter(is_upper).copied();
        upper.rebuild(class_with_slack(upper_len), depth, epoch, upper_ones);

        let part = &mut self.parts[at.part as usize];
        let before = part.spine_bytes() + part.segment_bytes(at.node as usize);
        let after = lower.bytes() + upper.bytes();
        if let Part::Segment(segment) = part {
            let whole = std::mem::replace(segment, Segment::EMPTY);
            *part = Part::Directory(Box::new(Directory::new(whole)));
        }
        if let Part::Directory(directory) = part {
            directory.split(at.node as usize, lower, upper);
        }
        self.bytes = self.bytes - before + after + part.spine_bytes();
        true
    }

    /// Merges a sparse segment of a directory with its buddy, if both together are small and a snapshot has come to both or to
    /// neither (it tells by the version which segments it still has to visit; those without records do not matter to it). The last segment left replaces the directory.
    fn merge(&mut self, at: At) -> Option<At> {
        let Part::Directory(directory) = &self.parts[at.part as usize] else { return None };
        let buddy = directory.buddy(at.node as usize)?;
        let (one, other) = (self.segment(at), &directory.node(buddy).segment);
        let version = if one.len() == 0 { other.version() } else { one.version() };
        if other.len() > 0 && other.version() != version
            || one.len() + other.len() > self.buckets_max * LANES / MERGE_SHARE
        {
            return None;
        }
        let buddy_at = At { node: buddy as u32, ..at };
        let mut moved = std::mem::take(&mut self.moved);
        self.gather(at, &mut moved);
        self.gather(buddy_at, &mut moved);
        let mut merged = Segment::with_class(SizeClass::NONE, version);
        merged.rebuild(class_with_slack(moved.len()), at.depth - 1, self.epoch, moved.iter().copied());
        self.keep_for_reuse(moved);

        let part = &mut self.parts[at.part as usize];
        let segments = part.segment_bytes(at.node as usize) + part.segment_bytes(buddy);
        let before = part.spine_bytes() + segments;
        let after = merged.bytes();
        let mut node = 0;
        if let Part::Directory(directory) = part {
            node = directory.merge(at.node as usize, buddy, merged) as u32;
            if let Some(last) = directory.take_last() {
                *part = Part::Segment(last);
            }
        }
        self.bytes = self.bytes - before + after + part.spine_bytes();
        Some(At { node, depth: at.depth - 1, ..at })
    }

    fn keep_for_reuse(&mut self, mut moved: Vec<Moved>) {
        moved.clear();
        moved.shrink_to(self.buckets_max * LANES);
        self.moved = moved;
    }
}

/// A size for records that are likely to become more.
fn class_with_slack(len: usize) -> SizeClass {
    SizeClass::for_len(len + len / 4 + 1)
}

impl Part {
    /// Heap bytes of the directory itself.
    fn spine_bytes(&self) -> usize {
        match self {
            Part::Segment(_) => 0,
            Part::Directory(directory) => directory.bytes(),
        }
    }

    /// Heap bytes of one segment.
    fn segment_bytes(&self, node: usize) -> usize {
        match self {
            Part::Segment(segment) => segment.bytes(),
            Part::Directory(directory) => directory.node(node).segment.bytes(),
        }
    }

    /// Heap bytes of the directory and all segments.
    fn bytes(&self) -> usize {
        self.spine_bytes() + self.segments().map(Segment::bytes).sum::<usize>()
    }
}
