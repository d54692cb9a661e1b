//! Consumer groups: what was delivered to whom and is not acknowledged yet.
//!
//! A pending entry is in the group's log with its state, and its id in the log of the consumer that owns it. A group
//! refers to consumers by number, which stays the same while the consumer exists.

use super::StreamId;
use crate::blocks::heap_bytes;
use crate::sorted::SortedLog;

/// An entry that was delivered and not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The number of the consumer that owns it; `None` if nobody does any more.
    pub consumer: Option<u32>,
    /// When it was delivered last, in ms since 1970.
    pub delivered_ms: i64,
    /// How often it was delivered.
    pub count: u64,
}

/// A consumer of a group.
#[derive(Clone, Debug)]
pub struct Consumer {
    name: Box<[u8]>,
    /// When it tried to read or claim anything last, in ms since 1970.
    pub seen_ms: i64,
    /// When it got anything last; -1 if never.
    pub active_ms: i64,
    pending: SortedLog<StreamId, ()>,
}

impl Consumer {
    /// The name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// How many entries it has pending. O(1).
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The ids of its pending entries from one on, in order.
    pub fn pending_from(&self, from: StreamId) -> impl Iterator<Item = StreamId> {
        self.pending.iter_from(from).map(|(id, ())| id)
    }

    fn heap_bytes(&self) -> usize {
        heap_bytes(self.name.len()) + self.pending.memory_bytes()
    }
}

/// A consumer group.
#[derive(Clone, Debug)]
pub struct Group {
    name: Box<[u8]>,
    last_id: StreamId,
    entries_read: Option<u64>,
    pending: SortedLog<StreamId, Pending>,
    /// The pending entries by the time of their last delivery, from when somebody first asks for them in that order.
    by_time: Option<SortedLog<(i64, StreamId), ()>>,
    consumers: Vec<Option<Consumer>>,
    /// The numbers of the consumers, by name.
    by_name: Vec<u32>,
    /// Heap bytes that the consumers hold.
    consumer_bytes: usize,
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        let owner = |group: &Self, pending: &Pending| {
            pending.consumer.and_then(|number| group.consumer(number)).map(|consumer| consumer.name.clone())
        };
        let pending = |group: &'_ Self| -> Vec<_> {
            let state = |(id, at): (_, &Pending)| (id, owner(group, at), at.delivered_ms, at.count);
            group.pending.iter().map(state).collect()
        };
        let consumers = |group: &'_ Self| -> Vec<_> {
            group.consumers().map(|(_, at)| (at.name.clone(), at.seen_ms, at.active_ms)).collect()
        };
        (&self.name, self.last_id, self.entries_read) == (&other.name, other.last_id, other.entries_read)
            && pending(self) == pending(other)
            && consumers(self) == consumers(other)
    }
}

impl Eq for Group {}

impl Group {
    fn new(name: &[u8], last_id: StreamId, entries_read: Option<u64>) -> Self {
        Group {
            name: name.into(),
            last_id,
            entries_read,
            pending: SortedLog::default(),
            by_time: None,
            consumers: Vec::new(),
            by_name: Vec::new(),
            consumer_bytes: 0,
        }
    }

    /// The name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The greatest id that was delivered.
    pub fn last_id(&self) -> StreamId {
        self.last_id
    }

    /// How many entries of the stream were ever delivered; `None` if nobody knows.
    pub fn entries_read(&self) -> Option<u64> {
        self.entries_read
    }

    /// Sets the greatest id that was delivered, and how many were.
    pub fn set_last_id(&mut self, id: StreamId, entries_read: Option<u64>) {
        self.last_id = id;
        self.entries_read = entries_read;
    }

    /// The pending entries by id.
    pub fn pending(&self) -> &SortedLog<StreamId, Pending> {
        &self.pending
    }

    /// The pending entries delivered no later than `until_ms`, the one delivered first being the first. The first call
    /// costs O(pending entries), and changes of them cost more from then on.
    pub fn pending_by_time(&mut self, until_ms: i64) -> impl Iterator<Item = StreamId> {
        let pending = &self.pending;
        let by_time = self.by_time.get_or_insert_with(|| {
            let mut all: Vec<_> = pending.iter().map(|(id, state)| (state.delivered_ms, id)).collect();
            all.sort_unstable();
            let mut by_time = SortedLog::default();
            all.into_iter().for_each(|key| _ = by_time.insert(key, ()));
            by_time
        });
        by_time.iter().map(|(key, ())| key).take_while(move |(ms, _)| *ms <= until_ms).map(|(_, id)| id)
    }

    /// Notes that a pending entry was delivered again to its owner. Returns whether there is one.
    pub fn deliver_again(&mut self, id: StreamId, now_ms: i64) -> bool {
        let Some(state) = self.pending.get_mut(id) else { return false };
        let before = std::mem::replace(&mut state.delivered_ms, now_ms);
        state.count = state.count.wrapping_add(1);
        self.move_in_time(id, Some(before), Some(now_ms));
        true
    }

    /// Keeps the order by time.
    fn move_in_time(&mut self, id: StreamId, before: Option<i64>, after: Option<i64>) {
        let Some(by_time) = self.by_time.as_mut().filter(|_| before != after) else { return };
        if let Some(ms) = before {
            by_time.remove((ms, id));
        }
        if let Some(ms) = after {
            by_time.insert((ms, id), ());
        }
    }

    /// The number of consumers.
    pub fn consumers_len(&self) -> usize {
        self.by_name.len()
    }

    /// The consumers with their numbers, in the order of names.
    pub fn consumers(&self) -> impl Iterator<Item = (u32, &Consumer)> {
        self.by_name.iter().filter_map(|&number| Some((number, self.consumer(number)?)))
    }

    /// The consumer with a number.
    #[inline]
    pub fn consumer(&self, number: u32) -> Option<&Consumer> {
        self.consumers.get(number as usize)?.as_ref()
    }

    /// The consumer with a number, to note when it was there.
    #[inline]
    pub fn consumer_mut(&mut self, number: u32) -> Option<&mut Consumer> {
        self.consumers.get_mut(number as usize)?.as_mut()
    }

    /// The number of the consumer with a name. O(log consumers).
    pub fn find_consumer(&self, name: &[u8]) -> Option<u32> {
        self.search(name).ok().and_then(|at| self.by_name.get(at).copied())
    }

    /// Makes a consumer that is not there yet. Returns its number.
    pub fn add_consumer(&mut self, name: &[u8], now_ms: i64) -> u32 {
        let at = match self.search(name) {
            Ok(at) => return self.by_name[at],
            Err(at) => at,
        };
        let consumer =
            Consumer { name: name.into(), seen_ms: now_ms, active_ms: -1, pending: SortedLog::default() };
        self.consumer_bytes += consumer.heap_bytes();
        let number = match self.consumers.iter().position(Option::is_none) {
            Some(free) if self.by_name.len() < self.consumers.len() => {
                self.consumers[free] = Some(consumer);
                free as u32
            }
            _ => {
                self.consumers.push(Some(consumer));
                self.consumers.len() as u32 - 1
            }
        };
        self.by_name.insert(at, number);
        number
    }

    /// Removes a consumer with its pending entries. Returns how many these were. O(pending entries of the consumer).
    pub fn remove_consumer(&mut self, number: u32) -> usize {
        let Some(consumer) = self.consumers.get_mut(number as usize).and_then(Option::take) else { return 0 };
        self.consumer_bytes -= consumer.heap_bytes();
        self.by_name.retain(|&other| other != number);
        for (id, ()) in consumer.pending.iter() {
            let state = self.pending.remove(id);
            self.move_in_time(id, state.map(|state| state.delivered_ms), None);
        }
        consumer.pending.len()
    }

    /// Sets who a pending entry belongs to, when it was delivered and how often; makes it pending if it is not.
    pub fn assign(&mut self, id: StreamId, state: Pending) {
        let former = self.pending.insert(id, state);
        self.move_in_time(id, former.map(|former| former.delivered_ms), Some(state.delivered_ms));
        let former = former.and_then(|former| former.consumer);
        if former == state.consumer {
            return;
        }
        if let Some(former) = former {
            self.edit_consumer(former, |consumer| _ = consumer.pending.remove(id));
        }
        if let Some(owner) = state.consumer {
            self.edit_consumer(owner, |consumer| _ = consumer.pending.insert(id, ()));
        }
    }

    /// Makes an entry pending no more. Returns whether it was.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(state) = self.pending.remove(id) else { return false };
        self.move_in_time(id, Some(state.delivered_ms), None);
        if let Some(owner) = state.consumer {
            self.edit_consumer(owner, |consumer| _ = consumer.pending.remove(id));
        }
        true
    }

    fn edit_consumer(&mut self, number: u32, change: impl FnOnce(&mut Consumer)) {
        let Some(Some(consumer)) = self.consumers.get_mut(number as usize) else { return };
        let before = consumer.heap_bytes();
        change(consumer);
        self.consumer_bytes = self.consumer_bytes + consumer.heap_bytes() - before;
    }

    fn search(&self, name: &[u8]) -> Result<usize, usize> {
        let name_of = |number: &u32| self.consumer(*number).map_or(&[][..], Consumer::name);
        self.by_name.binary_search_by(|number| name_of(number).cmp(name))
    }

    fn heap_bytes(&self) -> usize {
        heap_bytes(self.name.len())
            + self.pending.memory_bytes()
            + self.by_time.as_ref().map_or(0, SortedLog::memory_bytes)
            + self.consumer_bytes
            + heap_bytes(self.consumers.capacity() * size_of::<Option<Consumer>>())
            + heap_bytes(self.by_name.capacity() * size_of::<u32>())
    }

    fn free_some(&mut self, pieces_max: usize) -> bool {
        let by_time = self.by_time.as_mut().is_none_or(|by_time| by_time.free_some(pieces_max));
        if !by_time || !self.pending.free_some(pieces_max) {
            return false;
        }
        for _ in 0..pieces_max {
            let Some(last) = self.consumers.last_mut() else { return true };
            if let Some(consumer) = last {
                let before = consumer.heap_bytes();
                let done = consumer.pending.free_some(pieces_max);
                self.consumer_bytes = self.consumer_bytes + consumer.heap_bytes() - before;
                if !done {
                    return false;
                }
                self.consumer_bytes -= consumer.heap_bytes();
            }
            self.consumers.pop();
        }
        false
    }
}

/// The groups of a stream, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::vec_box, reason = "moving a group within the vector would move two hundred bytes")]
pub struct Groups {
    groups: Vec<Box<Group>>,
    /// Heap bytes that the groups hold, without their boxes.
    group_bytes: usize,
}

impl Groups {
    /// The number of groups.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Heap bytes. O(1).
    pub fn memory_bytes(&self) -> usize {
        let boxes = self.groups.len() * heap_bytes(size_of::<Group>());
        self.group_bytes + boxes + heap_bytes(self.groups.capacity() * size_of::<Box<Group>>())
    }

    /// The groups in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().map(|group| &**group)
    }

    /// The group with a name. O(log groups).
    pub fn get(&self, name: &[u8]) -> Option<&Group> {
        let at = self.search(name).ok()?;
        self.groups.get(at).map(|group| &**group)
    }

    /// Changes the group with a name, if there is one.
    pub fn edit<R>(&mut self, name: &[u8], change: impl FnOnce(&mut Group) -> R) -> Option<R> {
        let at = self.search(name).ok()?;
        let group = self.groups.get_mut(at)?;
        let before = group.heap_bytes();
        let result = change(group);
        self.group_bytes = self.group_bytes + group.heap_bytes() - before;
        Some(result)
    }

    /// Makes a group. Returns false if there is one with this name.
    pub fn add(&mut self, name: &[u8], last_id: StreamId, entries_read: Option<u64>) -> bool {
        let Err(at) = self.search(name) else { return false };
        let group = Box::new(Group::new(name, last_id, entries_read));
        self.group_bytes += group.heap_bytes();
        self.groups.insert(at, group);
        true
    }

    /// Moves a group to `to`, which has none. Returns whether there was one.
    pub(super) fn take(&mut self, name: &[u8], to: &mut Groups) -> bool {
        let Ok(at) = self.search(name) else { return false };
        let group = self.groups.remove(at);
        self.group_bytes -= group.heap_bytes();
        to.group_bytes += group.heap_bytes();
        to.groups.push(group);
        true
    }

    /// Makes all groups forget a pending entry.
    pub(super) fn forget(&mut self, id: StreamId) {
        for group in &mut self.groups {
            let before = group.heap_bytes();
            if group.acknowledge(id) {
                self.group_bytes = self.group_bytes + group.heap_bytes() - before;
            }
        }
    }

    pub(super) fn free_some(&mut self, pieces_max: usize) -> bool {
        let Some(group) = self.groups.last_mut() else { return true };
        let before = group.heap_bytes();
        let done = group.free_some(pieces_max);
        self.group_bytes = self.group_bytes + group.heap_bytes() - before;
        if done {
            self.group_bytes -= group.heap_bytes();
            self.groups.pop();
        }
        self.groups.is_empty()
    }

    fn search(&self, name: &[u8]) -> Result<usize, usize> {
        self.groups.binary_search_by(|group| (*group.name).cmp(name))
    }
}

#[cfg(test)]
impl Groups {
    /// What [`Groups::memory_bytes`] must say, by a count of everything.
    pub(super) fn counted_bytes(&self) -> usize {
        let of_group = |group: &Group| {
            let consumers: usize = group.consumers.iter().flatten().map(Consumer::heap_bytes).sum();
            assert_eq!(consumers, group.consumer_bytes);
            group.heap_bytes() + heap_bytes(size_of::<Group>())
        };
        self.iter().map(of_group).sum::<usize>()
            + heap_bytes(self.groups.capacity() * size_of::<Box<Group>>())
    }
}
