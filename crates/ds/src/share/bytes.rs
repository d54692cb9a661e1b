//! A slab with room to grow, for what would be a `Vec<u8>`.

use std::ops::{Deref, DerefMut};

use super::slab::room;
use super::{Share, Slab};

/// The first `len` bytes of a slab. As with a slab, they are copied before they are changed if they have other owners.
#[derive(Debug, Default)]
pub(crate) struct Bytes {
    slab: Slab,
    len: usize,
}

impl Bytes {
    /// No bytes, and room for so many.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Bytes { slab: Slab::roomy(capacity), len: 0 }
    }

    /// Room.
    #[inline(always)]
    pub(crate) fn capacity(&self) -> usize {
        self.slab.len()
    }

    /// Heap bytes.
    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        self.slab.heap_bytes()
    }

    /// Cuts the end off.
    #[inline]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Makes it longer by so many bytes of any content, in an allocation just large enough if it does not fit in this one.
    #[inline]
    pub(crate) fn grow(&mut self, by: usize) {
        let len = self.len + by;
        if len > self.capacity() {
            self.reallocate(len);
        }
        self.len = len;
    }

    /// Makes room for so many bytes in all, if there is less.
    #[inline]
    pub(crate) fn reserve_to(&mut self, capacity: usize) {
        if capacity > self.capacity() {
            self.reallocate(capacity);
        }
    }

    /// Adds a byte at the end.
    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        let at = self.len;
        self.grow(1);
        self[at] = byte;
    }

    /// Adds bytes at the end.
    #[inline]
    pub(crate) fn extend_from_slice(&mut self, bytes: &[u8]) {
        let start = self.len;
        self.grow(bytes.len());
        self[start..].copy_from_slice(bytes);
    }

    /// Moves to an allocation just large enough, if that is smaller.
    pub(crate) fn shrink(&mut self) {
        if room(self.len) < self.capacity() {
            self.reallocate(self.len);
        }
    }

    fn reallocate(&mut self, len: usize) {
        let mut slab = Slab::roomy(len);
        if self.len > 0 {
            slab[..self.len].copy_from_slice(self);
        }
        self.slab.give_up();
        self.slab = slab;
    }
}

impl Deref for Bytes {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        self.slab.get(..self.len).unwrap_or_default()
    }
}

impl DerefMut for Bytes {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.slab.get_mut(..self.len).unwrap_or_default()
    }
}

impl Share for Bytes {
    fn share(&self) -> Self {
        Bytes { slab: self.slab.share(), len: self.len }
    }

    fn give_up(&mut self) {
        self.slab.give_up();
    }
}

impl Clone for Bytes {
    fn clone(&self) -> Self {
        let mut copy = Bytes::with_capacity(self.len);
        copy.extend_from_slice(self);
        copy
    }
}
