//! A core: its connections, its shard, and the turn.

use std::sync::Arc;

use base::conn::{CloseMode, ConnId, ConnInfo};
use base::hash::KeyHasher;
use base::random::Rng;
use bus::{Delivery, Port, Wake};
use commands::{CommandTable, Handler, Topology};
use persist::load::Loader;
use resp::Limits;
use store::{Shard, ShardOptions};

use crate::blocking::{BlockedTable, Waiters};
use crate::census::Census;
use crate::conn::Conn;
use crate::connection::OwnCommands;
use crate::detour::Detour;
use crate::execute::{Deferred, handler_of};
use crate::gather::Gather;
use crate::hot::HotSpec;
use crate::locks::{LockTable, Slots};
use crate::log::CoreLog;
use crate::memory::MemoryWatch;
use crate::message::{Answer, Batch};
use crate::parcels::Parcels;
use crate::plan::Plan;
use crate::pubsub::{PubSub, classes_of};
use crate::rounds::Task;
use crate::saving::{Gate, Pace};
use crate::scripting::Scripting;
use crate::shared::{HotConfig, Shared};
use crate::stats::CoreStats;
use crate::streamed::Rests;
use crate::watch::Watch;

/// Rounds of a task that may follow one another within a turn: enough for commands with keys, while a walk over a large shard
/// lets others have their turn.
const ROUNDS_PER_TURN_MAX: usize = 4;

/// The time of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Microseconds of a monotonic clock.
    pub monotonic_us: u64,
    /// Milliseconds since 1970, UTC.
    pub unix_ms: u64,
    /// Microseconds beyond that, 0 to 999.
    pub unix_rest_us: u16,
}

/// What should happen after a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Next {
    /// There is more to do at once.
    pub again: bool,
    /// Take a turn no later than this (monotonic microseconds), even if nothing happens.
    pub deadline_us: Option<u64>,
    /// Answers of other cores are awaited or came just now: a short spin before sleeping pays.
    pub remote_recent: bool,
    /// All is done, end the loop.
    pub stop: bool,
}

/// The socket side, as a turn sees it.
pub trait Io {
    /// Hands output over and leaves `bytes` empty. Returns how many bytes of the connection are unsent.
    fn output(&mut self, conn: ConnId, bytes: &mut Vec<u8>) -> usize;
    /// How many bytes of the connection's output are unsent.
    fn unsent(&self, conn: ConnId) -> usize;
    /// Closes the connection; `Core::closed` follows.
    fn close(&mut self, conn: ConnId, mode: CloseMode);
    /// Stops reading the connection.
    fn pause(&mut self, conn: ConnId);
    /// Reads the connection again.
    fn resume(&mut self, conn: ConnId);
    /// Begins to write to a file, such that what is written is on the disk when [`Core::file_written`] is told of it. One write is
    /// under way at a time, and none is unless [`Logs::let_cores_write`](persist::log::Logs::let_cores_write) was called.
    fn write_file(&mut self, write: persist::log::Write);
}

/// How to make a core.
pub struct CoreOptions {
    /// Number of the core and its shard.
    pub shard: u16,
    /// How many there are.
    pub shards: u16,
    /// The keyed hash, the same on all cores.
    pub hasher: KeyHasher,
    /// Seed of the core's random numbers.
    pub seed: u64,
    /// Reads a monotonic counter of short intervals, for the times of single commands.
    pub ticks: fn() -> u64,
    /// What blocks the core for a number of microseconds (DEBUG SLEEP).
    pub sleep_us: fn(u64),
}

/// One core. `C` is a received chunk of bytes, `W` wakes other cores.
pub struct Core<C, W> {
    pub(crate) id: u16,
    pub(crate) topology: Topology,
    pub(crate) shared: Arc<Shared>,
    pub(crate) hot: HotConfig,
    hot_epoch: u64,
    pub(crate) shard: Shard,
    pub(crate) port: CorePort<W>,
    pub(crate) hasher: KeyHasher,
    pub(crate) rng: Rng,
    pub(crate) ticks: fn() -> u64,
    pub(crate) sleep_us: fn(u64),
    /// By command number: the shard-side handler, if it has one.
    pub(crate) handlers: Vec<Option<Handler>>,
    /// By command number: what the hot path needs of it.
    pub(crate) hot_specs: Vec<HotSpec>,
    /// By command number: what the core itself carries out.
    pub(crate) own_commands: OwnCommands<C, W>,
    /// What takes commands off the hot path.
    pub(crate) detour: Detour,
    pub(crate) pubsub: PubSub,
    pub(crate) now: Now,
    pub(crate) conns: Vec<Option<Conn>>,
    /// Received and not looked at.
    pub(crate) arrived: Vec<(ConnId, C)>,
    pub(crate) plan: Plan<C>,
    /// Connections with output, or something else to tell the socket.
    pub(crate) dirty: Vec<u32>,
    /// Connections whose bytes wait to be parsed, for lack of credit or because they have too much outstanding.
    pub(crate) stalled: Vec<u32>,
    /// Output of a stalled connection was handed over: it may be sent at once, of which nothing tells.
    pub(crate) stalled_output: bool,
    /// Connections whose output is over the soft limit.
    pub(crate) over_soft: Vec<u32>,
    /// Connections whose output waits for replies of other shards, and since when.
    pub(crate) held: Vec<(u32, u64)>,
    pub(crate) gathers: Slots<Gather>,
    pub(crate) spare_gathers: Vec<Gather>,
    pub(crate) locks: LockTable<Deferred>,
    /// Who waits for keys of the shard.
    pub(crate) waiters: Waiters,
    /// The blocking commands of the core's connections.
    pub(crate) blocking: BlockedTable,
    pub(crate) tasks: Slots<Task>,
    pub(crate) next_task: u64,
    /// Tasks whose round is complete.
    pub(crate) runnable: Vec<u32>,
    /// Replies that are written bit by bit.
    pub(crate) rests: Rests,
    pub(crate) deliveries: Vec<Delivery<Box<Batch>>>,
    pub(crate) answers: Vec<bus::Reply<Answer>>,
    pub(crate) outgoing: Vec<(u16, Box<Batch>)>,
    pub(crate) scratch: Vec<u8>,
    /// Pieces at other shards whose answers are still to come.
    pub(crate) in_flight: u64,
    /// Commands that the control plane is carrying out.
    pub(crate) errands: u32,
    /// Keys on their way to other servers.
    pub(crate) parcels: Parcels,
    pub(crate) memory: MemoryWatch,
    pub(crate) background_due_us: u64,
    said_drained: bool,
    /// What clients may send, before and after they have authenticated.
    pub(crate) limits: [Limits; 2],
    /// Which commands are unusual.
    pub(crate) watch: Watch,
    /// The memory of clients.
    pub(crate) census: Census,
    /// What the command that the core carries out itself did: asked shards, whose time counts then; the reply's bytes.
    pub(crate) asked: bool,
    pub(crate) answered_bytes: usize,
    /// Whether expired keys are looked for, and whether all background work stands still (DEBUG).
    pub(crate) active_expire: bool,
    pub(crate) paused_cron: bool,
    /// The scripts of this core.
    pub(crate) scripting: Scripting,
    /// The reply of a command that a script on this shard called.
    pub(crate) captured: Option<Vec<u8>>,
    /// Why commands are refused for now.
    pub(crate) gate: Gate,
    pub(crate) pace: Pace,
    /// The log of what the shard's data went through.
    pub(crate) log: CoreLog,
    /// What loads the file at the start or again, and in which pass.
    pub(crate) loader: Option<(u64, Box<Loader>)>,
    /// Ways to break an invariant on purpose.
    #[cfg(feature = "sim-faults")]
    pub faults: crate::faults::Faults,
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// A core with an empty shard.
    pub fn new(options: CoreOptions, shared: Arc<Shared>, port: CorePort<W>) -> Self {
        let hot_epoch = shared.hot_epoch();
        let hot = shared.hot();
        let hot_specs = shared.table.iter().map(|(_, spec)| HotSpec::of(spec)).collect();
        let handlers = shared.table.iter().map(|(_, spec)| handler_of(&spec.route)).collect();
        let mut shard = Shard::new(ShardOptions {
            shard: options.shard,
            shards: options.shards,
            databases: hot.databases,
            hasher: options.hasher,
            seed: options.seed,
        });
        shard.set_limits(hot.limits);
        shard.set_access_policy(hot.access);
        shard.set_sinks(shared.saving.jobs.sinks(options.shard, options.shards));
        shard.want_events(classes_of(hot.notify));
        shard.leave_trail(shared.logs.is_on());
        Core {
            id: options.shard,
            topology: Topology { shards: options.shards },
            shard,
            port,
            hasher: options.hasher,
            rng: Rng::new(options.seed ^ 0x5bd1_e995),
            ticks: options.ticks,
            sleep_us: options.sleep_us,
            handlers,
            hot_specs,
            own_commands: OwnCommands::new(&shared.table),
            detour: Detour::new(&shared.table),
            pubsub: PubSub::default(),
            now: Now::default(),
            conns: Vec::new(),
            arrived: Vec::new(),
            plan: Plan::new(options.shards),
            dirty: Vec::new(),
            stalled: Vec::new(),
            stalled_output: false,
            over_soft: Vec::new(),
            held: Vec::new(),
            gathers: Slots::new(),
            spare_gathers: Vec::new(),
            locks: LockTable::new(),
            waiters: Waiters::default(),
            blocking: BlockedTable::default(),
            tasks: Slots::new(),
            next_task: 0,
            runnable: Vec::new(),
            rests: Rests::default(),
            deliveries: Vec::new(),
            answers: Vec::new(),
            outgoing: Vec::new(),
            scratch: Vec::new(),
            in_flight: 0,
            errands: 0,
            parcels: Parcels::default(),
            memory: MemoryWatch::default(),
            background_due_us: 0,
            said_drained: false,
            limits: limits_of(&hot),
            watch: Watch::new(&hot, &*shared.process),
            census: Census::default(),
            asked: false,
            answered_bytes: 0,
            active_expire: true,
            paused_cron: false,
            scripting: Scripting::default(),
            captured: None,
            gate: Gate::default(),
            pace: Pace::default(),
            log: CoreLog::new(Arc::clone(&shared.logs), options.shard),
            loader: None,
            #[cfg(feature = "sim-faults")]
            faults: crate::faults::Faults::default(),
            hot,
            hot_epoch,
            shared,
        }
    }

    /// The counters of this core.
    #[inline]
    pub(crate) fn stats(&self) -> &CoreStats {
        &self.shared.stats[usize::from(self.id)]
    }

    pub(crate) fn table(&self) -> &CommandTable {
        &self.shared.table
    }

    /// A client connected.
    pub fn open(&mut self, id: ConnId, info: ConnInfo) {
        self.refresh_config();
        let at = id.index as usize;
        if self.conns.len() <= at {
            self.conns.resize_with(at + 1, || None);
        }
        let client_id = self.shared.next_client_id();
        let authenticated = self.hot.password.is_empty();
        let welcome = self.is_welcome(&info);
        self.conns[at] = Some(Conn::new(id, client_id, info, authenticated, self.now.unix_ms));
        if !welcome {
            self.turn_away(id);
        }
        let stats = self.stats();
        stats.clients.add(1);
        stats.connections.add(1);
    }

    /// Bytes arrived. They are looked at in the next turn.
    #[inline]
    pub fn receive(&mut self, id: ConnId, chunk: C) {
        self.arrived.push((id, chunk));
    }

    /// The peer sends nothing more: the connection closes when what it sent is answered.
    pub fn ended(&mut self, id: ConnId) {
        if let Some(conn) = conn_mut(&mut self.conns, id) {
            conn.ended = true;
            self.mark_dirty(id.index);
        }
    }

    /// The connection is gone.
    pub fn closed(&mut self, id: ConnId) {
        if let Some(conn) = conn_mut(&mut self.conns, id) {
            let blocked = conn.blocked;
            self.census.forget(conn.counted_bytes);
            if conn.postponed {
                self.shared.stats[usize::from(self.id)].blocked_clients.add(1u64.wrapping_neg());
            }
            let (monitor, subscriptions) = (conn.monitor, conn.subscriptions.take());
            if monitor {
                self.end_monitor(id);
            }
            if let Some(mut subscriptions) = subscriptions {
                self.leave_all(id, &mut subscriptions);
            }
            self.discard_multi(id);
            let streams = self.conns[id.index as usize].take().and_then(|conn| conn.streams);
            if let Some(streams) = streams {
                self.drop_streams(*streams);
            }
            if let Some(number) = blocked {
                self.blocked_gone(number);
            }
            self.stats().clients.add(u64::MAX);
        }
    }

    /// Output of a slow connection moved; so much of it is unsent.
    pub fn sent(&mut self, id: ConnId, unsent_bytes: usize) {
        if let Some(conn) = conn_mut(&mut self.conns, id) {
            conn.unsent_bytes = unsent_bytes;
            self.mark_dirty(id.index);
        }
    }

    /// The connection is quiet: gives back the buffers that it doesn't need.
    pub fn quiet(&mut self, id: ConnId) {
        if let Some(conn) = conn_mut(&mut self.conns, id) {
            conn.release_buffers();
        }
    }

    #[inline]
    pub(crate) fn mark_dirty(&mut self, index: u32) {
        if let Some(Some(conn)) = self.conns.get_mut(index as usize)
            && !conn.dirty
        {
            conn.dirty = true;
            self.dirty.push(index);
        }
    }

    /// Whether anything from other cores waits. One or two loads.
    #[inline]
    pub fn work_waiting(&self) -> bool {
        self.port.pending()
    }

    /// Announces that the core is about to sleep. False: there is work, and nothing was announced.
    pub fn before_sleep(&mut self) -> bool {
        self.topology.shards == 1 || self.port.prepare_sleep()
    }

    /// The core is awake again, after `before_sleep` said true.
    pub fn awake(&mut self) {
        if self.topology.shards > 1 {
            self.port.awake();
        }
    }

    /// One turn: everything that arrived is parsed, published, executed and answered.
    pub fn turn(&mut self, now: Now, io: &mut impl Io) -> Next {
        let start = (self.ticks)();
        self.now = now;
        self.stats().turns.add(1);
        let commands_before = self.stats().commands_processed.get();
        self.refresh_config();
        self.look_at_pause();
        let loading = self.look_at_saving();
        let came = self.take_answers();
        self.take_errands();
        self.take_delivered();
        self.watch_memory();
        self.run_blocked();
        self.run_tasks();
        self.refresh_slow(io);
        let released = self.log.holds() && self.release_durable(io);
        if self.log.is_waited_for() {
            self.release_waiting();
        }
        self.release_held();
        self.pubsub.messages.settled = false;
        self.parse_arrived();
        self.parse_stalled();
        self.flush();
        // Rounds whose steps were all here are complete already: let them go on within the turn, but not for ever.
        for _ in 0..ROUNDS_PER_TURN_MAX {
            if self.runnable.is_empty() && !self.blocking.has_work() && !self.pubsub.messages.is_pending() {
                break;
            }
            self.run_blocked();
            self.run_tasks();
            self.flush();
        }
        if !self.blocking.served.is_empty() {
            self.note_served();
        }
        if self.plan.own.is_empty() {
            self.plan.chunks.clear();
            self.plan.shared.clear();
        }
        if !self.detour.fences.is_empty() {
            self.release_fences();
        }
        self.go_on_leaving();
        self.run_suspended();
        let background = self.background();
        let saving = self.walk_for_snapshot();
        if !self.detour.lines.is_empty() {
            self.feed_lines();
            self.flush();
        }
        if self.shard.has_events() {
            self.publish_events();
            self.flush();
        }
        if !self.detour.listings.is_empty() {
            self.answer_listings(io);
        }
        let streaming = self.stream(io) | self.hand_over(io);
        self.publish_stats();
        self.stats().sample_rates(self.now.unix_ms);
        self.write_log(io);
        let durable = self.await_log();
        let stop = self.stopping();
        self.account_turn(start, commands_before);
        Next {
            again: (self.plan.len() > 0 && self.can_publish())
                || !self.runnable.is_empty()
                || streaming
                || released
                || durable
                || self.blocking.has_work()
                || !self.blocking.served.is_empty()
                || self.is_leaving()
                || loading
                || self.has_suspended()
                || saving == Some(0)
                // Begun since the walk, to be the last one.
                || (saving.is_none() && self.shard.has_snapshot())
                || self.may_parse_stalled(),
            deadline_us: [
                self.soft_limit_deadline_us(),
                self.held_deadline_us(),
                self.pause_deadline_us(),
                self.blocking.deadline_us(),
                self.waiting_deadline_us(),
                self.parcels_deadline_us(),
                self.own_log_deadline_us(),
                background,
                saving,
            ]
            .into_iter()
            .flatten()
            .min(),
            remote_recent: came || self.in_flight > 0,
            stop,
        }
    }

    pub(crate) fn refresh_config(&mut self) {
        let epoch = self.shared.hot_epoch();
        if epoch != self.hot_epoch {
            self.hot = self.shared.hot();
            self.limits = limits_of(&self.hot);
            self.watch = Watch::new(&self.hot, &*self.shared.process);
            self.shard.set_limits(self.hot.limits);
            self.shard.set_access_policy(self.hot.access);
            self.shard.want_events(classes_of(self.hot.notify));
            self.hot_epoch = epoch;
            self.look_at_log();
            self.look_at_memory();
            self.refresh_monitored();
            self.refresh_busy();
            self.forget_flushed_scripts();
        }
    }

    fn parse_arrived(&mut self) {
        let mut arrived = std::mem::take(&mut self.arrived);
        for (id, chunk) in arrived.drain(..) {
            self.received(id, chunk);
        }
        self.arrived = arrived;
    }

    /// Counts a turn that began at this tick, with so many commands processed before it.
    #[inline]
    fn account_turn(&self, start: u64, commands_before: u64) {
        let stats = self.stats();
        let ticks = (self.ticks)().wrapping_sub(start);
        stats.turn_ticks.add(ticks);
        stats.turn_ticks_max.raise(ticks);
        stats.turn_commands_max.raise(stats.commands_processed.get().saturating_sub(commands_before));
    }

    /// While stopping: true when no core has anything in flight.
    fn stopping(&mut self) -> bool {
        if !self.shared.is_stopping() {
            return false;
        }
        let idle = self.plan.len() == 0
            && self.in_flight == 0
            && self.errands == 0
            && self.tasks.is_empty()
            && self.gathers.is_empty()
            && !self.log.holds()
            && self.log.is_given_back();
        if idle && !self.said_drained {
            self.said_drained = true;
            self.shared.core_drained();
            self.shared.process.wake_all();
        }
        // What others had in flight may have served a command that waits here: its reply has come, or is held for the log.
        self.said_drained
            && self.shared.all_drained()
            && !self.work_waiting()
            && !self.log.holds()
            && self.is_saved()
    }
}

/// The bus as cores use it.
pub type CoreBus<W> = bus::Bus<Box<Batch>, Answer, W>;

/// A core's end of the bus.
pub type CorePort<W> = Port<Box<Batch>, Answer, W>;

#[inline]
pub(crate) fn conn_mut(conns: &mut [Option<Conn>], id: ConnId) -> Option<&mut Conn> {
    let conn = conns.get_mut(id.index as usize)?.as_mut()?;
    (conn.id.generation == id.generation).then_some(conn)
}

fn limits_of(hot: &HotConfig) -> [Limits; 2] {
    [false, true].map(|authenticated| Limits {
        max_bulk: hot.max_bulk_bytes,
        authenticated,
        ..Limits::default()
    })
}
