//! EXEC of commands that each have their keys in one shard: pieces, as of any other command, instead of a task.
//!
//! ```text
//! MULTI   SET a 1   GET b   INCR c   EXEC
//!   to the shard of a and c   [ head│SET a 1│head│INCR c ]   *2 +OK :1   ┐
//!   to the shard of b         [ head│GET b ]                 *1 $-1      ┴ interleaved: *3 +OK $-1 :1
//! ```
//!
//! All pieces travel in one publish, which is one instant for all shards (B1), and each runs without a break. Where something is
//! locked, a piece claims all its keys at once and waits with all its commands, as MSET does.

use base::{ArgRange, Args, slot};
use bus::Wake;
use commands::{CmdError, CommandId, CommandSpec, CommandTable, Handler, Merge, Route};
use resp::Reply;
use store::{Shard, WatchToken};

use super::{Multi, Watched};
use crate::core::Core;
use crate::execute::{Origin, call_handler};
use crate::journal::ShortArgs;
use crate::keys::{self, Keys};
use crate::locks::KeyName;
use crate::log::note_call;
use crate::message::{Batch, DEFERRED, Dest, Op, Piece, Source};
use crate::route::Call;
use crate::stats::CoreStats;
use crate::watch::{Note, Watch, account};

/// What stands before each queued command, as an argument: all that its shard needs to know besides its arguments.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) hash: u64,
    pub(super) command: CommandId,
    pub(super) slot: u16,
    pub(super) argc: u32,
}

impl Head {
    /// Bytes of a head.
    pub(super) const BYTES: usize = 16;

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let words = u64::from(self.command) | u64::from(self.slot) << 16 | u64::from(self.argc) << 32;
        let mut bytes = [0; Self::BYTES];
        let (hash, rest) = bytes.split_at_mut(8);
        hash.copy_from_slice(&self.hash.to_le_bytes());
        rest.copy_from_slice(&words.to_le_bytes());
        bytes
    }

    fn of(bytes: &[u8]) -> Option<Head> {
        let (hash, words) = bytes.split_first_chunk::<8>()?;
        let words = u64::from_le_bytes(*words.first_chunk()?);
        Some(Head {
            hash: u64::from_le_bytes(*hash),
            command: words as u16,
            slot: (words >> 16) as u16,
            argc: (words >> 32) as u32,
        })
    }
}

/// The commands among the arguments of a piece.
fn commands_of(mut args: Args<'_>) -> impl Iterator<Item = (Head, Args<'_>)> {
    std::iter::from_fn(move || {
        let head = Head::of(args.get(0)?)?;
        let words = args.tail(1).head(head.argc as usize);
        args = args.tail(1 + head.argc as usize);
        Some((head, words))
    })
}

/// The names of the keys of a piece.
pub(crate) fn names_of(table: &CommandTable, args: Args<'_>) -> Vec<KeyName> {
    let mut names = Vec::new();
    for (head, words) in commands_of(args) {
        let keys = Keys::of(table.spec(head.command), words);
        names.extend(keys.iter().map(|at| KeyName::from(words.arg(at))));
    }
    names
}

/// What running the commands of a piece takes from its core.
pub(crate) struct Bench<'a> {
    pub(crate) table: &'a CommandTable,
    pub(crate) handlers: &'a [Option<Handler>],
    pub(crate) stats: &'a CoreStats,
    pub(crate) watch: Watch,
    pub(crate) ticks: fn() -> u64,
}

impl Bench<'_> {
    /// Runs the commands of a piece on their shard. `out` gets an array of their replies, or null if a watched key has changed.
    /// Returns what is unusual about them.
    fn run(&self, shard: &mut Shard, piece: &Piece, args: Args<'_>, out: &mut Vec<u8>) -> Vec<Note> {
        let (mut args, mut token) = (args, None);
        if piece.op == (Op::Exec { guarded: true }) {
            let last = args.len().saturating_sub(1);
            token =
                args.get(last).and_then(|bytes| bytes.first_chunk()).map(|&bytes| u64::from_le_bytes(bytes));
            args = args.head(last);
        }
        let mut count = 0;
        for (head, _) in commands_of(args) {
            shard.prefetch(usize::from(piece.db), head.slot, head.hash);
            count += 1;
        }
        // The piece itself is counted as one.
        self.stats.commands_processed.add((count as u64).wrapping_sub(1));
        if token.is_some_and(|token| !shard.unwatch(WatchToken(token))) {
            Reply::new(out, piece.resp3).null_array();
            return Vec::new();
        }
        for (head, _) in commands_of(args) {
            shard.prefetch_record(usize::from(piece.db), head.slot, head.hash);
        }
        Reply::new(out, piece.resp3).array(count);
        let mut notes = Vec::new();
        let mut tick = (self.ticks)();
        for (head, words) in commands_of(args) {
            let command = usize::from(head.command);
            let Some(handler) = self.handlers.get(command).copied().flatten() else {
                Reply::new(out, piece.resp3).error_bytes(&CmdError::Syntax.text());
                continue;
            };
            let piece = Piece { hash: head.hash, slot: head.slot, ..*piece };
            let reply_bytes = call_handler(shard, (head.command, handler), &piece, words, out, self.stats);
            if shard.has_trail() {
                note_call(shard, self.table.spec(head.command), usize::from(piece.db), words);
            }
            let end = (self.ticks)();
            let ticks = end.wrapping_sub(tick);
            tick = end;
            let counters = &self.stats.commands[command];
            account(counters, ticks);
            if self.watch.tracking {
                counters.durations.count(ticks);
            }
            if ticks >= self.watch.ticks || reply_bytes >= self.watch.reply_bytes {
                notes.push(Note { command: head.command, ticks, reply_bytes, args: ShortArgs::of(words) });
            }
        }
        notes
    }
}

impl Multi {
    /// Whether pieces can do it all, given what is watched.
    fn is_short(&self, watched: Option<&Watched>, shard_of: impl Fn(&[u8]) -> u16) -> bool {
        let Some(first) = self.queue.first() else { return false };
        !self.needs_task
            && watched.is_none_or(|watched| {
                self.queue.iter().all(|queued| queued.shard == first.shard)
                    && watched.keys.iter().all(|(_, key)| shard_of(key) == first.shard)
            })
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Where a command that is being queued runs: its shard, and slot and hash of its first key. `None` if that is not one
    /// shard, or more than running it there is needed.
    pub(super) fn short_place(
        &self,
        command: CommandId,
        spec: &CommandSpec,
        args: Args<'_>,
    ) -> Option<(u16, u16, u64)> {
        let key = match spec.route {
            Route::Key(_) if !self.own_commands.takes(command) => args.get(keys::first(spec, args)?)?,
            Route::Keys(..) => {
                let keys = Keys::of(spec, args);
                if keys.is_cut(args.len()) || !self.share_a_shard(args, keys.iter()) {
                    return None;
                }
                args.get(keys.iter().next()?)?
            }
            _ => return None,
        };
        let slot = slot::key_slot(key);
        Some((slot::shard_of_slot(slot, self.topology.shards), slot, self.hasher.hash(key)))
    }

    /// Carries out EXEC by pieces, if that can be done; else gives everything back.
    pub(super) fn exec_short(
        &mut self,
        call: &Call,
        mut multi: Box<Multi>,
        watched: Option<Box<Watched>>,
    ) -> Result<(), (Box<Multi>, Option<Box<Watched>>)> {
        let topology = self.topology;
        if !self.detour.monitored.is_empty()
            || !multi.is_short(watched.as_deref(), |key| topology.shard_of(key))
        {
            return Err((multi, watched));
        }
        let words = &mut multi.words;
        if let Some(watched) = &watched {
            let token = watched.token.0.to_le_bytes();
            words.ranges.push(ArgRange::new(words.bytes.len() as u32, token.len() as u32));
            words.bytes.extend_from_slice(&token);
        }
        // The words of the call are not needed any more.
        let first_range = self.plan.own_ranges();
        self.plan.ranges.truncate(first_range as usize);
        let piece = Piece {
            op: Op::Exec { guarded: watched.is_some() },
            source: Source::Shared(self.plan.shared.len() as u32),
            base: 0,
            first_range,
            argc: words.ranges.len() as u32,
            ..call.piece(call.dest())
        };
        self.plan.shared.push(std::mem::take(&mut words.bytes).into());
        let shard = multi.queue.first().map_or(self.id, |queued| queued.shard);
        if multi.queue.iter().all(|queued| queued.shard == shard) {
            self.plan.ranges.extend_from_slice(&words.ranges);
            self.send(shard, piece);
        } else {
            self.exec_parts(call, &multi, piece);
        }
        Ok(())
    }

    /// Sends each shard its commands.
    fn exec_parts(&mut self, call: &Call, multi: &Multi, piece: Piece) {
        // By shard: number of the part, and its ranges.
        let mut parts: Vec<Option<(u16, Vec<ArgRange>)>> = vec![None; usize::from(self.topology.shards)];
        let mut gather = self.spare_gathers.pop().unwrap_or_default();
        gather.order.clear();
        gather.args.clear();
        let mut count = 0u16;
        for queued in &multi.queue {
            let Some(part) = parts.get_mut(usize::from(queued.shard)) else { continue };
            let part = part.get_or_insert_with(|| {
                count += 1;
                (count - 1, Vec::new())
            });
            // The head is in front.
            let first = queued.first_range as usize;
            part.1.extend_from_slice(
                multi.words.ranges.get(first - 1..first + queued.argc as usize).unwrap_or_default(),
            );
            gather.order.push(part.0);
        }
        gather.op = piece.op;
        gather.start(call.dest(), Merge::Interleave, call.resp3, usize::from(count));
        let gather = self.gathers.insert(gather);
        let group = if multi.writes { self.log.next_group() } else { 0 };
        for (shard, part) in parts.into_iter().enumerate() {
            let Some((part, ranges)) = part else { continue };
            let first_range = self.plan.own_ranges();
            self.plan.ranges.truncate(first_range as usize);
            self.plan.ranges.extend_from_slice(&ranges);
            let argc = ranges.len() as u32;
            let dest = Dest::Part { gather, part: u32::from(part) };
            self.send(shard as u16, Piece { dest, group, parts: count, first_range, argc, ..piece });
        }
    }

    /// Runs an own piece of EXEC. Returns the tick count at its end.
    pub(crate) fn run_own_exec(&mut self, piece: &Piece, start: u64) -> u64 {
        if self.locks.is_locked() && self.must_wait(piece, &Origin::Own) {
            return start;
        }
        self.before_exec(piece);
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        let Core { plan, shard, handlers, shared, watch, ticks, id, .. } = self;
        let stats = &shared.stats[usize::from(*id)];
        let bench = Bench { table: &shared.table, handlers, stats, watch: *watch, ticks: *ticks };
        let notes = bench.run(shard, piece, plan.args(piece), &mut out);
        self.exec_done(piece, self.id);
        self.take_notes(piece.dest, notes);
        // `deliver` may complete a gathering, which wants the scratch buffer too.
        self.deliver(piece.dest, &out);
        self.scratch = out;
        (self.ticks)()
    }

    /// Runs a piece of EXEC of another core, or one that had to wait. Returns what is unusual about its commands.
    pub(crate) fn run_exec(
        &mut self,
        piece: &Piece,
        from: u16,
        args: Args<'_>,
        out: &mut Vec<u8>,
    ) -> Vec<Note> {
        self.before_exec(piece);
        let Core { shard, handlers, shared, watch, ticks, id, .. } = self;
        let stats = &shared.stats[usize::from(*id)];
        let bench = Bench { table: &shared.table, handlers, stats, watch: *watch, ticks: *ticks };
        let notes = bench.run(shard, piece, args, out);
        self.exec_done(piece, from);
        notes
    }

    /// Runs a piece of EXEC in a batch of another core. Returns where its reply ends.
    pub(crate) fn run_batch_exec(
        &mut self,
        piece: &Piece,
        from: u16,
        batch: &mut Batch,
        replies: &mut Vec<u8>,
    ) -> usize {
        if self.locks.is_locked() && self.must_wait(piece, &Origin::Batch(from, batch)) {
            return DEFERRED;
        }
        let notes = self.run_exec(piece, from, batch.args(piece), replies);
        if !notes.is_empty() {
            batch.called.push((piece.dest, 0, notes));
        }
        replies.len()
    }

    fn before_exec(&mut self, piece: &Piece) {
        if piece.op == (Op::Exec { guarded: true }) {
            // What was touched before must count for the keys that are watched.
            self.note_touched();
        }
    }

    fn exec_done(&mut self, piece: &Piece, from: u16) {
        self.seal(piece, from);
        if !self.locks.is_idle() {
            self.after_piece(None);
        }
    }
}
