//! Rounds tasks: commands that go over several shards in several rounds, with all their keys locked.
//!
//! ```text
//! RENAME a b   round 1   shard of a: lock a, take its value      shard of b: lock b        one publish
//!              round 2   shard of a: unlock                      shard of b: put, unlock   one publish
//! ```
//!
//! A command whose keys cannot be named beforehand (SORT with patterns) holds all shards instead: what else arrives there waits
//! for it. That costs more than locks would, but such a command is rare, its rounds are few, and nothing has to be done again.
//!
//! A command without keys (SCAN) may walk over the shards in the same way; its steps see a whole shard and hold nothing.
//!
//! The task's function is polled by its core whenever a round is complete; there is no other executor. Locks are asked for by
//! the first publish only (L2). When the function ends without a last round, the locks are given back all the same.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bus::Wake;
use bytes::Bytes;
use commands::{CmdError, OwnedArgs, RoundsFn, Step, StepOut, Tx, TxState, by_shard};
use resp::Reply;

use crate::core::Core;
use crate::journal::ShortArgs;
use crate::keys::Keys;
use crate::message::{Dest, Op, Piece, Source, StepCall, TaskId};
use crate::route::{Call, copy_each};
use crate::transaction::exec::Execution;
use crate::watch::account;

/// A rounds command under way.
pub(crate) struct Task {
    id: TaskId,
    dest: Dest,
    db: u16,
    resp3: bool,
    no_touch: bool,
    writes: bool,
    command: Option<u16>,
    state: Rc<RefCell<TxState>>,
    function: TaskFuture,
    /// The longest time of a step of this round, and the sum of those of the rounds before.
    pub(crate) round_ticks: u64,
    ticks: u64,
    /// The command's arguments, if they may be wanted.
    words: ShortArgs,
    /// By shard with keys of this task: the names of the keys to lock; none to hold the whole shard.
    keys: ShardKeys,
    /// Whether the locks were asked for, and whether they were given back.
    locked: bool,
    released: bool,
    /// Results of the current round: those of its steps, then those of shards that only give their locks.
    results: Vec<Option<StepOut>>,
    /// How many of them the function sees.
    steps: usize,
    missing: usize,
    /// Its end, which waits until all shards have given its locks back.
    finished: Option<Result<(), CmdError>>,
    /// The EXEC that it carries out, if it does.
    pub(crate) execution: Option<Execution>,
}

/// How to begin a task.
pub(crate) struct NewTask {
    pub(crate) dest: Dest,
    pub(crate) db: u16,
    pub(crate) resp3: bool,
    pub(crate) no_touch: bool,
    /// Whether it may change data.
    pub(crate) writes: bool,
    /// The command to count it as; `None` if it is counted otherwise.
    pub(crate) command: Option<u16>,
    /// The command's arguments, if they may be wanted.
    pub(crate) words: ShortArgs,
    /// By shard, the names of the keys to lock, or none for the whole shard. Empty: it holds nothing.
    pub(crate) keys: ShardKeys,
}

impl NewTask {
    /// One that holds all of so many shards, changes no data of theirs, and is counted elsewhere.
    pub(crate) fn of_all(dest: Dest, shards: u16) -> Self {
        NewTask::uncounted(dest, (0..shards).map(|shard| (shard, Vec::new())).collect())
    }

    /// One that holds these keys, changes no data, and is counted elsewhere.
    pub(crate) fn uncounted(dest: Dest, keys: ShardKeys) -> Self {
        NewTask {
            dest,
            db: 0,
            resp3: false,
            no_touch: true,
            writes: false,
            command: None,
            words: ShortArgs::default(),
            keys,
        }
    }
}

/// By shard, the names of keys to lock there; none for the whole shard.
pub(crate) type ShardKeys = Vec<(u16, Vec<Vec<u8>>)>;

/// The function of a task.
pub(crate) type TaskFuture = Pin<Box<dyn Future<Output = Result<(), CmdError>>>>;

impl Task {
    /// Who waits for its reply.
    pub(crate) fn dest(&self) -> Dest {
        self.dest
    }

    /// Its name at shards.
    pub(crate) fn id(&self) -> TaskId {
        self.id
    }

    /// The protocol of its reply.
    pub(crate) fn resp3(&self) -> bool {
        self.resp3
    }

    /// Its number among the tasks of its core, in the order in which they began.
    pub(crate) fn number(&self) -> u64 {
        self.id.number
    }

    /// Whether it waits for a command of the core's own.
    pub(crate) fn waits_for_own(&self) -> bool {
        self.execution.as_ref().is_some_and(|execution| execution.desk.borrow().waits_for_own)
    }

    /// Whether it holds keys, or shards.
    pub(crate) fn holds(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Makes it wait for one result that is no step's.
    pub(crate) fn await_one(&mut self) {
        self.steps = 1;
        self.missing = 1;
        self.results.clear();
        self.results.push(None);
    }
}

/// A step number that no result is awaited for.
const IGNORED: u32 = u32::MAX;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Runs a rounds command: by its handler if all keys are in one shard, else as a task.
    pub(crate) fn route_rounds(&mut self, call: &Call, function: RoundsFn) {
        let spec = self.table().spec(call.command);
        let args = self.call_args(call);
        if self.topology.shards == 1 {
            return self.route_key(call);
        }
        if spec.meta.has_unnamed_keys(args) {
            let all = (0..self.topology.shards).map(|shard| (shard, Vec::new())).collect();
            return self.start_task(call, function, all);
        }
        let found = Keys::of(spec, args);
        let is_cut = !spec.meta.key_specs.is_empty() && found.is_cut(args.len());
        if is_cut || self.share_a_shard(args, found.iter()) {
            return self.route_key(call);
        }
        let keys = found.iter().map(|at| args.arg(at));
        let keys = by_shard(keys.map(|key| (self.topology.shard_of(key), key.to_vec())));
        self.start_task(call, function, keys);
    }

    /// Runs a command that waits for something outside, with its keys locked.
    pub(crate) fn route_task(&mut self, call: &Call, function: RoundsFn) {
        let args = self.call_args(call);
        let found = Keys::of(self.table().spec(call.command), args);
        let keys = found.iter().map(|at| args.arg(at));
        let keys = by_shard(keys.map(|key| (self.topology.shard_of(key), key.to_vec())));
        self.start_task(call, function, keys);
    }

    /// Starts a task that is going to lock these keys; without any, it walks over the shards.
    pub(crate) fn start_task(&mut self, call: &Call, function: RoundsFn, keys: ShardKeys) {
        let args: OwnedArgs = self.call_args(call).iter().map(Bytes::copy_from_slice).collect();
        let mut words = ShortArgs::default();
        self.keep_args(call, &mut words);
        self.plan.ranges.truncate(call.first_range as usize);
        let (dest, command) = (call.dest(), Some(call.command));
        let (resp3, no_touch) = (call.resp3, call.no_touch);
        let writes = self.writes(call.command);
        let task = NewTask { dest, db: call.db, resp3, no_touch, writes, command, words, keys };
        self.begin_task(task, |tx| function(tx, args));
    }

    /// Begins a task.
    pub(crate) fn begin_task(&mut self, new: NewTask, function: impl FnOnce(Tx) -> TaskFuture) {
        self.begin(new, None, function);
    }

    /// Begins the task of an EXEC.
    pub(crate) fn begin_execution(
        &mut self,
        new: NewTask,
        execution: Execution,
        function: impl FnOnce(Tx) -> TaskFuture,
    ) -> u32 {
        self.begin(new, Some(execution), function)
    }

    fn begin(
        &mut self,
        new: NewTask,
        execution: Option<Execution>,
        function: impl FnOnce(Tx) -> TaskFuture,
    ) -> u32 {
        let state = Rc::new(RefCell::new(TxState::default()));
        let db = usize::from(new.db);
        let (databases, limits) = (self.hot.databases, self.hot.limits);
        let tx = Tx::new(Rc::clone(&state), db, databases, limits, self.topology, new.resp3);
        self.next_task += 1;
        let task = Task {
            id: TaskId { core: self.id, number: self.next_task },
            dest: new.dest,
            db: new.db,
            resp3: new.resp3,
            no_touch: new.no_touch,
            writes: new.writes,
            finished: None,
            command: new.command,
            state,
            function: function(tx),
            round_ticks: 0,
            ticks: 0,
            words: new.words,
            keys: new.keys,
            locked: false,
            released: false,
            results: Vec::new(),
            steps: 0,
            missing: 0,
            execution,
        };
        let at = self.tasks.insert(task);
        self.stats().rounds.add(1);
        self.advance(at);
        at
    }

    /// Lets tasks whose round is complete go on.
    pub(crate) fn run_tasks(&mut self) {
        while let Some(at) = self.runnable.pop() {
            self.advance(at);
        }
    }

    /// The result of a step.
    pub(crate) fn step_done(&mut self, dest: Dest, out: StepOut) {
        if let Dest::Waiter { number } = dest {
            return self.waiter_out(number, out);
        }
        let Dest::Step { task: at, step } = dest else { return };
        if step == IGNORED {
            return;
        }
        let Some(task) = self.tasks.get_mut(at) else { return };
        if let Some(result) = task.results.get_mut(step as usize)
            && result.replace(out).is_none()
        {
            task.missing -= 1;
        }
        if task.missing == 0 {
            let results = std::mem::take(&mut task.results);
            task.state.borrow_mut().results = Some(results.into_iter().take(task.steps).flatten().collect());
            self.runnable.push(at);
        }
    }

    /// The reply of a command that a task waits for.
    pub(crate) fn reply_done(&mut self, dest: Dest, bytes: &[u8]) {
        let Dest::Step { task, .. } = dest else { return };
        let execution = self.tasks.get_mut(task).and_then(|task| task.execution.clone());
        if let Some(execution) = execution {
            self.inner_done(&execution);
        }
        self.step_done(dest, StepOut::Reply(bytes.to_vec()));
    }

    /// Polls a task's function and sends the round that it asks for, or concludes.
    fn advance(&mut self, at: u32) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        task.ticks += std::mem::take(&mut task.round_ticks);
        if let Some(result) = task.finished.take() {
            return self.conclude(at, result);
        }
        let mut context = Context::from_waker(Waker::noop());
        match task.function.as_mut().poll(&mut context) {
            Poll::Pending => {
                // What is done is counted before whatever it has served is; what may have to be undone, at the end.
                let (dest, execution) = (task.dest, task.execution.clone());
                if let Some(execution) = execution.filter(Execution::has_done) {
                    self.count_done(dest, &execution);
                }
                let Some(task) = self.tasks.get_mut(at) else { return };
                let ask =
                    task.execution.as_ref().and_then(|execution| execution.desk.borrow_mut().ask.take());
                if let Some(ask) = ask {
                    return self.run_ask(at, ask);
                }
                let outside = task.state.borrow_mut().outside.take();
                if let Some(outside) = outside {
                    return self.go_outside(at, outside);
                }
                let (steps, last) = {
                    let mut state = task.state.borrow_mut();
                    (state.outgoing.take(), state.last)
                };
                // Without steps it waits for something else.
                let Some(steps) = steps else { return };
                let awaits = self.shared.logs.is_on();
                self.send_round(at, steps, last, awaits);
            }
            Poll::Ready(result) => self.conclude(at, result),
        }
    }

    /// Sends the steps of a round. `awaits`: whether the task waits for the ends of the last one, if that logs something; else it may
    /// be gone when they come, and another one in its place.
    fn send_round(&mut self, at: u32, steps: Vec<(u16, Step)>, last: bool, awaits: bool) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        let first = !std::mem::replace(&mut task.locked, true);
        task.released |= last;
        // What the shards log at the end must be logged before the reply.
        let awaits_ends = last && !first && task.writes && awaits;
        let has_step = |shard: u16| steps.iter().any(|&(to, _)| to == shard);
        // A lock is awaited even if no step comes with it: the next round must find it granted.
        let bare = (first && !last) || awaits_ends;
        let locks = task.keys.iter().filter(|&&(shard, _)| bare && !has_step(shard)).count();
        task.steps = steps.len();
        task.missing = steps.len() + locks;
        task.results.clear();
        task.results.resize_with(task.missing, || None);
        let mut lock_number = steps.len() as u32;
        let (id, db, keyless) = (task.id, task.db, task.keys.is_empty());
        let no_touch = task.no_touch;
        let parts = match (task.writes, first && last) {
            (false, _) => 0,
            (true, true) => steps.len() as u16,
            (true, false) => task.keys.len() as u16,
        };
        // The lock and unlock pieces go to every shard with keys, the steps with them.
        let keys = if first || last { task.keys.clone() } else { Vec::new() };
        let mut steps: Vec<Option<(u16, Step)>> = steps.into_iter().map(Some).collect();
        let mut send = |shard: u16, number: u32, run: Option<Step>, keys: &[Vec<u8>]| {
            let op = |step| match (first, last) {
                _ if keyless => Op::Look { step },
                (true, true) => Op::Once { step },
                (true, false) => Op::Lock { step },
                (false, true) => Op::Unlock { step },
                (false, false) => Op::Step { step },
            };
            self.send_step(
                shard,
                Dest::Step { task: at, step: number },
                op,
                StepCall { task: id, no_touch, parts, run },
                db,
                keys,
            );
        };
        for (shard, keys) in &keys {
            let mine = steps.iter().position(|step| step.as_ref().is_some_and(|(to, _)| to == shard));
            let step = mine.and_then(|mine| steps[mine].take());
            let number = match mine {
                Some(mine) => mine as u32,
                None if first && last => continue,
                None if bare => {
                    lock_number += 1;
                    lock_number - 1
                }
                None => IGNORED,
            };
            send(*shard, number, step.map(|(_, run)| run), keys);
        }
        for (number, step) in steps.into_iter().enumerate() {
            if let Some((shard, run)) = step {
                debug_assert!(keyless || (!first && !last), "one step a shard, and only on shards with keys");
                send(shard, number as u32, Some(run), &[]);
            }
        }
        if self.tasks.get(at).is_some_and(|task| task.missing == 0) {
            self.step_done_nothing(at);
        }
    }

    /// A round without steps is complete at once.
    fn step_done_nothing(&mut self, at: u32) {
        if let Some(task) = self.tasks.get_mut(at) {
            task.state.borrow_mut().results = Some(Vec::new());
            self.runnable.push(at);
        }
    }

    pub(crate) fn send_step(
        &mut self,
        shard: u16,
        dest: Dest,
        op: impl Fn(u32) -> Op,
        call: StepCall,
        db: u16,
        keys: &[Vec<u8>],
    ) {
        let mut piece = Piece {
            dest,
            op: op(0),
            source: Source::Batch,
            base: 0,
            first_range: 0,
            argc: keys.len() as u32,
            hash: 0,
            slot: 0,
            db,
            resp3: false,
            no_touch: call.no_touch,
            group: 0,
            parts: 0,
        };
        if shard == self.id {
            let mut bytes = Vec::new();
            piece.first_range = self.plan.own_ranges();
            self.plan.ranges.truncate(piece.first_range as usize);
            copy_each(keys.iter().map(Vec::as_slice), &mut bytes, &mut self.plan.ranges);
            piece.source = Source::Shared(self.plan.shared.len() as u32);
            self.plan.shared.push(Bytes::from(bytes));
            piece.op = op(self.plan.steps.len() as u32);
            self.plan.steps.push(call);
            self.plan.own.push(piece);
        } else {
            let batch = self.plan.batch(shard);
            piece.first_range = batch.ranges.len() as u32;
            copy_each(keys.iter().map(Vec::as_slice), &mut batch.bytes, &mut batch.ranges);
            piece.op = op(batch.steps.len() as u32);
            batch.steps.push(call);
            batch.pieces.push(piece);
            self.plan.remote += 1;
        }
    }

    /// The function is done: replies, and gives the locks back if it didn't.
    fn conclude(&mut self, at: u32, result: Result<(), CmdError>) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        let (dest, locked, resp3, command) =
            (task.dest, task.locked && !task.released && !task.keys.is_empty(), task.resp3, task.command);
        let (ticks, words) = (task.ticks, std::mem::take(&mut task.words));
        let mut bytes = std::mem::take(&mut task.state.borrow_mut().reply);
        let execution = task.execution.take();
        let (db, no_touch, writes) = (task.db, task.no_touch, task.writes);
        let stats = self.stats();
        if let Err(error) = &result {
            let text = error.text();
            bytes.clear();
            Reply::new(&mut bytes, resp3).error_bytes(&text);
            if let Some(command) = command {
                stats.commands[usize::from(command)].failed.add(1);
            }
            stats.error(&text);
        }
        let mut waits = false;
        if let Dest::Waiter { number } = dest {
            self.part_took(dest, ticks);
            waits = locked && crate::blocking::is_null(&bytes) && self.keep_waiting(number);
        }
        if locked {
            let awaited = self.shared.logs.is_on() && !waits;
            self.send_round(at, Vec::new(), true, awaited);
            if let Some(task) = self.tasks.get_mut(at).filter(|task| awaited && task.writes) {
                // The rest of it is done then; an error is in the reply already.
                task.finished = Some(Ok(()));
                task.state.borrow_mut().reply = bytes;
                (task.execution, task.words) = (execution, words);
                return;
            }
        }
        self.runnable.retain(|&other| other != at);
        self.tasks.remove(at);
        if let Some(execution) = execution.as_ref().filter(|execution| execution.desk.borrow().restarts) {
            let new = NewTask { dest, db, resp3, no_touch, writes, command, words, keys: Vec::new() };
            return self.restart_script(new, execution.clone());
        }
        if let Some(command) = command {
            account(&self.stats().commands[usize::from(command)], ticks);
            self.command_took(dest, command, ticks, bytes.len(), &words);
        }
        if let Some(execution) = &execution {
            self.conclude_execution(dest, execution);
            if let Some(command) = execution.script() {
                self.count_script(command, ticks);
                self.command_took(dest, command, ticks, bytes.len(), &words);
            }
        }
        if waits {
            return;
        }
        self.deliver(dest, &bytes);
    }
}
