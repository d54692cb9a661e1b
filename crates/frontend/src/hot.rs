//! The hot path: a single-key command of an authenticated connection, from parsed arguments to a planned piece, and from a
//! planned piece to its reply.
//!
//! It does what `route.rs` and `execute.rs` do for every command, for the most frequent kind and with fewer looks at shared
//! tables. Whatever is unusual in any way is left to them.

use std::sync::Arc;

use base::conn::ConnId;
use base::{ArgRange, KeyHasher, slot};
use bus::Wake;
use commands::{CommandId, CommandSpec, CommandTable, Route};

use crate::core::{Core, conn_mut};
use crate::execute::{PREFETCH_WINDOW, call_leaving};
use crate::log::note_call;
use crate::message::{Dest, Op, Piece, Source};
use crate::plan::{Plan, batch_for, source_bytes};
use crate::route::put_frame;
use crate::watch::account;

/// What the hot path needs of a command.
#[derive(Clone, Copy)]
pub(crate) struct HotSpec {
    /// How many arguments it takes: at least so many, and at most so many more.
    least: u32,
    more: u32,
    /// Position of the key.
    key: u32,
}

impl HotSpec {
    /// Not of the kind that is handled here: takes no number of arguments.
    pub(crate) const NONE: HotSpec = HotSpec { least: u32::MAX, more: 0, key: 0 };

    pub(crate) fn of(spec: &CommandSpec) -> Self {
        match (spec.route, u32::try_from(spec.meta.first_key)) {
            (Route::Key(_), Ok(key @ 1..)) if !spec.meta.has_movable_keys() => {
                let least = u32::from(spec.meta.arity.unsigned_abs());
                HotSpec { least, more: if spec.meta.arity < 0 { u32::MAX - least } else { 0 }, key }
            }
            _ => HotSpec::NONE,
        }
    }

    #[inline]
    fn takes(self, argc: usize) -> bool {
        (argc as u32).wrapping_sub(self.least) <= self.more
    }
}

/// How planning of usual commands ended.
pub(crate) enum Planned {
    /// As many are planned as were allowed, or there is nothing more.
    All,
    /// The frame of this length is another kind of command. Its ranges are appended to the plan.
    Other(usize),
    /// The parser has to be asked what there is.
    Unclear,
}

/// What planning takes from a core besides its connection and plan.
struct Planner<'a> {
    table: &'a CommandTable,
    specs: &'a [HotSpec],
    hasher: KeyHasher,
    request_bytes: usize,
}

impl Planner<'_> {
    /// The command with slot and hash of its key, if it is of the usual kind. Its frame has so many bytes.
    #[inline(always)]
    fn look(&self, bytes: &[u8], ranges: &[ArgRange], frame_bytes: usize) -> Option<(CommandId, u16, u64)> {
        let command = self.table.find_in(bytes, *ranges.first()?)?;
        let spec = self.specs.get(usize::from(command))?;
        if !spec.takes(ranges.len()) || frame_bytes >= self.request_bytes {
            return None;
        }
        let key = ranges.get(spec.key as usize)?.slice(bytes);
        Some((command, slot::key_slot(key), self.hasher.hash(key)))
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Parses a source from `pos` on and plans the commands as long as they are of the usual kind, at most `max` of them.
    /// There must be room for so many in the connection's window.
    pub(crate) fn plan_usual(&mut self, id: ConnId, source: Source, pos: &mut usize, max: usize) -> Planned {
        let planner = Planner {
            table: &self.shared.table,
            specs: &self.hot_specs,
            hasher: self.hasher,
            request_bytes: self.watch.request_bytes,
        };
        debug_assert_eq!(self.plan.ranges.len(), self.plan.own_ranges() as usize);
        let Plan { own, ranges, chunks, shared, batches, spare, remote, .. } = &mut self.plan;
        let bytes = source_bytes(chunks, shared, source);
        let Some(conn) = conn_mut(&mut self.conns, id) else { return Planned::All };
        if !conn.usual {
            return Planned::Unclear;
        }
        let limits = &self.limits[1];
        let db = conn.db;
        for _ in 0..max {
            let frame = bytes.get(*pos..).unwrap_or_default();
            let first = ranges.len();
            let Some(len) = conn.parser.next_usual(frame, limits, ranges) else {
                return if frame.is_empty() { Planned::All } else { Planned::Unclear };
            };
            let args = ranges.get(first..).unwrap_or_default();
            let Some((command, slot, hash)) = planner.look(frame, args, len) else {
                return Planned::Other(len);
            };
            let piece = Piece {
                dest: Dest::Conn { index: id.index, generation: id.generation, seq: conn.take_seq() },
                op: Op::Command(command),
                source,
                base: *pos as u32,
                first_range: first as u32,
                argc: args.len() as u32,
                hash,
                slot,
                db,
                resp3: conn.resp3,
                no_touch: conn.no_touch,
                group: 0,
                parts: 0,
            };
            conn.commands += 1;
            conn.last_command = command;
            *pos += len;
            let shard = slot::shard_of_slot(slot, self.topology.shards);
            if shard == self.id {
                self.shard.prefetch(usize::from(db), slot, hash);
                own.push(piece);
            } else {
                put_frame(
                    batch_for(batches, spare, shard),
                    piece,
                    shared,
                    frame.get(..len).unwrap_or_default(),
                    args,
                );
                *remote += 1;
                ranges.truncate(first);
            }
        }
        Planned::All
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
                let mut rest = None;
                let call = |out: &mut Vec<u8>| {
                    let call = (command, handler);
                    reply_bytes =
                        call_leaving(&mut self.shard, call, piece, args, out, stats, Some(&mut rest));
                };
                if conn.is_head(seq) {
                    let (mut call, start) = (call, conn.out.len());
                    call(&mut conn.out);
                    conn.note_source(self.id, start);
                    if rest.is_none() {
                        conn.head_written();
                    }
                } else {
                    conn.write_early(seq, call);
                }
                if self.shard.has_trail() {
                    note_call(&mut self.shard, shared.table.spec(command), usize::from(piece.db), args);
                }
                if !conn.dirty {
                    conn.dirty = true;
                    self.dirty.push(index);
                }
                if let Some(rest) = rest {
                    self.own_streamed(index, seq, rest, piece.resp3);
                }
                self.seal(piece, self.id);
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
