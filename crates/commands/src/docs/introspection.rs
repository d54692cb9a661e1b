//! What COMMAND DOCS says about the introspection commands.

use super::ArgKind::{Block, Integer, Key, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of SLOWLOG.
pub static SLOWLOG: Docs = Docs {
    summary: "A container for slow log commands.",
    since: "2.2.12",
    group: "server",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of SLOWLOG GET.
pub static SLOWLOG_GET: Docs = Docs {
    summary: "Returns the slow log's entries.",
    since: "2.2.12",
    group: "server",
    complexity: Some("O(N) where N is the number of entries returned"),
    history: &[("4.0.0", "Added client IP address, port and name to the reply.")],
    arguments: &[Arg { name: "count", kind: Integer, optional: true, ..ARG }],
    ..DOCS
};

/// The documentation of SLOWLOG HELP.
pub static SLOWLOG_HELP: Docs = Docs {
    summary: "Show helpful text about the different subcommands",
    since: "6.2.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of SLOWLOG LEN.
pub static SLOWLOG_LEN: Docs = Docs {
    summary: "Returns the number of entries in the slow log.",
    since: "2.2.12",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of SLOWLOG RESET.
pub static SLOWLOG_RESET: Docs = Docs {
    summary: "Clears all entries from the slow log.",
    since: "2.2.12",
    group: "server",
    complexity: Some("O(N) where N is the number of entries in the slowlog"),
    ..DOCS
};

/// The documentation of LATENCY.
pub static LATENCY: Docs = Docs {
    summary: "A container for latency diagnostics commands.",
    since: "2.8.13",
    group: "server",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of LATENCY DOCTOR.
pub static LATENCY_DOCTOR: Docs = Docs {
    summary: "Returns a human-readable latency analysis report.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of LATENCY GRAPH.
pub static LATENCY_GRAPH: Docs = Docs {
    summary: "Returns a latency graph for an event.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "event", kind: String, ..ARG }],
    ..DOCS
};

/// The documentation of LATENCY HELP.
pub static LATENCY_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of LATENCY HISTOGRAM.
pub static LATENCY_HISTOGRAM: Docs = Docs {
    summary: "Returns the cumulative distribution of latencies of a subset or all commands.",
    since: "7.0.0",
    group: "server",
    complexity: Some("O(N) where N is the number of commands with latency information being retrieved."),
    arguments: &[Arg { name: "command", kind: String, optional: true, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of LATENCY HISTORY.
pub static LATENCY_HISTORY: Docs = Docs {
    summary: "Returns timestamp-latency samples for an event.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "event", kind: String, ..ARG }],
    ..DOCS
};

/// The documentation of LATENCY LATEST.
pub static LATENCY_LATEST: Docs = Docs {
    summary: "Returns the latest latency samples for all events.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of LATENCY RESET.
pub static LATENCY_RESET: Docs = Docs {
    summary: "Resets the latency data for one or more events.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "event", kind: String, optional: true, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of MEMORY.
pub static MEMORY: Docs = Docs {
    summary: "A container for memory diagnostics commands.",
    since: "4.0.0",
    group: "server",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of MEMORY DOCTOR.
pub static MEMORY_DOCTOR: Docs = Docs {
    summary: "Outputs a memory problems report.",
    since: "4.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of MEMORY HELP.
pub static MEMORY_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "4.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of MEMORY MALLOC-STATS.
pub static MEMORY_MALLOC_STATS: Docs = Docs {
    summary: "Returns the allocator statistics.",
    since: "4.0.0",
    group: "server",
    complexity: Some("Depends on how much memory is allocated, could be slow"),
    ..DOCS
};

/// The documentation of MEMORY PURGE.
pub static MEMORY_PURGE: Docs = Docs {
    summary: "Asks the allocator to release memory.",
    since: "4.0.0",
    group: "server",
    complexity: Some("Depends on how much memory is allocated, could be slow"),
    ..DOCS
};

/// The documentation of MEMORY STATS.
pub static MEMORY_STATS: Docs = Docs {
    summary: "Returns details about memory usage.",
    since: "4.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of MEMORY USAGE.
pub static MEMORY_USAGE: Docs = Docs {
    summary: "Estimates the memory usage of a key.",
    since: "4.0.0",
    group: "server",
    complexity: Some("O(N) where N is the number of samples."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "count", kind: Integer, token: Some("SAMPLES"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of MODULE.
pub static MODULE: Docs = Docs {
    summary: "A container for module commands.",
    since: "4.0.0",
    group: "server",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of MODULE HELP.
pub static MODULE_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "5.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of MODULE LIST.
pub static MODULE_LIST: Docs = Docs {
    summary: "Returns all loaded modules.",
    since: "4.0.0",
    group: "server",
    complexity: Some("O(N) where N is the number of loaded modules."),
    ..DOCS
};

/// The documentation of MODULE LOAD.
pub static MODULE_LOAD: Docs = Docs {
    summary: "Loads a module.",
    since: "4.0.0",
    group: "server",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "path", kind: String, ..ARG },
        Arg { name: "arg", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of MODULE LOADEX.
pub static MODULE_LOADEX: Docs = Docs {
    summary: "Loads a module using extended parameters.",
    since: "7.0.0",
    group: "server",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "path", kind: String, ..ARG },
        Arg {
            name: "configs",
            kind: Block,
            token: Some("CONFIG"),
            optional: true,
            multiple: true,
            multiple_token: true,
            args: &[Arg { name: "name", kind: String, ..ARG }, Arg { name: "value", kind: String, ..ARG }],
            ..ARG
        },
        Arg { name: "args", kind: String, token: Some("ARGS"), optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of MODULE UNLOAD.
pub static MODULE_UNLOAD: Docs = Docs {
    summary: "Unloads a module.",
    since: "4.0.0",
    group: "server",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "name", kind: String, ..ARG }],
    ..DOCS
};
