//! Who waits for keys of one shard, in order of arrival.
//!
//! ```text
//! key a:  [ 3 BLPOP a | 7 BLPOP a b ]     a queue for each key that somebody waits for, ordered by arrival
//! key b:  [ 7 BLPOP a b ]                 a waiter stands in the queues of all its keys that live here
//! ready:  [ b ]                           keys that have changed since their waiters were last looked at
//! ```

use std::collections::{BTreeMap, VecDeque};

use base::{ArgRange, Args};
use commands::CommandId;
use hashbrown::{Equivalent, HashMap};
use store::Kind;

use crate::locks::Slots;

/// A waiter, named uniquely over all cores: the core of its connection, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WaiterId {
    pub(crate) core: u16,
    pub(crate) number: u64,
}

/// A command that waits.
pub(crate) struct Waiter {
    pub(crate) id: WaiterId,
    pub(crate) command: CommandId,
    pub(crate) db: u16,
    pub(crate) resp3: bool,
    /// Its arguments.
    pub(crate) bytes: Vec<u8>,
    pub(crate) ranges: Vec<ArgRange>,
    /// The type of value that serves it.
    pub(crate) kind: Kind,
    /// It is tried too when a key has gone or has another type.
    pub(crate) without_key: bool,
    /// The keys of this shard that it waits for.
    pub(crate) keys: Vec<Box<[u8]>>,
    /// All keys that it touches, if they are all here.
    pub(crate) claims: Vec<Box<[u8]>>,
    /// All its keys are here: it is served here. Otherwise its core is told.
    pub(crate) alone: bool,
    /// It was tried since it came.
    pub(crate) tried: bool,
    /// It is about to be tried; whoever stands behind it waits for that.
    pub(crate) pending: bool,
    /// Ticks that trying it has taken.
    pub(crate) ticks: u64,
    /// Its place in the order of arrival.
    pub(crate) arrival: u64,
}

impl Waiter {
    fn is_untried(&self) -> bool {
        self.alone && !self.tried
    }

    pub(crate) fn args(&self) -> Args<'_> {
        Args::new(&self.bytes, &self.ranges)
    }
}

#[derive(PartialEq, Eq, Hash)]
struct Name {
    db: u16,
    name: Box<[u8]>,
}

#[derive(Hash)]
struct NameRef<'a> {
    db: u16,
    name: &'a [u8],
}

impl Equivalent<Name> for NameRef<'_> {
    fn equivalent(&self, key: &Name) -> bool {
        self.db == key.db && *self.name == *key.name
    }
}

/// The waiters of a key.
#[derive(Default)]
struct Queue {
    order: BTreeMap<u64, u32>,
    /// How many wait for a value of each type, as far as there are any.
    kinds: Vec<(Kind, u32)>,
    /// How many are to be tried without a key too.
    without_key: u32,
    /// How many are about to be tried.
    pending: u32,
    /// In the list of those that are ready, for the waiters that arrived after this.
    ready_after: Option<u64>,
}

impl Queue {
    fn count(&mut self, kind: Kind, change: i32) {
        let at = self.kinds.iter().position(|(other, _)| *other == kind).unwrap_or_else(|| {
            self.kinds.push((kind, 0));
            self.kinds.len() - 1
        });
        self.kinds[at].1 = self.kinds[at].1.saturating_add_signed(change);
    }
}

/// A key that is ready.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) db: u16,
    pub(crate) name: Box<[u8]>,
    /// The waiters that arrived after this are to be looked at.
    pub(crate) after: u64,
}

/// See the [module documentation](self).
#[derive(Default)]
pub(crate) struct Waiters {
    waiters: Slots<Waiter>,
    ids: HashMap<WaiterId, u32>,
    queues: HashMap<Name, Queue>,
    ready: VecDeque<(u16, Box<[u8]>)>,
    arrivals: u64,
    /// How many waiters are about to be tried.
    pending: usize,
    /// How many waiters that are served here were never tried, since somebody before them was about to be.
    untried: usize,
    /// Keys of which some waiter is to be tried without a key.
    without_key: usize,
}

impl Waiters {
    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// How many keys are waited for.
    pub(crate) fn keys(&self) -> usize {
        self.queues.len()
    }

    /// How many of them by somebody who is to be tried too when they have gone.
    pub(crate) fn keys_without_key(&self) -> usize {
        self.without_key
    }

    /// Whether any key is ready.
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Adds a waiter behind all others. Its keys must be different ones.
    pub(crate) fn add(&mut self, mut waiter: Waiter) {
        self.arrivals += 1;
        waiter.arrival = self.arrivals;
        waiter.pending = false;
        self.untried += usize::from(waiter.is_untried());
        let (id, db, kind, without_key) = (waiter.id, waiter.db, waiter.kind, waiter.without_key);
        let keys = waiter.keys.clone();
        let at = self.waiters.insert(waiter);
        self.ids.insert(id, at);
        for name in keys {
            let queue = self.queues.entry(Name { db, name }).or_default();
            queue.order.insert(self.arrivals, at);
            queue.count(kind, 1);
            queue.without_key += u32::from(without_key);
            self.without_key += usize::from(without_key && queue.without_key == 1);
        }
    }

    pub(crate) fn at(&self, id: WaiterId) -> Option<u32> {
        self.ids.get(&id).copied()
    }

    pub(crate) fn get(&self, at: u32) -> Option<&Waiter> {
        self.waiters.get(at)
    }

    pub(crate) fn get_mut(&mut self, at: u32) -> Option<&mut Waiter> {
        self.waiters.get_mut(at)
    }

    /// Removes a waiter. If others waited for it to be tried, they are looked at next.
    pub(crate) fn remove(&mut self, id: WaiterId) -> Option<Waiter> {
        let at = *self.ids.get(&id)?;
        self.set_pending(at, false);
        self.ids.remove(&id);
        let waiter = self.waiters.remove(at)?;
        self.untried -= usize::from(waiter.is_untried());
        for name in &waiter.keys {
            let named = NameRef { db: waiter.db, name };
            let Some(queue) = self.queues.get_mut(&named) else { continue };
            queue.order.remove(&waiter.arrival);
            queue.count(waiter.kind, -1);
            queue.without_key -= u32::from(waiter.without_key);
            self.without_key -= usize::from(waiter.without_key && queue.without_key == 0);
            if queue.order.is_empty() {
                self.queues.remove(&named);
            }
        }
        Some(waiter)
    }

    /// Notes that a waiter is about to be tried, or that this is over: then those behind it are looked at next.
    pub(crate) fn set_pending(&mut self, at: u32, pending: bool) {
        let Some(waiter) = self.waiters.get_mut(at) else { return };
        if waiter.pending == pending {
            return;
        }
        waiter.pending = pending;
        self.pending = if pending { self.pending + 1 } else { self.pending - 1 };
        let (db, arrival, keys) = (waiter.db, waiter.arrival, waiter.keys.clone());
        for name in keys {
            if let Some(queue) = self.queues.get_mut(&NameRef { db, name: &name }) {
                queue.pending = if pending { queue.pending + 1 } else { queue.pending - 1 };
            }
            if !pending {
                self.make_ready(db, &name, arrival);
                self.make_untried_ready(db, &name, arrival);
            }
        }
    }

    /// Who came while somebody before it was about to be tried may find what it waits for at another of its keys.
    fn make_untried_ready(&mut self, db: u16, name: &[u8], after: u64) {
        let Some(queue) = self.queues.get(&NameRef { db, name }).filter(|_| self.untried > 0) else { return };
        let behind = queue.order.range(after + 1..).filter_map(|(_, &at)| self.waiters.get(at));
        let untried = behind.filter(|waiter| waiter.is_untried());
        let keys: Vec<(Box<[u8]>, u64)> = untried
            .flat_map(|waiter| waiter.keys.iter().map(|name| (name.clone(), waiter.arrival - 1)))
            .collect();
        for (name, after) in keys {
            self.make_ready(db, &name, after);
        }
    }

    /// Notes that a waiter is tried.
    pub(crate) fn set_tried(&mut self, at: u32) {
        let Some(waiter) = self.waiters.get_mut(at) else { return };
        self.untried -= usize::from(waiter.is_untried());
        waiter.tried = true;
    }

    /// Whether anybody is about to be tried.
    pub(crate) fn has_pending(&self) -> bool {
        self.pending > 0
    }

    /// Whether somebody who waits for this key is about to be tried.
    pub(crate) fn is_pending(&self, db: u16, name: &[u8]) -> bool {
        self.queues.get(&NameRef { db, name }).is_some_and(|queue| queue.pending > 0)
    }

    /// A key has changed: its waiters that arrived after `after` are to be looked at.
    pub(crate) fn make_ready(&mut self, db: u16, name: &[u8], after: u64) {
        let Some(queue) = self.queues.get_mut(&NameRef { db, name }) else { return };
        match &mut queue.ready_after {
            Some(before) => *before = after.min(*before),
            None => {
                queue.ready_after = Some(after);
                self.ready.push_back((db, name.into()));
            }
        }
    }

    /// Takes the first key that is ready and that may be touched now.
    pub(crate) fn take_ready(&mut self, may_touch: impl Fn(&[u8]) -> bool) -> Option<Ready> {
        let mut at = 0;
        while let Some((db, name)) = self.ready.get(at) {
            let queue = self.queues.get_mut(&NameRef { db: *db, name });
            let Some(queue) = queue.filter(|queue| queue.ready_after.is_some()) else {
                // Nobody waits any more.
                self.ready.remove(at);
                continue;
            };
            if !may_touch(name) {
                at += 1;
                continue;
            }
            let after = queue.ready_after.take().unwrap_or(0);
            let (db, name) = self.ready.remove(at)?;
            return Some(Ready { db, name, after });
        }
        None
    }

    /// The next waiter of a key after an arrival.
    pub(crate) fn next(&self, db: u16, name: &[u8], after: u64) -> Option<u32> {
        let queue = self.queues.get(&NameRef { db, name })?;
        queue.order.range(after + 1..).next().map(|(_, &at)| at)
    }

    /// Whether anybody may be served by what a key holds now.
    pub(crate) fn wants(&self, db: u16, name: &[u8], kind: Option<Kind>) -> bool {
        let Some(queue) = self.queues.get(&NameRef { db, name }) else { return false };
        queue.without_key > 0 || queue.kinds.iter().any(|&(other, count)| count > 0 && Some(other) == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiter(number: u64, keys: &[&str], without_key: bool) -> Waiter {
        Waiter {
            id: WaiterId { core: 0, number },
            command: 0,
            db: 0,
            resp3: false,
            bytes: Vec::new(),
            ranges: Vec::new(),
            kind: Kind::List,
            without_key,
            keys: keys.iter().map(|key| key.as_bytes().into()).collect(),
            claims: Vec::new(),
            alone: true,
            tried: false,
            pending: false,
            ticks: 0,
            arrival: 0,
        }
    }

    fn number(waiters: &Waiters, name: &str, after: u64) -> Option<u64> {
        waiters.get(waiters.next(0, name.as_bytes(), after)?).map(|waiter| waiter.id.number)
    }

    #[test]
    fn who_was_never_tried_is_looked_at_with_all_its_keys() {
        let mut waiters = Waiters::default();
        waiters.add(waiter(1, &["b"], false));
        waiters.set_tried(0);
        waiters.set_pending(0, true);
        waiters.add(waiter(2, &["a", "b"], false));
        assert!(!waiters.has_ready());
        waiters.remove(WaiterId { core: 0, number: 1 });
        let mut ready = [waiters.take_ready(|_| true), waiters.take_ready(|_| true)].map(Option::unwrap);
        ready.sort_by(|one, other| one.name.cmp(&other.name));
        assert_eq!(ready.each_ref().map(|ready| (&*ready.name, ready.after)), [(&b"a"[..], 1), (b"b", 1)]);
        waiters.set_tried(1);
        waiters.remove(WaiterId { core: 0, number: 2 });
        assert_eq!(waiters.untried, 0);
    }

    #[test]
    fn in_order_of_arrival() {
        let mut waiters = Waiters::default();
        waiters.add(waiter(10, &["a"], false));
        waiters.add(waiter(11, &["a", "b"], true));
        waiters.add(waiter(12, &["b"], true));
        assert_eq!((waiters.keys(), waiters.keys_without_key()), (2, 2));
        assert_eq!(number(&waiters, "a", 0), Some(10));
        assert_eq!(number(&waiters, "a", 1), Some(11));
        assert_eq!(number(&waiters, "a", 2), None);
        assert_eq!(number(&waiters, "b", 0), Some(11));
        assert!(waiters.remove(WaiterId { core: 0, number: 11 }).is_some());
        assert!(waiters.remove(WaiterId { core: 0, number: 11 }).is_none());
        assert_eq!((waiters.keys(), waiters.keys_without_key()), (2, 1));
        assert_eq!(number(&waiters, "b", 0), Some(12));
        assert!(waiters.wants(0, b"a", Some(Kind::List)) && !waiters.wants(0, b"a", Some(Kind::Stream)));
        assert!(!waiters.wants(0, b"a", None) && waiters.wants(0, b"b", None));
        assert!(!waiters.wants(1, b"a", Some(Kind::List)));
    }

    #[test]
    fn keys_are_ready_once_and_when_they_may_be_touched() {
        let mut waiters = Waiters::default();
        waiters.add(waiter(1, &["a"], false));
        waiters.add(waiter(2, &["b"], false));
        for name in ["a", "nobody's", "b", "a"] {
            waiters.make_ready(0, name.as_bytes(), 0);
        }
        let ready = |name: &str, after| Some(Ready { db: 0, name: name.as_bytes().into(), after });
        assert_eq!(waiters.take_ready(|name| name != b"a"), ready("b", 0));
        assert_eq!(waiters.take_ready(|name| name != b"a"), None);
        assert!(waiters.has_ready());
        waiters.make_ready(0, b"a", 7);
        assert_eq!(waiters.take_ready(|_| true), ready("a", 0));
        assert_eq!(waiters.take_ready(|_| true), None);
        waiters.make_ready(0, b"a", 0);
        waiters.remove(WaiterId { core: 0, number: 1 });
        assert_eq!(waiters.take_ready(|_| true), None);
        assert!(!waiters.has_ready());
    }

    #[test]
    fn those_behind_one_who_was_tried_are_looked_at() {
        let mut waiters = Waiters::default();
        waiters.add(waiter(1, &["a", "b"], false));
        waiters.add(waiter(2, &["a"], false));
        let at = waiters.at(WaiterId { core: 0, number: 1 }).unwrap();
        waiters.set_pending(at, true);
        assert!(waiters.is_pending(0, b"a") && waiters.is_pending(0, b"b") && !waiters.is_pending(1, b"a"));
        waiters.remove(WaiterId { core: 0, number: 1 });
        assert!(!waiters.is_pending(0, b"a"));
        assert_eq!(waiters.take_ready(|_| true).map(|ready| ready.after), Some(1));
        assert_eq!(waiters.take_ready(|_| true), None);
    }
}
