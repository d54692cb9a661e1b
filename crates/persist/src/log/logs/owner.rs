//! Who takes the log of a shard to the disk: the plane, or the core that appends to it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::frame::Group;
use super::super::volume::{InBlocks, SyncedFile};
use super::{Inbox, Item, Logs, ShardLog, URGENT, lock};

/// The plane takes a log to the disk.
pub(super) const PLANE: u8 = 0;
/// The core does.
const CORE: u8 = 1;
/// The plane does again as soon as the core's last write has ended.
const RETURNING: u8 = 2;

/// A log that a core is to take to the disk by itself: everything up to a position is there, and at which offset that is.
pub(in crate::log) struct Granted {
    pub(in crate::log) file: Arc<dyn SyncedFile>,
    pub(in crate::log) in_blocks: Option<InBlocks>,
    pub(in crate::log) position: u64,
    pub(in crate::log) offset: u64,
}

impl Granted {
    /// Where a position is in the file.
    pub(in crate::log) fn offset_of(&self, position: u64) -> u64 {
        self.offset + (position - self.position)
    }
}

impl ShardLog {
    /// Whether the plane has the log, and has heard of everything that was appended.
    pub(super) fn is_of_plane(&self, inbox: &Inbox) -> bool {
        let is_plane = self.owner.load(Ordering::Acquire) == PLANE;
        is_plane && inbox.returned.is_none() && inbox.items.is_empty()
    }

    /// Takes back what was granted, unless the core has it already. Returns whether it did.
    pub(super) fn take_back(&self, inbox: &mut Inbox) -> bool {
        let Some(granted) = inbox.granted.take() else { return false };
        inbox.returned = Some(granted.position);
        self.owner.store(PLANE, Ordering::Release);
        true
    }
}

impl Logs {
    // What a core does with a log of its own.

    /// Whether there is something to take over.
    #[inline]
    pub(in crate::log) fn is_granted(&self, shard: usize) -> bool {
        self.shards.get(shard).is_some_and(|log| log.owner.load(Ordering::Acquire) == CORE)
    }

    pub(in crate::log) fn take_granted(&self, shard: usize) -> Option<Granted> {
        self.shards.get(shard).and_then(|log| lock(&log.inbox).granted.take())
    }

    /// So much more was appended.
    #[inline]
    pub(in crate::log) fn count_appended(&self, shard: usize, len: usize) {
        self.spooled.fetch_add(len, Ordering::Relaxed);
        if let Some(log) = self.shards.get(shard) {
            // One core appends to a shard's log.
            log.appended.store(log.appended.load(Ordering::Relaxed) + len as u64, Ordering::Release);
        }
    }

    /// The core has so many more bytes of frames on the disk, up to a position. Whoever waits for a commit point is woken.
    pub(in crate::log) fn core_synced(&self, shard: usize, end: u64, len: usize, groups: &[(Group, u64)]) {
        self.spooled.fetch_sub(len, Ordering::Relaxed);
        {
            let mut commits = lock(&self.commits);
            groups.iter().for_each(|&(group, end)| commits.note(shard, group, end));
            commits.durable(shard, end);
        }
        self.set_synced(shard, end);
        if self.advance() {
            self.wake_waiting(Some(shard));
        }
    }

    /// So many bytes are on the disk, though nobody counts them as synced yet.
    pub(in crate::log) fn forget(&self, len: usize) {
        self.spooled.fetch_sub(len, Ordering::Relaxed);
    }

    /// Whether the plane asks for the log.
    #[inline]
    pub(in crate::log) fn is_wanted_back(&self, shard: usize) -> bool {
        self.shards.get(shard).is_some_and(|log| log.wanted_back.load(Ordering::Relaxed))
    }

    /// What the core appends from here on is the plane's, and so is this.
    pub(in crate::log) fn begin_return(&self, shard: usize, rest: Option<Item>) {
        if let Some(log) = self.shards.get(shard) {
            let mut inbox = lock(&log.inbox);
            log.owner.store(RETURNING, Ordering::Release);
            inbox.items.extend(rest);
        }
    }

    /// The core has no write under way any more. What has failed is to be written first.
    pub(in crate::log) fn end_return(&self, shard: usize, failed: Option<Item>) {
        if let Some(log) = self.shards.get(shard) {
            let mut inbox = lock(&log.inbox);
            let first = failed.as_ref().or(inbox.items.iter().find(|item| item.len() > 0));
            inbox.returned = Some(match first {
                Some(Item::Frames { bytes, end, .. }) => end - bytes.len() as u64,
                _ => log.appended.load(Ordering::Relaxed),
            });
            if let Some(failed) = failed {
                inbox.items.push_front(failed);
            }
            log.wanted_back.store(false, Ordering::Relaxed);
            log.owner.store(PLANE, Ordering::Release);
            drop(inbox);
            self.ring(URGENT);
        }
    }

    // What the plane does.

    /// Whether cores are to have their logs.
    pub(in crate::log) fn cores_write(&self) -> bool {
        self.cores_write.load(Ordering::Relaxed)
    }

    /// Whether the core of a shard has its log, or is about to take it over or give it back.
    pub(in crate::log) fn is_owned(&self, shard: usize) -> bool {
        self.shards.get(shard).is_some_and(|log| log.owner.load(Ordering::Acquire) != PLANE)
    }

    /// From here on the core of a shard takes its log to the disk. False: it has appended more meanwhile.
    pub(in crate::log) fn grant_own(
        &self,
        shard: usize,
        file: Arc<dyn SyncedFile>,
        position: u64,
        offset: u64,
    ) -> bool {
        let Some(log) = self.shards.get(shard) else { return true };
        let in_blocks = file.in_blocks(offset);
        let mut inbox = lock(&log.inbox);
        if !log.is_of_plane(&inbox) {
            return false;
        }
        debug_assert_eq!(
            position,
            log.appended.load(Ordering::Acquire),
            "all that was appended is on the disk"
        );
        inbox.direct = None;
        inbox.granted = Some(Granted { file, in_blocks, position, offset });
        log.granted_at.store(position, Ordering::Relaxed);
        log.owner.store(CORE, Ordering::Release);
        true
    }

    /// Asks the core of a shard for its log. It is the plane's when it says so.
    pub(in crate::log) fn ask_back(&self, shard: usize) {
        let Some(log) = self.shards.get(shard).filter(|_| self.is_owned(shard)) else { return };
        let mut inbox = lock(&log.inbox);
        if log.take_back(&mut inbox) || log.owner.load(Ordering::Acquire) == PLANE {
            return;
        }
        log.wanted_back.store(true, Ordering::Relaxed);
        drop(inbox);
        self.wake(shard);
    }
}
