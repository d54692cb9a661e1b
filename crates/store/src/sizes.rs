//! How large the values of a database are: counts by type and size, in steps that double. INFO keysizes shows them.
//!
//! The size of a string is its length in bytes, that of a collection the number of its elements. Counts follow every change,
//! so nobody ever walks over keys to find them out.

use ds::record::RecordView;

use crate::Kind;
use crate::value::{Item, Large};

/// Sizes from 2^(n-1) on are counted in place n; place 0 is size 0.
pub const SIZE_STEPS: usize = 48;

/// Types that are told apart.
const KINDS_MAX: usize = 8;

/// The counts of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    counts: [[u64; SIZE_STEPS]; KINDS_MAX],
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes { counts: [[0; SIZE_STEPS]; KINDS_MAX] }
    }
}

/// Where a value is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    kind: u8,
    step: u8,
}

impl Place {
    /// Of a record.
    #[inline]
    pub(crate) fn of(record: RecordView<'_, Large>) -> Self {
        let value = Item(record).value();
        let step = usize::BITS - value.size().leading_zeros();
        Place { kind: value.kind() as u8, step: step as u8 }
    }
}

impl Place {
    /// Of a collection of so many elements.
    #[inline]
    pub(crate) fn of_collection(kind: Kind, len: usize) -> Self {
        Place { kind: kind as u8, step: (usize::BITS - len.leading_zeros()) as u8 }
    }

    /// Of a string of so many bytes.
    #[inline(always)]
    pub(crate) fn of_string(len: usize) -> Self {
        Place { kind: Kind::String as u8, step: (usize::BITS - len.leading_zeros()) as u8 }
    }
}

impl Sizes {
    #[inline]
    pub(crate) fn count(&mut self, place: Place) {
        if let Some(count) = self.place(place) {
            *count += 1;
        }
    }

    #[inline]
    pub(crate) fn discount(&mut self, place: Place) {
        if let Some(count) = self.place(place) {
            *count -= 1;
        }
    }

    /// A string has another length now.
    #[inline(always)]
    pub(crate) fn shift_string(&mut self, from: usize, to: usize) {
        if from != to {
            self.shift(Place::of_string(from), Place::of_string(to));
        }
    }

    /// A value has grown or shrunk.
    #[inline]
    pub(crate) fn shift(&mut self, from: Place, to: Place) {
        if from != to {
            self.discount(from);
            self.count(to);
        }
    }

    #[inline]
    fn place(&mut self, place: Place) -> Option<&mut u64> {
        let steps = self.counts.get_mut(usize::from(place.kind) % KINDS_MAX)?;
        steps.get_mut(usize::from(place.step).min(SIZE_STEPS - 1))
    }

    /// The counts of a type, by step.
    pub fn of_kind(&self, kind: Kind) -> &[u64; SIZE_STEPS] {
        &self.counts[kind as usize % KINDS_MAX]
    }

    /// All counts, type by type.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.counts.iter().flatten().copied()
    }
}

/// What the counts should be.
#[cfg(test)]
pub(crate) fn recount(table: &ds::Table<crate::value::KeyRecord, crate::key::TableHasher>) -> Sizes {
    let mut sizes = Sizes::default();
    table.for_each(|record, _| sizes.count(Place::of(record.view())));
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted_in_steps_that_double() {
        let mut sizes = Sizes::default();
        for (size, step) in [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (1023, 10), (1024, 11)] {
            let value = vec![b'x'; size];
            let record = crate::value::KeyRecord::new(b"key", None, ds::record::Payload::Bytes(&value));
            let place = Place::of(record.view());
            assert_eq!(usize::from(place.step), step, "{size}");
            sizes.count(place);
        }
        assert_eq!(sizes.of_kind(Kind::String)[2], 2);
        assert_eq!(sizes.iter().sum::<u64>(), 7);
    }
}
