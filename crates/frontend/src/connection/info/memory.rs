//! The section about memory.

use super::{Human, Text, View};
use crate::connection::memory::{Usage, difference, ratio};

/// `# Memory`
pub(super) fn memory(view: &View<'_>, text: &mut Text) {
    let facts = view.shared.process.facts();
    let usage = Usage::of(view.shared);
    let memory = &usage.info;
    text.section("Memory");
    text.bytes("used_memory", usage.used);
    text.bytes("used_memory_rss", memory.rss_bytes);
    text.bytes("used_memory_peak", usage.peak);
    text.field("used_memory_peak_time", memory.peak_unix_s);
    text.field("used_memory_peak_perc", format_args!("{:.2}%", usage.peak_percent()));
    text.field("used_memory_overhead", usage.overhead);
    text.field("used_memory_startup", usage.startup);
    text.field("used_memory_dataset", usage.dataset);
    text.field("used_memory_dataset_perc", format_args!("{:.2}%", usage.dataset_percent()));
    text.field("allocator_allocated", memory.used_bytes);
    text.field("allocator_active", memory.active_bytes);
    text.field("allocator_resident", memory.resident_bytes);
    text.field("allocator_muzzy", 0);
    text.bytes("total_system_memory", facts.system_memory_bytes);
    scripts(view, text);
    text.bytes("maxmemory", view.config.max_memory_bytes());
    text.field("maxmemory_policy", String::from_utf8_lossy(view.config.max_memory_policy()));
    let pairs = [
        ("allocator_frag", memory.active_bytes, memory.used_bytes),
        ("allocator_rss", memory.resident_bytes, memory.active_bytes),
        ("rss_overhead", memory.rss_bytes, memory.resident_bytes),
        ("mem_fragmentation", memory.rss_bytes, usage.used),
    ];
    for (name, a, b) in pairs {
        text.field(&format!("{name}_ratio"), format_args!("{:.2}", ratio(a, b)));
        text.field(&format!("{name}_bytes"), difference(a, b));
    }
    text.fields(&[
        ("mem_not_counted_for_evict", 0),
        ("mem_replication_backlog", 0),
        ("mem_total_replication_buffers", 0),
        ("mem_replica_full_sync_buffer", 0),
        ("mem_clients_slaves", 0),
        ("mem_clients_normal", usage.clients),
        ("mem_cluster_links", 0),
        ("mem_aof_buffer", 0),
    ]);
    text.field("mem_allocator", &facts.allocator);
    text.fields(&[
        ("mem_overhead_db_hashtable_rehashing", 0),
        ("active_defrag_running", 0),
        ("lazyfree_pending_objects", 0),
        ("lazyfreed_objects", 0),
    ]);
}

/// What scripts take.
fn scripts(view: &View<'_>, text: &mut Text) {
    let (count, text_bytes, _) = view.shared.scripts.counts();
    let (libraries, functions, code_bytes) = view.shared.scripts.functions.counts();
    let vm_bytes = view.shared.scripts.interpreter_bytes();
    text.field("used_memory_lua", vm_bytes);
    text.field("used_memory_vm_eval", vm_bytes);
    text.field("used_memory_lua_human", Human(vm_bytes));
    text.fields(&[
        ("used_memory_scripts_eval", text_bytes as u64),
        ("number_of_cached_scripts", count as u64),
        ("number_of_functions", functions as u64),
        ("number_of_libraries", libraries as u64),
        ("used_memory_vm_functions", 0),
    ]);
    text.bytes("used_memory_vm_total", vm_bytes);
    text.field("used_memory_functions", code_bytes);
    text.bytes("used_memory_scripts", text_bytes as u64);
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
