//! EXEC: from queued commands to rounds.
//!
//! ```text
//! each command on one shard, no WATCH over others        pieces, as of any other command ([`short`](super::short)); else:
//! no WATCH, commands of shards side by side     one publish: each shard runs its commands in one step, and nothing is locked
//! WATCH, all keys in one shard                  the same, and the step looks first whether the watched keys have changed
//! anything else                                 round 1 locks all keys and looks at the watched ones; a round for each stretch
//!                                               of commands; commands of several rounds have theirs; the last one unlocks
//! ```
//!
//! A publish is one instant for all shards (B1), so the first two forms need no locks to be atomic. In the third one nobody
//! sees or changes the keys between its rounds (L1, L2).
//!
//! Commands that the core carries out itself (PING, SELECT, CONFIG, …) run there when their turn comes; those that neither look
//! at keys nor change what later commands mean may run a little earlier, so that they do not tear a stretch apart.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use base::hash::KeyHasher;
use base::{ArgRange, Args};
use bytes::Bytes;
use commands::{CmdError, CommandId, CommandTable, OwnedArgs, RoundsFn, Step, StepOut, Tx, TxState};
use resp::Reply;
use script::RunId;
use store::WatchToken;

use super::Watched;
use super::calls::{Calls, Claims, Kind, NewCall, Words};
use crate::rounds::ShardKeys;
use crate::scripting::busy::Held;
use crate::scripting::host::{Limits, Tally};
use crate::scripting::piece::Current;
use crate::scripting::task::{self, Stage};
use crate::shared::Shared;
use crate::watch::{Note, Watch};

/// A queued command.
#[derive(Clone, Copy)]
pub(crate) struct Queued {
    pub(crate) command: CommandId,
    /// Of its arguments; its head is in front.
    pub(crate) first_range: u32,
    pub(crate) argc: u32,
    /// Where it runs, if that is one shard.
    pub(crate) shard: u16,
}

impl Queued {
    pub(crate) fn ranges(self, words: &Words) -> &[ArgRange] {
        let first = self.first_range as usize;
        words.ranges.get(first..first + self.argc as usize).unwrap_or_default()
    }

    pub(crate) fn args(self, words: &Words) -> Args<'_> {
        Args::new(&words.bytes, self.ranges(words))
    }
}

/// What the function of an EXEC and its core share.
pub(crate) struct Desk {
    /// What the core is to do next; what becomes of it is the result of the round.
    pub(crate) ask: Option<Ask>,
    /// How far the script came that the core was asked to run.
    pub(crate) stage: Option<Stage>,
    /// The script that runs, what it may do, and what is known of its run.
    pub(crate) script: Option<Queued>,
    pub(crate) limits: Option<Limits>,
    pub(crate) run: Current,
    /// What the task holds, and whether its script is to be run again, with everything held.
    pub(crate) held: Held,
    pub(crate) restarts: bool,
    /// Whether the function waits for a command of the core's own.
    pub(crate) waits_for_own: bool,
    /// Whether the connection takes no further commands until this one is done.
    pub(crate) holds: bool,
    /// The selected database and the protocol, as the commands so far have left them.
    pub(crate) db: u16,
    pub(crate) resp3: bool,
    /// Whether the task is one script, a command of its own, whose time is counted when it ends.
    pub(crate) is_script: bool,
    /// The time of the script that runs, with what it called, in ticks.
    pub(crate) script_ticks: u64,
    /// Whether the error with which it ended is that of a command, which has counted it.
    pub(crate) is_counted: bool,
    /// How many commands it has called.
    pub(crate) calls: u32,
    /// What it has called, if that may have to be undone, and what of that was unusual.
    pub(crate) tally: Tally,
    pub(crate) notes: Vec<Note>,
    /// Commands that are done: number, time, length of the reply, and the text of the error if it is one.
    pub(crate) done: Vec<Done>,
}

/// What a function asks of its core beside rounds.
pub(crate) enum Ask {
    /// To carry out a command of its own.
    Own { queued: Queued, words: Arc<Words>, resp3: bool },
    /// To change the list of libraries.
    Change { queued: Queued, words: Arc<Words> },
    /// To run a script.
    Start { queued: Queued, words: Arc<Words> },
    /// To let a script go on with the reply of what it called.
    Resume { run: RunId, reply: Vec<u8> },
    /// To give more time to a script that was suspended.
    GoOn { run: RunId },
    /// To forget a script that was suspended.
    Abandon { run: RunId },
}

impl Desk {
    /// What the script that runs may do.
    pub(crate) fn limits(&self) -> Limits {
        self.limits.unwrap_or(Limits { read_only: true, no_memory: true })
    }

    /// For a connection with this database and protocol.
    pub(crate) fn new(db: u16, resp3: bool) -> Self {
        Desk {
            ask: None,
            stage: None,
            script: None,
            limits: None,
            run: Current::default(),
            held: Held::All,
            restarts: false,
            waits_for_own: false,
            holds: false,
            is_script: false,
            script_ticks: 0,
            is_counted: false,
            calls: 0,
            tally: Tally::default(),
            notes: Vec::new(),
            db,
            resp3,
            done: Vec::new(),
        }
    }
}

/// A command of an EXEC that is done.
pub(crate) struct Done {
    pub(crate) number: u32,
    pub(crate) ticks: u64,
    pub(crate) reply_bytes: usize,
    pub(crate) failed: bool,
    /// The text of an error that is still to be counted.
    pub(crate) error: Option<Vec<u8>>,
}

/// An EXEC under way, as its core knows it beside its task.
#[derive(Clone)]
pub(crate) struct Execution {
    pub(crate) conn: base::conn::ConnId,
    pub(crate) words: Arc<Words>,
    pub(crate) queue: Rc<[Queued]>,
    pub(crate) desk: Rc<RefCell<Desk>>,
}

impl Execution {
    /// Whether commands are done that are to be counted.
    pub(crate) fn has_done(&self) -> bool {
        let desk = self.desk.borrow();
        desk.held == Held::All && !desk.done.is_empty()
    }

    /// The command, if it is a script of its own.
    pub(crate) fn script(&self) -> Option<CommandId> {
        let queued = self.queue.first().filter(|_| self.desk.borrow().is_script);
        queued.map(|queued| queued.command)
    }
}

/// Watched keys that have to be unchanged.
struct Guard {
    token: WatchToken,
    shards: Vec<u16>,
}

/// All that an EXEC needs.
pub(crate) struct Plan {
    queue: Rc<[Queued]>,
    kinds: Vec<Kind>,
    words: Arc<Words>,
    desk: Rc<RefCell<Desk>>,
    guard: Option<Guard>,
    /// Whether one publish is enough.
    once: bool,
    /// Whether it changes the list of libraries, for which it holds all shards.
    changes_functions: bool,
    execution: Execution,
    around: Surroundings,
}

/// What the core gives to the making of a plan.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) shared: Arc<Shared>,
    pub(crate) hasher: KeyHasher,
    pub(crate) ticks: fn() -> u64,
    pub(crate) home: u16,
    pub(crate) shards: u16,
    pub(crate) watch: Watch,
    pub(crate) random: u64,
    #[cfg(feature = "sim-faults")]
    pub(crate) skip_undo: bool,
}

/// Whether a command of the core may run before the commands of shards that stand in front of it.
fn is_movable(table: &CommandTable, command: CommandId) -> bool {
    matches!(table.spec(command).meta.name, "ping" | "echo" | "time" | "publish" | "spublish")
}

impl Plan {
    /// Of queued commands; `own` tells which the core looks at first. Returns it with what it claims: by shard the names of
    /// keys, none for the whole shard.
    pub(crate) fn new(
        execution: &Execution,
        watched: Option<&Watched>,
        own: impl Fn(CommandId) -> bool,
        around: Surroundings,
    ) -> (Self, ShardKeys) {
        let (words, queue) = (Arc::clone(&execution.words), Rc::clone(&execution.queue));
        let topology = commands::Topology { shards: around.shards };
        let table = &around.shared.table;
        let mut claims = Claims::default();
        let mut kinds = Vec::with_capacity(queue.len());
        // What a command of the core asks shards about its keys is not part of the transaction: its keys must not be locked.
        let mut is_loose = false;
        let mut changes_functions = false;
        for queued in queue.iter() {
            let (spec, args) = (table.spec(queued.command), queued.args(&words));
            let kind = Kind::of(spec, args, own(queued.command), topology);
            match kind {
                Kind::Own if crate::scripting::functions::changes(spec.meta.name) => {
                    changes_functions = true;
                    claims.add_all(topology);
                }
                Kind::Own => is_loose |= spec.meta.name == "debug",
                Kind::Script => claims.add_all(topology),
                _ => claims.add(spec, args, around.home, topology),
            }
            kinds.push(kind);
        }
        let guard = watched.map(|watched| {
            let mut shards: Vec<u16> = watched.keys.iter().map(|(_, key)| topology.shard_of(key)).collect();
            shards.sort_unstable();
            shards.dedup();
            for (_, key) in &watched.keys {
                claims.add_key(key, topology);
            }
            Guard { token: watched.token, shards }
        });
        let once =
            is_once(&kinds, |at| queue.get(at).is_some_and(|queued| is_movable(table, queued.command)));
        let once = once
            && guard.as_ref().is_none_or(|_| {
                claims.only_shard().is_some()
                    && matches!(kinds.first(), Some(Kind::Step))
                    && !kinds.iter().any(|kind| matches!(kind, Kind::Own))
            });
        let keys = if is_loose { Vec::new() } else { claims.into_keys() };
        let plan = Plan {
            queue,
            kinds,
            words,
            desk: Rc::clone(&execution.desk),
            guard,
            once: once && !is_loose && !changes_functions,
            changes_functions,
            execution: execution.clone(),
            around,
        };
        (plan, keys)
    }

    /// Whether the core itself carries out any of the commands.
    pub(crate) fn has_own(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind, Kind::Own))
    }
}

/// Whether all commands of shards can travel in one publish: they stand side by side, but for commands that may be moved.
fn is_once(kinds: &[Kind], movable: impl Fn(usize) -> bool) -> bool {
    let is_step = |kind: &Kind| matches!(kind, Kind::Step);
    let (Some(first), Some(last)) = (kinds.iter().position(is_step), kinds.iter().rposition(is_step)) else {
        return false;
    };
    kinds.iter().all(|kind| !matches!(kind, Kind::Rounds(_) | Kind::Script))
        && (first..=last).all(|at| kinds.get(at).is_some_and(is_step) || movable(at))
}

/// Runs an EXEC. The reply is an array of the commands' replies, or null if a watched key has changed.
pub(crate) async fn run(tx: Tx, plan: Plan) -> Result<(), CmdError> {
    let count = plan.queue.len();
    let mut replies: Vec<Vec<u8>> = vec![Vec::new(); count];
    if let (Some(guard), false) = (&plan.guard, plan.once) {
        let steps = guard.shards.iter().map(|&shard| (shard, guard.step()));
        let outs = tx.round(steps.collect()).await;
        if !outs.iter().all(StepOut::is_true) {
            tx.reply(|reply| reply.null_array());
            return Ok(());
        }
    } else if plan.changes_functions {
        // The core changes it by itself, so nothing else asks for the locks before that.
        tx.round(Vec::new()).await;
    }
    let last_step = plan.kinds.iter().rposition(|kind| !matches!(kind, Kind::Own)).unwrap_or(0);
    let mut at = 0;
    while at < count {
        match plan.kinds.get(at).copied() {
            Some(Kind::Rounds(function)) => {
                if let Some(place) = replies.get_mut(at) {
                    *place = plan.rounds(&tx, at, function).await;
                }
                at += 1;
            }
            Some(Kind::Own) => {
                let reply = plan.own(&tx, at).await;
                if let Some(place) = replies.get_mut(at) {
                    *place = reply;
                }
                at += 1;
            }
            Some(Kind::Script) => {
                if let Some(&queued) = plan.queue.get(at) {
                    plan.desk.borrow_mut().script_ticks = 0;
                    let reply = task::drive(&tx, &plan.execution, queued, &plan.around, None).await;
                    let ticks = plan.desk.borrow().script_ticks;
                    plan.done(at, ticks, reply.unwrap_or_default(), &mut replies);
                }
                at += 1;
            }
            _ => match plan.stretch(&tx, at, last_step, &mut replies).await {
                Some(next) => at = next,
                None => {
                    tx.reply(|reply| reply.null_array());
                    return Ok(());
                }
            },
        }
    }
    tx.reply(|reply| {
        reply.array(count);
        replies.iter().for_each(|bytes| reply.raw(bytes));
    });
    Ok(())
}

impl Guard {
    /// The step that looks whether the watched keys of a shard are unchanged, and watches them no longer.
    fn step(&self) -> Step {
        let token = self.token;
        Box::new(move |ctx| StepOut::Flag(ctx.shard.unwatch(token)))
    }
}

impl Plan {
    /// Runs the commands of shards from `at` on in one round. Returns where to go on, or `None` if a watched key has changed.
    async fn stretch(&self, tx: &Tx, at: usize, last_step: usize, replies: &mut [Vec<u8>]) -> Option<usize> {
        let table = &self.around.shared.table;
        let around = &self.around;
        let (db, resp3) = {
            let desk = self.desk.borrow();
            (desk.db, desk.resp3)
        };
        let mut calls =
            Calls::new(Arc::clone(&self.words), tx.topology, around.hasher, around.ticks, around.home);
        let mut next = at;
        while let (Some(kind), Some(&queued)) = (self.kinds.get(next), self.queue.get(next)) {
            match kind {
                Kind::Step => {
                    let (command, ranges) = (queued.command, queued.ranges(&self.words));
                    let spec = table.spec(command);
                    let number = next as u32;
                    if let Err(error) = calls.add(&NewCall { number, command, spec, ranges, db, resp3 }) {
                        self.done(next, 0, error_reply(&error, resp3), replies);
                    }
                }
                Kind::Own if next < last_step && is_movable(table, queued.command) => {
                    let reply = self.own(tx, next).await;
                    if let Some(place) = replies.get_mut(next) {
                        *place = reply;
                    }
                }
                _ => break,
            }
            next += 1;
        }
        let (mut steps, results) = calls.into_steps();
        if let (Some(guard), true) = (&self.guard, self.once) {
            let token = guard.token;
            steps = steps
                .into_iter()
                .map(|(shard, step)| {
                    let guarded: Step =
                        Box::new(
                            move |ctx| {
                                if ctx.shard.unwatch(token) { step(ctx) } else { StepOut::Flag(false) }
                            },
                        );
                    (shard, guarded)
                })
                .collect();
        }
        let is_last = next > last_step;
        let outs = if is_last { tx.last_round(steps).await } else { tx.round(steps).await };
        if outs.iter().any(|out| matches!(out, StepOut::Flag(false))) {
            return None;
        }
        for outcome in results.outcomes(outs, around.random) {
            self.done(outcome.number as usize, outcome.ticks, outcome.reply, replies);
        }
        Some(next)
    }

    /// Has the core carry out a command.
    async fn own(&self, tx: &Tx, at: usize) -> Vec<u8> {
        let Some(&queued) = self.queue.get(at) else { return Vec::new() };
        let resp3 = self.desk.borrow().resp3;
        self.desk.borrow_mut().ask = Some(Ask::Own { queued, words: Arc::clone(&self.words), resp3 });
        match tx.results().await.pop() {
            Some(StepOut::Reply(bytes)) => bytes,
            _ => Vec::new(),
        }
    }

    /// Runs a command of several rounds under the locks of the transaction.
    async fn rounds(&self, tx: &Tx, at: usize, function: RoundsFn) -> Vec<u8> {
        let Some(&queued) = self.queue.get(at) else { return Vec::new() };
        let args: OwnedArgs = queued.args(&self.words).iter().map(Bytes::copy_from_slice).collect();
        let (db, resp3) = {
            let desk = self.desk.borrow();
            (usize::from(desk.db), desk.resp3)
        };
        let reply = nested(tx, function, args, db, resp3).await;
        let mut replies = [reply];
        self.note(at, 0, replies.first().map_or(&[], |reply| reply));
        std::mem::take(&mut replies[0])
    }

    /// A command is done.
    fn done(&self, at: usize, ticks: u64, reply: Vec<u8>, replies: &mut [Vec<u8>]) {
        self.note(at, ticks, &reply);
        if let Some(place) = replies.get_mut(at) {
            *place = reply;
        }
    }

    fn note(&self, at: usize, ticks: u64, reply: &[u8]) {
        let error = reply.strip_prefix(b"-").map(|text| text.strip_suffix(b"\r\n").unwrap_or(text).to_vec());
        let failed = error.is_some();
        let is_counted = std::mem::take(&mut self.desk.borrow_mut().is_counted);
        let error = error.filter(|_| !is_counted);
        let done = Done { number: at as u32, ticks, reply_bytes: reply.len(), failed, error };
        self.desk.borrow_mut().done.push(done);
    }
}

/// The reply that says that a command failed.
fn error_reply(error: &CmdError, resp3: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    Reply::new(&mut bytes, resp3).error_bytes(&error.text());
    bytes
}

/// Runs the function of a command of several rounds as a part of another task, under whose locks it goes. Returns its reply.
pub(crate) async fn nested(tx: &Tx, function: RoundsFn, args: OwnedArgs, db: usize, resp3: bool) -> Vec<u8> {
    nested_with(tx, function, args, db, resp3, |step| step).await
}

/// As [`nested`]; each step is changed before it is sent.
pub(crate) async fn nested_with(
    tx: &Tx,
    function: RoundsFn,
    args: OwnedArgs,
    db: usize,
    resp3: bool,
    change: impl Fn(Step) -> Step,
) -> Vec<u8> {
    let state = Rc::new(RefCell::new(TxState::default()));
    let inner = Tx::new(Rc::clone(&state), db, tx.databases, tx.limits, tx.topology, resp3);
    let mut function: Pin<Box<dyn Future<Output = Result<(), CmdError>>>> = function(inner, args);
    loop {
        let polled = poll_fn(|context| Poll::Ready(function.as_mut().poll(context))).await;
        match polled {
            Poll::Ready(Ok(())) => return std::mem::take(&mut state.borrow_mut().reply),
            Poll::Ready(Err(error)) => return error_reply(&error, resp3),
            Poll::Pending => {
                let outside = state.borrow_mut().outside.take();
                if let Some(outside) = outside {
                    let outs = tx.ask(outside).await;
                    state.borrow_mut().results = Some(outs);
                    continue;
                }
                let steps = state.borrow_mut().outgoing.take().unwrap_or_default();
                let steps = steps.into_iter().map(|(shard, step)| (shard, change(step))).collect();
                let outs = tx.round(steps).await;
                state.borrow_mut().results = Some(outs);
            }
        }
    }
}
