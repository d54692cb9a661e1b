//! Finds out whether io_uring can be used: containers often forbid it, and old kernels lack what the backend needs.

use std::fmt;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use io_uring::types::Fd;
use io_uring::{cqueue, opcode};

use super::buffer_ring::{BufferRing, GROUP};
use super::build_ring;
use crate::backend::TaskRun;
use crate::buffers::Pool;

/// If this environment variable is set and not empty, [`probe`] refuses, as a container without io_uring would.
const REFUSE_VARIABLE: &str = "ANAX_REFUSE_IO_URING";

/// Why io_uring is not used.
#[derive(Debug)]
pub enum Refusal {
    /// The kernel or its security policy refused a step.
    System {
        /// What was tried.
        step: &'static str,
        /// The answer.
        error: io::Error,
    },
    /// The kernel is older than 6.0 in what it does: receiving did not work as needed.
    Unsupported,
    /// The environment variable `ANAX_REFUSE_IO_URING` asks for it.
    Asked,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::System { step, error } => write!(f, "{step}: {error}"),
            Refusal::Unsupported => f.write_str("the kernel lacks multishot receive"),
            Refusal::Asked => write!(f, "{REFUSE_VARIABLE} is set"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Tries all that the io_uring backend rests on, with a small ring and a pair of sockets.
///
/// # Errors
/// Why the backend would not work here.
pub fn probe() -> Result<(), Refusal> {
    probe_unless(std::env::var_os(REFUSE_VARIABLE).is_some_and(|value| !value.is_empty()))
}

fn probe_unless(refuse: bool) -> Result<(), Refusal> {
    if refuse {
        return Err(Refusal::Asked);
    }
    // In a thread of its own: the kernel cleans up after a ring later, in the thread that made it, and would interrupt
    // that thread's system calls.
    let thread = std::thread::Builder::new().name("probe".into()).spawn(try_all);
    let thread = thread.map_err(|error| Refusal::System { step: "starting a thread", error })?;
    thread.join().unwrap_or(Err(Refusal::Unsupported))
}

fn try_all() -> Result<(), Refusal> {
    let step = |step: &'static str| move |error: io::Error| Refusal::System { step, error };
    let mut ring = build_ring(TaskRun::Cooperative, 4, 8).map_err(step("setting up a ring"))?;
    let pool = Pool::new(2, 64).map_err(step("reserving memory"))?;
    let buffers = BufferRing::register(&ring.submitter(), Rc::clone(&pool), 2);
    let _buffers = buffers.map_err(step("registering receive buffers"))?;
    let (ours, theirs) = UnixStream::pair().map_err(step("opening sockets"))?;
    io::Write::write_all(&mut &theirs, b"hello").map_err(step("writing"))?;

    let receive = opcode::RecvMulti::new(Fd(ours.as_raw_fd()), GROUP).build();
    // SAFETY: the kernel writes only into the buffers registered above, which outlive the ring's use: the peer closes
    // below, which ends the receive, and nothing else is ever sent.
    unsafe { ring.submission().push(&receive) }.map_err(|_| Refusal::Unsupported)?;
    ring.submit_and_wait(1).map_err(step("entering the ring"))?;
    let first = ring.completion().next().ok_or(Refusal::Unsupported)?;
    let works =
        first.result() == 5 && cqueue::more(first.flags()) && cqueue::buffer_select(first.flags()).is_some();
    drop(theirs);
    if !works {
        return Err(Refusal::Unsupported);
    }
    // Having waited for the end, the kernel holds no operation any more.
    ring.submit_and_wait(1).map_err(step("entering the ring"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_answers_and_a_refusal_reads_well() {
        match probe() {
            Ok(()) => {}
            Err(refusal) => assert!(!refusal.to_string().is_empty()),
        }
        let refusal =
            Refusal::System { step: "setting up a ring", error: io::ErrorKind::PermissionDenied.into() };
        assert_eq!(refusal.to_string(), "setting up a ring: permission denied");
    }
}
