//! What a core counts about its sockets. One thread writes, any thread reads: plain relaxed loads and stores, never a
//! locked instruction.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that one thread raises and others read.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to the number. Only the owning thread may call this; another one's additions could be lost.
    #[inline]
    pub fn add(&self, amount: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(amount), Relaxed);
    }

    /// Takes from the number. Only the owning thread may call this.
    #[inline]
    pub fn sub(&self, amount: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_sub(amount), Relaxed);
    }

    /// The number as of about now.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The counters of one core, on cache lines of their own.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Counters {
    /// Connections accepted by this core (for itself and for others).
    pub accepted: Counter,
    /// Connections turned away because of `maxclients`.
    pub rejected: Counter,
    /// Connections adopted by this core since the start.
    pub opened: Counter,
    /// Connections of this core that were closed.
    pub closed: Counter,
    /// Pieces of data received.
    pub receives: Counter,
    /// Bytes received.
    pub received_bytes: Counter,
    /// Buffers sent (each once, however many system calls it took).
    pub sends: Counter,
    /// Bytes handed to the kernel.
    pub sent_bytes: Counter,
    /// Sends that the peer was too slow to take in one go.
    pub slow_sends: Counter,
    /// Times that the loop entered the kernel to submit or wait.
    pub enters: Counter,
    /// Turns of the loop.
    pub turns: Counter,
    /// Times that a socket found no free receive buffer.
    pub starved: Counter,
    /// Times that the completion queue overflowed.
    pub overflows: Counter,
    /// Connections closed for being idle too long.
    pub timed_out: Counter,
}

impl Counters {
    /// Connections open on this core.
    pub fn connections(&self) -> u64 {
        self.opened.get().saturating_sub(self.closed.get())
    }
}
