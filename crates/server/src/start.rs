//! The start: from a configuration to a running server.

use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, mpsc};

use base::hash::KeyHasher;
use base::limits::BATCHES_UNANSWERED_MAX;
use base::random::Rng;
use frontend::{Config, CoreBus, Shared};
use reactor::{Settings, Waker};
use storage::{PlaneFiles, Way};

use crate::control::{Server, watch_signals};
use crate::cores::{self, Common, Layout};
use crate::daemon::PidFile;
use crate::links::Links;
use crate::listen;
use crate::log_writer::LogWriter;
use crate::logging::LevelHandle;
use crate::process::{MemorySampler, ServerProcess, facts};
use crate::service::CoreWaker;
use crate::storage_thread;

/// Files that the process needs besides its clients' sockets: listeners, the log, the standard streams, as Redis
/// reckons.
const FILES_RESERVED: u64 = 32;
/// Files that each core needs: its ring or epoll set, its waker, and what they bring with them.
const FILES_PER_CORE: u64 = 4;

/// What a client is told that comes when there are too many.
const TOO_MANY_CLIENTS: &[u8] = b"-ERR max number of clients reached\r\n";

/// Starts everything. The server answers clients when this returns, or soon after.
///
/// # Errors
/// What the operator has to know, in words.
pub(crate) fn start(mut config: Config, log_level: LevelHandle) -> Result<Server, String> {
    let without_effect = config.without_effect();
    if !without_effect.is_empty() {
        tracing::warn!("these parameters have no effect yet: {}", without_effect.join(" "));
    }
    let layout = Layout::new(&config)?;
    let pid_file = PidFile::write(&config);
    let max_clients = allow_clients(config.max_clients(), usize::from(layout.shards));
    if max_clients < config.max_clients() {
        tracing::warn!(
            "maxclients is reduced to {max_clients}: {} need more open files than the system allows",
            config.max_clients()
        );
        config.set_max_clients(max_clients);
    }
    let listeners = listen::open(&config)?;
    config.set_port(listen::port_of(&listeners));
    let listening = listeners.iter().map(listen::name_of).collect();
    let tcp = listeners.iter().filter(|listener| listener.port().is_some());
    let endpoints = tcp.map(|listener| listener.endpoint().clone()).collect();
    tracing::info!("{}", summary(&config, &layout));

    let settings = Arc::new(Settings {
        max_clients: AtomicU32::new(max_clients),
        timeout_ms: AtomicU64::new(config.timeout_ms()),
        keepalive_s: AtomicU32::new(config.keepalive_s()),
        spin_us: AtomicU32::new(config.spin_us().unwrap_or(layout.spin_default_us)),
    });
    let reactors = reactor::Config {
        cores: usize::from(layout.shards),
        backend: layout.backend,
        reject_text: TOO_MANY_CLIENTS.to_vec(),
        ..reactor::Config::default()
    };
    let seats = reactor::seats(reactors, Arc::clone(&settings), listeners)
        .map_err(|error| format!("can't prepare the cores: {error}"))?;
    let wakers: Vec<Waker> = seats.iter().map(reactor::Seat::waker).collect();
    let (sender, events) = mpsc::channel();
    watch_signals(sender.clone()).map_err(|error| format!("can't watch for signals: {error}"))?;
    let way = if config.storage_is_plain() { Way::Plain } else { Way::Auto };
    let process = ServerProcess {
        facts: facts(layout.backend_name()),
        settings,
        wakers: wakers.clone(),
        counters: seats.iter().map(reactor::Seat::counters).collect(),
        doors: seats.first().ok_or("there is no core")?.doors(),
        listening: Arc::new(Mutex::new(endpoints)),
        log_level,
        events: sender.clone(),
        storage: storage_thread::start()
            .map_err(|error| format!("can't start the storage thread: {error}"))?,
        links: Links::default(),
        files: PlaneFiles::new(way, usize::from(layout.shards)),
        spin_default_us: layout.spin_default_us,
        memory: MemorySampler::new(),
        arenas: (0..layout.shards).map(|_| OnceLock::new()).collect(),
    };
    let arenas = Arc::clone(&process.arenas);
    let to_wake = wakers.clone();
    let mut rng = Rng::new(random_seed()?);
    let common = Common {
        shared: Arc::new(Shared::new(layout.shards, config, Box::new(process))),
        bus: CoreBus::new(layout.shards, bus::Credits::per_pair(BATCHES_UNANSWERED_MAX), CoreWaker(wakers)),
        hasher: KeyHasher::new((random_seed()?, random_seed()?)),
        shards: layout.shards,
        events: sender,
        arenas,
    };
    if layout.backend == reactor::BackendKind::Uring {
        common.shared.logs.let_cores_write();
    }
    let log_writer = LogWriter::start(&common.shared.logs, to_wake)
        .map_err(|error| format!("can't start the thread of the append-only log: {error}"))?;
    crate::loading::begin(&common.shared, &common.events)?;
    let cpus = layout.cpus.unwrap_or_default();
    let cores = seats
        .into_iter()
        .map(|seat| {
            let cpu = cpus.get(seat.core()).copied();
            cores::spawn(seat, &common, cpu, rng.next_u64())
        })
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Server {
        shared: common.shared,
        cores,
        events,
        listening,
        saves_last: false,
        last_prepared: false,
        pid_file,
        log_writer,
    })
}

/// Makes room for so many clients by raising the limit of open files. Returns how many there may be.
pub(crate) fn allow_clients(wanted: u32, cores: usize) -> u32 {
    let others = FILES_RESERVED + FILES_PER_CORE * cores as u64;
    let allowed = sys::process::raise_open_files(u64::from(wanted) + others);
    u32::try_from(allowed.saturating_sub(others)).unwrap_or(u32::MAX).clamp(1, wanted)
}

/// A seed of the system's randomness: who could guess the hash of keys could choose keys that collide.
fn random_seed() -> Result<u64, String> {
    let mut bytes = [0; 8];
    sys::process::random_bytes(&mut bytes)
        .map_err(|error| format!("the system has no randomness: {error}"))?;
    Ok(u64::from_ne_bytes(bytes))
}

/// One line about this start.
fn summary(config: &Config, layout: &Layout) -> String {
    let limit = match config.max_memory_bytes() {
        0 => "no memory limit".into(),
        bytes => format!("at most {bytes} bytes of memory"),
    };
    let bound = if layout.cpus.is_some() { "bound to CPUs" } else { "not bound to CPUs" };
    let source =
        config.file().map_or_else(|| "no configuration file".into(), |path| path.display().to_string());
    format!(
        "anax {} starts: pid {}, {} {}, {bound}, {}, {limit}, {source}",
        env!("CARGO_PKG_VERSION"),
        std::process::id(),
        layout.shards,
        if layout.shards == 1 { "shard" } else { "shards" },
        layout.backend_name(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_allowed_as_far_as_files_go() {
        assert_eq!(allow_clients(1, 1), 1);
        let most = allow_clients(u32::MAX, 1);
        assert!(most > 1);
        assert_eq!(allow_clients(most, 1), most);
    }

    #[test]
    fn seeds_differ() {
        assert_ne!(random_seed(), random_seed());
    }
}
