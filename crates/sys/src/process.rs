//! The process, as the system sees it: limits, CPU time, and what it runs on.
#![allow(unsafe_code)]

use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Below this distance from the wanted number of open files, smaller numbers are not tried any more.
const OPEN_FILES_STEP: u64 = 16;

/// Raises the limit of open files to `wanted`, or to as much of it as the system allows. Returns the limit as it is then;
/// a limit that is higher already is left alone.
pub fn raise_open_files(wanted: u64) -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current else { return u64::MAX };
    let mut attempt = wanted;
    while attempt > current {
        // Beyond the hard limit only a privileged process gets through.
        let maximum = limit.maximum.map(|maximum| maximum.max(attempt));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(attempt), maximum }).is_ok() {
            return attempt;
        }
        // The hard limit is what an ordinary process gets; below it all is refused for other reasons.
        attempt = match limit.maximum {
            Some(maximum) if attempt > maximum => maximum,
            _ => attempt.saturating_sub(OPEN_FILES_STEP),
        };
    }
    current
}

/// CPU time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// In user mode.
    pub user_us: u64,
    /// In the kernel.
    pub system_us: u64,
}

/// Whose CPU time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All threads of this process.
    Process,
    /// Finished child processes.
    Children,
    /// The calling thread.
    Thread,
}

/// CPU time used so far.
pub fn cpu_time(whose: Whose) -> CpuTime {
    let who = match whose {
        Whose::Process => libc::RUSAGE_SELF,
        Whose::Children => libc::RUSAGE_CHILDREN,
        Whose::Thread => libc::RUSAGE_THREAD,
    };
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a struct of the right type, which the call fills.
    let answer = unsafe { libc::getrusage(who, usage.as_mut_ptr()) };
    if answer != 0 {
        return CpuTime::default();
    }
    // SAFETY: zeroed is a valid value of this plain struct, and the call has filled it.
    let usage = unsafe { usage.assume_init() };
    let us = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    CpuTime { user_us: us(usage.ru_utime), system_us: us(usage.ru_stime) }
}

/// Fills a buffer from the system's source of randomness.
///
/// # Errors
/// The system has none to give.
pub fn random_bytes(buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        let rest = &mut buffer[filled..];
        match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()) {
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            // Some sandboxes know the device only.
            Err(_) => {
                return io::Read::read_exact(&mut fs::File::open("/dev/urandom")?, &mut buffer[filled..]);
            }
        }
    }
    Ok(())
}

/// Name, release and machine of the operating system, as in `Linux 6.1.0 x86_64`.
pub fn system_name() -> String {
    let name = rustix::system::uname();
    [name.sysname(), name.release(), name.machine()].map(|part| part.to_string_lossy().into_owned()).join(" ")
}

/// Bytes of memory that this process may hope for: those of the host, or fewer if a control group limits it.
pub fn memory_bytes() -> u64 {
    let host = rustix::system::sysinfo();
    let host = (host.totalram as u64).saturating_mul(u64::from(host.mem_unit.max(1)));
    let membership = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    host.min(memory_limit(Path::new("/sys/fs/cgroup"), &membership).unwrap_or(u64::MAX))
}

/// The tightest memory limit among this process's control group (version 2) and its parents.
fn memory_limit(root: &Path, membership: &str) -> Option<u64> {
    let path = membership.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let limit =
        |group: &Path| fs::read_to_string(root.join(group).join("memory.max")).ok()?.trim().parse().ok();
    Path::new(path).ancestors().filter_map(limit).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_files_is_raised_as_far_as_allowed() {
        let now = raise_open_files(0);
        assert!(now > 0);
        assert!(raise_open_files(now + 1) >= now);
        assert_eq!(raise_open_files(1), raise_open_files(0), "never lowered");
    }

    #[test]
    fn the_system_answers() {
        let spent = cpu_time(Whose::Process);
        assert!(spent.user_us + spent.system_us >= cpu_time(Whose::Thread).user_us);
        cpu_time(Whose::Children);
        let mut bytes = [[0; 32]; 2];
        bytes.iter_mut().for_each(|bytes| random_bytes(bytes).expect("randomness"));
        assert_ne!(bytes[0], bytes[1]);
        assert!(system_name().split(' ').count() >= 3, "{}", system_name());
        assert!(memory_bytes() > 1 << 20);
    }

    #[test]
    fn the_tightest_memory_limit_counts() {
        let root = std::env::temp_dir().join(format!("anax-memory-{}", std::process::id()));
        fs::create_dir_all(root.join("outer/inner")).expect("directory");
        fs::write(root.join("outer/memory.max"), "4096\n").expect("file");
        fs::write(root.join("outer/inner/memory.max"), "max\n").expect("file");
        assert_eq!(memory_limit(&root, "0::/outer/inner\n"), Some(4096));
        assert_eq!(memory_limit(&root, "0::/\n"), None);
        fs::remove_dir_all(&root).expect("clean up");
    }
}
