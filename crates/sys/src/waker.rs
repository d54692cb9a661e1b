//! Ending another core's sleep: an eventfd that each backend watches.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};

/// Wakes one core from any thread. Cheap to clone.
///
/// A wake-up costs a system call, so the callers keep a flag of who sleeps and call this only then.
#[derive(Clone, Debug)]
pub struct Waker(Arc<OwnedFd>);

impl Waker {
    /// A new waker, to be given to one backend.
    ///
    /// # Errors
    /// No file descriptors left.
    pub fn new() -> io::Result<Waker> {
        Ok(Waker(Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)))
    }

    /// Ends the current sleep of the core, or the next one if it does not sleep now.
    pub fn wake(&self) {
        // The counter is never read back: the backends watch for edges. It could only fail when 2^64 - 1 is reached.
        let _ = rustix::io::write(&*self.0, &1u64.to_ne_bytes());
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
