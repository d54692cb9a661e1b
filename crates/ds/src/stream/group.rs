//! Consumer groups: what was delivered to whom and is not acknowledged yet.
//!
//! A pending entry is in the group's log with its state, and its id in the log of the consumer that owns it. A group
//! refers to consumers by number, which stays the same while the consumer exists.
//!
//! ```text
//!   Groups ─► group ─┬─► pending entries                          ([`crate::sorted`])
//!     by name        └─► consumers, 128 each by number ─► consumer ─► ids of its pending entries
//! ```
//!
//! Groups can be shared: that costs a count a group; the first change of one afterwards a count for every 128 consumers, the first
//! of such consumers a count or two for each of them.

mod consumers;

use super::StreamId;
use crate::blocks::heap_bytes;
use crate::share::{Share, Shared, Slab};
use crate::sorted::{Fixed, SortedLog};
pub use consumers::Consumer;
use consumers::Consumers;

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

/// The number of a consumer that is none.
const NOBODY: u32 = u32::MAX;

impl Fixed for Pending {
    const BYTES: usize = 20;

    #[inline(always)]
    fn write_to(self, bytes: &mut [u8]) {
        let mut record = [0; Self::BYTES];
        record[..8].copy_from_slice(&self.delivered_ms.to_le_bytes());
        record[8..16].copy_from_slice(&self.count.to_le_bytes());
        record[16..].copy_from_slice(&self.consumer.unwrap_or(NOBODY).to_le_bytes());
        if let Some(target) = bytes.first_chunk_mut() {
            *target = record;
        }
    }

    #[inline(always)]
    fn read_from(bytes: &[u8]) -> Self {
        let consumer =
            bytes.get(16..).and_then(<[u8]>::first_chunk).map_or(NOBODY, |at| u32::from_le_bytes(*at));
        Pending {
            consumer: (consumer != NOBODY).then_some(consumer),
            delivered_ms: u64::read_from(bytes) as i64,
            count: u64::read_from(bytes.get(8..).unwrap_or_default()),
        }
    }
}

/// A consumer group.
#[derive(Clone, Debug)]
pub struct Group {
    name: Slab,
    last_id: StreamId,
    entries_read: Option<u64>,
    pending: SortedLog<StreamId, Pending>,
    /// The pending entries by the time of their last delivery, from when somebody first asks for them in that order.
    by_time: Option<SortedLog<(i64, StreamId), ()>>,
    /// How many of the pending entries belong to nobody.
    unowned: usize,
    consumers: Consumers,
}

impl Share for Group {
    fn share(&self) -> Self {
        Group {
            name: self.name.share(),
            pending: self.pending.share(),
            by_time: self.by_time.as_ref().map(Share::share),
            consumers: self.consumers.share(),
            ..*self
        }
    }

    fn give_up(&mut self) {
        self.name.give_up();
        self.pending.give_up();
        if let Some(by_time) = &mut self.by_time {
            by_time.give_up();
        }
        self.consumers.give_up();
    }
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        let owner = |group: &Self, pending: Pending| {
            pending
                .consumer
                .and_then(|number| group.consumer(number))
                .map(|consumer| consumer.name().to_vec())
        };
        let pending = |group: &'_ Self| -> Vec<_> {
            let state = |(id, at): (_, Pending)| (id, owner(group, at), at.delivered_ms, at.count);
            group.pending.iter().map(state).collect()
        };
        let consumers = |group: &'_ Self| -> Vec<_> {
            group.consumers().map(|(_, at)| (at.name().to_vec(), at.seen_ms, at.active_ms)).collect()
        };
        (self.name(), self.last_id, self.entries_read) == (other.name(), other.last_id, other.entries_read)
            && pending(self) == pending(other)
            && consumers(self) == consumers(other)
    }
}

impl Eq for Group {}

impl Group {
    fn new(name: &[u8], last_id: StreamId, entries_read: Option<u64>) -> Self {
        Group {
            name: Slab::copy_of(name),
            last_id,
            entries_read,
            pending: SortedLog::default(),
            by_time: None,
            unowned: 0,
            consumers: Consumers::default(),
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

    /// How many of the pending entries belong to nobody. O(1).
    pub fn unowned_len(&self) -> usize {
        self.unowned
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
        let Some(state) = self.pending.get(id) else { return false };
        let again = Pending { delivered_ms: now_ms, count: state.count.wrapping_add(1), ..state };
        self.pending.insert(id, again);
        self.move_in_time(id, Some(state.delivered_ms), Some(now_ms));
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
        self.consumers.len()
    }

    /// The consumers with their numbers, in the order of names.
    pub fn consumers(&self) -> impl Iterator<Item = (u32, &Consumer)> {
        (0..self.consumers.len()).filter_map(|rank| self.consumers.by_rank(rank))
    }

    /// The consumer that is so manyth in the order of names.
    pub fn consumer_at(&self, rank: usize) -> Option<&Consumer> {
        self.consumers.by_rank(rank).map(|(_, consumer)| consumer)
    }

    /// The consumer with a number.
    #[inline]
    pub fn consumer(&self, number: u32) -> Option<&Consumer> {
        self.consumers.get(number)
    }

    /// The consumer with a number, to note when it was there.
    #[inline]
    pub fn consumer_mut(&mut self, number: u32) -> Option<&mut Consumer> {
        self.consumers.get_mut(number)
    }

    /// The number of the consumer with a name. O(log consumers).
    pub fn find_consumer(&self, name: &[u8]) -> Option<u32> {
        self.consumers.find(name)
    }

    /// Makes a consumer that is not there yet. Returns its number.
    pub fn add_consumer(&mut self, name: &[u8], now_ms: i64) -> u32 {
        self.consumers.add(name, now_ms)
    }

    /// Removes a consumer with its pending entries. Returns how many these were. O(pending entries of the consumer).
    pub fn remove_consumer(&mut self, number: u32) -> usize {
        let Some(gone) = self.consumers.take(number) else { return 0 };
        for id in gone.pending_from(StreamId::MIN) {
            let state = self.pending.remove(id);
            self.move_in_time(id, state.map(|state| state.delivered_ms), None);
        }
        gone.free()
    }

    /// Sets who a pending entry belongs to, when it was delivered and how often; makes it pending if it is not.
    pub fn assign(&mut self, id: StreamId, state: Pending) {
        let former = self.pending.insert(id, state);
        self.move_in_time(id, former.map(|former| former.delivered_ms), Some(state.delivered_ms));
        match former {
            Some(former) if former.consumer == state.consumer => return,
            Some(former) => self.disown(id, former.consumer),
            None => {}
        }
        match state.consumer {
            Some(owner) => self.consumers.edit(owner, |pending| _ = pending.insert(id, ())),
            None => self.unowned += 1,
        }
    }

    /// Makes an entry pending no more. Returns whether it was.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(state) = self.pending.remove(id) else { return false };
        self.move_in_time(id, Some(state.delivered_ms), None);
        self.disown(id, state.consumer);
        true
    }

    fn disown(&mut self, id: StreamId, owner: Option<u32>) {
        match owner {
            Some(owner) => self.consumers.edit(owner, |pending| _ = pending.remove(id)),
            None => self.unowned -= 1,
        }
    }

    fn heap_bytes(&self) -> usize {
        self.name.heap_bytes()
            + self.pending.memory_bytes()
            + self.by_time.as_ref().map_or(0, SortedLog::memory_bytes)
            + self.consumers.memory_bytes()
    }

    fn free_some(&mut self, pieces_max: usize) -> bool {
        let by_time = self.by_time.as_mut().is_none_or(|by_time| by_time.free_some(pieces_max));
        by_time && self.pending.free_some(pieces_max) && self.consumers.free_some(pieces_max)
    }

    /// Lets go of about `budget` runs and consumers of what another owner may hold; returns whether all is let go of.
    fn release(&mut self, budget: &mut usize) -> bool {
        self.by_time.as_mut().is_none_or(|by_time| by_time.release(budget))
            && self.pending.release(budget)
            && self.consumers.release(budget)
    }
}

/// The groups of a stream, by name.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    groups: Vec<Shared<Group>>,
    /// Heap bytes that the groups hold, without their allocations.
    group_bytes: usize,
}

impl PartialEq for Groups {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Groups {}

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
        let groups = self.groups.len() * Shared::<Group>::HEAP_BYTES;
        self.group_bytes + groups + heap_bytes(self.groups.capacity() * size_of::<Shared<Group>>())
    }

    /// The groups in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().map(|group| &**group)
    }

    /// The group that is so manyth in the order of names.
    pub fn at(&self, rank: usize) -> Option<&Group> {
        self.groups.get(rank).map(|group| &**group)
    }

    /// The group with a name. O(log groups).
    pub fn get(&self, name: &[u8]) -> Option<&Group> {
        let at = self.search(name).ok()?;
        self.groups.get(at).map(|group| &**group)
    }

    /// Changes the group with a name, if there is one.
    pub fn edit<R>(&mut self, name: &[u8], change: impl FnOnce(&mut Group) -> R) -> Option<R> {
        let at = self.search(name).ok()?;
        let group = self.groups.get_mut(at)?.make_mut();
        let before = group.heap_bytes();
        let result = change(group);
        self.group_bytes = self.group_bytes + group.heap_bytes() - before;
        Some(result)
    }

    /// Makes a group. Returns false if there is one with this name.
    pub fn add(&mut self, name: &[u8], last_id: StreamId, entries_read: Option<u64>) -> bool {
        let Err(at) = self.search(name) else { return false };
        let group = Shared::new(Group::new(name, last_id, entries_read));
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
        for group in self.groups.iter_mut().filter(|group| group.pending.contains(id)) {
            let group = group.make_mut();
            let before = group.heap_bytes();
            group.acknowledge(id);
            self.group_bytes = self.group_bytes + group.heap_bytes() - before;
        }
    }

    pub(super) fn free_some(&mut self, pieces_max: usize) -> bool {
        let Some(group) = self.groups.last_mut() else { return true };
        let group = group.make_mut();
        let before = group.heap_bytes();
        let done = group.free_some(pieces_max);
        self.group_bytes = self.group_bytes + group.heap_bytes() - before;
        if done {
            self.group_bytes -= group.heap_bytes();
            group.give_up();
            self.groups.pop();
        }
        self.groups.is_empty()
    }

    /// The same groups for another owner. O(groups).
    pub(super) fn share(&self) -> Groups {
        Groups { groups: self.groups.share(), ..*self }
    }

    /// Lets go of about `budget` runs and consumers of what another owner may hold; returns whether all is let go of.
    pub(super) fn release(&mut self, budget: &mut usize) -> bool {
        while let Some(group) = self.groups.last_mut() {
            if *budget == 0 || !group.only_owner().is_none_or(|only| only.release(budget)) {
                return false;
            }
            self.groups.pop();
            *budget = budget.saturating_sub(1);
        }
        true
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
            let unowned = group.pending.iter().filter(|(_, state)| state.consumer.is_none()).count();
            assert_eq!(
                (group.consumers.memory_bytes(), group.unowned),
                (group.consumers.counted_bytes(), unowned)
            );
            group.heap_bytes() + Shared::<Group>::HEAP_BYTES
        };
        self.iter().map(of_group).sum::<usize>()
            + heap_bytes(self.groups.capacity() * size_of::<Shared<Group>>())
    }
}
