//! The seam between the loop and the protocol: [`Service`], implemented by the protocol, and [`TurnIo`], what a service
//! may ask of the loop.

use std::fs::File;
use std::io;
use std::sync::Arc;

use base::conn::{CloseMode, ConnId, ConnInfo, Flow};
use sys::Chunk;

use crate::table::Table;

/// The time of a turn, read once at its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Now {
    /// Microseconds of the monotonic clock.
    pub monotonic_us: u64,
    /// Microseconds since 1970, UTC.
    pub realtime_us: u64,
}

impl Now {
    /// Milliseconds since 1970, UTC.
    pub fn realtime_ms(&self) -> u64 {
        self.realtime_us / 1000
    }
}

/// What a service wants to happen after a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Next {
    /// There is more work: look for events, but do not sleep.
    pub again: bool,
    /// Take a turn no later than this time of the monotonic clock (microseconds), even if nothing happens.
    pub deadline_us: Option<u64>,
    /// Messages from other cores came or are expected soon, so a short spin before sleeping pays.
    pub remote_recent: bool,
    /// Shut down: the loop stops accepting, flushes within a bounded time, closes everything and returns.
    pub stop: bool,
}

/// The protocol side of one core.
///
/// Of each connection a service sees `open`, any number of `receive`, `ended`, `sent` and `quiet`, then `closed`
/// exactly once, whoever closed it. All calls come from the core's own thread.
pub trait Service {
    /// A client connected.
    fn open(&mut self, conn: ConnId, info: ConnInfo);

    /// Bytes arrived, never none. The service may keep the chunk, usually until the end of the turn; dropping it gives
    /// the buffer back. A core has a limited number of buffers, so what must be kept longer is to be copied.
    ///
    /// After [`Flow::Pause`] data that was already in flight is still delivered, until [`TurnIo::resume`].
    fn receive(&mut self, conn: ConnId, chunk: Chunk) -> Flow;

    /// The peer will send nothing more (it closed, or closed its sending half). The service answers what it has
    /// received, if it wants to, and then *must* call [`TurnIo::close`].
    fn ended(&mut self, conn: ConnId);

    /// The connection is gone: closed as asked, broken, or idle for too long. Its id means nothing any more, and its
    /// index may name another connection from now on. Calls of [`TurnIo`] with the old id are ignored.
    fn closed(&mut self, conn: ConnId);

    /// Output of a connection moved: `unsent_bytes` of what was handed over are still unsent. Called for connections
    /// that are slow to take their output, and for certain after [`TurnIo::output`] returned more than
    /// [`crate::NOTICE_BYTES`]; not for small output that leaves in one go.
    fn sent(&mut self, conn: ConnId, unsent_bytes: usize) {
        let _ = (conn, unsent_bytes);
    }

    /// The write of [`TurnIo::write_file`] has ended: so many bytes of what was to be written are on the disk.
    fn file_written(&mut self, buffer: Vec<u8>, result: io::Result<usize>) {
        let _ = (buffer, result);
    }

    /// The connection has neither received nor sent for a while (`Settings::quiet_ms`): a good moment to free its
    /// buffers. Called once for each such phase.
    fn quiet(&mut self, conn: ConnId) {
        let _ = conn;
    }

    /// Whether the idle timeout may close this connection (Redis spares blocked, subscribed and replica clients).
    fn may_time_out(&mut self, conn: ConnId) -> bool {
        let _ = conn;
        true
    }

    /// Called once a turn, after all events.
    fn turn(&mut self, now: Now, io: &mut TurnIo<'_>) -> Next;

    /// Whether work from outside (other cores) waits. Called in a tight loop while the core spins, so it must be no
    /// more than a load or two.
    fn work_waiting(&mut self) -> bool {
        false
    }

    /// Called just before the core sleeps. The service announces to the other cores that it must be woken, looks again
    /// for work, and returns true if there is none and the core may sleep. If there is work it takes the announcement
    /// back and returns false.
    fn before_sleep(&mut self) -> bool {
        true
    }

    /// The core is awake again; called after each `before_sleep` that returned true.
    fn awake(&mut self) {}
}

/// What a service may ask of the loop during its turn.
///
/// An id that is no longer valid is ignored everywhere, since a connection may break at any moment.
#[derive(Debug)]
pub struct TurnIo<'a> {
    pub(crate) table: &'a mut Table,
}

impl TurnIo<'_> {
    /// Hands output over to be sent at the end of the turn, behind what was handed over before. `bytes` is left empty,
    /// with the capacity of a recycled buffer. Returns the connection's unsent bytes, these included, so that output
    /// limits can be checked.
    ///
    /// Output for a connection that is gone or closing is dropped.
    #[inline]
    pub fn output(&mut self, conn: ConnId, bytes: &mut Vec<u8>) -> usize {
        self.table.output(conn, bytes)
    }

    /// Bytes handed over and not yet known to be sent.
    pub fn unsent(&self, conn: ConnId) -> usize {
        self.table.unsent(conn)
    }

    /// An empty buffer from the pool, for a service whose connections hold none while they are quiet.
    pub fn buffer(&mut self) -> Vec<u8> {
        self.table.buffer()
    }

    /// Closes a connection. Nothing is received from it any more, and `closed` follows.
    pub fn close(&mut self, conn: ConnId, mode: CloseMode) {
        self.table.close(conn, mode);
    }

    /// Begins to write a buffer without its first `skip` bytes at an offset of a file after the turn; [`Service::file_written`] tells when all of it is on the disk, or
    /// how much. One write is under way at a time. With epoll it fails.
    pub fn write_file(&mut self, file: Arc<File>, offset: u64, buffer: Vec<u8>, skip: usize) {
        self.table.file_write = Some((file, offset, buffer, skip));
    }

    /// Stops reading a connection.
    pub fn pause(&mut self, conn: ConnId) {
        self.table.set_paused(conn, true);
    }

    /// Reads a paused connection again.
    pub fn resume(&mut self, conn: ConnId) {
        self.table.set_paused(conn, false);
    }
}
