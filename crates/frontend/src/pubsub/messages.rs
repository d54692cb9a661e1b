//! Messages under way: from who publishes them to the outputs of their receivers.

use base::conn::ConnId;
use base::limits::MESSAGES_HELD_MAX_BYTES;
use base::{ArgRange, Args};
use bus::Wake;
use bytes::Bytes;
use resp::Reply;

use super::topics::Topic;
use super::{Kind, PubSub};
use crate::conn::Conn;
use crate::core::{Core, conn_mut};
use crate::message::{Dest, Op, Piece, Source};
use crate::plan::source_bytes;
use crate::route::Call;
use crate::shared::HotConfig;

/// A message that was published while pieces were being executed: it goes out with the next publish.
struct Pending {
    kind: Kind,
    hash: u64,
    /// The channel, then the message.
    bytes: Bytes,
    channel_len: u32,
    cores: Vec<u16>,
    /// The command that published it, if it is of a connection of this core.
    origin: Dest,
}

/// Messages of a core under way.
#[derive(Default)]
pub(crate) struct Messages {
    pending: Vec<Pending>,
    /// Scratch: cores with receivers.
    cores: Vec<u16>,
    /// Scratch: a message as receivers get it.
    frame: Vec<u8>,
    /// Bytes of messages planned for other cores and not published, of those that were published while pieces were executed.
    pub(crate) held_bytes: usize,
    /// The command whose events are made messages of, or whose script is running.
    pub(crate) origin: Option<Dest>,
    /// The plan was published early, in this turn.
    pub(crate) settled: bool,
    /// Pieces are being executed: nothing may be added to the plan.
    pub(crate) executing: bool,
}

impl Messages {
    /// Whether messages wait for the next publish.
    #[inline]
    pub(crate) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }
}

/// The outputs of a core, as a message finds them.
struct Outputs<'a> {
    conns: &'a mut [Option<Conn>],
    dirty: &'a mut Vec<u32>,
    hot: &'a HotConfig,
    /// The command that published the message, if it is of a connection of this core.
    origin: Dest,
    /// Clients that were dropped.
    dropped: u64,
}

impl Outputs<'_> {
    /// Gives a frame to all subscribers of a topic.
    fn give(&mut self, topic: &Topic, frame: &[u8]) {
        for subscriber in &topic.subscribers {
            let id = subscriber.id;
            let Some(conn) = conn_mut(self.conns, id) else { continue };
            if conn.closing {
                continue;
            }
            let after = match self.origin {
                // Not in front of the reply to the command that published it.
                Dest::Conn { index, generation, seq } if (ConnId { index, generation }) == id => seq,
                _ => subscriber.after,
            };
            conn.push(after, frame);
            let hard_bytes = self.hot.output_of(conn).hard_bytes;
            if hard_bytes > 0 && conn.out.len() + conn.stashed_bytes() > hard_bytes {
                conn.kill();
                self.dropped += 1;
            }
            if !conn.dirty {
                conn.dirty = true;
                self.dirty.push(id.index);
            }
        }
    }
}

impl PubSub {
    /// Gives a message to the receivers of this core: those of the channel, then those of patterns.
    fn hand_out(&mut self, kind: Kind, hash: u64, channel: &[u8], message: &[u8], outputs: &mut Outputs<'_>) {
        let frame = &mut self.messages.frame;
        let topics = &self.topics[kind as usize];
        if let Some(topic) = topics.find(hash, channel).and_then(|at| topics.topics.get(at)) {
            frame.clear();
            // As RESP2 has it; in RESP3 only the first byte differs.
            let mut reply = Reply::new(frame, false);
            reply.push(3);
            reply.bulk(if kind == Kind::ShardChannel { b"smessage" } else { b"message" });
            reply.bulk(channel);
            reply.bulk(message);
            outputs.give(topic, frame);
        }
        if kind == Kind::Channel {
            for topic in self.topics[Kind::Pattern as usize].topics.iter() {
                if base::glob::glob_match(&topic.name, channel, false) {
                    frame.clear();
                    let mut reply = Reply::new(frame, false);
                    reply.push(4);
                    reply.bulk(b"pmessage");
                    reply.bulk(&topic.name);
                    reply.bulk(channel);
                    reply.bulk(message);
                    outputs.give(topic, frame);
                }
            }
        }
        if frame.capacity() > FRAME_KEEP_BYTES {
            *frame = Vec::new();
        }
    }
}

/// A scratch frame that grew beyond this is not kept.
const FRAME_KEEP_BYTES: usize = 64 * 1024;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Publishes a message on a channel. Returns how many receivers it has.
    ///
    /// To be called wherever a command takes effect: by the core that plans it, in the order of commands (the ranges of the
    /// command being routed are gone then), or while pieces are executed.
    #[allow(dead_code, reason = "for transactions and scripts")]
    pub(crate) fn publish_message(&mut self, channel: &[u8], message: &[u8]) -> i64 {
        self.publish_on(Kind::Channel, channel, message)
    }

    /// As [`Core::publish_message`], for either kind of channel.
    pub(crate) fn publish_on(&mut self, kind: Kind, channel: &[u8], message: &[u8]) -> i64 {
        if self.shared.pubsub.is_silent(kind) {
            return 0;
        }
        let hash = self.hasher.hash(channel);
        let count = self.find_receivers(kind, hash, channel);
        if count == 0 {
            return 0;
        }
        if self.pubsub.messages.executing && self.topology.shards == 1 {
            let dropped = self.hand_out(kind, hash, channel, message);
            self.stats().output_limit_drops.add(dropped);
            return count;
        }
        let bytes = Bytes::from([channel, message].concat());
        let channel_len = channel.len() as u32;
        let cores = self.pubsub.messages.cores.clone();
        let origin = self.pubsub.messages.origin.unwrap_or(Dest::NOBODY);
        let pending = Pending { kind, hash, bytes, channel_len, cores, origin };
        if self.pubsub.messages.executing {
            self.pubsub.messages.pending.push(pending);
        } else {
            self.plan_pending(pending);
        }
        count
    }

    /// Publishes the last two arguments of a command.
    pub(crate) fn publish_call(&mut self, kind: Kind, call: &Call) -> i64 {
        if self.shared.pubsub.is_silent(kind) {
            return 0;
        }
        let bytes = source_bytes(&self.plan.chunks, &self.plan.shared, call.source);
        let args = crate::message::args_of(bytes, &self.plan.ranges, &call.piece(Dest::NOBODY));
        let hash = self.hasher.hash(args.arg(1));
        let cores = &mut self.pubsub.messages.cores;
        cores.clear();
        let count = self.shared.pubsub.receivers(kind, hash, args.arg(1), cores);
        if count > 0 {
            let piece = Piece { op: Op::Message(kind), hash, ..call.piece(Dest::NOBODY) };
            let id = call.id;
            let seq = conn_mut(&mut self.conns, id).map_or(call.seq, |conn| conn.reply_of(call));
            self.plan_message(piece, Dest::Conn { index: id.index, generation: id.generation, seq });
        }
        count as i64
    }

    /// Looks up which cores have receivers, and how many.
    fn find_receivers(&mut self, kind: Kind, hash: u64, channel: &[u8]) -> i64 {
        let cores = &mut self.pubsub.messages.cores;
        cores.clear();
        self.shared.pubsub.receivers(kind, hash, channel, cores) as i64
    }

    /// Plans a piece for each core with receivers. Its arguments are the last ranges of the plan.
    fn plan_message(&mut self, piece: Piece, origin: Dest) {
        for at in 0..self.pubsub.messages.cores.len() {
            let core = self.pubsub.messages.cores[at];
            if core != self.id {
                self.send_remote(core, piece);
            }
        }
        if self.pubsub.messages.cores.contains(&self.id) {
            self.plan.own.push(Piece { dest: origin, ..piece });
        }
    }

    /// Plans what was published while pieces were executed.
    #[cold]
    pub(crate) fn plan_pending_messages(&mut self) {
        let mut pending = std::mem::take(&mut self.pubsub.messages.pending);
        pending.drain(..).for_each(|pending| self.plan_pending(pending));
        self.pubsub.messages.pending = pending;
    }

    fn plan_pending(&mut self, pending: Pending) {
        let Pending { kind, hash, bytes, channel_len, mut cores, origin } = pending;
        let held_bytes = &mut self.pubsub.messages.held_bytes;
        let others = cores.iter().filter(|&&core| core != self.id).count();
        if *held_bytes > MESSAGES_HELD_MAX_BYTES {
            cores.retain(|&core| core == self.id);
        } else {
            *held_bytes += others * (bytes.len() + size_of::<Piece>());
        }
        let first_range = self.plan.own_ranges();
        self.plan.ranges.truncate(first_range as usize);
        let message_len = bytes.len() as u32 - channel_len;
        self.plan.ranges.push(ArgRange::new(0, channel_len));
        self.plan.ranges.push(ArgRange::new(channel_len, message_len));
        let source = Source::Shared(self.plan.shared.len() as u32);
        self.plan.shared.push(bytes);
        let piece = Piece {
            dest: Dest::NOBODY,
            op: Op::Message(kind),
            source,
            base: 0,
            first_range,
            argc: 2,
            hash,
            slot: 0,
            db: 0,
            resp3: false,
            no_touch: false,
            group: 0,
            parts: 0,
        };
        self.pubsub.messages.cores = cores;
        self.plan_message(piece, origin);
        let end = self.plan.own_ranges();
        self.plan.ranges.truncate(end as usize);
    }

    /// Hands out a message of this core's plan.
    pub(crate) fn run_own_message(&mut self, piece: &Piece, kind: Kind) {
        let Core { plan, pubsub, conns, dirty, hot, .. } = self;
        let (channel, message) = channel_and_message(plan.args(piece));
        let mut outputs = Outputs { conns, dirty, hot, origin: piece.dest, dropped: 0 };
        pubsub.hand_out(kind, piece.hash, channel, message, &mut outputs);
        let dropped = outputs.dropped;
        self.message_done(dropped);
    }

    /// Hands out a message of another core.
    pub(crate) fn run_message(&mut self, kind: Kind, hash: u64, args: Args<'_>) {
        let (channel, message) = channel_and_message(args);
        let dropped = self.hand_out(kind, hash, channel, message);
        self.message_done(dropped);
    }

    /// Gives a message to the receivers of this core. Returns how many clients were dropped for being too slow.
    fn hand_out(&mut self, kind: Kind, hash: u64, channel: &[u8], message: &[u8]) -> u64 {
        let Core { pubsub, conns, dirty, hot, .. } = self;
        let origin = pubsub.messages.origin.unwrap_or(Dest::NOBODY);
        let mut outputs = Outputs { conns, dirty, hot, origin, dropped: 0 };
        pubsub.hand_out(kind, hash, channel, message, &mut outputs);
        outputs.dropped
    }

    fn message_done(&mut self, dropped: u64) {
        // The command was counted when it was carried out; this is a part of it.
        self.stats().commands_processed.add(1u64.wrapping_neg());
        if dropped > 0 {
            self.stats().output_limit_drops.add(dropped);
        }
    }
}

/// The last two arguments.
fn channel_and_message(args: Args<'_>) -> (&[u8], &[u8]) {
    let at = args.len().saturating_sub(2);
    (args.arg(at), args.arg(at + 1))
}
