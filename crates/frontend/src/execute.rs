//! The shard's side: executes own pieces and the batches of other cores, in windows of prefetched lookups, past the key
//! locks.

use std::sync::Arc;

use base::{ArgRange, Args};
use bus::Wake;
use commands::{CommandId, CommandSpec, Handler, Route, ShardCtx, StepOut};
use resp::{Reply, Rest};
use store::Shard;

use crate::blocking::WaiterId;
use crate::blocking::serve::Waited;
use crate::core::Core;
use crate::journal::ShortArgs;
use crate::keys::Keys;
use crate::locks::{Claim, KeyName};
use crate::log::note_call;
use crate::message::{Answer, AnswerBody, Batch, DEFERRED, Dest, Op, Piece, Source, StepCall};
use crate::plan::Plan;
use crate::route::copy_each;
use crate::stats::CoreStats;
use crate::transaction::calls::Words;
use crate::transaction::short;
use crate::watch::{Note, Timed, account};

/// Lookups whose cache misses overlap.
pub(crate) const PREFETCH_WINDOW: usize = 32;

/// A piece that waits for a key lock, with all that it needs.
pub(crate) struct Deferred {
    piece: Piece,
    /// The core that it came from; its own for an own piece.
    from: u16,
    bytes: Vec<u8>,
    ranges: Vec<ArgRange>,
    step: Option<StepCall>,
    /// The time of its publish, at which it runs whenever that is (T1).
    now_ms: u64,
}

/// Where a piece comes from, and so where its arguments and its step are.
pub(crate) enum Origin<'a> {
    /// The plan of this core.
    Own,
    /// Another core.
    Batch(u16, &'a mut Batch),
}

impl Origin<'_> {
    pub(crate) fn core(&self, own: u16) -> u16 {
        match self {
            Origin::Own => own,
            Origin::Batch(from, _) => *from,
        }
    }

    pub(crate) fn args<'a, C: AsRef<[u8]>>(&'a self, plan: &'a Plan<C>, piece: &Piece) -> Args<'a> {
        match self {
            Origin::Own => plan.args(piece),
            Origin::Batch(_, batch) => batch.args(piece),
        }
    }
}

/// The shard-side handler of a route, if it has one.
pub(crate) fn handler_of(route: &Route) -> Option<Handler> {
    match *route {
        Route::Key(handler)
        | Route::Keys(handler, _)
        | Route::AllShards(handler, _)
        | Route::OneShard(_, handler)
        | Route::Rounds(handler, _) => Some(handler),
        Route::Blocking(blocking) => Some(blocking.handler),
        Route::Walk(_) | Route::Task(_) | Route::Connection | Route::Container => None,
    }
}

/// Runs the handler of a command and counts its error, if there is one. Returns the length of the reply.
#[inline]
pub(crate) fn call_handler(
    shard: &mut Shard,
    call: (CommandId, Handler),
    piece: &Piece,
    args: Args<'_>,
    out: &mut Vec<u8>,
    stats: &CoreStats,
) -> usize {
    call_leaving(shard, call, piece, args, out, stats, None)
}

/// As [`call_handler`]; the handler may leave the rest of a long reply in `rest`, if there is a place.
#[inline]
pub(crate) fn call_leaving(
    shard: &mut Shard,
    (command, handler): (CommandId, Handler),
    piece: &Piece,
    args: Args<'_>,
    out: &mut Vec<u8>,
    stats: &CoreStats,
    rest: Option<&mut Option<Box<dyn Rest>>>,
) -> usize {
    let mut reply = match rest {
        Some(rest) => Reply::with_rest(out, piece.resp3, rest),
        None => Reply::new(out, piece.resp3),
    };
    let start = reply.position();
    let mut ctx = ShardCtx { shard, db: usize::from(piece.db), slot: piece.slot, hash: piece.hash };
    if piece.no_touch {
        ctx.shard.pause_touches(true);
    }
    let result = handler(&mut ctx, args, &mut reply);
    if piece.no_touch {
        shard.pause_touches(false);
    }
    if let Err(error) = result {
        reply.truncate(start);
        let text = error.text();
        reply.error_bytes(&text);
        stats.commands[usize::from(command)].failed.add(1);
        stats.error(&text);
    }
    out.len().wrapping_sub(start)
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Executes one own piece, of any kind. Returns the tick count at its end.
    pub(crate) fn run_own_piece(&mut self, piece: &Piece, start: u64) -> u64 {
        let command = match piece.op {
            Op::Command(command) => command,
            Op::Inquiry(command) => {
                self.run_own_inquiry(piece, command, start);
                return (self.ticks)();
            }
            Op::Fence => {
                self.deliver(piece.dest, b"+OK\r\n");
                return (self.ticks)();
            }
            Op::Wait(_) | Op::Enlist(_) | Op::Tried | Op::Cancel { .. } | Op::Retry => {
                match self.run_waiting(piece, &Origin::Own) {
                    Waited::Replied(bytes) => self.deliver(piece.dest, &bytes),
                    Waited::Out(out) => self.step_done(piece.dest, out),
                    Waited::Deferred => {}
                }
                return (self.ticks)();
            }
            Op::Message(kind) => {
                self.run_own_message(piece, kind);
                return (self.ticks)();
            }
            Op::Exec { .. } => return self.run_own_exec(piece, start),
            _ => {
                self.run_step_piece(piece, Origin::Own);
                let end = (self.ticks)();
                self.part_took(piece.dest, end.wrapping_sub(start));
                return end;
            }
        };
        if self.locks.is_locked() && self.must_wait(piece, &Origin::Own) {
            return start;
        }
        let end = match self.handlers[usize::from(command)] {
            Some(handler) => self.run_aside(command, handler, piece, start),
            None => self.run_own_script(command, piece, start),
        };
        self.after_piece(None);
        end
    }

    /// Runs the handler of an own piece and gives its reply to whoever waits for it. Returns the tick count at its end.
    fn run_aside(&mut self, command: CommandId, handler: Handler, piece: &Piece, start: u64) -> u64 {
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        let stats = &self.shared.stats[usize::from(self.id)];
        let args = self.plan.args(piece);
        let mut rest = None;
        let place = piece.may_stream().then_some(&mut rest);
        let len = call_leaving(&mut self.shard, (command, handler), piece, args, &mut bytes, stats, place);
        if self.shard.has_trail() {
            let spec = self.shared.table.spec(command);
            note_call(&mut self.shard, spec, usize::from(piece.db), args);
            self.seal(piece, self.id);
        }
        let stats = &self.shared.stats[usize::from(self.id)];
        let end = (self.ticks)();
        let ticks = end.wrapping_sub(start);
        account(&stats.commands[usize::from(command)], ticks);
        self.own_piece_took(piece, command, ticks, len);
        // `deliver` may complete a gathering, which wants the scratch buffer too.
        let out = std::mem::take(&mut bytes);
        match rest {
            Some(rest) => {
                let number = self.rests.open(rest, piece.resp3);
                self.deliver_streamed(piece.dest, &out, self.id, number);
            }
            None => self.deliver(piece.dest, &out),
        }
        self.scratch = out;
        end
    }

    /// Runs a script whose piece is of this core. Returns the tick count at its end.
    fn run_own_script(&mut self, command: CommandId, piece: &Piece, start: u64) -> u64 {
        let words = Words::of(self.plan.args(piece));
        let mut out = Vec::new();
        if !self.run_script(command, piece, self.id, words, &mut out) {
            return (self.ticks)();
        }
        self.seal(piece, self.id);
        let end = (self.ticks)();
        let ticks = end.wrapping_sub(start);
        let (calls, notes) = self.take_called();
        self.script_has_called(piece.dest, calls, notes);
        self.script_took(command, piece, ticks);
        self.own_piece_took(piece, command, ticks, out.len());
        self.deliver(piece.dest, &out);
        end
    }

    /// Executes a batch of another core; replies are in it when it comes back.
    pub(crate) fn run_batch(&mut self, from: u16, mut batch: Box<Batch>) -> Box<Batch> {
        let pieces = std::mem::take(&mut batch.pieces);
        let mut replies = std::mem::take(&mut batch.replies);
        let shared = Arc::clone(&self.shared);
        let stats = &shared.stats[usize::from(self.id)];
        let watch = self.watch;
        let mut tick = (self.ticks)();
        let mut commands = pieces.len() as u64;
        for window in pieces.chunks(PREFETCH_WINDOW) {
            for piece in window {
                self.shard.prefetch(usize::from(piece.db), piece.slot, piece.hash);
            }
            for piece in window {
                self.shard.prefetch_record(usize::from(piece.db), piece.slot, piece.hash);
            }
            for piece in window {
                let command = match piece.op {
                    Op::Command(command) => command,
                    Op::Inquiry(command) => {
                        self.inquire(command, batch.args(piece), None, &mut replies);
                        tick = self.time_part(&mut batch, tick);
                        let late = self.answers_late(piece.dest, Some(from));
                        batch.ends.push(if late { DEFERRED } else { replies.len() });
                        continue;
                    }
                    Op::Fence => {
                        Reply::new(&mut replies, false).ok();
                        batch.ends.push(replies.len());
                        continue;
                    }
                    Op::More => {
                        self.rests.ask(from, piece);
                        batch.ends.push(DEFERRED);
                        commands -= 1;
                        continue;
                    }
                    Op::DropRest => {
                        self.rests.drop(piece.hash);
                        batch.ends.push(replies.len());
                        commands -= 1;
                        continue;
                    }
                    Op::Wait(_) | Op::Enlist(_) | Op::Tried | Op::Cancel { .. } | Op::Retry => {
                        let waited = self.run_waiting(piece, &Origin::Batch(from, &mut batch));
                        tick = self.time_part(&mut batch, tick);
                        let deferred = matches!(waited, Waited::Deferred);
                        match waited {
                            Waited::Replied(bytes) => replies.extend_from_slice(&bytes),
                            Waited::Out(out) => batch.outs.push((piece.dest, out)),
                            Waited::Deferred => {}
                        }
                        batch.ends.push(if deferred { DEFERRED } else { replies.len() });
                        continue;
                    }
                    Op::Message(kind) => {
                        self.run_message(kind, piece.hash, batch.args(piece));
                        batch.ends.push(replies.len());
                        continue;
                    }
                    Op::Exec { .. } => {
                        let end = self.run_batch_exec(piece, from, &mut batch, &mut replies);
                        batch.ends.push(end);
                        tick = (self.ticks)();
                        continue;
                    }
                    _ => {
                        let deferred = self.run_step_piece(piece, Origin::Batch(from, &mut batch));
                        tick = self.time_part(&mut batch, tick);
                        batch.ends.push(if deferred { DEFERRED } else { replies.len() });
                        continue;
                    }
                };
                let busy = !self.locks.is_idle();
                if busy && self.locks.is_locked() && self.must_wait(piece, &Origin::Batch(from, &mut batch)) {
                    batch.ends.push(DEFERRED);
                    continue;
                }
                let args = batch.args(piece);
                if let Some(handler) = self.handlers[usize::from(command)] {
                    let mut rest = None;
                    let place = piece.may_stream().then_some(&mut rest);
                    let call = (command, handler);
                    let reply_bytes =
                        call_leaving(&mut self.shard, call, piece, args, &mut replies, stats, place);
                    if self.shard.has_trail() {
                        note_call(&mut self.shard, shared.table.spec(command), usize::from(piece.db), args);
                        self.seal(piece, from);
                    }
                    if let Some(rest) = rest {
                        let number = self.rests.open(rest, piece.resp3);
                        batch.streams.push((batch.ends.len() as u32, number));
                    }
                    let end = (self.ticks)();
                    let ticks = end.wrapping_sub(tick);
                    let counters = &stats.commands[usize::from(command)];
                    account(counters, ticks);
                    let is_part = !matches!(piece.dest, Dest::Conn { .. });
                    if watch.tracking && !is_part {
                        counters.durations.count(ticks);
                    }
                    if is_part || ticks >= watch.ticks || reply_bytes >= watch.reply_bytes {
                        let piece = batch.ends.len() as u32;
                        batch.timed.push(Timed { piece, ticks, reply_bytes });
                    }
                    tick = end;
                } else {
                    let words = Words::of(args);
                    if !self.run_script(command, piece, from, words, &mut replies) {
                        tick = (self.ticks)();
                        batch.ends.push(DEFERRED);
                        continue;
                    }
                    self.seal(piece, from);
                    let (calls, notes) = self.take_called();
                    batch.called.push((piece.dest, calls, notes));
                    self.script_took(command, piece, (self.ticks)().wrapping_sub(tick));
                    tick = self.time_part(&mut batch, tick);
                }
                batch.ends.push(replies.len());
                if busy {
                    self.after_piece(None);
                }
            }
        }
        stats.commands_processed.add(commands);
        stats.pieces_received.add(pieces.len() as u64);
        batch.pieces = pieces;
        batch.replies = replies;
        batch
    }

    /// Notes in a batch how long the piece took that is answered next. Returns the tick count at its end.
    fn time_part(&self, batch: &mut Batch, start: u64) -> u64 {
        let end = (self.ticks)();
        let piece = batch.ends.len() as u32;
        batch.timed.push(Timed { piece, ticks: end.wrapping_sub(start), reply_bytes: 0 });
        end
    }

    /// Whether a command's piece has to wait for a key lock; it is then kept, with its arguments.
    #[cold]
    pub(crate) fn must_wait(&mut self, piece: &Piece, origin: &Origin<'_>) -> bool {
        if self.answer_busy(piece, origin) {
            return true;
        }
        let args = origin.args(&self.plan, piece);
        let Some(claim) = self.claim_of(piece, args) else { return false };
        let now_ms = self.shard.now_ms();
        let Some(pending) = self.locks.claim(claim, now_ms) else { return false };
        pending.wait(Deferred::new(piece, origin.core(self.id), args, None, now_ms));
        self.stats().lock_waits.add(1);
        true
    }

    /// What a command's piece claims; `None` if it needs no claim.
    fn claim_of(&self, piece: &Piece, args: Args<'_>) -> Option<Claim> {
        #[cfg(feature = "sim-faults")]
        if self.faults.skip_key_locks {
            return None;
        }
        let names = |keys: Keys| -> Vec<KeyName> { keys.iter().map(|at| args.arg(at).into()).collect() };
        match piece.op {
            Op::Command(command) | Op::Wait(command) => {
                let spec: &CommandSpec = self.table().spec(command);
                match spec.route {
                    Route::AllShards(..) | Route::OneShard(..) => Some(Claim::All),
                    _ if spec.meta.key_specs.is_empty() => Some(Claim::All),
                    // It may touch keys that it does not declare.
                    _ if crate::scripting::is_script(spec.meta.name) => Some(Claim::All),
                    Route::Rounds(..) if spec.meta.has_unnamed_keys(args) => Some(Claim::All),
                    _ => Some(Claim::Keys(names(Keys::of(spec, args)))),
                }
            }
            Op::Exec { .. } => Some(Claim::Keys(short::names_of(self.table(), args))),
            _ => None,
        }
    }

    /// What a step claims; `None` if its task holds all that it needs.
    fn step_claim(&self, piece: &Piece, call: &StepCall, args: Args<'_>) -> Option<Claim> {
        #[cfg(feature = "sim-faults")]
        if self.faults.skip_key_locks {
            return None;
        }
        match piece.op {
            Op::Lock { .. } if args.is_empty() => Some(Claim::HoldAll(call.task)),
            Op::Lock { .. } => Some(Claim::Hold(call.task, args.iter().map(Into::into).collect())),
            Op::Once { .. } if args.is_empty() => Some(Claim::All),
            Op::Once { .. } => Some(Claim::Keys(args.iter().map(Into::into).collect())),
            Op::Look { .. } => Some(Claim::All),
            _ => None,
        }
    }

    /// Runs a step of a rounds task. True if it has to wait.
    fn run_step_piece(&mut self, piece: &Piece, mut origin: Origin<'_>) -> bool {
        let steps = match &mut origin {
            Origin::Own => &mut self.plan.steps,
            Origin::Batch(_, batch) => &mut batch.steps,
        };
        let Some(step) = piece.op.step() else { return false };
        let Some(call) = steps.get_mut(step as usize).map(StepCall::take) else { return false };
        let now_ms = self.shard.now_ms();
        let args = origin.args(&self.plan, piece);
        if let Some(claim) = self.step_claim(piece, &call, args)
            && let Some(pending) = self.locks.claim(claim, now_ms)
        {
            pending.wait(Deferred::new(piece, origin.core(self.id), args, Some(call), now_ms));
            return true;
        }
        let out = self.run_step(piece, call, now_ms);
        match origin {
            Origin::Own => self.step_done(piece.dest, out),
            Origin::Batch(_, batch) => batch.outs.push((piece.dest, out)),
        }
        self.run_ready();
        false
    }

    /// Runs a step on the shard; the last one gives the locks back. All steps of a task see the time of its locks: that is
    /// the instant at which the whole command takes effect (T1).
    fn run_step(&mut self, piece: &Piece, call: StepCall, now_ms: u64) -> StepOut {
        // What was touched before must not count for keys that the step begins to watch.
        self.note_touched();
        if matches!(piece.op, Op::Lock { .. }) {
            self.locks.start(call.task);
        }
        let stamp_ms = self.locks.stamp_ms(call.task).unwrap_or(now_ms);
        self.shard.rewind(stamp_ms);
        let mut ctx = ShardCtx { shard: &mut self.shard, db: usize::from(piece.db), slot: 0, hash: 0 };
        if piece.no_touch {
            ctx.shard.pause_touches(true);
        }
        let mut call = call;
        let out = call.run.take().map_or(StepOut::Done, |run| run(&mut ctx));
        if piece.no_touch {
            self.shard.pause_touches(false);
        }
        self.seal_step(piece.op, &call, stamp_ms);
        self.shard.set_now(now_ms);
        if matches!(piece.op, Op::Unlock { .. }) {
            // Whoever waits for what the task did comes before whoever waits for its locks.
            self.after_piece(Some(call.task));
            self.locks.release(call.task);
        }
        self.after_piece(None);
        out
    }

    /// Runs whatever waited for keys that are free now.
    pub(crate) fn run_ready(&mut self) {
        let now_ms = self.shard.now_ms();
        while let Some(work) = self.locks.take_ready() {
            self.shard.rewind(work.now_ms);
            self.run_deferred(work);
            self.after_piece(None);
            self.shard.set_now(now_ms);
        }
    }

    fn run_deferred(&mut self, work: Deferred) {
        let Deferred { piece, from, bytes, ranges, step, now_ms } = work;
        if let Dest::Waiter { .. } = piece.dest {
            return self.run_deferred_waiting(&piece, from, bytes, ranges);
        }
        let start = (self.ticks)();
        if let Some(call) = step {
            let out = self.run_step(&piece, call, now_ms);
            let ticks = (self.ticks)().wrapping_sub(start);
            if from == self.id {
                self.part_took(piece.dest, ticks);
                self.step_done(piece.dest, out);
            } else {
                self.reply_late(from, Answer(AnswerBody::LateStep { dest: piece.dest, out, ticks }));
            }
            return;
        }
        let mut out = Vec::new();
        if let Op::Exec { .. } = piece.op {
            let notes = self.run_exec(&piece, from, Args::new(&bytes, &ranges), &mut out);
            return self.give_late(from, piece.dest, (out, None), 0, (0, notes));
        }
        let Op::Command(command) = piece.op else { return };
        let Some(handler) = self.handlers[usize::from(command)] else {
            let words = Words { bytes, ranges };
            if !self.run_script(command, &piece, from, words, &mut out) {
                return;
            }
            self.seal(&piece, from);
            let ticks = (self.ticks)().wrapping_sub(start);
            self.script_took(command, &piece, ticks);
            let called = self.take_called();
            return self.give_late(from, piece.dest, (out, None), ticks, called);
        };
        let stats = &self.shared.stats[usize::from(self.id)];
        let args = Args::new(&bytes, &ranges);
        let mut rest = None;
        let place = piece.may_stream().then_some(&mut rest);
        let len = call_leaving(&mut self.shard, (command, handler), &piece, args, &mut out, stats, place);
        if self.shard.has_trail() {
            let spec = self.shared.table.spec(command);
            note_call(&mut self.shard, spec, usize::from(piece.db), args);
            self.seal(&piece, from);
        }
        let stats = &self.shared.stats[usize::from(self.id)];
        let stream = rest.map(|rest| self.rests.open(rest, piece.resp3));
        let ticks = (self.ticks)().wrapping_sub(start);
        let counters = &stats.commands[usize::from(command)];
        account(counters, ticks);
        let whole = matches!(piece.dest, Dest::Conn { .. });
        if whole && self.watch.tracking {
            counters.durations.count(ticks);
        }
        let mut notes = Vec::new();
        if whole && self.watch.is_unusual(ticks, len) {
            notes.push(Note { command, ticks, reply_bytes: len, args: ShortArgs::of(args) });
        }
        self.give_late(from, piece.dest, (out, stream), ticks, (0, notes));
    }
}

impl Deferred {
    /// A waiter that is to be tried again when it has got the locks of its keys.
    pub(crate) fn retry(id: WaiterId, db: u16, now_ms: u64) -> Self {
        let piece = Piece {
            dest: Dest::Waiter { number: id.number },
            op: Op::Retry,
            source: Source::Batch,
            base: 0,
            first_range: 0,
            argc: 0,
            hash: 0,
            slot: 0,
            db,
            resp3: false,
            no_touch: false,
            group: 0,
            parts: 0,
        };
        Deferred::bare(piece, id.core, now_ms)
    }

    /// A piece without arguments.
    pub(crate) fn bare(piece: Piece, from: u16, now_ms: u64) -> Self {
        Deferred { piece, from, bytes: Vec::new(), ranges: Vec::new(), step: None, now_ms }
    }

    /// Copies what the piece needs to run later.
    fn new(piece: &Piece, from: u16, args: Args<'_>, step: Option<StepCall>, now_ms: u64) -> Self {
        let (mut bytes, mut ranges) = (Vec::new(), Vec::with_capacity(args.len()));
        copy_each(args.iter(), &mut bytes, &mut ranges);
        let mut piece = *piece;
        piece.source = Source::Batch;
        piece.base = 0;
        piece.first_range = 0;
        Deferred { piece, from, bytes, ranges, step, now_ms }
    }
}
