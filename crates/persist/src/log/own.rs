//! A core that takes its log to the disk by itself (`appendfsync always`, where its loop can write to files).
//!
//! ```text
//!   plane ── grant: file, position, offset ──► core     all before is on the disk, and nothing waits
//!     frames of a turn ──► pending ──► one write, synced ──► commit points, other cores are woken
//!                            └── what comes while it is under way goes with the next one
//!   plane ◄── give back: what is pending, as for any other core; what failed goes first
//! ```
//!
//! Where the file can be written past the page cache, writes are of whole blocks: what is in the last one is written again with what follows.
//!
//! ```text
//!   file    |     block     |     block     |     block     |            tail: kept here, on the disk already
//!           |  tail  frames of this write      room (zeros) |
//!   buffer skip |  tail  frames ............   zeros        |
//! ```
//!
//! No thread but the core's own is woken for a write that it alone answers. The core gives the log back when the plane asks for it, when a
//! write fails, and when what follows goes to another file. While a write is under way then, the plane waits for its end.

use std::io;
use std::sync::Arc;

use super::frame::Group;
use super::logs::{Granted, Item, Logs};
use super::volume::{BLOCK_BYTES, InBlocks, SyncedFile, skip_to_block};

/// A write of more than this gains nothing from room made ahead.
const ROOM_FOR_MAX_BYTES: usize = 64 * 1024;
/// The next write waits for those whom the last one has let go on: they write again soon, and would wait for two writes if the next one
/// began with the first of them. Until as much came as they had written, but no longer than this part of the time that the write
/// took. Whoever writes alone waits for nobody; and with several shards nobody waits, as others are served while writes are under way.
const GATHER_SHARE: u64 = 4;
/// Nor longer than this.
const GATHER_MAX_US: u64 = 5000;
/// Buffers of more than this are not kept.
const KEPT_MAX_BYTES: usize = 128 * 1024;

/// A write that the loop is to do: all of these bytes at this offset, and on the disk when it tells that it is done.
pub struct Write {
    /// The file.
    pub file: Arc<dyn SyncedFile>,
    /// Where.
    pub offset: u64,
    /// What, behind the bytes to be skipped.
    pub bytes: Vec<u8>,
    /// How many bytes are not to be written.
    pub skip: usize,
}

impl Write {
    /// What is to be written.
    pub fn content(&self) -> &[u8] {
        self.bytes.get(self.skip..).unwrap_or_default()
    }
}

/// The write under way.
struct InFlight {
    /// What is in the buffer before the frames: bytes that are skipped, and of those that are written the ones that were there.
    skip: usize,
    tail: usize,
    /// How many of its bytes are frames: behind them is room.
    frames: usize,
    /// How many of its bytes are on the disk.
    done: usize,
    end: u64,
    groups: Vec<(Group, u64)>,
}

impl InFlight {
    /// The position of its first byte.
    fn start(&self) -> u64 {
        self.end - self.frames as u64
    }
}

impl InBlocks {
    /// Makes a buffer of the next write: whole blocks of the tail, these frames and at least so much room. Returns how many bytes of it are
    /// to be skipped, and how many are the tail.
    fn fill(&mut self, bytes: &mut Vec<u8>, frames: &[u8], room: usize) -> (usize, usize) {
        let tail = self.tail.len();
        let len = (tail + frames.len() + room).next_multiple_of(BLOCK_BYTES);
        bytes.clear();
        bytes.reserve(BLOCK_BYTES + len);
        let skip = skip_to_block(bytes);
        bytes.resize(skip, 0);
        bytes.extend_from_slice(&self.tail);
        bytes.extend_from_slice(frames);
        bytes.resize(skip + len, 0);
        let used = tail + frames.len();
        let last = used - used % BLOCK_BYTES;
        self.tail.clear();
        self.tail.extend_from_slice(bytes.get(skip + last..skip + used).unwrap_or_default());
        (skip, tail)
    }
}

/// See the [module documentation](self). Belongs to a core.
pub struct Own {
    logs: Arc<Logs>,
    shard: usize,
    granted: Option<Granted>,
    /// Blocks were refused.
    not_in_blocks: bool,
    /// It is given back as soon as the write that is under way has ended.
    returning: bool,
    /// Nothing is taken on any more.
    closed: bool,
    pending: Vec<u8>,
    groups: Vec<(Group, u64)>,
    under_way: Option<InFlight>,
    /// What is left of a write of which the system did a part.
    again: Option<Vec<u8>>,
    spare: Vec<u8>,
    /// How long the file is.
    len: u64,
    /// When the write under way has begun; until when the next one waits, and for how many bytes.
    began_us: u64,
    gather_until_us: u64,
    gather_bytes: usize,
}

impl Own {
    /// For the core of a shard.
    pub fn new(logs: Arc<Logs>, shard: usize) -> Self {
        Own {
            logs,
            shard,
            granted: None,
            not_in_blocks: false,
            returning: false,
            closed: false,
            pending: Vec::new(),
            groups: Vec::new(),
            under_way: None,
            again: None,
            spare: Vec::new(),
            len: 0,
            began_us: 0,
            gather_until_us: 0,
            gather_bytes: 0,
        }
    }

    /// Takes the frames of a turn, as [`Logs::append`] does, and leaves the buffers empty. False: they are for the plane.
    #[inline]
    pub fn take(&mut self, frames: &mut Vec<u8>, groups: &mut Vec<(Group, u64)>) -> bool {
        if self.granted.is_none() && !self.adopt() || self.returning {
            return false;
        }
        self.logs.count_appended(self.shard, frames.len());
        if self.pending.is_empty() {
            std::mem::swap(&mut self.pending, frames);
        } else {
            self.pending.append(frames);
        }
        self.groups.append(groups);
        true
    }

    /// Looks whether the plane has granted the log.
    fn adopt(&mut self) -> bool {
        if self.closed || !self.logs.is_granted(self.shard) {
            return false;
        }
        let Some(mut granted) = self.logs.take_granted(self.shard) else { return false };
        granted.in_blocks.take_if(|_| self.not_in_blocks);
        self.granted = Some(granted);
        self.len = 0;
        true
    }

    /// Once a turn: the write that is to be done next, if none is under way. Gives the log back if it is wanted.
    #[inline]
    pub fn next_write(&mut self, now_us: u64) -> Option<Write> {
        let granted = self.granted.as_mut()?;
        if let (Some(write), Some(bytes)) = (&self.under_way, self.again.take()) {
            let offset = granted.offset_of(write.start()) + write.done as u64;
            return Some(Write { file: Arc::clone(&granted.file), offset, bytes, skip: 0 });
        }
        if self.logs.is_wanted_back(self.shard) {
            self.give_back();
            return None;
        }
        if self.under_way.is_some() || self.pending.is_empty() {
            return None;
        }
        if now_us < self.gather_until_us && self.pending.len() < self.gather_bytes {
            return None;
        }
        self.began_us = now_us;
        let (frames, end) = (self.pending.len(), self.logs.appended(self.shard));
        let offset = granted.offset_of(end - frames as u64);
        let is_longer = offset + frames as u64 > self.len && frames <= ROOM_FOR_MAX_BYTES;
        let room = if is_longer { granted.file.room_bytes() } else { 0 };
        let mut bytes = std::mem::take(&mut self.spare);
        let (file, skip, tail) = match &mut granted.in_blocks {
            None => {
                std::mem::swap(&mut self.pending, &mut bytes);
                bytes.resize(frames + room, 0);
                (Arc::clone(&granted.file), 0, 0)
            }
            Some(blocks) => {
                let (skip, tail) = blocks.fill(&mut bytes, &self.pending, room);
                self.pending.clear();
                self.pending.shrink_to(KEPT_MAX_BYTES);
                (Arc::clone(&blocks.file), skip, tail)
            }
        };
        let groups = std::mem::take(&mut self.groups);
        self.under_way = Some(InFlight { skip, tail, frames, done: 0, end, groups });
        Some(Write { file, offset: offset - tail as u64, bytes, skip })
    }

    /// When the next write is to be begun at the latest.
    pub fn deadline_us(&self) -> Option<u64> {
        (self.granted.is_some() && self.under_way.is_none() && !self.pending.is_empty())
            .then_some(self.gather_until_us)
    }

    /// The write has ended: how many bytes are written and on the disk, or why none are. `bytes` are those of the [`Write`].
    pub fn written(&mut self, mut bytes: Vec<u8>, result: io::Result<usize>, now_us: u64) {
        let (Some(write), Some(granted)) = (&mut self.under_way, &self.granted) else { return };
        match result {
            Ok(0) => self.failed(bytes),
            Ok(len) => {
                let rest = bytes.len().saturating_sub(write.skip + len);
                write.done += len.saturating_sub(write.tail);
                self.len = self.len.max(granted.offset_of(write.start()) + write.done as u64);
                if write.done < write.frames && granted.in_blocks.is_some() {
                    // What is left does not begin with a block, so all is written again.
                    write.done = 0;
                    self.failed(bytes);
                    return;
                }
                if write.done < write.frames && rest > 0 {
                    bytes.drain(..len);
                    self.again = Some(bytes);
                    return;
                }
                if bytes.capacity() <= KEPT_MAX_BYTES {
                    bytes.clear();
                    self.spare = bytes;
                }
                if let Some(write) = self.under_way.take() {
                    if self.logs.shards() == 1 {
                        let took_us = now_us.saturating_sub(self.began_us);
                        self.gather_until_us = now_us + (took_us / GATHER_SHARE).min(GATHER_MAX_US);
                        self.gather_bytes = self.pending.len() + write.frames;
                    }
                    self.logs.core_synced(self.shard, write.end, write.frames, &write.groups);
                }
                if self.returning {
                    self.end_return(None);
                }
            }
            Err(error)
                if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
                    && granted.in_blocks.is_none() =>
            {
                self.again = Some(bytes);
            }
            Err(error) => {
                // Where files can't be written so, there is no point in trying again.
                let never = matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput);
                match granted.in_blocks {
                    Some(_) => self.not_in_blocks |= never,
                    None => self.closed |= never,
                }
                self.failed(bytes);
            }
        }
    }

    /// What is on the disk of it is not known: the plane writes it again, and tells what goes wrong.
    fn failed(&mut self, mut bytes: Vec<u8>) {
        self.give_back();
        let Some(write) = self.under_way.take() else { return };
        // A part may be done, and is no longer here: the plane begins behind it.
        let done = write.done.min(write.frames);
        self.logs.forget(done);
        bytes.drain(..(write.skip + write.tail).min(bytes.len()));
        bytes.truncate(write.frames - done);
        let end = write.end;
        self.end_return(Some(Item::Frames { bytes, end, groups: write.groups, written: 0 }));
    }

    /// Gives the log back to the plane, at the latest when the write has ended that is under way.
    pub fn give_back(&mut self) {
        if self.granted.is_none() || self.returning {
            return;
        }
        self.returning = true;
        let bytes = std::mem::take(&mut self.pending);
        let groups = std::mem::take(&mut self.groups);
        let rest = (!bytes.is_empty()).then(|| {
            let end = self.logs.appended(self.shard);
            Item::Frames { bytes, end, groups, written: 0 }
        });
        self.logs.begin_return(self.shard, rest);
        if self.under_way.is_none() {
            self.end_return(None);
        }
    }

    fn end_return(&mut self, failed: Option<Item>) {
        self.returning = false;
        self.granted = None;
        self.logs.end_return(self.shard, failed);
    }

    /// The core ends: gives the log back for good. Returns whether that is done; else a write is still under way.
    pub fn close(&mut self) -> bool {
        self.closed = true;
        self.give_back();
        self.granted.is_none()
    }
}
