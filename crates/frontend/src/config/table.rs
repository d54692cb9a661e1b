//! The parameters that have an effect: those of Redis, and Anax's own. Help texts and `--help` come from here.

use super::check::{check_bind, check_percentiles, check_pin_cpus};
use super::param::{
    Effect, Errand, INT_MAX, LogLevel, Param, Setting, Words, checked, choice, events, flag, int, memory,
    octal, output_limits, text,
};
use super::remembered::REMEMBERED;
use super::saving::SAVING;
use super::valkey::VALKEY;
use super::values::VALUES;
use super::{OutputLimit, Value};
use crate::pubsub::mask_of;
use crate::shared::{HotConfig, OutputBounds, Permission};

const PERMISSION: &[&str] = &["no", "yes", "local"];
const POLICIES: &[&str] = &[
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "noeviction",
];
const FACILITY: &[&str] =
    &["user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"];
const LOG_LEVELS: &[&str] = &["debug", "verbose", "notice", "warning", "nothing"];

/// All parameters: first those with an effect, then those that are only remembered.
pub fn params() -> impl Iterator<Item = &'static Param> {
    EFFECTIVE.iter().chain(SAVING).chain(VALUES).chain(REMEMBERED).chain(VALKEY)
}

/// The parameter of a name in any case, its number, and whether the name is the older one.
pub fn find(name: &[u8]) -> Option<(usize, &'static Param, bool)> {
    let is = |other: &str| other.as_bytes().eq_ignore_ascii_case(name);
    params().enumerate().find_map(|(at, param)| {
        let aliased = param.alias.is_some_and(is);
        (aliased || is(param.name)).then_some((at, param, aliased))
    })
}

/// The parameters with an effect.
pub(super) static EFFECTIVE: &[Param] = &[
    // Anax's own.
    int("shards", 0, base::limits::SHARDS_MAX as i64, "0")
        .fixed()
        .does(Effect::Read, "Shards, each with a core of its own; 0 is one for each usable CPU"),
    checked("pin-cpus", check_pin_cpus, Words::One, "auto").fixed().does(
        Effect::Read,
        "Bind each core's thread to a CPU: auto (where there are enough CPUs), yes, no, or a list as in 0,2,4-7",
    ),
    choice("io-backend", &["auto", "io_uring", "epoll"], "auto")
        .fixed()
        .does(Effect::Read, "How sockets are served; auto takes io_uring where the system allows it"),
    int("spin-us", -1, 1_000_000, "-1").does(
        Effect::Process(|value| Setting::SpinUs(u32::try_from(as_int(value)).ok())),
        "Microseconds that a core waits awake for other cores before it sleeps; -1 chooses",
    ),
    // Network.
    checked("bind", check_bind, Words::Several, "* -::*").does(
        Effect::Control(Errand::Listen("Failed to bind to specified addresses.")),
        "Addresses to listen on; * is all of IPv4, ::* all of IPv6, and one after - may be absent",
    ),
    int("port", 0, 65535, "6379").does(
        Effect::Control(Errand::Listen("Unable to listen on this port. Check server logs.")),
        "TCP port; 0 is none",
    ),
    text("unixsocketgroup", "").fixed().does(Effect::Read, "Group of the unix socket"),
    text("unixsocket", "").at_start().does(Effect::Read, "Path of a unix socket to listen on"),
    octal("unixsocketperm", 0o777, "0").at_start().does(Effect::Read, "Permissions of the unix socket"),
    int("tcp-backlog", 0, INT_MAX, "511")
        .at_start()
        .does(Effect::Read, "Connections that the system holds until they are accepted"),
    int("tcp-keepalive", 0, INT_MAX, "300").does(
        Effect::Process(|value| Setting::KeepaliveS(as_u32(value))),
        "Seconds after which an idle connection is probed; 0 is never",
    ),
    int("timeout", 0, INT_MAX, "0").does(
        Effect::Process(|value| Setting::TimeoutMs(as_u64(value) * 1000)),
        "Seconds after which an idle client is disconnected; 0 is never",
    ),
    int("maxclients", 1, u32::MAX as i64, "10000")
        .unsigned()
        .does(Effect::Process(|value| Setting::MaxClients(as_u32(value))), "Most clients at a time"),
    flag("protected-mode", "yes").does(
        Effect::Cores(|value, hot| hot.protected_mode = as_flag(value)),
        "Without a password, serve clients of this host only",
    ),
    // Clients.
    text("requirepass", "").secret().does(
        Effect::Cores(|value, hot| hot.password = as_text(value).to_vec()),
        "Password that clients have to give",
    ),
    int("databases", 1, INT_MAX, "16").at_start().does(
        Effect::Cores(|value, hot| hot.databases = usize::try_from(as_int(value)).unwrap_or(16)),
        "Number of databases",
    ),
    output_limits(
        "client-output-buffer-limit",
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    )
    .does(Effect::Cores(set_output_limits), "Limits of a client's unsent output: class, hard, soft, seconds"),
    memory("client-query-buffer-limit", 1024 * 1024, i64::MAX, "1073741824").unsigned().does(
        Effect::Cores(|value, hot| hot.query_buffer_max_bytes = as_usize(value)),
        "Most bytes of an unfinished command",
    ),
    memory("proto-max-bulk-len", 1024 * 1024, i64::MAX, "536870912").does(
        Effect::Cores(|value, hot| {
            hot.max_bulk_bytes = as_u64(value);
            hot.limits.proto_max_bulk_len = as_u64(value);
        }),
        "Most bytes of one argument and of a string",
    ),
    memory("maxmemory", 0, i64::MAX, "0")
        .unsigned()
        .does(
            Effect::Cores(|value, hot| hot.max_memory_bytes = as_u64(value)),
            "Memory to use at most; beyond it commands that may use more are refused; 0 is no limit",
        ),
    choice("maxmemory-policy", POLICIES, "noeviction").does(
        Effect::Cores(|value, hot| hot.access.counted = as_text(value).ends_with(b"-lfu")),
        "Whether accesses of keys are counted (LFU) or timed; no policy evicts keys yet",
    ),
    int("lfu-log-factor", 0, INT_MAX, "10").does(
        Effect::Cores(|value, hot| hot.access.log_factor = as_u32(value)),
        "How slowly counters of accesses grow",
    ),
    int("lfu-decay-time", 0, INT_MAX, "1").does(
        Effect::Cores(|value, hot| hot.access.decay_minutes = as_u32(value)),
        "Minutes in which counters of accesses lose one; 0 is never",
    ),
    events("notify-keyspace-events", "").does(
        Effect::Cores(|value, hot| hot.notify = mask_of(as_text(value))),
        "Events of keys that clients can subscribe to, by letters; K or E must be among them",
    ),
    choice("enable-debug-command", PERMISSION, "no").at_start().does(
        Effect::Cores(|value, hot| hot.debug_command = as_permission(value)),
        "Who may use DEBUG; local is clients of this host",
    ),
    choice("enable-protected-configs", PERMISSION, "no").at_start().does(
        Effect::Cores(|value, hot| hot.protected_configs = as_permission(value)),
        "Who may change protected parameters by CONFIG SET",
    ),
    // The process.
    text("dir", ".").protected().does(
        Effect::Control(Errand::Folder),
        "Folder to work in: paths that don't begin with / begin here",
    ),
    choice("loglevel", LOG_LEVELS, "notice")
        .does(Effect::Process(|value| Setting::LogLevel(log_level(as_text(value)))), "What is logged"),
    text("logfile", "")
        .at_start()
        .does(Effect::Read, "Where is logged; nothing is the standard error output"),
    choice("log-format", &["text", "json", "legacy", "logfmt"], "text")
        .fixed()
        .does(Effect::Read, "How lines of the log are written"),
    // What is remembered of commands.
    int("slowlog-log-slower-than", -1, i64::MAX, "10000").alias("commandlog-execution-slower-than").does(
        Effect::Cores(|value, hot| hot.command_log.slow_us = as_limit(value)),
        "Microseconds from which a command is slow and logged; -1 is never",
    ),
    int("slowlog-max-len", 0, i64::MAX, "128").alias("commandlog-slow-execution-max-len").does(
        Effect::Cores(|value, hot| hot.command_log.slow_max = as_usize(value)),
        "Slow commands that are remembered",
    ),
    int("commandlog-request-larger-than", -1, i64::MAX, "1048576").does(
        Effect::Cores(|value, hot| hot.command_log.request_bytes = as_limit(value)),
        "Bytes from which a request is large and logged; -1 is never",
    ),
    int("commandlog-large-request-max-len", 0, i64::MAX, "128").does(
        Effect::Cores(|value, hot| hot.command_log.request_max = as_usize(value)),
        "Large requests that are remembered",
    ),
    int("commandlog-reply-larger-than", -1, i64::MAX, "1048576").does(
        Effect::Cores(|value, hot| hot.command_log.reply_bytes = as_limit(value)),
        "Bytes from which a reply is large and logged; -1 is never",
    ),
    int("commandlog-large-reply-max-len", 0, i64::MAX, "128").does(
        Effect::Cores(|value, hot| hot.command_log.reply_max = as_usize(value)),
        "Large replies that are remembered",
    ),
    int("busy-reply-threshold", 0, i64::MAX, "5000").alias("lua-time-limit").does(
        Effect::Cores(|value, hot| hot.busy_reply_ms = as_u64(value)),
        "Milliseconds from which a script is busy, and commands for its shards are told so; 0 is never",
    ),
    int("latency-monitor-threshold", 0, i64::MAX, "0").does(
        Effect::Cores(|value, hot| hot.latency_threshold_ms = as_u64(value)),
        "Milliseconds from which LATENCY remembers what took so long; 0 is never",
    ),
    flag("latency-tracking", "yes").does(
        Effect::Cores(|value, hot| hot.latency_tracking = as_flag(value)),
        "Count how long the calls of each command take",
    ),
    checked("latency-tracking-info-percentiles", check_percentiles, Words::Several, "50 99 99.9")
        .does(Effect::Read, "Percentiles that INFO latencystats shows"),
    flag("daemonize", "no").at_start().does(Effect::Read, "Run in the background"),
    text("pidfile", "").at_start().does(Effect::Read, "File for the process id, while the process runs"),
    choice("supervised", &["upstart", "systemd", "auto", "no"], "no").at_start().does(Effect::Read, "Tell systemd when the server is ready"),
    flag("syslog-enabled", "no").at_start().does(Effect::Read, "Log to the system too"),
    choice("syslog-facility", FACILITY, "local0").at_start().does(Effect::Read, "Facility of lines for the system's log"),
    text("syslog-ident", "redis").at_start().does(Effect::Read, "Name of lines for the system's log"),
    int("hz", 0, INT_MAX, "10").does(Effect::Read, "Accepted; background work is paced by load instead"),
];

pub(super) fn as_flag(value: &Value) -> bool {
    matches!(value, Value::Flag(true))
}

pub(super) fn as_int(value: &Value) -> i64 {
    if let Value::Int(number) = value { *number } else { 0 }
}

/// A limit where a negative number means none.
fn as_limit(value: &Value) -> Option<u64> {
    u64::try_from(as_int(value)).ok()
}

pub(super) fn as_u64(value: &Value) -> u64 {
    u64::try_from(as_int(value)).unwrap_or(0)
}

pub(super) fn as_u32(value: &Value) -> u32 {
    u32::try_from(as_int(value)).unwrap_or(u32::MAX)
}

pub(super) fn as_usize(value: &Value) -> usize {
    usize::try_from(as_int(value)).unwrap_or(usize::MAX)
}

pub(super) fn as_text(value: &Value) -> &[u8] {
    if let Value::Text(text) = value { text } else { &[] }
}

fn as_permission(value: &Value) -> Permission {
    match as_text(value) {
        b"yes" => Permission::Yes,
        b"local" => Permission::Local,
        _ => Permission::No,
    }
}

/// Output that limits don't count: Redis has a buffer of this size in each client, so that small limits work.
const OUTPUT_UNCOUNTED_BYTES: usize = 16 * 1024;

fn set_output_limits(value: &Value, hot: &mut HotConfig) {
    let Value::OutputLimits([normal, _, pubsub]) = value else { return };
    let beyond = |limit: u64| match limit {
        0 => 0,
        limit => usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(OUTPUT_UNCOUNTED_BYTES),
    };
    let bounds = |limit: &OutputLimit| OutputBounds {
        hard_bytes: beyond(limit.hard_bytes),
        soft_bytes: beyond(limit.soft_bytes),
        soft_ms: limit.soft_s.saturating_mul(1000),
    };
    hot.output = bounds(normal);
    hot.output_pubsub = bounds(pubsub);
}

/// The level of a value of `loglevel`.
pub(super) fn log_level(name: &[u8]) -> LogLevel {
    match name {
        b"debug" => LogLevel::Debug,
        b"verbose" => LogLevel::Verbose,
        b"warning" => LogLevel::Warning,
        b"nothing" => LogLevel::Nothing,
        _ => LogLevel::Notice,
    }
}
