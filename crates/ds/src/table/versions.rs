//! Segments in order with their versions, for snapshots.
//!
//! A snapshot sets a new epoch, then walks the segments by cursor. One whose version is another one holds what it held at the
//! cut, but for records that carry the flag *passed* of this epoch: those were given to the snapshot already, because whoever
//! changes a record first does that ([`Occupied::pass`](super::Occupied::pass)), or they are new. The walk takes the rest and
//! stamps the segment. Records keep their flag when they move; halves of a segment inherit its version, and buddies
//! merge only if theirs agree. So a change costs a snapshot's time for one record, however many lie around it.

use super::scan::Point;
use super::segment::Segment;
use super::{At, KeyHash, Record, Table};

/// A segment of the table: some neighbouring records that carry one version.
pub struct SegmentRef<'a, R: Record, H: KeyHash> {
    table: &'a Table<R, H>,
    segment: &'a Segment,
    first: Point,
    end: Point,
}

impl<R: Record, H: KeyHash> SegmentRef<'_, R, H> {
    /// The epoch of the last snapshot that has all its records.
    pub fn version(&self) -> u32 {
        self.segment.version()
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.segment.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.segment.len() == 0
    }

    /// The slot.
    pub fn slot(&self) -> u16 {
        self.table.first + self.first.part as u16
    }

    /// The cursor of the segment's beginning.
    pub fn start(&self) -> u64 {
        self.table.cursor_of(self.first)
    }

    /// The cursor with which to ask [`Table::segment_at`] for the next segment; 0 if there is none.
    pub fn next(&self) -> u64 {
        self.table.cursor_of(self.end)
    }

    /// Visits the records that the snapshot of the current epoch still wants.
    pub fn for_each_left(&self, mut visit: impl FnMut(&R)) {
        Table::<R, H>::visit_left(self.segment, self.table.epoch, &mut visit);
    }
}

impl<R: Record, H: KeyHash> Table<R, H> {
    /// What makes the hashes of its keys.
    pub fn hasher(&self) -> H {
        self.hasher
    }

    /// The number of the last snapshot. 0 at first.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Sets the epoch.
    pub fn set_epoch(&mut self, epoch: u32) {
        self.epoch = epoch;
    }

    /// The first segment with records at or after a cursor, if there is one. Begin with 0, go on with
    /// [`SegmentRef::next`]. At most a few hundred steps, plus those over empty segments of a directory.
    pub fn segment_at(&self, cursor: u64) -> Option<SegmentRef<'_, R, H>> {
        let mut point = self.point_of(cursor);
        loop {
            let part = self.parts.get(point.part)?;
            if let Some(next) = self.skip_empty(point) {
                point = next;
                continue;
            }
            let found = self.segment_ref(part.at(point.part, point.position));
            if !found.is_empty() {
                return Some(found);
            }
            point = found.end;
        }
    }

    /// Notes that the snapshot of the current epoch has all records of the segment that a cursor points into.
    pub fn stamp_segment(&mut self, cursor: u64) {
        let point = self.point_of(cursor);
        if let Some(part) = self.parts.get(point.part) {
            self.stamp(part.at(point.part, point.position));
        }
    }

    fn segment_ref(&self, at: At) -> SegmentRef<'_, R, H> {
        let (first, end) = self.parts[at.part as usize].positions(at.node as usize);
        let part = at.part as usize;
        SegmentRef {
            table: self,
            segment: self.segment(at),
            first: Point { part, position: first },
            end: Point { part, position: end }.normalized(),
        }
    }
}
