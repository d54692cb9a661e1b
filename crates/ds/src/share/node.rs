//! A value in a counted allocation: `Arc` without weak references, so that to see whether one is alone takes a load.

#![allow(unsafe_code, reason = "a counted allocation; each block says why it is sound")]

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Share;

/// Owners beyond which a value is copied rather than shared.
const OWNERS_MAX: u32 = 1 << 30;

#[derive(Debug)]
struct Counted<T> {
    count: AtomicU32,
    value: T,
}

/// A value that may have several owners.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    ptr: NonNull<Counted<T>>,
    owns: PhantomData<Counted<T>>,
}

// SAFETY: as for `Arc`: a value is only changed by its only owner, and may be dropped by any of them.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// Heap bytes of the allocation.
    pub(crate) const HEAP_BYTES: usize = crate::record::size_class(size_of::<Counted<T>>());

    /// A value with one owner.
    pub(crate) fn new(value: T) -> Self {
        let counted = Box::new(Counted { count: AtomicU32::new(1), value });
        Shared { ptr: NonNull::from(Box::leak(counted)), owns: PhantomData }
    }

    #[inline(always)]
    fn counted(&self) -> &Counted<T> {
        // SAFETY: the allocation lives as long as it has an owner; nobody has a `&mut` to it while it is shared.
        unsafe { self.ptr.as_ref() }
    }

    #[inline(always)]
    fn is_alone(&self) -> bool {
        self.counted().count.load(Ordering::Acquire) == 1
    }

    /// The value, if there is no other owner.
    #[inline(always)]
    pub(crate) fn only_owner(&mut self) -> Option<&mut T> {
        if !self.is_alone() {
            return None;
        }
        // SAFETY: this is the only owner, and is borrowed for as long as the reference lives.
        Some(unsafe { &mut self.ptr.as_mut().value })
    }
}

impl<T: Share> Shared<T> {
    /// The content for another owner, whose parts are shared.
    pub(crate) fn share_content(&self) -> T {
        self.counted().value.share()
    }

    /// The value to be changed: copied first, its parts shared, if there are other owners.
    #[inline(always)]
    pub(crate) fn make_mut(&mut self) -> &mut T {
        if !self.is_alone() {
            self.take_copy();
        }
        // SAFETY: this is the only owner, and is borrowed for as long as the reference lives.
        unsafe { &mut self.ptr.as_mut().value }
    }

    #[cold]
    fn take_copy(&mut self) {
        *self = Shared::new(self.share_content());
    }
}

impl<T: Share> Share for Shared<T> {
    fn share(&self) -> Self {
        let count = &self.counted().count;
        if count.fetch_add(1, Ordering::Relaxed) >= OWNERS_MAX {
            count.fetch_sub(1, Ordering::Relaxed);
            return Shared::new(self.share_content());
        }
        Shared { ptr: self.ptr, owns: PhantomData }
    }

    fn give_up(&mut self) {
        if let Some(value) = self.only_owner() {
            value.give_up();
        }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.counted().value
    }
}

impl<T: Clone> Clone for Shared<T> {
    /// A copy of the value; see [`Share::share`] for another owner.
    fn clone(&self) -> Self {
        Shared::new(T::clone(self))
    }
}

impl<T: Default> Default for Shared<T> {
    fn default() -> Self {
        Shared::new(T::default())
    }
}

impl<T> Drop for Shared<T> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_alone() && self.counted().count.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        // SAFETY: this was the last owner of what `new` has leaked.
        drop(unsafe { Box::from_raw(self.ptr.as_ptr()) });
    }
}
