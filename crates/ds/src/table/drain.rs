//! Removing many records in slices of bounded work: sweeping for expired ones, dropping a slot, dropping a table.
#![allow(unsafe_code)]

use super::entry::RecordRef;
use super::scan::Point;
use super::segment::{POSITION_BITS, Place, Segment};
use super::{At, GROUP_SLOTS, KeyHash, Part, Record, Table};

/// Where a sweep goes on. The default is the beginning.
#[derive(Clone, Copy, Debug)]
pub struct SweepCursor(Point);

impl Default for SweepCursor {
    fn default() -> Self {
        SweepCursor(Point::START)
    }
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepStats {
    /// Steps: buckets looked at, and empty slots or groups of slots passed.
    pub visited: usize,
    /// Marked records among them.
    pub marked: usize,
    /// Records removed.
    pub removed: usize,
    /// Whether the sweep came to the end of the table and began anew.
    pub wrapped: bool,
}

impl<R: Record, H: KeyHash> Table<R, H> {
    /// Looks at the marked records of the next buckets, in at most `max_buckets` steps, and removes those for which
    /// `f` says so, passing them to `removed`. Goes around at the end; ends early after a full round, or when no
    /// marked record is left.
    pub fn sweep(
        &mut self,
        cursor: &mut SweepCursor,
        max_buckets: usize,
        mut f: impl FnMut(&R) -> bool,
        mut removed: impl FnMut(R),
    ) -> SweepStats {
        let mut stats = SweepStats::default();
        let started = cursor.0;
        while stats.visited < max_buckets && self.marked > 0 {
            let point = cursor.0;
            stats.visited += 1;
            if point.part >= self.parts.len() {
                cursor.0 = Point::START;
                if stats.wrapped {
                    break;
                }
                stats.wrapped = true;
            } else if self.groups[point.part / GROUP_SLOTS].marked == 0 {
                cursor.0 = Point::part((point.part / GROUP_SLOTS + 1) * GROUP_SLOTS);
            } else if let Some(next) = self.skip_empty(point) {
                cursor.0 = next;
            } else {
                cursor.0 = self.sweep_bucket(point, &mut stats, &mut f, &mut removed);
            }
            let here = (cursor.0.part, cursor.0.position);
            if stats.wrapped && here >= (started.part, started.position) {
                break;
            }
        }
        stats
    }

    /// Sweeps the bucket that is home to a point, and returns the beginning of the next.
    fn sweep_bucket(
        &mut self,
        point: Point,
        stats: &mut SweepStats,
        f: &mut impl FnMut(&R) -> bool,
        removed: &mut impl FnMut(R),
    ) -> Point {
        let part = &self.parts[point.part];
        let at = part.at(point.part, point.position);
        let (first, end) = part.positions(at.node as usize);
        let segment = self.segment(at);
        if segment.len() == 0 {
            return Point { position: end, ..point }.normalized();
        }
        let index = segment.home(point.position << (64 - POSITION_BITS), at.depth);
        let next = Point { position: first + segment.positions_end(index, at.depth), ..point }.normalized();
        let removed_before = stats.removed;
        let bucket = &segment.buckets()[index];
        let marked = bucket.occupied().filter(|&lane| bucket.marked(lane));
        let lanes = marked.fold(0u8, |lanes, lane| lanes | 1 << lane);
        for lane in (0..8u8).filter(|lane| lanes & 1 << lane != 0) {
            stats.marked += 1;
            let place = Place { bucket: index as u32, lane };
            let Some(raw) = self.segment(at).buckets()[index].record(lane.into()) else { continue };
            // SAFETY: the record lies in the table, which is borrowed exclusively.
            let record = unsafe { RecordRef::<R>::new(raw, true) };
            if f(&record) {
                let hash = self.hasher.hash(record.key());
                self.segment_mut(at).remove(place, hash, at.depth);
                self.count(at, -1, -1);
                stats.removed += 1;
                // SAFETY: the table has just given up its pointer, and `record` is not used any more.
                removed(unsafe { R::from_raw(raw) });
            }
        }
        if stats.removed > removed_before {
            self.shrink(at);
        }
        next
    }

    /// Takes up to about `max` records out of a slot (at most a bucket more) and passes them to `taken`; returns
    /// whether the slot is empty now.
    pub fn take_slot(&mut self, slot: u16, max: usize, mut taken: impl FnMut(R)) -> bool {
        let part = self.part_of(slot);
        if part < self.parts.len() {
            self.drain_part(part, max, &mut taken);
        }
        self.slot_len(slot) == 0
    }

    /// Takes up to about `max` records (at most a bucket more) out of the table and passes them to `dropped`;
    /// returns whether the table is empty now, and then holds no memory any more. For freeing a table in slices.
    pub fn clear_step(&mut self, max: usize, mut dropped: impl FnMut(R)) -> bool {
        let mut left = max.max(1);
        for group in (0..self.groups.len()).rev() {
            if self.groups[group].len == 0 {
                continue;
            }
            let end = self.parts.len().min((group + 1) * GROUP_SLOTS);
            for part in (group * GROUP_SLOTS..end).rev() {
                while self.parts[part].len() > 0 {
                    if left == 0 {
                        return false;
                    }
                    left = left.saturating_sub(self.drain_part(part, left, &mut dropped).max(1));
                }
            }
        }
        self.free_parts();
        true
    }

    /// Takes up to about `max` records out of one segment of a part, and returns how many.
    fn drain_part(&mut self, part: usize, max: usize, taken: &mut impl FnMut(R)) -> usize {
        let node = match &mut self.parts[part] {
            Part::Segment(_) => 0,
            Part::Directory(directory) => directory.next_to_drain(),
        };
        let depth = 0; // Draining needs no home buckets: overflow counters may stay too high until the rebuild.
        let at = At { part: part as u32, node: node as u32, depth };
        let (mut records, mut marked, mut bytes) = (0, 0, 0);
        let segment = self.segment_mut(at);
        for bucket in segment.buckets_mut().iter_mut().rev() {
            if records >= max {
                break;
            }
            for lane in bucket.occupied() {
                if let Some(record) = bucket.record(lane) {
                    marked += i64::from(bucket.marked(lane));
                    records += 1;
                    bucket.clear(lane);
                    // SAFETY: the table owned the record and has just given up its pointer.
                    taken(unsafe { R::from_raw(record) });
                }
            }
        }
        // What the length still counts after the last bucket was emptied was leaked by forgotten handles.
        let emptied = records < max || segment.len() <= records;
        let gone = if emptied { segment.len() } else { records };
        segment.set_len(segment.len() - gone);
        if emptied {
            bytes = segment.bytes();
            let version = segment.version();
            *segment = Segment::EMPTY;
            segment.stamp(version);
        }
        self.bytes -= bytes;
        self.count(at, -(gone as i64), -marked);
        if self.parts[part].len() == 0 {
            self.empty_part(part);
        }
        records
    }
}
