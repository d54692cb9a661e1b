//! Changing the collection of a key; see [`Draft`].

use ds::record::{Payload, PayloadRef};

use super::{Occupied, Vacant};
use crate::draft::{Draft, Outcome};
use crate::key::TableHasher;
use crate::sizes::Place as Size;
use crate::value::{INLINE_MAX_BYTES, Large, field_soonest_ms, footprint};
use crate::{Kind, Structure};

/// A small collection outside of its record goes back in when it is down to this.
const INLINE_AGAIN_BYTES: usize = INLINE_MAX_BYTES * 3 / 4;

/// Room to grow that a small collection outside of its record has at most: a quarter. Then it is cut down to an eighth.
const SPARE_MAX_PART: usize = 4;
const SPARE_PART: usize = 8;

impl Occupied<'_> {
    /// The big collection, to be shared with a view: its content is not changed.
    pub(crate) fn structure_mut(&mut self) -> Option<&mut Structure> {
        match self.place.record_mut().boxed_mut() {
            Some(Large::Structure(structure)) => Some(structure),
            _ => None,
        }
    }

    /// Passes the collection, whose type the caller knows, to `f`, and writes back what it made of it. Returns what `f`
    /// returned, how many changes there were, and whether nothing is left: then the caller removes the key. `buffer` is
    /// empty.
    pub(crate) fn edit_collection<R>(
        &mut self,
        hasher: TableHasher,
        buffer: &mut Vec<u8>,
        f: impl FnOnce(&mut Draft<'_>) -> R,
    ) -> (R, Outcome) {
        match self.place.record().payload() {
            PayloadRef::Packed(bytes) => buffer.extend_from_slice(bytes),
            _ => return self.edit_boxed(hasher, buffer, f),
        }
        let mut draft = Draft::new(buffer, None, self.books.surroundings(hasher));
        let result = f(&mut draft);
        let mut outcome = draft.end();
        if (outcome.changes > 0 || outcome.upgraded.is_some()) && !outcome.empty {
            let dirty = self.books.stats.dirty;
            let large = match outcome.upgraded.take() {
                Some(structure) => Some(Large::Structure(*structure)),
                None if buffer.len() > INLINE_MAX_BYTES => Some(Large::Packed(with_spare(buffer))),
                None => None,
            };
            let payload = large.map_or(Payload::Packed(buffer), |large| Payload::Boxed(Box::new(large)));
            self.write(self.expiry_ms(), payload);
            self.books.stats.dirty = dirty;
        }
        self.books.stats.dirty += outcome.changes;
        (result, outcome)
    }

    /// [`Occupied::edit_collection`] for a collection outside of its record, which is changed where it is.
    fn edit_boxed<R>(
        &mut self,
        hasher: TableHasher,
        buffer: &mut Vec<u8>,
        f: impl FnOnce(&mut Draft<'_>) -> R,
    ) -> (R, Outcome) {
        match self.place.record_mut().boxed_mut() {
            Some(Large::Structure(_)) => self.edit_structure(hasher, buffer, f),
            _ => self.edit_long_pack(hasher, buffer, f),
        }
    }

    /// [`Occupied::edit_boxed`] for a big collection.
    fn edit_structure<R>(
        &mut self,
        hasher: TableHasher,
        buffer: &mut Vec<u8>,
        f: impl FnOnce(&mut Draft<'_>) -> R,
    ) -> (R, Outcome) {
        let mut structure = match self.place.record_mut().boxed_mut() {
            Some(Large::Structure(structure)) => Some(structure),
            _ => None,
        };
        let measure = |structure: Option<&Structure>| {
            structure.map(|structure| (structure.measures(), structure.soonest_ms()))
        };
        let before = measure(structure.as_deref());
        let mut draft = Draft::new(buffer, structure.as_deref_mut(), self.books.surroundings(hasher));
        let result = f(&mut draft);
        let mut outcome = draft.end();
        let after = measure(structure.as_deref());
        if after != before
            && let (Some(structure), Some(before), Some(after)) = (structure, before, after)
        {
            let kind = structure.kind();
            self.settle_structure(kind, before, after);
        }
        for removed in outcome.removed.drain(..) {
            self.books.discard(Some(Box::new(Large::Structure(removed))));
        }
        if outcome.changes > 0 {
            self.touch();
            self.books.stats.dirty += outcome.changes;
        }
        debug_assert!(outcome.upgraded.is_none(), "a big collection stays what it is");
        (result, outcome)
    }

    /// [`Occupied::edit_boxed`] for a small collection.
    fn edit_long_pack<R>(
        &mut self,
        hasher: TableHasher,
        buffer: &mut Vec<u8>,
        f: impl FnOnce(&mut Draft<'_>) -> R,
    ) -> (R, Outcome) {
        let view = self.place.record().view();
        let before = (footprint(view), field_soonest_ms(view), Size::of(view));
        let small = match self.place.record_mut().boxed_mut() {
            Some(Large::Packed(small)) => small,
            _ => buffer,
        };
        let mut draft = Draft::new(small, None, self.books.surroundings(hasher));
        let result = f(&mut draft);
        let mut outcome = draft.end();
        if small.capacity() > small.len() + small.len() / SPARE_MAX_PART {
            small.shrink_to(small.len() + small.len() / SPARE_PART);
        }
        let inline = outcome.changes > 0 && small.len() <= INLINE_AGAIN_BYTES;
        let inline = inline.then(|| small.clone());
        self.settle(before);
        if outcome.changes > 0 {
            self.touch();
        }
        if !outcome.empty {
            let dirty = self.books.stats.dirty;
            if let Some(structure) = outcome.upgraded.take() {
                self.write(self.expiry_ms(), Payload::Boxed(Box::new(Large::Structure(*structure))));
            } else if let Some(bytes) = inline {
                self.write(self.expiry_ms(), Payload::Packed(&bytes));
            }
            self.books.stats.dirty = dirty;
        }
        self.books.stats.dirty += outcome.changes;
        (result, outcome)
    }

    /// Keeps the books of a big collection: heap bytes and elements before and after, and when its first field expires.
    fn settle_structure(
        &mut self,
        kind: Kind,
        ((bytes, len), soonest): ((usize, usize), Option<u64>),
        ((new_bytes, new_len), new_soonest): ((usize, usize), Option<u64>),
    ) {
        self.books.record_bytes = self.books.record_bytes + new_bytes - bytes;
        self.deadlines.sizes.shift(Size::of_collection(kind, len), Size::of_collection(kind, new_len));
        if soonest != new_soonest {
            self.settle_fields(soonest);
        }
    }

    /// Keeps the books of a value that was changed in its box: how many bytes it took, when its first field expired, and how
    /// long it was.
    fn settle(&mut self, (bytes, soonest, size): (usize, Option<u64>, Size)) {
        let view = self.place.record().view();
        self.books.record_bytes = self.books.record_bytes + footprint(view) - bytes;
        self.deadlines.sizes.shift(size, Size::of(view));
        if field_soonest_ms(view) != soonest {
            self.settle_fields(soonest);
        }
    }

    /// Notes when the first field of a hash expires now; it was another time before.
    #[cold]
    fn settle_fields(&mut self, before: Option<u64>) {
        let view = self.place.record().view();
        if let Some(at) = before {
            self.books.forget_fields(self.deadlines, at, view.name());
        }
        self.books.admit_fields(self.deadlines, view);
    }
}

impl Vacant<'_> {
    /// Passes a collection that is not there yet to `f`, and makes the key if it is not empty afterwards. `buffer` is empty.
    pub(crate) fn edit_collection<R>(
        self,
        hasher: TableHasher,
        buffer: &mut Vec<u8>,
        f: impl FnOnce(&mut Draft<'_>) -> R,
    ) -> (R, Outcome) {
        let mut draft = Draft::new(buffer, None, self.books.surroundings(hasher));
        let result = f(&mut draft);
        let mut outcome = draft.end();
        // Making the key counts one.
        self.books.stats.dirty += outcome.changes.saturating_sub(1);
        if !outcome.empty {
            let large = match outcome.upgraded.take() {
                Some(structure) => Some(Large::Structure(*structure)),
                None if buffer.len() > INLINE_MAX_BYTES => Some(Large::Packed(with_spare(buffer))),
                None => None,
            };
            let payload = large.map_or(Payload::Packed(buffer), |large| Payload::Boxed(Box::new(large)));
            self.write(None, payload, false);
        }
        (result, outcome)
    }
}

/// The bytes in an allocation of their own, with room to grow.
fn with_spare(bytes: &[u8]) -> Vec<u8> {
    let mut spacious = Vec::with_capacity(bytes.len() + bytes.len() / SPARE_PART);
    spacious.extend_from_slice(bytes);
    spacious
}
