//! The io_uring backend: multishot accept and receive, receive buffers picked by the kernel, sends submitted by the
//! same system call that waits.
//!
//! Two ideas carry it:
//!
//! - **Silent sends.** A send is first queued with `MSG_DONTWAIT` and "no completion on success". The kernel executes it
//!   while it takes the submission, so when `io_uring_enter` returns, every send that did not complain has succeeded,
//!   without a completion to handle or to be woken by. One that could not take all bytes complains and is sent again as
//!   a *waiting* send, which the kernel finishes when the peer reads.
//! - **A slot is free only when the kernel has let go of it.** Closing cancels what is armed, waits for those
//!   completions, and only then closes the file and releases the slot. So buffers in flight stay where they are, no
//!   completion meets a stranger, and the peer sees the close at once (an armed receive would keep the file open).
//!
//! The memory that the kernel uses (output in flight, receive buffers, the buffer ring) is owned here and outlives the
//! ring, whose drop first cancels everything.
#![allow(unsafe_code)]

mod buffer_ring;
mod complete;
mod probe;
mod socket;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use io_uring::types::{CancelBuilder, Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};

use crate::backend::{Backend, BackendOptions, Event, TaskRun, WAIT_MAX};
use crate::buffers::Pool;
use crate::counters::Counters;
use crate::net;
use crate::waker::Waker;
use buffer_ring::{BufferRing, GROUP};
pub use probe::{Refusal, probe};
use socket::{Kind, Receive, Send, Socket, tag};

/// Entries of the submission queue; when it is full, it is submitted.
const SUBMISSIONS: u32 = 1024;

/// Entries of the completion queue. Beyond that the kernel keeps completions in a slower list.
const COMPLETIONS: u32 = 8192;

/// A longer buffer is sent by waiting sends from the start, as no socket takes it in one go.
const SILENT_BYTES_MAX: usize = 256 << 10;

/// A waiting send hands over at most so much, so that its progress can be told.
const SLICE_BYTES: usize = 1 << 20;

/// Rounds of submitting and flushing overflowed completions in one wait.
const ROUNDS_MAX: u32 = 64;

/// How long cancellation may take when the ring is closed.
const CANCEL_TIMEOUT: Timespec = Timespec::new().sec(2);

// Flags of io_uring_enter(2).
const ENTER_GETEVENTS: u32 = 1;
const ENTER_EXT_ARG: u32 = 8;

/// The io_uring backend of one core.
pub struct Uring {
    // The ring is dropped before the memory that the kernel uses through it.
    ring: IoUring,
    buffers: BufferRing,
    pool: Rc<Pool>,
    sockets: Vec<Socket>,
    listeners: Vec<Option<OwnedFd>>,
    completions: Vec<cqueue::Entry>,
    /// The next of `completions` to look at.
    cursor: usize,
    /// Silent sends queued since the last conclusion: slot and serial.
    silent: Vec<(u32, u32)>,
    /// Silent sends that the kernel has executed. Those of them that did not fail have succeeded; failures come before,
    /// in `completions`.
    concluded: Vec<(u32, u32)>,
    starved: Vec<u32>,
    /// The file that is being written, and what: the kernel reads it until the completion.
    file_write: Option<(Arc<File>, Vec<u8>)>,
    waker: Waker,
    counters: Arc<Counters>,
}

impl Uring {
    /// [`Backend::open`] with queues of a given size.
    fn with_queues(
        options: &BackendOptions,
        waker: &Waker,
        submissions: u32,
        completions: u32,
    ) -> io::Result<Uring> {
        let ring = build_ring(options.task_run, submissions, completions)?;
        let pool = Pool::new(options.buffer_count, options.buffer_bytes)?;
        let buffers = BufferRing::register(&ring.submitter(), Rc::clone(&pool), options.buffer_count)?;
        let mut uring = Uring {
            ring,
            buffers,
            pool,
            sockets: Vec::new(),
            listeners: Vec::new(),
            completions: Vec::new(),
            cursor: 0,
            silent: Vec::new(),
            concluded: Vec::new(),
            starved: Vec::new(),
            file_write: None,
            waker: waker.clone(),
            counters: Arc::clone(&options.counters),
        };
        uring.arm_wake();
        Ok(uring)
    }

    /// Queues an operation.
    ///
    /// # Safety
    /// The memory that the operation refers to stays valid and unused by others until its completion.
    #[inline]
    unsafe fn push(&mut self, entry: &squeue::Entry) {
        loop {
            // SAFETY: the caller's promise; the entry's values are made by the typed builders of the crate.
            if unsafe { self.ring.submission().push(entry) }.is_ok() {
                return;
            }
            // Full: submit. Completions are set aside, as a full completion queue may be what holds submission up.
            let _ = self.enter(0, None);
            self.harvest();
        }
    }

    /// Submits what is queued and waits for `want` completions. Only errors that make going on pointless are reported.
    fn enter(&mut self, want: u32, timeout: Option<Duration>) -> io::Result<()> {
        self.counters.enters.add(1);
        let queued = self.ring.submission().len() as u32;
        let submitter = self.ring.submitter();
        let result = match timeout {
            Some(timeout) if want > 0 => {
                let timespec = Timespec::from(timeout.min(WAIT_MAX));
                let arguments = SubmitArgs::new().timespec(&timespec);
                let flags = ENTER_GETEVENTS | ENTER_EXT_ARG;
                // SAFETY: with EXT_ARG the argument is this structure, and it and its timespec live until the return.
                unsafe { submitter.enter(queued, want, flags, Some(&arguments)) }
            }
            // SAFETY: no argument.
            _ => unsafe { submitter.enter::<libc::sigset_t>(queued, want, ENTER_GETEVENTS, None) },
        };
        match result.map_err(|error| (error.raw_os_error(), error)) {
            Ok(_) | Err((Some(libc::EINTR | libc::ETIME | libc::EBUSY | libc::EAGAIN), _)) => Ok(()),
            Err((_, error)) => Err(error),
        }
    }

    /// Moves the completions out of the ring.
    #[inline]
    fn harvest(&mut self) {
        self.completions.extend(self.ring.completion());
    }

    fn arm_receive(&mut self, slot: u32) {
        let socket = &mut self.sockets[slot as usize];
        socket.receive = Receive::Armed;
        let entry = opcode::RecvMulti::new(Fd(socket.fd), GROUP).build();
        let entry = entry.user_data(tag(Kind::Receive, socket.generation, slot));
        // SAFETY: the kernel writes only into buffers of the buffer ring, which outlives the io_uring.
        unsafe { self.push(&entry) };
    }

    fn cancel(&mut self, target: u64) {
        let entry = opcode::AsyncCancel::new(target).build().flags(squeue::Flags::SKIP_SUCCESS);
        // SAFETY: the operation refers to no memory.
        unsafe { self.push(&entry.user_data(tag(Kind::Ignored, 0, 0))) };
    }

    fn cancel_receive(&mut self, slot: u32) {
        let socket = &mut self.sockets[slot as usize];
        if socket.receive == Receive::Armed {
            socket.receive = Receive::Cancelling;
            let target = tag(Kind::Receive, socket.generation, slot);
            self.cancel(target);
        }
    }

    /// Queues a send of what is left of the socket's buffer; `socket.send` says how.
    #[inline]
    fn push_send(&mut self, slot: u32) {
        let socket = &self.sockets[slot as usize];
        let rest = &socket.buffer[socket.offset..];
        let length = rest.len().min(SLICE_BYTES) as u32;
        let entry = opcode::Send::new(Fd(socket.fd), rest.as_ptr(), length);
        let flags = libc::MSG_NOSIGNAL | libc::MSG_WAITALL;
        let entry = match socket.send {
            Send::Silent => {
                entry.flags(flags | libc::MSG_DONTWAIT).build().flags(squeue::Flags::SKIP_SUCCESS)
            }
            _ => entry.flags(flags).build(),
        };
        let entry = entry.user_data(tag(Kind::Send, socket.generation, slot));
        // SAFETY: the bytes belong to `socket.buffer`, which is neither changed nor dropped while `socket.send` is not
        // off; it is set off only by the send's completion, or for a silent send after the enter that executed it.
        unsafe { self.push(&entry) };
    }

    fn arm_accept(&mut self, listener: u32) {
        let Some(Some(socket)) = self.listeners.get(listener as usize) else { return };
        let entry = opcode::AcceptMulti::new(Fd(socket.as_raw_fd())).flags(libc::SOCK_CLOEXEC).build();
        // SAFETY: the operation refers to no memory.
        unsafe { self.push(&entry.user_data(tag(Kind::Accept, 0, listener))) };
    }

    fn arm_wake(&mut self) {
        let entry = opcode::PollAdd::new(Fd(self.waker.as_fd().as_raw_fd()), libc::POLLIN as u32).multi(true);
        // SAFETY: the operation refers to no memory.
        unsafe { self.push(&entry.build().user_data(tag(Kind::Wake, 0, 0))) };
    }

    /// Offers free buffers to the kernel and arms the receives that had found none.
    fn refill(&mut self) {
        self.buffers.refill();
        if self.starved.is_empty() || self.buffers.is_empty() {
            return;
        }
        let mut starved = std::mem::take(&mut self.starved);
        for slot in starved.drain(..) {
            let socket = &mut self.sockets[slot as usize];
            if socket.receive == Receive::Starved {
                socket.receive = Receive::Off;
                if socket.reading {
                    self.arm_receive(slot);
                }
            }
        }
        // `arm_receive` adds nothing to the list, so this only keeps its capacity.
        self.starved = starved;
    }

    /// Closes a closing socket once the kernel holds nothing of it.
    fn release_if_idle(&mut self, slot: u32) -> Option<Event> {
        (!self.sockets[slot as usize].busy()).then(|| {
            self.release(slot);
            Event::Released { slot }
        })
    }

    fn release(&mut self, slot: u32) {
        let socket = &mut self.sockets[slot as usize];
        let entry = opcode::Close::new(Fd(socket.fd)).build().flags(squeue::Flags::SKIP_SUCCESS);
        let (generation, serial) = (socket.generation.wrapping_add(1), socket.serial);
        *socket = Socket { generation, serial, ..Socket::FREE };
        // SAFETY: the operation refers to no memory; the descriptor is ours and forgotten from here on.
        unsafe { self.push(&entry.user_data(tag(Kind::Ignored, 0, 0))) };
    }

    /// The socket of a slot, if the slot is in use.
    #[inline]
    fn socket(&mut self, slot: u32) -> Option<&mut Socket> {
        self.sockets.get_mut(slot as usize).filter(|socket| socket.fd >= 0)
    }
}

impl Backend for Uring {
    fn open(options: &BackendOptions, waker: &Waker) -> io::Result<Uring> {
        Uring::with_queues(options, waker, SUBMISSIONS, COMPLETIONS)
    }

    fn listen(&mut self, listener: u32, socket: &OwnedFd) -> io::Result<()> {
        let index = listener as usize;
        if self.listeners.len() <= index {
            self.listeners.resize_with(index + 1, || None);
        }
        // A descriptor of our own, so that it stays what it is for as long as it may be used.
        self.listeners[index] = Some(socket.try_clone()?);
        self.arm_accept(listener);
        Ok(())
    }

    fn unlisten(&mut self, listener: u32) {
        let Some(socket) = self.listeners.get_mut(listener as usize).and_then(Option::take) else { return };
        // What is still queued must be in the kernel to be cancelled there.
        let _ = self.enter(0, None);
        let target = CancelBuilder::user_data(tag(Kind::Accept, 0, listener)).all();
        let _ = self.ring.submitter().register_sync_cancel(Some(CANCEL_TIMEOUT), target);
        drop(socket);
    }

    fn adopt(&mut self, slot: u32, socket: OwnedFd) -> io::Result<()> {
        let index = slot as usize;
        if self.sockets.len() <= index {
            self.sockets.resize_with(index + 1, || Socket::FREE);
        }
        let entry = &mut self.sockets[index];
        if entry.fd >= 0 {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the slot is in use"));
        }
        entry.fd = socket.into_raw_fd();
        entry.reading = true;
        self.arm_receive(slot);
        Ok(())
    }

    fn pause(&mut self, slot: u32) {
        if let Some(socket) = self.socket(slot) {
            socket.reading = false;
            self.cancel_receive(slot);
        }
    }

    fn resume(&mut self, slot: u32) {
        if let Some(socket) = self.socket(slot)
            && !socket.ended
            && !socket.closing
        {
            socket.reading = true;
            // A receive that is being cancelled, or starves, is armed again when that is over.
            if socket.receive == Receive::Off {
                self.arm_receive(slot);
            }
        }
    }

    #[inline]
    fn send(&mut self, slot: u32, buffer: Vec<u8>) -> Option<Vec<u8>> {
        let Some(socket) = self.socket(slot) else { return Some(buffer) };
        debug_assert!(socket.send == Send::Off, "a send is in flight");
        if buffer.is_empty() || socket.closing || socket.send != Send::Off {
            return Some(buffer);
        }
        socket.send = if buffer.len() <= SILENT_BYTES_MAX { Send::Silent } else { Send::Waiting };
        socket.serial = socket.serial.wrapping_add(1);
        socket.buffer = buffer;
        socket.offset = 0;
        if socket.send == Send::Silent {
            let entry = (slot, socket.serial);
            self.silent.push(entry);
        }
        self.counters.sends.add(1);
        self.push_send(slot);
        None
    }

    fn unsent(&self, slot: u32) -> usize {
        match self.sockets.get(slot as usize) {
            Some(socket) if socket.send != Send::Off => socket.buffer.len() - socket.offset,
            _ => 0,
        }
    }

    fn hang_up(&mut self, slot: u32) -> Option<bool> {
        let socket = self.socket(slot).filter(|socket| !socket.closing)?;
        // SAFETY: the descriptor is ours, and open until the slot is released.
        net::hang_up(unsafe { BorrowedFd::borrow_raw(socket.fd) })
    }

    fn close(&mut self, slot: u32) -> bool {
        let Some(socket) = self.socket(slot) else { return false };
        if socket.closing {
            return false;
        }
        socket.closing = true;
        socket.reading = false;
        if !socket.busy() {
            self.release(slot);
            return true;
        }
        let waiting = (socket.send == Send::Waiting).then_some(tag(Kind::Send, socket.generation, slot));
        self.cancel_receive(slot);
        if let Some(target) = waiting {
            self.cancel(target);
        }
        false
    }

    fn write_file(&mut self, file: Arc<File>, offset: u64, buffer: Vec<u8>, skip: usize) {
        debug_assert!(self.file_write.is_none(), "a write is under way");
        let bytes = buffer.get(skip..).unwrap_or_default();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let entry = opcode::Write::new(Fd(file.as_raw_fd()), bytes.as_ptr(), length).offset(offset);
        let entry = entry.rw_flags(libc::RWF_DSYNC).build().user_data(tag(Kind::File, 0, 0));
        self.file_write = Some((file, buffer));
        // SAFETY: the bytes and the descriptor belong to `file_write`, which is neither changed nor dropped before the completion.
        unsafe { self.push(&entry) };
    }

    fn submit(&mut self) -> io::Result<()> {
        self.refill();
        self.enter(0, None)
    }

    #[inline]
    fn ready(&mut self) -> bool {
        // With COOP_TASKRUN or DEFER_TASKRUN completions appear only when the kernel is entered; the flag says that
        // entering it would bring some.
        self.cursor < self.completions.len()
            || !self.ring.completion().is_empty()
            || self.ring.submission().taskrun()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.refill();
        if self.cursor == self.completions.len() {
            self.completions.clear();
            self.cursor = 0;
        }
        let sleep = timeout != Some(Duration::ZERO) && self.completions.is_empty();
        let queue = self.ring.submission();
        let needed = !queue.is_empty() || queue.taskrun() || queue.cq_overflow();
        drop(queue);
        if sleep || needed {
            self.enter(u32::from(sleep), timeout)?;
        }
        self.harvest();
        let mut clean = false;
        for _ in 0..ROUNDS_MAX {
            let queue = self.ring.submission();
            clean = queue.is_empty() && !queue.cq_overflow();
            if clean {
                break;
            }
            if queue.cq_overflow() {
                self.counters.overflows.add(1);
            }
            drop(queue);
            self.enter(0, None)?;
            self.harvest();
        }
        // Only if all is submitted and every failure is among `completions` may silence count as success.
        if clean {
            if self.concluded.is_empty() {
                std::mem::swap(&mut self.concluded, &mut self.silent);
            } else {
                self.concluded.append(&mut self.silent);
            }
        }
        Ok(())
    }

    #[inline]
    fn next_event(&mut self) -> Option<Event> {
        while let Some(completion) = self.completions.get(self.cursor) {
            let completion = completion.clone();
            self.cursor += 1;
            if let Some(event) = self.complete(&completion) {
                return Some(event);
            }
        }
        while let Some((slot, serial)) = self.concluded.pop() {
            if let Some(event) = self.conclude(slot, serial) {
                return Some(event);
            }
        }
        None
    }
}

impl Drop for Uring {
    fn drop(&mut self) {
        // Everything queued (closes among it) goes to the kernel; then everything there is cancelled, and the work that
        // ends it is run by one more enter.
        let _ = self.enter(0, None);
        let everything = CancelBuilder::any();
        let cancelled = self.ring.submitter().register_sync_cancel(Some(CANCEL_TIMEOUT), everything);
        let _ = self.enter(0, None);
        let clean = cancelled.map_or_else(|error| error.raw_os_error() == Some(libc::ENOENT), |()| true);
        for socket in &mut self.sockets {
            if socket.fd >= 0 {
                // SAFETY: the descriptor is ours, and the slot is forgotten here.
                drop(unsafe { OwnedFd::from_raw_fd(socket.fd) });
                socket.fd = -1;
            }
            if !clean {
                std::mem::forget(std::mem::take(&mut socket.buffer));
            }
        }
        if !clean {
            // The kernel may still use the memory: leaking it is the safe way out.
            std::mem::forget(self.file_write.take());
            std::mem::forget(Rc::clone(&self.pool));
        }
        // The pages of the buffer ring itself are pinned by the kernel for as long as it needs them.
    }
}

/// Sets up a ring with the flags that measured best.
fn build_ring(task_run: TaskRun, submissions: u32, completions: u32) -> io::Result<IoUring> {
    let mut builder = IoUring::builder();
    builder.setup_cqsize(completions).setup_submit_all().setup_single_issuer().setup_taskrun_flag();
    match task_run {
        TaskRun::Cooperative => builder.setup_coop_taskrun(),
        TaskRun::Deferred => builder.setup_defer_taskrun(),
    };
    let ring = builder.build(submissions)?;
    let features = ring.params();
    if features.is_feature_nodrop()
        && features.is_feature_ext_arg()
        && features.is_feature_skip_cqe_on_success()
    {
        Ok(ring)
    } else {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
