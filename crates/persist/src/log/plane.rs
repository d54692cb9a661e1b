//! The plane: takes frames of all shards to the disk, one cycle after the other.
//!
//! ```text
//!   items of a shard    [frames][frames][frames] rotate [frames] …
//!                        kept: written,  │ next           └── for the file of the next generation: only when all before
//!                        not synced      └── unwritten        it is synced
//! ```
//!
//! A cycle writes all that came, syncs what is due, all files at once, moves the commit points and wakes the cores whose point has
//! moved. While it syncs the next frames gather: that is the group commit. Under `everysec` and `no` cores write by themselves once the
//! plane has caught up with them, so what was answered is the system's and no kill loses it; the plane syncs, and while it does they
//! leave their frames to it again. Frames stay in memory until they are synced, and if
//! syncing fails they are written again: what the system did with them is not known.

mod files;
mod take;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::path::PathBuf;
use std::sync::Arc;

use base::limits::LOG_UNSYNCED_MAX_BYTES;

use super::head::FILE_HEAD_BYTES;
use super::logs::{Item, Logs, Order, Policy};
use super::manifest::Manifest;
use super::volume::Volume;

/// Stretches of memory that one write takes at most; the system's own limit.
const SLICES_MAX: usize = 1024;
/// How long the plane waits after an error before it tries again.
const RETRY_MS: u64 = 100;
/// `appendfsync everysec`.
const SYNC_EVERY_MS: u64 = 1000;
/// Unless writes wait for it, the plane writes no more often than this: one wake-up and one write serve many turns of a core.
const PAUSE_MS: u64 = 2;
/// The same while cores write by themselves, and nothing is left but to forget what was written.
const DIRECT_PAUSE_MS: u64 = 100;
/// How often it is tried to catch up with a core so that it may write by itself.
const GRANT_TRIES: usize = 4;

/// When the plane is to do its next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once.
    Again,
    /// When it is rung for.
    Rung,
    /// At a time, in milliseconds since 1970, or when it is rung for.
    At(u64),
    /// At a time, or earlier if it is urgent.
    Pause(u64),
    /// Never: all is written and synced, and the process ends.
    Over,
}

/// See the [module documentation](self).
pub struct Plane<V: Volume> {
    logs: Arc<Logs>,
    volume: V,
    orders: VecDeque<Order>,
    set: Option<Set<V::File>>,
    tails: Vec<Tail<V::File>>,
    synced_ms: u64,
    retry_ms: Option<u64>,
    /// This step has written something.
    wrote: bool,
    /// Something was synced since waiting cores were woken.
    synced: bool,
    /// Cores that wrote by themselves were told not to, for a sync.
    revoked: bool,
    closing: bool,
    stopping: bool,
    /// What is broken on purpose.
    #[cfg(feature = "sim-faults")]
    pub faults: PlaneFaults,
}

/// Ways to break a rewrite, for tests that show that they notice.
#[cfg(feature = "sim-faults")]
#[derive(Clone, Copy, Debug, Default)]
pub struct PlaneFaults {
    /// What a rewrite replaces is removed before the manifest is written.
    pub removes_first: bool,
    /// A rewrite counts before all shards have come to its logs.
    pub lists_too_soon: bool,
}

/// The files that the log consists of.
struct Set<F> {
    folder: PathBuf,
    name: String,
    manifest: Manifest,
    /// Whether the manifest is on the disk: else it is written when there is a base.
    listed: bool,
    /// Files that are made and synced, while it is not certain that the manifest lists them: if writing it failed it may list them
    /// nevertheless, so they are not made again, which would empty them.
    unlisted: Option<(u64, Vec<F>)>,
    /// Files that are made, by generation and shard, until the shard has come to them.
    made: Vec<(u64, Vec<Option<F>>)>,
    /// Length of what was there before this process and is still listed.
    before_bytes: u64,
    /// Bytes of each generation of this process.
    bytes: Vec<(u64, u64)>,
}

/// The end of a shard's log.
struct Tail<F> {
    /// Kept frames, and what is to be written.
    items: VecDeque<Item>,
    /// Items that are written.
    next: usize,
    /// How much of the next one is written.
    part: usize,
    /// Up to where all is written.
    written: u64,
    /// Bytes of items that are kept.
    kept_bytes: usize,
    /// Something was written since the last sync.
    dirty: bool,
    segment: Option<Segment<F>>,
}

/// The file that a shard writes.
struct Segment<F> {
    file: F,
    generation: u64,
    /// The position of its first frame.
    start: u64,
}

impl<F> Segment<F> {
    /// Where a position is in the file.
    fn offset_of(&self, position: u64) -> u64 {
        FILE_HEAD_BYTES as u64 + (position - self.start)
    }
}

impl<F> Set<F> {
    /// So much more was written to a generation.
    fn grow(&mut self, generation: u64, more: u64) {
        if let Some((_, bytes)) = self.bytes.iter_mut().find(|(made, _)| *made == generation) {
            *bytes += more;
        }
    }
}

impl<F> Default for Tail<F> {
    fn default() -> Self {
        Tail {
            items: VecDeque::new(),
            next: 0,
            part: 0,
            written: 0,
            kept_bytes: 0,
            dirty: false,
            segment: None,
        }
    }
}

impl<V: Volume> Plane<V> {
    /// For the logs of a process; `wake` wakes the core of a shard.
    pub fn new(logs: Arc<Logs>, volume: V, wake: Box<dyn Fn(usize) + Send + Sync>) -> Self {
        let shards = logs.shards();
        logs.set_wake(wake);
        Plane {
            logs,
            volume,
            orders: VecDeque::new(),
            set: None,
            tails: (0..shards).map(|_| Tail::default()).collect(),
            synced_ms: 0,
            retry_ms: None,
            wrote: false,
            synced: false,
            revoked: false,
            closing: false,
            stopping: false,
            #[cfg(feature = "sim-faults")]
            faults: PlaneFaults::default(),
        }
    }

    /// Does a cycle.
    pub fn step(&mut self, now_ms: u64) -> Next {
        self.logs.heard();
        self.orders.extend(self.logs.take_orders());
        self.take_items();
        if let Some(at) = self.retry_ms.filter(|&at| now_ms < at) {
            return Next::At(at);
        }
        let (again, error) = self.cycle(now_ms);
        if error.is_some() || self.retry_ms.is_some() {
            self.logs.set_failed(error.as_ref().map(ToString::to_string));
        }
        self.retry_ms = error.map(|_| now_ms + RETRY_MS);
        let wrote = std::mem::take(&mut self.wrote);
        let dirty = self.tails.iter().any(|tail| tail.dirty);
        match (self.retry_ms, self.logs.policy()) {
            (Some(at), _) => Next::At(at),
            _ if again => Next::Again,
            _ if self.stopping && self.set.is_none() && !self.closing => Next::Over,
            // Those who write by themselves do not need to be heard before it is time to sync.
            (None, Policy::EverySec) if dirty && self.all_direct() => {
                Next::Pause(self.synced_ms + SYNC_EVERY_MS)
            }
            (None, Policy::No) if wrote && self.all_direct() => Next::Pause(now_ms + DIRECT_PAUSE_MS),
            (None, Policy::EverySec | Policy::No) if wrote => Next::Pause(now_ms + PAUSE_MS),
            (None, Policy::EverySec) if dirty => Next::At(self.synced_ms + SYNC_EVERY_MS),
            (None, _) => Next::Rung,
        }
    }

    /// The volume, for tests.
    pub fn volume(&mut self) -> &mut V {
        &mut self.volume
    }

    /// Returns whether there is more to do at once, and what went wrong.
    fn cycle(&mut self, now_ms: u64) -> (bool, Option<io::Error>) {
        let mut error = self.carry_out().err();
        for shard in 0..self.tails.len() {
            error = self.rotate_and_write(shard).err().or(error);
        }
        self.free_written();
        error = self.sync_due(now_ms).err().or(error);
        if error.is_none() {
            error = self.carry_out().err();
        }
        // Also when nobody has to wait any more, since somebody may still do, and for what is synced that was committed without.
        if self.logs.advance() | std::mem::take(&mut self.synced) {
            self.logs.wake_waiting(None);
        }
        self.ask_back();
        if error.is_none() {
            self.grant();
        }
        let busy = self.tails.iter().any(|tail| tail.next < tail.items.len());
        // Cores that have their logs give them back, and ring then.
        let owned = (0..self.tails.len()).any(|shard| self.logs.is_owned(shard));
        if self.closing && error.is_none() && !busy && !owned && self.tails.iter().all(|tail| !tail.dirty) {
            self.closing = false;
            self.set = None;
            self.tails.iter_mut().for_each(|tail| tail.segment = None);
        }
        self.say_status();
        let busy = busy || std::mem::take(&mut self.revoked);
        let closing = (self.closing || self.orders.front().is_some_and(opens)) && !owned;
        (busy || closing, error)
    }

    fn say_status(&self) {
        let mut status = self.logs.change();
        status.pending_sync = self.tails.iter().any(|tail| tail.dirty);
        let bytes =
            |set: &Set<V::File>| set.before_bytes + set.bytes.iter().map(|(_, bytes)| bytes).sum::<u64>();
        status.current_bytes = self.set.as_ref().map_or(0, bytes);
    }

    /// Does what was asked for.
    fn carry_out(&mut self) -> io::Result<()> {
        while let Some(order) = self.orders.front() {
            match order {
                // What was open before is still being closed.
                Order::Open(_) if self.closing => break,
                Order::Open(opening) => {
                    let opening = opening.clone();
                    if self.set.is_none() {
                        self.open(opening)?;
                    }
                }
                Order::Rewritten(generation, Some((base, bytes))) => {
                    let (generation, base, bytes) = (*generation, base.clone(), *bytes);
                    #[cfg(feature = "sim-faults")]
                    let waits = !self.faults.lists_too_soon;
                    #[cfg(not(feature = "sim-faults"))]
                    let waits = true;
                    let behind = |tail: &Tail<V::File>| {
                        tail.segment.as_ref().is_some_and(|segment| segment.generation < generation)
                            || tail.items.iter().any(|item| matches!(item, Item::Rotate(_)))
                    };
                    if waits && self.set.is_some() && self.tails.iter().any(behind) {
                        break;
                    }
                    self.rewritten(generation, base, bytes)?;
                    self.logs.change().rewriting_since_ms = None;
                }
                Order::Rewritten(_, None) => self.logs.change().rewriting_since_ms = None,
                Order::Close => {
                    (0..self.tails.len()).for_each(|shard| _ = self.logs.revoke(shard));
                    self.closing = self.set.is_some();
                }
                Order::Stop => {
                    (0..self.tails.len()).for_each(|shard| _ = self.logs.revoke(shard));
                    self.stopping = true;
                    self.closing = self.set.is_some();
                }
            }
            self.orders.pop_front();
        }
        Ok(())
    }

    /// Writes what a shard has to write, as far as it may before a sync.
    fn rotate_and_write(&mut self, shard: usize) -> io::Result<()> {
        loop {
            let Some(tail) = self.tails.get_mut(shard) else { return Ok(()) };
            match tail.items.front() {
                Some(&Item::Rotate(generation)) if !tail.dirty => {
                    if self.set.is_some() {
                        self.make(generation, false)?;
                    }
                    let files = self.set.as_mut().and_then(|set| {
                        set.made.iter_mut().find(|(made, _)| *made == generation).map(|(_, files)| files)
                    });
                    let file = files.and_then(|files| files.get_mut(shard)?.take());
                    let Some(tail) = self.tails.get_mut(shard) else { return Ok(()) };
                    tail.items.pop_front();
                    if let Some(file) = file {
                        tail.segment = Some(Segment { file, generation, start: tail.written });
                    }
                    if let Some(set) = &mut self.set {
                        set.made.retain(|(_, files)| files.iter().any(Option::is_some));
                    }
                }
                // Where it goes is not open yet, and may be refused by the disk for a while.
                Some(_) if tail.segment.is_none() && self.orders.iter().any(opens) => return Ok(()),
                Some(_) if tail.segment.is_none() => self.drop_front(shard),
                _ => return self.write(shard),
            }
        }
    }

    /// Frames before the log begins count as done.
    fn drop_front(&mut self, shard: usize) {
        let Some(tail) = self.tails.get_mut(shard) else { return };
        if let Some(Item::Frames { bytes, end, .. }) = tail.items.pop_front() {
            tail.kept_bytes -= bytes.len();
            tail.written = end;
            self.logs.commits().durable(shard, end);
            self.logs.set_synced(shard, end);
            self.logs.release(shard, bytes);
        }
    }

    fn write(&mut self, shard: usize) -> io::Result<()> {
        let Some(tail) = self.tails.get_mut(shard) else { return Ok(()) };
        let Some(segment) = &mut tail.segment else { return Ok(()) };
        loop {
            let frames = |item: &Item| matches!(item, Item::Frames { .. });
            let waiting = tail.items.iter().skip(tail.next).take_while(|item| frames(item)).take(SLICES_MAX);
            let mut slices: Vec<IoSlice<'_>> = Vec::new();
            for (number, item) in waiting.enumerate() {
                let Item::Frames { bytes, .. } = item else { break };
                let from = if number == 0 { tail.part } else { 0 };
                slices.push(IoSlice::new(bytes.get(from..).unwrap_or_default()));
            }
            if slices.is_empty() {
                return Ok(());
            }
            let offset = segment.offset_of(tail.written);
            tail.dirty = true;
            self.wrote = true;
            let wanted: usize = slices.iter().map(|slice| slice.len()).sum();
            if self.logs.policy() == Policy::Always {
                self.volume.make_room(&mut segment.file, offset + wanted as u64);
            }
            let len = match self.volume.write(&mut segment.file, offset, &slices) {
                Ok(0) if wanted > 0 => return Err(io::ErrorKind::WriteZero.into()),
                Ok(len) => len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            drop(slices);
            tail.written += len as u64;
            if let Some(set) = &mut self.set {
                set.grow(segment.generation, len as u64);
            }
            tail.part += len;
            while let Some(Item::Frames { bytes, .. }) = tail.items.get(tail.next)
                && tail.part >= bytes.len()
            {
                tail.part -= bytes.len();
                tail.next += 1;
            }
        }
    }

    /// Forgets what is written, where nobody waits for the disk and nobody promised that it is there.
    fn free_written(&mut self) {
        if self.logs.policy() != Policy::No {
            return;
        }
        for (shard, tail) in self.tails.iter_mut().enumerate() {
            while tail.next > 0
                && let Some(Item::Frames { bytes, end, .. }) = tail.items.pop_front()
            {
                tail.next -= 1;
                tail.kept_bytes -= bytes.len();
                self.logs.commits().durable(shard, end);
                self.logs.release(shard, bytes);
            }
        }
    }

    /// Syncs the files that are due.
    fn sync_due(&mut self, now_ms: u64) -> io::Result<()> {
        let policy = self.logs.policy();
        let kept: usize = self.tails.iter().map(|tail| tail.kept_bytes).sum();
        let all = match policy {
            Policy::Always => true,
            Policy::EverySec => {
                now_ms.saturating_sub(self.synced_ms) >= SYNC_EVERY_MS || kept >= LOG_UNSYNCED_MAX_BYTES
            }
            Policy::No => false,
        };
        let all = all || self.closing;
        let due = |tail: &Tail<V::File>| {
            let rotates = matches!(tail.items.get(tail.next), Some(Item::Rotate(_)));
            tail.dirty && (all || rotates)
        };
        let (mut shards, mut files) = (Vec::new(), Vec::new());
        for (shard, tail) in self.tails.iter_mut().enumerate() {
            if due(tail)
                && let Some(segment) = &mut tail.segment
            {
                shards.push(shard);
                files.push(&mut segment.file);
            }
        }
        if files.is_empty() {
            return Ok(());
        }
        // A write may have to wait for a sync of the same file, and cores do not wait.
        for &shard in &shards {
            self.revoked |= self.logs.revoke(shard);
        }
        let results = self.volume.sync(&mut files);
        if all {
            self.synced_ms = now_ms;
        }
        let mut failed = Ok(());
        for (shard, result) in shards.into_iter().zip(results) {
            match result {
                Ok(()) => self.synced(shard),
                Err(error) => {
                    self.unwritten(shard);
                    failed = Err(error);
                }
            }
        }
        failed
    }

    /// All that a shard has written is on the disk.
    fn synced(&mut self, shard: usize) {
        let Some(tail) = self.tails.get_mut(shard) else { return };
        tail.dirty = false;
        self.synced = true;
        while tail.next > 0
            && let Some(Item::Frames { bytes, .. }) = tail.items.pop_front()
        {
            tail.next -= 1;
            tail.kept_bytes -= bytes.len();
            self.logs.release(shard, bytes);
        }
        self.logs.commits().durable(shard, tail.written);
        self.logs.set_synced(shard, tail.written);
    }

    /// What a shard has written may not be on the disk: it is written again as far as it is kept.
    fn unwritten(&mut self, shard: usize) {
        let Some(tail) = self.tails.get_mut(shard) else { return };
        let again: usize = tail.items.iter().take(tail.next).map(Item::len).sum::<usize>() + tail.part;
        tail.written -= again as u64;
        (tail.next, tail.part) = (0, 0);
        if let (Some(set), Some(segment)) = (&mut self.set, &tail.segment)
            && let Some((_, bytes)) = set.bytes.iter_mut().find(|(made, _)| *made == segment.generation)
        {
            *bytes -= again as u64;
        }
        // What the core has written behind it since then is not on the disk either.
        self.take_items_of(shard, false);
    }
}

fn opens(order: &Order) -> bool {
    matches!(order, Order::Open(_))
}
