//! The sections about the process and its role.

use super::{Text, View};
use crate::connection::handshake::REDIS_VERSION;

/// `# Server`
pub(super) fn server(view: &View<'_>, text: &mut Text) {
    let facts = view.shared.process.facts();
    let now_ms = view.now.unix_ms;
    let uptime_s = now_ms.saturating_sub(facts.started_ms) / 1000;
    text.section("Server");
    text.field("redis_version", REDIS_VERSION);
    text.field("redis_git_sha1", "00000000");
    text.field("redis_git_dirty", 0);
    text.field("redis_build_id", 0);
    text.field("redis_mode", "standalone");
    text.field("server_name", "anax");
    text.field("anax_version", env!("CARGO_PKG_VERSION"));
    text.field("os", &facts.os);
    text.field("arch_bits", usize::BITS);
    text.field("monotonic_clock", "POSIX clock_gettime");
    text.field("multiplexing_api", facts.io_backend);
    text.field("process_id", facts.pid);
    text.field("process_supervised", "no");
    text.field("run_id", &facts.run_id);
    text.field("tcp_port", view.config.port().unwrap_or(0));
    text.field("server_time_usec", now_ms * 1000 + u64::from(view.now.unix_rest_us));
    text.field("uptime_in_seconds", uptime_s);
    text.field("uptime_in_days", uptime_s / 86_400);
    text.field("hz", view.config.hz());
    text.field("configured_hz", view.config.hz());
    text.field("lru_clock", (now_ms / 1000) & 0xff_ffff);
    text.field("executable", &facts.executable);
    text.field("config_file", view.config.file().map_or_else(String::new, |path| path.display().to_string()));
    text.field("io_threads_active", 0);
    text.field("shards", view.shared.stats.len());
    listeners(view, text);
}

fn listeners(view: &View<'_>, text: &mut Text) {
    let mut number = 0;
    if let Some(port) = view.config.port() {
        let hosts: Vec<String> =
            view.config.bind().into_iter().map(|address| format!("bind={}", address.host)).collect();
        text.field("listener0", format!("name=tcp,{},port={port}", hosts.join(",")));
        number = 1;
    }
    if let Some((path, _)) = view.config.unix_socket() {
        text.field(&format!("listener{number}"), format!("name=unix,bind={}", path.display()));
    }
}

/// `# Persistence`, as far as clients look for it.
pub(super) fn persistence(view: &View<'_>, text: &mut Text) {
    let shared = view.shared;
    let (saves, loading) = (shared.saving.jobs.saves(), shared.feed.progress());
    let seconds = |seconds: Option<u64>| seconds.and_then(|s| i64::try_from(s).ok()).unwrap_or(-1);
    let (log_on, log) = (shared.logs.is_on(), shared.logs.status());
    let running_s = saves.began_ms.map(|began_ms| view.now.unix_ms.saturating_sub(began_ms) / 1000);
    text.section("Persistence");
    text.fields(&[
        ("loading", u64::from(shared.feed.is_active())),
        ("async_loading", 0),
        ("current_cow_peak", 0),
        ("current_cow_size", 0),
        ("current_cow_size_age", 0),
    ]);
    text.field("current_fork_perc", "0.00");
    text.fields(&[
        ("current_save_keys_processed", 0),
        ("current_save_keys_total", 0),
        ("rdb_changes_since_last_save", shared.dirty().saturating_sub(saves.dirty)),
        ("rdb_bgsave_in_progress", u64::from(saves.began_ms.is_some())),
        ("rdb_last_save_time", saves.last_unix_s),
    ]);
    text.field("rdb_last_bgsave_status", if saves.failed { "err" } else { "ok" });
    text.field("rdb_last_bgsave_time_sec", seconds(saves.last_took_s));
    text.field("rdb_current_bgsave_time_sec", seconds(running_s));
    text.fields(&[
        ("rdb_saves", saves.count),
        ("rdb_last_cow_size", 0),
        ("rdb_last_load_keys_expired", loading.loaded.expired),
        ("rdb_last_load_keys_loaded", loading.loaded.keys),
        ("aof_enabled", u64::from(log_on)),
        ("aof_rewrite_in_progress", u64::from(log.rewriting_since_ms.is_some())),
        ("aof_rewrite_scheduled", u64::from(shared.is_rewrite_wanted())),
    ]);
    text.field("aof_last_rewrite_time_sec", seconds(log.rewrite_took_ms.map(|ms| ms / 1000)));
    let rewriting_s = log.rewriting_since_ms.map(|ms| view.now.unix_ms.saturating_sub(ms) / 1000);
    text.field("aof_current_rewrite_time_sec", seconds(rewriting_s));
    text.field("aof_last_bgrewrite_status", if log.rewrite_failed { "err" } else { "ok" });
    text.fields(&[
        ("aof_rewrites", log.rewrites),
        ("aof_rewrites_consecutive_failures", u64::from(log.rewrite_failed)),
    ]);
    text.field("aof_last_write_status", if log.error.is_some() { "err" } else { "ok" });
    text.fields(&[
        ("aof_last_cow_size", 0),
        ("module_fork_in_progress", 0),
        ("module_fork_last_cow_size", 0),
    ]);
    if log_on {
        text.fields(&[
            ("aof_current_size", log.current_bytes),
            ("aof_base_size", log.base_bytes),
            ("aof_pending_rewrite", u64::from(shared.is_rewrite_wanted())),
            ("aof_buffer_length", 0),
            ("aof_pending_bio_fsync", u64::from(log.pending_sync)),
            ("aof_delayed_fsync", log.delayed_syncs),
        ]);
    }
}

/// `# Replication`
pub(super) fn replication(view: &View<'_>, text: &mut Text) {
    text.section("Replication");
    text.field("role", "master");
    text.field("connected_slaves", 0);
    text.field("master_failover_state", "no-failover");
    text.field("master_replid", view.shared.replication_id());
    text.field("master_replid2", "0".repeat(40));
    text.field("master_repl_offset", 0);
    text.field("second_repl_offset", -1);
    text.field("repl_backlog_active", 0);
    text.field("repl_backlog_size", view.config.bytes_of("repl-backlog-size"));
    text.field("repl_backlog_first_byte_offset", 0);
    text.field("repl_backlog_histlen", 0);
}

/// `# CPU`
pub(super) fn cpu(view: &View<'_>, text: &mut Text) {
    let cpu = view.shared.process.cpu();
    text.section("CPU");
    let fields = [
        ("used_cpu_sys", cpu.system_us),
        ("used_cpu_user", cpu.user_us),
        ("used_cpu_sys_children", cpu.children_system_us),
        ("used_cpu_user_children", cpu.children_user_us),
        ("used_cpu_sys_main_thread", cpu.thread_system_us),
        ("used_cpu_user_main_thread", cpu.thread_user_us),
    ];
    for (name, us) in fields {
        text.field(name, format_args!("{}.{:06}", us / 1_000_000, us % 1_000_000));
    }
}

/// `# Modules`: there are none.
pub(super) fn modules(_: &View<'_>, text: &mut Text) {
    text.section("Modules");
}

/// `# Cluster`
pub(super) fn cluster(_: &View<'_>, text: &mut Text) {
    text.section("Cluster");
    text.field("cluster_enabled", 0);
}
