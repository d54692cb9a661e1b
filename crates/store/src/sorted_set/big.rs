//! The full form of a sorted set: a tree that keeps the order, and a hash that finds the score of a member.

use std::ops::Range;

use ds::pages::Pages;
use ds::rank::{RankTree, RankView};

use super::{ScoreBytes, score_in};
use crate::key::TableHasher;
use crate::structure::Collection;

/// See the [module documentation](self).
#[derive(Clone)]
pub struct SortedSet {
    order: RankTree,
    scores: Pages<TableHasher>,
}

impl SortedSet {
    pub(super) fn new(hasher: TableHasher) -> Self {
        SortedSet { order: RankTree::new(), scores: Pages::new(hasher, true) }
    }

    /// One of members that come in order, each once.
    pub(super) fn from_sorted<'m>(
        hasher: TableHasher,
        members: impl Iterator<Item = (f64, &'m [u8])> + Clone,
    ) -> Self {
        let mut scores = Pages::new(hasher, true);
        for (score, member) in members.clone() {
            scores.add(member, ScoreBytes::new(score).element().into(), None);
        }
        SortedSet { order: RankTree::from_sorted(members), scores }
    }

    /// Members as they are, to be looked at later.
    pub(crate) fn view(&mut self, ranks: Range<usize>, backwards: bool) -> RankView {
        self.order.view(ranks, backwards)
    }

    /// The order of the members.
    #[inline]
    pub(super) fn order(&self) -> &RankTree {
        &self.order
    }

    /// The score of a member.
    #[inline]
    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        self.scores.get(member).map(|entry| score_in(entry.value))
    }

    /// How many members come before a member, and its score.
    pub(super) fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        Some((self.order.rank_of_present(score, member), score))
    }

    /// Adds a member that is not there.
    #[inline]
    pub(super) fn add(&mut self, score: f64, member: &[u8]) {
        self.scores.add(member, ScoreBytes::new(score).element().into(), None);
        self.order.insert(score, member);
    }

    /// Gives a member that is there another score.
    pub(super) fn update(&mut self, old: f64, score: f64, member: &[u8]) {
        self.scores.insert(member, ScoreBytes::new(score).element().into(), None);
        self.order.remove(old, member);
        self.order.insert(score, member);
    }

    /// Removes a member; returns whether it was there.
    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        let Some(score) = self.score(member) else { return false };
        self.scores.remove(member);
        self.order.remove(score, member)
    }

    /// Removes the members of a range of ranks and passes them to `visit`.
    pub(super) fn remove_range(&mut self, range: Range<usize>, mut visit: impl FnMut(f64, &[u8])) {
        let scores = &mut self.scores;
        self.order.remove_range(range, |score, member| {
            scores.remove(member);
            visit(score, member);
        });
    }

    pub(super) fn scan(&self, cursor: u64, visit: &mut impl FnMut(f64, &[u8])) -> u64 {
        let mut scratch = Vec::new();
        self.scores.scan(cursor, |entry| visit(score_in(entry.value), entry.key.text(&mut scratch)))
    }
}

impl Collection for SortedSet {
    fn encoding(&self) -> &'static str {
        "skiplist"
    }

    #[inline]
    fn len(&self) -> usize {
        self.order.len()
    }

    fn memory_bytes(&self) -> usize {
        self.order.memory_bytes() + self.scores.memory_bytes()
    }

    fn free_some(&mut self, budget: usize) -> bool {
        self.order.free_some(budget) && self.scores.free_some(budget)
    }
}

impl PartialEq for SortedSet {
    fn eq(&self, other: &Self) -> bool {
        self.scores == other.scores
    }
}

impl Eq for SortedSet {}

impl std::fmt::Debug for SortedSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SortedSet").field("len", &self.order.len()).finish_non_exhaustive()
    }
}
