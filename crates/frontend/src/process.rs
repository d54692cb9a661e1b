//! What only the process knows and can do: the frontend sees neither system calls nor the allocator.

use std::sync::Arc;

use commands::{Delivered, Parcel};
use persist::files::{Files, PlainFiles};
use persist::snapshot::Work;

use crate::config::{Config, Setting};
use crate::errand::ErrandCall;
use crate::shared::Shared;

/// Something that is prepared, and takes effect when this is called.
pub type Prepared = Box<dyn FnOnce() + Send>;

/// What is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The snapshot.
    Snapshot,
    /// The append-only log.
    Log,
}

/// Loads what was opened.
pub type Load = Box<dyn FnOnce(&Arc<Shared>) -> Result<(), String> + Send>;

/// Work for the storage plane, which tells it the time in milliseconds since 1970 when asked.
pub type StorageTask = Box<dyn FnOnce(&dyn Fn() -> u64) + Send>;

/// The process, as commands see it. Every method is quick and waits for nothing.
pub trait Process: Send + Sync {
    /// What does not change while the process runs.
    fn facts(&self) -> &Facts;
    /// Memory in use.
    fn memory(&self) -> MemoryInfo;
    /// All cores run: called once by the control plane.
    fn started(&self) {}
    /// Looks at numbers that INFO shows as peaks; called several times a second by the control plane.
    fn sample(&self) {}
    /// CPU time used.
    fn cpu(&self) -> CpuInfo;
    /// Connections turned away because of `maxclients`, since the start.
    fn rejected_connections(&self) -> u64;
    /// Bytes that a core's thread has allocated and that are not freed, as of the last look at [`Process::memory`].
    fn core_bytes(&self, _core: u16) -> u64 {
        0
    }
    /// Gives free memory back to the system (MEMORY PURGE).
    fn purge_memory(&self) {}
    /// The allocator's own report (MEMORY MALLOC-STATS).
    fn allocator_report(&self) -> String {
        "Stats not supported for the current allocator".into()
    }
    /// Writes a line into the log (DEBUG LOG).
    fn log(&self, _line: &str) {}
    /// Nanoseconds that so many ticks of `CoreOptions::ticks` mean.
    fn ticks_to_ns(&self, ticks: u64) -> u64;
    /// Carries out a changed setting.
    ///
    /// # Errors
    /// The system doesn't allow it, in words for the client.
    fn apply(&self, setting: Setting) -> Result<(), String>;
    /// Hands work to the control plane, which calls [`ErrandCall::run`].
    fn errand(&self, errand: ErrandCall);
    /// Hands work to the storage plane, where it may wait for the disk. False: there is none.
    fn storage(&self, _task: StorageTask) -> bool {
        false
    }
    /// Does something on a thread of its own, since it may wait for long. False: there is none to be had.
    fn beside(&self, _work: Box<dyn FnOnce() + Send>) -> bool {
        false
    }
    /// Waits until something is so, which is looked at again and again; on a thread that may wait. False: it takes too long.
    fn wait_until(&self, is_so: &dyn Fn() -> bool) -> bool {
        is_so()
    }
    /// Opens what is stored, and has cores ask for it. What it returns reads it, and ends when cores have loaded all.
    ///
    /// # Errors
    /// It is not there, or can't be opened, in words for the log.
    fn open_stored(&self, _shared: &Arc<Shared>, _stored: Stored) -> Result<Load, String> {
        Err("nothing is stored".into())
    }
    /// Carries keys to another server; returns when it has answered, or its time is over.
    fn carry(&self, _parcel: &Parcel) -> Delivered {
        crate::parcels::unreachable()
    }
    /// Connections to other servers that are kept for the next parcel.
    fn idle_links(&self) -> u64 {
        0
    }
    /// How the storage plane writes files.
    fn files(&self) -> &dyn Files {
        &PlainFiles
    }
    /// Does several things of the storage plane's at the same time; returns when all are done.
    fn at_once(&self, works: Vec<Work<'_>>) {
        std::thread::scope(|scope| works.into_iter().for_each(|work| drop(scope.spawn(work))));
    }
    /// Opens what `config` asks to listen on; called by the control plane. Dropping the result undoes it.
    ///
    /// # Errors
    /// An address that can't be listened on, in words for the log.
    fn listen(&self, config: &Config) -> Result<Prepared, String> {
        let _ = config;
        Err("this process can't change where it listens".into())
    }
    /// Ends the process in an orderly way (SHUTDOWN): cores finish and stop soon after. `save`: whether with a last snapshot;
    /// `None` if the configuration is to say.
    fn shutdown(&self, save: Option<bool>);
    /// Wakes all cores.
    fn wake_all(&self);
}

/// What does not change while the process runs.
#[derive(Clone, Default, Debug)]
pub struct Facts {
    /// Process id.
    pub pid: u32,
    /// 40 random hexadecimal digits, new with each start.
    pub run_id: String,
    /// Name, release and machine of the operating system.
    pub os: String,
    /// Path of the executable.
    pub executable: String,
    /// `io_uring` or `epoll`.
    pub io_backend: &'static str,
    /// When the process started, in milliseconds since 1970.
    pub started_ms: u64,
    /// Name and version of the allocator.
    pub allocator: String,
    /// Bytes of memory of the host, or of the container.
    pub system_memory_bytes: u64,
}

/// Memory in use.
#[derive(Clone, Copy, Default, Debug)]
pub struct MemoryInfo {
    /// Bytes that were asked of the allocator and not given back.
    pub used_bytes: u64,
    /// The most that this ever was, as far as it was looked at.
    pub peak_bytes: u64,
    /// When that was, in seconds since 1970.
    pub peak_unix_s: u64,
    /// Bytes in use when the process had started.
    pub startup_bytes: u64,
    /// Resident set of the process.
    pub rss_bytes: u64,
    /// Bytes in pages of the allocator that have allocations.
    pub active_bytes: u64,
    /// Bytes that the allocator has mapped as resident.
    pub resident_bytes: u64,
}

/// CPU time in microseconds.
#[derive(Clone, Copy, Default, Debug)]
pub struct CpuInfo {
    /// In user mode, all threads.
    pub user_us: u64,
    /// In the kernel, all threads.
    pub system_us: u64,
    /// In user mode, finished child processes.
    pub children_user_us: u64,
    /// In the kernel, finished child processes.
    pub children_system_us: u64,
    /// In user mode, the calling thread.
    pub thread_user_us: u64,
    /// In the kernel, the calling thread.
    pub thread_system_us: u64,
}
