//! A script as a task of its connection's core: its keys are locked, or everything, and each call is a round.
//!
//! ```text
//! round 1   the shards of its keys: these are locked; or every shard is
//! run       the script runs until it calls a command; it is suspended, and others may run in the interpreter meanwhile
//! round n   the command, wherever its keys are ─► the script goes on with the reply
//! last      unlocked
//!
//! it calls a command that needs more keys than are locked: what it has written is put back, the keys are unlocked, and another
//! task runs it again with everything locked
//! ```

use std::sync::Arc;

use base::Args;
use bus::Wake;
use bytes::Bytes;
use commands::meta::Flag;
use commands::{CmdError, CommandId, OwnedArgs, Step, StepOut, Tx};
use resp::Reply;
use script::{CallOutcome, Host, Permission, Progress, RunId, Tick};

use super::STRAYED;
use super::busy::Held;
use super::host::Limits;
use super::keep::{Keep, one_after_the_other};
use crate::connection::{database, is_own_debug};
use crate::core::Core;
use crate::journal::ShortArgs;
use crate::keys::Keys;
use crate::route::copy_each;
use crate::transaction::calls::{Calls, Kind, NewCall, Words};
use crate::transaction::exec::{Ask, Execution, Queued, Surroundings, nested_with};
use crate::watch::{Note, account};

/// Unusual commands of a script that are kept until it has ended, if it may have to be run again.
const NOTES_MAX: usize = 1024;

/// How far a script came.
pub(crate) enum Stage {
    /// To its end, with this reply.
    Done(Vec<u8>),
    /// To the end of its time.
    Paused(RunId),
    /// To a call: the run that waits, the command with its words, and the protocol of its reply.
    Call { run: RunId, command: CommandId, words: Arc<Words>, resp3: bool },
}

/// How a script is run at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// On the shard of its keys; the piece is under way.
    Piece,
    /// With the keys locked that it declares.
    Keys,
    /// With everything locked.
    All,
}

/// All that the task of a script needs.
pub(crate) struct Plan {
    execution: Execution,
    way: Way,
    around: Surroundings,
}

impl Plan {
    pub(crate) fn new(execution: &Execution, way: Way, around: Surroundings) -> Self {
        Plan { execution: execution.clone(), way, around }
    }
}

/// Runs a script that is a command of its own.
pub(crate) async fn run(tx: Tx, plan: Plan) -> Result<(), CmdError> {
    let Plan { execution, way, around } = plan;
    let restarts = &around.shared.stats[usize::from(around.home)].script_restarts;
    if way == Way::Piece {
        match tx.results().await.pop() {
            Some(StepOut::Reply(reply)) if reply != STRAYED => {
                tx.reply(|out| out.raw(&reply));
                return Ok(());
            }
            _ => restarts.add(1),
        }
    }
    tx.round(Vec::new()).await;
    let Some(&queued) = execution.queue.first() else { return Ok(()) };
    let mut keep = None;
    if way == Way::Keys {
        let args = queued.args(&execution.words);
        let keys = Keys::of(around.shared.table.spec(queued.command), args);
        execution.desk.borrow_mut().held = Held::Keys;
        let made = Keep::new(keys.iter().map(|at| args.arg(at)), tx.topology);
        #[cfg(feature = "sim-faults")]
        let made = made.broken(around.skip_undo);
        keep = Some(made);
    }
    match drive(&tx, &execution, queued, &around, keep.as_ref()).await {
        Some(reply) => {
            tx.reply(|out| out.raw(&reply));
        }
        None => {
            if let Some(keep) = keep {
                keep.undo(&tx).await;
            }
            let stats = &around.shared.stats[usize::from(around.home)];
            execution.desk.borrow_mut().tally.undo(stats);
            restarts.add(1);
            execution.desk.borrow_mut().restarts = true;
        }
    }
    Ok(())
}

/// Runs a script under the locks of a task: everything, or the keys that `keep` knows. Returns its reply; `None` if it has touched
/// other keys, or wants to.
pub(crate) async fn drive(
    tx: &Tx,
    execution: &Execution,
    queued: Queued,
    around: &Surroundings,
    keep: Option<&Keep>,
) -> Option<Vec<u8>> {
    let desk = &execution.desk;
    // What the script selects is its own affair.
    let db = desk.borrow().db;
    desk.borrow_mut().ask = Some(Ask::Start { queued, words: Arc::clone(&execution.words) });
    loop {
        tx.results().await;
        let stage = desk.borrow_mut().stage.take();
        let (run, command, words, resp3) = match stage {
            Some(Stage::Done(reply)) => {
                (desk.borrow_mut().db, desk.borrow_mut().script) = (db, None);
                return Some(reply);
            }
            Some(Stage::Paused(run)) => {
                desk.borrow_mut().ask = Some(Ask::GoOn { run });
                continue;
            }
            Some(Stage::Call { run, command, words, resp3 }) => (run, command, words, resp3),
            None => return Some(Vec::new()),
        };
        match call(tx, execution, command, &words, resp3, around, keep).await {
            Some(reply) => desk.borrow_mut().ask = Some(Ask::Resume { run, reply }),
            None => {
                desk.borrow_mut().ask = Some(Ask::Abandon { run });
                tx.results().await;
                (desk.borrow_mut().db, desk.borrow_mut().script) = (db, None);
                return None;
            }
        }
    }
}

/// Carries out what a script calls. `None`: it cannot be done under the locks that there are.
async fn call(
    tx: &Tx,
    execution: &Execution,
    command: CommandId,
    words: &Arc<Words>,
    resp3: bool,
    around: &Surroundings,
    keep: Option<&Keep>,
) -> Option<Vec<u8>> {
    let spec = around.shared.table.spec(command);
    let args = Args::new(&words.bytes, &words.ranges);
    let db = execution.desk.borrow().db;
    let copies = match keep {
        None => Vec::new(),
        Some(keep) if !keep.covers(spec, args) => return None,
        Some(keep) => keep.steps(spec, args, db),
    };
    let is_no = |out: &StepOut| matches!(out, StepOut::Flag(false));
    let stats = &around.shared.stats[usize::from(around.home)];
    let (reply, ticks) = match Kind::of(spec, args, is_own_debug(spec.meta.name, args), tx.topology) {
        Kind::Rounds(function) => {
            if !copies.is_empty() && tx.round(copies).await.iter().any(is_no) {
                return None;
            }
            let args: OwnedArgs = args.iter().map(Bytes::copy_from_slice).collect();
            (nested_with(tx, function, args, usize::from(db), resp3, as_of_script).await, 0)
        }
        Kind::Own if spec.meta.name == "select" => {
            // It concerns the script only.
            let mut bytes = Vec::new();
            let mut out = Reply::new(&mut bytes, resp3);
            match database(args.arg(1), tx.databases) {
                Ok(db) => {
                    execution.desk.borrow_mut().db = db;
                    out.ok();
                }
                Err(error) => out.error_bytes(&error.text()),
            }
            (bytes, 0)
        }
        Kind::Own if spec.meta.name == "time" => {
            // A script sees one time.
            let now_ms = execution.desk.borrow().run.since_ms;
            let mut bytes = Vec::new();
            super::host::write_time(&mut Reply::new(&mut bytes, resp3), now_ms);
            (bytes, 0)
        }
        Kind::Own | Kind::Script => {
            let queued = Queued { command, first_range: 0, argc: words.ranges.len() as u32, shard: 0 };
            execution.desk.borrow_mut().ask = Some(Ask::Own { queued, words: Arc::clone(words), resp3 });
            let outs = tx.results().await;
            execution.desk.borrow_mut().db = db;
            execution.desk.borrow_mut().calls += 1;
            return match outs.into_iter().next() {
                Some(StepOut::Reply(bytes)) => Some(bytes),
                _ => Some(Vec::new()),
            };
        }
        Kind::Step => {
            let mut calls =
                Calls::new(Arc::clone(words), tx.topology, around.hasher, around.ticks, around.home);
            calls.in_script = true;
            let new = NewCall { number: 0, command, spec, ranges: &words.ranges, db, resp3 };
            match calls.add(&new) {
                Err(error) => {
                    let mut bytes = Vec::new();
                    Reply::new(&mut bytes, resp3).error_bytes(&error.text());
                    (bytes, 0)
                }
                Ok(()) => {
                    let (steps, results) = calls.into_steps();
                    let outs = tx.round(one_after_the_other(copies, steps)).await;
                    if outs.iter().any(is_no) {
                        return None;
                    }
                    let outcome = results.outcomes(outs, around.random).pop();
                    outcome.map_or((Vec::new(), 0), |outcome| (outcome.reply, outcome.ticks))
                }
            }
        }
    };
    let counters = &stats.commands[usize::from(command)];
    account(counters, ticks);
    if around.watch.tracking {
        counters.durations.count(ticks);
    }
    if around.watch.is_unusual(ticks, reply.len()) {
        let note = Note { command, ticks, reply_bytes: reply.len(), args: ShortArgs::of(args) };
        let notes = &mut execution.desk.borrow_mut().notes;
        if notes.len() >= NOTES_MAX {
            notes.drain(..NOTES_MAX / 2);
        }
        notes.push(note);
    }
    {
        let mut desk = execution.desk.borrow_mut();
        desk.script_ticks += ticks;
        desk.calls += 1;
        if keep.is_some() {
            desk.tally.add(command, ticks, reply.starts_with(b"-"));
        }
    }
    stats.commands_processed.add(1);
    if let Some(text) = reply.strip_prefix(b"-") {
        counters.failed.add(1);
        stats.error(text.strip_suffix(b"\r\n").unwrap_or(text));
    }
    Some(reply)
}

/// A step of a command that a script calls.
fn as_of_script(step: Step) -> Step {
    Box::new(move |ctx| {
        ctx.shard.set_in_script(true);
        let out = step(ctx);
        ctx.shard.set_in_script(false);
        out
    })
}

/// What a script's calls go to here: they are kept, and the script waits.
struct TaskHost<'a, C, W> {
    core: &'a mut Core<C, W>,
    limits: Limits,
    /// The command that runs it.
    command: (CommandId, Args<'a>),
    held: Held,
    db: u16,
    pending: Option<(CommandId, Words, bool)>,
}

impl<C: AsRef<[u8]>, W: Wake> Host for TaskHost<'_, C, W> {
    fn call(&mut self, words: &[&[u8]], resp3: bool, out: &mut Vec<u8>) -> CallOutcome {
        let mut kept = Words::default();
        copy_each(words.iter().copied(), &mut kept.bytes, &mut kept.ranges);
        match self.core.resolve_in_script(Args::new(&kept.bytes, &kept.ranges), self.limits) {
            Ok(command) => {
                if !self.core.detour.monitored.is_empty() {
                    self.core.note_line(command, Args::new(&kept.bytes, &kept.ranges), self.db);
                }
                self.pending = Some((command, kept, resp3));
                CallOutcome::Pending
            }
            Err(error) => {
                let args = Args::new(&kept.bytes, &kept.ranges);
                self.core.refused_in_script(args, &error, resp3, out);
                CallOutcome::Reply
            }
        }
    }

    fn permission(&mut self, words: &[&[u8]]) -> Permission {
        self.core.permission_in_script(words)
    }

    fn log(&mut self, level: u8, message: &[u8]) {
        self.core.log_of_script(level, message);
    }

    fn tick(&mut self) -> Tick {
        let (command, args) = self.command;
        self.core.tick_of_script(command, args, self.held)
    }

    fn clock_seconds(&mut self) -> f64 {
        self.core.clock_of_script()
    }
}

/// What the interpreter is to do for a task.
pub(crate) enum Work {
    Start { queued: Queued, words: Arc<Words> },
    Resume { run: RunId, reply: Vec<u8> },
    GoOn { run: RunId },
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// The script of a task is not run any further here.
    pub(crate) fn abandon_run(&mut self, at: u32, run: RunId) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        task.await_one();
        let execution = task.execution.clone();
        if let Ok(mut engine) = self.take_engine() {
            engine.abandon(run);
            self.put_engine(engine);
        }
        if let Some(execution) = execution {
            self.scripting.current = execution.desk.borrow().run;
            self.end_run(&execution);
        }
        self.step_done(crate::message::Dest::Step { task: at, step: 0 }, StepOut::Done);
    }

    /// The script of a task gets more time in the next turn.
    pub(crate) fn go_on_next_turn(&mut self, at: u32, run: RunId) {
        if let Some(task) = self.tasks.get_mut(at) {
            task.await_one();
            self.scripting.paused.push((at, run));
        }
    }

    /// Gives the scripts of tasks that were paused a slice of time.
    pub(crate) fn run_paused(&mut self) {
        for (at, run) in std::mem::take(&mut self.scripting.paused) {
            self.run_stage(at, Work::GoOn { run });
        }
    }

    /// Lets the script of a task run until it calls a command, or ends.
    pub(crate) fn run_stage(&mut self, at: u32, work: Work) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        task.await_one();
        let Some(execution) = task.execution.clone() else { return };
        let (dest, resp3) = (task.dest(), execution.desk.borrow().resp3);
        if execution.desk.borrow().held == Held::All {
            // It will not have to be run again.
            let notes = std::mem::take(&mut execution.desk.borrow_mut().notes);
            self.take_notes(dest, notes);
        }
        let start = (self.ticks)();
        let stage = self.stage_of(&execution, work, resp3).unwrap_or_else(|error| {
            let mut bytes = Vec::new();
            let text = error.text();
            if let Some(command) = execution.script() {
                self.stats().error(&text);
                self.stats().commands[usize::from(command)].failed.add(1);
            }
            Reply::new(&mut bytes, resp3).error_bytes(&text);
            Stage::Done(bytes)
        });
        let ticks = (self.ticks)().wrapping_sub(start);
        {
            let mut desk = execution.desk.borrow_mut();
            desk.stage = Some(stage);
            desk.script_ticks += ticks;
        }
        let dest = crate::message::Dest::Step { task: at, step: 0 };
        self.part_took(dest, ticks);
        self.step_done(dest, StepOut::Done);
    }

    fn stage_of(&mut self, execution: &Execution, work: Work, resp3: bool) -> Result<Stage, CmdError> {
        let mut engine = self.take_engine()?;
        let mut out = Vec::new();
        let queued = match &work {
            Work::Start { queued, .. } => Some(*queued),
            Work::Resume { .. } | Work::GoOn { .. } => execution.desk.borrow().script,
        };
        let command =
            queued.map_or((0, Args::new(&[], &[])), |queued| (queued.command, queued.args(&execution.words)));
        let (held, db) = (execution.desk.borrow().held, execution.desk.borrow().db);
        match &work {
            Work::Start { .. } => self.begin_run(self.now.unix_ms),
            Work::Resume { .. } | Work::GoOn { .. } => {
                self.scripting.current = execution.desk.borrow().run;
                self.look_at_time(&mut engine, command.0, command.1, held);
            }
        }
        let result = match work {
            Work::Start { queued, words } => {
                self.eval_args(queued.command, queued.args(&words)).and_then(|eval| {
                    let ready = self.ready(&mut engine, queued.command, &eval)?;
                    {
                        let mut desk = execution.desk.borrow_mut();
                        desk.limits = Some(ready.limits);
                        desk.script = Some(queued);
                    }
                    let mut host =
                        TaskHost { core: self, limits: ready.limits, command, held, db, pending: None };
                    let progress = engine.run(ready.id, &eval.keys, &eval.args, resp3, &mut host, &mut out);
                    Ok((progress, host.pending))
                })
            }
            Work::Resume { run, reply } => {
                let limits = execution.desk.borrow().limits();
                let mut host = TaskHost { core: self, limits, command, held, db, pending: None };
                let progress = engine.resume(run, &reply, &mut host, &mut out);
                Ok((progress, host.pending))
            }
            Work::GoOn { run } => {
                let limits = execution.desk.borrow().limits();
                let mut host = TaskHost { core: self, limits, command, held, db, pending: None };
                let progress = engine.go_on(run, &mut host, &mut out);
                Ok((progress, host.pending))
            }
        };
        if let Ok((Progress::Done, _)) = &result {
            match execution.script() {
                Some(command) => self.script_failed(command, &engine, &out),
                None => execution.desk.borrow_mut().is_counted = engine.has_failed_by_command(),
            }
        }
        self.put_engine(engine);
        let (progress, pending) = match result {
            Ok(result) => result,
            Err(error) => {
                self.end_run(execution);
                return Err(error);
            }
        };
        match (progress, pending) {
            (Progress::Paused(run), _) => {
                execution.desk.borrow_mut().run = self.scripting.current;
                Ok(Stage::Paused(run))
            }
            (Progress::Waiting(run), Some((command, words, resp3))) => {
                if self.table().spec(command).meta.flags.contains(Flag::Write) {
                    self.script_writes();
                }
                execution.desk.borrow_mut().run = self.scripting.current;
                Ok(Stage::Call { run, command, words: Arc::new(words), resp3 })
            }
            (Progress::Done, _) => {
                self.end_run(execution);
                Ok(Stage::Done(out))
            }
            _ => {
                self.end_run(execution);
                Err(CmdError::text_of(
                    "ERR the script calls a command from within an error handler or a metamethod that cannot wait; its keys live in \
                 several shards",
                ))
            }
        }
    }

    /// The script of a task has ended.
    fn end_run(&mut self, execution: &Execution) {
        if self.scripting.current.is_busy {
            self.end_busy();
        }
        execution.desk.borrow_mut().run = Default::default();
    }
}
