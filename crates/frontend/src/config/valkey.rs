//! The parameters that Redis hides and those that only Valkey 9 has: known and remembered, so that its files load.

use super::check::{check_ipv4, check_ipv6};
use super::param::{INT_MAX, Param, Words, checked, choice, flag, int, memory, text};

/// The parameters without effect, of Redis's hidden ones and of Valkey.
pub(super) static VALKEY: &[Param] = &[
    // Hidden in Redis 8.2: an exact name finds them.
    flag("aof-disable-auto-gc", "no").hidden(),
    int("cluster-ping-interval", 0, i64::MAX, "0").hidden(),
    int("key-load-delay", i32::MIN as i64, INT_MAX, "0").hidden(),
    flag("lazyexpire-nested-arbitrary-keys", "yes").hidden(),
    int("loading-process-events-interval-bytes", 1024, INT_MAX, "524288").hidden(),
    flag("lua-enable-deprecated-api", "no").at_start().hidden(),
    int("prefetch-batch-max-size", 0, 128, "16").hidden(),
    int("rdb-key-save-delay", i32::MIN as i64, INT_MAX, "0").hidden(),
    flag("repl-rdb-channel", "yes").hidden(),
    flag("use-exit-on-panic", "no").hidden(),
    int("watchdog-period", 0, INT_MAX, "0").hidden(),
    // Hidden in Valkey 9.
    int("cluster-message-gossip-perc", 1, 100, "10").hidden(),
    text("debug-context", "").hidden(),
    flag("enable-debug-assert", "no").at_start().hidden(),
    flag("io-threads-always-active", "no").hidden(),
    flag("lua-enable-insecure-api", "no").hidden(),
    int("min-io-threads-avoid-copy-reply", 0, INT_MAX, "7").hidden(),
    int("min-string-size-avoid-copy-reply", 0, INT_MAX, "16384").hidden(),
    int("min-string-size-avoid-copy-reply-threaded", 0, INT_MAX, "65536").hidden(),
    // Valkey 9.
    int("active-defrag-cycle-us", 0, 100_000, "500"),
    text("availability-zone", ""),
    checked("cluster-announce-client-ipv4", check_ipv4, Words::One, ""),
    checked("cluster-announce-client-ipv6", check_ipv6, Words::One, ""),
    int("cluster-announce-client-port", 0, 65535, "0"),
    int("cluster-announce-client-tls-port", 0, 65535, "0"),
    int("cluster-blacklist-ttl", 0, i64::MAX, "60"),
    choice("cluster-config-save-behavior", &["sync", "best-effort"], "sync"),
    int("cluster-databases", 1, INT_MAX, "1").fixed(),
    int("cluster-manual-failover-timeout", 1, INT_MAX, "5000"),
    int("cluster-slot-migration-log-max-len", 0, i64::MAX, "1000"),
    flag("dual-channel-replication-enabled", "no"),
    int("events-per-io-thread", 0, INT_MAX, "2").hidden(),
    flag("extended-redis-compatibility", "no"),
    text("hash-seed", "").fixed(),
    flag("import-mode", "no"),
    choice("log-timestamp-format", &["legacy", "iso8601", "milliseconds"], "legacy"),
    flag("mptcp", "no").fixed(),
    choice("rdb-version-check", &["strict", "relaxed"], "strict"),
    text("rdma-bind", ""),
    int("rdma-completion-vector", -1, 1024, "-1").fixed(),
    int("rdma-port", 0, 65535, "0"),
    memory("rdma-rx-size", 65536, 16_777_216, "1048576").fixed(),
    flag("repl-mptcp", "no").fixed(),
    memory("slot-migration-max-failover-repl-bytes", -1, i64::MAX, "0"),
    choice("tls-auth-clients-user", &["CN", "URI", "off"], "off"),
    int("tls-auto-reload-interval", 0, INT_MAX, "0"),
];
