//! The sections about clients, traffic, shards and keys.

use std::sync::atomic::Ordering::Relaxed;

use super::{Text, View};
use store::{Kind, SIZE_STEPS};

use crate::pubsub;
use crate::stats::{CommandStats, CoreStats, Counter, DbStats};

/// `# Clients`
pub(super) fn clients(view: &View<'_>, text: &mut Text) {
    let most = |counter: &dyn Fn(&CoreStats) -> &Counter| {
        view.shared.stats.iter().map(|core| counter(core).get()).max().unwrap_or(0)
    };
    text.section("Clients");
    text.fields(&[
        ("connected_clients", view.sum(|core| &core.clients)),
        ("cluster_connections", 0),
        ("maxclients", u64::from(view.config.max_clients())),
        ("client_recent_max_input_buffer", most(&|core| &core.input_peak_bytes)),
        ("client_recent_max_output_buffer", most(&|core| &core.output_peak_bytes)),
        ("blocked_clients", view.sum(|core| &core.blocked_clients)),
        ("tracking_clients", 0),
        ("pubsub_clients", view.sum(|core| &core.pubsub_clients)),
        ("watching_clients", view.sum(|core| &core.watching_clients)),
        ("clients_in_timeout_table", view.sum(|core| &core.timeouts)),
        ("total_watched_keys", view.sum(|core| &core.watched_keys)),
        ("total_blocking_keys", view.sum(|core| &core.blocking_keys)),
        ("total_blocking_keys_on_nokey", view.sum(|core| &core.blocking_keys_without_key)),
    ]);
}

/// `# Stats`
pub(super) fn stats(view: &View<'_>, text: &mut Text) {
    let now_ms = view.now.unix_ms;
    let cores = || view.shared.stats.iter();
    let rejected = view.shared.process.rejected_connections();
    text.section("Stats");
    text.fields(&[
        ("total_connections_received", view.sum(|core| &core.connections)),
        ("total_commands_processed", view.sum(|core| &core.commands_processed)),
        ("instantaneous_ops_per_sec", cores().map(|core| core.commands_rate.per_second(now_ms)).sum()),
        ("total_net_input_bytes", view.sum(|core| &core.input_bytes)),
        ("total_net_output_bytes", view.sum(|core| &core.output_bytes)),
        ("total_net_repl_input_bytes", 0),
        ("total_net_repl_output_bytes", 0),
    ]);
    let input: u64 = cores().map(|core| core.input_rate.per_second(now_ms)).sum();
    let output: u64 = cores().map(|core| core.output_rate.per_second(now_ms)).sum();
    text.field("instantaneous_input_kbps", format_args!("{:.2}", input as f64 / 1024.0));
    text.field("instantaneous_output_kbps", format_args!("{:.2}", output as f64 / 1024.0));
    text.field("instantaneous_input_repl_kbps", "0.00");
    text.field("instantaneous_output_repl_kbps", "0.00");
    text.fields(&[
        ("rejected_connections", rejected.saturating_sub(view.shared.rejected_before.load(Relaxed))),
        ("sync_full", 0),
        ("sync_partial_ok", 0),
        ("sync_partial_err", 0),
        ("expired_subkeys", view.sum(|core| &core.expired_fields)),
        ("expired_keys", view.sum(|core| &core.expired_keys)),
    ]);
    let names = |kind| view.shared.pubsub.names(kind) as u64;
    let stale = mean_by_expires(view, |core| core.expired_stale.get());
    let to_us = |ticks: u64| view.shared.process.ticks_to_ns(ticks) / 1000;
    let turns = view.sum(|core| &core.turns);
    let turn_us = to_us(view.sum(|core| &core.turn_ticks));
    let commands = |core: &CoreStats| {
        core.commands.iter().map(|command: &CommandStats| command.ticks.get()).sum::<u64>()
    };
    let command_us = to_us(cores().map(|core| commands(core)).sum());
    text.field("expired_stale_perc", format_args!("{:.2}", stale as f64 / 100.0));
    let expire_ms = view.shared.process.ticks_to_ns(view.sum(|core| &core.expire_ticks)) / 1_000_000;
    text.fields(&[
        ("expired_time_cap_reached_count", view.sum(|core| &core.expire_caps)),
        ("expire_cycle_cpu_milliseconds", expire_ms),
        ("evicted_keys", view.sum(|core| &core.evicted_keys)),
        ("evicted_clients", 0),
        ("evicted_scripts", view.shared.scripts.counts().2),
        ("total_eviction_exceeded_time", 0),
        ("current_eviction_exceeded_time", 0),
        ("keyspace_hits", view.sum(|core| &core.keyspace_hits)),
        ("keyspace_misses", view.sum(|core| &core.keyspace_misses)),
        ("pubsub_channels", names(pubsub::Kind::Channel)),
        ("pubsub_patterns", names(pubsub::Kind::Pattern)),
        ("pubsubshard_channels", names(pubsub::Kind::ShardChannel)),
        ("latest_fork_usec", 0),
        ("total_forks", 0),
        ("migrate_cached_sockets", view.shared.process.idle_links()),
        ("slave_expires_tracked_keys", 0),
        ("active_defrag_hits", 0),
        ("active_defrag_misses", 0),
        ("active_defrag_key_hits", 0),
        ("active_defrag_key_misses", 0),
        ("total_active_defrag_time", 0),
        ("current_active_defrag_time", 0),
        ("tracking_total_keys", 0),
        ("tracking_total_items", 0),
        ("tracking_total_prefixes", 0),
        ("unexpected_error_replies", 0),
        ("total_error_replies", view.sum(|core| &core.error_replies)),
        ("dump_payload_sanitizations", 0),
        ("total_reads_processed", view.sum(|core| &core.reads)),
        ("total_writes_processed", view.sum(|core| &core.writes)),
        ("io_threaded_reads_processed", 0),
        ("io_threaded_writes_processed", 0),
        ("client_query_buffer_limit_disconnections", view.sum(|core| &core.query_limit_drops)),
        ("client_output_buffer_limit_disconnections", view.sum(|core| &core.output_limit_drops)),
        ("eventloop_cycles", turns),
        ("eventloop_duration_sum", turn_us),
        ("eventloop_duration_cmd_sum", command_us),
        (
            "instantaneous_eventloop_cycles_per_sec",
            cores().map(|core| core.turn_rate.per_second(now_ms)).sum(),
        ),
        ("instantaneous_eventloop_duration_usec", turn_us.checked_div(turns).unwrap_or(0)),
        ("acl_access_denied_auth", 0),
        ("acl_access_denied_cmd", 0),
        ("acl_access_denied_key", 0),
        ("acl_access_denied_channel", 0),
    ]);
}

/// The mean of the shards' means, weighted by how many keys with an expiry each has.
fn mean_by_expires(view: &View<'_>, value: impl Fn(&CoreStats) -> u64) -> u64 {
    let expires = |core: &CoreStats| core.dbs.iter().map(|db| db.expires.get()).sum::<u64>();
    let all: u64 = view.shared.stats.iter().map(|core| expires(core)).sum();
    let weighted: u128 =
        view.shared.stats.iter().map(|core| u128::from(value(core)) * u128::from(expires(core))).sum();
    weighted.checked_div(u128::from(all)).unwrap_or(0) as u64
}

/// `# Debug`: about the loops.
pub(super) fn debug(view: &View<'_>, text: &mut Text) {
    let most = |counter: fn(&CoreStats) -> &Counter| {
        view.shared.stats.iter().map(|core| counter(core).get()).max().unwrap_or(0)
    };
    let to_us = |ticks: u64| view.shared.process.ticks_to_ns(ticks) / 1000;
    text.section("Debug");
    text.fields(&[
        ("eventloop_duration_aof_sum", 0),
        ("eventloop_duration_cron_sum", to_us(view.sum(|core| &core.cron_ticks))),
        ("eventloop_duration_max", to_us(most(|core| &core.turn_ticks_max))),
        ("eventloop_cmd_per_cycle_max", most(|core| &core.turn_commands_max)),
    ]);
}

/// `# Threads`: each core, in the words of Redis's io threads.
pub(super) fn threads(view: &View<'_>, text: &mut Text) {
    text.section("Threads");
    for (number, core) in view.shared.stats.iter().enumerate() {
        let (clients, reads, writes) = (core.clients.get(), core.reads.get(), core.writes.get());
        text.field(
            &format!("io_thread_{number}"),
            format_args!("clients={clients},reads={reads},writes={writes}"),
        );
    }
}

/// `# Keysizes`: how many values of each type are how large, in steps that double.
pub(super) fn keysizes(view: &View<'_>, text: &mut Text) {
    const TYPES: &[(Kind, &str)] = &[
        (Kind::String, "strings_sizes"),
        (Kind::List, "lists_items"),
        (Kind::Set, "sets_items"),
        (Kind::SortedSet, "zsets_items"),
        (Kind::Hash, "hashes_items"),
    ];
    text.section("Keysizes");
    let databases = view.shared.stats.first().map_or(0, |core| core.dbs.len());
    for db in 0..databases {
        let shards = || view.shared.stats.iter().filter_map(|core| core.dbs.get(db)?.sizes.get());
        for &(kind, name) in TYPES {
            let sum = |step: usize| {
                let at = kind as usize * SIZE_STEPS + step;
                shards().filter_map(|sizes| Some(sizes.get(at)?.get())).sum::<u64>()
            };
            let shown = |step: usize| {
                let count = sum(step);
                (count > 0).then(|| format!("{}={count}", step_name(step)))
            };
            let line: Vec<String> = (0..SIZE_STEPS).filter_map(shown).collect();
            if !line.is_empty() {
                text.field(&format!("db{db}_distrib_{name}"), line.join(","));
            }
        }
    }
}

/// The least size of a step, as Redis writes it: 0, 1, 2, …, 512, 1K, 2K, …
fn step_name(step: usize) -> String {
    const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];
    match step {
        0 => "0".into(),
        _ => format!("{}{}", 1u64 << ((step - 1) % 10), UNITS.get((step - 1) / 10).unwrap_or(&"")),
    }
}

/// `# Shards`: a line for each shard, with what its core did.
pub(super) fn shards(view: &View<'_>, text: &mut Text) {
    text.section("Shards");
    for (shard, core) in view.shared.stats.iter().enumerate() {
        let keys: u64 = core.dbs.iter().map(|db| db.keys.get()).sum();
        let expires: u64 = core.dbs.iter().map(|db| db.expires.get()).sum();
        let line = [
            ("keys", keys),
            ("expires", expires),
            ("used_bytes", core.used_bytes.get()),
            ("allocated_bytes", view.shared.process.core_bytes(shard as u16)),
            ("client_bytes", core.client_bytes.get()),
            ("clients", core.clients.get()),
            ("ops_per_sec", core.commands_rate.per_second(view.now.unix_ms)),
            ("commands", core.commands_processed.get()),
            ("turns", core.turns.get()),
            ("publishes", core.publishes.get()),
            ("pieces_sent", core.pieces_sent.get()),
            ("pieces_received", core.pieces_received.get()),
            ("rounds", core.rounds.get()),
            ("lock_waits", core.lock_waits.get()),
            ("script_restarts", core.script_restarts.get()),
        ];
        let line: Vec<String> = line.iter().map(|(name, value)| format!("{name}={value}")).collect();
        text.field(&format!("shard{shard}"), line.join(","));
    }
}

/// `# Keyspace`: a line for each database with keys.
pub(super) fn keyspace(view: &View<'_>, text: &mut Text) {
    text.section("Keyspace");
    let databases = view.shared.stats.first().map_or(0, |core| core.dbs.len());
    for db in 0..databases {
        let of_shards = || view.shared.stats.iter().filter_map(|core| core.dbs.get(db));
        let sum = |field: fn(&DbStats) -> u64| of_shards().map(field).sum::<u64>();
        let keys = sum(|db| db.keys.get());
        if keys == 0 {
            continue;
        }
        let expires = sum(|db| db.expires.get());
        // The mean of the shards' means, weighted by how many keys each is of.
        let weighted: u128 =
            of_shards().map(|db| u128::from(db.avg_ttl_ms.get()) * u128::from(db.expires.get())).sum();
        let avg_ttl = weighted.checked_div(u128::from(expires)).unwrap_or(0);
        let hashes = sum(|db| db.expiring_hashes.get());
        let line = format!("keys={keys},expires={expires},avg_ttl={avg_ttl},subexpiry={hashes}");
        text.field(&format!("db{db}"), line);
    }
}
