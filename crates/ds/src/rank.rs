//! Elements in the order of their scores, members breaking ties, with ranks: a B+tree whose inner nodes count what is below
//! each child.
//!
//! ```text
//!   inner     borders │ counts │ children          up to 64 children
//!              /         |         \
//!   leaf     scores │ ends │ members               up to 2 KiB, about 80 members of 16 bytes
//! ```
//!
//! Scores are compared as numbers, so 0 and -0 are equal; NaN must not come in. Members are compared byte by byte. A border
//! between two nodes is the shortest that tells them apart, mostly a bare score. Leaves have the allocation that they need
//! and no more ([`run`]), 26 bytes and some for an element with 16 bytes of member.
//!
//! Every operation on one element goes down one path, O(log n), and moves at most a few KiB. Leaves are split in the middle,
//! but at both ends of the tree so that the old leaf stays full: scores that only grow, such as times, leave full leaves
//! behind. Small nodes join neighbours that have room; nodes are never empty.
//!
//! Nodes can be shared with a [`RankView`], which stays as it is whatever becomes of the tree.

mod node;
mod run;
mod view;

#[cfg(test)]
#[path = "rank_tests.rs"]
mod tests;

use std::ops::Range;

use node::{Edges, Inserted, Node};
pub use view::RankView;

use crate::share::Share;

/// See the [module documentation](self).
#[derive(Clone, Debug, Default)]
pub struct RankTree {
    root: Node,
    len: usize,
    bytes: usize,
}

impl RankTree {
    /// An empty tree. Allocates nothing.
    pub fn new() -> Self {
        RankTree::default()
    }

    /// A tree of elements that come in order, each once. O(n), and faster than one [`RankTree::insert`] each.
    pub fn from_sorted<'m>(elements: impl Iterator<Item = (f64, &'m [u8])>) -> Self {
        let (root, len) = node::build(elements);
        let bytes = root.all_bytes();
        RankTree { root, len, bytes }
    }

    /// The number of elements. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none. O(1).
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Heap bytes, exact. O(1).
    #[inline]
    pub fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// Puts an element in its place. Returns whether it is new. O(log n).
    pub fn insert(&mut self, score: f64, member: &[u8]) -> bool {
        debug_assert!(!score.is_nan(), "NaN has no place");
        let edges = Edges { first: true, last: true };
        match self.root.insert(score, member, edges, &mut self.bytes) {
            Inserted::Present => return false,
            Inserted::Done => {}
            Inserted::Split(border, right) => self.root.rise(border, right, &mut self.bytes),
        }
        self.len += 1;
        true
    }

    /// Takes an element out. Returns whether it was there. O(log n).
    pub fn remove(&mut self, score: f64, member: &[u8]) -> bool {
        let removed = self.root.remove(score, member, &mut self.bytes);
        if removed {
            self.len -= 1;
            self.root.sink(&mut self.bytes);
        }
        removed
    }

    /// Takes out the elements of a range of ranks and passes them to `visit`, in order. O(log n + elements).
    pub fn remove_range(&mut self, range: Range<usize>, mut visit: impl FnMut(f64, &[u8])) {
        let range = range.start..range.end.min(self.len);
        if range.is_empty() {
            return;
        }
        self.root.remove_range(range.clone(), &mut visit, &mut self.bytes);
        self.len -= range.len();
        self.root.sink(&mut self.bytes);
    }

    /// How many elements come before an element; `None` if it is not there. O(log n).
    #[inline]
    pub fn rank(&self, score: f64, member: &[u8]) -> Option<usize> {
        self.root.rank(score, member)
    }

    /// How many elements come before an element that is there; some number if it is not. O(log n).
    #[inline]
    pub fn rank_of_present(&self, score: f64, member: &[u8]) -> usize {
        self.root.rank_of_present(score, member)
    }

    /// The element with so many before it. O(log n).
    pub fn get(&self, rank: usize) -> Option<(f64, &[u8])> {
        (rank < self.len).then(|| self.root.at(rank))
    }

    /// How many elements have a score for which `below` holds, which must be so for all up to some score. O(log n).
    #[inline]
    pub fn partition_by_score(&self, below: impl Fn(f64) -> bool) -> usize {
        self.root.partition_by_score(below)
    }

    /// How many elements `below` holds for, which must be so for all up to some element. It is also asked about borders,
    /// whose members are prefixes of real ones. O(log n).
    ///
    /// If `below` is not of that kind, the result is some number of at most [`RankTree::len`].
    #[inline]
    pub fn partition(&self, below: impl Fn(f64, &[u8]) -> bool) -> usize {
        self.root.partition(below)
    }

    /// Passes the elements of a range of ranks to `visit`, forwards or backwards, until it says false. O(log n + elements).
    #[inline]
    pub fn visit(&self, range: Range<usize>, backwards: bool, mut visit: impl FnMut(f64, &[u8]) -> bool) {
        let range = range.start..range.end.min(self.len);
        if !range.is_empty() {
            self.root.visit(range, backwards, &mut visit);
        }
    }

    /// The elements of a range of ranks as they are now, to be looked at whatever becomes of the tree. O(1), and the first change of
    /// each node afterwards copies it.
    pub fn view(&self, range: Range<usize>, backwards: bool) -> RankView {
        RankView::new(self.root.share(), range.start.min(self.len)..range.end.min(self.len), backwards)
    }

    /// Frees up to so many leaves from the end. Returns whether all is freed.
    pub fn free_some(&mut self, leaves: usize) -> bool {
        for _ in 0..leaves {
            self.len -= self.root.drop_last_leaf(&mut self.bytes);
            self.root.sink(&mut self.bytes);
            if self.len == 0 {
                return true;
            }
        }
        false
    }

    /// Counts heap bytes anew; O(nodes).
    #[cfg(test)]
    fn counted_bytes(&self) -> usize {
        self.root.all_bytes()
    }

    /// Checks what must hold of every tree.
    #[cfg(test)]
    fn check(&self) {
        let (_, count) = self.root.check(None, None);
        assert_eq!(count, self.len);
        assert_eq!(self.counted_bytes(), self.bytes);
    }
}
