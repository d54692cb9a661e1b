//! Which commands are unusual: slow, or large in request or reply. They are noted in the [journal](crate::journal).
//!
//! The time of a command is that of its execution on its shard, waiting excluded. Of a command over several shards it is
//! the longest of its parts, which run at one time; of one in several rounds the sum of the longest of each round.
//!
//! ```text
//! shard of the client   piece ─► time ──────────────────────────► compare with `Watch::ticks` ─► note
//! another shard         piece ─► time ─► `Batch::timed`, if it is a part or slow ─► back home ─► note
//! ```
//!
//! So a usual command pays two comparisons, and its arguments are copied only if there is something to note.

use base::Args;
use base::conn::ConnId;
use bus::Wake;
use commands::CommandId;
use commands::meta::Flag;

use crate::core::{Core, conn_mut};
use crate::journal::{Entry, LogKind, ShortArgs};
use crate::message::{Batch, Dest, Op, Piece};
use crate::process::Process;
use crate::route::Call;
use crate::shared::HotConfig;
use crate::stats::CommandStats;

/// The limits beyond which a command is looked at, as the hot path needs them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    /// Ticks that some limit of time may mean; the exact comparison is that of [`Core::notice`].
    pub(crate) ticks: u64,
    /// The same for the latency monitor alone.
    pub(crate) latency_ticks: u64,
    pub(crate) request_bytes: usize,
    pub(crate) reply_bytes: usize,
    /// Whether durations are counted.
    pub(crate) tracking: bool,
}

impl Watch {
    pub(crate) fn new(hot: &HotConfig, process: &dyn Process) -> Self {
        let log = &hot.command_log;
        let slow_us = log.slow_us.filter(|_| log.slow_max > 0);
        let latency_us =
            Some(hot.latency_threshold_ms).filter(|&ms| ms > 0).map(|ms| ms.saturating_mul(1000));
        let us = slow_us.into_iter().chain(latency_us).min();
        let bytes = |limit: Option<u64>, max: usize| {
            limit.filter(|_| max > 0).map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
        };
        Watch {
            ticks: us.map_or(u64::MAX, |us| ticks_of(us, process)),
            latency_ticks: latency_us.map_or(u64::MAX, |us| ticks_of(us, process)),
            request_bytes: bytes(log.request_bytes, log.request_max),
            reply_bytes: bytes(log.reply_bytes, log.reply_max),
            tracking: hot.latency_tracking,
        }
    }

    /// Whether a finished command is unusual.
    #[inline]
    pub(crate) fn is_unusual(&self, ticks: u64, reply_bytes: usize) -> bool {
        ticks >= self.ticks || reply_bytes >= self.reply_bytes
    }

    /// Whether anything about a finished command may have to be noted.
    pub(crate) fn has_limits(&self) -> bool {
        self.ticks != u64::MAX || self.reply_bytes != usize::MAX
    }
}

/// The ticks of so many microseconds, or a few less.
fn ticks_of(us: u64, process: &dyn Process) -> u64 {
    const SAMPLE: u64 = 1 << 32;
    let ticks = u128::from(us) * 1000 * u128::from(SAMPLE) / u128::from(process.ticks_to_ns(SAMPLE).max(1));
    u64::try_from(ticks).unwrap_or(u64::MAX - 1)
}

/// How long a piece of a batch took, and how long its reply is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    /// The piece's place in its batch.
    pub(crate) piece: u32,
    pub(crate) ticks: u64,
    pub(crate) reply_bytes: usize,
}

/// What a shard tells of a command that was unusual: one that was answered late, or that a script called.
pub(crate) struct Note {
    pub(crate) command: CommandId,
    pub(crate) ticks: u64,
    pub(crate) reply_bytes: usize,
    pub(crate) args: ShortArgs,
}

/// Counts a call of a command, or the part of one.
#[inline]
pub(crate) fn account(counters: &CommandStats, ticks: u64) {
    counters.calls.add(1);
    counters.ticks.add(ticks);
    counters.max_ticks.raise(ticks);
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// A copy of a command's arguments for later, if they may be wanted.
    pub(crate) fn keep_args(&self, call: &Call, into: &mut ShortArgs) {
        if self.watch.has_limits() {
            into.take(self.call_args(call));
        } else {
            into.clear();
        }
    }

    /// An own piece is done: counts and notes it, or hands its time on to the command that it is a part of.
    pub(crate) fn own_piece_took(
        &mut self,
        piece: &Piece,
        command: CommandId,
        ticks: u64,
        reply_bytes: usize,
    ) {
        match piece.dest {
            Dest::Conn { .. } => {
                if self.watch.tracking {
                    self.stats().commands[usize::from(command)].durations.count(ticks);
                }
                if ticks >= self.watch.ticks || reply_bytes >= self.watch.reply_bytes {
                    self.notice_own(piece, command, ticks, reply_bytes);
                }
            }
            dest => self.part_took(dest, ticks),
        }
    }

    /// A part of a command took so long.
    pub(crate) fn part_took(&mut self, dest: Dest, ticks: u64) {
        match dest {
            Dest::Part { gather, .. } => {
                if let Some(gather) = self.gathers.get_mut(gather) {
                    gather.longest_ticks = gather.longest_ticks.max(ticks);
                }
            }
            Dest::Step { task, .. } => {
                if let Some(task) = self.tasks.get_mut(task) {
                    task.round_ticks = task.round_ticks.max(ticks);
                }
            }
            Dest::Waiter { number } => {
                if let Some(blocked) = self.blocking.get_mut(number) {
                    blocked.ticks += ticks;
                }
            }
            Dest::Conn { .. } => {}
        }
    }

    /// What another shard timed of a batch.
    pub(crate) fn take_times(&mut self, batch: &mut Batch) {
        let mut timed = std::mem::take(&mut batch.timed);
        for timed in timed.drain(..) {
            let Some(piece) = batch.pieces.get(timed.piece as usize) else { continue };
            match (piece.dest, piece.op) {
                (Dest::Conn { .. }, Op::Command(command)) => {
                    let args = ShortArgs::of(batch.args(piece));
                    self.notice(piece.dest, command, timed.ticks, timed.reply_bytes, args);
                }
                (dest, _) => self.part_took(dest, timed.ticks),
            }
        }
        batch.timed = timed;
        for (dest, calls, notes) in std::mem::take(&mut batch.called) {
            self.script_has_called(dest, calls, notes);
        }
    }

    /// A command that had several parts, or that the core carried out itself, is done.
    pub(crate) fn command_took(
        &mut self,
        dest: Dest,
        command: CommandId,
        ticks: u64,
        reply_bytes: usize,
        args: &ShortArgs,
    ) {
        if self.watch.tracking {
            self.stats().commands[usize::from(command)].durations.count(ticks);
        }
        if ticks >= self.watch.ticks || reply_bytes >= self.watch.reply_bytes {
            self.notice(dest, command, ticks, reply_bytes, args.clone());
        }
    }

    /// A command that the core carried out itself is done.
    pub(crate) fn own_command_took(&mut self, call: &Call, ticks: u64) {
        let reply_bytes = self.answered_bytes;
        if self.watch.tracking {
            self.stats().commands[usize::from(call.command)].durations.count(ticks);
        }
        if ticks >= self.watch.ticks || reply_bytes >= self.watch.reply_bytes {
            let args = ShortArgs::of(self.call_args(call));
            self.notice(call.dest(), call.command, ticks, reply_bytes, args);
        }
    }

    /// Looks at an own piece that may be slow or have a large reply.
    #[cold]
    pub(crate) fn notice_own(&mut self, piece: &Piece, command: CommandId, ticks: u64, reply_bytes: usize) {
        let args = ShortArgs::of(self.plan.args(piece));
        self.notice(piece.dest, command, ticks, reply_bytes, args);
    }

    /// Notes what a shard tells of a command whose reply, or whose script's, goes to `dest`.
    #[cold]
    pub(crate) fn take_notes(&mut self, dest: Dest, notes: Vec<Note>) {
        for note in notes {
            self.notice(dest, note.command, note.ticks, note.reply_bytes, note.args);
        }
    }

    /// A script whose reply goes to `dest` has called so many commands, unusual ones among them.
    pub(crate) fn script_has_called(&mut self, dest: Dest, calls: u32, notes: Vec<Note>) {
        if let Dest::Conn { index, generation, .. } = self.dest_of_command(dest)
            && let Some(conn) = conn_mut(&mut self.conns, ConnId { index, generation })
        {
            conn.commands += u64::from(calls);
        }
        self.take_notes(dest, notes);
    }

    /// A command that a script has called is done: counts it, and keeps what is to be noted for when the script has ended.
    pub(crate) fn script_called(
        &mut self,
        command: CommandId,
        args: Args<'_>,
        ticks: u64,
        reply_bytes: usize,
    ) {
        self.scripting.calls += 1;
        if self.watch.tracking {
            self.stats().commands[usize::from(command)].durations.count(ticks);
        }
        if self.watch.is_unusual(ticks, reply_bytes) {
            let log = &self.hot.command_log;
            let max = log.slow_max.max(log.reply_max).max(1);
            let notes = &mut self.scripting.notes;
            if notes.len() >= 2 * max {
                // The logs forget them anyway.
                notes.drain(..max);
            }
            notes.push(Note { command, ticks, reply_bytes, args: ShortArgs::of(args) });
        }
    }

    /// Notes a command that is slow or has a large reply.
    #[cold]
    pub(crate) fn notice(
        &mut self,
        dest: Dest,
        command: CommandId,
        ticks: u64,
        reply_bytes: usize,
        args: ShortArgs,
    ) {
        let us = self.shared.process.ticks_to_ns(ticks) / 1000;
        let flags = self.table().spec(command).meta.flags;
        let (slow, log) = (self.hot.latency_threshold_ms, self.hot.command_log.clone());
        if slow > 0 && us / 1000 >= slow {
            let event = if flags.contains(Flag::Fast) { "fast-command" } else { "command" };
            self.sample_latency(event, us / 1000);
        }
        if log.slow_us.is_some_and(|limit| us >= limit) {
            self.log(LogKind::Slow, log.slow_max, dest, command, us, args.clone());
        }
        if reply_bytes >= self.watch.reply_bytes {
            self.log(LogKind::LargeReply, log.reply_max, dest, command, reply_bytes as u64, args);
        }
    }

    /// Notes a command whose request is large.
    #[cold]
    pub(crate) fn notice_request(&mut self, call: &Call, bytes: usize) {
        let (args, max) = (ShortArgs::of(self.call_args(call)), self.hot.command_log.request_max);
        self.log(LogKind::LargeRequest, max, call.dest(), call.command, bytes as u64, args);
    }

    /// A sample of the latency monitor.
    #[cold]
    pub(crate) fn sample_latency(&self, event: &'static str, ms: u64) {
        self.shared.journals.sample(self.id, event, self.now.unix_ms / 1000, ms);
    }

    fn log(
        &mut self,
        kind: LogKind,
        max: usize,
        dest: Dest,
        command: CommandId,
        value: u64,
        args: ShortArgs,
    ) {
        if max == 0 || self.table().spec(command).meta.flags.contains(Flag::SkipSlowlog) {
            return;
        }
        let conn = match self.dest_of_command(dest) {
            Dest::Conn { index, generation, .. } => conn_mut(&mut self.conns, ConnId { index, generation }),
            _ => None,
        };
        let (peer, name) = conn.map_or_else(Default::default, |conn| {
            let name = conn.client.as_ref().map(|client| client.name.clone()).unwrap_or_default();
            (conn.info.peer.to_string(), name)
        });
        let entry = Entry { id: 0, unix_s: self.now.unix_ms / 1000, value, args, peer, name };
        self.shared.journals.log(self.id, kind, max, entry);
    }
}
