//! Runs: records of a key and its value, in the order of keys.

use std::marker::PhantomData;

use super::Fixed;
use crate::blocks::is_sparse;
use crate::share::{Bytes, COUNT_BYTES, Share};

/// Longest allocation of a run.
const RUN_MAX_BYTES: usize = 4096;

/// See the [module documentation](self).
///
/// Records that go at the front leave a gap, so that the others need not move.
#[derive(Clone, Debug)]
pub(super) struct Run<K, V> {
    bytes: Bytes,
    /// Bytes of the gap.
    start: usize,
    of: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Default for Run<K, V> {
    fn default() -> Self {
        Run { bytes: Bytes::default(), start: 0, of: PhantomData }
    }
}

impl<K, V> Share for Run<K, V> {
    fn share(&self) -> Self {
        Run { bytes: self.bytes.share(), ..*self }
    }

    fn give_up(&mut self) {
        self.bytes.give_up();
    }
}

impl<K: Fixed + Ord, V: Fixed> Run<K, V> {
    /// Bytes of a record.
    const RECORD: usize = K::BYTES + V::BYTES;

    /// Most records.
    pub(super) const MAX: usize = if cfg!(test) { 6 } else { (RUN_MAX_BYTES - COUNT_BYTES) / Self::RECORD };

    /// A run of one record.
    pub(super) fn of(key: K, value: V) -> Self {
        let mut run = Run::default();
        run.insert(0, key, value);
        run
    }

    /// The number of records.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        (self.bytes.len() - self.start) / Self::RECORD
    }

    /// Whether another record had better go elsewhere. The gap is closed for one at the end of all only if that moves fewer records
    /// than the gap has had.
    #[inline]
    pub(super) fn is_full(&self, at_end: bool) -> bool {
        let used = if at_end && self.start * 2 < self.bytes.len() {
            self.bytes.len()
        } else {
            self.bytes.len() - self.start
        };
        used / Self::RECORD >= Self::MAX
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes.heap_bytes()
    }

    /// Where a record begins.
    #[inline(always)]
    fn position(&self, at: usize) -> usize {
        self.start + at * Self::RECORD
    }

    /// The record with a number.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<(K, V)> {
        let record = self.bytes.get(self.position(at)..)?.get(..Self::RECORD)?;
        Some((K::read_from(record), V::read_from(record.get(K::BYTES..)?)))
    }

    /// The number of a key's record, or of the first one behind.
    #[inline]
    pub(super) fn search(&self, key: K) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            let found = self.bytes.get(self.position(middle)..).map(K::read_from);
            match found.map(|found| found.cmp(&key)) {
                Some(std::cmp::Ordering::Less) => low = middle + 1,
                Some(std::cmp::Ordering::Equal) => return Ok(middle),
                _ => high = middle,
            }
        }
        Err(low)
    }

    /// Adds a record at a place.
    pub(super) fn insert(&mut self, at: usize, key: K, value: V) {
        let (len, width) = (self.len(), Self::RECORD);
        if at == 0 && self.start > 0 {
            self.start -= width;
        } else {
            if self.bytes.len() + width > self.bytes.capacity() {
                self.make_room(len);
            }
            let (from, end) = (self.position(at), self.bytes.len());
            self.bytes.grow(width);
            self.bytes.copy_within(from..end, from + width);
        }
        let position = self.position(at);
        if let Some(record) = self.bytes.get_mut(position..position + width) {
            key.write_to(record);
            value.write_to(&mut record[K::BYTES..]);
        }
    }

    /// Makes room for another record: by closing the gap if it is worth it, else with twice the room.
    fn make_room(&mut self, len: usize) {
        let (start, end) = (self.start, self.bytes.len());
        if start * 4 >= end && start > 0 {
            self.bytes.copy_within(start..end, 0);
            self.bytes.truncate(end - start);
            self.start = 0;
        } else {
            self.fit((len * 2).clamp(1, Self::MAX));
        }
    }

    /// Replaces the value of a record; returns the former one.
    pub(super) fn replace(&mut self, at: usize, value: V) -> Option<V> {
        let (_, former) = self.get(at)?;
        let position = self.position(at) + K::BYTES;
        value.write_to(self.bytes.get_mut(position..)?);
        Some(former)
    }

    /// Removes a record; returns its value.
    pub(super) fn remove(&mut self, at: usize) -> Option<V> {
        let ((_, value), len, width) = (self.get(at)?, self.len(), Self::RECORD);
        let (position, end) = (self.position(at), self.bytes.len());
        if at < len / 2 || len == 1 {
            // A shared run that loses its first record stays shared.
            if at > 0 {
                self.bytes.copy_within(self.start..position, self.start + width);
            }
            self.start += width;
        } else {
            if at + 1 < len {
                self.bytes.copy_within(position + width..end, position);
            }
            self.bytes.truncate(end - width);
        }
        if is_sparse(len - 1, self.bytes.capacity() / width) {
            self.fit((len - 1) * 2);
        }
        Some(value)
    }

    /// Moves the records from one on to a run of their own.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let position = self.position(at);
        let mut bytes = Bytes::with_capacity(self.bytes.len() - position);
        bytes.extend_from_slice(self.bytes.get(position..).unwrap_or_default());
        self.bytes.truncate(position);
        self.fit(at);
        Run { bytes, start: 0, of: PhantomData }
    }

    /// Moves the records to a buffer with room for so many.
    fn fit(&mut self, records: usize) {
        let mut bytes = Bytes::with_capacity(records * Self::RECORD);
        bytes.extend_from_slice(self.bytes.get(self.start..).unwrap_or_default());
        self.bytes.give_up();
        self.bytes = bytes;
        self.start = 0;
    }
}
