//! A map from ids that mostly come in ascending order, and mostly go in that order too, to small values of fixed size. A
//! consumer group's pending entries are one.
//!
//! ```text
//!   SortedLog ── node ─┬─ run    records of a key and its value, in order, in one allocation of at most 4 KiB
//!                      ├─ run
//!                      └─ …      a node has at most 64 children, and borders: no key left of one is as great as it
//! ```
//!
//! A B+tree whose runs are filled up when ids ascend, where an ordinary one leaves its nodes half empty, and in which small runs
//! stay as they are: they get smaller buffers, and go when they are empty. A record costs its size and little more. Every
//! operation goes down one path and moves at most half a run.
//!
//! Nodes can be shared: another owner costs a count, whatever the size, and the first change of a node or run afterwards copies it.

mod node;
mod run;

#[cfg(test)]
#[path = "sorted_tests.rs"]
mod tests;

use node::{Node, Put};
use run::Run;

use crate::share::Share;

/// Something that is kept in a fixed number of bytes.
pub trait Fixed: Copy {
    /// How many.
    const BYTES: usize;

    /// Writes it to the first [`Fixed::BYTES`] of `bytes`.
    fn write_to(self, bytes: &mut [u8]);

    /// What was written there.
    fn read_from(bytes: &[u8]) -> Self;
}

impl Fixed for () {
    const BYTES: usize = 0;

    fn write_to(self, _: &mut [u8]) {}

    fn read_from(_: &[u8]) {}
}

impl Fixed for u64 {
    const BYTES: usize = 8;

    #[inline(always)]
    fn write_to(self, bytes: &mut [u8]) {
        if let Some(target) = bytes.first_chunk_mut() {
            *target = self.to_le_bytes();
        }
    }

    #[inline(always)]
    fn read_from(bytes: &[u8]) -> u64 {
        bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

/// See the [module documentation](self).
#[derive(Clone, Debug)]
pub struct SortedLog<K, V> {
    root: Node<K, V>,
    len: usize,
    bytes: usize,
}

impl<K, V> Default for SortedLog<K, V> {
    fn default() -> Self {
        SortedLog { root: Node::default(), len: 0, bytes: 0 }
    }
}

impl<K: Fixed + Ord, V: Fixed> Share for SortedLog<K, V> {
    fn share(&self) -> Self {
        SortedLog { root: self.root.share(), ..*self }
    }

    fn give_up(&mut self) {
        self.root.give_up();
    }
}

impl<K: Fixed + Ord, V: Fixed> SortedLog<K, V> {
    /// The number of entries. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no entries. O(1).
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Heap bytes. O(1).
    #[inline]
    pub fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// The value of a key. O(log n), as all that follow.
    #[inline]
    pub fn get(&self, key: K) -> Option<V> {
        self.root.get(key)
    }

    /// Whether there is a key.
    #[inline]
    pub fn contains(&self, key: K) -> bool {
        self.get(key).is_some()
    }

    /// Sets the value of a key; returns the former one.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.root.insert(key, value, true, &mut self.bytes) {
            Put::Replaced(former) => return Some(former),
            Put::Done => {}
            Put::Split(border, right) => self.root.rise(border, right, &mut self.bytes),
        }
        self.len += 1;
        None
    }

    /// Removes a key; returns its value.
    pub fn remove(&mut self, key: K) -> Option<V> {
        let removed = self.root.remove(key, &mut self.bytes)?;
        self.len -= 1;
        self.root.sink(&mut self.bytes);
        Some(removed)
    }

    /// The entry with the smallest key.
    pub fn first(&self) -> Option<(K, V)> {
        self.iter().next()
    }

    /// The entry with the greatest key.
    pub fn last(&self) -> Option<(K, V)> {
        let run = self.root.last_run();
        run.get(run.len().checked_sub(1)?)
    }

    /// All entries in the order of keys.
    pub fn iter(&self) -> IterFrom<'_, K, V> {
        let run = self.root.first_run();
        IterFrom { root: &self.root, run: Some(run), at: 0 }
    }

    /// The entries from a key on, in order.
    pub fn iter_from(&self, key: K) -> IterFrom<'_, K, V> {
        match self.root.seek(key, false) {
            Some((run, at)) => IterFrom { root: &self.root, run: Some(run), at },
            None => IterFrom { root: &self.root, run: None, at: 0 },
        }
    }

    /// Frees some memory, at most `runs_max` runs. Returns whether none is left.
    pub fn free_some(&mut self, runs_max: usize) -> bool {
        for _ in 0..runs_max {
            if self.len == 0 {
                return true;
            }
            self.len -= self.root.drop_last_run(&mut self.bytes);
            self.root.sink(&mut self.bytes);
        }
        self.len == 0
    }

    /// Lets go of about `budget` runs of what another owner may hold; returns whether all is let go of.
    pub(crate) fn release(&mut self, budget: &mut usize) -> bool {
        let done = self.len == 0 || self.root.release(budget);
        if done {
            (self.len, self.bytes) = (0, 0);
        }
        done
    }
}

/// The entries from a key on.
#[derive(Clone, Debug)]
pub struct IterFrom<'a, K, V> {
    root: &'a Node<K, V>,
    run: Option<&'a Run<K, V>>,
    at: usize,
}

impl<K: Fixed + Ord, V: Fixed> Iterator for IterFrom<'_, K, V> {
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        let run = self.run?;
        let found = run.get(self.at)?;
        self.at += 1;
        if self.at == run.len() {
            let next = self.root.seek(found.0, true);
            (self.run, self.at) = (next.map(|(run, _)| run), next.map_or(0, |(_, at)| at));
        }
        Some(found)
    }
}
