//! A script on the shard of its keys: what it calls are handlers, called at once.
//!
//! The script runs as one piece of work of its shard, so nobody sees what it does half done. It claims the whole shard, for it may
//! touch keys that it does not declare. When it touches a key that lives elsewhere, it cannot go on here: what it has written is undone from copies of the values
//! that were there before, and it is run again with everything locked ([`super::task`]).

use base::{ArgRange, Args, slot};
use bus::Wake;
use commands::meta::Flag;
use commands::{
    CmdError, CommandId, CommandSpec, Merge, Outside, OwnedArgs, RoundsFn, Route, ShardCtx, StepOut, Tx,
    TxState,
};
use resp::Reply;
use script::{CallOutcome, Engine, Host, Permission, Tick};
use store::{OwnedValue, Shard};

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::busy::Held;
use crate::connection::is_own_debug;
use crate::core::Core;
use crate::keys::Keys;
use crate::log::note_call;
use crate::pubsub::Kind as ChannelKind;
use crate::route::copy_each;
use crate::stats::CoreStats;
use crate::watch::account;

/// Values that take more are not copied so that a script's writes can be undone: the script is run again, with everything
/// locked, before it writes to one.
pub(crate) const COPY_MAX_BYTES: usize = 64 * 1024;

/// What a key held before a script wrote to it.
pub(crate) struct Before {
    pub(crate) db: u16,
    pub(crate) key: Box<[u8]>,
    pub(crate) value: Option<OwnedValue>,
}

impl Before {
    /// Gives the key what it held.
    pub(crate) fn put_back(self, shard: &mut Shard) {
        let key = shard.key(&self.key);
        let mut db = shard.db(usize::from(self.db));
        match self.value {
            Some(value) => db.put(key, value),
            None => {
                db.remove(key);
            }
        }
    }
}

/// The calls of a script, by command.
#[derive(Default)]
pub(crate) struct Tally(Vec<Called>);

/// Calls of one command.
#[derive(Clone, Copy)]
struct Called {
    command: CommandId,
    calls: u64,
    ticks: u64,
    failed: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, command: CommandId, ticks: u64, failed: bool) {
        let at = self.0.iter().position(|called| called.command == command).unwrap_or_else(|| {
            self.0.push(Called { command, calls: 0, ticks: 0, failed: 0 });
            self.0.len() - 1
        });
        if let Some(called) = self.0.get_mut(at) {
            called.calls += 1;
            called.ticks += ticks;
            called.failed += u64::from(failed);
        }
    }

    /// Takes the calls out of the counters.
    pub(crate) fn undo(&mut self, stats: &CoreStats) {
        for called in self.0.drain(..) {
            let counters = &stats.commands[usize::from(called.command)];
            counters.calls.add(called.calls.wrapping_neg());
            counters.ticks.add(called.ticks.wrapping_neg());
            counters.failed.add(called.failed.wrapping_neg());
            stats.commands_processed.add(called.calls.wrapping_neg());
        }
    }
}

/// What a script may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// It must not write.
    pub(crate) read_only: bool,
    /// Memory is short, and it is not to take more.
    pub(crate) no_memory: bool,
}

/// See the [module documentation](self).
pub(crate) struct ShardHost<'a, C, W> {
    pub(crate) core: &'a mut Core<C, W>,
    /// The selected database.
    pub(crate) db: u16,
    pub(crate) limits: Limits,
    /// Whether it has touched what it cannot touch here.
    pub(crate) strayed: bool,
    /// The command that runs it.
    pub(crate) command: (CommandId, Args<'a>),
    /// What there was before it wrote.
    pub(crate) before: Vec<Before>,
    /// What it has called so far, if that may have to be undone.
    pub(crate) tally: Tally,
    /// How many lines for clients in MONITOR mode were there before it ran.
    lines_before: usize,
    bytes: Vec<u8>,
    ranges: Vec<ArgRange>,
}

impl<'a, C: AsRef<[u8]>, W: Wake> ShardHost<'a, C, W> {
    pub(crate) fn new(
        core: &'a mut Core<C, W>,
        db: u16,
        limits: Limits,
        command: (CommandId, Args<'a>),
    ) -> Self {
        ShardHost {
            lines_before: core.detour.lines.len(),
            core,
            db,
            limits,
            strayed: false,
            command,
            before: Vec::new(),
            tally: Tally::default(),
            bytes: Vec::new(),
            ranges: Vec::new(),
        }
    }

    /// Puts everything back that the script has changed.
    pub(crate) fn undo(&mut self) {
        #[cfg(feature = "sim-faults")]
        if self.core.faults.skip_undo {
            return self.before.clear();
        }
        // Nobody is to see what did not happen.
        self.core.detour.lines.truncate(self.lines_before);
        self.core.scripting.notes.clear();
        self.core.scripting.calls = 0;
        self.tally.undo(self.core.stats());
        self.core.shard.trail().clear();
        for before in self.before.drain(..).rev() {
            before.put_back(&mut self.core.shard);
        }
        self.core.shard.trail().forget();
    }

    /// Keeps what a key holds, if it may have to be put back. False: it is too large.
    fn keep(&mut self, name: &[u8]) -> bool {
        if self.core.topology.shards == 1
            || self.before.iter().any(|before| before.db == self.db && *before.key == *name)
        {
            return true;
        }
        let key = self.core.shard.key(name);
        let mut db = self.core.shard.db(usize::from(self.db));
        if db.peek(key).is_some_and(|item| item.memory_bytes() > COPY_MAX_BYTES) {
            return false;
        }
        let value = db.clone_value(key);
        self.before.push(Before { db: self.db, key: name.into(), value });
        true
    }

    /// Whether a key may be touched here.
    fn reaches(&self, name: &[u8]) -> bool {
        self.core.topology.shard_of(name) == self.core.id
    }

    /// Runs a command. `None`: it cannot be run here.
    fn run(&mut self, command: CommandId, args: Args<'_>, resp3: bool, out: &mut Vec<u8>) -> Option<()> {
        let spec: &'static CommandSpec = self.core.table().spec(command);
        let alone = self.core.topology.shards == 1;
        if is_own_debug(spec.meta.name, args) {
            return self.own(command, args, resp3, out);
        }
        let handler = match spec.route {
            Route::Key(handler) | Route::Keys(handler, _) | Route::Rounds(handler, _) => handler,
            Route::Blocking(blocking) => blocking.handler,
            Route::AllShards(handler, merge) if alone => {
                self.handle(command, handler, args, None, resp3, out);
                if let Merge::Custom(merge) = merge {
                    let part = std::mem::take(out);
                    merge(&[&part], self.core.rng.next_u64(), &mut Reply::new(out, resp3));
                }
                return Some(());
            }
            Route::OneShard(_, handler) if alone => {
                self.handle(command, handler, args, None, resp3, out);
                return Some(());
            }
            Route::Walk(function) if alone => {
                let (start, position) = ((self.core.ticks)(), out.len());
                self.walk(function, args, resp3, out);
                self.called(command, args, start, out.get(position..).unwrap_or_default());
                return Some(());
            }
            Route::Task(function) if alone => {
                self.walk(function, args, resp3, out);
                return Some(());
            }
            Route::AllShards(..) | Route::OneShard(..) | Route::Walk(_) | Route::Task(_) => return None,
            Route::Connection | Route::Container => return self.own(command, args, resp3, out),
        };
        if spec.meta.has_unnamed_keys(args) && !alone {
            return None;
        }
        let keys = Keys::of(spec, args);
        if !keys.iter().all(|at| self.reaches(args.arg(at))) {
            return None;
        }
        if spec.meta.flags.contains(Flag::Write) && !keys.iter().all(|at| self.keep(args.arg(at))) {
            return None;
        }
        let first = keys.iter().next().map(|at| args.arg(at));
        self.handle(command, handler, args, first, resp3, out);
        Some(())
    }

    fn handle(
        &mut self,
        command: CommandId,
        handler: commands::Handler,
        args: Args<'_>,
        key: Option<&[u8]>,
        resp3: bool,
        out: &mut Vec<u8>,
    ) {
        let start = (self.core.ticks)();
        let (slot, hash) = key.map_or((0, 0), |key| (slot::key_slot(key), self.core.hasher.hash(key)));
        let mut reply = Reply::new(out, resp3);
        let position = reply.position();
        let mut ctx = ShardCtx { shard: &mut self.core.shard, db: usize::from(self.db), slot, hash };
        ctx.shard.set_in_script(true);
        let result = handler(&mut ctx, args, &mut reply);
        ctx.shard.set_in_script(false);
        if let Err(error) = result {
            reply.truncate(position);
            reply.error_bytes(&error.text());
        }
        if self.core.shard.has_trail() {
            let spec = self.core.shared.table.spec(command);
            note_call(&mut self.core.shard, spec, usize::from(self.db), args);
        }
        self.called(command, args, start, out.get(position..).unwrap_or_default());
    }

    /// A command is done that began at `start`, in ticks: counts it.
    fn called(&mut self, command: CommandId, args: Args<'_>, start: u64, reply: &[u8]) {
        let ticks = (self.core.ticks)().wrapping_sub(start);
        let stats = self.core.stats();
        let counters = &stats.commands[usize::from(command)];
        account(counters, ticks);
        stats.commands_processed.add(1);
        let error = reply.strip_prefix(b"-");
        if let Some(text) = error {
            counters.failed.add(1);
            stats.error(text.strip_suffix(b"\r\n").unwrap_or(text));
        }
        if self.core.topology.shards > 1 {
            self.tally.add(command, ticks, error.is_some());
        }
        self.core.script_called(command, args, ticks, reply.len());
    }

    /// Runs a command that walks over shards, of which there is but this one. What it waits for outside holds everything up, as in
    /// Redis.
    fn walk(&mut self, function: RoundsFn, args: Args<'_>, resp3: bool, out: &mut Vec<u8>) {
        let state = Rc::new(RefCell::new(TxState::default()));
        let hot = &self.core.hot;
        let (databases, limits) = (hot.databases, hot.limits);
        let tx =
            Tx::new(Rc::clone(&state), usize::from(self.db), databases, limits, self.core.topology, resp3);
        let args: OwnedArgs = args.iter().map(bytes::Bytes::copy_from_slice).collect();
        let mut future = function(tx, args);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(Ok(())) => {
                    out.extend_from_slice(&state.borrow().reply);
                    return;
                }
                Poll::Ready(Err(error)) => return Reply::new(out, resp3).error_bytes(&error.text()),
                Poll::Pending => {
                    let outside = state.borrow_mut().outside.take();
                    if let Some(outside) = outside {
                        let process = &self.core.shared.process;
                        let out = match outside {
                            Outside::Turn => StepOut::Done,
                            Outside::Work(work) => work(),
                            Outside::Parcel(parcel) => StepOut::Delivered(process.carry(&parcel)),
                        };
                        state.borrow_mut().results = Some(vec![out]);
                        continue;
                    }
                    let steps = state.borrow_mut().outgoing.take().unwrap_or_default();
                    let mut outs = Vec::with_capacity(steps.len());
                    for (_, step) in steps {
                        let db = usize::from(self.db);
                        outs.push(step(&mut ShardCtx { shard: &mut self.core.shard, db, slot: 0, hash: 0 }));
                    }
                    state.borrow_mut().results = Some(outs);
                }
            }
        }
    }

    /// Runs a command that is the core's own.
    fn own(&mut self, command: CommandId, args: Args<'_>, resp3: bool, out: &mut Vec<u8>) -> Option<()> {
        let start = (self.core.ticks)();
        let position = out.len();
        let name = self.core.table().spec(command).meta.name;
        let mut reply = Reply::new(out, resp3);
        match name {
            "ping" if args.len() == 1 => reply.simple("PONG"),
            "ping" if args.len() > 2 => reply.error_bytes(&CmdError::Arity("ping".into()).text()),
            "ping" | "echo" => reply.bulk(args.arg(1)),
            "select" => match crate::connection::database(args.arg(1), self.core.hot.databases) {
                Ok(db) => {
                    self.db = db;
                    reply.ok();
                }
                Err(error) => reply.error_bytes(&error.text()),
            },
            "publish" => reply.int(self.core.publish_on(ChannelKind::Channel, args.arg(1), args.arg(2))),
            "spublish" => {
                reply.int(self.core.publish_on(ChannelKind::ShardChannel, args.arg(1), args.arg(2)))
            }
            "time" => write_time(&mut reply, self.core.shard.now_ms()),
            // The rest asks the core that owns the connection, if there is such a way.
            _ if self.core.topology.shards > 1 => return None,
            _ => {
                let words: Vec<Vec<u8>> = args.iter().map(<[u8]>::to_vec).collect();
                self.core.own_reply(command, &words, self.db, resp3, out);
                // It has counted itself.
                let ticks = (self.core.ticks)().wrapping_sub(start);
                self.core.script_called(command, args, ticks, out.len().wrapping_sub(position));
                return Some(());
            }
        }
        self.called(command, args, start, out.get(position..).unwrap_or_default());
        Some(())
    }
}

impl<C: AsRef<[u8]>, W: Wake> Host for ShardHost<'_, C, W> {
    fn call(&mut self, words: &[&[u8]], resp3: bool, out: &mut Vec<u8>) -> CallOutcome {
        let (mut bytes, mut ranges) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.ranges));
        bytes.clear();
        ranges.clear();
        copy_each(words.iter().copied(), &mut bytes, &mut ranges);
        let args = Args::new(&bytes, &ranges);
        let done = match self.core.resolve_in_script(args, self.limits) {
            Ok(command) => {
                if !self.core.detour.monitored.is_empty() {
                    self.core.note_line(command, args, self.db);
                }
                if self.core.table().spec(command).meta.flags.contains(Flag::Write) {
                    self.core.script_writes();
                }
                self.run(command, args, resp3, out)
            }
            Err(error) => {
                self.core.refused_in_script(args, &error, resp3, out);
                Some(())
            }
        };
        (self.bytes, self.ranges) = (bytes, ranges);
        match done {
            Some(()) => CallOutcome::Reply,
            None => {
                self.strayed = true;
                CallOutcome::Stop
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
        self.core.tick_of_script(command, args, Held::Own)
    }

    fn clock_seconds(&mut self) -> f64 {
        self.core.clock_of_script()
    }
}

/// The reply of TIME at a time in milliseconds since 1970.
pub(crate) fn write_time(reply: &mut Reply<'_>, now_ms: u64) {
    reply.array(2);
    reply.bulk((now_ms / 1000).to_string().as_bytes());
    reply.bulk((now_ms % 1000 * 1000).to_string().as_bytes());
}

/// Logs what a script says.
pub(crate) fn log(level: u8, message: &[u8]) {
    let text = String::from_utf8_lossy(message);
    match level {
        0 => tracing::debug!("{text}"),
        1 | 2 => tracing::info!("{text}"),
        _ => tracing::warn!("{text}"),
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Finds the command that a script calls, if it may.
    pub(crate) fn resolve_in_script(&self, args: Args<'_>, limits: Limits) -> Result<CommandId, CmdError> {
        let mut command = 0;
        match self.resolve(args, &mut command) {
            Ok(_) => {}
            Err(CmdError::Arity(_)) => {
                return Err(CmdError::text_of("ERR Wrong number of args calling Redis command from script"));
            }
            Err(_) => return Err(CmdError::text_of("ERR Unknown Redis command called from script")),
        }
        let flags = self.table().spec(command).meta.flags;
        if flags.contains(Flag::NoScript) && !self.shared.scripts.all_allowed() {
            return Err(CmdError::text_of("ERR This Redis command is not allowed from script"));
        }
        if limits.read_only && crate::pause::may_replicate(self.table().spec(command)) {
            return Err(CmdError::text_of("ERR Write commands are not allowed from read-only scripts."));
        }
        if self.gate.is_shut()
            && flags.contains(Flag::Write)
            && let Some(error) = self.disk_error()
        {
            return Err(error);
        }
        if limits.no_memory && flags.contains(Flag::DenyOom) {
            return Err(CmdError::OutOfMemory);
        }
        Ok(command)
    }

    /// A script may not run a command, or there is none: counts that, and writes the error.
    pub(crate) fn refused_in_script(&self, args: Args<'_>, error: &CmdError, resp3: bool, out: &mut Vec<u8>) {
        let mut command = CommandId::MAX;
        // It finds the command also where there are too few arguments.
        let _ = self.resolve(args, &mut command);
        if let Some(counters) = self.stats().commands.get(usize::from(command)) {
            counters.rejected.add(1);
        }
        let text = error.text();
        self.stats().error(&text);
        Reply::new(out, resp3).error_bytes(&text);
    }

    /// A script has ended with an error: counts it, unless it is that of a command, which was counted then.
    pub(crate) fn script_failed(&self, command: CommandId, engine: &Engine, reply: &[u8]) {
        let Some(text) = reply.strip_prefix(b"-") else { return };
        self.stats().commands[usize::from(command)].failed.add(1);
        if !engine.has_failed_by_command() {
            self.stats().error(text.strip_suffix(b"\r\n").unwrap_or(text));
        }
    }

    /// Whether a script may run a command (`redis.acl_check_cmd`).
    pub(crate) fn permission_in_script(&self, words: &[&[u8]]) -> Permission {
        let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
        copy_each(words.iter().copied(), &mut bytes, &mut ranges);
        match self.resolve(Args::new(&bytes, &ranges), &mut 0) {
            Ok(_) => Permission::Allowed,
            Err(_) => Permission::Unknown,
        }
    }

    /// A script logs.
    pub(crate) fn log_of_script(&self, level: u8, message: &[u8]) {
        log(level, message);
    }

    /// Seconds of processor time, as far as differences are concerned.
    pub(crate) fn clock_of_script(&self) -> f64 {
        self.shared.process.ticks_to_ns((self.ticks)()) as f64 / 1e9
    }
}
