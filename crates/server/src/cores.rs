//! The cores: how many, which backend, which CPU each, and the thread that runs one.

use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use base::hash::KeyHasher;
use frontend::config::{IoBackend, PinCpus};
use frontend::{Config, Core, CoreBus, CoreOptions, Shared};
use reactor::{BackendKind, Seat};
use sys::memory::Arena;

use crate::control::Event;
use crate::service::{CoreService, CoreWaker};

/// Microseconds that a core spins while it awaits other cores, where every core has a CPU to itself: about what it
/// saves, as a sleep and a wake-up take 13 µs.
const SPIN_US: u32 = 15;

/// How the cores are laid out.
pub(crate) struct Layout {
    pub(crate) shards: u16,
    pub(crate) backend: BackendKind,
    /// The CPU of each core, if they are bound.
    pub(crate) cpus: Option<Vec<usize>>,
    /// What `spin-us -1` means: threads that share CPUs must not spin.
    pub(crate) spin_default_us: u32,
}

impl Layout {
    /// The layout that the configuration asks for, on this host.
    ///
    /// # Errors
    /// io_uring is asked for and can't be had.
    pub(crate) fn new(config: &Config) -> Result<Layout, String> {
        let usable = sys::cpu::usable_count();
        let most = u16::try_from(usable).unwrap_or(u16::MAX).min(base::limits::SHARDS_MAX);
        let shards = config.shards().unwrap_or(most);
        let count = usize::from(shards);
        let allowed = sys::cpu::allowed();
        let cpus = match config.pin_cpus() {
            PinCpus::Yes => Some(allowed),
            PinCpus::No => None,
            PinCpus::Auto => (count <= usable.min(allowed.len())).then_some(allowed),
            PinCpus::List(list) => {
                if let Some(missing) = list.iter().find(|cpu| !allowed.contains(cpu)) {
                    return Err(format!("pin-cpus: this process can't use CPU {missing}"));
                }
                Some(list)
            }
        };
        Ok(Layout {
            shards,
            backend: backend(config.io_backend())?,
            cpus: cpus.map(|cpus| cpus.iter().copied().cycle().take(count).collect()),
            spin_default_us: if count < usable { SPIN_US } else { 0 },
        })
    }

    /// The backend's name in the log and in INFO.
    pub(crate) fn backend_name(&self) -> &'static str {
        match self.backend {
            BackendKind::Uring => "io_uring",
            BackendKind::Epoll => "epoll",
        }
    }
}

fn backend(wanted: IoBackend) -> Result<BackendKind, String> {
    if wanted == IoBackend::Epoll {
        return Ok(BackendKind::Epoll);
    }
    match sys::probe() {
        Ok(()) => Ok(BackendKind::Uring),
        Err(refusal) if wanted == IoBackend::Auto => {
            tracing::warn!("io_uring can't be used ({refusal}); sockets are served by epoll");
            Ok(BackendKind::Epoll)
        }
        Err(refusal) => Err(format!("io_uring can't be used: {refusal}; `io-backend auto` would take epoll")),
    }
}

/// What the cores of the process have in common.
pub(crate) struct Common {
    pub(crate) shared: Arc<Shared>,
    pub(crate) bus: Arc<CoreBus<CoreWaker>>,
    pub(crate) hasher: KeyHasher,
    pub(crate) shards: u16,
    pub(crate) events: Sender<Event>,
    /// By core: the arena of its thread, once that runs.
    pub(crate) arenas: Arc<[OnceLock<Arena>]>,
}

/// Starts the thread of one core.
///
/// # Errors
/// No thread can be had.
pub(crate) fn spawn(
    seat: Seat,
    common: &Common,
    cpu: Option<usize>,
    seed: u64,
) -> Result<JoinHandle<()>, String> {
    let shard = seat.core() as u16;
    let options = CoreOptions {
        shard,
        shards: common.shards,
        hasher: common.hasher,
        seed,
        ticks: sys::clock::ticks,
        sleep_us: |us| std::thread::sleep(std::time::Duration::from_micros(us)),
    };
    let (shared, bus, events) = (Arc::clone(&common.shared), Arc::clone(&common.bus), common.events.clone());
    let arenas = Arc::clone(&common.arenas);
    let run = move || {
        if let Some(cpu) = cpu
            && let Err(error) = sys::cpu::pin(cpu)
        {
            tracing::warn!("core {shard} can't be bound to CPU {cpu}: {error}");
        }
        // Before anything is allocated: what the shard holds is accounted to its own arena.
        if let (Some(arena), Some(place)) = (Arena::own(), arenas.get(usize::from(shard))) {
            let _ = place.set(arena);
        }
        let service = CoreService::new(Core::new(options, shared, bus.port(shard)), events.clone());
        let result = seat.run(service).map(drop);
        // Nobody listens any more only if the process ends anyway.
        let _ = events.send(Event::Ended { core: usize::from(shard), result });
    };
    let thread = std::thread::Builder::new().name(format!("anax-{shard}")).spawn(run);
    thread.map_err(|error| format!("can't start the thread of core {shard}: {error}"))
}
