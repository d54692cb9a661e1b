//! The system interface of the data plane: io_uring and epoll behind one [`Backend`], received-data buffers, listening
//! sockets, wake-ups, clocks and CPUs.
//!
//! Invariants:
//! - All `unsafe` of the data plane's socket work is here; what this crate exports is safe to use in any order.
//! - Memory that the kernel may read or write (output in flight, receive buffers) is owned by the backend or by the
//!   buffer pool until the kernel is done with it, so no caller can free it early.
//!
//! Nothing here knows the protocol, shards or what a connection's bytes mean.

pub mod backend;
pub mod buffers;
pub mod clock;
pub mod counters;
pub mod cpu;
pub mod epoll;
pub mod listen;
pub mod memory;
pub mod net;
pub mod process;
pub mod uring;
pub mod waker;

pub use backend::{Backend, BackendOptions, Event, TaskRun};
pub use buffers::Chunk;
pub use counters::Counters;
pub use uring::{Refusal, probe};
pub use waker::Waker;
