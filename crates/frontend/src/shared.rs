//! What all cores share: the command table, the configuration, counters, and the way to the control plane.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use commands::CommandTable;
use crossbeam::utils::CachePadded;

use crate::stats::CoreStats;

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
    /// Hard output limit of normal clients, 0 for none.
    pub output_hard_bytes: usize,
    /// Soft output limit of normal clients, 0 for none.
    pub output_soft_bytes: usize,
    /// How long the soft limit may be exceeded.
    pub output_soft_ms: u64,
}

impl Default for HotConfig {
    fn default() -> Self {
        HotConfig {
            password: Vec::new(),
            databases: 16,
            max_bulk_bytes: base::limits::BULK_DEFAULT_MAX_BYTES,
            query_buffer_max_bytes: base::limits::QUERY_BUFFER_MAX_BYTES,
            output_hard_bytes: 0,
            output_soft_bytes: 0,
            output_soft_ms: 0,
        }
    }
}

/// The control plane, as cores see it.
pub trait Control: Send + Sync {
    /// A client asked for the process to end (SHUTDOWN).
    fn shutdown(&self);
    /// Wakes all cores.
    fn wake_all(&self);
}

/// What all cores share.
pub struct Shared {
    /// All commands.
    pub table: CommandTable,
    /// By core.
    pub stats: Vec<CachePadded<CoreStats>>,
    /// The control plane.
    pub control: Box<dyn Control>,
    next_client_id: AtomicU64,
    /// Set once: cores finish what is in flight and stop.
    stopping: AtomicBool,
    /// How many cores have nothing in flight any more, while stopping.
    drained: AtomicUsize,
    hot: std::sync::RwLock<HotConfig>,
    hot_epoch: AtomicU64,
}

impl Shared {
    /// For so many shards.
    pub fn new(shards: u16, hot: HotConfig, control: Box<dyn Control>) -> Self {
        let table = CommandTable::new(commands::FAMILIES);
        Shared {
            stats: (0..shards).map(|_| CoreStats::new(table.len(), hot.databases)).collect(),
            table,
            control,
            next_client_id: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
            drained: AtomicUsize::new(0),
            hot: std::sync::RwLock::new(hot),
            hot_epoch: AtomicU64::new(1),
        }
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

    /// A copy of the current configuration.
    pub fn hot(&self) -> HotConfig {
        self.hot.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Changes the configuration for all cores.
    pub fn set_hot(&self, change: impl FnOnce(&mut HotConfig)) {
        change(&mut self.hot.write().unwrap_or_else(std::sync::PoisonError::into_inner));
        self.hot_epoch.fetch_add(1, Ordering::AcqRel);
    }
}
