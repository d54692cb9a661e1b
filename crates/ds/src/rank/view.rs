//! A view: elements of a tree as they were at one instant, to be visited in slices.

use std::ops::Range;

use super::node::Node;

/// See the [module documentation](self).
#[derive(Debug)]
pub struct RankView {
    /// Shares its nodes and is never changed.
    root: Node,
    /// The ranks that have not been visited.
    left: Range<usize>,
    backwards: bool,
}

impl RankView {
    pub(super) fn new(root: Node, range: Range<usize>, backwards: bool) -> Self {
        RankView { root, left: range, backwards }
    }

    /// The number of elements that have not been visited. O(1).
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether all have been visited. O(1).
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Passes elements to `visit`, from where the last call ended, until it says false or none is left. Returns whether none is
    /// left. O(log n + elements).
    pub fn visit(&mut self, mut visit: impl FnMut(f64, &[u8]) -> bool) -> bool {
        if self.left.is_empty() {
            return true;
        }
        let mut visited = 0;
        self.root.visit(self.left.clone(), self.backwards, &mut |score, member| {
            visited += 1;
            visit(score, member)
        });
        if self.backwards {
            self.left.end -= visited;
        } else {
            self.left.start += visited;
        }
        self.left.is_empty()
    }

    /// Lets go of about `budget` leaves; returns whether all is let go of. Nothing is visited afterwards.
    pub fn free_some(&mut self, budget: usize) -> bool {
        self.left = 0..0;
        self.root.release(&mut budget.max(1))
    }
}
