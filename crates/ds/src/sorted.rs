//! A map from ids that mostly come in ascending order, and mostly go in that order too, to small values: runs of sorted
//! entries in [`Blocks`]. A consumer group's pending entries are one.
//!
//! An entry costs its size and little more: runs are filled up when ids ascend, where a B-tree leaves its nodes half
//! empty. Every operation costs two binary searches and moves at most half a run and half a block.

use std::collections::VecDeque;

use crate::blocks::{Blocks, Place, Weigh, heap_bytes, is_sparse};
use crate::share::Share;

/// Most entries of a run.
const RUN_MAX: usize = if cfg!(test) { 6 } else { 128 };

#[derive(Clone, Debug)]
struct Run<K, V>(VecDeque<(K, V)>);

/// Logs have no views, so their runs need not be cheap to share.
impl<K: Clone, V: Clone> Share for Run<K, V> {
    fn share(&self) -> Self {
        self.clone()
    }
}

impl<K, V> Weigh for Run<K, V> {
    fn weight(&self) -> usize {
        self.0.len()
    }
}

impl<K: Ord + Copy, V> Run<K, V> {
    fn bytes(&self) -> usize {
        heap_bytes(self.0.capacity() * size_of::<(K, V)>())
    }

    fn search(&self, key: K) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(&key))
    }

    fn insert(&mut self, at: usize, key: K, value: V) {
        if self.0.len() == self.0.capacity() {
            self.0.reserve_exact(self.0.len().clamp(1, RUN_MAX));
        }
        self.0.insert(at, (key, value));
    }
}

/// See the [module documentation](self).
#[derive(Clone, Debug)]
pub struct SortedLog<K, V> {
    runs: Blocks<Run<K, V>>,
    run_bytes: usize,
}

impl<K, V> Default for SortedLog<K, V> {
    fn default() -> Self {
        SortedLog { runs: Blocks::default(), run_bytes: 0 }
    }
}

impl<K: Ord + Copy, V: Clone> SortedLog<K, V> {
    /// The number of entries. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.runs.weight()
    }

    /// Whether there are no entries. O(1).
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Heap bytes, without what the values hold. O(1).
    pub fn memory_bytes(&self) -> usize {
        self.run_bytes + self.runs.heap_bytes()
    }

    /// The value of a key.
    pub fn get(&self, key: K) -> Option<&V> {
        let run = self.runs.get(self.run_of(key)?)?;
        let at = run.search(key).ok()?;
        run.0.get(at).map(|(_, value)| value)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let place = self.run_of(key)?;
        let run = self.runs.get_mut_same_weight(place)?;
        let at = run.search(key).ok()?;
        run.0.get_mut(at).map(|(_, value)| value)
    }

    /// Whether there is a key.
    pub fn contains(&self, key: K) -> bool {
        self.get(key).is_some()
    }

    /// Sets the value of a key; returns the former one.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let Some(place) = self.run_of(key).or_else(|| self.runs.first()) else {
            self.push_run(key, value);
            return None;
        };
        let last = self.runs.last() == Some(place);
        let run = self.runs.get(place)?;
        match run.search(key) {
            Ok(at) => {
                let old = self.runs.get_mut_same_weight(place)?.0.get_mut(at)?;
                return Some(std::mem::replace(&mut old.1, value));
            }
            Err(at) if run.0.len() < RUN_MAX => {
                self.edit(place, |run| run.insert(at, key, value));
            }
            Err(at) if last && at == run.0.len() => self.push_run(key, value),
            Err(at) => {
                let upper = self.edit(place, |run| {
                    let upper = Run(run.0.split_off(RUN_MAX / 2));
                    run.0.shrink_to_fit();
                    upper
                })?;
                self.run_bytes += upper.bytes();
                let after = self.runs.insert_after(place, upper);
                match at.checked_sub(RUN_MAX / 2) {
                    // `after` may have moved both into a new block.
                    Some(at) if at > 0 => self.edit(after, |run| run.insert(at, key, value)),
                    _ => {
                        let place = self.runs.prev(after)?;
                        self.edit(place, |run| run.insert(at, key, value))
                    }
                };
            }
        }
        None
    }

    /// Removes a key; returns its value.
    pub fn remove(&mut self, key: K) -> Option<V> {
        let place = self.run_of(key)?;
        let at = self.runs.get(place)?.search(key).ok()?;
        let (removed, left) = self.edit(place, |run| {
            let removed = run.0.remove(at);
            if is_sparse(run.0.len(), run.0.capacity()) {
                run.0.shrink_to(run.0.len() * 2);
            }
            (removed, run.0.len())
        })?;
        if left == 0
            && let Some(run) = self.runs.remove(place)
        {
            self.run_bytes -= run.bytes();
        }
        removed.map(|(_, value)| value)
    }

    /// The entry with the smallest key.
    pub fn first(&self) -> Option<(K, &V)> {
        self.iter().next()
    }

    /// The entry with the greatest key.
    pub fn last(&self) -> Option<(K, &V)> {
        let run = self.runs.get(self.runs.last()?)?;
        run.0.back().map(|(key, value)| (*key, value))
    }

    /// All entries in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.runs.iter().flat_map(|run| run.0.iter().map(|(key, value)| (*key, value)))
    }

    /// The entries from a key on, in order.
    pub fn iter_from(&self, key: K) -> IterFrom<'_, K, V> {
        let place = self.run_of(key).or_else(|| self.runs.first());
        let run = place.and_then(|place| self.runs.get(place));
        let at = run.map_or(0, |run| run.search(key).unwrap_or_else(|at| at));
        IterFrom { log: self, place, at }
    }

    /// Frees some memory, at most `runs_max` runs. Returns whether none is left.
    pub fn free_some(&mut self, runs_max: usize) -> bool {
        for _ in 0..runs_max {
            match self.runs.pop_back() {
                Some(run) => self.run_bytes -= run.bytes(),
                None => return true,
            }
        }
        self.is_empty()
    }

    /// The run that has the key if any has.
    #[inline]
    fn run_of(&self, key: K) -> Option<Place> {
        self.runs.partition(|run| run.0.front().is_some_and(|(first, _)| *first <= key))
    }

    fn push_run(&mut self, key: K, value: V) {
        let mut run = Run(VecDeque::new());
        run.insert(0, key, value);
        self.run_bytes += run.bytes();
        self.runs.push_back(run);
    }

    fn edit<R>(&mut self, place: Place, change: impl FnOnce(&mut Run<K, V>) -> R) -> Option<R> {
        let SortedLog { runs, run_bytes } = self;
        runs.edit(place, |run| {
            let before = run.bytes();
            let result = change(run);
            *run_bytes = *run_bytes + run.bytes() - before;
            result
        })
    }
}

/// The entries from a key on.
#[derive(Clone, Debug)]
pub struct IterFrom<'a, K, V> {
    log: &'a SortedLog<K, V>,
    place: Option<Place>,
    at: usize,
}

impl<'a, K: Ord + Copy, V: Clone> Iterator for IterFrom<'a, K, V> {
    type Item = (K, &'a V);

    fn next(&mut self) -> Option<(K, &'a V)> {
        loop {
            let run = self.log.runs.get(self.place?)?;
            if let Some((key, value)) = run.0.get(self.at) {
                self.at += 1;
                return Some((*key, value));
            }
            self.place = self.log.runs.next(self.place?);
            self.at = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn check(acts: Vec<(u8, u8)>) {
        let mut log = SortedLog::default();
        let mut model = BTreeMap::new();
        let mut top = 0;
        for (what, key) in acts {
            let key = u64::from(key);
            match what % 8 {
                0..=2 => {
                    top += 1;
                    assert_eq!(log.insert(top, key), model.insert(top, key));
                }
                3 | 4 => assert_eq!(log.insert(key, top), model.insert(key, top)),
                5 | 6 => assert_eq!(log.remove(key), model.remove(&key)),
                _ => {
                    if let Some(value) = log.get_mut(key) {
                        *value += 1;
                    }
                    model.entry(key).and_modify(|value| *value += 1);
                }
            }
            assert_eq!((log.len(), log.get(key)), (model.len(), model.get(&key)));
            assert_eq!(log.first(), model.first_key_value().map(|(&key, value)| (key, value)));
            assert_eq!(log.last(), model.last_key_value().map(|(&key, value)| (key, value)));
            let bytes: usize = log.runs.iter().map(Run::bytes).sum();
            assert_eq!(log.memory_bytes(), bytes + log.runs.counted_bytes());
        }
        assert!(log.iter().eq(model.iter().map(|(&key, value)| (key, value))));
        for key in 0..=256 {
            assert!(log.iter_from(key).eq(model.range(key..).map(|(&key, value)| (key, value))));
        }
        while !log.free_some(1) {}
        assert_eq!(log.memory_bytes(), log.runs.counted_bytes());
    }

    proptest! {
        #[test]
        fn behaves_as_a_map(acts in prop::collection::vec(any::<(u8, u8)>(), 1..500)) {
            check(acts);
        }
    }
}
