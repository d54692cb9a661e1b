//! A name and its value in one heap allocation behind one thin pointer.
//!
//! ```text
//!   ┌───────┬─────────────┬───────┬──────────────┬──────┬───────────┬────────────────┬─────────┐
//!   │ flags │ name length │ stamp │ its length   │ name │ word      │ payload length │ payload │
//!   │ 1     │ 1           │ 2     │ 0, 4 if long │      │ 0, 6 or 8 │ 0, 1 or 4      │         │
//!   └───────┴─────────────┴───────┴──────────────┴──────┴───────────┴────────────────┴─────────┘
//! ```
//!
//! An 11-byte name with 32 bytes of value takes 48 bytes, a class of the allocator. The name comes as early as it can,
//! because every lookup compares it. The word is a number of the owner's (an expiry time, say); its presence costs six
//! bytes, or eight if it needs more than 48 bits. The payload is an integer in as few of 1, 2, 4, 8 bytes as it fits,
//! bytes of either of two kinds, or a pointer to a boxed value of the owner's type. The stamp is the owner's too, for
//! what changes when a record is only looked at: it can be set through a shared reference, stays when word and payload
//! change, and is no change of the record that a table would have to know of.
//!
//! **Invariant.** The allocation's size is always [`size_class`] of what the header says is used. So nothing about the
//! allocation needs storing, a change that stays within the class happens in place, and one that leaves it
//! reallocates, downwards too.
#![allow(unsafe_code)]

mod shape;
mod view;

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;

use std::alloc::{alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use shape::{NAME_LENGTH_WIDE, STAMP, Shape, int_width};
pub use shape::{frugal_size, size_class};
pub use view::{PayloadRef, RecordView};

use crate::table;

/// A payload on its way into a record.
#[derive(Debug, PartialEq, Eq)]
pub enum Payload<'a, B> {
    /// An integer, stored in as few bytes as it fits.
    Int(i64),
    /// Bytes, stored in the record. At most `u32::MAX`; the owner boxes what it finds too long long before that.
    Bytes(&'a [u8]),
    /// Bytes that mean something else to the owner, stored in the same way.
    Packed(&'a [u8]),
    /// A value of the owner's, stored as a pointer.
    Boxed(Box<B>),
}

/// See the [module documentation](self).
#[repr(transparent)]
pub struct Record<B> {
    p: NonNull<u8>,
    boxed: PhantomData<Box<B>>,
}

// SAFETY: the record owns its allocation and the box in it, as a `Box<B>` would.
unsafe impl<B: Send> Send for Record<B> {}
// SAFETY: `&Record` gives out bytes and `&B` only.
unsafe impl<B: Sync> Sync for Record<B> {}

impl<B> Record<B> {
    /// A record. The hint is not set, the stamp is 0.
    ///
    /// # Panics
    /// If name or payload are longer than `u32::MAX`, which no argument of a command is.
    pub fn new(name: &[u8], word: Option<u64>, payload: Payload<'_, B>) -> Self {
        let shape = Shape::new(name.len(), word, &payload);
        let mut record = Self::allocate(shape);
        // SAFETY: fresh memory of this shape; the name ends where the word begins.
        unsafe {
            record.write_header(shape, 0);
            ptr::copy_nonoverlapping(name.as_ptr(), record.at(shape.name_start()), name.len());
            record.write_word(shape, word);
            record.write_payload(shape, payload);
        }
        record
    }

    /// The record, for reading.
    #[inline(always)]
    pub fn view(&self) -> RecordView<'_, B> {
        // SAFETY: the record lives and stays unchanged while it is borrowed.
        unsafe { RecordView::new(self.p) }
    }

    /// The name.
    #[inline(always)]
    pub fn name(&self) -> &[u8] {
        self.view().name()
    }

    /// The word.
    #[inline(always)]
    pub fn word(&self) -> Option<u64> {
        self.view().word()
    }

    /// The payload.
    #[inline(always)]
    pub fn payload(&self) -> PayloadRef<'_, B> {
        self.view().payload()
    }

    /// Bytes of the allocation; what is boxed comes on top.
    #[inline(always)]
    pub fn bytes_allocated(&self) -> usize {
        self.view().bytes_allocated()
    }

    /// Sets or clears the hint, one bit whose meaning is the owner's. Every new payload clears it.
    pub fn set_hint(&mut self, hint: bool) {
        let mut shape = self.shape();
        shape.set_hint(hint);
        // SAFETY: the hint changes nothing about the shape.
        unsafe { *self.at(0) = shape.flags() };
    }

    /// The payload to write to, if it is bytes.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        let shape = self.shape();
        // SAFETY: the payload was initialised with this shape and is borrowed exclusively.
        shape.is_bytes().then(|| unsafe {
            std::slice::from_raw_parts_mut(self.at(shape.payload_start()), shape.payload_len())
        })
    }

    /// The payload to change, if it is boxed.
    pub fn boxed_mut(&mut self) -> Option<&mut B> {
        let shape = self.shape();
        // SAFETY: the pointer came from `Box::into_raw` and is this record's own.
        shape.is_boxed().then(|| unsafe { &mut *self.box_pointer(shape) })
    }

    /// The same name with another word and payload, in place if the size class allows. Returns what was boxed in the
    /// record, for the owner to drop at its time.
    #[inline]
    pub fn overwrite(mut self, word: Option<u64>, payload: Payload<'_, B>) -> (Self, Option<Box<B>>) {
        let old = self.shape();
        let new = Shape::new(old.name_len(), word, &payload);
        if new.class() == old.class() {
            let boxed = self.unbox(old);
            // SAFETY: `new` has the same allocation and the same place for the name; word and payload end within
            // the class.
            unsafe {
                *self.at(0) = new.flags();
                self.write_word(new, word);
                self.write_payload(new, payload);
            }
            return (self, boxed);
        }
        let fresh = Self::new(self.name(), word, payload);
        fresh.view().set_stamp(self.view().stamp());
        let boxed = self.into_box();
        (fresh, boxed)
    }

    /// Writes another payload under the same word, if neither is boxed and the size class allows: the fast case of
    /// [`Record::overwrite`]. Otherwise changes nothing and returns the payload.
    #[inline]
    pub fn overwrite_in_place<'p>(&mut self, payload: Payload<'p, B>) -> Result<(), Payload<'p, B>> {
        let old = self.shape();
        let new = old.with_payload(&payload);
        if old.is_boxed() || new.is_boxed() || new.class() != old.class() {
            return Err(payload);
        }
        // SAFETY: `new` has the same allocation and the same places for name and word; the payload ends within the
        // class. No box is lost.
        unsafe {
            *self.at(0) = new.flags();
            self.write_payload(new, payload);
        }
        Ok(())
    }

    /// Writes bytes over bytes if the record is of the plainest kind (no word, short lengths) and the size class allows: the
    /// fastest case of [`Record::overwrite_in_place`]. Returns how many bytes there were before; `None` if nothing is changed.
    #[inline(always)]
    pub fn overwrite_bytes(&mut self, bytes: &[u8]) -> Option<usize> {
        let (old, length_at) = self.view().plain_bytes()?;
        let (len, start) = (u8::try_from(bytes.len()).ok()?, length_at + 1);
        if bytes.len() != old && size_class(start + bytes.len()) != size_class(start + old) {
            return None;
        }
        // SAFETY: a plain record of bytes has the byte of their length there, and they follow it. The new ones end within the
        // allocation, whose class is the same, and are borrowed from elsewhere: this record is owned.
        unsafe {
            *self.at(0) = shape::PLAIN;
            *self.at(length_at) = len;
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(start), bytes.len());
        }
        Some(old)
    }

    /// The same record with another word, in place if the size class allows.
    pub fn with_word(mut self, word: Option<u64>) -> Self {
        let old = self.shape();
        let new = old.with_word(word);
        if new.class() == old.class() {
            // SAFETY: both shapes lie within the allocation; the payload is moved as a whole before anything is
            // written over it.
            unsafe {
                let payload = self.at(old.payload_start());
                ptr::copy(payload, self.at(new.payload_start()), old.payload_len());
                *self.at(0) = new.flags();
                self.write_word(new, word);
                self.write_length(new);
            }
            return self;
        }
        let mut moved = Self::allocate(new);
        // SAFETY: fresh memory of the new shape, and a payload of the same length in both. What is boxed belongs to
        // `moved` from here on: the old record is freed without it.
        unsafe {
            moved.write_header(new, self.view().stamp());
            ptr::copy_nonoverlapping(self.at(old.name_start()), moved.at(new.name_start()), old.name_len());
            moved.write_word(new, word);
            moved.write_length(new);
            let payload = self.at(old.payload_start());
            ptr::copy_nonoverlapping(payload, moved.at(new.payload_start()), old.payload_len());
            self.free(old);
        }
        moved
    }

    /// The same record with its bytes cut or filled up with zeros to a length; unchanged if the payload is not
    /// bytes. In place if the size class allows.
    ///
    /// # Panics
    /// If the length is more than `u32::MAX`.
    pub fn resize_bytes(mut self, len: usize) -> Self {
        let old = self.shape();
        if !old.is_bytes() {
            return self;
        }
        let new = old.with_bytes_len(len);
        let kept = len.min(old.payload_len());
        let mut resized = if new.class() == old.class() {
            // SAFETY: both shapes lie within the allocation.
            unsafe { ptr::copy(self.at(old.payload_start()), self.at(new.payload_start()), kept) };
            self
        } else {
            let mut fresh = Self::allocate(new);
            let head = old.name_end() + old.word_len();
            // SAFETY: flags, name and word are in the same places in both shapes; the old record is freed at once,
            // and has no box.
            unsafe {
                ptr::copy_nonoverlapping(self.at(0), fresh.at(0), head);
                ptr::copy_nonoverlapping(self.at(old.payload_start()), fresh.at(new.payload_start()), kept);
                self.free(old);
            }
            fresh
        };
        // SAFETY: within the new shape.
        unsafe {
            *resized.at(0) = new.flags();
            resized.write_length(new);
            ptr::write_bytes(resized.at(new.payload_start() + kept), 0, len - kept);
        }
        resized
    }

    /// What is boxed, without the record.
    pub fn into_box(mut self) -> Option<Box<B>> {
        let shape = self.shape();
        let boxed = self.unbox(shape);
        // SAFETY: the box has just been taken out, and `self` is forgotten by `free`.
        unsafe { self.free(shape) };
        boxed
    }

    /// What the header says.
    #[inline(always)]
    fn shape(&self) -> Shape {
        self.view().shape()
    }

    #[inline(always)]
    fn at(&mut self, offset: usize) -> *mut u8 {
        self.p.as_ptr().wrapping_add(offset)
    }

    /// Memory for a shape, all of it uninitialised.
    fn allocate(shape: Shape) -> Self {
        let layout = shape.layout();
        // SAFETY: size classes are never 0.
        match NonNull::new(unsafe { alloc(layout) }) {
            Some(p) => Record { p, boxed: PhantomData },
            None => handle_alloc_error(layout),
        }
    }

    /// Frees the allocation without a look at what is boxed.
    ///
    /// # Safety
    /// `shape` is the record's, and what was boxed has another owner.
    unsafe fn free(self, shape: Shape) {
        let p = self.p;
        std::mem::forget(self);
        // SAFETY: allocated with the layout of this class (the invariant of the module).
        unsafe { dealloc(p.as_ptr(), shape.layout()) };
    }

    /// Takes what is boxed. The record must get another payload, or be freed, before it is dropped.
    #[inline(always)]
    fn unbox(&mut self, shape: Shape) -> Option<Box<B>> {
        // SAFETY: the pointer came from `Box::into_raw`, and the callers make sure that it is not used again.
        shape.is_boxed().then(|| unsafe { Box::from_raw(self.box_pointer(shape)) })
    }

    /// The pointer in the payload of a record that is boxed.
    fn box_pointer(&mut self, shape: Shape) -> *mut B {
        debug_assert!(shape.is_boxed());
        // SAFETY: the payload is a pointer, written by `write_payload`.
        unsafe { self.at(shape.payload_start()).cast::<*mut B>().read_unaligned() }
    }

    /// # Safety
    /// The allocation is of this shape's class.
    #[inline(always)]
    unsafe fn write_header(&mut self, shape: Shape, stamp: u16) {
        let name_len = shape.name_len();
        // SAFETY: the header lies within the shape.
        unsafe {
            *self.at(0) = shape.flags();
            *self.at(1) = if shape.name_is_wide() { 0 } else { name_len as u8 };
            self.at(STAMP).cast::<u16>().write(stamp);
            if shape.name_is_wide() {
                self.at(NAME_LENGTH_WIDE).cast::<u32>().write(name_len as u32);
            }
        }
    }

    /// # Safety
    /// The allocation is of this shape's class, and the shape has room for just this word.
    #[inline(always)]
    unsafe fn write_word(&mut self, shape: Shape, word: Option<u64>) {
        let Some(word) = word else { return };
        let bytes = word.to_le_bytes();
        // SAFETY: the word lies within the shape, and is 6 or 8 bytes long.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(shape.name_end()), shape.word_len()) };
    }

    /// Writes the payload's length, where the shape has one.
    ///
    /// # Safety
    /// The allocation is of this shape's class.
    #[inline(always)]
    unsafe fn write_length(&mut self, shape: Shape) {
        let (at, len) = (self.at(shape.name_end() + shape.word_len()), shape.payload_len());
        // SAFETY: the length lies within the shape.
        unsafe {
            match shape.length_len() {
                0 => {}
                1 => *at = len as u8,
                _ => at.cast::<u32>().write_unaligned(len as u32),
            }
        }
    }

    /// # Safety
    /// The allocation is of this shape's class, and the shape was made for this payload.
    #[inline(always)]
    unsafe fn write_payload(&mut self, shape: Shape, payload: Payload<'_, B>) {
        let at = self.at(shape.payload_start());
        // SAFETY: the payload ends within the shape. Bytes are borrowed from elsewhere: this record is owned.
        unsafe {
            self.write_length(shape);
            match payload {
                Payload::Int(int) => {
                    ptr::copy_nonoverlapping(int.to_le_bytes().as_ptr(), at, int_width(int));
                }
                Payload::Bytes(bytes) | Payload::Packed(bytes) => {
                    ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len());
                }
                Payload::Boxed(boxed) => at.cast::<*mut B>().write_unaligned(Box::into_raw(boxed)),
            }
        }
    }
}

impl<B> Drop for Record<B> {
    fn drop(&mut self) {
        let shape = self.shape();
        drop(self.unbox(shape));
        // SAFETY: allocated with the layout of this class, and never used again.
        unsafe { dealloc(self.p.as_ptr(), shape.layout()) };
    }
}

impl<B> table::Record for Record<B> {
    #[inline(always)]
    fn into_raw(self) -> NonNull<u8> {
        let p = self.p;
        std::mem::forget(self);
        p
    }

    #[inline(always)]
    unsafe fn from_raw(p: NonNull<u8>) -> Self {
        Record { p, boxed: PhantomData }
    }

    #[inline(always)]
    fn key(&self) -> &[u8] {
        self.name()
    }
}
