//! Replies that are written bit by bit, when their connection has room.
//!
//! ```text
//!   shard of the key                                core of the connection
//!   handler ─► header + rest (a view) ── header ──► out, or stash until its turn comes; the reply stays the head
//!              rest kept under a number
//!   own shard:    each turn, while little is unsent: a slice ─────────────► out … last slice: the next reply is the head
//!   other shard:  ◄── More(number) ── asked when little is unsent, one at a time, in the plan of a turn (C1)
//!                 one slice ── late answer ──► out
//!   connection gone, or the core stops: the rest is freed, in slices; at another shard by DropRest(number)
//! ```
//!
//! What is written is of the instant at which the command was executed, whatever becomes of the key. A core writes at most
//! [`STREAM_TURN_BYTES`] in a turn, for its own connections and for others together, each in its turn; so others wait
//! for some hundred microseconds. A connection holds [`STREAM_AHEAD_BYTES`] and a slice at most, and takes no further commands
//! until the reply is out; replies to those that it took already wait in the stash (R1).
//!
//! Only a reply that goes straight to a connection is streamed: in a transaction, script or gathering it is written at once.

#[cfg(test)]
#[path = "streamed_tests.rs"]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use base::conn::ConnId;
use base::limits::{STREAM_AHEAD_BYTES, STREAM_SLICE_BYTES, STREAM_TURN_BYTES};
use bus::Wake;
use resp::{Reply, Rest};

use crate::conn::Conn;
use crate::core::{Core, Io, conn_mut};
use crate::message::{Answer, AnswerBody, Dest, Op, Piece, Source};

/// Allocations that are freed in one background slice.
const FREE_SLICE: usize = 512;

/// Where the rest of a connection's reply is.
#[derive(Debug)]
struct Stream {
    /// The number of the reply.
    seq: u32,
    shard: u16,
    /// The number of the rest at that shard.
    number: u64,
    /// A slice is on its way.
    asked: bool,
}

/// The streamed replies of a connection.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    open: Vec<Stream>,
}

/// A slice that another core waits for.
struct Ask {
    from: u16,
    number: u64,
    dest: Dest,
}

/// What a core has of streamed replies, its own and those of others.
#[derive(Default)]
pub(crate) struct Rests {
    /// The rests of replies of this shard, by number, and whether they are in RESP3.
    open: BTreeMap<u64, (Box<dyn Rest>, bool)>,
    last_number: u64,
    /// Slices that other cores wait for, in the order in which they asked.
    asks: VecDeque<Ask>,
    /// Connections of this core with a streamed reply, each once, in the order of their turns.
    conns: VecDeque<u32>,
    /// Rests that nobody wants any more.
    dropped: Vec<Box<dyn Rest>>,
}

impl Rests {
    /// Keeps the rest of a reply. Returns its number.
    pub(crate) fn open(&mut self, rest: Box<dyn Rest>, resp3: bool) -> u64 {
        self.last_number += 1;
        self.open.insert(self.last_number, (rest, resp3));
        self.last_number
    }

    /// Forgets the rest of a reply.
    pub(crate) fn drop(&mut self, number: u64) {
        self.dropped.extend(self.open.remove(&number).map(|(rest, _)| rest));
    }

    /// Notes that another core waits for a slice.
    pub(crate) fn ask(&mut self, from: u16, piece: &Piece) {
        self.asks.push_back(Ask { from, number: piece.hash, dest: piece.dest });
    }

    /// Writes a slice; returns whether that was all, and then the rest is forgotten.
    fn write(&mut self, number: u64, out: &mut Vec<u8>) -> bool {
        let Some((rest, resp3)) = self.open.get_mut(&number) else { return true };
        let done = rest.write(&mut Reply::new(out, *resp3), STREAM_SLICE_BYTES);
        if done {
            self.drop(number);
        }
        done
    }

    /// Frees some of what nobody wants any more.
    pub(crate) fn free_some(&mut self) {
        if self.dropped.last_mut().is_some_and(|rest| rest.free_some(FREE_SLICE)) {
            self.dropped.pop();
        }
    }

    /// How many replies of this shard are not complete.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether anything is to be freed.
    pub(crate) fn has_garbage(&self) -> bool {
        !self.dropped.is_empty()
    }
}

impl Streams {
    /// Whether the reply `seq` goes on after what is written of it.
    pub(crate) fn has(&self, seq: u32) -> bool {
        self.open.iter().any(|stream| stream.seq == seq)
    }
}

impl Conn {
    /// Notes that the reply `seq` goes on. Its beginning is in place already, or follows with [`Conn::deliver_beginning`].
    pub(crate) fn add_stream(&mut self, seq: u32, shard: u16, number: u64) {
        let streams = self.streams.get_or_insert_default();
        streams.open.push(Stream { seq, shard, number, asked: false });
    }

    /// Takes the beginning of a reply that goes on.
    fn deliver_beginning(&mut self, seq: u32, bytes: &[u8]) {
        if self.is_head(seq) {
            self.out.extend_from_slice(bytes);
        } else {
            self.write_early(seq, |out| out.extend_from_slice(bytes));
        }
    }

    /// Whether a reply is being written bit by bit.
    #[inline]
    pub(crate) fn is_streaming(&self) -> bool {
        self.streams.as_ref().is_some_and(|streams| streams.has(self.head_seq))
    }

    /// The stream of the reply that is being written.
    fn head_stream(&mut self) -> Option<&mut Stream> {
        let head = self.head_seq;
        self.streams.as_mut()?.open.iter_mut().find(|stream| stream.seq == head)
    }

    /// Whether another slice is wanted.
    fn takes_slice(&self) -> bool {
        self.out.len() + self.unsent_bytes + self.log_held_bytes < STREAM_AHEAD_BYTES && !self.killed
    }

    /// The reply that is being written is complete.
    fn end_stream(&mut self) {
        let head = self.head_seq;
        if let Some(streams) = &mut self.streams {
            streams.open.retain(|stream| stream.seq != head);
            if streams.open.is_empty() {
                self.streams = None;
            }
        }
        self.head_written();
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Gives the beginning of a reply to its connection; the rest is at a shard.
    pub(crate) fn deliver_streamed(&mut self, dest: Dest, bytes: &[u8], shard: u16, number: u64) {
        if let Dest::Conn { index, generation, seq } = dest
            && let Some(conn) = conn_mut(&mut self.conns, ConnId { index, generation })
        {
            conn.add_stream(seq, shard, number);
            conn.deliver_beginning(seq, bytes);
            self.rests.conns.push_back(index);
            self.mark_dirty(index);
        } else {
            self.cancel_stream(shard, number);
        }
    }

    /// The handler of a connection's own piece has left the rest of the reply, whose beginning is in place.
    #[cold]
    pub(crate) fn own_streamed(&mut self, index: u32, seq: u32, rest: Box<dyn Rest>, resp3: bool) {
        let number = self.rests.open(rest, resp3);
        if let Some(Some(conn)) = self.conns.get_mut(index as usize) {
            conn.add_stream(seq, self.id, number);
            self.rests.conns.push_back(index);
        }
    }

    /// Takes a slice that another shard has written.
    pub(crate) fn take_slice(&mut self, from: u16, dest: Dest, number: u64, bytes: &[u8], done: bool) {
        let Dest::Conn { index, generation, .. } = dest else { return };
        let Some(conn) = conn_mut(&mut self.conns, ConnId { index, generation }) else {
            if !done {
                self.cancel_stream(from, number);
            }
            return;
        };
        conn.out.extend_from_slice(bytes);
        if let Some(stream) = conn.head_stream() {
            stream.asked = false;
        }
        if done {
            conn.end_stream();
        }
        self.mark_dirty(index);
    }

    /// The connection is gone: nobody wants what is left of its replies.
    pub(crate) fn drop_streams(&mut self, streams: Streams) {
        for stream in streams.open {
            // A slice on its way finds nobody, and then the rest is cancelled.
            if !stream.asked {
                self.cancel_stream(stream.shard, stream.number);
            }
        }
    }

    fn cancel_stream(&mut self, shard: u16, number: u64) {
        if shard == self.id {
            self.rests.drop(number);
        } else {
            self.send_streaming(shard, Op::DropRest, Dest::NOBODY, number);
        }
    }

    fn send_streaming(&mut self, shard: u16, op: Op, dest: Dest, number: u64) {
        let piece = Piece {
            dest,
            op,
            source: Source::Batch,
            base: 0,
            first_range: 0,
            argc: 0,
            hash: number,
            slot: 0,
            db: 0,
            resp3: false,
            no_touch: false,
            group: 0,
            parts: 0,
        };
        self.plan.batch(shard).pieces.push(piece);
        self.plan.remote += 1;
    }

    /// Writes slices for other cores, and for the connections of this one that have room, or asks other shards for them.
    /// Returns whether more could be written at once.
    pub(crate) fn stream(&mut self, io: &impl Io) -> bool {
        if self.rests.asks.is_empty() && self.rests.conns.is_empty() {
            return false;
        }
        let mut budget = STREAM_TURN_BYTES;
        let mut asks = self.rests.asks.len();
        let mut conns = if self.shared.is_stopping() { 0 } else { self.rests.conns.len() };
        // By turns, so that neither others nor the own connections wait for long.
        while budget > 0 && asks + conns > 0 {
            if asks > 0 {
                asks -= 1;
                budget = budget.saturating_sub(self.answer_ask());
            }
            if conns > 0 {
                conns -= 1;
                budget = budget.saturating_sub(self.stream_next(io));
            }
        }
        let ready = |&index: &u32| {
            let conn = self.conns.get(index as usize)?.as_ref()?;
            let stream = conn.streams.as_ref()?.open.iter().find(|stream| stream.seq == conn.head_seq)?;
            (stream.shard == self.id && conn.takes_slice()).then_some(())
        };
        !self.rests.asks.is_empty()
            || (!self.shared.is_stopping() && self.rests.conns.iter().any(|index| ready(index).is_some()))
    }

    /// Writes the slice that another core has waited for longest. Returns its bytes.
    fn answer_ask(&mut self) -> usize {
        let Some(Ask { from, number, dest }) = self.rests.asks.pop_front() else { return 0 };
        let mut bytes = Vec::new();
        let done = self.rests.write(number, &mut bytes);
        let len = bytes.len();
        self.reply_late(from, Answer(AnswerBody::Slice { dest, number, bytes, done }));
        len
    }

    /// Writes a slice for the connection whose turn it is, or asks for one, if it has room. Returns the bytes.
    fn stream_next(&mut self, io: &impl Io) -> usize {
        let Some(index) = self.rests.conns.pop_front() else { return 0 };
        let own = self.id;
        let Some(Some(conn)) = self.conns.get_mut(index as usize) else { return 0 };
        conn.unsent_bytes = io.unsent(conn.id);
        let (takes, id) = (conn.takes_slice(), conn.id);
        let mut len = 0;
        if takes && let Some(stream) = conn.head_stream() {
            let (shard, number, seq) = (stream.shard, stream.number, stream.seq);
            if shard == own {
                let before = conn.out.len();
                if self.rests.write(number, &mut conn.out) {
                    conn.end_stream();
                }
                len = conn.out.len() - before;
                self.mark_dirty(index);
            } else if !stream.asked {
                stream.asked = true;
                let dest = Dest::Conn { index: id.index, generation: id.generation, seq };
                self.send_streaming(shard, Op::More, dest, number);
            }
        }
        // A connection is listed once for each of its streamed replies, so it is as often here as it has any.
        if let Some(Some(conn)) = self.conns.get(index as usize)
            && conn.streams.is_some()
        {
            self.rests.conns.push_back(index);
        }
        len
    }
}
