//! Receive buffers: one block of memory a core, cut into equal buffers that are lent out as [`Chunk`]s.
//!
//! ```text
//!   free list ──take──► kernel or read(2) ──data──► Chunk (service) ──drop──► free list
//! ```
//!
//! The free list is a stack, so the buffers used last, warm in the cache, are used next, and a core with little traffic
//! touches little of the block. Nothing is shared with other threads: a chunk stays on its core.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::ptr::NonNull;
use std::rc::Rc;

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// A core's receive buffers.
pub(crate) struct Pool {
    data: NonNull<u8>,
    buffer_bytes: usize,
    count: usize,
    /// Buffers that neither the kernel nor a chunk holds.
    free: RefCell<Vec<u16>>,
}

impl Pool {
    /// `count` buffers of `buffer_bytes` each; the memory is reserved but touched only when used.
    pub(crate) fn new(count: u16, buffer_bytes: u32) -> io::Result<Rc<Pool>> {
        let (count, buffer_bytes) = (usize::from(count), buffer_bytes as usize);
        let bytes = count * buffer_bytes;
        if bytes == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no receive buffers"));
        }
        let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::NORESERVE);
        // SAFETY: a new anonymous mapping at an address of the kernel's choice overlaps nothing.
        let data = unsafe { mmap_anonymous(std::ptr::null_mut(), bytes, access, flags)? };
        let data = NonNull::new(data.cast::<u8>()).ok_or(io::ErrorKind::OutOfMemory)?;
        let free = (0..count).rev().map(|id| id as u16).collect();
        Ok(Rc::new(Pool { data, buffer_bytes, count, free: RefCell::new(free) }))
    }

    /// Takes a buffer out of the free list.
    #[inline]
    pub(crate) fn take(&self) -> Option<u16> {
        self.free.borrow_mut().pop()
    }

    /// Gives a buffer back that [`Pool::take`] gave out.
    #[inline]
    pub(crate) fn put(&self, id: u16) {
        let mut free = self.free.borrow_mut();
        debug_assert!(free.len() < self.count, "buffer given back twice");
        free.push(id);
    }

    /// How many buffers are free.
    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.free.borrow().len()
    }

    /// Bytes of each buffer.
    #[inline]
    pub(crate) fn buffer_bytes(&self) -> usize {
        self.buffer_bytes
    }

    /// Where a buffer begins. Whoever took the buffer may read and write [`Pool::buffer_bytes`] from there.
    #[inline]
    pub(crate) fn address(&self, id: u16) -> *mut u8 {
        assert!(usize::from(id) < self.count);
        // SAFETY: `id` is in range, so the offset stays inside the mapping.
        unsafe { self.data.as_ptr().add(usize::from(id) * self.buffer_bytes) }
    }

    /// Wraps a buffer that now holds `length` bytes of data; the chunk gives it back when dropped.
    ///
    /// # Safety
    /// The caller took `id` from this pool, nobody else will access or give back the buffer, and `length` is at most
    /// [`Pool::buffer_bytes`].
    #[inline]
    pub(crate) unsafe fn chunk(self: &Rc<Pool>, id: u16, length: u32) -> Chunk {
        debug_assert!(usize::from(id) < self.count && length as usize <= self.buffer_bytes);
        Chunk { pool: Rc::clone(self), length, id }
    }

    /// Lets `read` fill a free buffer and returns what it read, or none if it read nothing; `Err(None)` means that no
    /// buffer is free.
    pub(crate) fn fill<E>(
        self: &Rc<Pool>,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<Option<Chunk>, Option<E>> {
        let id = self.take().ok_or(None)?;
        // SAFETY: the buffer was just taken, so nobody else accesses it; the mapping is zeroed, hence initialised.
        let buffer = unsafe { std::slice::from_raw_parts_mut(self.address(id), self.buffer_bytes) };
        match read(buffer) {
            Ok(length) if length > 0 => {
                let length = length.min(self.buffer_bytes) as u32;
                // SAFETY: `id` was taken above and is given away here; `length` was just bounded.
                Ok(Some(unsafe { self.chunk(id, length) }))
            }
            result => {
                self.put(id);
                result.map(|_| None).map_err(Some)
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this length, and every chunk keeps the pool alive, so nothing
        // points into it any more. A backend drops its pool only after the kernel is done with it.
        let _ = unsafe { munmap(self.data.as_ptr().cast(), self.count * self.buffer_bytes) };
    }
}

/// A piece of received data. Dropping it gives the buffer back to its core.
pub struct Chunk {
    pool: Rc<Pool>,
    length: u32,
    id: u16,
}

impl Chunk {
    /// The data.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: a chunk is the only owner of its buffer (contract of `Pool::chunk`), the memory is initialised, and
        // `length` is within the buffer.
        unsafe { std::slice::from_raw_parts(self.pool.address(self.id), self.length as usize) }
    }
}

impl AsRef<[u8]> for Chunk {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl Drop for Chunk {
    #[inline]
    fn drop(&mut self) {
        self.pool.put(self.id);
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({} bytes)", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(pool: &Rc<Pool>, text: &[u8]) -> Option<Chunk> {
        let read = |buffer: &mut [u8]| {
            buffer[..text.len()].copy_from_slice(text);
            Ok::<usize, ()>(text.len())
        };
        pool.fill(read).ok().flatten()
    }

    #[test]
    fn chunks_hold_their_data_and_give_their_buffer_back() {
        let pool = Pool::new(2, 16).expect("pool");
        let (first, second) = (fill(&pool, b"one").expect("free"), fill(&pool, b"two").expect("free"));
        assert_eq!((first.bytes(), second.as_ref()), (&b"one"[..], &b"two"[..]));
        assert!(fill(&pool, b"three").is_none());
        drop(first);
        assert_eq!(fill(&pool, b"four").expect("free").bytes(), b"four");
        drop(second);
        assert_eq!(pool.free(), 2);
    }

    #[test]
    fn a_chunk_outlives_its_pool_owner() {
        let pool = Pool::new(4, 64).expect("pool");
        let chunk = fill(&pool, b"still here").expect("free");
        drop(pool);
        assert_eq!(chunk.bytes(), b"still here");
    }

    #[test]
    fn a_read_of_nothing_or_a_failure_keeps_the_buffer_free() {
        let pool = Pool::new(1, 8).expect("pool");
        assert!(matches!(pool.fill(|_| Ok::<_, u8>(0)), Ok(None)));
        assert!(matches!(pool.fill(|_| Err(7u8)), Err(Some(7))));
        assert_eq!(pool.free(), 1);
        assert!(Pool::new(0, 8).is_err());
    }
}
