//! What a loop asks of the system, whichever way the system is asked: the [`Backend`] that [`crate::uring`] and
//! [`crate::epoll`] both are.
//!
//! A backend owns its sockets. The loop names a socket by a *slot*, a dense index that the loop chooses; it may reuse
//! the slot once the backend has let go of it ([`Backend::close`]). The shape of a turn:
//!
//! ```text
//! wait(timeout)            one system call: submits what was queued, sleeps until something happens
//! next_event() …           until None: data, ends, finished sends
//! send(), pause(), close() queue work for the next wait
//! ```

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use crate::buffers::Chunk;
use crate::counters::Counters;
use crate::waker::Waker;

/// Longest wait: older kernels count the milliseconds of an epoll wait in 32 bits and refuse what is more, and a ring adds
/// the time to that of its clock. A loop that is awake once a day for nothing notices no difference.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// Something that happened to a socket or listener.
#[derive(Debug)]
pub enum Event {
    /// A client connected to the listener of that index.
    Accepted {
        /// As passed to [`Backend::listen`].
        listener: u32,
        /// The new socket, ready for [`Backend::adopt`] of any core's backend of the same kind.
        socket: OwnedFd,
    },
    /// The listener stopped accepting because of an error such as too many open files; [`Backend::listen`] again
    /// after a while.
    AcceptStopped {
        /// As passed to [`Backend::listen`].
        listener: u32,
        /// Why.
        error: io::Error,
    },
    /// Bytes arrived.
    Received {
        /// Which socket.
        slot: u32,
        /// The bytes, at least one.
        chunk: Chunk,
    },
    /// The peer will send nothing more. Output can still be sent.
    Ended {
        /// Which socket.
        slot: u32,
    },
    /// The connection is broken; nothing will be received or sent any more. The socket still has to be closed.
    Failed {
        /// Which socket.
        slot: u32,
    },
    /// A part of the buffer in flight was sent and the rest is on its way.
    Progress {
        /// Which socket.
        slot: u32,
        /// Bytes of the buffer still unsent.
        unsent: usize,
    },
    /// The whole buffer was sent; the next one may follow.
    Sent {
        /// Which socket.
        slot: u32,
        /// The buffer given to [`Backend::send`], for reuse.
        buffer: Vec<u8>,
        /// Whether the peer was too slow to take it in one go.
        slow: bool,
    },
    /// The write of [`Backend::write_file`] has ended.
    FileWritten {
        /// What was to be written.
        buffer: Vec<u8>,
        /// How many bytes are on the disk.
        result: io::Result<usize>,
    },
    /// A socket closed by [`Backend::close`] is gone and its slot may be reused.
    Released {
        /// Which socket.
        slot: u32,
    },
}

/// When the kernel runs the completion work of a ring (ignored by epoll).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TaskRun {
    /// At any system call (`COOP_TASKRUN`): the fastest with many connections.
    #[default]
    Cooperative,
    /// Only when the loop waits (`DEFER_TASKRUN`): kinder with few receive buffers.
    Deferred,
}

/// How a backend is set up.
#[derive(Clone, Debug)]
pub struct BackendOptions {
    /// Receive buffers of the core: a power of two, at most 32,768. Their memory is touched only when used.
    pub buffer_count: u16,
    /// Bytes of each receive buffer.
    pub buffer_bytes: u32,
    /// See [`TaskRun`].
    pub task_run: TaskRun,
    /// Where the backend counts what it does.
    pub counters: Arc<Counters>,
}

impl Default for BackendOptions {
    fn default() -> Self {
        BackendOptions {
            buffer_count: 512,
            buffer_bytes: 16 << 10,
            task_run: TaskRun::default(),
            counters: Arc::default(),
        }
    }
}

/// The sockets of one core. See the module's description.
///
/// Slots that are not in use (never adopted, or released) are ignored by every method.
pub trait Backend: Sized {
    /// Sets the backend up on the calling thread, which must be the one that uses it. `waker` ends a sleep of
    /// [`Backend::wait`] from any thread.
    ///
    /// # Errors
    /// Whatever the system refuses: no io_uring, no memory, no file descriptors.
    fn open(options: &BackendOptions, waker: &Waker) -> io::Result<Self>;

    /// Starts (or restarts after [`Event::AcceptStopped`]) accepting on a listening socket.
    ///
    /// # Errors
    /// The system refused to watch the socket.
    fn listen(&mut self, listener: u32, socket: &OwnedFd) -> io::Result<()>;

    /// Stops accepting; when it returns the kernel no longer holds the listening socket, so that dropping it frees
    /// the address.
    fn unlisten(&mut self, listener: u32);

    /// Takes a connected socket over and starts receiving from it.
    ///
    /// # Errors
    /// The system refused to watch the socket, which is closed; the slot stays free.
    fn adopt(&mut self, slot: u32, socket: OwnedFd) -> io::Result<()>;

    /// Stops receiving from the socket. Data already taken from the kernel is still delivered.
    fn pause(&mut self, slot: u32);

    /// Receives again after [`Backend::pause`].
    fn resume(&mut self, slot: u32);

    /// Sends a buffer; at most one is in flight for each socket, until [`Event::Sent`] or [`Event::Failed`].
    /// Returns the buffer at once if it is already sent, and no event follows.
    fn send(&mut self, slot: u32, buffer: Vec<u8>) -> Option<Vec<u8>>;

    /// Bytes given to [`Backend::send`] and not yet known to be sent.
    fn unsent(&self, slot: u32) -> usize;

    /// [`crate::net::hang_up`]; to be called when all output is sent.
    fn hang_up(&mut self, slot: u32) -> Option<bool>;

    /// Closes the socket, dropping what is unsent. Returns true if the slot is free at once; otherwise
    /// [`Event::Released`] says when, and other events of the slot may still come before it.
    fn close(&mut self, slot: u32) -> bool;

    /// Begins to write a buffer without its first `skip` bytes at an offset of a file, such that it is on the disk when [`Event::FileWritten`] tells that it is written.
    /// One write is under way at a time: the next may follow when that has come. None of this is there with epoll, where the write fails.
    fn write_file(&mut self, file: Arc<File>, offset: u64, buffer: Vec<u8>, skip: usize);

    /// Hands queued work to the kernel without waiting.
    ///
    /// # Errors
    /// As [`Backend::wait`].
    fn submit(&mut self) -> io::Result<()>;

    /// Whether [`Backend::wait`] would find an event at once. Cheap, no system call if the backend can help it.
    fn ready(&mut self) -> bool;

    /// Hands queued work to the kernel and waits for events: for ever (`None`), or at most so long.
    ///
    /// # Errors
    /// Only what makes going on pointless. Being interrupted or running out of time is not an error.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()>;

    /// The next event that the last wait brought.
    fn next_event(&mut self) -> Option<Event>;
}
