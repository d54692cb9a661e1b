//! The key locks of one shard (invariants L1 and L2).
//!
//! While no rounds command is under way the table is idle and costs one branch a piece. Otherwise every piece *claims*
//! the keys that it touches:
//!
//! ```text
//! key a:  [ task 7 (holds) | MSET a b | GET a ]      each key has a queue of claims, first come first served;
//! key b:  [ MSET a b | task 9 ]                      a claim is granted when it is at the front of all its queues
//! ```
//!
//! A claim of a task holds its keys until the task gives them back; a claim of an ordinary piece is granted, run and gone.
//! Work on the whole shard (DBSIZE, KEYS, FLUSHALL …) is a *barrier*: it runs when no claim is left, and whatever arrives
//! after it waits behind it.
//!
//! A task whose keys nobody can name beforehand holds the whole shard instead: it waits as a barrier does, and everything waits
//! behind it until it gives the shard back.
//!
//! Claims arrive in inbox order, which all shards agree upon (B1), and a task claims all its keys in one publish (L2). So
//! every wait points to an earlier lock point, and there is no deadlock.
//!
//! A piece sees its own stamp as its time, however long it waits, and so does every step of a task (T1): another shard may
//! have run its part of the same command long ago. So nothing may expire by a later stamp than the oldest that is claimed
//! under; what the claimed keys are concerned, nobody else comes near them.
//!
//! A claim costs time in proportion to its keys; so does giving it back, plus one step for each claim that follows.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::message::TaskId;

/// What a piece wants of the table.
pub(crate) enum Claim {
    /// The keys that an ordinary piece touches.
    Keys(Vec<KeyName>),
    /// The keys that a task is going to hold.
    Hold(TaskId, Vec<KeyName>),
    /// The whole shard.
    All,
    /// The whole shard, which a task is going to hold.
    HoldAll(TaskId),
}

/// Who has the whole shard for longer than one piece of work.
#[derive(Clone, Copy)]
struct Holder {
    task: TaskId,
    stamp_ms: u64,
    /// The task has begun to work with the shard.
    started: bool,
}

/// Work on the whole shard that waits for all claims before it.
struct Barrier<W> {
    work: W,
    /// Who is going to hold the shard from then on.
    holder: Option<Holder>,
}

/// A key's name. Locks know no databases: a name is locked in all of them, so commands over two databases need no more.
pub(crate) type KeyName = Box<[u8]>;

struct Waiting<W> {
    /// The queues that the claim is in.
    queues: Vec<u32>,
    /// In how many of them something is before it.
    blocked: usize,
    work: Option<W>,
    task: Option<TaskId>,
    /// The task has begun to work with the keys.
    started: bool,
    stamp_ms: u64,
}

struct Queue {
    name: KeyName,
    claims: VecDeque<u32>,
}

/// The key locks of one shard. `W` is work that can be run later.
pub(crate) struct LockTable<W> {
    names: HashMap<KeyName, u32>,
    queues: Slots<Queue>,
    claims: Slots<Waiting<W>>,
    tasks: HashMap<TaskId, u32>,
    holder: Option<Holder>,
    /// The stamp of the piece that has stopped in the middle of its work here, and goes on later.
    seized_ms: Option<u64>,
    barrier: Option<Barrier<W>>,
    /// What arrived after the barrier, in order.
    behind: VecDeque<(Claim, u64, W)>,
    /// Work whose turn has come, in order.
    ready: VecDeque<W>,
    /// [`LOCKED`] and [`ATTENDED`]; 0 for the usual case, in which pieces just run.
    busy: u8,
}

/// Something is locked, or waits.
const LOCKED: u8 = 1;
/// Somebody waits for keys to change.
const ATTENDED: u8 = 2;

impl<W> LockTable<W> {
    pub(crate) fn new() -> Self {
        LockTable {
            names: HashMap::new(),
            queues: Slots::new(),
            claims: Slots::new(),
            tasks: HashMap::new(),
            holder: None,
            seized_ms: None,
            barrier: None,
            behind: VecDeque::new(),
            ready: VecDeque::new(),
            busy: 0,
        }
    }

    /// Whether nothing is locked, nothing waits, and nobody waits for keys to change: then ordinary pieces just run.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.busy == 0
    }

    /// Whether something is locked or waits: then ordinary pieces have to claim.
    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        self.busy & LOCKED != 0
    }

    /// A piece stops in the middle of its work, whose stamp this is: nothing that is not under way already begins until it ends.
    pub(crate) fn seize(&mut self, stamp_ms: u64) {
        self.seized_ms = Some(stamp_ms);
        self.set_locked(true);
    }

    /// The piece that had stopped has ended.
    pub(crate) fn end_seizure(&mut self) {
        self.seized_ms = None;
        self.go_on();
    }

    /// Whether a piece has stopped in the middle of its work.
    pub(crate) fn is_seized(&self) -> bool {
        self.seized_ms.is_some()
    }

    /// Notes whether somebody waits for keys to change: then somebody looks after each piece.
    pub(crate) fn attend(&mut self, attended: bool) {
        self.busy = if attended { self.busy | ATTENDED } else { self.busy & !ATTENDED };
    }

    fn set_locked(&mut self, locked: bool) {
        self.busy = if locked { self.busy | LOCKED } else { self.busy & !LOCKED };
    }

    /// Notes that a task begins to work with what it holds.
    pub(crate) fn start(&mut self, task: TaskId) {
        if let Some(holder) = self.holder.as_mut().filter(|holder| holder.task == task) {
            holder.started = true;
        } else if let Some(&id) = self.tasks.get(&task)
            && let Some(claim) = self.claims.get_mut(id)
        {
            claim.started = true;
        }
    }

    /// Whether no task is at work with a key, unless it is `except`, which has done its last step here.
    pub(crate) fn is_free(&self, name: &[u8], except: Option<TaskId>) -> bool {
        if self.seized_ms.is_some() {
            return false;
        }
        if let Some(holder) = self.holder {
            return !holder.started || except == Some(holder.task);
        }
        let front = || self.claims.get(*self.queues.get(*self.names.get(name)?)?.claims.front()?);
        !self.is_locked() || front().is_none_or(|claim| !claim.started || claim.task == except)
    }

    /// Makes a claim for work that is stamped `stamp_ms`. `None`: it is granted, and the caller runs the work at once.
    /// `Some(keep)`: the caller must give the work to [`Pending::wait`]; it comes back from [`LockTable::take_ready`] when its
    /// turn has come.
    pub(crate) fn claim(&mut self, claim: Claim, stamp_ms: u64) -> Option<Pending<'_, W>> {
        if self.holder.is_some()
            || self.seized_ms.is_some()
            || self.barrier.is_some()
            || !self.behind.is_empty()
        {
            return Some(Pending { table: self, claim: Waits::Behind(claim, stamp_ms) });
        }
        match claim {
            Claim::All if self.claims.is_empty() => None,
            Claim::All => Some(Pending { table: self, claim: Waits::Barrier(None) }),
            Claim::HoldAll(task) => {
                let holder = Some(Holder { task, stamp_ms, started: false });
                if !self.claims.is_empty() {
                    return Some(Pending { table: self, claim: Waits::Barrier(holder) });
                }
                self.holder = holder;
                self.set_locked(true);
                None
            }
            Claim::Keys(names) => {
                if names.iter().all(|name| !self.names.contains_key(name)) {
                    return None;
                }
                let id = self.enqueue(names, None, stamp_ms);
                Some(Pending { table: self, claim: Waits::Claim(id) })
            }
            Claim::Hold(task, names) => {
                let id = self.enqueue(names, Some(task), stamp_ms);
                self.tasks.insert(task, id);
                self.set_locked(true);
                let is_free = self.claims.get(id).is_none_or(|claim| claim.blocked == 0);
                if is_free { None } else { Some(Pending { table: self, claim: Waits::Claim(id) }) }
            }
        }
    }

    /// A task gives its keys back, or the shard. What waited for them becomes ready.
    pub(crate) fn release(&mut self, task: TaskId) {
        if self.holder.is_some_and(|holder| holder.task == task) {
            self.holder = None;
            self.go_on();
        } else if let Some(id) = self.tasks.remove(&task) {
            self.finish(id);
        }
    }

    /// The stamp under which a task holds its keys.
    pub(crate) fn stamp_ms(&self, task: TaskId) -> Option<u64> {
        if let Some(holder) = self.holder.filter(|holder| holder.task == task) {
            return Some(holder.stamp_ms);
        }
        self.claims.get(*self.tasks.get(&task)?).map(|claim| claim.stamp_ms)
    }

    /// The oldest stamp of all that holds keys or waits. Costs a step for each claim.
    pub(crate) fn oldest_ms(&self) -> Option<u64> {
        // Whatever waits for or behind the barrier came after the claims that the barrier waits for.
        let holder = self.holder.map(|holder| holder.stamp_ms);
        let held = holder.or_else(|| self.claims.iter().map(|claim| claim.stamp_ms).min());
        [held, self.seized_ms].into_iter().flatten().min()
    }

    /// The next work whose turn has come. It must be run before anything that arrives later.
    pub(crate) fn take_ready(&mut self) -> Option<W> {
        if self.seized_ms.is_some() { None } else { self.ready.pop_front() }
    }

    /// How many claims are held or wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let alone = usize::from(self.holder.is_some()) + usize::from(self.barrier.is_some());
        self.claims.len() + self.behind.len() + alone
    }

    fn enqueue(&mut self, mut names: Vec<KeyName>, task: Option<TaskId>, stamp_ms: u64) -> u32 {
        names.sort_unstable();
        names.dedup();
        let id = self.claims.insert(Waiting {
            queues: Vec::new(),
            blocked: 0,
            work: None,
            task,
            started: false,
            stamp_ms,
        });
        let mut queues = Vec::with_capacity(names.len());
        let mut blocked = 0;
        for name in names {
            let queue = match self.names.get(&name) {
                Some(&queue) => queue,
                None => {
                    let queue = self.queues.insert(Queue { name: name.clone(), claims: VecDeque::new() });
                    self.names.insert(name, queue);
                    queue
                }
            };
            if let Some(entry) = self.queues.get_mut(queue) {
                blocked += usize::from(!entry.claims.is_empty());
                entry.claims.push_back(id);
            }
            queues.push(queue);
        }
        if let Some(claim) = self.claims.get_mut(id) {
            claim.queues = queues;
            claim.blocked = blocked;
        }
        id
    }

    /// A granted claim ends: it leaves its queues, and claims that come to the front of all theirs are granted.
    fn finish(&mut self, id: u32) {
        let mut ended = vec![id];
        while let Some(id) = ended.pop() {
            let Some(claim) = self.claims.remove(id) else { continue };
            for queue in claim.queues {
                let Some(entry) = self.queues.get_mut(queue) else { continue };
                entry.claims.pop_front();
                let Some(&next) = entry.claims.front() else {
                    if let Some(queue) = self.queues.remove(queue) {
                        self.names.remove(&queue.name);
                    }
                    continue;
                };
                let Some(waiting) = self.claims.get_mut(next) else { continue };
                waiting.blocked -= 1;
                if waiting.blocked == 0 {
                    self.ready.extend(waiting.work.take());
                    if waiting.task.is_none() {
                        // It runs before whatever it makes ready, so it may end here.
                        ended.push(next);
                    }
                }
            }
        }
        self.go_on();
    }

    /// Lets what waits behind go on as far as nothing keeps it back.
    fn go_on(&mut self) {
        self.pass_barrier();
        let alone = self.holder.is_none() && self.seized_ms.is_none() && self.barrier.is_none();
        self.set_locked(!(alone && self.claims.is_empty() && self.behind.is_empty()));
    }

    /// Lets what waits behind go on, up to the next barrier, and the barrier run if no claim is left.
    fn pass_barrier(&mut self) {
        loop {
            while self.holder.is_none() && self.seized_ms.is_none() && self.barrier.is_none() {
                let Some((claim, stamp_ms, work)) = self.behind.pop_front() else { return };
                let behind = std::mem::take(&mut self.behind);
                match self.claim(claim, stamp_ms) {
                    None => self.ready.push_back(work),
                    Some(pending) => pending.wait(work),
                }
                self.behind = behind;
            }
            if self.holder.is_some() || self.seized_ms.is_some() || !self.claims.is_empty() {
                return;
            }
            let Some(Barrier { work, holder }) = self.barrier.take() else { return };
            self.ready.push_back(work);
            self.holder = holder;
        }
    }
}

enum Waits {
    Claim(u32),
    Barrier(Option<Holder>),
    Behind(Claim, u64),
}

/// A claim that was not granted, for which the work to be run later is still missing.
pub(crate) struct Pending<'a, W> {
    table: &'a mut LockTable<W>,
    claim: Waits,
}

impl<W> Pending<'_, W> {
    /// Hands over the work.
    pub(crate) fn wait(self, work: W) {
        self.table.set_locked(true);
        match self.claim {
            Waits::Claim(id) => {
                if let Some(claim) = self.table.claims.get_mut(id) {
                    claim.work = Some(work);
                }
            }
            Waits::Barrier(holder) => self.table.barrier = Some(Barrier { work, holder }),
            Waits::Behind(claim, stamp_ms) => self.table.behind.push_back((claim, stamp_ms, work)),
        }
    }
}

/// A vector with holes that are filled again.
pub(crate) struct Slots<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots::new()
    }
}

impl<T> Slots<T> {
    pub(crate) const fn new() -> Self {
        Slots { slots: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn insert(&mut self, value: T) -> u32 {
        if let Some(at) = self.free.pop() {
            self.slots[at as usize] = Some(value);
            return at;
        }
        self.slots.push(Some(value));
        (self.slots.len() - 1) as u32
    }

    #[inline]
    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        self.slots.get(at as usize)?.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.slots.get_mut(at as usize)?.as_mut()
    }

    /// All values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().flatten()
    }

    pub(crate) fn remove(&mut self, at: u32) -> Option<T> {
        let value = self.slots.get_mut(at as usize)?.take()?;
        self.free.push(at);
        Some(value)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
#[path = "locks_tests.rs"]
mod tests;
