//! Views: big collections as they were at one instant, to be visited in slices whatever becomes of their keys meanwhile.
//!
//! A view shares the pages, chunks or nodes of its collection. It is made in microseconds, whatever the size, and a part is copied
//! only when it is changed before the view has passed by it or is dropped (`ds::share`).

use std::ops::Range;

use ds::array::Array;
use ds::list::ListView;
use ds::pack::Element;
use ds::pages::PagesView;
use ds::rank::RankView;
use ds::stream::{Stream, StreamId, StreamView};

use crate::hash::Field;
use crate::key::TableHasher;
use crate::{Db, Key, Structure};

/// A hash as it was.
#[derive(Debug)]
pub struct HashView {
    fields: PagesView<TableHasher>,
    now_ms: u64,
}

impl HashView {
    /// Passes fields that had not expired to `visit` until it says false or none is left; returns whether none is left. `visit`
    /// gets `None` for one that had.
    pub fn visit(&mut self, mut visit: impl FnMut(Option<Field<'_>>) -> bool) -> bool {
        let now_ms = self.now_ms;
        self.fields.visit(|entry| visit(Some(Field::of(entry)).filter(|field| !field.is_expired(now_ms))))
    }

    /// Lets go of about `budget` pages; returns whether all is let go of. Nothing is visited afterwards.
    pub fn free_some(&mut self, budget: usize) -> bool {
        self.fields.free_some(budget)
    }
}

/// A set as it was.
#[derive(Debug)]
pub struct SetView(PagesView<TableHasher>);

impl SetView {
    /// Passes members to `visit` until it says false or none is left; returns whether none is left.
    pub fn visit(&mut self, mut visit: impl FnMut(Element<'_>) -> bool) -> bool {
        self.0.visit(|entry| visit(entry.key))
    }

    /// Lets go of about `budget` pages; returns whether all is let go of. Nothing is visited afterwards.
    pub fn free_some(&mut self, budget: usize) -> bool {
        self.0.free_some(budget)
    }
}

/// All of a big collection as it was.
#[derive(Debug)]
pub enum WholeView {
    /// A hash, with fields that had expired too, and when the first of its fields expires, if any does.
    Hash(HashView, Option<u64>),
    /// A set.
    Set(SetView),
    /// A sorted set, in ascending order.
    SortedSet(RankView),
    /// A list.
    List(ListView),
    /// A stream that was lent.
    Stream(Box<Stream>),
    /// An array that was lent.
    Array(Box<Array>),
}

impl WholeView {
    /// That of a structure. O(parts / 500), or so; O(groups) of a stream.
    pub(crate) fn of(structure: &mut Structure) -> Self {
        let len = structure.collection().len();
        match structure {
            Structure::Hash(hash) => {
                let soonest_ms = hash.soonest_ms();
                WholeView::Hash(HashView { fields: hash.view(), now_ms: 0 }, soonest_ms)
            }
            Structure::Set(set) => WholeView::Set(SetView(set.view())),
            Structure::SortedSet(set) => WholeView::SortedSet(set.view(0..len, false)),
            Structure::List(list) => WholeView::List(list.view(0, len)),
            Structure::Stream(stream) => WholeView::Stream(Box::new(stream.lend())),
            Structure::Array(array) => WholeView::Array(Box::new(array.lend())),
        }
    }

    /// Lets go of about `budget` parts; returns whether all is let go of. Nobody looks at it afterwards.
    pub fn free_some(&mut self, budget: usize) -> bool {
        match self {
            WholeView::Hash(hash, _) => hash.free_some(budget),
            WholeView::Set(set) => set.free_some(budget),
            WholeView::SortedSet(set) => set.free_some(budget),
            WholeView::List(list) => list.free_some(budget),
            WholeView::Stream(stream) => stream.release(budget),
            WholeView::Array(array) => array.release(budget),
        }
    }
}

impl Db<'_> {
    /// A view of a key's hash, if it is big.
    pub fn view_hash(&mut self, key: Key<'_>) -> Option<HashView> {
        let now_ms = self.now_ms();
        self.view(key, |structure| match structure {
            Structure::Hash(hash) => Some(HashView { fields: hash.view(), now_ms }),
            _ => None,
        })
    }

    /// A view of a key's set, if it is big.
    pub fn view_set(&mut self, key: Key<'_>) -> Option<SetView> {
        self.view(key, |structure| match structure {
            Structure::Set(set) => Some(SetView(set.view())),
            _ => None,
        })
    }

    /// A view of the elements of a key's list from a number on, if it is big.
    pub fn view_list(&mut self, key: Key<'_>, from: usize, count: usize) -> Option<ListView> {
        self.view(key, |structure| match structure {
            Structure::List(list) => Some(list.view(from, count)),
            _ => None,
        })
    }

    /// A view of a range of ranks of a key's sorted set, if it is big.
    pub fn view_sorted_set(
        &mut self,
        key: Key<'_>,
        ranks: Range<usize>,
        backwards: bool,
    ) -> Option<RankView> {
        self.view(key, |structure| match structure {
            Structure::SortedSet(set) => Some(set.view(ranks, backwards)),
            _ => None,
        })
    }

    /// A view of a range of ids of a key's stream, of at most `count` entries.
    pub fn view_stream(
        &mut self,
        key: Key<'_>,
        (from, to): (StreamId, StreamId),
        backwards: bool,
        count: usize,
    ) -> Option<StreamView> {
        self.view(key, |structure| match structure {
            Structure::Stream(stream) => Some(stream.view(from, to, backwards, count)),
            _ => None,
        })
    }

    fn view<V>(&mut self, key: Key<'_>, make: impl FnOnce(&mut Structure) -> Option<V>) -> Option<V> {
        make(self.occupied(key)?.structure_mut()?)
    }
}
