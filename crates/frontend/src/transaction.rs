//! MULTI, EXEC, DISCARD, WATCH, UNWATCH: what a connection has queued and watches.
//!
//! ```text
//! MULTI   SET a 1   GET b   EXEC
//!    │       └─ +QUEUED ┘     └─ all of them as one task (transaction/exec.rs)
//!    └ from now on commands are kept with their arguments
//!
//! WATCH a b    each shard notes its keys under the connection's token; a change of a key marks the token
//! ```

pub(crate) mod calls;
pub(crate) mod exec;
pub(crate) mod short;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use base::conn::ConnId;
use base::{ArgRange, Args};
use bus::Wake;
use commands::meta::Flag;
use commands::{CmdError, CommandId, CommandSpec, Step, StepOut};
use store::WatchToken;

use self::calls::Words;
use self::exec::{Ask, Desk, Execution, Plan, Queued, Surroundings};
use self::short::Head;
use crate::core::{Core, conn_mut};
use crate::journal::ShortArgs;
use crate::message::{Dest, Source};
use crate::rounds::{NewTask, ShardKeys};
use crate::route::Call;
use crate::scripting::task::Work;
use crate::watch::account;

/// What a connection has queued since MULTI.
#[derive(Default)]
pub(crate) struct Multi {
    words: Words,
    queue: Vec<Queued>,
    /// A command was refused: EXEC is going to fail.
    aborted: bool,
    /// Whether any of the commands writes, and whether any may be refused for lack of memory.
    writes: bool,
    takes_memory: bool,
    /// Whether a command does not run on one shard alone: then EXEC is a task.
    needs_task: bool,
}

impl Multi {
    /// With room for a few commands, so that nothing grows in a usual transaction.
    fn new() -> Self {
        let words = Words { bytes: Vec::with_capacity(512), ranges: Vec::with_capacity(32) };
        Multi { words, queue: Vec::with_capacity(8), ..Multi::default() }
    }

    /// How many commands are queued.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Bytes that the queue takes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.words.bytes.capacity()
            + self.words.ranges.capacity() * size_of::<ArgRange>()
            + self.queue.capacity() * size_of::<Queued>()
    }

    /// Bytes of the queued commands' arguments.
    pub(crate) fn argument_bytes(&self) -> usize {
        self.words.bytes.len()
    }

    /// Queues a command. `place`: where it runs, as [`Core::short_place`] tells.
    fn push(
        &mut self,
        command: CommandId,
        spec: &CommandSpec,
        args: Args<'_>,
        place: Option<(u16, u16, u64)>,
    ) {
        self.needs_task |= place.is_none();
        let (shard, slot, hash) = place.unwrap_or_default();
        let argc = args.len() as u32;
        let Words { bytes, ranges } = &mut self.words;
        ranges.push(ArgRange::new(bytes.len() as u32, Head::BYTES as u32));
        bytes.extend_from_slice(&Head { hash, command, slot, argc }.to_bytes());
        self.queue.push(Queued { command, first_range: ranges.len() as u32, argc, shard });
        crate::route::copy_each(args.iter(), &mut self.words.bytes, &mut self.words.ranges);
        self.writes |= crate::pause::may_replicate(spec);
        self.takes_memory |= spec.meta.flags.contains(Flag::DenyOom);
    }
}

/// What a connection watches.
pub(crate) struct Watched {
    pub(crate) token: WatchToken,
    /// The databases and names of the keys.
    pub(crate) keys: Vec<(u16, Box<[u8]>)>,
}

/// Commands of a connection that has said MULTI which are carried out at once.
fn passes(name: &str) -> bool {
    matches!(name, "exec" | "discard" | "multi" | "watch" | "quit" | "reset")
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Queues a command of a connection that has said MULTI. True if that is what became of it.
    #[cold]
    pub(crate) fn queue(&mut self, call: &Call) -> bool {
        let shared = Arc::clone(&self.shared);
        let spec = shared.table.spec(call.command);
        if passes(spec.meta.name) {
            return false;
        }
        if spec.meta.flags.contains(Flag::NoMulti) {
            self.refuse(call, &CmdError::text_of("ERR Command not allowed inside a transaction"));
            return true;
        }
        let first = call.first_range as usize;
        let bytes = crate::plan::source_bytes(&self.plan.chunks, &self.plan.shared, call.source);
        let ranges = self.plan.ranges.get(first..first + call.argc as usize).unwrap_or_default();
        let args = Args::new(bytes.get(call.base as usize..).unwrap_or_default(), ranges);
        let max = self.hot.query_buffer_max_bytes;
        let place = self.short_place(call.command, spec, args);
        if let Some(conn) = conn_mut(&mut self.conns, call.id)
            && let Some(multi) = &mut conn.multi
        {
            multi.push(call.command, spec, args, place);
            if multi.argument_bytes() + conn.query.len() > max {
                conn.closing = true;
                conn.multi = None;
                self.stats().query_limit_drops.add(1);
            }
        }
        self.answer(call, |reply| reply.simple("QUEUED"));
        true
    }

    /// A command was refused: if it was to be queued, EXEC will fail. Returns the text of the error instead of `text` if the
    /// transaction ends with it.
    #[cold]
    pub(crate) fn refused_in_multi(&mut self, call: &Call, text: &[u8]) -> Option<Vec<u8>> {
        let is_exec = self.table().spec(call.command).meta.name == "exec"
            && self.call_args(call).arg(0).eq_ignore_ascii_case(b"exec");
        let conn = conn_mut(&mut self.conns, call.id)?;
        if !is_exec {
            conn.multi.as_mut()?.aborted = true;
            return None;
        }
        self.discard_multi(call.id);
        let reason = text.strip_prefix(b"ERR ").unwrap_or(text);
        let reason = reason.strip_prefix(b"-").unwrap_or(reason);
        Some([b"EXECABORT Transaction discarded because of: ", reason].concat())
    }

    /// Whether EXEC of this connection has commands that write, and such that may be refused for lack of memory.
    pub(crate) fn queued_flags(&self, id: ConnId) -> (bool, bool) {
        let conn = self.conns.get(id.index as usize).and_then(Option::as_ref);
        let multi = conn.and_then(|conn| conn.multi.as_deref());
        multi.map_or((false, false), |multi| (multi.writes, multi.takes_memory))
    }

    /// Whether EXEC of this connection has a command for which `needs` holds.
    pub(crate) fn any_queued(&self, id: ConnId, needs: impl Fn(&CommandSpec, Args<'_>) -> bool) -> bool {
        let conn = self.conns.get(id.index as usize).and_then(Option::as_ref);
        conn.and_then(|conn| conn.multi.as_deref()).is_some_and(|multi| {
            multi
                .queue
                .iter()
                .any(|queued| needs(self.table().spec(queued.command), queued.args(&multi.words)))
        })
    }

    pub(crate) fn multi(&mut self, call: &Call) -> Result<(), CmdError> {
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return Ok(()) };
        if conn.multi.is_some() {
            return Err(CmdError::text_of("ERR MULTI calls can not be nested"));
        }
        conn.multi = Some(Box::new(Multi::new()));
        conn.look_at_state();
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(crate) fn discard(&mut self, call: &Call) -> Result<(), CmdError> {
        let conn = conn_mut(&mut self.conns, call.id);
        if conn.is_none_or(|conn| conn.multi.is_none()) {
            return Err(CmdError::text_of("ERR DISCARD without MULTI"));
        }
        self.discard_multi(call.id);
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    /// Forgets what a connection has queued and watches.
    pub(crate) fn discard_multi(&mut self, id: ConnId) {
        if let Some(conn) = conn_mut(&mut self.conns, id) {
            conn.multi = None;
            conn.look_at_state();
            if let Some(watched) = self.take_watched(id) {
                self.forget(*watched);
            }
        }
    }

    /// What a connection watches, and watches no longer.
    fn take_watched(&mut self, id: ConnId) -> Option<Box<Watched>> {
        let watched = conn_mut(&mut self.conns, id)?.watched.take()?;
        let stats = self.stats();
        stats.watching_clients.add(1u64.wrapping_neg());
        stats.watched_keys.add((watched.keys.len() as u64).wrapping_neg());
        Some(watched)
    }

    pub(crate) fn unwatch(&mut self, call: &Call) -> Result<(), CmdError> {
        if let Some(watched) = self.take_watched(call.id) {
            self.forget(*watched);
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    /// Has the shards forget watched keys.
    pub(crate) fn forget(&mut self, watched: Watched) {
        let token = watched.token;
        let keys = self.by_shard(watched.keys.into_iter().map(|(_, key)| key.into_vec()));
        let task = NewTask::uncounted(Dest::NOBODY, keys.clone());
        self.begin_task(task, |tx| {
            Box::pin(async move {
                let steps = keys.into_iter().map(|(shard, _)| {
                    let step: Step = Box::new(move |ctx| StepOut::Flag(ctx.shard.unwatch(token)));
                    (shard, step)
                });
                tx.last_round(steps.collect()).await;
                Ok(())
            })
        });
    }

    /// Forgets watched keys before anybody has looked at them.
    #[cfg(feature = "sim-faults")]
    fn forget_at(&mut self, watched: Option<Box<Watched>>) -> Option<Box<Watched>> {
        if let Some(watched) = watched {
            self.forget(*watched);
        }
        None
    }

    fn by_shard(&self, keys: impl Iterator<Item = Vec<u8>>) -> ShardKeys {
        commands::by_shard(keys.map(|key| (self.topology.shard_of(&key), key)))
    }

    pub(crate) fn watch_keys(&mut self, call: &Call) -> Result<(), CmdError> {
        let names: Vec<Vec<u8>> = self.call_args(call).tail(1).iter().map(<[u8]>::to_vec).collect();
        let fresh = WatchToken(u64::from(self.id) << 48 | self.next_task);
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return Ok(()) };
        if conn.multi.is_some() {
            return Err(CmdError::text_of("ERR WATCH inside MULTI is not allowed"));
        }
        let db = conn.db;
        let is_first = conn.watched.is_none();
        let watched =
            conn.watched.get_or_insert_with(|| Box::new(Watched { token: fresh, keys: Vec::new() }));
        let token = watched.token;
        let mut new = Vec::new();
        for name in names {
            if !watched.keys.iter().any(|(other, key)| *other == db && **key == *name) {
                watched.keys.push((db, name.clone().into()));
                new.push(name);
            }
        }
        let stats = self.stats();
        stats.watching_clients.add(u64::from(is_first));
        stats.watched_keys.add(new.len() as u64);
        if new.is_empty() {
            self.answer(call, |reply| reply.ok());
            return Ok(());
        }
        let keys = self.by_shard(new.into_iter());
        let mut words = ShortArgs::default();
        self.keep_args(call, &mut words);
        self.asked = true;
        let task = NewTask {
            dest: call.dest(),
            db: call.db,
            resp3: call.resp3,
            no_touch: call.no_touch,
            writes: false,
            command: None,
            words,
            keys: keys.clone(),
        };
        self.begin_task(task, |tx| {
            Box::pin(async move {
                let steps = keys.into_iter().map(|(shard, names)| {
                    let step: Step = Box::new(move |ctx| {
                        ctx.shard.watch(token, usize::from(db), &names);
                        StepOut::Done
                    });
                    (shard, step)
                });
                tx.last_round(steps.collect()).await;
                tx.reply(|reply| reply.ok());
                Ok(())
            })
        });
        Ok(())
    }

    /// EXEC.
    pub(crate) fn exec(&mut self, call: &Call) -> Result<(), CmdError> {
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return Ok(()) };
        let Some(multi) = conn.multi.take() else {
            return Err(CmdError::text_of("ERR EXEC without MULTI"));
        };
        conn.look_at_state();
        let watched = self.take_watched(call.id);
        if multi.aborted {
            if let Some(watched) = watched {
                self.forget(*watched);
            }
            return Err(CmdError::text_of("EXECABORT Transaction discarded because of previous errors."));
        }
        #[cfg(feature = "sim-faults")]
        let watched = if self.faults.skip_watches { self.forget_at(watched) } else { watched };
        // Each command is accounted for itself.
        self.asked = true;
        let (multi, watched) = match self.exec_short(call, multi, watched) {
            Ok(()) => return Ok(()),
            Err(rest) => rest,
        };
        let Multi { words, queue, .. } = *multi;
        let desk = Desk::new(call.db, call.resp3);
        let execution = Execution {
            conn: call.id,
            words: Arc::new(words),
            queue: queue.into(),
            desk: Rc::new(RefCell::new(desk)),
        };
        let writes = execution.queue.iter().any(|queued| {
            let name = self.table().spec(queued.command).meta.name;
            self.writes(queued.command) || crate::scripting::is_script(name)
        });
        let around = self.surroundings();
        let own = |command| self.own_commands.takes(command);
        let (plan, keys) = Plan::new(&execution, watched.as_deref(), own, around);
        if plan.has_own()
            && let Some(conn) = conn_mut(&mut self.conns, call.id)
        {
            // They may change what later commands of the connection mean.
            conn.waits = true;
            execution.desk.borrow_mut().holds = true;
        }
        if !self.detour.monitored.is_empty() {
            self.feed_queued(call, &execution);
        }
        // The lines of the queued commands may be planned behind the call.
        let end = self.plan.own_ranges();
        self.plan.ranges.truncate(end as usize);
        let task = NewTask {
            dest: call.dest(),
            db: call.db,
            resp3: call.resp3,
            no_touch: call.no_touch,
            writes,
            command: None,
            words: ShortArgs::default(),
            keys,
        };
        self.begin_execution(task, execution, |tx| Box::pin(exec::run(tx, plan)));
        Ok(())
    }

    /// What a transaction or a script needs of its core.
    pub(crate) fn surroundings(&mut self) -> Surroundings {
        Surroundings {
            shared: Arc::clone(&self.shared),
            hasher: self.hasher,
            ticks: self.ticks,
            home: self.id,
            shards: self.topology.shards,
            watch: self.watch,
            random: self.rng.next_u64(),
            #[cfg(feature = "sim-faults")]
            skip_undo: self.faults.skip_undo,
        }
    }

    /// Shows the queued commands to the clients that monitor.
    #[cold]
    fn feed_queued(&mut self, call: &Call, execution: &Execution) {
        for &queued in execution.queue.iter() {
            let inner = self.place(call, queued, &execution.words);
            let text = self.monitored_text(&inner);
            self.plan.ranges.truncate(inner.first_range as usize);
            if let Some(text) = text {
                self.feed(call.id, &text);
            }
        }
    }

    /// Lays the words of a queued command into the plan, as if it had just been parsed.
    fn place(&mut self, call: &Call, queued: Queued, words: &Words) -> Call {
        let mut bytes = Vec::new();
        let first_range = self.plan.own_ranges();
        self.plan.ranges.truncate(first_range as usize);
        let args = queued.args(words);
        crate::route::copy_each(args.iter(), &mut bytes, &mut self.plan.ranges);
        let source = Source::Shared(self.plan.shared.len() as u32);
        self.plan.shared.push(bytes.into());
        Call { command: queued.command, source, base: 0, first_range, argc: queued.argc, ..*call }
    }

    /// Does what the function of task `at` asks for beside rounds.
    pub(crate) fn run_ask(&mut self, at: u32, ask: Ask) {
        match ask {
            Ask::Own { queued, words, resp3 } => self.run_inner(at, queued, &words, resp3),
            Ask::Change { queued, words } => self.run_change(at, queued, &words),
            Ask::Start { queued, words } => self.run_stage(at, Work::Start { queued, words }),
            Ask::Abandon { run } => self.abandon_run(at, run),
            Ask::GoOn { run } => self.go_on_next_turn(at, run),
            Ask::Resume { run, reply } => self.run_stage(at, Work::Resume { run, reply }),
        }
    }

    /// Carries out a queued command that is the core's own, as the round of task `at`.
    fn run_inner(&mut self, at: u32, queued: Queued, words: &Words, resp3: bool) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        task.await_one();
        let Some(execution) = task.execution.clone() else { return };
        execution.desk.borrow_mut().waits_for_own = true;
        let db = execution.desk.borrow().db;
        let outer = Call {
            id: execution.conn,
            seq: 0,
            muted: false,
            command: 0,
            source: Source::Batch,
            base: 0,
            first_range: 0,
            argc: 0,
            db,
            resp3,
            no_touch: false,
            inner: Some(at),
        };
        let call = self.place(&outer, queued, words);
        self.connection_command(&call);
        let end = self.plan.own_ranges();
        self.plan.ranges.truncate(end as usize);
        // CLIENT REPLY is the one command that may not answer.
        if self.table().spec(queued.command).meta.name == "client|reply" {
            self.step_done(Dest::Step { task: at, step: 0 }, StepOut::Reply(Vec::new()));
        }
    }

    /// The core's own command is done: what it left of the connection's state counts for those that follow.
    pub(crate) fn inner_done(&mut self, execution: &Execution) {
        let mut desk = execution.desk.borrow_mut();
        desk.waits_for_own = false;
        if desk.script.is_some() {
            return;
        }
        if let Some(conn) = conn_mut(&mut self.conns, execution.conn) {
            desk.db = conn.db;
            desk.resp3 = conn.resp3;
        }
    }

    /// An EXEC is done: lets its connection go on.
    pub(crate) fn conclude_execution(&mut self, dest: Dest, execution: &Execution) {
        self.count_done(dest, execution);
        // A later command of the connection may have it wait for another reason.
        if execution.desk.borrow().holds
            && let Some(conn) = conn_mut(&mut self.conns, execution.conn)
        {
            conn.waits = false;
        }
    }

    /// Counts the commands of an EXEC that are done.
    pub(crate) fn count_done(&mut self, dest: Dest, execution: &Execution) {
        let (done, calls, notes) = {
            let mut desk = execution.desk.borrow_mut();
            let notes = std::mem::take(&mut desk.notes);
            (std::mem::take(&mut desk.done), std::mem::take(&mut desk.calls), notes)
        };
        self.script_has_called(dest, calls, notes);
        for done in done {
            let Some(&queued) = execution.queue.get(done.number as usize) else { continue };
            let counters = &self.stats().commands[usize::from(queued.command)];
            account(counters, done.ticks);
            self.stats().commands_processed.add(1);
            counters.failed.add(u64::from(done.failed));
            if let Some(text) = &done.error {
                self.stats().error(text);
            }
            if self.watch.tracking {
                self.stats().commands[usize::from(queued.command)].durations.count(done.ticks);
            }
            if done.ticks >= self.watch.ticks || done.reply_bytes >= self.watch.reply_bytes {
                let args = ShortArgs::of(queued.args(&execution.words));
                self.notice(dest, queued.command, done.ticks, done.reply_bytes, args);
            }
        }
    }
}
