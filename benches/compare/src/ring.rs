//! The generator's io_uring: many connected sockets, one thread. The only module here with unsafe code.
//!
//! ```text
//!   outbox(c) ──send(c)──► sending ──kernel──► server        one send in flight per connection; what is appended
//!     (yours)               (kernel's)                       meanwhile waits in the outbox for its completion
//!
//!   server ──kernel──► one of the pool's buffers ──wait()──► on_data(c, bytes) ──► buffer goes back to the kernel
//! ```
//!
//! Receives are multishot into a ring of provided buffers; all sends queued in a turn are submitted by the
//! `io_uring_enter` that waits. The caller sees plain slices only.
//!
//! What makes it sound: memory that the kernel may read (`Link::sending`) is not touched until its completion is
//! reaped; memory that it may write (a pool buffer) is only read between the completion that names it and its
//! return; and `Drop` shuts all sockets down and reaps every completion before any of that memory is freed (or leaks
//! it, should the kernel not answer).
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use io_uring::types::{BufRingEntry, Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};

/// Submission entries; a fuller turn submits in between.
const SUBMISSIONS: u32 = 1024;
/// Completion entries: room for a reply and a send completion of every connection of a large run.
const COMPLETIONS: u32 = 16 * 1024;
/// Most buffers that a ring of provided buffers may hold here.
const BUFFERS_MAX: usize = 4096;
/// The pool's group, the only one.
const GROUP: u16 = 0;
/// How long `Drop` waits for the kernel to give the memory back.
const DRAIN_MS: u64 = 5_000;

const OP_RECEIVE: u64 = 1;
const OP_SEND: u64 = 2;

/// One io_uring with its connections.
pub(crate) struct Ring {
    io: IoUring,
    pool: Pool,
    links: Vec<Link>,
    /// Operations whose last completion has not been reaped.
    in_flight: usize,
    /// Completions of the turn, copied out so that handling one may queue more.
    reaped: Vec<(u64, i32, u32)>,
    /// Connections whose multishot receive ended and must be armed again once buffers are back.
    rearm: Vec<usize>,
}

struct Link {
    socket: TcpStream,
    outbox: Vec<u8>,
    sending: Vec<u8>,
    sent: usize,
    send_in_flight: bool,
}

impl Ring {
    /// Takes the connected sockets over. `buffer_bytes` is the size of one receive buffer.
    pub(crate) fn new(sockets: Vec<TcpStream>, buffer_bytes: usize) -> io::Result<Ring> {
        let io = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_submit_all()
            .setup_clamp()
            .setup_cqsize(COMPLETIONS)
            .build(SUBMISSIONS)?;
        let buffers = (sockets.len() * 2).next_power_of_two().clamp(64, BUFFERS_MAX);
        let pool = Pool::new(&io, buffers, buffer_bytes)?;
        let links: Vec<Link> = sockets.into_iter().map(Link::new).collect();
        let mut ring = Ring { io, pool, links, in_flight: 0, reaped: Vec::new(), rearm: Vec::new() };
        for conn in 0..ring.links.len() {
            ring.arm_receive(conn)?;
        }
        Ok(ring)
    }

    /// Where to append what shall be sent on `conn`; [`Ring::send`] starts it.
    pub(crate) fn outbox(&mut self, conn: usize) -> &mut Vec<u8> {
        &mut self.links[conn].outbox
    }

    /// Sends the outbox, after the send that is in flight if there is one. It goes out with the next [`Ring::wait`].
    pub(crate) fn send(&mut self, conn: usize) -> io::Result<()> {
        let link = &mut self.links[conn];
        if link.send_in_flight || link.outbox.is_empty() {
            return Ok(());
        }
        link.sending.clear();
        std::mem::swap(&mut link.sending, &mut link.outbox);
        link.sent = 0;
        self.push_send(conn)
    }

    /// Submits what is queued, waits for something to happen or for `timeout`, and hands over what was received.
    ///
    /// # Errors
    /// When a connection is closed or broken, or the ring itself fails.
    pub(crate) fn wait(
        &mut self,
        timeout: Duration,
        mut on_data: impl FnMut(usize, &[u8]),
    ) -> io::Result<()> {
        self.enter(timeout)?;
        let mut reaped = std::mem::take(&mut self.reaped);
        let mut result = Ok(());
        for &(tag, res, flags) in &reaped {
            let conn = (tag & 0xffff_ffff) as usize;
            let outcome = match tag >> 32 {
                OP_RECEIVE => self.received(conn, res, flags, &mut on_data),
                _ => self.send_done(conn, res),
            };
            result = result.and(outcome);
        }
        reaped.clear();
        self.reaped = reaped;
        self.pool.publish();
        while let Some(conn) = self.rearm.pop() {
            result = result.and(self.arm_receive(conn));
        }
        result
    }

    /// Submits what is queued and waits for nothing.
    ///
    /// # Errors
    /// When the ring itself fails.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match self.io.submit() {
            Ok(_) => Ok(()),
            Err(e) if matches!(e.raw_os_error(), Some(libc::EINTR | libc::EBUSY)) => Ok(()),
            Err(e) => Err(e),
        }
    }

    /// One `io_uring_enter`; leaves the completions in `reaped`.
    fn enter(&mut self, timeout: Duration) -> io::Result<()> {
        let limit = Timespec::from(timeout);
        match self.io.submitter().submit_with_args(1, &SubmitArgs::new().timespec(&limit)) {
            Ok(_) => {}
            Err(e) if matches!(e.raw_os_error(), Some(libc::ETIME | libc::EINTR | libc::EBUSY)) => {}
            Err(e) => return Err(e),
        }
        for entry in self.io.completion() {
            self.reaped.push((entry.user_data(), entry.result(), entry.flags()));
        }
        Ok(())
    }

    fn received(
        &mut self,
        conn: usize,
        res: i32,
        flags: u32,
        on_data: &mut impl FnMut(usize, &[u8]),
    ) -> io::Result<()> {
        let ended = !cqueue::more(flags);
        if ended {
            self.in_flight -= 1;
        }
        if let Some(buffer) = cqueue::buffer_select(flags) {
            if res > 0 {
                on_data(conn, self.pool.bytes(buffer, res as usize));
            }
            self.pool.give_back(buffer);
        }
        match res {
            0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed a connection")),
            // Out of buffers: those of this turn are about to be given back.
            res if res < 0 && res != -libc::ENOBUFS => return Err(io::Error::from_raw_os_error(-res)),
            _ => {}
        }
        if ended {
            self.rearm.push(conn);
        }
        Ok(())
    }

    fn send_done(&mut self, conn: usize, res: i32) -> io::Result<()> {
        self.in_flight -= 1;
        let link = &mut self.links[conn];
        link.send_in_flight = false;
        if res < 0 {
            return Err(io::Error::from_raw_os_error(-res));
        }
        link.sent += res as usize;
        if link.sent < link.sending.len() { self.push_send(conn) } else { self.send(conn) }
    }

    fn arm_receive(&mut self, conn: usize) -> io::Result<()> {
        let fd = Fd(self.links[conn].socket.as_raw_fd());
        let entry = opcode::RecvMulti::new(fd, GROUP).build().user_data(OP_RECEIVE << 32 | conn as u64);
        // SAFETY: the entry holds no pointer; it writes into buffers of the pool, which outlives the operation.
        unsafe { self.push(&entry) }
    }

    fn push_send(&mut self, conn: usize) -> io::Result<()> {
        let link = &mut self.links[conn];
        link.send_in_flight = true;
        let rest = &link.sending[link.sent..];
        let entry = opcode::Send::new(Fd(link.socket.as_raw_fd()), rest.as_ptr(), rest.len() as u32)
            .flags(libc::MSG_NOSIGNAL | libc::MSG_WAITALL)
            .build()
            .user_data(OP_SEND << 32 | conn as u64);
        // SAFETY: `sending` is neither changed nor freed while `send_in_flight` is set, which only the reaped
        // completion resets; `Drop` reaps or leaks.
        unsafe { self.push(&entry) }
    }

    /// Queues an entry, submitting first when the queue is full.
    ///
    /// # Safety
    /// Memory that the entry points to must stay valid and unshared until its completion has been reaped.
    unsafe fn push(&mut self, entry: &squeue::Entry) -> io::Result<()> {
        // SAFETY: passed on to the caller.
        while unsafe { self.io.submission().push(entry) }.is_err() {
            self.io.submit()?;
        }
        self.in_flight += 1;
        Ok(())
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        for link in &self.links {
            // A socket that is already closed has nothing left to shut down.
            let _ = link.socket.shutdown(Shutdown::Both);
        }
        let deadline = Instant::now() + Duration::from_millis(DRAIN_MS);
        while self.in_flight > 0 && Instant::now() < deadline {
            if self.enter(Duration::from_millis(50)).is_err() {
                break;
            }
            for (tag, _, flags) in std::mem::take(&mut self.reaped) {
                if let Some(buffer) = cqueue::buffer_select(flags) {
                    self.pool.give_back(buffer);
                }
                if tag >> 32 == OP_SEND || !cqueue::more(flags) {
                    self.in_flight -= 1;
                }
            }
        }
        if self.in_flight > 0 {
            // The kernel may still use this memory, so it must not be freed.
            std::mem::forget(std::mem::take(&mut self.links));
            self.pool.leaked = true;
        } else {
            // Failing only means that closing the ring unregisters it.
            let _ = self.io.submitter().unregister_buf_ring(GROUP);
        }
    }
}

impl Link {
    fn new(socket: TcpStream) -> Link {
        Link { socket, outbox: Vec::new(), sending: Vec::new(), sent: 0, send_in_flight: false }
    }
}

/// The ring of provided buffers: a page-aligned array of entries that the kernel takes buffers from, and their bytes.
struct Pool {
    entries: NonNull<BufRingEntry>,
    bytes: NonNull<u8>,
    count: u16,
    buffer_bytes: usize,
    tail: u16,
    leaked: bool,
}

impl Pool {
    fn new(io: &IoUring, count: usize, buffer_bytes: usize) -> io::Result<Pool> {
        let entries = zeroed_pages(Self::entries_layout(count)).cast::<BufRingEntry>();
        let bytes = zeroed_pages(Self::bytes_layout(count, buffer_bytes));
        let mut pool = Pool { entries, bytes, count: count as u16, buffer_bytes, tail: 0, leaked: false };
        // SAFETY: `entries` is a zeroed, page-aligned array of `count` entries (a power of two), which lives until
        // the group is unregistered or the ring is closed.
        unsafe {
            io.submitter().register_buf_ring_with_flags(entries.as_ptr() as u64, pool.count, GROUP, 0)
        }?;
        for buffer in 0..pool.count {
            pool.give_back(buffer);
        }
        pool.publish();
        Ok(pool)
    }

    fn entries_layout(count: usize) -> Layout {
        Layout::from_size_align(count * size_of::<BufRingEntry>(), 4096).expect("a small layout")
    }

    fn bytes_layout(count: usize, buffer_bytes: usize) -> Layout {
        Layout::from_size_align(count * buffer_bytes, 4096).expect("a small layout")
    }

    /// The first `len` bytes of a buffer that a completion has just named.
    fn bytes(&self, buffer: u16, len: usize) -> &[u8] {
        assert!(
            buffer < self.count && len <= self.buffer_bytes,
            "the kernel named a buffer that it was not given"
        );
        // SAFETY: in range by the assertion; the kernel filled this buffer and does not write to it again before
        // `give_back`, which needs `&mut self` and so cannot happen while the slice lives.
        unsafe {
            let start = self.bytes.as_ptr().add(buffer as usize * self.buffer_bytes);
            std::slice::from_raw_parts(start, len)
        }
    }

    /// Gives a buffer back; the kernel sees it after [`Pool::publish`].
    fn give_back(&mut self, buffer: u16) {
        let place = (self.tail & (self.count - 1)) as usize;
        // SAFETY: `place` is below `count` (a power of two). The kernel reads entries only below the published tail,
        // and at most `count` buffers exist, so this place is not one that it may be reading.
        unsafe {
            let entry = &mut *self.entries.as_ptr().add(place);
            entry.set_addr(self.bytes.as_ptr().add(buffer as usize * self.buffer_bytes) as u64);
            entry.set_len(self.buffer_bytes as u32);
            entry.set_bid(buffer);
        }
        self.tail = self.tail.wrapping_add(1);
    }

    /// Shows the kernel all buffers given back so far.
    fn publish(&mut self) {
        // SAFETY: the tail lies in the first entry, is aligned, and is only ever accessed atomically once shared.
        unsafe {
            let tail = BufRingEntry::tail(self.entries.as_ptr()).cast::<AtomicU16>();
            (*tail).store(self.tail, Ordering::Release);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.leaked {
            return;
        }
        let count = self.count as usize;
        // SAFETY: allocated in `new` with these very layouts, and freed once.
        unsafe {
            dealloc(self.entries.as_ptr().cast(), Self::entries_layout(count));
            dealloc(self.bytes.as_ptr(), Self::bytes_layout(count, self.buffer_bytes));
        }
    }
}

fn zeroed_pages(layout: Layout) -> NonNull<u8> {
    // SAFETY: every layout used here has a non-zero size (at least 64 buffers).
    let memory = unsafe { alloc_zeroed(layout) };
    NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout))
}
