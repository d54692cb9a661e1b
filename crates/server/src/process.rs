//! What commands can ask of the process: memory, CPU time, changed settings, the end.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use commands::{Delivered, Parcel};
use frontend::config::Setting;
use frontend::process::{CpuInfo, Facts, MemoryInfo};
use frontend::process::{Load, Prepared, StorageTask, Stored};
use frontend::{Config, ErrandCall, Shared};
use persist::files::Files;
use reactor::{Counters, Doors, Endpoint, Settings, Waker};
use storage::PlaneFiles;
use sys::memory::Arena;
use sys::process::Whose;

use crate::control::Event;
use crate::links::Links;
use crate::logging::LevelHandle;

/// The numbers of the allocator are at least this old before they are read again: a look costs tens of microseconds.
const MEMORY_AGE: Duration = Duration::from_millis(10);

/// How often it is looked whether something is so that a thread waits for, and how long at most.
const LOOK_EVERY: Duration = Duration::from_millis(2);
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The process, as the frontend sees it.
pub(crate) struct ServerProcess {
    pub(crate) facts: Facts,
    pub(crate) settings: Arc<Settings>,
    pub(crate) wakers: Vec<Waker>,
    /// Of each core's sockets.
    pub(crate) counters: Vec<Arc<Counters>>,
    pub(crate) doors: Doors,
    /// The TCP addresses listened on.
    pub(crate) listening: Arc<Mutex<Vec<Endpoint>>>,
    pub(crate) log_level: LevelHandle,
    pub(crate) events: Sender<Event>,
    pub(crate) storage: Sender<StorageTask>,
    /// Connections to other servers.
    pub(crate) links: Links,
    /// How files are written there.
    pub(crate) files: PlaneFiles,
    /// What `spin-us -1` means here.
    pub(crate) spin_default_us: u32,
    pub(crate) memory: MemorySampler,
    /// By core: the arena of its thread, once that runs.
    pub(crate) arenas: Arc<[OnceLock<Arena>]>,
}

impl frontend::Process for ServerProcess {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn memory(&self) -> MemoryInfo {
        self.memory.look()
    }

    fn sample(&self) {
        self.memory.look();
        self.links.close_old();
    }

    fn started(&self) {
        self.memory.begin();
    }

    fn cpu(&self) -> CpuInfo {
        let [process, children, thread] =
            [Whose::Process, Whose::Children, Whose::Thread].map(sys::process::cpu_time);
        CpuInfo {
            user_us: process.user_us,
            system_us: process.system_us,
            children_user_us: children.user_us,
            children_system_us: children.system_us,
            thread_user_us: thread.user_us,
            thread_system_us: thread.system_us,
        }
    }

    fn rejected_connections(&self) -> u64 {
        self.counters.iter().map(|counters| counters.rejected.get()).sum()
    }

    fn core_bytes(&self, core: u16) -> u64 {
        let arena = self.arenas.get(usize::from(core)).and_then(OnceLock::get);
        arena.map_or(0, |arena| arena.allocated_bytes())
    }

    fn purge_memory(&self) {
        sys::memory::purge();
    }

    fn allocator_report(&self) -> String {
        sys::memory::report()
    }

    fn log(&self, line: &str) {
        tracing::warn!("DEBUG LOG: {line}");
    }

    fn ticks_to_ns(&self, ticks: u64) -> u64 {
        sys::clock::ticks_to_ns(ticks)
    }

    fn apply(&self, setting: Setting) -> Result<(), String> {
        match setting {
            Setting::TimeoutMs(ms) => self.settings.timeout_ms.store(ms, Relaxed),
            Setting::KeepaliveS(seconds) => self.settings.keepalive_s.store(seconds, Relaxed),
            Setting::MaxClients(wanted) => {
                let count = crate::start::allow_clients(wanted, self.wakers.len());
                if count < wanted {
                    return Err(format!(
                        "The operating system is not able to handle the specified number of clients, try with {count}"
                    ));
                }
                self.settings.max_clients.store(count, Relaxed);
            }
            Setting::SpinUs(us) => {
                self.settings.spin_us.store(us.unwrap_or(self.spin_default_us), Relaxed);
            }
            Setting::LogLevel(level) => {
                self.log_level.set(level);
                return Ok(());
            }
        }
        // A sleeping core looks at its settings when it is awake.
        self.wake_all();
        Ok(())
    }

    fn errand(&self, errand: ErrandCall) {
        // Refused only when the process ends already.
        let _ = self.events.send(Event::Errand(errand));
    }

    fn storage(&self, task: StorageTask) -> bool {
        self.storage.send(task).is_ok()
    }

    fn beside(&self, work: Box<dyn FnOnce() + Send>) -> bool {
        std::thread::Builder::new().name("parcel".into()).spawn(work).is_ok()
    }

    fn wait_until(&self, is_so: &dyn Fn() -> bool) -> bool {
        let end = Instant::now() + WAIT_MAX;
        while !is_so() {
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        true
    }

    fn open_stored(&self, shared: &Arc<Shared>, stored: Stored) -> Result<Load, String> {
        crate::loading::again(shared, stored)
    }

    fn carry(&self, parcel: &Parcel) -> Delivered {
        self.links.carry(parcel)
    }

    fn idle_links(&self) -> u64 {
        self.links.len() as u64
    }

    fn files(&self) -> &dyn Files {
        &self.files
    }

    fn listen(&self, config: &Config) -> Result<Prepared, String> {
        let now = self.listening.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (close, open) = crate::listen::reopen(config, &now)?;
        let (doors, listening) = (self.doors.clone(), Arc::clone(&self.listening));
        Ok(Box::new(move || {
            let mut now = listening.lock().unwrap_or_else(PoisonError::into_inner);
            now.retain(|endpoint| !close.contains(endpoint));
            for endpoint in &close {
                tracing::info!("no longer listening on {}", crate::listen::endpoint_name(endpoint));
            }
            for listener in &open {
                tracing::info!("listening on {}", crate::listen::name_of(listener));
                now.push(listener.endpoint().clone());
            }
            doors.change(close, open);
        }))
    }

    fn shutdown(&self, save: Option<bool>) {
        // Refused only when the process ends already.
        let _ = self.events.send(Event::Shutdown(save));
    }

    fn wake_all(&self) {
        self.wakers.iter().for_each(Waker::wake);
    }
}

/// Reads how much memory is in use, not more often than is worth it, and remembers the peak.
pub(crate) struct MemorySampler(Mutex<Sample>);

struct Sample {
    taken: Instant,
    info: MemoryInfo,
}

impl MemorySampler {
    /// With the present use as a first look.
    pub(crate) fn new() -> Self {
        MemorySampler(Mutex::new(Sample { taken: Instant::now(), info: read() }))
    }

    /// The server has started: what is used now, before there is data, is what it needs for itself.
    fn begin(&self) {
        let info = read();
        let (startup_bytes, peak_bytes) = (info.used_bytes, info.used_bytes);
        let peak_unix_s = sys::clock::realtime_ms() / 1000;
        let info = MemoryInfo { startup_bytes, peak_bytes, peak_unix_s, ..info };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Sample { taken: Instant::now(), info };
    }

    /// Memory in use, as of now or a moment ago.
    pub(crate) fn look(&self) -> MemoryInfo {
        let mut sample = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sample.taken.elapsed() >= MEMORY_AGE {
            let MemoryInfo { startup_bytes, mut peak_bytes, mut peak_unix_s, .. } = sample.info;
            let info = read();
            if info.used_bytes > peak_bytes {
                (peak_bytes, peak_unix_s) = (info.used_bytes, sys::clock::realtime_ms() / 1000);
            }
            sample.info = MemoryInfo { startup_bytes, peak_bytes, peak_unix_s, ..info };
            sample.taken = Instant::now();
        }
        sample.info
    }
}

fn read() -> MemoryInfo {
    let allocator = sys::memory::process();
    MemoryInfo {
        used_bytes: allocator.allocated,
        active_bytes: allocator.active,
        resident_bytes: allocator.resident,
        rss_bytes: sys::memory::resident_bytes(),
        peak_bytes: 0,
        peak_unix_s: 0,
        startup_bytes: 0,
    }
}

/// The facts of this start.
pub(crate) fn facts(io_backend: &'static str) -> Facts {
    let mut id = [0; 20];
    // Without randomness the id is not unique, which hurts nobody today.
    let _ = sys::process::random_bytes(&mut id);
    Facts {
        pid: std::process::id(),
        run_id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
        os: sys::process::system_name(),
        executable: std::env::current_exe().map_or_else(|_| String::new(), |path| path.display().to_string()),
        io_backend,
        started_ms: sys::clock::realtime_ms(),
        allocator: sys::memory::allocator_name(),
        system_memory_bytes: sys::process::memory_bytes(),
    }
}
