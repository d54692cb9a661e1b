//! A run: entries in order, packed into one allocation. Leaves are runs of elements, inner nodes have one of borders.
//!
//! ```text
//!   ┌───────────────────────┬────────────────────┬────────────────────────────┐
//!   │ scores, 8 bytes each  │ ends, 2 bytes each │ members, one after another │
//!   └───────────────────────┴────────────────────┴────────────────────────────┘
//! ```
//!
//! An end is where a member ends, counted from the first member, and whether it is long: a long member lies in an
//! allocation of its own, in a table beside the run, so that a run stays small whatever it holds. The allocation has the
//! allocator's size class of what is used, so a run wastes half a step of classes on average, about 8 %.

use std::cmp::Ordering;
use std::mem::size_of;
use std::ops::Range;

use crate::record::size_class;
use crate::share::{Bytes, Share, Shared, Slab, room};
use crate::table::prefetch::{CACHE_LINE_BYTES, prefetch};

/// Longest member that lies in its run: long enough for all usual ones, short enough that a run is a few of them.
pub(super) const INLINE_MAX_BYTES: usize = 256;

/// Bytes of an entry besides its member.
pub(super) const ENTRY_BYTES: usize = SCORE_BYTES + END_BYTES;

const SCORE_BYTES: usize = size_of::<f64>();
const END_BYTES: usize = size_of::<u16>();

/// Set in the end of a long member.
const LONG: u16 = 1 << 15;

/// Bytes that must become free below the next smaller class before the allocation shrinks to it, so that adding and
/// removing by turns does not reallocate.
const SHRINK_SPARE_BYTES: usize = 64;

/// The long members of a run, in the order of their entries.
#[derive(Clone, Debug, Default)]
struct Longs {
    members: Vec<Slab>,
    /// Heap bytes of the members.
    bytes: usize,
}

/// See the [module documentation](self).
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    bytes: Bytes,
    len: u16,
    longs: Option<Shared<Longs>>,
}

impl Run {
    /// The number of entries.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Bytes in use, long members left out.
    #[inline(always)]
    pub(super) fn used_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Heap bytes. O(1).
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.heap_bytes() + self.longs.as_deref().map_or(0, Longs::memory_bytes)
    }

    /// Asks for all scores at once: a search touches few of their lines, but one after the other.
    #[inline(always)]
    pub(super) fn prefetch(&self) {
        let end = self.len() * SCORE_BYTES;
        for line in (0..end).step_by(CACHE_LINE_BYTES) {
            prefetch(self.bytes.as_ptr().wrapping_add(line));
        }
    }

    #[inline(always)]
    fn scores(&self) -> &[[u8; SCORE_BYTES]] {
        self.bytes.get(..self.len() * SCORE_BYTES).unwrap_or_default().as_chunks().0
    }

    #[inline(always)]
    fn ends(&self) -> &[[u8; END_BYTES]] {
        let from = self.len() * SCORE_BYTES;
        self.bytes.get(from..from + self.len() * END_BYTES).unwrap_or_default().as_chunks().0
    }

    /// The score of entry `i`.
    #[inline(always)]
    pub(super) fn score(&self, i: usize) -> f64 {
        self.scores().get(i).map_or(0.0, |bytes| f64::from_le_bytes(*bytes))
    }

    #[inline(always)]
    fn raw_end(&self, i: usize) -> u16 {
        self.ends().get(i).map_or(0, |bytes| u16::from_le_bytes(*bytes))
    }

    /// Where member `i` begins, counted from the first member.
    #[inline(always)]
    fn start(&self, i: usize) -> usize {
        match i.checked_sub(1) {
            Some(before) => usize::from(self.raw_end(before) & !LONG),
            None => 0,
        }
    }

    /// The member of entry `i`.
    #[inline(always)]
    pub(super) fn member(&self, i: usize) -> &[u8] {
        let end = self.raw_end(i);
        if end & LONG != 0 {
            return self.long(i);
        }
        let base = self.len() * ENTRY_BYTES;
        self.bytes.get(base + self.start(i)..base + usize::from(end)).unwrap_or_default()
    }

    #[cold]
    fn long(&self, i: usize) -> &[u8] {
        let at = self.longs_before(i);
        self.longs.as_deref().and_then(|longs| longs.members.get(at)).map_or(&[], |member| member)
    }

    /// How many members before entry `i` are long.
    fn longs_before(&self, i: usize) -> usize {
        if self.longs.is_none() {
            return 0;
        }
        let ends = self.ends().get(..i).unwrap_or_default();
        ends.iter().filter(|end| u16::from_le_bytes(**end) & LONG != 0).count()
    }

    /// How many entries have a score for which `below` holds; it must hold for those up to some score.
    #[inline]
    pub(super) fn partition_by_score(&self, below: impl Fn(f64) -> bool) -> usize {
        self.scores().partition_point(|bytes| below(f64::from_le_bytes(*bytes)))
    }

    /// How many entries `below` holds for; it must hold for those up to some entry.
    #[inline]
    pub(super) fn partition(&self, below: impl Fn(f64, &[u8]) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if below(self.score(middle), self.member(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Where the entries with a score begin and end.
    #[inline]
    fn equal_scores(&self, score: f64) -> (usize, usize) {
        let scores = self.scores();
        let low = scores.partition_point(|bytes| f64::from_le_bytes(*bytes) < score);
        let is_behind = |at: usize| scores.get(at).is_none_or(|bytes| f64::from_le_bytes(*bytes) > score);
        // Mostly there is one at most.
        if is_behind(low) {
            return (low, low);
        }
        if is_behind(low + 1) {
            return (low, low + 1);
        }
        let rest = scores.get(low..).unwrap_or_default();
        (low, low + rest.partition_point(|bytes| f64::from_le_bytes(*bytes) <= score))
    }

    /// The place of an entry that is there.
    #[inline]
    pub(super) fn place_of_present(&self, score: f64, member: &[u8]) -> usize {
        match self.equal_scores(score) {
            (low, high) if high - low == 1 => low,
            _ => self.search(score, member).unwrap_or_else(|at| at),
        }
    }

    /// The place of an entry: where it is, or where it would be.
    #[inline]
    pub(super) fn search(&self, score: f64, member: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = self.equal_scores(score);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.member(middle).cmp(member) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Passes entries to `visit`, in order or backwards, until it says false. Returns whether it never did.
    #[inline]
    pub(super) fn visit(
        &self,
        range: Range<usize>,
        backwards: bool,
        visit: &mut impl FnMut(f64, &[u8]) -> bool,
    ) -> bool {
        let mut one = |i: usize| visit(self.score(i), self.member(i));
        if backwards { range.rev().all(&mut one) } else { range.into_iter().all(&mut one) }
    }

    /// Puts an entry at place `i`.
    pub(super) fn insert(&mut self, i: usize, score: f64, member: &[u8]) {
        let long = member.len() > INLINE_MAX_BYTES;
        if long {
            let at = self.longs_before(i);
            self.longs.get_or_insert_default().make_mut().insert(at, member);
        }
        let inline = if long { &[] } else { member };
        let (len, start) = (self.len(), self.start(i));
        let old = self.bytes.len();
        self.grow(ENTRY_BYTES + inline.len());
        let bytes = &mut self.bytes[..];
        // From the last part to the first, each to its new place.
        let base = len * ENTRY_BYTES;
        bytes.copy_within(base + start..old, base + start + ENTRY_BYTES + inline.len());
        bytes.copy_within(base..base + start, base + ENTRY_BYTES);
        let at = base + ENTRY_BYTES + start;
        bytes[at..at + inline.len()].copy_from_slice(inline);
        let ends = len * SCORE_BYTES;
        bytes.copy_within(ends + i * END_BYTES..base, ends + SCORE_BYTES + (i + 1) * END_BYTES);
        bytes.copy_within(ends..ends + i * END_BYTES, ends + SCORE_BYTES);
        bytes.copy_within(i * SCORE_BYTES..ends, (i + 1) * SCORE_BYTES);
        bytes[i * SCORE_BYTES..(i + 1) * SCORE_BYTES].copy_from_slice(&score.to_le_bytes());
        let end = (start + inline.len()) as u16 | if long { LONG } else { 0 };
        let ends = (len + 1) * SCORE_BYTES + i * END_BYTES;
        let (own, later) = bytes[ends..(len + 1) * ENTRY_BYTES].split_at_mut(END_BYTES);
        own.copy_from_slice(&end.to_le_bytes());
        for end in later.as_chunks_mut::<END_BYTES>().0 {
            *end = (u16::from_le_bytes(*end) + inline.len() as u16).to_le_bytes();
        }
        self.len += 1;
    }

    /// Takes out the entries of a range.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        let (from, to) = (range.start, range.end);
        let gone = to - from;
        if gone == 0 {
            return;
        }
        let (longs_from, longs_to) = (self.longs_before(from), self.longs_before(to));
        if let Some(longs) = &mut self.longs
            && longs.make_mut().remove(longs_from..longs_to)
        {
            self.longs = None;
        }
        let (len, start, end) = (self.len(), self.start(from), self.start(to));
        let left = len - gone;
        let old = self.bytes.len();
        let bytes = &mut self.bytes[..];
        let ends = len * SCORE_BYTES;
        for end_of in bytes[ends + to * END_BYTES..len * ENTRY_BYTES].as_chunks_mut::<END_BYTES>().0 {
            *end_of = (u16::from_le_bytes(*end_of) - (end - start) as u16).to_le_bytes();
        }
        // From the first part to the last, each to its new place.
        let base = len * ENTRY_BYTES;
        bytes.copy_within(to * SCORE_BYTES..ends, from * SCORE_BYTES);
        bytes.copy_within(ends..ends + from * END_BYTES, left * SCORE_BYTES);
        bytes.copy_within(ends + to * END_BYTES..base, left * SCORE_BYTES + from * END_BYTES);
        bytes.copy_within(base..base + start, left * ENTRY_BYTES);
        bytes.copy_within(base + end..old, left * ENTRY_BYTES + start);
        self.bytes.truncate(old - gone * ENTRY_BYTES - (end - start));
        self.len = left as u16;
        self.shrink();
    }

    /// Keeps the entries before `at` and returns the others.
    pub(super) fn split_off(&mut self, at: usize) -> Run {
        let (len, start) = (self.len(), self.start(at));
        let moved = len - at;
        let longs_before = self.longs_before(at);
        let base = len * ENTRY_BYTES;
        let mut bytes = Bytes::with_capacity(moved * ENTRY_BYTES + self.bytes.len() - base - start);
        bytes.extend_from_slice(&self.bytes[at * SCORE_BYTES..len * SCORE_BYTES]);
        for end in &self.ends()[at..] {
            bytes.extend_from_slice(&(u16::from_le_bytes(*end) - start as u16).to_le_bytes());
        }
        bytes.extend_from_slice(&self.bytes[base + start..]);
        let mut right = Run { bytes, len: moved as u16, longs: None };
        if let Some(longs) = &mut self.longs {
            let (emptied, tail) = longs.make_mut().split_off(longs_before);
            right.longs = tail;
            if emptied {
                self.longs = None;
            }
        }
        self.bytes.copy_within(len * SCORE_BYTES..len * SCORE_BYTES + at * END_BYTES, at * SCORE_BYTES);
        self.bytes.copy_within(base..base + start, at * ENTRY_BYTES);
        self.bytes.truncate(at * ENTRY_BYTES + start);
        self.len = at as u16;
        self.bytes.shrink();
        right
    }

    /// Appends the entries of another run, which come after all of this one.
    pub(super) fn append(&mut self, mut other: Run) {
        let (len, more) = (self.len(), other.len());
        let members = self.bytes.len() - len * ENTRY_BYTES;
        let mut bytes = Bytes::with_capacity(self.bytes.len() + other.bytes.len());
        bytes.extend_from_slice(&self.bytes[..len * SCORE_BYTES]);
        bytes.extend_from_slice(&other.bytes[..more * SCORE_BYTES]);
        bytes.extend_from_slice(&self.bytes[len * SCORE_BYTES..len * ENTRY_BYTES]);
        for end in other.ends() {
            bytes.extend_from_slice(&(u16::from_le_bytes(*end) + members as u16).to_le_bytes());
        }
        bytes.extend_from_slice(&self.bytes[len * ENTRY_BYTES..]);
        bytes.extend_from_slice(&other.bytes[more * ENTRY_BYTES..]);
        self.bytes.give_up();
        self.bytes = bytes;
        other.bytes.give_up();
        self.len += more as u16;
        match (&mut self.longs, other.longs.take()) {
            (Some(longs), Some(mut more)) => longs.make_mut().append(more.make_mut()),
            (longs @ None, more) => *longs = more,
            (Some(_), None) => {}
        }
    }

    /// Where to split so that both parts have about as many bytes; at least one entry on either side of two or more.
    pub(super) fn middle(&self) -> usize {
        let half = self.bytes.len() / 2;
        let (mut low, mut high) = (1, self.len().saturating_sub(1).max(1));
        while low < high {
            let middle = low + (high - low) / 2;
            if middle * ENTRY_BYTES + self.start(middle) < half { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Makes the contents longer by so many bytes.
    fn grow(&mut self, by: usize) {
        self.bytes.grow(by);
    }

    fn shrink(&mut self) {
        if self.bytes.is_empty() {
            self.bytes.give_up();
            self.bytes = Bytes::default();
        } else if room(self.bytes.len() + SHRINK_SPARE_BYTES) < self.bytes.capacity() {
            self.bytes.shrink();
        }
    }
}

impl Share for Run {
    fn share(&self) -> Self {
        Run { bytes: self.bytes.share(), len: self.len, longs: self.longs.as_ref().map(Share::share) }
    }

    fn give_up(&mut self) {
        self.bytes.give_up();
        if let Some(longs) = &mut self.longs {
            longs.give_up();
        }
    }
}

impl Share for Longs {
    fn share(&self) -> Self {
        Longs { members: self.members.share(), bytes: self.bytes }
    }

    fn give_up(&mut self) {
        self.members.give_up();
    }
}

/// A run in the making, whose entries come in order.
#[derive(Default)]
pub(super) struct RunBuilder {
    scores: Vec<u8>,
    ends: Vec<u8>,
    members: Vec<u8>,
    longs: Option<Shared<Longs>>,
}

impl RunBuilder {
    /// Bytes in use if another entry comes, long members left out.
    pub(super) fn used_bytes_with(&self, member: &[u8]) -> usize {
        let inline = if member.len() > INLINE_MAX_BYTES { 0 } else { member.len() };
        self.scores.len() + self.ends.len() + self.members.len() + ENTRY_BYTES + inline
    }

    /// Whether there is no entry yet.
    pub(super) fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Puts an entry at the end.
    pub(super) fn push(&mut self, score: f64, member: &[u8]) {
        let mut long = 0;
        if member.len() > INLINE_MAX_BYTES {
            let longs = self.longs.get_or_insert_default().make_mut();
            longs.insert(longs.members.len(), member);
            long = LONG;
        } else {
            self.members.extend_from_slice(member);
        }
        self.scores.extend_from_slice(&score.to_le_bytes());
        self.ends.extend_from_slice(&(self.members.len() as u16 | long).to_le_bytes());
    }

    /// The run; the builder is empty again.
    pub(super) fn finish(&mut self) -> Run {
        let used = self.scores.len() + self.ends.len() + self.members.len();
        if used == 0 {
            return Run::default();
        }
        let mut bytes = Bytes::with_capacity(used);
        let len = (self.scores.len() / SCORE_BYTES) as u16;
        for part in [&mut self.scores, &mut self.ends, &mut self.members] {
            bytes.extend_from_slice(part);
            part.clear();
        }
        Run { bytes, len, longs: self.longs.take() }
    }
}

impl Longs {
    fn memory_bytes(&self) -> usize {
        let table = self.members.capacity() * size_of::<Slab>();
        Shared::<Longs>::HEAP_BYTES + if table == 0 { 0 } else { size_class(table) } + self.bytes
    }

    fn insert(&mut self, at: usize, member: &[u8]) {
        let member = Slab::copy_of(member);
        self.bytes += member.heap_bytes();
        self.members.insert(at, member);
    }

    /// Whether none is left.
    fn remove(&mut self, range: Range<usize>) -> bool {
        for mut member in self.members.drain(range) {
            self.bytes -= member.heap_bytes();
            member.give_up();
        }
        self.members.is_empty()
    }

    /// Whether none is left here, and those from `at` on.
    fn split_off(&mut self, at: usize) -> (bool, Option<Shared<Longs>>) {
        let members = self.members.split_off(at);
        let bytes = members.iter().map(Slab::heap_bytes).sum();
        self.bytes -= bytes;
        let tail = (!members.is_empty()).then(|| Shared::new(Longs { members, bytes }));
        (self.members.is_empty(), tail)
    }

    fn append(&mut self, more: &mut Longs) {
        self.bytes += more.bytes;
        self.members.append(&mut more.members);
    }
}
