//! The directory of a huge slot: extendible hashing over segments.
//!
//! ```text
//!   entries (depth 2)   00   01   10   11          indexed by the leading bits of the position
//!                         \  /    |    |
//!   nodes                 [0]    [1]  [2]          node 0 has depth 1 and prefix 0; the others depth 2
//! ```
//!
//! A node of depth `d` holds the positions with its `d`-bit prefix and owns 2^(depth − d) neighbouring entries.
//! Splitting a node touches that node alone; doubling the entries copies four bytes for every thousand records or so.

use super::segment::{Moved, POSITION_BITS, Segment, SizeClass};

/// Deepest directory: 16 Mi entries, beyond any slot that fits in memory. A segment that would need more grows.
const DEPTH_MAX: u32 = 24;

/// Entries allowed per node. Well-spread hashes need two to four; a bundle of colliding ones could double the
/// directory at every split, so past this a segment grows instead.
const ENTRIES_PER_NODE_MAX: usize = 16;

/// A segment and the prefix it holds.
pub(super) struct Node {
    pub(super) segment: Segment,
    prefix: u32,
    depth: u32,
}

/// See the module documentation.
pub(super) struct Directory {
    depth: u32,
    /// Records of all nodes.
    pub(super) len: usize,
    /// Draining goes down the nodes; all at or above this one were empty when it was set. A hint only.
    drain_hint: usize,
    /// The most buckets that a node had since the directory was made.
    buckets_max: usize,
    entries: Vec<u32>,
    nodes: Vec<Node>,
}

impl Directory {
    /// A directory over one segment that holds every position.
    pub(super) fn new(segment: Segment) -> Directory {
        let (len, buckets_max) = (segment.len(), segment.class().buckets());
        let nodes = vec![Node { segment, prefix: 0, depth: 0 }];
        Directory { depth: 0, len, drain_hint: 1, buckets_max, entries: vec![0], nodes }
    }

    /// Heap bytes of the directory itself, buckets of the nodes not included.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Directory>()
            + self.entries.capacity() * size_of::<u32>()
            + self.nodes.capacity() * size_of::<Node>()
    }

    /// The node that holds a position.
    #[inline(always)]
    pub(super) fn index_of(&self, position: u64) -> usize {
        // The shift stays below 64 since a position has fewer bits than that.
        self.entries[(position >> (POSITION_BITS - self.depth)) as usize] as usize
    }

    /// The nodes in no particular order.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node by its index.
    #[inline(always)]
    pub(super) fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    /// A node's segment, to change its records; [`Directory::rebuild`] is for its size.
    #[inline(always)]
    pub(super) fn segment_mut(&mut self, index: usize) -> &mut Segment {
        &mut self.nodes[index].segment
    }

    /// Gives a node buckets of another size, for just the records given.
    pub(super) fn rebuild(&mut self, index: usize, class: SizeClass, epoch: u32, moved: &[Moved]) {
        let Node { segment, depth, .. } = &mut self.nodes[index];
        segment.rebuild(class, *depth, epoch, moved.iter().copied());
        self.buckets_max = self.buckets_max.max(class.buckets());
    }

    /// To be called with every segment that comes into the directory.
    fn note_size(&mut self, segment: &Segment) {
        self.buckets_max = self.buckets_max.max(segment.class().buckets());
    }

    /// The most buckets of any node so far.
    pub(super) fn buckets_max(&self) -> usize {
        self.buckets_max
    }

    /// A node with records, if there is one.
    pub(super) fn next_to_drain(&mut self) -> usize {
        let from = self.drain_hint.min(self.nodes.len());
        let has_records = |index: &usize| self.nodes[*index].segment.len() > 0;
        let below = (0..from).rev().find(has_records);
        let found = below.or_else(|| (from..self.nodes.len()).rev().find(has_records)).unwrap_or(0);
        self.drain_hint = found + 1;
        found
    }

    /// Whether a node may be split, as far as the directory is concerned.
    pub(super) fn may_split(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        node.depth < self.depth
            || (self.depth < DEPTH_MAX && self.entries.len() * 2 <= self.nodes.len() * ENTRIES_PER_NODE_MAX)
    }

    /// Replaces a node by two, for the lower and the upper half of its positions. See [`Directory::may_split`].
    pub(super) fn split(&mut self, index: usize, lower: Segment, upper: Segment) {
        if self.nodes[index].depth == self.depth {
            let mut doubled = Vec::with_capacity(self.entries.len() * 2);
            doubled.extend(self.entries.iter().flat_map(|&entry| [entry, entry]));
            self.entries = doubled;
            self.depth += 1;
        }
        self.note_size(&lower);
        self.note_size(&upper);
        let node = &mut self.nodes[index];
        node.segment = lower;
        node.depth += 1;
        node.prefix *= 2;
        let upper = Node { segment: upper, prefix: node.prefix + 1, depth: node.depth };
        self.nodes.push(upper);
        self.point_at(self.nodes.len() - 1);
    }

    /// The node that was, or could have been, split off together with this one, if it is not split further.
    pub(super) fn buddy(&self, index: usize) -> Option<usize> {
        let node = &self.nodes[index];
        if node.depth == 0 {
            return None;
        }
        let buddy = self.entries[((node.prefix ^ 1) << (self.depth - node.depth)) as usize] as usize;
        (self.nodes[buddy].depth == node.depth).then_some(buddy)
    }

    /// Replaces two buddies by one node that holds the positions of both, and returns its index.
    pub(super) fn merge(&mut self, index: usize, buddy: usize, merged: Segment) -> usize {
        self.note_size(&merged);
        let (keep, gone) = (index.min(buddy), index.max(buddy));
        let node = &mut self.nodes[keep];
        node.segment = merged;
        node.depth -= 1;
        node.prefix /= 2;
        self.point_at(keep);
        self.nodes.swap_remove(gone);
        if gone < self.nodes.len() {
            self.point_at(gone);
        }
        while self.depth > 0 && self.entries.len() > self.nodes.len() * 2 && self.half_suffices() {
            self.entries = self.entries.iter().copied().step_by(2).collect();
            self.depth -= 1;
        }
        if self.nodes.capacity() > self.nodes.len() * 4 {
            self.nodes.shrink_to(self.nodes.len() * 2);
        }
        keep
    }

    /// The only segment, if no other is left.
    pub(super) fn take_last(&mut self) -> Option<Segment> {
        match self.nodes.as_mut_slice() {
            [node] => Some(std::mem::replace(&mut node.segment, Segment::EMPTY)),
            _ => None,
        }
    }

    /// Panics unless the entries are the nodes' prefixes spelled out, and the counts are right.
    #[cfg(test)]
    pub(super) fn check(&self) {
        assert_eq!(self.entries.len(), 1 << self.depth);
        assert_eq!(self.len, self.nodes.iter().map(|node| node.segment.len()).sum::<usize>());
        for (entry, &index) in self.entries.iter().enumerate() {
            let node = &self.nodes[index as usize];
            assert_eq!(entry >> (self.depth - node.depth), node.prefix as usize);
            assert!(node.segment.class().buckets() <= self.buckets_max);
        }
    }

    /// Whether no node is as deep as the directory.
    fn half_suffices(&self) -> bool {
        self.entries.chunks_exact(2).all(|pair| pair[0] == pair[1])
    }

    /// Lets all entries of a node point at it.
    fn point_at(&mut self, index: usize) {
        let node = &self.nodes[index];
        let span = self.depth - node.depth;
        let first = (node.prefix as usize) << span;
        self.entries[first..first + (1 << span)].fill(index as u32);
    }
}

impl Node {
    /// Number of leading bits of a position that all records of this node share.
    #[inline(always)]
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// The first position of this node.
    pub(super) fn first_position(&self) -> u64 {
        u64::from(self.prefix) << (POSITION_BITS - self.depth)
    }
}
