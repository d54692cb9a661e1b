//! The sockets of one core: what the kernel and the network do between a client and the core's frontend.
//!
//! ```text
//!            client.write            chunk by chunk, cut anywhere
//!   client ───────────────► uplink ───────────────────────────────► events ──dispatch──► frontend
//!   client ◄── client.read ── kernel (bounded) ◄── at flush, or when the client made room ── unsent ◄── frontend
//! ```
//!
//! It follows the contract of the real loop: events are dispatched at the start of a turn, output is sent at its end,
//! output that the kernel takes at once is not reported, output of a slow reader is. A paused connection is not read,
//! but what was on its way already is still delivered.

use std::collections::VecDeque;

use base::conn::{CloseMode, ConnId};
use resp::decode::Value;

use crate::history::OpIndex;
use crate::tap::Tap;

/// What happened to a connection since the core's last turn.
#[derive(Debug)]
pub(crate) enum Event {
    /// Bytes arrived.
    Received(ConnId, Vec<u8>),
    /// The client sends nothing more.
    Ended(ConnId),
    /// The connection broke.
    Failed(ConnId),
    /// Output of a slow reader moved; so much is unsent.
    Progress(ConnId, usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Free,
    Open,
    /// To be closed when its output is sent.
    Flushing,
    /// To be closed at the end of the turn.
    Dropping,
    /// Closed by the core; the client may still read what the kernel holds.
    Closed,
}

struct Socket {
    generation: u32,
    state: State,
    paused: bool,
    /// Written by the client, not delivered.
    uplink: VecDeque<u8>,
    /// The client will write no more.
    fin: bool,
    fin_delivered: bool,
    /// The end comes as a failure.
    broken: bool,
    /// Handed over by the frontend, not taken by the kernel.
    unsent: VecDeque<u8>,
    /// Taken by the kernel, not read by the client.
    kernel: VecDeque<u8>,
    kernel_max: usize,
    /// The client let go of the connection.
    abandoned: bool,
    tap: Tap,
}

/// All sockets of one core.
#[derive(Default)]
pub(crate) struct Sockets {
    /// Where generations of ids begin.
    first_generation: u32,
    table: Vec<Socket>,
    free: Vec<u32>,
    pub(crate) events: VecDeque<Event>,
    /// Sockets with output, or with a wish of the frontend to be carried out.
    touched: Vec<u32>,
    /// The write to a file that is under way.
    pub(crate) file_write: Option<persist::log::Write>,
    /// Operations that arrived whole, and replies that left, since the last look.
    pub(crate) arrived: Vec<OpIndex>,
    pub(crate) answered: Vec<(OpIndex, Value)>,
    /// Messages that left, each with the operation of its connection that was answered last before it.
    pub(crate) messages: Vec<(OpIndex, Value)>,
    /// Some output was no reply to anything.
    pub(crate) garbage: Option<ConnId>,
}

/// Generations of one index in one life of a process, at most.
const GENERATIONS_MAX: u32 = 1 << 20;

impl Sockets {
    /// For a life of the process, whose ids differ from those of other lives.
    pub(crate) fn new(life: u32) -> Self {
        Sockets { first_generation: life * GENERATIONS_MAX, ..Sockets::default() }
    }

    /// Opens a connection whose kernel buffer holds `kernel_max` bytes of output.
    pub(crate) fn open(&mut self, kernel_max: usize) -> ConnId {
        let fresh = |generation| Socket {
            generation,
            state: State::Open,
            paused: false,
            uplink: VecDeque::new(),
            fin: false,
            fin_delivered: false,
            broken: false,
            unsent: VecDeque::new(),
            kernel: VecDeque::new(),
            kernel_max,
            abandoned: false,
            tap: Tap::default(),
        };
        if let Some(index) = self.free.pop() {
            let socket = &mut self.table[index as usize];
            *socket = fresh(socket.generation + 1);
            return ConnId { index, generation: socket.generation };
        }
        self.table.push(fresh(self.first_generation));
        ConnId { index: (self.table.len() - 1) as u32, generation: self.first_generation }
    }

    fn at(&mut self, id: ConnId) -> Option<&mut Socket> {
        let socket = self.table.get_mut(id.index as usize)?;
        (socket.generation == id.generation && socket.state != State::Free).then_some(socket)
    }

    fn peek(&self, id: ConnId) -> Option<&Socket> {
        let socket = self.table.get(id.index as usize)?;
        (socket.generation == id.generation && socket.state != State::Free).then_some(socket)
    }

    /// The client writes an operation.
    pub(crate) fn write(&mut self, id: ConnId, op: OpIndex, bytes: &[u8]) {
        if let Some(socket) = self.at(id) {
            socket.uplink.extend(bytes);
            socket.tap.write(op, bytes.len());
        }
    }

    /// How many bytes the client wrote that were not delivered.
    pub(crate) fn uplink(&self, id: ConnId) -> usize {
        self.peek(id).map_or(0, |socket| socket.uplink.len())
    }

    /// How many bytes can be delivered now, and whether the end of the stream can.
    pub(crate) fn deliverable(&self, id: ConnId) -> (usize, bool) {
        match self.peek(id) {
            Some(socket) if socket.broken && (socket.paused || socket.state != State::Open) => {
                (0, !socket.fin_delivered)
            }
            Some(socket) if socket.state == State::Open && !socket.paused => {
                (socket.uplink.len(), socket.fin && !socket.fin_delivered && socket.uplink.is_empty())
            }
            _ => (0, false),
        }
    }

    /// Delivers so many bytes of a connection as one chunk, or the end of its stream.
    pub(crate) fn deliver(&mut self, id: ConnId, len: usize) {
        let mut arrived = std::mem::take(&mut self.arrived);
        let Some(socket) = self.at(id) else {
            self.arrived = arrived;
            return;
        };
        let len = len.min(socket.uplink.len());
        if len > 0 {
            let chunk = socket.uplink.drain(..len).collect();
            socket.tap.deliver(len, &mut arrived);
            self.events.push_back(Event::Received(id, chunk));
        } else if socket.fin && !socket.fin_delivered {
            socket.fin_delivered = true;
            let end = if socket.broken { Event::Failed(id) } else { Event::Ended(id) };
            self.events.push_back(end);
        }
        self.arrived = arrived;
    }

    /// The client will write no more.
    pub(crate) fn shut_down(&mut self, id: ConnId) {
        if let Some(socket) = self.at(id) {
            socket.fin = true;
        }
    }

    /// The client is gone without a word: of what it wrote and was not delivered, only `keep` bytes still arrive, and then
    /// the connection fails.
    pub(crate) fn break_off(&mut self, id: ConnId, keep: usize) {
        let Some(socket) = self.at(id) else { return };
        socket.uplink.truncate(keep);
        socket.fin = true;
        socket.broken = true;
        self.abandon(id);
    }

    /// The client neither writes nor reads any more; its output goes nowhere.
    pub(crate) fn abandon(&mut self, id: ConnId) {
        let Some(socket) = self.at(id) else { return };
        socket.abandoned = true;
        socket.kernel.clear();
        if !std::mem::take(&mut socket.unsent).is_empty() {
            self.events.push_back(Event::Progress(id, 0));
        }
        self.free_if_over(id);
    }

    /// How many bytes the client could read.
    pub(crate) fn readable(&self, id: ConnId) -> usize {
        self.peek(id).map_or(0, |socket| socket.kernel.len())
    }

    /// Whether the core closed the connection and the client has read all.
    pub(crate) fn is_over(&self, id: ConnId) -> bool {
        self.peek(id).is_none_or(|socket| socket.state == State::Closed && socket.kernel.is_empty())
    }

    /// The client reads so many bytes into `into`, which makes room for more.
    pub(crate) fn read(&mut self, id: ConnId, len: usize, into: &mut Vec<u8>) {
        let Some(socket) = self.at(id) else { return };
        let len = len.min(socket.kernel.len());
        into.extend(socket.kernel.drain(..len));
        if !socket.unsent.is_empty() {
            take_by_kernel(socket);
            let unsent = socket.unsent.len();
            self.events.push_back(Event::Progress(id, unsent));
        }
    }

    /// Carries out what the turn asked for. Returns the connections that ended; each to be told to the frontend.
    pub(crate) fn flush(&mut self) -> Vec<ConnId> {
        let mut ended = Vec::new();
        for index in std::mem::take(&mut self.touched) {
            let socket = &mut self.table[index as usize];
            if matches!(socket.state, State::Open | State::Flushing) {
                take_by_kernel(socket);
            }
            let id = ConnId { index, generation: socket.generation };
            if socket.state == State::Dropping
                || (socket.state == State::Flushing && socket.unsent.is_empty())
            {
                self.close_now(id, &mut ended);
            }
        }
        ended
    }

    /// What becomes of a connection whose output moved, or which broke: the ids that are closed by it are added.
    pub(crate) fn after_event(&mut self, event: &Event, ended: &mut Vec<ConnId>) {
        match *event {
            Event::Failed(id) if self.is_known(id) => self.close_now(id, ended),
            Event::Progress(id, 0) if self.peek(id).is_some_and(|socket| socket.state == State::Flushing) => {
                self.close_now(id, ended);
            }
            _ => {}
        }
    }

    /// Whether the frontend is still to hear of this connection.
    pub(crate) fn is_open(&self, id: ConnId) -> bool {
        self.peek(id).is_some_and(|socket| socket.state == State::Open)
    }

    fn is_known(&self, id: ConnId) -> bool {
        self.peek(id).is_some_and(|socket| socket.state != State::Closed)
    }

    fn close_now(&mut self, id: ConnId, ended: &mut Vec<ConnId>) {
        let Some(socket) = self.at(id) else { return };
        socket.state = State::Closed;
        socket.unsent.clear();
        socket.uplink.clear();
        ended.push(id);
        self.free_if_over(id);
    }

    /// Gives the index back when both sides let go of it.
    fn free_if_over(&mut self, id: ConnId) {
        if let Some(socket) = self.at(id)
            && socket.abandoned
            && socket.state == State::Closed
        {
            socket.state = State::Free;
            self.free.push(id.index);
        }
    }
}

/// The kernel takes as much output as it has room for.
fn take_by_kernel(socket: &mut Socket) {
    if socket.abandoned {
        socket.unsent.clear();
    }
    let room = socket.kernel_max.saturating_sub(socket.kernel.len());
    let len = room.min(socket.unsent.len());
    socket.kernel.extend(socket.unsent.drain(..len));
}

impl frontend::Io for Sockets {
    fn write_file(&mut self, write: persist::log::Write) {
        self.file_write = Some(write);
    }

    fn output(&mut self, conn: ConnId, bytes: &mut Vec<u8>) -> usize {
        let mut answered = std::mem::take(&mut self.answered);
        let mut messages = std::mem::take(&mut self.messages);
        let Some(socket) = self.at(conn).filter(|socket| socket.state == State::Open) else {
            self.answered = answered;
            self.messages = messages;
            bytes.clear();
            return 0;
        };
        let is_sound = socket.tap.answer(bytes, &mut answered, &mut messages);
        socket.unsent.extend(bytes.drain(..));
        let unsent = socket.unsent.len();
        self.touched.push(conn.index);
        self.answered = answered;
        self.messages = messages;
        if !is_sound {
            self.garbage = Some(conn);
        }
        unsent
    }

    fn unsent(&self, conn: ConnId) -> usize {
        self.peek(conn).map_or(0, |socket| socket.unsent.len())
    }

    fn close(&mut self, conn: ConnId, mode: CloseMode) {
        if let Some(socket) = self.at(conn).filter(|socket| socket.state == State::Open) {
            socket.state = match mode {
                CloseMode::AfterFlush => State::Flushing,
                CloseMode::Now => State::Dropping,
            };
            self.touched.push(conn.index);
        }
    }

    fn pause(&mut self, conn: ConnId) {
        if let Some(socket) = self.at(conn) {
            socket.paused = true;
        }
    }

    fn resume(&mut self, conn: ConnId) {
        if let Some(socket) = self.at(conn) {
            socket.paused = false;
        }
    }
}
