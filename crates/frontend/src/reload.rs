//! DEBUG RELOAD and DEBUG LOADAOF: the data go to a file and come back from it, at one instant for everybody else.
//!
//! ```text
//! round 1   all shards are held
//!           RELOAD: a snapshot, whose cut is a round ─► a thread writes it      LOADAOF: the log is synced
//!           a thread opens what is to be loaded; what is to be added to what is there is looked at first
//! round n   all shards are emptied
//!           a thread reads, cores load as they do at the start (saving.rs); of another server's log this task carries out
//!           what concerns several shards (log/across.rs)
//! last      all shards are given back
//! ```

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::Args;
use bus::Wake;
use commands::{CmdError, Outside, Step, StepOut, Tx};
use persist::load::Mode;
use persist::snapshot::Busy;

use crate::core::Core;
use crate::log::across;
use crate::process::Stored;
use crate::rounds::NewTask;
use crate::route::Call;
use crate::shared::Shared;
use crate::transaction::exec::Surroundings;

const NO_SNAPSHOT: CmdError = CmdError::text_of("ERR Error trying to load the RDB dump, check server logs.");
const NO_LOG: CmdError = CmdError::text_of("ERR Error trying to load the AOF files, check server logs.");

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Plan {
    /// Save, flush, and load what was saved.
    Snapshot { save: bool, flush: bool, merge: bool },
    /// Flush, and load the log.
    Log,
}

impl Plan {
    /// DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE], or DEBUG LOADAOF
    fn parse(args: Args<'_>) -> Result<Plan, CmdError> {
        if args.arg(1).eq_ignore_ascii_case(b"loadaof") {
            return Ok(Plan::Log);
        }
        let (mut save, mut flush, mut merge) = (true, true, false);
        for word in args.tail(2).iter() {
            match word.to_ascii_lowercase().as_slice() {
                b"merge" => merge = true,
                b"noflush" => flush = false,
                b"nosave" => save = false,
                _ => {
                    return Err(CmdError::text_of(
                        "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
                    ));
                }
            }
        }
        Ok(Plan::Snapshot { save, flush, merge })
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// DEBUG RELOAD, DEBUG LOADAOF
    pub(crate) fn reload(&mut self, call: &Call) -> Result<(), CmdError> {
        let plan = Plan::parse(self.call_args(call))?;
        // What is loaded is in a file already, so it is not logged.
        let new = NewTask::of_all(call.dest(), self.topology.shards);
        let (around, now_ms) = (self.surroundings(), self.now.unix_ms);
        self.begin_task(new, |tx| Box::pin(run(tx, around, plan, now_ms)) as Pin<Box<_>>);
        Ok(())
    }
}

async fn run(tx: Tx, around: Surroundings, plan: Plan, now_ms: u64) -> Result<(), CmdError> {
    let shared = Arc::clone(&around.shared);
    tx.round(Vec::new()).await;
    let (stored, flush, mode, failed) = match plan {
        Plan::Snapshot { save, flush, merge } => {
            if save {
                save_all(&tx, &shared, now_ms).await?;
            }
            (Stored::Snapshot, flush, if merge { Mode::Merge } else { Mode::Load }, NO_SNAPSHOT)
        }
        Plan::Log => {
            sync_log(&tx, &shared).await;
            (Stored::Log, true, Mode::Load, NO_LOG)
        }
    };
    let unsaved = shared.unsaved();
    let mut loaded = Ok(());
    if !flush && mode == Mode::Load {
        // Keys that are there already are an error, and then nothing is to have changed.
        loaded = open(&tx, &shared, stored, Mode::Look).await;
        if loaded.is_ok() {
            loaded = load(&tx, &around).await;
            shared.set_unsaved(unsaved);
        }
    }
    if loaded.is_ok() {
        loaded = open(&tx, &shared, stored, mode).await;
    }
    if loaded.is_ok() {
        if flush {
            shared.scripts.functions.set(Default::default());
        }
        everywhere(&tx, false, move |_| {
            Box::new(move |ctx| {
                ctx.shard.leave_trail(false);
                if flush {
                    ctx.shard.flush_all();
                }
                StepOut::Done
            })
        })
        .await;
        let unsaved = if plan == Plan::Log { 0 } else { unsaved };
        loaded = load(&tx, &around).await;
        let is_logged = shared.logs.is_on();
        everywhere(&tx, true, move |_| {
            Box::new(move |ctx| {
                if is_logged && !ctx.shard.has_trail() {
                    ctx.shard.leave_trail(true);
                }
                StepOut::Done
            })
        })
        .await;
        shared.set_unsaved(unsaved);
        if is_logged && plan != Plan::Log && !matches!(plan, Plan::Snapshot { save: true, flush: true, .. }) {
            // The log knows nothing of what else was in the file.
            shared.want_rewrite();
        }
    }
    shared.saving.reloads.store(false, Ordering::Release);
    shared.saving.set_mode(Mode::Load);
    loaded.map_err(|problem| {
        tracing::warn!("DEBUG {plan:?}: {problem}");
        failed
    })?;
    tx.reply(|reply| reply.ok());
    Ok(())
}

/// Opens what is stored; from here on cores ask for what there is to load.
async fn open(tx: &Tx, shared: &Arc<Shared>, stored: Stored, mode: Mode) -> Result<(), String> {
    let shared = Arc::clone(shared);
    let opened = outside(tx, move || {
        shared.saving.set_mode(mode);
        shared.saving.reloads.store(true, Ordering::Release);
        let opened = shared.process.open_stored(&shared, stored);
        let result = opened.as_ref().map(|_| ()).map_err(Clone::clone);
        shared.saving.opened(opened.ok());
        result
    });
    opened.await
}

/// Loads what was opened: a thread reads it, and commands over several shards (of another server's log) are carried out here.
async fn load(tx: &Tx, around: &Surroundings) -> Result<(), String> {
    type End = Option<Result<(), String>>;
    fn lock(end: &Mutex<End>) -> MutexGuard<'_, End> {
        end.lock().unwrap_or_else(PoisonError::into_inner)
    }
    let ended: Arc<Mutex<End>> = Arc::default();
    let (shared, result) = (Arc::clone(&around.shared), Arc::clone(&ended));
    let begun = around.shared.process.beside(Box::new(move || {
        let loaded = match shared.saving.take_opened() {
            Some(load) => load(&shared),
            None => Err("there is nothing to load".into()),
        };
        *lock(&result) = Some(loaded);
    }));
    if !begun {
        around.shared.feed.end();
        return Err("there is no thread to be had".into());
    }
    loop {
        let (shared, watched) = (Arc::clone(&around.shared), Arc::clone(&ended));
        outside(tx, move || {
            let is_ended = || lock(&watched).is_some();
            // If that takes too long it is asked again.
            shared.process.wait_until(&|| is_ended() || shared.saving.across().is_some());
            Ok(())
        })
        .await?;
        let loaded = lock(&ended).take();
        if let Some(loaded) = loaded {
            return loaded;
        }
        let frame = around.shared.saving.across().take();
        if let Some(frame) = frame {
            across::run(tx, around, &frame).await;
            around.shared.feed.crossed();
        }
    }
}

/// Runs a step on every shard.
async fn everywhere(tx: &Tx, last: bool, step: impl Fn(u16) -> Step) {
    let steps = (0..tx.topology.shards).map(|shard| (shard, step(shard))).collect();
    if last {
        tx.last_round(steps).await
    } else {
        tx.round(steps).await
    };
}

/// Runs something that may wait on a thread of its own.
async fn outside(tx: &Tx, work: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    let work = move || match work() {
        Ok(()) => StepOut::Done,
        Err(problem) => StepOut::Bytes(problem.into_bytes()),
    };
    match tx.ask(Outside::Work(Box::new(work))).await.pop() {
        Some(StepOut::Done) => Ok(()),
        Some(StepOut::Bytes(problem)) => Err(String::from_utf8_lossy(&problem).into_owned()),
        _ => Err("the process ends".into()),
    }
}

/// Saves what all shards hold.
async fn save_all(tx: &Tx, shared: &Arc<Shared>, now_ms: u64) -> Result<(), CmdError> {
    let (number, write) = loop {
        match shared.prepare_snapshot(now_ms) {
            Ok(prepared) => break prepared,
            // Another one is under way: its walk goes on, since a walk claims nothing.
            Err(Busy) => {
                let other = Arc::clone(shared);
                let waited = outside(tx, move || {
                    let is_over = other.process.wait_until(&|| other.saving.jobs.current().is_none());
                    if is_over { Ok(()) } else { Err("another snapshot does not end".into()) }
                });
                waited.await.map_err(|_| CmdError::text_of("ERR"))?;
            }
        }
    };
    shared.save_functions(number);
    everywhere(tx, false, move |_| {
        Box::new(move |ctx| {
            ctx.shard.begin_snapshot(number);
            StepOut::Done
        })
    })
    .await;
    let saved = Arc::clone(shared);
    outside(tx, move || if write(&saved) { Ok(()) } else { Err(String::new()) })
        .await
        .map_err(|_| CmdError::text_of("ERR"))
}

/// Has all that was logged written and synced.
async fn sync_log(tx: &Tx, shared: &Arc<Shared>) {
    if !shared.logs.is_on() {
        return;
    }
    let shared = Arc::clone(shared);
    // Whether that was in time shows when it is read.
    let _ = outside(tx, move || {
        let logs = &shared.logs;
        logs.force_syncs(true);
        let is_synced = || (0..logs.shards()).all(|shard| logs.synced(shard) >= logs.appended(shard));
        shared.process.wait_until(&is_synced);
        logs.force_syncs(false);
        Ok(())
    })
    .await;
}
