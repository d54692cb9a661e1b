//! The atomics and cells that the crate stands on; under `cfg(loom)` those of the model checker.

#[cfg(loom)]
pub(crate) use self::model::{AtomicU32, Gate, Ordering, UnsafeCell, load_in_total_order};
#[cfg(not(loom))]
pub(crate) use self::real::{AtomicU32, Gate, Ordering, UnsafeCell, load_in_total_order};

#[cfg(not(loom))]
mod real {
    pub(crate) use core::sync::atomic::{AtomicU32, Ordering};

    /// A load that takes part in the total order of sequentially consistent operations.
    pub(crate) fn load_in_total_order(word: &AtomicU32) -> u32 {
        word.load(Ordering::SeqCst)
    }

    /// Waiting for a lock that is held for some tens of nanoseconds.
    pub(crate) struct Gate;

    impl Gate {
        pub(crate) fn new() -> Self {
            Gate
        }

        /// Takes the lock: sets `word` to `locked`, and returns what it was before.
        #[inline]
        pub(crate) fn enter(&self, word: &AtomicU32, locked: u32) -> u32 {
            let prior = word.swap(locked, Ordering::SeqCst);
            if prior == locked { self.enter_contended(word, locked) } else { prior }
        }

        /// Spins with growing pauses, then gives the processor away, for the holder may have been preempted.
        #[cold]
        fn enter_contended(&self, word: &AtomicU32, locked: u32) -> u32 {
            let backoff = crossbeam::utils::Backoff::new();
            loop {
                backoff.snooze();
                // Looking before swapping leaves the holder its cache line.
                if word.load(Ordering::Relaxed) != locked {
                    let prior = word.swap(locked, Ordering::SeqCst);
                    if prior != locked {
                        return prior;
                    }
                }
            }
        }

        /// Releases the lock: sets `word` to `state`.
        #[inline]
        pub(crate) fn leave(&self, word: &AtomicU32, state: u32) {
            word.store(state, Ordering::Release);
        }
    }

    /// `core::cell::UnsafeCell` with the interface of loom's.
    pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) fn new(value: T) -> Self {
            UnsafeCell(core::cell::UnsafeCell::new(value))
        }

        pub(crate) fn with_mut<U>(&self, f: impl FnOnce(*mut T) -> U) -> U {
            f(self.0.get())
        }
    }
}

#[cfg(loom)]
mod model {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::atomic::{AtomicU32, Ordering};

    /// Loom takes a sequentially consistent load for an acquire load, which may return an old value. A
    /// read-modify-write that changes nothing returns the newest one, and is the load's model.
    pub(crate) fn load_in_total_order(word: &AtomicU32) -> u32 {
        word.fetch_or(0, Ordering::SeqCst)
    }

    /// The same lock, but whoever finds it held is parked until the release: the model checker cannot tell several
    /// spinning waiters from a loop without end. The list of waiters is no part of the model: nothing can happen
    /// between a swap and the line after it, for loom switches threads only at its own operations.
    ///
    /// The release is a swap, because loom leaves a plain store unordered against a read-modify-write of another
    /// thread that came before it, and may then lose the store. The language orders the two.
    pub(crate) struct Gate(std::sync::Mutex<Vec<loom::thread::Thread>>);

    impl Gate {
        pub(crate) fn new() -> Self {
            Gate(Default::default())
        }

        pub(crate) fn enter(&self, word: &AtomicU32, locked: u32) -> u32 {
            loop {
                let prior = word.swap(locked, Ordering::SeqCst);
                if prior != locked {
                    return prior;
                }
                self.0.lock().unwrap().push(loom::thread::current());
                loom::thread::park();
            }
        }

        pub(crate) fn leave(&self, word: &AtomicU32, state: u32) {
            word.swap(state, Ordering::Release);
            for waiter in self.0.lock().unwrap().drain(..) {
                waiter.unpark();
            }
        }
    }
}
