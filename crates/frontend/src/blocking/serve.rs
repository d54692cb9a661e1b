//! The shard's side of blocking commands: who cannot be served now waits here, and is tried again when a key has changed.
//!
//! After each piece of work, the keys that it touched are looked at, in the order in which they were touched, and their
//! waiters in the order of arrival. A waiter whose keys all live here is tried at once, before any other work: nobody sees an
//! element that somebody waits for. Another one is woken: its core tries it, with all its keys locked; meanwhile nobody
//! behind it in these queues is served.
//!
//! What a task holds is not touched before the task has done its last step here, and then before anything else that waits
//! for it. If a waiter needs another key besides, one that a task still holds, it claims its keys as any other work does.

use std::sync::Arc;

use base::ArgRange;
use bus::Wake;
use commands::{CommandId, Route, ShardCtx, StepOut, Waiting};
use resp::Reply;

use super::waiters::{Ready, Waiter, WaiterId};
use super::{is_null, without_doubles};
use crate::core::Core;
use crate::execute::{Deferred, Origin, call_handler};
use crate::keys::Keys;
use crate::locks::{Claim, KeyName};
use crate::log::note_call;
use crate::message::{Answer, AnswerBody, Dest, Op, Piece, TaskId};
use crate::route::copy_each;
use crate::watch::account;

/// What became of a piece of a blocking command.
pub(crate) enum Waited {
    /// It has a reply.
    Replied(Vec<u8>),
    /// Something else to tell its core.
    Out(StepOut),
    /// It waits for a key lock, and answers later.
    Deferred,
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Runs a piece of a blocking command.
    pub(crate) fn run_waiting(&mut self, piece: &Piece, origin: &Origin<'_>) -> Waited {
        let from = origin.core(self.id);
        let Dest::Waiter { number } = piece.dest else { return Waited::Out(StepOut::Done) };
        let id = WaiterId { core: from, number };
        if !matches!(piece.op, Op::Wait(_)) {
            // It is no command.
            self.stats().commands_processed.add(1u64.wrapping_neg());
        }
        match piece.op {
            Op::Wait(command) => {
                if self.locks.is_locked() && self.must_wait(piece, origin) {
                    return Waited::Deferred;
                }
                let waiter = self.waiter_of(piece, command, id, origin);
                let waited = self.try_first(waiter, piece);
                self.after_piece(None);
                waited
            }
            Op::Enlist(command) => {
                let mut waiter = self.waiter_of(piece, command, id, origin);
                waiter.alone = false;
                Waited::Out(self.enlist(waiter, None))
            }
            Op::Tried => {
                if let Some(at) = self.waiters.at(id) {
                    self.waiters.set_pending(at, false);
                }
                self.after_piece(None);
                Waited::Out(StepOut::Done)
            }
            Op::Cancel { tries } => {
                if tries && self.cancel_waits(piece, id) {
                    return Waited::Deferred;
                }
                let removed = self.dismiss(id).is_some();
                self.after_piece(None);
                Waited::Out(StepOut::Flag(removed))
            }
            _ => Waited::Out(StepOut::Done),
        }
    }

    /// A waiter with the arguments of a piece.
    fn waiter_of(&self, piece: &Piece, command: CommandId, id: WaiterId, origin: &Origin<'_>) -> Waiter {
        let args = origin.args(&self.plan, piece);
        let (mut bytes, mut ranges) = (Vec::new(), Vec::with_capacity(args.len()));
        copy_each(args.iter(), &mut bytes, &mut ranges);
        waiter_of_words(piece, command, id, bytes, ranges)
    }

    /// Tries a waiter for the last time if it never was, because somebody before it was about to be: what was there when it
    /// came must not have been there all the time. True if it has to wait for key locks first.
    fn cancel_waits(&mut self, piece: &Piece, id: WaiterId) -> bool {
        let Some(at) = self.waiters.at(id) else { return false };
        let Some(waiter) = self.waiters.get(at).filter(|waiter| waiter.alone && !waiter.tried) else {
            return false;
        };
        let locks = &self.locks;
        if !waiter.claims.iter().all(|name| locks.is_free(name, None)) {
            let names: Vec<KeyName> = waiter.claims.clone();
            let now_ms = self.shard.now_ms();
            if let Some(pending) = self.locks.claim(Claim::Keys(names), now_ms) {
                pending.wait(Deferred::bare(*piece, id.core, now_ms));
                return true;
            }
        }
        self.try_waiter(at);
        false
    }

    /// Runs a piece that had to wait for a key lock.
    pub(crate) fn run_deferred_waiting(
        &mut self,
        piece: &Piece,
        from: u16,
        bytes: Vec<u8>,
        ranges: Vec<ArgRange>,
    ) {
        let Dest::Waiter { number } = piece.dest else { return };
        let id = WaiterId { core: from, number };
        let waited = match piece.op {
            Op::Wait(command) => self.try_first(waiter_of_words(piece, command, id, bytes, ranges), piece),
            Op::Cancel { .. } => {
                if let Some(at) = self.waiters.at(id) {
                    self.try_waiter(at);
                }
                Waited::Out(StepOut::Flag(self.dismiss(id).is_some()))
            }
            _ => return self.retry(id),
        };
        match (waited, from == self.id) {
            (Waited::Replied(bytes), true) => self.deliver(piece.dest, &bytes),
            (Waited::Out(out), true) => self.step_done(piece.dest, out),
            (Waited::Replied(bytes), false) => {
                let late = AnswerBody::Late {
                    dest: piece.dest,
                    bytes,
                    stream: None,
                    ticks: 0,
                    calls: 0,
                    notes: Vec::new(),
                };
                self.reply_late(from, Answer(late));
            }
            (Waited::Out(out), false) => {
                self.reply_late(from, Answer(AnswerBody::LateStep { dest: piece.dest, out, ticks: 0 }));
            }
            (Waited::Deferred, _) => {}
        }
    }

    /// Tries a command for the first time; if there is nothing for it, it waits.
    fn try_first(&mut self, mut waiter: Waiter, piece: &Piece) -> Waited {
        let Route::Blocking(blocking) = self.table().spec(waiter.command).route else {
            return Waited::Out(StepOut::Done);
        };
        let start = (self.ticks)();
        let shared = Arc::clone(&self.shared);
        let stats = &shared.stats[usize::from(self.id)];
        // Whoever is about to be tried comes first, and so does whoever waits behind it.
        let queue_up = {
            let mut ctx = ShardCtx {
                shard: &mut self.shard,
                db: usize::from(piece.db),
                slot: piece.slot,
                hash: piece.hash,
            };
            let waiting = match self.waiters.has_pending() {
                true => (blocking.wait)(&mut ctx, waiter.args()).ok().flatten(),
                false => None,
            };
            waiting.filter(|waiting| {
                let args = waiter.args();
                waiting.keys.iter().any(|&at| self.waiters.is_pending(waiter.db, args.arg(at)))
            })
        };
        if let Some(waiting) = queue_up {
            return Waited::Out(self.enlist(waiter, Some(waiting)));
        }
        let mut out = Vec::new();
        let handler = (waiter.command, blocking.handler);
        call_handler(&mut self.shard, handler, piece, waiter.args(), &mut out, stats);
        self.note_try(&waiter);
        let ticks = (self.ticks)().wrapping_sub(start);
        if is_null(&out) {
            let mut ctx = ShardCtx {
                shard: &mut self.shard,
                db: usize::from(piece.db),
                slot: piece.slot,
                hash: piece.hash,
            };
            match (blocking.wait)(&mut ctx, waiter.args()) {
                Ok(Some(waiting)) => {
                    waiter.ticks = ticks;
                    waiter.tried = true;
                    return Waited::Out(self.enlist(waiter, Some(waiting)));
                }
                Ok(None) => {}
                Err(error) => {
                    out.clear();
                    let text = error.text();
                    Reply::new(&mut out, piece.resp3).error_bytes(&text);
                    stats.commands[usize::from(waiter.command)].failed.add(1);
                    stats.error(&text);
                }
            }
        }
        account(&stats.commands[usize::from(waiter.command)], ticks);
        if waiter.id.core == self.id {
            self.part_took(piece.dest, ticks);
        }
        Waited::Replied(out)
    }

    /// Logs what the command of a waiter did.
    fn note_try(&mut self, waiter: &Waiter) {
        if self.shard.has_trail() {
            let spec = self.shared.table.spec(waiter.command);
            note_call(&mut self.shard, spec, usize::from(waiter.db), waiter.args());
            self.seal_own();
        }
    }

    /// Makes somebody wait for the keys of its that live here. Without `waiting` it is asked for.
    fn enlist(&mut self, mut waiter: Waiter, waiting: Option<Waiting>) -> StepOut {
        let waiting = match waiting {
            Some(waiting) => waiting,
            None => {
                let Route::Blocking(blocking) = self.table().spec(waiter.command).route else {
                    return StepOut::Done;
                };
                let db = usize::from(waiter.db);
                let mut ctx = ShardCtx { shard: &mut self.shard, db, slot: 0, hash: 0 };
                match (blocking.wait)(&mut ctx, waiter.args()) {
                    Ok(Some(waiting)) => waiting,
                    Ok(None) => return StepOut::Done,
                    Err(error) => return StepOut::Failed(error),
                }
            }
        };
        if !waiting.replaced.is_empty() {
            let mut words: Vec<Vec<u8>> = waiter.args().iter().map(<[u8]>::to_vec).collect();
            for (at, word) in &waiting.replaced {
                if let Some(place) = words.get_mut(*at) {
                    place.clone_from(word);
                }
            }
            (waiter.bytes, waiter.ranges) = (Vec::new(), Vec::new());
            copy_each(words.iter().map(Vec::as_slice), &mut waiter.bytes, &mut waiter.ranges);
        }
        waiter.kind = waiting.kind;
        waiter.without_key = waiting.without_key;
        let args = waiter.args();
        let names = waiting.keys.iter().map(|&at| args.arg(at));
        let here = names.filter(|name| self.shard.has_slot(base::slot::key_slot(name)));
        let keys = without_doubles(here.map(Into::into));
        if waiter.alone {
            let touched = Keys::of(self.table().spec(waiter.command), args);
            waiter.claims = without_doubles(touched.iter().map(|at| args.arg(at).into()));
        }
        waiter.keys = keys;
        if !waiter.keys.is_empty() {
            for name in &waiter.keys {
                self.shard.add_interest(usize::from(waiter.db), name);
            }
            self.waiters.add(waiter);
            self.locks.attend(true);
        }
        StepOut::Waits(Box::new(waiting))
    }

    /// Makes somebody wait no longer.
    fn dismiss(&mut self, id: WaiterId) -> Option<Waiter> {
        // What was touched before is noted as long as there is interest in it.
        self.note_touched();
        let waiter = self.waiters.remove(id)?;
        for name in &waiter.keys {
            self.shard.remove_interest(usize::from(waiter.db), name);
        }
        self.locks.attend(!self.waiters.is_empty());
        Some(waiter)
    }

    /// Notes which keys somebody waits for were touched.
    pub(crate) fn note_touched(&mut self) {
        if self.shard.has_touched() {
            for (db, name) in self.shard.take_touched() {
                self.waiters.make_ready(db as u16, &name, 0);
            }
        }
    }

    /// Serves whoever waits for what was touched. `holder` is the task whose last step here was just done, and whose locks
    /// are still held.
    #[inline]
    pub(crate) fn after_piece(&mut self, holder: Option<TaskId>) {
        if self.shard.has_touched() || self.waiters.has_ready() {
            self.serve_ready(holder);
        }
    }

    #[cold]
    fn serve_ready(&mut self, holder: Option<TaskId>) {
        #[cfg(feature = "sim-faults")]
        if self.faults.skip_waiters {
            self.note_touched();
            while self.waiters.take_ready(|_| true).is_some() {}
            return;
        }
        loop {
            self.note_touched();
            let locks = &self.locks;
            let Some(ready) = self.waiters.take_ready(|name| locks.is_free(name, holder)) else { return };
            self.serve_key(ready, holder);
        }
    }

    /// Serves the waiters of a key as far as that is possible.
    fn serve_key(&mut self, ready: Ready, holder: Option<TaskId>) {
        let Ready { db, name, mut after } = ready;
        loop {
            let key = self.shard.key(&name);
            let kind = self.shard.db(usize::from(db)).look(key).map(store::Item::kind);
            if !self.waiters.wants(db, &name, kind) {
                return;
            }
            let Some(at) = self.waiters.next(db, &name, after) else { return };
            let Some(waiter) = self.waiters.get(at) else { return };
            if waiter.pending {
                return;
            }
            after = waiter.arrival;
            if Some(waiter.kind) != kind && !waiter.without_key {
                continue;
            }
            let id = waiter.id;
            if !waiter.alone {
                self.waiters.set_pending(at, true);
                return self.wake_waiter(id);
            }
            let locks = &self.locks;
            if !waiter.claims.iter().all(|name| locks.is_free(name, holder)) {
                let names: Vec<KeyName> = waiter.claims.clone();
                return self.retry_later(at, id, db, names);
            }
            self.try_waiter(at);
        }
    }

    /// Tries a waiter when it gets the locks of its keys.
    fn retry_later(&mut self, at: u32, id: WaiterId, db: u16, names: Vec<KeyName>) {
        let now_ms = self.shard.now_ms();
        match self.locks.claim(Claim::Keys(names), now_ms) {
            Some(pending) => {
                pending.wait(Deferred::retry(id, db, now_ms));
                self.waiters.set_pending(at, true);
            }
            None => self.try_waiter(at),
        }
    }

    /// Tries a waiter that has got the locks of its keys.
    fn retry(&mut self, id: WaiterId) {
        if let Some(at) = self.waiters.at(id) {
            self.try_waiter(at);
            // If it still waits, those behind it are looked at now.
            if let Some(at) = self.waiters.at(id) {
                self.waiters.set_pending(at, false);
            }
        }
    }

    /// Tries a waiter whose keys are all here and free.
    fn try_waiter(&mut self, at: u32) {
        self.waiters.set_tried(at);
        let Some(waiter) = self.waiters.get(at) else { return };
        let Route::Blocking(blocking) = self.table().spec(waiter.command).route else { return };
        let start = (self.ticks)();
        let shared = Arc::clone(&self.shared);
        let stats = &shared.stats[usize::from(self.id)];
        let args = waiter.args();
        let first = self.shard.key(args.arg(1));
        let piece = Piece {
            dest: Dest::NOBODY,
            op: Op::Wait(waiter.command),
            source: crate::message::Source::Batch,
            base: 0,
            first_range: 0,
            argc: 0,
            hash: first.hash,
            slot: first.slot,
            db: waiter.db,
            resp3: waiter.resp3,
            no_touch: false,
            group: 0,
            parts: 0,
        };
        let mut out = Vec::new();
        call_handler(&mut self.shard, (waiter.command, blocking.handler), &piece, args, &mut out, stats);
        if self.shard.has_trail() {
            let spec = shared.table.spec(waiter.command);
            note_call(&mut self.shard, spec, usize::from(waiter.db), args);
        }
        let ticks = (self.ticks)().wrapping_sub(start);
        let id = waiter.id;
        self.seal_own();
        if is_null(&out) {
            if let Some(waiter) = self.waiters.get_mut(at) {
                waiter.ticks += ticks;
            }
            return;
        }
        let Some(waiter) = self.dismiss(id) else { return };
        let ticks = ticks + waiter.ticks;
        account(&stats.commands[usize::from(waiter.command)], ticks);
        if id.core == self.id {
            let dest = Dest::Waiter { number: id.number };
            self.part_took(dest, ticks);
            self.deliver(dest, &out);
        } else {
            let served = AnswerBody::Served { number: id.number, bytes: out, ticks };
            self.reply_late(id.core, Answer(served));
        }
    }

    /// Tells the core of a waiter that it should try.
    fn wake_waiter(&mut self, id: WaiterId) {
        if id.core == self.id {
            self.woken(id.number);
        } else {
            self.reply_late(id.core, Answer(AnswerBody::Wake { number: id.number }));
        }
    }
}

/// A waiter with these arguments.
fn waiter_of_words(
    piece: &Piece,
    command: CommandId,
    id: WaiterId,
    bytes: Vec<u8>,
    ranges: Vec<ArgRange>,
) -> Waiter {
    Waiter {
        id,
        command,
        db: piece.db,
        resp3: piece.resp3,
        bytes,
        ranges,
        kind: store::Kind::List,
        without_key: false,
        keys: Vec::new(),
        claims: Vec::new(),
        alone: true,
        tried: false,
        pending: false,
        ticks: 0,
        arrival: 0,
    }
}
