//! What cores and the plane share: frames on their way to the disk, and how far they are.

mod owner;
mod wait;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use base::limits::{LOG_BUFFER_MAX_BYTES, LOG_BUFFERS_MAX, LOG_SPOOL_MAX_BYTES};

pub(super) use self::owner::Granted;
use self::owner::PLANE;
use super::commit::Commits;
use super::frame::Group;
use super::manifest::Manifest;
use super::plane::Next;
use super::volume::DirectFile;

/// When the log is synced: `appendfsync`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Before a write is answered.
    Always,
    /// Once a second.
    #[default]
    EverySec,
    /// When the system likes.
    No,
}

/// A rewrite is under way already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Where the log goes when it is switched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The folder of all its files; made if it is not there.
    pub folder: PathBuf,
    /// What their names begin with.
    pub name: String,
    /// The files that it goes on from, which are loaded.
    pub manifest: Manifest,
    /// Generations are numbered from here on, or from the manifest's last on: see [`last_number`](super::last_number).
    pub after: u64,
    /// Whether it counts from the first frame. Else it counts from the first rewrite on: frames are dropped until shards
    /// [rotate](Logs::rotate), and files are listed when there is a base.
    pub whole: bool,
}

/// How the log does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Length of all files after the last rewrite, or at the start.
    pub base_bytes: u64,
    /// Length of all files.
    pub current_bytes: u64,
    /// What went wrong last, while it is not mended.
    pub error: Option<String>,
    /// Frames are written and not synced.
    pub pending_sync: bool,
    /// How often a sync under `everysec` took so long that Redis would have written on without waiting for it any more.
    pub delayed_syncs: u64,
    /// Since when a rewrite is under way, in milliseconds since 1970.
    pub rewriting_since_ms: Option<u64>,
    /// Whether the last rewrite failed.
    pub rewrite_failed: bool,
    /// How long the last rewrite took, in milliseconds.
    pub rewrite_took_ms: Option<u64>,
    /// Rewrites that were good.
    pub rewrites: u64,
    /// The last generation.
    pub generation: u64,
    /// The log was switched on without what was there before, and no rewrite has brought that yet: it can't be loaded.
    pub needs_base: bool,
}

/// What shards hand over, in their order.
#[derive(Debug)]
pub(super) enum Item {
    /// Whole frames; where they end; groups among them with the position of their ends; how much of them the core has written.
    Frames { bytes: Vec<u8>, end: u64, groups: Vec<(Group, u64)>, written: usize },
    /// What follows goes to the file of this generation.
    Rotate(u64),
}

/// What is asked of the plane.
#[derive(Debug)]
pub(super) enum Order {
    Open(Opening),
    /// A rewrite has ended; with the name and length of its base, if it is good.
    Rewritten(u64, Option<(String, u64)>),
    Close,
    Stop,
}

#[derive(Default)]
struct Inbox {
    items: VecDeque<Item>,
    spare: Vec<Vec<u8>>,
    /// While it is here all items ever were written, and the core writes what it appends by itself.
    direct: Option<Direct>,
    /// What the core is to take over.
    granted: Option<Granted>,
    /// What the core has given back: from where on the plane writes.
    returned: Option<u64>,
}

/// Where a core writes its frames, and up to where that is done.
struct Direct {
    file: Box<dyn DirectFile>,
    offset: u64,
}

impl Item {
    pub(super) fn len(&self) -> usize {
        match self {
            Item::Frames { bytes, .. } => bytes.len(),
            Item::Rotate(_) => 0,
        }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Inbox({} items, direct: {})", self.items.len(), self.direct.is_some())
    }
}

impl Inbox {
    /// Writes frames to the file, if they may be. Returns how much was written; if not all, the plane goes on from there.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let Some(direct) = &mut self.direct else { return 0 };
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            match direct.file.write_at(direct.offset, rest) {
                Ok(len @ 1..) => {
                    written += len;
                    direct.offset += len as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => {
                    self.direct = None;
                    break;
                }
            }
        }
        written
    }
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct ShardLog {
    appended: AtomicU64,
    synced: AtomicU64,
    committed: AtomicU64,
    /// By shard, where its commit point has to be before the core of this one has something to do: that of any of the first, or those
    /// of all of the second. At the end of time if it waits for nothing.
    needs: Box<[(AtomicU64, AtomicU64)]>,
    /// Who takes it to the disk: see [`owner`].
    owner: AtomicU8,
    /// The plane asks the core to give it back.
    wanted_back: AtomicBool,
    /// Where the core has begun.
    granted_at: AtomicU64,
    inbox: Mutex<Inbox>,
}

/// With a policy: everything is synced for now, as under `always`.
const FORCED: u8 = 0x80;

/// No commit point gets here.
const NEVER: u64 = u64::MAX;

type WakeFn = Box<dyn Fn(usize) + Send + Sync>;

#[derive(Debug, Default)]
struct Place {
    folder: PathBuf,
    name: String,
    orders: Vec<Order>,
}

/// See the [module documentation](self). Positions count bytes of frames appended to a shard's log since the process started.
pub struct Logs {
    on: AtomicBool,
    policy: AtomicU8,
    failed: AtomicBool,
    /// Bytes that are appended, and not synced (or not written, if nobody syncs).
    spooled: AtomicUsize,
    shards: Box<[ShardLog]>,
    commits: Mutex<Commits>,
    /// Cores can write to files.
    cores_write: AtomicBool,
    /// Wakes a core.
    wake: OnceLock<WakeFn>,
    place: Mutex<Place>,
    status: Mutex<Status>,
    /// What the plane has to know to sleep and to wake: the bits below.
    bell: AtomicU8,
    sleep: (Mutex<()>, Condvar),
}

/// There is something for the plane to do.
const RUNG: u8 = 1;
/// … and it cannot wait for the end of a pause.
const URGENT: u8 = 2;
/// The plane sleeps until it is rung for.
const SLEEPS: u8 = 4;
/// The plane pauses, and is only to be woken if it is urgent.
const PAUSES: u8 = 8;

impl fmt::Debug for Logs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Logs({:?}, {:?})", self.policy(), self.shards)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Logs {
    /// For so many shards; off.
    pub fn new(shards: usize) -> Arc<Logs> {
        Arc::new(Logs {
            on: AtomicBool::new(false),
            policy: AtomicU8::new(Policy::default() as u8),
            failed: AtomicBool::new(false),
            spooled: AtomicUsize::new(0),
            shards: (0..shards)
                .map(|_| {
                    let needs = (0..shards).map(|_| (AtomicU64::new(NEVER), AtomicU64::new(NEVER))).collect();
                    ShardLog { needs, ..ShardLog::default() }
                })
                .collect(),
            commits: Mutex::new(Commits::new(shards)),
            cores_write: AtomicBool::new(false),
            wake: OnceLock::new(),
            place: Mutex::default(),
            status: Mutex::default(),
            bell: AtomicU8::new(0),
            sleep: Default::default(),
        })
    }

    /// How many shards there are.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Whether frames are wanted.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// When the log is synced.
    #[inline]
    pub fn policy(&self) -> Policy {
        match self.policy.load(Ordering::Relaxed) {
            1 => Policy::EverySec,
            2 => Policy::No,
            _ => Policy::Always,
        }
    }

    /// Says when the log is to be synced.
    pub fn set_policy(&self, policy: Policy) {
        let new = |old: u8| Some(old & FORCED | policy as u8).filter(|&new| new != old);
        if self.policy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, new).is_ok() {
            self.ring(URGENT);
        }
    }

    /// Has the log synced as under `always`, until that is taken back.
    pub fn force_syncs(&self, forced: bool) {
        if forced {
            self.policy.fetch_or(FORCED, Ordering::Relaxed);
        } else {
            self.policy.fetch_and(!FORCED, Ordering::Relaxed);
        }
        self.ring(URGENT);
    }

    /// Takes the frames of a core's turn; `groups` are those among them that belong to groups, with the *positions* of their ends
    /// (so the end within `bytes` and what was [`appended`](Self::appended) before). Returns the position of the end. Wakes the
    /// plane; never waits for the disk. One core appends to a shard's log. Unless they are to be synced before they are answered, or a
    /// sync is under way, the system has them when this returns.
    pub fn append(&self, shard: usize, bytes: Vec<u8>, groups: &[(Group, u64)]) -> u64 {
        let Some(log) = self.shards.get(shard) else { return 0 };
        let len = bytes.len();
        let spooled = self.spooled.fetch_add(len, Ordering::Relaxed) + len;
        let end = log.appended.load(Ordering::Relaxed) + len as u64;
        let mut inbox = lock(&log.inbox);
        // Granted a moment ago, too late for what is here.
        log.take_back(&mut inbox);
        let was_direct = inbox.direct.is_some();
        let written = inbox.write(&bytes);
        let item = Item::Frames { bytes, end, groups: groups.to_vec(), written };
        inbox.items.push_back(item);
        let is_refused = was_direct && inbox.direct.is_none();
        // The plane is to find all of it appended that it finds here.
        log.appended.store(end, Ordering::Release);
        drop(inbox);
        self.ring(if spooled > LOG_SPOOL_MAX_BYTES / 4 || is_refused { URGENT } else { 0 });
        end
    }

    /// An empty buffer to fill.
    pub fn recycle(&self, shard: usize) -> Vec<u8> {
        self.shards.get(shard).and_then(|log| lock(&log.inbox).spare.pop()).unwrap_or_default()
    }

    /// Up to where frames were appended.
    pub fn appended(&self, shard: usize) -> u64 {
        self.shards.get(shard).map_or(0, |log| log.appended.load(Ordering::Acquire))
    }

    /// Bytes that all shards have appended.
    pub fn all_appended(&self) -> u64 {
        (0..self.shards()).map(|shard| self.appended(shard)).sum()
    }

    /// All frames that end here or before are on the disk, every group among them whole and so on: they survive any crash.
    #[inline]
    pub fn committed(&self, shard: usize) -> u64 {
        self.shards.get(shard).map_or(0, |log| log.committed.load(Ordering::SeqCst))
    }

    /// Up to where frames are on the disk, though their groups may not be whole.
    pub fn synced(&self, shard: usize) -> u64 {
        self.shards.get(shard).map_or(0, |log| log.synced.load(Ordering::Acquire))
    }

    /// Whether cores may go on producing frames: without room they parse no more commands. While the disk fails there is always
    /// room: writes are refused then, and what refuses them has to be parsed.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.spooled.load(Ordering::Relaxed) < LOG_SPOOL_MAX_BYTES || self.is_failed()
    }

    /// Whether the disk fails, and writes are to be refused.
    #[inline]
    pub fn is_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// What a shard appends from now on goes to the file of this generation.
    pub fn rotate(&self, shard: usize, generation: u64) {
        if let Some(log) = self.shards.get(shard) {
            let mut inbox = lock(&log.inbox);
            // Granted, and not taken yet.
            log.take_back(&mut inbox);
            // What follows goes to a file that the plane has to make.
            inbox.direct = None;
            inbox.items.push_back(Item::Rotate(generation));
            drop(inbox);
            self.ring(URGENT);
        }
    }

    /// How the log does.
    pub fn status(&self) -> Status {
        let mut status = lock(&self.status).clone();
        // What cores have written that the plane has not heard of.
        let own = |log: &ShardLog| match log.owner.load(Ordering::Acquire) {
            PLANE => 0,
            _ => {
                let from = log.granted_at.load(Ordering::Relaxed);
                log.synced.load(Ordering::Acquire).saturating_sub(from)
            }
        };
        status.current_bytes += self.shards.iter().map(own).sum::<u64>();
        status
    }

    /// A sync under `everysec` took too long.
    pub fn count_delayed_sync(&self) {
        self.change().delayed_syncs += 1;
    }

    /// Switches the log on.
    pub fn open(&self, opening: Opening) {
        let generation = opening.manifest.last().max(opening.after) + u64::from(opening.whole);
        {
            let mut status = self.change();
            status.generation = status.generation.max(generation);
            status.needs_base |= !opening.whole;
        }
        {
            let mut place = lock(&self.place);
            place.folder.clone_from(&opening.folder);
            place.name.clone_from(&opening.name);
            place.orders.push(Order::Open(opening));
            // Under the lock, so that the last order says what is so.
            self.on.store(true, Ordering::Release);
        }
        self.ring(URGENT);
    }

    /// Switches the log off; what was appended is still written and synced.
    pub fn close(&self) {
        {
            let mut place = lock(&self.place);
            place.orders.push(Order::Close);
            self.on.store(false, Ordering::Release);
        }
        self.change().needs_base = false;
        self.ring(URGENT);
    }

    /// The process ends: the plane is to write and sync all, and to end.
    pub fn stop(&self) {
        self.order(Order::Stop);
    }

    /// A rewrite begins: returns its generation. The cut must follow, at which every shard [rotates](Self::rotate) to it, and
    /// [`end_rewrite`](Self::end_rewrite) at the end.
    ///
    /// # Errors
    /// If one is under way.
    pub fn begin_rewrite(&self, now_ms: u64) -> Result<u64, Busy> {
        let mut status = self.change();
        if status.rewriting_since_ms.is_some() {
            return Err(Busy);
        }
        status.rewriting_since_ms = Some(now_ms);
        status.generation += 1;
        Ok(status.generation)
    }

    /// Folder and name of the base that belongs to a generation.
    pub fn base_file(&self, generation: u64) -> (PathBuf, String) {
        let place = lock(&self.place);
        (place.folder.clone(), super::manifest::base_name(&place.name, generation))
    }

    /// The rewrite has ended; with the length of its base, if that is written and synced, and its folder too. Then the base and the
    /// logs from its generation on replace all that was before.
    pub fn end_rewrite(&self, base_bytes: Option<u64>, now_ms: u64) {
        let mut status = self.change();
        // It is under way until the plane has put it in the place of what was before.
        let Some(since_ms) = status.rewriting_since_ms else { return };
        status.rewrite_took_ms = Some(now_ms.saturating_sub(since_ms));
        status.rewrite_failed = base_bytes.is_none();
        status.rewrites += u64::from(base_bytes.is_some());
        let generation = status.generation;
        drop(status);
        let base = base_bytes.map(|bytes| (self.base_file(generation).1, bytes));
        self.order(Order::Rewritten(generation, base));
    }

    /// Waits until the plane is to do its next step.
    pub fn wait(&self, next: Next, now_ms: u64) {
        let (limit_ms, state, until) = match next {
            Next::Again | Next::Over => return,
            Next::Rung => (None, SLEEPS, RUNG),
            Next::At(ms) => (Some(ms), SLEEPS, RUNG),
            Next::Pause(ms) => (Some(ms), PAUSES, URGENT),
        };
        let guard = lock(&self.sleep.0);
        self.bell.fetch_or(state, Ordering::AcqRel);
        let sleeps = |_: &mut ()| self.bell.load(Ordering::Acquire) & until == 0;
        match limit_ms.map(|ms| Duration::from_millis(ms.saturating_sub(now_ms))) {
            None => drop(self.sleep.1.wait_while(guard, sleeps)),
            Some(limit) => drop(self.sleep.1.wait_timeout_while(guard, limit, sleeps)),
        }
        self.bell.fetch_and(!state, Ordering::AcqRel);
    }

    /// Whether [`wait`](Self::wait) would not wait at all: for a driver that has no thread for the plane.
    pub fn is_due(&self, next: Next, now_ms: u64) -> bool {
        let rung = |bits| self.bell.load(Ordering::Acquire) & bits != 0;
        match next {
            Next::Again | Next::Over => true,
            Next::Rung => rung(RUNG),
            Next::At(ms) => now_ms >= ms || rung(RUNG),
            Next::Pause(ms) => now_ms >= ms || rung(URGENT),
        }
    }

    fn order(&self, order: Order) {
        lock(&self.place).orders.push(order);
        self.ring(URGENT);
    }

    /// Tells the plane that there is something to do. Comes behind what is to be found: whoever finds the bell rung already has
    /// taken the lock of an inbox before the plane does.
    fn ring(&self, how: u8) {
        let bits = RUNG | how;
        if self.bell.load(Ordering::Acquire) & bits == bits {
            return;
        }
        let was = self.bell.fetch_or(bits, Ordering::AcqRel);
        let wakes = SLEEPS | if how == URGENT { PAUSES } else { 0 };
        if was & wakes != 0 {
            drop(lock(&self.sleep.0));
            self.sleep.1.notify_one();
        }
    }

    /// Cores can write to files by themselves: under `always` they take their logs to the disk.
    pub fn let_cores_write(&self) {
        self.cores_write.store(true, Ordering::Relaxed);
    }

    // What the plane does.

    /// From here on what comes rings again.
    pub(super) fn heard(&self) {
        self.bell.fetch_and(!(RUNG | URGENT), Ordering::AcqRel);
    }

    pub(super) fn take_orders(&self) -> Vec<Order> {
        std::mem::take(&mut lock(&self.place).orders)
    }

    /// What a shard has handed over, unless its core has the log; and from where on the plane writes, if it has given it back.
    pub(super) fn take_items(&self, shard: usize) -> (Option<u64>, VecDeque<Item>) {
        let Some(log) = self.shards.get(shard) else { return Default::default() };
        let mut inbox = lock(&log.inbox);
        if log.owner.load(Ordering::Acquire) != PLANE {
            return Default::default();
        }
        (inbox.returned.take(), std::mem::take(&mut inbox.items))
    }

    /// From here on the core of a shard writes by itself, at this offset of the file. False: it has appended more meanwhile.
    pub(super) fn grant(&self, shard: usize, file: Box<dyn DirectFile>, offset: u64) -> bool {
        let Some(log) = self.shards.get(shard) else { return true };
        let mut inbox = lock(&log.inbox);
        let heard = log.is_of_plane(&inbox);
        if heard {
            inbox.direct = Some(Direct { file, offset });
        }
        heard
    }

    /// From here on the core of a shard does not write. Returns whether it did.
    pub(super) fn revoke(&self, shard: usize) -> bool {
        self.shards.get(shard).is_some_and(|log| lock(&log.inbox).direct.take().is_some())
    }

    /// Whether the core of a shard writes by itself.
    pub(super) fn is_direct(&self, shard: usize) -> bool {
        self.shards.get(shard).is_some_and(|log| lock(&log.inbox).direct.is_some())
    }

    /// A buffer is no longer needed.
    pub(super) fn release(&self, shard: usize, mut bytes: Vec<u8>) {
        self.spooled.fetch_sub(bytes.len(), Ordering::Relaxed);
        if bytes.capacity() > LOG_BUFFER_MAX_BYTES {
            return;
        }
        bytes.clear();
        if let Some(log) = self.shards.get(shard) {
            let mut inbox = lock(&log.inbox);
            if inbox.spare.len() < LOG_BUFFERS_MAX {
                inbox.spare.push(bytes);
            }
        }
    }

    pub(super) fn set_synced(&self, shard: usize, position: u64) {
        if let Some(log) = self.shards.get(shard) {
            log.synced.fetch_max(position, Ordering::AcqRel);
        }
    }

    pub(super) fn set_committed(&self, shard: usize, position: u64) {
        if let Some(log) = self.shards.get(shard) {
            log.committed.store(position, Ordering::SeqCst);
        }
    }

    pub(super) fn change(&self) -> MutexGuard<'_, Status> {
        lock(&self.status)
    }

    pub(super) fn set_failed(&self, error: Option<String>) {
        self.failed.store(error.is_some(), Ordering::Relaxed);
        self.change().error = error;
    }
}
