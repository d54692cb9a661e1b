//! A chunk of a stream: consecutive entries in one buffer.
//!
//! ```text
//!   buffer   ┌───────┬─────────────────┬─────────────────┬───────────┬───────┬───────┬───
//!            │ count │ name │ name │ … │ length │ length │ (dropped) │ entry │ entry │ …
//!            └───────┴─────────────────┴─────────────────┴───────────┴───────┴───────┴───
//!              names of the first entry, and the lengths of its values
//!   entry    ┌───────┬────┬───────────────────────────────────────────────────┐
//!            │ flags │ id │ texts, or values, or count and names with values  │
//!            └───────┴────┴───────────────────────────────────────────────────┘
//! ```
//!
//! An id is stored as its difference to the entry before, in the common cases of the next number in the same
//! millisecond and of number 0 in a later one without the number. An entry with just the names of the first one stores
//! only values, and one whose values are texts as long as those of the first one only the texts. Other names and values are
//! encoded as elements ([`crate::pack`]).
//!
//! A deleted entry keeps its place with a flag, because the ids after it count from it; those before the first entry
//! that is left are dropped, so the entry at `body` is never a deleted one.

use super::StreamId;
use super::entry::{Entry, Values};
use crate::blocks::Weigh;
use crate::pack::Element;
use crate::run::{Elements, first_len};
use crate::share::{Bytes, COUNT_BYTES, Share};

/// The entry is deleted.
const DELETED: u8 = 0b0001;
/// The entry has the names of the chunk's first one.
const SAME_NAMES: u8 = 0b0010;
/// The values are texts as long as those of the chunk's first entry, and stand there without heads.
const SAME_LENGTHS: u8 = 0b1000_0000;
/// The length of a value of the first entry that is no text.
const NO_TEXT: u64 = 0;
/// How the id is stored.
const ID: u8 = 0b1100;
/// The next number of the same millisecond.
const ID_NEXT: u8 = 0b0000;
/// A later millisecond; the number is 0. The difference is in the upper half of the flags, or follows if that is 0.
const ID_LATER: u8 = 0b0100;
/// Where the difference of milliseconds is in the flags, and its greatest value there.
const LATER_SHIFT: u8 = 4;
const LATER_MAX: u64 = 7;
/// A difference of milliseconds follows, and a number: the difference if that of the milliseconds is 0.
const ID_FULL: u8 = 0b1000;

/// Smallest buffer.
const BUFFER_MIN_BYTES: usize = 64;

/// What an entry mostly has beside its names and values at most: flags, id, the number of names.
const ENTRY_HEAD_BYTES: usize = 8;
/// The head of a name or value that is not very long.
const FIELD_HEAD_BYTES: usize = 1;

/// A chunk is written anew when it has at least this many deleted entries, and more of them than others.
const COMPACT_MIN: u32 = 16;

/// How large a chunk may get: a new one is begun when one of the limits is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of their allocation; one entry may be longer, and is alone then.
    pub bytes: usize,
    /// Most entries, deleted ones among them.
    pub entries: usize,
}

/// See the [module documentation](self).
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    buf: Bytes,
    /// What the id of the entry at `body` counts from: not greater than it, and greater than all ids of earlier chunks.
    base: StreamId,
    /// The id of the last entry, deleted or not.
    last: StreamId,
    /// Where the first entry begins that is not dropped.
    body: u32,
    live: u32,
    /// How many entries were deleted, here or dropped.
    deleted: u32,
    /// How many deleted entries are still here.
    flagged: u32,
}

impl Share for Chunk {
    fn share(&self) -> Self {
        Chunk { buf: self.buf.share(), ..*self }
    }

    fn give_up(&mut self) {
        self.buf.give_up();
    }
}

impl Weigh for Chunk {
    fn weight(&self) -> usize {
        self.live as usize
    }
}

/// An entry as it lies in its chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw {
    pub(super) id: StreamId,
    /// Where its flags are.
    start: usize,
    flags: u8,
    /// Where its names and values, or values, begin.
    fields: usize,
    /// How many pairs there are.
    pairs: usize,
    /// Where it ends.
    end: usize,
}

impl Raw {
    fn is_deleted(&self) -> bool {
        self.flags & DELETED != 0
    }
}

impl Chunk {
    /// A chunk whose first entry will have this id and these fields: names and values in turn.
    pub(super) fn new<'f>(id: StreamId, fields: impl Iterator<Item = &'f [u8]> + Clone) -> Self {
        let mut buf = Bytes::with_capacity(BUFFER_MIN_BYTES - COUNT_BYTES);
        write_varint(&mut buf, fields.clone().count() as u64 / 2);
        fields.clone().step_by(2).for_each(|name| append(&mut buf, name));
        for value in fields.skip(1).step_by(2) {
            // One more, so that it is told from no text.
            let len = match Element::of(value) {
                Element::Bytes(text) => text.len() as u64 + 1,
                Element::Int(_) => NO_TEXT,
            };
            write_varint(&mut buf, len);
        }
        let body = buf.len() as u32;
        Chunk { buf, base: id, last: id, body, live: 0, deleted: 0, flagged: 0 }
    }

    /// Heap bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        self.buf.heap_bytes()
    }

    /// Not greater than the id of any entry here, and greater than any before.
    #[inline]
    pub(super) fn base(&self) -> StreamId {
        self.base
    }

    /// The greatest id, that of a deleted entry perhaps.
    #[inline]
    pub(super) fn last(&self) -> StreamId {
        self.last
    }

    /// The number of entries that are not deleted.
    #[inline]
    pub(super) fn live(&self) -> usize {
        self.live as usize
    }

    /// Whether another entry that takes so many bytes, as [`entry_bytes`] has it, may come here.
    #[inline]
    pub(super) fn has_room(&self, bytes: usize, limits: Limits) -> bool {
        COUNT_BYTES + self.buf.len() + bytes <= limits.bytes
            && ((self.live + self.deleted) as usize) < limits.entries
    }

    /// Adds an entry, whose id is greater than all here (or that of the first entry, if it is this).
    pub(super) fn append<'f>(
        &mut self,
        id: StreamId,
        fields: impl Iterator<Item = &'f [u8]> + Clone,
        limits: Limits,
    ) {
        let start = self.buf.len();
        self.reserve(entry_bytes(fields.clone()), limits);
        self.buf.push(0);
        let mut flags = self.write_id(id);
        self.last = id;
        let values = self.buf.len();
        if self.write_texts(fields.clone()) {
            flags |= SAME_NAMES | SAME_LENGTHS;
        } else if self.write_values(values, fields.clone()) {
            flags |= SAME_NAMES;
        } else {
            self.buf.truncate(values);
            write_varint(&mut self.buf, fields.clone().count() as u64 / 2);
            fields.for_each(|field| append(&mut self.buf, field));
        }
        self.buf[start] = flags;
        self.live += 1;
    }

    /// Writes the difference of an id to the last one, and returns the flags that say how.
    #[inline]
    fn write_id(&mut self, id: StreamId) -> u8 {
        let ms = id.ms - self.last.ms;
        if ms == 0 {
            let seq = id.seq - self.last.seq;
            if seq == 1 {
                return ID_NEXT;
            }
            self.buf.push(0);
            write_varint(&mut self.buf, seq);
            return ID_FULL;
        }
        if id.seq == 0 && ms <= LATER_MAX {
            return ID_LATER | (ms as u8) << LATER_SHIFT;
        }
        write_varint(&mut self.buf, ms);
        if id.seq == 0 {
            return ID_LATER;
        }
        write_varint(&mut self.buf, id.seq);
        ID_FULL
    }

    /// Writes the values if the names are those of the first entry. Otherwise returns false, and what is written does
    /// not count.
    #[inline]
    fn write_values<'f>(&mut self, start: usize, mut fields: impl Iterator<Item = &'f [u8]>) -> bool {
        self.buf.truncate(start);
        let (mut left, mut at) = self.names();
        while let Some(name) = fields.next() {
            let name = Element::of(name).encode();
            let end = at + name.bytes_len();
            if left == 0 || !self.buf.get(at..).is_some_and(|bytes| name.is_at(bytes)) {
                return false;
            }
            at = end;
            left -= 1;
            append(&mut self.buf, fields.next().unwrap_or_default());
        }
        left == 0
    }

    /// Writes the texts of the values if the names are those of the first entry, and the values texts of the same lengths.
    /// Otherwise returns false, and what is written does not count.
    #[inline]
    fn write_texts<'f>(&mut self, mut fields: impl Iterator<Item = &'f [u8]>) -> bool {
        let (mut left, mut at) = self.names();
        let mut len_at = self.lengths_at();
        while let Some(name) = fields.next() {
            let name = Element::of(name).encode();
            let end = at + name.bytes_len();
            if left == 0 || !self.buf.get(at..).is_some_and(|bytes| name.is_at(bytes)) {
                return false;
            }
            at = end;
            left -= 1;
            match (read_varint(&self.buf, &mut len_at), Element::of(fields.next().unwrap_or_default())) {
                (len, Element::Bytes(text)) if len == text.len() as u64 + 1 => {
                    self.buf.extend_from_slice(text)
                }
                _ => return false,
            }
        }
        left == 0
    }

    /// Where the lengths of the first entry's values begin.
    #[inline]
    fn lengths_at(&self) -> usize {
        let (count, mut at) = self.names();
        (0..count).for_each(|_| at += first_len(self.buf.get(at..).unwrap_or_default()));
        at
    }

    /// Bytes of the values of an entry without heads.
    #[inline]
    fn texts_len(&self) -> usize {
        let (mut at, mut sum) = (self.lengths_at(), 0);
        (0..self.names().0).for_each(|_| sum += read_varint(&self.buf, &mut at).saturating_sub(1) as usize);
        sum
    }

    /// The number of names in the head, and where they begin.
    #[inline]
    fn names(&self) -> (usize, usize) {
        let mut at = 0;
        let count = read_varint(&self.buf, &mut at);
        (count as usize, at)
    }

    /// Makes room for `len` bytes: twice what there is, within the limits.
    fn reserve(&mut self, len: usize, limits: Limits) {
        let needed = self.buf.len() + len;
        if needed > self.buf.capacity() {
            let doubled = ((self.buf.capacity() + COUNT_BYTES) * 2)
                .clamp(BUFFER_MIN_BYTES, limits.bytes.max(BUFFER_MIN_BYTES));
            self.buf.reserve_to(needed.max(doubled - COUNT_BYTES));
        }
    }

    /// The entry as others see it.
    #[inline]
    pub(super) fn entry(&self, raw: &Raw) -> Entry<'_> {
        let values = self.buf.get(raw.fields..raw.end).unwrap_or_default();
        let names = (raw.flags & SAME_NAMES != 0).then(|| {
            let (_, at) = self.names();
            Elements::new(self.buf.get(at..).unwrap_or_default())
        });
        let values = if raw.flags & SAME_LENGTHS == 0 {
            Values::Elements(Elements::new(values))
        } else {
            Values::Texts(self.buf.get(self.lengths_at()..).unwrap_or_default(), values)
        };
        Entry::new(raw.id, raw.pairs, names, values)
    }

    /// The entries that are not deleted.
    #[inline]
    pub(super) fn walk(&self) -> Walk {
        Walk { at: self.body as usize, last: self.base, names: self.names().0, texts_len: self.texts_len() }
    }

    /// The entry with an id, if it is here and not deleted.
    pub(super) fn find(&self, id: StreamId) -> Option<Raw> {
        let mut walk = self.walk();
        std::iter::from_fn(|| walk.next(self)).find(|raw| raw.id >= id).filter(|raw| raw.id == id)
    }

    /// The first entry.
    #[inline]
    pub(super) fn first(&self) -> Option<Raw> {
        self.walk().next(self)
    }

    /// Deletes an entry that is here and not deleted. Places of other entries may change.
    pub(super) fn delete(&mut self, raw: &Raw) {
        self.live -= 1;
        self.deleted += 1;
        if raw.start == self.body as usize {
            self.base = raw.id;
            self.body = raw.end as u32;
            self.drop_deleted();
        } else if let Some(flags) = self.buf.get_mut(raw.start) {
            *flags |= DELETED;
            self.flagged += 1;
        }
        if self.flagged >= COMPACT_MIN && self.flagged > self.live && self.live > 0 {
            self.compact();
        }
    }

    /// Drops deleted entries from the beginning of the body.
    fn drop_deleted(&mut self) {
        let mut walk = self.walk();
        while let Some(raw) = walk.any(self)
            && raw.is_deleted()
        {
            self.base = raw.id;
            self.body = raw.end as u32;
            self.flagged -= 1;
        }
    }

    /// Gives free bytes back: for a chunk that gets no more entries.
    pub(super) fn fit(&mut self) {
        self.buf.shrink();
    }

    /// Writes the entries anew, without those that are deleted. They go on to count as entries, so that a chunk is
    /// full when it would be without this.
    #[cold]
    fn compact(&mut self) {
        let mut head_end = self.lengths_at();
        (0..self.names().0).for_each(|_| _ = read_varint(&self.buf, &mut head_end));
        let mut fresh = Chunk {
            buf: Bytes::with_capacity(self.buf.len() - (self.body as usize - head_end)),
            last: self.base,
            body: head_end as u32,
            ..*self
        };
        fresh.buf.extend_from_slice(self.buf.get(..head_end).unwrap_or_default());
        let mut walk = self.walk();
        while let Some(raw) = walk.next(self) {
            let start = fresh.buf.len();
            fresh.buf.push(0);
            let id = fresh.write_id(raw.id);
            fresh.last = raw.id;
            if raw.flags & SAME_NAMES == 0 {
                write_varint(&mut fresh.buf, raw.pairs as u64);
            }
            fresh.buf.extend_from_slice(self.buf.get(raw.fields..raw.end).unwrap_or_default());
            fresh.buf[start] = id | raw.flags & (SAME_NAMES | SAME_LENGTHS);
        }
        fresh.flagged = 0;
        // The next entry counts from the last one that is stored, so only the last chunk's own `last` may be deleted.
        let last = self.last;
        if fresh.last != last {
            fresh.write_tombstone(last);
        }
        fresh.fit();
        self.give_up();
        *self = fresh;
    }

    /// Writes a deleted entry without fields, to keep its id as the last one.
    fn write_tombstone(&mut self, id: StreamId) {
        let start = self.buf.len();
        self.buf.push(0);
        let flags = self.write_id(id);
        self.last = id;
        write_varint(&mut self.buf, 0);
        self.buf[start] = flags | DELETED;
        self.flagged += 1;
    }
}

/// Bytes that an entry takes at most, but for long names and values and unusual ids. Where that is too few its chunk grows a little
/// beyond its limit.
#[inline]
pub(super) fn entry_bytes<'f>(fields: impl Iterator<Item = &'f [u8]>) -> usize {
    fields.fold(ENTRY_HEAD_BYTES, |sum, field| sum + FIELD_HEAD_BYTES + field.len())
}

/// A walk over the entries of a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    at: usize,
    last: StreamId,
    /// The number of names in the chunk's head.
    names: usize,
    /// Bytes of values without heads.
    texts_len: usize,
}

impl Walk {
    /// The next entry that is not deleted.
    #[inline]
    pub(super) fn next(&mut self, chunk: &Chunk) -> Option<Raw> {
        loop {
            let raw = self.any(chunk)?;
            if !raw.is_deleted() {
                return Some(raw);
            }
        }
    }

    /// The next entry.
    #[inline]
    fn any(&mut self, chunk: &Chunk) -> Option<Raw> {
        let buf = &chunk.buf[..];
        let start = self.at;
        let flags = *buf.get(start)?;
        let mut at = start + 1;
        let id = match flags & ID {
            ID_NEXT => StreamId::new(self.last.ms, self.last.seq.wrapping_add(1)),
            ID_LATER => {
                let ms = match flags >> LATER_SHIFT & LATER_MAX as u8 {
                    0 => read_varint(buf, &mut at),
                    ms => u64::from(ms),
                };
                StreamId::new(self.last.ms.wrapping_add(ms), 0)
            }
            _ => {
                let ms = read_varint(buf, &mut at);
                let seq = read_varint(buf, &mut at);
                let from = if ms == 0 { self.last.seq } else { 0 };
                StreamId::new(self.last.ms.wrapping_add(ms), from.wrapping_add(seq))
            }
        };
        let (pairs, elements) = if flags & SAME_NAMES != 0 {
            (self.names, self.names)
        } else {
            let pairs = read_varint(buf, &mut at) as usize;
            (pairs, pairs.saturating_mul(2))
        };
        let fields = at;
        if flags & SAME_LENGTHS == 0 {
            for _ in 0..elements {
                at += first_len(buf.get(at..)?);
            }
        } else {
            at += self.texts_len;
        }
        self.at = at;
        self.last = id;
        Some(Raw { id, start, flags, fields, pairs, end: at })
    }
}

/// Appends a name or value.
#[inline]
fn append(out: &mut Bytes, text: &[u8]) {
    let encoded = Element::of(text).encode();
    let at = out.len();
    out.grow(encoded.bytes_len());
    encoded.write_to(&mut out[at..]);
}

/// Appends a number, seven bits a byte, the lowest first.
#[inline]
fn write_varint(out: &mut Bytes, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a number and moves `at` behind it.
#[inline]
pub(super) fn read_varint(bytes: &[u8], at: &mut usize) -> u64 {
    let (mut value, mut shift) = (0, 0);
    while let Some(&byte) = bytes.get(*at) {
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 || shift > 63 {
            break;
        }
    }
    value
}
