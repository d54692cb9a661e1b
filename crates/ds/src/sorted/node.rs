//! Nodes: runs, and what stands above them.

use super::Fixed;
use super::run::Run;
use crate::blocks::{heap_bytes, is_sparse};
use crate::share::{Share, Shared};

/// Most children of a node: what is counted up when one that is shared is changed.
const CHILDREN_MAX: usize = if cfg!(test) { 4 } else { 64 };

/// See the [module documentation](self).
#[derive(Clone, Debug)]
pub(super) enum Node<K, V> {
    Leaf(Run<K, V>),
    Inner(Shared<Inner<K, V>>),
}

#[derive(Clone, Debug)]
pub(super) struct Inner<K, V> {
    /// One between two children: not greater than the keys of the right one, greater than those of the left one.
    borders: Vec<K>,
    children: Vec<Node<K, V>>,
}

/// What became of a new record.
pub(super) enum Put<K, V> {
    /// It took the place of one with this value.
    Replaced(V),
    Done,
    /// The node got a neighbour on the right, with a border between.
    Split(K, Node<K, V>),
}

impl<K, V> Default for Node<K, V> {
    fn default() -> Self {
        Node::Leaf(Run::default())
    }
}

impl<K: Fixed, V> Share for Node<K, V> {
    fn share(&self) -> Self {
        match self {
            Node::Leaf(run) => Node::Leaf(run.share()),
            Node::Inner(inner) => Node::Inner(inner.share()),
        }
    }

    fn give_up(&mut self) {
        match self {
            Node::Leaf(run) => run.give_up(),
            Node::Inner(inner) => inner.give_up(),
        }
    }
}

impl<K: Fixed, V> Share for Inner<K, V> {
    /// With the same room, so that accounts of the room hold.
    fn share(&self) -> Self {
        let mut borders = Vec::with_capacity(self.borders.capacity());
        borders.extend_from_slice(&self.borders);
        Inner { borders, children: self.children.share() }
    }

    fn give_up(&mut self) {
        self.children.give_up();
    }
}

impl<K: Fixed + Ord, V: Fixed> Node<K, V> {
    /// Heap bytes of the node itself.
    fn own_bytes(&self) -> usize {
        match self {
            Node::Leaf(run) => run.heap_bytes(),
            Node::Inner(inner) => inner.own_bytes(),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Node::Leaf(run) => run.len() == 0,
            Node::Inner(inner) => inner.children.is_empty(),
        }
    }

    #[inline]
    pub(super) fn get(&self, key: K) -> Option<V> {
        let mut node = self;
        loop {
            match node {
                Node::Leaf(run) => return run.get(run.search(key).ok()?).map(|(_, value)| value),
                Node::Inner(inner) => node = inner.children.get(inner.child_of(key))?,
            }
        }
    }

    pub(super) fn first_run(&self) -> &Run<K, V> {
        match self {
            Node::Leaf(run) => run,
            Node::Inner(inner) => inner.children[0].first_run(),
        }
    }

    pub(super) fn last_run(&self) -> &Run<K, V> {
        match self {
            Node::Leaf(run) => run,
            Node::Inner(inner) => inner.children[inner.children.len() - 1].last_run(),
        }
    }

    /// The first record from a key on, or `after` it: its run, and where it is there.
    pub(super) fn seek(&self, key: K, after: bool) -> Option<(&Run<K, V>, usize)> {
        match self {
            Node::Leaf(run) => {
                let at = match run.search(key) {
                    Ok(at) => at + usize::from(after),
                    Err(at) => at,
                };
                (at < run.len()).then_some((run, at))
            }
            // If there is none in the child of the key, the next one begins with it.
            Node::Inner(inner) => {
                inner.children.iter().skip(inner.child_of(key)).find_map(|child| child.seek(key, after))
            }
        }
    }

    /// Sets the value of a key; `last` says that nothing is to the right of the node.
    pub(super) fn insert(&mut self, key: K, value: V, last: bool, bytes: &mut usize) -> Put<K, V> {
        let run = match self {
            Node::Leaf(run) => run,
            Node::Inner(inner) => return inner.make_mut().insert(key, value, last, bytes),
        };
        let at = match run.search(key) {
            Ok(at) => return run.replace(at, value).map_or(Put::Done, Put::Replaced),
            Err(at) => at,
        };
        let right = if !run.is_full(last && at == run.len()) {
            *bytes -= run.heap_bytes();
            run.insert(at, key, value);
            *bytes += run.heap_bytes();
            return Put::Done;
        } else if last && at == run.len() {
            Run::of(key, value)
        } else {
            *bytes -= run.heap_bytes();
            let half = run.len() / 2;
            let mut right = run.split_off(half);
            if at > half {
                right.insert(at - half, key, value);
            } else {
                run.insert(at, key, value);
            }
            *bytes += run.heap_bytes();
            right
        };
        *bytes += right.heap_bytes();
        let border = right.get(0).map_or(key, |(first, _)| first);
        Put::Split(border, Node::Leaf(right))
    }

    /// Removes a key; returns its value. The node may be empty then.
    pub(super) fn remove(&mut self, key: K, bytes: &mut usize) -> Option<V> {
        match self {
            Node::Leaf(run) => {
                let at = run.search(key).ok()?;
                *bytes -= run.heap_bytes();
                let removed = run.remove(at);
                *bytes += run.heap_bytes();
                removed
            }
            Node::Inner(inner) => {
                let inner = inner.make_mut();
                let at = inner.child_of(key);
                let removed = inner.children[at].remove(key, bytes);
                inner.drop_if_empty(at, bytes);
                removed
            }
        }
    }

    /// Drops the last run; returns how many records it had.
    pub(super) fn drop_last_run(&mut self, bytes: &mut usize) -> usize {
        match self {
            Node::Leaf(run) => {
                *bytes -= run.heap_bytes();
                run.give_up();
                std::mem::take(run).len()
            }
            Node::Inner(inner) => {
                let inner = inner.make_mut();
                let last = inner.children.len() - 1;
                let records = inner.children[last].drop_last_run(bytes);
                inner.drop_if_empty(last, bytes);
                records
            }
        }
    }

    /// Becomes the parent of what it was and of a neighbour on the right.
    pub(super) fn rise(&mut self, border: K, right: Node<K, V>, bytes: &mut usize) {
        let inner = Inner { borders: vec![border], children: vec![std::mem::take(self), right] };
        *bytes += inner.own_bytes();
        *self = Node::Inner(Shared::new(inner));
    }

    /// Becomes its only child as long as it has just one; a run if it has none.
    pub(super) fn sink(&mut self, bytes: &mut usize) {
        while let Node::Inner(inner) = self
            && inner.children.len() < 2
        {
            *bytes -= inner.own_bytes();
            let child = inner.make_mut().children.pop();
            *self = child.unwrap_or_default();
        }
        if let Node::Leaf(run) = self
            && run.len() == 0
        {
            *bytes -= run.heap_bytes();
            run.give_up();
            *run = Run::default();
        }
    }

    /// Lets go of some of what another owner may hold, about `budget` runs; returns whether all is let go of, and the node is
    /// empty.
    pub(super) fn release(&mut self, budget: &mut usize) -> bool {
        if let Node::Inner(inner) = self
            && let Some(only) = inner.only_owner()
        {
            while let Some(child) = only.children.last_mut() {
                if *budget == 0 || !child.release(budget) {
                    return false;
                }
                only.children.pop();
            }
        }
        *budget = budget.saturating_sub(1);
        *self = Node::default();
        true
    }

    /// Heap bytes of all nodes, by a count; what must hold of every tree is checked on the way. Returns them with the number of
    /// records.
    #[cfg(test)]
    pub(super) fn check(&self, low: Option<K>, high: Option<K>, is_root: bool) -> (usize, usize) {
        assert!(is_root || !self.is_empty());
        match self {
            Node::Leaf(run) => {
                let keys: Vec<K> = (0..run.len()).filter_map(|at| run.get(at)).map(|(key, _)| key).collect();
                assert!(keys.is_sorted_by(|a, b| a < b) && keys.len() <= Run::<K, V>::MAX);
                assert!(keys.iter().all(|&key| low.is_none_or(|low| low <= key)));
                assert!(keys.iter().all(|&key| high.is_none_or(|high| key < high)));
                (run.heap_bytes(), run.len())
            }
            Node::Inner(inner) => {
                assert_eq!(inner.borders.len() + 1, inner.children.len());
                assert!(inner.children.len() <= CHILDREN_MAX && (!is_root || inner.children.len() > 1));
                let mut sum = (inner.own_bytes(), 0);
                for (at, child) in inner.children.iter().enumerate() {
                    let low = at.checked_sub(1).map(|at| inner.borders[at]).or(low);
                    let (bytes, records) = child.check(low, inner.borders.get(at).copied().or(high), false);
                    sum = (sum.0 + bytes, sum.1 + records);
                }
                sum
            }
        }
    }
}

impl<K: Fixed + Ord, V: Fixed> Inner<K, V> {
    fn own_bytes(&self) -> usize {
        Shared::<Inner<K, V>>::HEAP_BYTES
            + heap_bytes(self.borders.capacity() * size_of::<K>())
            + heap_bytes(self.children.capacity() * size_of::<Node<K, V>>())
    }

    /// The child that has a key if any has.
    #[inline]
    fn child_of(&self, key: K) -> usize {
        self.borders.partition_point(|&border| border <= key)
    }

    fn insert(&mut self, key: K, value: V, last: bool, bytes: &mut usize) -> Put<K, V> {
        let at = self.child_of(key);
        let last = last && at + 1 == self.children.len();
        let (border, right) = match self.children[at].insert(key, value, last, bytes) {
            Put::Split(border, right) => (border, right),
            other => return other,
        };
        *bytes -= self.own_bytes();
        let split = self.put(at + 1, border, right, last);
        *bytes += self.own_bytes();
        match split {
            Some((border, right)) => {
                *bytes += right.own_bytes();
                Put::Split(border, Node::Inner(Shared::new(right)))
            }
            None => Put::Done,
        }
    }

    /// Adds a child that is not the first one, with the border before it. Returns a new neighbour with the border before that, if
    /// there is no room.
    fn put(&mut self, at: usize, border: K, child: Node<K, V>, last: bool) -> Option<(K, Inner<K, V>)> {
        let len = self.children.len();
        if len < CHILDREN_MAX {
            if len == self.children.capacity() {
                self.children.reserve_exact(len.min(CHILDREN_MAX - len));
            }
            if self.borders.len() == self.borders.capacity() {
                self.borders.reserve_exact(len.min(CHILDREN_MAX - len));
            }
            self.borders.insert(at - 1, border);
            self.children.insert(at, child);
            return None;
        }
        if last && at == len {
            return Some((border, Inner { borders: Vec::new(), children: vec![child] }));
        }
        let half = len / 2;
        let mut right =
            Inner { borders: self.borders.split_off(half), children: self.children.split_off(half) };
        let between = self.borders.pop()?;
        self.borders.shrink_to(half);
        self.children.shrink_to(half);
        if at > half {
            right.put(at - half, border, child, false);
        } else {
            self.put(at, border, child, false);
        }
        Some((between, right))
    }

    fn drop_if_empty(&mut self, at: usize, bytes: &mut usize) {
        if !self.children.get(at).is_some_and(Node::is_empty) {
            return;
        }
        *bytes -= self.own_bytes();
        let mut gone = self.children.remove(at);
        *bytes -= gone.own_bytes();
        gone.give_up();
        if !self.borders.is_empty() {
            self.borders.remove(at.saturating_sub(1));
        }
        if is_sparse(self.children.len(), self.children.capacity()) {
            self.children.shrink_to(self.children.len() * 2);
            self.borders.shrink_to(self.children.len() * 2);
        }
        *bytes += self.own_bytes();
    }
}
