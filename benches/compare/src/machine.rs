//! Describes the machine a measurement was made on, without naming it.

use std::fs;
use std::time::SystemTime;

/// One line: CPU, number of CPUs, memory, kernel, huge pages.
pub fn describe() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix(':'));
        line.map(|value| value.trim().to_owned())
    };
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown CPU".to_owned());
    let virtual_machine = fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains(" hypervisor"));
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let memory_kib =
        field("/proc/meminfo", "MemTotal").and_then(|t| t.strip_suffix(" kB")?.parse::<u64>().ok());
    let memory_gib = memory_kib.unwrap_or(0) as f64 / (1 << 20) as f64;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // Only the version proper: what follows the first dash is often a build's own name.
    let kernel = kernel.trim().split('-').next().unwrap_or("unknown");
    let kind = if virtual_machine { "virtual machine, " } else { "" };
    format!(
        "{kind}{cpu}, {cpus} CPUs, {memory_gib:.0} GiB, Linux {kernel}, huge pages {}, loopback",
        huge_pages()
    )
}

/// The mode of transparent huge pages: it moves the cost of large keyspaces by a lot.
fn huge_pages() -> String {
    let text = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    let chosen = text.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    chosen.map_or("unknown", |(mode, _)| mode).to_owned()
}

/// Today in UTC, as 2026-01-31.
pub fn today() -> String {
    let mut text = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    text.truncate("2026-01-31".len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_something_on_one_line() {
        let text = describe();
        assert!(text.contains("Linux ") && text.contains(" CPUs") && !text.contains('\n'), "{text}");
        assert_eq!(today().split('-').count(), 3);
    }
}
