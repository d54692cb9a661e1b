//! Publish and subscribe: who listens to which channel and pattern, and how messages reach them.
//!
//! ```text
//! SUBSCRIBE c   topics of the core: c ─► connection          registry of all cores: c ─► this core has one more
//! PUBLISH c m   registry: which cores have receivers, and how many ─► reply
//!               one piece `Message` for each of those cores, in the publish of the turn
//!                 core: topic c ─► encoded once ─► output of each subscriber
//! ```
//!
//! So a core without receivers is not visited, messages reach all cores in one order (B1), those of one publisher in the order
//! in which it sent them, and whoever reads what a message tells of finds it (the message is published with or after it). A
//! subscription takes effect at its core and in the registry at once, and its confirmation is written before any message.
//!
//! A message that is published while a subscription ends at another core may find the subscriber gone though it was counted,
//! as one that Redis wrote to a connection that is closing.
//!
//! Messages stand between replies of their connection: behind the confirmation of the subscription, behind the reply to the
//! very command that published them, and otherwise before replies that are still to come ([`crate::conn::Conn::push`]).

mod messages;
mod notify;
mod registry;
mod topics;

use std::sync::Arc;

use base::conn::ConnId;
use base::limits::SUBSCRIPTIONS_MAX_BYTES;
use bus::Wake;
use resp::Reply;

pub(crate) use messages::Messages;
pub(crate) use notify::{classes_of, mask_of};
pub(crate) use registry::Registry;
pub(crate) use topics::Subscriptions;
use topics::{Place, Topics};

use crate::core::{Core, conn_mut};

/// What a subscription takes beside its name, about: both of its places, and its part of the tables.
const SUBSCRIPTION_BYTES: usize = 128;

/// Subscriptions of a closed connection that end in one turn: some ten microseconds.
const LEAVE_SLICE: usize = 256;

/// What a subscription is to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A channel.
    Channel,
    /// All channels that match a pattern.
    Pattern,
    /// A channel of SPUBLISH.
    ShardChannel,
}

/// How many kinds there are.
const KINDS: usize = 3;
const ALL_KINDS: [Kind; KINDS] = [Kind::Channel, Kind::Pattern, Kind::ShardChannel];

impl Kind {
    /// The word in confirmations.
    fn word(self, subscribed: bool) -> &'static [u8] {
        match (self, subscribed) {
            (Kind::Channel, true) => b"subscribe",
            (Kind::Channel, false) => b"unsubscribe",
            (Kind::Pattern, true) => b"psubscribe",
            (Kind::Pattern, false) => b"punsubscribe",
            (Kind::ShardChannel, true) => b"ssubscribe",
            (Kind::ShardChannel, false) => b"sunsubscribe",
        }
    }
}

/// The subscriptions of a connection that is closed, as far as they have not ended.
struct Leaving {
    id: ConnId,
    lists: [Vec<Place>; KINDS],
}

/// A core's part of it.
#[derive(Default)]
pub(crate) struct PubSub {
    /// By kind.
    topics: [Topics; KINDS],
    leaving: Vec<Leaving>,
    /// What all subscriptions take, with their names.
    bytes: usize,
    pub(crate) messages: Messages,
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Subscribes a connection to names, and writes the confirmations. Messages come behind the reply `after`.
    pub(crate) fn subscribe_to(
        &mut self,
        id: ConnId,
        kind: Kind,
        names: &[Arc<[u8]>],
        after: u32,
        reply: &mut Reply<'_>,
    ) {
        self.settle_messages();
        for name in names {
            let hash = self.hasher.hash(name);
            let Some(conn) = conn_mut(&mut self.conns, id) else { return };
            let was_subscribed = conn.subscriptions.is_some();
            if self.pubsub.topics[kind as usize].subscribe(kind, conn, hash, name, after) {
                self.pubsub.bytes += SUBSCRIPTION_BYTES + name.len();
                self.shared.pubsub.add(kind, self.id, hash, name);
            }
            if !was_subscribed {
                conn.look_at_state();
                self.shared.stats[usize::from(self.id)].pubsub_clients.add(1);
            }
            write_confirmation(kind, true, Some(name), counted(conn.subscriptions.as_deref(), kind), reply);
        }
    }

    /// Ends subscriptions of a connection, all of the kind if no names are given, and writes the confirmations.
    pub(crate) fn unsubscribe_from(
        &mut self,
        id: ConnId,
        kind: Kind,
        names: &[Arc<[u8]>],
        reply: &mut Reply<'_>,
    ) {
        self.settle_messages();
        if names.is_empty() {
            self.unsubscribe_all(id, kind, Some(reply));
        }
        for name in names {
            let hash = self.hasher.hash(name);
            if self.pubsub.topics[kind as usize].unsubscribe(kind, &mut self.conns, id, hash, name) {
                self.subscription_ended(kind, hash, name);
            }
            let Some(conn) = conn_mut(&mut self.conns, id) else { return };
            write_confirmation(kind, false, Some(name), counted(conn.subscriptions.as_deref(), kind), reply);
        }
        self.look_at_subscriptions(id);
    }

    /// Whether there is room for subscriptions to these names.
    pub(crate) fn has_room_for(&self, names: &[Arc<[u8]>]) -> bool {
        let bytes: usize = names.iter().map(|name| SUBSCRIPTION_BYTES + name.len()).sum();
        self.pubsub.bytes.saturating_add(bytes) <= SUBSCRIPTIONS_MAX_BYTES
    }

    /// A subscription has ended here: the other cores are to know.
    fn subscription_ended(&mut self, kind: Kind, hash: u64, name: &[u8]) {
        self.pubsub.bytes -= SUBSCRIPTION_BYTES + name.len();
        self.shared.pubsub.remove(kind, self.id, hash, name);
    }

    /// Ends all subscriptions of a kind.
    fn unsubscribe_all(&mut self, id: ConnId, kind: Kind, mut reply: Option<&mut Reply<'_>>) {
        let Some(conn) = conn_mut(&mut self.conns, id) else { return };
        let list = conn.subscriptions.as_deref_mut().map(|all| all.take(kind)).unwrap_or_default();
        let others = counted(conn.subscriptions.as_deref(), kind);
        if let (true, Some(reply)) = (list.is_empty(), reply.as_deref_mut()) {
            write_confirmation(kind, false, None, others, reply);
        }
        let mut left = others + list.len();
        for place in list {
            let Some((name, hash)) =
                self.pubsub.topics[kind as usize].leave(kind, &mut self.conns, id, place)
            else {
                continue;
            };
            self.subscription_ended(kind, hash, &name);
            left -= 1;
            if let Some(subscriptions) =
                conn_mut(&mut self.conns, id).and_then(|conn| conn.subscriptions.as_deref_mut())
            {
                subscriptions.forget_name(&name);
            }
            if let Some(reply) = reply.as_deref_mut() {
                write_confirmation(kind, false, Some(&name), left, reply);
            }
        }
    }

    /// Ends all subscriptions of a connection without a word (RESET).
    pub(crate) fn unsubscribe_silently(&mut self, id: ConnId) {
        if conn_mut(&mut self.conns, id).is_some_and(|conn| conn.subscriptions.is_some()) {
            self.settle_messages();
            ALL_KINDS.into_iter().for_each(|kind| self.unsubscribe_all(id, kind, None));
            self.look_at_subscriptions(id);
        }
    }

    /// A connection without subscriptions is an ordinary one again.
    fn look_at_subscriptions(&mut self, id: ConnId) {
        let Some(conn) = conn_mut(&mut self.conns, id) else { return };
        if conn.subscriptions.as_ref().is_some_and(|subscriptions| subscriptions.is_empty()) {
            conn.subscriptions = None;
            conn.look_at_state();
            self.stats().pubsub_clients.add(1u64.wrapping_neg());
        }
    }

    /// A connection is gone: its subscriptions end, in slices.
    pub(crate) fn leave_all(&mut self, id: ConnId, subscriptions: &mut Subscriptions) {
        self.stats().pubsub_clients.add(1u64.wrapping_neg());
        let lists = ALL_KINDS.map(|kind| subscriptions.take(kind));
        self.pubsub.leaving.push(Leaving { id, lists });
        self.leave_some();
    }

    /// Ends some subscriptions of closed connections.
    #[cold]
    fn leave_some(&mut self) {
        let mut left = LEAVE_SLICE;
        while let Some(leaving) = self.pubsub.leaving.last_mut() {
            let id = leaving.id;
            let next =
                ALL_KINDS.into_iter().find_map(|kind| Some((kind, leaving.lists[kind as usize].pop()?)));
            let Some((kind, place)) = next else {
                self.pubsub.leaving.pop();
                continue;
            };
            let topics = &mut self.pubsub.topics[kind as usize];
            if let Some((name, hash)) = topics.leave(kind, &mut self.conns, id, place) {
                self.subscription_ended(kind, hash, &name);
            }
            left -= 1;
            if left == 0 {
                return;
            }
        }
    }

    /// Whether subscriptions of closed connections are still to end.
    #[inline]
    pub(crate) fn is_leaving(&self) -> bool {
        !self.pubsub.leaving.is_empty()
    }

    /// The part of a turn that belongs to closed connections.
    #[inline]
    pub(crate) fn go_on_leaving(&mut self) {
        if self.is_leaving() {
            self.leave_some();
        }
    }

    /// Hands out the messages that were published before, here or by other cores: who subscribes or unsubscribes now, or asks
    /// for a sign of life, does so behind them. While commands are parsed there is credit for a publish, so it is possible; where it may have taken the last
    /// one, no further command of this kind is begun ([`Core::command`]).
    pub(crate) fn settle_messages(&mut self) {
        self.pubsub.messages.settled = true;
        self.flush();
    }
}

/// The number that a confirmation shows.
fn counted(subscriptions: Option<&Subscriptions>, kind: Kind) -> usize {
    subscriptions.map_or(0, |subscriptions| match kind {
        Kind::ShardChannel => subscriptions.count(kind),
        _ => subscriptions.count(Kind::Channel) + subscriptions.count(Kind::Pattern),
    })
}

fn write_confirmation(
    kind: Kind,
    subscribed: bool,
    name: Option<&[u8]>,
    count: usize,
    reply: &mut Reply<'_>,
) {
    reply.push(3);
    reply.bulk(kind.word(subscribed));
    match name {
        Some(name) => reply.bulk(name),
        None => reply.null(),
    }
    reply.int(count as i64);
}

#[cfg(test)]
#[path = "pubsub/pubsub_tests.rs"]
mod pubsub_tests;

#[cfg(test)]
#[path = "pubsub/notify_tests.rs"]
mod notify_tests;
