//! The ring of free receive buffers that the kernel picks from (a "provided-buffer ring").
//!
//! ```text
//!   pool's free list ──refill──► buffer ring ──kernel──► completion ──► Chunk ──drop──► free list
//! ```
//!
//! The kernel takes buffers in ring order, so a ring that always held all of them would walk through all their memory
//! however little traffic there is. Therefore only a *window* of buffers is offered; it doubles each time that a socket
//! finds the ring empty.
#![allow(unsafe_code)]

use std::io;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use crate::buffers::Pool;

/// The buffer group's number; a ring of ours has only this one.
pub(super) const GROUP: u16 = 0;

/// Buffers offered at first. Fewer cost dearly when many sockets receive at once (16 cost 74 % more CPU a request).
const WINDOW_START: u16 = 64;

/// The kernel's limit.
const COUNT_MAX: u16 = 1 << 15;

/// The buffer ring of one core. It must be dropped after the io_uring that it is registered with.
pub(super) struct BufferRing {
    entries: NonNull<BufRingEntry>,
    count: u16,
    /// Entries written so far, modulo 2^16.
    tail: u16,
    /// Buffers that the kernel holds now.
    offered: u16,
    window: u16,
    pool: Rc<Pool>,
}

impl BufferRing {
    /// Makes a ring for a pool of `count` buffers (a power of two) and registers it.
    pub(super) fn register(submitter: &Submitter<'_>, pool: Rc<Pool>, count: u16) -> io::Result<BufferRing> {
        if !count.is_power_of_two() || count > COUNT_MAX {
            let text = "the number of receive buffers must be a power of two, at most 32,768";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice overlaps nothing.
        let entries =
            unsafe { mmap_anonymous(std::ptr::null_mut(), bytes(count), access, MapFlags::PRIVATE)? };
        let entries = NonNull::new(entries.cast::<BufRingEntry>()).ok_or(io::ErrorKind::OutOfMemory)?;
        let window = WINDOW_START.min(count);
        let mut ring = BufferRing { entries, count, tail: 0, offered: 0, window, pool };
        // SAFETY: the mapping holds `count` entries, is page aligned and zeroed, and stays until after the io_uring is
        // closed (contract of the type).
        unsafe {
            submitter.register_buf_ring_with_flags(ring.entries.as_ptr() as u64, count, GROUP, 0)?;
        }
        ring.refill();
        Ok(ring)
    }

    /// Notes that a completion brought a buffer, which the kernel holds no more.
    #[inline]
    pub(super) fn taken(&mut self) {
        self.offered -= 1;
    }

    /// Offers more buffers at once from now on, because a socket found none.
    pub(super) fn widen(&mut self) {
        self.window = self.window.saturating_mul(2).min(self.count);
    }

    /// Whether the kernel holds any buffer.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.offered == 0
    }

    /// Offers free buffers to the kernel, up to the window.
    #[inline]
    pub(super) fn refill(&mut self) {
        let before = self.tail;
        while self.offered < self.window {
            let Some(id) = self.pool.take() else { break };
            let position = usize::from(self.tail & (self.count - 1));
            let (address, length) = (self.pool.address(id), self.pool.buffer_bytes());
            // SAFETY: `position` is below `count`, inside the mapping. The kernel reads entries only below the
            // published tail, and holds at most `count` buffers, so this one is not being read.
            let entry = unsafe { &mut *self.entries.as_ptr().add(position) };
            entry.set_addr(address as u64);
            entry.set_len(length as u32);
            entry.set_bid(id);
            self.tail = self.tail.wrapping_add(1);
            self.offered += 1;
        }
        if self.tail != before {
            // SAFETY: `entries` is the first entry of a registered ring, whose reserved field is the tail; the kernel
            // and this thread are its only users, and both access it atomically.
            let tail = unsafe { &*BufRingEntry::tail(self.entries.as_ptr()).cast::<AtomicU16>() };
            // Release: the entries are written before the kernel sees the new tail.
            tail.store(self.tail, Ordering::Release);
        }
    }
}

impl Drop for BufferRing {
    fn drop(&mut self) {
        // SAFETY: mapped by `register` with this length; the io_uring is closed, so the kernel uses it no more.
        let _ = unsafe { munmap(self.entries.as_ptr().cast(), bytes(self.count)) };
    }
}

/// Bytes of the mapping for so many entries.
fn bytes(count: u16) -> usize {
    usize::from(count) * size_of::<BufRingEntry>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use io_uring::IoUring;

    #[test]
    fn the_window_limits_what_the_kernel_holds() {
        let Ok(ring) = IoUring::new(4) else { return };
        let pool = Pool::new(256, 64).expect("pool");
        let mut buffers = BufferRing::register(&ring.submitter(), Rc::clone(&pool), 256).expect("register");
        assert_eq!((buffers.offered, pool.free()), (64, 192));
        buffers.widen();
        buffers.refill();
        assert_eq!((buffers.offered, pool.free()), (128, 128));
        for _ in 0..3 {
            buffers.widen();
        }
        buffers.refill();
        assert_eq!((buffers.offered, pool.free()), (256, 0));
        for _ in 0..256 {
            buffers.taken();
        }
        assert!(buffers.is_empty());
        buffers.refill();
        assert!(buffers.is_empty(), "nothing was given back");
        drop(ring);
    }

    #[test]
    fn odd_sizes_are_refused() {
        let Ok(ring) = IoUring::new(4) else { return };
        for count in [3, 0, 1 << 15 | 1] {
            let pool = Pool::new(8, 64).expect("pool");
            assert!(BufferRing::register(&ring.submitter(), pool, count).is_err());
        }
    }
}
