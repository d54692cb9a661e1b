//! The compact form of a sorted set: a pack of members and scores in turn, in order.

use std::ops::Range;

use ds::pack::{Element, Pack};

use super::score_of;

/// See the [module documentation](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmallSortedSet<'a>(Pack<'a>);

/// A member with its score, and where it is in the pack.
pub(super) struct Place<'a> {
    pub(super) member: Element<'a>,
    pub(super) score: f64,
    pub(super) position: usize,
    next: usize,
}

impl<'a> SmallSortedSet<'a> {
    /// The sorted set in these bytes.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        SmallSortedSet(Pack::new(bytes))
    }

    /// The number of members.
    #[inline]
    pub(super) fn len(self) -> usize {
        self.0.len() / 2
    }

    /// Where the pack ends.
    #[inline]
    pub(super) fn end(self) -> usize {
        self.0.bytes().len()
    }

    #[inline]
    fn place(self, position: usize) -> Option<Place<'a>> {
        let (member, at) = self.0.at(position)?;
        let (score, next) = self.0.at(at)?;
        Some(Place { member, score: score_of(score), position, next })
    }

    /// The members in order from a position on.
    #[inline]
    fn places(self, mut position: usize) -> impl Iterator<Item = Place<'a>> {
        std::iter::from_fn(move || {
            let place = self.place(position)?;
            position = place.next;
            Some(place)
        })
    }

    /// Where a member is.
    #[inline]
    pub(super) fn find(self, member: &[u8]) -> Option<usize> {
        self.0.find(&Element::of(member).encode(), 2)
    }

    /// The score of a member.
    #[inline]
    pub(super) fn score(self, member: &[u8]) -> Option<f64> {
        self.place(self.find(member)?).map(|place| place.score)
    }

    /// How many members come before a member, and its score.
    pub(super) fn rank(self, member: &[u8]) -> Option<(usize, f64)> {
        let wanted = Element::of(member);
        let found = self.places(self.0.first()).enumerate().find(|(_, place)| place.member == wanted);
        found.map(|(rank, place)| (rank, place.score))
    }

    /// How many members `below` holds for from the first on.
    #[inline]
    pub(super) fn partition(self, below: impl Fn(f64, &[u8]) -> bool) -> usize {
        let mut scratch = Vec::new();
        self.places(self.0.first())
            .take_while(|place| below(place.score, place.member.text(&mut scratch)))
            .count()
    }

    /// The position before which a new member belongs.
    #[inline]
    pub(super) fn position_for(self, score: f64, member: &[u8]) -> usize {
        let mut scratch = Vec::new();
        let mut behind = |place: &Place<'_>| {
            place.score > score || place.score == score && place.member.text(&mut scratch) > member
        };
        self.places(self.0.first()).find(|place| behind(place)).map_or(self.end(), |place| place.position)
    }

    /// The position of the member with a rank, at most the end.
    pub(super) fn position(self, rank: usize) -> usize {
        self.0.skip(self.0.first(), 2 * rank)
    }

    /// Passes the members of a range of ranks to `visit`.
    pub(super) fn visit(
        self,
        range: Range<usize>,
        backwards: bool,
        mut visit: impl FnMut(f64, &[u8]) -> bool,
    ) {
        let mut scratch = Vec::new();
        let mut one = |place: Place<'_>| visit(place.score, place.member.text(&mut scratch));
        let places = self.places(self.position(range.start)).take(range.len());
        if backwards {
            let places: Vec<Place<'_>> = places.collect();
            places.into_iter().rev().all(&mut one);
        } else {
            let mut places = places;
            places.all(&mut one);
        }
    }
}
