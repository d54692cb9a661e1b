//! One core under simulation: the real frontend with the real bus, simulated sockets, and the loop around them.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::conn::{ConnId, ConnInfo, Endpoint};
use base::hash::KeyHasher;
use bus::Credits;
use frontend::config::Setting;
use frontend::process::{CpuInfo, Facts, MemoryInfo, StorageTask};
use frontend::{Config, Core, CoreBus, CoreOptions, ErrandCall, Now, Process, Shared};

use persist::files::{Files, PlainFiles};

use crate::sockets::{Event, Sockets};
use crate::storage::Storage;

/// Wakes cores by flags, one a core. A flag stays up until its core has seen it.
pub(crate) struct Flags(Arc<[AtomicBool]>);

impl Flags {
    pub(crate) fn new(cores: u16) -> Self {
        Flags((0..cores).map(|_| AtomicBool::new(false)).collect())
    }

    pub(crate) fn is_up(&self, core: usize) -> bool {
        self.0[core].load(Ordering::Relaxed)
    }

    fn lower(&self, core: usize) {
        self.0[core].store(false, Ordering::Relaxed);
    }

    /// Wakes all cores.
    pub(crate) fn raise_all(&self) {
        self.0.iter().for_each(|flag| flag.store(true, Ordering::Relaxed));
    }

    pub(crate) fn share(&self) -> Self {
        Flags(Arc::clone(&self.0))
    }
}

impl bus::Wake for Flags {
    fn wake(&self, shard: u16) {
        self.0[usize::from(shard)].store(true, Ordering::Relaxed);
    }
}

thread_local! {
    /// What the tick counter shows, and by how much it goes on whenever it is looked at.
    static TICKS: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// From now on each look at the tick counter takes so many nanoseconds, so that work which is done in slices is.
pub(crate) fn set_ticks(step_ns: u64) {
    TICKS.set((0, step_ns));
}

fn ticks() -> u64 {
    let (now, step) = TICKS.get();
    TICKS.set((now + step, step));
    now
}

/// The process that the cores believe to be in.
struct SimProcess {
    facts: Facts,
    flags: Flags,
    storage: Option<Storage>,
}

impl Process for SimProcess {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn memory(&self) -> MemoryInfo {
        MemoryInfo::default()
    }

    fn cpu(&self) -> CpuInfo {
        CpuInfo::default()
    }

    fn ticks_to_ns(&self, ticks: u64) -> u64 {
        ticks
    }

    fn rejected_connections(&self) -> u64 {
        0
    }

    fn apply(&self, _: Setting) -> Result<(), String> {
        Ok(())
    }

    /// There is no control plane, and no command of a simulation needs one.
    fn errand(&self, _: ErrandCall) {}

    fn storage(&self, task: StorageTask) -> bool {
        let Some(storage) = &self.storage else { return false };
        storage.push(task);
        true
    }

    fn files(&self) -> &dyn Files {
        match &self.storage {
            Some(storage) => storage,
            None => &PlainFiles,
        }
    }

    fn shutdown(&self, _: Option<bool>) {}

    fn wake_all(&self) {
        self.flags.raise_all();
    }
}

/// The bus of a simulation.
pub(crate) type SimBus = CoreBus<Flags>;

/// See the module page.
pub(crate) struct Node {
    pub(crate) core: Core<Vec<u8>, Flags>,
    pub(crate) sockets: Sockets,
    index: usize,
    /// Asleep until the deadline, if there is one, or until something happens.
    asleep: Option<Option<u64>>,
    /// It was told to stop, and did.
    pub(crate) stopped: bool,
    /// How far its clock is ahead of the slowest possible one.
    pub(crate) ahead_ms: u64,
}

/// Makes the cores of a process with a command line and a storage plane, if there is any; `prepare` is called before there are any. Connections of later lives of the
/// process have other ids.
pub(crate) fn nodes(
    shards: u16,
    credits: u16,
    seed: u64,
    flags: &Flags,
    (options, storage): (&[String], Option<Storage>),
    life: u32,
    prepare: impl FnOnce(&Shared),
) -> (Vec<Node>, Arc<SimBus>, Arc<Shared>) {
    let process = SimProcess { facts: Facts::default(), flags: flags.share(), storage };
    let config = Config::from_args(options).unwrap_or_default();
    let shared = Arc::new(Shared::new(shards, config, Box::new(process)));
    prepare(&shared);
    let bus = SimBus::new(shards, Credits::per_pair(credits), flags.share());
    let nodes = (0..shards).map(|shard| {
        let options = CoreOptions {
            shard,
            shards,
            hasher: KeyHasher::new((seed, !seed)),
            seed: seed ^ u64::from(shard),
            ticks,
            sleep_us: |_| {},
        };
        Node {
            core: Core::new(options, Arc::clone(&shared), bus.port(shard)),
            sockets: Sockets::new(life),
            index: usize::from(shard),
            asleep: None,
            stopped: false,
            ahead_ms: 0,
        }
    });
    let nodes = nodes.collect();
    (nodes, bus, shared)
}

impl Node {
    /// A client connects.
    pub(crate) fn open(&mut self, kernel_max: usize) -> ConnId {
        let id = self.sockets.open(kernel_max);
        let end = || Endpoint::Unix("/sim".into());
        self.core.open(id, ConnInfo { peer: end(), local: end(), fd: 3 });
        id
    }

    /// Tells the frontend that a connection is quiet, as the loop does with one that neither sends nor receives.
    pub(crate) fn quiet(&mut self, id: ConnId) {
        if self.sockets.is_open(id) {
            self.core.quiet(id);
        }
    }

    /// Whether it would take a turn now: it is awake, was woken, has events or is past its deadline.
    pub(crate) fn is_runnable(&self, now_us: u64, flags: &Flags) -> bool {
        match self.asleep {
            None => true,
            Some(deadline_us) => {
                flags.is_up(self.index)
                    || !self.sockets.events.is_empty()
                    || deadline_us.is_some_and(|at| at <= now_us)
            }
        }
    }

    /// When it wants its next turn if nothing happens.
    pub(crate) fn deadline_us(&self) -> Option<u64> {
        self.asleep.flatten()
    }

    /// Whether messages wait for it while it sleeps and nobody woke it: that must never be.
    pub(crate) fn sleeps_over_work(&self, flags: &Flags) -> bool {
        self.asleep.is_some() && !flags.is_up(self.index) && self.core.work_waiting()
    }

    /// One round of the loop: events, a turn, its output. `eager` to sleep even if messages are under way.
    pub(crate) fn iterate(&mut self, now: Now, flags: &Flags, eager: bool) {
        if self.asleep.take().is_some() {
            self.core.awake();
        }
        flags.lower(self.index);
        self.dispatch();
        let next = self.core.turn(now, &mut self.sockets);
        for id in self.sockets.flush() {
            self.core.closed(id);
        }
        self.stopped |= next.stop;
        if next.again || (next.remote_recent && !eager) {
            return;
        }
        if self.core.before_sleep() {
            self.asleep = Some(next.deadline_us);
        }
    }

    fn dispatch(&mut self) {
        while let Some(event) = self.sockets.events.pop_front() {
            let mut ended = Vec::new();
            self.sockets.after_event(&event, &mut ended);
            match event {
                Event::Received(id, chunk) if self.sockets.is_open(id) => self.core.receive(id, chunk),
                Event::Ended(id) if self.sockets.is_open(id) => self.core.ended(id),
                Event::Progress(id, unsent) if self.sockets.is_open(id) => self.core.sent(id, unsent),
                _ => {}
            }
            for id in ended {
                self.core.closed(id);
            }
        }
    }
}
