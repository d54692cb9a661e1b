//! Walking the table: SCAN's cursor, and plain visits.
//!
//! A cursor is `slot << 39 | position`: everything before that point of the order has been visited, everything from
//! there on has not. The order is that of the hashes and does not depend on how the table is cut into segments and
//! buckets at the moment, so a record that stays is seen exactly once, whatever grows or shrinks between two calls.
#![allow(unsafe_code)]

use std::ops::ControlFlow;

use super::entry::RecordRef;
use super::segment::{Moved, POSITION_BITS, Segment, position_of};
use super::{GROUP_SLOTS, KeyHash, Part, Record, Table};

/// Steps of one call (a step is a bucket, a slot, or an empty group of slots): about the work of a page of results.
const SCAN_STEPS_MAX: usize = 512;

/// One past the last position of a slot.
pub(super) const POSITIONS_END: u64 = 1 << POSITION_BITS;

/// A point in the order of the table: a part and a position in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Point {
    pub(super) part: usize,
    pub(super) position: u64,
}

impl Point {
    pub(super) const START: Point = Point { part: 0, position: 0 };

    /// The start of a part.
    pub(super) fn part(part: usize) -> Point {
        Point { part, position: 0 }
    }

    /// The point itself, or the start of the next part if it is at the end of one.
    pub(super) fn normalized(self) -> Point {
        if self.position >= POSITIONS_END { Point::part(self.part + 1) } else { self }
    }
}

impl<R: Record, H: KeyHash> Table<R, H> {
    /// Visits the records of the first non-empty bucket at or after `cursor`, each with its mark, and returns the
    /// cursor to go on with; 0 means that the end was reached. A call does a bounded amount of work and may visit
    /// nothing although there is more to come.
    ///
    /// Start with 0. A record that is in the table from the first call to the last is visited exactly once; one
    /// that comes or goes in between, once or not at all (or again, if it comes again). Any other number is a
    /// valid cursor too: the scan begins there, and ends at once if no slot of this table is at or after it.
    pub fn scan(&self, cursor: u64, mut visit: impl FnMut(&R, bool)) -> u64 {
        let mut point = self.point_of(cursor);
        for _ in 0..SCAN_STEPS_MAX {
            let Some(part) = self.parts.get(point.part) else { return 0 };
            if let Some(next) = self.skip_empty(point) {
                point = next;
                continue;
            }
            let at = part.at(point.part, point.position);
            let (first, end) = part.positions(at.node as usize);
            let segment = self.segment(at);
            let mut visited = false;
            let stop = if segment.len() == 0 {
                end
            } else {
                let home = segment.home(point.position << (64 - POSITION_BITS), at.depth);
                let stop = first + segment.positions_end(home, at.depth);
                visited = self.visit_home(segment, home, point.position..stop, &mut visit);
                stop
            };
            point = Point { position: stop, ..point }.normalized();
            if visited {
                break;
            }
        }
        self.cursor_of(point)
    }

    /// Visits all records with their marks, in no particular order.
    pub fn for_each(&self, mut visit: impl FnMut(&R, bool)) {
        for segment in self.parts.iter().flat_map(Part::segments) {
            Self::visit_segment(segment, &mut visit);
        }
    }

    /// Visits records of one slot with their marks, in no particular order, until told to stop.
    pub fn for_each_in_slot(&self, slot: u16, mut visit: impl FnMut(&R, bool) -> ControlFlow<()>) {
        let Some(part) = self.parts.get(self.part_of(slot)) else { return };
        for bucket in part.segments().flat_map(Segment::buckets) {
            for (lane, record) in bucket.records(bucket.occupied()) {
                // SAFETY: the record lies in the table, which is borrowed.
                let record = unsafe { RecordRef::<R>::new(record, bucket.marked(lane)) };
                if visit(&record, record.marked()).is_break() {
                    return;
                }
            }
        }
    }

    /// The cursor at which [`Table::scan`] and [`Table::segment_at`] begin with this slot.
    pub const fn cursor_at(slot: u16) -> u64 {
        (slot as u64) << POSITION_BITS
    }

    /// Visits the records of one segment.
    pub(super) fn visit_segment(segment: &Segment, visit: &mut impl FnMut(&R, bool)) {
        for bucket in segment.buckets() {
            for (lane, record) in bucket.records(bucket.occupied()) {
                // SAFETY: the record lies in the table, which is borrowed.
                let record = unsafe { RecordRef::<R>::new(record, bucket.marked(lane)) };
                visit(&record, record.marked());
            }
        }
    }

    /// Visits the records of a segment that were not passed to the snapshot of this epoch.
    pub(super) fn visit_left(segment: &Segment, epoch: u32, visit: &mut impl FnMut(&R)) {
        for bucket in segment.buckets() {
            for (lane, record) in bucket.records(bucket.occupied()) {
                if !bucket.is_passed(lane, epoch) {
                    // SAFETY: the record lies in the table, which is borrowed.
                    let record = unsafe { RecordRef::<R>::new(record, bucket.marked(lane)) };
                    visit(&record);
                }
            }
        }
    }

    /// Visits the records with positions in a range within one home bucket; returns whether there were any.
    fn visit_home(
        &self,
        segment: &Segment,
        home: usize,
        positions: std::ops::Range<u64>,
        visit: &mut impl FnMut(&R, bool),
    ) -> bool {
        let mut visited = false;
        for (_, bucket) in segment.probe_from(home) {
            for (lane, record) in bucket.records(bucket.occupied()) {
                let moved = Moved { record, hash: 0, marked: bucket.marked(lane), passed: false };
                // SAFETY: the record lies in the table, which is borrowed.
                let record = unsafe { moved.look::<R>() };
                if positions.contains(&position_of(self.hasher.hash(record.key()))) {
                    visit(&record, record.marked());
                    visited = true;
                }
            }
        }
        visited
    }

    /// Where to go on if there is nothing in the part at this point, or in its group.
    #[inline]
    pub(super) fn skip_empty(&self, point: Point) -> Option<Point> {
        let group = point.part / GROUP_SLOTS;
        if self.groups[group].len == 0 {
            Some(Point::part((group + 1) * GROUP_SLOTS))
        } else if self.parts[point.part].len() == 0 {
            Some(Point::part(point.part + 1))
        } else {
            None
        }
    }

    /// What a cursor means to this table; past the end if its slot is.
    pub(super) fn point_of(&self, cursor: u64) -> Point {
        let (slot, position) = (cursor >> POSITION_BITS, cursor & (POSITIONS_END - 1));
        match slot.checked_sub(u64::from(self.first)) {
            Some(part) => Point { part: part as usize, position },
            None => Point::START,
        }
    }

    /// The cursor of a point; 0 if it is past the end.
    pub(super) fn cursor_of(&self, point: Point) -> u64 {
        if point.part >= self.parts.len() {
            return 0;
        }
        (u64::from(self.first) + point.part as u64) << POSITION_BITS | point.position
    }
}

impl Part {
    /// The first position of a segment, and the one past its last.
    pub(super) fn positions(&self, node: usize) -> (u64, u64) {
        match self {
            Part::Segment(_) => (0, POSITIONS_END),
            Part::Directory(directory) => {
                let node = directory.node(node);
                let first = node.first_position();
                (first, first + (POSITIONS_END >> node.depth()))
            }
        }
    }
}
