//! What all cores know of each other's subscribers: which channel and pattern has how many of them at which core.
//!
//! ```text
//! channels        256 stretches by hash, each a table behind a lock      name ─► (core 0: 3), (core 5: 1)
//! shard channels  the same
//! patterns        one table behind one lock: a message is compared with all of them
//! ```
//!
//! A core counts its subscribers in here before it confirms a subscription, and out again before it confirms the end of one. So
//! whoever publishes after a confirmation was seen finds the subscriber. Reading takes a shared lock, and none at all while
//! nobody subscribes to anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use base::glob::glob_match;
use crossbeam::utils::CachePadded;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::Kind;

/// Stretches of a table of channels: so many that cores which publish and subscribe at one time rarely meet.
const STRETCHES: usize = 256;

/// How many subscribers a name has at each core that has any.
#[derive(Debug)]
struct Spread {
    name: Arc<[u8]>,
    hash: u64,
    /// Ascending by core.
    cores: Vec<(u16, u32)>,
}

impl Spread {
    fn count(&self) -> usize {
        self.cores.iter().map(|&(_, count)| count as usize).sum()
    }

    /// Adds its cores to an ascending list without doubles. Returns how many subscribers they have.
    fn add_to(&self, cores: &mut Vec<u16>) -> usize {
        for &(core, _) in &self.cores {
            if let Err(at) = cores.binary_search(&core) {
                cores.insert(at, core);
            }
        }
        self.count()
    }
}

/// Names with subscribers.
#[derive(Default)]
struct Names {
    table: HashTable<Spread>,
}

impl Names {
    fn get(&self, hash: u64, name: &[u8]) -> Option<&Spread> {
        self.table.find(hash, |spread| *spread.name == *name)
    }

    /// Counts a subscriber of a core in. True if the name is new.
    fn add(&mut self, core: u16, hash: u64, name: &Arc<[u8]>) -> bool {
        match self.table.entry(hash, |spread| *spread.name == **name, |spread| spread.hash) {
            Entry::Occupied(mut entry) => {
                let cores = &mut entry.get_mut().cores;
                match cores.binary_search_by_key(&core, |&(core, _)| core) {
                    Ok(at) => cores[at].1 += 1,
                    Err(at) => cores.insert(at, (core, 1)),
                }
                false
            }
            Entry::Vacant(entry) => {
                entry.insert(Spread { name: Arc::clone(name), hash, cores: vec![(core, 1)] });
                true
            }
        }
    }

    /// Counts a subscriber of a core out. True if the name is gone.
    fn remove(&mut self, core: u16, hash: u64, name: &[u8]) -> bool {
        let Ok(mut entry) = self.table.find_entry(hash, |spread| *spread.name == *name) else { return false };
        let cores = &mut entry.get_mut().cores;
        if let Ok(at) = cores.binary_search_by_key(&core, |&(core, _)| core) {
            cores[at].1 -= 1;
            if cores[at].1 == 0 {
                cores.remove(at);
            }
        }
        let gone = cores.is_empty();
        if gone {
            entry.remove();
            if self.table.len() < self.table.capacity() / 4 {
                self.table.shrink_to_fit(|spread| spread.hash);
            }
        }
        gone
    }
}

/// Names of one kind, behind locks.
struct Register {
    stretches: Box<[CachePadded<RwLock<Names>>]>,
    count: AtomicUsize,
}

impl Register {
    fn new(stretches: usize) -> Self {
        Register {
            stretches: (0..stretches).map(|_| CachePadded::default()).collect(),
            count: AtomicUsize::new(0),
        }
    }

    fn stretch(&self, hash: u64) -> &RwLock<Names> {
        // The tables behind use the highest and the lowest bits.
        &self.stretches[(hash >> 24) as usize % self.stretches.len()]
    }

    fn read(&self, hash: u64) -> RwLockReadGuard<'_, Names> {
        self.stretch(hash).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, Names> {
        self.stretch(hash).write().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    fn for_each(&self, mut act: impl FnMut(&Spread)) {
        for stretch in &self.stretches {
            stretch.read().unwrap_or_else(PoisonError::into_inner).table.iter().for_each(&mut act);
        }
    }
}

/// The subscribers of all cores.
pub(crate) struct Registry {
    channels: Register,
    shard_channels: Register,
    patterns: Register,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Registry {
            channels: Register::new(STRETCHES),
            shard_channels: Register::new(STRETCHES),
            patterns: Register::new(1),
        }
    }

    fn register(&self, kind: Kind) -> &Register {
        match kind {
            Kind::Channel => &self.channels,
            Kind::Pattern => &self.patterns,
            Kind::ShardChannel => &self.shard_channels,
        }
    }

    /// Counts a subscriber of a core in.
    pub(super) fn add(&self, kind: Kind, core: u16, hash: u64, name: &Arc<[u8]>) {
        let register = self.register(kind);
        let mut names = register.write(hash);
        if names.add(core, hash, name) {
            register.count.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Counts a subscriber of a core out.
    pub(super) fn remove(&self, kind: Kind, core: u16, hash: u64, name: &[u8]) {
        let register = self.register(kind);
        let mut names = register.write(hash);
        if names.remove(core, hash, name) {
            register.count.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Names with subscribers.
    pub(crate) fn names(&self, kind: Kind) -> usize {
        self.register(kind).count.load(Ordering::Acquire)
    }

    /// Subscribers of a name.
    pub(crate) fn subscribers(&self, kind: Kind, hash: u64, name: &[u8]) -> usize {
        self.register(kind).read(hash).get(hash, name).map_or(0, Spread::count)
    }

    /// Names that match a pattern, or all.
    pub(crate) fn matching(&self, kind: Kind, pattern: Option<&[u8]>) -> Vec<Arc<[u8]>> {
        let mut found = Vec::new();
        self.register(kind).for_each(|spread| {
            if pattern.is_none_or(|pattern| glob_match(pattern, &spread.name, false)) {
                found.push(Arc::clone(&spread.name));
            }
        });
        found
    }

    /// Whether a message on any channel of this kind has no receiver.
    #[inline]
    pub(crate) fn is_silent(&self, kind: Kind) -> bool {
        self.register(kind).is_empty() && (kind == Kind::ShardChannel || self.patterns.is_empty())
    }

    /// How many receivers a message on this channel has. Their cores are added to `cores`, ascending.
    pub(super) fn receivers(&self, kind: Kind, hash: u64, channel: &[u8], cores: &mut Vec<u16>) -> usize {
        let register = self.register(kind);
        let mut count = 0;
        if !register.is_empty()
            && let Some(spread) = register.read(hash).get(hash, channel)
        {
            count += spread.add_to(cores);
        }
        if kind == Kind::Channel && !self.patterns.is_empty() {
            self.patterns.for_each(|spread| {
                if glob_match(&spread.name, channel, false) {
                    count += spread.add_to(cores);
                }
            });
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscribers_are_counted_by_core() {
        let registry = Registry::new();
        let (name, pattern): (Arc<[u8]>, Arc<[u8]>) = (b"news"[..].into(), b"n*"[..].into());
        let receivers = |expect: usize, expect_cores: &[u16]| {
            let mut cores = Vec::new();
            assert_eq!(registry.receivers(Kind::Channel, 7, b"news", &mut cores), expect);
            assert_eq!(cores, expect_cores);
        };
        assert!(registry.is_silent(Kind::Channel));
        receivers(0, &[]);
        for core in [3, 1, 3] {
            registry.add(Kind::Channel, core, 7, &name);
        }
        registry.add(Kind::Pattern, 2, 9, &pattern);
        registry.add(Kind::Pattern, 3, 9, &pattern);
        receivers(5, &[1, 2, 3]);
        assert_eq!(registry.subscribers(Kind::Channel, 7, b"news"), 3);
        assert_eq!((registry.names(Kind::Channel), registry.names(Kind::Pattern)), (1, 1));
        assert!(registry.is_silent(Kind::ShardChannel));
        registry.remove(Kind::Channel, 3, 7, &name);
        registry.remove(Kind::Pattern, 3, 9, &pattern);
        receivers(3, &[1, 2, 3]);
        registry.remove(Kind::Channel, 3, 7, &name);
        registry.remove(Kind::Channel, 1, 7, &name);
        receivers(1, &[2]);
        assert_eq!(registry.names(Kind::Channel), 0);
        // What was never there can't go.
        registry.remove(Kind::Channel, 1, 7, &name);
        assert_eq!(registry.matching(Kind::Pattern, None).len(), 1);
        assert!(registry.matching(Kind::Pattern, Some(b"x*")).is_empty());
    }
}
