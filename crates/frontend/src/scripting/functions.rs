//! Libraries of functions: one list for all cores, and the commands that read and change it.
//!
//! ```text
//! FUNCTION LOAD   every shard is locked ─► the code runs in this core's interpreter ─► the list is replaced ─► all logs have it ─► unlocked
//! FCALL           looks into the list where it runs; its core loads the library into its own interpreter when it is new there
//! ```
//!
//! A change holds all shards, so it comes before or after every FCALL, transaction and snapshot and never in between, and a
//! function that a pipeline has called before is still there.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use base::Args;
use bus::Wake;
use commands::{CmdError, Step, StepOut, Tx};
use hashbrown::HashMap;
use persist::load::{LoadError, Mode};
use resp::Reply;
use script::{
    CallOutcome, Engine, FunctionInfo, Host, Libraries, Library, LibraryInfo, ListQuery, RestorePolicy,
    RunningFunction, ScriptId, Tick, read_payload,
};

use super::registry::Runs;
use crate::core::{Core, conn_mut};
use crate::journal::ShortArgs;
use crate::log::note_change_of_list;
use crate::message::{Dest, Op, StepCall};
use crate::rounds::NewTask;
use crate::route::Call;
use crate::shared::Shared;
use crate::transaction::calls::Words;
use crate::transaction::exec::{Ask, Desk, Execution, Queued};

/// How long the code of a library may run when it is loaded, as in Redis.
const LOAD_MAX_MS: u64 = 500;

/// The libraries of the process.
#[derive(Default)]
pub(crate) struct Functions {
    libraries: RwLock<Arc<Libraries>>,
    /// Held by whoever makes a new list out of the present one.
    changing: Mutex<()>,
    /// Changes with the list.
    epoch: AtomicU64,
    /// Functions that were seen to touch keys that they don't declare.
    strays: RwLock<HashSet<Vec<u8>>>,
}

impl Functions {
    /// The list as it is now.
    pub(crate) fn get(&self) -> Arc<Libraries> {
        Arc::clone(&self.libraries.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps others from changing the list meanwhile. Commands hold all shards, so that no core waits here; cores that load do not.
    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the list. The caller holds all shards.
    pub(crate) fn set(&self, libraries: Libraries) {
        *self.libraries.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(libraries);
        self.strays.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.epoch.fetch_add(1, Ordering::Release);
    }

    /// The number of changes of the list.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Whether a function touches keys that it does not declare, as far as is known.
    pub(crate) fn strays(&self, name: &[u8]) -> bool {
        self.strays.read().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// It was seen to.
    pub(crate) fn has_strayed(&self, name: &[u8]) {
        self.strays.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_vec());
    }

    /// How many libraries and functions there are, and the bytes of their code.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let libraries = self.get();
        let bytes = libraries.iter().map(|library| library.code.len()).sum();
        (libraries.len(), libraries.functions_len(), bytes)
    }
}

/// A library in the interpreter of a core.
struct Loaded {
    info: Arc<LibraryInfo>,
    functions: Vec<(Vec<u8>, ScriptId)>,
}

/// The libraries in the interpreter of a core, by name.
#[derive(Default)]
pub(crate) struct LoadedLibraries {
    by_name: HashMap<Vec<u8>, Loaded>,
    epoch: u64,
}

impl LoadedLibraries {
    /// Lets go of what is no longer in the list.
    pub(crate) fn refresh(&mut self, functions: &Functions, engine: &mut Engine) {
        let epoch = functions.epoch();
        if self.epoch == epoch {
            return;
        }
        self.epoch = epoch;
        let list = functions.get();
        self.by_name.retain(|name, loaded| {
            let stays = list.library(name).is_some_and(|library| Arc::ptr_eq(library, &loaded.info));
            if !stays {
                loaded.functions.iter().for_each(|(_, id)| engine.unload(*id));
            }
            stays
        });
    }

    /// The function of a library, which is loaded if it is not yet.
    pub(crate) fn find(
        &mut self,
        library: &Arc<LibraryInfo>,
        name: &[u8],
        engine: &mut Engine,
        host: &mut LoadHost,
    ) -> Result<ScriptId, CmdError> {
        if self.by_name.get(&library.name).is_none_or(|loaded| !Arc::ptr_eq(&loaded.info, library)) {
            let loaded = engine.load_library(&library.code, host).map_err(text)?;
            self.keep(Arc::clone(library), loaded, engine);
        }
        let loaded = self.by_name.get(&library.name);
        let found = loaded
            .and_then(|loaded| loaded.functions.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)));
        found.map(|&(_, id)| id).ok_or(NOT_FOUND)
    }

    /// Keeps what was just loaded.
    fn keep(&mut self, info: Arc<LibraryInfo>, library: Library, engine: &mut Engine) {
        let functions = library.functions.into_iter().map(|function| (function.name, function.id)).collect();
        if let Some(old) = self.by_name.insert(info.name.clone(), Loaded { info, functions }) {
            old.functions.iter().for_each(|(_, id)| engine.unload(*id));
        }
    }
}

/// What the code of a library meets while it is loaded: it can log, and take a while.
pub(crate) struct LoadHost {
    shared: Arc<Shared>,
    ticks: fn() -> u64,
    began: u64,
}

impl LoadHost {
    pub(crate) fn new(shared: &Arc<Shared>, ticks: fn() -> u64) -> Self {
        LoadHost { shared: Arc::clone(shared), ticks, began: ticks() }
    }
}

impl Host for LoadHost {
    fn call(&mut self, _: &[&[u8]], resp3: bool, out: &mut Vec<u8>) -> CallOutcome {
        Reply::new(out, resp3).error("ERR no command can be called while a library is loaded");
        CallOutcome::Reply
    }

    fn log(&mut self, level: u8, message: &[u8]) {
        super::host::log(level, message);
    }

    fn tick(&mut self) -> Tick {
        let ticks = (self.ticks)().wrapping_sub(self.began);
        let ms = self.shared.process.ticks_to_ns(ticks) / 1_000_000;
        if ms >= LOAD_MAX_MS { Tick::Kill } else { Tick::Continue }
    }
}

const NOT_FOUND: CmdError = CmdError::text_of("ERR Function not found");

fn text(text: Vec<u8>) -> CmdError {
    CmdError::Text(text.into())
}

/// Redis's answer to a subcommand with too many words.
fn wrong_words(args: Args<'_>) -> CmdError {
    let name = args.arg(1).get(..128).unwrap_or(args.arg(1));
    let wrong =
        [b"ERR unknown subcommand or wrong number of arguments for '", name, b"'. Try FUNCTION HELP."];
    text(wrong.concat())
}

/// The function that FCALL names, with its library.
pub(crate) fn find<'a>(
    libraries: &'a Libraries,
    name: &[u8],
) -> Result<(&'a Arc<LibraryInfo>, &'a FunctionInfo), CmdError> {
    libraries.function(name).ok_or(NOT_FOUND)
}

/// Whether a command changes the list of libraries, so that it holds all shards.
pub(crate) fn changes(name: &str) -> bool {
    matches!(name, "function|load" | "function|delete" | "function|flush" | "function|restore")
}

/// Holds everything while the core changes the list.
async fn hold(tx: Tx, execution: Execution) -> Result<(), CmdError> {
    tx.round(Vec::new()).await;
    let Some(&queued) = execution.queue.first() else { return Ok(()) };
    let words = Arc::clone(&execution.words);
    execution.desk.borrow_mut().ask = Some(Ask::Change { queued, words });
    if let Some(StepOut::Reply(reply)) = tx.results().await.pop() {
        tx.reply(|out| out.raw(&reply));
    }
    Ok(())
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// FUNCTION LOAD, DELETE, FLUSH and RESTORE.
    pub(crate) fn function_change(&mut self, call: &Call) -> Result<(), CmdError> {
        let words = Words::of(self.call_args(call));
        if let Some(at) = call.inner {
            // A transaction, which holds everything.
            let bytes = self.changed(Args::new(&words.bytes, &words.ranges), call.resp3)?;
            if let Some(execution) = self.tasks.get(at).and_then(|task| task.execution.clone()) {
                self.inner_done(&execution);
            }
            self.note_change(at, words, bytes);
            return Ok(());
        }
        self.asked = true;
        let mut short = ShortArgs::default();
        self.keep_args(call, &mut short);
        self.plan.ranges.truncate(call.first_range as usize);
        let execution = Execution {
            conn: call.id,
            words: Arc::new(words),
            queue: Rc::new([Queued { command: call.command, first_range: 0, argc: call.argc, shard: 0 }]),
            desk: Rc::new(RefCell::new(Desk::new(call.db, call.resp3))),
        };
        let task = NewTask {
            dest: call.dest(),
            db: call.db,
            resp3: call.resp3,
            no_touch: call.no_touch,
            writes: true,
            command: None,
            words: short,
            keys: (0..self.topology.shards).map(|shard| (shard, Vec::new())).collect(),
        };
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.waits = true;
            execution.desk.borrow_mut().holds = true;
            conn.look_at_state();
        }
        let inner = execution.clone();
        self.begin_execution(task, execution, |tx| Box::pin(hold(tx, inner)));
        Ok(())
    }

    /// Carries out a change as the round of task `at`, which holds everything.
    pub(crate) fn run_change(&mut self, at: u32, queued: Queued, words: &Words) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        task.await_one();
        let resp3 = task.resp3();
        let args = queued.args(words);
        match self.changed(args, resp3) {
            Ok(bytes) => self.note_change(at, Words::of(args), bytes),
            Err(error) => {
                let text = error.text();
                self.stats().error(&text);
                self.stats().commands[usize::from(queued.command)].failed.add(1);
                let mut bytes = Vec::new();
                Reply::new(&mut bytes, resp3).error_bytes(&text);
                self.step_done(Dest::Step { task: at, step: 0 }, StepOut::Reply(bytes));
            }
        }
    }

    /// Has all shards note a change in their logs, as what task `at` did there. When the first one has, the task has the reply; the others
    /// have when their locks are given back.
    fn note_change(&mut self, at: u32, words: Words, reply: Vec<u8>) {
        let Some(task) = self.tasks.get(at) else { return };
        let (mut task, holds) = (task.id(), task.holds());
        if !holds {
            // A transaction with DEBUG in it holds nothing.
            self.next_task += 1;
            task.number = self.next_task;
        }
        let shards = self.topology.shards;
        let (words, mut reply) = (Arc::new(words), Some(StepOut::Reply(reply)));
        for shard in 0..shards {
            let (words, out) = (Arc::clone(&words), reply.take());
            let dest = if out.is_some() { Dest::Step { task: at, step: 0 } } else { Dest::NO_STEP };
            let note: Step = Box::new(move |ctx| {
                note_change_of_list(ctx.shard, Args::new(&words.bytes, &words.ranges), shards == 1);
                out.unwrap_or(StepOut::Done)
            });
            let op = |step| if holds { Op::Step { step } } else { Op::Once { step } };
            let call = StepCall { task, no_touch: true, parts: shards, run: Some(note) };
            self.send_step(shard, dest, op, call, 0, &[]);
        }
    }

    /// Changes the list. Returns the reply.
    pub(crate) fn changed(&mut self, args: Args<'_>, resp3: bool) -> Result<Vec<u8>, CmdError> {
        let shared = Arc::clone(&self.shared);
        let _changing = shared.scripts.functions.changing();
        let mut bytes = Vec::new();
        let mut reply = Reply::new(&mut bytes, resp3);
        match args.arg(1).to_ascii_lowercase().as_slice() {
            b"load" => reply.bulk(&self.load_library(args)?),
            b"delete" => {
                let mut list = Libraries::clone(&self.shared.scripts.functions.get());
                list.remove(args.arg(2)).ok_or(CmdError::text_of("ERR Library not found"))?;
                self.shared.scripts.functions.set(list);
                reply.ok();
            }
            b"flush" => {
                let mode = args.arg(2).to_ascii_lowercase();
                if args.len() > 3 {
                    return Err(wrong_words(args));
                }
                if args.len() == 3 && !matches!(mode.as_slice(), b"sync" | b"async") {
                    return Err(CmdError::text_of("ERR FUNCTION FLUSH only supports SYNC|ASYNC option"));
                }
                self.shared.scripts.functions.set(Libraries::default());
                reply.ok();
            }
            _ => {
                self.restore_libraries(args)?;
                reply.ok();
            }
        }
        self.shard.count_changes(1);
        Ok(bytes)
    }

    /// FUNCTION LOAD. Returns the library's name.
    fn load_library(&mut self, args: Args<'_>) -> Result<Vec<u8>, CmdError> {
        let mut replace = false;
        let code = args.arg(args.len() - 1);
        for word in args.head(args.len() - 1).tail(2).iter() {
            if !word.eq_ignore_ascii_case(b"replace") {
                return Err(text([b"ERR Unknown option given: ", word].concat()));
            }
            replace = true;
        }
        let mut list = Libraries::clone(&self.shared.scripts.functions.get());
        let name = self.add_library(&mut list, code, replace)?;
        self.shared.scripts.functions.set(list);
        Ok(name)
    }

    /// Runs the code of a library and adds it to a list. Returns its name.
    fn add_library(&mut self, list: &mut Libraries, code: &[u8], replace: bool) -> Result<Vec<u8>, CmdError> {
        list.check(code, replace).map_err(text)?;
        let mut engine = self.take_engine()?;
        let mut host = LoadHost::new(&self.shared, self.ticks);
        let loaded = engine.load_library(code, &mut host);
        let result = loaded.map_err(text).and_then(|library| {
            let name = library.name.clone();
            if let Err(error) = list.insert(LibraryInfo::new(code, &library)) {
                library.functions.iter().for_each(|function| engine.unload(function.id));
                return Err(text(error));
            }
            if let Some(info) = list.library(&name) {
                self.scripting.libraries.keep(Arc::clone(info), library, &mut engine);
            }
            Ok(name)
        });
        self.put_engine(engine);
        result
    }

    /// FUNCTION RESTORE.
    fn restore_libraries(&mut self, args: Args<'_>) -> Result<(), CmdError> {
        if args.len() > 4 {
            return Err(wrong_words(args));
        }
        let policy = match args.get(3) {
            Some(word) => RestorePolicy::parse(word).map_err(CmdError::text_of)?,
            None => RestorePolicy::Append,
        };
        let codes = read_payload(args.arg(2)).map_err(CmdError::text_of)?;
        let mut restored = Libraries::default();
        for code in codes {
            self.add_library(&mut restored, &code, false)?;
        }
        let mut list = Libraries::clone(&self.shared.scripts.functions.get());
        list.restore(restored, policy).map_err(text)?;
        self.shared.scripts.functions.set(list);
        Ok(())
    }

    /// Adds a library that a file has.
    pub(crate) fn library_of_file(&mut self, code: &[u8], offset: u64) -> Result<(), LoadError> {
        let mode = self.shared.saving.mode();
        let shared = Arc::clone(&self.shared);
        let _changing = shared.scripts.functions.changing();
        let mut list = Libraries::clone(&self.shared.scripts.functions.get());
        match self.add_library(&mut list, code, mode == Mode::Merge) {
            Ok(_) if mode == Mode::Look => Ok(()),
            Ok(_) => {
                self.shared.scripts.functions.set(list);
                Ok(())
            }
            Err(error) => {
                let text = error.text();
                let problem = format!("a library of functions that can't be loaded: {}", text.escape_ascii());
                Err(LoadError::new(offset, problem))
            }
        }
    }

    /// FUNCTION LIST.
    pub(crate) fn function_list(&mut self, call: &Call) -> Result<(), CmdError> {
        let query = ListQuery::parse(self.call_args(call).tail(2).iter()).map_err(text)?;
        let list = self.shared.scripts.functions.get();
        self.answer(call, |reply| list.list(&query, reply));
        Ok(())
    }

    /// FUNCTION DUMP.
    pub(crate) fn function_dump(&mut self, call: &Call) -> Result<(), CmdError> {
        let payload = self.shared.scripts.functions.get().dump();
        self.answer(call, |reply| reply.bulk(&payload));
        Ok(())
    }

    /// FUNCTION STATS.
    pub(crate) fn function_stats(&mut self, call: &Call) -> Result<(), CmdError> {
        let now_ms = self.now.unix_ms;
        let list = self.shared.scripts.functions.get();
        let running = self.shared.scripts.running.iter().find_map(|running| running.busy().first().cloned());
        match running {
            Some(Runs { is_function: false, .. }) => return Err(super::busy::BUSY_SCRIPT),
            Some(runs) => {
                let command: Vec<&[u8]> = runs.words.iter().map(Vec::as_slice).collect();
                let duration_ms = now_ms.saturating_sub(runs.since_ms);
                let running = RunningFunction { name: &runs.name, command: &command, duration_ms };
                self.answer(call, |reply| list.stats(Some(running), reply));
            }
            None => self.answer(call, |reply| list.stats(None, reply)),
        }
        Ok(())
    }

    /// FUNCTION KILL.
    pub(crate) fn function_kill(&mut self, call: &Call) -> Result<(), CmdError> {
        self.kill_scripts(call, true)
    }

    /// FUNCTION HELP.
    pub(crate) fn function_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| crate::connection::write_help(crate::connection::FUNCTION_HELP, reply));
        Ok(())
    }
}
