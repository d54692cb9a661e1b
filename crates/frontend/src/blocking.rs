//! Blocking commands: from the connection that calls one to its reply. The shard's side is in [`serve`].
//!
//! ```text
//! all keys in one shard    core                              shard
//!                          BLPOP a 0   ── Wait ──────────►   tries it; nothing there: it waits
//!                                      ◄───────── waits ──
//!                          (sets the timer)                  … RPUSH a x: tried again at once
//!                          reply       ◄──────── served ──
//!
//! keys in several shards   BLPOP a b 0    a task locks a and b and tries; nothing there: all note who waits, and unlock
//!                                      ◄─────────── wake ──  … RPUSH b x
//!                          a task locks a and b and tries again
//! ```
//!
//! No lock is held while a command waits, so nothing waits for it. A timer, CLIENT UNBLOCK and the end of the connection take
//! it away: if one shard alone serves it, that shard is asked, and its answer says who came first; otherwise the core
//! itself decides, since nobody else tries.
//!
//! A connection that waits parses nothing more, but is read, so that its end is noticed. What is served to a connection that
//! is gone by then is put back.

pub(crate) mod serve;
mod waiters;

use std::collections::{BTreeSet, VecDeque};
use std::hash::Hash;

use base::conn::ConnId;
use bus::Wake;
use bytes::Bytes;
use commands::{Blocking, CommandId, OwnedArgs, Route, Step, StepOut, Waiting};
use hashbrown::HashMap;
use resp::Reply;
use resp::decode::{Value, decode};

pub(crate) use self::waiters::{WaiterId, Waiters};
use crate::core::{Core, conn_mut};
use crate::journal::ShortArgs;
use crate::keys::Keys;
use crate::message::{Dest, Op, Piece, Source, StepCall, TaskId};
use crate::rounds::{NewTask, ShardKeys};
use crate::route::{Call, copy_each};
use crate::watch::account;

/// How a command that waits comes to its end other than by being served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// Its time is over, or CLIENT UNBLOCK says so.
    Timeout,
    /// CLIENT UNBLOCK with an error.
    Error,
    /// Its connection is gone.
    Gone,
}

/// What a blocking command is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// It is being tried, for the first time or again.
    Trying,
    /// It waits.
    Waiting,
    /// Its shard was asked to forget it.
    Cancelling,
}

/// A blocking command that has no reply yet.
pub(crate) struct Blocked {
    conn: ConnId,
    dest: Dest,
    command: CommandId,
    db: u16,
    resp3: bool,
    args: OwnedArgs,
    /// Its keys by shard.
    keys: ShardKeys,
    state: State,
    began_us: u64,
    deadline_us: Option<u64>,
    /// Whether it counts as blocked.
    shown: bool,
    /// Over several shards: they know of it. How many have not said so yet.
    enlisted: bool,
    missing: usize,
    /// Woken while it could not be tried.
    again: bool,
    /// How it is to end as soon as that can be.
    end: Option<End>,
    /// The CLIENT UNBLOCK that wants to know how it ends.
    unblock: Option<(Dest, Option<u16>)>,
    pub(crate) ticks: u64,
}

impl Blocked {
    /// Whether one shard serves it alone.
    fn is_alone(&self) -> bool {
        self.keys.len() <= 1
    }
}

/// Turns after which commands are noted that have got their replies, whatever else is under way.
const SERVED_TURNS_MAX: u32 = 3;

/// A command that has waited and has got its reply.
pub(crate) struct Served {
    dest: Dest,
    command: CommandId,
    ticks: u64,
    reply_bytes: usize,
    words: ShortArgs,
}

/// What is to be done outside of the execution of pieces.
enum Todo {
    Wake(u64),
    End(u64, End),
    Reply(u64, Vec<u8>),
    PutBack { command: CommandId, db: u16, args: OwnedArgs, bytes: Vec<u8> },
}

/// The blocking commands of a core's connections.
#[derive(Default)]
pub(crate) struct BlockedTable {
    last: u64,
    blocked: HashMap<u64, Blocked>,
    deadlines: BTreeSet<(u64, u64)>,
    /// Commands that have got their replies and are still to be noted.
    pub(crate) served: Vec<Served>,
    /// For how many turns they are there.
    served_turns: u32,
    todo: VecDeque<Todo>,
    /// Woken during a pause of clients.
    paused: Vec<u64>,
}

impl BlockedTable {
    /// Whether anything is to be done at once.
    pub(crate) fn has_work(&self) -> bool {
        !self.todo.is_empty()
    }

    /// When the first command's time is over.
    pub(crate) fn deadline_us(&self) -> Option<u64> {
        self.deadlines.first().map(|&(at_us, _)| at_us)
    }

    /// The pause of clients is over: whoever was woken meanwhile is tried.
    pub(crate) fn end_pause(&mut self) {
        self.todo.extend(self.paused.drain(..).map(Todo::Wake));
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Blocked> {
        self.blocked.get_mut(&number)
    }
}

/// Whether a reply is a null.
pub(crate) fn is_null(reply: &[u8]) -> bool {
    matches!(reply, b"*-1\r\n" | b"$-1\r\n" | b"_\r\n")
}

/// The items without those that were there before.
fn without_doubles<T: Eq + Hash + Clone>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = hashbrown::HashSet::new();
    items.filter(|item| seen.insert(item.clone())).collect()
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Carries out a command that may block.
    pub(crate) fn route_blocking(&mut self, call: &Call, blocking: &'static Blocking) {
        let args = self.call_args(call);
        let has = |word: &str| args.iter().any(|arg| arg.eq_ignore_ascii_case(word.as_bytes()));
        if blocking.only_with.is_some_and(|word| !has(word)) {
            return self.route_rounds(call, blocking.rounds);
        }
        let spec = self.table().spec(call.command);
        let names = Keys::of(spec, args).iter().map(|at| args.arg(at)).collect::<Vec<_>>();
        let keys = commands::by_shard(names.iter().map(|name| (self.topology.shard_of(name), name.to_vec())));
        if keys.is_empty() {
            // It is going to fail.
            return self.route_key(call);
        }
        let first = self.shard.key(names[0]);
        let (hash, slot) = (first.hash, first.slot);
        let owned: OwnedArgs = args.iter().map(Bytes::copy_from_slice).collect();
        self.blocking.last += 1;
        let number = self.blocking.last;
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return };
        conn.waits = true;
        conn.blocked = Some(number);
        let shard = keys[0].0;
        let blocked = Blocked {
            conn: call.id,
            dest: call.dest(),
            command: call.command,
            db: call.db,
            resp3: call.resp3,
            args: owned,
            keys,
            state: State::Trying,
            began_us: self.now.monotonic_us,
            deadline_us: None,
            shown: false,
            enlisted: false,
            missing: 0,
            again: false,
            end: None,
            unblock: None,
            ticks: 0,
        };
        let alone = blocked.is_alone();
        self.blocking.blocked.insert(number, blocked);
        if alone {
            let piece =
                Piece { op: Op::Wait(call.command), hash, slot, ..call.piece(Dest::Waiter { number }) };
            self.send(shard, piece);
        } else {
            self.plan.ranges.truncate(call.first_range as usize);
            self.try_rounds(number);
        }
    }

    /// Tries a command over several shards, with all its keys locked.
    fn try_rounds(&mut self, number: u64) {
        let Some(blocked) = self.blocking.blocked.get_mut(&number) else { return };
        blocked.state = State::Trying;
        blocked.again = false;
        let task = NewTask {
            dest: Dest::Waiter { number },
            db: blocked.db,
            resp3: blocked.resp3,
            no_touch: false,
            writes: true,
            command: None,
            words: ShortArgs::default(),
            keys: blocked.keys.clone(),
        };
        let (args, command) = (blocked.args.clone(), blocked.command);
        if let Route::Blocking(blocking) = self.table().spec(command).route {
            self.begin_task(task, |tx| (blocking.rounds)(tx.blocking(), args));
        }
    }

    /// A try over several shards has found nothing, and holds its locks still. The shards are told to note who waits, or that
    /// it goes on waiting, before they get their locks back. False if it doesn't wait: then null is its reply.
    pub(crate) fn keep_waiting(&mut self, number: u64) -> bool {
        let Some(blocked) = self.blocking.blocked.get_mut(&number) else { return false };
        blocked.state = State::Waiting;
        let first = !std::mem::replace(&mut blocked.enlisted, true);
        let (db, resp3, command) = (blocked.db, blocked.resp3, blocked.command);
        let shards: Vec<u16> = blocked.keys.iter().map(|(shard, _)| *shard).collect();
        let args = if first {
            blocked.missing = shards.len();
            blocked.args.clone()
        } else {
            Vec::new()
        };
        if let Some(end) = blocked.end.take() {
            self.blocking.todo.push_back(Todo::End(number, end));
        } else if std::mem::take(&mut blocked.again) {
            self.blocking.todo.push_back(Todo::Wake(number));
        }
        let op = if first { Op::Enlist(command) } else { Op::Tried };
        for shard in shards {
            self.send_words(shard, Dest::Waiter { number }, op, (db, resp3), &args);
        }
        true
    }

    /// Sends a piece with these words.
    fn send_words(&mut self, shard: u16, dest: Dest, op: Op, (db, resp3): (u16, bool), words: &[Bytes]) {
        let mut piece = Piece {
            dest,
            op,
            source: Source::Batch,
            base: 0,
            first_range: 0,
            argc: words.len() as u32,
            hash: 0,
            slot: 0,
            db,
            resp3,
            no_touch: false,
            group: 0,
            parts: 0,
        };
        let words = words.iter().map(AsRef::as_ref);
        if shard == self.id {
            let mut bytes = Vec::new();
            piece.first_range = self.plan.own_ranges();
            self.plan.ranges.truncate(piece.first_range as usize);
            copy_each(words, &mut bytes, &mut self.plan.ranges);
            piece.source = Source::Shared(self.plan.shared.len() as u32);
            self.plan.shared.push(Bytes::from(bytes));
            self.plan.own.push(piece);
        } else {
            let batch = self.plan.batch(shard);
            piece.first_range = batch.ranges.len() as u32;
            copy_each(words, &mut batch.bytes, &mut batch.ranges);
            batch.pieces.push(piece);
            self.plan.remote += 1;
        }
    }

    /// What a shard says about a command other than its reply.
    pub(crate) fn waiter_out(&mut self, number: u64, out: StepOut) {
        match out {
            StepOut::Waits(waiting) => self.waits(number, *waiting),
            StepOut::Flag(true) => {
                let end = self.blocking.blocked.get(&number).and_then(|blocked| blocked.end);
                self.finish(number, end.unwrap_or(End::Gone));
            }
            StepOut::Failed(error) => {
                let mut bytes = Vec::new();
                let resp3 = self.blocking.blocked.get(&number).is_some_and(|blocked| blocked.resp3);
                Reply::new(&mut bytes, resp3).error_bytes(&error.text());
                self.stats().error(&error.text());
                self.blocking.todo.push_back(Todo::Reply(number, bytes));
            }
            _ => {}
        }
    }

    /// A shard has noted that a command waits.
    fn waits(&mut self, number: u64, waiting: Waiting) {
        let Some(blocked) = self.blocking.blocked.get_mut(&number) else { return };
        for (at, word) in waiting.replaced {
            if let Some(place) = blocked.args.get_mut(at) {
                *place = word.into();
            }
        }
        if blocked.is_alone() {
            blocked.state = State::Waiting;
        } else {
            blocked.missing = blocked.missing.saturating_sub(1);
            if blocked.missing > 0 {
                return;
            }
        }
        if let Some(timeout_ms) = waiting.timeout_ms {
            let at_us = blocked.began_us.saturating_add(timeout_ms.saturating_mul(1000));
            blocked.deadline_us = Some(at_us);
            self.blocking.deadlines.insert((at_us, number));
        }
        let (id, again) = (blocked.conn, std::mem::take(&mut blocked.again));
        if let Some(end) = blocked.end.take() {
            self.blocking.todo.push_back(Todo::End(number, end));
        } else if again {
            self.blocking.todo.push_back(Todo::Wake(number));
        }
        if let Some(conn) = conn_mut(&mut self.conns, id) {
            blocked.shown = true;
            conn.shown_blocked = true;
            // It counts when it is done.
            conn.commands = conn.commands.saturating_sub(1);
            self.stats().blocked_clients.add(1);
            // It may have ended meanwhile.
            self.mark_dirty(id.index);
        }
        self.count_deadlines();
    }

    fn count_deadlines(&self) {
        self.stats().timeouts.set(self.blocking.deadlines.len() as u64);
    }

    /// A command over several shards may find something now.
    pub(crate) fn woken(&mut self, number: u64) {
        self.blocking.todo.push_back(Todo::Wake(number));
    }

    /// The connection of a command is gone.
    pub(crate) fn blocked_gone(&mut self, number: u64) {
        if let Some(blocked) = self.blocking.blocked.get_mut(&number)
            && std::mem::take(&mut blocked.shown)
        {
            self.stats().blocked_clients.add(1u64.wrapping_neg());
        }
        self.blocking.todo.push_back(Todo::End(number, End::Gone));
    }

    /// CLIENT UNBLOCK: the command that a connection waits with is to end, if there is one; its number.
    pub(crate) fn unblock_conn(&mut self, client_id: u64, error: bool) -> Option<u64> {
        let conn = self.conns.iter().flatten().find(|conn| conn.client_id == client_id)?;
        let number = conn.blocked.filter(|_| conn.shown_blocked && !conn.killed)?;
        let blocked = self.blocking.blocked.get(&number)?;
        if blocked.unblock.is_some() || blocked.state == State::Cancelling {
            return None;
        }
        let end = if error { End::Error } else { End::Timeout };
        self.blocking.todo.push_back(Todo::End(number, end));
        Some(number)
    }

    /// Notes who wants to know how a command ends.
    pub(crate) fn tell_of_unblocking(&mut self, number: u64, dest: Dest, from: Option<u16>) {
        if let Some(blocked) = self.blocking.blocked.get_mut(&number) {
            blocked.unblock = Some((dest, from));
        }
    }

    /// Does what is to be done for commands that wait: those whose time is over, were woken, or have lost their connection.
    pub(crate) fn run_blocked(&mut self) {
        while let Some(&(at_us, number)) = self.blocking.deadlines.first()
            && at_us <= self.now.monotonic_us
        {
            self.blocking.deadlines.remove(&(at_us, number));
            if let Some(blocked) = self.blocking.blocked.get_mut(&number) {
                blocked.deadline_us = None;
            }
            self.end_wait(number, End::Timeout);
            self.count_deadlines();
        }
        while let Some(todo) = self.blocking.todo.pop_front() {
            match todo {
                Todo::Wake(number) if self.detour.pause.is_some() => self.blocking.paused.push(number),
                Todo::Wake(number) => {
                    let Some(blocked) = self.blocking.blocked.get_mut(&number) else { continue };
                    if blocked.state == State::Waiting && blocked.missing == 0 {
                        self.try_rounds(number);
                    } else {
                        blocked.again = true;
                    }
                }
                Todo::End(number, end) => self.end_wait(number, end),
                Todo::Reply(number, bytes) => self.unblocked(number, &bytes),
                Todo::PutBack { command, db, args, bytes } => self.give_back(command, db, args, bytes),
            }
        }
    }

    /// Ends a wait, or sees to it that it ends.
    fn end_wait(&mut self, number: u64, end: End) {
        let Some(blocked) = self.blocking.blocked.get_mut(&number) else { return };
        if blocked.end.is_none() || end == End::Gone {
            blocked.end = Some(end);
        }
        match blocked.state {
            State::Waiting if blocked.is_alone() => {
                blocked.state = State::Cancelling;
                self.cancel(number);
            }
            State::Waiting if blocked.missing == 0 || end == End::Gone => self.finish(number, end),
            _ => {}
        }
    }

    /// Has all shards of a command forget it.
    fn cancel(&mut self, number: u64) {
        let Some(blocked) = self.blocking.blocked.get(&number) else { return };
        let shards: Vec<u16> = blocked.keys.iter().map(|(shard, _)| *shard).collect();
        let op = Op::Cancel { tries: blocked.end != Some(End::Gone) };
        for shard in shards {
            self.send_words(shard, Dest::Waiter { number }, op, (0, false), &[]);
        }
    }

    /// A command ends without having been served.
    fn finish(&mut self, number: u64, end: End) {
        if self.blocking.blocked.get(&number).is_some_and(|blocked| !blocked.is_alone()) {
            self.cancel(number);
        }
        let Some(blocked) = self.forget_blocked(number) else { return };
        if let Some((dest, from)) = blocked.unblock {
            let was_unblocked = end != End::Gone;
            self.answer_late(dest, from, if was_unblocked { b":1\r\n" } else { b":0\r\n" });
        }
        if end == End::Gone {
            return;
        }
        let mut bytes = Vec::new();
        let mut reply = Reply::new(&mut bytes, blocked.resp3);
        let stats = self.stats();
        account(&stats.commands[usize::from(blocked.command)], blocked.ticks);
        if end == End::Error {
            let text = b"UNBLOCKED client unblocked via CLIENT UNBLOCK";
            reply.error_bytes(text);
            stats.commands[usize::from(blocked.command)].failed.add(1);
            stats.error(text);
        } else {
            reply.null_array();
        }
        self.deliver(blocked.dest, &bytes);
    }

    /// A command has its reply.
    pub(crate) fn unblocked(&mut self, number: u64, bytes: &[u8]) {
        let enlisted = self.blocking.blocked.get(&number).is_some_and(|blocked| blocked.enlisted);
        if enlisted {
            self.cancel(number);
        }
        let Some(blocked) = self.forget_blocked(number) else { return };
        if let Some((dest, from)) = blocked.unblock {
            self.answer_late(dest, from, b":0\r\n");
        }
        if !blocked.is_alone() {
            // Its shards do not know when it has its reply.
            let counters = &self.stats().commands[usize::from(blocked.command)];
            account(counters, blocked.ticks);
            if bytes.starts_with(b"-") {
                counters.failed.add(1);
            }
        }
        let is_here = conn_mut(&mut self.conns, blocked.conn).is_some_and(|conn| !conn.killed);
        if !is_here {
            let (command, db, args) = (blocked.command, blocked.db, blocked.args);
            self.blocking.todo.push_back(Todo::PutBack { command, db, args, bytes: bytes.to_vec() });
            return;
        }
        let words = self.short_args(&blocked.args);
        let Blocked { dest, command, ticks, .. } = blocked;
        self.blocking.served.push(Served { dest, command, ticks, reply_bytes: bytes.len(), words });
        self.deliver(dest, bytes);
    }

    /// Notes how long commands took that have waited, behind those that they have waited for.
    #[cold]
    pub(crate) fn note_served(&mut self) {
        // A transaction may have served them that is not counted before the next turn.
        self.blocking.served_turns += 1;
        let in_transaction = self.tasks.iter().any(|task| task.execution.is_some());
        if in_transaction && self.blocking.served_turns < SERVED_TURNS_MAX {
            return;
        }
        self.blocking.served_turns = 0;
        for served in std::mem::take(&mut self.blocking.served) {
            let Served { dest, command, ticks, reply_bytes, words } = served;
            self.command_took(dest, command, ticks, reply_bytes, &words);
        }
    }

    /// Takes a command out of the table, and lets its connection go on.
    fn forget_blocked(&mut self, number: u64) -> Option<Blocked> {
        let blocked = self.blocking.blocked.remove(&number)?;
        if let Some(at_us) = blocked.deadline_us {
            self.blocking.deadlines.remove(&(at_us, number));
            self.count_deadlines();
        }
        if blocked.shown {
            self.stats().blocked_clients.add(1u64.wrapping_neg());
        }
        if let Some(conn) = conn_mut(&mut self.conns, blocked.conn) {
            conn.waits = false;
            conn.blocked = None;
            if std::mem::take(&mut conn.shown_blocked) {
                conn.commands += 1;
            }
            let dirty = self.dirty.len();
            self.mark_dirty(blocked.conn.index);
            if self.dirty.len() > dirty {
                // Whoever has waited is answered before those who made it wait no longer.
                self.dirty.swap(0, dirty);
            }
        }
        Some(blocked)
    }

    /// The arguments of a command for the slow log, if they may be wanted.
    fn short_args(&self, args: &OwnedArgs) -> ShortArgs {
        if !self.watch.has_limits() {
            return ShortArgs::default();
        }
        let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
        copy_each(args.iter().map(AsRef::as_ref), &mut bytes, &mut ranges);
        ShortArgs::of(base::Args::new(&bytes, &ranges))
    }

    /// Puts back what was served to nobody.
    fn give_back(&mut self, command: CommandId, db: u16, args: OwnedArgs, bytes: Vec<u8>) {
        let Route::Blocking(blocking) = self.table().spec(command).route else { return };
        let Some(put_back) = blocking.put_back else { return };
        let key = match decode(&bytes) {
            Ok((Value::Array(parts), _)) => match parts.into_iter().next() {
                Some(Value::Bulk(key)) => key,
                _ => return,
            },
            _ => return,
        };
        let shard = self.topology.shard_of(&key);
        let step: Step = Box::new(move |ctx| {
            let (mut words, mut ranges) = (Vec::new(), Vec::new());
            copy_each(args.iter().map(AsRef::as_ref), &mut words, &mut ranges);
            put_back(ctx, base::Args::new(&words, &ranges), &bytes);
            StepOut::Done
        });
        self.next_task += 1;
        let task = TaskId { core: self.id, number: self.next_task };
        let call = StepCall { task, no_touch: false, parts: 1, run: Some(step) };
        self.send_step(shard, Dest::NO_STEP, |step| Op::Once { step }, call, db, &[key]);
    }
}

#[cfg(test)]
#[path = "blocking/blocking_tests.rs"]
mod tests;
