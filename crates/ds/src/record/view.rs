//! Reading a record, also one that lies in a table.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::slice;

use super::Record;
use super::shape::{Shape, is_plain, length_len, name_is_wide, word_len};
use crate::table::{KeyHash, Occupied, RecordRef};

/// The payload of a record.
#[derive(Debug, PartialEq, Eq)]
pub enum PayloadRef<'a, B> {
    /// An integer.
    Int(i64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Bytes that mean something else.
    Packed(&'a [u8]),
    /// A value of the owner's.
    Boxed(&'a B),
}

/// A shared reference to a record; one pointer, not a pointer to one.
pub struct RecordView<'a, B> {
    p: NonNull<u8>,
    record: PhantomData<&'a B>,
}

impl<B> Clone for RecordView<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for RecordView<'_, B> {}

impl<'a, B> RecordView<'a, B> {
    /// # Safety
    /// `p` is a record that lives for `'a` and does not change meanwhile.
    #[inline(always)]
    pub(super) unsafe fn new(p: NonNull<u8>) -> Self {
        RecordView { p, record: PhantomData }
    }

    /// The name.
    #[inline(always)]
    pub fn name(self) -> &'a [u8] {
        let (start, len) = self.name_place();
        // SAFETY: the name was initialised when the record was made, and lives for `'a`.
        unsafe { slice::from_raw_parts(self.at(start), len) }
    }

    /// The word.
    #[inline(always)]
    pub fn word(self) -> Option<u64> {
        let len = word_len(self.flags());
        if len == 0 {
            return None;
        }
        let (start, name_len) = self.name_place();
        let at = self.at(start + name_len);
        // SAFETY: 6 bytes of word are there in both forms, 8 in the long one.
        let (low, high) = unsafe {
            let high = at.wrapping_add(4);
            let high = if len == 6 {
                u32::from(u16::from_le(high.cast::<u16>().read_unaligned()))
            } else {
                u32::from_le(high.cast::<u32>().read_unaligned())
            };
            (u32::from_le(at.cast::<u32>().read_unaligned()), high)
        };
        Some(u64::from(low) | u64::from(high) << 32)
    }

    /// Whether there is a word.
    #[inline(always)]
    pub fn has_word(self) -> bool {
        word_len(self.flags()) != 0
    }

    /// The hint; see [`Record::set_hint`].
    #[inline(always)]
    pub fn hint(self) -> bool {
        self.shape().hint()
    }

    /// The payload.
    #[inline(always)]
    pub fn payload(self) -> PayloadRef<'a, B> {
        let shape = self.shape();
        let at = self.at(shape.payload_start());
        // SAFETY: the payload is what the shape says, was initialised with it, and lives for `'a`.
        unsafe {
            if shape.is_bytes() {
                PayloadRef::Bytes(slice::from_raw_parts(at, shape.payload_len()))
            } else if shape.is_int() {
                PayloadRef::Int(match shape.payload_len() {
                    1 => i64::from(at.cast::<i8>().read()),
                    2 => i64::from(i16::from_le(at.cast::<i16>().read_unaligned())),
                    4 => i64::from(i32::from_le(at.cast::<i32>().read_unaligned())),
                    _ => i64::from_le(at.cast::<i64>().read_unaligned()),
                })
            } else if shape.is_packed() {
                PayloadRef::Packed(slice::from_raw_parts(at, shape.payload_len()))
            } else {
                PayloadRef::Boxed(&*at.cast::<*const B>().read_unaligned())
            }
        }
    }

    /// Bytes of the allocation; what is boxed comes on top.
    #[inline(always)]
    pub fn bytes_allocated(self) -> usize {
        self.shape().class()
    }

    #[inline(always)]
    fn at(self, offset: usize) -> *const u8 {
        self.p.as_ptr().wrapping_add(offset)
    }

    #[inline(always)]
    fn flags(self) -> u8 {
        // SAFETY: every record begins with its flags.
        unsafe { *self.at(0) }
    }

    /// Start and length of the name.
    #[inline(always)]
    fn name_place(self) -> (usize, usize) {
        // SAFETY: the length of the name follows the flags, in the width that these say.
        unsafe {
            if name_is_wide(self.flags()) {
                (5, self.at(1).cast::<u32>().read_unaligned() as usize)
            } else {
                (2, usize::from(*self.at(1)))
            }
        }
    }

    /// Of a record of the plainest kind: how many bytes it has, and where it says so.
    #[inline(always)]
    pub(super) fn plain_bytes(self) -> Option<(usize, usize)> {
        if !is_plain(self.flags()) {
            return None;
        }
        // SAFETY: a byte with the length of the name follows the flags, and one with that of the payload follows the name.
        unsafe {
            let length_at = 2 + usize::from(*self.at(1));
            Some((usize::from(*self.at(length_at)), length_at))
        }
    }

    /// What the header says.
    #[inline(always)]
    pub(super) fn shape(self) -> Shape {
        let flags = self.flags();
        let (start, name_len) = self.name_place();
        let at = self.at(start + name_len + word_len(flags));
        // SAFETY: the payload's length follows the word, in the width that the flags say.
        let length = unsafe {
            match length_len(flags) {
                0 => 0,
                1 => u32::from(*at),
                _ => at.cast::<u32>().read_unaligned(),
            }
        };
        Shape::read(flags, name_len as u32, length)
    }
}

impl<'a, B> RecordRef<'a, Record<B>> {
    /// The record for as long as the table is borrowed.
    #[inline(always)]
    pub fn view(&self) -> RecordView<'a, B> {
        // SAFETY: a `RecordRef<'a>` means that the record stays in the table, borrowed shared, for `'a`.
        unsafe { RecordView::new(self.p) }
    }
}

impl<'a, B, H: KeyHash> Occupied<'a, Record<B>, H> {
    /// As [`Record::overwrite_bytes`], without taking the record out of the table.
    #[inline(always)]
    pub fn overwrite_bytes(&mut self, bytes: &[u8]) -> Option<usize> {
        // SAFETY: the bytes are written into the record, which stays the same.
        unsafe { self.record_in_place() }.overwrite_bytes(bytes)
    }

    /// The record for as long as the table is borrowed.
    #[inline(always)]
    pub fn into_view(self) -> RecordView<'a, B> {
        let p = self.record().p;
        // The handle gives the record back to the table now, if it holds it.
        drop(self);
        // SAFETY: the handle's exclusive borrow of the table for `'a` has passed to the view, so the record neither
        // changes nor goes during `'a`.
        unsafe { RecordView::new(p) }
    }
}
