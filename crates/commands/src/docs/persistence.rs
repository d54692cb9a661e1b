//! What COMMAND DOCS says about the persistence commands.

use super::ArgKind::{Block, Integer, Key, OneOf, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of DUMP.
pub static DUMP: Docs = Docs {
    summary: "Returns a serialized representation of the value stored at a key.",
    since: "2.6.0",
    group: "generic",
    complexity: Some(
        "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
    ),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of RESTORE.
pub static RESTORE: Docs = Docs {
    summary: "Creates a key from the serialized representation of a value.",
    since: "2.6.0",
    group: "generic",
    complexity: Some(
        "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
    ),
    history: &[
        ("3.0.0", "Added the `REPLACE` modifier."),
        ("5.0.0", "Added the `ABSTTL` modifier."),
        ("5.0.0", "Added the `IDLETIME` and `FREQ` options."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "ttl", kind: Integer, ..ARG },
        Arg { name: "serialized-value", kind: String, ..ARG },
        Arg {
            name: "replace",
            kind: PureToken,
            token: Some("REPLACE"),
            since: Some("3.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "absttl",
            kind: PureToken,
            token: Some("ABSTTL"),
            since: Some("5.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "seconds",
            kind: Integer,
            token: Some("IDLETIME"),
            since: Some("5.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "frequency",
            kind: Integer,
            token: Some("FREQ"),
            since: Some("5.0.0"),
            optional: true,
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of RESTORE-ASKING.
pub static RESTORE_ASKING: Docs = Docs {
    summary: "An internal command for migrating keys in a cluster.",
    since: "3.0.0",
    group: "server",
    complexity: Some(
        "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
    ),
    doc_flags: &["syscmd"],
    history: &[
        ("3.0.0", "Added the `REPLACE` modifier."),
        ("5.0.0", "Added the `ABSTTL` modifier."),
        ("5.0.0", "Added the `IDLETIME` and `FREQ` options."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "ttl", kind: Integer, ..ARG },
        Arg { name: "serialized-value", kind: String, ..ARG },
        Arg {
            name: "replace",
            kind: PureToken,
            token: Some("REPLACE"),
            since: Some("3.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "absttl",
            kind: PureToken,
            token: Some("ABSTTL"),
            since: Some("5.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "seconds",
            kind: Integer,
            token: Some("IDLETIME"),
            since: Some("5.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "frequency",
            kind: Integer,
            token: Some("FREQ"),
            since: Some("5.0.0"),
            optional: true,
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of MIGRATE.
pub static MIGRATE: Docs = Docs {
    summary: "Atomically transfers a key from one Redis instance to another.",
    since: "2.6.0",
    group: "generic",
    complexity: Some(
        "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target instance. See the pages of these commands for time complexity. Also an O(N) data transfer between the two instances is performed.",
    ),
    history: &[
        ("3.0.0", "Added the `COPY` and `REPLACE` options."),
        ("3.0.6", "Added the `KEYS` option."),
        ("4.0.7", "Added the `AUTH` option."),
        ("6.0.0", "Added the `AUTH2` option."),
    ],
    arguments: &[
        Arg { name: "host", kind: String, ..ARG },
        Arg { name: "port", kind: Integer, ..ARG },
        Arg {
            name: "key-selector",
            kind: OneOf,
            args: &[
                Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
                Arg { name: "empty-string", kind: PureToken, token: Some(""), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "destination-db", kind: Integer, ..ARG },
        Arg { name: "timeout", kind: Integer, ..ARG },
        Arg {
            name: "copy",
            kind: PureToken,
            token: Some("COPY"),
            since: Some("3.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "replace",
            kind: PureToken,
            token: Some("REPLACE"),
            since: Some("3.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "authentication",
            kind: OneOf,
            optional: true,
            args: &[
                Arg {
                    name: "auth",
                    kind: String,
                    display_text: Some("password"),
                    token: Some("AUTH"),
                    since: Some("4.0.7"),
                    ..ARG
                },
                Arg {
                    name: "auth2",
                    kind: Block,
                    token: Some("AUTH2"),
                    since: Some("6.0.0"),
                    args: &[
                        Arg { name: "username", kind: String, ..ARG },
                        Arg { name: "password", kind: String, ..ARG },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
        Arg {
            name: "keys",
            kind: Key,
            display_text: Some("key"),
            key_spec_index: Some(1),
            token: Some("KEYS"),
            since: Some("3.0.6"),
            optional: true,
            multiple: true,
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of SAVE.
pub static SAVE: Docs = Docs {
    summary: "Synchronously saves the database(s) to disk.",
    since: "1.0.0",
    group: "server",
    complexity: Some("O(N) where N is the total number of keys in all databases"),
    ..DOCS
};

/// The documentation of BGSAVE.
pub static BGSAVE: Docs = Docs {
    summary: "Asynchronously saves the database(s) to disk.",
    since: "1.0.0",
    group: "server",
    complexity: Some("O(1)"),
    history: &[("3.2.2", "Added the `SCHEDULE` option.")],
    arguments: &[Arg {
        name: "schedule",
        kind: PureToken,
        token: Some("SCHEDULE"),
        since: Some("3.2.2"),
        optional: true,
        ..ARG
    }],
    ..DOCS
};

/// The documentation of LASTSAVE.
pub static LASTSAVE: Docs = Docs {
    summary: "Returns the Unix timestamp of the last successful save to disk.",
    since: "1.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of BGREWRITEAOF.
pub static BGREWRITEAOF: Docs = Docs {
    summary: "Asynchronously rewrites the append-only file to disk.",
    since: "1.0.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of WAIT.
pub static WAIT: Docs = Docs {
    summary: "Blocks until the asynchronous replication of all preceding write commands sent by the connection is completed.",
    since: "3.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "numreplicas", kind: Integer, ..ARG },
        Arg { name: "timeout", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of WAITAOF.
pub static WAITAOF: Docs = Docs {
    summary: "Blocks until all of the preceding write commands sent by the connection are written to the append-only file of the master and/or replicas.",
    since: "7.2.0",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "numlocal", kind: Integer, ..ARG },
        Arg { name: "numreplicas", kind: Integer, ..ARG },
        Arg { name: "timeout", kind: Integer, ..ARG },
    ],
    ..DOCS
};
