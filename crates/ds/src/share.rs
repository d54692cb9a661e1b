//! Parts of structures that several owners may hold, and that are copied when one of them wants to change them: what makes
//! a *view* of a structure cheap.
//!
//! ```text
//!   structure ─► group ─┬─► leaf          a group: some hundreds of leaves; a leaf: some hundred bytes to some KB
//!                       ├─► leaf
//!   view ──────► group ─┘                 sharing costs a count a group; the first change of a group copies its handles
//!                                         and counts its leaves up, the first change of a leaf copies that leaf
//! ```
//!
//! A leaf is a [`Slab`] (or [`Bytes`], which grows), with a count before its bytes. A group is any collection of things that
//! can be shared; it is owned plainly until it is first lent ([`Lendable`]), so a structure that nobody ever viewed pays for
//! four bytes a leaf and for one comparison a change.
//!
//! Counts are atomic, since a structure may be moved to another shard while a view stays behind; but to see whether one
//! is the only owner takes a plain load, and nobody counts anything while there are no views.
//!
//! **Accounts.** A structure counts its bytes as if it were alone. What it gave up and a view still holds is counted by
//! [`retained_bytes`], for all structures of a thread.

mod bytes;
mod node;
mod slab;

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;

use std::cell::Cell;
use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};

pub(crate) use bytes::Bytes;
pub(crate) use node::Shared;
pub(crate) use slab::{COUNT_BYTES, Slab, room};

thread_local! {
    static RETAINED_BYTES: Cell<isize> = const { Cell::new(0) };
}

/// Heap bytes of leaves that views hold and that no structure has any more, given up or freed by this thread: the sum over
/// all threads is exact, a single one may be negative if structures moved between threads meanwhile.
pub fn retained_bytes() -> isize {
    RETAINED_BYTES.get()
}

fn retain(bytes: isize) {
    RETAINED_BYTES.set(RETAINED_BYTES.get() + bytes);
}

/// Something that can have another owner at the cost of counting its parts up.
pub(crate) trait Share {
    /// Another owner of the same content.
    fn share(&self) -> Self;

    /// The structure that owns this is about to drop it: what views still hold of it counts as retained from now on.
    fn give_up(&mut self) {}
}

impl<T: Share> Share for Vec<T> {
    /// With the same room, so that accounts of the room hold.
    fn share(&self) -> Self {
        let mut copy = Vec::with_capacity(self.capacity());
        copy.extend(self.iter().map(T::share));
        copy
    }

    fn give_up(&mut self) {
        self.iter_mut().for_each(T::give_up);
    }
}

impl<T: Share> Share for VecDeque<T> {
    /// With the same room, so that accounts of the room hold.
    fn share(&self) -> Self {
        let mut copy = VecDeque::with_capacity(self.capacity());
        copy.extend(self.iter().map(T::share));
        copy
    }

    fn give_up(&mut self) {
        self.iter_mut().for_each(T::give_up);
    }
}

/// A group: owned plainly until it is first lent, and again when the others have let go of it.
#[derive(Debug)]
pub(crate) enum Lendable<C> {
    Own(C),
    Lent(Shared<C>),
}

impl<C: Share + Default> Lendable<C> {
    /// Another owner.
    pub(crate) fn lend(&mut self) -> Self {
        if let Lendable::Own(group) = self {
            *self = Lendable::Lent(Shared::new(std::mem::take(group)));
        }
        match self {
            Lendable::Lent(group) => Lendable::Lent(group.share()),
            // Not so: see above.
            Lendable::Own(group) => Lendable::Own(group.share()),
        }
    }

    #[cold]
    fn take_back(&mut self) -> &mut C {
        if let Lendable::Lent(group) = self {
            let own = match group.only_owner() {
                Some(only) => std::mem::take(only),
                None => group.share_content(),
            };
            *self = Lendable::Own(own);
        }
        match self {
            Lendable::Own(group) => group,
            Lendable::Lent(group) => group.make_mut(),
        }
    }
}

impl<C> Deref for Lendable<C> {
    type Target = C;

    #[inline(always)]
    fn deref(&self) -> &C {
        match self {
            Lendable::Own(group) => group,
            Lendable::Lent(group) => group,
        }
    }
}

impl<C: Share + Default> DerefMut for Lendable<C> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut C {
        match self {
            Lendable::Own(group) => group,
            Lendable::Lent(_) => self.take_back(),
        }
    }
}

impl<C: Clone> Clone for Lendable<C> {
    fn clone(&self) -> Self {
        Lendable::Own(C::clone(self))
    }
}
