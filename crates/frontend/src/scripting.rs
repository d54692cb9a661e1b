//! EVAL and its kin: where a script runs, and what it is run with.
//!
//! ```text
//! one shard                     ─► a piece of its shard: calls are handler calls                   (host.rs)
//! keys of one shard of several  ─► the same; if it strays: undone, and run again with everything locked
//! keys of several shards        ─► these are locked; each call is a round; if it strays: undone, and run again with
//!                                  everything locked                                               (task.rs, keep.rs)
//! ```
//!
//! A script that strayed once is remembered by its name, so that it starts with everything locked from then on. Its connection
//! takes no further commands until it is done: had they been carried out meanwhile, a second run would come behind them.

pub(crate) mod busy;
pub(crate) mod functions;
pub(crate) mod host;
pub(crate) mod keep;
pub(crate) mod piece;
pub(crate) mod registry;
pub(crate) mod task;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::Args;
use base::conn::ConnId;
use base::num::parse_i64;
use bus::Wake;
use commands::{CmdError, CommandId, CommandSpec};
use hashbrown::HashMap;
use resp::Reply;
use script::{Engine, Flags, Options, RunId, ScriptId};

use self::functions::{LoadHost, LoadedLibraries};
use self::host::Limits;
use self::piece::{Current, Suspended};
use self::registry::{Script, Sha, sha_of};
use self::task::Way;
use crate::core::{Core, conn_mut};
use crate::journal::ShortArgs;
use crate::keys::Keys;
use crate::message::{Dest, Piece};
use crate::rounds::NewTask;
use crate::route::Call;
use crate::shared::Shared;
use crate::transaction::calls::Words;
use crate::transaction::exec::{Desk, Execution, Queued};
use crate::watch::Note;

/// What a piece answers in place of a reply when its script strayed: no reply begins so.
pub(crate) const STRAYED: &[u8] = b"\0";

/// The scripts of a core.
#[derive(Default)]
pub(crate) struct Scripting {
    engine: Option<Box<Engine>>,
    loaded: HashMap<Sha, (ScriptId, Arc<Script>)>,
    epoch: u64,
    libraries: LoadedLibraries,
    /// The run that is at work, and how many there were.
    pub(crate) current: Current,
    runs: u64,
    /// The script of a piece that is to get more time.
    suspended: Option<Box<Suspended>>,
    /// How many commands the script of a piece has called.
    pub(crate) calls: u32,
    /// Unusual ones among them.
    pub(crate) notes: Vec<Note>,
    /// Tasks whose scripts are to get more time.
    paused: Vec<(u32, RunId)>,
}

/// A script that is about to run.
pub(crate) struct Ready {
    id: ScriptId,
    pub(crate) what: What,
    pub(crate) limits: Limits,
}

/// A script or a function.
pub(crate) enum What {
    /// Of EVAL.
    Script(Arc<Script>),
    /// The name of a function.
    Function(Vec<u8>),
}

impl What {
    /// It was seen to touch keys that it does not declare.
    pub(crate) fn has_strayed(&self, shared: &Shared) {
        match self {
            What::Script(script) => script.has_strayed(),
            What::Function(name) => shared.scripts.functions.has_strayed(name),
        }
    }
}

/// The arguments of EVAL and its kin: the script or its name, its keys, its other arguments.
pub(crate) struct EvalArgs<'a> {
    script: &'a [u8],
    keys: Vec<&'a [u8]>,
    args: Vec<&'a [u8]>,
}

impl<'a> EvalArgs<'a> {
    /// Of a command; `is_function`: of FCALL.
    pub(crate) fn parse(args: Args<'a>, is_function: bool) -> Result<Self, CmdError> {
        let wrong = if is_function {
            CmdError::text_of("ERR Bad number of keys provided")
        } else {
            CmdError::NotInteger
        };
        let count = parse_i64(args.arg(2)).ok_or(wrong)?;
        if count > args.len() as i64 - 3 {
            return Err(CmdError::text_of("ERR Number of keys can't be greater than number of args"));
        }
        let count =
            usize::try_from(count).map_err(|_| CmdError::text_of("ERR Number of keys can't be negative"))?;
        let rest = args.tail(3);
        Ok(EvalArgs {
            script: args.arg(1),
            keys: rest.head(count).iter().collect(),
            args: rest.tail(count).iter().collect(),
        })
    }
}

/// Whether a command runs a script.
pub(crate) fn is_script(name: &str) -> bool {
    matches!(name, "eval" | "eval_ro" | "evalsha" | "evalsha_ro") || is_function(name)
}

/// Whether a command runs a function of a library.
pub(crate) fn is_function(name: &str) -> bool {
    matches!(name, "fcall" | "fcall_ro")
}

fn no_script() -> CmdError {
    CmdError::text_of("NOSCRIPT No matching script. Please use EVAL.")
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// The interpreter of this core, made on first use, and taken out while it runs.
    fn take_engine(&mut self) -> Result<Box<Engine>, CmdError> {
        self.forget_flushed_scripts();
        let engine = self.scripting.engine.take();
        let engine = engine.or_else(|| Engine::new(&Options::default()).map(Box::new));
        let mut engine = engine.ok_or(CmdError::text_of("ERR the script engine is busy or out of memory"))?;
        self.scripting.libraries.refresh(&self.shared.scripts.functions, &mut engine);
        Ok(engine)
    }

    /// Forgets scripts that were flushed: by a new interpreter, unless the old one is at work.
    pub(crate) fn forget_flushed_scripts(&mut self) {
        let epoch = self.shared.scripts.epoch();
        if std::mem::replace(&mut self.scripting.epoch, epoch) == epoch {
            return;
        }
        let loaded = std::mem::take(&mut self.scripting.loaded);
        match &mut self.scripting.engine {
            Some(engine) if engine.is_at_work() => {
                loaded.into_values().for_each(|(id, _)| engine.unload(id));
            }
            _ => {
                self.scripting.engine = None;
                self.scripting.libraries = LoadedLibraries::default();
                let running = &self.shared.scripts.running[usize::from(self.id)];
                running.bytes.store(0, Ordering::Relaxed);
            }
        }
    }

    /// Puts the interpreter back.
    fn put_engine(&mut self, engine: Box<Engine>) {
        let running = &self.shared.scripts.running[usize::from(self.id)];
        running.bytes.store(engine.used_bytes() as u64, Ordering::Relaxed);
        self.scripting.engine = Some(engine);
    }

    /// Finds the script that a command runs, and compiles it if it is new here.
    pub(crate) fn ready(
        &mut self,
        engine: &mut Engine,
        command: CommandId,
        eval: &EvalArgs<'_>,
    ) -> Result<Ready, CmdError> {
        let name = self.table().spec(command).meta.name;
        if is_function(name) {
            return self.ready_function(engine, eval.script, name == "fcall_ro");
        }
        let by_name = name.starts_with("evalsha");
        let sha =
            if by_name { sha_of(eval.script).ok_or_else(no_script)? } else { script::sha1_hex(eval.script) };
        let (id, script) = match self.scripting.loaded.get(&sha) {
            Some((id, script)) => (*id, Arc::clone(script)),
            None => {
                let script = match self.shared.scripts.get(&sha) {
                    Some(script) => script,
                    None if by_name => return Err(no_script()),
                    None => self.compile(engine, sha, eval.script, false)?,
                };
                let id = match self.scripting.loaded.get(&sha) {
                    Some((id, _)) => *id,
                    None => {
                        let id = engine.load(&script.body).map_err(|text| CmdError::Text(text.into()))?;
                        self.scripting.loaded.insert(sha, (id, Arc::clone(&script)));
                        id
                    }
                };
                (id, script)
            }
        };
        let limits = self.limits_of_script(script.flags, name.ends_with("_ro"))?;
        Ok(Ready { id, what: What::Script(script), limits })
    }

    /// Finds a function, and loads its library if it is new here.
    fn ready_function(
        &mut self,
        engine: &mut Engine,
        name: &[u8],
        asks_read_only: bool,
    ) -> Result<Ready, CmdError> {
        let list = self.shared.scripts.functions.get();
        let (library, function) = functions::find(&list, name)?;
        let limits = self.limits_of_script(Some(function.flags), asks_read_only)?;
        let mut host = LoadHost::new(&self.shared, self.ticks);
        let id = self.scripting.libraries.find(library, name, engine, &mut host)?;
        Ok(Ready { id, what: What::Function(name.to_vec()), limits })
    }

    /// The arguments of a command that runs a script.
    fn eval_args<'a>(&self, command: CommandId, args: Args<'a>) -> Result<EvalArgs<'a>, CmdError> {
        let is_function = is_function(self.table().spec(command).meta.name);
        if is_function {
            functions::find(&self.shared.scripts.functions.get(), args.arg(1))?;
        }
        EvalArgs::parse(args, is_function)
    }

    /// Compiles a new script and makes it known.
    fn compile(
        &mut self,
        engine: &mut Engine,
        sha: Sha,
        body: &[u8],
        is_loaded: bool,
    ) -> Result<Arc<Script>, CmdError> {
        let error = |text: Vec<u8>| CmdError::Text(text.into());
        let flags = script::parse_script(body).map_err(error)?.flags;
        let id = engine.load(body).map_err(error)?;
        let script = self.shared.scripts.add(Script::new(sha, body, flags), is_loaded);
        if let Some((old, _)) = self.scripting.loaded.insert(sha, (id, Arc::clone(&script))) {
            engine.unload(old);
        }
        Ok(script)
    }

    fn limits_of_script(&self, flags: Option<Flags>, asks_read_only: bool) -> Result<Limits, CmdError> {
        let full = self.memory.is_full();
        let Some(flags) = flags else {
            return Ok(Limits { read_only: asks_read_only, no_memory: full });
        };
        let no_writes = flags.has(Flags::NO_WRITES);
        if !no_writes
            && self.gate.is_shut()
            && let Some(error) = self.disk_error()
        {
            return Err(error);
        }
        if asks_read_only && !no_writes {
            return Err(CmdError::text_of(
                "ERR Can not execute a script with write flag using *_ro command.",
            ));
        }
        if full && !no_writes && !flags.has(Flags::ALLOW_OOM) {
            return Err(CmdError::text_of(
                "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
            ));
        }
        Ok(Limits { read_only: no_writes, no_memory: false })
    }

    /// What the script of a piece has called.
    pub(crate) fn take_called(&mut self) -> (u32, Vec<Note>) {
        (std::mem::take(&mut self.scripting.calls), std::mem::take(&mut self.scripting.notes))
    }

    /// The script of a piece took so long. The call was counted when it came; if a task waits for it, that counts the time.
    pub(crate) fn script_took(&self, command: CommandId, piece: &Piece, ticks: u64) {
        if !matches!(piece.dest, Dest::Step { .. }) {
            self.count_script(command, ticks);
        }
    }

    /// Counts the time of a script whose call was counted when it came.
    pub(crate) fn count_script(&self, command: CommandId, ticks: u64) {
        let counters = &self.stats().commands[usize::from(command)];
        counters.ticks.add(ticks);
        counters.max_ticks.raise(ticks);
    }

    /// EVAL, EVALSHA and their read-only forms.
    pub(crate) fn eval(&mut self, call: &Call) -> Result<(), CmdError> {
        self.asked = true;
        if self.topology.shards == 1 {
            self.route_key(call);
            return Ok(());
        }
        let args = self.call_args(call);
        let spec = self.table().spec(call.command);
        let mut shards: Vec<u16> =
            Keys::of(spec, args).iter().map(|at| self.topology.shard_of(args.arg(at))).collect();
        shards.sort_unstable();
        shards.dedup();
        let strays = self.is_known_to_stray(spec, args);
        let mut words = Words::default();
        crate::route::copy_each(args.iter(), &mut words.bytes, &mut words.ranges);
        let mut short = ShortArgs::default();
        self.keep_args(call, &mut short);
        let direct =
            (shards.len() < 2 && !strays).then(|| shards.first().copied().unwrap_or(self.free_shard()));
        let queued = Queued { command: call.command, first_range: 0, argc: call.argc, shard: 0 };
        let execution = Execution {
            conn: call.id,
            words: Arc::new(words),
            queue: Rc::new([queued]),
            desk: Rc::new(RefCell::new(Desk { is_script: true, ..Desk::new(call.db, call.resp3) })),
        };
        let way = match direct {
            Some(_) => Way::Piece,
            None if strays => Way::All,
            None => Way::Keys,
        };
        let keys = if way == Way::Keys {
            let keys = Keys::of(spec, args);
            let keys = keys.iter().map(|at| args.arg(at));
            commands::by_shard(keys.map(|key| (self.topology.shard_of(key), key.to_vec())))
        } else {
            (0..self.topology.shards).map(|shard| (shard, Vec::new())).collect()
        };
        let plan = task::Plan::new(&execution, way, self.surroundings());
        let task = NewTask {
            dest: call.dest(),
            db: call.db,
            resp3: call.resp3,
            no_touch: call.no_touch,
            writes: !spec.meta.name.ends_with("_ro"),
            command: None,
            words: short,
            keys,
        };
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.waits = true;
            execution.desk.borrow_mut().holds = true;
            conn.look_at_state();
        }
        let at = self.begin_execution(task, execution, |tx| Box::pin(task::run(tx, plan)));
        if let (Some(shard), Some(task)) = (direct, self.tasks.get_mut(at)) {
            task.await_one();
            let mut piece = call.piece(Dest::Step { task: at, step: 0 });
            if let Some(key) = self.first_key(call) {
                piece.slot = key.0;
                piece.hash = key.1;
            }
            self.send(shard, piece);
        }
        Ok(())
    }

    /// Runs a script again that has touched keys that it doesn't declare, with everything locked.
    pub(crate) fn restart_script(&mut self, new: NewTask, execution: Execution) {
        if let Some(queued) = execution.queue.first() {
            let spec = self.table().spec(queued.command);
            self.note_stray(spec, queued.args(&execution.words));
        }
        let holds = execution.desk.borrow().holds;
        *execution.desk.borrow_mut() = Desk { holds, is_script: true, ..Desk::new(new.db, new.resp3) };
        let keys = (0..self.topology.shards).map(|shard| (shard, Vec::new())).collect();
        let plan = task::Plan::new(&execution, Way::All, self.surroundings());
        self.begin_execution(NewTask { keys, ..new }, execution, |tx| Box::pin(task::run(tx, plan)));
    }

    /// Remembers that the script that a command runs touches keys that it does not declare.
    fn note_stray(&self, spec: &CommandSpec, args: Args<'_>) {
        if is_function(spec.meta.name) {
            return self.shared.scripts.functions.has_strayed(args.arg(1));
        }
        let by_name = spec.meta.name.starts_with("evalsha");
        let sha = if by_name { sha_of(args.arg(1)) } else { Some(script::sha1_hex(args.arg(1))) };
        if let Some(script) = sha.and_then(|sha| self.shared.scripts.get(&sha)) {
            script.has_strayed();
        }
    }

    /// Whether the script that a command runs is known to touch keys that it does not declare.
    fn is_known_to_stray(&self, spec: &CommandSpec, args: Args<'_>) -> bool {
        if is_function(spec.meta.name) {
            return self.shared.scripts.functions.strays(args.arg(1));
        }
        let by_name = spec.meta.name.starts_with("evalsha");
        let sha = if by_name { sha_of(args.arg(1)) } else { Some(script::sha1_hex(args.arg(1))) };
        sha.and_then(|sha| self.shared.scripts.get(&sha)).is_some_and(|script| script.strays())
    }

    /// Slot and hash of the first key of a call.
    fn first_key(&self, call: &Call) -> Option<(u16, u64)> {
        let args = self.call_args(call);
        let at = crate::keys::first(self.table().spec(call.command), args)?;
        Some((base::slot::key_slot(args.arg(at)), self.hasher.hash(args.arg(at))))
    }

    /// SCRIPT LOAD.
    pub(crate) fn script_load(&mut self, call: &Call) -> Result<(), CmdError> {
        let body = self.call_args(call).arg(2).to_vec();
        let sha = script::sha1_hex(&body);
        let mut engine = self.take_engine()?;
        let result = self.compile(&mut engine, sha, &body, true);
        self.put_engine(engine);
        result?;
        self.answer(call, |reply| reply.bulk(&sha));
        Ok(())
    }

    /// SCRIPT EXISTS.
    pub(crate) fn script_exists(&mut self, call: &Call) -> Result<(), CmdError> {
        let names = self.call_args(call).tail(2);
        let known: Vec<bool> = names
            .iter()
            .map(|name| sha_of(name).is_some_and(|sha| self.shared.scripts.get(&sha).is_some()))
            .collect();
        self.answer(call, |reply| {
            reply.array(known.len());
            known.iter().for_each(|&known| reply.int(i64::from(known)));
        });
        Ok(())
    }

    /// SCRIPT FLUSH.
    pub(crate) fn script_flush(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        let mode = args.arg(2).to_ascii_lowercase();
        if args.len() > 3 || args.len() == 3 && !matches!(mode.as_slice(), b"sync" | b"async") {
            return Err(CmdError::text_of("ERR SCRIPT FLUSH only support SYNC|ASYNC option"));
        }
        self.shared.scripts.flush();
        self.forget_flushed_scripts();
        self.shared.raise_epoch();
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    /// SCRIPT SHOW, of Valkey.
    pub(crate) fn script_show(&mut self, call: &Call) -> Result<(), CmdError> {
        let script = sha_of(self.call_args(call).arg(2)).and_then(|sha| self.shared.scripts.get(&sha));
        let script = script.ok_or(CmdError::text_of("NOSCRIPT No matching script."))?;
        self.answer(call, |reply| reply.bulk(&script.body));
        Ok(())
    }

    /// SCRIPT DEBUG: there is no debugger.
    pub(crate) fn script_debug(&mut self, call: &Call) -> Result<(), CmdError> {
        match self.call_args(call).arg(2).to_ascii_lowercase().as_slice() {
            b"no" | b"yes" | b"sync" => self.answer(call, |reply| reply.ok()),
            _ => return Err(CmdError::text_of("ERR Use SCRIPT DEBUG YES/SYNC/NO")),
        }
        Ok(())
    }

    /// SCRIPT HELP.
    pub(crate) fn script_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| crate::connection::write_help(crate::connection::SCRIPT_HELP, reply));
        Ok(())
    }

    /// SCRIPT KILL.
    pub(crate) fn script_kill(&mut self, call: &Call) -> Result<(), CmdError> {
        self.kill_scripts(call, false)
    }

    /// The reply of a command of the core's own that a script calls, where it comes at once.
    pub(crate) fn own_reply(
        &mut self,
        command: CommandId,
        words: &[Vec<u8>],
        db: u16,
        resp3: bool,
        out: &mut Vec<u8>,
    ) {
        // The plan is being executed: it must not be disturbed.
        let (ranges, own) = (std::mem::take(&mut self.plan.ranges), std::mem::take(&mut self.plan.own));
        let mut bytes = Vec::new();
        crate::route::copy_each(words.iter().map(Vec::as_slice), &mut bytes, &mut self.plan.ranges);
        let source = crate::message::Source::Shared(self.plan.shared.len() as u32);
        self.plan.shared.push(bytes.into());
        let call = Call {
            id: ConnId { index: u32::MAX, generation: 0 },
            seq: 0,
            muted: false,
            command,
            source,
            base: 0,
            first_range: 0,
            argc: words.len() as u32,
            db,
            resp3,
            no_touch: false,
            inner: Some(u32::MAX),
        };
        self.captured = None;
        if self.own_commands.concludes(command) {
            self.publish_stats();
            self.conclude_inquiry(command, b"", resp3, out);
        } else {
            self.connection_command(&call);
            match self.captured.take() {
                Some(reply) => out.extend_from_slice(&reply),
                None => Reply::new(out, resp3).error("ERR This Redis command is not allowed from script"),
            }
        }
        (self.plan.ranges, self.plan.own) = (ranges, own);
    }
}
