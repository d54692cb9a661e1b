//! What COMMAND DOCS says about the server commands.

use super::ArgKind::{Block, Integer, OneOf, Pattern, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of COMMAND.
pub static COMMAND: Docs = Docs {
    summary: "Returns detailed information about all commands.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(N) where N is the total number of Redis commands"),
    ..DOCS
};

/// The documentation of COMMAND COUNT.
pub static COMMAND_COUNT: Docs = Docs {
    summary: "Returns a count of commands.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of COMMAND DOCS.
pub static COMMAND_DOCS: Docs = Docs {
    summary: "Returns documentary information about one, multiple or all commands.",
    since: "7.0.0",
    group: "server",
    complexity: Some("O(N) where N is the number of commands to look up"),
    arguments: &[Arg { name: "command-name", kind: String, optional: true, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of COMMAND GETKEYS.
pub static COMMAND_GETKEYS: Docs = Docs {
    summary: "Extracts the key names from an arbitrary command.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(N) where N is the number of arguments to the command"),
    arguments: &[
        Arg { name: "command", kind: String, ..ARG },
        Arg { name: "arg", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of COMMAND GETKEYSANDFLAGS.
pub static COMMAND_GETKEYSANDFLAGS: Docs = Docs {
    summary: "Extracts the key names and access flags for an arbitrary command.",
    since: "7.0.0",
    group: "server",
    complexity: Some("O(N) where N is the number of arguments to the command"),
    arguments: &[
        Arg { name: "command", kind: String, ..ARG },
        Arg { name: "arg", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of COMMAND HELP.
pub static COMMAND_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "5.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of COMMAND INFO.
pub static COMMAND_INFO: Docs = Docs {
    summary: "Returns information about one, multiple or all commands.",
    since: "2.8.13",
    group: "server",
    complexity: Some("O(N) where N is the number of commands to look up"),
    history: &[("7.0.0", "Allowed to be called with no argument to get info on all commands.")],
    arguments: &[Arg { name: "command-name", kind: String, optional: true, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of COMMAND LIST.
pub static COMMAND_LIST: Docs = Docs {
    summary: "Returns a list of command names.",
    since: "7.0.0",
    group: "server",
    complexity: Some("O(N) where N is the total number of Redis commands"),
    arguments: &[Arg {
        name: "filterby",
        kind: OneOf,
        token: Some("FILTERBY"),
        optional: true,
        args: &[
            Arg { name: "module-name", kind: String, token: Some("MODULE"), ..ARG },
            Arg { name: "category", kind: String, token: Some("ACLCAT"), ..ARG },
            Arg { name: "pattern", kind: Pattern, token: Some("PATTERN"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of CONFIG.
pub static CONFIG: Docs = Docs {
    summary: "A container for server configuration commands.",
    since: "2.0.0",
    group: "server",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of CONFIG GET.
pub static CONFIG_GET: Docs = Docs {
    summary: "Returns the effective values of configuration parameters.",
    since: "2.0.0",
    group: "server",
    complexity: Some("O(N) when N is the number of configuration parameters provided"),
    history: &[("7.0.0", "Added the ability to pass multiple pattern parameters in one call")],
    arguments: &[Arg { name: "parameter", kind: String, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of CONFIG HELP.
pub static CONFIG_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "5.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CONFIG RESETSTAT.
pub static CONFIG_RESETSTAT: Docs = Docs {
    summary: "Resets the server's statistics.",
    since: "2.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CONFIG REWRITE.
pub static CONFIG_REWRITE: Docs = Docs {
    summary: "Persists the effective configuration to file.",
    since: "2.8.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CONFIG SET.
pub static CONFIG_SET: Docs = Docs {
    summary: "Sets configuration parameters in-flight.",
    since: "2.0.0",
    group: "server",
    complexity: Some("O(N) when N is the number of configuration parameters provided"),
    history: &[("7.0.0", "Added the ability to set multiple parameters in one call.")],
    arguments: &[Arg {
        name: "data",
        kind: Block,
        multiple: true,
        args: &[Arg { name: "parameter", kind: String, ..ARG }, Arg { name: "value", kind: String, ..ARG }],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of INFO.
pub static INFO: Docs = Docs {
    summary: "Returns information and statistics about the server.",
    since: "1.0.0",
    group: "server",
    complexity: Some("O(1)"),
    history: &[("7.0.0", "Added support for taking multiple section arguments.")],
    arguments: &[Arg { name: "section", kind: String, optional: true, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of TIME.
pub static TIME: Docs = Docs {
    summary: "Returns the server time.",
    since: "2.6.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of DBSIZE.
pub static DBSIZE: Docs = Docs {
    summary: "Returns the number of keys in the database.",
    since: "1.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of FLUSHDB.
pub static FLUSHDB: Docs = Docs {
    summary: "Remove all keys from the current database.",
    since: "1.0.0",
    group: "server",
    complexity: Some("O(N) where N is the number of keys in the selected database"),
    history: &[
        ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
        ("6.2.0", "Added the `SYNC` flushing mode modifier."),
    ],
    arguments: &[Arg {
        name: "flush-type",
        kind: OneOf,
        optional: true,
        args: &[
            Arg { name: "async", kind: PureToken, token: Some("ASYNC"), since: Some("4.0.0"), ..ARG },
            Arg { name: "sync", kind: PureToken, token: Some("SYNC"), since: Some("6.2.0"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of FLUSHALL.
pub static FLUSHALL: Docs = Docs {
    summary: "Removes all keys from all databases.",
    since: "1.0.0",
    group: "server",
    complexity: Some("O(N) where N is the total number of keys in all databases"),
    history: &[
        ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
        ("6.2.0", "Added the `SYNC` flushing mode modifier."),
    ],
    arguments: &[Arg {
        name: "flush-type",
        kind: OneOf,
        optional: true,
        args: &[
            Arg { name: "async", kind: PureToken, token: Some("ASYNC"), since: Some("4.0.0"), ..ARG },
            Arg { name: "sync", kind: PureToken, token: Some("SYNC"), since: Some("6.2.0"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of SWAPDB.
pub static SWAPDB: Docs = Docs {
    summary: "Swaps two Redis databases.",
    since: "4.0.0",
    group: "server",
    complexity: Some(
        "O(N) where N is the count of clients watching or blocking on keys from both databases.",
    ),
    arguments: &[Arg { name: "index1", kind: Integer, ..ARG }, Arg { name: "index2", kind: Integer, ..ARG }],
    ..DOCS
};

/// The documentation of DEBUG.
pub static DEBUG: Docs = Docs {
    summary: "A container for debugging commands.",
    since: "1.0.0",
    group: "server",
    complexity: Some("Depends on subcommand."),
    doc_flags: &["syscmd"],
    ..DOCS
};

/// The documentation of SHUTDOWN.
pub static SHUTDOWN: Docs = Docs {
    summary: "Synchronously saves the database(s) to disk and shuts down the Redis server.",
    since: "1.0.0",
    group: "server",
    complexity: Some(
        "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
    ),
    history: &[("7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers.")],
    arguments: &[
        Arg {
            name: "save-selector",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "nosave", kind: PureToken, token: Some("NOSAVE"), ..ARG },
                Arg { name: "save", kind: PureToken, token: Some("SAVE"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "now", kind: PureToken, token: Some("NOW"), since: Some("7.0.0"), optional: true, ..ARG },
        Arg {
            name: "force",
            kind: PureToken,
            token: Some("FORCE"),
            since: Some("7.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "abort",
            kind: PureToken,
            token: Some("ABORT"),
            since: Some("7.0.0"),
            optional: true,
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of LOLWUT.
pub static LOLWUT: Docs = Docs {
    summary: "Displays computer art and the Redis version",
    since: "5.0.0",
    group: "server",
    arguments: &[Arg { name: "version", kind: Integer, token: Some("VERSION"), optional: true, ..ARG }],
    ..DOCS
};
