//! Sorted sets: members with scores, in the order of scores, members breaking ties.
//!
//! A small one is a pack of members and scores in turn, in order; a big one is a [`SortedSet`]: a tree that keeps the order
//! and a hash that finds the score of a member. [`SortedSetRef`] looks at either in the same way, [`SortedSetEdit`] changes
//! either. A score is never NaN.

mod big;
mod edit;
mod small;

#[cfg(test)]
#[path = "sorted_set_tests.rs"]
mod tests;

use std::ops::Range;

use ds::pack::{Dense, Element};

use crate::packed::{Packed, Tag};
use crate::{Structure, Value, WrongType};

pub use big::SortedSet;
pub use edit::SortedSetEdit;
pub use small::SmallSortedSet;

/// Integers from here on are not all doubles.
const EXACT_MAX: f64 = (1u64 << 53) as f64;

/// A sorted set, to look at.
#[derive(Clone, Copy, Debug)]
pub enum SortedSetRef<'a> {
    /// In its compact form.
    Small(SmallSortedSet<'a>),
    /// In its full form.
    Big(&'a SortedSet),
}

impl<'a> Value<'a> {
    /// The sorted set that the value is.
    #[inline]
    pub fn as_sorted_set(self) -> Result<SortedSetRef<'a>, WrongType> {
        match self {
            Value::Packed(Packed { tag: Tag::SortedSet, bytes }) => {
                Ok(SortedSetRef::Small(SmallSortedSet::new(bytes)))
            }
            Value::Structure(Structure::SortedSet(set)) => Ok(SortedSetRef::Big(set)),
            _ => Err(WrongType),
        }
    }
}

impl<'a> SortedSetRef<'a> {
    /// One without members.
    #[inline]
    pub fn empty() -> Self {
        SortedSetRef::Small(SmallSortedSet::new(&[]))
    }

    /// The number of members. O(1).
    #[inline]
    pub fn len(self) -> usize {
        match self {
            SortedSetRef::Small(set) => set.len(),
            SortedSetRef::Big(set) => set.order().len(),
        }
    }

    /// Whether there is no member. O(1).
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// About how many bytes each member has; 0 for a small set.
    pub fn big_bytes_each(self) -> usize {
        match self {
            SortedSetRef::Small(_) => 0,
            SortedSetRef::Big(set) => set.order().memory_bytes() / set.order().len().max(1),
        }
    }

    /// The score of a member.
    #[inline]
    pub fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            SortedSetRef::Small(set) => set.score(member),
            SortedSetRef::Big(set) => set.score(member),
        }
    }

    /// How many members come before a member, and its score.
    pub fn rank(self, member: &[u8]) -> Option<(usize, f64)> {
        match self {
            SortedSetRef::Small(set) => set.rank(member),
            SortedSetRef::Big(set) => set.rank(member),
        }
    }

    /// How many members have a score for which `below` holds, which must be so for all up to some score.
    #[inline]
    pub fn partition_by_score(self, below: impl Fn(f64) -> bool) -> usize {
        match self {
            SortedSetRef::Small(set) => set.partition(|score, _| below(score)),
            SortedSetRef::Big(set) => set.order().partition_by_score(below),
        }
    }

    /// How many members `below` holds for, which must be so for all up to some member; else some number of at most
    /// [`SortedSetRef::len`].
    #[inline]
    pub fn partition(self, below: impl Fn(f64, &[u8]) -> bool) -> usize {
        match self {
            SortedSetRef::Small(set) => set.partition(below),
            SortedSetRef::Big(set) => set.order().partition(below),
        }
    }

    /// Passes the members of a range of ranks to `visit` with their scores, forwards or backwards, until it says false.
    #[inline]
    pub fn visit(self, range: Range<usize>, backwards: bool, visit: impl FnMut(f64, &[u8]) -> bool) {
        match self {
            SortedSetRef::Small(set) => set.visit(range, backwards, visit),
            SortedSetRef::Big(set) => set.order().visit(range, backwards, visit),
        }
    }

    /// Passes all members to `visit` with their scores, in order.
    #[inline]
    pub fn for_each(self, mut visit: impl FnMut(f64, &[u8])) {
        self.visit(0..self.len(), false, |score, member| {
            visit(score, member);
            true
        });
    }

    /// Passes some members to `visit` and returns the cursor to go on with; 0 means the end. Start with 0. A member that is
    /// there from the first call to the last is passed at least once.
    pub fn scan(self, cursor: u64, mut visit: impl FnMut(f64, &[u8])) -> u64 {
        match self {
            SortedSetRef::Small(_) => {
                self.for_each(visit);
                0
            }
            SortedSetRef::Big(set) => set.scan(cursor, &mut visit),
        }
    }
}

/// How a score is kept: as an integer if it is one, else as the bytes of the double.
#[derive(Clone, Copy)]
struct ScoreBytes([u8; 8], f64);

impl ScoreBytes {
    #[inline]
    fn new(score: f64) -> Self {
        ScoreBytes(score.to_le_bytes(), score)
    }

    #[inline]
    fn element(&self) -> Element<'_> {
        let score = self.1;
        let negative_zero = score == 0.0 && score.is_sign_negative();
        if score.abs() <= EXACT_MAX && score.trunc() == score && !negative_zero {
            Element::Int(score as i64)
        } else {
            Element::Bytes(&self.0)
        }
    }
}

/// The score that the value of an entry keeps.
#[inline]
fn score_in(value: Dense<'_>) -> f64 {
    match value {
        Dense::Int(int) => int as f64,
        Dense::Bytes(bytes) => bytes.try_into().map_or(0.0, f64::from_le_bytes),
        Dense::Symbols(_) => 0.0,
    }
}

/// The score that an element keeps.
#[inline]
fn score_of(element: Element<'_>) -> f64 {
    match element {
        Element::Int(int) => int as f64,
        Element::Bytes(bytes) => bytes.try_into().map_or(0.0, f64::from_le_bytes),
    }
}
