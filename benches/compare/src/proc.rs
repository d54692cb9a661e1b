//! What the kernel says about a process, and where this thread runs.

use std::fs;

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// What the scheduler has counted for a process or a thread, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scheduled {
    /// Time spent running on a CPU.
    pub ran_ns: u64,
    /// Time spent ready to run while something else had the CPU.
    pub waited_ns: u64,
}

impl Scheduled {
    /// What was added since `earlier`.
    pub fn since(self, earlier: Scheduled) -> Scheduled {
        Scheduled {
            ran_ns: self.ran_ns.saturating_sub(earlier.ran_ns),
            waited_ns: self.waited_ns.saturating_sub(earlier.waited_ns),
        }
    }

    fn parse(text: &str) -> Option<Scheduled> {
        let mut numbers = text.split_whitespace().map_while(|n| n.parse().ok());
        Some(Scheduled { ran_ns: numbers.next()?, waited_ns: numbers.next()? })
    }
}

/// What the scheduler has counted for all live threads of a process.
///
/// # Errors
/// When the process is gone.
pub fn scheduled(pid: u32) -> Result<Scheduled> {
    let mut total = Scheduled::default();
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("the server process is gone")? {
        // A thread may end between the listing and the reading; its time is lost either way.
        let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        let one = Scheduled::parse(&text).unwrap_or_default();
        total.ran_ns += one.ran_ns;
        total.waited_ns += one.waited_ns;
    }
    Ok(total)
}

/// What the scheduler has counted for this thread. (The run time is read from the thread's clock: the file of the
/// running thread itself lags by up to a tick.)
pub fn own_scheduled() -> Scheduled {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let ran_ns = time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64;
    Scheduled { ran_ns, ..Scheduled::parse(&text).unwrap_or_default() }
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

/// Whether a process may run on `cpu`.
pub fn may_run_on(pid: u32, cpu: usize) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| {
        sched_getaffinity(Some(pid)).is_ok_and(|set| cpu < CpuSet::MAX_CPU && set.is_set(cpu))
    })
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
        assert!(scheduled(pid).unwrap().ran_ns > 0);
        assert!(own_scheduled().ran_ns > 0);
        assert_eq!(Scheduled::parse("5 6 7\n"), Some(Scheduled { ran_ns: 5, waited_ns: 6 }));
        assert_eq!(Scheduled::parse("5"), None);
        assert!((0..CpuSet::MAX_CPU).any(|cpu| may_run_on(pid, cpu)));
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
