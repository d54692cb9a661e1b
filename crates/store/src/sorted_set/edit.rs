//! Changes of a sorted set, be it small or big, old or new.

use std::ops::Range;

use ds::pack::{self, Element};

use super::{ScoreBytes, SmallSortedSet, SortedSet, SortedSetRef};
use crate::Draft;
use crate::packed::Tag;
use crate::structure::Structure;

/// Bytes before the pack in the buffer of a draft: the tag.
const START: usize = 1;

/// A draft of a sorted set.
pub struct SortedSetEdit<'d, 'a>(&'d mut Draft<'a>);

impl<'a> Draft<'a> {
    /// The draft as that of a sorted set. It must have been made for one.
    #[inline]
    pub fn as_sorted_set(&mut self) -> SortedSetEdit<'_, 'a> {
        SortedSetEdit(self)
    }
}

impl SortedSetEdit<'_, '_> {
    /// The sorted set as it is now.
    #[inline]
    pub fn view(&self) -> SortedSetRef<'_> {
        match self.0.structure() {
            Some(Structure::SortedSet(set)) => SortedSetRef::Big(set),
            _ => SortedSetRef::Small(self.small()),
        }
    }

    #[inline]
    fn small(&self) -> SmallSortedSet<'_> {
        SmallSortedSet::new(self.0.packed().map_or(&[], |packed| packed.bytes))
    }

    #[inline]
    fn big(&mut self) -> Option<&mut SortedSet> {
        match self.0.structure_mut() {
            Some(Structure::SortedSet(set)) => Some(set),
            _ => None,
        }
    }

    /// Chooses the full form if so many members at once are too many for the compact one, as Redis does even if some of
    /// them are there already; for a new set also by the length of the first of them.
    pub fn expect(&mut self, members: usize, first: &[u8]) {
        let limits = self.0.limits;
        let long = self.0.is_new() && first.len() > limits.zset_max_listpack_value;
        if !self.0.is_big() && (long || members > limits.zset_max_listpack_entries) {
            self.upgrade();
        }
    }

    /// Adds members to a new set; they come in order, each once. O(n).
    pub fn fill<'m>(&mut self, members: impl Iterator<Item = (f64, &'m [u8])> + Clone) {
        let limits = self.0.limits;
        let count = members.clone().count();
        if count <= limits.zset_max_listpack_entries
            && members.clone().all(|(_, member)| member.len() <= limits.zset_max_listpack_value)
        {
            return members.for_each(|(score, member)| self.add(score, member));
        }
        self.0.changed(count as u64);
        let set = SortedSet::from_sorted(self.0.hasher, members);
        self.0.upgrade(Structure::SortedSet(set));
    }

    /// Adds a member that is not there. O(log n).
    pub fn add(&mut self, score: f64, member: &[u8]) {
        self.0.changed(1);
        if !self.0.is_big() {
            let limits = self.0.limits;
            if self.small().len() < limits.zset_max_listpack_entries
                && member.len() <= limits.zset_max_listpack_value
            {
                return self.add_small(score, member);
            }
            self.upgrade();
        }
        if let Some(set) = self.big() {
            set.add(score, member);
        }
    }

    /// Gives a member that is there, with the score `old`, another score. O(log n).
    pub fn update(&mut self, old: f64, score: f64, member: &[u8]) {
        self.0.changed(1);
        if let Some(set) = self.big() {
            return set.update(old, score, member);
        }
        if let Some(at) = self.small().find(member) {
            pack::remove(self.0.buffer(), START, START + at, 2);
            self.add_small(score, member);
        }
    }

    /// Removes a member; returns whether it was there. O(log n).
    pub fn remove(&mut self, member: &[u8]) -> bool {
        let removed = match self.big() {
            Some(set) => set.remove(member),
            None => match self.small().find(member) {
                Some(at) => {
                    pack::remove(self.0.buffer(), START, START + at, 2);
                    true
                }
                None => false,
            },
        };
        self.0.changed(u64::from(removed));
        removed
    }

    /// Removes the members of a range of ranks and passes them to `visit`, in order. O(log n + members).
    pub fn remove_range(&mut self, range: Range<usize>, mut visit: impl FnMut(f64, &[u8])) {
        let range = range.start..range.end.min(self.view().len());
        if range.is_empty() {
            return;
        }
        self.0.changed(range.len() as u64);
        if let Some(set) = self.big() {
            return set.remove_range(range, visit);
        }
        let small = self.small();
        small.visit(range.clone(), false, |score, member| {
            visit(score, member);
            true
        });
        let at = small.position(range.start);
        pack::remove(self.0.buffer(), START, START + at, 2 * range.len());
    }

    fn add_small(&mut self, score: f64, member: &[u8]) {
        if self.0.is_new() {
            self.0.begin_pack(Tag::SortedSet);
        }
        let at = START + self.small().position_for(score, member);
        let buffer = self.0.buffer();
        let at = pack::insert(buffer, START, at, &Element::of(member).encode());
        let behind = at + buffer.get(at..).map_or(0, pack::element_len);
        // As in Redis, a small set does not keep the sign of zero.
        let score = if score == 0.0 { 0.0 } else { score };
        pack::insert(buffer, START, behind, &ScoreBytes::new(score).element().encode());
    }

    /// Changes to the full form.
    #[cold]
    fn upgrade(&mut self) {
        let mut set = SortedSet::new(self.0.hasher);
        self.view().for_each(|score, member| set.add(score, member));
        self.0.upgrade(Structure::SortedSet(set));
    }
}
