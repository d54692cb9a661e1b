//! Producers that name their messages, so that a message that is sent twice is added once: by producer, the latest names
//! with the ids of their entries.

use std::collections::VecDeque;

use super::StreamId;
use crate::blocks::heap_bytes;

/// How long a name is remembered if nobody says: 100 s, as in Redis.
const DURATION_DEFAULT_MS: u64 = 100_000;
/// How many names of a producer are remembered if nobody says.
const NAMES_DEFAULT_MAX: usize = 100;

/// A message that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    name: Box<[u8]>,
    id: StreamId,
    added_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Producer {
    name: Box<[u8]>,
    /// In the order of adding.
    messages: VecDeque<Message>,
}

impl Producer {
    fn heap_bytes(&self) -> usize {
        heap_bytes(self.name.len()) + heap_bytes(self.messages.capacity() * size_of::<Message>())
    }
}

/// See the [module documentation](self).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Producers {
    duration_ms: u64,
    names_max: usize,
    /// By name.
    producers: Vec<Producer>,
    /// Which one is looked at next for what is too old.
    next: usize,
    messages: usize,
    producer_bytes: usize,
    added: u64,
    duplicates: u64,
}

impl Default for Producers {
    fn default() -> Self {
        Producers {
            duration_ms: DURATION_DEFAULT_MS,
            names_max: NAMES_DEFAULT_MAX,
            producers: Vec::new(),
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
        self.producers.len()
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

    /// The producers by name, each with its names in the order of adding and the entries that they stand for.
    pub fn iter(
        &self,
    ) -> impl Iterator<Item = (&[u8], impl ExactSizeIterator<Item = (&[u8], StreamId)> + '_)> + '_ {
        self.producers.iter().map(|producer| {
            let names = producer.messages.iter().map(|message| (&*message.name, message.id));
            (&*producer.name, names)
        })
    }

    /// Sets how many messages with names were ever added and found to be there already.
    pub fn set_counts(&mut self, added: u64, duplicates: u64) {
        (self.added, self.duplicates) = (added, duplicates);
    }

    /// Heap bytes. O(1).
    pub fn memory_bytes(&self) -> usize {
        self.producer_bytes + heap_bytes(self.producers.capacity() * size_of::<Producer>())
    }

    /// The entry of a message that was added before. O(names of the producer).
    pub fn find(&mut self, producer: &[u8], name: &[u8], now_ms: u64) -> Option<StreamId> {
        self.forget_old(now_ms);
        let at = self.search(producer).ok()?;
        self.forget_old_of(at, now_ms);
        let at = self.search(producer).ok()?;
        let found = self.producers[at].messages.iter().find(|message| *message.name == *name)?.id;
        self.duplicates += 1;
        Some(found)
    }

    /// Remembers a message that is being added.
    pub fn note(&mut self, producer: &[u8], name: &[u8], id: StreamId, now_ms: u64) {
        let at = self.search(producer).unwrap_or_else(|at| {
            let producer = Producer { name: producer.into(), messages: VecDeque::new() };
            self.producer_bytes += producer.heap_bytes();
            self.producers.insert(at, producer);
            at
        });
        if self.producers[at].messages.len() >= self.names_max {
            self.drop_first(at);
        }
        let producer = &mut self.producers[at];
        let before = producer.heap_bytes();
        producer.messages.push_back(Message { name: name.into(), id, added_ms: now_ms });
        self.producer_bytes = self.producer_bytes + producer.heap_bytes() - before + heap_bytes(name.len());
        self.messages += 1;
        self.added += 1;
    }

    /// Looks at one producer in turn, so that none is remembered for ever.
    fn forget_old(&mut self, now_ms: u64) {
        self.next = if self.next + 1 < self.producers.len() { self.next + 1 } else { 0 };
        self.forget_old_of(self.next, now_ms);
    }

    fn forget_old_of(&mut self, at: usize, now_ms: u64) {
        while let Some(message) = self.producers.get(at).and_then(|producer| producer.messages.front())
            && message.added_ms.saturating_add(self.duration_ms) <= now_ms
        {
            self.drop_first(at);
        }
        if self.producers.get(at).is_some_and(|producer| producer.messages.is_empty()) {
            let producer = self.producers.remove(at);
            self.producer_bytes -= producer.heap_bytes();
        }
    }

    fn drop_first(&mut self, at: usize) {
        if let Some(message) = self.producers[at].messages.pop_front() {
            self.producer_bytes -= heap_bytes(message.name.len());
            self.messages -= 1;
        }
    }

    fn search(&self, name: &[u8]) -> Result<usize, usize> {
        self.producers.binary_search_by(|producer| (*producer.name).cmp(name))
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
mod tests {
    use super::*;

    fn counted_bytes(producers: &Producers) -> usize {
        let names = |producer: &Producer| -> usize {
            producer.messages.iter().map(|message| heap_bytes(message.name.len())).sum()
        };
        let all: usize =
            producers.producers.iter().map(|producer| producer.heap_bytes() + names(producer)).sum();
        assert_eq!(
            producers.messages,
            producers.producers.iter().map(|producer| producer.messages.len()).sum::<usize>()
        );
        all + heap_bytes(producers.producers.capacity() * size_of::<Producer>())
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
            assert_eq!(producers.memory_bytes(), counted_bytes(&producers));
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
        assert_eq!(producers.memory_bytes(), counted_bytes(&producers));
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
