//! Counters of a core. Each has one writer, the core itself, and any number of readers (INFO on another core), so they
//! are relaxed atomics without locked instructions: a plain load and store.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam::utils::CachePadded;

/// A counter with a single writer.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds; by the owning core only.
    #[inline]
    pub fn add(&self, by: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(by), Relaxed);
    }

    /// Raises to `value` if that is more; by the owning core only.
    #[inline]
    pub fn raise(&self, value: u64) {
        if value > self.0.load(Relaxed) {
            self.0.store(value, Relaxed);
        }
    }

    /// Sets; by the owning core only.
    #[inline]
    pub fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    /// The value.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The counters of one command on one core.
#[derive(Debug, Default)]
pub struct CommandStats {
    /// Calls that were executed.
    pub calls: Counter,
    /// Time spent executing, in ticks of the core's tick counter.
    pub ticks: Counter,
    /// The longest execution, in ticks.
    pub max_ticks: Counter,
    /// Calls refused before execution (arity, no authentication).
    pub rejected: Counter,
    /// Calls that ended in an error.
    pub failed: Counter,
}

/// The number of keys of a database of a shard.
#[derive(Debug, Default)]
pub struct DbStats {
    /// Keys.
    pub keys: Counter,
    /// Keys with an expiry.
    pub expires: Counter,
    /// Estimated mean time to live of those, in milliseconds.
    pub avg_ttl_ms: Counter,
}

/// All counters of a core.
#[derive(Debug)]
pub struct CoreStats {
    /// By command number.
    pub commands: Vec<CommandStats>,
    /// By database.
    pub dbs: Vec<DbStats>,
    /// Commands carried out for own connections and for other cores.
    pub commands_processed: Counter,
    /// Connections open now.
    pub clients: Counter,
    /// Connections ever opened.
    pub connections: Counter,
    /// Bytes received from clients.
    pub input_bytes: Counter,
    /// Bytes handed to sockets.
    pub output_bytes: Counter,
    /// Turns of the loop.
    pub turns: Counter,
    /// Publishes over the bus.
    pub publishes: Counter,
    /// Pieces sent to other shards.
    pub pieces_sent: Counter,
    /// Pieces executed for other shards.
    pub pieces_received: Counter,
    /// Rounds commands that went over several shards.
    pub rounds: Counter,
    /// Pieces that waited for a key lock.
    pub lock_waits: Counter,
    /// Clients dropped for output beyond their limit.
    pub output_limit_drops: Counter,
    /// Clients dropped for too large a query buffer.
    pub query_limit_drops: Counter,
    /// Replies that were errors.
    pub error_replies: Counter,
    /// Keys found by reading commands.
    pub keyspace_hits: Counter,
    /// Keys not found by reading commands.
    pub keyspace_misses: Counter,
    /// Keys removed because they expired.
    pub expired_keys: Counter,
    /// Bytes of the shard's data.
    pub used_bytes: Counter,
    /// Changes since start.
    pub dirty: Counter,
    /// Bytes of clients' buffers held by the frontend.
    pub client_bytes: Counter,
}

impl CoreStats {
    /// Counters for so many commands and databases, all zero.
    pub fn new(commands: usize, databases: usize) -> CachePadded<Self> {
        CachePadded::new(CoreStats {
            commands: (0..commands).map(|_| CommandStats::default()).collect(),
            dbs: (0..databases).map(|_| DbStats::default()).collect(),
            commands_processed: Counter::default(),
            clients: Counter::default(),
            connections: Counter::default(),
            input_bytes: Counter::default(),
            output_bytes: Counter::default(),
            turns: Counter::default(),
            publishes: Counter::default(),
            pieces_sent: Counter::default(),
            pieces_received: Counter::default(),
            rounds: Counter::default(),
            lock_waits: Counter::default(),
            output_limit_drops: Counter::default(),
            query_limit_drops: Counter::default(),
            error_replies: Counter::default(),
            keyspace_hits: Counter::default(),
            keyspace_misses: Counter::default(),
            expired_keys: Counter::default(),
            used_bytes: Counter::default(),
            dirty: Counter::default(),
            client_bytes: Counter::default(),
        })
    }
}
