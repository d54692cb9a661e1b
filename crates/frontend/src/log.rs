//! The log of what the shard's data went through (append-only file), as a core takes part in it.
//!
//! ```text
//! handler, step ─► store::Trail ─► note: commands that have the same effect ─► Trail::body
//! end of a piece, or of a task's last step here ─► seal: a frame
//! end of the turn ─► flush_log: all frames to the log plane
//! appendfsync always: replies wait (hold) until what they tell of is durable; the core writes its log by itself, where it can (own)
//! ```
//!
//! What a task does is kept until its last step here: nobody sees its keys before, so it is one frame, at that place in the
//! order. Frames of a write over several shards name their group and how many there are; recovery keeps all of them or none.
//! A part of such a write that changes nothing here has an empty frame, so that it is known to be whole.

pub(crate) mod across;
mod hold;
mod note;
mod replay;
mod rewrite;
mod wait;

#[cfg(test)]
mod log_tests;

use std::io;
use std::mem::take;
use std::sync::Arc;

use bus::Wake;
use hashbrown::HashMap;
use persist::log::{Group, Head, Logs, Own, put_frame};

pub use self::across::Across;
use self::hold::Held;
pub(crate) use self::note::{note_call, note_change_of_list, note_touched_keys};
use self::wait::Waiting;
use crate::core::{Core, Io};
use crate::message::{Op, Piece, StepCall, TaskId};

/// Tells the groups of tasks from those of other commands.
const OF_TASK: u16 = 1 << 15;

/// What a task did to the shard, before its last step.
#[derive(Default)]
struct Body {
    bytes: Vec<u8>,
    barrier: bool,
}

/// A core's part of the log.
pub(crate) struct CoreLog {
    /// Takes the log to the disk, if that is the core's to do.
    own: Own,
    shard: usize,
    /// Frames of this turn; those of them that belong to groups, and where these end.
    frames: Vec<u8>,
    groups: Vec<(Group, u64)>,
    /// Bytes of frames since the process started.
    position: u64,
    bodies: HashMap<TaskId, Body>,
    /// What the script did that is suspended.
    aside: Vec<u8>,
    /// Output that waits until the log is durable, by turn.
    held: Held,
    next_group: u32,
    /// Whether the plane knows that this core waits for it.
    awaits: bool,
    /// Clients that wait until the log is on the disk.
    waiting: Vec<Waiting>,
    /// All frames, for tests.
    #[cfg(test)]
    pub(crate) kept: Vec<u8>,
}

impl CoreLog {
    /// Of the core with this shard.
    pub(crate) fn new(logs: Arc<Logs>, shard: u16) -> Self {
        CoreLog {
            own: Own::new(logs, usize::from(shard)),
            shard: usize::from(shard),
            frames: Vec::new(),
            groups: Vec::new(),
            position: 0,
            bodies: HashMap::new(),
            aside: Vec::new(),
            held: Held::default(),
            next_group: 0,
            awaits: false,
            waiting: Vec::new(),
            #[cfg(test)]
            kept: Vec::new(),
        }
    }

    /// A number for a command whose parts go to several shards. Never 0.
    pub(crate) fn next_group(&mut self) -> u32 {
        self.next_group = self.next_group.wrapping_add(1).max(1);
        self.next_group
    }

    /// Whether clients wait for the log.
    pub(crate) fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The process ends: the plane has the log for good. False: a write is under way.
    pub(crate) fn is_given_back(&mut self) -> bool {
        self.own.close()
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// The end of a command's piece, which came from a core: what it changed becomes a frame.
    #[inline]
    pub(crate) fn seal(&mut self, piece: &Piece, from: u16) {
        if self.shard.has_trail() {
            self.seal_piece(piece, from);
        }
    }

    #[cold]
    fn seal_piece(&mut self, piece: &Piece, from: u16) {
        let now_ms = self.shard.now_ms();
        let group = (piece.group != 0).then(|| Group {
            core: from,
            // The time, to about a quarter of an hour, keeps numbers apart that come again after four billion commands.
            number: now_ms >> 20 << 32 | u64::from(piece.group),
            parts: piece.parts,
        });
        self.put_frame(now_ms, group);
    }

    /// The same for a piece of work that is of this shard alone.
    #[inline]
    pub(crate) fn seal_own(&mut self) {
        if self.shard.has_trail() {
            self.put_frame(self.shard.now_ms(), None);
        }
    }

    /// A script is suspended: what it did is kept until it goes on.
    pub(crate) fn set_log_aside(&mut self) {
        self.log.aside = take(&mut self.shard.trail().body);
    }

    /// The suspended script goes on.
    pub(crate) fn take_log_up(&mut self) {
        self.shard.trail().body = take(&mut self.log.aside);
    }

    /// The end of a step: what it changed is kept until the last one.
    #[inline]
    pub(crate) fn seal_step(&mut self, op: Op, call: &StepCall, now_ms: u64) {
        if self.shard.has_trail() {
            self.seal_step_of(op, call, now_ms);
        }
    }

    #[cold]
    fn seal_step_of(&mut self, op: Op, call: &StepCall, now_ms: u64) {
        note_touched_keys(&mut self.shard);
        let trail = self.shard.trail();
        let ends = matches!(op, Op::Once { .. } | Op::Unlock { .. });
        if !ends {
            if !trail.body.is_empty() {
                let body = self.log.bodies.entry(call.task).or_default();
                body.bytes.append(&mut trail.body);
                body.barrier |= take(&mut trail.barrier);
            }
            return;
        }
        if let Some(mut body) = self.log.bodies.remove(&call.task) {
            body.bytes.append(&mut trail.body);
            trail.body = body.bytes;
            trail.barrier |= body.barrier;
        }
        let group = (call.parts > 1).then_some(Group {
            core: call.task.core | OF_TASK,
            number: call.task.number,
            parts: call.parts,
        });
        self.put_frame(now_ms, group);
        if let Some(generation) = self.shard.trail().rotate.take() {
            #[cfg(feature = "sim-faults")]
            let early = self.faults.rotate_early;
            #[cfg(not(feature = "sim-faults"))]
            let early = false;
            if !early {
                self.flush_log();
            }
            self.log.own.give_back();
            self.shared.logs.rotate(usize::from(self.id), generation);
        }
    }

    fn put_frame(&mut self, time_ms: u64, group: Option<Group>) {
        let trail = self.shard.trail();
        if trail.body.is_empty() && group.is_none() {
            return;
        }
        let start = self.log.frames.len();
        let head = Head { time_ms, group, barrier: take(&mut trail.barrier) };
        put_frame(&mut self.log.frames, &head, &trail.body);
        trail.body.clear();
        self.log.position += (self.log.frames.len() - start) as u64;
        if let Some(group) = group {
            self.log.groups.push((group, self.log.position));
        }
    }

    /// Hands the frames over to the plane. Before anything is answered to another core, so that it finds them appended.
    #[inline]
    pub(crate) fn flush_log(&mut self) {
        if !self.log.frames.is_empty() {
            self.hand_frames_over();
        }
    }

    #[cold]
    fn hand_frames_over(&mut self) {
        let (shard, logs) = (usize::from(self.id), &self.shared.logs);
        #[cfg(test)]
        self.log.kept.extend_from_slice(&self.log.frames);
        if self.log.own.take(&mut self.log.frames, &mut self.log.groups) {
            return;
        }
        let frames = std::mem::replace(&mut self.log.frames, logs.recycle(shard));
        logs.append(shard, frames, &self.log.groups);
        self.log.groups.clear();
    }

    /// Once a turn: has the loop write what is to be written, if that is the core's to do.
    #[inline]
    pub(crate) fn write_log(&mut self, io: &mut impl Io) {
        // At the end nobody is waited for any more.
        let now_us = if self.shared.is_stopping() { u64::MAX } else { self.now.monotonic_us };
        if let Some(write) = self.log.own.next_write(now_us) {
            io.write_file(write);
        }
    }

    /// When the core's next write of its log is to be begun at the latest.
    pub(crate) fn own_log_deadline_us(&self) -> Option<u64> {
        self.log.own.deadline_us()
    }

    /// A write of [`Io::write_file`] has ended: so many of its bytes are on the disk.
    pub fn file_written(&mut self, bytes: Vec<u8>, result: io::Result<usize>, now_us: u64) {
        self.log.own.written(bytes, result, now_us);
    }

    /// The shard's data are all there: from now on changes are logged, if they are to be.
    pub(crate) fn begin_log(&mut self) {
        let logs = self.shared.config().logs();
        self.shard.leave_trail(logs);
    }

    /// The configuration has changed: without a log nothing is noted.
    pub(crate) fn look_at_log(&mut self) {
        if !self.shared.logs.is_on() && !self.shared.feed.is_active() && self.shard.has_trail() {
            self.shard.leave_trail(false);
            self.log.bodies.clear();
        }
    }
}
