//! Fair random sampling: every record is as likely as any other, however unevenly the slots are filled.
//!
//! The counters of groups and slots lead to the slot of the k-th record, k random. Inside the slot, a random lane is
//! tried until one is occupied: lanes are equally likely, so the records are too. Should luck fail for long, the
//! records are counted off instead, which is just as fair.
#![allow(unsafe_code)]

use super::bucket::LANES;
use super::directory::Directory;
use super::entry::RecordRef;
use super::segment::Segment;
use super::{GROUP_SLOTS, KeyHash, Part, Record, Table};

/// Lanes tried before counting. Segments are at least a quarter full, so of a thousand samples less than one counts.
const TRIES_MAX: usize = 32;

/// A random number below `end`.
fn below(end: usize, rnd: &mut impl FnMut() -> u64) -> usize {
    ((u128::from(rnd()) * end as u128) >> 64) as usize
}

impl<R: Record, H: KeyHash> Table<R, H> {
    /// A random record, uniform over all records given uniform random numbers; `None` if there are none.
    ///
    /// Costs some hundred steps over counters, then a few tries within a slot.
    pub fn sample(&self, rnd: &mut impl FnMut() -> u64) -> Option<RecordRef<'_, R>> {
        if self.len == 0 {
            return None;
        }
        let mut rank = below(self.len, rnd);
        let mut group = 0;
        while let Some(counts) = self.groups.get(group)
            && rank >= counts.len
        {
            rank -= counts.len;
            group += 1;
        }
        for part in self.parts.get(group * GROUP_SLOTS..)? {
            if rank < part.len() {
                return match part {
                    Part::Segment(segment) => Self::sample_segment(segment, rank, rnd),
                    Part::Directory(directory) => Self::sample_directory(directory, rank, rnd),
                };
            }
            rank -= part.len();
        }
        None
    }

    /// A random record of a segment; `rank` is a random number below its length.
    fn sample_segment<'a>(
        segment: &'a Segment,
        rank: usize,
        rnd: &mut impl FnMut() -> u64,
    ) -> Option<RecordRef<'a, R>> {
        let lanes = segment.buckets().len() * LANES;
        for _ in 0..TRIES_MAX {
            if let Some(found) = Self::record_in_lane(segment, below(lanes, rnd)) {
                return Some(found);
            }
        }
        (0..lanes).filter_map(|lane| Self::record_in_lane(segment, lane)).nth(rank)
    }

    /// A random record of a directory: a random lane of a random segment, all segments taken to be as long as the
    /// longest may be.
    fn sample_directory<'a>(
        directory: &'a Directory,
        mut rank: usize,
        rnd: &mut impl FnMut() -> u64,
    ) -> Option<RecordRef<'a, R>> {
        let lanes = directory.buckets_max() * LANES;
        for _ in 0..TRIES_MAX {
            let node = directory.node(below(directory.nodes().len(), rnd));
            if let Some(found) = Self::record_in_lane(&node.segment, below(lanes, rnd)) {
                return Some(found);
            }
        }
        for node in directory.nodes() {
            if rank < node.segment.len() {
                return Self::sample_segment(&node.segment, rank, rnd);
            }
            rank -= node.segment.len();
        }
        None
    }

    /// The record in a lane, counted through all buckets of a segment.
    fn record_in_lane(segment: &Segment, lane: usize) -> Option<RecordRef<'_, R>> {
        let (bucket, lane) = (segment.buckets().get(lane / LANES)?, lane % LANES);
        if !bucket.is_occupied(lane) {
            return None;
        }
        // SAFETY: the record lies in the table, which is borrowed for as long as the segment is.
        Some(unsafe { RecordRef::new(bucket.record(lane)?, bucket.marked(lane)) })
    }
}
