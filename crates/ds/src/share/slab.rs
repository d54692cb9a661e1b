//! Bytes in one allocation, with a count of their owners before them.
//!
//! ```text
//!   allocation  ┌───────────────┬──────────────────────────┐
//!               │ count, 4 bytes│ bytes …                  │
//!               └───────────────┴──────────────────────────┘
//!                               ▲ ptr                        len bytes; a slab of no bytes has no allocation
//! ```

#![allow(unsafe_code, reason = "a counted allocation; each block says why it is sound")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Share, retain};
use crate::record::size_class;

/// Bytes of the count.
pub(crate) const COUNT_BYTES: usize = size_of::<AtomicU32>();

/// Set in the count when the structure that had the slab has given it up: only views hold it any more.
const GIVEN_UP: u32 = 1 << 31;

/// Owners beyond which a slab is copied rather than shared.
const OWNERS_MAX: u32 = 1 << 30;

/// The count of all slabs without bytes, which would lie behind it.
static NOTHING: AtomicU32 = AtomicU32::new(1);

/// Bytes that are changed where they are if they have one owner, and copied first if they have several.
pub(crate) struct Slab {
    /// The first of the bytes: `COUNT_BYTES` into an allocation of `layout(len)`, or the end of `NOTHING` if `len` is 0.
    ptr: NonNull<u8>,
    len: usize,
}

// SAFETY: a slab is bytes and an atomic count. Bytes are only written by an owner that found itself alone (`is_shared`), as
// with `Arc`.
unsafe impl Send for Slab {}
// SAFETY: as above; with `&Slab` the bytes can only be read and the count only be changed atomically.
unsafe impl Sync for Slab {}

fn layout(len: usize) -> Layout {
    match Layout::from_size_align(COUNT_BYTES + len, align_of::<AtomicU32>()) {
        Ok(layout) => layout,
        Err(_) => handle_alloc_error(Layout::new::<u8>()),
    }
}

impl Slab {
    /// So many zeros.
    pub(crate) fn zeroed(len: usize) -> Slab {
        if len == 0 {
            return Slab::default();
        }
        let layout = layout(len);
        // SAFETY: the layout has at least `COUNT_BYTES` + 1 bytes.
        let start = unsafe { alloc_zeroed(layout) };
        let Some(start) = NonNull::new(start) else { handle_alloc_error(layout) };
        // SAFETY: the allocation begins with room for the count, aligned for it; what follows are `len` bytes.
        unsafe {
            start.cast::<AtomicU32>().write(AtomicU32::new(1));
            Slab { ptr: start.add(COUNT_BYTES), len }
        }
    }

    /// At least so many zeros: as many as the allocator gives anyway. None for none.
    pub(crate) fn roomy(len: usize) -> Slab {
        Slab::zeroed(room(len))
    }

    /// A copy of some bytes.
    pub(crate) fn copy_of(bytes: &[u8]) -> Slab {
        let mut slab = Slab::zeroed(bytes.len());
        slab.fresh_mut().copy_from_slice(bytes);
        slab
    }

    /// Heap bytes.
    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        heap_bytes(self.len)
    }

    #[inline(always)]
    fn count(&self) -> &AtomicU32 {
        // SAFETY: the count lies `COUNT_BYTES` before the bytes, in the same allocation (or in `NOTHING`, whose count nobody
        // changes), and is never accessed but atomically while there are owners.
        unsafe { self.ptr.sub(COUNT_BYTES).cast::<AtomicU32>().as_ref() }
    }

    /// Whether there are other owners.
    #[inline(always)]
    pub(crate) fn is_shared(&self) -> bool {
        self.count().load(Ordering::Acquire) != 1
    }

    /// The bytes of a slab that nobody else has seen.
    fn fresh_mut(&mut self) -> &mut [u8] {
        debug_assert!(!self.is_shared(), "fresh");
        // SAFETY: `ptr` is good for `len` bytes, all initialized; the caller has just made the slab, so it is alone.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len) }
    }

    /// Becomes a copy of its own; the others keep what was.
    #[cold]
    fn take_copy(&mut self) {
        let copy = Slab::copy_of(self);
        self.give_up();
        *self = copy;
    }
}

impl Default for Slab {
    fn default() -> Self {
        // SAFETY: the end of `NOTHING`, whose count lies before it.
        Slab { ptr: unsafe { NonNull::from(&NOTHING).cast::<u8>().add(COUNT_BYTES) }, len: 0 }
    }
}

impl Deref for Slab {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        // SAFETY: `ptr` is good for `len` bytes, all initialized, and nobody writes while a slab is borrowed: its owners
        // write only through `&mut`, when they are alone.
        unsafe { std::slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }
}

impl DerefMut for Slab {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        if self.is_shared() {
            self.take_copy();
        }
        // SAFETY: `ptr` is good for `len` bytes, all initialized. There is one owner, which is borrowed for as long as the
        // slice lives, so no other can come; those that were have let go (release) before it was looked for them (acquire).
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len) }
    }
}

impl Share for Slab {
    fn share(&self) -> Slab {
        if self.len > 0 {
            let before = self.count().fetch_add(1, Ordering::Relaxed);
            if before & !GIVEN_UP >= OWNERS_MAX {
                self.count().fetch_sub(1, Ordering::Relaxed);
                return Slab::copy_of(self);
            }
        }
        Slab { ptr: self.ptr, len: self.len }
    }

    fn give_up(&mut self) {
        if self.is_shared() && self.count().fetch_or(GIVEN_UP, Ordering::Relaxed) & GIVEN_UP == 0 {
            retain(self.heap_bytes() as isize);
        }
    }
}

impl Clone for Slab {
    /// A copy of the bytes; see [`Share::share`] for another owner.
    fn clone(&self) -> Self {
        Slab::copy_of(self)
    }
}

impl Drop for Slab {
    #[inline]
    fn drop(&mut self) {
        if self.len == 0 {
            return;
        }
        if self.is_shared() {
            let before = self.count().fetch_sub(1, Ordering::AcqRel);
            if before & !GIVEN_UP != 1 {
                return;
            }
            if before & GIVEN_UP != 0 {
                retain(-(self.heap_bytes() as isize));
            }
        }
        // SAFETY: `zeroed` allocated this with this layout, and this was the last owner.
        unsafe { dealloc(self.ptr.sub(COUNT_BYTES).as_ptr(), layout(self.len)) }
    }
}

impl fmt::Debug for Slab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slab").field("len", &self.len).finish_non_exhaustive()
    }
}

/// Heap bytes of a slab of so many bytes.
#[inline]
pub(crate) const fn heap_bytes(len: usize) -> usize {
    if len == 0 { 0 } else { size_class(COUNT_BYTES + len) }
}

/// How many bytes a slab for so many has that fills its size class.
#[inline]
pub(crate) const fn room(len: usize) -> usize {
    if len == 0 { 0 } else { size_class(COUNT_BYTES + len) - COUNT_BYTES }
}
