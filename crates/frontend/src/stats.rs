//! Counters of a core. Each has one writer, the core itself, and any number of readers (INFO on another core), so they
//! are relaxed atomics without locked instructions: a plain load and store.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crossbeam::utils::CachePadded;

use crate::histogram::Histogram;

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

/// The counters of one command on one core. One cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
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
    /// How long calls took, those over several shards counted once.
    pub durations: Histogram,
}

/// The number of keys of a database of a shard.
#[derive(Debug, Default)]
pub struct DbStats {
    /// Keys.
    pub keys: Counter,
    /// Keys with an expiry.
    pub expires: Counter,
    /// Hashes with fields that expire.
    pub expiring_hashes: Counter,
    /// Estimated mean time to live of those, in milliseconds.
    pub avg_ttl_ms: Counter,
    /// Bytes of its table.
    pub table_bytes: Counter,
    /// How large its values are, as [`store::Sizes`] counts them; written when INFO asks.
    pub sizes: OnceLock<Box<[Counter]>>,
}

/// Most codes of errors that are counted apart; with one more none is counted any longer, as in Redis.
pub const ERROR_CODES_MAX: usize = 128;

/// Longest code of an error, as in Redis; what has none counts as `ERR`.
const ERROR_CODE_MAX_BYTES: usize = 30;

/// Replies that were errors, by their first word. Nobody holds the lock for longer than it takes to find a code.
#[derive(Debug, Default)]
pub struct ErrorStats {
    codes: Mutex<ErrorCodes>,
}

/// Codes of errors, and how often they came; `None` when there were too many.
#[derive(Debug)]
struct ErrorCodes(Option<Vec<(Box<[u8]>, u64)>>);

impl Default for ErrorCodes {
    fn default() -> Self {
        ErrorCodes(Some(Vec::new()))
    }
}

impl ErrorStats {
    fn lock(&self) -> MutexGuard<'_, ErrorCodes> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an error; by the owning core only.
    #[cold]
    fn add(&self, text: &[u8]) {
        let end = text.iter().take(ERROR_CODE_MAX_BYTES + 1).position(|&byte| byte == b' ');
        let code = end.and_then(|end| text.get(..end)).unwrap_or(b"ERR");
        let mut codes = self.lock();
        let Some(known) = &mut codes.0 else { return };
        if let Some((_, count)) = known.iter_mut().find(|(known, _)| **known == *code) {
            *count += 1;
        } else if known.len() < ERROR_CODES_MAX {
            known.push((code.into(), 1));
        } else {
            codes.0 = None;
        }
    }

    /// The codes seen and how often; `None` when there were too many.
    pub fn codes(&self) -> Option<Vec<(Box<[u8]>, u64)>> {
        self.lock().0.clone()
    }

    fn reset(&self) {
        *self.lock() = ErrorCodes::default();
    }
}

/// How fast a counter grows: the mean of the last samples, as Redis's `instantaneous_*` fields.
#[derive(Debug, Default)]
pub struct Rate {
    /// Growth in a second.
    per_second: Counter,
    /// When that was worked out, in milliseconds since 1970.
    at_ms: Counter,
    /// Value at that time.
    value: Counter,
    /// The last samples, the oldest of which is replaced next.
    samples: [Counter; RATE_SAMPLES],
    next: Counter,
}

/// Samples of a rate, and how far they are apart at least: Redis's numbers.
const RATE_SAMPLES: usize = 16;
const RATE_EVERY_MS: u64 = 100;

impl Rate {
    /// Takes the counter's value, if it is time for it; by the owning core only.
    #[inline]
    fn sample(&self, value: u64, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.at_ms.get());
        if passed_ms >= RATE_EVERY_MS {
            self.add_sample(value, passed_ms, now_ms);
        }
    }

    #[cold]
    fn add_sample(&self, value: u64, passed_ms: u64, now_ms: u64) {
        let grown = value.saturating_sub(self.value.get());
        self.value.set(value);
        self.at_ms.set(now_ms);
        let rate = grown.saturating_mul(1000) / passed_ms;
        // A core that slept has nothing to say about the time before.
        let slept = usize::try_from(passed_ms / RATE_EVERY_MS).unwrap_or(usize::MAX).clamp(1, RATE_SAMPLES);
        for _ in 0..slept {
            let next = self.next.get();
            self.samples[next as usize % RATE_SAMPLES].set(rate);
            self.next.set(next + 1);
        }
        self.per_second.set(self.samples.iter().map(Counter::get).sum::<u64>() / RATE_SAMPLES as u64);
    }

    /// Growth in a second, as of `now_ms`: a core that has slept since does nothing.
    pub fn per_second(&self, now_ms: u64) -> u64 {
        let silent_ms = now_ms.saturating_sub(self.at_ms.get());
        let window_ms = RATE_EVERY_MS * RATE_SAMPLES as u64;
        self.per_second.get() * window_ms.saturating_sub(silent_ms) / window_ms
    }
}

/// All counters of a core.
#[derive(Debug, Default)]
pub struct CoreStats {
    /// By command number.
    pub commands: Vec<CommandStats>,
    /// By database.
    pub dbs: Vec<DbStats>,
    /// Commands carried out for own connections and for other cores.
    pub commands_processed: Counter,
    /// Connections open now.
    pub clients: Counter,
    /// Connections that watch keys.
    pub watching_clients: Counter,
    /// Keys that they watch; a key counts for each.
    pub watched_keys: Counter,
    /// Blocked clients that do not wait for ever.
    pub timeouts: Counter,
    /// Connections that are subscribed to something.
    pub pubsub_clients: Counter,
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
    /// Scripts that were run again because they touched keys that they did not declare.
    pub script_restarts: Counter,
    /// Pieces that waited for a key lock.
    pub lock_waits: Counter,
    /// Keys that somebody waits for.
    pub blocking_keys: Counter,
    /// Keys that somebody waits for who is to hear of it when they go.
    pub blocking_keys_without_key: Counter,
    /// Clients dropped for output beyond their limit.
    pub output_limit_drops: Counter,
    /// Clients dropped for too large a query buffer.
    pub query_limit_drops: Counter,
    /// Replies that were errors.
    pub error_replies: Counter,
    /// The same by code.
    pub errors: ErrorStats,
    /// How fast commands are carried out.
    pub commands_rate: Rate,
    /// How fast bytes come in.
    pub input_rate: Rate,
    /// How fast bytes go out.
    pub output_rate: Rate,
    /// How fast the loop turns.
    pub turn_rate: Rate,
    /// Keys found by reading commands.
    pub keyspace_hits: Counter,
    /// Keys not found by reading commands.
    pub keyspace_misses: Counter,
    /// Keys removed because they expired.
    pub expired_keys: Counter,
    /// See [`store::Stats`].
    pub expired_fields: Counter,
    /// Bytes of the shard's data.
    pub used_bytes: Counter,
    /// Changes since start.
    pub dirty: Counter,
    /// Clients whose command is held back.
    pub blocked_clients: Counter,
    /// Bytes of clients' buffers held by the frontend.
    pub client_bytes: Counter,
    /// The largest unparsed input of a client in the last seconds.
    pub input_peak_bytes: Counter,
    /// The largest unsent output of a client in the last seconds.
    pub output_peak_bytes: Counter,
    /// Bytes of the shard's tables, which `used_bytes` includes.
    pub table_bytes: Counter,
    /// Keys that expired and are still there, an estimate in hundredths of a percent of those with an expiry.
    pub expired_stale: Counter,
    /// Slices of expiry that ran out of time.
    pub expire_caps: Counter,
    /// Time spent in slices of expiry, in ticks.
    pub expire_ticks: Counter,
    /// Keys evicted.
    pub evicted_keys: Counter,
    /// Time of all turns, and of the commands in them, in ticks.
    pub turn_ticks: Counter,
    /// The longest turn in ticks.
    pub turn_ticks_max: Counter,
    /// The most commands of a turn.
    pub turn_commands_max: Counter,
    /// Time of background work in ticks.
    pub cron_ticks: Counter,
    /// Reads of sockets that brought something.
    pub reads: Counter,
    /// Output handed to a socket.
    pub writes: Counter,
}

impl CoreStats {
    /// Counters for so many commands and databases, all zero.
    pub fn new(commands: usize, databases: usize) -> CachePadded<Self> {
        CachePadded::new(CoreStats {
            commands: (0..commands).map(|_| CommandStats::default()).collect(),
            dbs: (0..databases).map(|_| DbStats::default()).collect(),
            ..CoreStats::default()
        })
    }

    /// Counts an error reply.
    #[cold]
    pub(crate) fn error(&self, text: &[u8]) {
        self.error_replies.add(1);
        self.errors.add(text);
    }

    /// Looks at the rates; once a turn.
    #[inline]
    pub(crate) fn sample_rates(&self, now_ms: u64) {
        self.commands_rate.sample(self.commands_processed.get(), now_ms);
        self.input_rate.sample(self.input_bytes.get(), now_ms);
        self.output_rate.sample(self.output_bytes.get(), now_ms);
        self.turn_rate.sample(self.turns.get(), now_ms);
    }

    /// Sets everything to zero that CONFIG RESETSTAT does; by the owning core only.
    pub(crate) fn reset(&self) {
        for command in &self.commands {
            let CommandStats { calls, ticks, max_ticks, rejected, failed, durations } = command;
            durations.reset();
            [calls, ticks, max_ticks, rejected, failed].iter().for_each(|counter| counter.set(0));
        }
        self.errors.reset();
        let counters = [
            &self.commands_processed,
            &self.connections,
            &self.input_bytes,
            &self.output_bytes,
            &self.turns,
            &self.publishes,
            &self.pieces_sent,
            &self.pieces_received,
            &self.rounds,
            &self.script_restarts,
            &self.lock_waits,
            &self.output_limit_drops,
            &self.query_limit_drops,
            &self.error_replies,
            &self.expire_ticks,
            &self.turn_ticks,
            &self.turn_ticks_max,
            &self.turn_commands_max,
            &self.cron_ticks,
            &self.reads,
            &self.writes,
        ];
        counters.iter().for_each(|counter| counter.set(0));
        for rate in [&self.commands_rate, &self.input_rate, &self.output_rate, &self.turn_rate] {
            rate.value.set(0);
        }
    }
}
