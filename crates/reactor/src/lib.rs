//! The loop of a core: accept, buffers, timers, sends.
//!
//! A [`Service`] is the protocol of one core: bytes and ids in, bytes and ids out. The loop around it owns the sockets,
//! through one of the backends of `sys` (io_uring or epoll), and calls it once for each thing that happened and once a
//! turn.
//!
//! Invariants:
//! - One thread a core; nothing is shared between cores but [`Settings`], the connection counts and the queue of
//!   accepted sockets.
//! - Each connection sees `open`, then any number of `receive`, `ended`, `sent`, `quiet`, then `closed` exactly once;
//!   its index is reused only after that.
//! - At most one send a connection is in flight, so bytes leave in the order they were handed over.
//! - A turn without congestion costs one system call.
//!
//! Nothing here knows commands, shards or the bus, and there is no unsafe code.

mod run;
mod seat;
mod service;
mod table;
mod wheel;

pub use base::conn::{CloseMode, ConnId, ConnInfo, Endpoint, Flow};
pub use seat::{BackendKind, Config, Doors, Seat, Settings, seats};
pub use service::{Next, Now, Service, TurnIo};
pub use sys::listen::Listener;
pub use sys::{Chunk, Counters, TaskRun, Waker};
pub use table::NOTICE_BYTES;
