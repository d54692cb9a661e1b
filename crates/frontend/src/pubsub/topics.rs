//! The subscribers of a core: for each name, its connections; for each connection, its names.
//!
//! ```text
//! Topic        name, subscribers  [ connection, place in its list ] …
//!                                        │ ▲
//!                                        ▼ │
//! connection   lists of places    [ topic, place among its subscribers ] …
//! ```
//!
//! Each side knows the place of its counterpart on the other, so that a subscription ends in constant time however many there
//! are on either side.

use std::sync::Arc;

use base::conn::ConnId;
use hashbrown::HashTable;

use super::{KINDS, Kind};
use crate::conn::Conn;
use crate::core::conn_mut;
use crate::locks::Slots;

/// A connection that is subscribed to a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subscriber {
    pub(super) id: ConnId,
    /// The number of the reply that confirms the subscription: messages come behind it.
    pub(super) after: u32,
    /// Its place in the connection's list.
    place: u32,
}

/// A name with subscribers.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: Arc<[u8]>,
    pub(super) hash: u64,
    pub(super) subscribers: Vec<Subscriber>,
}

/// A subscription, as its connection knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    topic: u32,
    /// Its place among the subscribers of the topic.
    at: u32,
}

/// The subscriptions of a connection, by kind. A connection without any has none of these.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    lists: [Vec<Place>; KINDS],
    /// Bytes of the names.
    name_bytes: usize,
}

impl Subscriptions {
    /// How many there are of a kind.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.lists[kind as usize].len()
    }

    /// Takes all of a kind out, oldest first unless some have ended meanwhile.
    pub(super) fn take(&mut self, kind: Kind) -> Vec<Place> {
        std::mem::take(&mut self.lists[kind as usize])
    }

    /// Forgets the bytes of a name.
    pub(super) fn forget_name(&mut self, name: &[u8]) {
        self.name_bytes -= name.len();
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.lists.iter().all(Vec::is_empty)
    }

    /// Bytes that they take.
    pub(crate) fn memory_bytes(&self) -> usize {
        let places: usize = self.lists.iter().map(Vec::capacity).sum();
        let each = size_of::<Place>() + size_of::<Subscriber>();
        size_of::<Self>() + places * each + self.name_bytes
    }
}

/// The names of one kind.
#[derive(Default)]
pub(super) struct Topics {
    index: HashTable<u32>,
    pub(super) topics: Slots<Topic>,
}

impl Topics {
    /// The topic of a name.
    #[inline]
    pub(super) fn find(&self, hash: u64, name: &[u8]) -> Option<u32> {
        let is = |&at: &u32| self.topics.get(at).is_some_and(|topic| *topic.name == *name);
        self.index.find(hash, is).copied()
    }

    /// The topic of a name, new if need be.
    fn find_or_insert(&mut self, hash: u64, name: &Arc<[u8]>) -> u32 {
        if let Some(at) = self.find(hash, name) {
            return at;
        }
        let at = self.topics.insert(Topic { name: Arc::clone(name), hash, subscribers: Vec::new() });
        let topics = &self.topics;
        self.index.insert_unique(hash, at, |&at| topics.get(at).map_or(0, |topic| topic.hash));
        at
    }

    /// Forgets a topic without subscribers.
    fn remove(&mut self, at: u32) {
        let Some(topic) = self.topics.remove(at) else { return };
        if let Ok(entry) = self.index.find_entry(topic.hash, |&other| other == at) {
            entry.remove();
        }
        if self.index.len() < self.index.capacity() / 4 {
            let topics = &self.topics;
            self.index.shrink_to_fit(|&at| topics.get(at).map_or(0, |topic| topic.hash));
        }
    }

    /// Where a connection's subscription to a topic is in its list. Looks through the shorter side.
    fn place_of(&self, at: u32, id: ConnId, list: &[Place]) -> Option<usize> {
        let topic = self.topics.get(at)?;
        if topic.subscribers.len() <= list.len() {
            let subscriber = topic.subscribers.iter().find(|subscriber| subscriber.id == id)?;
            return Some(subscriber.place as usize);
        }
        list.iter().position(|place| place.topic == at)
    }

    /// Subscribes a connection. False if it was subscribed before.
    pub(super) fn subscribe(
        &mut self,
        kind: Kind,
        conn: &mut Conn,
        hash: u64,
        name: &Arc<[u8]>,
        after: u32,
    ) -> bool {
        let at = self.find_or_insert(hash, name);
        let subscriptions = conn.subscriptions.get_or_insert_default();
        let list = &mut subscriptions.lists[kind as usize];
        if self.place_of(at, conn.id, list).is_some() {
            return false;
        }
        let Some(topic) = self.topics.get_mut(at) else { return false };
        list.push(Place { topic: at, at: topic.subscribers.len() as u32 });
        topic.subscribers.push(Subscriber { id: conn.id, after, place: (list.len() - 1) as u32 });
        subscriptions.name_bytes += name.len();
        true
    }

    /// Ends a connection's subscription to a name. False if there is none.
    pub(super) fn unsubscribe(
        &mut self,
        kind: Kind,
        conns: &mut [Option<Conn>],
        id: ConnId,
        hash: u64,
        name: &[u8],
    ) -> bool {
        let Some(at) = self.find(hash, name) else { return false };
        let Some(subscriptions) = conn_mut(conns, id).and_then(|conn| conn.subscriptions.as_deref_mut())
        else {
            return false;
        };
        let list = &mut subscriptions.lists[kind as usize];
        let Some(place) = self.place_of(at, id, list) else { return false };
        subscriptions.name_bytes -= name.len();
        let removed = list.swap_remove(place);
        // What has taken its place in the list is told so.
        if let Some(moved) = list.get(place)
            && let Some(topic) = self.topics.get_mut(moved.topic)
            && let Some(subscriber) = topic.subscribers.get_mut(moved.at as usize)
        {
            subscriber.place = place as u32;
        }
        self.leave(kind, conns, id, removed).is_some()
    }

    /// Takes a subscriber off its topic, which its connection's list has forgotten. Returns the topic's name and hash.
    pub(super) fn leave(
        &mut self,
        kind: Kind,
        conns: &mut [Option<Conn>],
        id: ConnId,
        place: Place,
    ) -> Option<(Arc<[u8]>, u64)> {
        let topic = self.topics.get_mut(place.topic)?;
        let (name, hash) = (Arc::clone(&topic.name), topic.hash);
        let is_own = |subscriber: &Subscriber| subscriber.id == id;
        // A connection that is gone was not told when its place changed.
        let at = match topic.subscribers.get(place.at as usize) {
            Some(subscriber) if is_own(subscriber) => place.at as usize,
            _ => topic.subscribers.iter().position(is_own)?,
        };
        topic.subscribers.swap_remove(at);
        if let Some(moved) = topic.subscribers.get(at)
            && let Some(conn) = conn_mut(conns, moved.id)
            && let Some(subscriptions) = conn.subscriptions.as_deref_mut()
            && let Some(place) = subscriptions.lists[kind as usize].get_mut(moved.place as usize)
        {
            place.at = at as u32;
        }
        if topic.subscribers.is_empty() {
            self.remove(place.topic);
        }
        Some((name, hash))
    }
}
