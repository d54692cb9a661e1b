//! A mailbox: many cores push, one core takes everything at once.
//!
//! One atomic word is the lock, the "anything there?" flag and the sleeping flag:
//!
//! ```text
//!                 push / take begin: swap(LOCKED), the prior state is known to the holder
//!          ┌───────────────────────────────┬──────────────────────────────┐
//!          │                               ▼                              │
//!        EMPTY ──doze: cas──► ASLEEP ──► LOCKED ──push ends: store──► FULL
//!          ▲ ◄──rouse: cas─────┘           │
//!          └──────────take ends: store─────┘
//! ```
//!
//! *No wake-up is lost*: all this is one location, which has one modification order. Either the doze comes first, and
//! the first push after it finds ASLEEP and wakes; or a push came first, the doze finds LOCKED or FULL, and fails. That
//! needs no fence, and only the first of several pushes wakes.
//!
//! The lock is unfair and its waiters spin: it is held for one append, or by a publish for one append a target. See
//! `docs/decisions/0002-bus.md` for what was measured.
#![allow(unsafe_code)]

use crate::primitive::{AtomicU32, Gate, Ordering, UnsafeCell, load_in_total_order};

/// Nothing inside, nobody at it.
const EMPTY: u32 = 0;
/// As empty, and the owner sleeps or is about to: whoever pushes must wake it.
const ASLEEP: u32 = 1;
/// Something inside.
const FULL: u32 = 2;
/// Somebody reads or writes the contents.
const LOCKED: u32 = 3;

/// The state in which [`Mailbox::acquire`] found the mailbox.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) struct Prior(u32);

impl Prior {
    /// Whether the holder, having pushed and released, has to wake the owner.
    pub(crate) fn was_asleep(self) -> bool {
        self.0 == ASLEEP
    }
}

/// See the module page. `T` is what is pushed.
pub(crate) struct Mailbox<T> {
    word: AtomicU32,
    gate: Gate,
    contents: UnsafeCell<Contents<T>>,
}

struct Contents<T> {
    /// The stamp of the last entry (T1); unused in a mailbox of replies.
    stamp: u64,
    entries: Vec<T>,
}

// SAFETY: `contents` is only reached between `acquire`, which one core at a time returns from and which synchronises
// with the release before it, and the release that follows. Entries move between threads, hence `T: Send`.
unsafe impl<T: Send> Sync for Mailbox<T> {}

impl<T> Mailbox<T> {
    /// An empty mailbox with room for `capacity` entries, so that a push within that bound never allocates.
    pub(crate) fn new(capacity: usize) -> Self {
        let contents = Contents { stamp: 0, entries: Vec::with_capacity(capacity) };
        Mailbox { word: AtomicU32::new(EMPTY), gate: Gate::new(), contents: UnsafeCell::new(contents) }
    }

    /// Whether something is inside or being put inside. May lag behind other cores.
    pub(crate) fn is_pending(&self) -> bool {
        self.word.load(Ordering::Acquire) >= FULL
    }

    /// Whether nothing is inside nor being put inside, decided at one instant of the total order (see the crate page,
    /// "Own work alone"). Only for the owner.
    pub(crate) fn is_empty_in_total_order(&self) -> bool {
        load_in_total_order(&self.word) < FULL
    }

    /// Takes the lock. The caller releases it by exactly one of the `*_release` functions.
    pub(crate) fn acquire(&self) -> Prior {
        Prior(self.gate.enter(&self.word, LOCKED))
    }

    /// The stamp of the last entry.
    ///
    /// # Safety
    /// The caller holds the lock.
    pub(crate) unsafe fn stamp(&self) -> u64 {
        // SAFETY: the caller holds the lock, so nobody else is at the contents.
        self.contents.with_mut(|contents| unsafe { (*contents).stamp })
    }

    /// Appends an entry stamped `stamp`, and releases the lock.
    ///
    /// # Safety
    /// The caller holds the lock, and no longer does after the call.
    pub(crate) unsafe fn push_release(&self, stamp: u64, entry: T) {
        self.contents.with_mut(|contents| {
            // SAFETY: the caller holds the lock, so nobody else is at the contents.
            let contents = unsafe { &mut *contents };
            contents.stamp = stamp;
            contents.entries.push(entry);
        });
        self.gate.leave(&self.word, FULL);
    }

    /// Moves all entries to the end of `out`, sets the stamp, and releases the lock. If `out` is empty the vectors are
    /// swapped, so it should come with the capacity of the mailbox.
    ///
    /// # Safety
    /// The caller holds the lock, and no longer does after the call.
    pub(crate) unsafe fn take_release(&self, stamp: u64, out: &mut Vec<T>) {
        self.contents.with_mut(|contents| {
            // SAFETY: the caller holds the lock, so nobody else is at the contents.
            let contents = unsafe { &mut *contents };
            contents.stamp = stamp;
            if out.is_empty() {
                core::mem::swap(&mut contents.entries, out);
            } else {
                out.append(&mut contents.entries);
            }
        });
        self.gate.leave(&self.word, EMPTY);
    }

    /// Pushes one entry that bears no stamp. Whoever finds the owner asleep wakes it.
    pub(crate) fn push(&self, entry: T) -> Prior {
        let prior = self.acquire();
        // SAFETY: the lock was taken on the line above.
        unsafe { self.push_release(0, entry) };
        prior
    }

    /// Takes all entries, as [`Mailbox::take_release`].
    pub(crate) fn take(&self, out: &mut Vec<T>) {
        let _ = self.acquire();
        // SAFETY: the lock was taken on the line above.
        unsafe { self.take_release(0, out) };
    }

    /// The owner wants to sleep: `false` if something is inside or being put inside.
    pub(crate) fn doze(&self) -> bool {
        self.word.compare_exchange(EMPTY, ASLEEP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The owner is awake again, or never fell asleep.
    pub(crate) fn rouse(&self) {
        // On failure somebody pushed, or is just doing so, and has seen to it that the state is no longer ASLEEP.
        let _ = self.word.compare_exchange(ASLEEP, EMPTY, Ordering::AcqRel, Ordering::Relaxed);
    }
}
