//! What COMMAND INFO says about the introspection commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::introspection as docs;

/// The introspection commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[&SLOWLOG, &LATENCY, &MEMORY, &MODULE];

/// The metadata of SLOWLOG.
pub static SLOWLOG: Meta = Meta {
    name: "slowlog",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[&SLOWLOG_GET, &SLOWLOG_HELP, &SLOWLOG_LEN, &SLOWLOG_RESET],
    docs: &docs::SLOWLOG,
    ..META
};

/// The metadata of SLOWLOG GET.
pub static SLOWLOG_GET: Meta = Meta {
    name: "slowlog|get",
    arity: -2,
    flags: Flags::of(&[Flag::Admin, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "nondeterministic_output"],
    docs: &docs::SLOWLOG_GET,
    ..META
};

/// The metadata of SLOWLOG HELP.
pub static SLOWLOG_HELP: Meta = Meta {
    name: "slowlog|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow]),
    docs: &docs::SLOWLOG_HELP,
    ..META
};

/// The metadata of SLOWLOG LEN.
pub static SLOWLOG_LEN: Meta = Meta {
    name: "slowlog|len",
    arity: 2,
    flags: Flags::of(&[Flag::Admin, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
    docs: &docs::SLOWLOG_LEN,
    ..META
};

/// The metadata of SLOWLOG RESET.
pub static SLOWLOG_RESET: Meta = Meta {
    name: "slowlog|reset",
    arity: 2,
    flags: Flags::of(&[Flag::Admin, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    docs: &docs::SLOWLOG_RESET,
    ..META
};

/// The metadata of LATENCY.
pub static LATENCY: Meta = Meta {
    name: "latency",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[
        &LATENCY_DOCTOR,
        &LATENCY_GRAPH,
        &LATENCY_HELP,
        &LATENCY_HISTOGRAM,
        &LATENCY_HISTORY,
        &LATENCY_LATEST,
        &LATENCY_RESET,
    ],
    docs: &docs::LATENCY,
    ..META
};

/// The metadata of LATENCY DOCTOR.
pub static LATENCY_DOCTOR: Meta = Meta {
    name: "latency|doctor",
    arity: 2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    docs: &docs::LATENCY_DOCTOR,
    ..META
};

/// The metadata of LATENCY GRAPH.
pub static LATENCY_GRAPH: Meta = Meta {
    name: "latency|graph",
    arity: 3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    docs: &docs::LATENCY_GRAPH,
    ..META
};

/// The metadata of LATENCY HELP.
pub static LATENCY_HELP: Meta = Meta {
    name: "latency|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow]),
    docs: &docs::LATENCY_HELP,
    ..META
};

/// The metadata of LATENCY HISTOGRAM.
pub static LATENCY_HISTOGRAM: Meta = Meta {
    name: "latency|histogram",
    arity: -2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    docs: &docs::LATENCY_HISTOGRAM,
    ..META
};

/// The metadata of LATENCY HISTORY.
pub static LATENCY_HISTORY: Meta = Meta {
    name: "latency|history",
    arity: 3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    docs: &docs::LATENCY_HISTORY,
    ..META
};

/// The metadata of LATENCY LATEST.
pub static LATENCY_LATEST: Meta = Meta {
    name: "latency|latest",
    arity: 2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
    docs: &docs::LATENCY_LATEST,
    ..META
};

/// The metadata of LATENCY RESET.
pub static LATENCY_RESET: Meta = Meta {
    name: "latency|reset",
    arity: -2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "response_policy:agg_sum"],
    docs: &docs::LATENCY_RESET,
    ..META
};

/// The metadata of MEMORY.
pub static MEMORY: Meta = Meta {
    name: "memory",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[
        &MEMORY_DOCTOR,
        &MEMORY_HELP,
        &MEMORY_MALLOC_STATS,
        &MEMORY_PURGE,
        &MEMORY_STATS,
        &MEMORY_USAGE,
    ],
    docs: &docs::MEMORY,
    ..META
};

/// The metadata of MEMORY DOCTOR.
pub static MEMORY_DOCTOR: Meta = Meta {
    name: "memory|doctor",
    arity: 2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    docs: &docs::MEMORY_DOCTOR,
    ..META
};

/// The metadata of MEMORY HELP.
pub static MEMORY_HELP: Meta = Meta {
    name: "memory|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow]),
    docs: &docs::MEMORY_HELP,
    ..META
};

/// The metadata of MEMORY MALLOC-STATS.
pub static MEMORY_MALLOC_STATS: Meta = Meta {
    name: "memory|malloc-stats",
    arity: 2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    docs: &docs::MEMORY_MALLOC_STATS,
    ..META
};

/// The metadata of MEMORY PURGE.
pub static MEMORY_PURGE: Meta = Meta {
    name: "memory|purge",
    arity: 2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    docs: &docs::MEMORY_PURGE,
    ..META
};

/// The metadata of MEMORY STATS.
pub static MEMORY_STATS: Meta = Meta {
    name: "memory|stats",
    arity: 2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    docs: &docs::MEMORY_STATS,
    ..META
};

/// The metadata of MEMORY USAGE.
pub static MEMORY_USAGE: Meta = Meta {
    name: "memory|usage",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::MEMORY_USAGE,
    ..META
};

/// The metadata of MODULE.
pub static MODULE: Meta = Meta {
    name: "module",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[&MODULE_HELP, &MODULE_LIST, &MODULE_LOAD, &MODULE_LOADEX, &MODULE_UNLOAD],
    docs: &docs::MODULE,
    ..META
};

/// The metadata of MODULE HELP.
pub static MODULE_HELP: Meta = Meta {
    name: "module|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow]),
    docs: &docs::MODULE_HELP,
    ..META
};

/// The metadata of MODULE LIST.
pub static MODULE_LIST: Meta = Meta {
    name: "module|list",
    arity: 2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["nondeterministic_output_order"],
    docs: &docs::MODULE_LIST,
    ..META
};

/// The metadata of MODULE LOAD.
pub static MODULE_LOAD: Meta = Meta {
    name: "module|load",
    arity: -3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::MODULE_LOAD,
    ..META
};

/// The metadata of MODULE LOADEX.
pub static MODULE_LOADEX: Meta = Meta {
    name: "module|loadex",
    arity: -3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::MODULE_LOADEX,
    ..META
};

/// The metadata of MODULE UNLOAD.
pub static MODULE_UNLOAD: Meta = Meta {
    name: "module|unload",
    arity: 3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::MODULE_UNLOAD,
    ..META
};
