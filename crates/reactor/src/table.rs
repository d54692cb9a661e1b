//! The connections of a core: a dense slab, the output that waits to be sent, and the spare buffers.
//!
//! The table knows nothing of the backend. It notes what the service asks for ([`Table::dirty`], [`Table::changed`]) and
//! the loop carries it out at the end of the turn.

use std::fs::File;
use std::sync::Arc;

use base::conn::{CloseMode, ConnId};

use crate::wheel::Wheel;

/// Capacity of a fresh output buffer.
const OUTPUT_BYTES_START: usize = 1 << 10;

/// Output buffers that grew beyond this are freed instead of kept, so that idle connections hold little.
const SPARE_BYTES_MAX: usize = 16 << 10;

/// Output buffers kept for reuse, at most: 16 MiB a core.
const SPARES_MAX: usize = 1024;

/// Unsent bytes of a connection beyond which the service is told for certain when they are sent.
pub const NOTICE_BYTES: usize = 16 << 10;

/// Where a connection is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// The index is unused.
    Free,
    Open,
    /// To be closed when its output is sent. Nothing is received any more.
    Flushing,
    /// To be closed at the end of the turn.
    Dropping,
    /// All is sent and the service has been told; what comes is thrown away until the peer ends too, for a bounded time.
    Lingering,
    /// Given up; the backend has not let go of it yet. The service has been told.
    Closing,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) generation: u32,
    pub(crate) state: State,
    /// Whether the service wants it not to be read.
    pub(crate) paused: bool,
    /// Whether the backend was told so.
    pub(crate) pause_applied: bool,
    pub(crate) sending: bool,
    /// Whether the peer sends nothing more.
    pub(crate) ended: bool,
    /// Bytes that came after the connection was to be closed.
    pub(crate) discarded: usize,
    /// Whether it is in [`Table::dirty`].
    dirty: bool,
    /// Whether it is in [`Table::changed`].
    changed: bool,
    /// Whether the service was told that it is quiet.
    pub(crate) quiet: bool,
    /// Whether the service is to be told when the output is sent.
    pub(crate) notice: bool,
    /// Tick of the last activity.
    pub(crate) active: u32,
    /// Bytes in flight, as far as is known.
    pub(crate) in_flight: usize,
    /// Output behind that in flight. Holds no memory while empty.
    pub(crate) out: Vec<u8>,
}

impl Conn {
    fn new(generation: u32) -> Conn {
        Conn {
            generation,
            state: State::Free,
            paused: false,
            pause_applied: false,
            sending: false,
            ended: false,
            discarded: 0,
            dirty: false,
            changed: false,
            quiet: false,
            notice: false,
            active: 0,
            in_flight: 0,
            out: Vec::new(),
        }
    }

    pub(crate) fn unsent(&self) -> usize {
        self.in_flight + self.out.len()
    }

    /// The output in flight is sent, `slow` if not in one go. Returns whether the service is to be told.
    ///
    /// While there is more output the notice stays due: that output may leave in one go, and a service that was told of
    /// too much to go on would wait for ever.
    pub(crate) fn sent(&mut self, slow: bool) -> bool {
        self.sending = false;
        self.in_flight = 0;
        let told = slow || self.notice;
        self.notice = told && !self.out.is_empty();
        told
    }

    /// Whether the service waits for its output to be sent, and for nothing else.
    pub(crate) fn awaits_notice(&self) -> bool {
        self.notice && self.paused
    }
}

/// The connections of a core.
#[derive(Debug)]
pub(crate) struct Table {
    conns: Vec<Conn>,
    free: Vec<u32>,
    spares: Vec<Vec<u8>>,
    /// Connections with output to be sent.
    pub(crate) dirty: Vec<u32>,
    /// Connections to be closed, paused or resumed.
    pub(crate) changed: Vec<u32>,
    /// What is to be written to a file: where, and what.
    pub(crate) file_write: Option<(Arc<File>, u64, Vec<u8>, usize)>,
    pub(crate) wheel: Wheel,
    /// The current tick of the wheel.
    pub(crate) tick: u32,
    /// Ticks without activity after which a connection is quiet.
    pub(crate) quiet_ticks: u32,
}

impl Table {
    pub(crate) fn new(quiet_ticks: u32) -> Table {
        Table {
            conns: Vec::new(),
            free: Vec::new(),
            spares: Vec::new(),
            dirty: Vec::new(),
            changed: Vec::new(),
            file_write: None,
            wheel: Wheel::new(),
            tick: 0,
            quiet_ticks,
        }
    }

    /// Opens a connection at a free index.
    pub(crate) fn insert(&mut self) -> ConnId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.conns.push(Conn::new(0));
            (self.conns.len() - 1) as u32
        });
        let conn = &mut self.conns[index as usize];
        conn.state = State::Open;
        conn.active = self.tick;
        let generation = conn.generation;
        self.wheel.insert(index, self.tick.saturating_add(self.quiet_ticks));
        ConnId { index, generation }
    }

    /// Makes the index of a closed connection free.
    pub(crate) fn release(&mut self, index: u32) {
        let conn = &mut self.conns[index as usize];
        if conn.state != State::Free {
            // What is left in `dirty` and `changed` is recognised there.
            let (dirty, changed) = (conn.dirty, conn.changed);
            *conn = Conn { dirty, changed, ..Conn::new(conn.generation.wrapping_add(1)) };
            self.wheel.remove(index);
            self.free.push(index);
        }
    }

    /// The connection at an index that is not free.
    #[inline]
    pub(crate) fn at(&mut self, index: u32) -> Option<&mut Conn> {
        self.conns.get_mut(index as usize).filter(|conn| conn.state != State::Free)
    }

    /// The id of the connection at an index.
    #[inline]
    pub(crate) fn id(&self, index: u32) -> ConnId {
        ConnId { index, generation: self.conns[index as usize].generation }
    }

    /// The indices that are not free.
    pub(crate) fn live(&self) -> impl Iterator<Item = u32> + use<> {
        let live: Vec<u32> = (0u32..)
            .zip(&self.conns)
            .filter(|(_, conn)| conn.state != State::Free)
            .map(|(index, _)| index)
            .collect();
        live.into_iter()
    }

    /// How many indices are not free.
    pub(crate) fn live_count(&self) -> usize {
        self.conns.len() - self.free.len()
    }

    #[inline]
    fn open(&mut self, id: ConnId) -> Option<&mut Conn> {
        let conn = self.conns.get_mut(id.index as usize)?;
        (conn.generation == id.generation && conn.state == State::Open).then_some(conn)
    }

    /// Notes that something happened on a connection.
    #[inline]
    pub(crate) fn touch(&mut self, index: u32) {
        let conn = &mut self.conns[index as usize];
        conn.active = self.tick;
        if conn.quiet {
            conn.quiet = false;
            self.wheel.insert(index, self.tick.saturating_add(self.quiet_ticks));
        }
    }

    /// See [`crate::TurnIo::output`].
    #[inline]
    pub(crate) fn output(&mut self, id: ConnId, bytes: &mut Vec<u8>) -> usize {
        let spares = &mut self.spares;
        let Some(conn) = self.conns.get_mut(id.index as usize) else { return discard(bytes) };
        if conn.generation != id.generation || conn.state != State::Open {
            return discard(bytes);
        }
        if bytes.is_empty() {
            return conn.unsent();
        }
        if conn.out.is_empty() {
            conn.out = std::mem::replace(bytes, fresh(spares));
        } else {
            conn.out.append(bytes);
        }
        let unsent = conn.unsent();
        conn.notice |= unsent > NOTICE_BYTES;
        if !std::mem::replace(&mut conn.dirty, true) {
            self.dirty.push(id.index);
        }
        self.touch(id.index);
        unsent
    }

    /// See [`crate::TurnIo::unsent`].
    pub(crate) fn unsent(&self, id: ConnId) -> usize {
        match self.conns.get(id.index as usize) {
            Some(conn) if conn.generation == id.generation => conn.unsent(),
            _ => 0,
        }
    }

    /// See [`crate::TurnIo::buffer`].
    pub(crate) fn buffer(&mut self) -> Vec<u8> {
        fresh(&mut self.spares)
    }

    /// Takes back a buffer that was sent.
    #[inline]
    pub(crate) fn recycle(&mut self, mut buffer: Vec<u8>) {
        if (1..=SPARE_BYTES_MAX).contains(&buffer.capacity()) && self.spares.len() < SPARES_MAX {
            buffer.clear();
            self.spares.push(buffer);
        }
    }

    /// See [`crate::TurnIo::close`].
    pub(crate) fn close(&mut self, id: ConnId, mode: CloseMode) {
        let Some(conn) = self.conns.get_mut(id.index as usize) else { return };
        if conn.generation != id.generation {
            return;
        }
        conn.state = match (conn.state, mode) {
            (State::Open, CloseMode::AfterFlush) => State::Flushing,
            (State::Open | State::Flushing, CloseMode::Now) => State::Dropping,
            (state, _) => state,
        };
        self.change(id.index);
    }

    /// See [`crate::TurnIo::pause`] and [`crate::TurnIo::resume`].
    pub(crate) fn set_paused(&mut self, id: ConnId, paused: bool) {
        if let Some(conn) = self.open(id)
            && conn.paused != paused
        {
            conn.paused = paused;
            self.change(id.index);
        }
    }

    fn change(&mut self, index: u32) {
        if !std::mem::replace(&mut self.conns[index as usize].changed, true) {
            self.changed.push(index);
        }
    }

    /// Has output that waited behind a send in flight sent.
    pub(crate) fn mark_dirty(&mut self, index: u32) {
        if !std::mem::replace(&mut self.conns[index as usize].dirty, true) {
            self.dirty.push(index);
        }
    }

    /// Takes the next of [`Table::dirty`].
    #[inline]
    pub(crate) fn pop_dirty(&mut self) -> Option<u32> {
        let index = self.dirty.pop()?;
        self.conns[index as usize].dirty = false;
        Some(index)
    }

    /// Takes the next of [`Table::changed`].
    #[inline]
    pub(crate) fn pop_changed(&mut self) -> Option<u32> {
        let index = self.changed.pop()?;
        self.conns[index as usize].changed = false;
        Some(index)
    }
}

fn discard(bytes: &mut Vec<u8>) -> usize {
    bytes.clear();
    0
}

#[inline]
fn fresh(spares: &mut Vec<Vec<u8>>) -> Vec<u8> {
    spares.pop().unwrap_or_else(|| Vec::with_capacity(OUTPUT_BYTES_START))
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
