//! The atomics and cells that the crate stands on; under `cfg(loom)` those of the model checker.

#[cfg(loom)]
pub(crate) use self::model::{AtomicU32, Ordering, Spin, UnsafeCell, load_in_total_order};
#[cfg(not(loom))]
pub(crate) use self::real::{AtomicU32, Ordering, Spin, UnsafeCell, load_in_total_order};

#[cfg(not(loom))]
mod real {
    pub(crate) use core::sync::atomic::{AtomicU32, Ordering};

    /// A load that takes part in the total order of sequentially consistent operations.
    pub(crate) fn load_in_total_order(word: &AtomicU32) -> u32 {
        word.load(Ordering::SeqCst)
    }

    /// Waiting for a lock that is held for some tens of nanoseconds: spins with growing pauses, then gives the
    /// processor away, for the holder may have been preempted.
    pub(crate) struct Spin(crossbeam::utils::Backoff);

    impl Spin {
        pub(crate) fn new() -> Self {
            Spin(crossbeam::utils::Backoff::new())
        }

        pub(crate) fn wait(&self) {
            self.0.snooze();
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

    pub(crate) struct Spin;

    impl Spin {
        pub(crate) fn new() -> Self {
            Spin
        }

        pub(crate) fn wait(&self) {
            loom::thread::yield_now();
        }
    }
}
