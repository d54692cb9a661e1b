//! Snapshots and loading, as cores take part in them.
//!
//! ```text
//! BGSAVE ──► job of the storage plane, which waits for chunks
//!        ──► one step to all shards in one publish: the cut ──► reply
//!   each core, between commands: a slice of its shard's walk ──► chunks ──► storage plane
//! ```
//!
//! The step claims whole shards, so it comes before or after any command of several rounds and never in between; and it holds
//! nothing, since it is the only round.
//!
//! While a file is loaded at the start, cores take its chunks in slices in the same way, and most commands are refused.

pub(crate) mod pace;

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bus::Wake;
use commands::meta::Flag;
use commands::{CmdError, CommandId, CommandSpec, Step, StepOut, Tx};
use persist::load::{FeedItem, LoadError, Loader, Mode, Step as LoadStep};
use persist::snapshot::{Busy, Form, Job, Jobs, Message, Target, write};
use store::SliceEnd;

pub(crate) use self::pace::Pace;
use crate::core::Core;
use crate::errand::Done;
use crate::message::Dest;
use crate::process::Load;
use crate::rounds::NewTask;
use crate::route::Call;
use crate::shared::Shared;

/// When the storage plane has enough to do, the walk is taken up again after this time.
const ROOM_WAIT_US: u64 = 500;
/// Keys and elements that are loaded in a slice: some milliseconds.
const LOAD_SLICE: usize = 20_000;
/// After a snapshot that failed, the next one by `save` is tried no sooner than after this time.
const RETRY_AFTER_S: u64 = 5;

const LOADING: CmdError = CmdError::text_of("LOADING Redis is loading the dataset in memory");
const MISCONF: CmdError = CmdError::text_of(
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may \
     modify the data set are disabled, because this instance is configured to report errors during writes if RDB \
     snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.",
);

/// What all cores share of snapshots.
pub struct Saving {
    /// Which one is under way, and what became of others.
    pub jobs: Arc<Jobs>,
    /// A snapshot is wanted that no client waits for: the first core begins it.
    wanted: AtomicBool,
    /// The same of a rewrite of the log; and when one was tried last.
    pub(crate) rewrite_wanted: AtomicBool,
    pub(crate) rewrite_tried_ms: AtomicU64,
    /// Cores are to take a last snapshot when all have stopped.
    last: AtomicBool,
    /// Commands that write are refused, since the last snapshot has failed.
    writes_refused: AtomicBool,
    /// What is loaded is loaded again (DEBUG RELOAD): commands wait meanwhile, and are not refused; and whether it is added to what
    /// there is, or only looked at.
    pub(crate) reloads: AtomicBool,
    mode: Mutex<Mode>,
    /// A frame of the log that is to be carried out by the task that loads it again.
    across: Mutex<Option<Arc<[u8]>>>,
    opened: Mutex<Option<Load>>,
    /// Who waits for the end of which snapshot.
    waiters: Mutex<Vec<Waiter>>,
}

/// Ends a job when it is dropped: nobody writes it, since there is no thread to be had.
struct Unwritten {
    jobs: Option<Arc<Jobs>>,
    now_ms: u64,
}

impl Unwritten {
    fn disarm(mut self) {
        self.jobs = None;
    }
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        if let Some(jobs) = &self.jobs {
            jobs.end(false, self.now_ms);
        }
    }
}

/// A command that waits for the end of a snapshot.
struct Waiter {
    snapshot: u64,
    core: u16,
    command: CommandId,
    dest: Dest,
}

impl Saving {
    fn waiters(&self) -> MutexGuard<'_, Vec<Waiter>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn new(started_unix_s: u64) -> Self {
        Saving {
            jobs: Jobs::new(started_unix_s),
            wanted: AtomicBool::new(false),
            rewrite_wanted: AtomicBool::new(false),
            rewrite_tried_ms: AtomicU64::new(0),
            last: AtomicBool::new(false),
            writes_refused: AtomicBool::new(false),
            reloads: AtomicBool::new(false),
            mode: Mutex::default(),
            across: Mutex::default(),
            opened: Mutex::default(),
            waiters: Mutex::default(),
        }
    }

    /// Keeps what was opened until it is to be loaded.
    pub(crate) fn opened(&self, load: Option<Load>) {
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = load;
    }

    /// What is done with the keys that are loaded.
    pub(crate) fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what is done with the keys that are loaded.
    pub(crate) fn set_mode(&self, mode: Mode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// The frame that is to be carried out by the task that loads the log again.
    pub(crate) fn across(&self) -> MutexGuard<'_, Option<Arc<[u8]>>> {
        self.across.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was opened.
    pub(crate) fn take_opened(&self) -> Option<Load> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Why commands are refused for now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gate {
    loading: bool,
    writes_refused: bool,
    log_failed: bool,
    /// The last snapshot has begun.
    last_begun: bool,
}

impl Gate {
    /// Whether any command is refused.
    #[inline]
    pub(crate) fn is_shut(self) -> bool {
        self.loading || self.writes_refused || self.log_failed
    }

    /// Whether a command may be refused; of EXEC it depends on what is queued.
    pub(crate) fn concerns(self, spec: &CommandSpec) -> bool {
        let writes = || spec.meta.flags.contains(Flag::Write) || matches!(spec.meta.name, "ping" | "exec");
        (self.writes_refused || self.log_failed) && writes() || self.is_too_early(spec)
    }

    fn is_too_early(self, spec: &CommandSpec) -> bool {
        self.loading && !spec.meta.flags.contains(Flag::Loading)
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Why nothing may be written, if so.
    pub(crate) fn disk_error(&self) -> Option<CmdError> {
        if self.gate.writes_refused {
            return Some(MISCONF);
        }
        self.gate.log_failed.then(|| {
            let error = self.shared.logs.status().error.unwrap_or_default();
            // Without the number that the standard library adds to what the system says.
            let words = error.split(" (os error").next().unwrap_or_default();
            CmdError::Text(format!("MISCONF Errors writing to the AOF file: {words}").into_bytes().into())
        })
    }

    /// Whether and why a command is refused for now.
    #[cold]
    pub(crate) fn refused_for_now(&self, call: &Call) -> Option<CmdError> {
        let spec = self.table().spec(call.command);
        let writes = spec.meta.flags.contains(Flag::Write)
            || spec.meta.name == "ping"
            || spec.meta.name == "exec" && self.queued_flags(call.id).0;
        let error = if writes { self.disk_error() } else { None };
        error.or_else(|| self.gate.is_too_early(spec).then_some(LOADING))
    }
}

impl Shared {
    /// Looks whether a snapshot is due by `save`; several times a second, by the control plane.
    pub fn look_at_save_points(&self, now_ms: u64) {
        let (points, stops) = {
            let config = self.config();
            (config.save_points(), config.stops_writes())
        };
        let saves = self.saving.jobs.saves();
        let refused = saves.failed && stops && !points.is_empty();
        if self.saving.writes_refused.swap(refused, Ordering::AcqRel) != refused {
            self.process.wake_all();
        }
        let dirty = self.unsaved();
        let since_s = (now_ms / 1000).saturating_sub(saves.last_unix_s);
        let due = points.iter().any(|&(seconds, changes)| dirty >= changes && dirty > 0 && since_s > seconds);
        let waits = saves.failed && now_ms.saturating_sub(saves.failed_ms) < RETRY_AFTER_S * 1000;
        if due && !waits && saves.began_ms.is_none() && !self.feed.is_active() {
            self.saving.wanted.store(true, Ordering::Release);
            self.process.wake_all();
        }
    }

    /// Changes of data since the start.
    pub(crate) fn dirty(&self) -> u64 {
        self.stats.iter().map(|core| core.dirty.get()).sum()
    }

    /// Changes of data since the last snapshot.
    pub(crate) fn unsaved(&self) -> u64 {
        self.dirty().saturating_sub(self.saving.jobs.saves().dirty)
    }

    /// So many changes of data are not in a snapshot: whatever else was changed has come from one.
    pub fn set_unsaved(&self, changes: u64) {
        self.saving.jobs.count_from(self.dirty().saturating_sub(changes));
    }

    /// Whether the process saves before it ends, if nobody says otherwise.
    pub fn saves_at_end(&self) -> bool {
        !self.config().save_points().is_empty()
    }

    /// Prepares a last snapshot, which cores take when all have stopped. A snapshot that is under way is given up; until it is,
    /// the answer is false, and the caller tries again.
    pub fn prepare_last_save(self: &Arc<Self>, now_ms: u64) -> bool {
        match self.begin_job_of(self.target(now_ms), false, now_ms, |_| ()) {
            Ok(_) => {
                self.saving.last.store(true, Ordering::Release);
                true
            }
            Err(Busy) => {
                self.saving.jobs.cancel();
                false
            }
        }
    }

    /// Where snapshots go, and how.
    fn target(&self, now_ms: u64) -> Target {
        let config = self.config();
        Target {
            folder: ".".into(),
            name: config.snapshot_file(),
            form: config.snapshot_form(),
            number: now_ms,
            compressed: config.compresses(),
            checksum: config.checksums(),
            shards: self.stats.len(),
            about: about(now_ms, self.process.memory().used_bytes),
        }
    }

    /// Prepares a snapshot that the caller has written: by the function, on a thread that may wait, while the cut is made and cores walk.
    /// That tells whether it is good. Returns its number too.
    pub(crate) fn prepare_snapshot(
        &self,
        now_ms: u64,
    ) -> Result<(u64, impl FnOnce(&Arc<Shared>) -> bool + Send + use<>), Busy> {
        let target = self.target(now_ms);
        let (job, chunks) = self.saving.jobs.begin(compresses_strings(&target), now_ms)?;
        let number = job.number();
        let unwritten = Unwritten { jobs: Some(Arc::clone(&self.saving.jobs)), now_ms };
        let write = move |shared: &Arc<Shared>| {
            unwritten.disarm();
            let count = shared.saving.jobs.saves().count;
            shared.write_snapshot(&target, false, &job, chunks, &|| now_ms);
            shared.saving.jobs.saves().count > count
        };
        Ok((number, write))
    }

    /// Has the storage plane wait for the chunks of a snapshot, whose cut must follow; `base`: of a rewrite of the log. Returns its number, which is told before
    /// the snapshot can have ended.
    pub(crate) fn begin_job_of(
        self: &Arc<Self>,
        target: Target,
        base: bool,
        now_ms: u64,
        tell: impl FnOnce(u64),
    ) -> Result<u64, Busy> {
        let (job, chunks) = self.saving.jobs.begin(compresses_strings(&target), now_ms)?;
        let (number, shared) = (job.number(), Arc::clone(self));
        tell(number);
        let accepted = self
            .process
            .storage(Box::new(move |now_ms| shared.write_snapshot(&target, base, &job, chunks, now_ms)));
        if !accepted {
            self.saving.waiters().retain(|waiter| waiter.snapshot != number);
            self.saving.jobs.end(false, now_ms);
            return Err(Busy);
        }
        Ok(number)
    }

    /// Puts the libraries of functions into the snapshot of this number.
    pub(crate) fn save_functions(&self, number: u64) {
        if let Some(job) = self.saving.jobs.current().filter(|job| job.number() == number) {
            let records = self.scripts.functions.get().records(job.is_compressed());
            if !records.is_empty() {
                job.add(records);
            }
        }
    }

    /// The storage plane's part of a snapshot.
    fn write_snapshot(
        &self,
        target: &Target,
        base: bool,
        job: &Job,
        chunks: Receiver<Message>,
        now_ms: &dyn Fn() -> u64,
    ) {
        let began_ms = now_ms();
        tracing::info!("a snapshot begins");
        if base {
            // When the log is switched on its folder may not be there yet. If it can't be made, making a file in it says why.
            let _ = self.process.files().make_folder(&target.folder);
        }
        let result = write(self.process.files(), &|works| self.process.at_once(works), target, job, chunks);
        let took_ms = now_ms().saturating_sub(began_ms);
        match &result {
            Ok(written) => {
                tracing::info!("snapshot saved: {} bytes in {took_ms} ms", written.bytes);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {
                tracing::warn!("the snapshot was cancelled");
            }
            Err(error) => tracing::error!("the snapshot failed: {error}"),
        }
        if base {
            self.logs.end_rewrite(result.as_ref().ok().map(|written| written.bytes), now_ms());
            self.saving.jobs.end_base();
        } else {
            self.saving.jobs.end(result.is_ok(), now_ms());
        }
        let reply: &[u8] = if result.is_ok() { b"+OK\r\n" } else { b"-ERR\r\n" };
        let number = job.number();
        for waiter in self.saving.waiters().extract_if(.., |waiter| waiter.snapshot == number) {
            let done = Done::new(waiter.command, waiter.dest, reply.to_vec());
            self.errand_results(waiter.core).push(done);
        }
        self.process.wake_all();
    }
}

/// Whether strings are compressed one by one. Not where frames are: what is compressed already leaves little to find in them.
fn compresses_strings(target: &Target) -> bool {
    target.compressed && target.form == Form::File
}

/// What a file says about itself.
pub(crate) fn about(now_ms: u64, used_bytes: u64) -> Vec<(&'static str, String)> {
    vec![
        ("redis-ver", crate::connection::REDIS_VERSION.to_owned()),
        ("redis-bits", usize::BITS.to_string()),
        ("ctime", (now_ms / 1000).to_string()),
        ("used-mem", used_bytes.to_string()),
        ("aof-base", "0".to_owned()),
    ]
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Begins a snapshot. `dest` hears that it has begun when the cut is made; `waiter`, a command of this core's, waits for
    /// the end.
    pub(crate) fn begin_snapshot(
        &mut self,
        dest: Dest,
        waiter: Option<(CommandId, Dest)>,
    ) -> Result<(), Busy> {
        let (shared, core) = (Arc::clone(&self.shared), self.id);
        let (target, now_ms) = (shared.target(self.now.unix_ms), self.now.unix_ms);
        let number = shared.begin_job_of(target, false, now_ms, |snapshot| {
            let waiter = waiter.map(|(command, dest)| Waiter { snapshot, core, command, dest });
            shared.saving.waiters().extend(waiter);
        })?;
        self.errands += u32::from(waiter.is_some());
        let new = NewTask::of_all(dest, self.topology.shards);
        let shared = Arc::clone(&self.shared);
        self.begin_task(new, |tx| Box::pin(cut(tx, number, shared)) as Pin<Box<_>>);
        Ok(())
    }

    /// Once a turn: begins what is wanted, loads on, and looks what is refused. Returns whether there is more to load.
    #[inline]
    pub(crate) fn look_at_saving(&mut self) -> bool {
        let saving = &self.shared.saving;
        if self.id == 0
            && saving.wanted.load(Ordering::Relaxed)
            && saving.wanted.swap(false, Ordering::AcqRel)
        {
            // If one is under way, this one is not needed.
            let _ = self.begin_snapshot(Dest::NOBODY, None);
        }
        self.look_at_rewrites();
        let gate = Gate {
            loading: self.shared.feed.is_active() && !self.shared.saving.reloads.load(Ordering::Relaxed),
            writes_refused: self.shared.saving.writes_refused.load(Ordering::Relaxed),
            log_failed: self.shared.logs.is_failed(),
            ..self.gate
        };
        if gate != self.gate {
            self.gate = gate;
            self.refresh_hot_specs();
        }
        match self.shared.feed.pass() {
            Some(pass) => self.load_slice(pass),
            None => {
                self.loader = None;
                false
            }
        }
    }

    /// Walks on for a snapshot. Returns when to go on: 0 for at once.
    #[inline]
    pub(crate) fn walk_for_snapshot(&mut self) -> Option<u64> {
        if !self.shard.has_snapshot() {
            return None;
        }
        let commands = self.stats().commands_processed.get();
        let budget_us = match self.pace.ask(self.now.monotonic_us, commands) {
            Ok(budget_us) => budget_us,
            Err(again_us) => return Some(again_us),
        };
        let start = (self.ticks)();
        loop {
            match self.shard.snapshot_slice() {
                SliceEnd::Done => return None,
                SliceEnd::NoRoom => return Some(self.now.monotonic_us + ROOM_WAIT_US),
                SliceEnd::More => {}
            }
            let ticks = (self.ticks)().wrapping_sub(start);
            let took_us = self.shared.process.ticks_to_ns(ticks) / 1000;
            if took_us >= budget_us {
                self.pace.walked(took_us);
                return Some(0);
            }
        }
    }

    /// All cores have stopped: whether this one has said all that goes into the last snapshot, if there is one.
    pub(crate) fn is_saved(&mut self) -> bool {
        if !self.shared.saving.last.load(Ordering::Acquire) {
            return true;
        }
        if !self.gate.last_begun && !self.shard.has_snapshot() {
            self.gate.last_begun = true;
            if let Some(job) = self.shared.saving.jobs.current() {
                if self.id == 0 {
                    self.shared.save_functions(job.number());
                }
                self.shard.begin_snapshot(job.number());
            }
        }
        !self.shard.has_snapshot()
    }

    /// Loads some of the file. Returns whether there is more to do at once. Time passes for the shard by what is published alone
    /// (T1), so what is loaded sees the core's time only meanwhile.
    #[cold]
    fn load_slice(&mut self, pass: u64) -> bool {
        let clock_ms = self.shard.now_ms();
        self.shard.set_now(self.now.unix_ms);
        let more = self.load_some(pass);
        self.shard.replay_at(clock_ms);
        more
    }

    fn load_some(&mut self, pass: u64) -> bool {
        let (shard, shards) = (self.id, self.topology.shards);
        self.loader.take_if(|(of, _)| *of != pass);
        let (_, loader) = self.loader.get_or_insert_with(|| {
            let verify = shard == 0 && self.shared.config().checksums();
            (pass, Box::new(Loader::new(shard, shards, verify).with_mode(self.shared.saving.mode())))
        });
        if loader.is_over() {
            return false;
        }
        let mut worked = loader.work(&mut self.shard, LOAD_SLICE);
        let functions = loader.take_functions();
        if worked.is_ok()
            && let Some(error) = functions.iter().find_map(|(at, code)| self.library_of_file(code, *at).err())
        {
            worked = Err(error);
        }
        let Some((_, loader)) = &mut self.loader else { return false };
        let (feed, number) = (&self.shared.feed, usize::from(shard));
        match worked {
            Ok(LoadStep::More) => true,
            Ok(LoadStep::Hungry | LoadStep::End) => {
                let item = feed.next(pass, number);
                let result = match (item, loader.inside()) {
                    (Ok(None), _) => return false,
                    (Ok(Some(FeedItem::Frames(_) | FeedItem::Across(_))) | Err(()), Some(truncated)) => {
                        Err(truncated)
                    }
                    (Ok(Some(FeedItem::Across(frame))), None) => {
                        self.replay_across(frame);
                        return true;
                    }
                    (Err(()), None) => Ok(loader.loaded()),
                    (Ok(Some(FeedItem::Frames(frames))), None) => match self.replay(&frames) {
                        Ok(_) => return true,
                        Err(problem) => Err(LoadError::new(0, problem)),
                    },
                    (Ok(Some(item)), _) => match loader.feed(&item) {
                        Ok(()) => {
                            feed.note(pass, number, loader.loaded());
                            return true;
                        }
                        Err(error) => Err(error),
                    },
                };
                self.begin_log();
                self.publish_stats();
                self.shared.feed.finished(pass, number, result);
                self.loader.iter_mut().for_each(|(_, loader)| loader.end());
                false
            }
            Err(error) => {
                feed.finished(pass, number, Err(error));
                loader.end();
                false
            }
        }
    }
}

/// The cut: all shards begin the snapshot at one instant.
async fn cut(tx: Tx, number: u64, shared: Arc<Shared>) -> Result<(), CmdError> {
    let step = |shard| {
        let shared = (shard == 0).then(|| Arc::clone(&shared));
        let begin: Step = Box::new(move |ctx| {
            if let Some(shared) = shared {
                shared.save_functions(number);
            }
            ctx.shard.begin_snapshot(number);
            StepOut::Done
        });
        (shard, begin)
    };
    tx.last_round((0..tx.topology.shards).map(step).collect()).await;
    tx.reply(|reply| reply.simple("Background saving started"));
    Ok(())
}
