//! Which CPUs this process may use, and binding threads to them.

use std::fs;
use std::io;
use std::path::Path;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The CPUs that the calling thread may run on, ascending.
pub fn allowed() -> Vec<usize> {
    match sched_getaffinity(None) {
        Ok(set) => (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect(),
        Err(_) => vec![0],
    }
}

/// How many CPUs are worth a busy thread each: those allowed, or fewer if a control group limits CPU time (rounded up,
/// at least one).
pub fn usable_count() -> usize {
    let allowed = allowed().len().max(1);
    match quota(Path::new("/sys/fs/cgroup"), &fs::read_to_string("/proc/self/cgroup").unwrap_or_default()) {
        Some(cpus) => allowed.min(cpus.ceil().max(1.0) as usize),
        None => allowed,
    }
}

/// The tightest CPU quota among this process's control group and its parents, in CPUs.
fn quota(root: &Path, membership: &str) -> Option<f64> {
    let mut tightest: Option<f64> = None;
    let mut note = |cpus: Option<f64>| {
        if let Some(cpus) = cpus {
            tightest = Some(tightest.map_or(cpus, |other| other.min(cpus)));
        }
    };
    for line in membership.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let version_2 = controllers.is_empty();
        if !version_2 && !controllers.split(',').any(|name| name == "cpu") {
            continue;
        }
        // Inside a container the path of the host is not mounted; the root then is the container's own group.
        let base = if version_2 { root.to_path_buf() } else { root.join("cpu") };
        let inner = path.trim_start_matches('/');
        for group in Path::new(inner).ancestors() {
            let group = base.join(group);
            note(if version_2 { quota_version_2(&group) } else { quota_version_1(&group) });
        }
    }
    tightest
}

fn quota_version_2(group: &Path) -> Option<f64> {
    let text = fs::read_to_string(group.join("cpu.max")).ok()?;
    let mut words = text.split_ascii_whitespace();
    ratio(words.next()?, words.next()?)
}

fn quota_version_1(group: &Path) -> Option<f64> {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    ratio(read("cpu.cfs_quota_us")?.trim(), read("cpu.cfs_period_us")?.trim())
}

/// Quota over period; none if unlimited (`max`, `-1`).
fn ratio(quota: &str, period: &str) -> Option<f64> {
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// Binds the calling thread to one CPU.
///
/// # Errors
/// The CPU does not exist or is not allowed.
pub fn pin(cpu: usize) -> io::Result<()> {
    if cpu >= CpuSet::MAX_CPU {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(sched_setaffinity(None, &set)?)
}

/// Names the calling thread, as `top -H` shows it; the kernel keeps 15 bytes.
pub fn name_thread(name: &str) {
    let text: Vec<u8> = name.bytes().filter(|&byte| byte != 0).take(15).collect();
    if let Ok(text) = std::ffi::CString::new(text) {
        let _ = rustix::thread::set_name(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_thread_can_be_pinned_and_named() {
        let cpus = allowed();
        assert!(!cpus.is_empty() && usable_count() >= 1 && usable_count() <= cpus.len());
        std::thread::spawn(move || {
            pin(cpus[0]).expect("pin");
            assert_eq!(allowed(), [cpus[0]]);
            name_thread("a-name-of-more-than-15-bytes");
        })
        .join()
        .expect("thread");
        assert!(pin(usize::MAX).is_err());
    }

    #[test]
    fn the_tightest_quota_counts() {
        let root = std::env::temp_dir().join(format!("anax-quota-{}", std::process::id()));
        let group = root.join("outer/inner");
        fs::create_dir_all(&group).expect("directory");
        fs::write(root.join("outer/cpu.max"), "150000 100000\n").expect("file");
        fs::write(group.join("cpu.max"), "max 100000\n").expect("file");
        assert_eq!(quota(&root, "0::/outer/inner\n"), Some(1.5));
        assert_eq!(quota(&root, "0::/other\n"), None);
        let old = root.join("cpu/docker");
        fs::create_dir_all(&old).expect("directory");
        fs::write(old.join("cpu.cfs_quota_us"), "50000").expect("file");
        fs::write(old.join("cpu.cfs_period_us"), "100000").expect("file");
        assert_eq!(quota(&root, "4:cpu,cpuacct:/docker\n3:memory:/docker\n"), Some(0.5));
        fs::remove_dir_all(&root).expect("clean up");
    }
}
