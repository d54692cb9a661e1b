//! What the kernel says about a process, and where this thread runs.

use std::fs;

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// CPU time in nanoseconds that all live threads of a process have run, by the scheduler's own account.
///
/// # Errors
/// When the process is gone.
pub fn cpu_ns(pid: u32) -> Result<u64> {
    let mut total = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("the server process is gone")? {
        // A thread may end between the listing and the reading; its time is lost either way.
        if let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) {
            total += text.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    Ok(total)
}

/// Resident bytes of a process: exact where the kernel offers a roll-up of its maps.
///
/// # Errors
/// When the process is gone.
pub fn rss_bytes(pid: u32) -> Result<u64> {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    };
    let kib = field("smaps_rollup", "Rss:").or_else(|| field("status", "VmRSS:"));
    Ok(kib.context("the resident size of the server process")? * 1024)
}

/// Whether a file whose name holds `part` is mapped into a process.
pub fn has_mapped(pid: u32, part: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/maps")).is_ok_and(|maps| maps.contains(part))
}

/// CPU time in nanoseconds that this thread has run.
pub fn own_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Keeps this thread on `cpus` until dropped; processes started meanwhile inherit it.
#[must_use = "the thread goes back to where it was when this is dropped"]
pub struct Pinned {
    before: CpuSet,
}

impl Pinned {
    /// Pins this thread.
    ///
    /// # Errors
    /// When none of the CPUs is there to use.
    pub fn to(cpus: &[usize]) -> Result<Pinned> {
        ensure!(cpus.iter().all(|&cpu| cpu < CpuSet::MAX_CPU), "no such CPU in {cpus:?}");
        let before = sched_getaffinity(None)?;
        let mut set = CpuSet::new();
        cpus.iter().for_each(|&cpu| set.set(cpu));
        sched_setaffinity(None, &set).with_context(|| format!("pinning to CPUs {cpus:?}"))?;
        Ok(Pinned { before })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // The set was in force before, so only a change of the machine's CPUs can make this fail; then it stays.
        let _ = sched_setaffinity(None, &self.before);
    }
}

/// Raises the limit of open files to the most that is allowed and returns it. Processes started later inherit it.
pub fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    // If it cannot be raised, the limit that stays is what counts.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_this_process() {
        let pid = std::process::id();
        assert!(rss_bytes(pid).unwrap() > 100_000);
        assert!(cpu_ns(pid).unwrap() > 0);
        assert!(!has_mapped(pid, "no such file"));
    }

    #[test]
    fn pins_and_goes_back() {
        let before = sched_getaffinity(None).unwrap();
        let first = (0..CpuSet::MAX_CPU).find(|&cpu| before.is_set(cpu)).unwrap();
        let pinned = Pinned::to(&[first]).unwrap();
        assert_eq!(sched_getaffinity(None).unwrap().count(), 1);
        drop(pinned);
        assert_eq!(sched_getaffinity(None).unwrap(), before);
    }
}
