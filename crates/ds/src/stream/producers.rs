//! Producers that name their messages, so that a message that is sent twice is added once: by producer, the latest names
//! with the ids of their entries.

use std::collections::VecDeque;

use super::StreamId;
use crate::blocks::{BLOCK_MAX, Blocks, Place, Weigh, heap_bytes};
use crate::share::{Share, Shared, Slab};

/// How long a name is remembered if nobody says: 100 s, as in Redis.
const DURATION_DEFAULT_MS: u64 = 100_000;
/// How many names of a producer are remembered if nobody says.
const NAMES_DEFAULT_MAX: usize = 100;

/// A message that was added.
#[derive(Clone, Debug)]
struct Message {
    name: Slab,
    id: StreamId,
    added_ms: u64,
}

/// A producer.
#[derive(Clone, Debug, Default)]
pub struct Producer {
    name: Slab,
    /// In the order of adding.
    messages: VecDeque<Message>,
}

impl Producer {
    /// The name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The names of its messages in the order of adding, and the entries that they stand for.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (&[u8], StreamId)> {
        self.messages.iter().map(|message| (&*message.name, message.id))
    }

    /// Without the names of the messages.
    fn heap_bytes(&self) -> usize {
        self.name.heap_bytes() + heap_bytes(self.messages.capacity() * size_of::<Message>())
    }

    fn drop_first(&mut self) -> usize {
        let Some(mut gone) = self.messages.pop_front() else { return 0 };
        gone.name.give_up();
        gone.name.heap_bytes()
    }
}

impl Share for Message {
    fn share(&self) -> Self {
        Message { name: self.name.share(), ..*self }
    }

    fn give_up(&mut self) {
        self.name.give_up();
    }
}

impl Share for Producer {
    fn share(&self) -> Self {
        Producer { name: self.name.share(), messages: self.messages.share() }
    }

    fn give_up(&mut self) {
        self.name.give_up();
        self.messages.give_up();
    }
}

impl<T> Weigh for Shared<T> {
    fn weight(&self) -> usize {
        1
    }
}

/// See the [module documentation](self).
///
/// Producers can be shared ([`Producers::lend`]); the first change of one then costs a count for each of its names.
#[derive(Clone, Debug)]
pub struct Producers {
    duration_ms: u64,
    names_max: usize,
    /// By name.
    producers: Blocks<Shared<Producer>>,
    /// Which one is looked at next for what is too old.
    next: usize,
    messages: usize,
    /// Heap bytes that the producers hold, without their allocations.
    producer_bytes: usize,
    added: u64,
    duplicates: u64,
}

impl PartialEq for Producers {
    fn eq(&self, other: &Self) -> bool {
        let numbers = |of: &Self| (of.duration_ms, of.names_max, of.messages, of.added, of.duplicates);
        let same = |(one, other): (&Shared<Producer>, &Shared<Producer>)| {
            let messages = one.messages.iter().zip(&other.messages);
            *one.name == *other.name && one.messages.len() == other.messages.len() && { messages }
                .all(|(one, other)| *one.name == *other.name && one.id == other.id)
        };
        numbers(self) == numbers(other)
            && self.producers() == other.producers()
            && self.producers.iter().zip(other.producers.iter()).all(same)
    }
}

impl Eq for Producers {}

impl Default for Producers {
    fn default() -> Self {
        Producers {
            duration_ms: DURATION_DEFAULT_MS,
            names_max: NAMES_DEFAULT_MAX,
            producers: Blocks::default(),
            next: 0,
            messages: 0,
            producer_bytes: 0,
            added: 0,
            duplicates: 0,
        }
    }
}

impl Producers {
    /// How long names are remembered, in ms.
    pub fn duration_ms(&self) -> u64 {
        self.duration_ms
    }

    /// How many names of a producer are remembered.
    pub fn names_max(&self) -> usize {
        self.names_max
    }

    /// Sets both; a change makes them forget everything.
    pub fn configure(&mut self, duration_ms: u64, names_max: usize) {
        if (duration_ms, names_max) != (self.duration_ms, self.names_max) {
            let (added, duplicates) = (self.added, self.duplicates);
            *self = Producers { duration_ms, names_max, added, duplicates, ..Producers::default() };
        }
    }

    /// The number of producers.
    pub fn producers(&self) -> usize {
        self.producers.items()
    }

    /// The number of names that are remembered.
    pub fn names(&self) -> usize {
        self.messages
    }

    /// How many messages with names were ever added.
    pub fn added(&self) -> u64 {
        self.added
    }

    /// How many messages were ever found to be there already.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// The producer that is so manyth in the order of names.
    pub fn at(&self, rank: usize) -> Option<&Producer> {
        self.producers.get(self.producers.nth(rank)?).map(|producer| &**producer)
    }

    /// Sets how many messages with names were ever added and found to be there already.
    pub fn set_counts(&mut self, added: u64, duplicates: u64) {
        (self.added, self.duplicates) = (added, duplicates);
    }

    /// Heap bytes. O(1).
    pub fn memory_bytes(&self) -> usize {
        let producers = self.producers.items() * Shared::<Producer>::HEAP_BYTES;
        self.producer_bytes + producers + self.producers.heap_bytes()
    }

    /// The entry of a message that was added before. O(names of the producer).
    pub fn find(&mut self, producer: &[u8], name: &[u8], now_ms: u64) -> Option<StreamId> {
        self.forget_old(now_ms);
        let place = self.search(producer).ok()?;
        self.forget_old_of(place, now_ms);
        let producer = self.producers.get(self.search(producer).ok()?)?;
        let found = producer.messages.iter().find(|message| *message.name == *name)?.id;
        self.duplicates += 1;
        Some(found)
    }

    /// Remembers a message that is being added.
    pub fn note(&mut self, producer: &[u8], name: &[u8], id: StreamId, now_ms: u64) {
        let place = match self.search(producer) {
            Ok(place) => place,
            Err(before) => {
                let producer = Producer { name: Slab::copy_of(producer), messages: VecDeque::new() };
                self.producer_bytes += producer.heap_bytes();
                match self.insert(before, Shared::new(producer)) {
                    Some(place) => place,
                    None => return,
                }
            }
        };
        let names_max = self.names_max;
        let message = Message { name: Slab::copy_of(name), id, added_ms: now_ms };
        self.messages += 1;
        self.added += 1;
        self.producer_bytes += message.name.heap_bytes();
        let mut is_full = false;
        self.edit(place, |producer| {
            is_full = producer.messages.len() >= names_max;
            let dropped = if is_full { producer.drop_first() } else { 0 };
            producer.messages.push_back(message);
            dropped
        });
        self.messages -= usize::from(is_full);
    }

    /// Adds a producer after a place, or as the first one.
    fn insert(&mut self, before: Option<Place>, producer: Shared<Producer>) -> Option<Place> {
        match before {
            Some(before) => Some(self.producers.insert_after(before, producer)),
            None => {
                self.producers.push_front(producer);
                self.producers.first()
            }
        }
    }

    /// Changes a producer; `change` returns the bytes of names that went.
    fn edit(&mut self, place: Place, change: impl FnOnce(&mut Producer) -> usize) {
        let Some(producer) = self.producers.get_mut_same_weight(place) else { return };
        let producer = producer.make_mut();
        let before = producer.heap_bytes();
        let gone_bytes = change(producer);
        self.producer_bytes = self.producer_bytes + producer.heap_bytes() - before - gone_bytes;
    }

    /// Looks at one producer in turn, so that none is remembered for ever.
    fn forget_old(&mut self, now_ms: u64) {
        self.next = if self.next + 1 < self.producers.items() { self.next + 1 } else { 0 };
        if let Some(place) = self.producers.nth(self.next) {
            self.forget_old_of(place, now_ms);
        }
    }

    fn forget_old_of(&mut self, place: Place, now_ms: u64) {
        let duration_ms = self.duration_ms;
        let is_old = |message: &Message| message.added_ms.saturating_add(duration_ms) <= now_ms;
        let Some(producer) = self.producers.get(place) else { return };
        let old = producer.messages.iter().take_while(|message| is_old(message)).count();
        if old == 0 {
            return;
        }
        let all = old == producer.messages.len();
        self.messages -= old;
        self.edit(place, |producer| (0..old).map(|_| producer.drop_first()).sum());
        if all && let Some(mut producer) = self.producers.remove(place) {
            self.producer_bytes -= producer.heap_bytes();
            producer.give_up();
        }
    }

    /// The place of the producer with a name, or that of the one before it.
    fn search(&self, name: &[u8]) -> Result<Place, Option<Place>> {
        let place = self.producers.partition(|producer| *producer.name <= *name).ok_or(None)?;
        let found = self.producers.get(place).is_some_and(|producer| *producer.name == *name);
        if found { Ok(place) } else { Err(Some(place)) }
    }

    /// The same producers, to look at while these are changed. O(producers / 448).
    pub(super) fn lend(&mut self) -> Self {
        Producers { producers: self.producers.view(), ..*self }
    }

    /// Frees at most `producers_max` producers. Returns whether none is left.
    pub(super) fn free_some(&mut self, producers_max: usize) -> bool {
        for _ in 0..producers_max {
            let Some(mut producer) = self.producers.pop_back() else { return true };
            let names: usize = producer.messages.iter().map(|message| message.name.heap_bytes()).sum();
            self.producer_bytes -= producer.heap_bytes() + names;
            self.messages -= producer.messages.len();
            producer.make_mut().give_up();
        }
        self.producers.items() == 0
    }

    /// Lets go of about `budget` producers of what another owner may hold; returns whether all is let go of.
    pub(super) fn release(&mut self, budget: &mut usize) -> bool {
        while *budget > 0 {
            if !self.producers.drop_block() {
                return true;
            }
            *budget = budget.saturating_sub(BLOCK_MAX);
        }
        false
    }
}

/// A name for a message that has none: 16 bytes that depend on all its fields, the same in every process. (FNV-1a over
/// lengths and bytes.)
pub fn name_of<'f>(fields: impl Iterator<Item = &'f [u8]>) -> [u8; 16] {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash = BASIS;
    for field in fields {
        for &byte in (field.len() as u64).to_le_bytes().iter().chain(field) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    }
    hash.to_le_bytes()
}

#[cfg(test)]
impl Producers {
    /// What [`Producers::memory_bytes`] must say, by a count of everything.
    pub(super) fn counted_bytes(&self) -> usize {
        let names =
            |of: &Producer| of.messages.iter().map(|message| message.name.heap_bytes()).sum::<usize>();
        let each = |of: &Shared<Producer>| Shared::<Producer>::HEAP_BYTES + of.heap_bytes() + names(of);
        assert_eq!(self.messages, self.producers.iter().map(|of| of.messages.len()).sum::<usize>());
        self.producers.iter().map(each).sum::<usize>() + self.producers.counted_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lent_producers_stay_as_they_were() {
        let mut producers = Producers::default();
        producers.configure(1000, 3);
        let note = |producers: &mut Producers, number: u64| {
            let (producer, name) = (format!("producer {}", number * 7 % 50), format!("name {number}"));
            if producers.find(producer.as_bytes(), name.as_bytes(), number * 10).is_none() {
                producers.note(producer.as_bytes(), name.as_bytes(), StreamId::new(number, 0), number * 10);
            }
            assert_eq!(producers.memory_bytes(), producers.counted_bytes());
        };
        (0..300).for_each(|number| note(&mut producers, number));
        let (copy, mut lent) = (producers.clone(), producers.lend());
        (300..600).for_each(|number| note(&mut producers, number));
        assert!(lent == copy && producers != copy);
        assert_eq!((0..50).filter_map(|rank| lent.at(rank)).count(), lent.producers());
        while !producers.free_some(3) {
            assert_eq!(producers.memory_bytes(), producers.counted_bytes());
        }
        assert!(lent == copy && crate::share::retained_bytes() > 0);
        while !lent.release(&mut 1) {}
        assert_eq!(crate::share::retained_bytes(), 0);
    }

    #[test]
    fn messages_are_remembered_for_a_while() {
        let mut producers = Producers::default();
        producers.configure(1000, 3);
        for number in 0..5u64 {
            let name = format!("message {number}");
            assert_eq!(producers.find(b"p", name.as_bytes(), number), None);
            producers.note(b"p", name.as_bytes(), StreamId::new(number, 0), number);
            producers.note(b"q", b"m", StreamId::new(number, 1), number);
            assert_eq!(producers.memory_bytes(), producers.counted_bytes());
        }
        assert_eq!(producers.find(b"p", b"message 4", 5), Some(StreamId::new(4, 0)));
        assert_eq!(producers.find(b"p", b"message 1", 5), None);
        assert_eq!(producers.find(b"r", b"message 4", 5), None);
        assert_eq!((producers.producers(), producers.names()), (2, 6));
        assert_eq!(producers.find(b"p", b"message 2", 1002), None);
        assert_eq!(producers.find(b"p", b"message 4", 1003), Some(StreamId::new(4, 0)));
        for _ in 0..4 {
            assert_eq!(producers.find(b"p", b"message 4", 9000), None);
        }
        assert_eq!((producers.producers(), producers.names()), (0, 0));
        assert_eq!((producers.added(), producers.duplicates()), (10, 2));
        assert_eq!(producers.memory_bytes(), producers.counted_bytes());
    }

    #[test]
    fn names_tell_fields_apart() {
        let name = |fields: &[&[u8]]| name_of(fields.iter().copied());
        assert_eq!(name(&[b"a", b"b"]), name(&[b"a", b"b"]));
        assert_ne!(name(&[b"a", b"b"]), name(&[b"ab", b""]));
        assert_ne!(name(&[b"a", b"b"]), name(&[b"b", b"a"]));
        assert_ne!(name(&[]), name(&[b""]));
    }
}
