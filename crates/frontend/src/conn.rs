//! The state of one connection: what it sent and is not parsed yet, its settings, and its replies in order.
//!
//! Replies are numbered. `next_seq` is the number of the next command; `head_seq` that of the reply that is to be written
//! next. A reply that arrives as the head goes straight to `out`; one that arrives early is stashed.

use std::collections::VecDeque;

use base::conn::{ConnId, ConnInfo};
use base::limits::{
    REPLIES_OUTSTANDING_MAX, REPLIES_PAUSE_BYTES, REPLY_FORECAST_MEMORY_MAX, REPLY_FORECAST_START_BYTES,
};
use bytes::BytesMut;
use resp::Parser;

use crate::connection::Fieldsets;
use crate::pubsub::Subscriptions;
use crate::route::Call;
use crate::streamed::Streams;
use crate::transaction::{Multi, Watched};

/// A stash that grew beyond this is given back when it is empty.
const STASH_KEEP_BYTES: usize = 64 * 1024;

/// Replies that arrived before their turn: a ring by number over one buffer of bytes.
#[derive(Default)]
struct Stash {
    /// By number modulo its length, a power of two: where the reply is in `bytes`.
    ring: Vec<Place>,
    bytes: Vec<u8>,
    /// Replies in it.
    count: u32,
    /// Messages of subscriptions, in order, each with the number of the reply that it comes behind.
    pushes: VecDeque<(u32, Vec<u8>)>,
    /// Bytes of these.
    push_bytes: usize,
}

/// Where a stashed reply is.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    /// [`AWAITED`] if it is not here.
    len: usize,
}

const AWAITED: usize = usize::MAX;
/// The least length of the ring.
const RING_MIN: usize = 64;

impl Stash {
    #[inline]
    fn place(&mut self, seq: u32) -> &mut Place {
        let mask = self.ring.len() - 1;
        &mut self.ring[seq as usize & mask]
    }

    /// Makes room for the reply `seq`, `ahead` of the head.
    #[cold]
    fn grow(&mut self, head: u32, ahead: usize) {
        let mut ring = vec![Place { at: 0, len: AWAITED }; (ahead + 1).next_power_of_two().max(RING_MIN)];
        let mask = ring.len() - 1;
        for offset in 0..self.ring.len() as u32 {
            let seq = head.wrapping_add(offset);
            ring[seq as usize & mask] = *self.place(seq);
        }
        self.ring = ring;
    }

    /// Writes the messages whose turn has come, now that `head` is the next reply.
    fn release_pushes(&mut self, head: u32, outstanding: u32, out: &mut Vec<u8>) {
        while let Some((after, _)) = self.pushes.front()
            && after.wrapping_sub(head) >= outstanding
            && let Some((_, frame)) = self.pushes.pop_front()
        {
            self.push_bytes -= frame.len();
            out.extend_from_slice(&frame);
        }
    }
}

/// What CLIENT LIST shows and few clients set.
#[derive(Default)]
pub(crate) struct ClientInfo {
    pub(crate) name: Vec<u8>,
    pub(crate) lib_name: Vec<u8>,
    pub(crate) lib_version: Vec<u8>,
    /// CLIENT NO-EVICT ON.
    pub(crate) no_evict: bool,
    /// CLIENT CAPA REDIRECT.
    pub(crate) redirect: bool,
    /// HIMPORT PREPARE.
    pub(crate) fieldsets: Fieldsets,
}

/// Whether the client gets replies (CLIENT REPLY).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replies {
    On,
    Off,
    /// Not to the next command.
    SkipNext,
}

/// A connection.
pub(crate) struct Conn {
    pub(crate) id: ConnId,
    /// The number that CLIENT ID answers, unique over the life of the process.
    pub(crate) client_id: u64,
    pub(crate) info: Box<ConnInfo>,
    pub(crate) client: Option<Box<ClientInfo>>,
    pub(crate) parser: Parser,
    /// Bytes received and not parsed: an unfinished frame, or whole frames while the connection is stalled.
    pub(crate) query: BytesMut,
    /// How many more bytes the unfinished frame needs at least.
    pub(crate) need: usize,
    /// Replies to hand to the socket.
    pub(crate) out: Vec<u8>,
    stash: Option<Box<Stash>>,
    pub(crate) next_seq: u32,
    pub(crate) head_seq: u32,
    /// Output handed over to the socket and not sent yet, as far as it is known.
    pub(crate) unsent_bytes: usize,
    /// What the next replies are expected to take, each, after those that left.
    forecast_bytes: usize,
    /// Up to which reply they have been looked at.
    forecast_seq: u32,
    /// Since when the output is over the soft limit (milliseconds), if it is.
    pub(crate) over_soft_since_ms: Option<u64>,
    pub(crate) db: u16,
    pub(crate) resp3: bool,
    /// CLIENT NO-TOUCH ON.
    pub(crate) no_touch: bool,
    /// Output that waits for the log, and for whose.
    pub(crate) log_held_bytes: usize,
    pub(crate) log_held_for: Option<u16>,
    /// Whose log `out` has to wait for, as far as all of it is of one shard, and how long it was then.
    log_source: (u16, usize),
    pub(crate) authenticated: bool,
    /// Nothing is special about it, so its commands may take the hot path; see [`Conn::look_at_state`].
    pub(crate) usual: bool,
    pub(crate) replies: Replies,
    /// No more commands are taken: closes when all replies are out.
    pub(crate) closing: bool,
    /// The peer sends nothing more.
    pub(crate) ended: bool,
    /// CLIENT KILL: closes at once.
    pub(crate) killed: bool,
    /// In MONITOR mode.
    pub(crate) monitor: bool,
    /// What it is subscribed to, if it is to anything.
    pub(crate) subscriptions: Option<Box<Subscriptions>>,
    /// Its next command is held back by CLIENT PAUSE.
    pub(crate) postponed: bool,
    /// Its next command waits until its EXEC or blocking command is done.
    pub(crate) waits: bool,
    /// The number of the blocking command that has no reply yet.
    pub(crate) blocked: Option<u64>,
    /// It is known to wait: the connection counts as blocked.
    pub(crate) shown_blocked: bool,
    /// What it has queued since MULTI.
    pub(crate) multi: Option<Box<Multi>>,
    /// The keys that it watches.
    pub(crate) watched: Option<Box<Watched>>,
    /// Replies that are written bit by bit.
    pub(crate) streams: Option<Box<Streams>>,
    /// In the list of connections whose bytes wait to be parsed.
    pub(crate) stalled: bool,
    /// Reading is stopped at the socket.
    pub(crate) paused: bool,
    /// In the list of connections with output or something else to tell the socket.
    pub(crate) dirty: bool,
    /// Its output waits for replies of other shards.
    pub(crate) held: bool,
    pub(crate) created_ms: u64,
    pub(crate) last_active_ms: u64,
    pub(crate) commands: u64,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
    pub(crate) last_command: u16,
    /// What it counts for in the sum of all clients' memory.
    pub(crate) counted_bytes: u32,
}

impl Conn {
    pub(crate) fn new(id: ConnId, client_id: u64, info: ConnInfo, authenticated: bool, now_ms: u64) -> Self {
        Conn {
            id,
            client_id,
            info: Box::new(info),
            client: None,
            parser: Parser::new(),
            query: BytesMut::new(),
            need: 0,
            out: Vec::new(),
            stash: None,
            next_seq: 0,
            head_seq: 0,
            unsent_bytes: 0,
            forecast_bytes: REPLY_FORECAST_START_BYTES,
            forecast_seq: 0,
            over_soft_since_ms: None,
            db: 0,
            resp3: false,
            no_touch: false,
            log_held_bytes: 0,
            log_held_for: None,
            log_source: (0, 0),
            authenticated,
            usual: authenticated,
            replies: Replies::On,
            closing: false,
            ended: false,
            killed: false,
            monitor: false,
            subscriptions: None,
            postponed: false,
            waits: false,
            blocked: None,
            shown_blocked: false,
            multi: None,
            watched: None,
            streams: None,
            stalled: false,
            paused: false,
            dirty: false,
            held: false,
            created_ms: now_ms,
            last_active_ms: now_ms,
            commands: 0,
            input_bytes: 0,
            output_bytes: 0,
            last_command: u16::MAX,
            counted_bytes: 0,
        }
    }

    /// The number of the next command's reply.
    #[inline]
    pub(crate) fn take_seq(&mut self) -> u32 {
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        seq
    }

    /// Whether the command that begins gets no reply.
    pub(crate) fn take_mute(&mut self) -> bool {
        let muted = self.replies != Replies::On;
        if self.replies == Replies::SkipNext {
            self.replies = Replies::On;
            self.look_at_state();
        }
        muted
    }

    /// Looks anew whether anything is special about the connection; to be called when that may have changed.
    pub(crate) fn look_at_state(&mut self) {
        self.usual =
            self.authenticated && self.replies == Replies::On && self.multi.is_none() && !self.is_listening();
    }

    /// Whether it listens to messages only: subscribed, with RESP2, where messages look like replies.
    pub(crate) fn is_listening(&self) -> bool {
        self.subscriptions.is_some() && !self.resp3
    }

    /// Closes it at once, and sends nothing more.
    pub(crate) fn kill(&mut self) {
        self.closing = true;
        self.killed = true;
        self.out = Vec::new();
        self.stash = None;
    }

    /// How many commands wait for their replies.
    #[inline]
    pub(crate) fn outstanding(&self) -> u32 {
        self.next_seq.wrapping_sub(self.head_seq)
    }

    /// Whether more commands may be taken: not too many replies are due, and they do not take too much. How much the
    /// replies under way take is not known, but those that left tell what to expect.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        let outstanding = self.outstanding();
        let expected = self.forecast_bytes.saturating_mul(outstanding as usize);
        outstanding < REPLIES_OUTSTANDING_MAX
            && !self.waits
            && self.streams.is_none()
            && expected.saturating_add(self.out.len() + self.unsent_bytes + self.stashed_bytes())
                < REPLIES_PAUSE_BYTES
    }

    /// Of so many commands, how many may be taken without another look at [`Conn::has_room`]; at least one if that is true.
    #[inline]
    pub(crate) fn room(&self, wanted: usize) -> usize {
        let outstanding = self.outstanding() as usize + wanted;
        let expected = self.forecast_bytes.saturating_mul(outstanding);
        let held = self.out.len() + self.unsent_bytes + self.stashed_bytes();
        if outstanding <= REPLIES_OUTSTANDING_MAX as usize
            && !self.waits
            && expected.saturating_add(held) < REPLIES_PAUSE_BYTES
        {
            return wanted;
        }
        usize::from(self.has_room())
    }

    /// How many commands may be outstanding if no reply is held.
    #[cfg(test)]
    pub(crate) fn window(&self) -> usize {
        REPLIES_PAUSE_BYTES.div_ceil(self.forecast_bytes.max(1)).min(REPLIES_OUTSTANDING_MAX as usize)
    }

    /// Learns from the replies that are about to leave. Large ones count at once, smaller ones by how many they are.
    pub(crate) fn learn_reply_bytes(&mut self) {
        let count = self.head_seq.wrapping_sub(self.forecast_seq);
        self.forecast_seq = self.head_seq;
        let Some(mean) = self.out.len().checked_div(count as usize) else { return };
        let (weight, all) =
            (count.min(REPLY_FORECAST_MEMORY_MAX) as usize, REPLY_FORECAST_MEMORY_MAX as usize);
        let smoothed = (mean * weight + self.forecast_bytes * (all - weight)) / all;
        self.forecast_bytes = smoothed.max(mean);
    }

    /// Whether the reply `seq` may be written straight to `out`; then [`Conn::head_written`] must follow.
    #[inline]
    pub(crate) fn is_head(&self, seq: u32) -> bool {
        self.head_seq == seq
    }

    /// The head's reply was written to `out`: the next one's turn comes, and stashed replies whose turn it is follow.
    #[inline]
    pub(crate) fn head_written(&mut self) {
        self.head_seq = self.head_seq.wrapping_add(1);
        if self.stash.is_some() {
            self.unstash();
        }
    }

    /// What stands in `out` from here on tells of this shard alone.
    #[inline]
    pub(crate) fn note_source(&mut self, shard: u16, from: usize) {
        if from == 0 || self.log_source == (shard, from) {
            self.log_source = (shard, self.out.len());
        }
    }

    /// The shard that all of `out` tells of, if there is one; what follows is new.
    pub(crate) fn take_source(&mut self) -> Option<u16> {
        let (shard, len) = std::mem::take(&mut self.log_source);
        (len == self.out.len()).then_some(shard)
    }

    /// Takes the reply `seq`, in full, of a shard.
    #[inline]
    pub(crate) fn deliver_of(&mut self, shard: u16, seq: u32, bytes: &[u8]) {
        let (start, stashed) = (self.out.len(), self.stash.is_some());
        self.deliver(seq, bytes);
        if !stashed {
            self.note_source(shard, start);
        }
    }

    /// Takes the reply `seq`, in full.
    #[inline]
    pub(crate) fn deliver(&mut self, seq: u32, bytes: &[u8]) {
        if self.is_head(seq) {
            self.out.extend_from_slice(bytes);
            self.head_written();
        } else {
            self.write_early(seq, |out| out.extend_from_slice(bytes));
        }
    }

    /// Lets the reply `seq`, whose turn has not come, be written into the stash.
    #[inline]
    pub(crate) fn write_early(&mut self, seq: u32, write: impl FnOnce(&mut Vec<u8>)) {
        let ahead = seq.wrapping_sub(self.head_seq) as usize;
        let stash = self.stash.get_or_insert_default();
        if ahead >= stash.ring.len() {
            stash.grow(self.head_seq, ahead);
        }
        let at = stash.bytes.len();
        write(&mut stash.bytes);
        let len = stash.bytes.len() - at;
        *stash.place(seq) = Place { at, len };
        stash.count += 1;
    }

    /// The number of the reply that a call's own is, is a part of, or would follow.
    pub(crate) fn reply_of(&self, call: &Call) -> u32 {
        if call.muted || call.inner.is_some() { self.next_seq.wrapping_sub(1) } else { call.seq }
    }

    /// Takes a message in the form of RESP2, to come behind the reply `after`. It stands between replies, and in front of those
    /// that are still to come.
    #[inline]
    pub(crate) fn push(&mut self, after: u32, frame: &[u8]) {
        let outstanding = self.outstanding();
        let is_due = after.wrapping_sub(self.head_seq) >= outstanding;
        if outstanding > 0 && (!is_due || self.has_pushes() || self.is_streaming()) {
            // Not in the middle of a reply that is being written.
            let after = if is_due && self.is_streaming() { self.head_seq } else { after };
            return self.push_late(after, frame);
        }
        let start = self.out.len();
        self.out.extend_from_slice(frame);
        if self.resp3 {
            self.out[start] = b'>';
        }
    }

    fn has_pushes(&self) -> bool {
        self.stash.as_ref().is_some_and(|stash| !stash.pushes.is_empty())
    }

    #[cold]
    fn push_late(&mut self, after: u32, frame: &[u8]) {
        let mut frame = frame.to_vec();
        if let (true, Some(first)) = (self.resp3, frame.first_mut()) {
            *first = b'>';
        }
        self.keep_push(after, frame);
    }

    /// Takes bytes that are no reply. They stand in front of the next one that is not being written already.
    pub(crate) fn push_plain(&mut self, bytes: &[u8]) {
        if self.is_streaming() {
            self.keep_push(self.head_seq, bytes.to_vec());
        } else {
            self.out.extend_from_slice(bytes);
        }
    }

    fn keep_push(&mut self, after: u32, frame: Vec<u8>) {
        let stash = self.stash.get_or_insert_default();
        stash.push_bytes += frame.len();
        stash.pushes.push_back((after, frame));
    }

    fn unstash(&mut self) {
        let next_seq = self.next_seq;
        let Some(stash) = self.stash.as_deref_mut() else { return };
        // Replies that lie one behind the other are taken in one go: those from `start` to `end`.
        let (mut start, mut end) = (0, 0);
        let ended = loop {
            if !stash.pushes.is_empty() {
                self.out.extend_from_slice(stash.bytes.get(start..end).unwrap_or_default());
                start = end;
                let outstanding = next_seq.wrapping_sub(self.head_seq);
                stash.release_pushes(self.head_seq, outstanding, &mut self.out);
            }
            if stash.count == 0 {
                break true;
            }
            let place = stash.place(self.head_seq);
            let Place { at, len } = *place;
            if len == AWAITED {
                break false;
            }
            place.len = AWAITED;
            if at != end {
                self.out.extend_from_slice(stash.bytes.get(start..end).unwrap_or_default());
                start = at;
            }
            end = at + len;
            stash.count -= 1;
            let head = self.head_seq;
            if self.streams.as_ref().is_some_and(|streams| streams.has(head)) {
                // This is but the beginning of the reply.
                break false;
            }
            self.head_seq = head.wrapping_add(1);
        };
        self.out.extend_from_slice(stash.bytes.get(start..end).unwrap_or_default());
        if !ended {
            return;
        }
        if !stash.pushes.is_empty() {
            return stash.bytes.clear();
        }
        if stash.bytes.capacity() > STASH_KEEP_BYTES {
            self.stash = None;
        } else {
            stash.bytes.clear();
        }
    }

    /// Bytes held for replies that wait for their turn.
    pub(crate) fn stashed_bytes(&self) -> usize {
        self.stash.as_ref().map_or(0, |stash| stash.bytes.len() + stash.push_bytes)
    }

    /// Bytes that the connection takes in the frontend, its buffers included.
    pub(crate) fn memory_bytes(&self) -> usize {
        let client = self.client.as_deref().map_or(0, |client| {
            let names = [&client.name, &client.lib_name, &client.lib_version];
            size_of::<ClientInfo>()
                + names.iter().map(|name| name.capacity()).sum::<usize>()
                + client.fieldsets.memory_bytes()
        });
        let stash = self.stash.as_ref().map_or(0, |stash| {
            size_of::<Stash>()
                + stash.bytes.capacity()
                + stash.ring.len() * size_of::<Place>()
                + stash.push_bytes
        });
        let subscriptions = self.subscriptions.as_ref().map_or(0, |all| all.memory_bytes());
        let buffers = self.query.capacity() + self.out.capacity();
        let multi = self.multi.as_ref().map_or(0, |multi| multi.memory_bytes());
        size_of::<Conn>() + size_of::<ConnInfo>() + buffers + client + stash + subscriptions + multi
    }

    /// Gives back what a quiet connection need not hold.
    pub(crate) fn release_buffers(&mut self) {
        if self.query.is_empty() {
            self.query = BytesMut::new();
        }
        if self.out.is_empty() {
            self.out = Vec::new();
        }
        if self.stash.as_ref().is_some_and(|stash| stash.count == 0 && stash.pushes.is_empty()) {
            self.stash = None;
        }
    }

    /// The names that the client gave, created on first use.
    pub(crate) fn client_mut(&mut self) -> &mut ClientInfo {
        self.client.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use base::conn::Endpoint;
    use base::random::Rng;

    use super::*;

    #[test]
    fn replies_leave_in_order_whatever_order_they_come_in() {
        let peer = Endpoint::Unix("x".into());
        let info = ConnInfo { peer: peer.clone(), local: peer, fd: 0 };
        let mut conn = Conn::new(ConnId { index: 0, generation: 0 }, 1, info, true, 0);
        // Numbers wrap around in the middle.
        conn.next_seq = u32::MAX - 500;
        conn.head_seq = conn.next_seq;
        let mut rng = Rng::new(7);
        let (mut waiting, mut expect, mut total) = (Vec::new(), Vec::new(), 0);
        while total < 5000 || !waiting.is_empty() {
            if total < 5000 && waiting.len() < 900 && rng.below(2) == 0 {
                for _ in 0..rng.below(40) {
                    let seq = conn.take_seq();
                    expect.extend_from_slice(format!("{seq},").as_bytes());
                    waiting.push(seq);
                    total += 1;
                }
            } else if !waiting.is_empty() {
                let seq = waiting.swap_remove(rng.below(waiting.len() as u64) as usize);
                conn.deliver(seq, format!("{seq},").as_bytes());
            }
        }
        assert_eq!(conn.outstanding(), 0);
        assert_eq!(conn.stashed_bytes(), 0);
        assert_eq!(conn.out, expect);
    }
}
