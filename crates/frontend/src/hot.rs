//! The hot path: a single-key command of an authenticated connection, from parsed arguments to a planned piece, and from a
//! planned piece to its reply.
//!
//! It does what `route.rs` and `execute.rs` do for every command, for the most frequent kind and with fewer looks at shared
//! tables. Whatever is unusual in any way is left to them.

use std::sync::Arc;

use base::conn::ConnId;
use base::{Args, slot};
use bus::Wake;
use commands::{CommandSpec, Route};

use crate::conn::Replies;
use crate::core::{Core, conn_mut};
use crate::execute::{PREFETCH_WINDOW, call_handler};
use crate::message::{Dest, Op, Piece, Source};
use crate::plan::source_bytes;
use crate::watch::account;

/// What the hot path needs of a command, in two bytes.
#[derive(Clone, Copy)]
pub(crate) struct HotSpec {
    arity: i8,
    /// Position of the key, 0 if the command is not of the kind that is handled here.
    key: u8,
}

impl HotSpec {
    /// Not of the kind that is handled here.
    pub(crate) const NONE: HotSpec = HotSpec { arity: 0, key: 0 };

    pub(crate) fn of(spec: &CommandSpec) -> Self {
        match spec.route {
            Route::Key(_) if !spec.meta.has_movable_keys() => {
                HotSpec { arity: spec.meta.arity, key: u8::try_from(spec.meta.first_key).unwrap_or(0) }
            }
            _ => HotSpec::NONE,
        }
    }

    #[inline]
    fn takes(&self, argc: usize) -> bool {
        let arity = usize::from(self.arity.unsigned_abs());
        if self.arity >= 0 { argc == arity } else { argc >= arity }
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Plans the command whose argument ranges were just appended to the plan, if it is of the usual kind.
    #[inline]
    pub(crate) fn plan_key_command(&mut self, id: ConnId, source: Source, base: u32) -> bool {
        let first_range = self.plan.own_ranges();
        let ranges = self.plan.ranges.get(first_range as usize..).unwrap_or_default();
        let bytes = source_bytes(&self.plan.chunks, &self.plan.shared, source);
        let args = Args::new(bytes.get(base as usize..).unwrap_or_default(), ranges);
        let Some(command) = self.shared.table.find(args.arg(0)) else { return false };
        let spec = &self.hot_specs[usize::from(command)];
        let Some(conn) = conn_mut(&mut self.conns, id) else { return false };
        let request_bytes = ranges.last().map_or(0, |last| last.end() + 2);
        if spec.key == 0
            || request_bytes >= self.watch.request_bytes
            || !spec.takes(args.len())
            || !conn.authenticated
            || conn.replies != Replies::On
            || conn.multi.is_some()
        {
            return false;
        }
        let key = args.arg(usize::from(spec.key));
        let slot = slot::key_slot(key);
        let hash = self.hasher.hash(key);
        let shard = slot::shard_of_slot(slot, self.topology.shards);
        let db = conn.db;
        conn.commands += 1;
        conn.last_command = command;
        let piece = Piece {
            dest: Dest::Conn { index: id.index, generation: id.generation, seq: conn.take_seq() },
            op: Op::Command(command),
            source,
            base,
            first_range,
            argc: ranges.len() as u32,
            hash,
            slot,
            db,
            resp3: conn.resp3,
            no_touch: conn.no_touch,
        };
        if shard == self.id {
            self.shard.prefetch(usize::from(db), slot, hash);
            self.plan.own.push(piece);
        } else {
            self.send(shard, piece);
            self.plan.ranges.truncate(first_range as usize);
        }
        true
    }

    /// Executes the own part of the plan.
    pub(crate) fn run_own(&mut self) {
        if self.plan.own.is_empty() {
            return;
        }
        let mut own = std::mem::take(&mut self.plan.own);
        let shared = Arc::clone(&self.shared);
        let stats = &shared.stats[usize::from(self.id)];
        let watch = self.watch;
        let mut tick = (self.ticks)();
        for window in own.chunks(PREFETCH_WINDOW) {
            for piece in window {
                self.shard.prefetch_record(usize::from(piece.db), piece.slot, piece.hash);
            }
            for piece in window {
                let (Op::Command(command), Dest::Conn { index, generation, seq }) = (piece.op, piece.dest)
                else {
                    tick = self.run_own_piece(piece, tick);
                    continue;
                };
                let conn = conn_mut(&mut self.conns, ConnId { index, generation });
                let (Some(conn), Some(handler), true) =
                    (conn, self.handlers[usize::from(command)], self.locks.is_idle())
                else {
                    tick = self.run_own_piece(piece, tick);
                    continue;
                };
                let args = self.plan.args(piece);
                let mut reply_bytes = 0;
                let call = |out: &mut Vec<u8>| {
                    reply_bytes = call_handler(&mut self.shard, (command, handler), piece, args, out, stats);
                };
                if conn.is_head(seq) {
                    let mut call = call;
                    call(&mut conn.out);
                    conn.head_written();
                } else {
                    conn.write_early(seq, call);
                }
                if !conn.dirty {
                    conn.dirty = true;
                    self.dirty.push(index);
                }
                let end = (self.ticks)();
                let ticks = end.wrapping_sub(tick);
                let counters = &stats.commands[usize::from(command)];
                account(counters, ticks);
                if watch.tracking {
                    counters.durations.count(ticks);
                }
                if ticks >= watch.ticks || reply_bytes >= watch.reply_bytes {
                    self.notice_own(piece, command, ticks, reply_bytes);
                }
                tick = end;
            }
        }
        stats.commands_processed.add(own.len() as u64);
        own.clear();
        self.plan.own = own;
        self.plan.clear_own();
    }
}
