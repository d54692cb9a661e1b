//! The section about memory.

use super::{Text, View};

/// `# Memory`
pub(super) fn memory(view: &View<'_>, text: &mut Text) {
    let process = &view.shared.process;
    let (facts, memory) = (process.facts(), process.memory());
    let dataset = view.sum(|core| &core.used_bytes);
    let used = memory.used_bytes.max(dataset);
    let peak = memory.peak_bytes.max(used);
    let net = used.saturating_sub(memory.startup_bytes);
    text.section("Memory");
    text.bytes("used_memory", used);
    text.bytes("used_memory_rss", memory.rss_bytes);
    text.bytes("used_memory_peak", peak);
    text.field("used_memory_peak_perc", Percent(used, peak));
    text.field("used_memory_overhead", used.saturating_sub(dataset));
    text.field("used_memory_startup", memory.startup_bytes);
    text.field("used_memory_dataset", dataset);
    text.field("used_memory_dataset_perc", Percent(dataset.min(net), net));
    text.field("allocator_allocated", memory.used_bytes);
    text.field("allocator_active", memory.active_bytes);
    text.field("allocator_resident", memory.resident_bytes);
    text.bytes("total_system_memory", facts.system_memory_bytes);
    text.bytes("used_memory_lua", 0);
    text.bytes("used_memory_scripts", 0);
    text.bytes("maxmemory", view.config.max_memory_bytes());
    text.field("maxmemory_policy", String::from_utf8_lossy(view.config.max_memory_policy()));
    text.field("allocator_frag_ratio", Ratio(memory.active_bytes, memory.used_bytes));
    text.field("allocator_frag_bytes", memory.active_bytes.saturating_sub(memory.used_bytes));
    text.field("allocator_rss_ratio", Ratio(memory.resident_bytes, memory.active_bytes));
    text.field("allocator_rss_bytes", difference(memory.resident_bytes, memory.active_bytes));
    text.field("rss_overhead_ratio", Ratio(memory.rss_bytes, memory.resident_bytes));
    text.field("rss_overhead_bytes", difference(memory.rss_bytes, memory.resident_bytes));
    text.field("mem_fragmentation_ratio", Ratio(memory.rss_bytes, used));
    text.field("mem_fragmentation_bytes", difference(memory.rss_bytes, used));
    text.fields(&[
        ("mem_not_counted_for_evict", 0),
        ("mem_replication_backlog", 0),
        ("mem_total_replication_buffers", 0),
        ("mem_clients_slaves", 0),
        ("mem_clients_normal", view.sum(|core| &core.client_bytes)),
        ("mem_cluster_links", 0),
        ("mem_aof_buffer", 0),
    ]);
    text.field("mem_allocator", &facts.allocator);
    text.fields(&[("active_defrag_running", 0), ("lazyfree_pending_objects", 0), ("lazyfreed_objects", 0)]);
}

fn difference(a: u64, b: u64) -> i64 {
    a as i64 - b as i64
}

/// `a` of `b` as a percentage.
struct Percent(u64, u64);

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2}%", if self.1 == 0 { 0.0 } else { self.0 as f64 * 100.0 / self.1 as f64 })
    }
}

/// `a` by `b`.
struct Ratio(u64, u64);

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2}", if self.1 == 0 { 0.0 } else { self.0 as f64 / self.1 as f64 })
    }
}

#[test]
fn bytes_for_humans() {
    fn check(bytes: u64, expect: &str) {
        assert_eq!(super::Human(bytes).to_string(), expect);
    }
    check(0, "0B");
    check(1023, "1023B");
    check(1024, "1.00K");
    check(730_856, "713.73K");
    check(8_822_784, "8.41M");
    check(25_276_514_304, "23.54G");
    check(u64::MAX, "16384.00P");
}
