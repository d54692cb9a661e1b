//! What the reactors of a process share, and how they are made: [`seats`] gives one [`Seat`] a core, and each is run by
//! a thread of its own.
//!
//! Core 0 accepts for all. A new socket goes to the core with the fewest connections through that core's queue, and
//! the core is woken to adopt it.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use base::conn::Endpoint;
use crossbeam::queue::SegQueue;
use crossbeam::utils::CachePadded;
use sys::epoll::Epoll;
use sys::listen::Listener;
use sys::uring::Uring;
use sys::{BackendOptions, Counters, TaskRun, Waker};

use crate::run::Reactor;
use crate::service::Service;

/// Which way the system is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BackendKind {
    /// io_uring; see [`sys::probe`] for whether it can be had.
    #[default]
    Uring,
    /// epoll.
    Epoll,
}

/// What is fixed when the process starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Cores, each with a reactor: at least 1.
    pub cores: usize,
    /// The backend of all of them.
    pub backend: BackendKind,
    /// When a ring's completions are worked through.
    pub task_run: TaskRun,
    /// Receive buffers a core, a power of two.
    pub buffer_count: u16,
    /// Bytes of a receive buffer.
    pub buffer_bytes: u32,
    /// Resolution of the idle timers.
    pub tick_ms: u32,
    /// Time without activity after which a service is told that a connection is quiet.
    pub quiet_ms: u32,
    /// How long a connection that is being closed may make no progress in taking its last output.
    pub flush_ms: u32,
    /// How long all connections together may take that when the process stops.
    pub shutdown_flush_ms: u32,
    /// What a client is told that comes when there are too many.
    pub reject_text: Vec<u8>,
}

impl Default for Config {
    fn default() -> Self {
        let options = BackendOptions::default();
        Config {
            cores: 1,
            backend: BackendKind::default(),
            task_run: options.task_run,
            buffer_count: options.buffer_count,
            buffer_bytes: options.buffer_bytes,
            tick_ms: 100,
            quiet_ms: 2000,
            flush_ms: 10_000,
            shutdown_flush_ms: 1000,
            reject_text: Vec::new(),
        }
    }
}

/// What can be changed while the reactors run.
#[derive(Debug)]
pub struct Settings {
    /// Connections of all cores together, beyond which clients are turned away.
    pub max_clients: AtomicU32,
    /// Idle time after which a connection is closed; 0 for never.
    pub timeout_ms: AtomicU64,
    /// Seconds after which an idle TCP connection is probed; 0 for never. Holds for clients that connect afterwards.
    pub keepalive_s: AtomicU32,
    /// How long a core spins before it sleeps while messages from other cores are expected; 0 where threads share
    /// CPUs.
    pub spin_us: AtomicU32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_clients: AtomicU32::new(10_000),
            timeout_ms: AtomicU64::new(0),
            keepalive_s: AtomicU32::new(300),
            spin_us: AtomicU32::new(0),
        }
    }
}

/// A socket on its way to the core that will own it.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) socket: OwnedFd,
    pub(crate) listener: u32,
}

/// A change of where is listened.
#[derive(Debug)]
pub(crate) struct DoorChange {
    pub(crate) close: Vec<Endpoint>,
    pub(crate) open: Vec<Listener>,
}

/// Changes where the process listens while it runs, from any thread.
#[derive(Clone, Debug)]
pub struct Doors(Arc<Shared>);

impl Doors {
    /// Accepts from these TCP listeners too, and from those at `close` no more. Connections stay as they are.
    pub fn change(&self, close: Vec<Endpoint>, open: Vec<Listener>) {
        self.0.doors.push(DoorChange { close, open });
        if let Some(first) = self.0.cores.first() {
            first.waker.wake();
        }
    }
}

/// One core, as the others see it.
#[derive(Debug)]
pub(crate) struct Core {
    /// Connections that it has or is about to adopt.
    pub(crate) connections: AtomicU32,
    pub(crate) handed: SegQueue<Handed>,
    pub(crate) waker: Waker,
    pub(crate) counters: Arc<Counters>,
}

/// What all reactors share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) settings: Arc<Settings>,
    pub(crate) cores: Box<[CachePadded<Core>]>,
    /// Changes of where core 0 listens.
    pub(crate) doors: SegQueue<DoorChange>,
    /// Paths of those listeners of the start that are unix sockets.
    pub(crate) unix_paths: Box<[Option<Arc<str>>]>,
}

impl Shared {
    /// The core with the fewest connections, or none if there are too many in all. `turn` decides between equals.
    pub(crate) fn choose(&self, turn: usize) -> Option<usize> {
        let count = self.cores.len();
        let (mut total, mut best, mut fewest) = (0u64, 0, u32::MAX);
        for step in 0..count {
            let core = (turn + step) % count;
            let connections = self.cores[core].connections.load(Relaxed);
            total += u64::from(connections);
            if connections < fewest {
                (best, fewest) = (core, connections);
            }
        }
        (total < u64::from(self.settings.max_clients.load(Relaxed))).then_some(best)
    }
}

/// The place of one core: everything its reactor needs, ready to be taken to the core's thread.
#[derive(Debug)]
pub struct Seat {
    pub(crate) core: usize,
    pub(crate) shared: Arc<Shared>,
    pub(crate) listeners: Vec<Listener>,
}

/// Makes the seats of all cores. Core 0 gets the listeners.
///
/// # Errors
/// No cores, or no file descriptors left.
pub fn seats(config: Config, settings: Arc<Settings>, listeners: Vec<Listener>) -> io::Result<Vec<Seat>> {
    if config.cores == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "at least one core is needed"));
    }
    let core = || -> io::Result<CachePadded<Core>> {
        let (waker, counters) = (Waker::new()?, Arc::default());
        Ok(CachePadded::new(Core {
            connections: AtomicU32::new(0),
            handed: SegQueue::new(),
            waker,
            counters,
        }))
    };
    let cores = (0..config.cores).map(|_| core()).collect::<io::Result<_>>()?;
    let unix_paths = listeners.iter().map(|listener| listener.unix_path().cloned()).collect();
    let shared = Arc::new(Shared { config, settings, cores, doors: SegQueue::new(), unix_paths });
    let mut seats: Vec<Seat> = (0..shared.cores.len())
        .map(|core| Seat { core, shared: Arc::clone(&shared), listeners: Vec::new() })
        .collect();
    seats[0].listeners = listeners;
    Ok(seats)
}

impl Seat {
    /// The core's number.
    pub fn core(&self) -> usize {
        self.core
    }

    /// Ends a sleep of this core, from any thread.
    pub fn waker(&self) -> Waker {
        self.shared.cores[self.core].waker.clone()
    }

    /// What changes where the process listens.
    pub fn doors(&self) -> Doors {
        Doors(Arc::clone(&self.shared))
    }

    /// The core's counters.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.shared.cores[self.core].counters)
    }

    /// Runs the core's loop on the calling thread until the service asks to stop, and gives the service back.
    ///
    /// # Errors
    /// The backend cannot be set up here, or fails beyond repair.
    pub fn run<S: Service>(self, service: S) -> io::Result<S> {
        match self.shared.config.backend {
            BackendKind::Uring => Reactor::<Uring, S>::open(self, service)?.run(),
            BackendKind::Epoll => Reactor::<Epoll, S>::open(self, service)?.run(),
        }
    }

    pub(crate) fn backend_options(&self) -> BackendOptions {
        let config = &self.shared.config;
        BackendOptions {
            buffer_count: config.buffer_count,
            buffer_bytes: config.buffer_bytes,
            task_run: config.task_run,
            counters: self.counters(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(cores: usize, max_clients: u32) -> Arc<Shared> {
        let settings = Settings { max_clients: AtomicU32::new(max_clients), ..Settings::default() };
        let config = Config { cores, ..Config::default() };
        Arc::clone(&seats(config, Arc::new(settings), Vec::new()).expect("seats")[0].shared)
    }

    #[test]
    fn the_emptiest_core_is_chosen_and_equals_take_turns() {
        let shared = shared(3, 100);
        assert_eq!([0, 1, 2, 3].map(|turn| shared.choose(turn)), [Some(0), Some(1), Some(2), Some(0)]);
        shared.cores[0].connections.store(2, Relaxed);
        shared.cores[1].connections.store(1, Relaxed);
        shared.cores[2].connections.store(1, Relaxed);
        assert_eq!([0, 1, 2].map(|turn| shared.choose(turn)), [Some(1), Some(1), Some(2)]);
    }

    #[test]
    fn the_limit_counts_all_cores() {
        let shared = shared(2, 3);
        shared.cores[0].connections.store(1, Relaxed);
        shared.cores[1].connections.store(1, Relaxed);
        assert!(shared.choose(0).is_some());
        shared.cores[1].connections.store(2, Relaxed);
        assert_eq!(shared.choose(0), None);
        shared.settings.max_clients.store(4, Relaxed);
        assert_eq!(shared.choose(0), Some(0));
    }
}
