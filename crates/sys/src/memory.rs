//! The allocator's accounts: of the process, and of single threads that have an arena of their own.
//!
//! jemalloc must be the global allocator of the program; otherwise all numbers are zero.
#![allow(unsafe_code)]

use std::sync::OnceLock;

use tikv_jemalloc_ctl::{epoch, raw, stats, stats_print};

/// What the allocator holds for the whole process, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Handed out.
    pub allocated: u64,
    /// In pages with something handed out.
    pub active: u64,
    /// In physically resident pages, as the allocator counts them.
    pub resident: u64,
    /// For its own structures.
    pub metadata: u64,
}

/// The accounts of the process, as of now. Costs some tens of microseconds; not for data-plane threads.
pub fn process() -> Process {
    // The numbers are a snapshot that only a new epoch renews.
    let _ = epoch::advance();
    let read = |value: Result<usize, tikv_jemalloc_ctl::Error>| value.unwrap_or(0) as u64;
    Process {
        allocated: read(stats::allocated::read()),
        active: read(stats::active::read()),
        resident: read(stats::resident::read()),
        metadata: read(stats::metadata::read()),
    }
}

/// How long freed pages stay with the process before they go back to the system. Short, for memory that a growing table
/// leaves behind is not wanted again.
const DECAY_MS: isize = 1000;

/// Sets the allocator up: freed pages go back soon, by a thread of the allocator's own instead of the threads that free.
/// For arenas that are made afterwards; to be called once, before other threads start.
pub fn tune() {
    // SAFETY: the values of these two are of type ssize_t.
    let _ = unsafe { raw::write(b"arenas.dirty_decay_ms\0", DECAY_MS) };
    // SAFETY: see above.
    let _ = unsafe { raw::write(b"arenas.muzzy_decay_ms\0", 0isize) };
    // SAFETY: the value of this one is of type bool.
    let _ = unsafe { raw::write(b"background_thread\0", true) };
}

/// An arena of the allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arena(u32);

impl Arena {
    /// Gives the calling thread an arena of its own: what it allocates from now on is accounted there, whoever frees it.
    /// `None` if jemalloc is not the allocator.
    pub fn own() -> Option<Arena> {
        // SAFETY: the value of `arenas.create` is an unsigned int.
        let arena: u32 = unsafe { raw::read(b"arenas.create\0") }.ok()?;
        // SAFETY: so is that of `thread.arena`, and the arena exists.
        unsafe { raw::write(b"thread.arena\0", arena) }.ok()?;
        Some(Arena(arena))
    }

    /// Bytes handed out from this arena, as of the last call of [`process`].
    pub fn allocated_bytes(self) -> u64 {
        let Some(names) = allocated_names() else { return 0 };
        let read = |name: &[usize; 5]| -> u64 {
            let mut name = *name;
            name[2] = self.0 as usize;
            // SAFETY: these values are of type size_t.
            unsafe { raw::read_mib::<usize>(&name) }.unwrap_or(0) as u64
        };
        names.iter().map(read).sum()
    }
}

/// The names, as numbers, of the values that make up what an arena has handed out; the third number is the arena's.
fn allocated_names() -> Option<&'static [[usize; 5]; 2]> {
    static NAMES: OnceLock<Option<[[usize; 5]; 2]>> = OnceLock::new();
    let look = || {
        let (mut small, mut large) = ([0; 5], [0; 5]);
        raw::name_to_mib(b"stats.arenas.0.small.allocated\0", &mut small).ok()?;
        raw::name_to_mib(b"stats.arenas.0.large.allocated\0", &mut large).ok()?;
        Some([small, large])
    };
    NAMES.get_or_init(look).as_ref()
}

/// Gives all free pages of all arenas back to the system. Costs as much as there is to give.
pub fn purge() {
    let arenas = tikv_jemalloc_ctl::arenas::narenas::read().unwrap_or(0);
    for arena in 0..arenas {
        let name = format!("arena.{arena}.dirty_decay_ms\0");
        for decay_ms in [0, DECAY_MS] {
            // SAFETY: the value is of type ssize_t. Arenas that are not used refuse it.
            let _ = unsafe { raw::write(name.as_bytes(), decay_ms) };
        }
    }
}

/// The allocator's own report, for humans. Costs some milliseconds.
pub fn report() -> String {
    let mut text = Vec::new();
    let mut options = stats_print::Options::default();
    options.skip_per_arena = true;
    // Writing into a vector cannot fail.
    let _ = stats_print::stats_print(&mut text, options);
    String::from_utf8_lossy(&text).into_owned()
}

/// Resident memory of the process in bytes, as the kernel counts it; 0 if it doesn't say.
pub fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// Name and version of the allocator, as in `jemalloc-5.3.0`.
pub fn allocator_name() -> String {
    let version = tikv_jemalloc_ctl::version::read().unwrap_or("unknown");
    // A build from a repository says "5.3.0-0-g54eaed1d8b…".
    format!("jemalloc-{}", version.split('-').next().unwrap_or(version))
}
