//! What all cores share: the command table, the configuration, counters, and the way to the control plane.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use commands::{CmdError, CommandId, CommandTable};
use crossbeam::utils::CachePadded;
use persist::load::Feed;
use persist::log::Logs;
use store::{AccessPolicy, Limits};

use crate::config::{Changes, Config};
use crate::conn::Conn;
use crate::errand::Done;
use crate::histogram::Distribution;
use crate::journal::Journals;
use crate::parcels::Answers;
use crate::process::Process;
use crate::pubsub::Registry;
use crate::saving::Saving;
use crate::scripting::registry::Scripts;
use crate::stats::CoreStats;

/// Who may do something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permission {
    /// Nobody.
    No,
    /// Clients of this host.
    Local,
    /// Everybody.
    Yes,
}

/// From when on commands are remembered in the command log, and how many of them.
#[derive(Clone, Debug, Default)]
pub struct CommandLogConfig {
    /// `slowlog-log-slower-than`, if it is not -1.
    pub slow_us: Option<u64>,
    /// `slowlog-max-len`.
    pub slow_max: usize,
    /// `commandlog-request-larger-than`, if it is not -1.
    pub request_bytes: Option<u64>,
    /// `commandlog-large-request-max-len`.
    pub request_max: usize,
    /// `commandlog-reply-larger-than`, if it is not -1.
    pub reply_bytes: Option<u64>,
    /// `commandlog-large-reply-max-len`.
    pub reply_max: usize,
}

/// Limits of the unsent output of a class of clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputBounds {
    /// Beyond this a client is dropped, 0 for none.
    pub hard_bytes: usize,
    /// Beyond this for `soft_ms` a client is dropped, 0 for none.
    pub soft_bytes: usize,
    /// How long the soft limit may be exceeded.
    pub soft_ms: u64,
}

/// The configuration as cores use it. A core keeps a copy and looks at the epoch once a turn.
#[derive(Clone, Debug)]
pub struct HotConfig {
    /// `requirepass`; empty for none.
    pub password: Vec<u8>,
    /// `databases`.
    pub databases: usize,
    /// `proto-max-bulk-len`.
    pub max_bulk_bytes: u64,
    /// `client-query-buffer-limit`.
    pub query_buffer_max_bytes: usize,
    /// Limits of the unsent output of normal clients.
    pub output: OutputBounds,
    /// The same of clients that are subscribed.
    pub output_pubsub: OutputBounds,
    /// `notify-keyspace-events`, as a mask.
    pub(crate) notify: u32,
    /// `protected-mode`.
    pub protected_mode: bool,
    /// `maxmemory`; 0 for no limit.
    pub max_memory_bytes: u64,
    /// `enable-debug-command`.
    pub debug_command: Permission,
    /// `enable-protected-configs`.
    pub protected_configs: Permission,
    /// `slowlog-…` and `commandlog-…`.
    pub command_log: CommandLogConfig,
    /// `latency-monitor-threshold`; 0 is never.
    pub latency_threshold_ms: u64,
    /// `busy-reply-threshold`; 0 is never.
    pub busy_reply_ms: u64,
    /// `latency-tracking`.
    pub latency_tracking: bool,
    /// Limits of values, for the shard.
    pub limits: Limits,
    /// How accesses of keys are noted.
    pub access: AccessPolicy,
}

impl Default for HotConfig {
    fn default() -> Self {
        HotConfig {
            password: Vec::new(),
            databases: 16,
            max_bulk_bytes: base::limits::BULK_DEFAULT_MAX_BYTES,
            query_buffer_max_bytes: base::limits::QUERY_BUFFER_MAX_BYTES,
            output: OutputBounds::default(),
            output_pubsub: OutputBounds::default(),
            notify: 0,
            protected_mode: true,
            max_memory_bytes: 0,
            debug_command: Permission::No,
            protected_configs: Permission::No,
            command_log: CommandLogConfig::default(),
            latency_threshold_ms: 0,
            busy_reply_ms: 5000,
            latency_tracking: true,
            limits: Limits::default(),
            access: AccessPolicy::default(),
        }
    }
}

impl HotConfig {
    /// The output limits of a client.
    pub(crate) fn output_of(&self, conn: &Conn) -> OutputBounds {
        if conn.subscriptions.is_some() { self.output_pubsub } else { self.output }
    }
}

/// What all cores share.
pub struct Shared {
    /// All commands.
    pub table: CommandTable,
    /// By core.
    pub stats: Vec<CachePadded<CoreStats>>,
    /// What only the process knows and can do.
    pub process: Box<dyn Process>,
    /// Who is subscribed to what.
    pub(crate) pubsub: Registry,
    /// The scripts that the server knows.
    pub(crate) scripts: Scripts,
    /// What is remembered of unusual commands.
    pub(crate) journals: Journals,
    /// The name of this history of data; DEBUG CHANGE-REPL-ID changes it.
    replication_id: Mutex<String>,
    /// By core: how many of its clients are in MONITOR mode.
    pub(crate) monitors: Vec<AtomicU64>,
    /// Bytes in use besides the shards' data, at the last look.
    pub(crate) other_bytes: AtomicU64,
    /// Rejected connections at the last CONFIG RESETSTAT.
    pub(crate) rejected_before: AtomicU64,
    next_client_id: AtomicU64,
    /// Set once: cores finish what is in flight and stop.
    stopping: AtomicBool,
    /// How many cores have nothing in flight any more, while stopping.
    drained: AtomicUsize,
    /// Locked by commands that show or change the configuration, never by a turn as such.
    config: Mutex<Config>,
    hot: RwLock<HotConfig>,
    hot_epoch: AtomicU64,
    /// By core: replies of commands that the control plane carried out.
    errands: Vec<Mutex<Vec<Done>>>,
    /// By core: what became of its parcels.
    delivered: Vec<Mutex<Answers>>,
    /// Snapshots.
    pub saving: Saving,
    /// The log of what data went through.
    pub logs: Arc<Logs>,
    /// Loading at the start.
    pub feed: Feed,
}

impl Shared {
    /// For so many shards.
    pub fn new(shards: u16, config: Config, process: Box<dyn Process>) -> Self {
        let mut table = CommandTable::new(commands::FAMILIES);
        // The configuration was checked when it was read.
        let _ = config.rename_in(&mut table);
        let hot = config.hot();
        let logs = Logs::new(usize::from(shards));
        logs.set_policy(config.sync_policy());
        let saving = Saving::new(process.facts().started_ms / 1000);
        Shared {
            scripts: Scripts::new(shards),
            stats: (0..shards).map(|_| CoreStats::new(table.len(), hot.databases)).collect(),
            monitors: (0..shards).map(|_| AtomicU64::new(0)).collect(),
            table,
            replication_id: Mutex::new(process.facts().run_id.clone()),
            process,
            pubsub: Registry::new(),
            journals: Journals::new(shards),
            other_bytes: AtomicU64::new(0),
            rejected_before: AtomicU64::new(0),
            next_client_id: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
            drained: AtomicUsize::new(0),
            config: Mutex::new(config),
            hot: RwLock::new(hot),
            hot_epoch: AtomicU64::new(1),
            errands: (0..shards).map(|_| Mutex::default()).collect(),
            delivered: (0..shards).map(|_| Mutex::default()).collect(),
            saving,
            logs,
            feed: Feed::default(),
        }
    }

    /// How long the calls of a command took, on all cores.
    pub(crate) fn durations_of(&self, command: CommandId) -> Distribution {
        let parts = self.stats.iter().filter_map(|core| core.commands.get(usize::from(command)));
        Distribution::of(parts.map(|command| &command.durations), |ticks| self.process.ticks_to_ns(ticks))
    }

    /// The name of this history of data: 40 hexadecimal digits.
    pub(crate) fn replication_id(&self) -> String {
        self.replication_id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives this history of data another name.
    pub(crate) fn set_replication_id(&self, id: String) {
        *self.replication_id.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }

    /// A number for a new client, unique over the life of the process.
    pub fn next_client_id(&self) -> u64 {
        self.next_client_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Tells all cores to finish and stop. The caller wakes them.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether cores are to finish and stop.
    #[inline]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// A core has nothing in flight any more; once for each core.
    pub(crate) fn core_drained(&self) {
        self.drained.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether no core has anything in flight.
    pub(crate) fn all_drained(&self) -> bool {
        self.drained.load(Ordering::Acquire) >= self.stats.len()
    }

    /// The number of the current configuration; raised by each change.
    #[inline]
    pub fn hot_epoch(&self) -> u64 {
        self.hot_epoch.load(Ordering::Acquire)
    }

    /// Makes all cores look anew at what is shared.
    pub(crate) fn raise_epoch(&self) {
        self.hot_epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// A copy of what cores need of the current configuration.
    pub fn hot(&self) -> HotConfig {
        self.hot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The configuration, to look at.
    pub fn config(&self) -> MutexGuard<'_, Config> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a changed configuration into effect: cores take it over at their next turn, the process at once. What can't
    /// be done is undone.
    ///
    /// # Errors
    /// A value that the parameter doesn't take, or that can't be put into effect.
    pub(crate) fn change_config(&self, changes: &Changes) -> Result<(), CmdError> {
        let mut guard = self.config();
        let new = changes.apply_to(&guard)?;
        let (wanted, before) = (changes.settings(&new), changes.settings(&guard));
        for (at, (name, setting)) in wanted.into_iter().enumerate() {
            if let Err(problem) = self.process.apply(setting) {
                for (_, setting) in before.into_iter().take(at) {
                    // It was in effect a moment ago.
                    let _ = self.process.apply(setting);
                }
                return Err(Changes::failed(&name, problem).into());
            }
        }
        self.sample_memory();
        *self.hot.write().unwrap_or_else(PoisonError::into_inner) = new.hot();
        self.hot_epoch.fetch_add(1, Ordering::AcqRel);
        *guard = new;
        drop(guard);
        self.look_at_log();
        Ok(())
    }

    /// What became of a core's parcels.
    pub(crate) fn delivered(&self, core: u16) -> MutexGuard<'_, Answers> {
        self.delivered[usize::from(core)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What errands of a core have brought.
    pub(crate) fn errand_results(&self, core: u16) -> MutexGuard<'_, Vec<Done>> {
        let desk = &self.errands[usize::from(core)];
        desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
