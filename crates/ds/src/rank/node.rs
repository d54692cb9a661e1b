//! Nodes of the tree: what one of them does, and hands down to its children.

use std::mem::size_of;
use std::ops::Range;

use super::run::{Run, RunBuilder};
use crate::record::size_class;
use crate::share::{COUNT_BYTES, Share, Shared};

/// Most bytes of a leaf, long members left out: a class of the allocator, so that leaves filled in order waste nothing.
const LEAF_MAX_BYTES: usize = 2048 - COUNT_BYTES;
/// A leaf with fewer bytes looks for a neighbour to join.
const LEAF_MIN_BYTES: usize = LEAF_MAX_BYTES / 4;
/// Leaves join if the result has room to grow.
const LEAF_JOINED_MAX_BYTES: usize = LEAF_MAX_BYTES * 3 / 4;

/// Most children of an inner node.
const CHILDREN_MAX: usize = 64;
/// A node with fewer children looks for a neighbour to join.
const CHILDREN_MIN: usize = CHILDREN_MAX / 4;
/// Inner nodes join if the result has room to grow.
const CHILDREN_JOINED_MAX: usize = CHILDREN_MAX * 3 / 4;

/// Children that an inner node has room for beyond those it has, when it needs more room.
const CHILDREN_SPARE: usize = 8;

/// A node.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Leaf(Run),
    Inner(Shared<Inner>),
}

/// An inner node with its children. Border `i` lies after all of child `i` and not after any of child `i + 1`.
#[derive(Clone, Debug, Default)]
pub(super) struct Inner {
    borders: Run,
    counts: Vec<u32>,
    children: Vec<Node>,
}

/// Which ends of the tree a node lies at. Leaves there are split so that one stays full, since entries that come at an end
/// mostly come in order.
#[derive(Clone, Copy)]
pub(super) struct Edges {
    pub(super) first: bool,
    pub(super) last: bool,
}

/// A border.
pub(super) struct Border {
    score: f64,
    member: Vec<u8>,
}

/// What became of an insert.
pub(super) enum Inserted {
    /// The entry was there already.
    Present,
    Done,
    /// The node has been split: what is on the right of the border.
    Split(Border, Node),
}

impl Border {
    /// The shortest border between two neighbours.
    fn between(left: (f64, &[u8]), right: (f64, &[u8])) -> Border {
        let (score, member) = right;
        let common = left.1.iter().zip(member).take_while(|(a, b)| a == b).count();
        let needed = if left.0 < score { 0 } else { common + 1 };
        Border { score, member: member.get(..needed).unwrap_or(member).to_vec() }
    }
}

impl Default for Node {
    fn default() -> Self {
        Node::Leaf(Run::default())
    }
}

impl Node {
    /// The number of entries below; O(children).
    pub(super) fn count(&self) -> usize {
        match self {
            Node::Leaf(run) => run.len(),
            Node::Inner(inner) => inner.counts.iter().map(|&count| count as usize).sum(),
        }
    }

    /// Heap bytes of the node without its children. O(1).
    fn own_bytes(&self) -> usize {
        match self {
            Node::Leaf(run) => run.memory_bytes(),
            Node::Inner(inner) => {
                Shared::<Inner>::HEAP_BYTES
                    + inner.borders.memory_bytes()
                    + size_class(inner.counts.capacity() * size_of::<u32>())
                    + size_class(inner.children.capacity() * size_of::<Node>())
            }
        }
    }

    /// Heap bytes of the node and all below it; O(nodes).
    pub(super) fn all_bytes(&self) -> usize {
        let below = match self {
            Node::Leaf(_) => 0,
            Node::Inner(inner) => inner.children.iter().map(Node::all_bytes).sum(),
        };
        self.own_bytes() + below
    }

    /// Changes the node itself and keeps the account of heap bytes.
    fn accounted<R>(&mut self, bytes: &mut usize, change: impl FnOnce(&mut Node) -> R) -> R {
        let before = self.own_bytes();
        let result = change(self);
        *bytes = *bytes + self.own_bytes() - before;
        result
    }

    /// Asks for what a search in the node looks at.
    #[inline(always)]
    fn prefetch(&self) {
        match self {
            Node::Leaf(run) => run.prefetch(),
            Node::Inner(inner) => inner.borders.prefetch(),
        }
    }

    /// Whether it should join a neighbour.
    fn is_small(&self) -> bool {
        match self {
            Node::Leaf(run) => run.used_bytes() < LEAF_MIN_BYTES,
            Node::Inner(inner) => inner.children.len() < CHILDREN_MIN,
        }
    }

    fn can_join(&self, other: &Node) -> bool {
        match (self, other) {
            (Node::Leaf(left), Node::Leaf(right)) => {
                left.used_bytes() + right.used_bytes() <= LEAF_JOINED_MAX_BYTES
            }
            (Node::Inner(left), Node::Inner(right)) => {
                left.children.len() + right.children.len() <= CHILDREN_JOINED_MAX
            }
            _ => false,
        }
    }

    /// Puts an entry in its place.
    pub(super) fn insert(&mut self, score: f64, member: &[u8], edges: Edges, bytes: &mut usize) -> Inserted {
        match self {
            Node::Leaf(run) => {
                let Err(at) = run.search(score, member) else { return Inserted::Present };
                let before = run.memory_bytes();
                run.insert(at, score, member);
                *bytes = *bytes + run.memory_bytes() - before;
                if run.used_bytes() <= LEAF_MAX_BYTES || run.len() < 2 {
                    return Inserted::Done;
                }
                let at = split_point(at, run.len(), edges, || run.middle());
                let before = run.memory_bytes();
                let right = run.split_off(at);
                *bytes = *bytes + run.memory_bytes() + right.memory_bytes() - before;
                let last = at - 1;
                let border =
                    Border::between((run.score(last), run.member(last)), (right.score(0), right.member(0)));
                Inserted::Split(border, Node::Leaf(right))
            }
            Node::Inner(inner) => {
                let inner = inner.make_mut();
                let at = inner.child_of(score, member);
                inner.children[at].prefetch();
                let last = inner.children.len() - 1;
                let below = Edges { first: edges.first && at == 0, last: edges.last && at == last };
                match inner.children[at].insert(score, member, below, bytes) {
                    Inserted::Split(border, right) => {
                        self.accounted(bytes, |node| node.take_child(at, border, right));
                        self.split_if_full(at + 1, edges, bytes)
                    }
                    Inserted::Done => {
                        inner.counts[at] += 1;
                        Inserted::Done
                    }
                    Inserted::Present => Inserted::Present,
                }
            }
        }
    }

    /// Takes a new child, the right part of child `at`.
    fn take_child(&mut self, at: usize, border: Border, right: Node) {
        let Node::Inner(inner) = self else { return };
        let inner = inner.make_mut();
        if inner.children.len() == inner.children.capacity() {
            inner.children.reserve_exact(CHILDREN_SPARE);
            inner.counts.reserve_exact(CHILDREN_SPARE);
        }
        inner.counts[at] = inner.children[at].count() as u32;
        inner.counts.insert(at + 1, right.count() as u32);
        inner.children.insert(at + 1, right);
        inner.borders.insert(at, border.score, &border.member);
    }

    /// Splits an inner node that has got a child at `at` if it has too many.
    fn split_if_full(&mut self, at: usize, edges: Edges, bytes: &mut usize) -> Inserted {
        let Node::Inner(inner) = self else { return Inserted::Done };
        let len = inner.children.len();
        if len <= CHILDREN_MAX {
            return Inserted::Done;
        }
        let at = split_point(at, len, edges, || len / 2);
        let (border, right) = self.accounted(bytes, |node| node.split_inner(at));
        *bytes += right.own_bytes();
        Inserted::Split(border, right)
    }

    fn split_inner(&mut self, at: usize) -> (Border, Node) {
        let Node::Inner(inner) = self else {
            return (Border { score: 0.0, member: Vec::new() }, Node::default());
        };
        let inner = inner.make_mut();
        let borders = inner.borders.split_off(at);
        let last = at - 1;
        let border = Border { score: inner.borders.score(last), member: inner.borders.member(last).to_vec() };
        inner.borders.remove(last..at);
        let (counts, children) = (inner.counts.split_off(at), inner.children.split_off(at));
        inner.counts.shrink_to_fit();
        inner.children.shrink_to_fit();
        (border, Node::Inner(Shared::new(Inner { borders, counts, children })))
    }

    /// Takes an entry out; returns whether it was there.
    pub(super) fn remove(&mut self, score: f64, member: &[u8], bytes: &mut usize) -> bool {
        match self {
            Node::Leaf(run) => {
                let Ok(at) = run.search(score, member) else { return false };
                let before = run.memory_bytes();
                run.remove(at..at + 1);
                *bytes = *bytes + run.memory_bytes() - before;
                true
            }
            Node::Inner(inner) => {
                let inner = inner.make_mut();
                let at = inner.child_of(score, member);
                inner.children[at].prefetch();
                let removed = inner.children[at].remove(score, member, bytes);
                if removed {
                    inner.counts[at] -= 1;
                    if inner.children[at].is_small() {
                        self.join_small(at..at + 1, bytes);
                    }
                }
                removed
            }
        }
    }

    /// Passes the entries of a range of ranks to `visit` and takes them out.
    pub(super) fn remove_range(
        &mut self,
        range: Range<usize>,
        visit: &mut impl FnMut(f64, &[u8]),
        bytes: &mut usize,
    ) {
        match self {
            Node::Leaf(run) => {
                run.visit(range.clone(), false, &mut |score, member| {
                    visit(score, member);
                    true
                });
                let before = run.memory_bytes();
                run.remove(range);
                *bytes = *bytes + run.memory_bytes() - before;
            }
            Node::Inner(inner) => {
                let inner = inner.make_mut();
                let (mut touched, mut from) = (0..0, 0);
                for (at, (child, count)) in inner.children.iter_mut().zip(&mut inner.counts).enumerate() {
                    let all = *count as usize;
                    let part =
                        range.start.clamp(from, from + all) - from..range.end.clamp(from, from + all) - from;
                    from += all;
                    if part.is_empty() {
                        if part.start == 0 && all > 0 && from > range.end {
                            break;
                        }
                        continue;
                    }
                    *count -= part.len() as u32;
                    child.remove_range(part, visit, bytes);
                    touched = if touched.is_empty() { at..at + 1 } else { touched.start..at + 1 };
                }
                self.join_small(touched, bytes);
            }
        }
    }

    /// Drops those children of a range that are empty, and joins small ones with neighbours.
    fn join_small(&mut self, range: Range<usize>, bytes: &mut usize) {
        let before = self.own_bytes();
        if let Node::Inner(inner) = self {
            let inner = inner.make_mut();
            for at in range.clone().rev() {
                inner.drop_if_empty(at, bytes);
            }
            for at in range.rev() {
                inner.join_if_small(at, bytes);
            }
            if inner.children.capacity() > inner.children.len() + 2 * CHILDREN_SPARE {
                inner.children.shrink_to(inner.children.len() + CHILDREN_SPARE);
                inner.counts.shrink_to(inner.children.len() + CHILDREN_SPARE);
            }
        }
        *bytes = *bytes + self.own_bytes() - before;
    }

    /// Passes the entries of a range of ranks to `visit` until it says false. Returns whether it never did.
    pub(super) fn visit(
        &self,
        range: Range<usize>,
        backwards: bool,
        visit: &mut impl FnMut(f64, &[u8]) -> bool,
    ) -> bool {
        let inner = match self {
            Node::Leaf(run) => return run.visit(range, backwards, visit),
            Node::Inner(inner) => inner,
        };
        if backwards {
            let mut to = inner.counts.iter().map(|&count| count as usize).sum();
            for (child, &count) in inner.children.iter().zip(&inner.counts).rev() {
                let from = to - count as usize;
                let part = range.start.max(from)..range.end.min(to);
                if !part.is_empty() && !child.visit(part.start - from..part.end - from, true, visit) {
                    return false;
                }
                to = from;
                if to <= range.start {
                    break;
                }
            }
        } else {
            let mut from = 0;
            for (child, &count) in inner.children.iter().zip(&inner.counts) {
                let to = from + count as usize;
                let part = range.start.max(from)..range.end.min(to);
                if !part.is_empty() && !child.visit(part.start - from..part.end - from, false, visit) {
                    return false;
                }
                from = to;
                if from >= range.end {
                    break;
                }
            }
        }
        true
    }

    /// Goes down to one leaf and returns the ranks before it with it. `choose` names the child of each inner node.
    #[inline(always)]
    fn descend(&self, choose: impl Fn(&Inner) -> usize) -> (usize, &Run) {
        let (mut node, mut rank) = (self, 0);
        loop {
            match node {
                Node::Leaf(run) => return (rank, run),
                Node::Inner(inner) => {
                    let at = choose(inner);
                    node = &inner.children[at];
                    node.prefetch();
                    rank += inner.counts[..at].iter().map(|&count| count as usize).sum::<usize>();
                }
            }
        }
    }

    /// The rank of an entry.
    #[inline]
    pub(super) fn rank(&self, score: f64, member: &[u8]) -> Option<usize> {
        let (rank, run) = self.descend(|inner| inner.child_of(score, member));
        run.search(score, member).ok().map(|at| rank + at)
    }

    /// The rank of an entry that is there.
    #[inline]
    pub(super) fn rank_of_present(&self, score: f64, member: &[u8]) -> usize {
        let (rank, run) = self.descend(|inner| inner.child_of(score, member));
        rank + run.place_of_present(score, member)
    }

    /// How many entries have a score for which `below` holds.
    #[inline]
    pub(super) fn partition_by_score(&self, below: impl Fn(f64) -> bool) -> usize {
        let (rank, run) = self.descend(|inner| inner.borders.partition_by_score(&below));
        rank + run.partition_by_score(below)
    }

    /// How many entries `below` holds for.
    #[inline]
    pub(super) fn partition(&self, below: impl Fn(f64, &[u8]) -> bool) -> usize {
        let (rank, run) = self.descend(|inner| inner.borders.partition(&below));
        rank + run.partition(below)
    }

    /// The entry at a rank, which there must be.
    pub(super) fn at(&self, mut rank: usize) -> (f64, &[u8]) {
        let mut node = self;
        loop {
            match node {
                Node::Leaf(run) => return (run.score(rank), run.member(rank)),
                Node::Inner(inner) => {
                    let mut at = 0;
                    while let Some(&count) = inner.counts.get(at)
                        && rank >= count as usize
                        && at + 1 < inner.children.len()
                    {
                        rank -= count as usize;
                        at += 1;
                    }
                    node = &inner.children[at];
                }
            }
        }
    }

    /// Makes the tree one level higher: the node becomes the first child of a new root.
    pub(super) fn rise(&mut self, border: Border, right: Node, bytes: &mut usize) {
        let mut inner = Inner { borders: Run::default(), counts: Vec::new(), children: Vec::new() };
        inner.children.reserve_exact(CHILDREN_SPARE);
        inner.counts.reserve_exact(CHILDREN_SPARE);
        inner.children.push(std::mem::take(self));
        inner.counts.push(0);
        *self = Node::Inner(Shared::new(inner));
        self.take_child(0, border, right);
        *bytes += self.own_bytes();
    }

    /// While the node has a single child, puts that in its place; an inner node without any becomes an empty leaf.
    pub(super) fn sink(&mut self, bytes: &mut usize) {
        while let Node::Inner(inner) = self
            && inner.children.len() <= 1
        {
            let inner = inner.make_mut();
            let child = inner.children.pop();
            inner.counts.clear();
            *bytes -= self.own_bytes();
            *self = child.unwrap_or_default();
        }
    }

    /// Drops the last leaf. Returns the number of its entries.
    pub(super) fn drop_last_leaf(&mut self, bytes: &mut usize) -> usize {
        match self {
            Node::Leaf(run) => {
                let gone = run.len();
                *bytes -= run.memory_bytes();
                run.give_up();
                *run = Run::default();
                gone
            }
            Node::Inner(inner) => {
                let inner = inner.make_mut();
                let Some(last) = inner.children.len().checked_sub(1) else { return 0 };
                let gone = inner.children[last].drop_last_leaf(bytes);
                inner.counts[last] -= gone as u32;
                self.join_small(last..last + 1, bytes);
                gone
            }
        }
    }

    /// Checks what must hold of every node, and returns depth and entries.
    #[cfg(test)]
    pub(super) fn check(&self, low: Option<(f64, &[u8])>, high: Option<(f64, &[u8])>) -> (usize, usize) {
        match self {
            Node::Leaf(run) => {
                run.check();
                if let (Some(low), true) = (low, run.len() > 0) {
                    assert!(low <= (run.score(0), run.member(0)));
                }
                if let (Some(high), Some(last)) = (high, run.len().checked_sub(1)) {
                    assert!((run.score(last), run.member(last)) < high);
                }
                (0, run.len())
            }
            Node::Inner(inner) => {
                inner.borders.check();
                let len = inner.children.len();
                assert!((1..=CHILDREN_MAX).contains(&len), "{len}");
                assert_eq!((inner.counts.len(), inner.borders.len()), (len, len - 1));
                let border = |i: usize| (inner.borders.score(i), inner.borders.member(i));
                let mut depths = Vec::new();
                for (i, child) in inner.children.iter().enumerate() {
                    let low = if i > 0 { Some(border(i - 1)) } else { low };
                    let high = if i + 1 < len { Some(border(i)) } else { high };
                    let (depth, count) = child.check(low, high);
                    assert_eq!(count, inner.counts[i] as usize);
                    assert!(count > 0, "no empty nodes");
                    depths.push(depth);
                }
                depths.dedup();
                assert_eq!(depths.len(), 1, "all leaves at one depth");
                (depths[0] + 1, self.count())
            }
        }
    }
}

impl Inner {
    /// The child that an entry belongs to.
    #[inline(always)]
    fn child_of(&self, score: f64, member: &[u8]) -> usize {
        match self.borders.search(score, member) {
            Ok(at) => at + 1,
            Err(at) => at,
        }
    }

    /// Drops child `at` if it is empty.
    fn drop_if_empty(&mut self, at: usize, bytes: &mut usize) {
        if self.counts.get(at) != Some(&0) {
            return;
        }
        let child = self.children.remove(at);
        *bytes -= child.all_bytes();
        self.counts.remove(at);
        if self.borders.len() > 0 {
            // Either neighbour may take over the room of the child that goes.
            let border = at.saturating_sub(1);
            self.borders.remove(border..border + 1);
        }
    }

    /// Joins child `at` with a neighbour if it is small and there is one with room. No child is empty.
    fn join_if_small(&mut self, at: usize, bytes: &mut usize) {
        let Some(child) = self.children.get(at).filter(|child| child.is_small()) else { return };
        if at + 1 < self.children.len() && child.can_join(&self.children[at + 1]) {
            self.join(at, bytes);
        } else if at > 0 && self.children[at - 1].can_join(child) {
            self.join(at - 1, bytes);
        }
    }

    /// Joins child `at` with the next one.
    fn join(&mut self, at: usize, bytes: &mut usize) {
        let right = self.children.remove(at + 1);
        let left = &mut self.children[at];
        *bytes -= left.own_bytes() + right.own_bytes();
        match (&mut *left, right) {
            (Node::Leaf(left), Node::Leaf(right)) => left.append(right),
            (Node::Inner(left), Node::Inner(mut right)) => {
                let (left, right) = (left.make_mut(), right.make_mut());
                let end = left.borders.len();
                left.borders.insert(end, self.borders.score(at), self.borders.member(at));
                left.borders.append(std::mem::take(&mut right.borders));
                left.counts.reserve_exact(right.counts.len());
                left.counts.append(&mut right.counts);
                left.children.reserve_exact(right.children.len());
                left.children.append(&mut right.children);
            }
            // Siblings are of one kind; see `can_join`.
            (_, right) => drop(right),
        }
        *bytes += self.children[at].own_bytes();
        self.counts[at] += self.counts.remove(at + 1);
        self.borders.remove(at..at + 1);
    }
}

impl Node {
    /// Lets go of some of what another owner may hold, about `budget` leaves; returns whether all is let go of, and the node is
    /// empty.
    pub(super) fn release(&mut self, budget: &mut usize) -> bool {
        if let Node::Inner(inner) = self
            && let Some(only) = inner.only_owner()
        {
            while let Some(child) = only.children.last_mut() {
                if *budget == 0 || !child.release(budget) {
                    return false;
                }
                only.children.pop();
            }
        }
        *budget = budget.saturating_sub(1);
        *self = Node::default();
        true
    }
}

impl Share for Node {
    fn share(&self) -> Self {
        match self {
            Node::Leaf(run) => Node::Leaf(run.share()),
            Node::Inner(inner) => Node::Inner(inner.share()),
        }
    }

    fn give_up(&mut self) {
        match self {
            Node::Leaf(run) => run.give_up(),
            Node::Inner(inner) => inner.give_up(),
        }
    }
}

impl Share for Inner {
    /// With the same room, so that accounts of the room hold.
    fn share(&self) -> Self {
        let mut counts = Vec::with_capacity(self.counts.capacity());
        counts.extend_from_slice(&self.counts);
        Inner { borders: self.borders.share(), counts, children: self.children.share() }
    }

    fn give_up(&mut self) {
        self.borders.give_up();
        self.children.give_up();
    }
}

/// Builds a tree from entries that come in order, from the leaves up. Returns it with the number of entries.
pub(super) fn build<'m>(entries: impl Iterator<Item = (f64, &'m [u8])>) -> (Node, usize) {
    let (mut leaf, mut leaves, mut borders) = (RunBuilder::default(), Vec::new(), Vec::new());
    let (mut last, mut len): ((f64, &[u8]), usize) = ((0.0, &[]), 0);
    for (score, member) in entries {
        if !leaf.is_empty() && leaf.used_bytes_with(member) > LEAF_MAX_BYTES {
            leaves.push(Node::Leaf(leaf.finish()));
            borders.push(Border::between(last, (score, member)));
        }
        leaf.push(score, member);
        last = (score, member);
        len += 1;
    }
    leaves.push(Node::Leaf(leaf.finish()));
    let mut level = leaves;
    while level.len() > 1 {
        // Nodes of about the same size, as full as can be.
        let nodes = level.len().div_ceil(CHILDREN_MAX);
        let children_each = level.len().div_ceil(nodes);
        let (mut above, mut borders_above) = (Vec::with_capacity(nodes), Vec::with_capacity(nodes));
        let (mut children, mut between) = (level.into_iter(), borders.into_iter());
        loop {
            let children: Vec<Node> = children.by_ref().take(children_each).collect();
            if children.is_empty() {
                break;
            }
            let mut inner = RunBuilder::default();
            for border in between.by_ref().take(children.len() - 1) {
                inner.push(border.score, &border.member);
            }
            let counts = children.iter().map(|child| child.count() as u32).collect();
            above.push(Node::Inner(Shared::new(Inner { borders: inner.finish(), counts, children })));
            borders_above.extend(between.next());
        }
        (level, borders) = (above, borders_above);
    }
    (level.pop().unwrap_or_default(), len)
}

/// Where to split a node of `len` parts that has just got one at `at`.
fn split_point(at: usize, len: usize, edges: Edges, middle: impl FnOnce() -> usize) -> usize {
    if edges.last && at + 1 == len {
        len - 1
    } else if edges.first && at == 0 {
        1
    } else {
        middle()
    }
}
